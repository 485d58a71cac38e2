//! Connectors: a profile from one type of resource to another becomes a
//! managed policy of a role, the permission to invoke a function, or the policy
//! of a queue or topic.

use super::data::{self, Profile};
use super::make::{
    elements, filled, list, logical_id, member, members, object, reference, same, text,
};
use super::policies::INVALID;
use super::{Expansion, PREFIX, Resource};
use crate::syntax::{Key, Node, Value};
use crate::text::Diagnostic;

/// What SAM's types become, for a connector.
const TYPES: &[(&str, &str)] = &[
    ("Function", "AWS::Lambda::Function"),
    ("StateMachine", "AWS::StepFunctions::StateMachine"),
    ("Api", "AWS::ApiGateway::RestApi"),
    ("HttpApi", "AWS::ApiGatewayV2::Api"),
    ("SimpleTable", "AWS::DynamoDB::Table"),
];

/// An end of a connector.
#[derive(Default)]
struct End {
    kind: String,
    arn: Option<Node>,
    role: Option<Node>,
    queue: Option<Node>,
    id: Option<Node>,
    name: Option<Node>,
    qualifier: Option<Node>,
}

impl End {
    fn get(&self, name: &str) -> Option<&Node> {
        match name {
            "Arn" => self.arn.as_ref(),
            "ResourceId" => self.id.as_ref(),
            "Name" => self.name.as_ref(),
            "Qualifier" => self.qualifier.as_ref(),
            _ => None,
        }
    }
}

/// One connector with one destination.
struct Connector<'c> {
    resource: Resource<'c>,
    permissions: Vec<&'c str>,
    /// What follows the names of what is made, where there may be several
    /// destinations.
    suffix: String,
}

