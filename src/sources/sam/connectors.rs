//! The connectors of SAM: who may do what to whom, by profiles from
//! `action-catalog/templates/sam-connectors.json`.

use crate::policy::PolicyType;
use crate::sources::Host;
use crate::sources::cloudformation::{
    Draft, Resource, Spot, Stack, Template, at, computed, object_of, plain, statement_of,
};
use crate::sources::reading::Reading;
use crate::syntax::{Node, Value, json};
use crate::text::Span;
use std::sync::OnceLock;

/// A connector that is a resource of its own.
pub(super) fn read(
    stack: &Stack<'_>,
    resource: &Resource<'_>,
    properties: &Node,
    reading: &mut Reading<'_>,
) {
    let Some(source) = properties.get("Source") else {
        reading.gap(properties.span, "a connector without `Source` is not read");
        return;
    };
    let source = End::of(&stack.template, source);
    connector(stack, resource, resource.id, source, properties, reading);
}

/// The connectors of a resource that is their source.
pub(super) fn embedded(stack: &Stack<'_>, resource: &Resource<'_>, reading: &mut Reading<'_>) {
    let connectors = resource.node.get("Connectors").and_then(Node::as_object);
    for member in connectors.unwrap_or_default() {
        let Some(properties) = member.value.get("Properties") else {
            continue;
        };
        let span = member.key.span;
        let mut source = End::resource(&stack.template, resource.id, span);
        let reference = properties.get("SourceReference");
        if let (Some(source), Some(qualifier)) =
            (&mut source, reference.and_then(|r| r.get("Qualifier")))
        {
            source.qualifier = Some(qualifier.clone());
        }
        let id = format!("{}{}", resource.id, member.key.name);
        connector(stack, resource, &id, source, properties, reading);
    }
}

/// One end of a connector.
struct End {
    kind: String,
    arn: Option<Node>,
    name: Option<Node>,
    resource_id: Option<Node>,
    qualifier: Option<Node>,
}

impl End {
    fn of(template: &Template<'_>, node: &Node) -> Option<Self> {
        if let Some(id) = node.get("Id").and_then(Node::as_str) {
            let mut end = Self::resource(template, id, node.span)?;
            if let Some(qualifier) = node.get("Qualifier") {
                end.qualifier = Some(qualifier.clone());
            }
            return Some(end);
        }
        let part = |name| node.get(name).cloned();
        Some(Self {
            kind: plain(node.get("Type")?.as_str()?).to_owned(),
            arn: part("Arn"),
            name: part("Name"),
            resource_id: part("ResourceId"),
            qualifier: part("Qualifier"),
        })
    }

    fn resource(template: &Template<'_>, id: &str, span: Span) -> Option<Self> {
        let kind = template.kind(id)?;
        let outputs = profiles()?
            .get("resources")?
            .get(kind)
            .and_then(|resource| resource.get("Outputs"));
        let part = |name| {
            let value = outputs?.get(name)?.clone();
            Some(replaced(at(value, span), &|token| {
                (token == "logicalId").then(|| computed(span, id.to_owned()))
            }))
        };
        Some(Self {
            kind: kind.to_owned(),
            arn: part("Arn"),
            name: part("Name"),
            resource_id: part("Id"),
            qualifier: part("Qualifier"),
        })
    }

    fn token(&self, name: &str) -> Option<Node> {
        match name {
            "Arn" => self.arn.clone(),
            "Name" => self.name.clone(),
            "ResourceId" => self.resource_id.clone(),
            "Qualifier" => self.qualifier.clone(),
            _ => None,
        }
    }
}

fn connector(
    stack: &Stack<'_>,
    resource: &Resource<'_>,
    id: &str,
    source: Option<End>,
    properties: &Node,
    reading: &mut Reading<'_>,
) {
    let Some(destination) = properties.get("Destination") else {
        reading.gap(
            properties.span,
            "a connector without `Destination` is not read",
        );
        return;
    };
    let destinations = match &destination.value {
        Value::Array(nodes) => nodes
            .iter()
            .enumerate()
            .map(|(i, n)| (Some(i), n))
            .collect(),
        _ => vec![(None, destination)],
    };
    let permissions: Vec<&str> = properties
        .get("Permissions")
        .and_then(Node::as_array)
        .unwrap_or_default()
        .iter()
        .filter_map(Node::as_str)
        .collect();
    for (index, node) in destinations {
        let end = End::of(&stack.template, node);
        let (Some(source), Some(end)) = (&source, end) else {
            reading.gap(
                node.span,
                format!("an end of the connector `{id}` is not known"),
            );
            continue;
        };
        let profile = profiles().and_then(|all| all.get(&format!("{} {}", source.kind, end.kind)));
        let Some(profile) = profile else {
            let (from, to) = (&source.kind, &end.kind);
            reading.gap(node.span, format!("SAM connects no `{from}` to `{to}`"));
            continue;
        };
        let suffix = index.map_or_else(String::new, |i| format!("Destination{i}"));
        documents(
            &Connection {
                stack,
                resource,
                id,
                suffix: &suffix,
                span: properties.span,
            },
            profile,
            &permissions,
            &|token| {
                let (side, name) = token.split_once('.')?;
                match side {
                    "Source" => source.token(name),
                    _ => end.token(name),
                }
            },
            reading,
        );
    }
}

struct Connection<'a, 'n> {
    stack: &'a Stack<'n>,
    resource: &'a Resource<'a>,
    id: &'a str,
    suffix: &'a str,
    span: Span,
}

