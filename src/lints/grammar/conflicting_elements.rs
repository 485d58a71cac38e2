//! A statement has an element and its `Not` twin.
//!
//! ## What it finds
//! `Action` with `NotAction`, `Resource` with `NotResource`, or `Principal`
//! with `NotPrincipal` in one statement.
//!
//! ## Why it matters
//! AWS refuses the document: a statement says either what it is about or what
//! it is not about.
//!
//! ## Example
//! ```json
//! {
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Effect": "Allow",
//!         "Action": "s3:GetObject",
//!         "Resource": "arn:aws:s3:::reports/*",
//!         "NotAction": "s3:PutObject"
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
    id: "conflicting-elements",
    family: Family::Grammar,
    severity: Severity::Error,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[
        ("access_analyzer", &["UNSUPPORTED_ELEMENT_COMBINATION"]),
        (
            "boogy",
            &["action_conflict", "principal_conflict", "resource_conflict"],
        ),
        ("parliament", &["MALFORMED"]),
    ],
    source: include_str!("conflicting_elements.rs"),
    check: Check::Reported,
};
