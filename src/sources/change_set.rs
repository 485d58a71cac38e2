//! `aws cloudformation describe-change-set --include-property-values`: the
//! properties of each resource as they are, and as they are to be
//! (`inputs.md` 5.8).

use super::plan::State;
use super::policy_json::{holds_policy, is_surely_policy};
use super::reading::{Place, Reading};
use super::{Completeness, Form, Host};
use crate::policy::{Domain, PolicyType, Symbol};
use crate::syntax::{Node, Text, Value, Written, embedded};

/// What stands where a value is known after the deployment only.
const UNKNOWN: &str = "{{changeSet:KNOWN_AFTER_APPLY}}";

/// Whether an object is a response, or a page of one.
pub(super) fn is_change_set(node: &Node) -> bool {
    let changes = node.get("Changes").and_then(Node::as_array);
    node.get("ChangeSetName").is_some()
        && changes.is_some_and(|all| all.iter().all(|one| one.get("ResourceChange").is_some()))
}

/// Reads the documents of one state.
pub(super) fn read(root: &Node, state: State, reading: &mut Reading<'_>) {
    let changes = root.get("Changes").and_then(Node::as_array);
    for change in changes.unwrap_or_default() {
        if let Some(change) = change.get("ResourceChange") {
            resource(change, state, reading);
        }
    }
    if root
        .get("NextToken")
        .is_some_and(|token| token.value != Value::Null)
    {
        reading.gap(root.span, "the change set has another page");
    }
}

fn resource(change: &Node, state: State, reading: &mut Reading<'_>) {
    let text = |key: &str| change.get(key).and_then(Node::as_str);
    let action = text("Action").unwrap_or_default();
    let (absent, key) = match state {
        State::Before => (&["Add", "Import"][..], "BeforeContext"),
        State::After => (&["Remove"][..], "AfterContext"),
    };
    if absent.contains(&action) {
        return;
    }
    let resource = Resource {
        id: text("LogicalResourceId").unwrap_or_default(),
        type_name: text("ResourceType").unwrap_or_default(),
        missing: (action == "Dynamic").then(|| {
            let reason = "whether it changes is decided at deployment".to_owned();
            (Completeness::Partial, reason)
        }),
    };
    let context = change.get(key);
    let parsed = context.and_then(|node| embedded::parse(node, reading.text()));
    let Some(root) = parsed.and_then(|parsed| parsed.root) else {
        if resource.is_host() {
            let reason = format!(
                "the change set does not tell its properties: describe it with \
                 `--include-property-values` (`{key}`)"
            );
            reading.add(Place {
                address: Some(format!("{}:Properties", resource.id)),
                missing: Some((Completeness::Opaque, reason)),
                ..Place::new(change, Form::CloudFormation)
            });
        }
        return;
    };
    if let Some(properties) = root.get("Properties") {
        resource.walk(properties, "Properties", reading);
    }
}

struct Resource<'n> {
    id: &'n str,
    type_name: &'n str,
    missing: Option<(Completeness, String)>,
}

impl Resource<'_> {
    /// Whether such a resource holds a policy for sure.
    fn is_host(&self) -> bool {
        self.type_name.starts_with("AWS::IAM::") && self.type_name != "AWS::IAM::InstanceProfile"
            || self.type_name.ends_with("Policy")
    }

    fn walk(&self, node: &Node, path: &str, reading: &mut Reading<'_>) {
        let is_document = match &node.value {
            Value::Object(_) => is_surely_policy(node),
            Value::String(text) => holds_policy(&text.value),
            _ => false,
        };
        if is_document {
            let (policy_type, host) = self.told(path);
            let mut named = node.clone();
            let mut symbols = Vec::new();
            name_unknown(&mut named, &format!("{}/{path}", self.id), &mut symbols);
            reading.add(Place {
                address: Some(format!("{}:{path}", self.id)),
                host,
                policy_type,
                symbols,
                missing: self.missing.clone(),
                ..Place::new(&named, Form::CloudFormation)
            });
            return;
        }
        match &node.value {
            Value::Object(members) => {
                for member in members {
                    let path = format!("{path}/{}", member.key.name);
                    self.walk(&member.value, &path, reading);
                }
            }
            Value::Array(nodes) => {
                for (place, node) in nodes.iter().enumerate() {
                    self.walk(node, &format!("{path}/{place}"), reading);
                }
            }
            _ => {}
        }
    }

    /// The type of a document, and what it is attached to.
    fn told(&self, path: &str) -> (Option<PolicyType>, Host) {
        if path == "Properties/AssumeRolePolicyDocument" {
            return (Some(PolicyType::Trust), Host::RoleTrust);
        }
        let host = match self.type_name {
            "AWS::IAM::ManagedPolicy" => Host::ManagedPolicy,
            "AWS::IAM::Role" | "AWS::IAM::RolePolicy" | "AWS::IAM::Policy" => Host::Role,
            "AWS::IAM::User" | "AWS::IAM::UserPolicy" => Host::User,
            "AWS::IAM::Group" | "AWS::IAM::GroupPolicy" => Host::Group,
            "AWS::SSO::PermissionSet" => Host::PermissionSet,
            "AWS::EC2::VPCEndpoint" => {
                return (Some(PolicyType::VpcEndpoint), Host::Resource(Some("ec2")));
            }
            _ => return (None, Host::Unstated),
        };
        (Some(PolicyType::Identity), host)
    }
}

/// Puts a symbol of its own in the place of each value that is not known: two
/// of them may well differ.
fn name_unknown(node: &mut Node, path: &str, symbols: &mut Vec<Symbol>) {
    match &mut node.value {
        Value::String(text) if text.value.contains(UNKNOWN) => {
            let symbol = Symbol::new(path, Domain::Any);
            *text = Text {
                value: text.value.replace(UNKNOWN, &symbol.text()),
                written: Written::Computed,
            };
            symbols.push(symbol);
        }
        Value::Object(members) => {
            for member in members {
                let path = format!("{path}/{}", member.key.name);
                name_unknown(&mut member.value, &path, symbols);
            }
        }
        Value::Array(nodes) => {
            for (place, node) in nodes.iter_mut().enumerate() {
                name_unknown(node, &format!("{path}/{place}"), symbols);
            }
        }
        _ => {}
    }
}
