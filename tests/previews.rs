//! What CloudFormation and Pulumi say before they deploy: change sets, previews
//! and the export of a stack.

use leastwise::policy::print_compact;
use leastwise::sources::{Completeness, Form, Inventory, ReadOptions, read_plan, read_sources};
use leastwise::text::Source;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

fn policy(action: &str, resource: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": action, "Resource": resource}]})
}

/// Both states.
fn states(name: &str, value: &Value) -> (Inventory, Inventory) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("previews");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("{name}.json"));
    fs::write(&file, serde_json::to_string_pretty(value).unwrap()).unwrap();
    read_plan(&file, &mut std::io::empty(), &ReadOptions::default()).unwrap()
}

fn after(value: &Value) -> Inventory {
    let source = Source::new("p.json", value.to_string());
    read_sources(vec![source], &ReadOptions::default())
}

/// Address, type, completeness.
fn told(inventory: &Inventory) -> Vec<(&str, &str, Completeness)> {
    let documents = inventory.documents.iter();
    documents
        .map(|d| {
            (
                d.address.as_deref().unwrap(),
                d.policy_type.name(),
                d.completeness,
            )
        })
        .collect()
}

fn printed(inventory: &Inventory, place: usize) -> String {
    print_compact(inventory.documents[place].policy.as_ref().unwrap())
}

fn change_set() -> Value {
    let context = |properties: Value| json!({"Properties": properties}).to_string();
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    let change = |id: &str, kind: &str, action: &str, more: Value| {
        let mut change = json!({"Action": action, "LogicalResourceId": id, "ResourceType": kind});
        change
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({"Type": "Resource", "ResourceChange": change})
    };
    json!({"ChangeSetName": "next", "StackName": "shop", "Changes": [
        change("Role", "AWS::IAM::Role", "Modify", json!({
            "BeforeContext": context(json!({"AssumeRolePolicyDocument": trust,
                "Policies": [{"PolicyName": "p", "PolicyDocument": policy("s3:GetObject", "*")}]})),
            "AfterContext": context(json!({"AssumeRolePolicyDocument": trust,
                "Policies": [{"PolicyName": "p", "PolicyDocument": policy("s3:*",
                    "arn:aws:s3:::{{changeSet:KNOWN_AFTER_APPLY}}/*")}]}))})),
        change("New", "AWS::IAM::ManagedPolicy", "Add", json!({
            "AfterContext": context(json!({"PolicyDocument": policy("ec2:*", "*")}))})),
        change("Old", "AWS::SQS::QueuePolicy", "Remove", json!({
            "BeforeContext": context(json!({"PolicyDocument": {"Statement": [{"Effect": "Allow",
                "Principal": "*", "Action": "sqs:*", "Resource": "*"}]}}))})),
        change("Blind", "AWS::IAM::Policy", "Modify", json!({})),
        change("Maybe", "AWS::IAM::Policy", "Dynamic", json!({
            "AfterContext": context(json!({"PolicyDocument": policy("ec2:*", "*")}))})),
    ]})
}

#[test]
fn a_change_set_holds_both_states() {
    use Completeness::{Full, Opaque, Partial, Symbolic};
    let (before, after) = states("change-set", &change_set());
    assert_eq!(
        told(&before),
        [
            ("Role:Properties/AssumeRolePolicyDocument", "trust", Full),
            (
                "Role:Properties/Policies/0/PolicyDocument",
                "identity",
                Full
            ),
            ("Old:Properties/PolicyDocument", "resource", Full),
            ("Blind:Properties", "identity", Opaque),
            ("Maybe:Properties", "identity", Opaque),
        ]
    );
    assert_eq!(
        told(&after),
        [
            ("Role:Properties/AssumeRolePolicyDocument", "trust", Full),
            (
                "Role:Properties/Policies/0/PolicyDocument",
                "identity",
                Symbolic
            ),
            ("New:Properties/PolicyDocument", "identity", Full),
            ("Blind:Properties", "identity", Opaque),
            ("Maybe:Properties/PolicyDocument", "identity", Partial),
        ]
    );
    assert!(
        after
            .documents
            .iter()
            .all(|d| d.form == Form::CloudFormation)
    );
    let text = printed(&after, 1);
    assert!(
        text.contains("arn:aws:s3:::⟨Role/Properties/Policies/0/"),
        "{text}"
    );
}

fn preview() -> Value {
    let urn = |kind: &str, name: &str| format!("urn:pulumi:dev::shop::{kind}::{name}");
    let state = |kind: &str, name: &str, inputs: Value| json!({"urn": urn(kind, name), "type": kind, "inputs": inputs});
    let role = "aws:iam/role:Role";
    let rule = "aws:iam/rolePolicy:RolePolicy";
    let before = state(
        rule,
        "p",
        json!({"policy": policy("s3:GetObject", "*").to_string()}),
    );
    let next = state(
        rule,
        "p",
        json!({"policy": policy("s3:*", "*").to_string()}),
    );
    json!({"config": {}, "steps": [
        {"op": "create-replacement", "urn": urn(rule, "p"), "oldState": before, "newState": next},
        {"op": "replace", "urn": urn(rule, "p"), "oldState": before, "newState": next},
        {"op": "delete-replaced", "urn": urn(rule, "p"), "oldState": before},
        {"op": "create", "urn": urn(role, "r"), "newState": state(role, "r", json!({
            "assumeRolePolicy": policy("sts:AssumeRole", "*"),
            "inlinePolicies": [
                {"name": "a", "policy": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"},
                {"name": "b", "policy": {"4dabf18193072939515e22adb298388d":
                    "1b47061264138c4ac30d75fd1eb44270", "value": "x"}}]}))},
    ]})
}

#[test]
fn a_preview_holds_both_states() {
    use Completeness::{Full, Opaque};
    let (before, after) = states("preview", &preview());
    let rule = "aws:iam/rolePolicy:RolePolicy::p:policy";
    assert_eq!(told(&before), [(rule, "identity", Full)]);
    assert_eq!(
        told(&after),
        [
            (rule, "identity", Full),
            ("aws:iam/role:Role::r:assumeRolePolicy", "trust", Full),
            (
                "aws:iam/role:Role::r:inlinePolicies[a].policy",
                "identity",
                Opaque
            ),
            (
                "aws:iam/role:Role::r:inlinePolicies[b].policy",
                "identity",
                Opaque
            ),
        ]
    );
    assert!(printed(&before, 0).contains("s3:GetObject"));
    assert!(printed(&after, 0).contains("s3:*"));
    assert_eq!(
        after.documents[2].reason.as_deref(),
        Some("`inlinePolicies[a].policy` is known after the update only")
    );
}

#[test]
fn the_export_of_a_stack_is_read() {
    let kind = "aws:s3/bucketPolicy:BucketPolicy";
    let text = r#"{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::b/*"}}"#;
    let resource = |name: &str, gone: bool| {
        json!({"urn": format!("urn:pulumi:dev::shop::{kind}::{name}"), "type": kind,
            "delete": gone, "inputs": {"bucket": "b", "policy": text}})
    };
    let export = json!({"version": 3, "deployment": {"resources": [
        {"urn": "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev",
            "type": "pulumi:pulumi:Stack"},
        resource("b", false), resource("gone", true)]}});
    let inventory = after(&export);
    assert_eq!(
        told(&inventory),
        [(
            "aws:s3/bucketPolicy:BucketPolicy::b:policy",
            "resource",
            Completeness::Full
        )]
    );
    assert_eq!(inventory.documents[0].form, Form::Pulumi);
}
