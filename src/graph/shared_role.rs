//! Roles that several workloads run as (`graph.md` section 6). Each of them
//! may do what all of them need; least privilege asks for one role for each.

use super::model::{Node, WorkloadKey};
use super::{Graph, ObservedRequest, Outcome, Precision, Risk, Verdict};
use crate::catalog::{self, AccessLevel};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A role with several users, or one that is open to several services.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct SharedRole {
    /// Its ARN.
    pub role: String,
    /// What the sharing puts at stake.
    pub risk: Risk,
    /// Whether it has several users, or could have.
    pub sharing: Sharing,
    /// `possible` where sessions that nothing ties to a workload count as the
    /// second user.
    pub verdict: Verdict,
    /// Why, each lowercase and without a full stop.
    pub reasons: Vec<String>,
    /// The service principals that its trust policy names.
    pub trusted_services: Vec<String>,
    /// Who runs as it, by kind and name.
    pub users: Vec<RoleUser>,
    /// Distinct actions that all of them use together.
    pub actions: usize,
    /// Distinct pairs of action and resource that they use together.
    pub needs: usize,
}

/// Whether a role is shared.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Sharing {
    /// Several users were seen.
    Shared,
    /// None or one was seen; the trust policy lets several services in.
    Shareable,
}

/// One user of a role and what it does with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct RoleUser {
    /// `lambda`, `ecs-task`, `console`, ….
    pub kind: String,
    /// Its name.
    pub name: String,
    /// What named it (C15).
    pub basis: Vec<String>,
    /// The service principals that took the role for it, where known.
    pub services: Vec<String>,
    /// Records of allowed calls.
    pub records: u64,
    /// Distinct actions it uses.
    pub actions: usize,
    /// Actions that no other user of the role uses.
    pub own_actions: Vec<String>,
    /// What it uses, by action and resource.
    pub needs: Vec<Need>,
    /// What it was refused. Never a need.
    pub denied: Vec<Need>,
}

/// One action on one resource, as it was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Need {
    /// `s3:GetObject`.
    pub action: String,
    /// Its access level, where the catalog has the action.
    pub access: Option<AccessLevel>,
    /// An ARN, an ARN with `*`, or `*`.
    pub resource: String,
    /// How well the resource is known.
    pub precision: Precision,
    /// Records.
    pub count: u64,
    /// Earliest `eventTime`.
    pub first: String,
    /// Latest `eventTime`.
    pub last: String,
    /// The other users of the role that use the same action on the same
    /// resource, as `kind/name`.
    pub also: Vec<String>,
}

/// Kinds of users that are people.
const PEOPLE: &[&str] = &["console", "user"];
/// Kinds of users that build and deploy.
const PIPELINES: &[&str] = &["codebuild", "codepipeline", "github-actions"];
/// The kind of sessions that nothing ties to a workload.
const UNTIED: &str = "session";

impl RoleUser {
    /// Whether it is a person rather than a workload.
    #[must_use]
    pub fn is_person(&self) -> bool {
        PEOPLE.contains(&self.kind.as_str())
    }
}

