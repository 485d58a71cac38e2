//! The usage table: a commutative monoid over the rows of `row.rs`.

use super::correction::Corrections;
use super::coverage::Coverage;
use super::fold::{self, Slot, SlotKey};
use super::row::{Assume, Evidence, Use, WorkloadKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Why a record gives no row. Each dropped record has one reason, the first
/// that fits.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// No JSON, no object, or no record.
    Malformed,
    /// A VPC endpoint's view of a call (C19).
    NetworkActivity,
    /// CloudTrail Insights.
    Insight,
    /// Sign-in, console and service events (C20).
    NotApiCall,
    /// A service on its own behalf (C5).
    ServiceCaller,
    /// A caller of another account in the owner's trail (C7).
    OtherAccount,
    /// Nothing tells who called.
    NoIdentity,
    /// The root user (C4).
    Root,
    /// Its event id was read before (C32).
    Duplicate,
    /// A later record corrects it (C38).
    Superseded,
    /// The call needs no permission (C21).
    NoPermissionNeeded,
}

impl Reason {
    /// As it stands in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::NetworkActivity => "network-activity",
            Self::Insight => "insight",
            Self::NotApiCall => "not-api-call",
            Self::ServiceCaller => "service-caller",
            Self::OtherAccount => "other-account",
            Self::NoIdentity => "no-identity",
            Self::Root => "root",
            Self::Duplicate => "duplicate",
            Self::Superseded => "superseded",
            Self::NoPermissionNeeded => "no-permission-needed",
        }
    }
}

/// An input that could not be read to its end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Unreadable {
    /// Its path as it was given or found.
    pub file: String,
    /// What happened, and where.
    pub error: String,
    /// Records before the damage; they are in the table.
    pub records_kept: u64,
}

/// What one principal's workload did with one call on one bucket, log group or
/// nothing: the rows that fold together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct GroupKey {
    principal: String,
    workload: WorkloadKey,
    source: String,
    event: String,
    holder: String,
}

#[derive(Clone, Debug, Default)]
struct Group {
    // Boxed, so that the many groups of one row stay small.
    rows: HashMap<Box<Use>, Evidence>,
    /// Values entered so far: while they are few, nothing can be full, and the
    /// slots hold no more than the depths that came with other tables.
    values: usize,
    slots: HashMap<SlotKey, Slot>,
}

/// Observed use, in memory. The identity of [`Table::merge`] is the default.
#[derive(Clone, Debug, Default)]
pub struct Table {
    groups: HashMap<GroupKey, Group>,
    assumes: HashMap<Assume, Evidence>,
    /// Digests of the parts merged into it.
    pub parts: BTreeSet<String>,
    /// Input files.
    pub files: u64,
    /// Records met, of whatever fate.
    pub records: u64,
    /// Records by the reason they were dropped.
    pub dropped: BTreeMap<Reason, u64>,
    /// What the trail could show.
    pub coverage: Coverage,
    /// What corrections replace.
    pub corrections: Corrections,
    /// Inputs not read to their end.
    pub unreadable: BTreeSet<Unreadable>,
}

impl Table {
    /// Adds a row.
    pub fn add_use(&mut self, row: Use, evidence: &Evidence) {
        let group = self.groups.entry(group_key(&row)).or_default();
        group.add(row, evidence);
    }

    /// Adds a row of a table that was written before: where it is folded, the
    /// rows it folds with are cut as it was.
    pub(super) fn add_written_use(&mut self, row: Use, evidence: &Evidence) {
        let group = self.groups.entry(group_key(&row)).or_default();
        if row.folded {
            let mut depths = Vec::new();
            fold::each_value(&row, |slot, rest| {
                depths.extend(fold::depth_of_folded(rest).map(|depth| (slot, depth)));
            });
            for (slot, depth) in depths {
                group.lower(&slot, depth);
            }
        }
        group.add(row, evidence);
    }

    /// Adds a row.
    pub fn add_assume(&mut self, row: Assume, evidence: &Evidence) {
        self.assumes.entry(row).or_default().merge(evidence);
    }

    /// Counts dropped records.
    pub fn drop_records(&mut self, reason: Reason, count: u64) {
        if count > 0 {
            let sum = self.dropped.entry(reason).or_default();
            *sum = sum.saturating_add(count);
        }
    }

    /// Adds another table. Associative and commutative; counts are an upper
    /// bound where copies of a record lie in both.
    pub fn merge(&mut self, other: Self) {
        for (key, theirs) in other.groups {
            let ours = self.groups.entry(key).or_default();
            for (slot, depth) in &theirs.slots {
                if let Some(depth) = depth.depth {
                    ours.lower(slot, depth);
                }
            }
            for (row, evidence) in theirs.rows {
                ours.add(*row, &evidence);
            }
        }
        for (row, evidence) in other.assumes {
            self.add_assume(row, &evidence);
        }
        for (reason, count) in other.dropped {
            self.drop_records(reason, count);
        }
        self.parts.extend(other.parts);
        self.files = self.files.saturating_add(other.files);
        self.records = self.records.saturating_add(other.records);
        self.coverage.merge(&other.coverage);
        self.corrections.merge(other.corrections);
        self.unreadable.extend(other.unreadable);
    }

