//! Section 2.5: what holds for buckets alone.

use super::*;

#[test]
fn r42_a_bucket_policy_grants_the_bucket_owners_objects_only() {
    let granted = get(U).resource(to(aws(U), ALLOW_ALL()));
    granted.is('A');
    granted.clone().set("s3.objectOwner", ONE).is('A');
    let foreign = granted.set("s3.objectOwner", TWO);
    let answer = foreign.is('I');
    assert_eq!(answer["certain"], false);
    assert_eq!(answer["not_modelled"], json!(["s3-object-acl"]));
    assert_eq!(foreign.explained()["granted_by"], json!([]));
    // A Deny covers all of them.
    let both = json!([to(aws(U), ALLOW_ALL()), to(json!("*"), deny("*", "*"))]);
    let denied = get(U).identity(ALLOW_ALL()).resource(both);
    assert_eq!(denied.set("s3.objectOwner", TWO).is('E')["certain"], true);
    // The bucket itself is the bucket owner's, and so is what is written.
    for (action, resource) in [
        ("s3:ListBucket", "arn:aws:s3:::b"),
        ("s3:PutObject", OBJECT),
    ] {
        let asked = line(U, action, resource).set("s3.objectOwner", TWO);
        asked.resource(to(aws(U), ALLOW_ALL())).is('A');
    }
    let across = get(U)
        .owner(TWO)
        .identity(ALLOW_ALL())
        .resource(to(aws(U), ALLOW_ALL()));
    across.clone().set("s3.objectOwner", TWO).is('A');
    let answer = across.set("s3.objectOwner", "333333333333").is('I');
    assert_eq!(answer["blocked_by"], json!(["resource"]));
    let error = get(U)
        .set("s3.objectOwner", "bob")
        .is_error("invalid-settings");
    assert_eq!(error["path"], "settings.s3.objectOwner");
}

/// Asks from outside, with both Allows; the bucket's policy is `statement`.
fn outside(statement: Value) -> Line {
    get(U)
        .owner(TWO)
        .identity(ALLOW_ALL())
        .resource(statement)
        .set("s3.blockPublicAccess", "true")
}

#[test]
fn r44_a_public_policy_shuts_others_out() {
    let public = || to(json!("*"), ALLOW_ALL());
    let answer = outside(public()).is('E');
    assert_eq!(answer["blocked_by"], json!(["s3-bpa"]));
    assert_eq!(answer["certain"], true);
    outside(public())
        .set("s3.blockPublicAccess", "false")
        .is('A');
    // Those whom the policy names beside everybody, and the anonymous.
    outside(json!([public(), to(aws(U), ALLOW_ALL())])).is('E');
    let asked = |caller: &str| {
        get(caller)
            .resource(public())
            .set("s3.blockPublicAccess", "true")
    };
    asked("anonymous").is('E');
    // Its own account and AWS's services pass.
    asked("sns.amazonaws.com").is('A');
    for caller in [U, S, ROOT] {
        asked(caller).is('A');
    }
    // A policy that is not public does not.
    outside(to(aws(U), ALLOW_ALL())).is('A');
    outside(to(aws(ONE), ALLOW_ALL())).is('A');
    // Nor does one that denies everybody something.
    let denies = json!([
        to(aws(U), ALLOW_ALL()),
        to(json!("*"), deny("s3:Put*", "*"))
    ]);
    outside(denies).is('A');
    // Other services have no such block.
    let queue = "arn:aws:sqs:us-east-1:222222222222:q";
    line(U, "sqs:SendMessage", queue)
        .owner(TWO)
        .identity(ALLOW_ALL())
        .resource(public())
        .set("s3.blockPublicAccess", "true")
        .is('A');
    get(U)
        .set("s3.blockPublicAccess", "yes")
        .is_error("invalid-settings");
}

