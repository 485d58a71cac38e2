//! Action patterns: `s3:Get*`.

use super::Pattern;

/// One entry of `Action` or `NotAction`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ActionPattern {
    /// As written.
    pub text: String,
    /// What it means.
    pub kind: ActionKind,
}

/// The forms of an action pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ActionKind {
    /// A lone `*` (or `**`, `*:*`): every action of every service (R53).
    Any,
    /// `service:name`; both parts compare case-insensitively (R51).
    Named {
        /// The service prefix as written. A wildcard in it is invalid and
        /// matches nothing (R53), which is kept here as written text.
        service: String,
        /// The action's name, with wildcards but without variables.
        name: Pattern,
    },
    /// No colon, an empty part, a comma or white space: never matches (R53).
    Malformed,
}
