//! What the transform brings with it: `action-catalog/sam/`.

use crate::syntax::{Node, json};
use std::collections::HashMap;
use std::sync::LazyLock;

/// A policy template.
pub(super) struct Template {
    pub(super) parameters: Vec<&'static str>,
    /// A list in which `Ref` names a parameter.
    pub(super) statements: &'static Node,
}

/// What a connector from one type of resource to another becomes.
pub(super) struct Profile {
    /// `managed-policy`, `lambda-permission`, `queue-policy`, `topic-policy`.
    pub(super) kind: &'static str,
    /// Whether the policy is that of the source.
    pub(super) of_source: bool,
    /// By name of the permission, in the order of the profile.
    pub(super) permissions: Vec<(&'static str, &'static Node)>,
    /// Which permissions go together, each sorted; empty where all do.
    pub(super) combinations: Vec<Vec<&'static str>>,
}

fn tree(text: &str) -> Option<Node> {
    json::parse(text).root
}

static TEMPLATES: LazyLock<Option<Node>> = LazyLock::new(|| {
    tree(include_str!(
        "../../../action-catalog/sam/policy-templates.json"
    ))
});
static CONNECTORS: LazyLock<Option<Node>> =
    LazyLock::new(|| tree(include_str!("../../../action-catalog/sam/connectors.json")));
static MANAGED: LazyLock<Option<Node>> = LazyLock::new(|| {
    tree(include_str!(
        "../../../action-catalog/sam/managed-policies.json"
    ))
});
static PATHS: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    let paths = MANAGED.as_ref().and_then(Node::as_object).into_iter();
    let of = |(path, names): (&'static str, &'static Node)| {
        let names = names.as_array().into_iter().flatten();
        names.filter_map(move |name| Some((name.as_str()?, path)))
    };
    paths
        .flatten()
        .map(|m| (m.key.name.as_str(), &m.value))
        .flat_map(of)
        .collect()
});

fn strings(node: &'static Node) -> Vec<&'static str> {
    let nodes = node.as_array().into_iter().flatten();
    nodes.filter_map(Node::as_str).collect()
}

/// The policy template of a name.
pub(super) fn template(name: &str) -> Option<Template> {
    let template = TEMPLATES.as_ref()?.get("templates")?.get(name)?;
    Some(Template {
        parameters: strings(template.get("parameters")?),
        statements: template.get("statements")?,
    })
}

/// The names of all policy templates.
pub(super) fn template_names() -> impl Iterator<Item = &'static str> {
    let templates = TEMPLATES.as_ref().and_then(|all| all.get("templates"));
    let members = templates.and_then(Node::as_object).into_iter().flatten();
    members.map(|m| m.key.name.as_str())
}

/// The profile from one type to another.
pub(super) fn profile(source: &str, destination: &str) -> Option<Profile> {
    let profiles = CONNECTORS.as_ref()?.get("profiles")?;
    let profile = profiles.get(&format!("{source} {destination}"))?;
    let permissions = profile.get("permissions")?.as_object()?;
    let combinations = profile.get("combinations").and_then(Node::as_array);
    Some(Profile {
        kind: profile.get("kind")?.as_str()?,
        of_source: profile.get("of")?.as_str() == Some("source"),
        permissions: permissions
            .iter()
            .map(|m| (m.key.name.as_str(), &m.value))
            .collect(),
        combinations: combinations.into_iter().flatten().map(strings).collect(),
    })
}

/// `Arn`, `Id`, … of a resource of a type, as functions of `%{logicalId}`.
pub(super) fn output(resource_type: &str, name: &str) -> Option<&'static Node> {
    let resources = CONNECTORS.as_ref()?.get("resources")?;
    resources.get(resource_type)?.get("outputs")?.get(name)
}

/// The property that holds the role of a resource of a type.
pub(super) fn role_property(resource_type: &str) -> Option<&'static str> {
    let resources = CONNECTORS.as_ref()?.get("resources")?;
    resources.get(resource_type)?.get("role")?.as_str()
}

/// The path of one of AWS's managed policies: `service-role/`, mostly empty.
pub(super) fn managed_policy_path(name: &str) -> Option<&'static str> {
    PATHS.get(name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_and_profile_is_read() {
        let names: Vec<_> = template_names().collect();
        assert_eq!(names.len(), 81);
        for name in names {
            let template = template(name).unwrap();
            assert!(
                !template.statements.as_array().unwrap().is_empty(),
                "{name}"
            );
        }
        let profiles = CONNECTORS.as_ref().unwrap().get("profiles").unwrap();
        let mut read = 0;
        for member in profiles.as_object().unwrap() {
            let (source, destination) = member.key.name.split_once(' ').unwrap();
            assert!(!profile(source, destination).unwrap().permissions.is_empty());
            assert!(output(source, "Arn").is_some() && output(destination, "Arn").is_some());
            read += 1;
        }
        assert_eq!(read, 31);
        let path = managed_policy_path("AWSLambdaBasicExecutionRole");
        assert_eq!(path, Some("service-role/"));
        assert_eq!(managed_policy_path("Nobody"), None);
        let role = role_property("AWS::StepFunctions::StateMachine");
        assert_eq!(role, Some("RoleArn"));
    }
}
