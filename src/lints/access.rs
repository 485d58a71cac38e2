//! Questions about access, asked of the simulator.

use super::Context;
use crate::policy::{
    ActionKind, ActionPattern, Effect, Element, Policy, PolicyType, ResourceKind, ResourcePattern,
    Statement, Version,
};
use crate::semantics::evaluate::{self, CompiledPolicy, Decision, PolicySet, matching};
use crate::semantics::{Request, Settings};
use crate::text::{Span, Spanned};
use std::cell::Cell;

/// The work that one document may cost, in entries of policies looked at.
/// Documents within AWS's quotas stay far below; beyond it the simulator is not
/// asked any more, and what is not known is not reported.
const WORK: usize = 4_000_000;

/// What is left of the work for one document.
pub(super) struct Budget(Cell<usize>);

impl Default for Budget {
    fn default() -> Self {
        Self(Cell::new(WORK))
    }
}

impl Budget {
    /// Takes off some work; false when not that much is left, nor ever again.
    pub(super) fn spend(&self, work: usize) -> bool {
        let rest = self.0.get().checked_sub(work);
        self.0.set(rest.unwrap_or(0));
        rest.is_some()
    }
}

/// What one statement allows by itself, under every Deny of its document.
pub(super) struct Access<'a> {
    set: PolicySet,
    settings: Settings,
    is_trust: bool,
    budget: &'a Budget,
    /// The work of one question.
    work: usize,
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

impl<'a> Access<'a> {
    /// Reads `statement` as part of an identity policy.
    pub(super) fn identity(context: &'a Context<'_>, statement: &Statement) -> Self {
        Self::new(context, statement, |alone| PolicySet {
            identity: vec![CompiledPolicy::new(alone, PolicyType::Identity)],
            ..PolicySet::default()
        })
    }

    /// Reads `statement` as part of a role's trust policy, asked by principals
    /// whose own account lets them do everything.
    pub(super) fn trust(context: &'a Context<'_>, statement: &Statement) -> Self {
        let access = Self::new(context, statement, |alone| PolicySet {
            identity: vec![CompiledPolicy::new(&everything(), PolicyType::Identity)],
            resource: Some(CompiledPolicy::new(alone, PolicyType::Trust)),
            ..PolicySet::default()
        });
        Self {
            is_trust: true,
            ..access
        }
    }

    fn new(
        context: &'a Context<'_>,
        statement: &Statement,
        compile: impl FnOnce(&Policy) -> PolicySet,
    ) -> Self {
        let statements = || std::iter::once(statement).chain(context.denies());
        let work = statements().map(entries).sum();
        let set = if context.budget.spend(work) {
            compile(&Policy {
                span: statement.span,
                version: context.policy().and_then(|policy| policy.version.clone()),
                id: None,
                statements: statements().cloned().collect(),
            })
        } else {
            PolicySet::default()
        };
        Self {
            set,
            settings: Settings::default(),
            is_trust: false,
            budget: &context.budget,
            work,
        }
    }

    pub(super) fn ask(&self, request: &Request) -> Answer {
        if !self.budget.spend(self.work) {
            return Answer::Unknown;
        }
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

/// How much there is to look at in a statement.
fn entries(statement: &Statement) -> usize {
    let actions = statement.action.as_ref().map_or(0, |e| e.entries.len());
    let resources = statement.resource.as_ref().map_or(0, |e| e.entries.len());
    let principals = statement.principal.as_ref().map_or(0, |e| e.entries.len());
    let values: usize = statement
        .conditions
        .iter()
        .map(|c| c.values.len() + 1)
        .sum();
    1 + actions + resources + principals + values
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
