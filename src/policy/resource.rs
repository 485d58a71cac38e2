//! Resource patterns: ARNs with wildcards and variables.

use super::Pattern;

/// One entry of `Resource` or `NotResource`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResourcePattern {
    /// As written.
    pub text: String,
    /// What it means.
    pub kind: ResourceKind,
}

/// The forms of a resource pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ResourceKind {
    /// A lone `*` (or `**`): every resource (R55).
    Any,
    /// An ARN cut at its first five colons: one to six fields, the first of
    /// them matching `arn`. The sixth may hold variables (R88). Fewer than six
    /// fields: R58.
    Arn(Vec<Pattern>),
    /// Anything else: matches nothing, except under `resource-colons = glob`.
    Malformed(Pattern),
}
