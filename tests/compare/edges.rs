//! The edges of the specification at which a proof would be wrong: typed keys,
//! principals, layers, settings, dates.

use super::{allow, ask, ask_as, deny, document, read_as};
use leastwise::policy::PolicyType;
use leastwise::semantics::compare::{Comparison, Direction, Options, Stack, batch, compare};
use serde_json::{Value, json};

fn one(statement: Value) -> Value {
    document(json!([statement]))
}

/// The first new access is not proved absent.
fn may_gain(found: &Comparison, what: &str) {
    assert!(
        !matches!(found.gained, Direction::None),
        "{what}: proved to give no new access"
    );
}

fn principal(effect: &str, element: &str, value: Value) -> Value {
    let mut statement = json!({
        "Effect": effect, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*",
    });
    statement[element] = value;
    statement
}

fn line(line: &Value) -> Value {
    serde_json::to_value(batch::answer(&line.to_string(), &Options::default())).unwrap()
}

/// R15, R22, section 7: an SCP does not bind services, a boundary does not
/// bind a user whom the resource's policy names.
#[test]
fn layers_of_a_resource_policy_apply_only_to_whom_they_bind() {
    let sqs = principal(
        "Allow",
        "Principal",
        json!({"Service": "sqs.amazonaws.com"}),
    );
    let sns = principal(
        "Allow",
        "Principal",
        json!({"Service": "sns.amazonaws.com"}),
    );
    let user = principal(
        "Allow",
        "Principal",
        json!({"AWS": "arn:aws:iam::111111111111:user/u"}),
    );
    let scp = json!({"scps": [{"level": "root", "policies": [document(json!([
        allow("*", "*", json!({})), deny("s3:*", "*", json!({})),
    ]))]}]});
    let boundary = json!({"permissionBoundaries": [one(allow("ec2:*", "*", json!({})))]});
    for (added, layers) in [(sns, scp), (user, boundary)] {
        let found = line(&json!({
            "policyType": "resource",
            "old": document(json!([sqs])),
            "new": document(json!([sqs, added])),
            "layers": {"old": layers, "new": layers},
        }));
        assert_ne!(found["relation"], "equivalent", "{found}");
    }
}

/// R16, R19: an RCP holds Denies only, beside one that allows everything.
#[test]
fn a_deny_that_goes_from_an_rcp_is_new_access() {
    let of = |action: &str| {
        one(json!({"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*"}))
    };
    let found = ask_as(
        &of("s3:*"),
        &of("s3:PutObject"),
        PolicyType::Rcp,
        &Options::default(),
    );
    may_gain(&found, "rcp");
}

/// R58: `AssumeRole` refuses the whole document.
#[test]
fn a_session_policy_that_is_refused_allows_nothing() {
    for odd in ["arn:aws:sqs", "arn:*:sqs:us-east-1:111111111111:q"] {
        let sound = allow("s3:GetObject", "*", json!({}));
        let old = document(json!([sound, allow("sqs:*", odd, json!({}))]));
        let found = ask_as(
            &old,
            &document(json!([sound])),
            PolicyType::Session,
            &Options::default(),
        );
        may_gain(&found, odd);
    }
}

/// The names of three services, two providers and two canonical users are
/// tried for one whom nobody lists; a policy may list them all.
#[test]
fn there_is_always_somebody_whom_no_policy_names() {
    let services = json!([
        "ec2.amazonaws.com",
        "lambda.amazonaws.com",
        "sns.amazonaws.com"
    ]);
    let canonical = json!(["0".repeat(64), "1".repeat(64)]);
    for (listed, all) in [
        (json!({"Service": services}), json!({"Service": "*"})),
        (
            json!({"Federated": ["example.com", "example.org"]}),
            json!({"Federated": "*"}),
        ),
        (
            json!({"CanonicalUser": canonical, "Service": services}),
            json!({"Service": "*"}),
        ),
    ] {
        let of = |who: &Value| one(principal("Allow", "Principal", who.clone()));
        let found = ask_as(
            &of(&listed),
            &of(&all),
            PolicyType::Resource,
            &Options::default(),
        );
        may_gain(&found, "allow");
        let of = |who: &Value| {
            document(json!([
                principal("Allow", "Principal", json!("*")),
                principal("Deny", "Principal", who.clone()),
            ]))
        };
        let found = ask_as(
            &of(&all),
            &of(&listed),
            PolicyType::Resource,
            &Options::default(),
        );
        may_gain(&found, "deny");
    }
}

