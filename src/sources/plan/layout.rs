//! The layout of a plan. A plan is megabytes of resources of which a few hold a
//! policy: what is not looked at is skipped where it stands, never built.

use super::super::pages;
use crate::syntax::{Node, json};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::ops::Range;

/// The top of a plan.
#[derive(Deserialize)]
pub(super) struct Plan<'t> {
    pub(super) format_version: Cow<'t, str>,
    #[serde(borrow, default)]
    pub(super) resource_changes: Option<Vec<&'t RawValue>>,
    #[serde(borrow, default)]
    pub(super) deferred_changes: Option<Vec<&'t RawValue>>,
    #[serde(borrow, default)]
    pub(super) configuration: Option<&'t RawValue>,
    /// What is in other parts of the plan too, and may be secret there.
    #[serde(borrow, default)]
    planned_values: Option<&'t RawValue>,
    #[serde(borrow, default)]
    prior_state: Option<&'t RawValue>,
    #[serde(borrow, default)]
    variables: Option<&'t RawValue>,
    #[serde(borrow, default)]
    output_changes: Option<&'t RawValue>,
    #[serde(borrow, default)]
    resource_drift: Option<&'t RawValue>,
    #[serde(default)]
    pub(super) errored: bool,
    #[serde(default)]
    pub(super) complete: Option<bool>,
}

impl Plan<'_> {
    /// The bytes of the parts that no document is read from.
    pub(super) fn beside(&self, text: &str) -> Vec<Range<usize>> {
        let parts = [
            self.planned_values,
            self.prior_state,
            self.variables,
            self.output_changes,
            self.resource_drift,
        ];
        let parts = parts.into_iter().flatten();
        parts
            .map(|part| {
                let start = offset(part.get(), text) as usize;
                start..start + part.get().len()
            })
            .collect()
    }
}

/// The head of a change, without the values.
#[derive(Deserialize)]
pub(super) struct Change<'t> {
    /// `module.m["k"].aws_iam_role.this[0]`.
    #[serde(borrow, default)]
    pub(super) address: Cow<'t, str>,
    #[serde(borrow, default)]
    pub(super) module_address: Option<Cow<'t, str>>,
    #[serde(borrow, default)]
    pub(super) mode: Cow<'t, str>,
    #[serde(borrow, default, rename = "type")]
    pub(super) type_name: Cow<'t, str>,
    #[serde(borrow, default)]
    pub(super) name: Cow<'t, str>,
    #[serde(borrow, default)]
    pub(super) index: Option<&'t RawValue>,
    /// The key of an object that a failed replacement left behind.
    #[serde(borrow, default)]
    pub(super) deposed: Option<Cow<'t, str>>,
    #[serde(borrow)]
    pub(super) change: Values<'t>,
}

/// What becomes of a resource.
#[derive(Deserialize)]
pub(super) struct Values<'t> {
    #[serde(borrow, default)]
    pub(super) actions: Vec<Cow<'t, str>>,
    #[serde(borrow, default)]
    pub(super) before: Option<&'t RawValue>,
    #[serde(borrow, default)]
    pub(super) after: Option<&'t RawValue>,
    #[serde(borrow, default)]
    pub(super) after_unknown: Option<&'t RawValue>,
    #[serde(borrow, default)]
    pub(super) before_sensitive: Option<&'t RawValue>,
    #[serde(borrow, default)]
    pub(super) after_sensitive: Option<&'t RawValue>,
}

impl Change<'_> {
    /// Whether Terraform only reads it.
    pub(super) fn is_data(&self) -> bool {
        self.mode == "data"
    }

    /// The address in its module without the instance: `aws_iam_role.this`.
    pub(super) fn in_module(&self) -> String {
        let prefix = if self.is_data() { "data." } else { "" };
        format!("{prefix}{}.{}", self.type_name, self.name)
    }

    pub(super) fn module(&self) -> &str {
        self.module_address.as_deref().unwrap_or_default()
    }
}

/// The tree of a part of the text, with its spans in the whole text.
pub(super) fn tree(part: Option<&RawValue>, text: &str) -> Option<Node> {
    let part = part?.get();
    let start = offset(part, text);
    let mut root = json::parse(part).root?;
    pages::shift(&mut root, start);
    Some(root)
}

/// Where a part of a text begins in it.
fn offset(part: &str, text: &str) -> u32 {
    let start = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    u32::try_from(start).unwrap_or(u32::MAX)
}
