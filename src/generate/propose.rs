//! From what a workload was seen doing to what it is granted.
//!
//! Every authorised request becomes a grant on exactly its resource, inside
//! what the old policies allow where the account is given. Denied requests
//! become no grant. A request that the old policies do not explain becomes
//! none either: a grant for it would be new access.

use super::current::{Current, Within};
use super::grant::{Conditions, Grant, Grants, Scope, Tally, support};
use super::narrow;
use super::partition::Share;
use super::report::{Answer, Denied, Review, ReviewKind};
use crate::graph::{ObservedRequest, Outcome, Precision};
use crate::semantics::{Context, Request};
use std::collections::{BTreeMap, BTreeSet};

/// The one action that CloudTrail never records and the mapping infers (C27).
const PASS_ROLE: &str = "iam:PassRole";
const PASSED_TO: &str = "iam:PassedToService";
const VIA_SERVICE: &str = "kms:ViaService";
/// Who asks, as conditions see it: of a session, its role.
pub(super) const PRINCIPAL_ARN: &str = "aws:PrincipalArn";

/// What one workload gets, and what it does not.
#[derive(Debug, Default)]
pub(super) struct Proposal {
    pub grants: Grants,
    /// One for each distinct authorised request, in a fixed order.
    pub claims: Vec<Claim>,
    pub denied: Vec<Denied>,
    pub review: BTreeSet<Review>,
}

/// An authorised request and how it is to be replayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    pub action: String,
    /// The resource as observed.
    pub resource: String,
    pub count: u64,
    /// The request on each resource, or pattern of resources, granted for it.
    pub requests: Vec<Request>,
    /// Why nothing was granted, or cannot be replayed.
    pub left_out: Option<(Answer, String)>,
}

/// Proposes grants for one share. `current` is absent where no account was
/// given or it does not hold the principal.
pub(super) fn propose(share: &Share, current: Option<&Current>) -> Proposal {
    let mut proposal = Proposal::default();
    let mut denied: BTreeMap<(&str, &str), Refused> = BTreeMap::new();
    let mut observed: BTreeMap<Distinct, Seen> = BTreeMap::new();
    let mut succeeded: BTreeSet<(&str, &str)> = BTreeSet::new();
    for request in &share.requests {
        if request.outcome == Outcome::Denied {
            let refused = denied
                .entry((&request.action, &request.resource))
                .or_default();
            refused.count = refused.count.saturating_add(request.count);
            if let Some(current) = current {
                let asked = question(share, request, Some(current));
                let allows = match request.precision {
                    Precision::Exact => !current.exactly(&asked).is_empty(),
                    _ => !current.roughly(&asked, &request.resource).is_empty(),
                };
                refused.allowed = Some(allows || refused.allowed == Some(true));
            }
            continue;
        }
        let key = (
            request.action.as_str(),
            request.resource.as_str(),
            &request.context,
        );
        if request.outcome == Outcome::Ok {
            succeeded.insert((key.0, key.1));
        }
        match observed.get_mut(&key) {
            Some(seen) => seen.add(request),
            None => {
                observed.insert(key, Seen::of(request));
            }
        }
    }
    proposal.denied = denied
        .into_iter()
        .map(|((action, resource), refused)| Denied {
            action: action.to_owned(),
            resource: resource.to_owned(),
            count: refused.count,
            old_role_allows: refused.allowed,
        })
        .collect();
    let via = via_services(share);
    for ((action, resource, _), mut seen) in observed {
        seen.semantic = !succeeded.contains(&(action, resource));
        let inferred = action == PASS_ROLE;
        let mut claim = one(share, current, &seen, &via, &mut proposal);
        if inferred && claim.left_out.is_some() {
            // Nobody saw it refused or allowed: it is a guess that the old
            // policies refute.
            proposal.review.insert(Review {
                kind: ReviewKind::Inferred,
                message: format!(
                    "`{PASS_ROLE}` on `{}` follows from a call that names the role, but the old policies do not allow it: not granted",
                    claim.resource
                ),
            });
            continue;
        }
        claim.requests.dedup();
        proposal.claims.push(claim);
    }
    proposal
}

/// Refused records, and whether the old policies would have let them through.
#[derive(Default)]
struct Refused {
    count: u64,
    allowed: Option<bool>,
}

/// Action, resource, context: what tells one request of a workload from
/// another.
type Distinct<'a> = (&'a str, &'a str, &'a BTreeMap<String, Vec<String>>);

