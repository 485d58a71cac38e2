//! `leastwise diff` as a comment on a pull request: the verdict first, a
//! witness for every claim, everything else folded away.
//!
//! The text of policies is hostile: it stands in code spans and code blocks
//! only, with a fence longer than any in it, and without what could end a
//! table's row or steer the reader.

use super::words;
use crate::catalog;
use crate::diff::{Access, Change, Report, StatementAt, Verdict};
use crate::policy;
use crate::render::{clean, count, shown};
use similar::TextDiff;
use std::cmp::Reverse;
use std::fmt::Write as _;

/// Longest comment: GitHub takes 65,536 characters, and counts more than we do.
const MAX_BYTES: usize = 65_000;

/// Rows of the table.
const ROWS: usize = 5;

/// Bytes of a row; what is longer stands below only.
const MAX_ROW: usize = 1_500;

/// Names of a list that are written out.
const LISTED: usize = 6;

/// Bytes of assumptions and notes.
const MAX_NOTES: usize = 15_000;

/// Bytes of one document's text diff.
const MAX_DIFF: usize = 8_000;

/// What a comment says beside the report.
#[derive(Clone, Debug, Default)]
pub struct Comment<'a> {
    /// The command that gives the same report.
    pub reproduce: &'a str,
}

/// The whole comment. Where it would be too long, text diffs are left out
/// first, then details from the end, and it says so.
#[must_use]
pub fn comment(report: &Report, about: &Comment) -> String {
    let head = head(report);
    let foot = foot(report, about);
    let room = MAX_BYTES.saturating_sub(head.len() + foot.len() + 200);
    let with_diffs = details(report, true);
    let length = |details: &[String]| details.iter().map(String::len).sum::<usize>();
    let mut details = if length(&with_diffs) <= room {
        with_diffs
    } else {
        details(report, false)
    };
    let mut left_out = 0_usize;
    while length(&details) > room && details.pop().is_some() {
        left_out += 1;
    }
    let mut text = head;
    text.extend(details);
    if left_out > 0 {
        let _ = writeln!(
            text,
            "{} left out here: see `--format json`.\n",
            count(left_out as u64, "more document")
        );
    }
    text.push_str(&foot);
    text
}

fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::None => "⚪",
        Verdict::Narrowed => "🟢",
        Verdict::Widened | Verdict::Changed => "🔴",
        Verdict::Undecided => "🟡",
    }
}

/// Everything that is always shown.
fn head(report: &Report) -> String {
    let mut text = "<!-- leastwise:diff v1 -->\n".to_owned();
    let title = match report.verdict {
        Verdict::None if report.changes.is_empty() => "IAM: the texts are the same",
        Verdict::None => "IAM text changed, access did not (proved)",
        Verdict::Narrowed => "IAM: this change **narrows** access",
        Verdict::Widened => "IAM: this change **widens** access",
        Verdict::Changed => "IAM: this change **widens** access and takes other access away",
        Verdict::Undecided => "IAM: what this change does to access is **undecided**",
    };
    let _ = writeln!(text, "## {} {title}\n", sign(report.verdict));
    let mut rows = rows(report, true);
    for change in &report.changes {
        rows.extend(words::why(change).iter().map(|why| {
            let place = code(&words::place(change));
            format!("| 🟡 undecided | {} | {place} |", prose(why))
        }));
    }
    rows.extend(self::rows(report, false));
    if !rows.is_empty() {
        text.push_str("| | access | where |\n|---|---|---|\n");
        for row in rows.iter().take(ROWS) {
            let _ = writeln!(text, "{row}");
        }
        let more = rows.len().saturating_sub(ROWS);
        if more > 0 {
            let _ = writeln!(text, "| | and {more} more, below | |");
        }
        text.push('\n');
    }
    let totals = words::totals(report);
    let _ = writeln!(
        text,
        "**Verdict:** `{}` · {totals} · {}\n",
        report.verdict.name(),
        words::compared(report)
    );
    text
}

/// A row for each set of access, the most dangerous first.
fn rows(report: &Report, gained: bool) -> Vec<String> {
    let word = if gained { "🔴 new" } else { "🟢 removed" };
    let changes = report.changes.iter();
    let mut sets: Vec<(&Change, &Access)> = changes
        .flat_map(|change| {
            let sets = if gained { &change.gained } else { &change.lost };
            sets.iter().map(move |access| (change, access))
        })
        .collect();
    sets.sort_by_key(|(_, access)| Reverse(access.worst));
    let row = |(change, access): (&Change, &Access)| {
        let place = code(&words::place(change));
        let mut what = what(access);
        if let (true, Some(deny)) = (gained, &access.denied_by) {
            let deny = code(&deny.name());
            let _ = write!(
                what,
                ": **the Deny that blocked it**, {deny}, no longer does"
            );
        }
        match what.len() > MAX_ROW {
            true => format!("| {word} | too much for a row: see below | {place} |"),
            false => format!("| {word} | {what} | {place} |"),
        }
    };
    sets.into_iter().map(row).collect()
}

