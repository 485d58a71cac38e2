//! Reports for people, in the form of rustc's.

use super::excerpt::{Excerpt, excerpts};
use super::{clean, summary};
use crate::lints::{Confidence, Finding, Risk};
use crate::sources::Inventory;
use crate::text::{Label, Severity};
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Element, Level, Origin, Renderer, Snippet};
use std::io::{self, Write};
use std::time::Duration;

/// How a report is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// With colours.
    pub color: bool,
    /// Without the summary.
    pub quiet: bool,
    /// Without what could not be read: it is told on standard error.
    pub failures_told: bool,
    /// The time it took, where it may be shown: on a terminal only, so that
    /// what goes into a pipe is the same on every run.
    pub elapsed: Option<Duration>,
}

/// Writes every finding with its lines, then the summary.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(
    out: &mut dyn Write,
    inventory: &Inventory,
    findings: &[Finding],
    style: Style,
) -> io::Result<()> {
    let renderer = if style.color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    for finding in findings {
        writeln!(out, "{}\n", render(&renderer, inventory, finding))?;
    }
    if !style.quiet {
        summary::write(out, inventory, findings, style)?;
    }
    Ok(())
}

fn render(renderer: &Renderer, inventory: &Inventory, finding: &Finding) -> String {
    let source = inventory.source(finding.source);
    let labels: Vec<&Label> = std::iter::once(&finding.primary)
        .chain(&finding.related)
        .collect();
    let start = source.position(finding.primary.span.start);
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Suggestion => Level::HELP.with_name("suggestion"),
        Severity::Info => Level::INFO,
    };
    let mut elements: Vec<Element<'_>> = Vec::new();
    for (index, excerpt) in excerpts(source, &labels).into_iter().enumerate() {
        let name = clean(source.name());
        if index == 0 && excerpt.cut {
            let origin = Origin::path(name).line(start.line as usize);
            elements.push(origin.char_column(start.column as usize).into());
            elements.push(snippet(excerpt, &labels).into());
        } else {
            elements.push(snippet(excerpt, &labels).path(name).into());
        }
    }
    let mut message = |name: &'static str, text: String| {
        elements.push(Level::NOTE.with_name(name).message(clean(&text)).into());
    };
    if let Some(witness) = &finding.witness {
        let policy_type = inventory.document(finding.document).policy_type;
        message("witness", summary::witness(witness, policy_type));
    }
    if let Some(help) = &finding.help {
        message("help", help.clone());
    }
    for assumption in &finding.assumes {
        message("assumes", assumption.clone());
    }
    message("note", note(finding));
    let title = level
        .primary_title(clean(&finding.message))
        .id(finding.lint.id);
    renderer.render(&[title.elements(elements)])
}

fn snippet<'a>(
    excerpt: Excerpt,
    labels: &[&'a Label],
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let marks = excerpt.marks.into_iter().filter_map(|(range, index)| {
        let kind = if index == 0 {
            AnnotationKind::Primary
        } else {
            AnnotationKind::Context
        };
        let text = &labels.get(index)?.text;
        let annotation = kind.span(range);
        Some(if text.is_empty() {
            annotation
        } else {
            annotation.label(clean(text))
        })
    });
    Snippet::source(excerpt.text)
        .line_start(excerpt.line as usize)
        .annotations(marks)
}

fn note(finding: &Finding) -> String {
    let confidence = match finding.confidence {
        Confidence::Proved => "proved",
        Confidence::Likely => "likely",
        Confidence::Heuristic => "heuristic",
    };
    let risk = match finding.risk {
        Some(Risk::Critical) => "risk critical, ",
        Some(Risk::High) => "risk high, ",
        Some(Risk::Medium) => "risk medium, ",
        Some(Risk::Low) => "risk low, ",
        None => "",
    };
    let id = finding.lint.id;
    format!("{risk}confidence {confidence} · leastwise explain {id}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lints::{self, Persona};
    use crate::semantics::Request;
    use crate::sources::{ReadOptions, read_sources};
    use crate::text::{Source, Span};

    fn report(text: &str, primary: &str, related: &str) -> String {
        let inventory = read_sources(vec![Source::new("a/p.json", text)], &ReadOptions::default());
        let span = |part: &str| {
            let start = text.find(part).unwrap();
            Span::new(start, start + part.len())
        };
        let document = &inventory.documents[0];
        let mut witness = Request {
            action: "iam:PassRole".to_owned(),
            resource: "arn:aws:iam::123456789012:role/Admin".to_owned(),
            ..Request::default()
        };
        let key = "iam:PassedToService";
        witness.context.insert(key, ["ec2.amazonaws.com"]).unwrap();
        let finding = Finding {
            lint: lints::find("pass-role-wildcard")[0],
            message: "this statement can pass `any\u{1b}[2J role`".to_owned(),
            severity: Severity::Suggestion,
            risk: Some(Risk::High),
            confidence: Confidence::Proved,
            persona: Persona::Regular,
            document: document.id,
            source: document.source,
            primary: Label::new(span(primary), "any role"),
            related: vec![Label::new(span(related), "matches Admin")],
            help: Some("name the roles".to_owned()),
            witness: Some(witness),
            assumes: vec!["the catalog of 2026-10-20".to_owned()],
            fingerprint: String::new(),
        };
        let mut out = Vec::new();
        write(&mut out, &inventory, &[finding], Style::default()).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_report_shows_the_lines_and_what_follows_from_them() {
        let text = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": {\n    \"Effect\": \"Allow\",\n    \"Action\": \"iam:PassRole\",\n    \"Resource\": \"*\"\n  }\n}\n";
        insta::with_settings!({
            snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"),
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!("terminal", report(text, "\"iam:PassRole\"", "\"*\""));
            let one_line = text.replace('\n', " ").replace("2012", &format!("2012{}", " ".repeat(5000)));
            insta::assert_snapshot!("terminal_one_line", report(&one_line, "\"iam:PassRole\"", "\"*\""));
        });
    }
}
