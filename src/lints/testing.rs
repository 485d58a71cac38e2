//! Helpers for the tests of lints: a document in, its findings out.

use super::{Finding, Options, Persona, check};
use crate::policy::PolicyType;
use crate::sources::{self, Inventory, ReadOptions};
use crate::text::{Severity, Source};
use serde::Serialize;

/// The inventory of one document given as a file of the name `policy.json`.
pub(in crate::lints) fn inventory(policy_type: Option<PolicyType>, text: &str) -> Inventory {
    let options = ReadOptions {
        policy_type,
        ..ReadOptions::default()
    };
    sources::read_sources(vec![Source::new("policy.json", text)], &options)
}

/// All findings of one lint, auditor's included.
pub(in crate::lints) fn findings(
    lint: &str,
    policy_type: Option<PolicyType>,
    text: &str,
) -> (Inventory, Vec<Finding>) {
    let inventory = inventory(policy_type, text);
    let options = Options {
        persona: Persona::Auditor,
        ..Options::default()
    };
    let mut findings = check(&inventory, &options);
    findings.retain(|finding| finding.lint.id == lint);
    (inventory, findings)
}

/// Asserts that the lint is silent.
pub(in crate::lints) fn passes(lint: &str, policy_type: PolicyType, text: &str) {
    let (_, findings) = findings(lint, Some(policy_type), text);
    assert!(
        findings.is_empty(),
        "{lint} on {}: {findings:#?}",
        head(text)
    );
}

/// Asserts what the lint finds: (text of the place, severity, message).
pub(in crate::lints) fn fails(
    lint: &str,
    policy_type: PolicyType,
    text: &str,
    expected: &[(&str, &str, &str)],
) {
    let (inventory, findings) = findings(lint, Some(policy_type), text);
    let found: Vec<_> = findings
        .iter()
        .map(|finding| {
            let source = inventory.source(finding.source);
            let severity = match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Suggestion => "suggestion",
                Severity::Info => "info",
            };
            (
                source.slice(finding.primary.span),
                severity,
                finding.message.as_str(),
            )
        })
        .collect();
    assert_eq!(found, expected, "{lint} on {}", head(text));
}

/// The personas of what the lint finds.
pub(in crate::lints) fn with_persona(
    lint: &str,
    policy_type: PolicyType,
    text: &str,
) -> Vec<String> {
    let (_, findings) = findings(lint, Some(policy_type), text);
    findings
        .iter()
        .map(|finding| word(&finding.persona))
        .collect()
}

/// The severities of what the lint finds.
pub(in crate::lints) fn severities(lint: &str, policy_type: PolicyType, text: &str) -> Vec<String> {
    let (_, findings) = findings(lint, Some(policy_type), text);
    findings
        .iter()
        .map(|finding| word(&finding.severity))
        .collect()
}

/// The confidences of what the lint finds.
pub(in crate::lints) fn confidences(
    lint: &str,
    policy_type: PolicyType,
    text: &str,
) -> Vec<String> {
    let (_, findings) = findings(lint, Some(policy_type), text);
    findings
        .iter()
        .map(|finding| word(&finding.confidence))
        .collect()
}

fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value)
        .unwrap()
        .as_str()
        .unwrap()
        .to_owned()
}

fn head(text: &str) -> &str {
    text.get(..1000).unwrap_or(text)
}
