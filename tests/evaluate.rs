//! The simulator against its rules: one table for each rule, named by it,
//! both directions; every trap of other engines; and laws that hold for any
//! policy.

use leastwise::policy::{ActionPattern, PolicyType, ResourcePattern, Version};
use leastwise::semantics::evaluate::{self, matching};
use leastwise::semantics::{Context, Settings};
use leastwise::syntax::json;
use proptest::prelude::*;
use serde_json::{Value, json};

const ONE: &str = "111111111111";
const TWO: &str = "222222222222";
const U: &str = "arn:aws:iam::111111111111:user/bob";
const R: &str = "arn:aws:iam::111111111111:role/r";
const S: &str = "arn:aws:sts::111111111111:assumed-role/r/s";
const F: &str = "arn:aws:sts::111111111111:federated-user/f";
const ROOT: &str = "arn:aws:iam::111111111111:root";
const OBJECT: &str = "arn:aws:s3:::b/k";
const KEY: &str = "arn:aws:kms:us-east-1:111111111111:key/k";
const ROLE_OF_ONE: &str = "arn:aws:iam::111111111111:role/target";

/// A batch line in the making; account 1 owns the resource.
#[derive(Clone, Debug)]
struct Line(Value);

fn line(principal: &str, action: &str, resource: &str) -> Line {
    let account = if resource == "*" {
        Value::Null
    } else {
        json!(ONE)
    };
    Line(json!({
        "request": {
            "principal": principal, "action": action, "resource": resource,
            "resourceAccount": account, "context": {},
        },
        "identityPolicies": [], "resourcePolicy": null, "scps": [], "rcps": [],
        "permissionBoundaries": null, "sessionPolicies": null, "vpcEndpointPolicies": null,
        "settings": {},
    }))
}

/// `U` asks for the object of bucket `b`.
fn get(principal: &str) -> Line {
    line(principal, "s3:GetObject", OBJECT)
}

impl Line {
    fn put(mut self, name: &str, value: Value) -> Self {
        self.0[name] = value;
        self
    }
    fn push(mut self, name: &str, value: Value) -> Self {
        if self.0[name].is_null() {
            self.0[name] = json!([]);
        }
        self.0[name].as_array_mut().unwrap().push(value);
        self
    }
    fn identity(self, statement: Value) -> Self {
        self.push("identityPolicies", policy(statement))
    }
    fn boundary(self, statement: Value) -> Self {
        self.push("permissionBoundaries", policy(statement))
    }
    fn session(self, statement: Value) -> Self {
        self.push("sessionPolicies", policy(statement))
    }
    fn resource(self, statement: Value) -> Self {
        self.put("resourcePolicy", policy(statement))
    }
    fn owner(mut self, account: &str) -> Self {
        self.0["request"]["resourceAccount"] = json!(account);
        self
    }
    fn request(mut self, name: &str, value: Value) -> Self {
        self.0["request"][name] = value;
        self
    }
    fn context(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0["request"]["context"][key] = value.into();
        self
    }
    fn set(mut self, name: &str, value: &str) -> Self {
        self.0["settings"][name] = json!(value);
        self
    }
    fn answer(&self) -> Value {
        let answer = evaluate::answer(&self.0.to_string(), &Settings::default(), false);
        serde_json::to_value(answer).unwrap()
    }
    fn decision(&self) -> String {
        let answer = self.answer();
        answer["decision"]
            .as_str()
            .unwrap_or_else(|| panic!("{answer}"))
            .to_owned()
    }
    /// Asserts a decision by its first letter.
    #[track_caller]
    fn is(&self, letter: char) -> Value {
        let answer = self.answer();
        let decision = answer["decision"].as_str().unwrap_or_default();
        assert!(
            decision.starts_with(letter),
            "expected {letter}: {answer}\n{}",
            self.0
        );
        // `explain` gives the same verdict as `decide`.
        let explained = evaluate::answer(&self.0.to_string(), &Settings::default(), true);
        let explained = serde_json::to_value(explained).unwrap();
        for (name, value) in answer.as_object().unwrap() {
            assert_eq!(&explained[name], value, "{name} of {}", self.0);
        }
        answer
    }
    #[track_caller]
    fn is_error(&self, kind: &str) -> Value {
        let answer = self.answer();
        assert_eq!(answer["error"]["kind"], kind, "{answer}");
        answer["error"].clone()
    }
    /// Asserts that a setting other than the default gives another decision,
    /// and that the verdict under the default says so.
    #[track_caller]
    fn turns(&self, setting: &str, value: &str, default: char, other: char) {
        let answer = self.is(default);
        if setting != "resource-colons" {
            assert_eq!(answer["certain"], false, "{answer}");
            let all = answer["uncertain"].as_array().unwrap();
            let one = all
                .iter()
                .find(|u| u["setting"] == setting && u["value"] == value);
            let decision = one.unwrap_or_else(|| panic!("{answer}"))["decision"].as_str();
            assert!(decision.unwrap().starts_with(other), "{answer}");
        }
        self.clone().set(setting, value).is(other);
    }
}

fn policy(statement: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statement})
}

