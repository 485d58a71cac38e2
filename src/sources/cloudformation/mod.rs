//! CloudFormation templates, in YAML and JSON (`inputs.md` section 5.5).

mod document;
mod evaluate;
mod hosts;
mod permission;
mod shapes;
mod template;

pub(super) use document::Draft;
pub(super) use evaluate::computed;
pub(super) use permission::object_of;
pub(super) use template::Template;

use evaluate::{condition_name, function};
use template::Outcome;

use super::reading::Reading;
use super::{Form, Host, sam};
use crate::policy::PolicyType;
use crate::syntax::{Member, Node, Value};
use std::collections::HashSet;

/// Whether a tree is a template: it has resources with a type, or says so.
pub(super) fn is_template(root: &Node) -> bool {
    let is_resource = |member: &Member| {
        let kind = member.value.get("Type").and_then(Node::as_str);
        kind.is_some_and(|kind| kind.contains("::"))
    };
    let resources = root.get("Resources").and_then(Node::as_object);
    resources.is_some_and(|all| all.iter().any(is_resource))
        || root.get("AWSTemplateFormatVersion").is_some()
}

/// A template being read.
pub(super) struct Stack<'n> {
    pub(super) template: Template<'n>,
    pub(super) form: Form,
}

/// A resource of a template.
pub(super) struct Resource<'n> {
    pub(super) node: &'n Node,
    pub(super) kind: &'n str,
    /// What people call it: the path of its construct, else its logical id.
    pub(super) address: String,
    pub(super) guards: Vec<String>,
}

/// Reads the documents of a template; one of SAM's as what it becomes.
pub(super) fn read(root: &Node, reading: &mut Reading<'_>) {
    if sam::is_sam(root) {
        let expanded = sam::expand(root);
        whole(&expanded.template, Form::Sam, reading);
        for (span, gap) in expanded.gaps {
            reading.gap(span, gap);
        }
        reading.mistakes(expanded.diagnostics);
    } else {
        whole(root, form(root), reading);
    }
    reading.sort();
}

fn whole(root: &Node, form: Form, reading: &mut Reading<'_>) {
    let members = root.get("Resources").and_then(Node::as_object);
    let stack = Stack {
        template: Template::new(root),
        form,
    };
    resources(&stack, members.unwrap_or_default(), reading);
}

/// Reads the resources of a template, which may stand inside something else.
pub(super) fn resources(stack: &Stack<'_>, members: &[Member], reading: &mut Reading<'_>) {
    for member in members {
        let (id, node) = (member.key.name.as_str(), &member.value);
        if id.starts_with("Fn::") {
            reading.gap(
                member.key.span,
                format!("the resources of `{id}` are not read"),
            );
            continue;
        }
        let kind = node.get("Type").and_then(Node::as_str).unwrap_or_default();
        let condition = node.get("Condition").and_then(Node::as_str);
        let guards = condition.map(|name| guard(&stack.template, name, true));
        let resource = Resource {
            node,
            kind,
            address: construct_path(node).unwrap_or(id).to_owned(),
            guards: guards.into_iter().collect(),
        };
        resource_documents(stack, &resource, reading);
    }
}

/// `IsProd` or `not IsProd`, whichever decides that a condition holds.
pub(super) fn guard(template: &Template<'_>, name: &str, holds: bool) -> String {
    let (name, holds) = match template.condition(name) {
        Outcome::Guard(name, is) => (name, is == holds),
        Outcome::Known(_) => (name.to_owned(), holds),
    };
    if holds { name } else { format!("not {name}") }
}

fn form(root: &Node) -> Form {
    let members = root.get("Resources").and_then(Node::as_object);
    let mut members = members.unwrap_or_default().iter();
    if members.any(|member| construct_path(&member.value).is_some()) {
        Form::Cdk
    } else {
        Form::CloudFormation
    }
}

/// The path of the construct that CDK made a resource for.
fn construct_path(resource: &Node) -> Option<&str> {
    resource.get("Metadata")?.get("aws:cdk:path")?.as_str()
}

fn resource_documents(stack: &Stack<'_>, resource: &Resource<'_>, reading: &mut Reading<'_>) {
    let mut read = HashSet::new();
    if let Some(properties) = resource.node.get("Properties") {
        for holder in hosts::of(resource.kind) {
            let steps: Vec<&str> = holder.path.split('.').collect();
            let mut places = Vec::new();
            let from = Spot {
                node: properties,
                path: "Properties".to_owned(),
                guards: Vec::new(),
            };
            spots(&stack.template, from, &steps, &mut places);
            for spot in places {
                read.insert(spot.node.span);
                let (policy_type, host) = narrowed(holder, properties);
                Draft {
                    policy_type: Some(policy_type),
                    host,
                    ..Draft::at(stack, resource, &spot)
                }
                .add(reading);
            }
        }
        permission::read(stack, resource, properties, reading, &mut read);
    }
    let from = Spot {
        node: resource.node,
        path: String::new(),
        guards: Vec::new(),
    };
    others(stack, resource, &from, &read, 0, reading);
}

