//! An element has a name that the policy language does not know.
//!
//! ## What it finds
//! A key of the document or of a statement that is no element: misspelled, in
//! other letter case, or a comment. Names of elements are case sensitive.
//!
//! ## Why it matters
//! AWS refuses a document with a key it does not know. Nothing that was meant
//! by it is in force.
//!
//! ## Example
//! ```json
//! {
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Effect": "Allow",
//!         "Action": "s3:GetObject",
//!         "Resource": "arn:aws:s3:::reports/*",
//!         "Comment": "for the nightly job"
//!     }
//! }
//! ```
//!
//! ## Instead
//! ```json
//! {
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Sid": "NightlyJob",
//!         "Effect": "Allow",
//!         "Action": "s3:GetObject",
//!         "Resource": "arn:aws:s3:::reports/*"
//!     }
//! }
//! ```
//!
//! ## References
//! - IAM User Guide, IAM JSON policy elements reference

use crate::lints::{Check, Family, Lint, Persona};
use crate::text::Severity;

pub(in crate::lints) static LINT: Lint = Lint {
    id: "unknown-element",
    family: Family::Grammar,
    severity: Severity::Error,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[
        ("access_analyzer", &["INVALID_POLICY_ELEMENT"]),
        ("boogy", &["unknown_field", "unknown_policy_field"]),
        ("cfn_lint", &["E3510"]),
        ("parliament", &["MALFORMED"]),
    ],
    source: include_str!("unknown_element.rs"),
    check: Check::Reported,
};
