//! Which condition keys could turn a decision round.

use super::decide::{self, Decision};
use super::layers::PolicySet;
use super::situation::{EvaluateError, Scope};
use crate::semantics::{Request, Settings};

/// The most literals of the policies that are tried for one key.
const MAX_LITERALS: usize = 64;

/// The most statements that are looked at for all keys together.
const MAX_STATEMENTS: usize = 2_000_000;

/// Of `needed`, the keys of which another value, or absence, was found that
/// changes the decision. The values tried are taken from the policies' own:
/// a key not listed may still be decisive through a value none of them
/// suggests.
pub(super) fn keys(
    request: &Request,
    policies: &PolicySet,
    settings: &Settings,
    needed: &[String],
    decision: Decision,
) -> Result<Vec<String>, EvaluateError> {
    let statements: usize = policies.policies().map(|policy| policy.len()).sum();
    let mut budget = MAX_STATEMENTS / (statements + 1);
    let mut decisive = Vec::new();
    for key in needed {
        let mut candidates: Vec<Vec<String>> = vec![Vec::new(), vec!["?".to_owned()]];
        let literals = policies.policies().flat_map(|policy| policy.values_of(key));
        for literal in literals.take(MAX_LITERALS) {
            candidates.extend(near(&literal).map(|value| vec![value]));
            candidates.push(vec![literal]);
        }
        for values in candidates {
            if budget == 0 {
                return Ok(decisive);
            }
            budget -= 1;
            let mut changed = request.clone();
            changed.context.remove(key);
            // Taken out before, the key cannot be ambiguous.
            let _ = changed.context.insert(key.as_str(), values);
            let other = decide::decision(&changed, policies, settings, Scope::Everything)?;
            if other != decision {
                decisive.push(key.clone());
                break;
            }
        }
    }
    Ok(decisive)
}

/// Values beside one of a policy: one more and one less than a number, an
/// address of a range, a text that fits a pattern.
fn near(literal: &str) -> impl Iterator<Item = String> {
    let number: Option<i64> = literal.parse().ok();
    let above = number.and_then(|n| n.checked_add(1));
    let below = number.and_then(|n| n.checked_sub(1));
    let address = literal
        .split_once('/')
        .map(|(address, _)| address.to_owned());
    let filled = literal.replace(['*', '?'], "x");
    let dates = ["0001-01-01".to_owned(), "9999-12-31".to_owned()];
    [above, below]
        .into_iter()
        .flatten()
        .map(|n| n.to_string())
        .chain(address)
        .chain([filled])
        .chain(dates)
        .chain(["192.0.2.1".to_owned(), "2001:db8::1".to_owned()])
        .chain(["true".to_owned(), "false".to_owned()])
}
