//! Names a policy uses, looked up in the catalog.

use crate::catalog::{Catalog, ConditionKey, KeyType, Service};
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

/// The types the catalog gives a condition key: several where services differ,
/// none for tags and their like, which hold what people put there; `None` where
/// it does not know the key. The key's own service is asked first, then STS,
/// which lists the claims of identity providers, then everybody.
pub(super) fn key_types(catalog: &Catalog, key: &str) -> Option<Vec<KeyType>> {
    if let Some(global) = catalog.global_key(key) {
        return Some(types(&global.name, key, global.kind));
    }
    let (prefix, _) = key.split_once(':')?;
    for service in [prefix, "sts"] {
        let known = catalog
            .service(service)
            .and_then(|service| find(service, key));
        if let Some(known) = known {
            return Some(types(known.name, key, known.kind));
        }
    }
    let known = catalog
        .services()
        .filter_map(|prefix| find(catalog.service(prefix)?, key));
    let mut known: Vec<_> = known.collect();
    known.dedup_by_key(|known| known.kind);
    let first = known.first()?;
    if is_template(first.name, key) {
        return Some(Vec::new());
    }
    Some(known.into_iter().map(|known| known.kind).collect())
}

fn types(name: &str, key: &str, kind: KeyType) -> Vec<KeyType> {
    if is_template(name, key) {
        Vec::new()
    } else {
        vec![kind]
    }
}

fn is_template(name: &str, key: &str) -> bool {
    !name.eq_ignore_ascii_case(key)
}

/// A key of a service. Some lists write `tag-key` where others have a
/// placeholder.
fn find<'c>(service: &'c Service, key: &str) -> Option<&'c ConditionKey> {
    let is_tag = |known: &&ConditionKey| {
        known.name.strip_suffix("tag-key").is_some_and(|prefix| {
            let head = key.get(..prefix.len());
            head.is_some_and(|head| head.eq_ignore_ascii_case(prefix))
        })
    };
    service
        .key(key)
        .or_else(|| service.keys.iter().find(is_tag))
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