impl Graph<'_> {
    /// What a workload was seen using, by action and resource.
    #[must_use]
    pub fn needs_of(&self, workload: &WorkloadKey) -> Vec<Need> {
        needs(self.uses_of(workload).filter(|r| is_need(r)), |_, _| {
            Vec::new()
        })
    }

    /// The roles that are shared or open to sharing: worst first, then by ARN.
    #[must_use]
    pub fn shared_roles(&self) -> Vec<SharedRole> {
        let mut found: Vec<_> = self
            .roles()
            .filter_map(|role| self.shared_role(role.arn))
            .collect();
        found.sort_by(|a, b| {
            (a.sharing, b.risk, a.verdict, &a.role).cmp(&(b.sharing, a.risk, b.verdict, &b.role))
        });
        found
    }

    fn shared_role(&self, role: &str) -> Option<SharedRole> {
        let trusted_services: Vec<String> = self
            .trusted_by(role)
            .into_iter()
            .filter_map(|node| match node {
                Node::ServicePrincipal(name) => Some(name.clone()),
                _ => None,
            })
            .collect();
        let users = self.users_of(role);
        let tied = users.iter().filter(|user| user.kind != UNTIED).count();
        let (sharing, verdict) = match (tied, users.len()) {
            (2.., _) => (Sharing::Shared, Verdict::Proved),
            (_, 2..) => (Sharing::Shared, Verdict::Possible),
            _ if trusted_services.len() > 1 => (Sharing::Shareable, Verdict::Proved),
            _ => return None,
        };
        let (risk, reasons) = match sharing {
            Sharing::Shared => judge(&users),
            Sharing::Shareable => {
                let services = list(&trusted_services);
                (
                    Risk::Low,
                    vec![format!("its trust policy lets {services} in")],
                )
            }
        };
        let needs: BTreeSet<_> = users
            .iter()
            .flat_map(|user| &user.needs)
            .map(|need| (&need.action, &need.resource))
            .collect();
        let actions: BTreeSet<_> = needs.iter().map(|(action, _)| action).collect();
        Some(SharedRole {
            role: role.to_owned(),
            risk,
            sharing,
            verdict,
            reasons,
            trusted_services,
            actions: actions.len(),
            needs: needs.len(),
            users,
        })
    }

    fn users_of(&self, role: &str) -> Vec<RoleUser> {
        let workloads: Vec<&WorkloadKey> = self.workloads_of(role).collect();
        // Who uses what, to tell what is one's own and what is common.
        let mut by_action: BTreeMap<&str, BTreeSet<&WorkloadKey>> = BTreeMap::new();
        let mut by_need: BTreeMap<(&str, &str), BTreeSet<&WorkloadKey>> = BTreeMap::new();
        for &workload in &workloads {
            for request in self.uses_of(workload).filter(|r| is_need(r)) {
                let action = request.action.as_str();
                by_action.entry(action).or_default().insert(workload);
                let need = (action, request.resource.as_str());
                by_need.entry(need).or_default().insert(workload);
            }
        }
        workloads
            .iter()
            .map(|&workload| {
                let allowed = self.uses_of(workload).filter(|r| is_need(r));
                let needs = needs(allowed, |action, resource| {
                    let users = by_need.get(&(action, resource)).into_iter().flatten();
                    users
                        .filter(|other| **other != workload)
                        .map(|other| other.label())
                        .collect()
                });
                let denied = self.uses_of(workload).filter(|r| !is_need(r));
                let mut actions: Vec<_> = needs.iter().map(|need| need.action.as_str()).collect();
                actions.dedup();
                let own = actions
                    .iter()
                    .filter(|action| by_action.get(*action).is_some_and(|users| users.len() == 1));
                let facts = self.facts_of(workload).cloned().unwrap_or_default();
                RoleUser {
                    kind: workload.kind.clone(),
                    name: workload.name.clone(),
                    basis: facts.bases.into_iter().collect(),
                    services: facts.services.into_iter().collect(),
                    records: needs.iter().map(|need| need.count).sum(),
                    actions: actions.len(),
                    own_actions: own.map(|action| (*action).to_owned()).collect(),
                    denied: needs_of_denied(denied),
                    needs,
                }
            })
            .collect()
    }
}

fn is_need(request: &ObservedRequest) -> bool {
    request.outcome != Outcome::Denied
}

fn needs_of_denied<'a>(requests: impl Iterator<Item = &'a ObservedRequest>) -> Vec<Need> {
    needs(requests, |_, _| Vec::new())
}

/// Requests that differ only in context or outcome make one need.
fn needs<'a>(
    requests: impl Iterator<Item = &'a ObservedRequest>,
    also: impl Fn(&str, &str) -> Vec<String>,
) -> Vec<Need> {
    let mut found: BTreeMap<(&str, &str), Need> = BTreeMap::new();
    for request in requests {
        let key = (request.action.as_str(), request.resource.as_str());
        let need = found.entry(key).or_insert_with(|| Need {
            action: request.action.clone(),
            access: access(&request.action),
            resource: request.resource.clone(),
            precision: request.precision,
            count: 0,
            first: request.first.clone(),
            last: request.last.clone(),
            also: also(key.0, key.1),
        });
        need.count = need.count.saturating_add(request.count);
        need.precision = need.precision.max(request.precision);
        if request.first < need.first {
            need.first.clone_from(&request.first);
        }
        if request.last > need.last {
            need.last.clone_from(&request.last);
        }
    }
    found.into_values().collect()
}

fn access(action: &str) -> Option<AccessLevel> {
    catalog::get().action(action).map(|found| found.access())
}