/// `` `s3:GetObject` on `arn:aws:s3:::b/*` except … when … ``.
fn what(access: &Access) -> String {
    let mut text = codes(&access.actions);
    let level = words::level(access);
    if !level.is_empty() {
        let _ = write!(text, " ({level})");
    }
    for (word, names) in [
        ("on", &access.resources),
        ("except", &access.except),
        ("to", &access.principals),
    ] {
        if !names.is_empty() {
            let _ = write!(text, " {word} {}", codes(names));
        }
    }
    if !access.conditions.is_empty() {
        let shown = access.conditions.iter().take(LISTED);
        let conditions: Vec<String> = shown.map(|condition| prose(condition)).collect();
        let _ = write!(text, " when {}", conditions.join(" and "));
        let more = access.conditions.len().saturating_sub(LISTED);
        if more > 0 {
            let _ = write!(text, " and {}", count(more as u64, "more condition"));
        }
    }
    text
}

/// One folded part a document.
fn details(report: &Report, with_diffs: bool) -> Vec<String> {
    let changes = report.changes.iter();
    let told = changes.filter(|change| change.verdict != Verdict::None);
    told.map(|change| {
        let mut text = format!(
            "<details><summary>{} {}: {}</summary>\n\n",
            sign(change.verdict),
            html(&words::place(change)),
            change.verdict.name()
        );
        for why in words::why(change) {
            let _ = writeln!(text, "- undecided: {}", prose(&why));
        }
        for access in &change.gained {
            detail(&mut text, access, change, true);
        }
        more(&mut text, change.more_gained);
        for access in &change.lost {
            detail(&mut text, access, change, false);
        }
        more(&mut text, change.more_lost);
        if with_diffs {
            text.push_str(&text_diff(change));
        }
        text.push_str("</details>\n\n");
        text
    })
    .collect()
}

fn more(text: &mut String, more: bool) {
    if more {
        text.push_str("and more of this kind\n\n");
    }
}

fn detail(text: &mut String, access: &Access, change: &Change, gained: bool) {
    let at = |at: &StatementAt| format!("{} ({})", code(&at.name()), code(&words::line(at)));
    let allowed = match access.allowed_by.as_slice() {
        [] => "allowed".to_owned(),
        by => {
            let by: Vec<String> = by.iter().map(at).collect();
            format!("allowed by {}", by.join(" and "))
        }
    };
    let denied = match &access.denied_by {
        Some(by) => format!("**explicit deny** by {}", at(by)),
        None => "no statement allows it".to_owned(),
    };
    let (word, before, after) = match gained {
        true => ("🔴 new", denied, allowed),
        false => ("🟢 removed", allowed, denied),
    };
    let id = access.fingerprint.get(..8).unwrap_or_default();
    let _ = writeln!(text, "**{word}** {} · `{id}`\n", what(access));
    if let Some(request) = &access.request {
        let with_principal = change.policy_type.has_principal();
        let mut cells = Vec::new();
        if with_principal {
            cells.push(("principal", code(&request.principal)));
        }
        cells.push(("action", code(&request.action)));
        cells.push(("resource", code(policy::shown_arn(&request.resource))));
        for (key, values) in request.context.iter() {
            cells.push(("context", code(&format!("{key} = {}", values.join(", ")))));
        }
        let row = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
        text.push_str(&row(cells.iter().map(|(name, _)| *name).collect()));
        text.push_str(&row(cells.iter().map(|_| "---").collect()));
        text.push_str(&row(cells.iter().map(|(_, cell)| cell.as_str()).collect()));
        text.push('\n');
    }
    let _ = writeln!(text, "- before: {before}\n- after: {after}");
    if let Some(cause) = &access.caused_by {
        let _ = writeln!(text, "- {}", prose(&words::cause(cause, gained)));
    }
    text.push('\n');
}

/// What changed in the text, in a block that it cannot end.
fn text_diff(change: &Change) -> String {
    let diff = TextDiff::from_lines(&change.text.old, &change.text.new);
    let diff = diff.unified_diff().context_radius(2).to_string();
    let lines = diff.lines().map(|line| {
        line.chars().map(|c| match c {
            '\t' => c,
            c => shown(c),
        })
    });
    let mut shown = String::new();
    for line in lines {
        let line: String = line.collect();
        if shown.len() + line.len() > MAX_DIFF {
            shown.push_str("...\n");
            break;
        }
        shown.push_str(&line);
        shown.push('\n');
    }
    if shown.is_empty() {
        return shown;
    }
    let fence = "`".repeat(longest_run(&shown).max(2) + 1);
    format!("{fence}diff\n{shown}{fence}\n\n")
}

