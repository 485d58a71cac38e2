//! Witnesses that can be made come first (`comparison.md` 9).

use super::{allow, ask, document};
use leastwise::catalog;
use leastwise::semantics::compare::{Direction, Witness};
use serde_json::{Value, json};

fn one(statement: Value) -> Value {
    document(json!([statement]))
}

fn gained(old: &Value, new: &Value) -> Box<Witness> {
    match ask(old, new).gained {
        Direction::Some(witness) => witness,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_action_on_a_bucket_is_not_paired_with_an_object() {
    let none = document(json!([]));
    for (action, realistic) in [
        ("s3:*", true),
        ("s3:GetObject", true),
        // No bucket is called `b/x`.
        ("s3:GetAccelerateConfiguration", false),
    ] {
        let witness = gained(&none, &one(allow(action, "arn:aws:s3:::b/*", json!({}))));
        assert_eq!(witness.realistic, realistic, "{witness:?}");
        let action = catalog::get().action(&witness.request.action).unwrap();
        let mut types = action.resource_types();
        let fits = types.any(|(kind, _)| kind.matches(&witness.request.resource));
        assert_eq!(fits, realistic, "{witness:?}");
    }
    let all = one(allow("s3:GetAccelerateConfiguration", "*", json!({})));
    assert!(gained(&none, &all).realistic);
}

#[test]
fn keys_agree_with_each_other_and_with_the_resource() {
    let of = |condition: Value| one(allow("sqs:SendMessage", "*", condition));
    let none = document(json!([]));
    let (a, b) = ("111122223333", "444455556666");
    let arn = format!("arn:aws:iam::{a}:role/r");
    for (condition, realistic) in [
        (
            json!({"StringEquals": {"aws:PrincipalArn": arn, "aws:PrincipalAccount": a}}),
            true,
        ),
        (
            json!({"StringEquals": {"aws:PrincipalArn": arn, "aws:PrincipalAccount": b}}),
            false,
        ),
        (
            json!({"StringEquals": {"aws:SourceArn": arn, "aws:SourceAccount": b}}),
            false,
        ),
        (json!({"StringEquals": {"aws:ResourceAccount": b}}), true),
    ] {
        let witness = gained(&none, &of(condition.clone()));
        assert_eq!(witness.realistic, realistic, "{condition} {witness:?}");
    }
    // Of two ways in, the one that can be gone.
    let either = of(json!({"StringEquals": {
        "aws:PrincipalArn": arn,
        "aws:PrincipalAccount": [b, a],
    }}));
    let inconsistent = of(json!({"StringEquals": {
        "aws:PrincipalArn": arn,
        "aws:PrincipalAccount": b,
    }}));
    assert!(gained(&inconsistent, &either).realistic);
}