fn allow(action: &str, resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn deny(action: &str, resource: &str) -> Value {
    json!({"Effect": "Deny", "Action": action, "Resource": resource})
}

fn to(principal: Value, mut statement: Value) -> Value {
    statement["Principal"] = principal;
    statement
}

fn aws(principal: &str) -> Value {
    json!({"AWS": principal})
}

fn not_to(principal: Value, mut statement: Value) -> Value {
    statement["NotPrincipal"] = principal;
    statement
}

fn when(mut statement: Value, operator: &str, key: &str, value: impl Into<Value>) -> Value {
    statement["Condition"] = json!({operator: {key: value.into()}});
    statement
}

/// Whether an Allow on everything under one condition is allowed.
fn holds(operator: &str, key: &str, wanted: impl Into<Value>, found: Option<Value>) -> Line {
    let asked = get(U).identity(when(allow("*", "*"), operator, key, wanted));
    match found {
        Some(value) => asked.context(key, value),
        None => asked,
    }
}

const ALLOW_ALL: fn() -> Value = || allow("*", "*");
const EC2: fn() -> Value = || allow("ec2:*", "*");

// --- 2.1 Allow, Deny, accounts ---------------------------------------------

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

// --- 2.3 boundary, session policy, the form of the principal ----------------

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

// --- 2.4, 2.5 special principals and services -------------------------------

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
    line(ROOT, "sts:AssumeRole", ROLE_OF_ONE).is('I');
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

#[test]
fn layers_that_are_not_built_give_an_error() {
    let asked = get(U).identity(ALLOW_ALL());
    let level = json!([{"level": "root", "policies": [policy(ALLOW_ALL())]}]);
    let error = asked
        .clone()
        .put("scps", level.clone())
        .is_error("not-built");
    assert_eq!(error["path"], "scps");
    asked.clone().put("rcps", level).is_error("not-built");
    asked
        .clone()
        .put("vpcEndpointPolicies", json!([]))
        .is_error("not-built");
    asked
        .set("s3.objectOwner", TWO)
        .is_error("invalid-settings");
}

// --- 3.1 parsing, actions, resources ----------------------------------------

#[test]
fn r47_r49_forms_of_a_statement() {
    get(U).identity(json!([ALLOW_ALL()])).is('A');
    let lists = json!({"Effect": "Allow", "Action": ["ec2:*", "s3:*"], "Resource": ["arn:aws:s3:::x", "*"]});
    get(U).identity(lists).is('A');
    // Numbers and booleans are their text.
    holds("NumericEquals", "s3:max-keys", 10, Some(json!("10"))).is('A');
    holds("Bool", "aws:SecureTransport", true, Some(json!(true))).is('A');
    holds("StringEquals", "k:k", "1.50", Some(json!(1.5))).is('I');
    let missing = json!({"Action": "*", "Resource": "*"});
    let error = get(U).identity(missing).is_error("invalid-policy");
    assert_eq!(error["path"], "identityPolicies[0]");
    let lower = json!({"Effect": "allow", "Action": "*", "Resource": "*"});
    get(U).identity(lower).is_error("invalid-policy");
    get(U)
        .put("identityPolicies", json!(["{\"Statement\": "]))
        .is_error("invalid-policy");
    let text = policy(ALLOW_ALL()).to_string();
    get(U).put("identityPolicies", json!([text])).is('A');
    for broken in [
        json!({"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"}),
        json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Conditions": {}}),
        json!({"Effect": "Allow", "Action": 7, "Resource": "*"}),
        json!("Allow"),
    ] {
        get(U).identity(broken).is_error("invalid-policy");
    }
    let version = json!({"Version": "2020-01-01", "Statement": ALLOW_ALL()});
    get(U)
        .push("identityPolicies", version)
        .is_error("invalid-policy");
    let token = r#"{"Statement": {"Effect": "Allow", "Action": {{ actions }}, "Resource": "*"}}"#;
    get(U)
        .push("identityPolicies", json!(token))
        .is_error("invalid-policy");
    // An absent Resource is the attached one in a resource policy only.
    get(U)
        .resource(json!({"Effect": "Allow", "Principal": "*", "Action": "*"}))
        .is('A');
    get(U)
        .identity(json!({"Effect": "Allow", "Action": "*"}))
        .is_error("invalid-policy");
}

#[test]
fn r49_repeated_keys_count_in_either_reading() {
    let ask = |effects: &str, setting: Option<&str>| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{{effects},"Action":"*","Resource":"*"}}}}"#
        );
        let asked = get(U).put("identityPolicies", json!([text]));
        match setting {
            Some(value) => asked.set("duplicate-keys", value),
            None => asked,
        }
    };
    let deny_then_allow = r#""Effect":"Deny","Effect":"Allow""#;
    let allow_then_deny = r#""Effect":"Allow","Effect":"Deny""#;
    ask(deny_then_allow, None).turns("duplicate-keys", "first", 'A', 'E');
    ask(allow_then_deny, None).turns("duplicate-keys", "last", 'A', 'E');
    ask(deny_then_allow, Some("last")).is('A');
    ask(allow_then_deny, Some("first")).is('A');
    // The reading survives a policy written as an object in the line.
    let line = get(U)
        .identity(ALLOW_ALL())
        .0
        .to_string()
        .replace(r#""Effect":"Allow""#, allow_then_deny);
    let answer = evaluate::answer(&line, &Settings::default(), false);
    let answer = serde_json::to_value(answer).unwrap();
    assert_eq!(answer["decision"], "Allowed");
    assert_eq!(answer["certain"], false);
}

#[test]
fn r50_principals_by_policy_type() {
    get(U).identity(to(aws(R), ALLOW_ALL())).is('A');
    get(U).resource(ALLOW_ALL()).is('I');
}

#[test]
fn r51_to_r54_actions() {
    let yes = |action: &str| {
        get(U).identity(allow(action, "*")).is('A');
    };
    let no = |action: &str| {
        get(U).identity(allow(action, "*")).is('I');
    };
    yes("S3:getobject");
    yes("s3:Get?bject");
    no("s3:Get?Object");
    yes("s3:*Obj*");
    yes("*");
    yes("s3:GetObject*");
    no("s*:GetObject");
    no("s3:Get Object");
    let not = |action: &str| json!({"Effect": "Allow", "NotAction": action, "Resource": "*"});
    get(U).identity(not("iam:*")).is('A');
    get(U).identity(not("s3:Get*")).is('I');
    let several = json!({"Effect": "Allow", "NotAction": ["iam:*", "s3:*"], "Resource": "*"});
    get(U).identity(several).is('I');
}

#[test]
fn r55_case_of_an_arn() {
    get(U).identity(allow("*", "arn:aws:s3:::b/K")).is('I');
    get(U)
        .identity(allow("*", "arn:AWS:S3:::b/k"))
        .turns("arn-prefix-case", "sensitive", 'A', 'I');
}

#[test]
fn r56_wildcards_and_colons() {
    let stream = "arn:aws:logs:us-east-1:111111111111:log-group:g:log-stream:x";
    let asked =
        line(U, "logs:PutLogEvents", stream).identity(allow("*", "arn:aws:logs:*:*:log-stream:x"));
    asked.turns("resource-colons", "segmented", 'A', 'I');
    let queue = line(U, "sqs:SendMessage", "arn:aws:sqs:us-east-1:111111111111:q")
        .identity(allow("*", "arn:aws:sqs:us-*1:111111111111:q"));
    queue.is('A');
    let queue = line(U, "sqs:SendMessage", "arn:aws:sqs:us-east-1:111111111111:q")
        .identity(allow("*", "arn:aws:sqs:us-*11:q"));
    queue.turns("resource-colons", "glob", 'I', 'A');
}

