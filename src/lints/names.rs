//! Names a policy uses, looked up in the catalog.

use crate::catalog::{Catalog, KeyType};
use crate::policy::{ActionKind, ActionPattern, Statement};
use crate::text::Spanned;
use std::collections::BTreeSet;

/// The entries of `Action` or `NotAction` that name one action, with the name
/// as written.
pub(super) fn literal_actions(
    statement: &Statement,
) -> impl Iterator<Item = (&Spanned<ActionPattern>, String)> {
    let entries = statement.action.iter().flat_map(|action| &action.entries);
    entries.filter_map(|entry| match &entry.value.kind {
        ActionKind::Named { service, name } if !service.contains(['*', '?']) => {
            Some((entry, format!("{service}:{}", name.as_literal()?)))
        }
        _ => None,
    })
}

/// The types the catalog gives a condition key: several where services differ;
/// none where it does not know the key. The key's own service is asked first,
/// then STS, which lists the claims of identity providers, then everybody.
pub(super) fn key_types(catalog: &Catalog, key: &str) -> Option<Vec<KeyType>> {
    if let Some(global) = catalog.global_key(key) {
        return Some(vec![global.kind]);
    }
    let (prefix, _) = key.split_once(':')?;
    for service in [prefix, "sts"] {
        let known = catalog
            .service(service)
            .and_then(|service| service.key(key));
        if let Some(known) = known {
            return Some(vec![known.kind]);
        }
    }
    let mut kinds = Vec::new();
    for prefix in catalog.services() {
        let known = catalog.service(prefix).and_then(|service| service.key(key));
        kinds.extend(
            known
                .map(|key| key.kind)
                .filter(|kind| !kinds.contains(kind)),
        );
    }
    (!kinds.is_empty()).then_some(kinds)
}

/// For a key that the catalog should know and does not: the nearest that it
/// knows, if one is near. Keys of unknown services and identity providers are
/// none of them.
pub(super) fn unknown_key(catalog: &Catalog, key: &str) -> Option<Option<String>> {
    let (prefix, _) = key.split_once(':')?;
    let service = catalog.service(prefix);
    if service.is_none() && !prefix.eq_ignore_ascii_case("aws") || key_types(catalog, key).is_some()
    {
        return None;
    }
    let mut names: BTreeSet<&str> = BTreeSet::new();
    match service {
        Some(service) => names.extend(service.keys.iter().map(|key| key.name)),
        None => names.extend(catalog.global_keys().iter().map(|key| key.name.as_str())),
    }
    Some(nearest(key, names.into_iter()))
}

/// The service prefix nearest to one that does not exist.
pub(super) fn nearest_service(catalog: &Catalog, prefix: &str) -> Option<String> {
    nearest(prefix, catalog.services())
}

/// The candidate at most two edits away, and fewer than half the name's letters.
fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    let wanted = name.to_ascii_lowercase();
    candidates
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= 2)
        .map(|candidate| {
            let distance = strsim::osa_distance(&wanted, &candidate.to_ascii_lowercase());
            (distance, candidate)
        })
        .filter(|(distance, _)| *distance <= 2 && distance * 2 < wanted.len())
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}
