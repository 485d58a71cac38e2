//! `leastwise observe`: trails → a usage table.

use super::Exit;
use super::args::Global;
use super::progress::Bar;
use super::write::write_to;
use crate::catalog;
use crate::cloudtrail::{self, Coverage, Mapped, ObserveOptions, Observed, Seen, Time, Unreadable};
use anyhow::Context;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct ObserveArgs {
    #[command(subcommand)]
    command: Option<ObserveCommand>,
    /// Trail files, folders of them, usage tables
    #[arg(value_name = "INPUT")]
    inputs: Vec<PathBuf>,
    /// Reads more inputs from a file, one a line; `-` is standard input
    #[arg(long, value_name = "FILE")]
    paths_from: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
    /// Only records at or after this date or time (UTC)
    #[arg(long, value_name = "D", value_parser = moment)]
    since: Option<Moment>,
    /// Only records up to this date, or before this time (UTC)
    #[arg(long, value_name = "D", value_parser = moment)]
    until: Option<Moment>,
}

#[derive(Debug, clap::Args)]
struct Output {
    /// Where the usage table goes; `-` is standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    out: PathBuf,
    /// Take an input without records for a clean one
    #[arg(long)]
    allow_empty: bool,
}

#[derive(Debug, clap::Subcommand)]
enum ObserveCommand {
    /// Merges usage tables into one
    Merge {
        /// Usage tables
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        #[command(flatten)]
        output: Output,
    },
}

/// A date stands for its first moment, or for its end where it ends a window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    time: Time,
    whole_day: bool,
}

pub(super) fn moment(text: &str) -> Result<Moment, String> {
    let whole_day = Time::of_date(text);
    whole_day
        .or_else(|| Time::parse(text))
        .map(|time| Moment {
            time,
            whole_day: whole_day.is_some(),
        })
        .ok_or_else(|| {
            "neither a date such as 2026-11-21 nor a time such as 2026-11-21T10:00:00Z".to_owned()
        })
}

/// The window of time that --since and --until make.
pub(super) fn window(since: Option<Moment>, until: Option<Moment>) -> ObserveOptions {
    ObserveOptions {
        since: since.map(|since| since.time),
        until: until.map(|until| match until.whole_day {
            true => until.time.plus_days(1),
            false => until.time,
        }),
    }
}

pub(super) fn run(args: &ObserveArgs, global: &Global) -> anyhow::Result<Exit> {
    if let Some(ObserveCommand::Merge { files, output }) = &args.command {
        return finish(merge(files), output, global);
    }
    let mut inputs = args.inputs.clone();
    if let Some(list) = &args.paths_from {
        inputs.extend(paths_from(list)?);
    }
    if inputs.is_empty() {
        anyhow::bail!("no input: name trail files, folders of them, or usage tables");
    }
    let options = window(args.since, args.until);
    let bar = Bar::new(global);
    let observed = cloudtrail::observe(&inputs, options, &bar);
    bar.finish();
    finish(observed, &args.output, global)
}

/// One path a line; empty lines are skipped.
fn paths_from(list: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let context = || format!("cannot read the list of paths `{}`", list.display());
    let lines: Result<Vec<String>, io::Error> = if list == Path::new("-") {
        io::stdin().lock().lines().collect()
    } else {
        BufReader::new(File::open(list).with_context(context)?)
            .lines()
            .collect()
    };
    let lines = lines.with_context(context)?.into_iter();
    Ok(lines
        .filter(|line| !line.trim().is_empty())
        .map(PathBuf::from)
        .collect())
}

fn merge(files: &[PathBuf]) -> Observed {
    let mut observed = Observed::default();
    // The same file twice would double its counts.
    for file in files.iter().collect::<BTreeSet<_>>() {
        let table = File::open(file)
            .map_err(cloudtrail::TableError::from)
            .and_then(|file| cloudtrail::read(BufReader::new(file)));
        match table {
            Ok(table) => observed.table.merge(table),
            Err(error) => {
                observed.table.unreadable.insert(Unreadable {
                    file: file.display().to_string(),
                    error: error.to_string(),
                    records_kept: 0,
                });
            }
        }
    }
    observed
}

