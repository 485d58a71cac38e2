//! A policy variable is not well formed.
//!
//! ## What it finds
//! `${` without its closing brace, without a name, with blanks inside, or with
//! a default that is not quoted.
//!
//! ## Why it matters
//! What is no variable is plain text: the statement matches only a resource
//! with that odd text in its name.
//!
//! ## Example
//! ```json
//! {
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Effect": "Allow",
//!         "Action": "s3:GetObject",
//!         "Resource": "arn:aws:s3:::home/${aws:username/*"
//!     }
//! }
//! ```
//!
//! ## Instead
//! ```json
//! {
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Effect": "Allow",
//!         "Action": "s3:GetObject",
//!         "Resource": "arn:aws:s3:::home/${aws:username}/*"
//!     }
//! }
//! ```
//!
//! ## References
//! - IAM User Guide, IAM policy elements: variables and tags

use crate::lints::{Check, Family, Lint, Persona};
use crate::text::Severity;

pub(in crate::lints) static LINT: Lint = Lint {
    id: "malformed-variable",
    family: Family::Grammar,
    severity: Severity::Error,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[(
        "access_analyzer",
        &[
            "EMPTY_VARIABLE",
            "MISSING_BRACE_IN_VARIABLE",
            "MISSING_QUOTE_IN_VARIABLE",
            "UNSUPPORTED_SPACE_IN_VARIABLE",
        ],
    )],
    source: include_str!("malformed_variable.rs"),
    check: Check::Reported,
};
