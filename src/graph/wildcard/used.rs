//! What of a reach was used, and what the trail could have shown of the rest.

use super::{Actions, Unseen, UsedAction};
use crate::catalog::{self, Observability};
use crate::graph::reach::{Named, Scope};
use crate::graph::{Graph, ObservedRequest, Outcome};
use std::collections::{BTreeMap, BTreeSet};

/// What a role was seen doing, and what the trail of its account shows.
pub(super) struct RoleUse<'a> {
    /// By action: who used it on what. Denied calls are no use.
    by_action: BTreeMap<(&'a str, &'a str), Vec<(String, &'a ObservedRequest)>>,
    /// Absent where nothing was observed in the account.
    pub(super) coverage: Option<&'a Coverage>,
}

impl<'a> RoleUse<'a> {
    pub(super) fn of(
        graph: &Graph<'a>,
        role: &str,
        coverage: &'a BTreeMap<&str, Coverage>,
    ) -> Self {
        let mut by_action: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for workload in graph.workloads_of(role) {
            let uses = graph.uses_of(workload);
            for request in uses.filter(|r| r.outcome != Outcome::Denied) {
                let name = request.action.split_once(':').unwrap_or_default();
                let seen = by_action.entry(name).or_default();
                seen.push((workload.label(), request));
            }
        }
        let account = role.split(':').nth(4).unwrap_or_default();
        Self {
            by_action,
            coverage: coverage.get(account),
        }
    }

    /// What of `reach` was used inside `scope`, and the rest.
    pub(super) fn split(&self, reach: &Named, scope: &Scope) -> (Vec<UsedAction>, Named) {
        let (mut used, mut unused) = (Vec::new(), Named::new());
        for (name, action) in reach {
            let seen = self.by_action.get(name).into_iter().flatten();
            let seen: Vec<_> = seen.filter(|(_, r)| scope.admits(r)).collect();
            if seen.is_empty() {
                unused.insert(*name, *action);
                continue;
            }
            let workloads: BTreeSet<_> = seen.iter().map(|(who, _)| who.clone()).collect();
            let resources: BTreeSet<_> = seen.iter().map(|(_, r)| r.resource.clone()).collect();
            used.push(UsedAction {
                action: action.name(),
                access: action.access(),
                workloads: workloads.into_iter().collect(),
                resources: resources.into_iter().collect(),
                count: seen.iter().map(|(_, r)| r.count).sum(),
            });
        }
        (used, unused)
    }
}

/// What the records of one account show at all.
#[derive(Default)]
pub(super) struct Coverage {
    /// Whether there is a record of a management event.
    management: bool,
    /// Types of data events of which there is a record.
    types: BTreeSet<String>,
}

impl Coverage {
    /// The accounts in which something was observed.
    pub(super) fn by_account<'g>(graph: &'g Graph) -> BTreeMap<&'g str, Self> {
        let mut found: BTreeMap<&str, Self> = BTreeMap::new();
        for request in graph.observed() {
            let account = request.principal.split(':').nth(4).unwrap_or_default();
            let seen = found.entry(account).or_default();
            let Some(action) = catalog::get().action(&request.action) else {
                continue;
            };
            match catalog::get().observability(action) {
                Observability::Management => seen.management = true,
                Observability::Data { types } => {
                    seen.types
                        .extend(types.iter().map(|kind| (*kind).to_owned()));
                }
                Observability::Never { .. } | Observability::Unknown => {}
            }
        }
        found
    }

    pub(super) fn judge(&self, unused: &Named) -> Unseen {
        let mut sets = [Named::new(), Named::new(), Named::new()];
        let [not_seen, where_recorded, not_observable] = &mut sets;
        for (name, action) in unused {
            let set = match catalog::get().observability(*action) {
                Observability::Management if self.management => &mut *not_seen,
                Observability::Data { types }
                    if types.iter().any(|kind| self.types.contains(*kind)) =>
                {
                    &mut *where_recorded
                }
                _ => &mut *not_observable,
            };
            set.insert(*name, *action);
        }
        let [not_seen, where_recorded, not_observable] = sets;
        Unseen {
            not_seen: Actions::of(&not_seen),
            not_seen_where_recorded: Actions::of(&where_recorded),
            not_observable: Actions::of(&not_observable),
        }
    }
}
