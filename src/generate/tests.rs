//! The laws of the generator, on small accounts.

use super::{Answer, Options, Output, ReviewKind, Role, ScopeLimit, generate};
use crate::cloudtrail::Mapped;
use crate::graph::{Graph, ObservedRequest, Outcome, Precision, Workload};
use crate::policy::{Policy, PolicyType};
use crate::semantics::evaluate::{CompiledPolicy, Decision, PolicySet, decide_identity};
use crate::semantics::{Request, Settings};
use crate::sources::{self, Inventory, ReadOptions};
use crate::text::Source;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

mod unseen;

const ROLE: &str = "arn:aws:iam::111122223333:role/app/orders";

/// An account with one role that holds `statements` inline.
fn account(statements: &Value) -> Value {
    json!({"UserDetailList": [], "GroupDetailList": [], "Policies": [], "RoleDetailList": [{
        "Path": "/app/", "RoleName": "orders", "RoleId": "AROAEXAMPLE", "Arn": ROLE,
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {
                "Service": ["lambda.amazonaws.com", "ecs-tasks.amazonaws.com"]}},
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {
                "AWS": "arn:aws:iam::111122223333:user/dana"},
                "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}},
        ]},
        "RolePolicyList": [{"PolicyName": "all", "PolicyDocument": {
            "Version": "2012-10-17", "Statement": statements}}],
        "AttachedManagedPolicies": [], "InstanceProfileList": [], "Tags": [],
    }]})
}

fn inventory(account: &Value) -> Inventory {
    let source = Source::from_bytes("account.json", account.to_string().into_bytes()).unwrap();
    let inventory = sources::read_sources(vec![source], &ReadOptions::default());
    assert_eq!(inventory.entities.len(), 1, "{:?}", inventory.failures);
    inventory
}

fn seen(workload: &str, action: &str, resource: &str) -> ObservedRequest {
    let (kind, name) = workload.split_once('/').unwrap();
    ObservedRequest {
        account: "111122223333".to_owned(),
        region: "eu-west-1".to_owned(),
        principal: ROLE.to_owned(),
        principal_id: "AROAEXAMPLE".to_owned(),
        workload: Workload {
            kind: kind.to_owned(),
            name: name.to_owned(),
            basis: "session-name".to_owned(),
            service: None,
        },
        action: action.to_owned(),
        resource: resource.to_owned(),
        precision: Precision::Exact,
        outcome: Outcome::Ok,
        context: BTreeMap::new(),
        count: 1,
        first: "2026-10-05T06:00:00Z".to_owned(),
        last: "2026-10-30T18:00:00Z".to_owned(),
        event_ids: vec!["00000000-0000-4000-a000-000000000001".to_owned()],
    }
}

fn with(mut request: ObservedRequest, key: &str, value: &str) -> ObservedRequest {
    request
        .context
        .insert(key.to_owned(), vec![value.to_owned()]);
    request
}

/// What follows from the records alone; what is kept without is tested by
/// `unseen`.
fn run(inventory: &Inventory, requests: &[ObservedRequest]) -> Output {
    run_with(inventory, requests, true)
}

fn run_with(inventory: &Inventory, requests: &[ObservedRequest], drop: bool) -> Output {
    let graph = Graph::build(inventory, requests);
    let mapped = Mapped {
        requests: requests.to_vec(),
        ..Mapped::default()
    };
    let options = Options {
        drop_unobservable: drop,
        ..Options::default()
    };
    generate(&graph, &mapped, &options)
}

fn run_on(statements: &Value, requests: &[ObservedRequest]) -> Output {
    run(&inventory(&account(statements)), requests)
}

fn only(output: &Output) -> &Role {
    assert_eq!(output.report.roles.len(), 1);
    &output.report.roles[0]
}

/// A written document, as plain JSON.
fn file(output: &Output, path: &str) -> Value {
    let file = output.files.iter().find(|file| file.path == path);
    let file = file.unwrap_or_else(|| panic!("{path} in {:?}", output.files));
    serde_json::from_str(&file.text).unwrap()
}

fn statements(output: &Output) -> Vec<Value> {
    let role = only(output);
    let policies = role.policy_files.iter().map(|path| file(output, path));
    policies
        .flat_map(|policy| policy["Statement"].as_array().unwrap().clone())
        .collect()
}

