//! Section 2.2: the policies of an organization.

use super::*;

/// `U` with an Allow of its own, in an organization of one open level.
fn member(principal: &str) -> Line {
    get(principal)
        .identity(ALLOW_ALL())
        .session(ALLOW_ALL())
        .scp("root", ALLOW_ALL())
}

const LINKED: &str =
    "arn:aws:iam::111111111111:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX";
const LINKED_SESSION: &str = "arn:aws:sts::111111111111:assumed-role/AWSServiceRoleForX/s";

#[test]
fn r11_each_level_must_allow() {
    member(U).is('A');
    member(U).scp("unit", ALLOW_ALL()).is('A');
    let answer = member(U).scp("unit", EC2()).is('I');
    assert_eq!(answer["blocked_by"], json!(["scp"]));
    assert_eq!(answer["certain"], true);
    // Whichever level it is.
    get(U)
        .identity(ALLOW_ALL())
        .scp("root", EC2())
        .scp("account", ALLOW_ALL())
        .is('I');
    // Within a level any policy may allow.
    member(U)
        .scp("unit", EC2())
        .scp("unit", allow("s3:*", "*"))
        .is('A');
    // A level without policies allows nothing; no levels, no organization.
    let none = json!([{"level": "root", "policies": []}]);
    assert_eq!(
        member(U).put("scps", none).is('I')["blocked_by"],
        json!(["scp"])
    );
    member(U).put("scps", json!([])).is('A');
    member(U).put("scps", Value::Null).is('A');
    // A Deny at any level, in any of its policies.
    for level in ["root", "unit", "account"] {
        let denied = member(U)
            .scp("unit", ALLOW_ALL())
            .scp("account", ALLOW_ALL())
            .scp(level, deny("s3:*", "*"));
        assert_eq!(denied.is('E')["blocked_by"], json!(["scp"]), "{level}");
        member(U)
            .scp(level, json!([ALLOW_ALL(), deny("s3:Put*", "*")]))
            .is('A');
    }
}