/// Requests that differ only in Region, outcome or precision.
struct Seen<'a> {
    request: &'a ObservedRequest,
    tally: Tally,
    /// Whether this action on this resource never succeeded as a whole.
    semantic: bool,
    precision: Precision,
}

impl<'a> Seen<'a> {
    fn of(request: &'a ObservedRequest) -> Self {
        Self {
            request,
            tally: Tally::of(request),
            semantic: false,
            precision: request.precision,
        }
    }

    fn add(&mut self, request: &'a ObservedRequest) {
        self.tally.add(&Tally::of(request));
        self.precision = self.precision.max(request.precision);
        if request < self.request {
            self.request = request;
        }
    }
}

/// Grants one request, as far as the old policies go.
fn one(
    share: &Share,
    current: Option<&Current>,
    seen: &Seen,
    via: &BTreeMap<&str, BTreeSet<String>>,
    proposal: &mut Proposal,
) -> Claim {
    let observed = seen.request;
    let request = question(share, observed, current);
    // Exact resources are literal text, the others policy patterns already.
    let shape = (seen.precision != Precision::Exact).then(|| observed.resource.clone());
    let all = || Within {
        scope: Scope::Resource(match &shape {
            None => narrow::exact(&observed.resource),
            Some(shape) => shape.clone(),
        }),
        conditions: Conditions::default(),
    };
    if current.is_none() && seen.precision == Precision::Unknown {
        let reason =
            "the records do not tell its resource, and without an account nothing bounds it";
        return Claim {
            action: observed.action.clone(),
            resource: observed.resource.clone(),
            count: seen.tally.count,
            requests: Vec::new(),
            left_out: Some((Answer::Undecided, reason.to_owned())),
        };
    }
    let mut within = match (current, &shape) {
        (None, _) => vec![all()],
        (Some(current), None) => current.exactly(&request),
        (Some(current), Some(shape)) => current.roughly(&request, shape),
    };
    let mut claim = Claim {
        action: observed.action.clone(),
        resource: observed.resource.clone(),
        count: seen.tally.count,
        requests: Vec::new(),
        left_out: None,
    };
    if let Some(current) = current.filter(|_| within.is_empty()) {
        if current.unread.is_empty() {
            claim.left_out = Some(unexplained(seen, current));
            return claim;
        }
        proposal.review.insert(Review {
            kind: ReviewKind::Unread,
            message: format!(
                "`{}` on `{}`: no policy in the input allows it; granted because {} could not be read",
                observed.action,
                observed.resource,
                list(&current.unread),
            ),
        });
        within = vec![all()];
    }
    note(seen, &within, proposal);
    for Within {
        scope,
        mut conditions,
    } in within
    {
        require(observed, via, &mut conditions);
        match &scope {
            // A pattern is asked for as it stands: only a pattern that covers
            // it matches its `*`.
            Scope::Resource(text) if shape.is_some() => match narrow::probe(text) {
                Some(resource) => claim.requests.push(Request {
                    resource,
                    ..request.clone()
                }),
                None => {
                    let reason = format!("it rests on the policy variable in `{text}`");
                    claim.left_out = Some((Answer::Undecided, reason));
                }
            },
            _ => claim.requests.push(request.clone()),
        }
        let grant = Grant {
            action: observed.action.clone(),
            scope,
            conditions,
        };
        support(&mut proposal.grants, grant, &observed.resource, &seen.tally);
    }
    claim
}

/// Adds the conditions that evidence supports.
fn require(
    observed: &ObservedRequest,
    via: &BTreeMap<&str, BTreeSet<String>>,
    conditions: &mut Conditions,
) {
    let key = if observed.action == PASS_ROLE {
        PASSED_TO
    } else if observed.action.starts_with("kms:") {
        let same = via
            .get(observed.region.as_str())
            .is_some_and(|services| services.len() == 1 && !services.contains(""));
        if !same {
            return;
        }
        VIA_SERVICE
    } else {
        return;
    };
    if let Some(values) = observed
        .context
        .get(key)
        .filter(|values| !values.is_empty())
    {
        conditions.require(key, values.iter().cloned().collect());
    }
}