/// Writes the table and tells what is in it.
fn finish(observed: Observed, output: &Output, global: &Global) -> anyhow::Result<Exit> {
    let table = &observed.table;
    let empty = table.records == 0 && !output.allow_empty;
    if !empty {
        write_to(&output.out, |mut out| {
            cloudtrail::write(table, catalog::get().date(), &mut out)
        })?;
    }
    tell(&observed, global)?;
    let mut exit = Exit::Clean;
    if empty {
        exit = exit.and(Exit::Nothing);
    }
    if !table.unreadable.is_empty() {
        exit = exit.and(Exit::Failure);
    }
    Ok(exit)
}

/// The summary and the failures, on standard error; `--quiet` leaves only the
/// failures.
fn tell(observed: &Observed, global: &Global) -> io::Result<()> {
    let mut out = io::stderr().lock();
    for unreadable in &observed.table.unreadable {
        let Unreadable {
            file,
            error,
            records_kept,
        } = unreadable;
        write!(out, "error: `{}`: {}", clean(file), clean(error))?;
        match records_kept {
            0 => writeln!(out)?,
            kept => writeln!(out, " ({kept} records before and around it are kept)")?,
        }
    }
    if observed.table.records == 0 {
        return writeln!(out, "error: no CloudTrail records in the input");
    }
    if global.quiet {
        return Ok(());
    }
    summary(observed, &mut out)
}

fn summary(observed: &Observed, out: &mut impl Write) -> io::Result<()> {
    let table = &observed.table;
    let Mapped {
        totals,
        unmapped,
        coverage,
        ..
    } = cloudtrail::map(table, catalog::get());
    let mut line = |count: u64, what: &str| writeln!(out, "{count:>10}  {what}");
    line(
        totals.records,
        &format!(
            "records in {} files, {} distinct rows",
            table.files,
            table.rows()
        ),
    )?;
    line(totals.used, "used")?;
    line(totals.denied, "denied")?;
    line(totals.inconclusive, "inconclusive")?;
    line(totals.unmapped, "without a known action")?;
    for (reason, count) in &totals.dropped {
        line(*count, &format!("dropped: {}", reason.name()))?;
    }
    if observed.outside > 0 {
        line(
            observed.outside,
            "outside the window of time, not counted above",
        )?;
    }
    if !observed.skipped.is_empty() {
        let skipped = u64::try_from(observed.skipped.len()).unwrap_or(u64::MAX);
        line(skipped, "files skipped: they hold no records")?;
    }
    if !unmapped.is_empty() {
        writeln!(out, "\ncalls without a known action (never guessed):")?;
    }
    for call in unmapped.iter().take(MOST_UNMAPPED) {
        let (source, event) = (clean(&call.source), clean(&call.event));
        writeln!(out, "{:>10}  {source} {event}", call.count)?;
    }
    if unmapped.len() > MOST_UNMAPPED {
        writeln!(
            out,
            "            and {} more",
            unmapped.len() - MOST_UNMAPPED
        )?;
    }
    tell_coverage(&coverage, out)
}

/// Calls and accounts listed in the summary.
const MOST_UNMAPPED: usize = 10;

/// One line an account: what its trail could show.
fn tell_coverage(coverage: &Coverage, out: &mut impl Write) -> io::Result<()> {
    let mut accounts: BTreeMap<&str, (Seen, usize)> = BTreeMap::new();
    for (account, _, seen) in coverage.iter() {
        let (sum, regions) = accounts.entry(account).or_default();
        sum.merge(seen);
        *regions += 1;
    }
    writeln!(out, "\nwhat the trail could show:")?;
    for (account, (seen, regions)) in accounts.iter().take(MOST_UNMAPPED) {
        let data = match seen.data.is_empty() {
            true => "no data events".to_owned(),
            false => {
                let kinds: Vec<_> = seen.data.keys().map(|kind| clean(kind)).collect();
                format!("data events of {}", kinds.join(", "))
            }
        };
        let (account, days) = (clean(account), seen.days.len());
        writeln!(
            out,
            "  {account}: management events on {days} days in {regions} regions, {data}"
        )?;
    }
    if accounts.len() > MOST_UNMAPPED {
        writeln!(
            out,
            "  and {} more accounts",
            accounts.len() - MOST_UNMAPPED
        )?;
    }
    Ok(())
}

/// Text from outside without control characters, which could drive a terminal.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
