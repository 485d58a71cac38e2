//! A finding, and the report that lints write it to.

use super::{Confidence, Context, Lint, Persona, Risk, fingerprint};
use crate::semantics::Request;
use crate::sources::{Completeness, DocumentId, SourceId};
use crate::text::{Diagnostic, Label, Severity, Span};

/// One fault, located.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The lint that found it.
    pub lint: &'static Lint,
    /// Lowercase, no full stop, the user's words in backticks: the effect,
    /// then the cause.
    pub message: String,
    /// How it is treated; never above the lint's.
    pub severity: Severity,
    /// How bad the access is; only for findings about access.
    pub risk: Option<Risk>,
    /// What it rests on.
    pub confidence: Confidence,
    /// Who wants to see it; never wider than the lint's.
    pub persona: Persona,
    /// The document it is in.
    pub document: DocumentId,
    /// The file it is in; all its spans are of this file.
    pub source: SourceId,
    /// The smallest element that, edited, removes it.
    pub primary: Label,
    /// Other places that explain it.
    pub related: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// A request that shows it; the simulator replays it.
    pub witness: Option<Request>,
    /// What it takes for granted.
    pub assumes: Vec<String>,
    /// Stands for it from run to run: 64 hex digits (`lints.md` section 2).
    pub fingerprint: String,
}

/// A finding as a lint drafts it: what it does not say is taken from the
/// lint's metadata.
#[derive(Debug)]
pub(super) struct Draft {
    message: String,
    primary: Label,
    related: Vec<Label>,
    help: Option<String>,
    subject: String,
    severity: Severity,
    persona: Persona,
    confidence: Confidence,
    risk: Option<Risk>,
    witness: Option<Request>,
    assumes: Vec<String>,
}

impl Draft {
    /// A finding at `span`, about `subject`: the action, resource or key.
    pub(super) fn new(span: Span, subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            primary: Label::new(span, ""),
            related: Vec::new(),
            help: None,
            subject: subject.into(),
            severity: Severity::Error,
            persona: Persona::Regular,
            confidence: Confidence::Proved,
            risk: None,
            witness: None,
            assumes: Vec::new(),
        }
    }

    pub(super) fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    pub(super) fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Label::new(span, text));
        self
    }

    pub(super) fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Lowers the severity to this one.
    pub(super) fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Narrows the audience to this one.
    pub(super) fn persona(mut self, persona: Persona) -> Self {
        self.persona = persona;
        self
    }

    pub(super) fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    pub(super) fn risk(mut self, risk: Risk) -> Self {
        self.risk = Some(risk);
        self
    }

    pub(super) fn witness(mut self, request: Request) -> Self {
        self.witness = Some(request);
        self
    }

    pub(super) fn assumes(mut self, what: impl Into<String>) -> Self {
        self.assumes.push(what.into());
        self
    }
}

/// Where one lint reports what it finds in one document.
pub(super) struct Report<'a> {
    pub(super) lint: &'static Lint,
    pub(super) context: &'a Context<'a>,
    pub(super) findings: &'a mut Vec<Finding>,
}

impl Report<'_> {
    /// Takes a draft. Severity and persona stay within the lint's; a lint that
    /// judges by a guessed policy type loses one severity (`lints.md`
    /// section 7).
    pub(super) fn push(&mut self, draft: Draft) {
        let document = self.context.document;
        let mut severity = draft.severity.min(self.lint.severity);
        let mut confidence = draft.confidence;
        let mut assumes = draft.assumes;
        if self.lint.needs_type && !document.certain {
            severity = lower(severity);
            confidence = confidence.min(Confidence::Likely);
            let name = document.policy_type.name();
            assumes.push(format!(
                "policy type `{name}`, guessed from the document's shape"
            ));
        }
        let is_partial = matches!(
            document.completeness,
            Completeness::Symbolic | Completeness::Partial
        );
        if draft.witness.is_some() && is_partial {
            confidence = confidence.min(Confidence::Likely);
            assumes.push("what could not be read here denies nothing".to_owned());
        }
        let fingerprint =
            fingerprint::of(self.lint, self.context, draft.primary.span, &draft.subject);
        self.findings.push(Finding {
            lint: self.lint,
            message: draft.message,
            severity,
            risk: draft.risk,
            confidence,
            persona: draft.persona.max(self.lint.persona),
            document: document.id,
            source: document.source,
            primary: draft.primary,
            related: draft.related,
            help: draft.help,
            witness: draft.witness,
            assumes,
            fingerprint,
        });
    }

    /// Takes what the readers said under the lint's id.
    pub(super) fn forward(&mut self) {
        let severity = self.lint.severity;
        self.forward_as(|_| severity);
    }

    /// The same with a severity for each. The subject is the text of the place,
    /// if that is a single string or word: a whole object's text depends on its
    /// layout.
    pub(super) fn forward_as(&mut self, severity: impl Fn(&Diagnostic) -> Severity) {
        let diagnostics = &self.context.document.diagnostics;
        for diagnostic in diagnostics.iter().filter(|d| d.code == self.lint.id) {
            let text = self.context.source.slice(diagnostic.primary.span);
            let subject = if text.starts_with(['{', '[']) {
                ""
            } else {
                text
            };
            let mut draft = Draft::new(diagnostic.primary.span, subject, &diagnostic.message)
                .severity(severity(diagnostic));
            draft.primary.text.clone_from(&diagnostic.primary.text);
            draft.related.clone_from(&diagnostic.related);
            draft.help.clone_from(&diagnostic.help);
            self.push(draft);
        }
    }
}

fn lower(severity: Severity) -> Severity {
    match severity {
        Severity::Error => Severity::Warning,
        Severity::Warning => Severity::Suggestion,
        Severity::Suggestion | Severity::Info => Severity::Info,
    }
}
