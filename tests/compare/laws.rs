//! Laws that hold for any policies, and brute force: on small random policies
//! every request of a small world is put to the simulator.

use super::{ask, document, read_as, relation, settings};
use leastwise::policy::PolicyType;
use leastwise::semantics::compare::{Comparison, Direction, Relation};
use leastwise::semantics::evaluate::{CompiledPolicy, permits};
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
];
const RESOURCES: &[&str] = &[
    "*",
    "arn:aws:s3:::a",
    "arn:aws:s3:::a/*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::?",
    "arn:aws:s3:*",
    "arn:aws:sqs:*:1:a",
    "arn:aws:sqs:*:*:a",
    "arn:*:s3:::a/b",
    "arn:aws:s3:::a*b",
    "arn:aws:sqs",
    "arn:aws:s3:::a/${aws:username}",
    "arn:aws:s3:::${aws:username, 'a'}",
    "arn:aws:x:*:*:a:b",
    "arn:aws:x:*1:*:b",
    "arn:a?s:x:::A",
];
const CONDITIONS: &[(&str, &str, &str)] = &[
    ("StringEquals", "aws:username", r#""b""#),
    ("StringNotEquals", "aws:username", r#"["a", "b"]"#),
    ("StringLike", "aws:username", r#""?*""#),
    ("StringLikeIfExists", "aws:username", r#""a*""#),
    ("StringEqualsIgnoreCase", "aws:username", r#""A""#),
    ("Null", "aws:username", "true"),
    ("Null", "aws:username", "false"),
    ("ForAllValues:StringEquals", "aws:TagKeys", r#"["a", "b"]"#),
    ("ForAnyValue:StringLike", "aws:TagKeys", r#""a*""#),
    ("ForAnyValue:StringNotEquals", "aws:TagKeys", r#""a""#),
    (
        "ForAllValues:StringNotLikeIfExists",
        "aws:TagKeys",
        r#""b*""#,
    ),
    ("NumericLessThan", "s3:max-keys", "10"),
    ("NumericGreaterThanEquals", "s3:max-keys", r#""9.5""#),
    ("NumericNotEquals", "s3:max-keys", "10"),
    ("IpAddress", "aws:SourceIp", r#""10.0.0.0/8""#),
    ("NotIpAddress", "aws:SourceIp", r#"["10.0.0.0/9", "::/0"]"#),
    ("Bool", "aws:SecureTransport", "true"),
    ("BoolIfExists", "aws:SecureTransport", r#""false""#),
    ("ArnLike", "aws:SourceArn", r#""arn:aws:sns:*:*:t*""#),
    ("ArnNotEquals", "aws:SourceArn", r#""arn:aws:sns:*:1:t""#),
    ("DateLessThan", "aws:CurrentTime", r#""2020-01-01""#),
    (
        "DateGreaterThanEquals",
        "aws:CurrentTime",
        r#""2019-06-01T00:00:00Z""#,
    ),
];

fn conditions() -> impl Strategy<Value = Value> {
    prop::collection::vec(select(CONDITIONS), 0..3).prop_map(|chosen| {
        let mut all = Map::new();
        for (operator, key, value) in chosen {
            let keys = all.entry(operator).or_insert_with(|| json!({}));
            keys[key] = serde_json::from_str(value).unwrap();
        }
        Value::Object(all)
    })
}

fn statement() -> impl Strategy<Value = Value> {
    (
        prop::bool::weighted(0.7),
        prop::bool::weighted(0.85),
        prop::collection::vec(select(ACTIONS), 1..3),
        prop::bool::weighted(0.85),
        prop::collection::vec(select(RESOURCES), 1..3),
        conditions(),
    )
        .prop_map(
            |(allows, action, actions, resource, resources, conditions)| {
                let mut statement = Map::new();
                statement.insert(
                    "Effect".into(),
                    json!(if allows { "Allow" } else { "Deny" }),
                );
                statement.insert(
                    (if action { "Action" } else { "NotAction" }).into(),
                    json!(actions),
                );
                let element = if resource { "Resource" } else { "NotResource" };
                statement.insert(element.into(), json!(resources));
                if conditions != json!({}) {
                    statement.insert("Condition".into(), conditions);
                }
                Value::Object(statement)
            },
        )
}

pub(super) fn statements() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(statement(), 1..4)
}

/// Two documents that have something in common: the second is the first with
/// some statements replaced.
pub(super) fn pair() -> impl Strategy<Value = (Vec<Value>, Vec<Value>)> {
    (statements(), statements(), any::<[bool; 4]>()).prop_map(|(old, other, keep)| {
        let kept = old
            .iter()
            .zip(keep)
            .filter(|(_, keep)| *keep)
            .map(|(s, _)| s.clone());
        let new = kept.chain(other).collect();
        (old, new)
    })
}

/// A small world of requests: what the patterns above tell apart, and more.
pub(super) fn world() -> Vec<Request> {
    let contexts: &[&[(&str, &[&str])]] = &[
        &[],
        &[("aws:username", &["a"])],
        &[("aws:username", &["b"]), ("s3:max-keys", &["10"])],
        &[("aws:username", &["ab"]), ("aws:TagKeys", &["a", "b"])],
        &[
            ("aws:username", &[""]),
            ("aws:TagKeys", &["b"]),
            ("s3:max-keys", &["9.7"]),
        ],
        &[
            ("aws:TagKeys", &["a", "c"]),
            ("aws:SourceIp", &["10.1.1.1"]),
        ],
        &[
            ("aws:SourceIp", &["10.200.1.1"]),
            ("aws:SecureTransport", &["true"]),
        ],
        &[
            ("aws:SourceIp", &["2001:db8::1"]),
            ("aws:SecureTransport", &["false"]),
        ],
        &[
            ("aws:SourceArn", &["arn:aws:sns:r:1:t"]),
            ("aws:CurrentTime", &["2019-07-01"]),
        ],
        &[
            ("aws:SourceArn", &["arn:aws:sns:r:2:t2"]),
            ("aws:CurrentTime", &["2021-01-01"]),
        ],
    ];
    let mut requests = Vec::new();
    for action in [
        "s3:GetObject",
        "s3:PutObject",
        "s3:Get",
        "sqs:SendMessage",
        "ec2:X",
    ] {
        for resource in [
            "*",
            "arn:aws:s3:::a",
            "arn:aws:s3:::a/b",
            "arn:aws:s3:::a/a",
            "arn:aws:s3:::b",
            "arn:aws-cn:s3:::a/b",
            "arn:aws:sqs:r:1:a",
            "arn:aws:sqs:r:2:a",
            "arn:aws:sqs:r:2:1:a",
            "arn:aws:x:r:1:a:b",
            "arn:aws:x:r:1:q:a:b",
            "arn:aws:x:::A",
            "arn:aws:x:1:2:b",
        ] {
            for keys in contexts {
                let mut context = Context::default();
                for (key, values) in *keys {
                    context.insert(*key, values.iter().copied()).unwrap();
                }
                requests.push(Request {
                    principal: "arn:aws:iam::111111111111:user/x".to_owned(),
                    action: action.to_owned(),
                    resource: resource.to_owned(),
                    context,
                    wildcard_only_action: Some(false),
                    ..Request::default()
                });
            }
        }
    }
    requests
}

pub(super) fn compiled(document: &Value) -> CompiledPolicy {
    CompiledPolicy::new(
        &read_as(document, PolicyType::Identity),
        PolicyType::Identity,
    )
}

/// No proof is contradicted by a request of the world, and every witness is
/// one.
fn agrees_with_the_simulator(old: &Value, new: &Value) -> Result<Comparison, TestCaseError> {
    let found = ask(old, new);
    let settings = settings();
    let (old_policy, new_policy) = (compiled(old), compiled(new));
    let allows = |policy, request: &Request| permits(policy, request, &settings).unwrap();
    for (direction, own, other) in [
        (&found.gained, &new_policy, &old_policy),
        (&found.lost, &old_policy, &new_policy),
    ] {
        match direction {
            Direction::Some(witness) => {
                prop_assert!(allows(own, &witness.request), "{witness:?}");
                prop_assert!(!allows(other, &witness.request), "{witness:?}");
            }
            Direction::None => {
                for request in world() {
                    prop_assert!(
                        !allows(own, &request) || allows(other, &request),
                        "{old}\n{new}\n{request:?}"
                    );
                }
            }
            Direction::Unknown(reasons) => prop_assert!(
                reasons.iter().all(|reason| !reason.starts_with("replay")),
                "{old}\n{new}\n{reasons:?}"
            ),
        }
    }
    Ok(found)
}

/// So many cases; more with `PROPTEST_CASES`.
pub(super) fn cases(usual: u32) -> ProptestConfig {
    let more = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|n| n.parse().ok());
    ProptestConfig::with_cases(more.unwrap_or(usual))
}

fn mirrored(relation: Relation) -> Relation {
    match relation {
        Relation::Wider => Relation::Narrower,
        Relation::Narrower => Relation::Wider,
        same => same,
    }
}

fn not_narrower(found: Relation) -> bool {
    !matches!(found, Relation::Narrower | Relation::Incomparable)
}

fn not_wider(found: Relation) -> bool {
    !matches!(found, Relation::Wider | Relation::Incomparable)
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn no_verdict_is_contradicted((old, new) in pair()) {
        agrees_with_the_simulator(&document(json!(old)), &document(json!(new)))?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_policy_is_equivalent_to_itself(statements in statements()) {
        let policy = document(json!(statements));
        prop_assert_eq!(relation(&policy, &policy), Relation::Equivalent);
    }

    #[test]
    fn the_other_way_round_is_the_mirror((old, new) in pair()) {
        let (old, new) = (document(json!(old)), document(json!(new)));
        prop_assert_eq!(relation(&old, &new), mirrored(relation(&new, &old)));
    }

    #[test]
    fn writing_it_otherwise_changes_nothing(statements in statements(), sid in "[a-z]{1,4}") {
        let policy = document(json!(statements));
        let mut other = Vec::new();
        for statement in statements.iter().rev() {
            // One statement an action, the actions in capitals, values reversed.
            let element = if statement["Action"].is_array() { "Action" } else { "NotAction" };
            let actions = statement[element].as_array().unwrap();
            let lists: Vec<Vec<Value>> = if element == "Action" {
                actions.iter().map(|action| vec![action.clone()]).collect()
            } else {
                vec![actions.clone()]
            };
            for list in lists {
                let mut copy = statement.clone();
                let upper = |a: &Value| json!(a.as_str().unwrap().to_ascii_uppercase());
                copy[element] = json!(list.iter().map(upper).collect::<Vec<_>>());
                copy["Sid"] = json!(sid);
                for list in ["Resource", "NotResource"] {
                    if let Some(resources) = copy[list].as_array().cloned() {
                        let turned: Vec<Value> = resources.into_iter().rev().collect();
                        copy[list] = json!(turned);
                    }
                }
                copy.as_object_mut().unwrap().retain(|_, value| !value.is_null());
                other.push(copy.clone());
                other.push(copy);
            }
        }
        prop_assert_eq!(relation(&policy, &document(json!(other))), Relation::Equivalent);
    }

    #[test]
    fn edits_have_their_polarity(
        statements in statements(),
        added in statement(),
        extra in conditions(),
        at in any::<prop::sample::Index>(),
    ) {
        let policy = document(json!(statements));
        let more: Vec<Value> = statements.iter().cloned().chain([added.clone()]).collect();
        let found = relation(&policy, &document(json!(more)));
        if added["Effect"] == "Allow" {
            prop_assert!(not_narrower(found), "an Allow was added: {found:?}");
        } else {
            prop_assert!(not_wider(found), "a Deny was added: {found:?}");
        }
        let mut limited = statements.clone();
        let chosen = at.index(limited.len());
        let mut all = limited[chosen]["Condition"].as_object().cloned().unwrap_or_default();
        for (operator, keys) in extra.as_object().unwrap() {
            all.entry(operator.clone()).or_insert_with(|| keys.clone());
        }
        limited[chosen]["Condition"] = json!(all);
        let found = relation(&policy, &document(json!(limited)));
        if limited[chosen]["Effect"] == "Allow" {
            prop_assert!(not_wider(found), "a condition on an Allow: {found:?}");
        } else {
            prop_assert!(not_narrower(found), "a condition on a Deny: {found:?}");
        }
    }

    #[test]
    fn containment_is_transitive(
        a in statements(), b in prop::collection::vec(statement(), 0..2),
        c in prop::collection::vec(statement(), 0..2),
    ) {
        let allow = |mut statement: Value| { statement["Effect"] = json!("Allow"); statement };
        let b: Vec<Value> = a.iter().cloned().chain(b.into_iter().map(allow)).collect();
        let c: Vec<Value> = b.iter().cloned().chain(c.into_iter().map(allow)).collect();
        let (a, b, c) = (document(json!(a)), document(json!(b)), document(json!(c)));
        let inside = |found: Comparison| found.lost == Direction::None;
        if inside(ask(&a, &b)) && inside(ask(&b, &c)) {
            prop_assert!(inside(ask(&a, &c)));
        }
    }
}
