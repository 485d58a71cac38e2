//! Permissions whose use the trail could not have shown (`cloudtrail.md` 5).
//!
//! Nothing says that they are unused, and a workload that loses them breaks. So
//! they stay: the same actions on the same resources under the same conditions
//! as in the old policies, in statements of their own. No rule tells which
//! workload of a shared role needs them, so each proposed role keeps them.

use super::current::{Current, modern};
use super::grant::{Conditions, Scope};
use super::group::{self, Draft};
use super::judged;
use super::report::{Decision, NotJudged};
use crate::catalog;
use crate::cloudtrail::{self, Mapped};
use crate::policy::{ActionPattern, Effect, Element, ResourcePattern, Version};
use std::collections::{BTreeMap, BTreeSet};

/// Checked inside other calls, whose role parameters tell of it (C27).
const PASS_ROLE: &str = "iam:PassRole";
/// Keys of a condition that may say who the role is, as the new one is not.
const WHO: &[&str] = &["aws:principalarn", "aws:userid"];

/// Actions of the old policies that the proposal does not grant by evidence and
/// whose use may have gone unseen.
#[derive(Clone, Debug, Default)]
pub(super) struct Unseen {
    rows: BTreeMap<String, Row>,
}

#[derive(Clone, Debug)]
struct Row {
    class: &'static str,
    reason: String,
    /// Whether the trail could not have shown it at all.
    keep: bool,
}

impl Unseen {
    /// What of `allowed` was not granted and could not be judged.
    pub(super) fn of(
        allowed: &BTreeSet<String>,
        granted: &BTreeSet<&str>,
        mapped: &Mapped,
        account: &str,
    ) -> Self {
        let watched = Watched::of(mapped, account);
        let rows = allowed
            .iter()
            .filter(|action| !granted.contains(action.as_str()))
            .filter_map(|action| Some((action.clone(), watched.row(action)?)))
            .collect();
        Self { rows }
    }

    /// Leaves out what a Deny of the old policies takes from the old role by its
    /// name: it would not take it from the new one.
    pub(super) fn leave_denied_by_name(&mut self, current: &Current) {
        for (statement, _) in current.denies() {
            let by_name = statement
                .conditions
                .iter()
                .any(|condition| WHO.contains(&condition.key.value.to_ascii_lowercase().as_str()));
            let Some(element) = statement.action.as_ref().filter(|_| by_name) else {
                continue;
            };
            for action in judged::named(catalog::get(), element) {
                if let Some(row) = self.rows.get_mut(&action).filter(|row| row.keep) {
                    row.keep = false;
                    "a Deny names the old role itself, and would not hold for the new one"
                        .clone_into(&mut row.reason);
                }
            }
        }
    }

    /// Leaves out what is held only because an old statement names no service at
    /// all (`*`, `NotAction`), where no list tells whether CloudTrail records it
    /// and the principal's records are of other services: an administrator holds
    /// thousands of such actions, more than any role takes, and needs them no
    /// more than those it was not seen to use.
    pub(super) fn leave_unnamed(&mut self, current: &Current, services: &BTreeSet<&str>) {
        let catalog = catalog::get();
        let mut named = BTreeSet::new();
        for (statement, _) in current.statements(Effect::Allow) {
            let element = statement.action.as_ref().filter(|action| !action.negated);
            for entry in element.iter().flat_map(|element| &element.entries) {
                let service = entry.value.text.split_once(':').map(|(service, _)| service);
                if service.is_some_and(|service| !service.contains(['*', '?'])) {
                    named.extend(judged::expand(catalog, &entry.value.text));
                }
            }
        }
        for (action, row) in &mut self.rows {
            let is_seen = action
                .split_once(':')
                .is_some_and(|(service, _)| services.contains(service));
            if row.keep && row.class == "unknown" && !is_seen && !named.contains(action) {
                row.keep = false;
                row.reason
                    .push_str("; the old policies name no service, and no record is of this one");
            }
        }
    }

    /// The statements that keep what could not be shown, each with a `Sid` that
    /// is not in `used`. What old statements grant on the same resources under
    /// the same conditions stands in one.
    pub(super) fn drafts(&self, current: &Current, used: &mut BTreeSet<String>) -> Vec<Draft> {
        let mut kept: BTreeMap<(BTreeSet<Scope>, Conditions), BTreeSet<String>> = BTreeMap::new();
        for (statement, version) in current.statements(Effect::Allow) {
            let (Some(action), Some(resource)) = (&statement.action, &statement.resource) else {
                continue;
            };
            let actions = self.within(action);
            if actions.is_empty() {
                continue;
            }
            let conditions = Conditions::of(&statement.conditions, |text| modern(text, version));
            kept.entry((scopes(resource, version), conditions))
                .or_default()
                .extend(actions);
        }
        let drafts = kept.into_iter().map(|((scopes, conditions), actions)| {
            let mut draft = Draft {
                sid: String::new(),
                actions,
                scopes,
                conditions,
                support: BTreeMap::new(),
                kept: true,
            };
            draft.sid = group::free_sid(&format!("KeptUnseen{}", group::sid(&draft)), used);
            draft
        });
        drafts.collect()
    }

