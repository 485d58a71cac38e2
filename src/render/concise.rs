//! One line a finding, for editors and scripts.

use super::{clean, summary};
use crate::lints::Finding;
use crate::render::terminal::Style;
use crate::sources::Inventory;
use crate::text::Severity;
use std::io::{self, Write};

/// Writes `file:line:column: severity[lint] message`, then the summary.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(
    out: &mut dyn Write,
    inventory: &Inventory,
    findings: &[Finding],
    style: Style,
) -> io::Result<()> {
    for finding in findings {
        let source = inventory.source(finding.source);
        let start = source.position(finding.primary.span.start);
        writeln!(
            out,
            "{}:{}:{}: {}[{}] {}",
            clean(source.name()),
            start.line,
            start.column,
            word(finding.severity),
            finding.lint.id,
            clean(&finding.message)
        )?;
    }
    if !style.quiet {
        summary::write(out, inventory, findings, style)?;
    }
    Ok(())
}

pub(super) fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Suggestion => "suggestion",
        Severity::Info => "info",
    }
}
