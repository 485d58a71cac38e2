//! What is compared: the policies of each layer that must allow.

use crate::policy::{Pattern, Policy, PolicyType, ResourceKind, Statement};
use crate::semantics::{IncompleteArn, Settings};
use std::borrow::Cow;

/// The policies that stand together between a caller and a resource. Every
/// layer must allow, and a Deny of any layer denies; within a layer one Allow
/// is enough (R2, R10, R11, R21, R29).
#[derive(Clone, Debug, Default)]
pub struct Stack<'a> {
    pub(super) layers: Vec<Layer<'a>>,
}

/// One layer: the statements of all its policies.
#[derive(Clone, Debug)]
pub(super) struct Layer<'a> {
    pub(super) policy_type: PolicyType,
    pub(super) policy: Cow<'a, Policy>,
    /// For each statement the policy it comes from, and its place there.
    origins: Vec<(usize, usize)>,
}

/// Where a statement stands in a [`Stack`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The layer, in the order in which they were added.
    pub layer: usize,
    /// The policy within the layer.
    pub policy: usize,
    /// The statement within the policy.
    pub statement: usize,
}

/// The side of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Old,
    New,
}

impl Side {
    pub(super) fn other(self) -> Self {
        match self {
            Self::Old => Self::New,
            Self::New => Self::Old,
        }
    }
}

impl<'a> Stack<'a> {
    /// One policy alone.
    #[must_use]
    pub fn of(policy_type: PolicyType, policy: &'a Policy) -> Self {
        Self::default().with(policy_type, [policy])
    }

    /// With one more layer. One without policies allows nothing.
    #[must_use]
    pub fn with(
        mut self,
        policy_type: PolicyType,
        policies: impl IntoIterator<Item = &'a Policy>,
    ) -> Self {
        let mut origins = Vec::new();
        let mut merged: Option<Cow<Policy>> = None;
        for (at, policy) in policies.into_iter().enumerate() {
            origins.extend((0..policy.statements.len()).map(|statement| (at, statement)));
            merged = Some(match merged {
                None => Cow::Borrowed(policy),
                // What a statement means no longer depends on its document's
                // version once it is read.
                Some(mut all) => {
                    all.to_mut()
                        .statements
                        .extend(policy.statements.iter().cloned());
                    all
                }
            });
        }
        self.layers.push(Layer {
            policy_type,
            policy: merged.unwrap_or_else(|| {
                Cow::Owned(Policy {
                    span: crate::text::Span::default(),
                    version: None,
                    id: None,
                    statements: Vec::new(),
                })
            }),
            origins,
        });
        self
    }

    /// Whether a layer is a session policy that `AssumeRole` refuses as a whole:
    /// it has a short ARN, or a wildcard in a partition (R58).
    pub(super) fn is_refused(&self, layer: usize, settings: &Settings) -> bool {
        let Some(layer) = self.layers.get(layer) else {
            return false;
        };
        let resources = layer
            .policy
            .statements
            .iter()
            .filter_map(|s| s.resource.as_ref());
        let mut entries = resources.flat_map(|element| &element.entries);
        let short = settings.incomplete_arn == IncompleteArn::ByType;
        layer.policy_type == PolicyType::Session
            && entries.any(|entry| match &entry.value.kind {
                ResourceKind::Arn(fields) => {
                    short && fields.len() < 6 || fields.get(1).is_some_and(Pattern::has_wildcard)
                }
                ResourceKind::Any | ResourceKind::Malformed(_) => false,
            })
    }

    pub(super) fn statements(&self) -> impl Iterator<Item = (Place, PolicyType, &Statement)> {
        self.layers.iter().enumerate().flat_map(|(layer, one)| {
            let statements = one.policy.statements.iter().zip(&one.origins);
            statements.map(move |(statement, &(policy, at))| {
                let place = Place {
                    layer,
                    policy,
                    statement: at,
                };
                (place, one.policy_type, statement)
            })
        })
    }
}
