//! SARIF 2.1.0, for code scanning. Platform limits are those of `ux.md`
//! section 5.

use super::json::WitnessInfo;
use crate::catalog;
use crate::lints::{Confidence, Finding, Lint, Persona, Risk, SCHEME};
use crate::sources::Inventory;
use crate::text::{Severity, Source, Span};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Platforms keep this many results of a run.
const RESULTS: usize = 5000;

/// A whole log: one run.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    column_kind: &'static str,
    invocations: [Invocation; 1],
    results: Vec<Result<'a>>,
}

#[derive(Debug, Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    rules: Vec<Rule<'a>>,
    properties: BTreeMap<&'static str, &'a str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule<'a> {
    id: &'a str,
    short_description: Message<'a>,
    full_description: Message<'a>,
    help: Help,
    default_configuration: Configuration,
    properties: RuleProperties<'a>,
}

#[derive(Debug, Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Debug, Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Debug, Serialize)]
struct RuleProperties<'a> {
    tags: Vec<String>,
    aliases: BTreeMap<&'a str, &'a [&'a str]>,
    #[serde(rename = "security-severity", skip_serializing_if = "Option::is_none")]
    security_severity: Option<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Debug, Serialize)]
struct Notification {
    level: &'static str,
    message: OwnedMessage,
}

#[derive(Debug, Serialize)]
struct OwnedMessage {
    text: String,
}