/// What the other properties tell of a policy's kind.
fn narrowed(holder: &hosts::Holder, properties: &Node) -> (PolicyType, Host) {
    let has = |name| properties.get(name).is_some();
    match holder.kind {
        "AWS::IAM::Policy" if !has("Roles") && has("Users") => (holder.policy_type, Host::User),
        "AWS::IAM::Policy" if !has("Roles") && has("Groups") => (holder.policy_type, Host::Group),
        _ => (holder.policy_type, holder.host),
    }
}

/// A value at a place of a resource, and what must hold for it to be there.
pub(super) struct Spot<'n> {
    pub(super) node: &'n Node,
    pub(super) path: String,
    pub(super) guards: Vec<String>,
}

impl<'n> Spot<'n> {
    pub(super) fn below(&self, node: &'n Node, step: &str) -> Self {
        let separator = if self.path.is_empty() { "" } else { "/" };
        Self {
            node,
            path: format!("{}{separator}{step}", self.path),
            guards: self.guards.clone(),
        }
    }

    /// The values that an `Fn::If` at this place chooses from.
    pub(super) fn sides(&self, template: &Template<'_>) -> Option<Vec<Self>> {
        let ("Fn::If", argument) = function(self.node)? else {
            return None;
        };
        let [condition, then, otherwise] = argument.as_array()? else {
            return None;
        };
        let name = condition_name(condition)?;
        let sides = [(then, true), (otherwise, false)].into_iter();
        let sides = sides
            .filter(|(node, _)| !is_no_value(node))
            .map(|(node, holds)| {
                let mut side = self.below(node, if holds { "Fn::If/1" } else { "Fn::If/2" });
                side.guards.push(guard(template, name, holds));
                side
            });
        Some(sides.collect())
    }
}

/// Whether a node is `!Ref AWS::NoValue`.
pub(super) fn is_no_value(node: &Node) -> bool {
    matches!(function(node), Some(("Ref", name)) if name.as_str() == Some("AWS::NoValue"))
}

/// The places that a path leads to.
fn spots<'n>(template: &Template<'_>, from: Spot<'n>, steps: &[&str], into: &mut Vec<Spot<'n>>) {
    if from.guards.len() < 16
        && let Some(sides) = from.sides(template)
    {
        for side in sides {
            spots(template, side, steps, into);
        }
        return;
    }
    let Some((step, rest)) = steps.split_first() else {
        into.push(from);
        return;
    };
    if let Some(list) = step.strip_suffix("[]") {
        let Some(list_node) = from.node.get(list) else {
            return;
        };
        let mut lists = Vec::new();
        spots(template, from.below(list_node, list), &[], &mut lists);
        for list in lists {
            for (i, node) in list.node.as_array().unwrap_or_default().iter().enumerate() {
                spots(template, list.below(node, &i.to_string()), rest, into);
            }
        }
    } else if let Some(node) = from.node.get(step) {
        spots(template, from.below(node, step), rest, into);
    }
}

/// Policies that stand where no table expects one: their statements say so.
fn others<'n>(
    stack: &Stack<'_>,
    resource: &Resource<'_>,
    from: &Spot<'n>,
    read: &HashSet<crate::text::Span>,
    depth: usize,
    reading: &mut Reading<'_>,
) {
    if read.contains(&from.node.span) || depth > 256 {
        return;
    }
    match &from.node.value {
        Value::Array(nodes) => {
            for (i, node) in nodes.iter().enumerate() {
                let below = from.below(node, &i.to_string());
                others(stack, resource, &below, read, depth + 1, reading);
            }
        }
        Value::Object(members) => {
            if is_policy(from.node) {
                Draft::at(stack, resource, from).add(reading);
                return;
            }
            if let Some(sides) = from.sides(&stack.template) {
                for side in &sides {
                    others(stack, resource, side, read, depth + 1, reading);
                }
                return;
            }
            for member in members {
                let below = from.below(&member.value, &member.key.name);
                others(stack, resource, &below, read, depth + 1, reading);
            }
        }
        _ => {}
    }
}

/// Whether an object is a policy wherever it stands.
pub(super) fn is_policy(node: &Node) -> bool {
    let is_statement = |node: &Node| {
        node.get("Effect").is_some()
            && (node.get("Action").is_some() || node.get("NotAction").is_some())
    };
    node.get("Statement").is_some_and(|statement| {
        is_statement(statement)
            || statement
                .as_array()
                .is_some_and(|list| list.iter().any(|one| is_statement(one) || is_choice(one)))
    })
}

/// A statement that is chosen as a whole.
fn is_choice(node: &Node) -> bool {
    let Some(("Fn::If", argument)) = function(node) else {
        return false;
    };
    let sides = argument.as_array().unwrap_or_default();
    sides.iter().any(|side| side.get("Effect").is_some())
}
