//! The generator on small accounts.

use super::{Answer, Options, Output, ReviewKind, Role, ScopeLimit, generate};
use crate::cloudtrail::Mapped;
use crate::graph::{Graph, ObservedRequest, Outcome, Precision, Workload};
use crate::policy::{Policy, PolicyType};
use crate::semantics::evaluate::{CompiledPolicy, Decision, PolicySet, decide_identity};
use crate::semantics::{Request, Settings};
use crate::sources::{self, Inventory, ReadOptions};
use crate::text::Source;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

mod bounds;
mod laws;
mod statements;
mod unseen;
mod workloads;

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
