//! `aws iam get-account-authorization-details`: every user, group, role and
//! managed policy of an account (`inputs.md` section 5.11).

use super::reading::{Place, Reading};
use super::{Boundary, DocumentId, Entity, EntityId, EntityKind, Form, Host};
use crate::policy::PolicyType;
use crate::syntax::Node;

/// The lists of the response, with the inline policies of their items.
const LISTS: &[(&str, EntityKind, &str, &str)] = &[
    ("UserDetailList", EntityKind::User, "User", "UserPolicyList"),
    (
        "GroupDetailList",
        EntityKind::Group,
        "Group",
        "GroupPolicyList",
    ),
    ("RoleDetailList", EntityKind::Role, "Role", "RolePolicyList"),
];

/// Whether an object is a response, or a page of one.
pub(super) fn is_export(node: &Node) -> bool {
    let is_list = |key| node.get(key).is_some_and(|list| list.as_array().is_some());
    LISTS.iter().any(|&(key, ..)| is_list(key))
        || items(node, "Policies").any(|policy| policy.get("PolicyVersionList").is_some())
}

/// Reads its documents and entities. Attached policies are resolved later,
/// when all pages are read: until then they stand in `unresolved`.
pub(super) fn read(root: &Node, reading: &mut Reading<'_>) {
    for &(list, kind, prefix, inline) in LISTS {
        for node in items(root, list) {
            match entity(node, kind, prefix, reading) {
                Some(entity) => documents(node, entity, inline, reading),
                None => reading.gap(
                    node.span,
                    format!("an entry of `{list}` without `Arn` is not read"),
                ),
            }
        }
    }
    for policy in items(root, "Policies") {
        managed_policy(policy, reading);
    }
    if let Some(list) = missing_list(root) {
        reading.gap(
            root.span,
            format!("this export has no `{list}`: it was filtered, or is one page of several"),
        );
    }
}

/// The first list the response lacks; the service always sends all four.
fn missing_list(root: &Node) -> Option<&'static str> {
    LISTS
        .iter()
        .map(|&(list, ..)| list)
        .chain(["Policies"])
        .find(|list| root.get(list).is_none())
}

fn entity(
    node: &Node,
    kind: EntityKind,
    prefix: &str,
    reading: &mut Reading<'_>,
) -> Option<EntityId> {
    let arn = text(node, "Arn")?;
    let strings = |list: &str, key: &str| -> Vec<String> {
        items(node, list)
            .filter_map(|item| text(item, key))
            .collect()
    };
    let tag = |node: &Node| Some((text(node, "Key")?, text(node, "Value").unwrap_or_default()));
    let name = text(node, &format!("{prefix}Name"));
    let boundary = node
        .get("PermissionsBoundary")
        .and_then(|boundary| text(boundary, "PermissionsBoundaryArn"));
    let last_used = node.get("RoleLastUsed");
    Some(reading.add_entity(|id, source| {
        Entity {
            id,
            kind,
            name: name.unwrap_or_else(|| arn.rsplit('/').next().unwrap_or_default().to_owned()),
            arn,
            path: text(node, "Path").unwrap_or_else(|| "/".to_owned()),
            unique_id: text(node, &format!("{prefix}Id")).unwrap_or_default(),
            source,
            span: node.span,
            trust: None,
            policies: Vec::new(),
            unresolved: strings("AttachedManagedPolicies", "PolicyArn"),
            boundary: boundary.map(|arn| Boundary {
                arn,
                document: None,
            }),
            groups: items(node, "GroupList")
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect(),
            instance_profiles: strings("InstanceProfileList", "Arn"),
            tags: items(node, "Tags").filter_map(tag).collect(),
            last_used: last_used.and_then(|used| text(used, "LastUsedDate")),
        }
    }))
}

/// Reads the trust policy and the inline policies of an entity.
fn documents(node: &Node, entity: EntityId, inline: &str, reading: &mut Reading<'_>) {
    let (arn, host) = {
        let entity = reading.inventory().entity(entity);
        let host = match entity.kind {
            EntityKind::User => Host::User,
            EntityKind::Group => Host::Group,
            EntityKind::Role => Host::Role,
        };
        (entity.arn.clone(), host)
    };
    let mut add = |node, suffix: &str, host, policy_type| -> DocumentId {
        reading.add(Place {
            address: Some(format!("{}:{suffix}", address(&arn))),
            host,
            arn: Some(arn.clone()),
            entity: Some(entity),
            policy_type: Some(policy_type),
            ..Place::new(node, Form::Account)
        })
    };
    let trust = node
        .get("AssumeRolePolicyDocument")
        .map(|trust| add(trust, "trust", Host::RoleTrust, PolicyType::Trust));
    let policies = items(node, inline)
        .map(|policy| {
            let name = text(policy, "PolicyName").unwrap_or_default();
            let document = policy.get("PolicyDocument").unwrap_or(policy);
            add(
                document,
                &format!("inline/{name}"),
                host,
                PolicyType::Identity,
            )
        })
        .collect();
    reading.attach(entity, trust, policies);
}

/// Reads the default version of a managed policy; the others decide nothing.
fn managed_policy(node: &Node, reading: &mut Reading<'_>) {
    let Some(arn) = text(node, "Arn") else {
        reading.gap(
            node.span,
            "an entry of `Policies` without `Arn` is not read",
        );
        return;
    };
    let default = text(node, "DefaultVersionId");
    let is_default = |version: &&Node| {
        version.get("IsDefaultVersion").map(|flag| &flag.value)
            == Some(&crate::syntax::Value::Bool(true))
            || default.is_some() && text(version, "VersionId") == default
    };
    let document = items(node, "PolicyVersionList")
        .find(is_default)
        .and_then(|version| version.get("Document"));
    match document {
        Some(document) => {
            reading.add(Place {
                address: Some(address(&arn)),
                host: Host::ManagedPolicy,
                arn: Some(arn),
                policy_type: Some(PolicyType::Identity),
                ..Place::new(document, Form::Account)
            });
        }
        None => reading.gap(
            node.span,
            format!("the export does not hold the default version of `{arn}`"),
        ),
    }
}

/// `role/app/orders` of `arn:aws:iam::111122223333:role/app/orders`; AWS's own
/// policies keep their account: `aws:policy/ReadOnlyAccess`.
pub(super) fn address(arn: &str) -> String {
    let mut parts = arn.splitn(6, ':').skip(4);
    match (parts.next(), parts.next()) {
        (Some("aws"), Some(resource)) => format!("aws:{resource}"),
        (Some(_), Some(resource)) => resource.to_owned(),
        _ => arn.to_owned(),
    }
}

fn items<'n>(node: &'n Node, list: &str) -> impl Iterator<Item = &'n Node> {
    node.get(list)
        .and_then(Node::as_array)
        .into_iter()
        .flatten()
}

fn text(node: &Node, key: &str) -> Option<String> {
    node.get(key).and_then(Node::as_str).map(str::to_owned)
}
