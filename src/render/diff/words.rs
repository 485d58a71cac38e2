//! The sentences that every form of a diff is made of. Nothing in them is
//! cleaned or escaped yet: that depends on where they go.

use crate::catalog;
use crate::diff::{Access, Cause, Change, DocumentAt, How, Report, StatementAt, Verdict};
use crate::render::{count, coverage};
use crate::semantics::compare::Relation;

/// Names of a list that are written out.
const SHOWN: usize = 6;

/// `a, b, c and 4 more`.
pub(super) fn list(names: &[String]) -> String {
    list_by(names, ", ")
}

fn list_by(names: &[String], separator: &str) -> String {
    let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(separator),
        more => format!("{} and {more} more", shown.join(separator)),
    }
}

/// `14 actions up to write`, `read`; empty where the catalog knows none.
pub(super) fn level(access: &Access) -> String {
    let Some(worst) = access.worst else {
        return String::new();
    };
    match access.known_actions {
        0 | 1 => worst.as_str().to_owned(),
        many => format!("{} up to {}", count(many as u64, "action"), worst.as_str()),
    }
}

/// `policies/app.json:14`.
pub(super) fn line(at: &StatementAt) -> String {
    format!("{}:{}", at.file, at.line)
}

/// Which edits made a difference, as the end of a line.
pub(super) fn cause(cause: &Cause, gained: bool) -> String {
    let by = if gained { "let in by" } else { "taken away by" };
    let each = match (cause.how, cause.edits.len()) {
        (How::Each, 2..) => ", each by itself",
        (How::Together, 2..) => ", only together",
        _ => "",
    };
    let edits: Vec<String> = cause
        .edits
        .iter()
        .map(|edit| format!("{} ({})", edit.words, line(&edit.statement)))
        .collect();
    format!("{by}: {}{each}", list_by(&edits, "; "))
}

/// Where a document stands: `accounts.json role/app/orders:inline/OrdersData`.
pub(super) fn document(at: &DocumentAt) -> String {
    match &at.address {
        Some(address) => format!("{} {address}", at.file),
        None => at.file.clone(),
    }
}

/// Where a change stands, and that it was added or removed.
pub(super) fn place(change: &Change) -> String {
    let place = change.place().map(document).unwrap_or_default();
    match (&change.old, &change.new) {
        (None, _) => format!("{place} (added)"),
        (_, None) => format!("{place} (removed)"),
        _ => place,
    }
}

/// How many sets are new and how many gone, of how many statements nothing
/// changed: `2 new, 1 removed, 3 unchanged`.
pub(super) fn totals(report: &Report) -> String {
    let changes = &report.changes;
    let mut parts = Vec::new();
    if report.verdict == Verdict::None {
        parts.push(match changes.as_slice() {
            [] => "the texts are the same".to_owned(),
            _ => "access is the same (proved)".to_owned(),
        });
    }
    let mut part = |number: usize, more: bool, word: &str| {
        if number > 0 {
            parts.push(format!("{number}{} {word}", if more { "+" } else { "" }));
        }
    };
    let number = |of: fn(&Change) -> usize| changes.iter().map(of).sum();
    part(
        number(|change| change.gained.len()),
        changes.iter().any(|change| change.more_gained),
        "new",
    );
    part(
        number(|change| change.lost.len()),
        changes.iter().any(|change| change.more_lost),
        "removed",
    );
    let open = changes.iter().filter(|c| c.verdict == Verdict::Undecided);
    if report.coverage.documents > 1 {
        part(open.count(), false, "undecided");
    }
    part(number(|change| change.identical.len()), false, "unchanged");
    parts.join(", ")
}

/// Why a change is not decided, each as a sentence without full stop.
pub(super) fn why(change: &Change) -> Vec<String> {
    let undecided = change.relation == Relation::Unknown;
    let reasons = change.reasons.iter().filter(|_| undecided);
    reasons
        .filter_map(|reason| reason_in_words(reason))
        .collect()
}

