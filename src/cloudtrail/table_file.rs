//! The usage table as JSON lines: a header, then the rows, sorted.

use super::correction::Correction;
use super::coverage::Place;
use super::row::{Assume, Evidence, Use};
use super::session::GENERALISER;
use super::table::{Reason, Table, Unreadable};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, BufRead, Read, Write};

/// The schema's name; stands first in every table.
pub const SCHEMA: &str = "leastwise/usage/1";

/// The longest line taken: a row of a thousand values of 2 KB.
const MAX_LINE: u64 = 16 << 20;

/// Why a usage table cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// Reading failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The first line is no header of a usage table.
    #[error("is no usage table: {0}")]
    Header(String),
    /// Written by another version.
    #[error("has schema `{0}`, not `{SCHEMA}`")]
    Schema(String),
    /// Its session names were made by another rule.
    #[error(
        "its session names were made by `{0}`, not `{GENERALISER}`; tables of different versions do not merge"
    )]
    Generaliser(String),
    /// A line is no row.
    #[error("line {line} is no row of a usage table: {error}")]
    Row {
        /// From 1.
        line: u64,
        /// What is wrong.
        error: String,
    },
}

/// The first line of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Header {
    /// `leastwise/usage/1`.
    pub schema: String,
    /// Date of the catalog of the program that wrote it.
    pub catalog: String,
    /// The rule that made session names comparable.
    pub generaliser: String,
    /// Digests of the parts merged into it.
    pub parts: Vec<String>,
    /// Input files.
    pub files: u64,
    /// Records met, of whatever fate.
    pub records: u64,
    /// Records that were no copies.
    pub unique: u64,
    /// Records that gave no row, by reason.
    pub dropped: BTreeMap<Reason, u64>,
    /// What the trail could show.
    pub coverage: Vec<Place>,
    /// Records that later ones replace.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<Correction>,
    /// Inputs not read to their end.
    pub unreadable: Vec<Unreadable>,
}

/// A line behind the header, to read.
#[derive(Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Row {
    /// Who assumed a role.
    Assume {
        #[serde(flatten)]
        row: Box<Assume>,
        #[serde(flatten)]
        evidence: Evidence,
    },
    /// Who called what.
    Use {
        #[serde(flatten)]
        row: Box<Use>,
        #[serde(flatten)]
        evidence: Evidence,
    },
}

/// A [`Row`] to write.
#[derive(Serialize)]
struct Line<'a, R> {
    kind: &'static str,
    #[serde(flatten)]
    row: &'a R,
    #[serde(flatten)]
    evidence: &'a Evidence,
}

/// The JSON Schema of a line: the header, or a row.
#[must_use]
pub fn schema() -> schemars::Schema {
    let mut generator = schemars::SchemaGenerator::default();
    let header = generator.subschema_for::<Header>();
    let row = generator.subschema_for::<Row>();
    let definitions = generator.take_definitions(true);
    schemars::json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of a usage table",
        "anyOf": [header, row],
        "$defs": definitions,
    })
}

/// Writes a table. Equal tables give equal bytes.
///
/// # Errors
/// Where `output` fails.
pub fn write(table: &Table, catalog: &str, output: &mut impl Write) -> io::Result<()> {
    let header = Header {
        schema: SCHEMA.to_owned(),
        catalog: catalog.to_owned(),
        generaliser: GENERALISER.to_owned(),
        parts: table.parts.iter().cloned().collect(),
        files: table.files,
        records: table.records,
        unique: table.unique(),
        dropped: table.dropped.clone(),
        coverage: table.coverage.places(),
        corrections: table.corrections.entries(),
        unreadable: table.unreadable.iter().cloned().collect(),
    };
    write_line(&header, output)?;
    for (row, evidence) in table.assumes() {
        let kind = "assume";
        write_line(
            &Line {
                kind,
                row,
                evidence,
            },
            output,
        )?;
    }
    for (row, evidence) in table.uses() {
        let kind = "use";
        write_line(
            &Line {
                kind,
                row,
                evidence,
            },
            output,
        )?;
    }
    output.flush()
}

fn write_line(line: &impl Serialize, output: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *output, line)?;
    output.write_all(b"\n")
}

/// Whether a usage table follows; reads nothing away.
pub(super) fn is_table(input: &mut impl BufRead) -> bool {
    let start = input.fill_buf().unwrap_or_default();
    // Another program may have written the header anew, with blanks.
    let mut told = start.iter().filter(|byte| !byte.is_ascii_whitespace());
    let expected = b"{\"schema\":\"leastwise/usage/";
    expected.iter().all(|byte| told.next() == Some(byte))
}

/// Reads a table.
///
/// # Errors
/// Where it is none, was written by another version, or a row is damaged: half
/// a table is no table.
pub fn read(mut input: impl BufRead) -> Result<Table, TableError> {
    let mut line = Vec::new();
    next_line(&mut input, &mut line)?;
    let header: Header =
        serde_json::from_slice(&line).map_err(|error| TableError::Header(error.to_string()))?;
    if header.schema != SCHEMA {
        return Err(TableError::Schema(header.schema));
    }
    if header.generaliser != GENERALISER {
        return Err(TableError::Generaliser(header.generaliser));
    }
    let mut table = Table::default();
    table.parts.extend(header.parts);
    table.files = header.files;
    table.records = header.records;
    table.dropped = header.dropped;
    table.unreadable.extend(header.unreadable);
    for place in header.coverage {
        if !table.coverage.add_place(place) {
            return Err(TableError::Header("its coverage holds no days".to_owned()));
        }
    }
    for Correction {
        original,
        looked_in,
    } in header.corrections
    {
        table.corrections.add(original, looked_in);
    }
    for number in 2.. {
        if !next_line(&mut input, &mut line)? {
            break;
        }
        let row = serde_json::from_slice(&line).map_err(|error| TableError::Row {
            line: number,
            error: error.to_string(),
        })?;
        match row {
            Row::Use { row, evidence } => table.add_written_use(*row, &evidence),
            Row::Assume { row, evidence } => table.add_assume(*row, &evidence),
        }
    }
    Ok(table)
}

fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    Ok(input.by_ref().take(MAX_LINE).read_until(b'\n', line)? > 0)
}