    /// What of an `Action` element is to be kept, as the element writes it where
    /// all that a pattern names is kept, and by name where it is not.
    fn within(&self, element: &Element<ActionPattern>) -> BTreeSet<String> {
        let catalog = catalog::get();
        let is_kept = |action: &String| self.rows.get(action).is_some_and(|row| row.keep);
        if element.negated {
            let names = judged::named(catalog, element);
            return names.into_iter().filter(is_kept).collect();
        }
        let mut kept = BTreeSet::new();
        for entry in &element.entries {
            let pattern = &entry.value.text;
            let names = judged::expand(catalog, pattern);
            if !names.is_empty() && names.iter().all(is_kept) {
                kept.insert(pattern.clone());
            } else {
                kept.extend(names.into_iter().filter(is_kept));
            }
        }
        kept
    }

    /// One row for each action, or for a service as a whole. `drafts` are the
    /// statements of the proposal.
    pub(super) fn rows(&self, drafts: &[Draft]) -> Vec<NotJudged> {
        let catalog = catalog::get();
        let mut statements: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for draft in drafts.iter().filter(|draft| draft.kept) {
            for pattern in &draft.actions {
                for action in judged::expand(catalog, pattern) {
                    statements.entry(action).or_default().insert(&draft.sid);
                }
            }
        }
        let mut services: BTreeMap<&str, Vec<NotJudged>> = BTreeMap::new();
        for (action, row) in &self.rows {
            let kept_by: Vec<String> = statements
                .get(action)
                .into_iter()
                .flatten()
                .map(|&sid| sid.to_owned())
                .collect();
            let service = action.split_once(':').map_or("", |(service, _)| service);
            services.entry(service).or_default().push(NotJudged {
                action: action.clone(),
                class: row.class.to_owned(),
                reason: row.reason.clone(),
                decision: if kept_by.is_empty() {
                    Decision::LeftOut
                } else {
                    Decision::Kept
                },
                statements: kept_by,
            });
        }
        services
            .into_iter()
            .flat_map(|(service, rows)| whole_service(service, &rows).map_or(rows, |row| vec![row]))
            .collect()
    }
}

/// One line for all actions of a service, where they share everything else.
fn whole_service(service: &str, rows: &[NotJudged]) -> Option<NotJudged> {
    let whole = NotJudged {
        action: format!("{service}:*"),
        ..rows.first()?.clone()
    };
    let same = rows.iter().all(|row| {
        whole
            == NotJudged {
                action: whole.action.clone(),
                ..row.clone()
            }
    });
    let all = catalog::get().expand(&whole.action).len();
    (same && rows.len() > 1 && rows.len() == all).then_some(whole)
}

/// The resources of an old statement, as version 2012-10-17 writes them.
fn scopes(element: &Element<ResourcePattern>, version: Version) -> BTreeSet<Scope> {
    let texts = element
        .entries
        .iter()
        .map(|entry| modern(&entry.value.text, version));
    if element.negated {
        BTreeSet::from([Scope::NotResource(texts.collect())])
    } else {
        texts.map(Scope::Resource).collect()
    }
}

/// What the trail shows of an account.
struct Watched<'m> {
    mapped: &'m Mapped,
    account: &'m str,
    /// Actions in its records, whoever took them.
    actions: BTreeSet<&'m str>,
    has_management: bool,
}

impl<'m> Watched<'m> {
    fn of(mapped: &'m Mapped, account: &'m str) -> Self {
        let requests = mapped.requests.iter();
        let places = mapped.coverage.iter();
        Self {
            mapped,
            account,
            actions: requests
                .filter(|request| request.account == account)
                .map(|request| request.action.as_str())
                .collect(),
            has_management: places
                .filter(|(known, ..)| *known == account)
                .any(|(_, _, seen)| seen.management > 0),
        }
    }

    /// Class and reason, where use of an action may have gone unseen. Data
    /// events may be recorded for some resources only, so they never prove that
    /// an action is not used; but then the trail could have shown it.
    fn row(&self, name: &str) -> Option<Row> {
        let catalog = catalog::get();
        let action = catalog.action(name)?;
        let judged = cloudtrail::judge(action, self.account, &self.mapped.coverage, catalog);
        let mut row = Row {
            class: judged.class,
            reason: judged.reason,
            keep: !judged.covered,
        };
        match judged.class {
            _ if name == PASS_ROLE => row.keep = !self.has_management,
            "unknown" if self.actions.contains(name) => {
                row.keep = false;
                "the trail records it, though maybe not for every resource"
                    .clone_into(&mut row.reason);
            }
            "data" => {}
            _ if judged.covered => return None,
            _ => {}
        }
        Some(row)
    }
}
