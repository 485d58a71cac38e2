//! Statements that nobody wrote: what a check asks about, as a policy.

use crate::policy::{
    ActionPattern, Condition, ConditionValue, Effect, Element, Operator, Policy, Principal,
    PrincipalKind, Principals, ResourcePattern, Statement, ValueKind, Version,
};
use crate::text::{Span, Spanned};

fn spanned<T>(value: T) -> Spanned<T> {
    Spanned {
        value,
        span: Span::default(),
    }
}

fn element<T>(entries: impl IntoIterator<Item = T>) -> Element<T> {
    Element {
        negated: false,
        key_span: Span::default(),
        span: Span::default(),
        entries: entries.into_iter().map(spanned).collect(),
    }
}

/// A policy of version 2012-10-17.
pub(super) fn policy(statements: Vec<Statement>) -> Policy {
    Policy {
        span: Span::default(),
        version: Some(spanned(Version::V2012)),
        id: None,
        statements,
    }
}

/// A statement on everything, by everybody where its policy has principals.
pub(super) fn statement(effect: Effect) -> Statement {
    Statement {
        span: Span::default(),
        sid: None,
        effect: Some(spanned(effect)),
        principal: Some(principals(
            true,
            [Principal::parse(PrincipalKind::Aws, "*")],
        )),
        action: Some(actions(&["*".to_owned()])),
        resource: Some(resources(&["*".to_owned()])),
        conditions: Vec::new(),
    }
}

pub(super) fn principals(star: bool, entries: impl IntoIterator<Item = Principal>) -> Principals {
    Principals {
        negated: false,
        key_span: Span::default(),
        span: Span::default(),
        star,
        entries: entries.into_iter().map(spanned).collect(),
    }
}

pub(super) fn actions(patterns: &[String]) -> Element<ActionPattern> {
    element(patterns.iter().map(|text| ActionPattern::parse(text)))
}

pub(super) fn resources(patterns: &[String]) -> Element<ResourcePattern> {
    let read = |text: &String| ResourcePattern::parse(text, Version::V2012);
    element(patterns.iter().map(read))
}

/// A condition on a key, of these values.
pub(super) fn condition(
    operator: &str,
    key: &str,
    values: impl IntoIterator<Item = ConditionValue>,
) -> Condition {
    Condition {
        operator: spanned(Operator::parse(operator)),
        key: spanned(key.to_owned()),
        values: values.into_iter().map(spanned).collect(),
    }
}

/// A value that is text: no variable stands in it.
pub(super) fn value(operator: &str, text: &str) -> ConditionValue {
    let operator = Operator::parse(operator);
    ConditionValue::parse(text, ValueKind::String, &operator, Version::V2008)
}
