//! `leastwise check`: questions with a yes or a no, for scripts.

mod ask;

pub(super) use ask::{Job, Question};

use super::args::{Format, Global};
use super::config;
use super::write::{write_json, write_to};
use super::{Exit, tell};
use crate::policy::PolicyType;
use crate::render::check::CheckReport;
use crate::semantics::compare::Options;
use crate::semantics::compare::checks::Access;
use crate::semantics::compare::trusted::{self, ResourceType};
use clap::{Args, Subcommand, ValueEnum};
use std::path::{Path, PathBuf};

/// Asks what policies allow, and fails if it is not what they should
///
/// Every answer is a proof, a request that shows the contrary, or undecided with
/// the reason; offline. Exit codes: 0 pass, 1 fail, 2 bad input (the rest is
/// still checked), 3 nothing to check, 4 undecided.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    #[command(subcommand)]
    check: Check,
}

#[derive(Debug, Subcommand)]
enum Check {
    /// Passes if NEW allows nothing that OLD does not
    NoNewAccess {
        /// The policy as it was
        old: PathBuf,
        /// The policy as it is to be
        new: PathBuf,
        #[command(flatten)]
        reading: Reading,
        #[command(flatten)]
        common: Common,
    },
    /// Passes if no policy allows any of these actions on any of these resources
    ///
    /// Actions alone ask about any resource, resources alone about any action,
    /// both about every pair. Each policy is looked at by itself.
    NotGranted {
        #[command(flatten)]
        policies: Policies,
        #[command(flatten)]
        about: About,
        #[command(flatten)]
        reading: Reading,
        #[command(flatten)]
        common: Common,
    },
    /// Passes if the policies allow each of these actions on each of these
    /// resources
    ///
    /// Allowed means allowed whatever else a request holds: where a policy asks
    /// for a condition, say with --context that it is met. Actions alone ask
    /// about every resource, resources alone about every action; of a pattern all
    /// it matches must be allowed. A pair is left out, and said to be, if the
    /// action does not work on such a resource and both have another pair. The
    /// policies stand together, as if attached to one principal: one Allow among
    /// them is enough, a Deny in any of them denies.
    Granted {
        #[command(flatten)]
        policies: Policies,
        #[command(flatten)]
        about: About,
        #[command(flatten)]
        reading: Reading,
        #[command(flatten)]
        common: Common,
    },
    /// Passes if no resource policy or trust policy lets strangers in
    ///
    /// Public is what is allowed to anybody: to principals that the policy does
    /// not spell out, without a condition that pins them down (an account, an
    /// organization, a VPC or its endpoint, a source, a narrow address range; the
    /// whole list is in docs/check.md).
    NoPublic {
        #[command(flatten)]
        policies: Policies,
        /// Read them as policies of this type, such as `AWS::S3::Bucket`, and
        /// look at its services' actions only
        #[arg(long, value_name = "TYPE", value_parser = resource_type)]
        resource_type: Option<&'static ResourceType>,
        #[command(flatten)]
        common: Common,
    },
    /// Runs the checks that leastwise.toml lists
    ///
    /// The file is the nearest `leastwise.toml`, `.leastwise.toml` or
    /// `.config/leastwise.toml` from the working directory up to the root of the
    /// repository. Paths in it are relative to its folder.
    All {
        /// Read this file instead
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, Args)]
struct Policies {
    /// Files and folders of policies; `-` is standard input
    #[arg(value_name = "POLICY", required = true)]
    policies: Vec<PathBuf>,
}

#[derive(Debug, Args)]
struct About {
    /// An action, or a pattern of actions; may be repeated
    #[arg(long, value_name = "ACTION", required_unless_present = "resource")]
    action: Vec<String>,
    /// A resource, or a pattern of resources; may be repeated
    #[arg(long, value_name = "ARN")]
    resource: Vec<String>,
    /// By this principal, for policies that name principals: an ARN, an account,
    /// a service
    #[arg(long, value_name = "PRINCIPAL")]
    principal: Option<String>,
    /// In requests that carry this value of a condition key, for addresses any of
    /// a range; the same key again adds a value
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    context: Vec<(String, String)>,
}

impl About {
    fn access(&self) -> anyhow::Result<Access> {
        let principal = self.principal.as_deref();
        let access = Access::new(&self.action, &self.resource, principal, &self.context);
        Ok(access?)
    }
}

#[derive(Debug, Args)]
struct Reading {
    /// Read every policy as this type instead of finding it out
    #[arg(long, value_name = "TYPE", value_parser = policy_type)]
    policy_type: Option<PolicyType>,
}