#[derive(Debug, Serialize)]
struct Message<'a> {
    text: std::borrow::Cow<'a, str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Result<'a> {
    rule_id: &'a str,
    rule_index: usize,
    level: &'static str,
    message: OwnedMessage,
    locations: [Location<'a>; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location<'a>>,
    partial_fingerprints: BTreeMap<&'static str, &'a str>,
    properties: ResultProperties<'a>,
}

#[derive(Debug, Serialize)]
struct ResultProperties<'a> {
    severity: Severity,
    confidence: Confidence,
    persona: Persona,
    #[serde(skip_serializing_if = "Option::is_none")]
    risk: Option<Risk>,
    #[serde(skip_serializing_if = "Option::is_none")]
    witness: Option<WitnessInfo<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    assumes: &'a [String],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    logical_locations: Option<[LogicalLocation<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation<'a> {
    fully_qualified_name: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Debug, Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

impl<'a> Log<'a> {
    /// The log of `findings`: the worst 5,000 of them, and a
    /// notification that says how many were left out.
    #[must_use]
    pub fn new(inventory: &'a Inventory, findings: &'a [Finding]) -> Self {
        let mut kept: Vec<_> = findings.iter().collect();
        let mut notifications: Vec<_> = inventory
            .failures
            .iter()
            .map(|failure| notification(format!("{}: {}", failure.path, failure.message)))
            .collect();
        if let Some(dropped) = kept.len().checked_sub(RESULTS).filter(|n| *n > 0) {
            kept.sort_by_key(|finding| std::cmp::Reverse((finding.severity, finding.risk)));
            kept.truncate(RESULTS);
            notifications.push(notification(format!(
                "{dropped} findings of the least severity were left out: a run keeps {RESULTS}"
            )));
        }
        let ids: BTreeSet<_> = kept.iter().map(|finding| finding.lint.id).collect();
        let rules = ids.iter().filter_map(|id| {
            let of: Vec<_> = kept.iter().filter(|f| f.lint.id == *id).collect();
            let risk = of.iter().filter_map(|finding| finding.risk).max();
            Some(rule(of.first()?.lint, risk))
        });
        let index = |id| {
            ids.iter()
                .position(|known| *known == id)
                .unwrap_or_default()
        };
        Self {
            schema: "https://json.schemastore.org/sarif-2.1.0.json",
            version: "2.1.0",
            runs: [Run {
                tool: Tool {
                    driver: Driver {
                        name: "leastwise",
                        version: env!("CARGO_PKG_VERSION"),
                        semantic_version: env!("CARGO_PKG_VERSION"),
                        rules: rules.collect(),
                        properties: BTreeMap::from([("catalogDate", catalog::get().date())]),
                    },
                },
                column_kind: "unicodeCodePoints",
                invocations: [Invocation {
                    execution_successful: inventory.failures.is_empty(),
                    tool_execution_notifications: notifications,
                }],
                results: kept
                    .iter()
                    .map(|finding| result(inventory, finding, index(finding.lint.id)))
                    .collect(),
            }],
        }
    }
}

fn notification(text: String) -> Notification {
    Notification {
        level: "warning",
        message: OwnedMessage { text },
    }
}

fn rule(lint: &Lint, risk: Option<Risk>) -> Rule<'_> {
    let documentation = lint.documentation();
    let finds = documentation.section("What it finds");
    let finds = finds
        .split("\n\n")
        .next()
        .unwrap_or_default()
        .replace('\n', " ");
    let family = serde_json::to_value(lint.family).unwrap_or_default();
    let family = family.as_str().unwrap_or_default().to_owned();
    Rule {
        id: lint.id,
        short_description: Message {
            text: documentation.summary.clone().into(),
        },
        full_description: Message { text: finds.into() },
        help: Help {
            text: documentation.body.clone(),
            markdown: documentation.body,
        },
        default_configuration: Configuration {
            level: level(lint.severity),
        },
        properties: RuleProperties {
            tags: if risk.is_some() {
                vec!["iam".to_owned(), family, "security".to_owned()]
            } else {
                vec!["iam".to_owned(), family]
            },
            aliases: lint.aliases.iter().copied().collect(),
            security_severity: risk.map(|risk| match risk {
                Risk::Critical => "9.5",
                Risk::High => "8.0",
                Risk::Medium => "5.5",
                Risk::Low => "2.0",
            }),
        },
    }
}

fn result<'a>(inventory: &'a Inventory, finding: &'a Finding, rule_index: usize) -> Result<'a> {
    let source = inventory.source(finding.source);
    let document = inventory.document(finding.document);
    let mut primary = location(source, finding.primary.span, &finding.primary.text);
    primary.logical_locations = document.address.as_deref().map(|fully_qualified_name| {
        [LogicalLocation {
            fully_qualified_name,
        }]
    });
    let related = finding.related.iter().enumerate().map(|(index, label)| {
        let mut location = location(source, label.span, &label.text);
        location.id = Some(index + 1);
        location
    });
    let mut text = finding.message.clone();
    if let Some(help) = &finding.help {
        text.push_str("; ");
        text.push_str(help);
    }
    Result {
        rule_id: finding.lint.id,
        rule_index,
        level: level(finding.severity),
        message: OwnedMessage { text },
        locations: [primary],
        related_locations: related.collect(),
        partial_fingerprints: BTreeMap::from([(SCHEME, finding.fingerprint.as_str())]),
        properties: ResultProperties {
            severity: finding.severity,
            confidence: finding.confidence,
            persona: finding.persona,
            risk: finding.risk,
            witness: finding.witness.as_ref().map(WitnessInfo::new),
            assumes: &finding.assumes,
        },
    }
}

fn location<'a>(source: &Source, span: Span, text: &'a str) -> Location<'a> {
    let (start, end) = (source.position(span.start), source.position(span.end));
    Location {
        id: None,
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation {
                uri: uri(source.name()),
            },
            region: Region {
                start_line: start.line,
                start_column: start.column,
                end_line: end.line,
                end_column: end.column,
            },
        },
        logical_locations: None,
        message: (!text.is_empty()).then(|| Message { text: text.into() }),
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Suggestion | Severity::Info => "note",
    }
}

/// A path as a URI, relative unless the path is not: `/` between the parts, everything else
/// that RFC 3986 does not allow in a path written in percent form.
fn uri(path: &str) -> String {
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.replace('\\', "/").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                uri.push(char::from(byte));
            }
            _ => {
                uri.push('%');
                for half in [byte >> 4, byte & 15] {
                    uri.extend(
                        char::from_digit(u32::from(half), 16).map(|c| c.to_ascii_uppercase()),
                    );
                }
            }
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn a_path_becomes_a_uri() {
        assert_eq!(uri("/a/b"), "file:///a/b");
        assert_eq!(uri("a b\\ü:%.json"), "a%20b/%C3%BC%3A%25.json");
    }
}
