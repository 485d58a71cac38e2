//! Many resources under one path become a prefix, where that is asked for:
//! tomorrow's invoice has another name. Never beyond the old policies.

use super::current::{Current, Within};
use super::grant::{Conditions, Grant, Scope, Support, support};
use super::narrow;
use super::propose::Proposal;
use super::report::{Review, ReviewKind};
use crate::semantics::Request;
use std::collections::BTreeMap;

/// How far a grant may go beyond the resources that were seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScopeLimit {
    /// Nothing but the resources that were seen.
    #[default]
    Exact,
    /// S3 keys, parameters and log streams that share a path, as its prefix.
    Prefix,
}

/// So many resources make a prefix.
const LEAST: usize = 3;

/// What may share a prefix: one action, under the same conditions, below one
/// path of one parent.
type Family = (String, Conditions, String);

/// Replaces the grants on resources under one path by one on its prefix, where
/// the old policies allow the whole prefix under the same conditions. Under
/// [`ScopeLimit::Exact`] it only notes where that could be done.
pub(super) fn generalise(proposal: &mut Proposal, current: Option<&Current>, limit: ScopeLimit) {
    let requests: BTreeMap<(&str, &str), &Request> = proposal
        .claims
        .iter()
        .flat_map(|claim| &claim.requests)
        .map(|request| {
            (
                (request.action.as_str(), request.resource.as_str()),
                request,
            )
        })
        .collect();
    let mut families: BTreeMap<Family, BTreeMap<&str, &Grant>> = BTreeMap::new();
    for (grant, supports) in &proposal.grants {
        for observed in supports.keys() {
            let is_exact = grant.scope == Scope::Resource(narrow::exact(observed));
            if let Some(path) = path(observed).filter(|_| is_exact) {
                families
                    .entry((grant.action.clone(), grant.conditions.clone(), path))
                    .or_default()
                    .insert(observed, grant);
            }
        }
    }
    let mut changes: Vec<(Vec<Grant>, Grant)> = Vec::new();
    for ((action, conditions, path), members) in families {
        if members.len() < LEAST {
            continue;
        }
        let prefix = if path.ends_with(LOG_STREAM) {
            Some(path)
        } else {
            common(members.keys().copied())
        };
        let Some(prefix) = prefix else {
            continue;
        };
        let pattern = narrow::prefix(&format!("{prefix}*"));
        let whole = Within {
            scope: Scope::Resource(pattern.clone()),
            conditions: conditions.clone(),
        };
        let asked = members
            .keys()
            .find_map(|observed| requests.get(&(action.as_str(), *observed)));
        let inside = match (current, asked) {
            (None, _) => true,
            (Some(current), Some(asked)) => current.roughly(asked, &pattern).contains(&whole),
            (Some(_), None) => false,
        };
        if inside {
            let old = members.values().map(|grant| (*grant).clone()).collect();
            changes.push((
                old,
                Grant {
                    action,
                    scope: whole.scope,
                    conditions,
                },
            ));
        }
    }
    for (old, new) in changes {
        let Scope::Resource(pattern) = &new.scope else {
            continue;
        };
        let (action, many) = (&new.action, old.len());
        let (kind, message) = match limit {
            ScopeLimit::Exact => (
                ReviewKind::Enumerated,
                format!(
                    "`{action}`: {many} resources under one path, and no new one beside them; --scope prefix grants `{pattern}`"
                ),
            ),
            ScopeLimit::Prefix => (
                ReviewKind::Folded,
                format!("`{action}`: {many} resources under one path, granted as `{pattern}`"),
            ),
        };
        proposal.review.insert(Review { kind, message });
        if limit == ScopeLimit::Exact {
            continue;
        }
        let supports: Vec<Support> = old
            .iter()
            .filter_map(|grant| proposal.grants.remove(grant))
            .collect();
        for (resource, tally) in supports.iter().flatten() {
            support(&mut proposal.grants, new.clone(), resource, tally);
        }
    }
}

/// The path below which resources of a kind that has many belong together: the
/// parent and the first step below it. `None` for everything else: a prefix of
/// tables or roles is no path.
fn path(resource: &str) -> Option<String> {
    let service = resource.split(':').nth(2)?;
    let tail = resource.splitn(6, ':').nth(5)?;
    let head = resource.strip_suffix(tail)?;
    if let ("logs", Some((group, _))) = (service, resource.split_once(LOG_STREAM)) {
        // Each run of a program names a stream of its own.
        return Some(format!("{group}{LOG_STREAM}"));
    }
    let has_paths = service == "s3" || service == "ssm" && tail.starts_with("parameter/");
    let mut steps = tail.split('/').filter(|_| has_paths);
    let (parent, step) = (steps.next()?, steps.next()?);
    // The last step is the name itself.
    steps.next().map(|_| format!("{head}{parent}/{step}"))
}

const LOG_STREAM: &str = ":log-stream:";

/// The longest prefix of all that ends at a `/`.
fn common<'r>(mut resources: impl Iterator<Item = &'r str>) -> Option<String> {
    let first = resources.next()?;
    let mut shared = first.len();
    for other in resources {
        shared = first
            .bytes()
            .zip(other.bytes())
            .take(shared)
            .take_while(|(a, b)| a == b)
            .count();
    }
    let head = first.as_bytes().get(..shared)?;
    let end = head.iter().rposition(|byte| *byte == b'/')?;
    first.get(..=end).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_many_has_a_path() {
        let path = |resource| path(resource);
        assert_eq!(
            path("arn:aws:s3:::b/in/2026/1.pdf").as_deref(),
            Some("arn:aws:s3:::b/in")
        );
        assert_eq!(
            path("arn:aws:s3:::b/1.pdf"),
            None,
            "the whole bucket is no path"
        );
        assert_eq!(path("arn:aws:s3:::b"), None);
        assert_eq!(
            path("arn:aws:ssm:eu-west-1:1:parameter/app/db/url").as_deref(),
            Some("arn:aws:ssm:eu-west-1:1:parameter/app")
        );
        assert_eq!(
            path(
                "arn:aws:logs:eu-west-1:1:log-group:/aws/lambda/f:log-stream:2026/10/08/[$LATEST]1a"
            )
            .as_deref(),
            Some("arn:aws:logs:eu-west-1:1:log-group:/aws/lambda/f:log-stream:")
        );
        assert_eq!(
            path("arn:aws:logs:eu-west-1:1:log-group:/aws/lambda/f"),
            None
        );
        assert_eq!(path("arn:aws:iam::1:role/service/a"), None);
        assert_eq!(path("arn:aws:dynamodb:eu-west-1:1:table/a/index/b"), None);
    }

    #[test]
    fn a_prefix_ends_at_a_border() {
        let common = |all: &[&str]| common(all.iter().copied());
        assert_eq!(
            common(&["b/in/2026/10.pdf", "b/in/2026/11.pdf"]).as_deref(),
            Some("b/in/2026/")
        );
        assert_eq!(common(&["b/in/x", "b/in/xy"]).as_deref(), Some("b/in/"));
        assert_eq!(common(&["a", "b"]), None);
        assert_eq!(common(&["ü/ä", "ü/ö"]).as_deref(), Some("ü/"));
    }
}
