//! `leastwise diff`: what a change of policies does to access.

use super::Exit;
use super::args::{Global, Output, key_value, policy_type};
use super::git::Range;
use super::lines::{self, Batch, Line};
use super::tell;
use super::write::{write_json, write_to};
use crate::diff::{self, Report, Root, Side};
use crate::policy::PolicyType;
use crate::render::diff::{json, markdown, text};
use crate::semantics::compare::batch::{self, Answer};
use crate::semantics::compare::{Options, Relation};
use crate::sources::{self, Failure, ReadOptions};
use anyhow::bail;
use clap::ValueEnum;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// Says what a change of policies does to access, with a proof or a witness
///
/// Compares two files, two folders file by file, two states of a git
/// repository, or those of a Terraform plan: is anything allowed that was not, or no longer? The answer is proved, or it shows a request that was
/// replayed on both sides. Each line of a batch holds two policies,
/// `{"id", "old", "new"}`, and is answered by one line.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit codes: 0 below --fail-on, 1 unwanted access, 2 bad input (the rest was still \
compared), 3 nothing to compare, 4 undecided.")]
pub(super) struct DiffArgs {
    /// The old file or folder, then the new one; `-` is standard input. With
    /// --git: what of the repository to look at
    #[arg(value_name = "OLD NEW|PATH", required_unless_present_any = ["batch", "git", "plan"])]
    paths: Vec<PathBuf>,
    /// Compare a revision with the working tree, or with another revision:
    /// BASE..HEAD the two as they are, BASE...HEAD since HEAD left BASE
    #[arg(long, value_name = "BASE[..HEAD|...HEAD]", conflicts_with = "batch")]
    git: Option<String>,
    /// Compare the revision with what would be committed
    #[arg(long, requires = "git")]
    staged: bool,
    /// Compare both states of a Terraform plan, as things are and as they are to
    /// be: the output of `terraform show -json PLAN`, `-` for standard input. Also
    /// of `cloudformation describe-change-set --include-property-values` and of
    /// `pulumi preview --json`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["paths", "git", "batch"])]
    plan: Option<PathBuf>,
    /// Compare the two policies of each line of a file, or of standard input
    /// for `-`
    #[arg(long, value_name = "FILE", conflicts_with = "paths")]
    batch: Option<PathBuf>,
    /// From where on a verdict makes the run fail
    #[arg(long, value_enum, default_value_t, value_name = "VERDICT")]
    fail_on: FailOn,
    /// What to make of a comparison that could not be decided
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    undecided: Undecided,
    /// Read every document as this type instead of finding it out
    #[arg(long, value_name = "TYPE", value_parser = policy_type, conflicts_with = "batch")]
    policy_type: Option<PolicyType>,
    /// How to read what AWS leaves open
    #[arg(long, value_name = "NAME=VALUE", value_parser = key_value)]
    set: Vec<(String, String)>,
    /// How to write to standard output; a batch is always JSON
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Also write this format to this file; may be repeated
    #[arg(long, value_name = "FORMAT:FILE", conflicts_with = "batch")]
    output: Vec<Output<Format>>,
    /// Leave out what this glob matches in folders; may be repeated
    #[arg(long, value_name = "GLOB", conflicts_with_all = ["batch", "git", "plan"])]
    exclude: Vec<String>,
    /// Exit with 0 when there is nothing to compare
    #[arg(long)]
    allow_empty: bool,
}

/// The formats of the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// `leastwise/diff/1`
    Json,
    /// A comment on a pull request
    Markdown,
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
    /// The exit code of a relation; `gains`: a request is known that only the
    /// new side allows; `open`: something could not be decided.
    fn exit(&self, relation: Relation, gains: bool, open: bool) -> Exit {
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
        match (fails, open && self.undecided == Undecided::Fail) {
            (true, _) => Exit::Findings,
            (false, true) => Exit::Undecided,
            (false, false) => Exit::Clean,
        }
    }

    /// The command that compares the same again, with what decides.
    fn command(&self) -> String {
        let mut words = vec!["leastwise".to_owned(), "diff".to_owned()];
        if let Some(range) = &self.git {
            words.extend(["--git".to_owned(), quoted(range)]);
        }
        if let Some(plan) = &self.plan {
            words.extend(["--plan".to_owned(), quoted(&plan.display().to_string())]);
        }
        if self.staged {
            words.push("--staged".to_owned());
        }
        if let Some(policy_type) = self.policy_type {
            words.extend(["--policy-type".to_owned(), policy_type.name().to_owned()]);
        }
        for (name, value) in &self.set {
            words.extend(["--set".to_owned(), quoted(&format!("{name}={value}"))]);
        }
        for glob in &self.exclude {
            words.extend(["--exclude".to_owned(), quoted(glob)]);
        }
        let paths = self.paths.iter();
        words.extend(paths.map(|path| quoted(&path.display().to_string())));
        words.join(" ")
    }

    fn options(&self) -> anyhow::Result<Options> {
        let mut options = Options::default();
        for (name, value) in &self.set {
            options.settings.set(name, value)?;
        }
        Ok(options)
    }
}

/// A word of a shell's command line.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./~^=:@,+".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

