//! What the trail could show: per account and region the days with management
//! events, the types of data events, and whether reads, writes and KMS occur
//! (`cloudtrail.md` 5).

use super::time::{Date, day_of};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Days of one run at most, a century: what a damaged header can make us hold.
const LONGEST_RUN: i64 = 36_525;

/// Coverage by (account, region). A commutative monoid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    places: BTreeMap<(String, String), Seen>,
}

/// What was seen in one account's region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Days (since 1970-01-01) with management events.
    pub days: BTreeSet<i64>,
    /// Records by type of data event.
    pub data: BTreeMap<String, u64>,
    /// Management records that say `readOnly: true`.
    pub reads: u64,
    /// Management records that say `readOnly: false`.
    pub writes: u64,
    /// Management records.
    pub management: u64,
    /// Records of KMS.
    pub kms: u64,
}

/// One entry of the header's `coverage`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// Account id.
    pub account: String,
    /// Region.
    pub region: String,
    /// Management records.
    pub management: u64,
    /// Days with management events, as `first/last` of each unbroken run.
    pub days: Vec<String>,
    /// Management records that say `readOnly: true`.
    pub reads: u64,
    /// Management records that say `readOnly: false`.
    pub writes: u64,
    /// Records of KMS.
    pub kms: u64,
    /// Data event type → records.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<String, u64>,
}

impl Coverage {
    /// What was seen at a place, to be added to.
    pub fn at(&mut self, account: &str, region: &str) -> &mut Seen {
        let key = (account.to_owned(), region.to_owned());
        self.places.entry(key).or_default()
    }

    /// Every place with what was seen there.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, &Seen)> {
        let places = self.places.iter();
        places.map(|((account, region), seen)| (&**account, &**region, seen))
    }

    /// What was seen at a place.
    #[must_use]
    pub fn get(&self, account: &str, region: &str) -> Option<&Seen> {
        self.places.get(&(account.to_owned(), region.to_owned()))
    }

    /// Adds another table's coverage.
    pub fn merge(&mut self, other: &Self) {
        for (place, theirs) in &other.places {
            self.places.entry(place.clone()).or_default().merge(theirs);
        }
    }

    /// As it stands in a header.
    #[must_use]
    pub fn places(&self) -> Vec<Place> {
        let places = self.places.iter();
        places
            .map(|((account, region), seen)| Place {
                account: account.clone(),
                region: region.clone(),
                management: seen.management,
                days: runs(&seen.days),
                reads: seen.reads,
                writes: seen.writes,
                kms: seen.kms,
                data: seen.data.clone(),
            })
            .collect()
    }

    /// Adds an entry of a header. False where its days are not to be read.
    #[must_use]
    pub(super) fn add_place(&mut self, place: Place) -> bool {
        let mut days = BTreeSet::new();
        for run in &place.days {
            let Some((first, last)) = run.split_once('/') else {
                return false;
            };
            match (day_of(first), day_of(last)) {
                (Some(first), Some(last)) if last - first < LONGEST_RUN => {
                    days.extend(first..=last);
                }
                _ => return false,
            }
        }
        self.at(&place.account, &place.region).merge(&Seen {
            days,
            data: place.data,
            reads: place.reads,
            writes: place.writes,
            management: place.management,
            kms: place.kms,
        });
        true
    }
}

impl Seen {
    /// Adds what was seen elsewhere.
    pub fn merge(&mut self, other: &Self) {
        self.days.extend(&other.days);
        for (kind, count) in &other.data {
            let sum = self.data.entry(kind.clone()).or_default();
            *sum = sum.saturating_add(*count);
        }
        self.reads = self.reads.saturating_add(other.reads);
        self.writes = self.writes.saturating_add(other.writes);
        self.management = self.management.saturating_add(other.management);
        self.kms = self.kms.saturating_add(other.kms);
    }
}

fn runs(days: &BTreeSet<i64>) -> Vec<String> {
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for &day in days {
        match runs.last_mut() {
            Some((first, last)) if *last + 1 == day && day - *first < LONGEST_RUN => *last = day,
            _ => runs.push((day, day)),
        }
    }
    runs.into_iter()
        .map(|(first, last)| format!("{}/{}", Date(first), Date(last)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_the_header() {
        let mut coverage = Coverage::default();
        let seen = coverage.at("1", "eu-west-1");
        seen.days = [20_000, 20_001, 20_003].into();
        seen.management = 3;
        seen.data.insert("AWS::S3::Object".to_owned(), 2);
        let places = coverage.places();
        assert_eq!(
            places[0].days,
            ["2024-10-04/2024-10-05", "2024-10-07/2024-10-07"]
        );
        let mut read = Coverage::default();
        for place in places {
            assert!(read.add_place(place));
        }
        assert_eq!(read, coverage);
        coverage.at("1", "eu-west-1").days = (0..2 * LONGEST_RUN + 5).collect();
        assert_eq!(coverage.places()[0].days.len(), 3);
        let mut bad = coverage.places().remove(0);
        bad.days = vec!["0001-01-01/9999-01-01".to_owned()];
        assert!(!read.add_place(bad));
    }
}
