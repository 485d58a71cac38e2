//! What the trail could not have shown stays, and nothing else.

use super::*;
use crate::generate::{Decision, KEPT, NotJudged};

const GROUP: &str = "arn:aws:logs:eu-west-1:111122223333:log-group:/app:*";

/// A run over a trail with management events, and data events of objects.
fn watched(old: &Value, requests: &[ObservedRequest], drop: bool) -> Output {
    let inventory = inventory(&account(old));
    let graph = Graph::build(&inventory, requests);
    let mut mapped = Mapped {
        requests: requests.to_vec(),
        ..Mapped::default()
    };
    let seen = mapped.coverage.at("111122223333", "eu-west-1");
    (seen.management, seen.reads, seen.writes) = (300, 150, 150);
    seen.data.insert("AWS::S3::Object".to_owned(), 9);
    let options = Options {
        drop_unobservable: drop,
        ..Options::default()
    };
    generate(&graph, &mapped, &options)
}

fn row<'r>(role: &'r Role, action: &str) -> &'r NotJudged {
    let row = role.not_judged.iter().find(|row| row.action == action);
    row.unwrap_or_else(|| panic!("{action} in {:?}", role.not_judged))
}

fn observed() -> ObservedRequest {
    seen("lambda/api", "sqs:SendMessage", QUEUE)
}

