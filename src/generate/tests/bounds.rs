//! What the old policies allow is the bound of a proposal.

use super::*;

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
/// A record without parameters is no evidence for any resource: alone it gives
/// no grant, and beside others it does not widen theirs.
#[test]
fn a_resource_that_no_record_tells_is_not_granted_where_nothing_bounds_it() {
    let exact = seen("lambda/api", "sqs:SendMessage", QUEUE);
    let mut unknown = seen(
        "lambda/api",
        "sqs:SendMessage",
        "arn:aws:sqs:eu-west-1:111122223333:*",
    );
    unknown.precision = Precision::Unknown;
    let output = run(&Inventory::default(), &[exact, unknown.clone()]);
    assert_eq!(statements(&output)[0]["Resource"], QUEUE);
    assert_eq!((only(&output).observed, only(&output).covered), (2, 1));
    assert_eq!(only(&output).not_covered.len(), 1);
    // The account bounds it.
    let old = json!([{"Effect": "Allow", "Action": "sqs:*",
        "Resource": "arn:aws:sqs:eu-west-1:111122223333:placed-*"}]);
    let output = run_on(&old, &[unknown]);
    assert_eq!(
        statements(&output)[0]["Resource"],
        "arn:aws:sqs:eu-west-1:111122223333:placed-*"
    );
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
