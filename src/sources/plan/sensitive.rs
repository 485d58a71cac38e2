//! Values that a plan marks as sensitive, made unreadable in the text itself:
//! what is not there stands in no excerpt, message or witness. The parts of a
//! plan that no document is read from hold the same values, in part without
//! marks: they go as a whole.

use super::layout::{Change, Plan, tree};
use crate::syntax::{Node, Value};
use crate::text::Source;
use std::ops::Range;

/// A place, and the byte that stands for each of its own.
type Secret = (Range<usize>, char);

/// The source without what is sensitive. Nothing moves: each byte has another
/// in its place, and lines end where they did.
pub(super) fn masked(source: &Source, plan: &Plan<'_>) -> Source {
    let text = source.text();
    let beside = plan.beside(text).into_iter();
    let mut secret: Vec<Secret> = beside.map(|range| (range, ' ')).collect();
    for raw in plan.resource_changes.iter().flatten() {
        let Ok(Change { change, .. }) = serde_json::from_str::<Change<'_>>(raw.get()) else {
            continue;
        };
        for (value, marks) in [
            (change.before, change.before_sensitive),
            (change.after, change.after_sensitive),
        ] {
            if !marks.is_some_and(|marks| marks.get().contains("true")) {
                continue;
            }
            if let (Some(value), Some(marks)) = (tree(value, text), tree(marks, text)) {
                collect(&value, &marks, &mut secret);
            }
        }
    }
    secret.sort_by_key(|(range, _)| range.start);
    let mut masked = String::with_capacity(text.len());
    let mut done = 0;
    let copy = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    for (range, sign) in secret {
        // A value inside another one is gone already.
        if range.start < done {
            continue;
        }
        masked.push_str(copy(done, range.start));
        done = range.end;
        if sign == ' ' {
            blank(copy(range.start, range.end), &mut masked);
        } else {
            masked.extend(std::iter::repeat_n(sign, range.len()));
        }
    }
    masked.push_str(copy(done, text.len()));
    Source::new(source.name(), masked)
}

/// A value that says nothing, on as many lines.
fn blank(part: &str, into: &mut String) {
    let value = if part.len() < 4 { "{}" } else { "null" };
    let value = value.get(..part.len()).unwrap_or("0");
    into.push_str(value);
    let rest = part.bytes().skip(value.len());
    into.extend(rest.map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
}

/// The places of the values that are marked.
fn collect(value: &Node, marks: &Node, into: &mut Vec<Secret>) {
    match (&marks.value, &value.value) {
        (Value::Bool(true), _) => leaves(value, into),
        (Value::Object(members), Value::Object(_)) => {
            for member in members {
                if let Some(value) = value.get(&member.key.name) {
                    collect(value, &member.value, into);
                }
            }
        }
        (Value::Array(marks), Value::Array(values)) => {
            for (value, marks) in values.iter().zip(marks) {
                collect(value, marks, into);
            }
        }
        _ => {}
    }
}

/// The inside of each string and each key, and each number: quotes stay, so
/// that the rest is read as before.
fn leaves(value: &Node, into: &mut Vec<Secret>) {
    let inside = |range: Range<usize>| range.start + 1..range.end.saturating_sub(1);
    match &value.value {
        Value::String(_) => into.push((inside(value.span.range()), '*')),
        Value::Array(nodes) => nodes.iter().for_each(|node| leaves(node, into)),
        Value::Object(members) => {
            for member in members {
                into.push((inside(member.key.span.range()), '*'));
                leaves(&member.value, into);
            }
        }
        Value::Number(_) | Value::Bool(_) => into.push((value.span.range(), '1')),
        _ => {}
    }
}
