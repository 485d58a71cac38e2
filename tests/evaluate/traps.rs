//! Where engines go wrong: each trap is a defect seen in some engine, or a
//! known misreading, with the questions that show it.

use super::*;

/// A trap, a question that falls into it, and the decision's first letter:
/// small where it is not certain, `?` where the line is refused.
struct Trap(&'static str, Line, char);

#[rustfmt::skip] // a table: one row a line
fn combination() -> Vec<Trap> {
    let all = || to(json!("*"), ALLOW_ALL());
    let none = || deny("*", "*");
    let to_all = || to(json!("*"), deny("*", "*"));
    let named = |principal: &str| to(aws(principal), ALLOW_ALL());
    let member = |caller: &str| get(caller).identity(ALLOW_ALL()).scp("root", none());
    let linked = "arn:aws:iam::111111111111:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX";
    let locked = || line(ROOT, "s3:PutBucketPolicy", "arn:aws:s3:::b").resource(to_all());
    let decrypt = |caller: &str| line(caller, "kms:Decrypt", KEY);
    let outsider = || get(U).owner(TWO).identity(ALLOW_ALL()).resource(named(U));
    let anonymous = || get("anonymous").set("fill-context", "implied");
    let list = |resource: &str| line(U, "s3:ListAllMyBuckets", "*").identity(allow("s3:*", resource));
    let queue = |caller: &str| line(caller, "sqs:SendMessage", "arn:aws:sqs:us-east-1:111111111111:q");
    let trust = |principal: &str| json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": aws(principal)});
    vec![
        Trap("the principal of an endpoint's policy ignored", get(U).identity(ALLOW_ALL()).endpoint(named(TWO)), 'i'),
        Trap("SCP on a service-linked role", member(linked), 'A'),
        Trap("SCP on a service", get("sns.amazonaws.com").resource(all()).scp("root", none()), 'A'),
        Trap("SCP on an outsider", get("anonymous").resource(all()).scp("root", none()), 'A'),
        Trap("SCP on the management account", member(U).set("managementAccount", ONE), 'A'),
        Trap("one merged list of SCPs", get(U).identity(ALLOW_ALL()).scp("root", ALLOW_ALL()).scp("unit", EC2()), 'I'),
        Trap("a level of other services' Allows passes", get(U).identity(ALLOW_ALL()).scp("root", json!([EC2(), allow("sqs:*", "*")])), 'I'),
        Trap("RCP by the caller's account", outsider().rcp("root", none()).set("managementAccount", ONE), 'E'),
        Trap("RCP by the caller's account, the resource's managed", outsider().rcp("root", none()).set("managementAccount", TWO), 'A'),
        Trap("RCP needs an Allow", outsider().rcp("root", deny("s3:Put*", "*")), 'A'),
        Trap("root without its implicit access", get(ROOT), 'A'),
        Trap("root above SCPs", get(ROOT).scp("root", none()), 'E'),
        Trap("root above SCPs that lack an Allow", get(ROOT).scp("root", EC2()), 'I'),
        Trap("root above the key policy", decrypt(ROOT).resource(named(U)), 'I'),
        Trap("an administrator above the key policy", decrypt(U).identity(ALLOW_ALL()).resource(named(R)), 'I'),
        Trap("a bucket policy locks the owner's root out", locked(), 'A'),
        Trap("the exception lifts an SCP", locked().scp("root", none()), 'E'),
        Trap("the exception lifts an RCP", locked().rcp("root", none()), 'E'),
        Trap("the exception lifts an endpoint's policy", locked().endpoint(json!([all(), to_all()])), 'E'),
        Trap("the exception lifts an endpoint's missing Allow", locked().endpoint(to(json!("*"), EC2())), 'I'),
        Trap("the exception holds for other calls", line(ROOT, "s3:ListBucket", "arn:aws:s3:::b").resource(to_all()), 'E'),
        Trap("RCP on an action without a resource type", list("*").rcp("root", none()), 'A'),
        Trap("an outsider may put a bucket policy", line(U, "s3:PutBucketPolicy", "arn:aws:s3:::b").owner(TWO).identity(ALLOW_ALL()).resource(named(U)), 'I'),
        Trap("IAM calls judged by policies alone", line(F, "iam:ListUsers", "*").identity(ALLOW_ALL()).session(ALLOW_ALL()), 'I'),
        Trap("STS calls judged by policies alone", line(S, "sts:GetSessionToken", "*").identity(ALLOW_ALL()), 'I'),
        Trap("a session token needs an Allow", line(U, "sts:GetSessionToken", "*"), 'A'),
        Trap("the anonymous have no account", anonymous().resource(when(all(), "StringEquals", "aws:PrincipalAccount", "anonymous")), 'A'),
        Trap("the anonymous are of no other account", anonymous().resource(json!([all(), when(to_all(), "StringNotEqualsIfExists", "aws:PrincipalAccount", ONE)])), 'E'),
        Trap("only `*` lists the buckets", list("arn:aws:s3:::*"), 'a'),
        Trap("any bucket lists the buckets", list("arn:aws:s3:::b"), 'I'),
        Trap("a bucket policy needs a resource", get(U).resource(json!({"Effect": "Allow", "Principal": "*", "Action": "*"})), 'A'),
        Trap("a short ARN completed in a session policy", queue(S).identity(ALLOW_ALL()).session(json!([ALLOW_ALL(), allow("*", "arn:aws:sqs")])), 'i'),
        Trap("a federated user without a session policy", get(F).identity(ALLOW_ALL()), 'I'),
        Trap("the session named, limited by its session policy", get(S).resource(named(S)).session(EC2()), 'A'),
        Trap("role and session ARN alike: the role", get(S).resource(named(R)).boundary(EC2()), 'I'),
        Trap("role and session ARN alike: the session", get(S).resource(named(S)).boundary(EC2()), 'A'),
        Trap("the account grants by itself", get(U).resource(named(ROOT)), 'I'),
        Trap("everybody is a grant across accounts", get(U).owner(TWO).resource(all()), 'I'),
        Trap("a role assumed without a trust Allow", line(R, "sts:AssumeRole", ROLE_OF_ONE).identity(ALLOW_ALL()).resource(trust(U)), 'I'),
        Trap("an identity Allow is enough for a key", decrypt(U).identity(ALLOW_ALL()).resource(named("arn:aws:iam::111111111111:user/other")), 'I'),
        Trap("the boundary forgotten beside NotPrincipal", get(U).identity(ALLOW_ALL()).boundary(ALLOW_ALL()).resource(not_to(json!({"AWS": [U, ONE]}), none())), 'E'),
        Trap("the owner of a bucket taken from the caller", get(U).identity(ALLOW_ALL()).request("resourceAccount", Value::Null), '?'),
    ]
}

#[rustfmt::skip]
fn language() -> Vec<Trap> {
    let own = |statement: Value| get(U).identity(statement);
    let key = |operator: &str, wanted: &str, found: &str| holds(operator, "k:k", wanted, Some(json!(found)));
    let absent = |operator: &str, wanted: Value| holds(operator, "k:k", wanted, None);
    let old = |statement: Value| get(U).push("identityPolicies", json!({"Version": "2008-10-17", "Statement": statement})).context("aws:username", "k");
    let bare = |statement: Value| get(U).push("identityPolicies", json!({"Statement": statement})).context("aws:username", "k");
    let variable = |operator: &str| own(when(ALLOW_ALL(), operator, "k:k", "${aws:username}")).context("k:k", "a");
    let stream = "arn:aws:logs:us-east-1:111111111111:log-group:g:log-stream:x";
    let crossing = json!([ALLOW_ALL(), deny("*", "arn:aws:logs:*:*:log-stream:x")]);
    vec![
        Trap("`0.0.0.0/0` matches nothing", key("IpAddress", "0.0.0.0/0", "203.0.113.9"), 'A'),
        Trap("`0.0.0.0/0` matches v6", key("IpAddress", "0.0.0.0/0", "2001:db8::1"), 'I'),
        Trap("v6 compared as text", key("IpAddress", "2001:DB8::1", "2001:db8:0:0:0:0:0:1"), 'a'),
        Trap("epoch seconds as milliseconds", key("DateLessThan", "1700000000", "2020-06-01T00:00:00Z"), 'A'),
        Trap("variables in Version 2008", old(allow("*", "arn:aws:s3:::b/${aws:username}")), 'I'),
        Trap("variables without a Version", bare(allow("*", "arn:aws:s3:::b/${aws:username}")), 'I'),
        Trap("NotResource as an OR of negations", own(json!({"Effect": "Allow", "Action": "*", "NotResource": ["arn:aws:s3:::c/*", "arn:aws:s3:::b/*"]})), 'I'),
        Trap("NotAction as an OR of negations", own(json!({"Effect": "Allow", "NotAction": ["iam:*", "s3:*"], "Resource": "*"})), 'I'),
        Trap("negated, absent: false", absent("StringNotEquals", json!("a")), 'A'),
        Trap("negated, no value for a variable: no match", variable("StringNotEquals"), 'A'),
        Trap("positive, no value for a variable", variable("StringEquals"), 'I'),
        Trap("IfExists, absent: the plain test", absent("StringEqualsIfExists", json!("a")), 'A'),
        Trap("`Null: true` never holds", absent("Null", json!("true")), 'A'),
        Trap("`Null: true` holds when present", key("Null", "true", "a"), 'I'),
        Trap("ForAllValues of none: false", absent("ForAllValues:StringEquals", json!(["a"])), 'A'),
        Trap("ForAnyValue of none, negated: true", absent("ForAnyValue:StringNotEquals", json!(["a"])), 'I'),
        Trap("negated over several values as OR", holds("StringNotEquals", "k:k", json!(["a", "b"]), Some(json!("b"))), 'I'),
        Trap("an unknown operator is true", key("StringMatches", "a", "a"), 'I'),
        Trap("an unknown operator in a Deny is true", own(json!([ALLOW_ALL(), when(deny("*", "*"), "StringMatches", "k:k", "a")])).context("k:k", "a"), 'A'),
        Trap("IgnoreCase folds the key alone", key("StringEqualsIgnoreCase", "ABC", "abc"), 'A'),
        Trap("StringEquals has wildcards", key("StringEquals", "a*", "ab"), 'I'),
        Trap("StringEquals, `${*}` as text", key("StringEquals", "${*}", "*"), 'A'),
        Trap("StringEquals, `${*}` not handled", key("StringEquals", "${*}", "${*}"), 'I'),
        Trap("`${*}` an escape in Version 2008", old(when(ALLOW_ALL(), "StringEquals", "k:k", "${*}")).context("k:k", "${*}"), 'A'),
        Trap("ArnLike as one glob", key("ArnLike", "arn:aws:x:*:1:finance/*", "arn:aws:x:us-east-2:9:store/abc:1:finance/d"), 'I'),
        Trap("`10abc` is 10", key("NumericEquals", "10", "10abc"), 'I'),
        Trap("decimals rejected", key("NumericLessThan", "10.5", "10.25"), 'A'),
        Trap("exponents rejected", key("NumericEquals", "10", "1e1"), 'A'),
        Trap("a field's `*` never crosses", line(U, "logs:PutLogEvents", stream).identity(crossing), 'E'),
        Trap("one blank before a default", own(allow("*", "arn:aws:s3:::b/${aws:username,'k'}")), 'A'),
        Trap("several blanks before a default", own(allow("*", "arn:aws:s3:::b/${aws:username  ,   'k'}")), 'A'),
        Trap("a wildcard in a value expands", own(allow("*", "arn:aws:s3:::b/${aws:username}")).context("aws:username", "*"), 'I'),
    ]
}

#[test]
fn no_trap_catches() {
    let wrong: Vec<String> = [combination(), language()]
        .iter()
        .flatten()
        .filter_map(|Trap(what, line, expected)| {
            let found = line.outcome();
            let message = || format!("{what}: {found}, not {expected}\n{}", line.answer());
            (found != *expected).then(message)
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn keys_count_over_all_layers_and_by_what_they_decide() {
    let limited = when(
        deny("*", "*"),
        "StringNotEquals",
        "aws:PrincipalOrgID",
        "o-1",
    );
    let elsewhere = when(allow("s3:Put*", "*"), "StringEquals", "k:elsewhere", "a");
    let answer = get(U)
        .identity(json!([ALLOW_ALL(), elsewhere]))
        .scp(
            "root",
            json!([ALLOW_ALL(), when(deny("*", "*"), "Bool", "k:scp", "true")]),
        )
        .rcp("root", limited)
        .endpoint(when(
            to(json!("*"), ALLOW_ALL()),
            "StringEquals",
            "k:vpce",
            "a",
        ))
        .context("k:vpce", "a")
        .context("aws:PrincipalOrgID", "o-1")
        .context("k:none", "x")
        .explained();
    assert_eq!(answer["decision"], "Allowed");
    let keys = &answer["keys"];
    assert_eq!(
        keys["needed"],
        json!(["aws:PrincipalOrgID", "k:scp", "k:vpce"])
    );
    assert_eq!(keys["missing"], json!(["k:scp"]));
    assert_eq!(
        keys["decisive"],
        json!(["aws:PrincipalOrgID", "k:scp", "k:vpce"])
    );
    assert_eq!(keys["ignored"], json!(["k:none"]));
}
