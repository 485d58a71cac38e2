//! Actions.

use super::blob::Damaged;
use super::condition_key::ConditionKey;
use super::encode::ACCESS;
use super::resource_type::ResourceType;
use super::service::Service;
use std::collections::BTreeSet;
use std::fmt;

/// AWS's access level of an action. Not its privilege: see
/// [`Catalog::privilege`](super::Catalog::privilege).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AccessLevel {
    /// Names what exists.
    List,
    /// Reads.
    Read,
    /// Changes tags.
    Tagging,
    /// Changes anything else.
    Write,
    /// Changes who may do what.
    Permissions,
}

impl AccessLevel {
    const ALL: [Self; 5] = [
        Self::List,
        Self::Read,
        Self::Tagging,
        Self::Write,
        Self::Permissions,
    ];

    /// `list`, `read`, `tagging`, `write` or `permissions`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        ACCESS[self as usize]
    }

    pub(super) fn decode(code: u32) -> Result<Self, Damaged> {
        Self::ALL.get(code as usize).copied().ok_or(Damaged)
    }
}

impl fmt::Display for AccessLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A run of entries in one of a service's tables.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Run {
    start: u32,
    end: u32,
}

impl Run {
    pub(super) fn since(start: usize, end: usize) -> Result<Self, Damaged> {
        let number = |n| u32::try_from(n).map_err(|_| Damaged);
        Ok(Self {
            start: number(start)?,
            end: number(end)?,
        })
    }

    pub(super) fn of<T>(self, table: &[T]) -> &[T] {
        table
            .get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }
}

/// One action. Reached through [`ActionRef`], which knows its service.
#[derive(Debug)]
pub struct Action {
    /// The bare name in AWS's case: `GetObject`.
    pub name: &'static str,
    /// AWS's access level.
    pub access: AccessLevel,
    /// No operation has this name: permission-only, console-only, or a version
    /// variant. It never appears as an event name.
    pub no_operation: bool,
    /// Newer than the main list: only the name and the level are known.
    pub name_only: bool,
    pub(super) links: Run,
    pub(super) keys: Run,
    pub(super) narrowed: Run,
    pub(super) needs: Run,
    pub(super) operations: Run,
}

/// An action and its service.
#[derive(Clone, Copy, Debug)]
pub struct ActionRef<'c> {
    /// The service.
    pub service: &'c Service,
    /// The action.
    pub action: &'c Action,
}

/// How an action's `Resource` may be narrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Not known: the action is newer than the main list.
    Unknown,
    /// No resource types: only `Resource: "*"` matches.
    WildcardOnly,
    /// By its resource types. Where none is required, any one of them does.
    ResourceTypes,
}

impl<'c> ActionRef<'c> {
    /// `s3:GetObject`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}:{}", self.service.prefix, self.action.name)
    }

    /// AWS's access level.
    #[must_use]
    pub fn access(&self) -> AccessLevel {
        self.action.access
    }

    /// How `Resource` may be narrowed.
    #[must_use]
    pub fn scope(&self) -> Scope {
        match self.action.links.of(&self.service.links) {
            _ if self.action.name_only => Scope::Unknown,
            [] => Scope::WildcardOnly,
            _ => Scope::ResourceTypes,
        }
    }

    /// The resource types it works on, and whether AWS marks each as required.
    /// Required is a mark of the documentation: several types that are all
    /// optional mean "any one of them", not "none".
    pub fn resource_types(&self) -> impl Iterator<Item = (&'c ResourceType, bool)> + use<'c> {
        let service = self.service;
        let links = self.action.links.of(&service.links);
        links.iter().filter_map(|link| {
            let kind = service.resources.get(link.kind as usize)?;
            Some((kind, link.required))
        })
    }

    /// The condition keys that a request for this action can carry, apart from
    /// the global ones: its own, and those of the resource type (of every type
    /// with `None`), narrowed where AWS narrows them. Sorted, each once.
    #[must_use]
    pub fn keys_for(&self, kind: Option<&ResourceType>) -> Vec<&'c ConditionKey> {
        let service = self.service;
        let mut keys: BTreeSet<&ConditionKey> = service.keys_in(self.action.keys).collect();
        for (own, _) in self.resource_types() {
            if kind.is_none_or(|kind| kind.name == own.name) {
                keys.extend(service.keys_in(self.narrowed(own).unwrap_or(own.keys)));
            }
        }
        keys.into_iter().collect()
    }

    /// The keys of the action itself, whatever the resource.
    pub fn own_keys(&self) -> impl Iterator<Item = &'c ConditionKey> + use<'c> {
        self.service.keys_in(self.action.keys)
    }

    fn narrowed(&self, kind: &ResourceType) -> Option<Run> {
        let all = self.action.narrowed.of(&self.service.narrowed);
        let of = |index: u32| self.service.resources.get(index as usize);
        let found = all
            .iter()
            .find(|narrowed| of(narrowed.kind).is_some_and(|of| of.name == kind.name))?;
        Some(found.keys)
    }

    /// Actions that AWS documents as needed beside this one, such as
    /// `iam:PassRole`; often only for some requests.
    #[must_use]
    pub fn needs(&self) -> &'c [&'static str] {
        self.action.needs.of(&self.service.words)
    }

    /// Operations of another name that it authorises: `s3.ListObjectsV2`.
    #[must_use]
    pub fn operations(&self) -> &'c [&'static str] {
        self.action.operations.of(&self.service.words)
    }
}

impl PartialEq for ActionRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.service.prefix == other.service.prefix && self.action.name == other.action.name
    }
}

impl Eq for ActionRef<'_> {}

impl fmt::Display for ActionRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service.prefix, self.action.name)
    }
}
