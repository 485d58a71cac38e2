//! Differences in words.

use super::{allow, deny, document, read_as};
use leastwise::policy::PolicyType;
use leastwise::semantics::compare::{AccessSet, Options, Stack, compare, explain};
use serde_json::{Value, json};

fn told(old: &Value, new: &Value) -> (Vec<AccessSet>, Vec<AccessSet>) {
    let (old, new) = (
        read_as(old, PolicyType::Identity),
        read_as(new, PolicyType::Identity),
    );
    let (old, new) = (
        Stack::of(PolicyType::Identity, &old),
        Stack::of(PolicyType::Identity, &new),
    );
    let options = Options::default();
    let comparison = compare(&old, &new, &options);
    let told = explain(&old, &new, &comparison, &options);
    assert!(!told.more_gained && !told.more_lost);
    (told.gained, told.lost)
}

fn line(set: &AccessSet) -> String {
    let witness = set.witness.as_ref().map(|witness| {
        let request = &witness.request;
        format!("{} {}", request.action, request.resource)
    });
    format!(
        "{} ({}, {}) on {}{}{} e.g. {}",
        set.actions.join(", "),
        set.known_actions,
        set.worst.map_or("unknown", |worst| worst.as_str()),
        set.resources.join(", "),
        if set.except.is_empty() {
            String::new()
        } else {
            format!(" except {}", set.except.join(", "))
        },
        if set.conditions.is_empty() {
            String::new()
        } else {
            format!(" when {}", set.conditions.join(" and "))
        },
        witness.as_deref().unwrap_or("none"),
    )
}

fn lines(sets: &[AccessSet]) -> Vec<String> {
    sets.iter().map(line).collect()
}

#[test]
fn a_wider_resource_is_told_without_what_was_allowed() {
    let old = document(json!([allow(
        "s3:GetObject",
        "arn:aws:s3:::b/public/*",
        json!({})
    )]));
    let new = document(json!([allow(
        "s3:GetObject",
        "arn:aws:s3:::b/*",
        json!({})
    )]));
    let (gained, lost) = told(&old, &new);
    assert_eq!(
        lines(&gained),
        [
            "s3:GetObject (1, read) on arn:aws:s3:::b/* except arn:aws:s3:::b/public/* e.g. s3:GetObject arn:aws:s3:::b/x"
        ]
    );
    assert!(lost.is_empty());
}

#[test]
fn the_most_dangerous_comes_first() {
    let old = document(json!([allow("sqs:*", "*", json!({}))]));
    let new = document(json!([
        allow("s3:ListBucket", "arn:aws:s3:::b", json!({})),
        allow("s3:DeleteObject*", "arn:aws:s3:::b/*", json!({})),
        allow(
            "iam:AttachRolePolicy",
            "arn:aws:iam::111111111111:role/r",
            json!({})
        ),
    ]));
    let (gained, lost) = told(&old, &new);
    let worst: Vec<_> = gained
        .iter()
        .map(|set| set.worst.unwrap().as_str())
        .collect();
    assert_eq!(worst, ["permissions", "write", "list"]);
    assert!(
        gained[1].actions.contains(&"s3:DeleteObject*".to_owned()),
        "{gained:?}"
    );
    assert_eq!(lost.len(), 1);
    assert_eq!(lost[0].actions, ["sqs:*"]);
}

#[test]
fn a_removed_deny_is_named() {
    let old = document(json!([
        allow("s3:GetObject", "arn:aws:s3:::b/*", json!({})),
        deny("s3:GetObject", "arn:aws:s3:::b/private/*", json!({})),
    ]));
    let new = document(json!([allow(
        "s3:GetObject",
        "arn:aws:s3:::b/*",
        json!({})
    )]));
    let (gained, _) = told(&old, &new);
    assert_eq!(gained.len(), 1);
    assert_eq!(gained[0].denied_by.unwrap().statement, 1);
    assert_eq!(gained[0].allowed_by[0].statement, 0);
}

#[test]
fn conditions_are_words() {
    let of = |condition: Value| document(json!([allow("s3:GetObject", "*", condition)]));
    let (gained, _) = told(
        &of(json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}})),
        &of(json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})),
    );
    assert_eq!(
        gained[0].conditions,
        [
            "`aws:PrincipalOrgID` is not `o-1` or the key is absent",
            "`aws:SourceIp` is in `10.0.0.0/8`",
        ]
    );
}
