//! Section 2: accounts, boundaries, session policies, services with rules of their own.

use super::*;

#[test]
fn r1_nothing_allows() {
    let answer = get(U).is('I');
    assert_eq!(answer["blocked_by"], json!([]));
    assert_eq!(answer["not_granted_by"], json!(["identity", "resource"]));
    get(U).identity(ALLOW_ALL()).is('A');
}

#[test]
fn r2_a_deny_in_any_layer_wins() {
    let allowed = get(U).identity(allow("s3:*", "*"));
    allowed.is('A');
    let no = || deny("s3:GetObject", "*");
    let answer = allowed.clone().boundary(json!([ALLOW_ALL(), no()])).is('E');
    assert_eq!(answer["blocked_by"], json!(["pb"]));
    allowed.clone().boundary(no()).is('E');
    allowed.clone().identity(no()).is('E');
    allowed.clone().session(no()).is('E');
    allowed.clone().resource(to(json!("*"), no())).is('E');
    allowed.identity(deny("s3:PutObject", "*")).is('A');
}

#[test]
fn r3_every_part_must_match() {
    get(U).identity(allow("s3:PutObject", "*")).is('I');
    get(U).identity(allow("*", "arn:aws:s3:::b/other")).is('I');
    get(U)
        .identity(when(
            ALLOW_ALL(),
            "StringEquals",
            "aws:RequestedRegion",
            "x",
        ))
        .is('I');
    get(U).resource(to(aws(R), ALLOW_ALL())).is('I');
}

#[test]
fn r4_one_side_suffices_in_the_same_account() {
    get(U).resource(to(aws(U), ALLOW_ALL())).is('A');
    get(U).identity(ALLOW_ALL()).is('A');
}

#[test]
fn r5_both_sides_across_accounts() {
    let identity = get(U).owner(TWO).identity(ALLOW_ALL());
    let resource = get(U).owner(TWO).resource(to(aws(U), ALLOW_ALL()));
    assert_eq!(identity.is('I')["blocked_by"], json!(["resource"]));
    assert_eq!(resource.is('I')["blocked_by"], json!(["identity"]));
    identity.resource(to(aws(U), ALLOW_ALL())).is('A');
    let neither = get(U).owner(TWO).is('I');
    assert_eq!(neither["not_granted_by"], json!(["identity", "resource"]));
}

#[test]
fn r6_r7_a_star_grants_within_the_account_only() {
    let open = || to(json!("*"), ALLOW_ALL());
    get(S).owner(TWO).resource(open()).is('I');
    get(S)
        .owner(TWO)
        .resource(open())
        .identity(ALLOW_ALL())
        .is('A');
    get(U).resource(open()).is('A');
    get(S).resource(to(aws("*"), ALLOW_ALL())).is('A');
}

#[test]
fn r8_the_account_delegates() {
    for account in [ROOT, ONE] {
        get(U).resource(to(aws(account), ALLOW_ALL())).is('I');
        get(U)
            .resource(to(aws(account), ALLOW_ALL()))
            .identity(ALLOW_ALL())
            .is('A');
        let across = get(U).owner(TWO).resource(to(aws(account), ALLOW_ALL()));
        across.is('I');
        across.identity(ALLOW_ALL()).is('A');
    }
}

#[test]
fn r9_a_deny_of_the_account_hits_all_of_it() {
    let denied = |principal| to(aws(principal), deny("*", "*"));
    get(U).identity(ALLOW_ALL()).resource(denied(ROOT)).is('E');
    get(S).identity(ALLOW_ALL()).resource(denied(ONE)).is('E');
    get(U).identity(ALLOW_ALL()).resource(denied(TWO)).is('A');
}

#[test]
fn r10_identity_policies_are_a_union() {
    let groups = get(U).identity(EC2()).identity(allow("s3:GetObject", "*"));
    groups.is('A');
    get(U).identity(EC2()).identity(EC2()).is('I');
}

