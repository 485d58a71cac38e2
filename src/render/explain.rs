//! A lint's documentation for people and programs; `docs/lints.md`.

use crate::lints::{Family, Lint, Persona, Scope};
use crate::text::Severity;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What `leastwise explain --format json` writes.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct LintList<'a> {
    /// `leastwise/explain/1`.
    pub schema: &'static str,
    /// The lints that were asked for.
    pub lints: Vec<LintInfo<'a>>,
}

impl<'a> LintList<'a> {
    /// The documentation of `lints`.
    #[must_use]
    pub fn new(lints: &[&'a Lint]) -> Self {
        Self {
            schema: "leastwise/explain/1",
            lints: lints.iter().map(|lint| LintInfo::from(*lint)).collect(),
        }
    }
}

/// A lint as programs see it.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct LintInfo<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its family.
    pub family: Family,
    /// The highest severity of its findings.
    pub severity: Severity,
    /// The widest audience of its findings.
    pub persona: Persona,
    /// What it is given.
    pub scope: Scope,
    /// The release that brought it.
    pub since: &'a str,
    /// Codes of other tools: tool → codes.
    pub aliases: BTreeMap<&'a str, &'a [&'a str]>,
    /// One sentence.
    pub summary: String,
    /// Markdown.
    pub documentation: String,
}

impl<'a> From<&'a Lint> for LintInfo<'a> {
    fn from(lint: &'a Lint) -> Self {
        let documentation = lint.documentation();
        Self {
            id: lint.id,
            family: lint.family,
            severity: lint.severity,
            persona: lint.persona,
            scope: lint.scope(),
            since: lint.since,
            aliases: lint.aliases.iter().copied().collect(),
            summary: documentation.summary,
            documentation: documentation.body,
        }
    }
}

/// Everything about one lint, as Markdown that also reads well on a terminal.
#[must_use]
pub fn page(lint: &Lint) -> String {
    let info = LintInfo::from(lint);
    let mut text = format!("# {}\n\n{}\n\n", info.id, info.summary);
    let _ = writeln!(
        text,
        "{} · persona {} · family {} · since {}\n\n{}",
        word(&info.severity),
        word(&info.persona),
        word(&info.family),
        info.since,
        info.documentation
    );
    if !info.aliases.is_empty() {
        text.push_str("\n## Aliases\n");
        for (tool, codes) in &info.aliases {
            let _ = writeln!(text, "- {tool}: {}", codes.join(", "));
        }
    }
    text
}

/// One line for each lint.
#[must_use]
pub fn list(lints: &[&Lint]) -> String {
    let width = lints
        .iter()
        .map(|lint| lint.id.len())
        .max()
        .unwrap_or_default();
    let mut text = String::new();
    for lint in lints {
        let _ = writeln!(
            text,
            "{:width$}  {:10}  {}",
            lint.id,
            word(&lint.severity),
            lint.documentation().summary
        );
    }
    text
}

/// `docs/lints.md`.
#[must_use]
pub fn book(lints: &[&Lint]) -> String {
    let mut text = String::from(
        "# Lints\n\nMade from the doc comments in `src/lints/`; `BLESS=1 cargo test` writes it anew.\n\n\
         | lint | severity | finds |\n|---|---|---|\n",
    );
    for lint in lints {
        let id = lint.id;
        let summary = lint.documentation().summary;
        let _ = writeln!(
            text,
            "| [`{id}`](#{id}) | {} | {summary} |",
            word(&lint.severity)
        );
    }
    for lint in lints {
        // One level down: the page's title is the book's.
        for line in page(lint).lines() {
            let heading = if line.starts_with('#') { "#" } else { "" };
            let _ = write!(text, "\n{heading}{line}");
        }
        text.push('\n');
    }
    text
}

/// The word a value is written as in JSON.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