/// Region → the services through which the share's KMS calls came; an empty
/// name for a call of its own.
fn via_services<'a>(share: &Share<'a>) -> BTreeMap<&'a str, BTreeSet<String>> {
    let mut all: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for request in &share.requests {
        if request.outcome == Outcome::Denied || !request.action.starts_with("kms:") {
            continue;
        }
        let via = request
            .context
            .get(VIA_SERVICE)
            .and_then(|values| values.first())
            .cloned()
            .unwrap_or_default();
        all.entry(&request.region).or_default().insert(via);
    }
    all
}

/// The request that the simulator is asked, from what the record holds.
fn question(share: &Share, observed: &ObservedRequest, current: Option<&Current>) -> Request {
    let account = share.principal.split(':').nth(4).unwrap_or_default();
    let mut context = Context::default();
    for (key, values) in &observed.context {
        // Two spellings of one key cannot both come from one record.
        let _ = context.insert(key.clone(), values.iter().cloned());
    }
    let mut fill = |key: &str, value: &str| {
        if context.get(key).is_none() && !value.is_empty() {
            let _ = context.insert(key, [value]);
        }
    };
    fill(PRINCIPAL_ARN, share.principal);
    fill("aws:PrincipalAccount", account);
    fill("aws:RequestedRegion", &observed.region);
    for (key, value) in current.iter().flat_map(|current| &current.entity.tags) {
        fill(&format!("aws:PrincipalTag/{key}"), value);
    }
    Request {
        principal: share.principal.to_owned(),
        action: observed.action.clone(),
        resource: observed.resource.clone(),
        context,
        ..Request::default()
    }
}

/// Why a request was let through although the old policies do not allow it.
fn unexplained(seen: &Seen, current: &Current) -> (Answer, String) {
    let observed = seen.request;
    let owner = match observed.resource.split(':').nth(4) {
        Some("") | None => observed.account.as_str(),
        Some(account) => account,
    };
    if seen.semantic {
        return (
            Answer::Undecided,
            "the old policies do not allow it; the service may have answered before it checked"
                .to_owned(),
        );
    }
    if observed.resource != "*" && owner == current.entity.account() {
        return (
            Answer::Undecided,
            "the old policies do not allow it: a policy of the resource may, and then must name the new role"
                .to_owned(),
        );
    }
    (
        Answer::Refused,
        "the old policies do not allow it, and no policy of a resource could: account and trail do not fit together"
            .to_owned(),
    )
}

/// What a reviewer should know of one grant.
fn note(seen: &Seen, within: &[Within], proposal: &mut Proposal) {
    let observed = seen.request;
    let action = &observed.action;
    let mut add = |kind, message| {
        proposal.review.insert(Review { kind, message });
    };
    let scopes: Vec<String> = within
        .iter()
        .flat_map(|within| match &within.scope {
            Scope::Resource(text) => vec![text.clone()],
            Scope::NotResource(texts) => texts.iter().map(|text| format!("not {text}")).collect(),
        })
        .collect();
    match seen.precision {
        Precision::Exact if !narrow::is_exactly_writable(&observed.resource) => add(
            ReviewKind::Imprecise,
            format!(
                "`{action}`: the name of the resource has characters that IAM does not take; `?` stands for each"
            ),
        ),
        Precision::Exact => {}
        Precision::Folded => add(
            ReviewKind::Folded,
            format!(
                "`{action}`: too many resources to name each; granted on {}",
                list(&scopes)
            ),
        ),
        Precision::Imprecise | Precision::Unknown => {
            let cut = match scopes.as_slice() {
                [scope] if *scope == observed.resource => String::new(),
                _ => format!("; the old policies cut that to {}", list(&scopes)),
            };
            add(
                ReviewKind::Imprecise,
                format!(
                    "`{action}`: the records tell the resource only as `{}`{cut}",
                    observed.resource
                ),
            );
        }
    }
    if seen.semantic {
        add(
            ReviewKind::Semantic,
            format!(
                "`{action}` on `{}` was authorised and then failed each time",
                observed.resource
            ),
        );
    }
    if action == PASS_ROLE {
        add(
            ReviewKind::Inferred,
            format!(
                "`{PASS_ROLE}` on `{}`: not logged as an event, inferred from calls that name the role",
                observed.resource
            ),
        );
    }
}

/// `a`, `b` and n more.
fn list(names: &[String]) -> String {
    let mut out: Vec<String> = names
        .iter()
        .take(3)
        .map(|name| format!("`{name}`"))
        .collect();
    if names.len() > 3 {
        out.push(format!("{} more", names.len() - 3));
    }
    out.join(", ")
}