#[test]
fn r21_the_boundary_limits_and_never_grants() {
    let answer = get(U).identity(allow("s3:*", "*")).boundary(EC2()).is('I');
    assert_eq!(answer["blocked_by"], json!(["pb"]));
    get(U).boundary(ALLOW_ALL()).is('I');
    get(U).identity(ALLOW_ALL()).boundary(ALLOW_ALL()).is('A');
    // Several: each must allow.
    get(U)
        .identity(ALLOW_ALL())
        .boundary(ALLOW_ALL())
        .boundary(EC2())
        .is('I');
}

#[test]
fn r22_to_r26_what_limits_a_resource_allow() {
    let star_arn = when(ALLOW_ALL(), "ArnEquals", "aws:PrincipalArn", R);
    // (Allow to, caller, alone, under a boundary, under a session policy)
    for (principal, statement, caller, alone, boundary, session) in [
        (aws(U), ALLOW_ALL(), U, 'A', 'A', 'A'),
        (aws(R), ALLOW_ALL(), R, 'A', 'I', 'I'),
        (aws(R), ALLOW_ALL(), S, 'A', 'I', 'I'),
        (aws(S), ALLOW_ALL(), S, 'A', 'A', 'A'),
        (aws(F), ALLOW_ALL(), F, 'A', 'A', 'A'),
        (aws(U), ALLOW_ALL(), F, 'I', 'I', 'I'),
        (json!("*"), star_arn, S, 'A', 'A', 'A'),
        (json!("*"), ALLOW_ALL(), S, 'A', 'A', 'A'),
        (aws(ONE), ALLOW_ALL(), S, 'I', 'I', 'I'),
    ] {
        let asked = get(caller)
            .resource(to(principal, statement))
            .context("aws:PrincipalArn", R)
            .set("sessionIssuer", if caller == F { U } else { R });
        asked.is(alone);
        asked.clone().boundary(EC2()).is(boundary);
        asked.session(EC2()).is(session);
    }
    // R25: the user who federated, within both.
    let federated = get(F)
        .resource(to(aws(U), ALLOW_ALL()))
        .set("sessionIssuer", U);
    federated.clone().session(ALLOW_ALL()).is('A');
    federated
        .clone()
        .session(ALLOW_ALL())
        .boundary(EC2())
        .is('I');
    federated.session(EC2()).boundary(ALLOW_ALL()).is('I');
    // Several Allows: the least limited counts.
    let both = json!([to(aws(R), ALLOW_ALL()), to(aws(S), ALLOW_ALL())]);
    get(S).resource(both).boundary(EC2()).is('A');
}

#[test]
fn r26_setting_star_principal_limits() {
    let asked = get(S).resource(to(json!("*"), ALLOW_ALL())).boundary(EC2());
    asked.turns("star-principal-limits", "limited", 'A', 'I');
    // A condition that says who it is makes `*` a name.
    let named = when(ALLOW_ALL(), "ArnEquals", "aws:PrincipalArn", R);
    let asked = get(S)
        .resource(to(json!("*"), named))
        .boundary(EC2())
        .context("aws:PrincipalArn", R);
    asked.set("star-principal-limits", "limited").is('A');
}

#[test]
fn r27_a_deny_beats_every_form() {
    get(U)
        .resource(to(aws(U), ALLOW_ALL()))
        .boundary(deny("s3:*", "*"))
        .is('E');
    get(S)
        .resource(to(aws(S), ALLOW_ALL()))
        .session(deny("s3:*", "*"))
        .is('E');
    get(S)
        .resource(to(aws(S), ALLOW_ALL()))
        .identity(deny("s3:*", "*"))
        .is('E');
}

#[test]
fn r28_across_accounts_the_table_does_not_apply() {
    let asked = get(S)
        .owner(TWO)
        .identity(ALLOW_ALL())
        .resource(to(aws(S), ALLOW_ALL()));
    asked.is('A');
    let answer = asked.clone().boundary(EC2()).is('I');
    assert_eq!(answer["blocked_by"], json!(["pb"]));
    asked.session(EC2()).is('I');
}