fn documents(
    connection: &Connection<'_, '_>,
    profile: &Node,
    permissions: &[&str],
    token: &dyn Fn(&str) -> Option<Node>,
    reading: &mut Reading<'_>,
) {
    let Connection {
        id, suffix, span, ..
    } = *connection;
    let kind = profile
        .get("kind")
        .and_then(Node::as_str)
        .unwrap_or_default();
    let access = profile
        .get("access")
        .and_then(Node::as_object)
        .unwrap_or_default();
    let chosen = access
        .iter()
        .filter(|one| permissions.contains(&one.key.name.as_str()));
    let mut statements = Vec::new();
    for category in chosen {
        let of = |name: &str| {
            let part = category.value.get(name)?.clone();
            Some(replaced(at(part, span), token))
        };
        if kind == "AWS_LAMBDA_PERMISSION" {
            let text = |text: &str| computed(span, text.to_owned());
            let mut conditions = Vec::new();
            if let Some(arn) = of("SourceArn") {
                conditions.push(("ArnLike", object_of(span, &[("AWS:SourceArn", arn)])));
            }
            if let Some(account) = of("SourceAccount") {
                let entry = object_of(span, &[("AWS:SourceAccount", account)]);
                conditions.push(("StringEquals", entry));
            }
            let (Some(action), Some(principal), Some(function)) =
                (of("Action"), of("Principal"), token("Destination.Arn"))
            else {
                continue;
            };
            let statement = object_of(
                span,
                &[
                    ("Effect", text("Allow")),
                    ("Principal", object_of(span, &[("Service", principal)])),
                    ("Action", action),
                    ("Resource", function),
                    ("Condition", object_of(span, &conditions)),
                ],
            );
            let address = format!("{id}{}LambdaPermission{suffix}", category.key.name);
            let tree = statement_of(span, vec![statement]);
            add(
                connection,
                address,
                &tree,
                Host::Resource(Some("lambda")),
                reading,
            );
            continue;
        }
        if let Some(Node {
            value: Value::Array(more),
            ..
        }) = of("Statement")
        {
            statements.extend(more);
        }
    }
    let (name, host) = match kind {
        "AWS_IAM_ROLE_MANAGED_POLICY" => ("Policy", Host::ManagedPolicy),
        "AWS_SQS_QUEUE_POLICY" => ("QueuePolicy", Host::Resource(Some("sqs"))),
        "AWS_SNS_TOPIC_POLICY" => ("TopicPolicy", Host::Resource(Some("sns"))),
        _ => return,
    };
    if statements.is_empty() {
        reading.gap(
            span,
            format!("the connector `{id}` has no permission that SAM knows"),
        );
        return;
    }
    let tree = statement_of(span, statements);
    add(
        connection,
        format!("{id}{name}{suffix}"),
        &tree,
        host,
        reading,
    );
}

fn add(
    connection: &Connection<'_, '_>,
    address: String,
    tree: &Node,
    host: Host,
    reading: &mut Reading<'_>,
) {
    let is_permission = host == Host::Resource(Some("lambda"));
    let path = if is_permission {
        "Properties"
    } else {
        "Properties/PolicyDocument"
    };
    let policy_type = match host {
        Host::ManagedPolicy => PolicyType::Identity,
        _ => PolicyType::Resource,
    };
    let spot = Spot {
        node: tree,
        path: path.to_owned(),
        guards: Vec::new(),
    };
    let mut draft = Draft::at(connection.stack, connection.resource, &spot);
    draft.address = format!("{address}:{path}");
    draft.host = host;
    draft.policy_type = Some(policy_type);
    draft.add(reading);
}

/// The tree with its `%{…}` tokens replaced; a text that holds more than one
/// token becomes `Fn::Sub`. A token without a value stays as it is.
fn replaced(node: Node, token: &dyn Fn(&str) -> Option<Node>) -> Node {
    let span = node.span;
    let value = match node.value {
        Value::String(text) => {
            let whole = text
                .value
                .strip_prefix("%{")
                .and_then(|rest| rest.strip_suffix('}'))
                .filter(|name| !name.contains('}'));
            if let Some(value) = whole.and_then(token) {
                return value;
            }
            if !text.value.contains("%{") && !text.value.contains("${") {
                return computed(span, text.value);
            }
            let mut template = String::new();
            let mut variables: Vec<(String, Node)> = Vec::new();
            let mut rest = text.value.as_str();
            while let Some((before, behind)) = rest.split_once("%{") {
                let (name, after) = behind.split_once('}').unwrap_or((behind, ""));
                template += before;
                if let Some(value) = token(name) {
                    let variable: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
                    template += &format!("${{{variable}}}");
                    variables.push((variable, value));
                }
                rest = after;
            }
            template += rest;
            let given: Vec<(&str, Node)> = variables
                .iter()
                .map(|(name, value)| (name.as_str(), value.clone()))
                .collect();
            let arguments = Node {
                span,
                value: Value::Array(vec![computed(span, template), object_of(span, &given)]),
            };
            return object_of(span, &[("Fn::Sub", arguments)]);
        }
        Value::Array(nodes) => Value::Array(
            nodes
                .into_iter()
                .map(|node| replaced(node, token))
                .collect(),
        ),
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|mut member| {
                    member.value = replaced(member.value, token);
                    member
                })
                .collect(),
        ),
        value => value,
    };
    Node { span, value }
}

fn profiles() -> Option<&'static Node> {
    static TABLE: OnceLock<Option<Node>> = OnceLock::new();
    TABLE
        .get_or_init(|| {
            json::parse(include_str!(
                "../../../action-catalog/templates/sam-connectors.json"
            ))
            .root
        })
        .as_ref()
}
