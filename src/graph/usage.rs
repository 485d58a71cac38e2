//! Observed use, as the graph and the generator see it. It is made from
//! CloudTrail's usage table two floors up; the graph knows only this.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Who runs behind a session of a role (C14, C15).
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Workload {
    /// `lambda`, `ecs-task`, `ec2-instance`, `codebuild`, …; `console` for a
    /// person's console session (C12), `user` for an IAM user, `session` where
    /// nothing told.
    pub kind: String,
    /// Its name: the function, the task family, the normalised session name.
    pub name: String,
    /// The key of C15 that named it, such as `source-arn` or `session-name`.
    pub basis: String,
    /// The service principal that assumes the role for it, such as
    /// `lambda.amazonaws.com`, where one is known.
    #[serde(skip)]
    pub service: Option<String>,
}

/// How a request ended (C16, C17). Inconclusive records never come this far.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Authorised.
    Ok,
    /// Authorised, then refused for another reason such as a missing object.
    Semantic,
    /// Not authorised: never evidence for an Allow.
    Denied,
}

/// How well the resource of a request is known.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// Literal text: an ARN of the record or made from its parameters; or `*`
    /// for an action without resource types.
    Exact,
    /// A pattern: many values folded to a prefix; ends in `*`.
    Folded,
    /// A pattern: the catalog's ARN format with `*` for what the record does not
    /// tell.
    Imprecise,
    /// The same with nothing but `*`: the call is of a kind that names its
    /// resource, and the record has no parameters. No evidence for any resource.
    Unknown,
}

/// One distinct request seen in a trail: (principal, workload, action,
/// resource, context), with its evidence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObservedRequest {
    /// Account of the resource's side (`recipientAccountId`).
    pub account: String,
    /// `awsRegion`.
    pub region: String,
    /// ARN of the role (C2) or user.
    pub principal: String,
    /// The `AROA…`/`AIDA…` id, where the record has it.
    pub principal_id: String,
    /// The workload behind it.
    pub workload: Workload,
    /// `s3:GetObject`, in the catalog's spelling.
    pub action: String,
    /// An ARN or `*`. By its `precision`: exact, it is literal text, in which
    /// `*` and `?` are characters of a name; folded or imprecise, it is a pattern
    /// in policy syntax, in which they are wildcards and `${*}` is a character.
    pub resource: String,
    /// How well `resource` is known.
    pub precision: Precision,
    /// How it ended.
    pub outcome: Outcome,
    /// Condition keys the record tells (`aws:SourceVpce`, `aws:CalledVia`, …).
    pub context: BTreeMap<String, Vec<String>>,
    /// Records; an upper bound where duplicates fell into different shards.
    pub count: u64,
    /// Earliest `eventTime`, RFC 3339.
    pub first: String,
    /// Latest `eventTime`, RFC 3339.
    pub last: String,
    /// The three smallest event ids.
    pub event_ids: Vec<String>,
}
