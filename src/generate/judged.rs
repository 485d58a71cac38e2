//! How much a set of policies allows, and what of it a trail cannot judge.

use super::current::is;
use super::minimise;
use super::report::{NotJudged, Size};
use crate::catalog::{self, ActionRef, Catalog};
use crate::policy::{ActionPattern, Effect, Element, Policy, ResourceKind, Statement};
use std::collections::{BTreeMap, BTreeSet};

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

fn named(catalog: &Catalog, element: &Element<ActionPattern>) -> BTreeSet<String> {
    let names = |pattern: &str| -> BTreeSet<String> {
        catalog
            .expand(pattern)
            .iter()
            .map(ActionRef::name)
            .collect()
    };
    let listed = element
        .entries
        .iter()
        .flat_map(|entry| names(&entry.value.text))
        .collect();
    if element.negated {
        &names("*") - &listed
    } else {
        listed
    }
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

/// What of `allowed` the proposal leaves out although the input could not have
/// shown it. `why` gives class and reason for an action that could not be
/// seen. A service of which nothing at all could be seen is one line.
pub(super) fn not_judged(
    allowed: &BTreeSet<String>,
    granted: &BTreeSet<String>,
    why: impl Fn(&str) -> Option<(String, String)>,
) -> Vec<NotJudged> {
    let mut services: BTreeMap<&str, Vec<NotJudged>> = BTreeMap::new();
    for action in allowed.difference(granted) {
        let Some((class, reason)) = why(action) else {
            continue;
        };
        let service = action.split_once(':').map_or("", |(service, _)| service);
        services.entry(service).or_default().push(NotJudged {
            action: action.clone(),
            class,
            reason,
        });
    }
    services
        .into_iter()
        .flat_map(|(service, rows)| whole_service(service, &rows).map_or(rows, |row| vec![row]))
        .collect()
}

/// One line for all actions of a service, where they share one reason.
fn whole_service(service: &str, rows: &[NotJudged]) -> Option<NotJudged> {
    let first = rows.first()?;
    let same = rows
        .iter()
        .all(|row| row.class == first.class && row.reason == first.reason);
    let pattern = format!("{service}:*");
    let all = catalog::get().expand(&pattern).len();
    (same && rows.len() > 1 && rows.len() == all).then(|| NotJudged {
        action: pattern,
        ..first.clone()
    })
}
