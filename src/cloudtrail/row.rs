//! The rows of the usage table (`cloudtrail.md` 7). Their field order is the
//! order in which a table is sorted.

use super::compact::{Params, Sorted};
use super::{EventId, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a record ended (C16, C17).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum RecordOutcome {
    /// Authorised.
    Ok,
    /// Authorised, then refused for another reason such as a missing object.
    Semantic,
    /// Not authorised.
    Denied,
    /// Refused before anybody asked for permissions; never evidence.
    Inconclusive,
}

/// What named the workload (C15).
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Nothing: an IAM user, or a session without a name.
    #[default]
    None,
    /// `inScopeOf.sourceArn`: the resource that issued the credentials.
    SourceArn,
    /// `sessionContext.sourceIdentity`.
    SourceIdentity,
    /// The session's name after `g1`.
    SessionName,
    /// `invokedBy`.
    InvokedBy,
    /// `vpcEndpointId`.
    Vpce,
}

/// The workload's key as the record has it; its kind is decided when the table
/// is read, because the `assume` row may lie in another part.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct WorkloadKey {
    /// Always empty in a table.
    pub kind: String,
    /// The name, session names after `g1`.
    pub name: String,
    /// What it was taken from.
    pub basis: Basis,
}

/// An entry of `resources[]` (C22).
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct ResourceArn {
    /// The whole ARN; ends in `*` where it was folded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// `ARNPrefix`, where the record has no whole ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Its type, such as `AWS::S3::Object`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The account that owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}

/// What else of a request can matter to a condition.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Extra {
    /// Members of the request, such as `tagSpecificationSet` or `versionId`,
    /// whose presence decides which actions it needs.
    #[serde(default, skip_serializing_if = "is_default")]
    pub present: Sorted<String>,
    /// Keys of the KMS encryption context.
    #[serde(default, skip_serializing_if = "is_default")]
    pub encryption_context: Sorted<String>,
}

/// The columns of a `use` row that tell it from others.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Use {
    /// `recipientAccountId`.
    pub account: String,
    /// `awsRegion`.
    pub region: String,
    /// ARN of the role or user (C2).
    pub principal: String,
    /// `AROA…` or `AIDA…`.
    pub principal_id: String,
    /// `userIdentity.type` (C1).
    pub ptype: String,
    /// Who runs behind the session.
    pub workload: WorkloadKey,
    /// A person's console session (C12).
    #[serde(default, skip_serializing_if = "is_false")]
    pub console: bool,
    /// `eventSource`.
    pub source: String,
    /// `eventName`.
    pub event: String,
    /// How it ended.
    pub outcome: RecordOutcome,
    /// The action that the message of a denied record names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denied_action: Option<String>,
    /// From `resources[]`, sorted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub arns: Sorted<ResourceArn>,
    /// Parameters that name resources or roles: path → values. Paths below
    /// `response.` come from responseElements.
    #[serde(default, skip_serializing_if = "is_default")]
    pub params: Params,
    /// Values of this row were replaced by prefixes that end in `*`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub folded: bool,
    /// `invokedBy`: the service that forwarded the call (C6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
    /// `vpcEndpointId`, only `vpce-…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpce: Option<String>,
    /// TLS version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<String>,
    /// Network of the caller, /24 or /48; absent where a service's name stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_ip: Option<String>,
    /// `mfaAuthenticated`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mfa: Option<bool>,
    /// What else was present.
    #[serde(default, skip_serializing_if = "is_default")]
    pub extra: Extra,
}

/// The columns of an `assume` row that tell it from others (C13).
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Assume {
    /// `recipientAccountId`.
    pub account: String,
    /// `awsRegion`.
    pub region: String,
    /// ARN of the assumed role.
    pub role: String,
    /// Session name after `g1`.
    pub session: String,
    /// `userIdentity.type` of the caller.
    pub ptype: String,
    /// ARN of the caller, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// The service that assumes it (`invokedBy`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// `AssumeRole`, `AssumeRoleWithSAML`, …
    pub event: String,
    /// Session tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// `sourceIdentity` that was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_identity: Option<String>,
    /// An external id was given.
    #[serde(default, skip_serializing_if = "is_false")]
    pub external_id: bool,
    /// SAML or OpenID Connect provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
}

/// What the records of one row have in common, added up. A commutative monoid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// Records; an upper bound where copies fell into different parts.
    pub count: u64,
    /// Earliest `eventTime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub first: Option<Time>,
    /// Latest `eventTime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub last: Option<Time>,
    /// The three smallest event ids.
    #[schemars(with = "Vec<String>")]
    pub ids: Vec<EventId>,
}

impl Evidence {
    /// Counts one more record.
    pub fn add(&mut self, time: Option<Time>, id: Option<&EventId>) {
        self.count = self.count.saturating_add(1);
        self.widen(time, time);
        if let Some(id) = id {
            self.keep(id);
        }
    }

    /// Adds what another table knows of the same row.
    pub fn merge(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.widen(other.first, other.last);
        for id in &other.ids {
            self.keep(id);
        }
    }

    fn widen(&mut self, first: Option<Time>, last: Option<Time>) {
        self.first = match (self.first, first) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.last = self.last.max(last);
    }

    fn keep(&mut self, id: &EventId) {
        if let Err(at) = self.ids.binary_search(id)
            && at < 3
        {
            self.ids.truncate(2);
            self.ids.reserve_exact(1);
            self.ids.insert(at, id.clone());
        }
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
