//! `leastwise generate`: one minimal role for each workload that was seen.

use super::Exit;
use super::args::Global;
use super::folder::Folder;
use crate::catalog;
use crate::cloudtrail;
use crate::generate::{self, Answer, Options, Output};
use crate::graph::Graph;
use crate::render;
use crate::sources::{self, Inventory, ReadOptions};
use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use std::io::Write;
use std::path::PathBuf;

/// Proposes one minimal role for each workload, from what CloudTrail saw it do
///
/// Reads trails and usage tables and, with --account, what the roles may do
/// today: then nothing is proposed beyond that. Writes a policy and a trust
/// policy for each workload, and report.json with the evidence for every grant.
/// Each observed request is replayed against the proposal.
///
/// Exit code 1 means that an observed request is not allowed by the proposal,
/// 4 that this could not be decided, 2 that some input could not be read (the
/// rest was done and written), 3 that no record shows anybody at work.
#[derive(Debug, Args)]
pub(super) struct GenerateArgs {
    /// CloudTrail files, folders and usage tables, in any mix
    #[arg(value_name = "INPUT", required = true)]
    inputs: Vec<PathBuf>,
    /// Output of `aws iam get-account-authorization-details`; may be repeated
    #[arg(long, value_name = "FILE")]
    account: Vec<PathBuf>,
    /// Only this role or user: its ARN or name; may be repeated
    #[arg(long, value_name = "ARN|NAME")]
    role: Vec<String>,
    /// Only this workload; may be repeated
    #[arg(long, value_name = "NAME")]
    workload: Vec<String>,
    /// How far a grant may go beyond the resources that were seen
    #[arg(long, value_enum, default_value_t)]
    scope: Scope,
    /// Folder for the proposals; what an earlier run wrote there is replaced,
    /// other files stay
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// How to write to standard output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Exit with 0 when there is nothing to analyse
    #[arg(long)]
    allow_empty: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// `leastwise/report/1`, as in report.json
    Json,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Scope {
    /// Nothing but the resources that were seen
    #[default]
    Exact,
    /// S3 keys and parameters that share a path, as its prefix
    Prefix,
}

pub(super) fn run(args: &GenerateArgs, global: &Global) -> anyhow::Result<Exit> {
    let folder = Folder::open(&args.out)?;
    let inventory = sources::read(&args.account, None, &ReadOptions::default());
    let mut exit = account_exit(&inventory, args)?;
    let (mapped, usage_exit) = usage(args, global)?;
    exit = exit.and(usage_exit);
    let graph = Graph::build(&inventory, &mapped.requests);
    let options = Options {
        principals: args.role.clone(),
        workloads: args.workload.clone(),
        scope: match args.scope {
            Scope::Exact => ScopeLimit::Exact,
            Scope::Prefix => ScopeLimit::Prefix,
        },
    };
    let output = generate::generate(&graph, &mapped, &options);
    exit = exit.and(outcome(&output, args.allow_empty));

    let report = serde_json::to_string_pretty(&output.report)? + "\n";
    // A run that found nobody at work leaves what an earlier one wrote.
    let found = !is_empty(&output);
    if found {
        let files: Vec<(&str, &str)> = output
            .files
            .iter()
            .map(|file| (file.path.as_str(), file.text.as_str()))
            .collect();
        folder.write(&files, &report)?;
    }
    let mut out = super::stdout();
    match args.format {
        Format::Json => out.write_all(report.as_bytes())?,
        Format::Text => {
            out.write_all(render::report::text(&output.report).as_bytes())?;
            if found && !global.quiet {
                writeln!(out, "wrote {}", wrote(args, &output))?;
            }
        }
    }
    out.flush()?;
    Ok(exit)
}

fn wrote(args: &GenerateArgs, output: &Output) -> String {
    let index = args.out.join("report.json");
    let index = render::clean(&index.display().to_string());
    match output.files.len() {
        0 => index,
        1 => format!("{index} and 1 policy document beside it"),
        n => format!("{index} and {n} policy documents beside it"),
    }
}

/// What the replay says (`contract.md`: 1 not allowed, 4 undecided, 3 nothing).
fn outcome(output: &Output, allow_empty: bool) -> Exit {
    if is_empty(output) {
        return if allow_empty { Exit::Clean } else { Exit::Nothing };
    }
    let requests = output.report.roles.iter().flat_map(|role| &role.not_covered);
    requests.fold(Exit::Clean, |exit, request| {
        exit.and(match request.answer {
            Answer::Refused => Exit::Findings,
            Answer::Undecided => Exit::Undecided,
        })
    })
}

fn is_empty(output: &Output) -> bool {
    output.report.roles.is_empty() && output.report.skipped.is_empty()
}
