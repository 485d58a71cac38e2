//! SAM: what its resources become when they are deployed (`inputs.md` section
//! 5.6). A document has the address of the resource that SAM makes for it, and
//! the place of what asks for it.

mod connectors;
mod expansions;

use super::Host;
use super::cloudformation::{Draft, Resource, Spot, Stack, at, is_policy, object_of, statement_of};
use super::reading::Reading;
use crate::policy::PolicyType;
use crate::syntax::{Node, Value};
use crate::text::Span;
use std::collections::HashSet;

/// Reads what a resource of SAM implies, and notes which policies were read.
pub(super) fn read(
    stack: &Stack<'_>,
    resource: &Resource<'_>,
    properties: &Node,
    reading: &mut Reading<'_>,
    read: &mut HashSet<Span>,
) {
    match resource.kind {
        "AWS::Serverless::Function" => {
            role(
                stack,
                resource,
                properties,
                "lambda.amazonaws.com",
                reading,
                read,
            );
        }
        "AWS::Serverless::StateMachine" => {
            role(
                stack,
                resource,
                properties,
                "states.amazonaws.com",
                reading,
                read,
            );
        }
        "AWS::Serverless::Connector" => connectors::read(stack, resource, properties, reading),
        "AWS::Serverless::Api" => api(stack, resource, properties, reading, read),
        _ => {}
    }
    if resource.kind == "AWS::Serverless::StateMachine" {
        events(stack, resource, properties, reading);
    }
}

/// Reads the connectors that stand at a resource.
pub(super) fn connectors_of(stack: &Stack<'_>, resource: &Resource<'_>, reading: &mut Reading<'_>) {
    connectors::embedded(stack, resource, reading);
}

/// The resource policy of an API.
fn api(
    stack: &Stack<'_>,
    resource: &Resource<'_>,
    properties: &Node,
    reading: &mut Reading<'_>,
    read: &mut HashSet<Span>,
) {
    let policy = properties
        .get("Auth")
        .and_then(|auth| auth.get("ResourcePolicy"));
    let Some(policy) = policy else {
        return;
    };
    let other = policy.as_object().unwrap_or_default().iter();
    let other = other
        .map(|m| m.key.name.as_str())
        .find(|name| *name != "CustomStatements");
    let statements = match policy.get("CustomStatements") {
        Some(Node {
            value: Value::Array(list),
            ..
        }) => list.clone(),
        Some(one) => vec![one.clone()],
        None => Vec::new(),
    };
    read.insert(policy.span);
    let tree = statement_of(policy.span, statements);
    let spot = Spot {
        node: &tree,
        path: "Properties/Body/x-amazon-apigateway-policy".to_owned(),
        guards: Vec::new(),
    };
    Draft {
        policy_type: Some(PolicyType::Resource),
        host: Host::Resource(Some("execute-api")),
        missing: other.map(|name| format!("the statements that `{name}` makes are not read")),
        ..Draft::at(stack, resource, &spot)
    }
    .add(reading);
}

/// The roles with which the events of a state machine start it.
fn events(
    stack: &Stack<'_>,
    resource: &Resource<'_>,
    properties: &Node,
    reading: &mut Reading<'_>,
) {
    let events = properties.get("Events").and_then(Node::as_object);
    for event in events.unwrap_or_default() {
        let kind = event.value.get("Type").and_then(Node::as_str);
        let service = match kind {
            Some("Api") => "apigateway.amazonaws.com",
            Some("Schedule" | "EventBridgeRule" | "CloudWatchEvent") => "events.amazonaws.com",
            Some("ScheduleV2") => "scheduler.amazonaws.com",
            _ => continue,
        };
        let given = event.value.get("Properties");
        if given.is_some_and(|given| given.get("RoleArn").is_some() || given.get("Role").is_some())
        {
            continue;
        }
        let span = event.key.span;
        let role = Resource {
            id: resource.id,
            node: resource.node,
            kind: resource.kind,
            address: format!("{}{}Role", resource.id, event.key.name),
            guards: resource.guards.clone(),
        };
        trust(stack, &role, span, service, reading);
        let start = object_of(
            span,
            &[
                ("Effect", text(span, "Allow")),
                ("Action", text(span, "states:StartExecution")),
                (
                    "Resource",
                    object_of(span, &[("Ref", text(span, resource.id))]),
                ),
            ],
        );
        let tree = statement_of(span, vec![start]);
        let spot = Spot {
            node: &tree,
            path: "Properties/Policies/0/PolicyDocument".to_owned(),
            guards: Vec::new(),
        };
        Draft {
            policy_type: Some(PolicyType::Identity),
            host: Host::Role,
            ..Draft::at(stack, &role, &spot)
        }
        .add(reading);
    }
}

/// The trust policy of a role that a service assumes.
fn trust(
    stack: &Stack<'_>,
    role: &Resource<'_>,
    span: Span,
    service: &str,
    reading: &mut Reading<'_>,
) {
    let principal = object_of(span, &[("Service", text(span, service))]);
    let statement = object_of(
        span,
        &[
            ("Effect", text(span, "Allow")),
            ("Principal", principal),
            ("Action", text(span, "sts:AssumeRole")),
        ],
    );
    let tree = statement_of(span, vec![statement]);
    let spot = Spot {
        node: &tree,
        path: "Properties/AssumeRolePolicyDocument".to_owned(),
        guards: Vec::new(),
    };
    Draft {
        policy_type: Some(PolicyType::Trust),
        host: Host::RoleTrust,
        ..Draft::at(stack, role, &spot)
    }
    .add(reading);
}