#[test]
fn r57_a_star_crosses_slashes() {
    for (key, letter) in [
        ("b//test/o", 'A'),
        ("b/1/2/test/3", 'A'),
        ("b/1/test/", 'A'),
        ("b/1-test/o", 'I'),
        ("b/test/o", 'I'),
        ("b/1/2/test.jpg", 'I'),
    ] {
        let resource = format!("arn:aws:s3:::{key}");
        line(U, "s3:GetObject", &resource)
            .identity(allow("*", "arn:aws:s3:::b/*/test/*"))
            .is(letter);
    }
}

#[test]
fn r58_incomplete_arns() {
    let queue = |_: ()| line(U, "sqs:SendMessage", "arn:aws:sqs:us-east-1:111111111111:q");
    let short = || allow("*", "arn:aws:sqs");
    queue(())
        .identity(short())
        .turns("incomplete-arn", "never", 'A', 'I');
    queue(()).identity(ALLOW_ALL()).boundary(short()).is('A');
    let session =
        line(S, "sqs:SendMessage", "arn:aws:sqs:us-east-1:111111111111:q").identity(ALLOW_ALL());
    session
        .clone()
        .session(short())
        .turns("incomplete-arn", "complete", 'I', 'A');
    session
        .clone()
        .session(short())
        .session(ALLOW_ALL())
        .is('I');
    session
        .clone()
        .session(allow("*", "arn:aw*:sqs:us-east-1:111111111111:q"))
        .is('I');
    session.session(allow("*", "arn:aws:sqs:*:*:*")).is('A');
    queue(()).resource(to(aws(U), short())).is('I');
    queue(())
        .resource(to(aws(U), allow("*", "arn:aws:sqs:us-*")))
        .is('A');
    queue(()).identity(allow("*", "arn:aws:sns")).is('I');
}

#[test]
fn r59_a_wildcard_in_the_resource_type() {
    let user = line(U, "iam:GetUser", "arn:aws:iam::111111111111:user/bob");
    let asked = user.identity(allow("*", "arn:aws:iam::111111111111:u*/bob"));
    asked.turns("wildcard-in-resource-type", "reject", 'A', 'I');
    let bucket = get(U).identity(allow("*", "arn:aws:s3:::*/k")).is('A');
    assert_eq!(bucket["certain"], true, "a bucket's name is no type");
    let api = "arn:aws:execute-api:eu-west-1:111111111111:a1b2/prod/GET/pets";
    let invoked = line(U, "execute-api:Invoke", api)
        .identity(allow("*", "arn:aws:execute-api:*:*:*/prod/GET/*"))
        .is('A');
    assert_eq!(invoked["certain"], true, "nor is an API's id");
}

#[test]
fn r60_not_resource() {
    let not = |effect: &str, resource: Value| json!({"Effect": effect, "Action": "*", "NotResource": resource});
    get(U)
        .identity(not("Allow", json!("arn:aws:s3:::secret/*")))
        .is('A');
    get(U)
        .identity(not("Allow", json!("arn:aws:s3:::b/*")))
        .is('I');
    // Several entries: none may match.
    get(U)
        .identity(not(
            "Allow",
            json!(["arn:aws:s3:::c/*", "arn:aws:s3:::b/*"]),
        ))
        .is('I');
    let unresolved = || json!("arn:aws:s3:::b/${aws:username}");
    let asked = get(U).identity(not("Allow", unresolved()));
    asked.turns("unresolved-in-resource", "entry-fails", 'I', 'A');
    let both = json!({"Effect": "Allow", "Action": "*", "Resource": ["*", "arn:aws:s3:::b/${aws:username}"]});
    get(U)
        .identity(both)
        .turns("unresolved-in-resource", "statement-fails", 'A', 'I');
}

#[test]
fn r61_bucket_and_object() {
    get(U).identity(allow("*", "arn:aws:s3:::b")).is('I');
    get(U).identity(allow("*", "arn:aws:s3:::b*")).is('A');
    line(U, "s3:ListBucket", "arn:aws:s3:::b")
        .identity(allow("*", "arn:aws:s3:::b*"))
        .is('A');
    line(U, "s3:GetObject", "arn:aws:s3:::b2/k")
        .identity(allow("*", "arn:aws:s3:::b*"))
        .is('A');
}

// --- 3.2 principals ----------------------------------------------------------

#[test]
fn r62_to_r67_who_is_named() {
    let path = "arn:aws:iam::111111111111:role/p/r";
    for (principal, caller, letter) in [
        (aws("arn:aws:iam::111111111111:user/*"), U, 'I'),
        (json!({"AWS": [R, U]}), U, 'A'),
        (json!({"Service": U}), U, 'I'),
        (json!({"Federated": "*"}), U, 'I'),
        (aws("sns.amazonaws.com"), "sns.amazonaws.com", 'I'),
        (aws(R), S, 'A'),
        (aws(path), S, 'A'),
        (aws("arn:aws:iam::111111111111:role/q"), S, 'I'),
        (
            aws("arn:aws:sts::111111111111:assumed-role/r/other"),
            S,
            'I',
        ),
        (aws("arn:aws:iam::222222222222:role/r"), S, 'I'),
        (aws("arn:aws:iam::111111111111:user/Bob"), U, 'I'),
        (aws("AIDAJQABLZS4A3QDU576Q"), U, 'I'),
        (aws("arn:aws:iam::111111111111:group/g"), U, 'I'),
        (
            json!({"CanonicalUser": "0a".repeat(32)}),
            &"0a".repeat(32),
            'A',
        ),
    ] {
        get(caller).resource(to(principal, ALLOW_ALL())).is(letter);
    }
    // R65: names fold, and the issuer's path counts where it is known.
    let upper = get(S).resource(to(aws("arn:aws:iam::111111111111:role/R"), ALLOW_ALL()));
    upper.turns("role-name-case", "sensitive", 'A', 'I');
    let issued = get(S).resource(to(aws(path), ALLOW_ALL()));
    issued.clone().set("sessionIssuer", path).is('A');
    issued.set("sessionIssuer", R).is('I');
    get("arn:aws:iam::111111111111:group/g").is_error("invalid-request");
}

