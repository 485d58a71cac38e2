//! What is listed, by hand and by the simulator.

use super::*;
use crate::catalog::{ActionRef, Scope as Narrowing};
use crate::graph::ObservedRequest;
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