/// The risk of a role with these users, and the reasons for it. Stacks and
/// modules are not known here, so "same stack" counts as given.
fn judge(users: &[RoleUser]) -> (Risk, Vec<String>) {
    let mut high = Vec::new();
    let services: BTreeSet<_> = users.iter().flat_map(|user| &user.services).collect();
    if services.len() > 1 {
        let services: Vec<_> = services.into_iter().cloned().collect();
        high.push(format!("its users are of {}", list(&services)));
    }
    for (kinds, who) in [(PEOPLE, "a person"), (PIPELINES, "a pipeline")] {
        let named: Vec<_> = users
            .iter()
            .filter(|user| kinds.contains(&user.kind.as_str()))
            .map(|user| format!("`{}`", user.name))
            .collect();
        if !named.is_empty() {
            high.push(format!("{who} uses it: {}", named.join(", ")));
        }
    }
    let mut medium = Vec::new();
    let kinds: BTreeSet<_> = users.iter().map(|user| user.kind.clone()).collect();
    if kinds.len() > 1 && high.is_empty() {
        let kinds: Vec<_> = kinds.into_iter().collect();
        medium.push(format!(
            "its users are of different kinds: {}",
            list(&kinds)
        ));
    }
    let writes = |user: &RoleUser| -> Vec<String> {
        let own = user.needs.iter().filter(|need| {
            user.own_actions.contains(&need.action)
                && matches!(
                    need.access,
                    Some(AccessLevel::Write | AccessLevel::Permissions)
                )
        });
        let actions: BTreeSet<_> = own.map(|need| need.action.clone()).collect();
        actions.into_iter().collect()
    };
    for user in users {
        let own = writes(user);
        if !own.is_empty() {
            let own = list(&own);
            medium.push(format!("only `{}` needs {own}; all may", user.name));
        }
    }
    match (high.is_empty(), medium.is_empty()) {
        (true, true) => (Risk::Low, vec!["its users are of one kind".to_owned()]),
        (true, false) => (Risk::Medium, medium),
        _ => (Risk::High, high.into_iter().chain(medium).collect()),
    }
}

/// `a`, `a and b`, `a, b and c`.
fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::testing::{ROLE, request};
    use crate::sources::Inventory;

    fn shared(requests: &[ObservedRequest]) -> Vec<SharedRole> {
        Graph::build(&Inventory::default(), requests).shared_roles()
    }

    fn risk(requests: &[ObservedRequest]) -> (Risk, Verdict) {
        let found = shared(requests);
        let [role] = found.as_slice() else {
            panic!("one role expected: {found:#?}");
        };
        (role.risk, role.verdict)
    }

    #[test]
    fn one_user_in_many_sessions_shares_with_nobody() {
        assert_eq!(
            shared(&[
                request("lambda/a", "s3:GetObject", "arn:aws:s3:::b/1"),
                request("lambda/a", "s3:PutObject", "arn:aws:s3:::b/2"),
            ]),
            []
        );
    }

    #[test]
    fn the_risk_is_that_of_section_6() {
        let read = |who| request(who, "s3:GetObject", "arn:aws:s3:::b/1");
        let write = |who| request(who, "s3:PutObject", "arn:aws:s3:::b/1");
        let cases = [
            (
                "same kind, same need",
                vec![read("lambda/a"), read("lambda/b")],
                Risk::Low,
            ),
            (
                "one writes",
                vec![read("lambda/a"), write("lambda/b")],
                Risk::Medium,
            ),
            (
                "both write",
                vec![write("lambda/a"), write("lambda/b")],
                Risk::Low,
            ),
            (
                "two services",
                vec![read("lambda/a"), read("ecs-task/b")],
                Risk::High,
            ),
            (
                "a person",
                vec![read("lambda/a"), read("console/dana")],
                Risk::High,
            ),
            (
                "a pipeline",
                vec![read("lambda/a"), read("codebuild/b")],
                Risk::High,
            ),
        ];
        for (what, requests, expected) in cases {
            assert_eq!(risk(&requests), (expected, Verdict::Proved), "{what}");
        }
    }

    #[test]
    fn a_session_that_nothing_ties_may_be_the_same_workload() {
        let read = |who| request(who, "s3:GetObject", "arn:aws:s3:::b/1");
        let (_, verdict) = risk(&[read("lambda/a"), read("session/botocore-session-<n>")]);
        assert_eq!(verdict, Verdict::Possible);
    }

    #[test]
    fn denied_calls_are_no_need() {
        let mut denied = request("lambda/a", "s3:DeleteBucket", "arn:aws:s3:::b");
        denied.outcome = Outcome::Denied;
        let found = shared(&[
            request("lambda/a", "s3:GetObject", "arn:aws:s3:::b/1"),
            request("lambda/b", "s3:GetObject", "arn:aws:s3:::b/1"),
            denied,
        ]);
        let [
            SharedRole {
                role,
                users,
                actions: 1,
                needs: 1,
                ..
            },
        ] = found.as_slice()
        else {
            panic!("{found:#?}");
        };
        assert_eq!(role, ROLE);
        let [a, b] = users.as_slice() else {
            panic!("{users:#?}");
        };
        let denied: Vec<_> = a.denied.iter().map(|need| need.action.as_str()).collect();
        assert_eq!(denied, ["s3:DeleteBucket"]);
        assert_eq!(
            a.needs.first().map(|need| need.also.clone()),
            Some(vec!["lambda/b".to_owned()])
        );
        assert_eq!(b.denied, []);
        assert_eq!((a.own_actions.len(), b.own_actions.len()), (0, 0));
    }
}
