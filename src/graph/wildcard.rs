//! What wildcards reach, and what of that was used (`graph.md` section 5).
//!
//! Nothing is called unused. An action that no record shows is *not seen* only
//! if the trail of this account would have shown it; otherwise it is *not
//! observable* here (`cloudtrail.md` section 5).

mod stake;
mod used;

use self::stake::risk;
use self::used::{Coverage, RoleUse};
use super::model::resource_part;
use super::query::PolicyRef;
use super::reach::{Denial, Denials, Named, Reach, Scope};
use super::{Graph, PrincipalRef, Risk, Verdict};
use crate::catalog::{self, AccessLevel};
use crate::policy::{ActionKind, Effect, Element, ResourceKind, Statement};
use crate::sources::Completeness;
use crate::text::Position;
use rayon::prelude::*;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// An Allow statement with a wildcard, as one role has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Wildcard {
    /// The role's ARN.
    pub role: String,
    /// The policy: `inline/NAME`, or the ARN of a managed one.
    pub policy: String,
    /// Its statement, from 0.
    pub statement: usize,
    /// The statement's `Sid`.
    pub sid: Option<String>,
    /// The file it stands in.
    pub file: String,
    /// Where it starts.
    pub start: Position,
    /// `Action` as written, behind `not ` the entries of `NotAction`.
    pub action: Vec<String>,
    /// `Resource` as written, behind `not ` the entries of `NotResource`.
    pub resource: Vec<String>,
    /// `proved` where the statement reaches what it says; `possible` where
    /// something named in `unknown` may stop it.
    pub verdict: Verdict,
    /// What may stop it, and what was not read.
    pub unknown: Vec<String>,
    /// What the reach beyond use puts at stake.
    pub risk: Risk,
    /// The actions that it allows on some resource.
    pub reach: Actions,
    /// Actions that it names and of which the catalog does not know the
    /// resources: whether it reaches them is open.
    pub undecided: Actions,
    /// Actions that it names and a Deny of the same role takes back wholly.
    pub denied: Actions,
    /// Actions, still counted under `reach`, that a Deny takes back for some
    /// resources or under some condition.
    pub partly_denied: Actions,
    /// What of it was used. Empty without usage.
    pub used: Vec<UsedAction>,
    /// What of it was not; absent where nothing was observed in the account.
    pub unseen: Option<Unseen>,
}

/// A set of actions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Actions {
    /// How many.
    pub count: usize,
    /// How many of each access level.
    pub by_access: BTreeMap<AccessLevel, usize>,
    /// Their names: first `service:*` for services of which all actions are in
    /// the set, then the others, permissions management before writing before
    /// reading.
    pub names: Vec<String>,
}

/// An action that was used under a wildcard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct UsedAction {
    /// `s3:GetObject`.
    pub action: String,
    /// Its access level.
    pub access: AccessLevel,
    /// The workloads that used it, as `kind/name`.
    pub workloads: Vec<String>,
    /// The resources it was used on.
    pub resources: Vec<String>,
    /// Records.
    pub count: u64,
}

/// Reach without use, by what the trail could have shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Unseen {
    /// Management events: a call would have left a record.
    pub not_seen: Actions,
    /// Data events of a type that the trail records for some resources: a call
    /// on those would have left a record, a call on others may not.
    pub not_seen_where_recorded: Actions,
    /// No record would tell: data events of types that the trail does not
    /// show, actions that are never logged, and those of which that is not
    /// known.
    pub not_observable: Actions,
}