fn policies(output: &Output, role: &Role) -> Vec<Policy> {
    role.policy_files
        .iter()
        .map(|path| {
            let text = &output
                .files
                .iter()
                .find(|file| file.path == *path)
                .unwrap()
                .text;
            let node = crate::syntax::json::parse(text).root.unwrap();
            let reading = crate::policy::parse(&node, Some(PolicyType::Identity));
            assert_eq!(reading.diagnostics, [], "{text}");
            reading.policy
        })
        .collect()
}

fn allows(policies: &[Policy], action: &str, resource: &str) -> bool {
    let set = PolicySet {
        identity: policies
            .iter()
            .map(|policy| CompiledPolicy::new(policy, PolicyType::Identity))
            .collect(),
        ..PolicySet::default()
    };
    let request = Request {
        principal: ROLE.to_owned(),
        action: action.to_owned(),
        resource: resource.to_owned(),
        ..Request::default()
    };
    decide_identity(&request, &set, &Settings::default())
        .unwrap()
        .decision
        == Decision::Allowed
}

fn everything() -> Value {
    json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}])
}

const TABLE: &str = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders";
const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:placed";

#[test]
fn each_workload_gets_what_it_used_and_its_own_service() {
    let output = run_on(
        &everything(),
        &[
            seen("lambda/api", "dynamodb:GetItem", TABLE),
            seen("lambda/api", "dynamodb:Query", TABLE),
            seen("ecs-task/web", "sqs:SendMessage", QUEUE),
        ],
    );
    let names: Vec<_> = output
        .report
        .roles
        .iter()
        .map(|role| role.role_name.as_deref())
        .collect();
    assert_eq!(names, [Some("orders-api"), Some("orders-web")]);
    let api = file(&output, "orders-api/policy.json");
    assert_eq!(
        api,
        json!({"Version": "2012-10-17", "Statement": [{
            "Sid": "DynamodbReadOrders", "Effect": "Allow",
            "Action": ["dynamodb:GetItem", "dynamodb:Query"], "Resource": TABLE}]})
    );
    let api_trust = file(&output, "orders-api/trust.json");
    assert_eq!(api_trust["Statement"].as_array().unwrap().len(), 1);
    assert_eq!(
        api_trust["Statement"][0]["Principal"],
        json!({"Service": "lambda.amazonaws.com"})
    );
    assert_eq!(
        api_trust["Statement"][0].get("Condition"),
        None,
        "Lambda is not known to say"
    );
    let web_trust = file(&output, "orders-web/trust.json");
    assert_eq!(
        web_trust["Statement"][0]["Principal"],
        json!({"Service": "ecs-tasks.amazonaws.com"})
    );
    assert_eq!(
        web_trust["Statement"][0]["Condition"],
        json!({"StringEquals": {"aws:SourceAccount": "111122223333"}})
    );
    for role in &output.report.roles {
        assert_eq!(role.covered, role.observed);
    }
}

#[test]
fn a_trust_policy_made_after_a_name_is_to_be_checked() {
    let noted = |basis: &str, service: Option<&str>, inventory: &Inventory| {
        let mut request = seen("ecs-task/ecs-task", "sqs:SendMessage", QUEUE);
        basis.clone_into(&mut request.workload.basis);
        request.workload.service = service.map(str::to_owned);
        let output = run(inventory, &[request]);
        let trust = file(&output, "orders-ecs-task/trust.json");
        let principal = &trust["Statement"][0]["Principal"]["Service"];
        assert_eq!(principal, "ecs-tasks.amazonaws.com");
        let notes = only(&output).review.iter();
        notes
            .filter(|note| note.kind == ReviewKind::Trust)
            .any(|note| note.message.contains("form of the session's name"))
    };
    let nothing = Inventory::default();
    let service = Some("ecs-tasks.amazonaws.com");
    assert!(noted("session-name", None, &nothing));
    assert!(noted("session-name", service, &nothing));
    assert!(!noted("source-arn", service, &nothing));
    let old = inventory(&account(&everything()));
    assert!(
        !noted("session-name", service, &old),
        "the old one names it"
    );
}

