//! Questions about access, asked of the simulator.

use crate::policy::{
    ActionKind, ActionPattern, Effect, Element, Policy, PolicyType, ResourceKind, ResourcePattern,
    Statement, Version,
};
use crate::semantics::evaluate::{self, CompiledPolicy, Decision, PolicySet, matching};
use crate::semantics::{Request, Settings};
use crate::text::{Span, Spanned};

/// What one statement allows by itself, under every Deny of its document.
pub(super) struct Access {
    set: PolicySet,
    settings: Settings,
    is_trust: bool,
}

/// The simulator's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The request is allowed.
    Allowed {
        /// Whether under every reading of the uncertain rules.
        certain: bool,
    },
    /// It is not.
    Denied,
    /// The simulator refuses to say.
    Unknown,
}

impl Access {
    /// Reads `statement` as part of an identity policy.
    pub(super) fn identity(policy: &Policy, statement: &Statement) -> Self {
        let alone = alone(policy, statement);
        Self {
            set: PolicySet {
                identity: vec![CompiledPolicy::new(&alone, PolicyType::Identity)],
                ..PolicySet::default()
            },
            settings: Settings::default(),
            is_trust: false,
        }
    }

    /// Reads `statement` as part of a role's trust policy, asked by principals
    /// whose own account lets them do everything.
    pub(super) fn trust(policy: &Policy, statement: &Statement) -> Self {
        let alone = alone(policy, statement);
        Self {
            set: PolicySet {
                identity: vec![CompiledPolicy::new(&everything(), PolicyType::Identity)],
                resource: Some(CompiledPolicy::new(&alone, PolicyType::Trust)),
                ..PolicySet::default()
            },
            settings: Settings::default(),
            is_trust: true,
        }
    }

    pub(super) fn ask(&self, request: &Request) -> Answer {
        let verdict = if self.is_trust {
            evaluate::decide(request, &self.set, &self.settings)
        } else {
            // What the resource's side says is another document's matter.
            evaluate::decide_identity(request, &self.set, &self.settings)
        };
        match verdict {
            Ok(verdict) if verdict.decision == Decision::Allowed => Answer::Allowed {
                certain: verdict.certain,
            },
            Ok(_) => Answer::Denied,
            Err(_) => Answer::Unknown,
        }
    }

    pub(super) fn allows(&self, request: &Request) -> bool {
        matches!(self.ask(request), Answer::Allowed { .. })
    }
}

/// Every Deny of a document.
pub(super) fn denies(policy: &Policy) -> impl Iterator<Item = &Statement> {
    let is_deny = |s: &&Statement| s.effect.as_ref().is_some_and(|e| e.value == Effect::Deny);
    policy.statements.iter().filter(is_deny)
}

pub(super) fn is_allow(statement: &Statement) -> bool {
    let effect = statement.effect.as_ref();
    effect.is_some_and(|effect| effect.value == Effect::Allow)
}

/// Whether the statement's `Action` or `NotAction` covers an action.
pub(super) fn covers_action(statement: &Statement, action: &str) -> bool {
    let Some(element) = &statement.action else {
        return false;
    };
    let matches = |pattern: &ActionPattern| matching::action_matches(pattern, action);
    element.entries.iter().any(|entry| matches(&entry.value)) != element.negated
}

fn alone(policy: &Policy, statement: &Statement) -> Policy {
    Policy {
        span: policy.span,
        version: policy.version.clone(),
        id: None,
        statements: std::iter::once(statement)
            .chain(denies(policy))
            .cloned()
            .collect(),
    }
}

/// A policy that allows everything.
fn everything() -> Policy {
    let span = Span::default();
    Policy {
        span,
        version: Some(Spanned::new(Version::V2012, span)),
        id: None,
        statements: vec![Statement {
            span,
            sid: None,
            effect: Some(Spanned::new(Effect::Allow, span)),
            principal: None,
            action: Some(Element {
                negated: false,
                key_span: span,
                span,
                entries: vec![Spanned::new(
                    ActionPattern {
                        text: "*".to_owned(),
                        kind: ActionKind::Any,
                    },
                    span,
                )],
            }),
            resource: Some(Element {
                negated: false,
                key_span: span,
                span,
                entries: vec![Spanned::new(
                    ResourcePattern {
                        text: "*".to_owned(),
                        kind: ResourceKind::Any,
                    },
                    span,
                )],
            }),
            conditions: Vec::new(),
        }],
    }
}
