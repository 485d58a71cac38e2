//! Sections 3.1 and 3.3 to 3.5: actions, resources, conditions, operators, variables; and
//! the traps of section 4 that no rule's own test covers.

use super::*;

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
        ("ArnLike", "**", found, 'A'),
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
