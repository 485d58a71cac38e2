//! What is wrong with a document, and where.

use super::Span;
use serde::{Deserialize, Serialize};

/// How a finding is treated (`lints.md` section 2). Ordered: `Info` is least.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// A fact for review.
    Info,
    /// Same access, better text.
    Suggestion,
    /// Probably not what was meant, or access wider than its text suggests.
    Warning,
    /// AWS would reject it, or the risk is certain.
    Error,
}

/// The risk of a finding about access. Ordered: `Low` is least.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Little of value is within reach.
    Low,
    /// Wider than needed: something can be changed.
    Medium,
    /// Data, secrets or permissions; a border that policies are there to keep.
    High,
    /// The account is given away, or open to anybody.
    Critical,
}

impl Risk {
    /// The word of the contract.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// A place with a few words about it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// Lowercase, no full stop; may be empty.
    pub text: String,
}

impl Label {
    /// Joins a place and its words.
    pub fn new(span: Span, text: impl Into<String>) -> Self {
        Self {
            span,
            text: text.into(),
        }
    }
}

/// A mistake in a user's document. Never an `Err`: reading goes on behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The id of the lint that reports it, such as `syntax-error`.
    pub code: &'static str,
    /// Lowercase, no full stop, the user's words in backticks.
    pub message: String,
    /// The one place it is about.
    pub primary: Label,
    /// Other places that explain it.
    pub related: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A diagnostic at `span` without labels.
    pub fn new(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            primary: Label::new(span, ""),
            related: Vec::new(),
            help: None,
        }
    }

    /// Puts words at the primary place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Label::new(span, text));
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }
}
