//! Chooses condition keys in favour of a caller: the values of a request that
//! make an Allow hold and keep a Deny away. The simulator decides afterwards
//! whether they do; where no value is found the key stays absent, and a lint
//! that asks stays silent.

use crate::policy::{BaseOperator, Condition, Effect, Pattern, Statement, Token};
use crate::semantics;

/// Sets every key for which `free` holds (its name in lower case) as `allow`
/// demands, then, for each Deny of `others`, one more that turns it away.
pub(super) fn choose<'a>(
    context: &mut semantics::Context,
    allow: &Statement,
    others: impl IntoIterator<Item = &'a Statement>,
    free: impl Fn(&str) -> bool,
) {
    let is_free = |condition: &&Condition| free(&condition.key.value.to_ascii_lowercase());
    for condition in allow.conditions.iter().filter(is_free) {
        set(context, condition, true, &free);
    }
    for deny in others {
        if deny
            .effect
            .as_ref()
            .is_none_or(|effect| effect.value != Effect::Deny)
        {
            continue;
        }
        let new = |condition: &&Condition| context.get(&condition.key.value).is_none();
        if let Some(condition) = deny.conditions.iter().filter(is_free).find(new) {
            set(context, condition, false, &free);
        }
    }
}

/// Makes a condition hold, or fail.
fn set(
    context: &mut semantics::Context,
    condition: &Condition,
    hold: bool,
    free: &impl Fn(&str) -> bool,
) {
    let key = condition.key.value.as_str();
    let value = condition.values.first().map(|value| &value.value);
    let Some(base) = condition.operator.value.base else {
        return; // an unknown operator never holds (R78)
    };
    if base == BaseOperator::Null {
        let absent = value.is_some_and(|value| value.text.eq_ignore_ascii_case("true"));
        if absent == hold {
            context.remove(key);
        } else {
            put(context, key, "x");
        }
        return;
    }
    let Some(value) = value else { return };
    let meet = is_negated(base) != hold;
    let chosen = if meet {
        resolve(context, &value.pattern, free)
            .and_then(|example| meeting(base, &value.text, example))
    } else {
        differing(base, key, &value.text)
    };
    if let Some(chosen) = chosen {
        put(context, key, &chosen);
    }
}

/// A key that is there in another spelling keeps its value.
fn put(context: &mut semantics::Context, key: &str, value: &str) {
    let _ = context.insert(key, [value]);
}

fn is_negated(base: BaseOperator) -> bool {
    use BaseOperator as Op;
    matches!(
        base,
        Op::StringNotEquals
            | Op::StringNotEqualsIgnoreCase
            | Op::StringNotLike
            | Op::NumericNotEquals
            | Op::DateNotEquals
            | Op::NotIpAddress
            | Op::ArnNotEquals
            | Op::ArnNotLike
    )
}

/// A value that the operator, read as its positive form, accepts; `example` is
/// a text that the policy's value matches.
fn meeting(base: BaseOperator, text: &str, example: String) -> Option<String> {
    use BaseOperator as Op;
    match base {
        Op::NumericLessThan => number(text, -1),
        Op::NumericGreaterThan => number(text, 1),
        Op::DateLessThan | Op::DateLessThanEquals => Some("1970-01-02T00:00:00Z".to_owned()),
        Op::DateGreaterThan | Op::DateGreaterThanEquals => Some("2222-01-01T00:00:00Z".to_owned()),
        Op::IpAddress | Op::NotIpAddress => text.split('/').next().map(str::to_owned),
        Op::Bool | Op::BinaryEquals => Some(text.to_owned()),
        _ => Some(example),
    }
}

