//! Who a proposal is for, and who may run as it.

use super::*;

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