#[test]
fn r68_not_principal() {
    let denied = |list: Value, caller: &str| {
        get(caller)
            .identity(ALLOW_ALL())
            .resource(not_to(list, deny("*", "*")))
    };
    denied(aws("arn:aws:iam::111111111111:user/other"), U).is('E');
    denied(aws(U), U).turns("not-principal-account", "account-required", 'A', 'E');
    assert_eq!(denied(json!({"AWS": [U, ONE]}), U).is('A')["certain"], true);
    denied(json!({"AWS": [S, ONE]}), S).turns(
        "not-principal-account",
        "account-required",
        'A',
        'E',
    );
    assert_eq!(
        denied(json!({"AWS": [S, R, ONE]}), S).is('A')["certain"],
        true
    );
    // With Allow it is evaluated as written.
    get(U).resource(not_to(aws(R), ALLOW_ALL())).is('A');
    get(S).resource(not_to(aws(R), ALLOW_ALL())).is('I');
}

// --- 3.3 conditions ----------------------------------------------------------

#[test]
fn r69_and_or_nor() {
    let many = |condition: Value| {
        let mut statement = ALLOW_ALL();
        statement["Condition"] = condition;
        get(U)
            .identity(statement)
            .context("k:a", "a")
            .context("k:b", "b")
    };
    many(json!({"StringEquals": {"k:a": ["x", "a"], "k:b": "b"}})).is('A');
    many(json!({"StringEquals": {"k:a": "a", "k:b": "x"}})).is('I');
    many(json!({"StringEquals": {"k:a": "a"}, "StringLike": {"k:b": "x*"}})).is('I');
    many(json!({"StringNotEquals": {"k:b": ["a", "b"]}})).is('I');
    many(json!({"StringNotEquals": {"k:b": ["a", "c"]}})).is('A');
    many(json!({"StringEquals": {"k:a": []}})).is('I');
}

#[test]
fn r70_names_of_keys_fold() {
    let asked = get(U).identity(when(
        ALLOW_ALL(),
        "StringEquals",
        "AWS:resourcetag/TEAM",
        "x",
    ));
    asked.clone().context("aws:ResourceTag/team", "x").is('A');
    let twice = asked
        .context("aws:ResourceTag/team", "x")
        .context("aws:ResourceTag/Team", "y");
    let error = twice.is_error("invalid-request");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("differ only by letter case")
    );
}

#[test]
fn r71_r72_absent_keys() {
    for (operator, value, letter) in [
        ("StringEquals", "a", 'I'),
        ("StringNotEquals", "a", 'A'),
        ("StringNotLike", "a", 'A'),
        ("NumericLessThan", "1", 'I'),
        ("NumericNotEquals", "1", 'A'),
        ("DateNotEquals", "2020", 'A'),
        ("NotIpAddress", "1.2.3.4", 'A'),
        ("ArnNotLike", R, 'A'),
        ("Bool", "false", 'I'),
        ("BinaryEquals", "QQ==", 'I'),
        ("StringEqualsIfExists", "a", 'A'),
        ("BoolIfExists", "true", 'A'),
        ("StringNotEqualsIfExists", "a", 'A'),
        ("ArnLikeIfExists", R, 'A'),
    ] {
        holds(operator, "k:k", value, None).is(letter);
    }
    holds("StringEqualsIfExists", "k:k", "a", Some(json!("b"))).is('I');
    holds("StringEqualsIfExists", "k:k", "a", Some(json!("a"))).is('A');
}

#[test]
fn r73_null() {
    holds("Null", "k:k", "true", None).is('A');
    holds("Null", "k:k", true, Some(json!("x"))).is('I');
    holds("Null", "k:k", "false", Some(json!("x"))).is('A');
    holds("Null", "k:k", false, None).is('I');
    holds("Null", "k:k", "true", Some(json!([]))).is('A');
    holds("ForAllValues:Null", "k:k", "true", None).is('A');
    holds("Null", "k:k", "false", Some(json!(""))).turns("empty-string", "null", 'A', 'I');
}

#[test]
fn r74_r75_sets() {
    let all = |found| {
        holds(
            "ForAllValues:StringEquals",
            "aws:TagKeys",
            json!(["a", "b"]),
            found,
        )
    };
    all(None).is('A');
    all(Some(json!([]))).is('A');
    all(Some(json!("a"))).is('A');
    all(Some(json!(["a", "b"]))).is('A');
    all(Some(json!(["a", "c"]))).is('I');
    let any = |operator, found| holds(operator, "aws:TagKeys", json!(["a"]), found);
    any("ForAnyValue:StringEquals", Some(json!(["a", "c"]))).is('A');
    any("ForAnyValue:StringEquals", Some(json!(["b", "c"]))).is('I');
    any("ForAnyValue:StringEquals", None).is('I');
    any("ForAnyValue:StringNotEquals", None).is('I');
    any("ForAnyValue:StringEqualsIfExists", None).turns("for-any-if-exists", "false", 'A', 'I');
}

#[test]
fn r76_sets_over_negated_operators() {
    let ask = |operator, wanted: Value, found: Value| holds(operator, "k:k", wanted, Some(found));
    ask("ForAnyValue:StringNotEquals", json!("a"), json!(["a", "b"])).is('A');
    ask("ForAnyValue:StringNotEquals", json!("a"), json!(["a"])).is('I');
    ask(
        "ForAllValues:StringNotEquals",
        json!("a"),
        json!(["a", "b"]),
    )
    .is('I');
    ask(
        "ForAllValues:StringNotEquals",
        json!("a"),
        json!(["c", "b"]),
    )
    .is('A');
    ask(
        "ForAnyValue:StringNotEquals",
        json!(["a", "b"]),
        json!(["a", "b"]),
    )
    .turns("for-any-negated", "any-combination", 'I', 'A');
}

#[test]
fn r77_several_values_under_a_plain_operator() {
    let ask = |operator| holds(operator, "k:k", "a", Some(json!(["a", "b"])));
    ask("StringEquals").turns("multi-under-plain", "any", 'I', 'A');
    ask("StringNotEquals").is('I');
    ask("StringEqualsIfExists").is('I');
    ask("StringEquals").set("multi-under-plain", "all").is('I');
    holds("StringLike", "k:k", "*", Some(json!(["a", "b"])))
        .set("multi-under-plain", "all")
        .is('A');
}

#[test]
fn r78_an_unknown_operator_never_matches() {
    holds("StringMatches", "k:k", "a", Some(json!("a"))).is('I');
    holds("NullIfExists", "k:k", "true", None).is('I');
    let denied = when(deny("*", "*"), "StringMatches", "k:k", "a");
    get(U).identity(ALLOW_ALL()).identity(denied).is('A');
}

