//! Section 5: what no language rule's test covers.

use super::*;

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
