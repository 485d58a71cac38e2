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

/// Asks for several resources at once.
fn together(lines: &[Line]) -> Result<evaluate::Together, evaluate::EvaluateError> {
    let questions: Vec<_> = lines
        .iter()
        .map(|line| {
            let root = json::parse(&line.0.to_string()).root.unwrap();
            evaluate::question(&root, &Settings::default()).unwrap()
        })
        .collect();
    let parts: Vec<_> = questions
        .iter()
        .map(|question| evaluate::Part {
            request: &question.request,
            policies: &question.policies,
        })
        .collect();
    evaluate::evaluate_all(&parts, &Settings::default())
}

/// The decision's letter, and the answer.
fn all(lines: &[Line]) -> (char, evaluate::Together) {
    let answer = together(lines).unwrap();
    let letter = answer.verdict.decision.name().chars().next().unwrap();
    (letter, answer)
}

#[test]
fn r45_a_call_on_several_resources_needs_all_of_them() {
    let ec2 = |kind: &str| format!("arn:aws:ec2:us-east-1:111111111111:{kind}/x");
    let run =
        |kind: &str, statement: Value| line(U, "ec2:RunInstances", &ec2(kind)).identity(statement);
    let everything = || allow("ec2:RunInstances", "*");
    let instances = || allow("ec2:RunInstances", "arn:aws:ec2:*:*:instance/*");
    let kinds = ["instance", "subnet", "volume"];
    let asked = |statement: &Value| kinds.map(|kind| run(kind, statement.clone()));
    let (letter, answer) = all(&asked(&everything()));
    assert_eq!((letter, answer.each.len()), ('A', 3));
    let (letter, answer) = all(&asked(&instances()));
    assert_eq!(letter, 'I');
    assert_eq!(answer.each[0].decision.name(), "Allowed");
    assert_eq!(answer.verdict.not_granted_by.len(), 2);
    let denied = json!([everything(), deny("*", "arn:aws:ec2:*:*:subnet/*")]);
    let (letter, answer) = all(&asked(&denied));
    assert_eq!(letter, 'E');
    assert_eq!(answer.verdict.blocked_by, [evaluate::Layer::Identity]);
    // Keys differ by resource, hence `…IfExists`.
    let typed = |operator: &str| {
        let statement = when(everything(), operator, "ec2:InstanceType", "t3.micro");
        let [instance, subnet, volume] = asked(&statement);
        [
            instance.context("ec2:InstanceType", "t3.micro"),
            subnet,
            volume,
        ]
    };
    assert_eq!(all(&typed("StringEquals")).0, 'I');
    assert_eq!(all(&typed("StringEqualsIfExists")).0, 'A');
    // A setting that turns one resource turns the call.
    let upper = json!([instances(), allow("*", "arn:AWS:ec2:*:*:subnet/*")]);
    let (letter, answer) = all(&[run("instance", upper.clone()), run("subnet", upper.clone())]);
    assert_eq!((letter, answer.verdict.certain), ('A', false));
    assert_eq!(answer.verdict.uncertain.len(), 1);
    let (letter, answer) = all(&asked(&upper));
    assert_eq!(
        (letter, answer.verdict.certain),
        ('I', true),
        "another is denied anyhow"
    );
    // One call, one caller.
    let error = |lines: &[Line]| together(lines).unwrap_err();
    assert_eq!(error(&[]).path(), "request.resource");
    assert_eq!(error(&[get(U), get(R)]).path(), "request.principal");
    let two = [get(U), line(U, "s3:PutObject", OBJECT)];
    assert_eq!(error(&two).path(), "request.action");
}

#[test]
fn a_key_that_decides_beside_the_policies_cannot_be_left_open() {
    let ask = |line: &Line, key: &str, missing: bool| {
        let root = json::parse(&line.0.to_string()).root.unwrap();
        let question = evaluate::question(&root, &Settings::default()).unwrap();
        let unknown = evaluate::Unknown {
            keys: vec![key.to_owned()],
            missing,
        };
        let (request, policies) = (&question.request, &question.policies);
        evaluate::residual(request, policies, &question.settings, &unknown)
    };
    let list = line(U, "iam:ListUsers", "*").identity(ALLOW_ALL());
    let session = list.clone().request("credential", json!("session"));
    let mfa = "aws:MultiFactorAuthPresent";
    assert!(ask(&session, mfa, false).is_err());
    assert!(ask(&session, "k:k", true).is_err());
    assert!(ask(&session.context(mfa, true), "k:k", true).is_ok());
    assert_eq!(ask(&list, mfa, false), Ok(evaluate::Residual::Plain(true)));
    let decrypt = line(U, "kms:Decrypt", KEY).resource(to(aws(U), ALLOW_ALL()));
    let limited = decrypt.clone().rcp("root", deny("kms:*", "*"));
    assert!(ask(&limited, "KMS:resourcealiases", false).is_err());
    assert_eq!(
        ask(&limited, "k:k", true),
        Ok(evaluate::Residual::Plain(false))
    );
    assert!(ask(&decrypt, "kms:ResourceAliases", false).is_ok());
}

/// R2, R12: an RCP grants nothing, so that a level without one is no end.
#[test]
fn what_remains_holds_every_deny_of_every_level() {
    let mut asked = get("arn:aws:iam::111111111111:root").rcp("account", deny("*", "*"));
    let levels = asked.0["rcps"].as_array_mut().unwrap();
    levels.insert(0, json!({"level": "root", "policies": []}));
    let root = json::parse(&asked.0.to_string()).root.unwrap();
    let question = evaluate::question(&root, &Settings::default()).unwrap();
    let remains = evaluate::residual(
        &question.request,
        &question.policies,
        &question.settings,
        &evaluate::Unknown::default(),
    );
    assert_eq!(remains, Ok(evaluate::Residual::Plain(false)));
    assert_eq!(asked.decision(), "ExplicitlyDenied");
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
    // An entry that cannot be used spoils its statement for every request.
    let of_star = |policy_type| {
        let pattern = ResourcePattern::parse("arn:aws:sqs", Version::V2012);
        let (context, settings) = (Context::default(), Settings::default());
        matching::resource_matches(&pattern, "*", &context, policy_type, &settings)
    };
    assert_eq!(of_star(Identity), Some(false));
    assert_eq!(of_star(Scp), None);
}
