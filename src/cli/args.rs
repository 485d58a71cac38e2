//! The command line as it was typed.

use super::{
    Exit, catalog, check, diff, explain, extract, generate, graph, lint, observe, simulate,
};
use crate::policy::PolicyType;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::str::FromStr;

/// Decides what AWS IAM policies really allow: offline, exact, with a witness.
#[derive(Debug, Parser)]
#[command(name = "leastwise", version, propagate_version = true)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Flags that every command takes.
#[derive(Debug, Args)]
pub(super) struct Global {
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub(super) color: Color,
    /// Show no progress bar
    #[arg(long, global = true)]
    pub(super) no_progress: bool,
    /// Print only what was asked for: no summary, no notes
    #[arg(long, short, global = true)]
    pub(super) quiet: bool,
    /// Read the action catalog from this folder instead of the embedded one
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) catalog: Option<PathBuf>,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Color {
    /// Whether output of this kind is coloured: `NO_COLOR` and `CLICOLOR_FORCE`
    /// decide where nothing was asked for.
    pub(super) fn wanted(self, terminal: bool) -> bool {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if set("NO_COLOR") => false,
            Self::Auto => terminal || set("CLICOLOR_FORCE"),
        }
    }
}

/// How an answer is written, where there are only these two ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    #[default]
    Text,
    /// For programs; its `schema` names one in schema/
    Json,
}

/// `NAME=VALUE`, as it is typed for a setting or a condition key.
pub(super) fn key_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text
        .split_once('=')
        .filter(|(key, _)| !key.is_empty())
        .ok_or_else(|| format!("`{text}` is not of the form `NAME=VALUE`"))?;
    Ok((key.to_owned(), value.to_owned()))
}

/// One of the policy types of the contract.
pub(super) fn policy_type(text: &str) -> Result<PolicyType, String> {
    PolicyType::named(text).ok_or_else(|| {
        let names: Vec<_> = PolicyType::ALL.iter().map(|kind| kind.name()).collect();
        format!("expected one of {}", names.join(", "))
    })
}

/// `FORMAT:FILE`.
#[derive(Clone, Debug)]
pub(super) struct Output<F> {
    pub(super) format: F,
    pub(super) path: PathBuf,
}

impl<F: ValueEnum> FromStr for Output<F> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let formats = F::value_variants().iter();
        let formats: Vec<_> = formats.filter_map(ValueEnum::to_possible_value).collect();
        let names: Vec<_> = formats.iter().map(|format| format.get_name()).collect();
        let (format, path) = text.split_once(':').ok_or_else(|| {
            format!(
                "FORMAT:FILE, such as {0}:out.{0}",
                names.last().unwrap_or(&"")
            )
        })?;
        if path.is_empty() {
            return Err("the file's name is missing".to_owned());
        }
        Ok(Self {
            format: F::from_str(format, false)
                .map_err(|_| format!("the format is one of {}", names.join(", ")))?,
            path: PathBuf::from(path),
        })
    }
}

/// The verbs. Each lives in the file of its name.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show what AWS defines: actions, resource types, condition keys
    Catalog(catalog::CatalogArgs),
    Check(check::CheckArgs),
    Lint(lint::LintArgs),
    Diff(diff::DiffArgs),
    Explain(explain::ExplainArgs),
    Extract(extract::ExtractArgs),
    Graph(graph::GraphArgs),
    /// Reads CloudTrail records into a usage table
    Observe(observe::ObserveArgs),
    /// Decides one request, or a batch of them, and says why
    Simulate(simulate::SimulateArgs),
    Generate(generate::GenerateArgs),
}

/// Runs the command that was typed.
pub(super) fn run(cli: Cli) -> anyhow::Result<Exit> {
    cli.global.install_catalog()?;
    match cli.command {
        Command::Catalog(args) => catalog::run(&args),
        Command::Check(args) => check::run(&args, &cli.global),
        Command::Lint(args) => lint::run(&args, &cli.global),
        Command::Diff(args) => diff::run(&args, &cli.global),
        Command::Explain(args) => explain::run(&args, &cli.global),
        Command::Extract(args) => extract::run(&args, &cli.global),
        Command::Graph(args) => graph::run(&args, &cli.global),
        Command::Observe(args) => observe::run(&args, &cli.global),
        Command::Simulate(args) => simulate::run(&args, &cli.global),
        Command::Generate(args) => generate::run(&args, &cli.global),
    }
}
