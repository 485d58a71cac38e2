//! Why a trail may not show an action that is in use (`cloudtrail.md` 5).

use crate::catalog::{self, AccessLevel, ActionRef, Observability};
use crate::cloudtrail::Coverage;
use std::collections::BTreeSet;

/// A trail of fewer days than this misses what runs each quarter.
pub(super) const ENOUGH_DAYS: usize = 90;
/// Among so many records there are reads and writes, if both are recorded.
const TELLING: u64 = 100;

/// What the input could show of one account.
#[derive(Clone, Debug, Default)]
pub(super) struct Watched<'c> {
    management: u64,
    reads: u64,
    writes: u64,
    kms: u64,
    days: BTreeSet<i64>,
    data: BTreeSet<&'c str>,
}

impl<'c> Watched<'c> {
    /// All Regions of the account together.
    pub(super) fn of(coverage: &'c Coverage, account: &str) -> Self {
        let mut watched = Self::default();
        for (_, _, seen) in coverage.iter().filter(|(known, ..)| *known == account) {
            watched.management = watched.management.saturating_add(seen.management);
            watched.reads = watched.reads.saturating_add(seen.reads);
            watched.writes = watched.writes.saturating_add(seen.writes);
            watched.kms = watched.kms.saturating_add(seen.kms);
            watched.days.extend(&seen.days);
            watched.data.extend(seen.data.keys().map(String::as_str));
        }
        watched
    }

    /// Days with management events.
    pub(super) fn days(&self) -> usize {
        self.days.len()
    }

    /// Class and reason, where use of the action may have gone unseen.
    pub(super) fn why_unseen(&self, name: &str) -> Option<(String, String)> {
        let catalog = catalog::get();
        let action = catalog.action(name)?;
        let (class, reason) = match catalog.observability(action) {
            Observability::Never { why } => ("never", format!("never recorded: {why}")),
            Observability::Unknown => (
                "unknown",
                "not known whether a trail records it".to_owned(),
            ),
            Observability::Data { types } => ("data", self.data_reason(&types)),
            Observability::Management => ("management", self.management_reason(action)?),
        };
        Some((class.to_owned(), reason))
    }

    fn data_reason(&self, types: &[&str]) -> String {
        let kinds = types.join(", ");
        if types.iter().any(|kind| self.data.contains(kind)) {
            format!("data events of {kinds}: recorded for some resources, perhaps not for all")
        } else {
            format!("no data events of {kinds} in this input")
        }
    }

    fn management_reason(&self, action: ActionRef<'_>) -> Option<String> {
        let is_read = matches!(action.access(), AccessLevel::Read | AccessLevel::List);
        let service = action.service.prefix;
        let reason = if self.management == 0 {
            "no management events of this account in this input"
        } else if service == "kms" && self.kms == 0 {
            "no record of KMS: the trail may leave KMS out"
        } else if service == "rds-data" {
            "a trail may leave RDS Data API out"
        } else if self.management > TELLING && is_read && self.reads == 0 {
            "the trail records writes only"
        } else if self.management > TELLING && !is_read && self.writes == 0 {
            "the trail records reads only"
        } else {
            return None;
        };
        Some(reason.to_owned())
    }
}