/// What is the same, what was assumed, and how to see it again.
fn foot(report: &Report, about: &Comment) -> String {
    let mut text =
        "<details><summary>Assumptions, unchanged and unreadable</summary>\n\n".to_owned();
    let mut line = |words: String| {
        if text.len() + words.len() < MAX_NOTES {
            let _ = writeln!(text, "- {words}");
        }
    };
    words::notes(report)
        .iter()
        .for_each(|note| line(prose(note)));
    for assumption in &report.assumptions {
        line(prose(assumption));
    }
    let changes = report.changes.iter();
    let identical: Vec<String> = changes.clone().flat_map(|c| c.identical.clone()).collect();
    if !identical.is_empty() {
        line(format!("proved identical: {}", codes(&identical)));
    }
    let same: Vec<String> = changes
        .filter(|change| change.verdict == Verdict::None)
        .map(words::place)
        .collect();
    if !same.is_empty() {
        line(format!(
            "text changed, access did not (proved): {}",
            codes(&same)
        ));
    }
    for reason in report.coverage.reasons.iter().take(10) {
        line(format!("not read in full: {}", prose(&reason.to_string())));
    }
    text.push_str("</details>\n\n");
    let _ = writeln!(
        text,
        "<sub>leastwise {}, offline, catalog of {}. Reproduce: {}</sub>",
        env!("CARGO_PKG_VERSION"),
        catalog::get().date(),
        code_of(about.reproduce, MAX_COMMAND)
    );
    text
}

/// Characters of a text of the user's that are shown.
const MAX_CODE: usize = 300;

/// Characters of the command that are shown: cut, it is of no use.
const MAX_COMMAND: usize = 4_000;

/// A code span that its text cannot end: no live mention, link or HTML. In a
/// table a bar would end the cell even in code.
fn code(text: &str) -> String {
    code_of(text, MAX_CODE)
}

fn code_of(text: &str, most: usize) -> String {
    let text = clean(text);
    let cut: String = text.chars().take(most).collect();
    let cut = match cut.len() < text.len() {
        true => format!("{cut}…"),
        false => cut,
    };
    // GitHub unescapes `\|` in the cells of a table only; elsewhere another
    // bar says the same.
    let cut = cut.replace('|', "¦");
    let fence = "`".repeat(longest_run(&cut) + 1);
    let space = match cut.starts_with('`') || cut.ends_with('`') || cut.trim().is_empty() {
        true => " ",
        false => "",
    };
    format!("{fence}{space}{cut}{space}{fence}")
}

/// Names as code.
fn codes(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(LISTED).map(|name| code(name)).collect();
    match names.len().saturating_sub(LISTED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// A sentence of ours with the user's words in it, in backticks or not: what
/// stands in backticks becomes code, the rest is escaped.
fn prose(text: &str) -> String {
    let text = clean(text);
    let parts: Vec<&str> = text.split('`').collect();
    // Backticks that do not pair are the user's own.
    if parts.len().is_multiple_of(2) {
        return code(&text);
    }
    let parts = parts.iter().enumerate().map(|(at, part)| match at % 2 {
        0 => escape(part),
        _ => code(part),
    });
    parts.collect()
}

/// Plain text in Markdown: nothing in it is markup.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '@' => out.push_str("&#64;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '!' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    // What looks like an address becomes a link.
    out.replace("://", ":&#47;&#47;")
        .replace("www.", "www&#46;")
}

/// Plain text in HTML, where Markdown does not reach.
fn html(text: &str) -> String {
    let mut out = "<code>".to_owned();
    for c in clean(text).chars().take(MAX_CODE) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("&#64;"),
            '`' | '*' | '_' | '[' | ']' | '\\' | '~' | '!' | ':' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push_str("</code>");
    out
}

fn longest_run(text: &str) -> usize {
    let runs = text.split(|c| c != '`');
    runs.map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{code, escape, prose};

    #[test]
    fn code_cannot_be_left() {
        for (text, expected) in [
            ("s3:GetObject", "`s3:GetObject`"),
            ("a`b", "``a`b``"),
            ("`", "`` ` ``"),
            ("``a", "``` ``a ```"),
            ("a|b\n|", "`a¦b�¦`"),
            ("", "`  `"),
        ] {
            assert_eq!(code(text), expected, "{text}");
        }
        assert!(code(&"x".repeat(1000)).len() < 320);
    }

    #[test]
    fn prose_is_inert() {
        assert_eq!(prose("`a<b` is @you"), "`a<b` is &#64;you");
        assert_eq!(prose("a ` b @you"), "``a ` b @you``");
        assert_eq!(
            escape("<b>[x](https://e.com) www.e.com *a*"),
            "&lt;b&gt;\\[x\\](https:&#47;&#47;e.com) www&#46;e.com \\*a\\*"
        );
    }
}
