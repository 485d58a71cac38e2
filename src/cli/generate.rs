//! `leastwise generate`: one minimal role for each workload that was seen.

use super::Exit;
use super::args::{Format, Global};
use super::folder::Folder;
use super::observe::{self, Moment};
use super::progress::Bar;
use super::tell;
use crate::catalog;
use crate::cloudtrail::{self, Mapped, Observed};
use crate::generate::{self, Answer, Options, Output, ScopeLimit, Subset};
use crate::graph::Graph;
use crate::render;
use crate::sources::{self, Inventory, ReadOptions};
use anyhow::bail;
use clap::{Args, ValueEnum};
use std::io::{self, Write};
use std::path::PathBuf;

/// Proposes one minimal role for each workload, from what CloudTrail saw it do
///
/// Reads trails and usage tables and, with --account, what the roles may do
/// today: then nothing is proposed beyond that. Writes a policy and a trust
/// policy for each workload, and report.json with the evidence for every grant.
/// Each observed request is replayed against the proposal.
///
/// Exit code 1 means that an observed request is not allowed by the proposal,
/// 4 that this could not be decided, 2 that some input could not be read (of
/// trails the rest was done and written; without the whole --account nothing is),
/// 3 that no record shows anybody at work.
#[derive(Debug, Args)]
pub(super) struct GenerateArgs {
    /// CloudTrail files, folders and usage tables, in any mix
    #[arg(value_name = "INPUT", required = true)]
    inputs: Vec<PathBuf>,
    /// Output of `aws iam get-account-authorization-details`, `-` for
    /// standard input; may be repeated
    #[arg(long, value_name = "FILE")]
    account: Vec<PathBuf>,
    /// Only this role or user: its ARN or name; may be repeated
    #[arg(long, value_name = "ARN|NAME")]
    role: Vec<String>,
    /// Only this workload; may be repeated
    #[arg(long, value_name = "NAME")]
    workload: Vec<String>,
    /// Only records at or after this date or time (UTC)
    #[arg(long, value_name = "D", value_parser = observe::moment)]
    since: Option<Moment>,
    /// Only records up to this date, or before this time (UTC)
    #[arg(long, value_name = "D", value_parser = observe::moment)]
    until: Option<Moment>,
    /// How far a grant may go beyond the resources that were seen
    #[arg(long, value_enum, default_value_t)]
    scope: Scope,
    /// Leave out what the old role may and the trail could not have shown, such
    /// as logs:PutLogEvents; it is kept by default
    #[arg(long)]
    drop_unobservable: bool,
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
enum Scope {
    /// Nothing but the resources that were seen
    #[default]
    Exact,
    /// S3 keys, parameters and log streams that share a path, as its prefix
    Prefix,
}

pub(super) fn run(args: &GenerateArgs, global: &Global) -> anyhow::Result<Exit> {
    let folder = Folder::open(&args.out)?;
    observe::no_stdin(&args.inputs)?;
    let mut stdin = io::stdin().lock();
    let inventory = sources::read(&args.account, Some(&mut stdin), &ReadOptions::default());
    bounded(args, &inventory)?;
    let bar = Bar::new(global);
    let window = observe::window(args.since, args.until);
    let observed = cloudtrail::observe(&args.inputs, window, &bar);
    bar.finish();
    let mut exit = tell(&inventory, &observed);
    let mapped = cloudtrail::map(&observed.table, catalog::get());
    known(args, &inventory, &mapped)?;
    let graph = Graph::build(&inventory, &mapped.requests);
    let options = Options {
        principals: args.role.clone(),
        workloads: args.workload.clone(),
        scope: match args.scope {
            Scope::Exact => ScopeLimit::Exact,
            Scope::Prefix => ScopeLimit::Prefix,
        },
        drop_unobservable: args.drop_unobservable,
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
    let mut out = io::BufWriter::new(io::stdout().lock());
    match args.format {
        Format::Json => out.write_all(report.as_bytes())?,
        Format::Text => {
            out.write_all(render::report::text(&output.report).as_bytes())?;
            if !args.account.is_empty() && !global.quiet {
                // What is missing was told when it was read.
                let coverage = inventory.coverage();
                writeln!(out, "{}", render::coverage::counted("analysed", &coverage))?;
            }
            if found && !global.quiet {
                writeln!(out, "wrote {}", wrote(args, &output))?;
            }
        }
    }
    out.flush()?;
    Ok(exit)
}

/// Whether the account was read as a whole: what is missing from it would bound
/// no proposal.
fn bounded(args: &GenerateArgs, inventory: &Inventory) -> anyhow::Result<()> {
    let unread: Vec<String> = inventory
        .failures
        .iter()
        .chain(&inventory.empty)
        .map(|failure| format!("`{}`: {}", failure.path, failure.message))
        .collect();
    if !unread.is_empty() {
        bail!(
            "{}; nothing is proposed, for what --account holds bounds every proposal",
            unread.join("; ")
        );
    }
    if !args.account.is_empty() && inventory.entities.is_empty() {
        let names: Vec<_> = args
            .account
            .iter()
            .map(|p| format!("`{}`", p.display()))
            .collect();
        bail!(
            "{}: no user, group or role of an account in it; `aws iam get-account-authorization-details` prints them",
            names.join(", ")
        );
    }
    Ok(())
}

fn wrote(args: &GenerateArgs, output: &Output) -> String {
    let index = args.out.join("report.json");
    let index = render::clean(&index.display().to_string());
    match output.files.len() {
        0 => index,
        n => format!(
            "{index} and {} beside it",
            render::count(n, "policy document")
        ),
    }
}

/// What the replay and the comparison with the old policies say (`contract.md`:
/// 1 not allowed or beyond them, 4 undecided, 3 nothing).
fn outcome(output: &Output, allow_empty: bool) -> Exit {
    if is_empty(output) {
        return if allow_empty {
            Exit::Clean
        } else {
            Exit::Nothing
        };
    }
    let requests = output
        .report
        .roles
        .iter()
        .flat_map(|role| &role.not_covered);
    let covered = requests.fold(Exit::Clean, |exit, request| {
        exit.and(match request.answer {
            Answer::Refused => Exit::Findings,
            Answer::Undecided => Exit::Undecided,
        })
    });
    output.report.roles.iter().fold(covered, |exit, role| {
        exit.and(match role.subset {
            Subset::Refuted => Exit::Findings,
            Subset::Unknown => Exit::Undecided,
            Subset::Proved | Subset::NotChecked => Exit::Clean,
        })
    })
}

fn is_empty(output: &Output) -> bool {
    output.report.roles.is_empty() && output.report.skipped.is_empty()
}

/// Whether there is such a principal at all: a name that is mistyped must not
/// look like a role without records.
fn known(args: &GenerateArgs, inventory: &Inventory, mapped: &Mapped) -> anyhow::Result<()> {
    for wanted in &args.role {
        let entities = inventory.entities.iter().map(|entity| entity.arn.as_str());
        let seen = mapped
            .requests
            .iter()
            .map(|request| request.principal.as_str());
        let mut arns = entities.chain(seen);
        if !arns.any(|arn| arn == wanted || arn.rsplit('/').next() == Some(wanted)) {
            bail!("no role or user `{wanted}` in the input");
        }
    }
    for wanted in &args.workload {
        let mut names = mapped.requests.iter().map(|request| &request.workload.name);
        if !names.any(|name| name == wanted) {
            bail!("no workload `{wanted}` in the records");
        }
    }
    Ok(())
}

/// What could not be read of the trails; the rest goes on.
fn tell(inventory: &Inventory, observed: &Observed) -> Exit {
    let exit = tell::unreadable(&observed.table);
    for gap in &inventory.gaps {
        tell::line(&format!("note: {gap}"));
    }
    exit
}
