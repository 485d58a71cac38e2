//! Canonical JSON of a policy.
//!
//! Elements stand in AWS's order, `Statement` is always an array, and a list of
//! one entry is written as the entry. Texts stand as they were written. What
//! the policy lacks is left out, so that reading the result gives the same
//! policy again.

use super::{Condition, Effect, Element, Policy, Principals, Statement, ValueKind, Version};
use crate::text::Spanned;
use std::collections::HashMap;

/// The policy as indented JSON, four spaces a level, with a final line break.
#[must_use]
pub fn print(policy: &Policy) -> String {
    let mut text = String::new();
    document(policy).write(&mut text, Some(0));
    text.push('\n');
    text
}

/// The policy as JSON without white space.
#[must_use]
pub fn print_compact(policy: &Policy) -> String {
    let mut text = String::new();
    document(policy).write(&mut text, None);
    text
}

/// Characters of a document as IAM counts them against its quotas: white space
/// is not counted, wherever it stands (`catalog.md` 9).
#[must_use]
pub fn size(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}

/// JSON to be written: as much as a policy needs, numbers as their digits.
enum Json {
    Text(String),
    Raw(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// A lone value as itself, otherwise the list.
    fn one_or_many(mut values: Vec<Self>) -> Self {
        if values.len() == 1 {
            values.pop().unwrap_or(Self::List(Vec::new()))
        } else {
            Self::List(values)
        }
    }

    /// `depth` is the level of indentation; `None` writes no white space.
    fn write(&self, into: &mut String, depth: Option<usize>) {
        match self {
            Self::Raw(text) => into.push_str(text),
            Self::Text(text) => write_text(text, into),
            Self::List(values) => {
                let write = |value: &Self, into: &mut String, depth| value.write(into, depth);
                write_all('[', ']', values, into, depth, write);
            }
            Self::Object(members) => {
                let write = |(key, value): &(String, Self), into: &mut String, depth: Option<_>| {
                    write_text(key, into);
                    into.push_str(if depth.is_some() { ": " } else { ":" });
                    value.write(into, depth);
                };
                write_all('{', '}', members, into, depth, write);
            }
        }
    }
}

fn write_text(text: &str, into: &mut String) {
    // Writing a string to JSON cannot fail.
    into.push_str(&serde_json::to_string(text).unwrap_or_default());
}

fn write_all<T>(
    open: char,
    close: char,
    items: &[T],
    into: &mut String,
    depth: Option<usize>,
    write: impl Fn(&T, &mut String, Option<usize>),
) {
    into.push(open);
    let inner = depth.map(|depth| depth + 1);
    let line = |into: &mut String, depth: Option<usize>| {
        if let Some(depth) = depth {
            into.push('\n');
            into.extend(std::iter::repeat_n("    ", depth));
        }
    };
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            into.push(',');
        }
        line(into, inner);
        write(item, into, inner);
    }
    if !items.is_empty() {
        line(into, depth);
    }
    into.push(close);
}

fn document(policy: &Policy) -> Json {
    let mut members = Vec::new();
    if let Some(version) = &policy.version {
        let version = match version.value {
            Version::V2008 => "2008-10-17",
            Version::V2012 => "2012-10-17",
        };
        members.push(("Version".to_owned(), Json::text(version)));
    }
    if let Some(id) = &policy.id {
        members.push(("Id".to_owned(), Json::text(&id.value)));
    }
    let statements = policy.statements.iter().map(statement).collect();
    members.push(("Statement".to_owned(), Json::List(statements)));
    Json::Object(members)
}

fn statement(statement: &Statement) -> Json {
    let mut members = Vec::new();
    if let Some(sid) = &statement.sid {
        members.push(("Sid".to_owned(), Json::text(&sid.value)));
    }
    if let Some(effect) = &statement.effect {
        let effect = match effect.value {
            Effect::Allow => "Allow",
            Effect::Deny => "Deny",
        };
        members.push(("Effect".to_owned(), Json::text(effect)));
    }
    if let Some(element) = &statement.principal {
        members.push((name("Principal", element.negated), principals(element)));
    }
    if let Some(element) = &statement.action {
        let texts = texts(element, |action| &action.text);
        members.push((name("Action", element.negated), texts));
    }
    if let Some(element) = &statement.resource {
        let texts = texts(element, |resource| &resource.text);
        members.push((name("Resource", element.negated), texts));
    }
    if !statement.conditions.is_empty() {
        members.push(("Condition".to_owned(), conditions(&statement.conditions)));
    }
    Json::Object(members)
}

fn name(element: &str, negated: bool) -> String {
    format!("{}{element}", if negated { "Not" } else { "" })
}

fn texts<T>(element: &Element<T>, text: impl Fn(&T) -> &str) -> Json {
    let entries = element.entries.iter();
    Json::one_or_many(entries.map(|e| Json::text(text(&e.value))).collect())
}

fn principals(principals: &Principals) -> Json {
    if principals.star {
        return Json::text("*");
    }
    let entries = principals.entries.iter();
    let texts = entries.map(|e| (e.value.kind.name(), Json::text(&e.value.text)));
    grouped(texts, Json::one_or_many)
}

fn conditions(conditions: &[Condition]) -> Json {
    let keys = conditions.iter().map(|condition| {
        let values = condition.values.iter().map(value).collect();
        let key = (condition.key.value.clone(), Json::one_or_many(values));
        (condition.operator.value.text.as_str(), key)
    });
    grouped(keys, Json::Object)
}

/// An object with one member for each name, in order of first appearance.
fn grouped<'a, T>(
    items: impl Iterator<Item = (&'a str, T)>,
    value: impl Fn(Vec<T>) -> Json,
) -> Json {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut groups: Vec<(&str, Vec<T>)> = Vec::new();
    for (name, item) in items {
        let place = *places.entry(name).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((_, group)) => group.push(item),
            None => groups.push((name, vec![item])),
        }
    }
    let members = groups.into_iter();
    Json::Object(
        members
            .map(|(name, group)| (name.to_owned(), value(group)))
            .collect(),
    )
}

fn value(value: &Spanned<super::ConditionValue>) -> Json {
    match value.value.kind {
        ValueKind::String => Json::text(&value.value.text),
        ValueKind::Number | ValueKind::Bool => Json::Raw(value.value.text.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::parse;
    use crate::syntax::json;

    #[test]
    fn canonical_form() {
        let text = r#"{"Statement":{"Action":["s3:Get*"],"Effect":"Allow","Resource":["a","b"],
            "Condition":{"NumericLessThan":{"s3:max-keys":1e2},"Bool":{"aws:SecureTransport":true}}},
            "Version":"2012-10-17"}"#;
        let policy = parse(&json::parse(text).root.unwrap(), None).policy;
        assert_eq!(
            print_compact(&policy),
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":["a","b"],"Condition":{"NumericLessThan":{"s3:max-keys":1e2},"Bool":{"aws:SecureTransport":true}}}]}"#
        );
        let pretty = print(&policy);
        assert!(
            pretty.starts_with(
                "{\n    \"Version\": \"2012-10-17\",\n    \"Statement\": [\n        {\n"
            )
        );
        assert!(pretty.ends_with("    ]\n}\n"));
        let again = parse(&json::parse(&pretty).root.unwrap(), None).policy;
        assert_eq!(print(&again), pretty);
    }

    #[test]
    fn iam_counts_no_white_space() {
        assert_eq!(size("{ \"a\": \"b c\" }\n"), 10);
    }
}
