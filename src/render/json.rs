//! The machine-readable report, `leastwise/lint/1` (`contract.md`).

use super::catalog::CatalogFacts;
use crate::catalog;
use crate::lints::{Confidence, Finding, Persona, Risk};
use crate::policy::PolicyType;
use crate::semantics::Request;
use crate::sources::{Coverage, Form, Inventory};
use crate::text::{Position, Severity, Source, Span};
use serde::Serialize;
use std::collections::BTreeMap;

/// The whole report.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct LintReport<'a> {
    /// `leastwise/lint/1`.
    pub schema: &'static str,
    /// The catalog that was asked.
    pub catalog: CatalogFacts<'a>,
    /// In the order of files and places.
    pub findings: Vec<FindingInfo<'a>>,
    /// What was read, and what was not.
    pub coverage: Coverage,
}

/// One finding.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct FindingInfo<'a> {
    /// The lint's id.
    pub lint: &'a str,
    /// Lowercase, no full stop, the user's words in backticks.
    pub message: &'a str,
    /// How it is treated.
    pub severity: Severity,
    /// How bad the access is, for findings about access.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub risk: Option<Risk>,
    /// What it rests on.
    pub confidence: Confidence,
    /// Who wants to see it.
    pub persona: Persona,
    /// The file, or `-`.
    pub file: &'a str,
    /// The notation the document was found in.
    pub form: Form,
    /// The policy type the document was read as.
    pub policy_type: PolicyType,
    /// Where in the file the document is, if it is not the whole file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<&'a str>,
    /// The first character.
    pub start: Position,
    /// One past the last character.
    pub end: Position,
    /// Other places that explain it.
    pub related: Vec<Related<'a>>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<&'a str>,
    /// A request that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<WitnessInfo<'a>>,
    /// What it takes for granted.
    pub assumes: &'a [String],
    /// Codes of other tools for the same fault.
    pub aliases: BTreeMap<&'a str, &'a [&'a str]>,
    /// Stands for the finding from run to run.
    pub fingerprint: &'a str,
}

/// Another place of a finding.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Related<'a> {
    /// What is to be seen there; may be empty.
    pub message: &'a str,
    /// Its file.
    pub file: &'a str,
    /// The first character.
    pub start: Position,
    /// One past the last character.
    pub end: Position,
}

/// A concrete request.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct WitnessInfo<'a> {
    /// Who asks.
    pub principal: &'a str,
    /// `service:Name`.
    pub action: &'a str,
    /// An ARN, or `*`.
    pub resource: &'a str,
    /// The account that owns the resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_account: Option<&'a str>,
    /// Condition keys and their values; what is not listed is absent.
    pub context: BTreeMap<&'a str, &'a [String]>,
}

impl<'a> LintReport<'a> {
    /// The report on `findings`.
    #[must_use]
    pub fn new(inventory: &'a Inventory, findings: &'a [Finding]) -> Self {
        Self {
            schema: "leastwise/lint/1",
            catalog: CatalogFacts {
                date: catalog::get().date(),
            },
            findings: findings
                .iter()
                .map(|finding| FindingInfo::new(inventory, finding))
                .collect(),
            coverage: inventory.coverage(),
        }
    }
}

impl<'a> FindingInfo<'a> {
    fn new(inventory: &'a Inventory, finding: &'a Finding) -> Self {
        let source = inventory.source(finding.source);
        let document = inventory.document(finding.document);
        let (start, end) = ends(source, finding.primary.span);
        let related = finding.related.iter().map(|label| {
            let (start, end) = ends(source, label.span);
            Related {
                message: &label.text,
                file: source.name(),
                start,
                end,
            }
        });
        Self {
            lint: finding.lint.id,
            message: &finding.message,
            severity: finding.severity,
            risk: finding.risk,
            confidence: finding.confidence,
            persona: finding.persona,
            file: source.name(),
            form: document.form,
            policy_type: document.policy_type,
            address: document.address.as_deref(),
            start,
            end,
            related: related.collect(),
            help: finding.help.as_deref(),
            witness: finding.witness.as_ref().map(WitnessInfo::new),
            assumes: &finding.assumes,
            aliases: finding.lint.aliases.iter().copied().collect(),
            fingerprint: &finding.fingerprint,
        }
    }
}

impl<'a> WitnessInfo<'a> {
    /// The machine-readable form of a request.
    #[must_use]
    pub fn new(request: &'a Request) -> Self {
        Self {
            principal: &request.principal,
            action: &request.action,
            resource: &request.resource,
            resource_account: request.resource_account.as_deref(),
            context: request.context.iter().collect(),
        }
    }
}

fn ends(source: &Source, span: Span) -> (Position, Position) {
    (source.position(span.start), source.position(span.end))
}
