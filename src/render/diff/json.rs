//! `leastwise/diff/1`.

use crate::catalog;
use crate::diff::Report;
use crate::render::catalog::CatalogFacts;
use crate::semantics::compare::batch::Answer;
use serde::Serialize;

/// What `leastwise diff --format json` writes.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct DiffOutput<'a> {
    /// `leastwise/diff/1`.
    schema: &'static str,
    /// The catalog that was asked.
    catalog: CatalogFacts<'a>,
    /// The answer.
    #[serde(flatten)]
    report: &'a Report,
}

impl<'a> DiffOutput<'a> {
    /// Puts the name of the schema in front of a report.
    #[must_use]
    pub fn new(report: &'a Report) -> Self {
        Self {
            schema: "leastwise/diff/1",
            catalog: CatalogFacts {
                date: catalog::get().date(),
            },
            report,
        }
    }
}

/// The JSON Schema of what `diff` writes: a report, or a line of a batch
/// (`comparison.md`, section 11).
#[must_use]
pub fn schema() -> schemars::Schema {
    let settings = schemars::generate::SchemaSettings::default().for_serialize();
    let mut generator = settings.into_generator();
    let report = generator.subschema_for::<DiffOutput<'static>>();
    let line = generator.subschema_for::<Answer>();
    let definitions = generator.take_definitions(true);
    schemars::json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A report of leastwise diff, or a line of its batch",
        "anyOf": [report, line],
        "$defs": definitions,
    })
}