impl Expansion<'_> {
    /// The connectors that a member of `Resources` is or holds.
    pub(super) fn connectors(&mut self, key: &Key, node: &Node) {
        let kind = node.get("Type").and_then(Node::as_str);
        let own = kind.and_then(|kind| kind.strip_prefix(PREFIX)) == Some("Connector");
        if own && let Some(properties) = node.get("Properties") {
            let source = properties.get("Source").cloned();
            self.connector(key, node, properties, source);
        }
        for held in members(node.get("Connectors")) {
            let span = held.key.span;
            let name = format!("{}{}", key.name, held.key.name);
            let Some(properties) = held.value.get("Properties") else {
                continue;
            };
            let mut source = vec![member(span, "Id", text(span, key.name.clone()))];
            source.extend(members(properties.get("SourceReference")).iter().cloned());
            let source = Node {
                span,
                value: Value::Object(source),
            };
            let key = Key { name, span };
            self.connector(&key, &held.value, properties, Some(source));
        }
    }

    fn connector(&mut self, key: &Key, node: &Node, properties: &Node, source: Option<Node>) {
        let destinations = properties.get("Destination");
        let several = destinations.is_some_and(|to| to.as_array().is_some());
        let permissions = elements(properties.get("Permissions")).iter();
        let permissions: Vec<_> = permissions.filter_map(Node::as_str).collect();
        for (index, destination) in elements(destinations).iter().enumerate() {
            let connector = Connector {
                resource: Resource {
                    key,
                    node,
                    properties: object(key.span, []),
                },
                permissions: permissions.clone(),
                suffix: match several {
                    true => format!("Destination{index}"),
                    false => String::new(),
                },
            };
            let missing = || "`Source` is missing".to_owned();
            let made = match source.as_ref().ok_or_else(missing) {
                Ok(source) => self.connect(&connector, source, destination),
                Err(message) => Err(message),
            };
            if let Err(message) = made {
                let message = format!("this connector is refused: {message}");
                let diagnostic = Diagnostic::new(INVALID, key.span, message);
                self.diagnostics.push(diagnostic);
            }
        }
    }

    fn connect(
        &mut self,
        connector: &Connector<'_>,
        source: &Node,
        destination: &Node,
    ) -> Result<(), String> {
        let from = self.end(source, destination)?;
        let to = self.end(destination, source)?;
        let Some(profile) = data::profile(&from.kind, &to.kind) else {
            return Err(format!("none leads from `{}` to `{}`", from.kind, to.kind));
        };
        allowed(&profile, &connector.permissions)?;
        let span = connector.resource.span();
        let slots: Vec<(String, &Node)> = [("Source", &from), ("Destination", &to)]
            .into_iter()
            .flat_map(|(end, value)| {
                let names = ["Arn", "ResourceId", "Name", "Qualifier"].into_iter();
                names.filter_map(move |name| Some((format!("{end}.{name}"), value.get(name)?)))
            })
            .collect();
        let slots: Vec<_> = slots
            .iter()
            .map(|(name, node)| (name.as_str(), *node))
            .collect();
        let mut parts = Vec::new();
        for (name, part) in &profile.permissions {
            if connector.permissions.contains(name) {
                let part = filled(span, part, &slots);
                let part = part.map_err(|slot| format!("`{slot}` is not known"))?;
                parts.push((*name, part));
            }
        }
        let owner = if profile.of_source { &from } else { &to };
        self.write(connector, &profile, owner, parts)
    }

    /// Adds what a profile becomes.
    fn write(
        &mut self,
        connector: &Connector<'_>,
        profile: &Profile,
        owner: &End,
        parts: Vec<(&str, Node)>,
    ) -> Result<(), String> {
        let resource = &connector.resource;
        let (id, span, suffix) = (resource.id(), resource.span(), &connector.suffix);
        let known = |what: &Option<Node>, name: &str| {
            let end = if profile.of_source {
                "Source"
            } else {
                "Destination"
            };
            let missing = || format!("the {name} of `{end}` is not known");
            what.clone().ok_or_else(missing)
        };
        if profile.kind == "lambda-permission" {
            let function = known(&owner.arn, "ARN")?;
            for (name, part) in parts {
                let mut properties = members(Some(&part)).to_vec();
                properties.push(member(span, "FunctionName", function.clone()));
                let properties = Node {
                    span,
                    value: Value::Object(properties),
                };
                let id = format!("{id}{name}LambdaPermission{suffix}");
                self.push(resource, &id, "AWS::Lambda::Permission", properties);
            }
            return Ok(());
        }
        let (kind, name, holder) = match profile.kind {
            "managed-policy" => {
                let roles = list(span, vec![known(&owner.role, "role")?]);
                ("AWS::IAM::ManagedPolicy", "Policy", ("Roles", roles))
            }
            "queue-policy" => {
                let queues = list(span, vec![known(&owner.queue, "URL")?]);
                ("AWS::SQS::QueuePolicy", "QueuePolicy", ("Queues", queues))
            }
            _ => {
                let topics = list(span, vec![known(&owner.arn, "ARN")?]);
                ("AWS::SNS::TopicPolicy", "TopicPolicy", ("Topics", topics))
            }
        };
        let statements = parts.iter().flat_map(|(_, part)| elements(Some(part)));
        let document = object(
            span,
            [
                ("Version", text(span, "2012-10-17")),
                ("Statement", list(span, statements.cloned().collect())),
            ],
        );
        let properties = object(span, [("PolicyDocument", document), holder]);
        self.push(resource, &format!("{id}{name}{suffix}"), kind, properties);
        Ok(())
    }

    /// What an end is, by its id or by what is written of it.
    fn end(&self, end: &Node, other: &Node) -> Result<End, String> {
        let given = |name: &str| end.get(name).cloned();
        let Some(id) = end.get("Id") else {
            let kind = end.get("Type").and_then(Node::as_str);
            let kind = kind.ok_or("an end has neither `Id` nor `Type`")?;
            let short = kind.strip_prefix(PREFIX);
            let known = TYPES.iter().find(|(sam, _)| Some(*sam) == short);
            return Ok(End {
                kind: known.map_or(kind, |(_, kind)| kind).to_owned(),
                arn: given("Arn"),
                role: given("RoleName"),
                queue: given("QueueUrl"),
                id: given("ResourceId"),
                name: given("Name"),
                qualifier: given("Qualifier"),
            });
        };
        let beside = members(Some(end)).iter().map(|m| m.key.name.as_str());
        if let Some(odd) = beside
            .into_iter()
            .find(|name| !["Id", "Qualifier"].contains(name))
        {
            return Err(format!("`Id` and `{odd}` do not go together"));
        }
        let id = id.as_str().ok_or("an `Id` is no text")?;
        let place = self.places.get(id);
        let resource = place.and_then(|&at| self.resources.get(at));
        let resource = resource.ok_or_else(|| format!("there is no resource `{id}`"))?;
        let resource = &resource.value;
        let kind = resource.get("Type").and_then(Node::as_str);
        let kind = kind.unwrap_or_default();
        let slot = text(end.span, id);
        let output = |name: &str| {
            let output = data::output(kind, name)?;
            filled(end.span, output, &[("logicalId", &slot)]).ok()
        };
        let role = resource
            .get("Properties")
            .and_then(|p| role(kind, p, other));
        let role = role.and_then(logical_id);
        Ok(End {
            kind: kind.to_owned(),
            arn: output("Arn"),
            role: role.map(|id| reference(end.span, id)),
            queue: output("Url"),
            id: output("Id"),
            name: output("Name"),
            qualifier: given("Qualifier").or_else(|| output("Qualifier")),
        })
    }
}

/// The role of a resource; that of a rule is the one of its target.
fn role<'p>(kind: &str, properties: &'p Node, other: &Node) -> Option<&'p Node> {
    if kind != "AWS::Events::Rule" {
        return properties.get(data::role_property(kind)?);
    }
    let other_id = other.get("Id").and_then(Node::as_str);
    let is_target = |target: &&Node| {
        let arn = target.get("Arn");
        let by_id = arn
            .and_then(logical_id)
            .is_some_and(|id| Some(id) == other_id);
        by_id || matches!((arn, other.get("Arn")), (Some(a), Some(b)) if same(a, b))
    };
    let targets = elements(properties.get("Targets")).iter();
    targets
        .filter(is_target)
        .find_map(|target| target.get("RoleArn"))
}

fn allowed(profile: &Profile, permissions: &[&str]) -> Result<(), String> {
    if permissions.is_empty() {
        return Err("it has no `Permissions`".to_owned());
    }
    let known = |name: &&&str| profile.permissions.iter().any(|(known, _)| known == *name);
    if let Some(unknown) = permissions.iter().find(|name| !known(name)) {
        return Err(format!("there is no permission `{unknown}` for these ends"));
    }
    let mut sorted = permissions.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    if profile.combinations.is_empty() || profile.combinations.contains(&sorted) {
        return Ok(());
    }
    let sets = profile.combinations.iter().map(|set| set.join(" and "));
    let sets: Vec<_> = sets.collect();
    Err(format!("these ends need {}", sets.join(", or ")))
}
