//! Asking the simulator with less than a whole request.
//!
//! A trail does not tell every condition key. The simulator takes a key it is
//! not given for absent; here a key that is needed and not given is unknown.
//! So such a question is put to a severe reading of the policies, in which no
//! unknown key helps, and to a mild one, in which every unknown key helps:
//! only where both agree there is an answer.

use super::current::is;
use super::network;
use crate::policy::{
    Condition, Effect, Element, Policy, PolicyType, ResourceKind, ResourcePattern, Statement,
};
use crate::semantics::evaluate::{self, CompiledPolicy, Decision, PolicySet, Verdict};
use crate::semantics::{Request, Settings};
use crate::text::Spanned;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Whether policies let a request through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Whatever the unknown keys are.
    Yes,
    /// It depends on this: lowercase, no full stop.
    Open(String),
    /// In no case.
    No,
}

/// Identity policies, under a permissions boundary where there is one. Only
/// the identity side is asked, as if principal and resource were of one
/// account.
#[derive(Debug)]
pub(super) struct Side {
    identity: Vec<Policy>,
    boundary: Option<Policy>,
    plain: PolicySet,
    settings: Settings,
    /// Unknown keys → the severe and the mild reading.
    readings: RefCell<BTreeMap<BTreeSet<String>, Rc<[PolicySet; 2]>>>,
}

impl Side {
    pub(super) fn new(identity: Vec<Policy>, boundary: Option<Policy>) -> Self {
        Self {
            plain: compiled(&identity, boundary.as_ref()),
            identity,
            boundary,
            settings: Settings::default(),
            readings: RefCell::default(),
        }
    }

    /// Whether the request gets through.
    pub(super) fn reach(&self, request: &Request) -> Reach {
        let settled = network::settle(request, self.identity.iter().chain(&self.boundary));
        let request = settled.as_ref().unwrap_or(request);
        let plain = match self.ask(&self.plain, request) {
            Ok(verdict) => verdict,
            Err(reason) => return Reach::Open(reason),
        };
        if plain.missing_keys.is_empty() {
            return match (plain.certain, allowed(&plain)) {
                (false, _) => Reach::Open(doubt(&plain)),
                (true, true) => Reach::Yes,
                (true, false) => Reach::No,
            };
        }
        let readings = self.readings(&plain.missing_keys);
        let [severe, mild] = &*readings;
        match (self.ask(severe, request), self.ask(mild, request)) {
            (Ok(severe), _) if severe.certain && allowed(&severe) => Reach::Yes,
            (_, Ok(mild)) if mild.certain && !allowed(&mild) => Reach::No,
            _ => {
                let keys: Vec<String> = plain
                    .missing_keys
                    .iter()
                    .map(|key| format!("`{key}`"))
                    .collect();
                Reach::Open(format!("the records do not tell {}", keys.join(", ")))
            }
        }
    }

    fn ask(&self, policies: &PolicySet, request: &Request) -> Result<Verdict, String> {
        evaluate::decide_identity(request, policies, &self.settings)
            .map_err(|error| error.to_string())
    }

    fn readings(&self, missing: &[String]) -> Rc<[PolicySet; 2]> {
        let unknown: BTreeSet<String> =
            missing.iter().map(|key| key.to_ascii_lowercase()).collect();
        let mut known = self.readings.borrow_mut();
        let readings = known.entry(unknown).or_insert_with_key(|unknown| {
            Rc::new([false, true].map(|helps| {
                let read = |policy: &Policy| hedged(policy, unknown, helps);
                let identity: Vec<Policy> = self.identity.iter().map(read).collect();
                compiled(&identity, self.boundary.as_ref().map(read).as_ref())
            }))
        });
        Rc::clone(readings)
    }
}

fn compiled(identity: &[Policy], boundary: Option<&Policy>) -> PolicySet {
    PolicySet {
        identity: identity
            .iter()
            .map(|policy| CompiledPolicy::new(policy, PolicyType::Identity))
            .collect(),
        boundaries: boundary.map(|policy| vec![CompiledPolicy::new(policy, PolicyType::Boundary)]),
        ..PolicySet::default()
    }
}

fn allowed(verdict: &Verdict) -> bool {
    verdict.decision == Decision::Allowed
}

fn doubt(verdict: &Verdict) -> String {
    let settings = verdict.uncertain.iter().map(|doubt| doubt.setting);
    let doubts: Vec<String> = settings
        .chain(verdict.not_modelled.iter().copied())
        .map(|doubt| format!("`{doubt}`"))
        .collect();
    format!("it rests on what AWS leaves open: {}", doubts.join(", "))
}

/// The policy with unknown keys taken to help the caller, or not. An Allow
/// loses its unknown conditions where they help, and goes where they do not; a
/// Deny the other way round.
fn hedged(policy: &Policy, unknown: &BTreeSet<String>, helps: bool) -> Policy {
    let is_unknown = |condition: &Condition| {
        let mut variables = condition
            .values
            .iter()
            .flat_map(|value| value.value.pattern.variables());
        unknown.contains(&condition.key.value.to_ascii_lowercase())
            || variables.any(|key| unknown.contains(&key.to_ascii_lowercase()))
    };
    let statements = policy
        .statements
        .iter()
        .filter_map(|statement| {
            if !statement.conditions.iter().any(is_unknown) {
                return Some(statement.clone());
            }
            (is(statement, Effect::Allow) == helps).then(|| {
                let mut loose = statement.clone();
                loose.conditions.retain(|condition| !is_unknown(condition));
                loose
            })
        })
        .collect();
    Policy {
        statements,
        ..policy.clone()
    }
}

/// The statement on every resource.
pub(super) fn everywhere(statement: &Statement) -> Statement {
    let any = ResourcePattern {
        text: "*".to_owned(),
        kind: ResourceKind::Any,
    };
    let mut wide = statement.clone();
    wide.resource = statement.resource.as_ref().map(|element| Element {
        negated: false,
        entries: vec![Spanned::new(any, element.span)],
        ..element.clone()
    });
    wide
}