/// A key that the catalog types as a text, or does not know, may hold what is
/// no number, date, address or boolean (`comparison.md` 2, *touches*): it
/// passes neither a comparison nor its opposite.
#[test]
fn a_text_key_may_hold_what_an_operator_cannot_read() {
    for (a, b) in [
        (("Bool", "true"), ("Bool", "false")),
        (
            ("NumericLessThan", "10"),
            ("NumericGreaterThanEquals", "10"),
        ),
        (
            ("DateLessThan", "2020-01-01"),
            ("DateGreaterThanEquals", "2020-01-01"),
        ),
        (("IpAddress", "0.0.0.0/0"), ("IpAddress", "::/0")),
    ] {
        let of = |(operator, value): (&str, &str)| json!({operator: {"aws:RequestTag/env": value}});
        let present = json!({"Null": {"aws:RequestTag/env": "false"}});
        let all = one(allow("s3:GetObject", "*", present.clone()));
        let both = document(json!([
            allow("s3:GetObject", "*", of(a)),
            allow("s3:GetObject", "*", of(b)),
        ]));
        may_gain(&ask(&both, &all), a.0);
        let denied = |denies: &[Value]| {
            let denies = denies.iter().map(|c| deny("s3:GetObject", "*", c.clone()));
            let open = allow("s3:GetObject", "*", json!({}));
            document(Value::Array(std::iter::once(open).chain(denies).collect()))
        };
        may_gain(&ask(&denied(&[present]), &denied(&[of(a), of(b)])), a.0);
    }
}

/// Several values under a plain operator match neither it nor its opposite
/// (R77), and the catalog says that the key has several (section 3, Multi).
#[test]
fn a_key_of_many_values_under_plain_operators_alone() {
    let of = |operator: &str| allow("s3:GetObject", "*", json!({operator: {"aws:TagKeys": "a"}}));
    let old = document(json!([of("StringEquals"), of("StringNotEquals")]));
    may_gain(
        &ask(&old, &one(allow("s3:GetObject", "*", json!({})))),
        "aws:TagKeys",
    );
}

/// The same key once plain and once as a set: that the plain use stands in an
/// unrelated statement must not turn sets into single values for a key of
/// which the catalog knows nothing.
#[test]
fn a_plain_use_elsewhere_does_not_make_an_unknown_key_single() {
    let of = |condition: Value| {
        document(json!([
            allow("s3:GetObject", "*", condition),
            allow(
                "sqs:SendMessage",
                "*",
                json!({"StringEquals": {"x:y": "a"}})
            ),
        ]))
    };
    let every = of(json!({"ForAllValues:StringEquals": {"x:y": "a"}, "Null": {"x:y": "false"}}));
    let some = of(json!({"ForAnyValue:StringEquals": {"x:y": "a"}}));
    may_gain(&ask(&every, &some), "x:y");
}

/// What is not decided is told apart by the text of its values alone: under
/// one version that is text, under the other a variable (R87).
#[test]
fn undecided_conditions_differ_by_version() {
    let mixed = |version: &str| {
        json!({"Version": version, "Statement": [
            allow("s3:GetObject", "*", json!({"StringEquals": {"k:n": "${aws:username}"}})),
            allow("sqs:SendMessage", "*", json!({"NumericEquals": {"k:n": "5"}})),
        ]})
    };
    let several = |version: &str| {
        json!({"Version": version, "Statement": [
            allow("s3:GetObject", "*", json!({"StringEquals": {"aws:TagKeys": "${aws:username}"}})),
            allow("sqs:SendMessage", "*", json!({"ForAnyValue:StringEquals": {"aws:TagKeys": "5"}})),
        ]})
    };
    may_gain(&ask(&mixed("2008-10-17"), &mixed("2012-10-17")), "mixed");
    may_gain(
        &ask(&several("2008-10-17"), &several("2012-10-17")),
        "several",
    );
}

/// `an_instant` offers years of four digits only; that there is none of them
/// is taken for a proof. Milliseconds for seconds are a common mistake.
#[test]
fn instants_beyond_the_calendar() {
    let open = allow("s3:GetObject", "*", json!({}));
    for (operator, value) in [
        ("DateGreaterThan", "1700000000000"),
        ("DateGreaterThan", "9999-12-31T12:00:00Z"),
        ("DateLessThan", "0001-01-01"),
        ("DateLessThan", "-99999999999999"),
    ] {
        let condition = json!({operator: {"aws:TokenIssueTime": value}});
        let denied = document(json!([open, deny("s3:GetObject", "*", condition)]));
        may_gain(&ask(&denied, &one(open.clone())), value);
    }
}

/// A setting that the engine does not follow must leave the verdict open, or
/// be refused.
#[test]
fn settings_that_are_not_followed_are_not_passed_over() {
    let of = |condition: Value| allow("s3:GetObject", "*", condition);
    let tag = "aws:RequestTag/t";
    let resource = |resource: &str| one(allow("iam:GetUser", resource, json!({})));
    let cases = [
        (
            "cidr-host-bits",
            "reject",
            one(of(json!({"IpAddress": {"aws:SourceIp": "10.1.0.0/8"}}))),
            one(of(json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}))),
        ),
        (
            "ill-typed-negated",
            "no-match",
            document(json!([
                of(json!({"NumericNotEquals": {tag: "10"}})),
                of(json!({"NumericEquals": {tag: "10"}})),
            ])),
            document(json!([of(json!({}))])),
        ),
        (
            "wildcard-in-resource-type",
            "reject",
            resource("arn:aws:iam::111111111111:u*/bob"),
            resource("arn:aws:iam::111111111111:user/bob"),
        ),
    ];
    for (setting, value, old, new) in cases {
        let mut options = Options::default();
        options.settings.set(setting, value).unwrap();
        let found = ask_as(&old, &new, PolicyType::Identity, &options);
        may_gain(&found, setting);
    }
}

