//! Random policies, and random requests out of a world in which the parts of
//! those policies can be told apart.

use super::{document, read_as};
use leastwise::policy::PolicyType;
use leastwise::semantics::evaluate::CompiledPolicy;
use leastwise::semantics::{Context, Request};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

const ACTIONS: &[&str] = &[
    "s3:GetObject",
    "s3:PutObject",
    "s3:Get*",
    "s3:*",
    "*",
    "sqs:SendMessage",
    "S3:*Object",
    "s3:?utObject",
    "sqs:*",
    "s3:*t*",
    "s*:GetObject",
    "*:*",
    "ec2:DescribeInstances",
];

const RESOURCES: &[&str] = &[
    "*",
    "arn:aws:s3:::a",
    "arn:aws:s3:::a/*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::?",
    "arn:aws:s3:::a/?",
    "arn:aws:s3:*",
    "arn:aws:s3:::a*b",
    "arn:aws:s3:::a:*",
    "arn:*:s3:::a/b",
    "arn:aws:sqs",
    "arn:aws:*",
    "arn:*",
    "arn:aws:sqs:r:*",
    "arn:aws:sqs:r",
    "arn:aws:sqs:*:111111111111:a",
    "arn:aws:sqs:*:*:a",
    "arn:aws:*:*:1*:a",
    "arn:aws:x*:r:*:b",
    "arn:aws:x:r*:*:b:*",
    "arn:aws:x:*:*:a:b",
    "arn:aws:x:*1:*:b",
    "arn:aws:x:r:?1*:*b",
    "arn:a?s:x:::A",
    "arn:aws:X:::A",
    "arn:aws:s3:::a/${aws:username}",
    "arn:aws:s3:::${aws:username}/*",
    "arn:aws:s3:::*${aws:username}*",
    "arn:aws:s3:::${aws:username, 'a'}",
    "arn:aws:s3:::a/${aws:PrincipalTag/team , 'b'}",
    "arn:aws:s3:::${aws:username}${aws:PrincipalTag/team}",
    "arn:aws:s3:::${*}",
    "arn:aws:sqs:*:*:${aws:username}",
    "arn:aws:x:*:*:*:${aws:username}",
];

