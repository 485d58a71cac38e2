//! An element has nothing in it.
//!
//! ## What it finds
//! An empty list of statements, actions, resources or principals, an empty
//! `Condition`, an empty `Sid`.
//!
//! ## Why it matters
//! An empty list matches nothing, so its statement does nothing; an empty `Sid`
//! or `Condition` says nothing. None of them is likely to be meant.
//!
//! ## Example
//! ```json
//! {
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Effect": "Allow",
//!         "Action": [],
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
    id: "empty-element",
    family: Family::Grammar,
    severity: Severity::Error,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[
        (
            "access_analyzer",
            &[
                "EMPTY_ARRAY_ACTION",
                "EMPTY_ARRAY_PRINCIPAL",
                "EMPTY_ARRAY_RESOURCE",
                "EMPTY_OBJECT_CONDITION",
                "EMPTY_OBJECT_PRINCIPAL",
                "EMPTY_SID_VALUE",
            ],
        ),
        ("boogy", &["empty_statement"]),
    ],
    source: include_str!("empty_element.rs"),
    check: Check::Reported,
};
