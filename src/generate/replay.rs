//! The certificate's first half: every observed request, put to the simulator
//! against the proposed policies.

use super::hedge::{Reach, Side};
use super::propose::{Claim, PRINCIPAL_ARN};
use super::report::{Answer, NotCovered};
use crate::policy::Policy;
use crate::semantics::Request;

/// How the replay went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Replay {
    pub observed: u64,
    pub covered: u64,
    pub not_covered: Vec<NotCovered>,
}

/// Replays each claim against the identity side: the policies as they are
/// written, under the permissions boundary that the new role keeps, made by
/// `principal`: the new role. A request that needs a key which the records do
/// not tell is not covered.
pub(super) fn replay(
    claims: &[Claim],
    principal: &str,
    policies: &[Policy],
    boundary: Option<(&str, Option<&Policy>)>,
) -> Replay {
    let cap = boundary.and_then(|(_, policy)| policy).cloned();
    let side = Side::new(policies.to_vec(), cap);
    let mut replay = Replay::default();
    for claim in claims {
        replay.observed += 1;
        match verdict(claim, principal, &side, boundary) {
            None => replay.covered += 1,
            Some((answer, reason)) => replay.not_covered.push(NotCovered {
                action: claim.action.clone(),
                resource: claim.resource.clone(),
                count: claim.count,
                answer,
                reason,
            }),
        }
    }
    replay.not_covered.sort();
    replay
}

fn verdict(
    claim: &Claim,
    principal: &str,
    side: &Side,
    boundary: Option<(&str, Option<&Policy>)>,
) -> Option<(Answer, String)> {
    if let Some(reason) = &claim.left_out {
        return Some(reason.clone());
    }
    if let Some((arn, None)) = boundary {
        let reason = format!("the text of the permissions boundary `{arn}` is not in the input");
        return Some((Answer::Undecided, reason));
    }
    // A request on a pattern was granted in parts: all of them have to hold.
    let mut open = None;
    for request in &claim.requests {
        match side.reach(&made_by(principal, request)) {
            Reach::Yes => {}
            Reach::No => {
                let reason = match boundary {
                    Some(_) => {
                        "the proposed policies and the permissions boundary do not both allow it"
                    }
                    None => "the proposed policies do not allow it",
                };
                return Some((Answer::Refused, reason.to_owned()));
            }
            Reach::Open(reason) => open = Some((Answer::Undecided, reason)),
        }
    }
    open
}

fn made_by(principal: &str, request: &Request) -> Request {
    let mut request = request.clone();
    principal.clone_into(&mut request.principal);
    request.context.remove(PRINCIPAL_ARN);
    // Taken out before, the key cannot be ambiguous.
    let _ = request.context.insert(PRINCIPAL_ARN, [principal]);
    request
}