/// A variable whose key has several values has no value, and its default does
/// not help (R88): neither of the two readings, some value or absent.
#[test]
fn a_variable_of_a_key_with_many_values() {
    let of = |element: &str| {
        let mut statement = json!({"Effect": "Allow", "Action": "s3:GetObject"});
        statement[element] = json!("arn:aws:s3:::b/${aws:TagKeys, 'x'}");
        statement
    };
    let tags = allow(
        "sqs:*",
        "*",
        json!({"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}}),
    );
    let old = document(json!([of("Resource"), of("NotResource"), tags]));
    let new = document(json!([allow("s3:GetObject", "*", json!({})), tags]));
    may_gain(&ask(&old, &new), "aws:TagKeys");
}

/// A field's pattern that no word of the universe fits empties its statement,
/// wildcard or not; only texts are admitted (section 2).
#[test]
fn placeholders_with_wildcards_do_not_empty_their_statements() {
    for (old, new) in [
        (
            "arn:aws:sqs:us-east-1:ACCOUNT_ID*:q",
            "arn:aws:sqs:us-east-1:OTHER_ID*:q",
        ),
        (
            "arn:aws:my_service*:us-east-1::q",
            "arn:aws:your_service*:us-east-1::q",
        ),
        (
            "arn:aws-old-*:sqs:us-east-1::q",
            "arn:aws-new-*:sqs:us-east-1::q",
        ),
    ] {
        let of = |resource: &str| one(allow("sqs:*", resource, json!({})));
        may_gain(&ask(&of(old), &of(new)), new);
    }
}

/// Layers are read by the last occurrence of a repeated key alone (R49).
#[test]
fn repeated_keys_of_a_layer_have_two_readings() {
    let open = one(allow("*", "*", json!({})));
    let twice = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Action": "ec2:*", "Resource": "*"}}"#;
    let found = line(&json!({
        "old": open, "new": open,
        "layers": {
            "old": {"permissionBoundaries": [one(allow("ec2:*", "*", json!({})))]},
            "new": {"permissionBoundaries": [twice]},
        },
    }));
    assert_ne!(found["relation"], "equivalent", "{found}");
}

/// Session policies stand for themselves: one that is refused is refused.
#[test]
fn a_refused_session_layer_allows_nothing() {
    let open = read_as(&one(allow("*", "*", json!({}))), PolicyType::Identity);
    let session = |resource: &str| {
        let all = json!([
            allow("*", "*", json!({})),
            allow("s3:*", resource, json!({}))
        ]);
        read_as(&document(all), PolicyType::Session)
    };
    let (refused, sound) = (session("arn:aws:s3"), session("*"));
    let of = |policy| Stack::of(PolicyType::Identity, &open).with(PolicyType::Session, [policy]);
    let found = compare(&of(&refused), &of(&sound), &Options::default());
    may_gain(&found, "session");
}

/// A short ARN keeps a variable whole in its fifth field, as text; laid on the
/// colons of a request, the colon of its key is taken for one of theirs, and
/// the simulator disagrees.
#[test]
fn a_colon_inside_a_field_is_no_colon_of_the_arn() {
    let old = one(allow("sqs:*", "arn:aws:sqs:*:${aws:username}", json!({})));
    let reasons = ask(&old, &document(json!([]))).reasons();
    assert!(
        !reasons.contains(&"replay-failed".to_owned()),
        "{reasons:?}"
    );
}

/// R46: for an overridden action the request resource `*` is not asked for.
#[test]
fn the_request_resource_star_is_no_resource_of_an_overridden_action() {
    let new = one(json!({
        "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "NotResource": "arn:*",
    }));
    let reasons = ask(&document(json!([])), &new).reasons();
    assert!(
        !reasons.contains(&"replay-failed".to_owned()),
        "{reasons:?}"
    );
}

/// Thirty patterns of actions are given up even where both sides are one.
#[test]
#[cfg_attr(debug_assertions, ignore = "spends a whole budget: run with --release")]
fn a_policy_of_many_action_patterns_is_equivalent_to_itself() {
    let letter = |at: usize| char::from(b'a' + u8::try_from(at % 26).unwrap());
    let actions: Vec<String> = (0..30)
        .map(|i| format!("s3:*{}*{}*", letter(i), letter(i * 7 + i / 26 + 1)))
        .collect();
    let policy = one(json!({"Effect": "Allow", "Action": actions, "Resource": "*"}));
    assert!(matches!(ask(&policy, &policy).gained, Direction::None));
}
