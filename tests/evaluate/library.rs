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

/// Asks one document alone; the request is the line's.
fn permits(line: &Line, policy_type: PolicyType, document: &str) -> bool {
    let root = json::parse(&line.0.to_string()).root.unwrap();
    let question = evaluate::question(&root, &Settings::default()).unwrap();
    let document = json::parse(document).root.unwrap();
    let reading = leastwise::policy::parse(&document, Some(policy_type));
    let compiled = evaluate::CompiledPolicy::from_reading(&reading).unwrap();
    evaluate::permits(&compiled, &question.request, &question.settings).unwrap()
}

#[test]
fn a_document_alone_permits_or_not() {
    use PolicyType::{Boundary, Identity, Resource, Scp, Session, Trust, VpcEndpoint};
    let ask = |caller: &str, policy_type, statement: Value| {
        let unowned = get(caller).request("resourceAccount", Value::Null);
        permits(&unowned, policy_type, &policy(statement).to_string())
    };
    for policy_type in [Identity, Boundary, Session, Scp] {
        assert!(ask(U, policy_type, allow("s3:Get*", "arn:aws:s3:::b/*")));
        // The caller does not matter: neither what it is nor its credential.
        for caller in [ROOT, "anonymous", "sns.amazonaws.com", F] {
            assert!(ask(caller, policy_type, ALLOW_ALL()), "{caller}");
        }
        assert!(!ask(U, policy_type, EC2()));
        assert!(!ask(ROOT, policy_type, EC2()), "no implicit access");
        assert!(!ask(U, policy_type, json!([ALLOW_ALL(), deny("*", "*")])));
        assert!(!ask(
            U,
            policy_type,
            when(ALLOW_ALL(), "Bool", "k:k", "true")
        ));
        assert!(!ask(U, policy_type, json!([])));
    }
    for policy_type in [Resource, VpcEndpoint] {
        let named = |principal, caller| ask(caller, policy_type, to(principal, ALLOW_ALL()));
        // Any form of principal will do, also one that only delegates (R8).
        assert!(named(aws(ONE), U));
        assert!(named(aws(R), S));
        assert!(named(json!("*"), "anonymous"));
        assert!(!named(aws(R), U));
        assert!(!ask(U, policy_type, ALLOW_ALL()), "nobody is named (R50)");
        let spared = not_to(aws(U), deny("*", "*"));
        let both = json!([to(json!("*"), ALLOW_ALL()), spared]);
        assert!(ask(U, policy_type, both.clone()));
        assert!(!ask(R, policy_type, both));
    }
    let trust = json!({"Effect": "Allow", "Principal": aws(ONE), "Action": "sts:AssumeRole"});
    let assume = line(U, "sts:AssumeRole", ROLE_OF_ONE);
    assert!(permits(&assume, Trust, &policy(trust).to_string()));
    // AWS refuses such a session policy as a whole (R58).
    assert!(!ask(
        U,
        Session,
        json!([ALLOW_ALL(), allow("*", "arn:aws:s3")])
    ));
    let nobody = get("*");
    let root = json::parse(&nobody.0.to_string()).root.unwrap();
    let question = evaluate::question(&root, &Settings::default()).unwrap();
    let compiled = evaluate::CompiledPolicy::from_reading(&leastwise::policy::parse(
        &json::parse(&policy(ALLOW_ALL()).to_string()).root.unwrap(),
        Some(Identity),
    ));
    let error = evaluate::permits(&compiled.unwrap(), &question.request, &question.settings);
    assert_eq!(error.unwrap_err().kind(), "invalid-request");
}

#[test]
fn a_document_alone_honours_repeated_keys() {
    let ask = |effects: &str, setting: Option<&str>| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{{effects},"Action":"*","Resource":"*"}}}}"#
        );
        let asked = match setting {
            Some(value) => get(U).set("duplicate-keys", value),
            None => get(U),
        };
        permits(&asked, PolicyType::Identity, &text)
    };
    let deny_then_allow = r#""Effect":"Deny","Effect":"Allow""#;
    let allow_then_deny = r#""Effect":"Allow","Effect":"Deny""#;
    assert!(ask(deny_then_allow, None));
    assert!(ask(allow_then_deny, None));
    assert!(ask(deny_then_allow, Some("last")));
    assert!(!ask(deny_then_allow, Some("first")));
    assert!(ask(allow_then_deny, Some("first")));
    assert!(!ask(allow_then_deny, Some("last")));
    assert!(!ask(r#""Effect":"Deny","Effect":"Deny""#, None));
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
