//! Conditions in words.

use super::keys::{KeyTest, Test};
use crate::policy::{BaseOperator, Condition, Qualifier};

/// A condition in words, as it holds and as it does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) holds: String,
    pub(super) fails: String,
}

/// Values that are written out.
const SHOWN: usize = 3;

/// What the condition asks, read as this test.
pub(super) fn words(condition: &Condition, test: &KeyTest) -> Words {
    let key = &condition.key.value;
    let operator = &condition.operator.value;
    let base = operator.base;
    if condition.is_guard() {
        let (holds, fails) = (format!("{key} holds"), format!("{key} does not hold"));
        return match base.is_some_and(BaseOperator::is_negated) {
            true => Words {
                holds: fails,
                fails: holds,
            },
            false => Words { holds, fails },
        };
    }
    if base == Some(BaseOperator::Null) || base.is_none() {
        let (present, absent) = (format!("`{key}` is present"), format!("`{key}` is absent"));
        return if test.absent {
            Words {
                holds: absent,
                fails: present,
            }
        } else {
            Words {
                holds: present,
                fails: absent,
            }
        };
    }
    let values = values(condition);
    let (is, is_not) = base.map_or(("is", "is not"), verbs);
    let (subject, other) = match (&test.present, operator.qualifier) {
        (Test::All(_), _) | (_, Some(Qualifier::ForAllValues)) => (
            format!("every value of `{key}`"),
            format!("some value of `{key}`"),
        ),
        (Test::Some(_), _) | (_, Some(Qualifier::ForAnyValue)) => (
            format!("some value of `{key}`"),
            format!("every value of `{key}`"),
        ),
        _ => (format!("`{key}`"), format!("`{key}`")),
    };
    let absent = |passes: bool| if passes { " or the key is absent" } else { "" };
    Words {
        holds: format!("{subject} {is} {values}{}", absent(test.absent)),
        fails: format!("{other} {is_not} {values}{}", absent(!test.absent)),
    }
}

fn values(condition: &Condition) -> String {
    let shown = condition.values.iter().take(SHOWN);
    let mut texts: Vec<String> = shown
        .map(|value| format!("`{}`", value.value.text))
        .collect();
    match condition.values.len().saturating_sub(SHOWN) {
        0 => {}
        more => texts.push(format!("{more} more")),
    }
    match texts.as_slice() {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [many @ .., last] => format!("{} or {last}", many.join(", ")),
    }
}

/// The verb of an operator, and that of its opposite.
fn verbs(operator: BaseOperator) -> (&'static str, &'static str) {
    use BaseOperator as Op;
    let verbs = match operator {
        Op::StringLike | Op::StringNotLike | Op::ArnLike | Op::ArnNotLike => {
            ("is like", "is not like")
        }
        Op::NumericLessThan => ("is below", "is not below"),
        Op::NumericLessThanEquals => ("is at most", "is above"),
        Op::NumericGreaterThan => ("is above", "is at most"),
        Op::NumericGreaterThanEquals => ("is at least", "is below"),
        Op::DateLessThan => ("is before", "is not before"),
        Op::DateLessThanEquals => ("is not after", "is after"),
        Op::DateGreaterThan => ("is after", "is not after"),
        Op::DateGreaterThanEquals => ("is not before", "is before"),
        Op::IpAddress | Op::NotIpAddress => ("is in", "is not in"),
        _ => ("is", "is not"),
    };
    if operator.is_negated() {
        (verbs.1, verbs.0)
    } else {
        verbs
    }
}
