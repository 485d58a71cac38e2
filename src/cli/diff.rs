//! `leastwise diff`: what a change of policies does to access.

use super::Exit;
use super::args::{Global, key_value};
use super::lines::{self, Batch, Line};
use crate::semantics::compare::batch::{self, Answer};
use crate::semantics::compare::{Options, Relation};
use clap::ValueEnum;
use std::path::PathBuf;

/// Says what a change of policies does to access, with a proof or a witness
///
/// Each line of a batch holds two policies, `{"id", "old", "new"}`, and is
/// answered by one line.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit codes: 0 below --fail-on, 1 unwanted access, 2 bad input (the rest was still \
compared), 3 nothing to compare, 4 undecided.")]
pub(super) struct DiffArgs {
    /// Compare the two policies of each line of a file, or of standard input
    /// for `-`
    #[arg(long, value_name = "FILE", required = true)]
    batch: Option<PathBuf>,
    /// From where on a verdict makes the run fail
    #[arg(long, value_enum, default_value_t, value_name = "VERDICT")]
    fail_on: FailOn,
    /// What to make of a comparison that could not be decided
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    undecided: Undecided,
    /// How to read what AWS leaves open
    #[arg(long, value_name = "NAME=VALUE", value_parser = key_value)]
    set: Vec<(String, String)>,
}

/// From where on a verdict makes the run fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// Something is allowed that was not
    #[default]
    Widened,
    /// Something is allowed that was not, or no longer
    Changed,
    /// Whatever changed
    Never,
}

/// What to make of a comparison that could not be decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Undecided {
    /// Exit with 0
    Pass,
    /// Exit with 4
    #[default]
    Fail,
}

impl DiffArgs {
    /// The exit code of a relation, of which `gains` says whether a request is
    /// known that only the new side allows.
    fn exit(&self, relation: Relation, gains: bool) -> Exit {
        let (widened, changed) = match relation {
            Relation::Equivalent => (false, false),
            Relation::Wider | Relation::Incomparable => (true, true),
            Relation::Narrower => (false, true),
            // One direction may be known although the other is not.
            Relation::Unknown => (gains, gains),
        };
        let fails = match self.fail_on {
            FailOn::Widened => widened,
            FailOn::Changed => changed,
            FailOn::Never => false,
        };
        let open = relation == Relation::Unknown && self.undecided == Undecided::Fail;
        match (fails, open) {
            (true, _) => Exit::Findings,
            (false, true) => Exit::Undecided,
            (false, false) => Exit::Clean,
        }
    }

    fn options(&self) -> anyhow::Result<Options> {
        let mut options = Options::default();
        for (name, value) in &self.set {
            options.settings.set(name, value)?;
        }
        Ok(options)
    }
}

/// Runs the command.
pub(super) fn run(args: &DiffArgs, _global: &Global) -> anyhow::Result<Exit> {
    let pairs = Pairs {
        args,
        options: args.options()?,
    };
    match &args.batch {
        Some(path) => lines::answer_all(path, &pairs),
        None => Ok(Exit::Nothing),
    }
}

/// Pairs of policies, one a line.
struct Pairs<'a> {
    args: &'a DiffArgs,
    options: Options,
}

impl Batch for Pairs<'_> {
    type Answer = Answer;

    fn answer(&self, line: &Line) -> (Exit, Answer) {
        let answer = match line {
            Ok(text) => batch::answer(text, &self.options),
            Err(message) => Answer::unreadable(message.clone()),
        };
        let exit = match &answer {
            Answer::Error(_) => Exit::Failure,
            Answer::Result(answered) => {
                let gains = answered.witness_new.is_some();
                self.args.exit(answered.relation, gains)
            }
        };
        (exit, answer)
    }

    fn failed(&self, line: &Line) -> Answer {
        Answer::internal(lines::id(line))
    }
}
