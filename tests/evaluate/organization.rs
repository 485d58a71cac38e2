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
    assert_eq!(scp["reason"], "does not reach the management account (R13)");
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