/// A reason of `comparison.md`, section 8; `None` for those that only note
/// something beside a verdict.
fn reason_in_words(reason: &str) -> Option<String> {
    let (kind, of) = reason.split_once(':').unwrap_or((reason, ""));
    Some(match kind {
        "iac-symbol" if of.is_empty() => {
            "a value is filled in at deployment and is not known yet".to_owned()
        }
        "iac-symbol" => format!("it depends on what ⟨{of}⟩ is: see the notes"),
        "policy-variable" => format!("it depends on the values that `${{{of}}}` can have"),
        "mixed-key-types" => format!("`{of}` is compared as values of different types"),
        "multi-valued-plain" => {
            format!(
                "AWS does not say what an operator without ForAllValues or ForAnyValue does with the many values of `{of}`"
            )
        }
        "unknown-operator" => format!("the condition operator `{of}` is not known"),
        "ill-typed-value" => format!("a value does not fit its operator: `{of}`"),
        "non-ascii-case" => {
            format!(
                "AWS does not say how it compares letters beyond ASCII in `{of}` without regard to case"
            )
        }
        "state-budget" | "node-budget" | "time-budget" => {
            "there are too many cases to look through".to_owned()
        }
        "setting" if of == "duplicate-keys" => {
            "a JSON key is repeated, and AWS does not say which one counts".to_owned()
        }
        "opaque-document" => "not everything of it could be read".to_owned(),
        "removed-deny" => {
            "what it denied may be allowed by other policies, which were not given".to_owned()
        }
        "replay-failed" => {
            "a defect of leastwise: its two engines disagree; please report it".to_owned()
        }
        "setting" | "only-inconsistent-keys" => return None,
        _ => format!("`{reason}`"),
    })
}

/// Values under which a verdict is another one that are told.
const OTHERWISE: usize = 3;

/// What there is to know beside the verdict on one document.
fn notes_of(change: &Change) -> Vec<String> {
    let mut notes = Vec::new();
    for other in &change.uncertain {
        let verdict = Verdict::from(other.relation).name();
        let (setting, value) = (other.setting, other.value);
        let colons = if setting == "resource-colons" {
            " (a `*` does not reach over a colon)"
        } else {
            ""
        };
        notes.push(format!(
            "with `--set {setting}={value}`{colons} the verdict is {verdict}"
        ));
    }
    if let Some(symbols) = &change.symbols {
        notes.extend(symbols.words.clone());
        notes.extend(symbols.otherwise.iter().take(OTHERWISE).map(|other| {
            let verdict = Verdict::from(other.relation).name();
            format!("if {} the verdict is {verdict}", other.words)
        }));
        let taken = symbols.chosen.iter();
        let taken: Vec<String> = taken
            .map(|(s, value)| format!("⟨{s}⟩ is `{value}`"))
            .collect();
        if !taken.is_empty() {
            notes.push(format!("taken as given: {}", taken.join(", ")));
        }
    }
    if change.reasons.iter().any(|r| r == "only-inconsistent-keys") {
        let date = catalog::get().date();
        notes.push(format!(
            "the catalog of {date} has no action that fits: the request is possible as far as the policies say"
        ));
    }
    notes
}

/// What there is to know beside the verdict.
pub(super) fn notes(report: &Report) -> Vec<String> {
    let several = report.coverage.documents > 1;
    let mut all = Vec::new();
    for change in &report.changes {
        let notes = notes_of(change).into_iter();
        all.extend(notes.map(|note| match several {
            true => format!("{}: {note}", place(change)),
            false => note,
        }));
    }
    all.extend(report.notes.iter().cloned());
    all
}

/// `compared 3 documents in 2 files: 3 full`.
pub(super) fn compared(report: &Report) -> String {
    coverage::counted("compared", &report.coverage)
}