// --- 3.4 operators -----------------------------------------------------------

#[test]
fn r79_strings() {
    for (operator, wanted, found, letter) in [
        ("StringEquals", "a*", "ab", 'I'),
        ("StringEquals", "a*", "a*", 'A'),
        ("StringEquals", "A", "a", 'I'),
        ("StringEqualsIgnoreCase", "A", "a", 'A'),
        ("StringEqualsIgnoreCase", "A*", "ab", 'I'),
        ("StringNotEqualsIgnoreCase", "A", "a", 'I'),
        ("StringLike", "a*", "ab", 'A'),
        ("StringLike", "A*", "ab", 'I'),
        ("StringLike", "a?", "ab", 'A'),
        ("StringLike", "a?", "a", 'I'),
        ("StringNotLike", "a*", "ab", 'I'),
        ("StringNotLike", "b*", "ab", 'A'),
        ("stringequals", "a", "a", 'A'),
    ] {
        holds(operator, "k:k", wanted, Some(json!(found))).is(letter);
    }
}

#[test]
fn r80_numbers() {
    for (operator, wanted, found, letter) in [
        ("NumericEquals", "10", "10.0", 'A'),
        ("NumericEquals", "10", "10abc", 'I'),
        ("NumericEquals", "10", "1e1", 'A'),
        ("NumericEquals", "0.1", "0.10", 'A'),
        ("NumericLessThan", "10", "9.99", 'A'),
        ("NumericLessThan", "10", "10", 'I'),
        ("NumericLessThanEquals", "10", "10", 'A'),
        ("NumericGreaterThan", "-1", "0", 'A'),
        ("NumericGreaterThanEquals", "10", "9", 'I'),
        ("NumericNotEquals", "10", "10.0", 'I'),
        ("NumericNotEquals", "10", "11", 'A'),
        (
            "NumericLessThan",
            "123456789012345678901234567891",
            "123456789012345678901234567890",
            'A',
        ),
        ("NumericEquals", "9007199254740993", "9007199254740992", 'I'),
    ] {
        holds(operator, "k:k", wanted, Some(json!(found))).is(letter);
    }
    holds("NumericNotEquals", "k:k", "10", Some(json!("ten"))).turns(
        "ill-typed-negated",
        "match",
        'I',
        'A',
    );
    holds(
        "NumericNotEquals",
        "k:k",
        json!(["10", "x"]),
        Some(json!("11")),
    )
    .turns("ill-typed-negated", "match", 'I', 'A');
}

#[test]
fn r81_dates() {
    for (operator, wanted, found, letter) in [
        ("DateLessThan", "1700000000", "2020-06-01T00:00:00Z", 'A'),
        ("DateGreaterThan", "2020-06-01T00:00:00Z", "1700000000", 'A'),
        ("DateEquals", "2020-06-01", "2020-06-01T02:00:00+02:00", 'A'),
        ("DateNotEquals", "2020-06-01", "2020-06-01T00:00Z", 'I'),
        (
            "DateLessThanEquals",
            "2020-06-01T00:00:00Z",
            "2020-06-01T00:00:00Z",
            'A',
        ),
        (
            "DateGreaterThanEquals",
            "2020-06-01T00:00:00.5Z",
            "2020-06-01T00:00:00Z",
            'I',
        ),
        ("DateLessThan", "soon", "2020-06-01T00:00:00Z", 'I'),
    ] {
        holds(operator, "aws:CurrentTime", wanted, Some(json!(found))).is(letter);
    }
    holds(
        "DateGreaterThan",
        "aws:CurrentTime",
        "2020",
        Some(json!("1980-01-01T00:00:00Z")),
    )
    .turns("four-digit-date", "epoch", 'I', 'A');
    holds(
        "DateNotEquals",
        "aws:CurrentTime",
        "soon",
        Some(json!("2020")),
    )
    .turns("ill-typed-negated", "match", 'I', 'A');
}

#[test]
fn r82_r83_bool_and_binary() {
    holds("Bool", "k:k", "TRUE", Some(json!(true))).is('A');
    holds("Bool", "k:k", "false", Some(json!("False"))).is('A');
    holds("Bool", "k:k", "false", Some(json!("no"))).is('I');
    holds("Bool", "k:k", "yes", Some(json!("yes"))).is('I');
    let long_term = when(
        deny("*", "*"),
        "Bool",
        "aws:MultiFactorAuthPresent",
        "false",
    );
    get(U).identity(ALLOW_ALL()).identity(long_term).is('A');
    let if_exists = when(
        deny("*", "*"),
        "BoolIfExists",
        "aws:MultiFactorAuthPresent",
        "false",
    );
    get(U).identity(ALLOW_ALL()).identity(if_exists).is('E');
    holds("BinaryEquals", "k:k", "QUJD", Some(json!("QUJD"))).is('A');
    holds("BinaryEquals", "k:k", "QUJD", Some(json!("QUJE"))).is('I');
    holds("BinaryEquals", "k:k", "QUJ", Some(json!("QUJ"))).is('I');
}

#[test]
fn r84_addresses() {
    let key = "aws:SourceIp";
    for (operator, wanted, found, letter) in [
        ("IpAddress", "10.0.0.0/8", "10.1.2.3", 'A'),
        ("IpAddress", "10.0.0.0/8", "11.1.2.3", 'I'),
        ("IpAddress", "0.0.0.0/0", "203.0.113.1", 'A'),
        ("IpAddress", "0.0.0.0/0", "2001:db8::1", 'I'),
        ("IpAddress", "10.1.2.3", "10.1.2.3", 'A'),
        ("NotIpAddress", "10.0.0.0/8", "2001:db8::1", 'A'),
        ("NotIpAddress", "10.0.0.0/8", "10.1.2.3", 'I'),
        ("IpAddress", "2001:DB8::1", "2001:db8:0:0:0:0:0:1", 'A'),
        ("IpAddress", "10.0.0", "10.0.0.1", 'I'),
    ] {
        holds(operator, key, wanted, Some(json!(found))).is(letter);
    }
    holds("IpAddress", key, "2001:db8::1", Some(json!("2001:db8::2"))).turns(
        "bare-ipv6",
        "/32",
        'I',
        'A',
    );
    holds("IpAddress", key, "10.1.2.3/8", Some(json!("10.9.9.9"))).turns(
        "cidr-host-bits",
        "reject",
        'A',
        'I',
    );
    holds(
        "NotIpAddress",
        key,
        "10.0.0.0/8",
        Some(json!("AWS Internal")),
    )
    .turns("ill-typed-negated", "match", 'I', 'A');
}

