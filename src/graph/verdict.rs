//! How sure a finding is (`graph.md` section 2) and what is at stake.

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

/// The risk of a finding about access. Ordered: `Low` is least.
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
pub enum Risk {
    /// Worth knowing.
    Low,
    /// Wider than needed, with something to lose.
    Medium,
    /// Crosses a border that policies are there to keep.
    High,
    /// Gives the account away.
    Critical,
}

impl Risk {
    /// The word of the contract.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}
