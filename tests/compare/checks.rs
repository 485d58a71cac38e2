//! The checks: what is granted, and what is public.

use super::laws::{compiled, statements, world};
use super::{allow, deny, document, read_as, settings};
use leastwise::policy::PolicyType;
use leastwise::semantics::Request;
use leastwise::semantics::compare::Options;
use leastwise::semantics::compare::checks::{
    Access, AccessError, Checked, Outcome, granted, no_new_access, no_public, not_granted,
};
use leastwise::semantics::compare::trusted::resource_type;
use leastwise::semantics::evaluate::permits;
use proptest::prelude::*;
use proptest::sample::subsequence;
use serde_json::{Value, json};

fn access(actions: &[&str], resources: &[&str], context: &[(&str, &str)]) -> Access {
    try_access(actions, resources, None, context).unwrap()
}

fn try_access(
    actions: &[&str],
    resources: &[&str],
    principal: Option<&str>,
    context: &[(&str, &str)],
) -> Result<Access, AccessError> {
    let owned = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    let context: Vec<_> = context
        .iter()
        .map(|(key, value)| (key.to_string(), value.to_string()))
        .collect();
    Access::new(&owned(actions), &owned(resources), principal, &context)
}

fn is_granted(document: &Value, access: &Access) -> Checked {
    let policy = read_as(document, PolicyType::Identity);
    granted(
        PolicyType::Identity,
        &[&policy],
        access,
        &Options::default(),
    )
}

fn is_not_granted(document: &Value, access: &Access) -> Checked {
    let policy = read_as(document, PolicyType::Identity);
    not_granted((PolicyType::Identity, &policy), access, &Options::default())
}

fn word(checked: &Checked) -> String {
    match &checked.outcome {
        Outcome::Pass => "pass".to_owned(),
        Outcome::Fail(_) => "fail".to_owned(),
        Outcome::Undecided(reasons) => reasons.join(" "),
    }
}

#[test]
fn actions_alone_resources_alone_and_pairs() {
    let policy = document(json!([
        allow("s3:Get*", "arn:aws:s3:::a/*", json!({})),
        allow("sqs:SendMessage", "*", json!({})),
        deny("s3:GetObject", "arn:aws:s3:::a/secret/*", json!({})),
    ]));
    for (actions, resources, none, all) in [
        (vec!["s3:GetObject"], vec![], "fail", "fail"),
        (vec!["s3:PutObject"], vec![], "pass", "fail"),
        (vec!["sqs:SendMessage"], vec![], "fail", "pass"),
        (vec![], vec!["arn:aws:s3:::a/k"], "fail", "fail"),
        (vec![], vec!["arn:aws:sns:::a"], "fail", "fail"),
        (
            vec!["s3:GetObject"],
            vec!["arn:aws:s3:::a/k"],
            "fail",
            "pass",
        ),
        (
            vec!["s3:GetObject"],
            vec!["arn:aws:s3:::a/*"],
            "fail",
            "fail",
        ),
        (
            vec!["s3:GetObject"],
            vec!["arn:aws:s3:::a/secret/*"],
            "pass",
            "fail",
        ),
        (
            vec!["s3:GetObject", "s3:PutObject"],
            vec!["arn:aws:s3:::b/*"],
            "pass",
            "fail",
        ),
        (
            vec!["S3:PUT*", "s3:gettagging"],
            vec!["arn:aws:s3:::a/k"],
            "fail",
            "fail",
        ),
    ] {
        let asked = access(&actions, &resources, &[]);
        let found = (is_not_granted(&policy, &asked), is_granted(&policy, &asked));
        assert_eq!(
            (word(&found.0), word(&found.1)),
            (none.to_owned(), all.to_owned()),
            "{asked:?}"
        );
    }
}

