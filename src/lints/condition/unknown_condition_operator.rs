//! A condition has an operator that does not exist.
//!
//! ## What it finds
//! An operator that is misspelled, `IfExists` behind `Null`, or a set qualifier
//! other than `ForAllValues` and `ForAnyValue`.
//!
//! ## Why it matters
//! AWS refuses the document.
//!
//! ## Example
//! ```json
//! {
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Effect": "Allow",
//!         "Action": "s3:GetObject",
//!         "Resource": "arn:aws:s3:::reports/*",
//!         "Condition": {
//!             "StringEqual": {
//!                 "aws:RequestedRegion": "eu-west-1"
//!             }
//!         }
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
//!         "Resource": "arn:aws:s3:::reports/*",
//!         "Condition": {
//!             "StringEquals": {
//!                 "aws:RequestedRegion": "eu-west-1"
//!             }
//!         }
//!     }
//! }
//! ```
//!
//! ## References
//! - IAM User Guide, IAM JSON policy elements: condition operators

use crate::lints::{Check, Family, Lint, Persona};
use crate::text::Severity;

pub(in crate::lints) static LINT: Lint = Lint {
    id: "unknown-condition-operator",
    family: Family::Condition,
    severity: Severity::Error,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[
        (
            "access_analyzer",
            &["INVALID_CONDITION_OPERATOR", "NULL_WITH_IF_EXISTS"],
        ),
        ("boogy", &["invalid_operator"]),
        ("cfn_lint", &["E3510"]),
        ("parliament", &["UNKNOWN_OPERATOR"]),
    ],
    source: include_str!("unknown_condition_operator.rs"),
    check: Check::Reported,
};
