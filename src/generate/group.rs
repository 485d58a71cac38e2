//! Grants become statements: actions grouped by resource, nothing widened.

use super::grant::{Conditions, Grant, Grants, Scope, Support, support};
use super::narrow;
use crate::catalog::{self, AccessLevel};
use crate::policy::{ResourcePattern, Version};
use std::collections::{BTreeMap, BTreeSet};

/// A statement to be: every action on every scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Draft {
    pub sid: String,
    pub actions: BTreeSet<String>,
    pub scopes: BTreeSet<Scope>,
    pub conditions: Conditions,
    /// (action, observed resource) → what it rests on.
    pub support: BTreeMap<String, Support>,
    /// Kept from the old policies without evidence; its actions may be patterns.
    pub kept: bool,
}

/// Groups `grants` into statements that allow exactly their union, sorted, each
/// with a `Sid` of its own that is not in `taken`.
pub(super) fn group(grants: Grants, taken: &BTreeSet<String>) -> Vec<Draft> {
    let grants = join_conditions(drop_implied(grants));
    let mut by_conditions: BTreeMap<Conditions, Vec<(Grant, Support)>> = BTreeMap::new();
    for (grant, support) in grants {
        by_conditions
            .entry(grant.conditions.clone())
            .or_default()
            .push((grant, support));
    }
    let mut drafts: Vec<Draft> = by_conditions
        .into_iter()
        .flat_map(|(conditions, grants)| statements(&conditions, &grants))
        .collect();
    drafts.sort_by(|a, b| {
        let key = |d: &Draft| (d.actions.clone(), d.scopes.clone(), d.conditions.clone());
        key(a).cmp(&key(b))
    });
    name(&mut drafts, taken);
    drafts
}

/// Drops a grant that a wider one of the same action implies; its evidence
/// goes to the wider one.
fn drop_implied(grants: Grants) -> Grants {
    let wide: Vec<(Grant, ResourcePattern)> = grants
        .keys()
        .filter_map(|grant| match &grant.scope {
            Scope::Resource(text) if narrow::is_pattern(text) => {
                Some((grant.clone(), ResourcePattern::parse(text, Version::V2012)))
            }
            _ => None,
        })
        .collect();
    if wide.is_empty() {
        return grants;
    }
    let mut kept = Grants::new();
    for (grant, supports) in grants {
        let wider = implied_by(&grant, &wide).unwrap_or(grant);
        for (resource, tally) in &supports {
            support(&mut kept, wider.clone(), resource, tally);
        }
    }
    kept
}

/// The widest grant that implies `grant`, if there is one. Two that imply each
/// other are settled by their order.
fn implied_by(grant: &Grant, wide: &[(Grant, ResourcePattern)]) -> Option<Grant> {
    let Scope::Resource(text) = &grant.scope else {
        return None;
    };
    let inner = ResourcePattern::parse(text, Version::V2012);
    let mut best: Option<(&Grant, &ResourcePattern)> = None;
    for (other, outer) in wide {
        if other == grant
            || other.action != grant.action
            || !other.conditions.implied_by(&grant.conditions)
            || !narrow::covers(outer, &inner)
        {
            continue;
        }
        let mutual =
            narrow::covers(&inner, outer) && grant.conditions.implied_by(&other.conditions);
        if mutual && grant < other {
            continue;
        }
        best = match best {
            Some((known, pattern))
                if narrow::covers(pattern, outer)
                    && known.conditions.implied_by(&other.conditions) =>
            {
                Some((known, pattern))
            }
            _ => Some((other, outer)),
        };
    }
    best.map(|(grant, _)| grant.clone())
}

/// Joins grants of one action and scope whose conditions differ in the values
/// of one test, such as the services a role is passed to.
fn join_conditions(grants: Grants) -> Grants {
    let mut joined: BTreeMap<(String, Scope), Vec<(Conditions, Support)>> = BTreeMap::new();
    for (grant, supports) in grants {
        let known = joined.entry((grant.action, grant.scope)).or_default();
        let place = known.iter_mut().find_map(|(conditions, support)| {
            conditions
                .either(&grant.conditions)
                .map(|either| (conditions, support, either))
        });
        match place {
            Some((conditions, support, either)) => {
                *conditions = either;
                merge(support, &supports);
            }
            None => known.push((grant.conditions, supports)),
        }
    }
    let mut out = Grants::new();
    for ((action, scope), all) in joined {
        for (conditions, supports) in all {
            let grant = Grant {
                action: action.clone(),
                scope: scope.clone(),
                conditions,
            };
            merge(out.entry(grant).or_default(), &supports);
        }
    }
    out
}

fn merge(into: &mut Support, from: &Support) {
    for (resource, tally) in from {
        into.entry(resource.clone())
            .and_modify(|known| known.add(tally))
            .or_insert_with(|| tally.clone());
    }
}