#[test]
fn a_console_session_is_no_workload() {
    let output = run_on(
        &everything(),
        &[
            seen("lambda/api", "dynamodb:GetItem", TABLE),
            seen("console/dana", "s3:ListAllMyBuckets", "*"),
        ],
    );
    let console = &output.report.roles[1];
    assert_eq!(console.role_name.as_deref(), Some("orders-console"));
    let trust = file(&output, "orders-console/trust.json");
    assert_eq!(trust["Statement"].as_array().unwrap().len(), 1);
    assert_eq!(
        trust["Statement"][0]["Principal"],
        json!({"AWS": "arn:aws:iam::111122223333:user/dana"})
    );
    assert!(!allows(
        &policies(&output, &output.report.roles[0]),
        "s3:ListAllMyBuckets",
        "*"
    ));
}

#[test]
fn a_denied_request_is_no_evidence() {
    let mut denied = seen("lambda/api", "sqs:DeleteQueue", QUEUE);
    denied.outcome = Outcome::Denied;
    denied.count = 4;
    let used = seen("lambda/api", "sqs:SendMessage", QUEUE);
    let old = json!([{"Effect": "Allow", "Action": "sqs:Send*", "Resource": "*"}]);
    let output = run_on(&old, &[denied.clone(), used.clone()]);
    assert_eq!(only(&output).denied[0].old_role_allows, Some(false));
    let output = run_on(&everything(), &[denied, used]);
    let role = only(&output);
    assert_eq!(
        role.denied[0].old_role_allows,
        Some(true),
        "something else refuses it"
    );
    assert_eq!((role.observed, role.covered), (1, 1));
    assert_eq!(role.denied.len(), 1);
    assert_eq!(role.denied[0].count, 4);
    assert!(!allows(&policies(&output, role), "sqs:DeleteQueue", QUEUE));
}

#[test]
fn only_denied_requests_make_no_policy() {
    let mut denied = seen("lambda/api", "sqs:DeleteQueue", QUEUE);
    denied.outcome = Outcome::Denied;
    let output = run_on(&everything(), &[denied]);
    assert_eq!(only(&output).policy_files, Vec::<String>::new());
    assert_eq!(only(&output).observed, 0);
}

#[test]
fn a_request_beyond_the_old_policies_is_not_granted() {
    let old = json!([{"Effect": "Allow", "Action": "sqs:*", "Resource": QUEUE}]);
    let foreign = "arn:aws:sqs:eu-west-1:444455556666:theirs";
    let output = run_on(
        &old,
        &[
            seen("lambda/api", "sqs:SendMessage", QUEUE),
            seen("lambda/api", "dynamodb:GetItem", TABLE),
            seen("lambda/api", "sqs:SendMessage", foreign),
        ],
    );
    let role = only(&output);
    assert_eq!((role.observed, role.covered), (3, 1));
    let answers: Vec<_> = role
        .not_covered
        .iter()
        .map(|n| (n.action.as_str(), n.answer))
        .collect();
    assert_eq!(
        answers,
        [
            ("dynamodb:GetItem", Answer::Undecided),
            ("sqs:SendMessage", Answer::Refused)
        ]
    );
    let policies = policies(&output, role);
    assert!(!allows(&policies, "dynamodb:GetItem", TABLE));
    assert!(!allows(&policies, "sqs:SendMessage", foreign));
}

#[test]
fn an_imprecise_resource_is_cut_down_to_the_old_policy() {
    let old = json!([
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": [
            "arn:aws:sqs:*:111122223333:placed-*", "arn:aws:sqs:us-east-1:111122223333:other"]},
        {"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:sns:*:*:secret"},
    ]);
    let mut queue = seen(
        "lambda/api",
        "sqs:SendMessage",
        "arn:aws:sqs:eu-west-1:111122223333:*",
    );
    queue.precision = Precision::Imprecise;
    let mut topic = seen(
        "lambda/api",
        "sns:Publish",
        "arn:aws:sns:eu-west-1:111122223333:*",
    );
    topic.precision = Precision::Imprecise;
    let output = run_on(&json!([old[0]]), std::slice::from_ref(&queue));
    assert_eq!(
        statements(&output)[0]["Resource"],
        "arn:aws:sqs:eu-west-1:111122223333:placed-*"
    );
    assert_eq!(only(&output).covered, 1);
    assert!(
        only(&output)
            .review
            .iter()
            .any(|note| note.kind == ReviewKind::Imprecise)
    );

    // All but one topic is no pattern: the old element stands.
    let output = run_on(&json!([old[1]]), &[topic]);
    assert_eq!(
        statements(&output)[0]["NotResource"],
        "arn:aws:sns:*:*:secret"
    );
    assert_eq!(statements(&output)[0]["Action"], "sns:Publish");
    assert_eq!(only(&output).covered, 1);
}

