//! The explanation of a verdict, as data (`evaluation.md`, section 7).

use super::decide::Verdict;
use super::layers::Layer;
use super::principals::How;
use crate::text::Span;
use serde::Serialize;
use std::borrow::Cow;

/// A verdict with everything it was made from.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Trace {
    /// The verdict, the same as [`decide`](super::decide) gives.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The Allows that reach the caller.
    pub granted_by: Vec<Grant>,
    /// Every layer, the ones that do not apply with their reason; of a layer
    /// with levels each level.
    pub layers: Vec<LayerTrace>,
    /// The condition keys of the request and of the policies.
    pub keys: Keys,
}

/// One matching Allow.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Grant {
    /// The layer it stands in.
    pub layer: Layer,
    /// Index of the policy within its layer.
    pub policy: usize,
    /// The policy's name, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Index of the statement.
    pub statement: usize,
    /// Its `Sid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// How it reaches the caller.
    pub how: How,
}

/// What a layer or a statement comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LayerResult {
    /// It allows.
    Allow,
    /// A Deny matches.
    Deny,
    /// Neither.
    None,
}

/// One layer.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct LayerTrace {
    /// Which.
    pub layer: Layer,
    /// The level of the organization, where the layer has levels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// Whether it counts for this caller.
    pub applies: bool,
    /// Why it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Cow<'static, str>>,
    /// What it says.
    pub result: LayerResult,
    /// Its statements in order.
    pub statements: Vec<StatementTrace>,
}

/// One statement, every part of it looked at.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct StatementTrace {
    /// Index of the policy within its layer.
    pub policy: usize,
    /// The policy's name, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Index of the statement within the policy.
    pub index: usize,
    /// Its `Sid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Its bytes in the policy's text.
    pub span: Place,
    /// `Allow` or `Deny`; absent where it cannot be read.
    pub effect: Option<&'static str>,
    /// Whether all parts match.
    pub matched: bool,
    /// `Principal` or `NotPrincipal`; absent in policies without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<PartTrace>,
    /// `Action` or `NotAction`.
    pub action: PartTrace,
    /// `Resource` or `NotResource`; absent where the attached resource counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<PartTrace>,
    /// `Condition`, one entry a key.
    pub conditions: Vec<ConditionTrace>,
}

/// Where something stands, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Place {
    /// First byte.
    pub start: u32,
    /// One past the last.
    pub end: u32,
}

impl From<Span> for Place {
    fn from(span: Span) -> Self {
        Self {
            start: span.start,
            end: span.end,
        }
    }
}

/// One element of a statement.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct PartTrace {
    /// Whether the element lets the request in.
    pub matched: bool,
    /// Whether it is the `Not…` form.
    pub negated: bool,
    /// Its entries.
    pub entries: Vec<EntryTrace>,
    /// The rule that decided, where it was an unusual one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'static str>,
}

/// One entry of an element.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct EntryTrace {
    /// As written.
    pub pattern: String,
    /// With its variables filled in, where it has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved: Option<String>,
    /// Whether it matches, negation left aside.
    pub matched: bool,
    /// The rule that decided, where it was an unusual one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'static str>,
}

/// One key under one operator.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct ConditionTrace {
    /// The operator as written.
    pub operator: String,
    /// `ForAllValues` or `ForAnyValue`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<&'static str>,
    /// Whether `IfExists` follows.
    pub if_exists: bool,
    /// The key as written.
    pub key: String,
    /// The policy's values.
    pub policy_values: Vec<ValueTrace>,
    /// The request's values.
    pub request_values: RequestValues,
    /// Whether the condition holds.
    pub matched: bool,
    /// The rule that decided, where it was an unusual one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'static str>,
}

/// One value of a condition.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct ValueTrace {
    /// As written.
    pub value: String,
    /// With its variables filled in, where it has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved: Option<String>,
    /// Whether some request value matches it, negation left aside.
    pub matched: bool,
}

/// The values that the request has for a key.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum RequestValues {
    /// At least one.
    Present(Vec<String>),
    /// None: the word `absent`.
    Absent(&'static str),
}

/// Condition keys, each list sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Keys {
    /// Asked for by a statement whose principal, action and resource match.
    pub needed: Vec<String>,
    /// Needed and absent.
    pub missing: Vec<String>,
    /// Keys of which another value, or its presence or absence, was found that
    /// changes the decision.
    pub decisive: Vec<String>,
    /// Supplied and not needed.
    pub ignored: Vec<String>,
}