#[test]
fn r29_a_session_is_within_its_policies() {
    let asked = get(S).identity(ALLOW_ALL());
    asked.is('A');
    asked.clone().session(EC2()).is('I');
    asked
        .clone()
        .session(EC2())
        .session(allow("s3:*", "*"))
        .is('A');
    asked.session(ALLOW_ALL()).boundary(EC2()).is('I');
}

#[test]
fn r30_a_federated_user_needs_a_session_policy() {
    let asked = get(F).identity(ALLOW_ALL());
    assert_eq!(asked.is('I')["blocked_by"], json!(["session"]));
    asked.session(ALLOW_ALL()).is('A');
    get(F).resource(to(aws(F), ALLOW_ALL())).is('A');
    get(F)
        .resource(to(json!("*"), ALLOW_ALL()))
        .turns("federated-star", "yes", 'I', 'A');
}

#[test]
fn r31_not_principal_and_a_boundary() {
    let spared = get(R)
        .identity(ALLOW_ALL())
        .resource(not_to(json!({"AWS": [R, ONE]}), deny("*", "*")));
    spared.is('A');
    spared.boundary(ALLOW_ALL()).is('E');
}

#[test]
fn r33_root() {
    get(ROOT).is('A');
    get(ONE).is('A');
    get(ROOT).owner(TWO).is('I');
    get(ROOT)
        .owner(TWO)
        .resource(to(aws(ONE), ALLOW_ALL()))
        .is('A');
    let denied = || to(json!("*"), deny("s3:*", "*"));
    get(ROOT).resource(denied()).is('E');
    for action in [
        "s3:GetBucketPolicy",
        "s3:PutBucketPolicy",
        "s3:DeleteBucketPolicy",
    ] {
        line(ROOT, action, "arn:aws:s3:::b")
            .resource(denied())
            .is('A');
        line(ROOT, action, "arn:aws:s3:::b")
            .owner(TWO)
            .resource(denied())
            .is('E');
        line(U, action, "arn:aws:s3:::b")
            .identity(ALLOW_ALL())
            .resource(denied())
            .is('E');
    }
}

#[test]
fn r34_services() {
    let asked = |principal: Value| get("sns.amazonaws.com").resource(to(principal, ALLOW_ALL()));
    asked(json!({"Service": "sns.amazonaws.com"})).is('A');
    asked(json!({"Service": "lambda.amazonaws.com"})).is('I');
    asked(json!("*")).is('A');
    asked(aws("*")).turns("aws-star-services", "no-match", 'A', 'I');
    get("sns.amazonaws.com").identity(ALLOW_ALL()).is('I');
}

#[test]
fn r35_anonymous() {
    get("anonymous")
        .resource(to(json!("*"), ALLOW_ALL()))
        .is('A');
    get("anonymous").resource(to(aws("*"), ALLOW_ALL())).is('A');
    get("anonymous").resource(to(aws(U), ALLOW_ALL())).is('I');
    get("anonymous").identity(ALLOW_ALL()).is('I');
    let outsider = when(
        deny("*", "*"),
        "StringNotEqualsIfExists",
        "aws:PrincipalAccount",
        ONE,
    );
    let asked = get("anonymous").resource(json!([
        to(json!("*"), ALLOW_ALL()),
        to(json!("*"), outsider)
    ]));
    asked.clone().set("fill-context", "implied").is('E');
    get(U)
        .set("fill-context", "implied")
        .identity(when(ALLOW_ALL(), "StringEquals", "aws:username", "bob"))
        .is('A');
}