/// Operator, key, values. A key is used in one way only: as a set or not, and
/// by one family of operators, but for `k:mixed`.
const CONDITIONS: &[(&str, &str, &str)] = &[
    ("StringEquals", "aws:username", r#""b""#),
    ("StringNotEquals", "aws:username", r#"["a", "b"]"#),
    ("StringLike", "aws:username", r#""?*""#),
    ("StringLike", "aws:username", r#"["*b*", "a"]"#),
    ("StringNotLikeIfExists", "aws:username", r#""*a""#),
    ("StringLikeIfExists", "aws:username", r#""a*""#),
    ("StringEqualsIgnoreCase", "aws:username", r#""A""#),
    ("StringNotEqualsIgnoreCase", "aws:username", r#""aB""#),
    (
        "StringEquals",
        "aws:username",
        r#""${aws:PrincipalTag/team}""#,
    ),
    ("Null", "aws:username", "true"),
    ("Null", "AWS:UserName", "false"),
    ("StringEquals", "aws:PrincipalTag/team", r#""b""#),
    ("Null", "aws:PrincipalTag/team", "true"),
    ("StringLike", "s3:prefix", r#""${aws:username}/*""#),
    ("StringEquals", "s3:prefix", r#""${aws:username}""#),
    ("StringNotEquals", "s3:prefix", r#""${aws:username}""#),
    (
        "StringNotEquals",
        "s3:prefix",
        r#"["${aws:username, 'a'}", "b"]"#,
    ),
    ("StringLike", "s3:prefix", r#""a${*}""#),
    ("StringEquals", "s3:prefix", r#""a*""#),
    ("StringNotLike", "s3:prefix", r#""*""#),
    ("StringEqualsIfExists", "s3:prefix", r#"["", "a/"]"#),
    ("ForAllValues:StringEquals", "aws:TagKeys", r#"["a", "b"]"#),
    ("ForAllValues:StringLike", "aws:TagKeys", r#"["a*", "c"]"#),
    ("ForAnyValue:StringLike", "aws:TagKeys", r#""a*""#),
    ("ForAnyValue:StringEqualsIfExists", "aws:TagKeys", r#""b""#),
    ("ForAnyValue:StringNotEquals", "aws:TagKeys", r#""a""#),
    (
        "ForAnyValue:StringNotEquals",
        "aws:TagKeys",
        r#"["a", "b"]"#,
    ),
    (
        "ForAllValues:StringNotEquals",
        "aws:TagKeys",
        r#"["a", "b"]"#,
    ),
    (
        "ForAllValues:StringNotLikeIfExists",
        "aws:TagKeys",
        r#""b*""#,
    ),
    (
        "ForAllValues:StringEquals",
        "aws:TagKeys",
        r#""${aws:username}""#,
    ),
    ("ForAllValues:StringEquals", "aws:TagKeys", "[]"),
    ("Null", "aws:TagKeys", "false"),
    ("NumericLessThan", "s3:max-keys", "10"),
    ("NumericLessThanEquals", "s3:max-keys", r#"["9.5", "-3"]"#),
    ("NumericGreaterThanEquals", "s3:max-keys", r#""9.5""#),
    ("NumericGreaterThanIfExists", "s3:max-keys", r#""10.0""#),
    ("NumericEquals", "s3:max-keys", r#"["10", "-3.25"]"#),
    ("NumericNotEquals", "s3:max-keys", "10"),
    ("IpAddress", "aws:SourceIp", r#""10.0.0.0/8""#),
    (
        "IpAddress",
        "aws:SourceIp",
        r#"["10.0.0.0/9", "10.128.0.0/9"]"#,
    ),
    (
        "IpAddress",
        "aws:SourceIp",
        r#"["::/0", "0.0.0.0/1", "128.0.0.0/1"]"#,
    ),
    ("NotIpAddress", "aws:SourceIp", r#"["10.0.0.0/9", "::/0"]"#),
    ("NotIpAddressIfExists", "aws:SourceIp", r#""2001:db8::/33""#),
    ("Bool", "aws:SecureTransport", "true"),
    ("Bool", "aws:SecureTransport", r#"["true", "FALSE"]"#),
    ("BoolIfExists", "aws:SecureTransport", r#""false""#),
    ("Null", "aws:SecureTransport", "false"),
    ("ArnLike", "aws:SourceArn", r#""arn:aws:sns:*:*:t*""#),
    ("ArnLikeIfExists", "aws:SourceArn", r#""*""#),
    (
        "ArnEquals",
        "aws:SourceArn",
        r#""arn:aws:sns:r:*:${aws:username}""#,
    ),
    ("ArnNotEquals", "aws:SourceArn", r#""arn:aws:sns:*:1:t""#),
    ("StringLike", "aws:SourceArn", r#""arn:aws:sns:*:*:t*""#),
    ("StringNotLike", "aws:SourceArn", r#""arn:*""#),
    ("DateLessThan", "aws:CurrentTime", r#""2020-01-01""#),
    (
        "DateLessThanEquals",
        "aws:CurrentTime",
        r#""2019-06-01T02:00:00+02:00""#,
    ),
    (
        "DateGreaterThan",
        "aws:CurrentTime",
        r#""2019-06-01T00:00:00.5Z""#,
    ),
    ("DateEquals", "aws:CurrentTime", r#""1559347200""#),
    ("DateNotEqualsIfExists", "aws:CurrentTime", r#""2019-06""#),
    (
        "DateGreaterThanEquals",
        "aws:CurrentTime",
        r#""2019-06-01T00:00:00Z""#,
    ),
    ("StringEquals", "k:mixed", r#""1""#),
    ("NumericLessThan", "k:mixed", r#""2""#),
    ("StringMatches", "k:odd", r#""1""#),
];

/// Values of each key that the conditions above tell apart.
const VALUES: &[(&str, &[&[&str]])] = &[
    (
        "aws:username",
        &[
            &["a"],
            &["b"],
            &["ab"],
            &["A"],
            &[""],
            &["*"],
            &["b/a"],
            &["a:b"],
            &["ba"],
            &["a/"],
        ],
    ),
    (
        "aws:principaltag/team",
        &[&["a"], &["b"], &["A"], &[""], &["/b"], &["a/b"]],
    ),
    (
        "s3:prefix",
        &[
            &["a"],
            &["b"],
            &["a*"],
            &["ab"],
            &[""],
            &["a/"],
            &["b/x"],
            &["A"],
            &["*"],
        ],
    ),
    (
        "aws:tagkeys",
        &[
            &["a"],
            &["b"],
            &["c"],
            &["ab"],
            &["a", "b"],
            &["a", "c"],
            &["b", "c"],
            &["b", "ab"],
            &["c", "d"],
            &[""],
        ],
    ),
    (
        "s3:max-keys",
        &[
            &["10"],
            &["9.5"],
            &["9.7"],
            &["9"],
            &["11"],
            &["-3"],
            &["-3.25"],
            &["-4"],
            &["10.0"],
            &["1e1"],
        ],
    ),
    (
        "aws:sourceip",
        &[
            &["10.1.1.1"],
            &["10.200.1.1"],
            &["9.255.255.255"],
            &["11.0.0.0"],
            &["127.0.0.1"],
            &["128.0.0.0"],
            &["2001:db8::1"],
            &["2001:db8:8000::"],
            &["::ffff:10.1.1.1"],
        ],
    ),
    ("aws:securetransport", &[&["true"], &["false"], &["True"]]),
    (
        "aws:sourcearn",
        &[
            &["arn:aws:sns:r:1:t"],
            &["arn:aws:sns:r:2:t2"],
            &["arn:aws:sns:r:x:1:t"],
            &["arn:aws:sns:r:2:b"],
            &["arn:aws:sns"],
            &["x"],
            &["arn:aws:sqs:r:1:t"],
            &["arn:aws:sns:r:1:a:b"],
        ],
    ),
    (
        "aws:currenttime",
        &[
            &["2019-06-01T00:00:00Z"],
            &["2019-06-01T00:00:00.5Z"],
            &["2019-06-01T00:00:00.25Z"],
            &["2019-07-01"],
            &["2020-01-01T00:00:00Z"],
            &["2021-01-01"],
            &["1500000000"],
        ],
    ),
    ("k:mixed", &[&["1"], &["2"], &["x"], &["1.0"]]),
    ("k:odd", &[&["1"], &["x"]]),
];

const CALLED: &[&str] = &[
    "s3:GetObject",
    "s3:PutObject",
    "s3:getobjectacl",
    "s3:Get",
    "s3:tt",
    "s3:ListAllMyBuckets",
    "sqs:SendMessage",
    "sqs:x",
    "ec2:DescribeInstances",
    "new:X",
];

const ASKED: &[&str] = &[
    "*",
    "arn:aws:s3:::a",
    "arn:aws:s3:::b",
    "arn:aws:s3:::*",
    "arn:aws:s3:::",
    "arn:aws:s3:::a/b",
    "arn:aws:s3:::a/a",
    "arn:aws:s3:::a/",
    "arn:aws:s3:::b/a",
    "arn:aws:s3:::ab",
    "arn:aws:s3:::ba",
    "arn:aws:s3:::a:b",
    "arn:aws:s3:::a/b/c",
    "arn:aws:s3:::b/a/x",
    "arn:aws-cn:s3:::a/b",
    "arn:aws:s3:r:111111111111:a",
    "arn:aws:sqs:r:111111111111:a",
    "arn:aws:sqs:r:111111111111:b:b",
    "arn:aws:sqs:r:222222222222:a",
    "arn:aws:sqs:r:222222222222:111111111111:a",
    "arn:aws:sqs:r:111111111111:b",
    "arn:aws:sqs:r:111111111111:x:b",
    "arn:aws:sqs:q:111111111111:ab",
    "arn:aws:sqs:::a",
    "arn:aws:x:r:111111111111:a:b",
    "arn:aws:x:r:111111111111:q:a:b",
    "arn:aws:x:r:111111111111:a:b:b:c",
    "arn:aws:x:r:111111111111:b",
    "arn:aws:x:r:111111111111:b:c",
    "arn:aws:x:r1:222222222222:b",
    "arn:aws:x:r:222222222222:r1:1:b",
    "arn:aws:xy:r:222222222222:b",
    "arn:aws:x:::A",
    "arn:aws:x:::a",
];

const PRINCIPALS: &[&str] = &[
    r#""*""#,
    r#"{"AWS": "*"}"#,
    r#"{"AWS": "111111111111"}"#,
    r#"{"AWS": ["arn:aws:iam::222222222222:root", "111111111111"]}"#,
    r#"{"AWS": "arn:aws:iam::111111111111:role/r"}"#,
    r#"{"AWS": "arn:aws:iam::111111111111:role/R"}"#,
    r#"{"AWS": "arn:aws:iam::111111111111:role/p/r"}"#,
    r#"{"AWS": ["arn:aws:iam::111111111111:role/p/r", "arn:aws:iam::111111111111:role/r"]}"#,
    r#"{"AWS": "arn:aws-cn:iam::111111111111:role/r"}"#,
    r#"{"AWS": "arn:aws:iam::222222222222:role/r"}"#,
    r#"{"AWS": "arn:aws:sts::111111111111:assumed-role/r/s"}"#,
    r#"{"AWS": ["arn:aws:sts::111111111111:assumed-role/R/s", "arn:aws:sts::111111111111:assumed-role/r/t"]}"#,
    r#"{"AWS": "arn:aws:iam::111111111111:user/u"}"#,
    r#"{"AWS": ["arn:aws:iam::111111111111:user/p/u", "111111111111"]}"#,
    r#"{"AWS": "arn:aws:iam::111111111111:user/U"}"#,
    r#"{"AWS": "arn:aws:sts::111111111111:federated-user/u"}"#,
    r#"{"AWS": "arn:aws:iam::111111111111:user/*"}"#,
    r#"{"AWS": "AIDAEXAMPLEEXAMPLE00"}"#,
    r#"{"Service": "sns.amazonaws.com"}"#,
    r#"{"Service": ["sns.amazonaws.com", "ec2.amazonaws.com"]}"#,
    r#"{"Service": "*"}"#,
    r#"{"Federated": "example.com"}"#,
    r#"{"Federated": "cognito-identity.amazonaws.com"}"#,
    r#"{"Service": "cognito-identity.amazonaws.com"}"#,
    r#"{"Federated": "arn:aws:iam::111111111111:saml-provider/p"}"#,
    r#"{"Federated": "*"}"#,
    r#"{"CanonicalUser": "00000000000000000000000000000000000000000000000000000000000000Ab"}"#,
    r#"{"CanonicalUser": "*"}"#,
    r#"{"AWS": "arn:aws:iam::111111111111:role/r", "Service": "ec2.amazonaws.com", "Federated": "example.com"}"#,
];

const CALLERS: &[&str] = &[
    "anonymous",
    "111111111111",
    "arn:aws:iam::222222222222:root",
    "arn:aws:iam::333333333333:root",
    "arn:aws:iam::111111111111:role/r",
    "arn:aws:iam::111111111111:role/R",
    "arn:aws:iam::111111111111:role/p/r",
    "arn:aws:iam::111111111111:role/q/r",
    "arn:aws:iam::111111111111:role/x",
    "arn:aws-cn:iam::111111111111:role/r",
    "arn:aws-cn:iam::111111111111:role/x",
    "arn:aws-cn:sts::111111111111:assumed-role/r/s",
    "arn:aws:iam::222222222222:role/r",
    "arn:aws:iam::222222222222:role/x",
    "arn:aws:iam::333333333333:role/r",
    "arn:aws:sts::111111111111:assumed-role/r/s",
    "arn:aws:sts::111111111111:assumed-role/R/s",
    "arn:aws:sts::111111111111:assumed-role/r/t",
    "arn:aws:sts::111111111111:assumed-role/r/S",
    "arn:aws:sts::111111111111:assumed-role/x/s",
    "arn:aws:sts::222222222222:assumed-role/r/s",
    "arn:aws:sts::333333333333:assumed-role/r/s",
    "arn:aws:iam::111111111111:user/u",
    "arn:aws:iam::111111111111:user/U",
    "arn:aws:iam::111111111111:user/p/u",
    "arn:aws:iam::111111111111:user/x",
    "arn:aws:iam::333333333333:user/u",
    "arn:aws:sts::111111111111:federated-user/u",
    "arn:aws:sts::111111111111:federated-user/x",
    "arn:aws:sts::222222222222:federated-user/u",
    "sns.amazonaws.com",
    "ec2.amazonaws.com",
    "s3.amazonaws.com",
    "cognito-identity.amazonaws.com",
    "example.com",
    "example.net",
    "arn:aws:iam::111111111111:saml-provider/p",
    "arn:aws:iam::111111111111:saml-provider/q",
    "arn:aws:iam::222222222222:oidc-provider/p",
    "00000000000000000000000000000000000000000000000000000000000000aB",
    "11111111111111111111111111111111111111111111111111111111111111aB",
];

fn conditions(most: usize) -> impl Strategy<Value = Value> {
    prop::collection::vec(select(CONDITIONS), 0..=most).prop_map(|chosen| {
        let mut all = Map::new();
        for (operator, key, value) in chosen {
            let keys = all.entry(operator).or_insert_with(|| json!({}));
            keys[key] = serde_json::from_str(value).unwrap();
        }
        Value::Object(all)
    })
}

/// One statement. Few conditions and many statements of the same action make
/// pairs that say nearly the same.
pub(super) fn statement(policy_type: PolicyType) -> impl Strategy<Value = Value> {
    let principal = policy_type.has_principal();
    (
        prop::bool::weighted(0.65),
        prop::bool::weighted(0.85),
        prop::collection::vec(select(ACTIONS), 1..3),
        prop::bool::weighted(0.8),
        prop::collection::vec(select(RESOURCES), 1..3),
        conditions(if principal { 1 } else { 2 }),
        (prop::bool::weighted(0.8), select(PRINCIPALS)),
    )
        .prop_map(
            move |(allows, action, actions, resource, resources, conditions, (named, who))| {
                let mut statement = Map::new();
                let effect = if allows { "Allow" } else { "Deny" };
                statement.insert("Effect".into(), json!(effect));
                let element = if action { "Action" } else { "NotAction" };
                statement.insert(element.into(), json!(actions));
                let element = if resource { "Resource" } else { "NotResource" };
                // On the request resource `*` the engines differ about entries
                // that are invalid in SCPs (R58).
                let resources = resources.into_iter().map(|text| match text {
                    "arn:aws:sqs" | "arn:aws:sqs:r" if policy_type == PolicyType::Scp => {
                        format!("{text}*")
                    }
                    text => text.to_owned(),
                });
                statement.insert(element.into(), resources.collect());
                if conditions != json!({}) {
                    statement.insert("Condition".into(), conditions);
                }
                if principal {
                    let element = if named { "Principal" } else { "NotPrincipal" };
                    statement.insert(element.into(), serde_json::from_str(who).unwrap());
                }
                Value::Object(statement)
            },
        )
}

pub(super) fn statements(policy_type: PolicyType) -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(statement(policy_type), 1..4)
}

/// Two documents of which the second is the first with small changes: a
/// statement left out or put in, and an element of one taken from another.
/// One in eight has no version, so that its variables are text.
pub(super) fn pair(policy_type: PolicyType) -> impl Strategy<Value = (Value, Value)> {
    const ELEMENTS: &[&[&str]] = &[
        &["Resource", "NotResource"],
        &["Action", "NotAction"],
        &["Condition"],
        &["Principal", "NotPrincipal"],
        &["Effect"],
    ];
    (
        statements(policy_type),
        prop::collection::vec(statement(policy_type), 0..3),
        any::<[bool; 4]>(),
        prop::collection::vec((any::<prop::sample::Index>(), select(ELEMENTS)), 0..3),
        statement(policy_type),
        (prop::bool::weighted(0.1), prop::bool::weighted(0.1)),
    )
        .prop_map(|(old, added, keep, changes, donor, (bare_old, bare_new))| {
            let mut new: Vec<Value> = old
                .iter()
                .zip(keep)
                .filter(|(_, keep)| *keep)
                .map(|(statement, _)| statement.clone())
                .chain(added)
                .collect();
            for (at, elements) in changes {
                if new.is_empty() {
                    break;
                }
                let at = at.index(new.len());
                let changed = new[at].as_object_mut().unwrap();
                for element in elements {
                    changed.remove(*element);
                    if let Some(value) = donor.get(element) {
                        changed.insert((*element).to_owned(), value.clone());
                    }
                }
            }
            (versioned(old, bare_old), versioned(new, bare_new))
        })
}

fn versioned(statements: Vec<Value>, bare: bool) -> Value {
    if bare {
        json!({"Statement": statements})
    } else {
        document(json!(statements))
    }
}

/// A plain generator of numbers: the same seed asks the same requests.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % sides as u64) as usize
    }

    fn pick<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.roll(all.len())]
    }
}

/// The keys that these documents speak of, with values of theirs.
pub(super) fn keys_of(
    documents: &[&Value],
) -> Vec<&'static (&'static str, &'static [&'static [&'static str]])> {
    let text: String = documents.iter().map(|d| d.to_string()).collect();
    let text = text.to_ascii_lowercase();
    VALUES
        .iter()
        .filter(|(key, _)| text.contains(key))
        .collect()
}

/// A request in which the documents' keys have values of the world.
pub(super) fn request(dice: &mut Dice, keys: &[&(&str, &[&[&str]])], principals: bool) -> Request {
    let mut context = Context::default();
    for (key, values) in keys {
        if dice.roll(4) > 0 {
            context
                .insert(*key, dice.pick(values).iter().copied())
                .unwrap();
        }
    }
    let resource = dice.pick(ASKED).to_owned();
    let user = "arn:aws:iam::111111111111:user/x";
    Request {
        principal: if principals { dice.pick(CALLERS) } else { user }.to_owned(),
        action: dice.pick(CALLED).to_owned(),
        wildcard_only_action: Some(resource == "*" && dice.roll(2) == 0),
        resource,
        context,
        ..Request::default()
    }
}

pub(super) fn compiled(document: &Value, policy_type: PolicyType) -> CompiledPolicy {
    CompiledPolicy::new(&read_as(document, policy_type), policy_type)
}
