//! Records that CloudTrail corrected later (C38). A correction is a record of
//! its own whose `addendum` has the reason `UPDATED_DATA` and names the record
//! that it replaces; the original is then no evidence of anything. Addenda for
//! other reasons (`DELIVERY_DELAY`, `SERVICE_OUTAGE`) only say why a record
//! came late.

use super::EventId;
use super::record::Record;
use super::window::Window;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::mem;

/// The originals that corrections of the input replace → the number of input
/// files in which each was looked for. A commutative monoid.
///
/// Rows add up records, so an original that was counted cannot be taken out
/// again. Within one run it never is counted; but a part of the trail that was
/// observed elsewhere, without the correction, may hold it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Corrections {
    /// `None` stands for corrections that do not name their original.
    originals: BTreeMap<Option<EventId>, u64>,
}

/// One entry of the header's `corrections`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Correction {
    /// Event id of the record that is replaced; absent where the correction
    /// does not name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub original: Option<EventId>,
    /// Input files in which that record was looked for and left out. Where
    /// these are not all of the header's `files`, it may still be counted.
    pub looked_in: u64,
}

impl Corrections {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.originals.is_empty()
    }

    /// Notes that an original was looked for in so many files more.
    pub(super) fn add(&mut self, original: Option<EventId>, looked_in: u64) {
        let sum = self.originals.entry(original).or_default();
        *sum = sum.saturating_add(looked_in);
    }

    /// Adds another table's corrections.
    pub fn merge(&mut self, other: Self) {
        for (original, looked_in) in other.originals {
            self.add(original, looked_in);
        }
    }

    /// Those whose original may be counted in a table of so many input files.
    #[must_use]
    pub fn uncertain(&self, files: u64) -> usize {
        let originals = self.originals.iter();
        originals
            .filter(|(original, looked_in)| original.is_none() || **looked_in < files)
            .count()
    }

    /// As they stand in a header.
    #[must_use]
    pub fn entries(&self) -> Vec<Correction> {
        let originals = self.originals.iter();
        originals
            .map(|(original, looked_in)| Correction {
                original: original.clone(),
                looked_in: *looked_in,
            })
            .collect()
    }

    /// The originals that have a name.
    pub(super) fn originals(&self) -> impl Iterator<Item = &EventId> {
        self.originals.keys().flatten()
    }
}

/// What a record corrects: nothing; the record of an id; one that it does not
/// name.
pub(super) fn corrected(record: &Record<'_>) -> Option<Option<EventId>> {
    let addendum = &record.addendum;
    (addendum.reason.get() == Some("UPDATED_DATA"))
        .then(|| addendum.original_event_id.get().map(EventId::new))
}

/// What to do with a record, by its event id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It counts.
    Counts,
    /// Its id was met before (C32).
    Copy,
    /// A correction replaces it.
    Superseded,
}

/// The event ids that decide which records count: those met last, and those
/// that corrections replace.
#[derive(Debug, Default)]
pub(super) struct Ids {
    window: Window,
    /// By digest; true once the original was met.
    superseded: HashMap<u128, bool>,
}

impl Ids {
    /// Ids of which some are known to be replaced before they are met.
    pub(super) fn without(corrections: &Corrections) -> Self {
        let mut ids = Self::default();
        corrections.originals().for_each(|id| ids.supersede(id));
        ids
    }

    /// From now on, records of this id do not count.
    pub(super) fn supersede(&mut self, id: &EventId) {
        self.superseded.entry(id.digest()).or_default();
    }

    /// Takes note of a record. One that corrects the record of its own id is
    /// not what it replaces.
    pub(super) fn meet(&mut self, id: Option<&EventId>, corrects_its_id: bool) -> Standing {
        let Some(id) = id else {
            return Standing::Counts;
        };
        let digest = id.digest();
        if let Some(met) = self
            .superseded
            .get_mut(&digest)
            .filter(|_| !corrects_its_id)
        {
            return match mem::replace(met, true) {
                true => Standing::Copy,
                false => Standing::Superseded,
            };
        }
        match self.window.insert(digest) {
            true => Standing::Counts,
            false => Standing::Copy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_replaced_does_not_count_and_its_copies_are_copies() {
        let (original, correction) = (EventId::new("a"), EventId::new("b"));
        let mut ids = Ids::default();
        ids.supersede(&original);
        let mut meet = |id, own| ids.meet(Some(id), own);
        assert_eq!(meet(&original, false), Standing::Superseded);
        assert_eq!(meet(&original, false), Standing::Copy);
        assert_eq!(meet(&correction, false), Standing::Counts);
        assert_eq!(meet(&correction, false), Standing::Copy);
        // A correction may carry the id of what it corrects.
        assert_eq!(meet(&original, true), Standing::Counts);
        assert_eq!(meet(&original, true), Standing::Copy);
        assert_eq!(ids.meet(None, false), Standing::Counts);
    }

    #[test]
    fn what_was_not_looked_for_everywhere_is_uncertain() {
        let of = |original: Option<&str>, looked_in| {
            let mut corrections = Corrections::default();
            corrections.add(original.map(EventId::new), looked_in);
            corrections
        };
        let mut both = of(Some("a"), 2);
        assert_eq!((both.uncertain(2), both.uncertain(3)), (0, 1));
        both.merge(of(Some("a"), 1));
        assert_eq!(both.uncertain(3), 0);
        both.merge(of(None, 0));
        assert_eq!((both.uncertain(0), both.uncertain(3)), (1, 1));
    }
}
