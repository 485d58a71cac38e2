//! Every rule in both directions, one table; what the rules mean in detail
//! stands in the tests beside it.

use super::*;
use std::collections::{BTreeMap, BTreeSet};

/// One question under a rule. The letter is the decision's first, small where
/// it is not certain, `?` where the line is refused.
struct Case(u8, &'static str, Line, char);

/// `U` with an Allow of its own on everything.
fn own(statement: Value) -> Line {
    get(U).identity(statement)
}

fn bucket(statement: Value) -> Line {
    get(U).resource(statement)
}

#[rustfmt::skip] // a table: one row a line
fn combination() -> Vec<Case> {
    let all = || to(json!("*"), ALLOW_ALL());
    let none = || to(json!("*"), deny("*", "*"));
    let named = |principal: &str| to(aws(principal), ALLOW_ALL());
    let across = |statement: Value| get(U).owner(TWO).resource(statement);
    let bounded =
        |caller: &str, principal: &str| get(caller).resource(named(principal)).boundary(EC2());
    let trust = |principal: Value| json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal});
    let assume = |caller: &str| line(caller, "sts:AssumeRole", ROLE_OF_ONE);
    let decrypt = |caller: &str| line(caller, "kms:Decrypt", KEY);
    let linked =
        "arn:aws:iam::111111111111:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX";
    let by_arn = || when(all(), "ArnEquals", "aws:PrincipalArn", R);
    let point = "arn:aws:s3:us-east-1:111111111111:accesspoint/p/object/k";
    let managed = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let ask_managed = |action: &str| {
        line(U, action, managed)
            .request("resourceAccount", Value::Null)
            .request("credential", json!("long-term"))
            .identity(ALLOW_ALL())
    };
    vec![
        Case(1, "no policies", get(U), 'I'),
        Case(1, "an Allow", own(ALLOW_ALL()), 'A'),
        Case(2, "a Deny in the boundary", own(allow("s3:*", "*")).boundary(json!([ALLOW_ALL(), deny("s3:GetObject", "*")])), 'E'),
        Case(2, "a Deny of something else", own(allow("s3:*", "*")).boundary(json!([ALLOW_ALL(), deny("s3:PutObject", "*")])), 'A'),
        Case(3, "a condition that does not hold", own(when(ALLOW_ALL(), "StringEquals", "k:k", "a")), 'I'),
        Case(3, "every part matches", own(when(ALLOW_ALL(), "StringEquals", "k:k", "a")).context("k:k", "a"), 'A'),
        Case(4, "the bucket's policy alone", bucket(named(U)), 'A'),
        Case(4, "neither side", bucket(named(R)), 'I'),
        Case(5, "one side across accounts", across(named(U)), 'I'),
        Case(5, "both sides across accounts", across(named(U)).identity(ALLOW_ALL()), 'A'),
        Case(6, "everybody is no grant across accounts", across(all()), 'I'),
        Case(6, "with an Allow of its own it is", across(all()).identity(ALLOW_ALL()), 'A'),
        Case(7, "everybody within the account", bucket(all()), 'A'),
        Case(7, "everybody, for another action", bucket(to(json!("*"), EC2())), 'I'),
        Case(8, "the account delegates", bucket(named(ROOT)), 'I'),
        Case(8, "the account and an Allow of its own", bucket(named(ONE)).identity(ALLOW_ALL()), 'A'),
        Case(9, "a Deny of the account", own(ALLOW_ALL()).resource(to(aws(ROOT), deny("*", "*"))), 'E'),
        Case(9, "a Deny of another account", own(ALLOW_ALL()).resource(to(aws(TWO), deny("*", "*"))), 'A'),
        Case(10, "by a second identity policy", own(EC2()).identity(ALLOW_ALL()), 'A'),
        Case(10, "by none of them", own(EC2()).identity(EC2()), 'I'),
        Case(11, "a level that does not allow", own(ALLOW_ALL()).scp("root", ALLOW_ALL()).scp("unit", EC2()), 'I'),
        Case(11, "all levels allow", own(ALLOW_ALL()).scp("root", ALLOW_ALL()).scp("unit", ALLOW_ALL()), 'A'),
        Case(11, "a level that denies", own(ALLOW_ALL()).scp("root", json!([ALLOW_ALL(), deny("s3:*", "*")])), 'E'),
        Case(12, "an SCP alone", get(U).scp("root", ALLOW_ALL()), 'I'),
        Case(12, "an SCP and an Allow", own(ALLOW_ALL()).scp("root", ALLOW_ALL()), 'A'),
        Case(13, "root of a member account", get(ROOT).scp("root", deny("*", "*")), 'E'),
        Case(13, "the management account", get(ROOT).scp("root", deny("*", "*")).set("managementAccount", ONE), 'A'),
        Case(14, "a service-linked role", get(linked).identity(ALLOW_ALL()).scp("root", deny("*", "*")), 'A'),
        Case(14, "any other role", get(R).identity(ALLOW_ALL()).scp("root", deny("*", "*")), 'E'),
        Case(15, "a service", get("sns.amazonaws.com").resource(all()).scp("root", deny("*", "*")), 'A'),
        Case(15, "a member", bucket(all()).scp("root", deny("*", "*")), 'E'),
        Case(16, "an outsider under an RCP", across(named(U)).identity(ALLOW_ALL()).rcp("root", when(deny("*", "*"), "StringNotEqualsIfExists", "aws:PrincipalOrgID", "o-1")), 'E'),
        Case(16, "full access is assumed", across(named(U)).identity(ALLOW_ALL()).rcp("root", deny("s3:Put*", "*")), 'A'),
        Case(17, "an action without a resource type", line(U, "s3:ListAllMyBuckets", "*").identity(ALLOW_ALL()).rcp("root", deny("s3:*", "*")), 'A'),
        Case(17, "an action on a bucket", line(U, "s3:ListBucket", "arn:aws:s3:::b").identity(ALLOW_ALL()).rcp("root", deny("s3:*", "*")), 'E'),
        Case(18, "a service that RCPs do not reach", line(U, "ec2:StopInstances", "arn:aws:ec2:us-east-1:111111111111:instance/i").identity(ALLOW_ALL()).rcp("root", deny("ec2:*", "*")), 'A'),
        Case(18, "a service that they reach", line(U, "sqs:SendMessage", "arn:aws:sqs:us-east-1:111111111111:q").identity(ALLOW_ALL()).rcp("root", deny("sqs:*", "*")), 'E'),
        Case(19, "an RCP names everybody, whatever it lists", own(ALLOW_ALL()).put("rcps", json!([{"level": "root", "policies": [policy(to(aws(R), deny("*", "*")))]}])), 'E'),
        Case(19, "an Allow in an RCP changes nothing", own(ALLOW_ALL()).rcp("root", allow("ec2:*", "*")), 'A'),
        Case(20, "an SCP Allow with a condition", own(ALLOW_ALL()).scp("root", when(ALLOW_ALL(), "StringEquals", "k:k", "a")), 'I'),
        Case(20, "an SCP Allow with NotAction and a resource", own(ALLOW_ALL()).scp("root", json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "arn:aws:s3:::b/*"})), 'A'),
        Case(21, "a boundary without the Allow", own(ALLOW_ALL()).boundary(EC2()), 'I'),
        Case(21, "a boundary with it", own(ALLOW_ALL()).boundary(ALLOW_ALL()), 'A'),
        Case(22, "the user named, a boundary without", bounded(U, U), 'A'),
        Case(22, "another user named", bounded(U, "arn:aws:iam::111111111111:user/other"), 'I'),
        Case(23, "the role named, a boundary without", bounded(S, R), 'I'),
        Case(23, "the role named, no boundary", get(S).resource(named(R)), 'A'),
        Case(24, "the session named, a session policy without", get(S).resource(named(S)).session(EC2()), 'A'),
        Case(24, "another session named", get(S).resource(named("arn:aws:sts::111111111111:assumed-role/r/t")), 'I'),
        Case(25, "the federated user named", bounded(F, F), 'A'),
        Case(25, "the user who federated named, a boundary without", bounded(F, U).session(ALLOW_ALL()).set("sessionIssuer", U), 'I'),
        Case(26, "everybody with the role's ARN, a boundary without", get(S).resource(by_arn()).boundary(EC2()).context("aws:PrincipalArn", R), 'A'),
        Case(26, "everybody, which is left open", get(S).resource(all()).boundary(EC2()), 'a'),
        Case(26, "the same with another role's ARN", get(S).resource(by_arn()).boundary(EC2()).context("aws:PrincipalArn", U), 'I'),
        Case(27, "a Deny in the session policy", get(S).resource(named(S)).session(deny("*", "*")), 'E'),
        Case(27, "a Deny of something else there", get(S).resource(named(S)).session(deny("ec2:*", "*")), 'A'),
        Case(28, "across accounts the boundary limits", across(named(U)).identity(ALLOW_ALL()).boundary(EC2()), 'I'),
        Case(28, "across accounts the boundary allows", across(named(U)).identity(ALLOW_ALL()).boundary(ALLOW_ALL()), 'A'),
        Case(29, "a session policy without", get(S).identity(ALLOW_ALL()).session(EC2()), 'I'),
        Case(29, "several form a union", get(S).identity(ALLOW_ALL()).session(EC2()).session(ALLOW_ALL()), 'A'),
        Case(30, "a federated user without a session policy", get(F).identity(ALLOW_ALL()), 'I'),
        Case(30, "a federated user with one", get(F).identity(ALLOW_ALL()).session(ALLOW_ALL()), 'A'),
        Case(31, "NotPrincipal and a boundary", get(R).identity(ALLOW_ALL()).boundary(ALLOW_ALL()).resource(not_to(json!({"AWS": [R, ONE]}), deny("*", "*"))), 'E'),
        Case(31, "NotPrincipal without one", get(R).identity(ALLOW_ALL()).resource(not_to(json!({"AWS": [R, ONE]}), deny("*", "*"))), 'A'),
        Case(32, "an endpoint for another account", own(ALLOW_ALL()).endpoint(named(TWO)), 'i'),
        Case(32, "an endpoint for everybody", own(ALLOW_ALL()).endpoint(all()), 'A'),
        Case(33, "root without policies", get(ROOT), 'A'),
        Case(33, "root across accounts", get(ROOT).owner(TWO), 'I'),
        Case(33, "the owner's root and a locked bucket", line(ROOT, "s3:DeleteBucketPolicy", "arn:aws:s3:::b").resource(none()), 'A'),
        Case(33, "the same under an RCP", line(ROOT, "s3:DeleteBucketPolicy", "arn:aws:s3:::b").resource(none()).rcp("root", deny("s3:*", "*")), 'E'),
        Case(34, "a service that is named", get("sns.amazonaws.com").resource(to(json!({"Service": "sns.amazonaws.com"}), ALLOW_ALL())), 'A'),
        Case(34, "a service that is not", get("sns.amazonaws.com").resource(to(json!({"Service": "lambda.amazonaws.com"}), ALLOW_ALL())), 'I'),
        Case(35, "anonymous, everybody named", get("anonymous").resource(all()), 'A'),
        Case(35, "anonymous, somebody named", get("anonymous").resource(named(U)), 'I'),
        Case(35, "the account of the anonymous", get("anonymous").set("fill-context", "implied").resource(json!([all(), when(none(), "StringNotEqualsIfExists", "aws:PrincipalAccount", ONE)])), 'E'),
        Case(36, "the trust policy names another", assume(R).identity(ALLOW_ALL()).resource(trust(aws(U))), 'I'),
        Case(36, "the trust policy names the account", assume(R).identity(ALLOW_ALL()).resource(trust(aws(ONE))), 'A'),
        Case(36, "the trust policy names the role, a boundary without", assume(S).resource(trust(aws(R))).boundary(EC2()), 'I'),
        Case(37, "a trust policy has no resource", assume(R).resource(trust(aws(R))), 'A'),
        Case(37, "nor has a bucket's to have one", bucket(json!({"Effect": "Deny", "Principal": "*", "Action": "*"})).identity(ALLOW_ALL()), 'E'),
        Case(38, "the key policy names another user", decrypt(U).identity(ALLOW_ALL()).resource(named(R)), 'I'),
        Case(38, "the key policy names the account", decrypt(U).identity(ALLOW_ALL()).resource(named(ROOT)), 'A'),
        Case(38, "the key policy does not name root", decrypt(ROOT).resource(named(U)), 'I'),
        Case(39, "an alias hides a key", line(U, "kms:DeleteAlias", "arn:aws:kms:us-east-1:111111111111:alias/a").identity(ALLOW_ALL()), 'a'),
        Case(39, "a key stands for itself", decrypt(U).resource(named(U)), 'A'),
        Case(40, "who am I, under a Deny", line(U, "sts:GetCallerIdentity", "*").identity(deny("*", "*")), 'A'),
        Case(40, "a session token, under a Deny", line(U, "sts:GetSessionToken", "*").identity(deny("*", "*")), 'E'),
        Case(41, "AWS's own policy is read", ask_managed("iam:GetPolicy"), 'A'),
        Case(41, "AWS's own policy is not changed", ask_managed("iam:CreatePolicyVersion"), 'I'),
        Case(42, "an object of the bucket's owner", bucket(named(U)).set("s3.objectOwner", ONE), 'A'),
        Case(42, "an object of another account", bucket(named(U)).set("s3.objectOwner", TWO), 'i'),
        Case(43, "nobody said whose bucket it is", own(ALLOW_ALL()).request("resourceAccount", Value::Null), '?'),
        Case(43, "another ARN says it", line(U, "sqs:SendMessage", "arn:aws:sqs:us-east-1:111111111111:q").request("resourceAccount", Value::Null).identity(ALLOW_ALL()), 'A'),
        Case(44, "a public policy, for an outsider", across(all()).identity(ALLOW_ALL()).set("s3.blockPublicAccess", "true"), 'E'),
        Case(44, "a public policy, for its own account", bucket(all()).set("s3.blockPublicAccess", "true"), 'A'),
        Case(45, "one resource a request: the instance", line(U, "ec2:RunInstances", "arn:aws:ec2:us-east-1:111111111111:instance/*").identity(allow("ec2:*", "arn:aws:ec2:*:*:instance/*")), 'A'),
        Case(45, "one resource a request: the subnet", line(U, "ec2:RunInstances", "arn:aws:ec2:us-east-1:111111111111:subnet/s").identity(allow("ec2:*", "arn:aws:ec2:*:*:instance/*")), 'I'),
        Case(46, "an action without a resource", line(U, "ec2:DescribeInstances", "*").identity(allow("*", "arn:aws:ec2:*:*:*")), 'I'),
        Case(46, "the same with `*`", line(U, "ec2:DescribeInstances", "*").identity(ALLOW_ALL()), 'A'),
        Case(93, "an outsider and the bucket's policy", line(U, "s3:PutBucketPolicy", "arn:aws:s3:::b").owner(TWO).identity(ALLOW_ALL()).resource(named(U)), 'I'),
        Case(93, "its own account", line(U, "s3:PutBucketPolicy", "arn:aws:s3:::b").identity(ALLOW_ALL()), 'A'),
        Case(94, "a federated user and IAM", line(F, "iam:ListUsers", "*").identity(ALLOW_ALL()).session(ALLOW_ALL()), 'I'),
        Case(94, "a role session and IAM", line(S, "iam:ListUsers", "*").identity(ALLOW_ALL()), 'A'),
        Case(95, "an access point", line(U, "s3:GetObject", point).identity(ALLOW_ALL()), 'a'),
        Case(95, "the bucket itself", own(ALLOW_ALL()), 'A'),
    ]
}