    /// The `use` rows, sorted.
    #[must_use]
    pub fn uses(&self) -> Vec<(&Use, &Evidence)> {
        let mut rows: Vec<_> = self.each_use().collect();
        rows.sort_unstable_by(|a, b| a.0.cmp(b.0));
        rows
    }

    /// The `use` rows in any order.
    pub(super) fn each_use(&self) -> impl Iterator<Item = (&Use, &Evidence)> {
        let rows = self.groups.values().flat_map(|group| &group.rows);
        rows.map(|(row, evidence)| (&**row, evidence))
    }

    /// The `assume` rows, sorted.
    #[must_use]
    pub fn assumes(&self) -> Vec<(&Assume, &Evidence)> {
        let mut rows: Vec<_> = self.assumes.iter().collect();
        rows.sort_unstable_by(|a, b| a.0.cmp(b.0));
        rows
    }

    /// Records that were no copies.
    #[must_use]
    pub fn unique(&self) -> u64 {
        let copies = self.dropped.get(&Reason::Duplicate).copied();
        self.records.saturating_sub(copies.unwrap_or_default())
    }

    /// Corrections whose originals may be counted all the same: they were not
    /// looked for in every file of the table.
    #[must_use]
    pub fn uncertain_corrections(&self) -> usize {
        self.corrections.uncertain(self.files)
    }

    /// Rows of both kinds.
    #[must_use]
    pub fn rows(&self) -> usize {
        let uses: usize = self.groups.values().map(|group| group.rows.len()).sum();
        uses + self.assumes.len()
    }
}

fn group_key(row: &Use) -> GroupKey {
    GroupKey {
        principal: row.principal.clone(),
        workload: row.workload.clone(),
        source: row.source.clone(),
        event: row.event.clone(),
        holder: fold::holder(row).to_owned(),
    }
}

impl Group {
    fn add(&mut self, row: Use, evidence: &Evidence) {
        if let Some(known) = self.rows.get_mut(&row) {
            known.merge(evidence);
            return;
        }
        let row = self.cut(&row).unwrap_or(row);
        let counted = self.is_counted();
        let mut full = Vec::new();
        fold::each_value(&row, |key, rest| {
            self.values = self.values.saturating_add(1);
            if counted && self.count(&key, rest) {
                full.push(key);
            }
        });
        self.rows.entry(Box::new(row)).or_default().merge(evidence);
        if !counted && self.is_counted() {
            full = self.count_all();
        }
        for slot in full {
            let depth = self.depth_for(&slot);
            self.lower(&slot, depth);
        }
    }

    fn is_counted(&self) -> bool {
        self.values > fold::LIMIT
    }

    /// Notes a value; true where its slot is over the limit now.
    fn count(&mut self, key: &SlotKey, rest: &str) -> bool {
        let slot = self.slots.entry(key.clone()).or_default();
        slot.values.insert(fold::hash(rest)) && slot.values.len() > fold::LIMIT
    }

    /// Notes the values of all rows; the slots that are over the limit.
    fn count_all(&mut self) -> Vec<SlotKey> {
        let rows = std::mem::take(&mut self.rows);
        let mut full = BTreeSet::new();
        for row in rows.keys() {
            fold::each_value(row, |key, rest| {
                if self.count(&key, rest) {
                    full.insert(key);
                }
            });
        }
        self.rows = rows;
        full.into_iter().collect()
    }

    fn cut(&self, row: &Use) -> Option<Use> {
        if self.slots.values().all(|slot| slot.depth.is_none()) {
            return None;
        }
        fold::cut_row(row, |slot| self.slots.get(slot)?.depth)
    }

    fn depth_for(&self, slot: &SlotKey) -> usize {
        let mut values = Vec::new();
        for row in self.rows.keys() {
            fold::each_value(row, |key, rest| {
                if key == *slot {
                    values.push(rest.to_owned());
                }
            });
        }
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        fold::depth_for(&values, self.slots.get(slot).and_then(|slot| slot.depth))
    }

    /// Cuts the values of a slot to a depth, unless they are cut to it or less.
    fn lower(&mut self, key: &SlotKey, depth: usize) {
        let slot = self.slots.entry(key.clone()).or_default();
        if slot.depth.is_some_and(|known| known <= depth) {
            return;
        }
        slot.depth = Some(depth);
        slot.values.clear();
        let counted = self.is_counted();
        for (row, evidence) in std::mem::take(&mut self.rows) {
            let row = self.cut(&row).map_or(row, Box::new);
            if counted {
                fold::each_value(&row, |found, rest| {
                    if found == *key {
                        self.count(&found, rest);
                    }
                });
            }
            self.rows.entry(row).or_default().merge(&evidence);
        }
    }
}