/// The statements of one set of conditions: resources with the same actions
/// together, or actions with the same resources, whichever are fewer.
fn statements(conditions: &Conditions, grants: &[(Grant, Support)]) -> Vec<Draft> {
    let mut actions_of: BTreeMap<&Scope, BTreeSet<&str>> = BTreeMap::new();
    let mut scopes_of: BTreeMap<&str, BTreeSet<&Scope>> = BTreeMap::new();
    for (grant, _) in grants {
        actions_of
            .entry(&grant.scope)
            .or_default()
            .insert(&grant.action);
        scopes_of
            .entry(&grant.action)
            .or_default()
            .insert(&grant.scope);
    }
    let mut by_resource: BTreeMap<BTreeSet<&str>, BTreeSet<&Scope>> = BTreeMap::new();
    for (scope, actions) in actions_of {
        by_resource.entry(actions).or_default().insert(scope);
    }
    let mut by_action: BTreeMap<BTreeSet<&Scope>, BTreeSet<&str>> = BTreeMap::new();
    for (action, scopes) in scopes_of {
        by_action.entry(scopes).or_default().insert(action);
    }
    let groups: Vec<(BTreeSet<&str>, BTreeSet<&Scope>)> = if by_action.len() < by_resource.len() {
        by_action.into_iter().map(|(s, a)| (a, s)).collect()
    } else {
        by_resource.into_iter().collect()
    };
    // A `NotResource` cannot stand beside a `Resource`, nor beside another.
    groups
        .into_iter()
        .flat_map(|(actions, scopes)| {
            let (entries, negated): (BTreeSet<&Scope>, BTreeSet<&Scope>) = scopes
                .into_iter()
                .partition(|scope| matches!(scope, Scope::Resource(_)));
            let mut parts: Vec<BTreeSet<&Scope>> = negated
                .into_iter()
                .map(|scope| BTreeSet::from([scope]))
                .collect();
            if !entries.is_empty() {
                parts.push(entries);
            }
            parts
                .into_iter()
                .map(move |scopes| (actions.clone(), scopes))
        })
        .map(|(actions, scopes)| draft(conditions, grants, &actions, &scopes))
        .collect()
}

fn draft(
    conditions: &Conditions,
    grants: &[(Grant, Support)],
    actions: &BTreeSet<&str>,
    scopes: &BTreeSet<&Scope>,
) -> Draft {
    let mut support: BTreeMap<String, Support> = BTreeMap::new();
    for (grant, supports) in grants {
        if actions.contains(grant.action.as_str()) && scopes.contains(&grant.scope) {
            merge(support.entry(grant.action.clone()).or_default(), supports);
        }
    }
    Draft {
        sid: String::new(),
        actions: actions.iter().map(|&action| action.to_owned()).collect(),
        scopes: scopes.iter().map(|&scope| scope.clone()).collect(),
        conditions: conditions.clone(),
        support,
        kept: false,
    }
}

/// Gives each statement a `Sid` that says what it is for: service, access
/// levels, and the resource where there is one. Letters and digits only.
fn name(drafts: &mut [Draft], taken: &BTreeSet<String>) {
    let mut used = taken.clone();
    for draft in drafts {
        draft.sid = free_sid(&sid(draft), &mut used);
    }
}

/// `base`, or `base2`, `base3`, … where it is used already.
pub(super) fn free_sid(base: &str, used: &mut BTreeSet<String>) -> String {
    let numbered = (2u32..).map(|number| format!("{base}{number}"));
    let free = std::iter::once(base.to_owned())
        .chain(numbered)
        .find(|sid| !used.contains(sid))
        .unwrap_or_default();
    used.insert(free.clone());
    free
}

/// What a statement is for, as a `Sid`.
pub(super) fn sid(draft: &Draft) -> String {
    let services: BTreeSet<&str> = draft
        .actions
        .iter()
        .filter_map(|action| action.split_once(':').map(|(service, _)| service))
        .collect();
    let mut sid = match (services.len(), services.first()) {
        (1, Some(service)) => camel(service),
        _ => "Several".to_owned(),
    };
    match (draft.actions.len(), draft.actions.first()) {
        (1, Some(action)) => sid.push_str(&camel(action.split_once(':').map_or("", |(_, n)| n))),
        _ => {
            let levels: BTreeSet<u8> = draft.actions.iter().filter_map(|a| level(a)).collect();
            let words = ["List", "Read", "Write", "Tag", "Permissions"];
            for level in levels {
                sid.push_str(words.get(usize::from(level)).copied().unwrap_or_default());
            }
        }
    }
    if let (1, Some(Scope::Resource(text))) = (draft.scopes.len(), draft.scopes.first()) {
        let tail = text.split(':').skip(5).collect::<Vec<_>>().join("/");
        let word = tail
            .rsplit('/')
            .map(camel)
            .find(|word| !word.is_empty())
            .unwrap_or_default();
        if word.len() <= 24 {
            sid.push_str(&word);
        }
    }
    sid
}

/// The place of an action's access level in the order of the words.
fn level(action: &str) -> Option<u8> {
    catalog::get()
        .action(action)
        .map(|action| match action.access() {
            AccessLevel::List => 0,
            AccessLevel::Read => 1,
            AccessLevel::Write => 2,
            AccessLevel::Tagging => 3,
            AccessLevel::Permissions => 4,
        })
}

/// `orders-placed` → `OrdersPlaced`.
fn camel(text: &str) -> String {
    let mut out = String::new();
    let mut upper = true;
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(if upper { c.to_ascii_uppercase() } else { c });
            upper = false;
        } else {
            upper = true;
        }
    }
    out
}
