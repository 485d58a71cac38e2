//! Pairs worked out by hand (`comparison.md` 14, 9).

use super::{allow, ask, ask_as, deny, document, relation};
use leastwise::policy::PolicyType;
use leastwise::semantics::ResourceColons;
use leastwise::semantics::compare::{Direction, Options, Relation};
use serde_json::{Value, json};

fn one(statement: Value) -> Value {
    document(json!([statement]))
}

/// Two Allows of `s3:GetObject` on `*` that differ by their conditions.
fn conditions(old: Value, new: Value) -> Relation {
    let of = |condition| one(allow("s3:GetObject", "*", condition));
    relation(&of(old), &of(new))
}

/// Two Allows of `s3:GetObject` that differ by their resources.
fn resources(old: &str, new: &str) -> Relation {
    let of = |resource| one(allow("s3:GetObject", resource, json!({})));
    relation(&of(old), &of(new))
}

use Relation::{Equivalent, Incomparable, Narrower, Unknown, Wider};

#[test]
fn actions() {
    let of = |action: &str| one(allow(action, "*", json!({})));
    for (old, new, expected) in [
        ("s3:GetObject", "S3:getobject", Equivalent),
        ("s3:Get*", "s3:*", Wider),
        ("s3:*", "*", Wider),
        ("s3:Get*", "s3:*Object", Incomparable),
        ("s3:Get?bject", "s3:GetObject", Narrower),
        ("s3:Get*", "s3:GetObject", Narrower),
        ("s*:Get", "s3", Equivalent),
    ] {
        assert_eq!(relation(&of(old), &of(new)), expected, "{old} {new}");
    }
    let not =
        |actions: Value| one(json!({"Effect": "Allow", "NotAction": actions, "Resource": "*"}));
    assert_eq!(
        relation(&not(json!(["iam:*", "sts:*"])), &not(json!("iam:*"))),
        Wider
    );
    assert_eq!(relation(&not(json!("iam:*")), &of("*")), Wider);
    assert_eq!(relation(&not(json!("*")), &document(json!([]))), Equivalent);
}

