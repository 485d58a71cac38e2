//! `organization.json`: the levels of an organization from its root to its
//! accounts, with the policies of each (`inputs.md` 5.13). Every level must
//! allow, so a flat list of policies would not do.

use super::reading::{Place, Reading};
use super::{DocumentId, Form, Host};
use crate::policy::PolicyType;
use crate::syntax::Node;
use serde::{Deserialize, Serialize};

/// Levels below the root that are read; AWS allows five.
const DEEPEST: usize = 16;

/// The file, for its schema: what is read is the tree of its text.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OrganizationFile {
    /// The id of the management account, which no policy limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub management_account: Option<String>,
    /// The top of the tree.
    pub root: OrganizationalUnit,
}

/// The root or a unit.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OrganizationalUnit {
    /// `r-abcd`, `ou-abcd-12345678`.
    pub id: String,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The service control policies attached here.
    #[serde(default)]
    pub scps: Vec<AttachedPolicy>,
    /// The resource control policies attached here.
    #[serde(default)]
    pub rcps: Vec<AttachedPolicy>,
    /// The accounts directly in it.
    #[serde(default)]
    pub accounts: Vec<OrganizationAccount>,
    /// The units directly in it.
    #[serde(default)]
    pub units: Vec<OrganizationalUnit>,
}

/// An account.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OrganizationAccount {
    /// Twelve digits.
    pub id: String,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The service control policies attached to itself.
    #[serde(default)]
    pub scps: Vec<AttachedPolicy>,
    /// The resource control policies attached to itself.
    #[serde(default)]
    pub rcps: Vec<AttachedPolicy>,
}

/// A policy: the policy itself, or the policy with its name.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum AttachedPolicy {
    /// With its name.
    Named {
        /// `FullAWSAccess`.
        name: String,
        /// IAM JSON.
        policy: serde_json::Map<String, serde_json::Value>,
    },
    /// IAM JSON.
    Inline(serde_json::Map<String, serde_json::Value>),
}

/// An organization that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Organization {
    /// The account that no policy limits.
    pub management_account: Option<String>,
    /// The root first, each before what is in it.
    pub levels: Vec<OrganizationLevel>,
}

/// The root, a unit or an account, and the policies attached to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrganizationLevel {
    /// `r-abcd`, `ou-abcd-12345678`, `111122223333`.
    pub id: String,
    /// Its name, where it is told.
    pub name: Option<String>,
    /// The place of the level above in [`Organization::levels`].
    pub above: Option<usize>,
    /// Service control policies.
    pub scps: Vec<DocumentId>,
    /// Resource control policies.
    pub rcps: Vec<DocumentId>,
    /// Policies whose text could not be read: what they allow is unknown.
    pub unread: Vec<String>,
}

impl Organization {
    /// The levels that decide for an account, the root first; `None` where it
    /// is no account of the organization. The management account has none.
    #[must_use]
    pub fn levels_of(&self, account: &str) -> Option<Vec<&OrganizationLevel>> {
        let mut level = self.levels.iter().find(|level| level.id == account)?;
        if self.management_account.as_deref() == Some(account) {
            return Some(Vec::new());
        }
        let mut path = vec![level];
        while let Some(above) = level.above.and_then(|above| self.levels.get(above)) {
            path.push(above);
            level = above;
        }
        path.reverse();
        Some(path)
    }
}

/// Whether an object is such a file.
pub(super) fn is_organization(node: &Node) -> bool {
    let root = node.get("root");
    root.is_some_and(|root| {
        let is_list = |key| root.get(key).is_some_and(|list| list.as_array().is_some());
        root.get("id").is_some()
            && ["scps", "rcps", "units", "accounts"]
                .into_iter()
                .any(is_list)
    })
}

/// Reads its policies and its levels.
pub(super) fn read(node: &Node, reading: &mut Reading<'_>) {
    let mut organization = Organization {
        management_account: text(node, "management_account"),
        levels: Vec::new(),
    };
    if let Some(root) = node.get("root") {
        level(root, None, 0, &mut organization, reading);
    }
    reading.add_organization(organization);
}

fn level(
    node: &Node,
    above: Option<usize>,
    depth: usize,
    organization: &mut Organization,
    reading: &mut Reading<'_>,
) {
    let Some(id) = text(node, "id") else {
        reading.gap(node.span, "a level without `id` is not read");
        return;
    };
    if depth > DEEPEST {
        reading.gap(
            node.span,
            format!("`{id}` is nested too deep: it is not read"),
        );
        return;
    }
    let mut found = OrganizationLevel {
        name: text(node, "name"),
        above,
        id,
        ..OrganizationLevel::default()
    };
    found.scps = policies(node, "scps", PolicyType::Scp, &mut found, reading);
    found.rcps = policies(node, "rcps", PolicyType::Rcp, &mut found, reading);
    let here = organization.levels.len();
    organization.levels.push(found);
    for list in ["accounts", "units"] {
        let nodes = node.get(list).and_then(Node::as_array);
        for node in nodes.unwrap_or_default() {
            level(node, Some(here), depth + 1, organization, reading);
        }
    }
}

fn policies(
    node: &Node,
    list: &str,
    policy_type: PolicyType,
    level: &mut OrganizationLevel,
    reading: &mut Reading<'_>,
) -> Vec<DocumentId> {
    let nodes = node.get(list).and_then(Node::as_array);
    let mut found = Vec::new();
    for (place, node) in nodes.unwrap_or_default().iter().enumerate() {
        let named = node.get("policy");
        let name = named.and_then(|_| text(node, "name"));
        let name = name.unwrap_or_else(|| place.to_string());
        let is_path = |text: &str| !text.trim_start().starts_with(['{', '%']);
        if let Some(path) = node.as_str().filter(|text| is_path(text)) {
            level.unread.push(path.to_owned());
            reading.gap(
                node.span,
                format!("`{path}` is no policy: put the policy itself in its place"),
            );
            continue;
        }
        found.push(reading.add(Place {
            address: Some(format!("{}:{}/{name}", level.id, policy_type.name())),
            host: Host::Organization,
            policy_type: Some(policy_type),
            ..Place::new(named.unwrap_or(node), Form::Organization)
        }));
    }
    found
}

fn text(node: &Node, key: &str) -> Option<String> {
    node.get(key).and_then(Node::as_str).map(str::to_owned)
}