#[test]
fn r85_r86_arns() {
    let key = "aws:SourceArn";
    let found = "arn:aws:x:us-east-2:9:store/abc:1:finance/d";
    for (operator, wanted, found, letter) in [
        ("ArnLike", "arn:aws:x:*:1:finance/*", found, 'I'),
        ("StringLike", "arn:aws:x:*:1:finance/*", found, 'A'),
        ("ArnLike", "arn:aws:x:*:9:*finance/*", found, 'A'),
        ("ArnEquals", "arn:aws:x:*:9:store*", found, 'A'),
        ("ArnLike", "arn:aws:X:*:9:store*", found, 'I'),
        ("ArnLike", "*", found, 'A'),
        ("ArnLike", "*", "no arn", 'I'),
        ("ArnLike", "arn:aws:iam::*", "arn:aws:iam::1:role/r", 'I'),
        ("ArnNotLike", "arn:aws:x:*:1:*", found, 'A'),
        ("ArnNotEquals", found, found, 'I'),
    ] {
        holds(operator, key, wanted, Some(json!(found))).is(letter);
    }
    holds(
        "ArnNotLike",
        key,
        "arn:aws:iam::*",
        Some(json!("arn:aws:iam::1:role/r")),
    )
    .turns("ill-typed-negated", "match", 'I', 'A');
}

// --- 3.5 policy variables ------------------------------------------------------

#[test]
fn r87_variables_need_the_version() {
    let home = |version: Value, key: &str| {
        let statement = allow("*", "arn:aws:s3:::b/${aws:username}/*");
        let policy = json!({"Version": version, "Statement": statement});
        let resource = format!("arn:aws:s3:::b/{key}");
        line(U, "s3:GetObject", &resource)
            .push("identityPolicies", policy)
            .context("aws:username", "bob")
    };
    home(json!("2012-10-17"), "bob/x").is('A');
    home(json!("2012-10-17"), "eve/x").is('I');
    home(json!("2008-10-17"), "bob/x").is('I');
    home(json!("2008-10-17"), "${aws:username}/x").is('A');
    let none = json!({"Statement": allow("*", "arn:aws:s3:::b/${aws:username}/*")});
    line(U, "s3:GetObject", "arn:aws:s3:::b/bob/x")
        .push("identityPolicies", none)
        .context("aws:username", "bob")
        .is('I');
}

#[test]
fn r88_where_variables_count() {
    let ask = |operator, wanted: &str, found: &str| {
        holds(operator, "k:k", wanted, Some(json!(found))).context("k:v", "1")
    };
    ask("StringEquals", "${k:v}", "1").is('A');
    ask("StringEquals", "${K:V}", "1").is('A');
    ask("NumericEquals", "${k:v}", "1").is('I');
    holds("ArnLike", "k:k", "${k:arn}", Some(json!(R)))
        .context("k:arn", R)
        .is('A');
    holds("Bool", "k:k", "${k:b}", Some(json!("true")))
        .context("k:b", "true")
        .turns("bool-variables", "literal", 'A', 'I');
    let many =
        holds("StringEquals", "k:k", "${k:m}", Some(json!("a"))).context("k:m", json!(["a", "b"]));
    many.is('I');
}

#[test]
fn r89_escapes() {
    holds("StringEquals", "k:k", "${*}", Some(json!("*"))).is('A');
    holds("StringLike", "k:k", "${*}", Some(json!("x"))).is('I');
    holds("StringLike", "k:k", "${?}${$}", Some(json!("?$"))).is('A');
    get(U).identity(allow("*", "arn:aws:s3:::b/${*}")).is('I');
    line(U, "s3:GetObject", "arn:aws:s3:::b/*")
        .identity(allow("*", "arn:aws:s3:::b/${*}"))
        .is('A');
    let old = json!({"Statement": when(ALLOW_ALL(), "StringEquals", "k:k", "${*}")});
    get(U)
        .push("identityPolicies", old.clone())
        .context("k:k", "${*}")
        .is('A');
    get(U)
        .push("identityPolicies", old)
        .context("k:k", "*")
        .is('I');
}

#[test]
fn r90_defaults_and_unresolved_variables() {
    for blank in ["", " ", "  ", "\t"] {
        let wanted = format!("${{k:v,{blank}'team'}}");
        holds("StringEquals", "k:k", wanted.as_str(), Some(json!("team"))).is('A');
        let present =
            holds("StringEquals", "k:k", wanted.as_str(), Some(json!("x"))).context("k:v", "x");
        present.is('A');
    }
    holds("StringEquals", "k:k", "${k:v}", Some(json!("x"))).is('I');
    holds("StringNotEquals", "k:k", "${k:v}", Some(json!("x"))).is('A');
    holds("ArnNotLike", "k:k", "${k:v}", Some(json!(R))).is('A');
    get(U).identity(allow("*", "arn:aws:s3:::b/${k:v}")).is('I');
    get(U)
        .identity(allow("*", "arn:aws:s3:::b/${k:v, 'k'}"))
        .is('A');
}

#[test]
fn r91_r92_values_are_literal() {
    let asked = |value: &str| {
        get(U)
            .identity(allow("*", "arn:aws:s3:::b/${aws:username}"))
            .context("aws:username", value)
    };
    asked("*").is('I');
    asked("k").is('A');
    asked("${k:v}").context("k:v", "k").is('I');
    holds("StringLike", "k:k", "${k:v}", Some(json!("abc")))
        .context("k:v", "a*")
        .is('I');
    holds("StringEquals", "k:k", "a${b", Some(json!("a${b"))).is('A');
    let tag = get(U)
        .identity(allow("*", "arn:aws:s3:::b/k${aws:PrincipalTag/team}"))
        .context("aws:PrincipalTag/team", "");
    tag.turns("empty-string", "null", 'A', 'I');
}

// --- 5 settings: the rest ----------------------------------------------------