#[test]
fn old_conditions_denies_and_boundary_stay() {
    let mut account = account(&json!([
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*",
            "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}},
        {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"},
        {"Sid": "Keep", "Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"},
    ]));
    account["RoleDetailList"][0]["PermissionsBoundary"] = json!({
        "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
        "PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/cap"});
    account["Policies"] = json!([{"PolicyName": "cap", "Path": "/", "PolicyId": "ANPAEXAMPLE",
        "Arn": "arn:aws:iam::111122223333:policy/cap", "DefaultVersionId": "v1",
        "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": {
            "Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}}]}]);
    let inventory = inventory(&account);
    let object = "arn:aws:s3:::b/k";
    let output = run(
        &inventory,
        &[
            with(
                seen("lambda/api", "s3:GetObject", object),
                "aws:SourceVpce",
                "vpce-1",
            ),
            seen("lambda/api", "s3:PutObject", object),
            seen("lambda/api", "sqs:SendMessage", QUEUE),
        ],
    );
    let all = statements(&output);
    let role = only(&output);
    assert_eq!(
        role.boundary.as_deref(),
        Some("arn:aws:iam::111122223333:policy/cap")
    );
    assert_eq!((role.observed, role.covered), (3, 1));
    let s3 = all.iter().find(|s| s["Condition"].is_object()).unwrap();
    assert_eq!(
        s3["Condition"],
        json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}})
    );
    assert_eq!(s3["Action"], json!(["s3:GetObject", "s3:PutObject"]));
    assert!(all.contains(&json!(
        {"Sid": "Keep", "Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}
    )));
    let answers: Vec<_> = role
        .not_covered
        .iter()
        .map(|n| (n.action.as_str(), n.answer))
        .collect();
    assert_eq!(
        answers,
        [
            ("s3:PutObject", Answer::Undecided),
            ("sqs:SendMessage", Answer::Refused)
        ],
        "a key the records do not tell; a service outside the boundary"
    );
    assert!(role.not_covered[0].reason.contains("aws:SourceVpce"));
}

#[test]
fn a_condition_on_the_old_role_itself_does_not_hold_for_the_new_one() {
    let old = json!([{"Effect": "Allow", "Action": "sqs:*", "Resource": "*",
        "Condition": {"ArnEquals": {"aws:PrincipalArn": ROLE}}}]);
    let output = run_on(&old, &[seen("lambda/api", "sqs:SendMessage", QUEUE)]);
    let role = only(&output);
    assert_eq!(
        (role.covered, role.not_covered[0].answer),
        (0, Answer::Refused)
    );
    assert_eq!(statements(&output)[0]["Condition"], old[0]["Condition"]);
}

#[test]
fn a_deny_on_an_unknown_key_leaves_a_request_undecided() {
    let old = json!([
        {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    ]);
    let request = seen("lambda/api", "sqs:SendMessage", QUEUE);
    let output = run_on(&old, std::slice::from_ref(&request));
    assert_eq!(
        (only(&output).covered, only(&output).not_covered[0].answer),
        (0, Answer::Undecided)
    );
    let output = run_on(&old, &[with(request, "aws:SecureTransport", "true")]);
    assert_eq!(only(&output).covered, 1);
}

#[test]
fn a_network_stands_for_its_addresses_unless_a_range_cuts_it() {
    let old = |range: &str| {
        json!([
            {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"},
            {"Effect": "Deny", "Action": "*", "Resource": "*",
                "Condition": {"NotIpAddress": {"aws:SourceIp": range}}},
        ])
    };
    let request = with(
        seen("lambda/api", "sqs:SendMessage", QUEUE),
        "aws:SourceIp",
        "10.1.2.0/24",
    );
    let covered = |range: &str| only(&run_on(&old(range), std::slice::from_ref(&request))).covered;
    assert_eq!(covered("10.1.0.0/16"), 1);
    assert_eq!(covered("10.1.2.128/25"), 0);
    assert_eq!(covered("192.0.2.0/24"), 0);
}

#[test]
fn a_path_is_granted_only_where_asked_for_and_within_the_old_policy() {
    let inventory = inventory(&account(&json!([
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/in/*"},
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": [
            "arn:aws:s3:::b/in/1", "arn:aws:s3:::b/in/2", "arn:aws:s3:::b/in/3"]},
    ])));
    let requests: Vec<_> = ["s3:GetObject", "s3:PutObject"]
        .into_iter()
        .flat_map(|action| {
            (1..4).map(move |n| seen("lambda/api", action, &format!("arn:aws:s3:::b/in/{n}")))
        })
        .collect();
    let graph = Graph::build(&inventory, &requests);
    let mapped = Mapped {
        requests: requests.clone(),
        ..Mapped::default()
    };
    let run = |scope| {
        generate(
            &graph,
            &mapped,
            &Options {
                scope,
                drop_unobservable: true,
                ..Options::default()
            },
        )
    };

    let exact = run(ScopeLimit::Exact);
    assert!(!exact.files[0].text.contains("in/*"));
    let hint = only(&exact)
        .review
        .iter()
        .find(|note| note.kind == ReviewKind::Enumerated)
        .unwrap();
    assert!(
        hint.message
            .contains("new ones will be denied, use --scope prefix to grant `arn:aws:s3:::b/in/*`"),
        "{}",
        hint.message
    );

    let prefix = run(ScopeLimit::Prefix);
    let policies = policies(&prefix, only(&prefix));
    assert!(allows(&policies, "s3:GetObject", "arn:aws:s3:::b/in/4"));
    assert!(
        !allows(&policies, "s3:PutObject", "arn:aws:s3:::b/in/4"),
        "the old role may not"
    );
    assert_eq!(only(&prefix).covered, 6);
    assert_eq!(only(&prefix).evidence.len(), 6);
}

#[test]
fn where_no_prefix_helps_that_is_told() {
    let stream = "arn:aws:logs:eu-west-1:111122223333:log-group:/app:log-stream:1";
    let mut requests = vec![seen("lambda/api", "logs:CreateLogStream", stream)];
    let object = |n: u8| seen("lambda/api", "s3:GetObject", &format!("arn:aws:s3:::b/{n}"));
    requests.extend((0..3).map(object));
    requests.push(seen("lambda/api", "s3:PutObject", "arn:aws:s3:::b/state"));
    let told = |old: &Value| -> Vec<String> {
        let output = run_on(old, &requests);
        let notes = only(&output).review.iter();
        let listed = notes.filter(|note| note.kind == ReviewKind::Listed);
        listed.map(|note| note.message.clone()).collect()
    };
    let notes = told(&everything());
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].starts_with("`logs:CreateLogStream`: 1 resource is named,"));
    assert!(notes[1].starts_with("`s3:GetObject`: 3 resources are named,"));
    assert!(notes[1].contains("`arn:aws:s3:::b/*` has to be granted by hand"));

    let resources: Vec<_> = requests.iter().map(|request| &request.resource).collect();
    let same = json!([{"Effect": "Allow", "Action": "*", "Resource": resources}]);
    assert_eq!(
        told(&same),
        [""; 0],
        "the old role is denied new ones as well"
    );
}

#[test]
fn roles_are_passed_to_the_service_they_were_passed_to() {
    let role = "arn:aws:iam::111122223333:role/task";
    let pass = |service| {
        with(
            seen("lambda/api", "iam:PassRole", role),
            "iam:PassedToService",
            service,
        )
    };
    let requests = [pass("ecs-tasks.amazonaws.com"), pass("ec2.amazonaws.com")];
    let output = run_on(&everything(), &requests);
    let all = statements(&output);
    assert_eq!(all.len(), 1);
    assert_eq!(all[0]["Resource"], role);
    assert_eq!(
        all[0]["Condition"],
        json!({"StringEquals": {"iam:PassedToService": ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]}})
    );
    assert_eq!(only(&output).covered, 2);

    // Inferred, and refuted by the old policies: neither granted nor missed.
    let output = run_on(
        &json!([{"Effect": "Allow", "Action": "ecs:*", "Resource": "*"}]),
        &requests,
    );
    assert_eq!(
        (only(&output).observed, only(&output).policy_files.len()),
        (0, 0)
    );
    assert!(
        only(&output)
            .review
            .iter()
            .any(|note| note.kind == ReviewKind::Inferred)
    );
}

#[test]
fn keys_are_tied_to_the_service_all_calls_came_through() {
    let key = "arn:aws:kms:eu-west-1:111122223333:key/6c1d2e0a-93b4-4c8e-8f05-2a7b4e9d1c36";
    let via = "secretsmanager.eu-west-1.amazonaws.com";
    let decrypt = with(
        seen("lambda/api", "kms:Decrypt", key),
        "kms:ViaService",
        via,
    );
    let output = run_on(&everything(), std::slice::from_ref(&decrypt));
    assert_eq!(
        statements(&output)[0]["Condition"],
        json!({"StringEquals": {"kms:ViaService": via}})
    );
    assert_eq!(only(&output).covered, 1);
    let own = seen("lambda/api", "kms:Encrypt", key);
    let output = run_on(&everything(), &[decrypt, own]);
    assert_eq!(statements(&output).len(), 1);
    assert_eq!(statements(&output)[0].get("Condition"), None);
}

#[test]
fn strange_keys_are_granted_and_nothing_else() {
    let object = "arn:aws:s3:::b/what?/${aws:username}/*.csv";
    let output = run_on(&everything(), &[seen("lambda/api", "s3:GetObject", object)]);
    assert_eq!(only(&output).covered, 1);
    let policies = policies(&output, only(&output));
    assert!(allows(&policies, "s3:GetObject", object));
    assert!(!allows(
        &policies,
        "s3:GetObject",
        "arn:aws:s3:::b/whatX/${aws:username}/*.csv"
    ));
    assert!(!allows(
        &policies,
        "s3:GetObject",
        "arn:aws:s3:::b/what?/${aws:username}/a.csv"
    ));
}

#[test]
fn more_than_one_policy_holds_is_split_never_cut() {
    let requests: Vec<_> = (0..400)
        .map(|n| {
            seen(
                "lambda/api",
                "s3:GetObject",
                &format!("arn:aws:s3:::bucket/invoices/2026/{n:06}.pdf"),
            )
        })
        .collect();
    let output = run_on(&everything(), &requests);
    let role = only(&output);
    assert!(role.policy_files.len() > 1);
    assert_eq!(role.policy_files[0], "orders-api/policy-1.json");
    for path in &role.policy_files {
        let text = &output
            .files
            .iter()
            .find(|file| file.path == *path)
            .unwrap()
            .text;
        assert!(text.chars().filter(|c| !c.is_whitespace()).count() <= 6_144);
    }
    assert_eq!((role.observed, role.covered), (400, 400));
    assert_eq!(
        role.evidence.len(),
        400,
        "one row for each, whichever part grants it"
    );
    let sids: BTreeSet<_> = statements(&output)
        .iter()
        .map(|s| s["Sid"].to_string())
        .collect();
    assert_eq!(sids.len(), statements(&output).len());
}

#[test]
fn a_user_gets_a_policy_and_no_role() {
    let user = "arn:aws:iam::111122223333:user/ops/dana";
    let mut request = seen("user/dana", "sqs:SendMessage", QUEUE);
    request.principal = user.to_owned();
    let output = run(&Inventory::default(), &[request]);
    let role = only(&output);
    assert_eq!(
        (role.role_name.as_deref(), role.trust_file.as_deref()),
        (None, None)
    );
    assert_eq!(role.policy_files, ["user-dana/policy.json"]);
}

#[test]
fn roles_of_aws_are_not_touched() {
    let mut linked = seen("session/x", "ec2:DescribeInstances", "*");
    linked.principal =
        "arn:aws:iam::111122223333:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
            .to_owned();
    let mut set = linked.clone();
    set.principal = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123456789abcdef".to_owned();
    let output = run(&Inventory::default(), &[linked, set]);
    assert_eq!(output.report.skipped.len(), 1);
    let role = only(&output);
    assert_eq!(
        (role.role_name.as_deref(), role.trust_file.as_deref()),
        (None, None)
    );
    assert!(
        role.review
            .iter()
            .any(|note| note.message.contains("permission set"))
    );
}

/// An old role with every sort of statement.
fn mixed() -> Value {
    json!([
        {"Sid": "Queues", "Effect": "Allow", "Action": "sqs:*",
            "Resource": ["arn:aws:sqs:eu-west-1:*:placed", "arn:aws:sqs:*:111122223333:ship-*"]},
        {"Effect": "Allow", "Action": ["dynamodb:*", "kms:*", "iam:PassRole"], "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:Get*", "NotResource": "arn:aws:s3:::b/secret/*"},
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*",
            "Condition": {"StringEquals": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}}},
        {"Sid": "No", "Effect": "Deny", "Action": "dynamodb:DeleteTable", "Resource": "*"},
    ])
}

fn any_request() -> impl Strategy<Value = ObservedRequest> {
    let what = prop::sample::select(vec![
        ("sqs:SendMessage", QUEUE, Precision::Exact),
        (
            "sqs:SendMessage",
            "arn:aws:sqs:eu-west-1:111122223333:ship-a",
            Precision::Exact,
        ),
        (
            "sqs:SendMessage",
            "arn:aws:sqs:eu-west-1:111122223333:else",
            Precision::Exact,
        ),
        (
            "sqs:ReceiveMessage",
            "arn:aws:sqs:eu-west-1:111122223333:*",
            Precision::Imprecise,
        ),
        (
            "sqs:SendMessage",
            "arn:aws:sqs:eu-west-1:111122223333:*",
            Precision::Imprecise,
        ),
        ("dynamodb:GetItem", TABLE, Precision::Exact),
        ("dynamodb:Query", TABLE, Precision::Exact),
        (
            "dynamodb:Query",
            "arn:aws:dynamodb:eu-west-1:111122223333:table/stock",
            Precision::Exact,
        ),
        ("dynamodb:ListTables", "*", Precision::Exact),
        ("s3:GetObject", "arn:aws:s3:::b/a", Precision::Exact),
        ("s3:GetObject", "arn:aws:s3:::b/c*d", Precision::Exact),
        ("s3:GetObject", "arn:aws:s3:::b/*", Precision::Folded),
        ("s3:GetObject", "arn:aws:s3:::b/secret/x", Precision::Exact),
        ("s3:PutObject", "arn:aws:s3:::b/a", Precision::Exact),
        ("s3:PutObject", "arn:aws:s3:::b/p/*", Precision::Folded),
        (
            "kms:Decrypt",
            "arn:aws:kms:eu-west-1:111122223333:key/1",
            Precision::Exact,
        ),
        (
            "iam:PassRole",
            "arn:aws:iam::111122223333:role/task",
            Precision::Exact,
        ),
    ]);
    let outcome = prop::sample::select(vec![
        Outcome::Ok,
        Outcome::Ok,
        Outcome::Ok,
        Outcome::Semantic,
        Outcome::Denied,
    ]);
    let workload = prop::sample::select(vec![
        "lambda/api",
        "lambda/worker",
        "ecs-task/web",
        "session/x",
    ]);
    (what, outcome, workload, 0..3u8, 1..9u64).prop_map(
        |((action, resource, precision), outcome, workload, context, n)| {
            let mut request = seen(workload, action, resource);
            request.precision = precision;
            request.outcome = outcome;
            request.count = n;
            request.first = format!("2026-10-0{n}T00:00:00Z");
            request.event_ids = vec![format!("00000000-0000-4000-a000-00000000000{n}")];
            let value = |a: &str, b: &str| {
                if context == 1 {
                    a.to_owned()
                } else {
                    b.to_owned()
                }
            };
            let key = match action.split(':').next() {
                Some("s3") => ("aws:SourceVpce", value("vpce-1", "vpce-2")),
                Some("kms") => (
                    "kms:ViaService",
                    value("s3.eu-west-1.amazonaws.com", "sqs.eu-west-1.amazonaws.com"),
                ),
                Some("iam") => (
                    "iam:PassedToService",
                    value("ec2.amazonaws.com", "ecs-tasks.amazonaws.com"),
                ),
                _ => return request,
            };
            if context > 0 || action == "iam:PassRole" {
                request = with(request, key.0, &key.1);
            }
            request
        },
    )
}

/// Everything the strategy's requests can be about, and more.
fn probes() -> Vec<(&'static str, String)> {
    let resources = [
        QUEUE,
        TABLE,
        "*",
        "arn:aws:s3:::b/a",
        "arn:aws:s3:::b/c*d",
        "arn:aws:s3:::b/cXd",
        "arn:aws:s3:::b/secret/x",
        "arn:aws:s3:::b/p/q",
        "arn:aws:sqs:eu-west-1:111122223333:ship-a",
        "arn:aws:sqs:eu-west-1:111122223333:else",
        "arn:aws:sqs:us-east-1:111122223333:ship-b",
        "arn:aws:dynamodb:eu-west-1:111122223333:table/stock",
        "arn:aws:kms:eu-west-1:111122223333:key/1",
        "arn:aws:iam::111122223333:role/task",
    ];
    let actions = [
        "sqs:SendMessage",
        "sqs:ReceiveMessage",
        "sqs:DeleteQueue",
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:DeleteTable",
        "dynamodb:ListTables",
        "s3:GetObject",
        "s3:PutObject",
        "kms:Decrypt",
        "iam:PassRole",
    ];
    actions
        .into_iter()
        .flat_map(|action| {
            resources
                .iter()
                .map(move |resource| (action, (*resource).to_owned()))
        })
        .collect()
}

fn reaches(policies: &[Policy]) -> BTreeSet<(&'static str, String)> {
    let set = PolicySet {
        identity: policies
            .iter()
            .map(|p| CompiledPolicy::new(p, PolicyType::Identity))
            .collect(),
        ..PolicySet::default()
    };
    // With every key that a condition may ask for, so that what differs is what
    // is granted.
    let mut request = Request {
        principal: ROLE.to_owned(),
        ..Request::default()
    };
    for (key, value) in [
        ("aws:SourceVpce", "vpce-1"),
        ("kms:ViaService", "s3.eu-west-1.amazonaws.com"),
        ("iam:PassedToService", "ec2.amazonaws.com"),
    ] {
        request.context.insert(key, [value]).unwrap();
    }
    probes()
        .into_iter()
        .filter(|(action, resource)| {
            (*action).clone_into(&mut request.action);
            resource.clone_into(&mut request.resource);
            let verdict = decide_identity(&request, &set, &Settings::default()).unwrap();
            verdict.decision == Decision::Allowed
        })
        .collect()
}

fn documents(output: &Output) -> BTreeMap<String, BTreeSet<(&'static str, String)>> {
    output
        .report
        .roles
        .iter()
        .map(|role| (role.workload.name.clone(), reaches(&policies(output, role))))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn permuted_input_gives_the_same_bytes(
        drop: bool,
        (requests, shuffled) in prop::collection::vec(any_request(), 1..25)
            .prop_flat_map(|requests| (Just(requests.clone()), Just(requests).prop_shuffle()))
    ) {
        let inventory = inventory(&account(&mixed()));
        prop_assert_eq!(
            run_with(&inventory, &requests, drop),
            run_with(&inventory, &shuffled, drop)
        );
    }

    #[test]
    fn nothing_is_granted_beyond_the_old_role(drop: bool, requests in prop::collection::vec(any_request(), 1..25)) {
        let inventory = inventory(&account(&mixed()));
        let old: Vec<Policy> = inventory
            .effective(&inventory.entities[0])
            .documents
            .into_iter()
            .filter_map(|id| inventory.document(id).policy.clone())
            .collect();
        let old = reaches(&old);
        for (name, new) in documents(&run_with(&inventory, &requests, drop)) {
            prop_assert!(new.is_subset(&old), "{}: {:?}", name, new.difference(&old));
        }
    }

    #[test]
    fn more_observations_never_shrink(
        requests in prop::collection::vec(any_request(), 2..25),
        cut in 1..25usize,
    ) {
        let inventory = inventory(&account(&mixed()));
        let fewer = documents(&run(&inventory, &requests[..cut.min(requests.len())]));
        let more = documents(&run(&inventory, &requests));
        for (name, few) in fewer {
            prop_assert!(few.is_subset(&more[&name]), "{}", name);
        }
    }

    #[test]
    fn generating_from_the_proposal_changes_nothing(drop: bool, requests in prop::collection::vec(any_request(), 1..25)) {
        let first = run_with(&inventory(&account(&mixed())), &requests, drop);
        for role in first.report.roles.iter().filter(|role| !role.policy_files.is_empty()) {
            let inline: Vec<Value> = role
                .policy_files
                .iter()
                .map(|path| json!({"PolicyName": path.replace('/', "-"), "PolicyDocument": file(&first, path)}))
                .collect();
            let mut proposed = account(&json!([]));
            proposed["RoleDetailList"][0]["RolePolicyList"] = json!(inline);
            proposed["RoleDetailList"][0]["AssumeRolePolicyDocument"] = file(&first, role.trust_file.as_ref().unwrap());
            let own: Vec<ObservedRequest> = requests
                .iter()
                .filter(|request| request.workload.name == role.workload.name)
                .cloned()
                .collect();
            let again = run_with(&inventory(&proposed), &own, drop);
            for path in role.policy_files.iter().chain(&role.trust_file) {
                prop_assert_eq!(file(&again, path), file(&first, path), "{}", path);
            }
        }
    }
}
