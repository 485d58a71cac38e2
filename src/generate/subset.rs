//! The certificate's second half: the proposal grants nothing that the old
//! policies do not, decided by the comparison engine.

use super::current::Current;
use super::report::{Beyond, Subset};
use crate::policy::{Policy, PolicyType};
use crate::semantics::compare::{Direction, Options, Stack, Witness, compare};

/// Whether the proposal lies within the old policies, and what it grants
/// beyond them, or why that is not known. Boundaries are the same on both
/// sides: they are looked at only where the proposal goes beyond without one.
pub(super) fn subset(policies: &[Policy], current: Option<&Current>) -> (Subset, Option<Beyond>) {
    let Some(current) = current else {
        return (Subset::NotChecked, None);
    };
    let old = Stack::default().with(PolicyType::Identity, current.policies.iter().copied());
    let new = Stack::default().with(PolicyType::Identity, policies);
    let options = Options {
        alternatives: false,
        ..Options::default()
    };
    let mut gained = compare(&old, &new, &options).gained;
    if let (Direction::Some(_) | Direction::Unknown(_), Some((_, Some(boundary)))) =
        (&gained, current.boundary)
    {
        let old = old.with(PolicyType::Boundary, [boundary]);
        let new = new.with(PolicyType::Boundary, [boundary]);
        gained = compare(&old, &new, &options).gained;
    }
    match gained {
        Direction::None => (Subset::Proved, None),
        // What could not be read may allow it.
        Direction::Some(_) if !current.unread.is_empty() => {
            let unread = current.unread.join(", ");
            let reason = format!("{unread} could not be read");
            (Subset::Unknown, Some(Beyond::unknown(vec![reason])))
        }
        Direction::Some(witness) => (Subset::Refuted, Some(beyond(&witness))),
        Direction::Unknown(reasons) => (Subset::Unknown, Some(Beyond::unknown(reasons))),
    }
}

fn beyond(witness: &Witness) -> Beyond {
    let request = &witness.request;
    Beyond {
        action: Some(request.action.clone()),
        resource: Some(request.resource.clone()),
        context: request
            .context
            .iter()
            .map(|(key, values)| (key.to_owned(), values.to_vec()))
            .collect(),
        reasons: Vec::new(),
    }
}
