//! Random policies and random texts that look like JSON.

use leastwise::policy::{
    ActionPattern, BaseOperator, Condition, ConditionValue, Effect, Element, Operator, Policy,
    Principal, PrincipalKind, Principals, ResourcePattern, Statement, ValueKind, Version,
};
use leastwise::text::{Span, Spanned};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// Pieces of which hostile and half-right documents are made.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    " ",
    "\n",
    "\"",
    "'",
    "\\",
    "\\u12",
    "\\ud800",
    "\\udc00",
    "1",
    "-",
    "01",
    "1.5e3",
    "true",
    "null",
    "None",
    "${",
    "${x}",
    "{{",
    "{{ y }}",
    "//",
    "/*",
    "*/",
    "#",
    "\t",
    "\u{a0}",
    "é",
    "𝄞",
    "“",
    "\u{0}",
    "\"a\"",
    "\"a\":",
    "{\"a\": 1}",
    "[1, 2]",
    "\"Statement\":",
    "\"Effect\": \"Allow\"",
    "\"Action\": \"s3:*\"",
    "\"Resource\": \"*\"",
    "\"Condition\": {\"StringLike\": {\"aws:x\": \"${y}\"}}",
    "\"Principal\": \"*\"",
    "\"Version\": \"2012-10-17\"",
    "%7B%22a%22%3A1%7D",
];

/// Any text; most are made of [`PIECES`].
pub(super) fn soup() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => vec(select(PIECES), 0..40).prop_map(|pieces| pieces.concat()),
        1 => any::<String>(),
    ]
}

/// Any JSON value that `serde_json` can write.
pub(super) fn value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        (-1e9_f64..1e9).prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(6, 60, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(Into::into),
            vec((word(), inner), 0..8)
                .prop_map(|members| { serde_json::Value::Object(members.into_iter().collect()) }),
        ]
    })
}

/// A key or a text, often one that the language knows.
fn word() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &[
        "Version",
        "2012-10-17",
        "2008-10-17",
        "Id",
        "Statement",
        "Sid",
        "Effect",
        "Allow",
        "Deny",
        "Principal",
        "NotPrincipal",
        "AWS",
        "Service",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
        "StringEquals",
        "StringLikeIfExists",
        "NullIfExists",
        "aws:x",
        "*",
        "s3:Get*",
        "arn:aws:s3:::b/${aws:username}",
        "arn:aws:s3",
        "${token}",
        "",
    ];
    prop_oneof![
        6 => select(WORDS).prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

/// A JSON value in which each member may well be an element of the language.
pub(super) fn nearly_policy() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        6 => word().prop_map(Into::into),
        1 => any::<bool>().prop_map(Into::into),
        1 => any::<i32>().prop_map(Into::into),
        1 => Just(serde_json::Value::Null),
    ];
    let tree = leaf.prop_recursive(5, 80, 8, |inner| {
        prop_oneof![
            1 => vec(inner.clone(), 0..4).prop_map(Into::into),
            2 => vec((word(), inner), 0..8).prop_map(|members| {
                serde_json::Value::Object(members.into_iter().collect())
            }),
        ]
    });
    (word(), vec(tree, 0..4)).prop_map(
        |(version, statements)| serde_json::json!({"Version": version, "Statement": statements}),
    )
}