#[test]
fn r44_what_makes_a_policy_public() {
    let under = |operator: &str, key: &str, value: Value| {
        outside(when(to(json!("*"), ALLOW_ALL()), operator, key, value))
    };
    // (operator, key, policy's value, request's value, decision); small letter:
    // not certain.
    for (operator, key, wanted, found, letter) in [
        ("StringEquals", "aws:SourceVpc", "vpc-1", "vpc-1", 'A'),
        ("StringLike", "aws:SourceVpc", "vpc-1", "vpc-1", 'A'),
        ("StringLike", "aws:SourceVpc", "vpc-*", "vpc-1", 'E'),
        ("StringEquals", "aws:SourceVpce", "vpce-1", "vpce-1", 'A'),
        ("StringEquals", "aws:PrincipalOrgID", "o-1", "o-1", 'A'),
        ("StringLike", "aws:PrincipalOrgID", "o-*", "o-1", 'E'),
        (
            "ArnEquals",
            "aws:SourceArn",
            "arn:aws:sns:us-east-1:111111111111:t",
            "arn:aws:sns:us-east-1:111111111111:t",
            'A',
        ),
        (
            "ArnLike",
            "aws:SourceArn",
            "arn:aws:sns:*:*:t",
            "arn:aws:sns:us-east-1:111111111111:t",
            'E',
        ),
        ("StringEquals", "aws:SourceAccount", ONE, ONE, 'A'),
        (
            "StringLike",
            "s3:DataAccessPointArn",
            "arn:aws:s3:eu-west-1:111111111111:accesspoint/*",
            "arn:aws:s3:eu-west-1:111111111111:accesspoint/p",
            'A',
        ),
        (
            "StringLike",
            "s3:DataAccessPointArn",
            "arn:aws:s3:*:*:accesspoint/p",
            "arn:aws:s3:eu-west-1:111111111111:accesspoint/p",
            'E',
        ),
        (
            "IpAddress",
            "aws:SourceIp",
            "203.0.113.0/24",
            "203.0.113.9",
            'A',
        ),
        (
            "IpAddress",
            "aws:SourceIp",
            "203.0.113.9",
            "203.0.113.9",
            'A',
        ),
        ("IpAddress", "aws:SourceIp", "0.0.0.0/1", "8.8.8.8", 'E'),
        ("IpAddress", "aws:SourceIp", "8.0.0.0/8", "8.8.8.8", 'A'),
        (
            "IpAddress",
            "aws:SourceIp",
            "2001:db8::/31",
            "2001:db8::1",
            'E',
        ),
        (
            "IpAddress",
            "aws:SourceIp",
            "2001:db8::/32",
            "2001:db8::1",
            'A',
        ),
        ("StringNotEquals", "aws:SourceVpc", "vpc-2", "vpc-1", 'E'),
        ("NotIpAddress", "aws:SourceIp", "10.0.0.0/8", "8.8.8.8", 'E'),
        // Keys that say nothing of who asks.
        (
            "StringLike",
            "aws:Referer",
            "https://example.com/",
            "https://example.com/",
            'E',
        ),
        ("Bool", "aws:SecureTransport", "true", "true", 'E'),
        ("Null", "aws:SourceVpc", "false", "vpc-1", 'E'),
        // What the documentation does not tell.
        (
            "StringEqualsIfExists",
            "aws:SourceVpc",
            "vpc-1",
            "vpc-1",
            'e',
        ),
        (
            "ForAllValues:StringEquals",
            "aws:SourceVpc",
            "vpc-1",
            "vpc-1",
            'e',
        ),
        ("ArnEquals", "aws:PrincipalArn", U, U, 'e'),
        (
            "StringLike",
            "aws:userid",
            "AROAEXAMPLE:*",
            "AROAEXAMPLE:s",
            'e',
        ),
    ] {
        let answer = under(operator, key, json!(wanted))
            .context(key, found)
            .is(letter.to_ascii_uppercase());
        let certain = letter.is_ascii_uppercase();
        assert_eq!(
            answer["certain"], certain,
            "{operator} {key} {wanted}: {answer}"
        );
        if !certain {
            assert_eq!(answer["not_modelled"], json!(["s3-public-policy"]));
        }
    }
    // A variable is no fixed value.
    under(
        "StringEquals",
        "aws:SourceVpc",
        json!("${aws:PrincipalTag/vpc}"),
    )
    .context("aws:PrincipalTag/vpc", "vpc-1")
    .context("aws:SourceVpc", "vpc-1")
    .is('E');
    // Of several values each must be fixed, of several conditions one.
    under("StringLike", "aws:SourceVpc", json!(["vpc-1", "vpc-*"]))
        .context("aws:SourceVpc", "vpc-1")
        .is('E');
    let mut both = to(json!("*"), ALLOW_ALL());
    both["Condition"] = json!({
        "StringEquals": {"aws:SourceVpc": "vpc-1"}, "Bool": {"aws:SecureTransport": "true"},
    });
    outside(both)
        .context("aws:SourceVpc", "vpc-1")
        .context("aws:SecureTransport", true)
        .is('A');
    // One public statement among others makes the policy public.
    let fixed = when(
        to(json!("*"), ALLOW_ALL()),
        "StringEquals",
        "aws:SourceVpc",
        "vpc-1",
    );
    let open = to(json!("*"), allow("s3:ListBucket", "*"));
    outside(json!([fixed, open]))
        .context("aws:SourceVpc", "vpc-1")
        .is('E');
    outside(not_to(aws(R), ALLOW_ALL())).is('E');
    // A Deny to everybody else may count.
    let narrowed = json!([
        to(json!("*"), ALLOW_ALL()),
        when(
            to(json!("*"), deny("*", "*")),
            "StringNotEquals",
            "aws:SourceVpc",
            "vpc-1"
        ),
    ]);
    let answer = outside(narrowed).context("aws:SourceVpc", "vpc-1").is('E');
    assert_eq!(answer["certain"], false);
}

