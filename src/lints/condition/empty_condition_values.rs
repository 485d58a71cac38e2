//! A condition key has an empty list of values.
//!
//! ## What it finds
//! A key under an operator with no value to compare with.
//!
//! ## Why it matters
//! A positive operator can then never hold, a negated one or `ForAllValues` may
//! always: hardly what was meant.
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
//!             "StringEquals": {
//!                 "aws:RequestedRegion": []
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
//! - IAM User Guide, IAM JSON policy elements: Condition

use crate::lints::{Check, Family, Lint, Persona};
use crate::text::Severity;

pub(in crate::lints) static LINT: Lint = Lint {
    id: "empty-condition-values",
    family: Family::Condition,
    severity: Severity::Warning,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[(
        "access_analyzer",
        &[
            "EMPTY_ARRAY_CONDITION",
            "EMPTY_ARRAY_CONDITION_FORALLVALUES",
            "EMPTY_ARRAY_CONDITION_FORANYVALUE",
            "EMPTY_ARRAY_CONDITION_IFEXISTS",
        ],
    )],
    source: include_str!("empty_condition_values.rs"),
    check: Check::Reported,
};
