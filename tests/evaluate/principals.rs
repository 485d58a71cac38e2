//! Section 3.2: who is named.

use super::*;

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