#[test]
fn filled_keys_that_rest_on_a_guess_leave_doubt() {
    let asked = get(S).set("fill-context", "implied").identity(when(
        ALLOW_ALL(),
        "ArnEquals",
        "aws:PrincipalArn",
        R,
    ));
    let answer = asked.is('A');
    assert_eq!(answer["certain"], false);
    assert_eq!(answer["not_modelled"], json!(["session-issuer"]));
    let known = asked.set("sessionIssuer", R).is('A');
    assert_eq!(known["certain"], true);
    let unasked = get(S)
        .set("fill-context", "implied")
        .identity(ALLOW_ALL())
        .is('A');
    assert_eq!(unasked["certain"], true);
}

#[test]
fn keys_the_catalog_does_not_list_can_be_dropped() {
    let ask = |key: &str| holds("StringEquals", key, "x", Some(json!("x")));
    ask("ec2:Region").is('A');
    ask("ec2:Region").set("unsupported-keys", "drop").is('I');
    ask("aws:PrincipalTag/team")
        .set("unsupported-keys", "drop")
        .is('A');
    ask("s3:ExistingObjectTag/team")
        .set("unsupported-keys", "drop")
        .is('A');
    let unknown = line(U, "s3:NotYetListed", OBJECT)
        .identity(when(ALLOW_ALL(), "StringEquals", "ec2:Region", "x"))
        .context("ec2:Region", "x");
    unknown.set("unsupported-keys", "drop").is('A');
}

#[test]
fn settings_that_do_not_exist_are_refused() {
    get(U)
        .set("resource-colon", "glob")
        .is_error("invalid-settings");
    let error = get(U)
        .set("resource-colons", "all")
        .is_error("invalid-settings");
    assert_eq!(error["path"], "settings.resource-colons");
    let shown = get(U).set("resource-colons", "glob").is('I');
    assert_eq!(shown["settings"], json!({"resource-colons": "glob"}));
}

// --- 4 traps of other engines, where no rule's test above is the same -----------

#[test]
fn trap_one_bad_value_beside_good_ones() {
    // A list with one unreadable range still matches by the others.
    let ranges = json!(["not a range", "10.0.0.0/8"]);
    holds("IpAddress", "aws:SourceIp", ranges, Some(json!("10.1.2.3"))).is('A');
}

#[test]
fn trap_session_policy_and_the_session_named_by_the_resource() {
    get(S)
        .resource(to(aws(S), ALLOW_ALL()))
        .session(EC2())
        .is('A');
    get(S)
        .resource(to(aws(R), ALLOW_ALL()))
        .session(EC2())
        .is('I');
}

#[test]
fn trap_ignore_case_folds_the_value_and_not_only_the_key() {
    holds("StringEqualsIgnoreCase", "K:K", "ABC", None)
        .context("k:k", "abc")
        .is('A');
    holds("StringEquals", "K:K", "ABC", None)
        .context("k:k", "abc")
        .is('I');
}

#[test]
fn trap_mapped_addresses_and_prefixes() {
    holds(
        "IpAddress",
        "aws:SourceIp",
        "1.2.3.4",
        Some(json!("::ffff:1.2.3.4")),
    )
    .is('I');
    holds(
        "IpAddress",
        "aws:SourceIp",
        "::/0",
        Some(json!("2001:db8::1")),
    )
    .is('A');
}

#[test]
fn missing_keys_are_those_of_statements_that_reach_the_request() {
    let mut statements = when(
        allow("s3:*", "*"),
        "StringEquals",
        "aws:PrincipalTag/team",
        "x",
    );
    let other = when(allow("ec2:*", "*"), "StringEquals", "ec2:Region", "x");
    statements["Sid"] = json!("Reaches");
    let asked = get(U)
        .identity(json!([statements, other]))
        .context("aws:SourceIp", "10.0.0.1");
    let explained = evaluate::answer(&asked.0.to_string(), &Settings::default(), true);
    let explained = serde_json::to_value(explained).unwrap();
    assert_eq!(
        explained["keys"],
        json!({
            "needed": ["aws:PrincipalTag/team"], "missing": ["aws:PrincipalTag/team"],
            "decisive": ["aws:PrincipalTag/team"], "ignored": ["aws:SourceIp"],
        })
    );
    let first = &explained["layers"][0]["statements"][0];
    assert_eq!(first["sid"], "Reaches");
    assert_eq!(first["matched"], false);
    assert_eq!(first["conditions"][0]["request_values"], "absent");
    assert_eq!(first["conditions"][0]["rule"], "R71");
}

// --- the questions of the library ------------------------------------------------

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

// --- laws ---------------------------------------------------------------------

/// Small pools, so that statements and requests often meet.
fn statement(effect: &'static str, with_principal: bool) -> impl Strategy<Value = Value> {
    let action = prop::sample::select(vec![
        "*",
        "s3:*",
        "s3:Get*",
        "S3:GETOBJECT",
        "ec2:*",
        "s3:PutObject",
    ]);
    let resource = prop::sample::select(vec![
        "*",
        "arn:aws:s3:::b/*",
        "arn:aws:s3:::*",
        "arn:aws:s3:::b/${k:v}",
        "arn:aws:s3:::c/*",
        "arn:aws:s3",
    ]);
    let principal = prop::sample::select(vec![
        json!("*"),
        aws(U),
        aws(R),
        aws(S),
        aws(ONE),
        aws(ROOT),
    ]);
    let condition = prop::option::of((
        prop::sample::select(vec![
            "StringEquals",
            "StringNotEquals",
            "StringLike",
            "StringEqualsIfExists",
            "NumericNotEquals",
            "ForAllValues:StringEquals",
            "ForAnyValue:StringNotEquals",
            "Null",
            "NotIpAddress",
            "Wrong",
        ]),
        prop::sample::select(vec!["k:k", "K:v"]),
        prop::collection::vec(
            prop::sample::select(vec!["a", "b*", "true", "1", "${k:v}", ""]),
            1..3,
        ),
    ));
    let nots = (any::<bool>(), any::<bool>(), any::<bool>());
    (action, resource, principal, condition, nots).prop_map(
        move |(
            action,
            resource,
            principal,
            condition,
            (not_action, not_resource, not_principal),
        )| {
            let mut statement = json!({"Effect": effect});
            statement[if not_action { "NotAction" } else { "Action" }] = json!(action);
            statement[if not_resource {
                "NotResource"
            } else {
                "Resource"
            }] = json!(resource);
            if with_principal {
                let not = not_principal && effect == "Deny";
                statement[if not { "NotPrincipal" } else { "Principal" }] = principal;
            }
            if let Some((operator, key, values)) = condition {
                statement["Condition"] = json!({operator: {key: values}});
            }
            statement
        },
    )
}