#[test]
fn each_proposal_keeps_it_as_the_old_policy_has_it() {
    let old = json!([
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"},
        {"Effect": "Allow", "Action": ["logs:PutLogEvents", "logs:CreateLogStream"],
            "Resource": GROUP,
            "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}},
    ]);
    let requests = [observed(), seen("ecs-task/web", "sqs:SendMessage", QUEUE)];
    let output = watched(&old, &requests, false);
    for name in ["orders-api", "orders-web"] {
        let policy = file(&output, &format!("{name}/policy.json"));
        assert_eq!(
            policy["Statement"][1],
            json!({"Sid": "KeptUnseenLogsPutLogEventsApp", "Effect": "Allow",
                "Action": "logs:PutLogEvents", "Resource": GROUP,
                "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}})
        );
        assert_eq!(policy["Statement"].as_array().unwrap().len(), 2);
    }
    for role in &output.report.roles {
        let kept = row(role, "logs:PutLogEvents");
        assert_eq!(
            (kept.decision, kept.class.as_str()),
            (Decision::Kept, "never")
        );
        assert_eq!(kept.statements, ["KeptUnseenLogsPutLogEventsApp"]);
        assert_eq!((role.observed, role.covered), (1, 1));
        assert!(
            role.evidence
                .iter()
                .all(|row| row.action == "sqs:SendMessage")
        );
        let notes = role.review.iter().map(|note| note.message.as_str());
        assert_eq!(notes.filter(|note| note.starts_with(KEPT)).count(), 1);
    }

    let output = watched(&old, &requests[..1], true);
    assert_eq!(statements(&output).len(), 1);
    let left = row(only(&output), "logs:PutLogEvents");
    assert_eq!(
        (left.decision, left.statements.len()),
        (Decision::LeftOut, 0)
    );
}

#[test]
fn what_the_trail_could_have_shown_is_not_kept() {
    let old = json!([{"Effect": "Allow", "Resource": "*", "Action": [
        "sqs:SendMessage", "iam:PassRole", "iam:CreateUser", "s3:GetObject", "s3:ReplicateObject",
        "s3:ReplicateDelete", "lambda:InvokeFunction", "kms:Decrypt"]}]);
    let replicated = seen("lambda/other", "s3:ReplicateDelete", "arn:aws:s3:::b/k");
    let output = watched(&old, &[observed(), replicated], false);
    let role = &output.report.roles[0];
    assert_eq!(role.workload.name, "api");
    let kept = file(&output, "orders-api/policy.json")["Statement"][1]["Action"].clone();
    assert_eq!(
        kept,
        json!(["kms:Decrypt", "lambda:InvokeFunction", "s3:ReplicateObject"]),
        "KMS and invocations that the trail may not select, and what no list knows"
    );
    for (action, class) in [
        ("iam:PassRole", "never"),
        ("s3:GetObject", "data"),
        ("s3:ReplicateDelete", "unknown"),
    ] {
        let row = row(role, action);
        assert_eq!(
            (row.decision, row.class.as_str()),
            (Decision::LeftOut, class),
            "{action}"
        );
    }
    assert!(
        role.not_judged
            .iter()
            .all(|row| row.action != "iam:CreateUser")
    );
}

/// Who may everything is not given back thousands of actions that no list knows.
#[test]
fn an_administrator_keeps_what_is_known_to_be_unseen() {
    let objects = seen("lambda/api", "s3:GetObject", "arn:aws:s3:::b/k");
    let output = watched(&everything(), &[observed(), objects], false);
    let role = only(&output);
    let decision = |action| row(role, action).decision;
    assert_eq!(decision("logs:PutLogEvents"), Decision::Kept);
    assert_eq!(decision("cloudwatch:PutMetricData"), Decision::Kept);
    assert_eq!(decision("s3:ReplicateObject"), Decision::Kept);
    assert_eq!(decision("dynamodb:InjectError"), Decision::LeftOut);
    assert!(
        row(role, "dynamodb:InjectError")
            .reason
            .contains("name no service")
    );
    assert!(role.policy_files.len() <= 10, "{}", role.policy_files.len());

    let named = json!([
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Allow", "Action": "dynamodb:I*", "Resource": "*"}]);
    let output = watched(&named, &[observed()], false);
    let injected = row(only(&output), "dynamodb:InjectError");
    assert_eq!(injected.decision, Decision::Kept);
}

#[test]
fn an_old_deny_still_limits_it() {
    let old = json!([
        {"Effect": "Allow", "Action": ["sqs:*", "logs:*", "cloudwatch:PutMetricData"], "Resource": "*"},
        {"Effect": "Deny", "Action": "logs:Put*", "Resource": "arn:aws:logs:*:*:log-group:audit:*"},
        {"Effect": "Deny", "Action": "cloudwatch:*", "Resource": "*",
            "Condition": {"ArnEquals": {"aws:PrincipalArn": ROLE}}},
    ]);
    let output = watched(&old, &[observed()], false);
    let policies = policies(&output, only(&output));
    let stream =
        |group: &str| format!("arn:aws:logs:eu-west-1:111122223333:log-group:{group}:log-stream:s");
    assert!(allows(&policies, "logs:PutLogEvents", &stream("app")));
    assert!(!allows(&policies, "logs:PutLogEvents", &stream("audit")));
    let metric = row(only(&output), "cloudwatch:PutMetricData");
    assert_eq!(metric.decision, Decision::LeftOut);
    assert!(metric.reason.contains("names the old role itself"));
    assert!(!statements(&output).iter().any(|statement| {
        statement["Effect"] == "Allow" && statement["Action"].to_string().contains("cloudwatch")
    }));
}

#[test]
fn every_form_of_an_old_statement_is_kept_as_it_is() {
    let old = json!([
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"},
        {"Effect": "Allow", "NotAction": ["iam:*", "lambda:*"],
            "NotResource": "arn:aws:logs:*:*:log-group:audit:*"},
        {"Effect": "Allow", "Action": "logs:PutLogEv*", "Resource": [
            "arn:aws:logs:*:*:log-group:${aws:username}:*", "arn:aws:logs:*:*:log-group:a:*"]},
    ]);
    let output = watched(&old, &[observed()], false);
    let all = statements(&output);
    let listed = all
        .iter()
        .find(|statement| statement["Action"] == "logs:PutLogEv*")
        .unwrap();
    assert_eq!(listed["Resource"], old[2]["Resource"]);
    let rest: Vec<&Value> = all
        .iter()
        .filter(|statement| !statement["NotResource"].is_null())
        .collect();
    assert!(!rest.is_empty());
    for statement in rest {
        assert_eq!(statement["NotResource"], old[1]["NotResource"]);
        let actions = statement["Action"].to_string();
        assert!(!actions.contains("\"lambda:") && !actions.contains("\"iam:"));
    }
}

#[test]
fn without_the_old_policies_nothing_can_be_kept_and_that_is_told() {
    let output = run_with(&Inventory::default(), &[observed()], false);
    assert_eq!(statements(&output).len(), 1);
    let told = only(&output).review.iter();
    let told = told.filter(|note| note.kind == ReviewKind::Unseen);
    assert_eq!(told.count(), 1);
}