#[test]
fn resources_over_well_formed_arns() {
    for (old, new, expected) in [
        ("arn:aws:s3:::b/public/*", "arn:aws:s3:::b/*", Wider),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/*", Equivalent),
        ("arn:aws:s3:::b*", "arn:aws:s3:::b/*", Narrower),
        ("arn:aws:s3:::B/*", "arn:aws:s3:::b/*", Incomparable),
        ("ARN:AWS:S3:::b/*", "arn:aws:s3:::b/*", Equivalent),
        ("arn:aws:sqs:*:1:q", "arn:aws:sqs:*:*:q", Wider),
        ("arn:*:s3:::b", "arn:aws:s3:::b", Narrower),
        ("arn:aws:s3", "arn:aws:s3:*:*:*", Equivalent),
        ("*", "arn:*", Narrower),
        ("arn:aws:s3:::a/b", "arn:aws:s3:::a/b/c", Incomparable),
        ("nonsense", "", Equivalent),
    ] {
        assert_eq!(resources(old, new), expected, "{old} {new}");
    }
}

#[test]
fn partitions_are_the_known_ones() {
    let catalog = leastwise::catalog::get();
    let partitions = catalog.partitions().iter();
    let queues: Vec<String> = partitions
        .map(|p| format!("arn:{}:sqs:*:*:q", p.id))
        .collect();
    let listed = document(json!([{
        "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queues,
    }]));
    let any = one(allow("sqs:SendMessage", "arn:aws*:sqs:*:*:q", json!({})));
    // Documented, a `*` that ends the partition may reach behind its colon.
    assert_eq!(relation(&listed, &any), Wider);
    let mut segmented = Options::default();
    segmented.settings.resource_colons = ResourceColons::Segmented;
    let found = ask_as(&listed, &any, PolicyType::Identity, &segmented);
    assert_eq!(found.relation(), Equivalent);
    let options = Options::default();
    let made_up = one(allow("sqs:SendMessage", "arn:nowhere:sqs:*:*:q", json!({})));
    let old = document(json!([]));
    let found = ask_as(&old, &made_up, PolicyType::Identity, &options);
    assert_eq!(
        found.relation(),
        Wider,
        "a placeholder does not empty its statement"
    );
}

#[test]
fn r56_the_log_stream_pair() {
    let old = document(json!([
        allow(
            "logs:PutLogEvents",
            "arn:aws:logs:*:*:log-group:g:*",
            json!({})
        ),
        deny(
            "logs:PutLogEvents",
            "arn:aws:logs:*:*:log-stream:x",
            json!({})
        ),
    ]));
    let new = one(allow(
        "logs:PutLogEvents",
        "arn:aws:logs:*:*:log-group:g:*",
        json!({}),
    ));
    let found = ask(&old, &new);
    assert_eq!(found.relation(), Wider);
    let Direction::Some(witness) = &found.gained else {
        panic!("{found:?}");
    };
    assert!(
        witness.request.resource.ends_with(":log-stream:x"),
        "{witness:?}"
    );
    assert_eq!(found.uncertain.len(), 1);
    assert_eq!(found.uncertain[0].relation, Equivalent);
    assert_eq!(found.reasons(), ["setting:resource-colons"]);
    let mut options = Options::default();
    options.settings.resource_colons = ResourceColons::Segmented;
    assert_eq!(
        ask_as(&old, &new, PolicyType::Identity, &options).relation(),
        Equivalent
    );
}

#[test]
fn r46_the_request_resource_star() {
    let of = |resource: &str| one(allow("ec2:DescribeInstances", resource, json!({})));
    let found = ask(&of("arn:aws:ec2:*:*:*"), &of("*"));
    let Direction::Some(witness) = &found.gained else {
        panic!("{found:?}");
    };
    assert_eq!(witness.request.resource, "*");
    assert!(witness.realistic);
    // For an overridden action the resource `*` is not what is asked for.
    let of = |resource: &str| one(allow("s3:ListAllMyBuckets", resource, json!({})));
    assert_eq!(relation(&of("arn:aws:s3:::*"), &of("*")), Wider);
    assert_eq!(relation(&of("*"), &of("*")), Equivalent);
}

#[test]
fn r60_not_resource() {
    let not = |resources: Value| {
        one(json!({"Effect": "Allow", "Action": "s3:GetObject", "NotResource": resources}))
    };
    let all = one(allow("s3:GetObject", "*", json!({})));
    let secret = json!("arn:aws:s3:::secret/*");
    assert_eq!(relation(&not(secret.clone()), &all), Wider);
    let denied = document(json!([
        allow("s3:GetObject", "*", json!({})),
        deny("s3:GetObject", "arn:aws:s3:::secret/*", json!({})),
    ]));
    assert_eq!(relation(&not(secret.clone()), &denied), Equivalent);
    let two = not(json!(["arn:aws:s3:::secret/*", "arn:aws:s3:::other/*"]));
    assert_eq!(relation(&not(secret), &two), Narrower);
    assert_eq!(relation(&not(json!("*")), &document(json!([]))), Equivalent);
}

#[test]
fn denies() {
    let all = one(allow("s3:*", "*", json!({})));
    let denied = document(json!([
        allow("s3:*", "*", json!({})),
        deny("*", "*", json!({}))
    ]));
    assert_eq!(relation(&denied, &document(json!([]))), Equivalent);
    assert_eq!(relation(&denied, &all), Wider);
    let found = ask(&denied, &all);
    let Direction::Some(witness) = &found.gained else {
        panic!("{found:?}");
    };
    assert_eq!(witness.denied_by.unwrap().statement, 1);
    // A Deny of what nothing allows changes nothing.
    let idle = document(json!([
        allow("s3:*", "*", json!({})),
        deny("ec2:*", "*", json!({}))
    ]));
    assert_eq!(relation(&all, &idle), Equivalent);
}

#[test]
fn r71_to_r75_missing_keys() {
    let key = |operator: &str, value: Value| json!({operator: {"aws:RequestTag/t": value}});
    let none = || json!({});
    for (old, new, expected) in [
        (key("StringEquals", json!("a")), none(), Wider),
        (key("StringEqualsIfExists", json!("a")), none(), Wider),
        (
            key("StringEquals", json!("a")),
            key("StringEqualsIfExists", json!("a")),
            Wider,
        ),
        (key("StringNotEquals", json!("a")), none(), Wider),
        (
            key("StringNotEquals", json!("a")),
            key("StringNotEqualsIfExists", json!("a")),
            Equivalent,
        ),
        (
            key("Null", json!("true")),
            key("StringNotEquals", json!("a")),
            Wider,
        ),
        (
            key("Null", json!("false")),
            key("StringLike", json!("*")),
            Equivalent,
        ),
        (
            key("Null", json!(true)),
            key("StringNotLike", json!("*")),
            Equivalent,
        ),
        (key("Null", json!(["true", "false"])), none(), Equivalent),
        (
            key("StringEquals", json!(["a", "b"])),
            key("StringEquals", json!("a")),
            Narrower,
        ),
        (
            key("StringNotEquals", json!(["a", "b"])),
            key("StringNotEquals", json!("a")),
            Wider,
        ),
        (
            key("StringEquals", json!([])),
            key("Null", json!("x")),
            Equivalent,
        ),
        (key("StringNotEquals", json!([])), none(), Equivalent),
        (
            key("StringEqualsIgnoreCase", json!("AB")),
            key("StringEquals", json!("aB")),
            Narrower,
        ),
        (
            key("StringLike", json!("a*")),
            key("StringEquals", json!("a*")),
            Narrower,
        ),
    ] {
        assert_eq!(
            conditions(old.clone(), new.clone()),
            expected,
            "{old} {new}"
        );
    }
}

#[test]
fn several_values() {
    let tags = |operator: &str, value: Value| json!({operator: {"aws:TagKeys": value}});
    for (old, new, expected) in [
        (
            tags("ForAllValues:StringEquals", json!(["a"])),
            tags("ForAllValues:StringEquals", json!(["a", "b"])),
            Wider,
        ),
        (
            tags("ForAnyValue:StringEquals", json!(["a"])),
            tags("ForAllValues:StringEquals", json!(["a"])),
            Incomparable,
        ),
        (
            tags("ForAllValues:StringEquals", json!(["a"])),
            json!({}),
            Wider,
        ),
        (
            tags("ForAnyValue:StringEquals", json!("a")),
            tags("ForAnyValue:StringEqualsIfExists", json!("a")),
            Wider,
        ),
        (
            tags("ForAllValues:StringNotEquals", json!("a")),
            tags("ForAnyValue:StringEquals", json!("a")),
            Incomparable,
        ),
        (
            tags("ForAnyValue:StringNotEquals", json!("a")),
            tags("ForAnyValue:StringLike", json!("*")),
            Wider,
        ),
        // One plain use beside a use as a set: which of the two AWS means is
        // not known (R77).
        (
            tags("StringEquals", json!("a")),
            tags("ForAnyValue:StringEquals", json!("a")),
            Unknown,
        ),
    ] {
        assert_eq!(
            conditions(old.clone(), new.clone()),
            expected,
            "{old} {new}"
        );
    }
}

#[test]
fn numbers_dates_addresses_booleans() {
    let of = |operator: &str, key: &str, value: Value| json!({operator: {key: value}});
    let number = |operator: &str, value: Value| of(operator, "s3:max-keys", value);
    let date = |operator: &str, value: &str| of(operator, "aws:CurrentTime", json!(value));
    let ip = |operator: &str, value: Value| of(operator, "aws:SourceIp", value);
    for (old, new, expected) in [
        (
            number("NumericEquals", json!(10)),
            number("NumericEquals", json!("10.0")),
            Equivalent,
        ),
        (
            number("NumericLessThan", json!(10)),
            number("NumericLessThanEquals", json!(10)),
            Wider,
        ),
        (
            number("NumericLessThan", json!(10)),
            number("NumericGreaterThanEquals", json!(10)),
            Incomparable,
        ),
        (
            date("DateLessThan", "2020-06-01T00:00:00Z"),
            date("DateLessThan", "2020-06-01T02:00:00+02:00"),
            Equivalent,
        ),
        (
            date("DateLessThan", "2020-06-01"),
            date("DateLessThan", "1590969601"),
            Wider,
        ),
        (
            ip("IpAddress", json!("10.0.0.0/8")),
            ip("IpAddress", json!("0.0.0.0/0")),
            Wider,
        ),
        (
            ip("IpAddress", json!("0.0.0.0/0")),
            ip("IpAddress", json!(["0.0.0.0/1", "128.0.0.0/1"])),
            Equivalent,
        ),
        (
            ip("NotIpAddress", json!("0.0.0.0/0")),
            ip("IpAddress", json!("::/0")),
            Narrower,
        ),
        (
            ip("IpAddress", json!("2001:DB8::1")),
            ip("IpAddress", json!("2001:db8:0:0:0:0:0:1/128")),
            Equivalent,
        ),
        (
            of("Bool", "aws:SecureTransport", json!("true")),
            of("Bool", "aws:SecureTransport", json!(true)),
            Equivalent,
        ),
        (
            of("Bool", "aws:SecureTransport", json!("false")),
            of("BoolIfExists", "aws:SecureTransport", json!("false")),
            Wider,
        ),
        (
            number("NumericEquals", json!("many")),
            number("NumericEquals", json!(1)),
            Unknown,
        ),
        (
            number("NumericEquals", json!("many")),
            number("NumericEquals", json!("many")),
            Equivalent,
        ),
    ] {
        assert_eq!(
            conditions(old.clone(), new.clone()),
            expected,
            "{old} {new}"
        );
    }
    let mixed = json!({"NumericEquals": {"k:n": 1}, "StringEquals": {"k:n": "1"}});
    let text = json!({"StringEquals": {"k:n": "1"}});
    assert_eq!(conditions(mixed.clone(), text), Unknown);
    assert_eq!(
        conditions(mixed, json!({})),
        Wider,
        "where the key is absent"
    );
}

#[test]
fn r85_arns() {
    let of = |operator: &str, value: &str| json!({operator: {"aws:SourceArn": value}});
    for (old, new, expected) in [
        (
            of("ArnLike", "arn:aws:sns:*:*:t"),
            of("ArnEquals", "arn:aws:sns:*:*:t"),
            Equivalent,
        ),
        (
            of("ArnLike", "*"),
            of("ArnLike", "arn:*:*:*:*:*"),
            Equivalent,
        ),
        (of("ArnLike", "*"), of("StringLike", "*"), Wider),
        (
            of("ArnLike", "arn:aws:iam::*"),
            of("StringEquals", "x"),
            Wider,
        ),
        (
            of("ArnLike", "arn:aws:x:*:1:finance/*"),
            of("StringLike", "arn:aws:x:*:1:finance/*"),
            Wider,
        ),
        (of("ArnNotLike", "arn:aws:sns:*:*:t"), json!({}), Wider),
    ] {
        assert_eq!(
            conditions(old.clone(), new.clone()),
            expected,
            "{old} {new}"
        );
    }
}

#[test]
fn policy_variables() {
    let home = |pattern: &str| format!("arn:aws:s3:::home/{pattern}");
    for (old, new, expected) in [
        ("${aws:username}/*", "${aws:username}/*", Equivalent),
        ("*", "${aws:username}/*", Narrower),
        ("${aws:username}/*", "*", Wider),
        ("${aws:username}/*", "${aws:userid}/*", Incomparable),
        ("${aws:username}/a*", "${aws:username}/*", Wider),
        ("${aws:username}", "${aws:username, 'x'}", Wider),
        ("bob/*", "${aws:username}/*", Incomparable),
    ] {
        assert_eq!(resources(&home(old), &home(new)), expected, "{old} {new}");
    }
    // Without a version a variable is text (R87).
    let text = json!({"Statement": [allow("s3:GetObject", &home("${aws:username}"), json!({}))]});
    let variable = one(allow("s3:GetObject", &home("${aws:username}"), json!({})));
    assert_ne!(relation(&text, &variable), Equivalent);
    // `${*}` is a star in the new version and a wildcard in the old (R89).
    let star = |version: &str| json!({"Version": version, "Statement": [allow("s3:GetObject", &home("${*}"), json!({}))]});
    assert_eq!(
        relation(&star("2012-10-17"), &star("2008-10-17")),
        Incomparable
    );
}

#[test]
fn a_condition_on_the_key_of_a_variable_goes_with_it() {
    let bob = json!({"StringEquals": {"aws:username": "bob"}});
    let old = one(allow(
        "s3:GetObject",
        "arn:aws:s3:::home/bob/*",
        bob.clone(),
    ));
    let new = one(allow(
        "s3:GetObject",
        "arn:aws:s3:::home/${aws:username}/*",
        bob,
    ));
    let found = ask(&old, &new).relation();
    assert!(matches!(found, Equivalent | Unknown), "{found:?}");
}

#[test]
fn principals_of_resource_policies() {
    let of = |principal: Value| {
        one(json!({
            "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::b/*",
        }))
    };
    let options = Options::default();
    let role = "arn:aws:iam::111111111111:role/r";
    for (old, new, expected) in [
        (json!({"AWS": role}), json!({"AWS": "*"}), Wider),
        (json!("*"), json!({"AWS": "*"}), Equivalent),
        (
            json!({"AWS": "111111111111"}),
            json!({"AWS": role}),
            Narrower,
        ),
        (
            json!({"AWS": "111111111111"}),
            json!({"AWS": "arn:aws:iam::111111111111:root"}),
            Equivalent,
        ),
        (
            json!({"AWS": role}),
            json!({"AWS": "arn:aws:sts::111111111111:assumed-role/r/s"}),
            Narrower,
        ),
        (
            json!({"Service": "sns.amazonaws.com"}),
            json!({"Service": "sqs.amazonaws.com"}),
            Incomparable,
        ),
        (
            json!({"AWS": role}),
            json!({"AWS": ["arn:aws:iam::1:user/*", role]}),
            Equivalent,
        ),
    ] {
        let found = ask_as(
            &of(old.clone()),
            &of(new.clone()),
            PolicyType::Resource,
            &options,
        );
        assert_eq!(found.relation(), expected, "{old} {new} {found:?}");
    }
    let spared = document(json!([
        {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"},
        {"Effect": "Deny", "NotPrincipal": {"AWS": role}, "Action": "s3:*", "Resource": "*"},
    ]));
    let named = document(json!([
        {"Effect": "Allow", "Principal": {"AWS": role}, "Action": "s3:*", "Resource": "*"},
    ]));
    let found = ask_as(&spared, &named, PolicyType::Resource, &options);
    assert_eq!(found.relation(), Equivalent, "{found:?}");
}

#[test]
fn unknown_operators_matter_only_where_they_decide() {
    let odd = json!({"StringMatches": {"aws:username": "bob"}});
    assert_eq!(conditions(odd.clone(), odd.clone()), Equivalent);
    assert_eq!(conditions(odd.clone(), json!({})), Unknown);
    let both = document(json!([
        allow("s3:GetObject", "*", odd),
        allow("s3:*", "*", json!({})),
    ]));
    assert_eq!(
        relation(&both, &one(allow("s3:*", "*", json!({})))),
        Equivalent
    );
}

/// Another value of a setting that gives another relation is named beside the
/// answer; it does not change it.
#[test]
fn settings_that_matter_are_named() {
    let of = |resource: &str| one(allow("sqs:SendMessage", resource, json!({})));
    let found = ask(&of("arn:aws:sqs:*:*:*"), &of("arn:aws:sqs"));
    assert_eq!(found.relation(), Equivalent);
    let named: Vec<_> = found
        .uncertain
        .iter()
        .map(|u| (u.setting, u.value))
        .collect();
    assert_eq!(named, [("incomplete-arn", "never")]);
    assert_eq!(found.uncertain[0].relation, Narrower);
    let date = |value: &str| {
        one(allow(
            "s3:GetObject",
            "*",
            json!({"DateLessThan": {"aws:CurrentTime": value}}),
        ))
    };
    let found = ask(&date("2020"), &date("2020-01-01"));
    assert_eq!(found.relation(), Equivalent);
    assert_eq!(found.reasons(), ["setting:four-digit-date"]);
}
