//! `leastwise observe`: trails → a usage table.

use super::Exit;
use super::args::Global;
use super::progress::Bar;
use super::tell;
use super::write::write_to;
use crate::catalog;
use crate::cloudtrail::{self, Coverage, ObserveOptions, Observed, Seen, Time, Unreadable};
use crate::render::count;
use anyhow::Context;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
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
    no_stdin(&inputs)?;
    let options = window(args.since, args.until);
    let bar = Bar::new(global);
    let observed = cloudtrail::observe(&inputs, options, &bar);
    bar.finish();
    finish(observed, &args.output, global)
}

/// Trails come as many files; none of them is standard input.
pub(super) fn no_stdin(inputs: &[PathBuf]) -> anyhow::Result<()> {
    if inputs.iter().any(|input| input == Path::new("-")) {
        anyhow::bail!(
            "`-`: trails are not read from standard input; name files or folders (`./-` for a file of that name)"
        );
    }
    Ok(())
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
    let mut exit = tell(&observed, global);
    if empty {
        exit = exit.and(Exit::Nothing);
    }
    Ok(exit)
}

/// The summary and the failures; `--quiet` leaves only the failures.
fn tell(observed: &Observed, global: &Global) -> Exit {
    let exit = tell::unreadable(&observed.table);
    if observed.table.records == 0 && observed.table.unreadable.is_empty() {
        tell::line("error: no CloudTrail records in the input");
    } else if observed.table.records > 0 && !global.quiet {
        summary(observed).iter().for_each(|line| tell::line(line));
    }
    exit
}

fn summary(observed: &Observed) -> Vec<String> {
    let table = &observed.table;
    let (totals, unmapped) = cloudtrail::account(table, catalog::get());
    let mut lines = Vec::new();
    let mut line = |number: u64, what: &str| lines.push(format!("{number:>10}  {what}"));
    let records = if totals.records == 1 {
        "record"
    } else {
        "records"
    };
    let (files, rows) = (
        count(table.files, "file"),
        count(table.rows(), "distinct row"),
    );
    line(totals.records, &format!("{records} in {files}, {rows}"));
    line(totals.used, "used");
    line(totals.denied, "denied");
    line(totals.inconclusive, "inconclusive");
    line(totals.unmapped, "without a known action");
    for (reason, number) in &totals.dropped {
        line(*number, &format!("dropped: {}", reason.name()));
    }
    if observed.outside > 0 {
        line(
            observed.outside,
            "outside the window of time, not counted above",
        );
    }
    match u64::try_from(observed.skipped.len()).unwrap_or(u64::MAX) {
        0 => {}
        1 => line(1, "file skipped: it holds no records"),
        skipped => line(skipped, "files skipped: they hold no records"),
    }
    if !unmapped.is_empty() {
        lines.push(String::new());
        lines.push("calls without a known action (never guessed):".to_owned());
    }
    for call in unmapped.iter().take(MOST_LISTED) {
        lines.push(format!(
            "{:>10}  {} {}",
            call.count, call.source, call.event
        ));
    }
    if unmapped.len() > MOST_LISTED {
        let more = unmapped.len() - MOST_LISTED;
        lines.push(format!("            and {more} more"));
    }
    lines.extend(tell_coverage(&table.coverage));
    lines
}

/// Calls and accounts listed in the summary.
const MOST_LISTED: usize = 10;

/// One line an account: what its trail could show.
fn tell_coverage(coverage: &Coverage) -> Vec<String> {
    let mut accounts: BTreeMap<&str, (Seen, usize)> = BTreeMap::new();
    for (account, _, seen) in coverage.iter() {
        let (sum, regions) = accounts.entry(account).or_default();
        sum.merge(seen);
        *regions += 1;
    }
    let mut lines = vec![String::new(), "what the trail could show:".to_owned()];
    for (account, (seen, regions)) in accounts.iter().take(MOST_LISTED) {
        let data = if seen.data.is_empty() {
            "no data events".to_owned()
        } else {
            let kinds: Vec<_> = seen.data.keys().map(String::as_str).collect();
            format!("data events of {}", kinds.join(", "))
        };
        let (days, regions) = (count(seen.days.len(), "day"), count(*regions, "region"));
        lines.push(format!(
            "  {account}: management events on {days} in {regions}, {data}"
        ));
    }
    if accounts.len() > MOST_LISTED {
        let more = count(accounts.len() - MOST_LISTED, "more account");
        lines.push(format!("  and {more}"));
    }
    lines
}