#[test]
fn r36_r37_trust_policies() {
    let assume = |principal| line(principal, "sts:AssumeRole", ROLE_OF_ONE);
    let trust = |principal: Value| json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"});
    let all = || allow("sts:AssumeRole", "*");
    assume(U)
        .identity(all())
        .resource(trust(aws("arn:aws:iam::111111111111:user/other")))
        .is('I');
    assume(U).identity(all()).resource(trust(aws(ONE))).is('A');
    assume(U).resource(trust(aws(ONE))).is('I');
    assume(U).resource(trust(aws(U))).is('A');
    assume(S).resource(trust(aws(R))).is('A');
    assume(S).resource(trust(aws(R))).boundary(EC2()).is('I');
    assume(U).identity(all()).is('I');
    let across = line(U, "sts:AssumeRole", "arn:aws:iam::222222222222:role/target").owner(TWO);
    across.clone().resource(trust(aws(U))).is('I');
    across.resource(trust(aws(U))).identity(all()).is('A');
    assume("lambda.amazonaws.com")
        .resource(trust(json!({"Service": "lambda.amazonaws.com"})))
        .is('A');
    assume("lambda.amazonaws.com")
        .resource(trust(json!({"Service": "ec2.amazonaws.com"})))
        .is('I');
    let web = |provider: &str| line(provider, "sts:AssumeRoleWithWebIdentity", ROLE_OF_ONE);
    let federated = json!({
        "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": "accounts.google.com"},
    });
    web("accounts.google.com")
        .resource(federated.clone())
        .is('A');
    web("www.amazon.com").resource(federated).is('I');
}

#[test]
fn r38_key_policies_come_first() {
    let decrypt = |principal| line(principal, "kms:Decrypt", KEY);
    let all = || allow("kms:*", "*");
    decrypt(U)
        .identity(all())
        .resource(to(aws("arn:aws:iam::111111111111:user/other"), all()))
        .is('I');
    decrypt(ROOT).resource(to(aws(U), all())).is('I');
    decrypt(ROOT).resource(to(aws(ROOT), all())).is('A');
    decrypt(U).resource(to(aws(ROOT), all())).is('I');
    decrypt(U)
        .identity(all())
        .resource(to(aws(ROOT), all()))
        .is('A');
    decrypt(U).resource(to(aws(U), all())).is('A');
    decrypt(U)
        .identity(deny("kms:*", "*"))
        .resource(to(aws(U), all()))
        .is('E');
    let answer = decrypt(U).identity(all()).is('I');
    assert_eq!(answer["certain"], false);
    assert_eq!(answer["not_modelled"], json!(["key-policy", "kms-grants"]));
}

#[test]
fn r39_an_alias_hides_a_key() {
    let alias = "arn:aws:kms:us-east-1:111111111111:alias/a";
    let answer = line(U, "kms:DeleteAlias", alias)
        .identity(ALLOW_ALL())
        .is('A');
    assert_eq!(answer["certain"], false);
    assert_eq!(answer["not_modelled"], json!(["kms-alias"]));
}

#[test]
fn r40_calls_that_need_nothing() {
    let who = line(U, "sts:GetCallerIdentity", "*");
    who.is('A');
    who.clone().identity(deny("*", "*")).is('A');
    line("anonymous", "sts:GetCallerIdentity", "*").is('I');
    let token = line(U, "sts:GetSessionToken", "*");
    token.is('A');
    token.identity(deny("*", "*")).is('E');
}

#[test]
fn r41_what_belongs_to_aws_is_not_changed() {
    let managed = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let ask = |action: &str, resource: &str| {
        let asked = line(U, action, resource).request("resourceAccount", Value::Null);
        asked.identity(ALLOW_ALL())
    };
    ask("iam:GetPolicy", managed).is('A');
    ask("iam:CreatePolicyVersion", managed).is('I');
    ask("iam:CreatePolicyVersion", managed)
        .identity(deny("*", "*"))
        .is('E');
    ask(
        "iam:CreatePolicyVersion",
        "arn:aws:iam::111111111111:policy/own",
    )
    .is('A');
    let reserved = "arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/x";
    ask("iam:DeleteRole", reserved).is('I');
    ask("iam:GetRole", reserved).is('A');
}

