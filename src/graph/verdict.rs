//! How sure a finding is (`graph.md` section 2).

use serde::{Deserialize, Serialize};

/// How sure a finding is. A verdict speaks of permission, never of behaviour;
/// only observed use says that something was done.
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
pub enum Verdict {
    /// Follows from what was read.
    Proved,
    /// Not excluded; the finding says what would decide it.
    Possible,
}
