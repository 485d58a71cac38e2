//! One principal's requests, split by who ran behind it (`cloudtrail.md` 8).

use crate::graph::{ObservedRequest, Workload};
use std::collections::BTreeMap;

/// The kind of people's sessions in the console (C12).
pub(super) const CONSOLE: &str = "console";
/// The kind of an IAM user.
pub(super) const USER: &str = "user";

/// The requests of one workload of one principal.
#[derive(Clone, Debug)]
pub(super) struct Share<'a> {
    /// ARN of the role or user.
    pub principal: &'a str,
    /// Who ran behind it.
    pub workload: Workload,
    /// What it did, in the order of the input.
    pub requests: Vec<&'a ObservedRequest>,
}

/// Splits `requests` by principal and workload, sorted by both.
///
/// A user agent is never a key: the caller chooses it. People's console
/// sessions form one share and are never folded into a workload.
pub(super) fn partition<'a>(
    requests: impl IntoIterator<Item = &'a ObservedRequest>,
) -> Vec<Share<'a>> {
    let mut shares: BTreeMap<(&str, String, String), Share<'a>> = BTreeMap::new();
    for request in requests {
        let workload = settle(&request.principal, &request.workload);
        let key = (
            request.principal.as_str(),
            workload.name.clone(),
            workload.kind.clone(),
        );
        let share = shares.entry(key).or_insert_with(|| Share {
            principal: &request.principal,
            workload: workload.clone(),
            requests: Vec::new(),
        });
        share.requests.push(request);
        // Same workload, told by several keys: the sharpest one is kept.
        if rank(&workload.basis) < rank(&share.workload.basis) {
            share.workload.basis = workload.basis;
        }
        share.workload.service = match (share.workload.service.take(), workload.service) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
    shares.into_values().collect()
}

/// The workload a share is made for.
fn settle(principal: &str, workload: &Workload) -> Workload {
    let named = |kind: &str, name: &str, basis: &str| Workload {
        kind: kind.to_owned(),
        name: name.to_owned(),
        basis: basis.to_owned(),
        service: workload.service.clone(),
    };
    if let Some((_, user)) = principal.split_once(":user/") {
        let name = user.rsplit('/').next().unwrap_or(user);
        named(USER, name, "user")
    } else if workload.kind == CONSOLE {
        named(CONSOLE, CONSOLE, "console")
    } else if workload.name.is_empty() {
        named(&workload.kind, &workload.kind, &workload.basis)
    } else {
        workload.clone()
    }
}

/// Place of a basis in the order of C15; an unknown one comes last.
fn rank(basis: &str) -> (usize, &str) {
    let order = [
        "source-arn",
        "source-identity",
        "session-tags",
        "session-name",
        "invoked-by",
        "vpce",
    ];
    let place = order.iter().position(|known| *known == basis);
    (place.unwrap_or(order.len()), basis)
}
