//! What one Allow statement reaches: which actions of the catalog it allows
//! on some resource, and which of them a Deny takes back.

use super::overlap::ArnSet;
use super::{ObservedRequest, Precision};
use crate::catalog::Scope as Narrowing;
use crate::catalog::{self, ActionRef};
use crate::policy::{ActionKind, Effect, Element, PolicyType, ResourcePattern, Statement};
use crate::semantics::evaluate::matching::resource_matches;
use crate::semantics::{Context, Settings};
use std::collections::BTreeMap;

/// Service prefix and name, as the catalog spells them.
pub(super) type Name = (&'static str, &'static str);

/// Actions by name.
pub(super) type Named = BTreeMap<Name, ActionRef<'static>>;

fn by_name(action: ActionRef<'static>) -> (Name, ActionRef<'static>) {
    ((action.service.prefix, action.action.name), action)
}

/// The actions of the catalog that a statement's `Action` or `NotAction`
/// names.
pub(super) fn named(statement: &Statement) -> Named {
    let Some(actions) = &statement.action else {
        return Named::new();
    };
    let expand = |pattern: &str| catalog::get().expand(pattern).into_iter().map(by_name);
    let mut named = Named::new();
    for entry in &actions.entries {
        if entry.value.kind != ActionKind::Malformed {
            named.extend(expand(&entry.value.text));
        }
    }
    if !actions.negated {
        return named;
    }
    let mut rest: Named = expand("*").collect();
    rest.retain(|name, _| !named.contains_key(name));
    rest
}

/// What a statement reaches.
pub(super) struct Reach {
    /// The actions that it names and leaves a resource for.
    pub(super) reached: Named,
    /// Those of which the catalog does not know the resources.
    pub(super) undecided: Named,
}

impl Reach {
    pub(super) fn of(statement: &Statement) -> Self {
        let mut found = Self {
            reached: Named::new(),
            undecided: Named::new(),
        };
        let Some(resources) = &statement.resource else {
            return found;
        };
        let scope = Scope::of(resources);
        for (name, action) in named(statement) {
            match scope.leaves_a_resource(action) {
                Some(true) => found.reached.insert(name, action),
                Some(false) => None,
                None => found.undecided.insert(name, action),
            };
        }
        found
    }
}

/// The resources of a statement.
pub(super) struct Scope<'p> {
    elements: &'p Element<ResourcePattern>,
    sets: Vec<ArnSet>,
    /// The same as the catalog reads them.
    globs: Vec<String>,
}

impl<'p> Scope<'p> {
    pub(super) fn of(elements: &'p Element<ResourcePattern>) -> Self {
        let entries = elements.entries.iter();
        let sets: Vec<_> = entries
            .filter_map(|entry| ArnSet::of_pattern(&entry.value))
            .collect();
        Self {
            elements,
            globs: sets.iter().map(ArnSet::to_string).collect(),
            sets,
        }
    }

    fn is_negated(&self) -> bool {
        self.elements.negated
    }

    fn names_everything(&self) -> bool {
        self.sets.iter().any(ArnSet::is_everything)
    }

    /// Whether some resource of the action lies inside; `None` where the
    /// catalog does not know its resources. An action without resource types
    /// needs `*`.
    fn leaves_a_resource(&self, action: ActionRef) -> Option<bool> {
        if self.is_negated() || self.names_everything() {
            // Whatever `NotResource` leaves out, short of `*`, a format
            // reaches beyond it.
            return Some(self.is_negated() != self.names_everything());
        }
        match action.scope() {
            Narrowing::Unknown => None,
            Narrowing::WildcardOnly => Some(false),
            Narrowing::ResourceTypes => {
                let mut kinds = action.resource_types();
                Some(kinds.any(|(kind, _)| self.globs.iter().any(|glob| kind.matches(glob))))
            }
        }
    }

    /// Whether the resource of an observed request can lie inside. A resource
    /// that is known is a question to the simulator; one that is folded or
    /// imprecise lies inside if a part of it does.
    pub(super) fn admits(&self, request: &ObservedRequest) -> bool {
        let observed = ArnSet::of_observed(&request.resource);
        let inside = |entry: &ResourcePattern| -> bool {
            let exact = (request.precision == Precision::Exact)
                .then(|| simulated(entry, request))
                .flatten();
            exact.unwrap_or_else(|| {
                ArnSet::of_pattern(entry).is_some_and(|set| match self.is_negated() {
                    true => set.surely_holds(&observed),
                    false => set.overlaps(&observed),
                })
            })
        };
        let mut entries = self.elements.entries.iter();
        entries.any(|entry| inside(&entry.value)) != self.is_negated()
    }
}

/// The simulator's answer; `None` where a variable has no value.
fn simulated(entry: &ResourcePattern, request: &ObservedRequest) -> Option<bool> {
    let mut context = Context::default();
    for (key, values) in &request.context {
        context.insert(key, values.clone()).ok()?;
    }
    let (kind, settings) = (PolicyType::Identity, Settings::default());
    resource_matches(entry, &request.resource, &context, kind, &settings)
}

/// What a Deny does to one action of an Allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Denial {
    /// Nothing.
    None,
    /// It holds for some resources or under some condition.
    Partly,
    /// It takes back every resource of the Allow, always.
    Wholly,
}

/// The Deny statements of a principal, expanded once.
pub(super) struct Denials<'p>(Vec<(Named, &'p Statement)>);

impl<'p> Denials<'p> {
    pub(super) fn of(statements: impl IntoIterator<Item = &'p Statement>) -> Self {
        let denies = |statement: &&Statement| {
            let effect = statement.effect.as_ref().map(|effect| effect.value);
            effect == Some(Effect::Deny)
        };
        let found = statements.into_iter().filter(denies);
        Self(found.map(|deny| (named(deny), deny)).collect())
    }

    /// What they do to `action` of `allow`: the strongest of them.
    pub(super) fn on(&self, allow: &Statement, action: Name) -> Denial {
        let about = self
            .0
            .iter()
            .filter(|(named, _)| named.contains_key(&action));
        about
            .map(|(_, deny)| denies_resources(deny, allow))
            .max()
            .unwrap_or(Denial::None)
    }
}

fn denies_resources(deny: &Statement, allow: &Statement) -> Denial {
    let (Some(denied), Some(allowed)) = (&deny.resource, &allow.resource) else {
        return Denial::None;
    };
    let (denied, allowed) = (Scope::of(denied), Scope::of(allowed));
    if denied.is_negated() || allowed.is_negated() {
        let wholly = !denied.is_negated() && denied.names_everything();
        return match (wholly, deny.conditions.is_empty()) {
            (true, true) => Denial::Wholly,
            _ => Denial::Partly,
        };
    }
    let holds = |set: &ArnSet| denied.sets.iter().any(|deny| deny.surely_holds(set));
    let meets = |set: &ArnSet| denied.sets.iter().any(|deny| deny.overlaps(set));
    if !allowed.sets.iter().any(meets) {
        Denial::None
    } else if allowed.sets.iter().all(holds) && deny.conditions.is_empty() {
        Denial::Wholly
    } else {
        Denial::Partly
    }
}
