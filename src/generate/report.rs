//! `report.json` (`contract.md`): what was proposed, for whom, and why.

use crate::graph::Workload;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The schema's name and version.
pub const SCHEMA: &str = "leastwise/report/1";

/// The whole report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// `leastwise/report/1`.
    pub schema: String,
    /// Date of the action catalog that was asked.
    pub catalog: String,
    /// What became of each record.
    pub totals: Totals,
    /// Events that name no known action. They are counted, never guessed: a
    /// new role may lose them.
    pub unmapped: Vec<Unmapped>,
    /// One entry for each proposed role, and for each IAM user that was seen.
    pub roles: Vec<Role>,
    /// Principals that were seen and get no proposal, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<Skipped>,
    /// Roles of the account that this input holds no record of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_seen: Vec<String>,
}

/// The accounting: `records = used + denied + inconclusive + unmapped + Σ dropped`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Totals {
    /// Records read.
    pub records: u64,
    /// Authorised and mapped to an action.
    pub used: u64,
    /// Not authorised: never evidence for a grant.
    pub denied: u64,
    /// Neither: throttled, invalid, failed inside.
    pub inconclusive: u64,
    /// Authorised, but naming no known action.
    pub unmapped: u64,
    /// Left out, by reason.
    pub dropped: BTreeMap<String, u64>,
}

/// An event that names no known action.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Unmapped {
    /// `eventSource`.
    pub source: String,
    /// `eventName`.
    pub event: String,
    /// Records.
    pub count: u64,
}

/// A principal without a proposal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Skipped {
    /// Its ARN.
    pub principal: String,
    /// Why it gets none.
    pub reason: String,
}

/// One proposed role; for an IAM user, one proposed policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Role {
    /// ARN of the role, or user, whose records these are.
    pub source_role: String,
    /// Who runs as it.
    pub workload: Workload,
    /// Name of the proposed role; none for an IAM user, who gets a policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_name: Option<String>,
    /// Permissions, as paths relative to the output folder.
    pub policy_files: Vec<String>,
    /// The trust policy, likewise; none for an IAM user or a permission set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_file: Option<String>,
    /// ARN of the permissions boundary to keep on the proposed role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundary: Option<String>,
    /// Distinct authorised requests: (workload, action, resource, context).
    pub observed: u64,
    /// Those that the simulator allows under the proposed policies.
    pub covered: u64,
    /// Whether the proposal grants nothing beyond the old role.
    pub subset: Subset,
    /// Where that is not proved: a request that only the proposal allows, or
    /// why it is not decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beyond: Option<Beyond>,
    /// Size of the old role, where the account was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Size>,
    /// Size of the proposal.
    pub after: Size,
    /// What each granted action on each resource rests on.
    pub evidence: Vec<Evidence>,
    /// Refused requests; none of them became a grant.
    pub denied: Vec<Denied>,
    /// Observed requests that the proposal is not known to allow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_covered: Vec<NotCovered>,
    /// Permissions of the old role that this input could not, or not for every
    /// resource, have shown in use. Whether they are needed is for a person to
    /// decide.
    pub not_judged: Vec<NotJudged>,
    /// What a reviewer should look at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub review: Vec<Review>,
}

/// The answer about `proposed ⊆ old`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Subset {
    /// Grants nothing more.
    Proved,
    /// Grants more; there is a witness.
    Refuted,
    /// Could not be decided.
    Unknown,
    /// Nobody asked.
    NotChecked,
}

/// What stands against `proposed ⊆ old`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Beyond {
    /// Of a request that the proposal allows and the old policies do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Of that request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Of that request, complete.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub context: BTreeMap<String, Vec<String>>,
    /// Why it is not decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

impl Beyond {
    pub(super) fn unknown(reasons: Vec<String>) -> Self {
        Self {
            reasons,
            ..Self::default()
        }
    }
}

/// How much a set of policies is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Size {
    /// Actions of the catalog that are allowed on some resource.
    pub actions: u64,
    /// Statements.
    pub statements: u64,
    /// Characters, white space not counted, as IAM counts them.
    pub characters: u64,
}

/// The records behind one action on one resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// `Sid` of the statement that grants it.
    pub statement: String,
    /// The action.
    pub action: String,
    /// The resource as observed.
    pub resource: String,
    /// Records; an upper bound where copies of a record came in different parts.
    pub count: u64,
    /// Time of the earliest.
    pub first: String,
    /// Time of the latest.
    pub last: String,
    /// Ids of up to three of them, the smallest.
    pub event_ids: Vec<String>,
}

/// A refused action on one resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Denied {
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// Records.
    pub count: u64,
    /// Whether the old role's own policies allow it, so that something else
    /// refuses it; absent where they are not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_role_allows: Option<bool>,
}

/// An observed request that the proposal is not known to allow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct NotCovered {
    /// The action.
    pub action: String,
    /// The resource as observed.
    pub resource: String,
    /// Records.
    pub count: u64,
    /// Whether it is refused, or only undecided.
    pub answer: Answer,
    /// Why.
    pub reason: String,
}

/// What the replay of a request ended in, when not in an Allow.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// The proposal does not allow it.
    Refused,
    /// It depends on something that is not in the input.
    Undecided,
}

/// A permission that this input could not have shown in use.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct NotJudged {
    /// The action, or `service:*` for every action of a service.
    pub action: String,
    /// `management`, `data`, `never` or `unknown`: how CloudTrail records it.
    pub class: String,
    /// Why it could not have been seen.
    pub reason: String,
    /// What the proposal does with it.
    pub decision: Decision,
    /// `Sid`s of the statements that keep it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<String>,
}

/// The evidence line of a grant that is kept without any.
pub const KEPT: &str = "kept: this trail could not have shown its use";

/// What becomes of a permission that could not be judged.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Kept as the old role has it: this trail could not have shown its use.
    Kept,
    /// Not in the proposal.
    LeftOut,
}

/// Something to look at before the role is created.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Review {
    /// What kind of note this is.
    pub kind: ReviewKind,
    /// The note: lowercase, no full stop.
    pub message: String,
}

/// The kinds of review notes, in the order they are shown.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ReviewKind {
    /// The resource is known only as a pattern.
    Imprecise,
    /// Many resources stand as one prefix.
    Folded,
    /// Each resource is named, and a new one beside them is not allowed unless
    /// `--scope prefix` grants their path.
    Enumerated,
    /// Each resource is named, a new one is not allowed, and no prefix is
    /// granted for them.
    Listed,
    /// Only seen to fail behind the authorisation.
    Semantic,
    /// Inferred, not logged as an event.
    Inferred,
    /// Rests on a policy whose text is not in the input.
    Unread,
    /// About the trust policy.
    Trust,
    /// About the permissions boundary, or a Deny that was kept.
    Kept,
    /// About permissions whose use the trail could not have shown.
    Unseen,
    /// About policies of resources in other accounts.
    OtherSide,
    /// About quotas.
    Size,
    /// About the kind of role.
    Role,
    /// About how long was watched.
    Window,
}
