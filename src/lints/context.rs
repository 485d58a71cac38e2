//! What a lint sees of one document.

use super::access::Budget;
use crate::catalog::{self, Catalog};
use crate::policy::{Effect, Policy, PolicyType, Statement};
use crate::sources::{Document, Inventory};
use crate::text::{Source, Span};

/// One document, with what is computed for it once and shared by all lints.
pub(super) struct Context<'a> {
    pub(super) document: &'a Document,
    pub(super) source: &'a Source,
    pub(super) catalog: &'static Catalog,
    /// Whether a document that could not be read is an error.
    pub(super) strict: bool,
    /// What the document may still cost.
    pub(super) budget: Budget,
    /// What its questions to the comparison engine may cost.
    pub(super) exact: Budget,
}

impl<'a> Context<'a> {
    pub(super) fn new(inventory: &'a Inventory, document: &'a Document, strict: bool) -> Self {
        Self {
            document,
            source: inventory.source(document.source),
            catalog: catalog::get(),
            strict,
            budget: Budget::default(),
            exact: Budget::default(),
        }
    }

    /// The document as a policy, if it could be read as one; its guards are no
    /// conditions of the policy and are left out.
    pub(super) fn policy(&self) -> Option<&'a Policy> {
        let unguarded = self.document.unguarded.as_ref();
        unguarded.or(self.document.policy.as_ref())
    }

    /// Its statements.
    pub(super) fn statements(&self) -> &'a [Statement] {
        self.policy().map_or(&[], |policy| &policy.statements)
    }

    /// Every Deny of it.
    pub(super) fn denies(&self) -> impl Iterator<Item = &'a Statement> + use<'a> {
        let is_deny = |statement: &&Statement| {
            let effect = statement.effect.as_ref();
            effect.is_some_and(|effect| effect.value == Effect::Deny)
        };
        self.statements().iter().filter(is_deny)
    }

    pub(super) fn policy_type(&self) -> PolicyType {
        self.document.policy_type
    }

    /// Whether the document has a `Version` that could not be read: then the
    /// reader has said so, and nothing else is to be said about it.
    pub(super) fn has_unreadable_version(&self) -> bool {
        let in_statement = |span: Span| {
            let mut spans = self.statements().iter().map(|statement| statement.span);
            spans.any(|outer| outer.start <= span.start && span.end <= outer.end)
        };
        self.policy().is_some_and(|policy| policy.version.is_none())
            && self
                .document
                .diagnostics
                .iter()
                .any(|diagnostic| match diagnostic.code {
                    "unknown-version" => true,
                    "wrong-element-type" => !in_statement(diagnostic.primary.span),
                    _ => false,
                })
    }

    /// What a finding takes for granted that rests on the catalog.
    pub(super) fn catalog_date(&self) -> String {
        format!("the catalog of {}", self.catalog.date())
    }
}
