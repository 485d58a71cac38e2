//! The questions that need no batch line.

use super::*;
use leastwise::policy::{ActionPattern, PolicyType, ResourcePattern, Version};
use leastwise::semantics::Context;
use leastwise::semantics::evaluate::matching;
use leastwise::syntax::json;

#[test]
fn the_own_side_needs_neither_owner_nor_key_policy() {
    let own = |line: &Line| {
        let root = json::parse(&line.0.to_string()).root.unwrap();
        let question = evaluate::question(&root, &Settings::default()).unwrap();
        let (request, policies) = (&question.request, &question.policies);
        let verdict = evaluate::decide_identity(request, policies, &question.settings).unwrap();
        verdict.decision.name().chars().next().unwrap()
    };
    let unowned = get(U).request("resourceAccount", Value::Null);
    assert_eq!(own(&unowned.clone().identity(ALLOW_ALL())), 'A');
    assert_eq!(own(&unowned), 'I');
    assert_eq!(own(&get(U).owner(TWO).identity(ALLOW_ALL())), 'A');
    assert_eq!(own(&get(U).identity(ALLOW_ALL()).boundary(EC2())), 'I');
    assert_eq!(
        own(&get(U).identity(ALLOW_ALL()).identity(deny("*", "*"))),
        'E'
    );
    assert_eq!(own(&line(U, "kms:Decrypt", KEY).identity(ALLOW_ALL())), 'A');
    // The resource's policy is not looked at, in neither direction.
    let granted = get(U).resource(to(aws(U), ALLOW_ALL()));
    assert_eq!(own(&granted), 'I');
    let denied = get(U)
        .identity(ALLOW_ALL())
        .resource(to(json!("*"), deny("*", "*")));
    assert_eq!(own(&denied), 'A');
}

#[test]
fn patterns_cover_names_without_a_request() {
    let action =
        |pattern: &str, name: &str| matching::action_matches(&ActionPattern::parse(pattern), name);
    assert!(action("s3:get*", "S3:GetObject"));
    assert!(action("*", "s3:GetObject"));
    assert!(!action("s3:Put*", "s3:GetObject"));
    assert!(!action("s3:Put*", "GetObject"));
    let resource = |pattern: &str, name: &str, user: Option<&str>| {
        let mut context = Context::default();
        if let Some(user) = user {
            context.insert("aws:username", [user]).unwrap();
        }
        let pattern = ResourcePattern::parse(pattern, Version::V2012);
        let settings = Settings::default();
        matching::resource_matches(&pattern, name, &context, PolicyType::Identity, &settings)
    };
    assert_eq!(resource("arn:aws:s3:::b/*", OBJECT, None), Some(true));
    assert_eq!(resource("arn:aws:s3:::b", OBJECT, None), Some(false));
    assert_eq!(resource("*", "*", None), Some(true));
    assert_eq!(resource("arn:*", "*", None), Some(false));
    let home = "arn:aws:s3:::b/${aws:username}";
    assert_eq!(resource(home, OBJECT, Some("k")), Some(true));
    assert_eq!(resource(home, OBJECT, Some("x")), Some(false));
    assert_eq!(resource(home, OBJECT, None), None);
}

#[test]
fn r58_incomplete_arns_by_policy_type() {
    let queue = "arn:aws:sqs:us-east-1:111111111111:q";
    let covers = |pattern: &str, policy_type| {
        let pattern = ResourcePattern::parse(pattern, Version::V2012);
        let (context, settings) = (Context::default(), Settings::default());
        matching::resource_matches(&pattern, queue, &context, policy_type, &settings)
    };
    use PolicyType::{Boundary, Identity, Rcp, Resource, Scp, VpcEndpoint};
    for (pattern, policy_type, expected) in [
        ("arn:aws:sqs", Identity, Some(true)),
        ("arn:aws:sqs", Boundary, Some(true)),
        ("arn:aws:sqs", Resource, Some(false)),
        ("arn:aws:sqs:*", Resource, Some(true)),
        ("arn:aws:sqs:*:111111111111", VpcEndpoint, Some(true)),
        ("arn:aws:sqs", Scp, None),
        ("arn:aws:sqs:us-*", Scp, Some(true)),
        ("arn:aws:sqs:*:111111111111", Scp, None),
        ("arn:aws:sqs:*", Rcp, None),
    ] {
        assert_eq!(
            covers(pattern, policy_type),
            expected,
            "{pattern} {policy_type:?}"
        );
    }
}
