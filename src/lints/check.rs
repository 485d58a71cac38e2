//! Runs the lints over an inventory.

use super::lint::Check;
use super::{Context, Family, Finding, LINTS, Persona, Report, fingerprint};
use crate::sources::{Document, Form, Inventory};
use rayon::prelude::*;

/// What to look for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Findings for others than this audience are left out.
    pub persona: Persona,
    /// Documents of which nothing could be read are errors.
    pub strict: bool,
}

/// Everything the lints find, in the order of files and places.
#[must_use]
pub fn check(inventory: &Inventory, options: &Options) -> Vec<Finding> {
    let one = |document: &Document| {
        let mut findings = check_document(inventory, document, options);
        findings.sort_by_key(|finding| (finding.primary.span, finding.lint.family));
        if is_implied(inventory, document) {
            findings
                .retain(|finding| !matches!(finding.lint.family, Family::Grammar | Family::Action));
        }
        // A statement that a deployment decides about is read once for each way.
        if document.unguarded.is_some() {
            findings.dedup_by(|a, b| {
                (a.lint.id, a.primary.span, &a.message) == (b.lint.id, b.primary.span, &b.message)
            });
        }
        findings
    };
    let mut findings: Vec<_> = match inventory.documents.as_slice() {
        // Threads cost more than one document does.
        [document] => one(document),
        documents => documents.par_iter().flat_map_iter(one).collect(),
    };
    fingerprint::number(&mut findings);
    findings.retain(|finding| finding.persona <= options.persona);
    findings
}

/// Whether SAM makes the document out of a name: how it is put is not the
/// user's to mend.
fn is_implied(inventory: &Inventory, document: &Document) -> bool {
    let source = inventory.source(document.source);
    document.form == Form::Sam
        && document.policy.is_some()
        && !source.slice(document.span).contains("Statement")
}

fn check_document(inventory: &Inventory, document: &Document, options: &Options) -> Vec<Finding> {
    check_context(&Context::new(inventory, document, options.strict))
}

pub(super) fn check_context(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for lint in LINTS {
        let mut report = Report {
            lint,
            context,
            findings: &mut findings,
        };
        match lint.check {
            Check::Reported => report.forward(),
            Check::Statement(check) => {
                for statement in context.statements() {
                    check(context, statement, &mut report);
                }
            }
            Check::Document(check) => check(context, &mut report),
        }
    }
    findings
}
