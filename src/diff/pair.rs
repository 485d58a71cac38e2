//! Which document of the new side takes the place of which of the old side.

use super::Side;
use crate::sources::{Document, Form, Host};
use std::collections::{BTreeMap, BTreeSet};

/// Documents at one place; one of them is missing where the other was added
/// or removed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair<'a> {
    pub(super) old: Option<&'a Document>,
    pub(super) new: Option<&'a Document>,
    /// Whether the side on which none stands was not read in full there.
    pub(super) unread: bool,
}

/// Pairs the documents by file; within a file by what holds them, by address,
/// and then by the Sids they share. In the order of files, then of the text.
///
/// Never by what they say: two roles that swap their policies change access.
pub(super) fn pairs<'a>(old: &'a Side, new: &'a Side) -> Vec<Pair<'a>> {
    let mut files: BTreeMap<String, (Vec<&Document>, Vec<&Document>)> = BTreeMap::new();
    let key = |side: &Side, document: &Document| {
        side.root.key(side.inventory.source(document.source).name())
    };
    for document in &old.inventory.documents {
        files
            .entry(key(old, document))
            .or_default()
            .0
            .push(document);
    }
    for document in &new.inventory.documents {
        files
            .entry(key(new, document))
            .or_default()
            .1
            .push(document);
    }
    let (old_unread, new_unread) = (old.unread(), new.unread());
    let mut pairs = Vec::new();
    for (file, (old, new)) in files {
        let unread = |pair: Pair<'a>| Pair {
            unread: pair.new.is_none() && new_unread.contains(&file)
                || pair.old.is_none() && old_unread.contains(&file),
            ..pair
        };
        pairs.extend(within(old, new).into_iter().map(unread));
    }
    pairs
}

fn within<'a>(mut old: Vec<&'a Document>, mut new: Vec<&'a Document>) -> Vec<Pair<'a>> {
    let mut pairs = Vec::new();
    // An ARN may hold several documents: its trust policy, inline ones by name.
    take(&mut old, &mut new, &mut pairs, |d| {
        let named = (d.form == Form::Account).then_some(d.address.as_deref());
        d.arn.as_deref().map(|arn| (arn, d.host, named))
    });
    take(&mut old, &mut new, &mut pairs, |d| Some(&d.address));
    take(&mut old, &mut new, &mut pairs, |d| {
        let sids = sids(d);
        (d.form == Form::Json && !sids.is_empty()).then_some((d.host, sids))
    });
    // One document that was wrapped otherwise.
    if let ([a], [b]) = (old.as_slice(), new.as_slice())
        && [a.form, b.form] == [Form::Json; 2]
        && (a.host == b.host || [a.host, b.host].contains(&Host::Unstated))
    {
        pairs.push(pair(Some(a), Some(b)));
        old.clear();
        new.clear();
    }
    pairs.extend(old.into_iter().map(|document| pair(Some(document), None)));
    pairs.extend(new.into_iter().map(|document| pair(None, Some(document))));
    pairs.sort_by_key(|pair| {
        let start = |document: Option<&Document>| document.map(|d| d.span.start);
        (start(pair.new).or(start(pair.old)), pair.new.is_none())
    });
    pairs
}

fn pair<'a>(old: Option<&'a Document>, new: Option<&'a Document>) -> Pair<'a> {
    Pair {
        old,
        new,
        unread: false,
    }
}

fn sids(document: &Document) -> BTreeSet<&str> {
    let statements = document.policy.iter().flat_map(|policy| &policy.statements);
    statements
        .filter_map(|statement| statement.sid.as_ref())
        .map(|sid| sid.value.as_str())
        .collect()
}

/// Pairs those with equal keys, where a key tells one document of each side.
fn take<'a, K: Ord>(
    old: &mut Vec<&'a Document>,
    new: &mut Vec<&'a Document>,
    pairs: &mut Vec<Pair<'a>>,
    key: impl Fn(&'a Document) -> Option<K>,
) {
    let mut by_key: BTreeMap<K, (Vec<&'a Document>, Vec<&'a Document>)> = BTreeMap::new();
    for &document in old.iter() {
        if let Some(key) = key(document) {
            by_key.entry(key).or_default().0.push(document);
        }
    }
    for &document in new.iter() {
        if let Some(key) = key(document) {
            by_key.entry(key).or_default().1.push(document);
        }
    }
    for found in by_key.into_values() {
        if let ([a], [b]) = (found.0.as_slice(), found.1.as_slice()) {
            pairs.push(pair(Some(a), Some(b)));
            old.retain(|document| document.id != a.id);
            new.retain(|document| document.id != b.id);
        }
    }
}
