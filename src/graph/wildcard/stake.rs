//! What is at stake where a wildcard allows more than was used.

use crate::catalog::{self, AccessLevel, ActionRef, Scope as Narrowing};
use crate::graph::Risk;
use crate::graph::reach::Named;
use crate::policy::{ActionKind, ResourceKind, Statement};

/// What is at stake: the worst of what is allowed and was not used. Where
/// `Resource` names everything, an action that was used counts as well: it is
/// allowed on all that it was not used on.
pub(super) fn risk(statement: &Statement, reached: &Named, unused: &Named) -> Risk {
    let any_action = statement.action.as_ref().is_some_and(|actions| {
        let mut entries = actions.entries.iter();
        !actions.negated && entries.any(|entry| entry.value.kind == ActionKind::Any)
    });
    let any_resource = statement.resource.as_ref().is_some_and(|resources| {
        let mut entries = resources.entries.iter();
        !resources.negated && entries.any(|entry| entry.value.kind == ResourceKind::Any)
    });
    if any_action && any_resource && statement.conditions.is_empty() {
        return Risk::Critical;
    }
    let wider = reached
        .values()
        .filter(|action| any_resource && action.scope() == Narrowing::ResourceTypes);
    let mut worst = Risk::Low;
    for action in unused.values().chain(wider) {
        worst = worst.max(stake(*action));
        if worst == Risk::High {
            break;
        }
    }
    worst
}

/// What one action can do: AWS's level alone calls `iam:PassRole` a Write and
/// reading a secret a Read.
fn stake(action: ActionRef) -> Risk {
    let telling = || {
        let (catalog, name) = (catalog::get(), action.name());
        catalog.privilege(&name).or(catalog.data_read(&name))
    };
    match action.access() {
        AccessLevel::Permissions => Risk::High,
        _ if telling().is_some() => Risk::High,
        AccessLevel::Write | AccessLevel::Tagging => Risk::Medium,
        AccessLevel::List | AccessLevel::Read => Risk::Low,
    }
}
