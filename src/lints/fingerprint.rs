//! What stands for a finding from run to run (`lints.md` section 2): SHA-256
//! of the scheme, the lint, the host, the statement and the subject. Never of
//! line numbers, messages, the catalog's date or the order of elements.

use super::{Context, Finding, Lint};
use crate::policy::{Element, Principals, Statement};
use crate::sources::Host;
use crate::text::{Span, digest};
use std::collections::HashMap;
use std::fmt::Write as _;

/// The name of this scheme, also the key of SARIF's `partialFingerprints`.
pub const SCHEME: &str = "leastwise/v1";

pub(super) fn of(lint: &Lint, context: &Context<'_>, at: Span, subject: &str) -> String {
    let holds = |s: &&Statement| s.span.start <= at.start && at.end <= s.span.end;
    let statement = context
        .statements()
        .iter()
        .find(holds)
        .map(|statement| match &statement.sid {
            Some(sid) if !sid.value.is_empty() => format!("sid {}", sid.value),
            _ => format!("statement {}", digest(&[&normalised(statement)])),
        });
    digest(&[
        SCHEME,
        lint.id,
        &host(context),
        statement.as_deref().unwrap_or_default(),
        subject,
    ])
}

/// Tells apart findings of one run that would have the same fingerprint, by
/// their order.
pub(super) fn number(findings: &mut [Finding]) {
    let mut seen: HashMap<String, u32> = HashMap::new();
    for finding in findings {
        let count = seen.entry(finding.fingerprint.clone()).or_default();
        *count += 1;
        if *count > 1 {
            finding.fingerprint = digest(&[&finding.fingerprint, &count.to_string()]);
        }
    }
}

/// The ARN of what holds the document, with the inline policy's name where
/// one holds several; else the file, with the place in it.
fn host(context: &Context<'_>) -> String {
    let document = context.document;
    let address = document.address.as_deref().unwrap_or_default();
    match (&document.arn, document.host) {
        // A role, its trust policy and its inline policies have one ARN.
        (Some(arn), Host::User | Host::Group | Host::Role) => format!("{arn} {address}"),
        (Some(arn), Host::RoleTrust) => format!("{arn} trust"),
        (Some(arn), _) => arn.clone(),
        (None, _) => format!("{} {address}", context.source.name()),
    }
}

/// A statement's text without its layout: entries sorted, and in lower case
/// where the language does not look at case.
fn normalised(statement: &Statement) -> String {
    let mut text = String::new();
    if let Some(effect) = &statement.effect {
        let _ = write!(text, "{:?}", effect.value);
    }
    if let Some(Principals {
        negated, entries, ..
    }) = &statement.principal
    {
        let entries = entries
            .iter()
            .map(|e| format!("{:?} {}", e.value.kind, e.value.text));
        part(&mut text, "principal", *negated, entries);
    }
    if let Some(Element {
        negated, entries, ..
    }) = &statement.action
    {
        let entries = entries.iter().map(|e| e.value.text.to_lowercase());
        part(&mut text, "action", *negated, entries);
    }
    if let Some(Element {
        negated, entries, ..
    }) = &statement.resource
    {
        let entries = entries.iter().map(|e| e.value.text.clone());
        part(&mut text, "resource", *negated, entries);
    }
    let conditions = statement.conditions.iter().map(|condition| {
        let mut one = String::new();
        let operator = condition.operator.value.text.to_lowercase();
        let key = condition.key.value.to_lowercase();
        let values = condition.values.iter().map(|v| v.value.text.clone());
        part(&mut one, &format!("{operator} {key}"), false, values);
        one
    });
    part(&mut text, "condition", false, conditions);
    text
}

fn part(text: &mut String, name: &str, negated: bool, entries: impl Iterator<Item = String>) {
    let mut entries: Vec<_> = entries.collect();
    entries.sort_unstable();
    entries.dedup();
    let _ = write!(text, "\n{name} {negated} {entries:?}");
}
