//! Nodes that no one wrote: each stands at what it comes from.

use crate::syntax::{Key, Member, Node, Text, Value, Written, json};
use crate::text::Span;

pub(super) fn text(span: Span, value: impl Into<String>) -> Node {
    Node {
        span,
        value: Value::String(Text {
            value: value.into(),
            written: Written::Computed,
        }),
    }
}

pub(super) fn list(span: Span, nodes: Vec<Node>) -> Node {
    Node {
        span,
        value: Value::Array(nodes),
    }
}

pub(super) fn member(span: Span, name: impl Into<String>, value: Node) -> Member {
    Member {
        key: Key {
            name: name.into(),
            span,
        },
        value,
    }
}

pub(super) fn object<'k>(span: Span, members: impl IntoIterator<Item = (&'k str, Node)>) -> Node {
    let members = members.into_iter();
    Node {
        span,
        value: Value::Object(members.map(|(k, v)| member(span, k, v)).collect()),
    }
}

/// What nothing can be made of: whoever reads it says so.
pub(super) fn unreadable(span: Span) -> Node {
    Node {
        span,
        value: Value::Invalid,
    }
}

pub(super) fn reference(span: Span, id: &str) -> Node {
    object(span, [("Ref", text(span, id))])
}

pub(super) fn attribute(span: Span, id: &str, name: &str) -> Node {
    let parts = vec![text(span, id), text(span, name)];
    object(span, [("Fn::GetAtt", list(span, parts))])
}

/// The value of a JSON text at a place, with `%{slot}` filled in. A text that
/// is one slot becomes its value; one that holds slots or `${…}` becomes a
/// `Fn::Sub`. The error is the first slot without a value.
pub(super) fn fill(span: Span, text: &str, slots: &[(&str, &Node)]) -> Result<Node, String> {
    let root = json::parse(text).root;
    filled(span, &root.unwrap_or_else(|| unreadable(span)), slots)
}

/// [`fill`] for a text without slots.
pub(super) fn fixed(span: Span, text: &str) -> Node {
    fill(span, text, &[]).unwrap_or_else(|_| unreadable(span))
}

/// [`fill`] for a tree.
pub(super) fn filled(span: Span, node: &Node, slots: &[(&str, &Node)]) -> Result<Node, String> {
    let find = |name: &str| {
        let slot = slots.iter().find(|(slot, _)| *slot == name);
        slot.map(|&(_, node)| node).ok_or_else(|| name.to_owned())
    };
    let value = match &node.value {
        Value::String(string) => {
            let string = string.value.as_str();
            let whole = string.strip_prefix("%{").and_then(|s| s.strip_suffix('}'));
            if let Some(name) = whole.filter(|name| !name.contains('{')) {
                return find(name).cloned();
            }
            return substitution(span, string, find);
        }
        Value::Array(nodes) => {
            let nodes = nodes.iter().map(|node| filled(span, node, slots));
            Value::Array(nodes.collect::<Result<_, _>>()?)
        }
        Value::Object(members) => {
            let members = members.iter().map(|m| {
                let value = filled(span, &m.value, slots)?;
                Ok(member(span, m.key.name.clone(), value))
            });
            Value::Object(members.collect::<Result<_, String>>()?)
        }
        value => value.clone(),
    };
    Ok(Node { span, value })
}

fn substitution<'n>(
    span: Span,
    string: &str,
    find: impl Fn(&str) -> Result<&'n Node, String>,
) -> Result<Node, String> {
    let mut written = String::new();
    let mut variables: Vec<Member> = Vec::new();
    let mut rest = string;
    while let Some((before, behind)) = rest.split_once("%{") {
        let Some((name, after)) = behind.split_once('}') else {
            break;
        };
        let variable = name.replace('.', "");
        written.push_str(before);
        written.push_str(&format!("${{{variable}}}"));
        if !variables.iter().any(|m| m.key.name == variable) {
            variables.push(member(span, variable, find(name)?.clone()));
        }
        rest = after;
    }
    written.push_str(rest);
    Ok(if !variables.is_empty() {
        let variables = Node {
            span,
            value: Value::Object(variables),
        };
        object(
            span,
            [("Fn::Sub", list(span, vec![text(span, written), variables]))],
        )
    } else if written.contains("${") {
        object(span, [("Fn::Sub", text(span, written))])
    } else {
        text(span, written)
    })
}

/// Whether two trees say the same, wherever they stand.
pub(super) fn same(one: &Node, other: &Node) -> bool {
    match (&one.value, &other.value) {
        (Value::String(one), Value::String(other)) => one.value == other.value,
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| same(a, b))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(a, b)| a.key.name == b.key.name && same(&a.value, &b.value))
        }
        (one, other) => one == other,
    }
}

/// The function and its argument, where a node is a call of one.
pub(super) fn call(node: &Node) -> Option<(&str, &Node)> {
    match node.as_object()? {
        [one] => {
            let name = one.key.name.as_str();
            let is_function = name == "Ref" || name == "Condition" || name.starts_with("Fn::");
            is_function.then_some((name, &one.value))
        }
        _ => None,
    }
}

/// Condition and sides of `Fn::If`.
pub(super) fn branches(node: &Node) -> Option<(&Node, &Node, &Node)> {
    match call(node)? {
        ("Fn::If", arguments) => match arguments.as_array()? {
            [condition, then, otherwise] => Some((condition, then, otherwise)),
            _ => None,
        },
        _ => None,
    }
}

/// `Fn::If` with other sides.
pub(super) fn choice(span: Span, condition: &Node, then: Node, otherwise: Node) -> Node {
    let arguments = list(span, vec![condition.clone(), then, otherwise]);
    object(span, [("Fn::If", arguments)])
}

pub(super) fn is_no_value(node: &Node) -> bool {
    matches!(call(node), Some(("Ref", name)) if name.as_str() == Some("AWS::NoValue"))
}

/// The id that a `Ref` or a `Fn::GetAtt` names.
pub(super) fn logical_id(node: &Node) -> Option<&str> {
    match call(node)? {
        ("Ref", id) => id.as_str(),
        ("Fn::GetAtt", target) => match target.as_array() {
            Some(parts) => parts.first()?.as_str(),
            None => Some(target.as_str()?.split_once('.')?.0),
        },
        _ => None,
    }
}

/// The members, none where it is no object.
pub(super) fn members(node: Option<&Node>) -> &[Member] {
    node.and_then(Node::as_object).unwrap_or_default()
}

/// The elements; a value that is no list is the only one.
pub(super) fn elements(node: Option<&Node>) -> &[Node] {
    match node {
        Some(node) => node.as_array().unwrap_or(std::slice::from_ref(node)),
        None => &[],
    }
}

/// Whether there is something: empty maps, lists and texts are nothing.
pub(super) fn is_given(node: Option<&Node>) -> bool {
    node.is_some_and(|node| match &node.value {
        Value::Null | Value::Absent | Value::Bool(false) => false,
        Value::String(text) => !text.value.is_empty(),
        Value::Array(nodes) => !nodes.is_empty(),
        Value::Object(members) => !members.is_empty(),
        _ => true,
    })
}

/// How many nodes a tree has.
pub(super) fn weight(node: &Node) -> usize {
    1 + match &node.value {
        Value::Array(nodes) => nodes.iter().map(weight).sum(),
        Value::Object(members) => members.iter().map(|m| weight(&m.value)).sum(),
        _ => 0,
    }
}
