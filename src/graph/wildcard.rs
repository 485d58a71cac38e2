//! What wildcards reach, and what of that was used (`graph.md` section 5).
//!
//! Nothing is called unused. An action that no record shows is *not seen* only
//! if the trail of this account would have shown it; otherwise it is *not
//! observable* here (`cloudtrail.md` section 5).

use super::model::resource_part;
use super::query::PolicyRef;
use super::reach::{Denial, Denials, Named, Reach, Scope};
use super::{Graph, ObservedRequest, Outcome, PrincipalRef, Risk, Verdict};
use crate::catalog::{self, AccessLevel, ActionRef, Observability, Scope as Narrowing};
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
    /// The Allow statements with a wildcard of every role: worst first, then
    /// by role, policy and statement.
    #[must_use]
    pub fn wildcards(&self) -> Vec<Wildcard> {
        let coverage = Coverage::by_account(self);
        let roles: Vec<_> = self.roles().collect();
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

/// What is at stake: the worst of what is allowed and was not used. Where
/// `Resource` names everything, an action that was used counts as well: it is
/// allowed on all that it was not used on.
fn risk(statement: &Statement, reached: &Named, unused: &Named) -> Risk {
    let any_action = statement.action.as_ref().is_some_and(|actions| {
        let mut entries = actions.entries.iter();
        !actions.negated && entries.any(|entry| entry.value.kind == ActionKind::Any)
    });
    let any_resource = statement.resource.as_ref().is_some_and(|resources| {
        let mut entries = resources.entries.iter();
        !resources.negated && entries.any(|entry| entry.value.kind == ResourceKind::Any)
    });
    if any_action && any_resource && statement.conditions.is_empty() {
        return Risk::Critical;
    }
    let wider = reached
        .values()
        .filter(|action| any_resource && action.scope() == Narrowing::ResourceTypes);
    let mut worst = Risk::Low;
    for action in unused.values().chain(wider) {
        worst = worst.max(stake(*action));
        if worst == Risk::High {
            break;
        }
    }
    worst
}

/// What one action can do: AWS's level alone calls `iam:PassRole` a Write and
/// reading a secret a Read.
fn stake(action: ActionRef) -> Risk {
    let telling = || {
        let (catalog, name) = (catalog::get(), action.name());
        catalog.privilege(&name).or(catalog.data_read(&name))
    };
    match action.access() {
        AccessLevel::Permissions => Risk::High,
        _ if telling().is_some() => Risk::High,
        AccessLevel::Write | AccessLevel::Tagging => Risk::Medium,
        AccessLevel::List | AccessLevel::Read => Risk::Low,
    }
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

/// What a role was seen doing, and what the trail of its account shows.
struct RoleUse<'a> {
    /// By action: who used it on what. Denied calls are no use.
    by_action: BTreeMap<(&'a str, &'a str), Vec<(String, &'a ObservedRequest)>>,
    /// Absent where nothing was observed in the account.
    coverage: Option<&'a Coverage>,
}

impl<'a> RoleUse<'a> {
    fn of(graph: &Graph<'a>, role: &str, coverage: &'a BTreeMap<&str, Coverage>) -> Self {
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
    fn split(&self, reach: &Named, scope: &Scope) -> (Vec<UsedAction>, Named) {
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
struct Coverage {
    /// Whether there is a record of a management event.
    management: bool,
    /// Types of data events of which there is a record.
    types: BTreeSet<String>,
}

impl Coverage {
    /// The accounts in which something was observed.
    fn by_account<'g>(graph: &'g Graph) -> BTreeMap<&'g str, Self> {
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

    fn judge(&self, unused: &Named) -> Unseen {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::testing::{ROLE, request};
    use crate::sources::{Inventory, ReadOptions, read_sources};
    use crate::text::Source;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    /// An account with [`ROLE`], which has this inline policy.
    fn account(statements: &[Value]) -> Inventory {
        let text = json!({"RoleDetailList": [{
            "Path": "/app/", "RoleName": "orders", "RoleId": "AROAEXAMPLE", "Arn": ROLE,
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []},
            "InstanceProfileList": [], "AttachedManagedPolicies": [],
            "RolePolicyList": [{"PolicyName": "p", "PolicyDocument":
                {"Version": "2012-10-17", "Statement": statements}}],
        }], "UserDetailList": [], "GroupDetailList": [], "Policies": []});
        let source = Source::new("account.json", text.to_string());
        read_sources(vec![source], &ReadOptions::default())
    }

    fn wildcards(statements: &[Value], requests: &[ObservedRequest]) -> Vec<Wildcard> {
        Graph::build(&account(statements), requests).wildcards()
    }

    fn one(statements: &[Value], requests: &[ObservedRequest]) -> Wildcard {
        let mut found = wildcards(statements, requests);
        assert_eq!(found.len(), 1, "{found:#?}");
        found.remove(0)
    }

    fn allow(action: &str, resource: &str) -> Value {
        json!({"Effect": "Allow", "Action": action, "Resource": resource})
    }

    fn deny(action: &str, resource: &str) -> Value {
        json!({"Effect": "Deny", "Action": action, "Resource": resource})
    }

    #[test]
    fn exact_statements_are_not_listed() {
        assert_eq!(
            wildcards(&[allow("s3:GetBucketPolicy", "arn:aws:s3:::b")], &[]),
            []
        );
        assert_eq!(wildcards(&[deny("s3:*", "*")], &[]), []);
    }

    #[test]
    fn reach_is_what_the_resource_leaves() {
        let objects = one(&[allow("s3:*", "arn:aws:s3:::b/*")], &[]);
        assert!(
            objects
                .reach
                .names
                .iter()
                .any(|name| name == "s3:GetObject")
        );
        assert!(
            !objects
                .reach
                .names
                .iter()
                .any(|name| name == "s3:DeleteBucket")
        );
        assert!(
            !objects
                .reach
                .names
                .iter()
                .any(|name| name == "s3:ListAllMyBuckets")
        );
        let all = one(&[allow("s3:*", "*")], &[]);
        assert_eq!(all.reach.names, ["s3:*"]);
        assert!(all.reach.count > objects.reach.count);
    }

    #[test]
    fn a_deny_takes_back_what_it_surely_covers() {
        let found = one(&[allow("sqs:*", "*"), deny("sqs:DeleteQueue", "*")], &[]);
        assert_eq!(found.denied.names, ["sqs:DeleteQueue"]);
        assert_eq!(found.partly_denied.count, 0);
        let some = deny("sqs:DeleteQueue", "arn:aws:sqs:eu-west-1:111122223333:q");
        let found = one(&[allow("sqs:*", "*"), some], &[]);
        assert_eq!((found.denied.count, found.partly_denied.count), (0, 1));
        let elsewhere = deny("sqs:DeleteQueue", "arn:aws:sqs:eu-west-1:111122223333:q");
        let here = allow("sqs:*", "arn:aws:sqs:eu-west-1:111122223333:other");
        let found = one(&[here, elsewhere], &[]);
        assert_eq!((found.denied.count, found.partly_denied.count), (0, 0));
        let mut sometimes = deny("sqs:DeleteQueue", "*");
        sometimes["Condition"] = json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}});
        let found = one(&[allow("sqs:*", "*"), sometimes], &[]);
        assert_eq!((found.denied.count, found.partly_denied.count), (0, 1));
    }

    #[test]
    fn use_outside_the_statement_does_not_count() {
        let seen = [
            request("lambda/a", "s3:GetObject", "arn:aws:s3:::b/1"),
            request("lambda/a", "s3:GetObject", "arn:aws:s3:::other/1"),
        ];
        let found = one(&[allow("s3:*", "arn:aws:s3:::b/*")], &seen);
        let [used] = found.used.as_slice() else {
            panic!("{found:#?}");
        };
        assert_eq!((used.action.as_str(), used.count), ("s3:GetObject", 1));
        assert_eq!(used.resources, ["arn:aws:s3:::b/1"]);
        assert_eq!(used.workloads, ["lambda/a"]);
    }

    #[test]
    fn nothing_is_not_seen_that_no_record_could_show() {
        let without = one(&[allow("s3:*", "*")], &[]);
        assert_eq!(without.unseen, None, "no usage, no judgement");
        let names = |actions: &Actions| actions.names.clone();
        // Only management events were recorded.
        let seen = [request("lambda/a", "sts:DecodeAuthorizationMessage", "*")];
        let unseen = one(&[allow("s3:*", "*")], &seen).unseen.unwrap();
        assert!(names(&unseen.not_seen).contains(&"s3:DeleteBucketPolicy".to_owned()));
        assert!(names(&unseen.not_observable).contains(&"s3:GetObject".to_owned()));
        assert_eq!(unseen.not_seen_where_recorded.count, 0);
        // Only data events of objects were recorded.
        let seen = [request("lambda/a", "s3:GetObject", "arn:aws:s3:::b/1")];
        let unseen = one(&[allow("s3:*", "*")], &seen).unseen.unwrap();
        assert_eq!(unseen.not_seen.count, 0);
        let recorded = names(&unseen.not_seen_where_recorded);
        assert!(
            recorded.contains(&"s3:PutObject".to_owned()),
            "{recorded:?}"
        );
        assert!(!recorded.contains(&"s3:GetObject".to_owned()));
    }

    #[test]
    fn what_cannot_be_decided_is_said() {
        let unknown = |statement: Value| one(&[statement], &[]).unknown.join("; ");
        let mut conditional = allow("sqs:*", "*");
        conditional["Condition"] = json!({"Bool": {"aws:SecureTransport": "true"}});
        assert!(unknown(conditional).contains("`aws:SecureTransport`"));
        let own = "arn:aws:s3:::b/${aws:PrincipalTag/team}/*";
        assert!(unknown(allow("s3:GetObject", own)).contains("`aws:PrincipalTag/team`"));
        let most = json!({"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::b"});
        assert!(unknown(most).contains("`NotResource`"));
        assert_eq!(unknown(allow("s3:*", "*")), "");
        assert_eq!(one(&[allow("s3:*", "*")], &[]).verdict, Verdict::Proved);
    }

    /// What is said to be reached replays in the simulator, which knows no
    /// catalog and no overlap.
    #[test]
    fn reach_replays_in_the_simulator() {
        use crate::policy::PolicyType;
        use crate::semantics::evaluate::{CompiledPolicy, Decision, PolicySet, decide};
        use crate::semantics::{Context, Request, Settings};
        let statements = [
            allow("sqs:*", "*"),
            allow("dynamodb:*", "arn:aws:dynamodb:*:*:table/orders"),
            allow("s3:*", "arn:aws:s3:::b/*"),
            deny("sqs:DeleteQueue", "*"),
        ];
        let inventory = account(&statements);
        let settings = Settings::default();
        let documents = inventory
            .documents
            .iter()
            .filter(|d| d.policy_type == PolicyType::Identity);
        let identity: Vec<_> = documents
            .filter_map(|document| document.policy.as_ref())
            .map(|policy| CompiledPolicy::new(policy, PolicyType::Identity))
            .collect();
        let policies = PolicySet {
            identity,
            ..PolicySet::default()
        };
        let decided = |action: ActionRef, resource: &str| {
            let request = Request {
                principal: ROLE.to_owned(),
                action: action.name(),
                resource: resource.to_owned(),
                resource_account: Some("111122223333".to_owned()),
                context: Context::default(),
                ..Request::default()
            };
            decide(&request, &policies, &settings).unwrap().decision
        };
        let found = Graph::build(&inventory, &[]).wildcards();
        assert_eq!(found.len(), 3);
        let witnesses = [
            "arn:aws:sqs:eu-west-1:111122223333:q",
            "arn:aws:dynamodb:eu-west-1:111122223333:table/orders",
            "arn:aws:s3:::b/1",
        ];
        for wildcard in found {
            let witness = witnesses[wildcard.statement];
            for name in wildcard.reach.names.iter().chain(&wildcard.denied.names) {
                for action in catalog::get().expand(name) {
                    let resource = match action.scope() {
                        Narrowing::WildcardOnly => "*",
                        _ => witness,
                    };
                    let denied = wildcard.denied.names.contains(&action.name());
                    let expected = match denied {
                        true => Decision::ExplicitlyDenied,
                        false => Decision::Allowed,
                    };
                    assert_eq!(decided(action, resource), expected, "{action}");
                }
            }
        }
    }

    #[test]
    fn the_parts_make_the_reach() {
        let seen = [
            request("lambda/a", "s3:GetObject", "arn:aws:s3:::b/1"),
            request("lambda/a", "s3:GetBucketPolicy", "arn:aws:s3:::b"),
        ];
        let found = one(&[allow("s3:*", "*")], &seen);
        let unseen = found.unseen.unwrap();
        let parts = found.used.len()
            + unseen.not_seen.count
            + unseen.not_seen_where_recorded.count
            + unseen.not_observable.count;
        assert_eq!(parts, found.reach.count);
    }

    #[test]
    fn the_risk_is_that_of_what_was_not_used() {
        let risk = |action: &str, resource: &str| one(&[allow(action, resource)], &[]).risk;
        assert_eq!(risk("*", "*"), Risk::Critical);
        assert_eq!(risk("iam:PassRole", "*"), Risk::High);
        assert_eq!(risk("s3:*", "*"), Risk::High);
        assert_eq!(risk("secretsmanager:GetSecretValue", "*"), Risk::High);
        assert_eq!(risk("sqs:SendMessage", "*"), Risk::Medium);
        assert_eq!(risk("sqs:List*", "*"), Risk::Low);
        // Used, but only on one of all that it is allowed on.
        let seen = [request(
            "lambda/a",
            "sqs:SendMessage",
            "arn:aws:sqs:eu-west-1:1:q",
        )];
        let used = |resource: &str| one(&[allow("sqs:SendMessage", resource)], &seen).risk;
        assert_eq!(used("*"), Risk::Medium);
        assert_eq!(used("arn:aws:sqs:eu-west-1:1:q*"), Risk::Low);
    }

    fn statement() -> impl Strategy<Value = Value> {
        let action = prop::sample::select(vec![
            "s3:*",
            "s3:Get*",
            "sqs:*",
            "sqs:SendMessage",
            "dynamodb:*Item",
            "sqs:DeleteQueue",
        ]);
        let resource = prop::sample::select(vec![
            "*",
            "arn:aws:s3:::b/*",
            "arn:aws:sqs:*:*:q*",
            "arn:aws:sqs:eu-west-1:111122223333:q",
        ]);
        (prop::sample::select(vec!["Allow", "Deny"]), action, resource).prop_map(
            |(effect, action, resource)| {
                json!({"Effect": effect, "Action": action, "Resource": resource})
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn adding_a_deny_never_adds_reach(
            statements in prop::collection::vec(statement(), 1..4),
            action in prop::sample::select(vec!["s3:*", "sqs:DeleteQueue", "dynamodb:Put*"]),
            resource in prop::sample::select(vec!["*", "arn:aws:sqs:*:*:q*"]),
        ) {
            let before = wildcards(&statements, &[]);
            let mut more = statements.clone();
            more.push(deny(action, resource));
            let after = wildcards(&more, &[]);
            prop_assert_eq!(before.len(), after.len());
            for old in &before {
                let new = after.iter().find(|new| new.statement == old.statement).unwrap();
                prop_assert!(new.reach.count <= old.reach.count);
                prop_assert_eq!(new.reach.count + new.denied.count, old.reach.count + old.denied.count);
            }
        }

        #[test]
        fn the_order_of_requests_does_not_matter(order in Just(vec![
            request("lambda/a", "s3:GetObject", "arn:aws:s3:::b/1"),
            request("lambda/b", "s3:GetObject", "arn:aws:s3:::b/1"),
            request("ecs-task/c", "s3:PutObject", "arn:aws:s3:::b/2"),
            request("lambda/a", "sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q"),
        ]).prop_shuffle()) {
            let inventory = account(&[allow("s3:*", "*")]);
            let mut sorted = order.clone();
            sorted.sort();
            let (a, b) = (Graph::build(&inventory, &order), Graph::build(&inventory, &sorted));
            prop_assert_eq!(a.wildcards(), b.wildcards());
            prop_assert_eq!(a.shared_roles(), b.shared_roles());
            prop_assert!(a.edges().eq(b.edges()));
        }
    }
}
