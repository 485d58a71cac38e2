//! Names a policy uses, looked up in the catalog.

use crate::catalog::{self, Catalog, KeyType, Service};
use crate::policy::{ActionKind, ActionPattern, Statement};
use crate::text::Spanned;
use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

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
/// it does not know the key.
pub(super) fn key_types(catalog: &Catalog, key: &str) -> Option<Vec<KeyType>> {
    let key = key.to_ascii_lowercase();
    if let Some(global) = catalog.global_key(&key) {
        let exact = global.name.eq_ignore_ascii_case(&key);
        return Some(if exact { vec![global.kind] } else { Vec::new() });
    }
    // Its own service first: the others are decoded only for keys it lacks.
    let (prefix, _) = key.split_once(':')?;
    match catalog
        .service(prefix)
        .and_then(|service| service.key(&key))
    {
        Some(own) if own.name.eq_ignore_ascii_case(&key) => Some(vec![own.kind]),
        Some(_) => Some(Vec::new()),
        None => all_keys().types(&key),
    }
}

/// The keys of every service, which list each other's and the claims of
/// identity providers.
fn all_keys() -> &'static Keys {
    static ALL: LazyLock<Keys> = LazyLock::new(|| {
        let mut keys = Keys::default();
        let catalog = catalog::get();
        for prefix in catalog.services() {
            keys.take(catalog.service(prefix));
        }
        keys
    });
    &ALL
}

/// Condition keys by name, in lower case.
#[derive(Default)]
struct Keys {
    exact: HashMap<String, Vec<KeyType>>,
    /// What stands before the placeholder of a templated key.
    templates: BTreeSet<String>,
}

impl Keys {
    fn take(&mut self, service: Option<&Service>) {
        for key in service.iter().flat_map(|service| &service.keys) {
            let name = key.name.to_ascii_lowercase();
            // Some lists write `tag-key` where others have a placeholder.
            let end = name
                .find(['$', '<'])
                .or_else(|| name.find("/tag-key").map(|at| at + 1));
            match end.and_then(|end| name.get(..end)) {
                Some(head) => {
                    self.templates.insert(head.to_owned());
                }
                None => {
                    let types = self.exact.entry(name).or_default();
                    if !types.contains(&key.kind) {
                        types.push(key.kind);
                    }
                }
            }
        }
    }

    fn types(&self, key: &str) -> Option<Vec<KeyType>> {
        let is_instance = || {
            self.templates
                .iter()
                .any(|head| key.starts_with(head.as_str()))
        };
        let exact = self.exact.get(key).cloned();
        exact.or_else(|| is_instance().then(Vec::new))
    }
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
