//! R32: the policy of a VPC endpoint.

use super::*;

#[test]
fn r32_an_endpoint_must_allow_and_never_grants() {
    let own = get(U).identity(ALLOW_ALL());
    let all = || to(json!("*"), ALLOW_ALL());
    own.clone().endpoint(all()).is('A');
    let answer = own.clone().endpoint(to(json!("*"), EC2())).is('I');
    assert_eq!(answer["blocked_by"], json!(["vpce"]));
    let answer = own
        .clone()
        .endpoint(json!([all(), to(json!("*"), deny("s3:*", "*"))]));
    assert_eq!(answer.is('E')["blocked_by"], json!(["vpce"]));
    get(U).endpoint(all()).is('I');
    // Not passed at all, or passed with the policy that AWS gives.
    own.is('A');
    own.clone().put("vpcEndpointPolicies", json!([])).is('A');
    // Two endpoints on the way: each must allow.
    own.clone()
        .endpoint(all())
        .endpoint(to(json!("*"), EC2()))
        .is('I');
    // An Allow of the resource's policy passes it as well, whomever it names.
    for (caller, principal) in [
        (U, aws(U)),
        (S, aws(S)),
        (F, aws(F)),
        (ROOT, aws(ROOT)),
        ("anonymous", json!("*")),
        ("sns.amazonaws.com", json!({"Service": "sns.amazonaws.com"})),
    ] {
        let granted = get(caller).resource(to(principal, ALLOW_ALL()));
        granted.clone().endpoint(all()).is('A');
        let closed = granted.endpoint(to(json!("*"), EC2())).is('I');
        assert_eq!(closed["blocked_by"], json!(["vpce"]), "{caller}");
    }
    let across = get(U)
        .owner(TWO)
        .identity(ALLOW_ALL())
        .resource(to(aws(U), ALLOW_ALL()));
    across.clone().endpoint(all()).is('A');
    across.endpoint(to(json!("*"), EC2())).is('I');
}

#[test]
fn r32_its_principal_counts() {
    let own = |caller: &str| get(caller).identity(ALLOW_ALL()).session(ALLOW_ALL());
    let only = |principal: Value| to(principal, ALLOW_ALL());
    own(U)
        .endpoint(only(aws(TWO)))
        .turns("vpce-principal", "ignore", 'I', 'A');
    own(U).endpoint(only(aws(ONE))).is('A');
    own(U).endpoint(only(aws(U))).is('A');
    own(S).endpoint(only(aws(R))).is('A');
    own(S)
        .endpoint(only(aws(U)))
        .turns("vpce-principal", "ignore", 'I', 'A');
    own(ROOT).endpoint(only(aws(ONE))).is('A');
    let denied = json!([only(json!("*")), to(aws(R), deny("*", "*"))]);
    own(S).endpoint(denied.clone()).is('E');
    own(U)
        .endpoint(denied)
        .turns("vpce-principal", "ignore", 'A', 'E');
    // Gateway endpoints: `*` and conditions.
    let mine = when(
        only(json!("*")),
        "StringEquals",
        "aws:PrincipalAccount",
        ONE,
    );
    own(U).endpoint(mine.clone()).is('I');
    own(U)
        .endpoint(mine)
        .context("aws:PrincipalAccount", ONE)
        .is('A');
}

#[test]
fn r33_the_owners_root_is_not_above_the_endpoint() {
    for action in [
        "s3:GetBucketPolicy",
        "s3:PutBucketPolicy",
        "s3:DeleteBucketPolicy",
    ] {
        let asked =
            || line(ROOT, action, "arn:aws:s3:::b").resource(to(json!("*"), deny("*", "*")));
        asked().is('A');
        let all = || to(json!("*"), ALLOW_ALL());
        asked().endpoint(all()).is('A');
        let denied = json!([all(), to(json!("*"), deny("*", "*"))]);
        assert_eq!(
            asked().endpoint(denied).is('E')["blocked_by"],
            json!(["vpce"])
        );
        assert_eq!(
            asked().endpoint(to(json!("*"), EC2())).is('I')["blocked_by"],
            json!(["vpce"])
        );
    }
}