#[derive(Debug, Args)]
struct Common {
    /// What becomes of a check that could be neither proved nor refuted: it
    /// fails, unless this or the configuration says otherwise
    #[arg(long, value_enum, value_name = "HOW")]
    undecided: Option<Undecided>,
    /// How to read what AWS leaves open
    #[arg(long, value_name = "NAME=VALUE", value_parser = key_value)]
    set: Vec<(String, String)>,
    /// How to write the answer
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Exit with 0 when there is nothing to check
    #[arg(long)]
    allow_empty: bool,
}

/// What is made of a check that was not decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Undecided {
    /// It does not fail the run
    Pass,
    /// It ends with exit code 4
    Fail,
}

fn key_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text
        .split_once('=')
        .filter(|(key, _)| !key.is_empty())
        .ok_or_else(|| format!("`{text}` is not of the form `NAME=VALUE`"))?;
    Ok((key.to_owned(), value.to_owned()))
}

pub(super) fn policy_type(text: &str) -> Result<PolicyType, String> {
    PolicyType::named(text).ok_or_else(|| {
        let names: Vec<_> = PolicyType::ALL.iter().map(|kind| kind.name()).collect();
        format!("expected one of {}", names.join(", "))
    })
}

pub(super) fn resource_type(text: &str) -> Result<&'static ResourceType, String> {
    trusted::resource_type(text).ok_or_else(|| {
        let names: Vec<_> = trusted::RESOURCE_TYPES.iter().map(|t| t.name).collect();
        format!("expected one of {}", names.join(", "))
    })
}

pub(super) fn run(args: &CheckArgs, global: &Global) -> anyhow::Result<Exit> {
    let common = args.check.common();
    let mut options = Options::default();
    for (name, value) in &common.set {
        options.settings.set(name, value)?;
    }
    let mut jobs = args.check.jobs()?;
    if let Some(undecided) = common.undecided {
        for job in &mut jobs {
            job.undecided_passes = undecided == Undecided::Pass;
        }
    }
    let (mut results, mut exit) = (Vec::new(), Exit::Clean);
    for job in &jobs {
        let (result, ended) = match job.ask(&options, global.quiet) {
            Ok(answer) => answer,
            Err(error) => {
                let name = job.name.as_deref().map(|name| format!("{name}: "));
                tell::line(&format!("error: {}{error:#}", name.unwrap_or_default()));
                exit = exit.and(Exit::Failure);
                continue;
            }
        };
        exit = exit.and(ended);
        if result.is_none() && !common.allow_empty {
            exit = exit.and(Exit::Nothing);
        }
        results.extend(result);
    }
    if jobs.is_empty() {
        if !global.quiet {
            tell::line("note: the configuration lists no check");
        }
        if !common.allow_empty {
            exit = exit.and(Exit::Nothing);
        }
    }
    let report = CheckReport::new(results, options.settings);
    write_to(Path::new("-"), |out| match common.format {
        Format::Json => write_json(out, &report),
        Format::Text => {
            let usual = Options::default().settings;
            out.write_all(report.text(&usual, global.quiet).as_bytes())
        }
    })?;
    Ok(exit)
}

impl Check {
    fn common(&self) -> &Common {
        match self {
            Self::NoNewAccess { common, .. }
            | Self::NotGranted { common, .. }
            | Self::Granted { common, .. }
            | Self::NoPublic { common, .. }
            | Self::All { common, .. } => common,
        }
    }

    fn jobs(&self) -> anyhow::Result<Vec<Job>> {
        let (question, policy_type) = match self {
            Self::All { config, .. } => return config::checks(config.as_deref()),
            Self::NoNewAccess {
                old, new, reading, ..
            } => {
                let (old, new) = (old.clone(), new.clone());
                (Question::NoNewAccess { old, new }, reading.policy_type)
            }
            Self::NotGranted {
                policies,
                about,
                reading,
                ..
            } => {
                let question = Question::NotGranted {
                    policies: policies.policies.clone(),
                    access: about.access()?,
                };
                (question, reading.policy_type)
            }
            Self::Granted {
                policies,
                about,
                reading,
                ..
            } => {
                let question = Question::Granted {
                    policies: policies.policies.clone(),
                    access: about.access()?,
                };
                (question, reading.policy_type)
            }
            Self::NoPublic {
                policies,
                resource_type,
                ..
            } => {
                let question = Question::NoPublic {
                    policies: policies.policies.clone(),
                    resource_type: *resource_type,
                };
                (question, None)
            }
        };
        Ok(vec![Job {
            name: None,
            question,
            policy_type,
            undecided_passes: false,
        }])
    }
}
