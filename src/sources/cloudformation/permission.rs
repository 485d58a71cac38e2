//! Resources that are a statement without being written as one.

use super::evaluate::{Evaluator, computed};
use super::{Draft, Resource, Spot, Stack};
use crate::policy::PolicyType;
use crate::sources::Host;
use crate::sources::reading::Reading;
use crate::syntax::{Key, Member, Node, Value};
use crate::text::Span;
use std::collections::HashSet;

pub(in crate::sources) fn read(
    stack: &Stack<'_>,
    resource: &Resource<'_>,
    properties: &Node,
    reading: &mut Reading<'_>,
    read: &mut HashSet<Span>,
) {
    let (tree, service) = match resource.kind {
        "AWS::Lambda::Permission" => (permission(stack, properties), "lambda"),
        "AWS::Events::EventBusPolicy" => (bus(properties), "events"),
        _ => return,
    };
    read.insert(properties.span);
    let spot = Spot {
        node: &tree,
        path: "Properties".to_owned(),
        guards: Vec::new(),
    };
    Draft {
        policy_type: Some(PolicyType::Resource),
        host: Host::Resource(Some(service)),
        ..Draft::at(stack, resource, &spot)
    }
    .add(reading);
}

/// A document of one statement.
pub(in crate::sources) fn document(span: Span, statements: Vec<Node>) -> Node {
    object(
        span,
        vec![
            member(span, "Version", computed(span, "2012-10-17".to_owned())),
            member(
                span,
                "Statement",
                Node {
                    span,
                    value: Value::Array(statements),
                },
            ),
        ],
    )
}

/// An object with these members, all at one place.
pub(in crate::sources) fn object_of(span: Span, members: &[(&str, Node)]) -> Node {
    let members = members.iter();
    object(
        span,
        members
            .map(|(name, value)| member(span, name, value.clone()))
            .collect(),
    )
}

fn object(span: Span, members: Vec<Member>) -> Node {
    Node {
        span,
        value: Value::Object(members),
    }
}

fn member(span: Span, name: &str, value: Node) -> Member {
    Member {
        key: Key {
            name: name.to_owned(),
            span,
        },
        value,
    }
}

/// The statement that `AWS::Lambda::Permission` adds to a function's policy.
fn permission(stack: &Stack<'_>, properties: &Node) -> Node {
    let span = properties.span;
    let mut members = vec![member(span, "Effect", computed(span, "Allow".to_owned()))];
    let take = |name: &str| {
        let members = properties.as_object().unwrap_or_default();
        members.iter().find(|m| m.key.name == name)
    };
    if let Some(principal) = take("Principal") {
        let mut evaluator = Evaluator::new(&stack.template);
        let text = evaluator.text(&principal.value).unwrap_or_default();
        let is_service = text.contains(".amazon") || text.ends_with("⟨url-suffix⟩");
        let value = if text == "*" {
            principal.value.clone()
        } else {
            let kind = if is_service { "Service" } else { "AWS" };
            let inside = member(principal.key.span, kind, principal.value.clone());
            object(principal.value.span, vec![inside])
        };
        members.push(member(principal.key.span, "Principal", value));
    }
    if let Some(action) = take("Action") {
        members.push(action.clone());
    }
    if let Some(function) = take("FunctionName") {
        let mut evaluator = Evaluator::new(&stack.template);
        let text = evaluator.text(&function.value).unwrap_or_default();
        let value = if text.starts_with("arn:") || text.is_empty() {
            function.value.clone()
        } else {
            let arn = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:";
            let at = function.value.span;
            let parts = vec![
                object(
                    at,
                    vec![member(at, "Fn::Sub", computed(at, arn.to_owned()))],
                ),
                function.value.clone(),
            ];
            let list = Node {
                span: at,
                value: Value::Array(parts),
            };
            let arguments = Node {
                span: at,
                value: Value::Array(vec![computed(at, String::new()), list]),
            };
            object(at, vec![member(at, "Fn::Join", arguments)])
        };
        members.push(member(function.key.span, "Resource", value));
    }
    let mut operators: Vec<Member> = Vec::new();
    for (property, operator, key) in [
        ("SourceArn", "ArnLike", "AWS:SourceArn"),
        ("SourceAccount", "StringEquals", "AWS:SourceAccount"),
        ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
        (
            "EventSourceToken",
            "StringEquals",
            "lambda:EventSourceToken",
        ),
        (
            "FunctionUrlAuthType",
            "StringEquals",
            "lambda:FunctionUrlAuthType",
        ),
        (
            "InvokedViaFunctionUrl",
            "Bool",
            "lambda:InvokedViaFunctionUrl",
        ),
    ] {
        let Some(found) = take(property) else {
            continue;
        };
        let entry = member(found.key.span, key, found.value.clone());
        match operators.iter_mut().find(|own| own.key.name == operator) {
            Some(Member {
                value:
                    Node {
                        value: Value::Object(entries),
                        ..
                    },
                ..
            }) => entries.push(entry),
            _ => operators.push(member(
                found.key.span,
                operator,
                object(found.value.span, vec![entry]),
            )),
        }
    }
    if !operators.is_empty() {
        members.push(member(span, "Condition", object(span, operators)));
    }
    document(span, vec![object(span, members)])
}

/// The statement of `AWS::Events::EventBusPolicy`, whole or in properties.
fn bus(properties: &Node) -> Node {
    let span = properties.span;
    if let Some(statement) = properties.get("Statement") {
        return document(span, vec![statement.clone()]);
    }
    let members = properties.as_object().unwrap_or_default();
    let mut own = vec![member(span, "Effect", computed(span, "Allow".to_owned()))];
    for taken in members {
        match taken.key.name.as_str() {
            "Action" => own.push(taken.clone()),
            "Principal" => {
                let value = match taken.value.as_str() {
                    Some("*") => taken.value.clone(),
                    _ => object(
                        taken.value.span,
                        vec![member(taken.key.span, "AWS", taken.value.clone())],
                    ),
                };
                own.push(member(taken.key.span, "Principal", value));
            }
            _ => {}
        }
    }
    let bus = members.iter().find(|m| m.key.name == "EventBusName");
    let arn = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/";
    let at = bus.map_or(span, |bus| bus.value.span);
    let name = bus.map_or_else(
        || computed(at, "default".to_owned()),
        |bus| bus.value.clone(),
    );
    let variables = object(at, vec![member(at, "bus", name)]);
    let arguments = Node {
        span: at,
        value: Value::Array(vec![computed(at, format!("{arn}${{bus}}")), variables]),
    };
    let resource = object(at, vec![member(at, "Fn::Sub", arguments)]);
    own.push(member(at, "Resource", resource));
    if let Some(condition) = properties.get("Condition") {
        let part = |name| condition.get(name).cloned();
        if let (Some(kind), Some(key), Some(value)) = (part("Type"), part("Key"), part("Value")) {
            let (kind, key) = (
                kind.as_str().unwrap_or_default(),
                key.as_str().unwrap_or_default(),
            );
            let entry = object(condition.span, vec![member(condition.span, key, value)]);
            let operators = object(condition.span, vec![member(condition.span, kind, entry)]);
            own.push(member(condition.span, "Condition", operators));
        }
    }
    document(span, vec![object(span, own)])
}
