//! `leastwise diff` for the terminal: the verdict first, then what is new and
//! what is gone, each with a request.

use super::words;
use crate::diff::{Access, Change, Report, StatementAt, Verdict};
use crate::render::clean;
use crate::render::summary::witness;
use crate::sources::Failure;
use std::io::{self, Write};

/// How it is written.
#[derive(Clone, Debug, Default)]
pub struct Style<'a> {
    /// With colours.
    pub color: bool,
    /// The verdict and the access only.
    pub quiet: bool,
    /// What was told already.
    pub told: &'a [Failure],
    /// How the run ends: `exit 1 (--fail-on widened)`.
    pub closing: &'a str,
}

/// Most reasons for unread parts that are written out.
const REASONS: usize = 10;

const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";

impl Style<'_> {
    fn paint(&self, color: &str, text: &str) -> String {
        if self.color {
            format!("\u{1b}[1;{color}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Writes a report.
///
/// # Errors
/// Those of the writer.
pub fn write(out: &mut dyn Write, report: &Report, style: &Style) -> io::Result<()> {
    let color = match report.verdict {
        Verdict::None | Verdict::Narrowed => GREEN,
        Verdict::Widened | Verdict::Changed => RED,
        Verdict::Undecided => YELLOW,
    };
    let word = style.paint(color, &report.verdict.name().to_uppercase());
    let totals = words::totals(report);
    writeln!(out, "{}", format!("{word}   {totals}").trim_end())?;
    let several = report.coverage.documents > 1;
    let (same, other): (Vec<&Change>, Vec<&Change>) = report
        .changes
        .iter()
        .partition(|change| change.verdict == Verdict::None);
    for change in other {
        writeln!(out)?;
        if several {
            let place = clean(&words::place(change));
            writeln!(out, "in {place}: {}", change.verdict.name())?;
        }
        write_change(out, change, style)?;
    }
    if style.quiet {
        return Ok(());
    }
    let mut footer = Vec::new();
    let identical = report.changes.iter().flat_map(|change| &change.identical);
    let identical: Vec<String> = identical.cloned().collect();
    if !identical.is_empty() {
        footer.push(format!("= proved identical: {}", words::list(&identical)));
    }
    if !same.is_empty() {
        let names: Vec<String> = same.iter().map(|change| words::place(change)).collect();
        footer.push(format!(
            "= text changed, access did not (proved): {}",
            words::list(&names)
        ));
    }
    let notes = words::notes(report);
    footer.extend(notes.iter().map(|note| format!("= note: {note}")));
    let assumptions = report.assumptions.iter();
    footer.extend(assumptions.map(|assumption| format!("= assumes: {assumption}")));
    let coverage = report.coverage.clone().beside(style.told);
    let reasons = coverage.reasons.iter();
    footer.extend(
        reasons
            .take(REASONS)
            .map(|reason| format!("note: {reason}")),
    );
    let more = coverage.reasons.len().saturating_sub(REASONS);
    if more > 0 {
        footer.push(format!(
            "note: {more} more places not read in full (--format json lists them)"
        ));
    }
    if report.coverage.documents > 0 {
        footer.push(words::compared(report));
    }
    if !style.closing.is_empty() {
        footer.push(style.closing.to_owned());
    }
    if !footer.is_empty() {
        writeln!(out)?;
    }
    for line in footer {
        writeln!(out, "{}", clean(&line))?;
    }
    Ok(())
}

fn write_change(out: &mut dyn Write, change: &Change, style: &Style) -> io::Result<()> {
    for why in words::why(change) {
        writeln!(out, "{} {}", style.paint(YELLOW, "?"), clean(&why))?;
    }
    for (gained, sets, more) in [
        (true, &change.gained, change.more_gained),
        (false, &change.lost, change.more_lost),
    ] {
        let sign = match gained {
            true => style.paint(RED, "+"),
            false => style.paint(GREEN, "-"),
        };
        for access in sets {
            writeln!(out, "{sign} {}", clean(&what(access, gained)))?;
            if let Some(line) = example(access, change, gained) {
                writeln!(out, "    {}", clean(&line))?;
            }
            if let Some(cause) = &access.caused_by {
                writeln!(out, "    {}", clean(&words::cause(cause, gained)))?;
            }
        }
        if more {
            writeln!(out, "{sign} and more")?;
        }
    }
    Ok(())
}

/// `allow  s3:GetObject [read]  on arn:aws:s3:::b/*  except …  when …`.
fn what(access: &Access, gained: bool) -> String {
    let mut text = format!("allow  {}", words::list(&access.actions));
    let level = words::level(access);
    if !level.is_empty() {
        text.push_str(&format!(" [{level}]"));
    }
    for (word, names) in [
        ("on", &access.resources),
        ("except", &access.except),
        ("to", &access.principals),
    ] {
        if !names.is_empty() {
            text.push_str(&format!("  {word} {}", words::list(names)));
        }
    }
    if !access.conditions.is_empty() {
        text.push_str(&format!("  when {}", access.conditions.join(" and ")));
    }
    if access.denied_by.is_some() {
        text.push_str(if gained {
            "  (a Deny is gone)"
        } else {
            "  (a Deny is new)"
        });
    }
    text
}

/// `e.g. s3:GetObject on arn:aws:s3:::b/x: explicitly denied by NoPrivate
/// (old.json:9) -> allowed by Data (new.json:14)`.
fn example(access: &Access, change: &Change, gained: bool) -> Option<String> {
    let request = access.request.as_ref()?;
    let at = |at: &StatementAt| format!("{} ({})", at.name(), words::line(at));
    let allowed = match access.allowed_by.as_slice() {
        [] => "allowed".to_owned(),
        by => {
            let by: Vec<String> = by.iter().map(at).collect();
            format!("allowed by {}", by.join(" and "))
        }
    };
    let denied = match &access.denied_by {
        Some(by) => format!("explicitly denied by {}", at(by)),
        None => "not allowed".to_owned(),
    };
    let (before, after) = match gained {
        true => (denied, allowed),
        false => (allowed, denied),
    };
    let request = witness(request, change.policy_type);
    Some(format!("e.g. {request}: {before} -> {after}"))
}
