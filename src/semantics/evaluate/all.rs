//! Calls that touch several resources (R45).

use super::decide::{Decision, LEAVES_DOUBT, Uncertainty, Verdict, decide};
use super::layers::PolicySet;
use super::situation::{EvaluateError, invalid};
use crate::semantics::{Request, Settings};
use std::collections::BTreeSet;

/// One resource of a call, with the keys that its context has for it, and the
/// policies around it.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// The call, as asked of this resource.
    pub request: &'a Request,
    /// The policies that this resource meets.
    pub policies: &'a PolicySet,
}

/// The answer to a call that touches several resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Together {
    /// The answer to the call.
    pub verdict: Verdict,
    /// The answer for each resource, in their order.
    pub each: Vec<Verdict>,
}

/// Answers one call that touches several resources: each is asked about by
/// itself, all must be allowed, and a Deny on one denies the call (R45).
///
/// # Errors
/// Those of [`decide`]; and when the parts are none, or not of one call.
pub fn evaluate_all(parts: &[Part], settings: &Settings) -> Result<Together, EvaluateError> {
    let Some(first) = parts.first() else {
        return Err(invalid("request.resource", "no resource".to_owned()));
    };
    for part in parts {
        let (one, other) = (first.request, part.request);
        if !one.action.eq_ignore_ascii_case(&other.action) {
            let message = format!("`{}` and `{}` are two calls", one.action, other.action);
            return Err(invalid("request.action", message));
        }
        if one.principal != other.principal {
            let message = format!(
                "`{}` and `{}` are two callers",
                one.principal, other.principal
            );
            return Err(invalid("request.principal", message));
        }
    }
    let each: Vec<Verdict> = parts
        .iter()
        .map(|part| decide(part.request, part.policies, settings))
        .collect::<Result<_, _>>()?;
    let verdict = together(&each);
    Ok(Together { verdict, each })
}

/// The worst decides.
fn worst(decisions: impl Iterator<Item = Decision>) -> Decision {
    let rank = |decision: &Decision| match decision {
        Decision::Allowed => 0,
        Decision::ImplicitlyDenied => 1,
        Decision::ExplicitlyDenied => 2,
    };
    decisions.max_by_key(rank).unwrap_or(Decision::Allowed)
}

fn together(each: &[Verdict]) -> Verdict {
    let decision = worst(each.iter().map(|verdict| verdict.decision));
    // Under another value of a setting the parts decide as they say, and those
    // that do not mention it as before.
    let others: BTreeSet<(&str, &str)> = each
        .iter()
        .flat_map(|verdict| &verdict.uncertain)
        .map(|other| (other.setting, other.value))
        .collect();
    let uncertain: Vec<Uncertainty> = others
        .into_iter()
        .map(|(setting, value)| Uncertainty {
            setting,
            value,
            decision: worst(each.iter().map(|verdict| {
                let mut others = verdict.uncertain.iter();
                let other = others.find(|o| o.setting == setting && o.value == value);
                other.map_or(verdict.decision, |other| other.decision)
            })),
        })
        .filter(|other| other.decision != decision)
        .collect();
    let is_doubtful = |verdict: &Verdict| {
        let mut words = verdict.not_modelled.iter();
        words.any(|word| LEAVES_DOUBT.contains(word))
    };
    let is_firm =
        |verdict: &Verdict| verdict.decision == Decision::ExplicitlyDenied && !is_doubtful(verdict);
    let doubtful = each.iter().any(is_doubtful) && !each.iter().any(is_firm);
    let sorted = |layers: &mut Vec<_>| {
        layers.sort_unstable();
        layers.dedup();
    };
    let mut blocked_by: Vec<_> = each.iter().flat_map(|v| v.blocked_by.clone()).collect();
    sorted(&mut blocked_by);
    let mut not_granted_by = Vec::new();
    if blocked_by.is_empty() {
        not_granted_by = each.iter().flat_map(|v| v.not_granted_by.clone()).collect();
        sorted(&mut not_granted_by);
    }
    let words: BTreeSet<&str> = each.iter().flat_map(|v| v.not_modelled.clone()).collect();
    let missing: BTreeSet<&String> = each.iter().flat_map(|v| &v.missing_keys).collect();
    Verdict {
        decision,
        blocked_by,
        not_granted_by,
        certain: uncertain.is_empty() && !doubtful,
        uncertain,
        not_modelled: words.into_iter().collect(),
        missing_keys: missing.into_iter().cloned().collect(),
    }
}
