//! What one document says by itself.

use super::compile::CompiledPolicy;
use super::env::{Env, Reading, Touched};
use super::layers::{self, PolicySet};
use super::situation::{EvaluateError, Scope, Situation};
use crate::semantics::{DuplicateKeys, Request, Settings};
use std::cell::RefCell;

/// Whether one document, taken alone as a policy of its type, permits a
/// request: a statement that allows matches in all its parts (R3), whichever
/// way its principal reaches the caller, and none that denies does (R2). The
/// rules of layers and accounts are left aside: it needs no owner (R43), and
/// in policies without principals the caller does not matter (R50). Of
/// repeated JSON keys the readings count that the setting names (R49).
///
/// # Errors
/// When the request cannot be read.
pub fn permits(
    policy: &CompiledPolicy,
    request: &Request,
    settings: &Settings,
) -> Result<bool, EvaluateError> {
    let situation = Situation::new(request, settings, Scope::OwnSide)?;
    let (around, touched, missing) = (PolicySet::default(), Touched::default(), RefCell::default());
    let permits = |reading| {
        let env = Env::new(&situation, &around, settings, reading, &touched, &missing);
        let says = layers::policy_says(policy, &env);
        says.allow.is_some() && !says.deny
    };
    Ok(match settings.duplicate_keys {
        DuplicateKeys::First => permits(Reading::First),
        DuplicateKeys::Last => permits(Reading::Last),
        DuplicateKeys::Union => {
            permits(Reading::Last) || policy.has_two_readings() && permits(Reading::First)
        }
    })
}
