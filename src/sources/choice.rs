//! What a deployment decides, made part of the statements: a statement that
//! holds choices becomes one statement for each outcome, with a condition on
//! the key `⟨guard⟩` that tells the outcome. Whoever compares then looks at
//! every outcome, and the same guard has the same outcome everywhere.
//!
//! `StringEquals ⟨guard⟩ true` and `StringNotEquals ⟨guard⟩ true` are exact
//! complements, also where the key is missing: one of them holds, never both.

use crate::policy::{Domain, Symbol};
use crate::syntax::{Choice, Key, Member, Node, Text, Value, Written};
use crate::text::Span;

/// Guards that one statement is split by.
const GUARDS: usize = 6;
/// Statements that one document is split into.
const STATEMENTS: usize = 512;

/// The document without choices, and why something of it is missing; `None`
/// where it has none.
pub(super) fn settle(root: &Node) -> Option<(Node, Option<String>)> {
    is_open(root).then(|| {
        let mut settled = Settled::default();
        let root = settled.document(root.clone(), &[]);
        (root, settled.missing)
    })
}

/// A guard, and how it turned out.
type Outcome = (String, bool);

#[derive(Default)]
struct Settled {
    statements: usize,
    missing: Option<String>,
}

impl Settled {
    fn document(&mut self, root: Node, outcomes: &[Outcome]) -> Node {
        let span = root.span;
        match root.value {
            Value::Choice(choice) => {
                let Choice {
                    guard,
                    then,
                    otherwise,
                } = *choice;
                match outcome(outcomes, &guard) {
                    Some(true) => self.document(then, outcomes),
                    Some(false) => self.document(otherwise, outcomes),
                    None => {
                        let then = self.document(then, &with(outcomes, &guard, true));
                        let otherwise = self.document(otherwise, &with(outcomes, &guard, false));
                        joined(span, then, otherwise)
                    }
                }
            }
            Value::Object(members) => {
                let members = members.into_iter().filter_map(|member| {
                    let value = if member.key.name == "Statement" {
                        let mut list = Vec::new();
                        self.statements(member.value, outcomes, &mut list);
                        Node {
                            span,
                            value: Value::Array(list),
                        }
                    } else {
                        self.plain(&member.key.name, member.value, outcomes)?
                    };
                    Some(Member { value, ..member })
                });
                Node {
                    span,
                    value: Value::Object(members.collect()),
                }
            }
            _ => root,
        }
    }

    /// An element of the document itself.
    fn plain(&mut self, name: &str, node: Node, outcomes: &[Outcome]) -> Option<Node> {
        let mut node = resolved(node, outcomes)?;
        while let Some(guard) = first_guard(&node).map(str::to_owned) {
            self.miss(format!("`{name}` depends on `{guard}`"));
            node = resolved(node, &[(guard, true)])?;
        }
        Some(node)
    }

    fn statements(&mut self, node: Node, outcomes: &[Outcome], into: &mut Vec<Node>) {
        match node.value {
            Value::Array(nodes) => {
                for node in nodes {
                    self.statements(node, outcomes, into);
                }
            }
            Value::Absent => {}
            _ => self.statement(node, outcomes, into),
        }
    }

    fn statement(&mut self, node: Node, outcomes: &[Outcome], into: &mut Vec<Node>) {
        let Some(mut node) = resolved(node, outcomes) else {
            return;
        };
        if matches!(node.value, Value::Array(_)) {
            return self.statements(node, outcomes, into);
        }
        match first_guard(&node).map(str::to_owned) {
            None => {
                self.statements += 1;
                for (guard, holds) in outcomes {
                    conditioned(&mut node, guard, *holds);
                }
                into.push(node);
            }
            Some(guard) if outcomes.len() < GUARDS && self.statements < STATEMENTS => {
                for holds in [true, false] {
                    self.statement(node.clone(), &with(outcomes, &guard, holds), into);
                }
            }
            Some(guard) => self.miss(format!("too much depends on `{guard}` and others")),
        }
    }

