//! What the account says a principal may do today.

use super::grant::{Conditions, Scope};
use super::hedge::{self, Reach, Side};
use super::narrow::{self, Meet};
use super::write;
use crate::policy::{Effect, Element, Policy, ResourcePattern, Statement, Version};
use crate::semantics::Request;
use crate::sources::{Completeness, Document, Entity, Inventory};
use std::collections::BTreeSet;

/// A principal's policies as the account's export holds them.
#[derive(Debug)]
pub(super) struct Current<'a> {
    /// The principal.
    pub entity: &'a Entity,
    /// Its identity policies, its groups' included (R10).
    pub policies: Vec<&'a Policy>,
    /// What is attached and could not be read, or not as a whole: anything may
    /// stand in there.
    pub unread: Vec<String>,
    /// ARN and text of its permissions boundary.
    pub boundary: Option<(&'a str, Option<&'a Policy>)>,
    /// Its trust policy.
    pub trust: Option<&'a Policy>,
    allows: Vec<Allow<'a>>,
}

/// One Allow statement.
#[derive(Debug)]
struct Allow<'a> {
    statement: &'a Statement,
    version: Version,
    /// The statement alone, and the same on every resource.
    alone: Side,
    anywhere: Side,
}

/// A grant that the old policies hold already.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Within {
    pub scope: Scope,
    pub conditions: Conditions,
}

impl<'a> Current<'a> {
    /// What `inventory` says of the role or user with this ARN. A role's ARN
    /// may have been made from a session's, which has no path (C2).
    pub(super) fn of(inventory: &'a Inventory, arn: &str) -> Option<Self> {
        let entity = inventory
            .entity_by_arn(arn)
            .or_else(|| without_path(inventory, arn))?;
        let effective = inventory.effective(entity);
        let mut unread = effective.unresolved;
        let mut policies = Vec::new();
        for id in effective.documents {
            let document = inventory.document(id);
            if document.completeness != Completeness::Full {
                unread.push(name_of(document));
            }
            // Both readings of repeated keys count (R49).
            policies.extend(document.policy.iter().chain(&document.first));
        }
        let text = |id| inventory.document(id).policy.as_ref();
        let allows = policies
            .iter()
            .flat_map(|policy| {
                policy
                    .statements
                    .iter()
                    .map(move |statement| (statement, policy.effective_version()))
            })
            .filter(|(statement, _)| is(statement, Effect::Allow))
            .map(|(statement, version)| Allow::new(statement, version))
            .collect();
        Some(Self {
            entity,
            policies,
            unread,
            boundary: entity
                .boundary
                .as_ref()
                .map(|boundary| (boundary.arn.as_str(), boundary.document.and_then(text))),
            trust: entity.trust.and_then(text),
            allows,
        })
    }

    /// The explicit denies, each with the version of its document.
    pub(super) fn denies(&self) -> impl Iterator<Item = (&'a Statement, Version)> {
        self.statements(Effect::Deny)
    }

    /// The statements of one effect, each with the version of its document.
    pub(super) fn statements(
        &self,
        effect: Effect,
    ) -> impl Iterator<Item = (&'a Statement, Version)> {
        self.policies.iter().flat_map(move |policy| {
            policy
                .statements
                .iter()
                .filter(move |statement| is(statement, effect))
                .map(|statement| (statement, policy.effective_version()))
        })
    }

    /// What the old policies say to a request whose resource is known: the
    /// resource under the fewest conditions that let it through. Statements
    /// that hold for certain come before those that depend on a key the record
    /// does not tell; of the latter all are kept. Empty: not allowed.
    pub(super) fn exactly(&self, request: &Request) -> Vec<Within> {
        let mut sure = BTreeSet::new();
        let mut open = BTreeSet::new();
        for allow in &self.allows {
            match allow.alone.reach(request) {
                Reach::Yes => sure.insert(allow.conditions()),
                Reach::Open(_) => open.insert(allow.conditions()),
                Reach::No => false,
            };
        }
        let fewest = sure.into_iter().min_by_key(|c| (c.0.len(), c.clone()));
        let conditions = match fewest {
            Some(conditions) => BTreeSet::from([conditions]),
            None => open,
        };
        conditions
            .into_iter()
            .map(|conditions| Within {
                scope: Scope::Resource(narrow::exact(&request.resource)),
                conditions,
            })
            .collect()
    }

    /// What the old policies allow of a request whose resource is known only
    /// as `pattern`: the pattern cut down to each statement that reaches it.
    pub(super) fn roughly(&self, request: &Request, pattern: &str) -> Vec<Within> {
        let shape = ResourcePattern::parse(pattern, Version::V2012);
        let mut found = BTreeSet::new();
        for allow in &self.allows {
            if allow.anywhere.reach(request) == Reach::No {
                continue;
            }
            let Some(element) = &allow.statement.resource else {
                continue;
            };
            for scope in cut(element, allow.version, &shape) {
                found.insert(Within {
                    scope,
                    conditions: allow.conditions(),
                });
            }
        }
        found.into_iter().collect()
    }
}

impl<'a> Allow<'a> {
    fn new(statement: &'a Statement, version: Version) -> Self {
        let side =
            |statement: Statement| Side::new(vec![write::document(vec![statement], version)], None);
        Self {
            statement,
            version,
            alone: side(statement.clone()),
            anywhere: side(hedge::everywhere(statement)),
        }
    }

    fn conditions(&self) -> Conditions {
        Conditions::of(&self.statement.conditions, |text| {
            modern(text, self.version)
        })
    }
}

/// The parts of `shape` that a statement's resources reach.
fn cut(
    element: &Element<ResourcePattern>,
    version: Version,
    shape: &ResourcePattern,
) -> Vec<Scope> {
    let entries = || element.entries.iter().map(|entry| &entry.value);
    if element.negated {
        if !entries().any(|entry| narrow::may_overlap(entry, shape)) {
            return vec![Scope::Resource(shape.text.clone())];
        }
        if entries().any(|entry| narrow::covers(entry, shape)) {
            return Vec::new();
        }
        // The rest of a pattern is no pattern: the old element stands.
        return vec![Scope::NotResource(
            entries()
                .map(|entry| modern(&entry.text, version))
                .collect(),
        )];
    }
    entries()
        .filter_map(|entry| match narrow::meet(shape, entry) {
            Meet::Disjoint => None,
            Meet::Text(text) => Some(Scope::Resource(text)),
            Meet::Second => Some(Scope::Resource(modern(&entry.text, version))),
        })
        .collect()
}

/// Text of an old document as version 2012-10-17 must write it: before, `${`
/// was no variable (R87).
pub(super) fn modern(text: &str, version: Version) -> String {
    match version {
        Version::V2012 => text.to_owned(),
        Version::V2008 => text.replace("${", "${$}{"),
    }
}

pub(super) fn is(statement: &Statement, effect: Effect) -> bool {
    statement
        .effect
        .as_ref()
        .is_some_and(|written| written.value == effect)
}

/// The role of the same account and name, for an ARN without a path.
fn without_path<'a>(inventory: &'a Inventory, arn: &str) -> Option<&'a Entity> {
    let (head, name) = arn.split_once(":role/")?;
    if name.contains('/') {
        return None;
    }
    inventory.entities.iter().find(|entity| {
        entity.name == name
            && entity
                .arn
                .split_once(":role/")
                .is_some_and(|(known, _)| known == head)
    })
}

fn name_of(document: &Document) -> String {
    document
        .arn
        .clone()
        .or_else(|| document.address.clone())
        .unwrap_or_else(|| "a policy document".to_owned())
}
