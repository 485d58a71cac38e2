//! Statements and documents out of drafts.

use super::grant::{Conditions, Scope};
use super::group::Draft;
use crate::policy::{
    ActionPattern, Condition, ConditionValue, Effect, Element, Operator, Policy, ResourcePattern,
    Statement, ValueKind, Version,
};
use crate::text::{Span, Spanned};

/// What is made here stands in no file.
const NOWHERE: Span = Span { start: 0, end: 0 };

/// The Allow statement of a draft.
pub(super) fn statement(draft: &Draft) -> Statement {
    let mut resources = Vec::new();
    let mut negated = false;
    for scope in &draft.scopes {
        match scope {
            Scope::Resource(text) => resources.push(text.as_str()),
            Scope::NotResource(texts) => {
                negated = true;
                resources.extend(texts.iter().map(String::as_str));
            }
        }
    }
    Statement {
        span: NOWHERE,
        sid: Some(nowhere(draft.sid.clone())),
        effect: Some(nowhere(Effect::Allow)),
        principal: None,
        action: Some(element(
            false,
            draft.actions.iter().map(|text| ActionPattern::parse(text)),
        )),
        resource: Some(element(
            negated,
            resources
                .into_iter()
                .map(|text| ResourcePattern::parse(text, Version::V2012)),
        )),
        conditions: conditions(&draft.conditions),
    }
}

fn element<T>(negated: bool, entries: impl Iterator<Item = T>) -> Element<T> {
    Element {
        negated,
        key_span: NOWHERE,
        span: NOWHERE,
        entries: entries.map(nowhere).collect(),
    }
}

/// The conditions as a policy of version 2012-10-17 holds them.
pub(super) fn conditions(conditions: &Conditions) -> Vec<Condition> {
    conditions
        .0
        .iter()
        .map(|((operator, key), values)| {
            let operator = Operator::parse(operator);
            let values = values
                .iter()
                .map(|text| {
                    nowhere(ConditionValue::parse(
                        text,
                        ValueKind::String,
                        &operator,
                        Version::V2012,
                    ))
                })
                .collect();
            Condition {
                operator: nowhere(operator),
                key: nowhere(key.clone()),
                values,
            }
        })
        .collect()
}

/// A document of these statements.
pub(super) fn document(statements: Vec<Statement>, version: Version) -> Policy {
    Policy {
        span: NOWHERE,
        version: Some(nowhere(version)),
        id: None,
        statements,
    }
}

pub(super) fn nowhere<T>(value: T) -> Spanned<T> {
    Spanned::new(value, NOWHERE)
}
