//! Users, groups and roles of an account, and what is attached to them.

use super::{DocumentId, EntityId, Inventory, SourceId};
use crate::text::Span;
use serde::{Deserialize, Serialize};

/// What an entity is.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum EntityKind {
    /// A user.
    User,
    /// A group: carries policies, is no principal.
    Group,
    /// A role.
    Role,
}

/// One user, group or role of an account export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// Its place in [`Inventory::entities`].
    pub id: EntityId,
    /// What it is.
    pub kind: EntityKind,
    /// Its ARN.
    pub arn: String,
    /// Its name, without the path.
    pub name: String,
    /// Its path: begins and ends with `/`.
    pub path: String,
    /// Its unique id: `AROA…`, `AIDA…`, `AGPA…`.
    pub unique_id: String,
    /// The export it stands in.
    pub source: SourceId,
    /// Where it stands.
    pub span: Span,
    /// The trust policy of a role.
    pub trust: Option<DocumentId>,
    /// Its inline policies, then the managed policies attached to it.
    pub policies: Vec<DocumentId>,
    /// ARNs of attached managed policies whose text is not in the input: what
    /// they grant is unknown.
    pub unresolved: Vec<String>,
    /// The managed policy that is its permissions boundary.
    pub boundary: Option<Boundary>,
    /// The names of a user's groups.
    pub groups: Vec<String>,
    /// ARNs of a role's instance profiles.
    pub instance_profiles: Vec<String>,
    /// Tags, in their order.
    pub tags: Vec<(String, String)>,
    /// When the role was last used, as written; AWS tracks 400 days.
    pub last_used: Option<String>,
}

/// A permissions boundary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boundary {
    /// The managed policy's ARN.
    pub arn: String,
    /// Its text, where the input holds it; otherwise the cap is unknown.
    pub document: Option<DocumentId>,
}

/// The identity policies that decide for one entity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effective {
    /// Its own and those of its groups, each once.
    pub documents: Vec<DocumentId>,
    /// What is attached and not in the input: ARNs of managed policies, and
    /// `group/NAME` for a group the export lacks.
    pub unresolved: Vec<String>,
}

impl Entity {
    /// The account of its ARN; empty where the ARN has none.
    #[must_use]
    pub fn account(&self) -> &str {
        self.arn.split(':').nth(4).unwrap_or_default()
    }
}

impl Inventory {
    /// The group of this name in this account.
    #[must_use]
    pub fn group(&self, account: &str, name: &str) -> Option<&Entity> {
        let key = (account.to_owned(), name.to_owned());
        self.groups.get(&key).map(|&id| self.entity(id))
    }

    /// The policies that grant for `entity`: its own, and those of the groups
    /// it is a member of.
    #[must_use]
    pub fn effective(&self, entity: &Entity) -> Effective {
        let mut all = Effective {
            documents: entity.policies.clone(),
            unresolved: entity.unresolved.clone(),
        };
        for name in &entity.groups {
            match self.group(entity.account(), name) {
                Some(group) => {
                    all.documents.extend(&group.policies);
                    all.unresolved.extend(group.unresolved.iter().cloned());
                }
                None => all.unresolved.push(format!("group/{name}")),
            }
        }
        all.documents.sort_unstable();
        all.documents.dedup();
        all.unresolved.sort_unstable();
        all.unresolved.dedup();
        all
    }
}