#[test]
fn r43_the_owner_of_an_s3_resource_must_be_given() {
    let unknown = get(U)
        .identity(ALLOW_ALL())
        .request("resourceAccount", Value::Null);
    let error = unknown.is_error("unknown-owner");
    assert_eq!(error["path"], "request.resourceAccount");
    // Other ARNs name it.
    let queue = "arn:aws:sqs:us-east-1:111111111111:q";
    let asked = line(U, "sqs:SendMessage", queue).identity(ALLOW_ALL());
    asked
        .clone()
        .request("resourceAccount", Value::Null)
        .is('A');
    asked.owner(TWO).is_error("invalid-request");
    let other = line(U, "sqs:SendMessage", "arn:aws:sqs:us-east-1:222222222222:q");
    other
        .request("resourceAccount", Value::Null)
        .identity(ALLOW_ALL())
        .is('I');
}

#[test]
fn r46_actions_without_resource_types() {
    let list =
        |resource: &str| line(U, "s3:ListAllMyBuckets", "*").identity(allow("s3:*", resource));
    list("*").is('A');
    list("arn:aws:s3:::b").is('I');
    list("arn:aws:s3:::*").turns("wildcard-only-resource", "star", 'A', 'I');
    list("*").set("wildcard-only-resource", "star").is('A');
    let describe = |statement| {
        let asked = line(U, "ec2:DescribeInstances", "*").identity(statement);
        asked.request("wildcardOnlyAction", json!(true))
    };
    describe(allow("ec2:*", "*")).is('A');
    describe(allow("ec2:*", "arn:aws:ec2:*:*:*")).is('I');
    let not = |resource: &str| json!({"Effect": "Allow", "Action": "*", "NotResource": resource});
    describe(not("arn:aws:ec2:*:*:*")).is('A');
    describe(not("*")).is('I');
    // Whatever resource the request names, such an action has none.
    line(
        U,
        "ec2:DescribeInstances",
        "arn:aws:ec2:us-east-1:111111111111:instance/i",
    )
    .request("wildcardOnlyAction", json!(true))
    .identity(allow("ec2:*", "arn:aws:ec2:*:*:instance/*"))
    .is('I');
}

#[test]
fn r93_only_the_owner_puts_a_bucket_policy() {
    for action in ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"] {
        let asked = line(U, action, "arn:aws:s3:::b").identity(ALLOW_ALL());
        asked.is('A');
        let across = asked.owner(TWO).resource(to(aws(U), ALLOW_ALL()));
        assert_eq!(across.is('I')["blocked_by"], json!(["s3-owner"]));
        across.identity(deny("*", "*")).is('E');
    }
}

#[test]
fn r94_credentials() {
    let blocked = |principal: &str, action: &str| {
        let asked = line(principal, action, "*")
            .identity(ALLOW_ALL())
            .session(ALLOW_ALL());
        let answer = asked.is('I');
        assert_eq!(answer["blocked_by"], json!(["credential"]), "{action}");
        asked.identity(deny("*", "*")).is('E');
    };
    blocked(F, "iam:ListUsers");
    blocked(F, "sts:GetSessionToken");
    blocked(S, "sts:GetSessionToken");
    blocked(R, "sts:GetFederationToken");
    line(F, "sts:GetCallerIdentity", "*").is('A');
    let trust = json!({"Effect": "Allow", "Principal": aws(ONE), "Action": "sts:AssumeRole"});
    let root = line(ROOT, "sts:AssumeRole", ROLE_OF_ONE).resource(trust);
    assert_eq!(root.is('I')["blocked_by"], json!(["credential"]));
    let iam = line(U, "iam:ListUsers", "*").identity(ALLOW_ALL());
    assert_eq!(iam.is('A')["not_modelled"], json!(["credential"]));
    let session = iam.clone().request("credential", json!("session"));
    session.is('I');
    session.context("aws:MultiFactorAuthPresent", true).is('A');
    let long = iam.request("credential", json!("long-term")).is('A');
    assert_eq!(long["not_modelled"], Value::Null);
}

#[test]
fn r95_access_points_leave_doubt() {
    let point = "arn:aws:s3:us-east-1:111111111111:accesspoint/p/object/k";
    let answer = line(U, "s3:GetObject", point).identity(ALLOW_ALL()).is('A');
    assert_eq!(answer["certain"], false);
    assert_eq!(answer["not_modelled"], json!(["s3-access-point"]));
}
