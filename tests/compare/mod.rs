//! The comparison against pairs worked out by hand, against brute force, and
//! against laws that hold for any policies.

mod checks;
mod corners;
mod edges;
mod explain;
mod hostile;
mod laws;
mod realistic;
mod symbols;
mod wide;
mod world;

use leastwise::policy::{self, Policy, PolicyType};
use leastwise::semantics::Settings;
use leastwise::semantics::compare::{Comparison, Options, Relation, Stack, compare};
use leastwise::syntax::json;
use serde_json::{Value, json};

pub(super) fn read_as(document: &Value, policy_type: PolicyType) -> Policy {
    let text = document.to_string();
    let parsed = json::parse(&text);
    policy::parse(&parsed.root.unwrap(), Some(policy_type)).policy
}

/// A document of version 2012-10-17 with these statements.
pub(super) fn document(statements: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// An Allow of one action on one resource, with conditions.
pub(super) fn allow(action: &str, resource: &str, condition: Value) -> Value {
    statement("Allow", action, resource, condition)
}

pub(super) fn deny(action: &str, resource: &str, condition: Value) -> Value {
    statement("Deny", action, resource, condition)
}

fn statement(effect: &str, action: &str, resource: &str, condition: Value) -> Value {
    let mut statement = json!({"Effect": effect, "Action": action, "Resource": resource});
    if condition.as_object().is_some_and(|c| !c.is_empty()) {
        statement["Condition"] = condition;
    }
    statement
}

pub(super) fn ask(old: &Value, new: &Value) -> Comparison {
    ask_as(old, new, PolicyType::Identity, &Options::default())
}

pub(super) fn ask_as(
    old: &Value,
    new: &Value,
    policy_type: PolicyType,
    options: &Options,
) -> Comparison {
    let (old, new) = (read_as(old, policy_type), read_as(new, policy_type));
    compare(
        &Stack::of(policy_type, &old),
        &Stack::of(policy_type, &new),
        options,
    )
}

pub(super) fn relation(old: &Value, new: &Value) -> Relation {
    ask(old, new).relation()
}

/// What the simulator answers under the comparison's settings.
pub(super) fn settings() -> Settings {
    Options::default().settings
}
