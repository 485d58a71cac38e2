//! A required element is missing.
//!
//! ## What it finds
//! A document without `Statement`; a statement without `Effect`, without
//! `Action` or `NotAction`, or, where the policy type asks for it, without
//! `Resource` or `NotResource`.
//!
//! ## Why it matters
//! AWS refuses the document.
//!
//! ## Example
//! ```json
//! {
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Action": "s3:GetObject",
//!         "Resource": "arn:aws:s3:::reports/*"
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
    id: "missing-element",
    family: Family::Grammar,
    severity: Severity::Error,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[
        (
            "access_analyzer",
            &[
                "MISSING_ACTION",
                "MISSING_EFFECT",
                "MISSING_RESOURCE",
                "MISSING_STATEMENT",
            ],
        ),
        (
            "boogy",
            &[
                "missing_action",
                "missing_effect",
                "missing_rcp_principal",
                "missing_rcp_resource",
                "missing_resource",
                "missing_statement",
            ],
        ),
        ("cfn_lint", &["E3510"]),
        ("parliament", &["MALFORMED"]),
    ],
    source: include_str!("missing_element.rs"),
    check: Check::Reported,
};