/// Runs the command.
pub(super) fn run(args: &DiffArgs, global: &Global) -> anyhow::Result<Exit> {
    let options = args.options()?;
    if let Some(path) = &args.batch {
        return lines::answer_all(path, &Pairs { args, options });
    }
    let read = ReadOptions {
        policy_type: args.policy_type,
        exclude: args.exclude.clone(),
        force_exclude: false,
    };
    if let Some(path) = &args.plan {
        let (old, new) = plan(path, &read)?;
        return answer(args, global, &old, &new, &options);
    }
    let (old, new) = match (&args.git, args.paths.as_slice()) {
        (Some(range), paths) => Range::parse(range, args.staged)?.read(paths, &read)?,
        (None, [old, new]) => sides(old, new, &read)?,
        (None, _) => bail!("say what to compare: the old and the new file or folder"),
    };
    answer(args, global, &old, &new, &options)
}

/// Compares two sides and writes what it came to.
fn answer(
    args: &DiffArgs,
    global: &Global,
    old: &Side,
    new: &Side,
    options: &Options,
) -> anyhow::Result<Exit> {
    let mut read = Exit::Clean;
    for side in [old, new] {
        read = read.and(tell::unread(&side.inventory, global.quiet));
    }
    let report = diff::compare(old, new, options);
    for refused in &report.refused {
        tell::line(&format!("error: {refused}"));
        read = Exit::Failure;
    }
    let exit = if report.is_empty() {
        if !global.quiet {
            tell::line("note: nothing to compare");
        }
        match args.allow_empty {
            true => Exit::Clean,
            false => Exit::Nothing,
        }
    } else {
        args.exit(report.relation, report.gains(), report.is_open())
    };
    let exit = exit.and(read);
    let told: Vec<Failure> = [old, new]
        .into_iter()
        .flat_map(|side| &side.inventory.failures)
        .chain(&report.refused)
        .cloned()
        .collect();
    let closing = closing(args, exit);
    let reproduce = args.command();
    let mut style = text::Style {
        color: global.color.wanted(io::stdout().is_terminal()),
        quiet: global.quiet,
        told: &told,
        closing: &closing,
    };
    write_to(Path::new("-"), |out| {
        write(out, args.format, &report, &style, &reproduce)
    })?;
    style.color = false;
    for output in &args.output {
        write_to(&output.path, |out| {
            write(out, output.format, &report, &style, &reproduce)
        })?;
    }
    Ok(exit)
}

/// Why the run ends as it does: `exit 1 (--fail-on widened)`.
fn closing(args: &DiffArgs, exit: Exit) -> String {
    let why = match exit {
        Exit::Clean | Exit::Findings => match args.fail_on {
            FailOn::Widened => "--fail-on widened",
            FailOn::Changed => "--fail-on changed",
            FailOn::Never => "--fail-on never",
        },
        Exit::Undecided => "--undecided fail",
        Exit::Failure => "not everything could be read",
        Exit::Nothing => return String::new(),
    };
    format!("exit {} ({why})", exit.code())
}

fn write(
    out: &mut dyn Write,
    format: Format,
    report: &Report,
    style: &text::Style,
    reproduce: &str,
) -> io::Result<()> {
    match format {
        Format::Text if report.is_empty() => Ok(()),
        Format::Text => text::write(out, report, style),
        Format::Json => write_json(out, &json::DiffOutput::new(report)),
        // Where no text of a policy was touched there is nothing to comment.
        Format::Markdown if report.is_empty() => Ok(()),
        Format::Markdown => {
            let about = markdown::Comment { reproduce };
            out.write_all(markdown::comment(report, &about).as_bytes())
        }
    }
}

/// Two files or two folders.
fn sides(old: &Path, new: &Path, options: &ReadOptions) -> anyhow::Result<(Side, Side)> {
    if old.is_dir() != new.is_dir() && old.exists() && new.exists() {
        let (folder, file) = if old.is_dir() { (old, new) } else { (new, old) };
        let (folder, file) = (folder.display(), file.display());
        bail!("`{folder}` is a folder and `{file}` is a file: name two files or two folders");
    }
    if [old, new].iter().all(|path| path.as_os_str() == "-") {
        bail!("standard input can be one side only");
    }
    let mut stdin = io::stdin();
    let mut side = |path: &Path| {
        let inventory = sources::read(&[path.to_owned()], Some(&mut stdin), options);
        let root = match path.is_dir() {
            true => Root::Folder(path.strip_prefix(".").unwrap_or(path).to_owned()),
            false => Root::File,
        };
        Side { inventory, root }
    };
    let (old, new) = (side(old), side(new));
    // What is not there looks like what was removed.
    for (side, other) in [(&old, &new), (&new, &old)] {
        if side.root == Root::File
            && side.inventory.documents.is_empty()
            && !other.inventory.documents.is_empty()
            && let Some(why) = [&side.inventory.failures, &side.inventory.empty]
                .into_iter()
                .flatten()
                .next()
        {
            bail!("{why}");
        }
    }
    Ok((old, new))
}

/// Both states of a plan: each resource stands at the same address.
fn plan(path: &Path, options: &ReadOptions) -> anyhow::Result<(Side, Side)> {
    let side = |inventory| Side {
        inventory,
        root: Root::File,
    };
    match sources::read_plan(path, &mut io::stdin().lock(), options) {
        Ok((mut old, new)) => {
            // One file, read twice: what is wrong with it is told once.
            old.failures
                .retain(|failure| !new.failures.contains(failure));
            old.empty.retain(|empty| !new.empty.contains(empty));
            Ok((side(old), side(new)))
        }
        Err(failure) => bail!("{failure}"),
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
                let open = answered.relation == Relation::Unknown;
                self.args.exit(answered.relation, gains, open)
            }
        };
        (exit, answer)
    }

    fn failed(&self, line: &Line) -> Answer {
        Answer::internal(lines::id(line))
    }
}
