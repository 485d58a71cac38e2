//! SAM templates (`inputs.md` 5.6): what the transform
//! `AWS::Serverless-2016-10-31` makes of one, as far as it decides access. The
//! rest of CloudFormation is not looked at.
//!
//! What is generated stands at what it is generated from: the entry of
//! `Policies`, the event, the connector; what a resource has by itself, such as
//! the trust policy of its role, at its logical id.

mod api;
mod connector;
mod data;
mod event;
mod globals;
mod make;
mod policies;
mod role;

use crate::syntax::{Key, Member, Node, Value};
use crate::text::{Diagnostic, Span};
use make::{elements, member, members, object, reference, text, weight};
use std::collections::HashMap;

const TRANSFORM: &str = "AWS::Serverless-2016-10-31";
const PREFIX: &str = "AWS::Serverless::";

/// What a resource keeps that is no property.
const ATTRIBUTES: &[&str] = &["Condition", "DependsOn", "DeletionPolicy"];

/// Nodes that one thing in a template may become at every one of its uses. Real
/// templates need a few thousand; a few lines can ask for billions.
const BUDGET: usize = 1 << 20;

/// A template after the transform.
#[derive(Debug)]
pub(super) struct Expanded {
    /// A CloudFormation template: resources have their generated neighbours
    /// behind them, SAM's types are those they become.
    pub(super) template: Node,
    /// Uses that SAM refuses or ignores.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Policies that SAM generates and this does not.
    pub(super) gaps: Vec<(Span, String)>,
}

/// Whether a template is one for the transform: it says so, or has a resource
/// that only the transform knows.
pub(super) fn is_sam(template: &Node) -> bool {
    let mut names = elements(template.get("Transform")).iter();
    let is_sams = |member: &Member| {
        let kind = member.value.get("Type").and_then(Node::as_str);
        kind.is_some_and(|kind| kind.starts_with(PREFIX))
    };
    names.any(|name| name.as_str() == Some(TRANSFORM))
        || members(template.get("Resources")).iter().any(is_sams)
}

/// Applies the transform.
pub(super) fn expand(template: &Node) -> Expanded {
    let mut expansion = Expansion {
        template,
        resources: Vec::new(),
        conditions: Vec::new(),
        routes: Vec::new(),
        places: HashMap::new(),
        diagnostics: Vec::new(),
        gaps: Vec::new(),
    };
    expansion.run();
    let Expansion {
        resources,
        conditions,
        mut diagnostics,
        gaps,
        ..
    } = expansion;
    diagnostics.sort_by_key(|d| d.primary.span);
    Expanded {
        template: rebuilt(template, resources, conditions),
        diagnostics,
        gaps,
    }
}

/// The template with other resources, more conditions, and without what the
/// transform reads.
fn rebuilt(template: &Node, resources: Vec<Member>, conditions: Vec<Member>) -> Node {
    let mut kept = Vec::new();
    for old in members(Some(template)) {
        let mut new = old.clone();
        match old.key.name.as_str() {
            "Globals" => continue,
            "Transform" => {
                let others = elements(Some(&old.value)).iter();
                let others: Vec<_> = others.filter(|t| t.as_str() != Some(TRANSFORM)).collect();
                if others.is_empty() {
                    continue;
                }
                new.value.value = Value::Array(others.into_iter().cloned().collect());
            }
            "Resources" => new.value.value = Value::Object(resources.clone()),
            "Conditions" => {
                if let Value::Object(known) = &mut new.value.value {
                    known.extend(conditions.iter().cloned());
                }
            }
            _ => {}
        }
        kept.push(new);
    }
    Node {
        span: template.span,
        value: Value::Object(kept),
    }
}

/// A resource of SAM's own with what `Globals` gives it.
struct Resource<'t> {
    key: &'t Key,
    node: &'t Node,
    properties: Node,
}

impl Resource<'_> {
    fn id(&self) -> &str {
        &self.key.name
    }

    /// Where it begins.
    fn span(&self) -> Span {
        self.key.span
    }

    fn get(&self, property: &str) -> Option<&Node> {
        self.properties.get(property)
    }

    /// Some of its properties, as they are.
    fn keep<'k>(&self, names: &[&'k str]) -> Vec<(&'k str, Node)> {
        let kept = names.iter();
        kept.filter_map(|name| Some((*name, self.get(name)?.clone())))
            .collect()
    }
}

struct Expansion<'t> {
    template: &'t Node,
    resources: Vec<Member>,
    conditions: Vec<Member>,
    routes: Vec<api::Route>,
    /// Where in `resources` an id stands, for connectors.
    places: HashMap<String, usize>,
    diagnostics: Vec<Diagnostic>,
    gaps: Vec<(Span, String)>,
}