#[test]
fn r11_the_trace_has_each_level() {
    let answer = member(U).scp("unit", EC2()).explained();
    let layers = answer["layers"].as_array().unwrap();
    let levels: Vec<_> = layers
        .iter()
        .filter(|layer| layer["layer"] == "scp")
        .map(|layer| {
            (
                layer["level"].as_str().unwrap(),
                layer["result"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(levels, [("root", "allow"), ("unit", "none")]);
    let granted = answer["granted_by"].as_array().unwrap();
    assert!(
        granted.iter().all(|grant| grant["layer"] == "identity"),
        "{answer}"
    );
}

#[test]
fn r12_an_scp_never_grants() {
    let answer = get(U).scp("root", ALLOW_ALL()).is('I');
    assert_eq!(answer["blocked_by"], json!([]));
    assert_eq!(answer["not_granted_by"], json!(["identity", "resource"]));
    member(U).is('A');
    // Where it lacks an Allow as well, all of them are needed.
    let answer = get(U).scp("root", EC2()).is('I');
    assert_eq!(
        answer["not_granted_by"],
        json!(["identity", "resource", "scp"])
    );
}

#[test]
fn r13_members_and_not_the_management_account() {
    for caller in [U, R, S, F, ROOT] {
        let denied = member(caller).scp("root", deny("s3:*", "*"));
        denied.is('E');
        denied.clone().set("managementAccount", TWO).is('E');
        denied.set("managementAccount", ONE).is('A');
        let lacking = member(caller).scp("unit", EC2());
        assert_eq!(lacking.is('I')["blocked_by"], json!(["scp"]), "{caller}");
        lacking.set("managementAccount", ONE).is('A');
    }
    // It is the caller's account that counts.
    let across = member(U).owner(TWO).resource(to(aws(U), ALLOW_ALL()));
    across.is('A');
    let denied = across.scp("root", deny("*", "*"));
    denied.clone().set("managementAccount", TWO).is('E');
    let answer = denied.set("managementAccount", ONE).explained();
    assert_eq!(answer["decision"], "Allowed");
    let scp = answer["layers"].as_array().unwrap().last().unwrap();
    assert_eq!(scp["applies"], false);
    assert_eq!(
        scp["reason"],
        "does not reach the management account (R13, R17)"
    );
}

#[test]
fn r14_not_service_linked_roles() {
    let denied = |caller: &str| member(caller).scp("root", deny("*", "*"));
    denied(LINKED).is('A');
    denied(R).is('E');
    let session = denied(LINKED_SESSION);
    assert_eq!(
        session.clone().set("sessionIssuer", LINKED).is('A')["certain"],
        true
    );
    let other = "arn:aws:iam::111111111111:role/AWSServiceRoleForX";
    session.clone().set("sessionIssuer", other).is('E');
    // By its name alone it is one, though not for certain.
    let answer = session.is('A');
    assert_eq!(answer["certain"], false);
    assert_eq!(answer["not_modelled"], json!(["session-issuer"]));
}

#[test]
fn r15_only_principals_of_the_organization() {
    for (caller, principal) in [
        ("sns.amazonaws.com", json!({"Service": "sns.amazonaws.com"})),
        ("anonymous", json!("*")),
    ] {
        let asked = get(caller)
            .resource(to(principal, ALLOW_ALL()))
            .scp("root", deny("*", "*"));
        asked.is('A');
    }
    let granted = get(U).resource(to(aws(U), ALLOW_ALL()));
    granted.is('A');
    // A member is limited also where the resource's policy names it (R22).
    let answer = granted.clone().scp("root", EC2()).is('I');
    assert_eq!(answer["blocked_by"], json!(["scp"]));
    granted.scp("root", deny("*", "*")).is('E');
}

#[test]
fn r20_the_full_language_in_scps() {
    let asked = |statement: Value| get(U).identity(ALLOW_ALL()).scp("root", statement);
    asked(when(ALLOW_ALL(), "StringEquals", "k:k", "a")).is('I');
    asked(when(ALLOW_ALL(), "StringEquals", "k:k", "a"))
        .context("k:k", "a")
        .is('A');
    asked(allow("*", "arn:aws:s3:::b/*")).is('A');
    asked(allow("*", "arn:aws:s3:::c/*")).is('I');
    let not_action =
        |action: &str| json!({"Effect": "Allow", "NotAction": action, "Resource": "*"});
    asked(not_action("iam:*")).is('A');
    asked(not_action("s3:*")).is('I');
    let not_resource = |effect: &str, resource: &str| json!({"Effect": effect, "Action": "*", "NotResource": resource});
    asked(not_resource("Allow", "arn:aws:s3:::c/*")).is('A');
    asked(json!([
        ALLOW_ALL(),
        not_resource("Deny", "arn:aws:s3:::c/*")
    ]))
    .is('E');
    asked(allow("s3:*Object", "*")).is('A');
    // R58: an ARN cut short counts where it ends in a wildcard.
    asked(allow("*", "arn:aws:s3*")).is('A');
    asked(allow("*", "arn:aws:s3")).turns("incomplete-arn", "complete", 'I', 'A');
}

#[test]
fn what_needs_no_permission_needs_no_scp() {
    let token = line(U, "sts:GetSessionToken", "*").request("credential", json!("long-term"));
    token.clone().scp("root", EC2()).is('A');
    token.scp("root", deny("*", "*")).is('E');
    line(U, "sts:GetCallerIdentity", "*")
        .scp("root", deny("*", "*"))
        .is('A');
}

#[test]
fn levels_are_read_strictly() {
    let broken = [
        (json!([{"level": "root"}]), "scps[0].policies"),
        (json!([{"policies": []}]), "scps[0].level"),
        (json!([policy(ALLOW_ALL())]), "scps[0].level"),
        (json!(["root"]), "scps[0]"),
        (json!({}), "scps"),
    ];
    for (levels, path) in broken {
        let error = get(U).put("scps", levels).is_error("invalid-request");
        assert_eq!(error["path"], path);
    }
    let error = get(U)
        .scp("root", json!({"Effect": "Allow", "Action": "*"}))
        .is_error("invalid-policy");
    assert_eq!(error["path"], "scps[0].policies[0]");
}

const THREE: &str = "arn:aws:iam::333333333333:user/eve";

#[test]
fn r16_rcps_follow_the_resource_and_only_deny() {
    let own = get(U).identity(ALLOW_ALL());
    own.clone().rcp("root", deny("s3:Put*", "*")).is('A');
    // Full access is assumed at each level, one without policies included.
    let levels = json!([{"level": "root", "policies": []}, {"level": "account", "policies": []}]);
    own.clone().put("rcps", levels).is('A');
    for level in ["root", "account"] {
        let answer = own
            .clone()
            .rcp("root", ALLOW_ALL())
            .rcp(level, deny("s3:*", "*"))
            .is('E');
        assert_eq!(answer["blocked_by"], json!(["rcp"]));
    }
    // It never grants.
    get(U).rcp("root", ALLOW_ALL()).is('I');
    // Everybody is reached: outsiders, root, services, the anonymous.
    let organization = || {
        when(
            deny("*", "*"),
            "StringNotEqualsIfExists",
            "aws:PrincipalOrgID",
            "o-1",
        )
    };
    for caller in [THREE, ROOT, S, F, "anonymous", "sns.amazonaws.com"] {
        let asked = get(caller)
            .identity(ALLOW_ALL())
            .session(ALLOW_ALL())
            .resource(to(json!("*"), ALLOW_ALL()));
        asked.is('A');
        let limited = asked.rcp("root", organization());
        assert_eq!(limited.is('E')["blocked_by"], json!(["rcp"]), "{caller}");
        limited.context("aws:PrincipalOrgID", "o-1").is('A');
    }
    // The resource's account counts, not the caller's.
    let across = get(U)
        .owner(TWO)
        .identity(ALLOW_ALL())
        .resource(to(aws(U), ALLOW_ALL()))
        .rcp("root", deny("*", "*"));
    across.clone().set("managementAccount", ONE).is('E');
    across.set("managementAccount", TWO).is('A');
}

#[test]
fn r16_the_trace_has_each_level() {
    let answer = get(U)
        .identity(ALLOW_ALL())
        .rcp("root", deny("s3:Put*", "*"))
        .rcp("account", deny("s3:Get*", "*"))
        .explained();
    let layers = answer["layers"].as_array().unwrap();
    let levels: Vec<_> = layers
        .iter()
        .filter(|layer| layer["layer"] == "rcp")
        .map(|layer| {
            (
                layer["level"].as_str().unwrap(),
                layer["result"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(levels, [("root", "allow"), ("account", "deny")]);
}

#[test]
fn r17_what_rcps_do_not_reach() {
    let all = || deny("*", "*");
    let asked = |caller: &str, action: &str, resource: &str| {
        line(caller, action, resource)
            .identity(ALLOW_ALL())
            .rcp("root", all())
    };
    let exempt = |line: Line, why: &str| {
        line.is('A');
        let answer = line.explained();
        let layer = answer["layers"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(layer["applies"], false);
        assert!(layer["reason"].as_str().unwrap().contains(why), "{layer}");
    };
    asked(U, "s3:GetObject", OBJECT).is('E');
    let managed = asked(U, "s3:GetObject", OBJECT).set("managementAccount", ONE);
    exempt(managed, "management account");
    exempt(
        asked(LINKED, "s3:GetObject", OBJECT),
        "service-linked roles",
    );
    // An action without a resource type, whatever it says its resource is.
    exempt(
        asked(U, "s3:ListAllMyBuckets", "*"),
        "without a resource type",
    );
    exempt(
        asked(U, "s3:ListAllMyBuckets", "arn:aws:s3:::*"),
        "without a resource type",
    );
    asked(U, "s3:ListBucket", "arn:aws:s3:::b").is('E');
    // KMS.
    let key = |action: &str| asked(U, action, KEY).resource(to(aws(ONE), allow("kms:*", "*")));
    key("kms:Decrypt").is('E');
    exempt(key("kms:RetireGrant"), "RetireGrant");
    let aliases = |alias: &str| key("kms:Decrypt").context("kms:ResourceAliases", json!([alias]));
    exempt(aliases("alias/aws/s3"), "AWS managed keys");
    aliases("alias/own").is('E');
    let alias = |name: &str| {
        let alias = format!("arn:aws:kms:us-east-1:111111111111:alias/{name}");
        asked(U, "kms:DeleteAlias", &alias)
    };
    exempt(alias("aws/s3"), "AWS managed keys");
    alias("own").is('E');
    // A service that assumes its service-linked role, and any other role.
    let trust = json!({"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": "x.amazonaws.com"}});
    let assume = |role: &str| {
        line("x.amazonaws.com", "sts:AssumeRole", role)
            .resource(trust.clone())
            .rcp("root", all())
    };
    exempt(assume(LINKED), "assumes its service-linked role");
    assume(ROLE_OF_ONE).is('E');
}

#[test]
fn r18_the_services_under_rcp_are_data() {
    let asked = |action: &str, resource: &str| {
        line(U, action, resource)
            .identity(ALLOW_ALL())
            .rcp("root", deny("*", "*"))
    };
    let date = leastwise::catalog::get().date();
    let instance = "arn:aws:ec2:us-east-1:111111111111:instance/i";
    let uncovered = asked("ec2:StopInstances", instance);
    assert_eq!(uncovered.is('A')["certain"], true);
    let answer = uncovered.explained();
    let layer = answer["layers"].as_array().unwrap().last().unwrap().clone();
    assert!(layer["reason"].as_str().unwrap().contains(date), "{layer}");
    asked("sqs:SendMessage", "arn:aws:sqs:us-east-1:111111111111:q").is('E');
    asked(
        "secretsmanager:GetSecretValue",
        "arn:aws:secretsmanager:us-east-1:111111111111:secret:s",
    )
    .is('E');
    // An action newer than the catalog, of a service that it knows.
    asked("sqs:BrandNew", "arn:aws:sqs:us-east-1:111111111111:q").is('E');
    // A service that it does not know leaves doubt.
    let answer = asked("brandnew:Get", "arn:aws:brandnew:us-east-1:111111111111:x").is('A');
    assert_eq!(answer["certain"], false);
    assert_eq!(answer["not_modelled"], json!(["rcp-coverage"]));
    for prefix in ["s3", "sts", "kms", "sqs", "secretsmanager"] {
        assert!(
            leastwise::catalog::get().service(prefix).unwrap().rcp,
            "{prefix}"
        );
    }
}

#[test]
fn r19_the_principal_of_an_rcp_is_everybody() {
    let asked = |statement: Value| {
        let level = json!([{"level": "root", "policies": [policy(statement)]}]);
        get(U).identity(ALLOW_ALL()).put("rcps", level)
    };
    asked(to(aws(R), deny("*", "*"))).is('E');
    asked(not_to(json!("*"), deny("*", "*"))).is('E');
    asked(to(json!("*"), deny("s3:Put*", "*"))).is('A');
    // R58: an ARN cut short spoils its statement.
    let short = deny("*", "arn:aws:s3*");
    asked(to(json!("*"), short)).turns("incomplete-arn", "complete", 'A', 'E');
}

#[test]
fn r33_root_is_within_the_organization() {
    for action in [
        "s3:GetBucketPolicy",
        "s3:PutBucketPolicy",
        "s3:DeleteBucketPolicy",
    ] {
        let asked =
            || line(ROOT, action, "arn:aws:s3:::b").resource(to(json!("*"), deny("s3:*", "*")));
        asked().is('A');
        let answer = asked().rcp("root", deny("s3:*", "*")).is('E');
        assert_eq!(answer["blocked_by"], json!(["rcp"]));
        assert_eq!(
            asked().scp("root", EC2()).is('I')["blocked_by"],
            json!(["scp"])
        );
        asked().scp("root", deny("s3:*", "*")).is('E');
    }
}
