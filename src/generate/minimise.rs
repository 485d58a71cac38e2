//! Statements into documents that IAM takes: nothing is ever cut off.

use super::evidence;
use super::group::{Draft, free_sid};
use super::write;
use crate::policy::{self, Policy, Statement, Version};
use std::collections::BTreeSet;

/// Characters of a managed policy, white space not counted.
pub(super) const MANAGED_POLICY: usize = 6_144;
/// Managed policies on a role, by default and at most.
pub(super) const ATTACHED: usize = 10;
/// The same after AWS has raised the quota.
pub(super) const ATTACHED_RAISED: usize = 25;

/// Characters as IAM counts them.
pub(super) fn characters(policy: &Policy) -> usize {
    policy::size(&policy::print_compact(policy))
}

/// Cuts drafts that are too long for one policy into several that allow the
/// same together, each with a `Sid` of its own.
pub(super) fn fit(drafts: Vec<Draft>, limit: usize) -> Vec<Draft> {
    let mut used: BTreeSet<String> = drafts.iter().map(|draft| draft.sid.clone()).collect();
    let mut out = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let mut parts = Vec::new();
        halve(draft.clone(), limit, &mut parts);
        if let [part] = parts.as_slice() {
            out.push(part.clone());
            continue;
        }
        for (number, mut part) in (1u32..).zip(parts) {
            part.sid = free_sid(&format!("{}Part{number}", draft.sid), &mut used);
            out.push(part);
        }
    }
    out
}

/// Halves a draft until its parts fit or hold one action on one resource. The
/// depth is the logarithm of what the draft holds.
fn halve(draft: Draft, limit: usize, parts: &mut Vec<Draft>) {
    let alone = write::document(vec![write::statement(&draft)], Version::V2012);
    // The `Sid` of a part is a few characters longer.
    if characters(&alone) + 16 <= limit {
        parts.push(draft);
        return;
    }
    let (mut left, mut right) = (draft.clone(), draft);
    if left.scopes.len() > 1 {
        left.scopes = take(&left.scopes, false);
        right.scopes = take(&right.scopes, true);
    } else if left.actions.len() > 1 {
        left.actions = take(&left.actions, false);
        right.actions = take(&right.actions, true);
    } else {
        parts.push(left);
        return;
    }
    for part in [&mut left, &mut right] {
        evidence::keep_own(part);
    }
    halve(left, limit, parts);
    halve(right, limit, parts);
}

/// The first or the second half of a set.
fn take<T: Ord + Clone>(set: &BTreeSet<T>, second: bool) -> BTreeSet<T> {
    let half = set.len().div_ceil(2);
    if second {
        set.iter().skip(half).cloned().collect()
    } else {
        set.iter().take(half).cloned().collect()
    }
}

/// Packs statements, in their order, into as few documents as first fit
/// finds. A statement of an old document keeps its version, for in 2008-10-17
/// `${` is no variable (R87). A statement too long for any document gets one
/// of its own.
pub(super) fn pack(statements: Vec<(Statement, Version)>, limit: usize) -> Vec<Policy> {
    let mut documents: Vec<(Policy, usize)> = Vec::new();
    for (statement, version) in statements {
        let alone = write::document(vec![statement.clone()], version);
        // What one statement adds to a document: never more than this.
        let size = characters(&alone);
        let place = documents.iter_mut().find(|(document, used)| {
            document.effective_version() == version && *used + size <= limit
        });
        match place {
            Some((document, used)) => {
                document.statements.push(statement);
                *used += size;
            }
            None => documents.push((alone, size)),
        }
    }
    documents
        .into_iter()
        .map(|(document, _)| document)
        .collect()
}
