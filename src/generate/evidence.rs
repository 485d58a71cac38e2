//! Which records each granted action on each resource rests on.

use super::grant::Scope;
use super::group::Draft;
use super::narrow;
use super::report::Evidence;
use crate::policy::{ResourcePattern, Version};
use std::collections::BTreeSet;

/// One row for each action and observed resource of each statement.
pub(super) fn evidence(drafts: &[Draft]) -> Vec<Evidence> {
    let mut rows = Vec::new();
    for draft in drafts {
        for (action, support) in &draft.support {
            for (resource, tally) in support {
                rows.push(Evidence {
                    statement: draft.sid.clone(),
                    action: action.clone(),
                    resource: resource.clone(),
                    count: tally.count,
                    first: tally.first.clone(),
                    last: tally.last.clone(),
                    event_ids: tally.ids.iter().cloned().collect(),
                });
            }
        }
    }
    rows
}

/// Leaves a part of a draft only the evidence that it has to do with.
pub(super) fn keep_own(part: &mut Draft) {
    let mut support = std::mem::take(&mut part.support);
    let reach = Reach::of(part);
    support.retain(|action, _| part.actions.contains(action));
    for rows in support.values_mut() {
        rows.retain(|resource, _| reach.holds(resource));
    }
    part.support = support;
}

/// Which observed resources a statement has to do with.
struct Reach<'d> {
    texts: BTreeSet<&'d str>,
    patterns: Vec<ResourcePattern>,
    excluding: bool,
}

impl<'d> Reach<'d> {
    fn of(draft: &'d Draft) -> Self {
        let texts: BTreeSet<&str> = draft
            .scopes
            .iter()
            .filter_map(|scope| match scope {
                Scope::Resource(text) => Some(text.as_str()),
                Scope::NotResource(_) => None,
            })
            .collect();
        let patterns = texts.iter().filter(|text| narrow::is_pattern(text));
        Self {
            patterns: patterns.map(|text| read(text)).collect(),
            excluding: texts.is_empty(),
            texts,
        }
    }

    fn holds(&self, observed: &str) -> bool {
        let exact = narrow::exact(observed);
        if self.excluding || self.texts.contains(observed) || self.texts.contains(exact.as_str()) {
            return true;
        }
        let shaped = narrow::is_pattern(observed);
        if self.patterns.is_empty() && !shaped {
            return false;
        }
        // What was observed is a text or, where it is imprecise, a pattern.
        let shapes = [read(observed), read(&exact)];
        let near = |pattern: &ResourcePattern| {
            shapes
                .iter()
                .any(|shape| narrow::may_overlap(shape, pattern))
        };
        self.patterns.iter().any(near) || shaped && self.texts.iter().any(|text| near(&read(text)))
    }
}

fn read(text: &str) -> ResourcePattern {
    ResourcePattern::parse(text, Version::V2012)
}