/// A value that the operator, read as its positive form, rejects.
fn differing(base: BaseOperator, key: &str, text: &str) -> Option<String> {
    use BaseOperator as Op;
    Some(match base {
        Op::Bool => (!text.eq_ignore_ascii_case("true")).to_string(),
        Op::NumericEquals | Op::NumericNotEquals | Op::NumericLessThan => return number(text, 1),
        Op::NumericLessThanEquals => return number(text, 1),
        Op::NumericGreaterThan | Op::NumericGreaterThanEquals => return number(text, -1),
        Op::DateLessThan | Op::DateLessThanEquals | Op::DateEquals | Op::DateNotEquals => {
            "2222-01-01T00:00:00Z".to_owned()
        }
        Op::DateGreaterThan | Op::DateGreaterThanEquals => "1970-01-02T00:00:00Z".to_owned(),
        // Where the caller's address is free, one from far away.
        Op::IpAddress | Op::NotIpAddress => "101.97.55.31".to_owned(),
        _ if is_account(key) => "611953611953".to_owned(),
        _ => "unrelated-x7q2".to_owned(),
    })
}

fn number(text: &str, step: i64) -> Option<String> {
    Some(text.parse::<i64>().ok()?.checked_add(step)?.to_string())
}

fn is_account(key: &str) -> bool {
    key.to_ascii_lowercase().ends_with("account")
}

/// A text that the pattern matches. A variable's value is chosen too, where it
/// is free; otherwise it would have to be known.
fn resolve(
    context: &mut semantics::Context,
    pattern: &Pattern,
    free: &impl Fn(&str) -> bool,
) -> Option<String> {
    let mut text = String::new();
    for token in &pattern.tokens {
        match token {
            Token::Literal(literal) => text.push_str(literal),
            Token::Any | Token::One => text.push('x'),
            Token::Variable { key, .. } => {
                if context.get(key).is_none() && free(&key.to_ascii_lowercase()) {
                    put(
                        context,
                        key,
                        if is_account(key) { "123456789012" } else { "x" },
                    );
                }
                text.push_str(context.get(key)?.first()?);
            }
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{self, Policy};
    use crate::syntax::json;

    fn policy(allow: &str, deny: &str) -> Policy {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Condition":{{{allow}}}}},{{"Effect":"Deny","Condition":{{{deny}}}}}]}}"#
        );
        policy::parse(&json::parse(&text).root.unwrap(), None).policy
    }

    /// The keys chosen: `key=value`.
    fn chosen(allow: &str, deny: &str) -> Vec<String> {
        let policy = policy(allow, deny);
        let mut context = semantics::Context::default();
        choose(
            &mut context,
            &policy.statements[0],
            &policy.statements,
            |key| key != "aws:sourceip",
        );
        context
            .iter()
            .map(|(key, values)| format!("{key}={}", values.join(",")))
            .collect()
    }

    #[test]
    fn an_allow_is_met_and_a_deny_turned_away() {
        for (allow, deny, expected) in [
            (r#""StringLike":{"a:b":["x?*y","z"]}"#, "", "a:b=xxxy"),
            (r#""StringNotEquals":{"a:b":"x"}"#, "", "a:b=unrelated-x7q2"),
            (r#""NumericLessThan":{"a:b":"5"}"#, "", "a:b=4"),
            (
                r#""DateGreaterThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}"#,
                "",
                "aws:CurrentTime=2222-01-01T00:00:00Z",
            ),
            (r#""Null":{"a:b":"false"}"#, "", "a:b=x"),
            (r#""Null":{"a:b":"true"}"#, "", ""),
            (r#""IpAddress":{"aws:SourceIp":"10.0.0.0/8"}"#, "", ""),
            (
                r#""StringEquals":{"aws:ResourceAccount":"${aws:PrincipalAccount}"}"#,
                "",
                "aws:PrincipalAccount=123456789012 aws:ResourceAccount=123456789012",
            ),
            (r#""StringEquals":{"a:b":"${aws:SourceIp}"}"#, "", ""),
            (
                "",
                r#""BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}"#,
                "aws:MultiFactorAuthPresent=true",
            ),
            (
                "",
                r#""StringNotLike":{"aws:PrincipalArn":"arn:*:x"}"#,
                "aws:PrincipalArn=arn:x:x",
            ),
            (
                r#""Bool":{"a:b":"true"}"#,
                r#""Bool":{"a:b":"true","c:d":"true"}"#,
                "a:b=true c:d=false",
            ),
        ] {
            assert_eq!(chosen(allow, deny).join(" "), expected, "{allow} {deny}");
        }
    }
}