impl Graph<'_> {
    /// The Allow statements with a wildcard of every role but service-linked
    /// ones: worst first, then by role, policy and statement.
    #[must_use]
    pub fn wildcards(&self) -> Vec<Wildcard> {
        let coverage = Coverage::by_account(self);
        // The policies of a service-linked role are AWS's to write.
        let is_ours = |role: &PrincipalRef| !role.arn.contains(":role/aws-service-role/");
        let roles: Vec<_> = self.roles().filter(is_ours).collect();
        let each = roles.into_par_iter();
        let mut found: Vec<_> = each
            .flat_map_iter(|role| self.wildcards_of(role, &coverage))
            .collect();
        found.sort_by(|a, b| {
            let (of_a, of_b) = ((&a.role, &a.policy), (&b.role, &b.policy));
            (b.risk, of_a, a.statement).cmp(&(a.risk, of_b, b.statement))
        });
        found
    }

    fn wildcards_of(
        &self,
        role: PrincipalRef,
        coverage: &BTreeMap<&str, Coverage>,
    ) -> Vec<Wildcard> {
        let policies = self.policies_of(role.arn);
        let denials = Denials::of(policies.iter().flat_map(statements).map(|(_, s)| s));
        let used = RoleUse::of(self, role.arn, coverage);
        let each = policies.iter().flat_map(|policy| {
            let wild = statements(policy).filter(|(_, statement)| is_wild(statement));
            wild.map(move |(index, _)| (policy, index))
        });
        each.filter_map(|(policy, index)| self.wildcard(role, policy, index, &denials, &used))
            .collect()
    }

    fn wildcard(
        &self,
        role: PrincipalRef,
        policy: &PolicyRef,
        index: usize,
        denials: &Denials,
        role_use: &RoleUse,
    ) -> Option<Wildcard> {
        let document = policy.document;
        let statement = document.policy.as_ref()?.statements.get(index)?;
        let (actions, resources) = (statement.action.as_ref()?, statement.resource.as_ref()?);
        let scope = Scope::of(resources);
        let Reach {
            mut reached,
            undecided,
        } = Reach::of(statement);
        let mut denied = Named::new();
        let mut partly = Named::new();
        reached.retain(|name, action| match denials.on(statement, *name) {
            Denial::None => true,
            Denial::Partly => {
                partly.insert(*name, *action);
                true
            }
            Denial::Wholly => {
                denied.insert(*name, *action);
                false
            }
        });
        let (used, unused) = role_use.split(&reached, &scope);
        let unknown = self.unknown_about(role, policy, statement);
        let source = self.inventory().source(document.source);
        Some(Wildcard {
            role: role.arn.to_owned(),
            policy: match policy.key {
                super::PolicyKey::Managed(arn) => arn.clone(),
                super::PolicyKey::Inline { name, .. } => name.clone(),
            },
            statement: index,
            sid: statement.sid.as_ref().map(|sid| sid.value.clone()),
            file: source.name().to_owned(),
            start: source.position(statement.span.start),
            action: written(actions, |entry| entry.text.clone()),
            resource: written(resources, |entry| entry.text.clone()),
            verdict: if unknown.is_empty() {
                Verdict::Proved
            } else {
                Verdict::Possible
            },
            unknown,
            risk: risk(statement, &reached, &unused),
            unseen: role_use.coverage.map(|seen| seen.judge(&unused)),
            denied: Actions::of(&denied),
            partly_denied: Actions::of(&partly),
            reach: Actions::of(&reached),
            undecided: Actions::of(&undecided),
            used,
        })
    }

    fn unknown_about(
        &self,
        role: PrincipalRef,
        policy: &PolicyRef,
        statement: &Statement,
    ) -> Vec<String> {
        let mut unknown = Vec::new();
        let keys: BTreeSet<_> = statement.conditions.iter().map(|c| &c.key.value).collect();
        for key in keys {
            unknown.push(format!("it has a condition on `{key}`"));
        }
        if let Some(element) = &statement.resource {
            if element.negated {
                unknown.push("`NotResource` may leave out all of an action's resources".to_owned());
            }
            let patterns = element
                .entries
                .iter()
                .filter_map(|entry| match &entry.value.kind {
                    ResourceKind::Arn(fields) => Some(fields),
                    _ => None,
                });
            let keys = patterns
                .flatten()
                .flat_map(crate::policy::Pattern::variables);
            for key in keys.collect::<BTreeSet<_>>() {
                unknown.push(format!("its resources depend on `{key}`"));
            }
        }
        if policy.document.first.is_some() {
            unknown.push("duplicate JSON keys make it read in two ways".to_owned());
        }
        if let Some(boundary) = role.entity.and_then(|entity| entity.boundary.as_ref()) {
            let name = resource_part(&boundary.arn);
            unknown.push(format!("the permissions boundary `{name}` caps it"));
        }
        if policy.document.completeness > Completeness::Symbolic {
            unknown.push("its policy could not be read as a whole".to_owned());
        }
        for what in self.unknown_of(role.arn) {
            unknown.push(format!("{what} was not read and may deny"));
        }
        unknown
    }
}

fn statements<'p>(policy: &PolicyRef<'p>) -> impl Iterator<Item = (usize, &'p Statement)> {
    let policy = policy.document.policy.as_ref();
    policy
        .into_iter()
        .flat_map(|p| p.statements.iter().enumerate())
}

/// Whether it allows, and names actions or resources by wildcard. What `Not…`
/// leaves open is a wildcard too.
fn is_wild(statement: &Statement) -> bool {
    let allows = statement
        .effect
        .as_ref()
        .is_some_and(|e| e.value == Effect::Allow);
    let action = statement.action.as_ref().is_some_and(|actions| {
        actions.negated
            || actions.entries.iter().any(|entry| match &entry.value.kind {
                ActionKind::Any => true,
                ActionKind::Named { name, .. } => name.has_wildcard(),
                ActionKind::Malformed => false,
            })
    });
    let resource = statement.resource.as_ref().is_some_and(|resources| {
        resources.negated
            || resources
                .entries
                .iter()
                .any(|entry| match &entry.value.kind {
                    ResourceKind::Any => true,
                    ResourceKind::Arn(fields) => {
                        fields.iter().any(crate::policy::Pattern::has_wildcard)
                    }
                    ResourceKind::Malformed(_) => false,
                })
    });
    allows && (action || resource)
}

fn written<T>(element: &Element<T>, text: impl Fn(&T) -> String) -> Vec<String> {
    let not = if element.negated { "not " } else { "" };
    let entries = element.entries.iter();
    entries
        .map(|entry| format!("{not}{}", text(&entry.value)))
        .collect()
}

impl Actions {
    fn of(named: &Named) -> Self {
        let mut by_access = BTreeMap::new();
        let mut services: BTreeMap<&str, Vec<(Reverse<AccessLevel>, &str)>> = BTreeMap::new();
        for ((prefix, name), action) in named {
            *by_access.entry(action.access()).or_default() += 1;
            let service = services.entry(prefix).or_default();
            service.push((Reverse(action.access()), name));
        }
        let mut whole = Vec::new();
        let mut single = Vec::new();
        for (service, names) in services {
            let all = catalog::get().service(service);
            if all.is_some_and(|all| all.actions().len() == names.len()) {
                whole.push(format!("{service}:*"));
            } else {
                single.extend(
                    names
                        .into_iter()
                        .map(|(access, name)| (access, service, name)),
                );
            }
        }
        single.sort_unstable();
        let single = single.into_iter();
        let single = single.map(|(_, service, name)| format!("{service}:{name}"));
        Self {
            count: named.len(),
            by_access,
            names: whole.into_iter().chain(single).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