fn statements(with_principal: bool) -> impl Strategy<Value = Value> {
    let one = prop_oneof![
        2 => statement("Allow", with_principal),
        1 => statement("Deny", with_principal),
    ];
    prop::collection::vec(one, 0..4).prop_map(Value::Array)
}

fn asked() -> impl Strategy<Value = Line> {
    let request = (
        prop::sample::select(vec![U, R, S, F, ROOT, "anonymous", "sns.amazonaws.com"]),
        prop::sample::select(vec![ONE, TWO]),
        prop::option::of(prop::collection::vec(
            prop::sample::select(vec!["a", "b", "", "1"]),
            0..3,
        )),
        prop::option::of(prop::sample::select(vec!["k", "*", ""])),
    );
    let policies = (
        statements(false),
        prop::option::of(statements(true)),
        prop::option::of(prop::collection::vec(statements(false), 0..3)),
        prop::option::of(prop::collection::vec(statements(false), 0..3)),
    );
    (request, policies).prop_map(
        |((principal, owner, k, v), (identity, resource, boundary, session))| {
            let mut line = get(principal).owner(owner).identity(identity);
            if let Some(values) = k {
                line = line.context("k:k", json!(values));
            }
            if let Some(value) = v {
                line = line.context("k:v", value);
            }
            if let Some(statements) = resource {
                line = line.resource(statements);
            }
            let all = |several: Vec<Value>| Value::Array(several.into_iter().map(policy).collect());
            if let Some(several) = boundary {
                line = line.put("permissionBoundaries", all(several));
            }
            if let Some(several) = session {
                line = line.put("sessionPolicies", all(several));
            }
            line
        },
    )
}

/// Every statement of a line, changed.
fn each_statement(line: &Line, change: impl Fn(&mut Vec<Value>)) -> Line {
    let mut line = line.clone();
    let documents = [
        "identityPolicies",
        "permissionBoundaries",
        "sessionPolicies",
        "resourcePolicy",
    ];
    for name in documents {
        let mut documents: Vec<&mut Value> = match &mut line.0[name] {
            Value::Array(several) => several.iter_mut().collect(),
            Value::Null => Vec::new(),
            one => vec![one],
        };
        for document in &mut documents {
            change(document["Statement"].as_array_mut().unwrap());
        }
    }
    line
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn an_allow_more_never_denies(line in asked(), more in statement("Allow", false)) {
        let before = line.decision();
        let after = line.identity(more).decision();
        prop_assert!(before != "Allowed" || after == "Allowed", "{before} → {after}");
    }

    #[test]
    fn a_deny_more_never_allows(line in asked(), more in statement("Deny", false)) {
        let before = line.decision();
        let after = line.clone().identity(more.clone()).decision();
        prop_assert!(after != "Allowed" || before == "Allowed", "{before} → {after}");
        let within = line.0["permissionBoundaries"].as_array().is_some_and(|all| !all.is_empty());
        if within {
            let mut bounded = line.clone();
            let statements = &mut bounded.0["permissionBoundaries"][0]["Statement"];
            statements.as_array_mut().unwrap().push(more);
            let after = bounded.decision();
            prop_assert!(after != "Allowed" || before == "Allowed", "{before} → {after}");
        }
    }

    #[test]
    fn order_sids_forms_and_case_do_not_matter(line in asked()) {
        let before = line.answer();
        let reversed = each_statement(&line, |all| all.reverse());
        let named = each_statement(&line, |all| {
            for (i, statement) in all.iter_mut().enumerate() {
                statement["Sid"] = json!(format!("S{i}"));
            }
        });
        let listed = each_statement(&line, |all| {
            for statement in all {
                for name in ["Action", "NotAction", "Resource", "NotResource"] {
                    if let Some(value) = statement.get_mut(name) {
                        *value = json!([value.clone()]);
                    }
                }
            }
        });
        let upper = each_statement(&line, |all| {
            for statement in all {
                for name in ["Action", "NotAction"] {
                    if let Some(value) = statement.get_mut(name) {
                        *value = json!(value.as_str().unwrap().to_uppercase());
                    }
                }
            }
        });
        let mut split = line.clone();
        let statements = line.0["identityPolicies"][0]["Statement"].as_array().unwrap();
        split.0["identityPolicies"] = statements.iter().map(|s| policy(s.clone())).collect();
        let asked = line.0["request"]["action"].as_str().unwrap().to_uppercase();
        let asked = line.clone().request("action", json!(asked));
        for other in [reversed, named, listed, upper, split, asked] {
            prop_assert_eq!(&other.answer(), &before);
        }
    }

    #[test]
    fn no_boundary_is_not_an_empty_one(line in asked()) {
        let none = line.clone().put("permissionBoundaries", Value::Null).put("resourcePolicy", Value::Null);
        let empty = none.clone().put("permissionBoundaries", json!([]));
        let everything = none.clone().boundary(ALLOW_ALL());
        prop_assert_eq!(none.decision(), everything.decision());
        let root = line.0["request"]["principal"] == ROOT;
        prop_assert!(root || empty.decision() != "Allowed");
    }

    #[test]
    fn explain_agrees_with_decide(line in asked()) {
        let brief = line.answer();
        let full = evaluate::answer(&line.0.to_string(), &Settings::default(), true);
        let full = serde_json::to_value(full).unwrap();
        for (name, value) in brief.as_object().unwrap() {
            prop_assert_eq!(&full[name], value);
        }
        // The layers as shown lead to the layers that block.
        for layer in full["layers"].as_array().unwrap() {
            let denies = layer["statements"].as_array().unwrap().iter()
                .any(|s| s["matched"] == true && s["effect"] == "Deny");
            let shown = layer["result"] == "deny";
            prop_assert_eq!(denies && layer["applies"] == true, shown);
            let blocked = brief["blocked_by"].as_array().unwrap().contains(&layer["layer"]);
            prop_assert!(!shown || blocked);
        }
    }

    #[test]
    fn no_line_makes_it_panic(text in "[\\[\\]{}\":,a-zA-Z*$ 0-9]{0,80}") {
        let _ = evaluate::answer(&text, &Settings::default(), true);
    }
}
