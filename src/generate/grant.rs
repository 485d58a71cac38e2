//! What is granted, before it becomes statements, and what it rests on.

use crate::graph::ObservedRequest;
use crate::policy::Condition;
use std::collections::{BTreeMap, BTreeSet};

/// One action on one resource under conditions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Grant {
    /// `s3:GetObject`.
    pub action: String,
    /// Where.
    pub scope: Scope,
    /// When.
    pub conditions: Conditions,
}

/// Where a grant holds, as policy text of version 2012-10-17.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope {
    /// One entry of `Resource`.
    Resource(String),
    /// All entries of a `NotResource`, kept from the old policy.
    NotResource(Vec<String>),
}

/// The conditions of a statement: (operator, key) → values.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Conditions(pub BTreeMap<(String, String), BTreeSet<String>>);

impl Conditions {
    /// The conditions of a statement, their values as `text` gives them.
    pub(super) fn of(conditions: &[Condition], text: impl Fn(&str) -> String) -> Self {
        let mut all = BTreeMap::new();
        for condition in conditions {
            let values = condition.values.iter().map(|value| text(&value.value.text));
            all.entry((
                condition.operator.value.text.clone(),
                condition.key.value.clone(),
            ))
            .or_insert_with(BTreeSet::new)
            .extend(values);
        }
        Self(all)
    }

    /// Adds `StringEquals`. Where the same test with more values stands
    /// already, the narrower one takes its place.
    pub(super) fn require(&mut self, key: &str, values: BTreeSet<String>) {
        let place = self
            .0
            .keys()
            .find(|(operator, known)| operator == STRING_EQUALS && known.eq_ignore_ascii_case(key))
            .cloned()
            .unwrap_or_else(|| (STRING_EQUALS.to_owned(), key.to_owned()));
        self.0.insert(place, values);
    }

    /// Whether everything that meets `other` meets these.
    pub(super) fn implied_by(&self, other: &Self) -> bool {
        self.0.is_empty() || self == other
    }

    /// The one set of conditions that holds exactly when one of the two does:
    /// they differ in the values of one `StringEquals`.
    pub(super) fn either(&self, other: &Self) -> Option<Self> {
        if !self.0.keys().eq(other.0.keys()) {
            return None;
        }
        let mut merged = self.clone();
        let mut differing = 0;
        for (place, values) in &other.0 {
            let mine = merged.0.get_mut(place)?;
            if mine != values {
                differing += 1;
                if place.0 != STRING_EQUALS {
                    return None;
                }
                mine.extend(values.iter().cloned());
            }
        }
        (differing <= 1).then_some(merged)
    }
}

/// The operator of every condition made from evidence.
pub(super) const STRING_EQUALS: &str = "StringEquals";

/// How many records, from when to when, and the ids of some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tally {
    pub count: u64,
    pub first: String,
    pub last: String,
    /// The smallest three.
    pub ids: BTreeSet<String>,
}

impl Tally {
    pub(super) fn of(request: &ObservedRequest) -> Self {
        let mut tally = Self {
            count: request.count,
            first: request.first.clone(),
            last: request.last.clone(),
            ids: request.event_ids.iter().cloned().collect(),
        };
        tally.trim();
        tally
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        if other.first < self.first {
            self.first.clone_from(&other.first);
        }
        if other.last > self.last {
            self.last.clone_from(&other.last);
        }
        self.ids.extend(other.ids.iter().cloned());
        self.trim();
    }

    fn trim(&mut self) {
        while self.ids.len() > 3 {
            self.ids.pop_last();
        }
    }
}

/// Tallies by observed resource.
pub(super) type Support = BTreeMap<String, Tally>;

/// Grants with what each rests on.
pub(super) type Grants = BTreeMap<Grant, Support>;

/// Adds one tally.
pub(super) fn support(grants: &mut Grants, grant: Grant, resource: &str, tally: &Tally) {
    grants
        .entry(grant)
        .or_default()
        .entry(resource.to_owned())
        .and_modify(|known| known.add(tally))
        .or_insert_with(|| tally.clone());
}
