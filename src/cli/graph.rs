//! `leastwise graph`: who runs as what, and how far that reaches.

use super::Exit;
use super::args::Global;
use super::observe;
use super::progress::Bar;
use super::tell;
use super::write::write_to;
use crate::catalog;
use crate::cloudtrail::{self, ObserveOptions};
use crate::graph::{Graph, ObservedRequest, Risk, Verdict, Window};
use crate::render::catalog::CatalogFacts;
use crate::render::graph_json::{GraphOutput, View};
use crate::render::{dot, graph_json, graph_text};
use crate::sources::{self, Coverage, ReadOptions};
use clap::{Args, Subcommand, ValueEnum};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Shows who runs as which role and what that reaches
///
/// Reads account exports (`aws iam get-account-authorization-details`) and,
/// with --usage, what was really used. Exit code 1 means a proved finding at or
/// above --fail-on, 2 that an input could not be read, 3 that there is no role
/// to look at.
#[derive(Debug, Args)]
pub(super) struct GraphArgs {
    #[command(subcommand)]
    view: ViewArgs,
}

#[derive(Debug, Subcommand)]
enum ViewArgs {
    /// Roles that several workloads run as, and what each really uses
    SharedRoles(Common),
    /// What each wildcard reaches, and what of that was never used
    Wildcards(Common),
    /// The graph itself: roles, their policies, workloads and resources
    Show(Common),
}

#[derive(Debug, Args)]
struct Common {
    /// Account exports: files and folders; `-` is standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Usage tables of `observe`, CloudTrail files or folders; may be repeated
    #[arg(long, value_name = "PATH")]
    usage: Vec<PathBuf>,
    /// How to write to standard output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Exit with 1 when something is proved from this risk on (`risk:high`), or
    /// `never`
    #[arg(long, default_value = "never", value_name = "RISK")]
    fail_on: FailOn,
    /// Exit with 0 when there is nothing to analyse
    #[arg(long)]
    allow_empty: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// `leastwise/graph/1`
    Json,
    /// For graphviz
    Dot,
}

/// From which risk on a finding makes the run fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FailOn(Option<Risk>);

impl FromStr for FailOn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let risks = [Risk::Low, Risk::Medium, Risk::High, Risk::Critical];
        let named = |name| risks.into_iter().find(|risk| risk.name() == name);
        match text.strip_prefix("risk:").map(named) {
            None if text == "never" => Ok(Self(None)),
            Some(Some(risk)) => Ok(Self(Some(risk))),
            _ => Err("one of risk:critical, risk:high, risk:medium, risk:low, never".to_owned()),
        }
    }
}

impl FailOn {
    fn fails(self, mut found: impl Iterator<Item = (Risk, Verdict)>) -> bool {
        self.0.is_some_and(|least| {
            found.any(|(risk, verdict)| risk >= least && verdict == Verdict::Proved)
        })
    }
}

pub(super) fn run(args: &GraphArgs, global: &Global) -> anyhow::Result<Exit> {
    let (ViewArgs::SharedRoles(common) | ViewArgs::Wildcards(common) | ViewArgs::Show(common)) =
        &args.view;
    let mut stdin = io::stdin().lock();
    let inventory = sources::read(&common.paths, Some(&mut stdin), &ReadOptions::default());
    observe::no_stdin(&common.usage)?;
    let (usage, read) = read_usage(&common.usage, global);
    let graph = Graph::build(&inventory, &usage);
    let window = Window::of(&usage);
    let mut exit = tell::unread(&inventory, global.quiet).and(read);
    if graph.roles().next().is_none() && !common.allow_empty {
        exit = exit.and(Exit::Nothing);
    }
    let page = Page {
        graph: &graph,
        window: window.as_ref(),
        coverage: match common.format {
            Format::Text => inventory.coverage().beside(&inventory.failures),
            Format::Json | Format::Dot => inventory.coverage(),
        },
        format: common.format,
    };
    let fails = match &args.view {
        ViewArgs::SharedRoles(_) => {
            let found = graph.shared_roles();
            let roles = found.iter().map(|role| role.role.as_str()).collect();
            let view = View::SharedRoles {
                shared_roles: &found,
            };
            page.write(view, Some(&roles), |page| {
                graph_text::shared_roles(page.graph, &found, page.window, &page.coverage)
            })?;
            let risks = found.iter().map(|role| (role.risk, role.verdict));
            common.fail_on.fails(risks)
        }
        ViewArgs::Wildcards(_) => {
            let found = graph.wildcards();
            let roles = found
                .iter()
                .map(|wildcard| wildcard.role.as_str())
                .collect();
            let view = View::Wildcards { wildcards: &found };
            page.write(view, Some(&roles), |page| {
                graph_text::wildcards(page.graph, &found, page.window, &page.coverage)
            })?;
            let risks = found
                .iter()
                .map(|wildcard| (wildcard.risk, wildcard.verdict));
            common.fail_on.fails(risks)
        }
        ViewArgs::Show(_) => {
            page.write(graph_json::show(&graph), None, |page| {
                graph_text::show(page.graph, page.window, &page.coverage)
            })?;
            false
        }
    };
    Ok(if fails {
        exit.and(Exit::Findings)
    } else {
        exit
    })
}

/// What every view is written with.
struct Page<'a> {
    graph: &'a Graph<'a>,
    window: Option<&'a Window>,
    coverage: Coverage,
    format: Format,
}

impl Page<'_> {
    fn write(
        &self,
        view: View,
        roles: Option<&BTreeSet<&str>>,
        text: impl FnOnce(&Self) -> String,
    ) -> anyhow::Result<()> {
        let output = match self.format {
            Format::Text => text(self),
            Format::Dot => dot::graph(self.graph, roles),
            Format::Json => {
                let mut json = serde_json::to_string_pretty(&GraphOutput {
                    schema: "leastwise/graph/1",
                    catalog: CatalogFacts {
                        date: catalog::get().date(),
                    },
                    observed: self.window,
                    view,
                    coverage: &self.coverage,
                })?;
                json.push('\n');
                json
            }
        };
        write_to(Path::new("-"), |out| out.write_all(output.as_bytes()))
    }
}

/// What was used, and how reading it went.
fn read_usage(paths: &[PathBuf], global: &Global) -> (Vec<ObservedRequest>, Exit) {
    if paths.is_empty() {
        return (Vec::new(), Exit::Clean);
    }
    let bar = Bar::new(global);
    let table = cloudtrail::observe(paths, ObserveOptions::default(), &bar).table;
    bar.finish();
    let exit = tell::unreadable(&table);
    (cloudtrail::map(&table, catalog::get()).requests, exit)
}