#[rustfmt::skip]
fn documents() -> Vec<Case> {
    let queue = || line(U, "sqs:SendMessage", "arn:aws:sqs:us-east-1:111111111111:q");
    let stream = "arn:aws:logs:us-east-1:111111111111:log-group:g:log-stream:x";
    let logs = |pattern: &str| line(U, "logs:PutLogEvents", stream).identity(allow("*", pattern));
    let object = |key: &str| line(U, "s3:GetObject", &format!("arn:aws:s3:::{key}"));
    let user = || {
        line(U, "iam:GetUser", "arn:aws:iam::111111111111:user/bob")
            .request("credential", json!("long-term"))
    };
    let not_action =
        |actions: Value| json!({"Effect": "Allow", "NotAction": actions, "Resource": "*"});
    let not_resource =
        |resources: Value| json!({"Effect": "Allow", "Action": "*", "NotResource": resources});
    let document = |version: Value| {
        let mut document = policy(ALLOW_ALL());
        document["Version"] = version;
        get(U).push("identityPolicies", document)
    };
    let twice = |effects: &str| {
        let text = format!(r#"{{"Statement":{{{effects},"Action":"*","Resource":"*"}}}}"#);
        get(U).put("identityPolicies", json!([text]))
    };
    let named = |principal: Value| get(U).resource(to(principal, ALLOW_ALL()));
    let session = |principal: &str| get(S).resource(to(aws(principal), ALLOW_ALL()));
    vec![
        Case(47, "one statement, lists of one", own(json!({"Effect": "Allow", "Action": ["s3:*"], "Resource": ["*"]})), 'A'),
        Case(47, "a number and its text", holds("StringEquals", "k:k", "1.50", Some(json!(1.5))), 'I'),
        Case(48, "a word in the wrong case", own(json!({"Effect": "allow", "Action": "*", "Resource": "*"})), '?'),
        Case(48, "the words as they are", document(json!("2008-10-17")), 'A'),
        Case(49, "Action and NotAction", own(json!({"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"})), '?'),
        Case(49, "a repeated key", twice(r#""Effect":"Deny","Effect":"Allow""#), 'a'),
        Case(49, "a repeated key, the same twice", twice(r#""Effect":"Allow","Effect":"Allow""#), 'A'),
        Case(50, "a bucket policy without a principal", get(U).resource(ALLOW_ALL()), 'I'),
        Case(50, "an identity policy with one", own(to(aws(R), ALLOW_ALL())), 'A'),
        Case(51, "actions in another case", own(allow("S3:getobject", "*")), 'A'),
        Case(51, "another action", own(allow("S3:putobject", "*")), 'I'),
        Case(52, "`?` is one character", own(allow("s3:Get?bject", "*")), 'A'),
        Case(52, "and not none", own(allow("s3:Get?Object", "*")), 'I'),
        Case(53, "`*` is everything", own(allow("*", "*")), 'A'),
        Case(53, "a wildcard in the prefix", own(allow("s*:GetObject", "*")), 'I'),
        Case(54, "NotAction of another service", own(not_action(json!("iam:*"))), 'A'),
        Case(54, "NotAction of this one", own(not_action(json!(["iam:*", "s3:Get*"]))), 'I'),
        Case(55, "the resource part in another case", own(allow("*", "arn:aws:s3:::b/K")), 'I'),
        Case(55, "the fields in front in another case", own(allow("*", "arn:aws:S3:::b/k")), 'a'),
        Case(55, "as it is", own(allow("*", OBJECT)), 'A'),
        Case(56, "a `*` at a field's end crosses", logs("arn:aws:logs:*:*:log-stream:x"), 'A'),
        Case(56, "one inside a field does not", queue().identity(allow("*", "arn:aws:sqs:us-*11:q")), 'I'),
        Case(57, "a `*` crosses slashes", object("b/1/2/test/3").identity(allow("*", "arn:aws:s3:::b/*/test/*")), 'A'),
        Case(57, "both slashes are needed", object("b/test/o").identity(allow("*", "arn:aws:s3:::b/*/test/*")), 'I'),
        Case(58, "a short ARN in an identity policy", queue().identity(allow("*", "arn:aws:sqs")), 'a'),
        Case(58, "a short ARN in a session policy", line(S, "sqs:SendMessage", "arn:aws:sqs:us-east-1:111111111111:q").identity(ALLOW_ALL()).session(allow("*", "arn:aws:sqs")), 'i'),
        Case(59, "a wildcard in the resource type", user().identity(allow("*", "arn:aws:iam::111111111111:u*/bob")), 'a'),
        Case(59, "a wildcard in the name", user().identity(allow("*", "arn:aws:iam::111111111111:user/b*")), 'A'),
        Case(60, "NotResource of another bucket", own(not_resource(json!("arn:aws:s3:::secret/*"))), 'A'),
        Case(60, "NotResource, of several one", own(not_resource(json!(["arn:aws:s3:::c/*", "arn:aws:s3:::b/*"]))), 'I'),
        Case(61, "the bucket is not the object", own(allow("*", "arn:aws:s3:::b")), 'I'),
        Case(61, "with a `*` it is both", own(allow("*", "arn:aws:s3:::b*")), 'A'),
        Case(62, "a partial wildcard names nobody", named(aws("arn:aws:iam::111111111111:user/*")), 'I'),
        Case(62, "a whole one everybody", named(aws("*")), 'A'),
        Case(63, "a list is a disjunction", named(json!({"AWS": [R, U]})), 'A'),
        Case(63, "a value counts within its type", named(json!({"Federated": U})), 'I'),
        Case(64, "a role names its sessions", session(R), 'A'),
        Case(64, "a session only itself", session("arn:aws:sts::111111111111:assumed-role/r/t"), 'I'),
        Case(65, "users by case", named(aws("arn:aws:iam::111111111111:user/Bob")), 'I'),
        Case(65, "roles without it, as others have seen", session("arn:aws:iam::111111111111:role/p/R"), 'a'),
        Case(66, "an id of a deleted user", named(aws("AIDAJQABLZS4A3QDU576Q")), 'I'),
        Case(66, "beside one that lives", named(json!({"AWS": ["AIDAJQABLZS4A3QDU576Q", U]})), 'A'),
        Case(67, "a group as the caller", get("arn:aws:iam::111111111111:group/g").identity(ALLOW_ALL()), '?'),
        Case(67, "a group as the principal", named(aws("arn:aws:iam::111111111111:group/g")), 'I'),
        Case(68, "NotPrincipal spares whom it lists", own(ALLOW_ALL()).resource(not_to(json!({"AWS": [U, ONE]}), deny("*", "*"))), 'A'),
        Case(68, "not for certain without the account", own(ALLOW_ALL()).resource(not_to(aws(U), deny("*", "*"))), 'a'),
        Case(68, "and nobody else", own(ALLOW_ALL()).resource(not_to(aws(R), deny("*", "*"))), 'E'),
    ]
}

#[rustfmt::skip]
fn conditions() -> Vec<Case> {
    let many = |condition: Value| {
        let mut statement = ALLOW_ALL();
        statement["Condition"] = condition;
        own(statement).context("k:a", "a").context("k:b", "b")
    };
    let old = |resource: &str| {
        let document = json!({"Statement": allow("*", resource)});
        get(U)
            .push("identityPolicies", document)
            .context("aws:username", "k")
    };
    let home = || own(allow("*", "arn:aws:s3:::b/${aws:username}"));
    let key = |operator: &str, wanted: &str, found: &str| {
        holds(operator, "k:k", wanted, Some(json!(found)))
    };
    vec![
        Case(69, "negated, over several values", many(json!({"StringNotEquals": {"k:b": ["a", "b"]}})), 'I'),
        Case(69, "all keys hold", many(json!({"StringEquals": {"k:a": ["x", "a"], "k:b": "b"}})), 'A'),
        Case(70, "a key in another case", holds("StringEquals", "AWS:requestedregion", "x", None).context("aws:RequestedRegion", "x"), 'A'),
        Case(70, "two spellings of one key", own(ALLOW_ALL()).context("k:k", "a").context("K:k", "b"), '?'),
        Case(71, "an absent key", holds("StringEquals", "k:k", "a", None), 'I'),
        Case(71, "an absent key, negated", holds("StringNotEquals", "k:k", "a", None), 'A'),
        Case(72, "IfExists, absent", holds("StringEqualsIfExists", "k:k", "a", None), 'A'),
        Case(72, "IfExists, present", key("StringEqualsIfExists", "a", "b"), 'I'),
        Case(73, "Null, absent", holds("Null", "k:k", "true", None), 'A'),
        Case(73, "Null, present", key("Null", "true", "a"), 'I'),
        Case(74, "ForAllValues of none", holds("ForAllValues:StringEquals", "aws:TagKeys", json!(["a"]), None), 'A'),
        Case(74, "ForAllValues, one beside", holds("ForAllValues:StringEquals", "aws:TagKeys", json!(["a"]), Some(json!(["a", "b"]))), 'I'),
        Case(75, "ForAnyValue of none, negated", holds("ForAnyValue:StringNotEquals", "aws:TagKeys", json!(["a"]), None), 'I'),
        Case(75, "ForAnyValue, one of them", holds("ForAnyValue:StringEquals", "aws:TagKeys", json!(["a"]), Some(json!(["a", "b"]))), 'A'),
        Case(76, "ForAnyValue, negated", holds("ForAnyValue:StringNotEquals", "aws:TagKeys", json!(["a"]), Some(json!(["a", "b"]))), 'A'),
        Case(76, "ForAnyValue, negated, no other", holds("ForAnyValue:StringNotEquals", "aws:TagKeys", json!(["a"]), Some(json!(["a"]))), 'I'),
        Case(77, "several values under a plain operator", holds("StringEquals", "k:k", "a", Some(json!(["a", "b"]))), 'i'),
        Case(77, "one value under a set operator", holds("ForAllValues:StringEquals", "k:k", "a", Some(json!("a"))), 'A'),
        Case(78, "an operator that does not exist", key("StringMatches", "a", "a"), 'I'),
        Case(78, "one that does", key("stringequals", "a", "a"), 'A'),
        Case(79, "a `*` under StringEquals", key("StringEquals", "a*", "ab"), 'I'),
        Case(79, "a `*` under StringLike", key("StringLike", "a*", "ab"), 'A'),
        Case(80, "numbers by value", key("NumericEquals", "10", "10.0"), 'A'),
        Case(80, "the whole text must be one", key("NumericEquals", "10", "10abc"), 'I'),
        Case(81, "an epoch against a date", key("DateLessThan", "1700000000", "2020-06-01T00:00:00Z"), 'A'),
        Case(81, "a later date", key("DateLessThan", "1700000000", "2024-06-01"), 'I'),
        Case(82, "booleans without case", key("Bool", "true", "TRUE"), 'A'),
        Case(82, "an absent one", holds("Bool", "k:k", "false", None), 'I'),
        Case(83, "bytes, not their spelling", key("BinaryEquals", "QUI=", "QUI="), 'A'),
        Case(83, "other bytes", key("BinaryEquals", "QUI=", "QUE="), 'I'),
        Case(84, "an address of the range", key("IpAddress", "10.0.0.0/8", "10.1.2.3"), 'A'),
        Case(84, "v6 is in no v4 range", key("IpAddress", "0.0.0.0/0", "2001:db8::1"), 'I'),
        Case(85, "ARNs field by field", key("ArnLike", "arn:aws:x:*:1:finance/*", "arn:aws:x:us-east-2:9:store/abc:1:finance/d"), 'I'),
        Case(85, "wildcards within a field", key("ArnEquals", "arn:aws:x:*:1:finance/*", "arn:aws:x:us-east-2:1:finance/d"), 'A'),
        Case(86, "for strings an ARN is a text", key("StringLike", "arn:aws:x:*:1:finance/*", "arn:aws:x:us-east-2:9:store/abc:1:finance/d"), 'A'),
        Case(86, "in which wildcards may be letters", key("StringEquals", "arn:aws:x:*", "arn:aws:x:y"), 'I'),
        Case(87, "variables of the new version", home().context("aws:username", "k"), 'A'),
        Case(87, "are text in the old one", old("arn:aws:s3:::b/${aws:username}"), 'I'),
        Case(88, "a variable with one value", home().context("AWS:UserName", "k"), 'A'),
        Case(88, "a variable with several", home().context("aws:username", json!(["k", "l"])), 'I'),
        Case(89, "`${*}` is the character", key("StringEquals", "${*}", "*"), 'A'),
        Case(89, "and no wildcard", own(allow("*", "arn:aws:s3:::b/${*}")), 'I'),
        Case(90, "a variable's default", own(allow("*", "arn:aws:s3:::b/${aws:username, 'k'}")), 'A'),
        Case(90, "no value and no default", home(), 'I'),
        Case(91, "what is put in is literal", own(allow("*", "arn:aws:s3:::${aws:username}")).context("aws:username", "*"), 'I'),
        Case(91, "an unclosed variable is text", line(U, "s3:GetObject", "arn:aws:s3:::b/${k").identity(allow("*", "arn:aws:s3:::b/${k")), 'A'),
        Case(92, "a tag of the principal", own(allow("*", "arn:aws:s3:::b/${aws:PrincipalTag/team}")).context("aws:PrincipalTag/team", "k"), 'A'),
        Case(92, "another tag", own(allow("*", "arn:aws:s3:::b/${aws:PrincipalTag/team}")).context("aws:PrincipalTag/team", "x"), 'I'),
    ]
}

fn cases() -> Vec<Case> {
    [combination(), documents(), conditions()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn every_case_is_decided_as_its_rule_says() {
    let wrong: Vec<String> = cases()
        .iter()
        .filter_map(|Case(rule, what, line, expected)| {
            let found = line.outcome();
            let message = || format!("R{rule} {what}: {found}, not {expected}\n{}", line.answer());
            (found != *expected).then(message)
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_has_a_case_in_both_directions() {
    let mut directions: BTreeMap<u8, BTreeSet<char>> = BTreeMap::new();
    for Case(rule, _, _, letter) in cases() {
        directions.entry(rule).or_default().insert(letter);
    }
    let lacking: Vec<u8> = (1..=95)
        .filter(|rule| directions.get(rule).is_none_or(|letters| letters.len() < 2))
        .collect();
    assert!(
        lacking.is_empty(),
        "without a case in both directions: {lacking:?}"
    );
    assert_eq!(directions.len(), 95, "a rule that does not exist");
}