fn spanned<T>(value: T) -> Spanned<T> {
    Spanned::new(value, Span::default())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-z0-9:/*?${}',. -]{0,24}",
        1 => any::<String>(),
    ]
}

fn element<T: std::fmt::Debug + Clone>(
    entry: impl Strategy<Value = T>,
) -> impl Strategy<Value = Element<T>> {
    (any::<bool>(), vec(entry.prop_map(spanned), 0..4)).prop_map(|(negated, entries)| Element {
        negated,
        key_span: Span::default(),
        span: Span::default(),
        entries,
    })
}

fn action() -> impl Strategy<Value = ActionPattern> {
    prop_oneof!["[a-z]{2,4}:[A-Za-z*?]{1,9}", text()].prop_map(|text| ActionPattern::parse(&text))
}

fn resource(version: Version) -> impl Strategy<Value = ResourcePattern> {
    let arn = prop_oneof![
        Just("arn:aws:s3:::b/${aws:username, 'x'}/${*}".to_owned()),
        "arn:aws:[a-z]{2}:[a-z*-]{0,4}:[0-9]{0,12}:[a-z/*?]{0,9}",
    ];
    prop_oneof![arn, text()].prop_map(move |text| ResourcePattern::parse(&text, version))
}

fn principals() -> impl Strategy<Value = Principals> {
    use PrincipalKind::{Aws, CanonicalUser, Federated, Service};
    let principals = |negated, star, entries| Principals {
        negated,
        key_span: Span::default(),
        span: Span::default(),
        star,
        entries,
    };
    let kinds = subsequence(vec![Aws, Service, Federated, CanonicalUser], 0..4).prop_shuffle();
    let of_kinds = (any::<bool>(), kinds, vec(vec(text(), 1..4), 4)).prop_map(
        move |(negated, kinds, texts)| {
            let entries = kinds.into_iter().zip(texts).flat_map(|(kind, texts)| {
                let read = move |text: String| spanned(Principal::parse(kind.clone(), &text));
                texts.into_iter().map(read)
            });
            principals(negated, false, entries.collect())
        },
    );
    let star = any::<bool>().prop_map(move |negated| {
        principals(negated, true, vec![spanned(Principal::parse(Aws, "*"))])
    });
    prop_oneof![of_kinds, star]
}

fn operator() -> impl Strategy<Value = String> {
    let qualifier = select(&["", "", "ForAllValues:", "ForAnyValue:", "forAnyValue:"][..]);
    let base = select(&BaseOperator::ALL[..]);
    let known = (qualifier, base, any::<bool>()).prop_map(|(qualifier, base, if_exists)| {
        let suffix = if if_exists { "IfExists" } else { "" };
        format!("{qualifier}{}{suffix}", base.name())
    });
    prop_oneof![4 => known, 1 => text()]
}

fn condition_value() -> impl Strategy<Value = (String, ValueKind)> {
    prop_oneof![
        4 => text().prop_map(|text| (text, ValueKind::String)),
        1 => any::<bool>().prop_map(|b| (b.to_string(), ValueKind::Bool)),
        1 => "-?(0|[1-9][0-9]{0,5})([.][0-9]{1,3})?([eE][+-]?[0-9]{1,2})?"
            .prop_map(|text| (text, ValueKind::Number)),
    ]
}

/// Operators and their keys are distinct, as those of an object are read.
fn conditions(version: Version) -> impl Strategy<Value = Vec<Condition>> {
    let keys = proptest::collection::btree_map(text(), vec(condition_value(), 0..4), 1..4);
    proptest::collection::btree_map(operator(), keys, 0..4).prop_map(move |operators| {
        let mut conditions = Vec::new();
        for (operator, keys) in operators {
            let operator = Operator::parse(&operator);
            for (key, values) in keys {
                let values = values.into_iter().map(|(text, kind)| {
                    spanned(ConditionValue::parse(&text, kind, &operator, version))
                });
                conditions.push(Condition {
                    operator: spanned(operator.clone()),
                    key: spanned(key),
                    values: values.collect(),
                });
            }
        }
        conditions
    })
}

fn statement(version: Version) -> impl Strategy<Value = Statement> {
    let effect = option::of(select(&[Effect::Allow, Effect::Deny][..]));
    (
        option::of(text()),
        effect,
        option::of(principals()),
        option::of(element(action())),
        option::of(element(resource(version))),
        conditions(version),
    )
        .prop_map(
            |(sid, effect, principal, action, resource, conditions)| Statement {
                span: Span::default(),
                sid: sid.map(spanned),
                effect: effect.map(spanned),
                principal,
                action,
                resource,
                conditions,
            },
        )
}

/// Any policy that some document reads as, without spans.
pub(super) fn policy() -> impl Strategy<Value = Policy> {
    let version = option::of(select(&[Version::V2008, Version::V2012][..]));
    version.prop_flat_map(|version| {
        let effective = version.unwrap_or(Version::V2008);
        (option::of(text()), vec(statement(effective), 0..4)).prop_map(move |(id, statements)| {
            Policy {
                span: Span::default(),
                version: version.map(spanned),
                id: id.map(spanned),
                statements,
            }
        })
    })
}
