//! Questions about every request at once, asked of the comparison engine. What
//! it does not prove, a lint does not claim.

use super::Context;
use super::access::Budget;
use crate::policy::{Effect, Policy, PolicyType, Statement};
use crate::semantics::compare::Options;
use crate::semantics::compare::checks::{self, Access, Checked, Outcome};
use crate::semantics::{self, Request};
use crate::text::Spanned;

/// What a case or a state of the engine counts for beside an entry looked at.
const STEP: u64 = 20;
/// What a question costs before the engine counts.
const QUESTION: usize = 2000;

/// The engine's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Exact {
    /// It holds of every request, under every reading of the uncertain rules.
    Proved,
    /// This request shows the contrary; the simulator agrees.
    Refuted(Box<Request>),
    /// Neither was shown.
    Unknown,
}

/// A policy that questions are asked about.
pub(super) struct Exactly<'a> {
    policy: Policy,
    policy_type: PolicyType,
    budget: &'a Budget,
}

impl<'a> Exactly<'a> {
    /// One statement under every Deny of its document.
    pub(super) fn allowed(
        context: &'a Context<'_>,
        statement: &Statement,
        policy_type: PolicyType,
    ) -> Self {
        let statements = std::iter::once(statement).chain(context.denies());
        Self {
            policy: policy(context, statement, statements.cloned().collect()),
            policy_type,
            budget: &context.exact,
        }
    }

    /// What `Action` and `Resource` of a statement match, whoever asks and
    /// whatever its effect.
    pub(super) fn matched(context: &'a Context<'_>, statement: &Statement) -> Self {
        let plain = Statement {
            effect: Some(Spanned::new(Effect::Allow, statement.span)),
            principal: None,
            conditions: Vec::new(),
            ..statement.clone()
        };
        Self {
            policy: policy(context, statement, vec![plain]),
            policy_type: PolicyType::Identity,
            budget: &context.exact,
        }
    }

    /// Whether all of what is asked about is allowed.
    pub(super) fn all(&self, access: &Access) -> Exact {
        self.ask(|options| checks::granted(self.policy_type, &[&self.policy], access, options))
    }

    /// Whether nothing of it is.
    pub(super) fn none(&self, access: &Access) -> Exact {
        self.ask(|options| checks::not_granted((self.policy_type, &self.policy), access, options))
    }

    /// Whether nothing of it is allowed to strangers.
    pub(super) fn none_to_strangers(&self, access: &Access) -> Exact {
        self.ask(|options| checks::not_public((self.policy_type, &self.policy), access, options))
    }

    fn ask(&self, question: impl Fn(&Options) -> Checked) -> Exact {
        if !self.budget.spend(QUESTION) {
            return Exact::Unknown;
        }
        let checked = question(&Options::default());
        let steps = checked.proof.nodes.saturating_add(checked.proof.states);
        let cost = usize::try_from(steps.saturating_mul(STEP)).unwrap_or(usize::MAX);
        self.budget.spend(cost);
        match checked.outcome {
            Outcome::Pass => Exact::Proved,
            Outcome::Fail(witness) => Exact::Refuted(Box::new(witness.request)),
            Outcome::Undecided(_) => Exact::Unknown,
        }
    }
}

fn policy(context: &Context<'_>, statement: &Statement, statements: Vec<Statement>) -> Policy {
    Policy {
        span: statement.span,
        version: context.policy().and_then(|policy| policy.version.clone()),
        id: None,
        statements,
    }
}

/// Condition keys in the form in which a question takes them.
pub(super) fn keys(context: &semantics::Context) -> Vec<(String, String)> {
    let keys = context.iter();
    keys.flat_map(|(key, values)| values.iter().map(|value| (key.to_owned(), value.clone())))
        .collect()
}