/// The role that SAM makes where none is given.
fn role(
    stack: &Stack<'_>,
    resource: &Resource<'_>,
    properties: &Node,
    service: &str,
    reading: &mut Reading<'_>,
    read: &mut HashSet<Span>,
) {
    let policies = properties.get("Policies");
    if let Some(role) = properties.get("Role") {
        if policies.is_some() {
            let id = resource.id;
            let message = format!("`Policies` of `{id}` is ignored: it has a `Role`");
            reading.gap(role.span, message);
        }
        return;
    }
    let role = Resource {
        id: resource.id,
        node: resource.node,
        kind: resource.kind,
        address: format!("{}Role", resource.id),
        guards: resource.guards.clone(),
    };
    if properties.get("AssumeRolePolicyDocument").is_none() {
        let span = resource
            .node
            .get("Type")
            .map_or(properties.span, |node| node.span);
        trust(stack, &role, span, service, reading);
    }
    let mut writer = Inline {
        stack,
        role: &role,
        count: 0,
        reading,
        read,
    };
    if let Some(queue) = properties.get("DeadLetterQueue") {
        writer.target(queue, "TargetArn");
    }
    let destinations = properties
        .get("EventInvokeConfig")
        .and_then(|config| config.get("DestinationConfig"));
    for outcome in ["OnSuccess", "OnFailure"] {
        if let Some(target) = destinations.and_then(|d| d.get(outcome)) {
            writer.target(target, "Destination");
        }
    }
    if let Some(policies) = policies {
        writer.policies(policies);
    }
}

fn text(span: Span, text: &str) -> Node {
    super::cloudformation::computed(span, text.to_owned())
}

/// Writes the inline policies of a role in their order.
struct Inline<'a, 'n, 'r, 's> {
    stack: &'a Stack<'n>,
    role: &'a Resource<'a>,
    count: usize,
    reading: &'r mut Reading<'s>,
    read: &'r mut HashSet<Span>,
}

impl Inline<'_, '_, '_, '_> {
    fn spot<'x>(&self, node: &'x Node) -> Spot<'x> {
        Spot {
            node,
            path: format!("Properties/Policies/{}", self.count),
            guards: Vec::new(),
        }
    }

    fn add(&mut self, spot: &Spot<'_>, scope: expansions::Scope) {
        let spot = spot.below(spot.node, "PolicyDocument");
        Draft {
            policy_type: Some(PolicyType::Identity),
            host: Host::Role,
            scope,
            ..Draft::at(self.stack, self.role, &spot)
        }
        .add(self.reading);
    }

    /// What sending to a dead-letter queue or a destination needs.
    fn target(&mut self, target: &Node, property: &str) {
        let kind = target.get("Type").and_then(Node::as_str);
        let action = match kind {
            Some("SQS") => "sqs:SendMessage",
            Some("SNS") => "sns:Publish",
            Some("Lambda") => "lambda:InvokeFunction",
            Some("EventBridge") => "events:PutEvents",
            _ => {
                let message = "what the role may do with this destination is not read";
                self.reading.gap(target.span, message);
                return;
            }
        };
        let span = target.span;
        let Some(resource) = target.get(property).cloned() else {
            let message = "a destination that SAM makes itself is not read";
            self.reading.gap(span, message);
            return;
        };
        let statement = object_of(
            span,
            &[
                ("Effect", text(span, "Allow")),
                ("Action", text(span, action)),
                ("Resource", resource),
            ],
        );
        let tree = statement_of(span, vec![statement]);
        let spot = self.spot(&tree);
        self.add(&spot, expansions::Scope::new());
        self.count += 1;
    }

    fn policies(&mut self, policies: &Node) {
        match &policies.value {
            Value::Array(entries) => {
                for entry in entries {
                    self.entry(entry);
                }
            }
            _ => self.entry(policies),
        }
    }

    fn entry(&mut self, entry: &Node) {
        let spot = self.spot(entry);
        let found = match spot.sides(&self.stack.template) {
            Some(sides) => sides.iter().filter(|side| self.one(side)).count(),
            None => usize::from(self.one(&spot)),
        };
        if found > 0 {
            self.count += 1;
        }
    }

    /// Reads one entry that is a document or a template; the others name a
    /// managed policy.
    fn one(&mut self, spot: &Spot<'_>) -> bool {
        let node = spot.node;
        if is_policy(node) || node.get("Statement").is_some() {
            self.read.insert(node.span);
            self.add(spot, expansions::Scope::new());
            return true;
        }
        let Some([member]) = node.as_object() else {
            return false;
        };
        match expansions::expand(&self.stack.template, member) {
            Ok(Some((tree, scope))) => {
                let spot = Spot {
                    node: &at(tree, node.span),
                    path: spot.path.clone(),
                    guards: spot.guards.clone(),
                };
                self.add(&spot, scope);
                true
            }
            Ok(None) => false,
            Err(message) => {
                self.reading.gap(node.span, message);
                false
            }
        }
    }
}