impl<'t> Expansion<'t> {
    fn run(&mut self) {
        let template = self.template;
        let resources = members(template.get("Resources"));
        let globals = self.affordable_globals(resources);
        // Apis need the routes that events add to them.
        let mut apis = Vec::new();
        for Member { key, value } in resources {
            let kind = value.get("Type").and_then(Node::as_str);
            let kind = kind.and_then(|kind| kind.strip_prefix(PREFIX));
            let Some(kind) = kind else {
                self.resources.push(Member {
                    key: key.clone(),
                    value: value.clone(),
                });
                continue;
            };
            let resource = Resource {
                key,
                node: value,
                properties: globals::properties(&globals, kind, value),
            };
            match kind {
                "Function" => self.function(&resource),
                "StateMachine" => self.state_machine(&resource),
                "Api" => apis.push(resource),
                // They become connectors when all resources are there.
                "Connector" => {}
                _ => self.other(kind, &resource),
            }
        }
        for api in &apis {
            self.api(api);
        }
        self.implicit_apis();
        let places = self.resources.iter().enumerate();
        self.places = places.map(|(at, m)| (m.key.name.clone(), at)).collect();
        for Member { key, value } in resources {
            self.connectors(key, value);
        }
    }

    /// The template's `Globals` without those that are too large for as many
    /// resources as there are.
    fn affordable_globals(&mut self, resources: &[Member]) -> Node {
        let of = |kind: &str| {
            let is_one = |m: &&Member| {
                let own = m.value.get("Type").and_then(Node::as_str);
                own.and_then(|own| own.strip_prefix(PREFIX)) == Some(kind)
            };
            resources.iter().filter(is_one).count()
        };
        let globals = self.template.get("Globals");
        let mut kept = Vec::new();
        for member in members(globals).iter().take(64) {
            if of(&member.key.name).saturating_mul(weight(&member.value)) <= BUDGET {
                kept.push(member.clone());
            } else {
                let message = "these `Globals` are too large to be applied to every resource";
                self.gaps.push((member.key.span, message.to_owned()));
            }
        }
        Node {
            span: globals.map_or_else(Span::default, |globals| globals.span),
            value: Value::Object(kept),
        }
    }

    /// Adds a resource that one of SAM's becomes or generates: it has its
    /// attributes.
    fn push(&mut self, of: &Resource<'_>, id: &str, kind: &str, properties: Node) {
        let span = of.span();
        let mut body = vec![member(span, "Type", text(span, kind))];
        let attributes = ATTRIBUTES.iter();
        let attributes = attributes.filter_map(|name| Some((name, of.node.get(name)?)));
        body.extend(attributes.map(|(name, value)| member(span, *name, value.clone())));
        body.push(member(span, "Properties", properties));
        self.resources.push(Member {
            key: Key {
                name: id.to_owned(),
                span,
            },
            value: Node {
                span: of.node.span,
                value: Value::Object(body),
            },
        });
    }

    /// A generated queue, topic, …: only what it is counts.
    fn push_plain(&mut self, of: &Resource<'_>, id: &str, kind: &str) {
        let properties = object(of.span(), []);
        self.push(of, id, kind, properties);
    }

    /// The text of a value: itself, or the default of the parameter it names.
    fn literal<'n>(&self, node: &'n Node) -> Option<&'n str>
    where
        't: 'n,
    {
        if let Some(("Ref", name)) = make::call(node) {
            let parameter = self.template.get("Parameters")?.get(name.as_str()?)?;
            return parameter.get("Default")?.as_str();
        }
        node.as_str()
    }

    /// Resources of other types of SAM's.
    fn other(&mut self, kind: &str, resource: &Resource<'_>) {
        let span = resource.span();
        let id = resource.id();
        let (cfn, names): (&str, &[&str]) = match kind {
            "SimpleTable" => ("AWS::DynamoDB::Table", &["TableName"]),
            "HttpApi" => ("AWS::ApiGatewayV2::Api", &["Name"]),
            "WebSocketApi" => ("AWS::ApiGatewayV2::Api", &["Name"]),
            "LayerVersion" => ("AWS::Lambda::LayerVersion", &["LayerName"]),
            "Application" => ("AWS::CloudFormation::Stack", &[]),
            "CapacityProvider" => ("AWS::Lambda::CapacityProvider", &["CapacityProviderName"]),
            _ => {
                // A resource of an unknown type is still one that can be named.
                let properties = resource.properties.clone();
                self.push(resource, id, &format!("{PREFIX}{kind}"), properties);
                let message = format!("what `{PREFIX}{kind}` generates is not read");
                self.gaps.push((span, message));
                return;
            }
        };
        self.push(resource, id, cfn, object(span, resource.keep(names)));
        match kind {
            "CapacityProvider" if resource.get("OperatorRole").is_none() => {
                self.operator_role(resource);
            }
            "WebSocketApi" => self.socket_routes(resource),
            _ => {}
        }
    }
}

/// The ARN of a generated or renamed resource, by what its type gives.
fn arn_of(span: Span, id: &str, kind: &str) -> Node {
    match kind {
        "AWS::SNS::Topic" | "AWS::StepFunctions::StateMachine" => reference(span, id),
        _ => make::attribute(span, id, "Arn"),
    }
}

#[cfg(test)]
mod tests;