    fn miss(&mut self, reason: String) {
        self.missing.get_or_insert(reason);
    }
}

/// Statements of both sides of a choice, each already conditioned.
fn joined(span: Span, then: Node, otherwise: Node) -> Node {
    let (Value::Object(mut members), Value::Object(others)) = (then.value, otherwise.value) else {
        return Node {
            span,
            value: Value::Invalid,
        };
    };
    for other in others {
        let same = members.iter_mut().find(|m| m.key.name == other.key.name);
        match (same.map(|m| &mut m.value.value), other.value.value) {
            (Some(Value::Array(list)), Value::Array(more)) => list.extend(more),
            (Some(_), _) => {}
            (None, value) => members.push(Member {
                key: other.key,
                value: Node {
                    span: other.value.span,
                    value,
                },
            }),
        }
    }
    Node {
        span,
        value: Value::Object(members),
    }
}

fn with(outcomes: &[Outcome], guard: &str, holds: bool) -> Vec<Outcome> {
    let mut outcomes = outcomes.to_vec();
    outcomes.push((guard.to_owned(), holds));
    outcomes
}

fn outcome(outcomes: &[Outcome], guard: &str) -> Option<bool> {
    let known = outcomes.iter().find(|(name, _)| name == guard);
    known.map(|&(_, holds)| holds)
}

/// Whether anything is left open in a tree.
fn is_open(node: &Node) -> bool {
    match &node.value {
        Value::Choice(_) | Value::Absent => true,
        Value::Array(nodes) => nodes.iter().any(is_open),
        Value::Object(members) => members.iter().any(|m| is_open(&m.value)),
        _ => false,
    }
}

fn first_guard(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Choice(choice) => Some(&choice.guard),
        Value::Array(nodes) => nodes.iter().find_map(first_guard),
        Value::Object(members) => members.iter().find_map(|m| first_guard(&m.value)),
        _ => None,
    }
}

/// The tree with the choices taken whose outcome is known, without what is
/// absent then; a list in a list is part of it.
fn resolved(node: Node, outcomes: &[Outcome]) -> Option<Node> {
    let span = node.span;
    let value = match node.value {
        Value::Absent => return None,
        Value::Choice(choice) => match outcome(outcomes, &choice.guard) {
            Some(true) => return resolved(choice.then, outcomes),
            Some(false) => return resolved(choice.otherwise, outcomes),
            None => Value::Choice(choice),
        },
        Value::Array(nodes) => {
            let mut list = Vec::with_capacity(nodes.len());
            for node in nodes {
                let chosen = matches!(node.value, Value::Choice(_));
                match resolved(node, outcomes) {
                    Some(Node {
                        value: Value::Array(more),
                        ..
                    }) if chosen => list.extend(more),
                    Some(node) => list.push(node),
                    None => {}
                }
            }
            Value::Array(list)
        }
        Value::Object(members) => {
            let members = members.into_iter().filter_map(|member| {
                let value = resolved(member.value, outcomes)?;
                Some(Member { value, ..member })
            });
            Value::Object(members.collect())
        }
        value => value,
    };
    Some(Node { span, value })
}

/// Adds the condition that tells how a guard turned out.
fn conditioned(statement: &mut Node, guard: &str, holds: bool) {
    let span = statement.span;
    let Value::Object(members) = &mut statement.value else {
        return;
    };
    let operator = if holds {
        "StringEquals"
    } else {
        "StringNotEquals"
    };
    let value = Node {
        span,
        value: Value::String(Text {
            value: "true".to_owned(),
            written: Written::Computed,
        }),
    };
    let key = Symbol::new(guard, Domain::Any).text();
    let place = object(members, "Condition", span);
    if let Some(keys) = place.and_then(|conditions| object(conditions, operator, span)) {
        keys.push(member(&key, span, value));
    }
}

