//! `leastwise extract`: every policy document as plain IAM JSON.

use super::args::{Global, policy_type};
use super::write::write_to;
use super::{Exit, tell};
use crate::policy::{self, PolicyType};
use crate::render::{coverage, extract};
use crate::sources::{self, Completeness, Inventory, ReadOptions};
use clap::ValueEnum;
use std::io;
use std::path::{Path, PathBuf};

/// Prints every policy document that is found, as plain IAM JSON
///
/// What a deployment fills in reads `⟨address⟩`. Standard error ends with what
/// was read and what was not, and why.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit codes: 0 written, 1 something is opaque (--strict), 2 an input could not be read \
(the rest was still written), 3 no document was found.")]
pub(super) struct ExtractArgs {
    /// Files and folders to read; `-` is standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// How to write to standard output
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Read every document as this type instead of finding it out
    #[arg(long, value_name = "TYPE", value_parser = policy_type)]
    policy_type: Option<PolicyType>,
    /// Leave out what this glob matches in folders; may be repeated
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
    /// Exit with 1 when nothing is known of a document
    #[arg(long)]
    strict: bool,
    /// Exit with 0 when no document was found
    #[arg(long)]
    allow_empty: bool,
}

/// How documents are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The policies, one after another: a single one is a policy file, several
    /// are read by jq and by leastwise
    #[default]
    Json,
    /// A line a document, `leastwise/extract/1`: with its file, address, type,
    /// and what is not known of it
    Jsonl,
}

pub(super) fn run(args: &ExtractArgs, global: &Global) -> anyhow::Result<Exit> {
    let options = ReadOptions {
        policy_type: args.policy_type,
        exclude: args.exclude.clone(),
        force_exclude: false,
    };
    let mut stdin = io::stdin().lock();
    let inventory = sources::read(&args.paths, Some(&mut stdin), &options);
    let mut exit = tell::unread(&inventory, global.quiet);
    write_to(Path::new("-"), |out| match args.format {
        Format::Json => extract::write_policies(out, &inventory),
        Format::Jsonl => extract::write_lines(out, &inventory),
    })?;
    if !global.quiet {
        changed(&inventory);
        let coverage = inventory.coverage().beside(&inventory.failures);
        for line in coverage::lines(&coverage, usize::MAX) {
            tell::line(&line);
        }
    }
    let is_opaque = |d: &sources::Document| d.completeness == Completeness::Opaque;
    if args.strict && inventory.documents.iter().any(is_opaque) {
        exit = exit.and(Exit::Findings);
    }
    if inventory.documents.is_empty() && !args.allow_empty {
        exit = exit.and(Exit::Nothing);
    }
    Ok(exit)
}

/// Tells what is no policy language, and so is not written as it stands.
fn changed(inventory: &Inventory) {
    for document in &inventory.documents {
        let source = inventory.source(document.source);
        for mistake in document.diagnostics.iter().filter(|d| policy::is_fatal(d)) {
            let at = source.position(mistake.primary.span.start);
            let (name, line, column) = (source.name(), at.line, at.column);
            tell::line(&format!(
                "note: {name}:{line}:{column}: {}",
                mistake.message
            ));
        }
    }
}
