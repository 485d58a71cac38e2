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
/// [`ScopeLimit::Exact`] it only notes where that could be done. Under both it
/// notes where tomorrow's names will be refused and no prefix helps.
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
    let mut notes = Vec::new();
    for ((action, conditions, path), members) in families {
        let are_streams = path.ends_with(LOG_STREAM);
        let is_root = path.ends_with('/');
        let few = members.len() < LEAST;
        // One file may have its name for good; each run names a stream anew.
        if few && !are_streams {
            continue;
        }
        let prefix = if are_streams || is_root {
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
        if inside && (few || is_root) {
            let why = if is_root {
                "directly in the bucket, and a bucket is no prefix"
            } else {
                "too few to make a prefix"
            };
            notes.push(Review {
                kind: ReviewKind::Listed,
                message: format!(
                    "`{action}`: {} {why}; new ones will be denied, and `{pattern}` has to be granted by hand",
                    match members.len() {
                        1 => "1 resource is named,".to_owned(),
                        n => format!("{n} resources are named,"),
                    }
                ),
            });
        } else if inside {
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
    proposal.review.extend(notes);
    for (old, new) in changes {
        let Scope::Resource(pattern) = &new.scope else {
            continue;
        };
        let (action, many) = (&new.action, old.len());
        let (kind, message) = match limit {
            ScopeLimit::Exact => (
                ReviewKind::Enumerated,
                format!(
                    "`{action}`: {many} resources under one path are named; new ones will be denied, use --scope prefix to grant `{pattern}`"
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
/// parent and the first step below it, or for an object without a path its
/// bucket with the `/`. `None` for everything else: a prefix of tables or roles
/// is no path.
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
    match steps.next() {
        Some(_) => Some(format!("{head}{parent}/{step}")),
        None => (service == "s3").then(|| format!("{head}{parent}/")),
    }
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
            path("arn:aws:s3:::b/1.pdf").as_deref(),
            Some("arn:aws:s3:::b/"),
            "noted, and never granted"
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
