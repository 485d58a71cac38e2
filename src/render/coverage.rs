//! What was read and what was not: the line that every text for people ends
//! with, and the reasons under it.

use super::{clean, count};
use crate::sources::{Completeness, Coverage, Reason};

/// Most reasons that are written out where others are written elsewhere.
pub(super) const REASONS: usize = 10;

/// `analysed 41 documents in 23 files: 29 full, 9 symbolic, 1 partial, 2 opaque`.
#[must_use]
pub fn counted(verb: &str, coverage: &Coverage) -> String {
    let words = [
        (coverage.full, Completeness::Full),
        (coverage.symbolic, Completeness::Symbolic),
        (coverage.partial, Completeness::Partial),
        (coverage.opaque, Completeness::Opaque),
    ];
    let words: Vec<String> = words
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, completeness)| format!("{number} {}", completeness.name()))
        .collect();
    let mut line = format!(
        "{verb} {} in {}",
        count(coverage.documents, "document"),
        count(coverage.files, "file")
    );
    if !words.is_empty() {
        line.push_str(": ");
        line.push_str(&words.join(", "));
    }
    line
}

/// The line, then a line for each reason, at most `most` of them:
/// `  opaque  modules/x/main.tf:14  policy = var.policy has no default`.
#[must_use]
pub fn lines(coverage: &Coverage, most: usize) -> Vec<String> {
    let mut lines = vec![counted("analysed", coverage)];
    lines.extend(coverage.reasons.iter().take(most).map(reason));
    let more = coverage.reasons.len().saturating_sub(most);
    if more > 0 {
        lines.push(format!("  and {}", count(more, "more place")));
    }
    lines
}

fn reason(reason: &Reason) -> String {
    let word = reason.completeness.map_or("missing", Completeness::name);
    format!(
        "  {word}  {}  {}",
        clean(&reason.place),
        clean(&reason.message)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_names_what_there_is_and_reasons_stand_under_it() {
        let reason = |completeness, place: &str, message: &str| Reason {
            completeness,
            place: place.to_owned(),
            message: message.to_owned(),
        };
        let coverage = Coverage {
            files: 23,
            documents: 41,
            full: 30,
            symbolic: 9,
            opaque: 2,
            reasons: vec![
                reason(Some(Completeness::Opaque), "a.tf:14", "no default"),
                reason(None, "b.json", "no such file\u{1b}"),
            ],
            ..Coverage::default()
        };
        let first = "analysed 41 documents in 23 files: 30 full, 9 symbolic, 2 opaque";
        assert_eq!(
            lines(&coverage, 9),
            [
                first,
                "  opaque  a.tf:14  no default",
                "  missing  b.json  no such file\u{fffd}"
            ]
        );
        assert_eq!(
            lines(&coverage, 1),
            [first, "  opaque  a.tf:14  no default", "  and 1 more place"]
        );
        assert_eq!(
            counted("compared", &Coverage::default()),
            "compared 0 documents in 0 files"
        );
    }
}
