//! A resource is not an ARN.
//!
//! ## What it finds
//! An entry of `Resource` or `NotResource` that is neither `*` nor an ARN, or
//! an ARN with fewer than six fields.
//!
//! ## Why it matters
//! What is no ARN matches nothing, and AWS refuses most of it. Fields that are
//! missing at the end are filled with `*` in identity policies, so that the
//! entry may be wider than it looks.
//!
//! ## Example
//! ```json
//! {
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Effect": "Allow",
//!         "Action": "s3:GetObject",
//!         "Resource": "reports/*"
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
//! - IAM User Guide, JSON policy elements: Resource
//! - AWS General Reference, Amazon Resource Names (ARNs)

use crate::lints::{Check, Family, Lint, Persona};
use crate::text::Severity;

pub(in crate::lints) static LINT: Lint = Lint {
    id: "malformed-arn",
    family: Family::Arn,
    severity: Severity::Error,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[
        (
            "access_analyzer",
            &["INVALID_ARN_PREFIX", "MISSING_ARN_FIELD"],
        ),
        ("boogy", &["invalid_resource"]),
        ("cfn_lint", &["E3510"]),
        ("parliament", &["INVALID_ARN"]),
    ],
    source: include_str!("malformed_arn.rs"),
    check: Check::Reported,
};
