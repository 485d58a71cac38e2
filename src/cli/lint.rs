//! `leastwise lint`: mistakes and risks in policies.

use super::Exit;
use super::args::{Global, Output, policy_type};
use super::tell;
use super::write::{write_json, write_to};
use crate::lints::{self, Finding, Persona, Risk};
use crate::policy::PolicyType;
use crate::render::terminal::Style;
use crate::render::{concise, json, sarif, terminal};
use crate::sources::{self, Inventory, ReadOptions};
use crate::text::{Severity, Source};
use clap::ValueEnum;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Instant;

/// Finds mistakes and risks in policies
///
/// Reads policy JSON, the AWS command outputs that wrap it, and whole account
/// exports (`aws iam get-account-authorization-details`). Exit code 1 means
/// findings at or above --fail-on, 2 that an input could not be read, 3 that
/// there was nothing to analyse.
#[derive(Debug, clap::Args)]
pub(super) struct LintArgs {
    /// Files and folders to read; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// Read every document as this type instead of finding it out
    #[arg(long, value_name = "TYPE", value_parser = policy_type)]
    policy_type: Option<PolicyType>,
    /// Who is asking: each sees what those before see
    #[arg(long, value_enum, default_value_t, value_name = "WHO")]
    persona: PersonaArg,
    /// Exit with 1 from this severity on, from a risk on (`risk:high`), or
    /// `never`
    #[arg(long, default_value = "error", value_name = "SEVERITY")]
    fail_on: FailOn,
    /// How to write to standard output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Also write this format to this file; may be repeated
    #[arg(long, value_name = "FORMAT:FILE")]
    output: Vec<Output<Format>>,
    /// Exit with 0 when there is nothing to analyse
    #[arg(long)]
    allow_empty: bool,
    /// The name to show for standard input
    #[arg(long, value_name = "NAME")]
    stdin_filename: Option<String>,
    /// Leave out what this glob matches in folders; may be repeated
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
    /// Apply --exclude to named files too
    #[arg(long)]
    force_exclude: bool,
    /// Make documents that could not be read an error
    #[arg(long)]
    strict: bool,
    /// Exit with 0 whatever is found
    #[arg(long)]
    exit_zero: bool,
}

/// The formats of the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Every finding with its lines, for people
    #[default]
    Full,
    /// One line a finding
    Concise,
    /// `leastwise/lint/1`
    Json,
    /// SARIF 2.1.0
    Sarif,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum PersonaArg {
    /// What everyone should see
    #[default]
    Regular,
    /// Also style
    Pedantic,
    /// Also what a full review looks at
    Auditor,
}

/// From where on a finding makes the run fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FailOn {
    Severity(Severity),
    Risk(Risk),
    Never,
}

impl FailOn {
    fn fails(self, finding: &Finding) -> bool {
        match self {
            Self::Severity(least) => finding.severity >= least,
            Self::Risk(least) => finding.risk.is_some_and(|risk| risk >= least),
            Self::Never => false,
        }
    }
}

impl FromStr for FailOn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "error" => Self::Severity(Severity::Error),
            "warning" => Self::Severity(Severity::Warning),
            "suggestion" => Self::Severity(Severity::Suggestion),
            "info" => Self::Severity(Severity::Info),
            "risk:critical" => Self::Risk(Risk::Critical),
            "risk:high" => Self::Risk(Risk::High),
            "risk:medium" => Self::Risk(Risk::Medium),
            "risk:low" => Self::Risk(Risk::Low),
            "never" => Self::Never,
            _ => {
                return Err(
                    "one of error, warning, suggestion, info, risk:critical, risk:high, \
                            risk:medium, risk:low, never"
                        .to_owned(),
                );
            }
        })
    }
}

pub(super) fn run(args: &LintArgs, global: &Global) -> anyhow::Result<Exit> {
    let start = Instant::now();
    let inventory = read(args);
    let unread = tell::unread(&inventory, global.quiet);
    let told = !inventory.failures.is_empty() || !inventory.empty.is_empty();
    if inventory.documents.is_empty() && !told && !global.quiet {
        tell::line("note: nothing to analyse");
    }
    let options = lints::Options {
        persona: match args.persona {
            PersonaArg::Regular => Persona::Regular,
            PersonaArg::Pedantic => Persona::Pedantic,
            PersonaArg::Auditor => Persona::Auditor,
        },
        strict: args.strict,
    };
    let findings = lints::check(&inventory, &options);
    let terminal = io::stdout().is_terminal();
    let style = Style {
        color: global.color.wanted(terminal),
        quiet: global.quiet,
        failures_told: true,
        elapsed: terminal.then(|| start.elapsed()),
    };
    write_to(Path::new("-"), |out| {
        write(out, args.format, &inventory, &findings, style)
    })?;
    for output in &args.output {
        save(output, &inventory, &findings)?;
    }
    Ok(exit(args, &inventory, &findings).and(unread))
}

fn exit(args: &LintArgs, inventory: &Inventory, findings: &[Finding]) -> Exit {
    let mut exit = Exit::Clean;
    if findings.iter().any(|finding| args.fail_on.fails(finding)) {
        exit = exit.and(Exit::Findings);
    }
    if inventory.documents.is_empty() && !args.allow_empty {
        exit = exit.and(Exit::Nothing);
    }
    if args.exit_zero {
        exit = Exit::Clean;
    }
    exit
}

fn read(args: &LintArgs) -> Inventory {
    let mut stdin = io::stdin().lock();
    let mut inventory = sources::read(&args.paths, Some(&mut stdin), &read_options(args));
    if let Some(name) = &args.stdin_filename {
        for source in &mut inventory.sources {
            if source.name() == "-" {
                *source = Source::new(name, source.text());
            }
        }
    }
    inventory
}

fn read_options(args: &LintArgs) -> ReadOptions {
    ReadOptions {
        policy_type: args.policy_type,
        exclude: args.exclude.clone(),
        force_exclude: args.force_exclude,
    }
}

fn write(
    out: &mut dyn Write,
    format: Format,
    inventory: &Inventory,
    findings: &[Finding],
    style: Style,
) -> io::Result<()> {
    match format {
        Format::Full => terminal::write(out, inventory, findings, style),
        Format::Concise => concise::write(out, inventory, findings, style),
        Format::Json => write_json(out, &json::LintReport::new(inventory, findings)),
        Format::Sarif => write_json(out, &sarif::Log::new(inventory, findings)),
    }
}

/// Files have neither colours nor the time it took.
fn save(
    output: &Output<Format>,
    inventory: &Inventory,
    findings: &[Finding],
) -> anyhow::Result<()> {
    write_to(&output.path, |out| {
        write(out, output.format, inventory, findings, Style::default())
    })
}