#[test]
fn r44_the_trace_says_why() {
    let answer = outside(to(json!("*"), ALLOW_ALL())).explained();
    let layer = answer["layers"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(layer["layer"], "s3-bpa");
    assert_eq!(layer["reason"], "the bucket's policy is public (R44)");
}

#[test]
fn bucket_tags_feed_resource_tags_where_the_bucket_is_set_to() {
    let by_tag = when(ALLOW_ALL(), "StringEquals", "aws:ResourceTag/team", "blue");
    let asked = |key: &str| get(U).identity(by_tag.clone()).context(key, "blue");
    let enabled = |line: Line, value: &str| line.set("s3.bucketAbacEnabled", value);
    asked("aws:ResourceTag/team").is('A');
    asked("s3:BucketTag/team").is('I');
    enabled(asked("s3:BucketTag/team"), "true").is('A');
    enabled(asked("S3:buckettag/Team"), "true").is('A');
    enabled(asked("aws:ResourceTag/team"), "true").is('A');
    enabled(asked("aws:ResourceTag/team"), "false").is('I');
    let by_bucket_tag = when(ALLOW_ALL(), "StringEquals", "s3:BucketTag/team", "blue");
    let bucket = |value: &str| {
        let asked = get(U).identity(by_bucket_tag.clone());
        enabled(asked.context("s3:BucketTag/team", "blue"), value)
    };
    bucket("true").is('A');
    bucket("false").is('I');
    // What is given as the resource's tag stays.
    let other = asked("s3:BucketTag/team").context("aws:ResourceTag/team", "red");
    enabled(other, "true").is('I');
    // Other services have their tags anyhow.
    let queue = line(U, "sqs:SendMessage", "arn:aws:sqs:us-east-1:111111111111:q")
        .identity(by_tag.clone())
        .context("aws:ResourceTag/team", "blue");
    enabled(queue, "false").is('A');
}