#[test]
fn conditions_take_part_in_the_question() {
    let when = |operator: &str, key: &str, value: &str| {
        let condition = json!({operator: {key: value}});
        document(json!([allow(
            "s3:GetObject",
            "arn:aws:s3:::a/*",
            condition
        )]))
    };
    for (policy, context, none, all) in [
        (
            when("IpAddress", "aws:SourceIp", "10.0.0.0/8"),
            vec![("aws:SourceIp", "10.1.2.3")],
            "fail",
            "pass",
        ),
        (
            when("IpAddress", "aws:SourceIp", "10.0.0.0/8"),
            vec![("aws:sourceip", "11.0.0.0/8")],
            "pass",
            "fail",
        ),
        (
            when("IpAddress", "aws:SourceIp", "10.0.0.0/8"),
            vec![],
            "fail",
            "fail",
        ),
        (
            when("Bool", "aws:SecureTransport", "true"),
            vec![("aws:SecureTransport", "true")],
            "fail",
            "pass",
        ),
        (
            when("Bool", "aws:SecureTransport", "true"),
            vec![("aws:SecureTransport", "false")],
            "pass",
            "fail",
        ),
        (
            when("StringLike", "aws:SourceVpc", "vpc-*"),
            vec![("aws:SourceVpc", "vpc-1")],
            "fail",
            "pass",
        ),
        (
            when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::1:role/*"),
            vec![("aws:PrincipalArn", "arn:aws:iam::1:role/a")],
            "fail",
            "pass",
        ),
        (
            when("NumericLessThan", "s3:max-keys", "10"),
            vec![("s3:max-keys", "9.5")],
            "fail",
            "pass",
        ),
        (
            when("DateLessThan", "aws:CurrentTime", "2020-01-01"),
            vec![("aws:CurrentTime", "2021-01-01")],
            "pass",
            "fail",
        ),
        // Exactly these values of a key of many.
        (
            when("ForAllValues:StringEquals", "aws:TagKeys", "a"),
            vec![("aws:TagKeys", "a"), ("aws:TagKeys", "b")],
            "pass",
            "fail",
        ),
        (
            when("ForAnyValue:StringEquals", "aws:TagKeys", "a"),
            vec![("aws:TagKeys", "a"), ("aws:TagKeys", "b")],
            "fail",
            "pass",
        ),
        // One of these values of another.
        (
            when("StringEquals", "aws:SourceVpc", "vpc-1"),
            vec![("aws:SourceVpc", "vpc-1"), ("aws:SourceVpc", "vpc-2")],
            "fail",
            "fail",
        ),
    ] {
        let asked = access(&["s3:GetObject"], &["arn:aws:s3:::a/k"], &context);
        let found = (is_not_granted(&policy, &asked), is_granted(&policy, &asked));
        assert_eq!(
            (word(&found.0), word(&found.1)),
            (none.to_owned(), all.to_owned()),
            "{policy} {context:?}"
        );
    }
}

#[test]
fn a_principal_takes_part_where_the_policy_names_one() {
    let policy = read_as(
        &document(json!([
            {"Effect": "Allow", "Principal": {"AWS": "111111111111"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"},
            {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::a/*"}
        ])),
        PolicyType::Resource,
    );
    for (principal, action, expected) in [
        (
            Some("arn:aws:iam::111111111111:role/r"),
            "s3:GetObject",
            "fail",
        ),
        (Some("111111111111"), "s3:PutObject", "pass"),
        (Some("222222222222"), "s3:GetObject", "pass"),
        (Some("sns.amazonaws.com"), "s3:PutObject", "fail"),
        (Some("sqs.amazonaws.com"), "s3:PutObject", "pass"),
        (None, "s3:PutObject", "fail"),
    ] {
        let asked = try_access(&[action], &[], principal, &[]).unwrap();
        let found = not_granted((PolicyType::Resource, &policy), &asked, &Options::default());
        assert_eq!(word(&found), expected, "{principal:?} {action}");
    }
}

#[test]
fn a_pair_that_no_request_has_is_left_out_if_both_have_another() {
    let asked = access(
        &["s3:GetObject", "s3:ListBucket"],
        &["arn:aws:s3:::a", "arn:aws:s3:::a/*"],
        &[],
    );
    let (kept, left_out) = asked.pairs();
    let pairs = |list: &[Access]| {
        let pair = |one: &Access| format!("{} {}", one.actions()[0], one.resources()[0]);
        list.iter().map(pair).collect::<Vec<_>>()
    };
    assert_eq!(
        pairs(&kept),
        [
            "s3:GetObject arn:aws:s3:::a/*",
            "s3:ListBucket arn:aws:s3:::a"
        ]
    );
    assert_eq!(
        pairs(&left_out),
        [
            "s3:GetObject arn:aws:s3:::a",
            "s3:ListBucket arn:aws:s3:::a/*"
        ]
    );
    let alone = access(&["s3:GetObject"], &["arn:aws:s3:::a"], &[]);
    assert_eq!(alone.pairs().1, []);
    assert_eq!(access(&["s3:*"], &[], &[]).pairs().0.len(), 1);
}

#[test]
fn what_cannot_be_asked() {
    let refused = |actions: &[&str], resources: &[&str], principal| {
        try_access(actions, resources, principal, &[])
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        refused(&[], &[], None),
        "name an action or a resource to ask about"
    );
    for action in ["GetObject", "s*:GetObject", ""] {
        assert!(refused(&[action], &[], None).contains(&format!("`{action}` is no action")));
    }
    for resource in ["bucket", "arn:aws:s3", ""] {
        assert!(refused(&[], &[resource], None).contains(&format!("`{resource}` is no resource")));
    }
    assert!(refused(&["s3:*"], &[], Some("arn:aws:iam::1:group/g")).contains("no principal"));
    assert!(refused(&["s3:*"], &[], Some("anonymous")).contains("no-public"));
    assert_eq!(
        access(&["s3:DeletObject", "s3:Get*"], &[], &[]).unknown_actions(),
        ["s3:DeletObject"]
    );
}

#[test]
fn no_new_access_needs_one_direction_only() {
    let old = document(json!([allow("s3:*", "*", json!({}))]));
    let new = document(json!([allow("s3:GetObject", "*", json!({}))]));
    let (old, new) = (
        read_as(&old, PolicyType::Identity),
        read_as(&new, PolicyType::Identity),
    );
    let identity = |policy| (PolicyType::Identity, policy);
    let ask = |old, new| {
        word(&no_new_access(
            identity(old),
            identity(new),
            &Options::default(),
        ))
    };
    assert_eq!(ask(&old, &new), "pass");
    assert_eq!(ask(&new, &old), "fail");
}

#[test]
fn a_pass_that_hangs_on_a_setting_is_none() {
    // R76: per value, a request that carries only `a` is not let in.
    let condition = json!({"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["a", "b"]}});
    let policy = document(json!([allow("s3:GetObject", "*", condition)]));
    let asked = access(&["s3:GetObject"], &[], &[("aws:TagKeys", "a")]);
    let found = is_not_granted(&policy, &asked);
    assert_eq!(word(&found), "setting:for-any-negated");
    // How far a wildcard reaches is documented.
    let policy = document(json!([
        allow("logs:*", "arn:aws:logs:*:*:log-group:g:*", json!({})),
        deny("logs:*", "arn:aws:logs:*:*:log-group:g:*", json!({})),
    ]));
    let asked = access(&["logs:*"], &["arn:aws:logs:*:*:log-stream:x"], &[]);
    assert_eq!(word(&is_not_granted(&policy, &asked)), "pass");
    let open = document(json!([allow(
        "logs:*",
        "arn:aws:logs:*:*:log-group:g:*",
        json!({})
    )]));
    let found = is_not_granted(&open, &asked);
    assert_eq!(word(&found), "fail");
    assert!(
        found
            .notes
            .contains("setting:resource-colons: passes under `segmented`"),
        "{found:?}"
    );
}

#[test]
fn the_worse_of_two_readings_counts() {
    let asked = access(&["s3:GetObject"], &[], &[]);
    let policy = |action| document(json!([allow(action, "*", json!({}))]));
    let (pass, fail) = (
        is_not_granted(&policy("s3:Put*"), &asked),
        is_not_granted(&policy("s3:*"), &asked),
    );
    for (one, other, is_other) in [(&pass, &fail, true), (&fail, &pass, false)] {
        let (worse, whose) = one.clone().under_either(other.clone());
        assert_eq!((word(&worse).as_str(), whose), ("fail", is_other));
        assert!(worse.notes.contains("setting:duplicate-keys"));
    }
    assert_eq!(fail.clone().under_either(fail.clone()), (fail, false));
}

fn public(principal: Value, condition: Value) -> Vec<Value> {
    let mut statement = json!({"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"});
    if condition.as_object().is_some_and(|c| !c.is_empty()) {
        statement["Condition"] = condition;
    }
    vec![statement]
}

fn is_public(statements: Vec<Value>) -> Checked {
    let policy = read_as(&document(json!(statements)), PolicyType::Resource);
    no_public((PolicyType::Resource, &policy), None, &Options::default())
}

#[test]
fn a_trusted_condition_makes_a_star_not_public() {
    for (condition, expected) in [
        (json!({}), "fail"),
        (
            json!({"StringEquals": {"aws:PrincipalOrgID": "o-a1"}}),
            "pass",
        ),
        (json!({"StringLike": {"aws:PrincipalOrgID": "o-*"}}), "fail"),
        (
            json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-a1"}}),
            "fail",
        ),
        (
            json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-a1"}}),
            "fail",
        ),
        (
            json!({"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}),
            "pass",
        ),
        (
            json!({"StringEquals": {"AWS:SourceVpce": ["vpce-1", "vpce-2"]}}),
            "pass",
        ),
        (
            json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1/*"}}),
            "pass",
        ),
        // True of a request without the key.
        (
            json!({"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-a1/*"}}),
            "fail",
        ),
        (
            json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
            "pass",
        ),
        (
            json!({"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "0.0.0.0/1"]}}),
            "fail",
        ),
        (
            json!({"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}),
            "fail",
        ),
        (
            json!({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:111122223333:*"}}),
            "pass",
        ),
        (
            json!({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:t"}}),
            "fail",
        ),
        (
            json!({"StringEquals": {"aws:Referer": "https://example.com/"}}),
            "fail",
        ),
        (json!({"Bool": {"aws:SecureTransport": "true"}}), "fail"),
    ] {
        let found = is_public(public(json!("*"), condition.clone()));
        assert_eq!(word(&found), expected, "{condition}");
        if let Outcome::Fail(witness) = found.outcome {
            assert_eq!(witness.request.principal, "anonymous", "{condition}");
        }
    }
}

#[test]
fn who_is_spelt_out_is_not_public() {
    for (principal, expected) in [
        (json!({"AWS": "*"}), "fail"),
        (json!({"AWS": "111122223333"}), "pass"),
        (
            json!({"AWS": ["arn:aws:iam::111122223333:role/r", "arn:aws:iam::111122223333:root"]}),
            "pass",
        ),
        (json!({"AWS": ["111122223333", "*"]}), "fail"),
        (json!({"Service": "sns.amazonaws.com"}), "pass"),
        (
            json!({"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}),
            "pass",
        ),
        (
            json!({"Federated": "arn:aws:iam::111122223333:saml-provider/corp"}),
            "pass",
        ),
        (
            json!({"Federated": "cognito-identity.amazonaws.com"}),
            "fail",
        ),
        (
            json!({"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}),
            "fail",
        ),
        (
            json!({"Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.example.com"}),
            "pass",
        ),
    ] {
        assert_eq!(
            word(&is_public(public(principal.clone(), json!({})))),
            expected,
            "{principal}"
        );
    }
    let hub = json!({"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"});
    let claim = |claim: &str, value: &str| {
        let key = format!("token.actions.githubusercontent.com:{claim}");
        word(&is_public(public(
            hub.clone(),
            json!({"StringLike": {key: value}}),
        )))
    };
    assert_eq!(claim("sub", "repo:acme/*"), "pass");
    assert_eq!(claim("sub", "repo:*"), "fail");
    assert_eq!(claim("aud", "sts.amazonaws.com"), "fail");
}

#[test]
fn a_deny_can_close_what_an_allow_opens() {
    let closed = |condition: Value| {
        let mut statements = public(json!("*"), json!({}));
        statements.push(json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": condition}));
        word(&is_public(statements))
    };
    assert_eq!(
        closed(json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}})),
        "pass"
    );
    assert_eq!(
        closed(json!({"StringNotEqualsIfExists": {"aws:SourceVpce": "vpce-1"}})),
        "pass"
    );
    assert_eq!(
        closed(json!({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}})),
        "pass"
    );
    assert_eq!(
        closed(json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}})),
        "fail"
    );
    let mut statements = public(json!("*"), json!({}));
    statements.push(json!({"Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:role/r"}, "Action": "*", "Resource": "*"}));
    assert_eq!(word(&is_public(statements)), "pass");
}

#[test]
fn a_resource_type_looks_at_its_own_services_only() {
    let policy = json!([{"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}]);
    let policy = read_as(&document(policy), PolicyType::Resource);
    let ask = |name: &str| {
        let kind = resource_type(name).unwrap();
        word(&no_public(
            (kind.policy_type, &policy),
            Some(kind),
            &Options::default(),
        ))
    };
    assert_eq!(ask("AWS::SQS::Queue"), "fail");
    assert_eq!(ask("AWS::S3::Bucket"), "pass");
    assert_eq!(resource_type("AWS::S3::bucket"), None);
}

const ASKED: &[&str] = &["s3:GetObject", "s3:Put*", "sqs:*", "ec2:X", "s3:?et"];
const ON: &[&str] = &[
    "arn:aws:s3:::a/*",
    "arn:aws:s3:::?",
    "arn:aws:sqs:*:1:*",
    "*",
];
const KEYS: &[(&str, &str)] = &[
    ("aws:username", "a"),
    ("aws:SourceIp", "10.1.1.1"),
    ("aws:SecureTransport", "true"),
];

/// The question as a policy of its own, written by hand.
fn as_document(access: &Access) -> Value {
    let mut statement =
        json!({"Effect": "Allow", "Action": access.actions(), "Resource": access.resources()});
    for (key, values) in access.context() {
        let operator = match key.as_str() {
            "aws:SourceIp" => "IpAddress",
            "aws:SecureTransport" => "Bool",
            _ => "StringEquals",
        };
        statement["Condition"][operator][key.as_str()] = json!(values);
    }
    document(json!([statement]))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn no_answer_is_contradicted(
        statements in statements(),
        actions in subsequence(ASKED, 1..3),
        resources in subsequence(ON, 1..3),
        context in subsequence(KEYS, 0..2),
    ) {
        let policy = document(json!(statements));
        let asked = access(&actions, &resources, &context);
        let (judge, inside) = (compiled(&policy), compiled(&as_document(&asked)));
        let settings = settings();
        let says = |policy, request: &Request| permits(policy, request, &settings).unwrap();
        for (found, fault) in [(is_not_granted(&policy, &asked), true), (is_granted(&policy, &asked), false)] {
            match &found.outcome {
                Outcome::Pass => for request in world() {
                    prop_assert!(
                        !says(&inside, &request) || says(&judge, &request) != fault,
                        "{policy}\n{asked:?}\n{request:?}"
                    );
                },
                Outcome::Fail(witness) => {
                    prop_assert!(says(&inside, &witness.request), "{asked:?} {witness:?}");
                    prop_assert_eq!(says(&judge, &witness.request), fault, "{}", policy);
                }
                Outcome::Undecided(reasons) => prop_assert!(
                    reasons.iter().all(|reason| !reason.starts_with("replay")),
                    "{policy}\n{asked:?}\n{reasons:?}"
                ),
            }
        }
    }
}
