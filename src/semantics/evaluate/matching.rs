//! The questions that need no request: does a pattern cover a name.

use super::action::Action;
use super::arn::RequestArn;
use super::env::{Env, Reading, Target, Touched};
use super::resource::{Fit, Resource};
use crate::policy::{ActionPattern, PolicyType, ResourcePattern};
use crate::semantics::{Caller, Context, Settings};
use std::cell::RefCell;

/// Whether a pattern covers an action such as `s3:GetObject` (R51–R53). A
/// text without a colon is no action and is covered by nothing but `*`.
#[must_use]
pub fn action_matches(pattern: &ActionPattern, action: &str) -> bool {
    let (service, name) = action.split_once(':').unwrap_or(("", action));
    Action::new(pattern).matches(service, name)
}

/// Whether a pattern covers a resource: an ARN, or `*` for the resource of
/// actions without one, which only a literal `*` covers (R46, R55–R59).
/// Variables take their values from the context; `None` where one has none
/// (R90), or where the entry spoils its statement (R58).
#[must_use]
pub fn resource_matches(
    pattern: &ResourcePattern,
    resource: &str,
    context: &Context,
    policy_type: PolicyType,
    settings: &Settings,
) -> Option<bool> {
    let (touched, missing) = (Touched::default(), RefCell::default());
    let target = match RequestArn::parse(resource) {
        Some(arn) => Target::Arn(arn),
        None if resource == "*" => Target::Star,
        None => return Some(false),
    };
    let env = Env {
        caller: &Caller::Anonymous,
        service: "",
        name: "",
        target,
        listed: None,
        context,
        settings,
        reading: Reading::Last,
        has_boundary: false,
        has_session: false,
        touched: &touched,
        missing: &missing,
    };
    match Resource::new(pattern).fit(&env, policy_type) {
        Fit::Yes => Some(true),
        Fit::No => Some(false),
        Fit::Unresolved | Fit::Invalid => None,
    }
}
