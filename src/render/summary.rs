//! The last lines of a report, and the words for a witness.

use super::coverage::{REASONS, counted};
use super::terminal::Style;
use super::{clean, count};
use crate::lints::Finding;
use crate::policy::{self, PolicyType};
use crate::semantics::Request;
use crate::sources::Inventory;
use crate::text::Severity;
use std::fmt::Write as _;
use std::io::{self, Write};

pub(super) fn write(
    out: &mut dyn Write,
    inventory: &Inventory,
    findings: &[Finding],
    style: Style,
) -> io::Result<()> {
    let mut coverage = inventory.coverage();
    if style.failures_told {
        coverage = coverage.beside(&inventory.failures);
    }
    for reason in coverage.reasons.iter().take(REASONS) {
        writeln!(out, "note: {}", clean(&reason.to_string()))?;
    }
    if let Some(more) = coverage
        .reasons
        .len()
        .checked_sub(REASONS)
        .filter(|n| *n > 0)
    {
        writeln!(
            out,
            "note: {} not read in full (--format json lists them)",
            count(more, "more place")
        )?;
    }
    if coverage.documents == 0 {
        return Ok(());
    }
    write!(out, "{}", counted("analysed", &coverage))?;
    if let Some(elapsed) = style.elapsed {
        write!(out, ", in {} ms", elapsed.as_millis())?;
    }
    writeln!(out, "\n{}", totals(findings))
}

/// `2 errors, 5 warnings`.
fn totals(findings: &[Finding]) -> String {
    let of = |severity| findings.iter().filter(|f| f.severity == severity).count();
    let parts: Vec<_> = [
        (Severity::Error, "error"),
        (Severity::Warning, "warning"),
        (Severity::Suggestion, "suggestion"),
    ]
    .into_iter()
    .map(|(severity, name)| (of(severity), name))
    .filter(|(number, _)| *number > 0)
    .map(|(number, name)| count(number, name))
    .chain(
        Some(of(Severity::Info))
            .filter(|n| *n > 0)
            .map(|n| format!("{n} info")),
    )
    .collect();
    if parts.is_empty() {
        "nothing found".to_owned()
    } else {
        parts.join(", ")
    }
}

/// The request of a witness in one line. Who asks is told only where a policy
/// names principals; elsewhere it is whoever holds the policy:
/// `iam:PassRole on arn:aws:iam::123456789012:role/Admin, iam:PassedToService = ec2.amazonaws.com`.
pub(super) fn witness(request: &Request, policy_type: PolicyType) -> String {
    let resource = policy::shown_arn(&request.resource);
    let mut text = format!("{} on {resource}", request.action);
    if policy_type.has_principal() {
        let _ = write!(text, " by {}", request.principal);
    }
    for (key, values) in request.context.iter() {
        let _ = write!(text, ", {key} = {}", values.join(", "));
    }
    text
}
