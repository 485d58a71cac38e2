//! `leastwise explain`: what a lint is about.

use super::Exit;
use super::args::{Format, Global};
use super::write::{write_json, write_to};
use crate::lints::{self, Lint};
use crate::render::explain::{self, LintList};
use anyhow::bail;
use std::path::Path;

/// Explains a lint, given its id or another tool's code for it
///
/// Without a name it lists all lints.
#[derive(Debug, clap::Args)]
pub(super) struct ExplainArgs {
    /// A lint's id, or a code of another tool (`INVALID_ACTION`, `CKV_AWS_60`)
    #[arg(value_name = "LINT|CODE")]
    name: Option<String>,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn run(args: &ExplainArgs, _global: &Global) -> anyhow::Result<Exit> {
    let lints: Vec<&Lint> = match &args.name {
        Some(name) => lints::find(name),
        None => lints::all().collect(),
    };
    if lints.is_empty() {
        let name = args.name.as_deref().unwrap_or_default();
        match lints::nearest(name) {
            Some(near) => bail!("no lint has the id or alias `{name}`; did you mean `{near}`?"),
            None => bail!("no lint has the id or alias `{name}`"),
        }
    }
    write_to(Path::new("-"), |out| match args.format {
        Format::Json => write_json(out, &LintList::new(&lints)),
        Format::Text if args.name.is_none() => out.write_all(explain::list(&lints).as_bytes()),
        Format::Text => {
            let pages: Vec<_> = lints.iter().map(|lint| explain::page(lint)).collect();
            out.write_all(pages.join("\n").as_bytes())
        }
    })?;
    Ok(Exit::Clean)
}
