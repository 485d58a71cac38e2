//! How much a set of policies allows.

use super::current::is;
use super::minimise;
use super::report::Size;
use crate::catalog::{self, ActionRef, Catalog};
use crate::policy::{ActionPattern, Effect, Element, Policy, ResourceKind, Statement};
use std::collections::BTreeSet;

/// The actions of the catalog that policies allow on some resource: what an
/// Allow names, less what a Deny without conditions takes on every resource.
pub(super) fn actions<'p>(policies: impl IntoIterator<Item = &'p Policy>) -> BTreeSet<String> {
    let catalog = catalog::get();
    let mut allowed = BTreeSet::new();
    let mut denied = BTreeSet::new();
    let policies: Vec<&Policy> = policies.into_iter().collect();
    for statement in policies.iter().flat_map(|policy| &policy.statements) {
        let Some(element) = &statement.action else {
            continue;
        };
        if is(statement, Effect::Allow) {
            allowed.extend(named(catalog, element));
        } else if is(statement, Effect::Deny)
            && statement.conditions.is_empty()
            && is_everywhere(statement)
        {
            denied.extend(named(catalog, element));
        }
    }
    &allowed - &denied
}

/// The actions of the catalog that an element names.
pub(super) fn named(catalog: &Catalog, element: &Element<ActionPattern>) -> BTreeSet<String> {
    let listed = element
        .entries
        .iter()
        .flat_map(|entry| expand(catalog, &entry.value.text))
        .collect();
    if element.negated {
        &expand(catalog, "*") - &listed
    } else {
        listed
    }
}

/// The actions of the catalog that a pattern names.
pub(super) fn expand(catalog: &Catalog, pattern: &str) -> BTreeSet<String> {
    catalog
        .expand(pattern)
        .iter()
        .map(ActionRef::name)
        .collect()
}

fn is_everywhere(statement: &Statement) -> bool {
    statement.resource.as_ref().is_some_and(|element| {
        !element.negated
            && element
                .entries
                .iter()
                .any(|entry| matches!(entry.value.kind, ResourceKind::Any))
    })
}

/// The size of a set of policies that allow so many actions.
pub(super) fn size<'p>(policies: impl IntoIterator<Item = &'p Policy>, actions: usize) -> Size {
    let policies: Vec<&Policy> = policies.into_iter().collect();
    let sum = |of: &dyn Fn(&Policy) -> usize| {
        let total: usize = policies.iter().map(|policy| of(policy)).sum();
        u64::try_from(total).unwrap_or(u64::MAX)
    };
    Size {
        actions: u64::try_from(actions).unwrap_or(u64::MAX),
        statements: sum(&|policy| policy.statements.len()),
        characters: sum(&minimise::characters),
    }
}