/// The members of an object under a key, made where it is not there.
fn object<'m>(members: &'m mut Vec<Member>, key: &str, span: Span) -> Option<&'m mut Vec<Member>> {
    let is_there = |m: &Member| m.key.name == key && matches!(m.value.value, Value::Object(_));
    if !members.iter().any(is_there) {
        let value = Value::Object(Vec::new());
        members.push(member(key, span, Node { span, value }));
    }
    let there = members.iter_mut().find(|m| is_there(m))?;
    match &mut there.value.value {
        Value::Object(inner) => Some(inner),
        _ => None,
    }
}

fn member(key: &str, span: Span, value: Node) -> Member {
    Member {
        key: Key {
            name: key.to_owned(),
            span,
        },
        value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy;
    use crate::syntax::json;

    /// JSON in which `{"if": [guard, then, otherwise]}` is a choice and `null`
    /// is absent, settled and printed.
    fn settled(text: &str) -> (String, Option<String>) {
        let mut root = json::parse(text).root.unwrap();
        lower(&mut root);
        let (root, missing) = settle(&root).unwrap();
        let read = policy::parse(&root, None);
        assert_eq!(read.diagnostics, [], "{text}");
        (policy::print_compact(&read.policy), missing)
    }

    fn lower(node: &mut Node) {
        let choice = node
            .get("if")
            .and_then(Node::as_array)
            .map(<[Node]>::to_vec);
        if let Some([guard, then, otherwise]) = choice.as_deref() {
            node.value = Value::Choice(Box::new(Choice {
                guard: guard.as_str().unwrap().to_owned(),
                then: then.clone(),
                otherwise: otherwise.clone(),
            }));
        }
        match &mut node.value {
            Value::Null => node.value = Value::Absent,
            Value::Choice(choice) => {
                lower(&mut choice.then);
                lower(&mut choice.otherwise);
            }
            Value::Array(nodes) => nodes.iter_mut().for_each(lower),
            Value::Object(members) => members.iter_mut().for_each(|m| lower(&mut m.value)),
            _ => {}
        }
    }

    #[test]
    fn a_statement_is_there_under_its_guard() {
        let (text, missing) = settled(
            r#"{"Version": "2012-10-17", "Statement": [
                {"if": ["P", {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, null]}]}"#,
        );
        assert_eq!(
            text,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"⟨P⟩":"true"}}}]}"#
        );
        assert_eq!(missing, None);
    }

    #[test]
    fn an_element_splits_its_statement() {
        let (text, _) = settled(
            r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject",
                "Resource": ["arn:aws:s3:::a", {"if": ["P", "arn:aws:s3:::p", null]}],
                "Condition": {"Bool": {"aws:SecureTransport": {"if": ["P", "true", "false"]}}}}}"#,
        );
        assert_eq!(
            text,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":["arn:aws:s3:::a","arn:aws:s3:::p"],"Condition":{"Bool":{"aws:SecureTransport":"true"},"StringEquals":{"⟨P⟩":"true"}}},{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a","Condition":{"Bool":{"aws:SecureTransport":"false"},"StringNotEquals":{"⟨P⟩":"true"}}}]}"#
        );
    }

    #[test]
    fn what_is_no_statement_is_missing() {
        let (_, missing) = settled(
            r#"{"Version": {"if": ["P", "2012-10-17", "2008-10-17"]},
                "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}"#,
        );
        assert_eq!(missing.as_deref(), Some("`Version` depends on `P`"));
    }

    #[test]
    fn a_whole_document_is_both_of_its_sides() {
        let (text, missing) = settled(
            r#"{"if": ["P",
                {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]},
                {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}]}"#,
        );
        assert_eq!(
            text,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"⟨P⟩":"true"}}},{"Effect":"Allow","Action":"sqs:*","Resource":"*","Condition":{"StringNotEquals":{"⟨P⟩":"true"}}}]}"#
        );
        assert_eq!(missing, None);
    }
}
