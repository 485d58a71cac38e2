//! One statement.

use super::document::clear;
use super::{ActionPattern, Condition, Principals, ResourcePattern};
use crate::text::{Span, Spanned};

/// What a matching statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// Permits.
    Allow,
    /// Forbids, whatever permits (R2).
    Deny,
}

/// An element with its `Not…` twin: `Action`/`NotAction` and the like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element<T> {
    /// Whether it is the `Not…` form.
    pub negated: bool,
    /// The key's place.
    pub key_span: Span,
    /// The value's place.
    pub span: Span,
    /// The entries, a lone string read as a list of one (R47).
    pub entries: Vec<Spanned<T>>,
}

/// One statement. What is missing or malformed is `None` and has a diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The statement's object.
    pub span: Span,
    /// `Sid`.
    pub sid: Option<Spanned<String>>,
    /// `Effect`; a statement without a readable one never matches.
    pub effect: Option<Spanned<Effect>>,
    /// `Principal` or `NotPrincipal`.
    pub principal: Option<Principals>,
    /// `Action` or `NotAction`.
    pub action: Option<Element<ActionPattern>>,
    /// `Resource` or `NotResource`; absent in trust policies, and in other
    /// resource-based policies it means the attached resource (R37, R49).
    pub resource: Option<Element<ResourcePattern>>,
    /// One entry for each operator and key, in document order (R69: a
    /// conjunction).
    pub conditions: Vec<Condition>,
}

impl Statement {
    pub(super) fn clear_spans(&mut self) {
        self.span = Span::default();
        clear(&mut self.sid);
        clear(&mut self.effect);
        if let Some(principal) = &mut self.principal {
            principal.key_span = Span::default();
            principal.span = Span::default();
            clear(&mut principal.entries);
        }
        if let Some(element) = &mut self.action {
            element.clear_spans();
        }
        if let Some(element) = &mut self.resource {
            element.clear_spans();
        }
        for condition in &mut self.conditions {
            condition.operator.span = Span::default();
            condition.key.span = Span::default();
            clear(&mut condition.values);
        }
    }
}

impl<T> Element<T> {
    fn clear_spans(&mut self) {
        self.key_span = Span::default();
        self.span = Span::default();
        clear(&mut self.entries);
    }
}
