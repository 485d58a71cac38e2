//! `Version` names no version of the policy language.
//!
//! ## What it finds
//! A `Version` other than `2012-10-17` and `2008-10-17`. It is the version of
//! the language, not the date of the document.
//!
//! ## Why it matters
//! AWS refuses the document.
//!
//! ## Example
//! ```json
//! {
//!     "Version": "2024-05-01",
//!     "Statement": {
//!         "Effect": "Allow",
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
//! - IAM User Guide, JSON policy elements: Version

use crate::lints::{Check, Family, Lint, Persona};
use crate::text::Severity;

pub(in crate::lints) static LINT: Lint = Lint {
    id: "unknown-version",
    family: Family::Grammar,
    severity: Severity::Error,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[
        ("access_analyzer", &["INVALID_VERSION"]),
        ("boogy", &["invalid_version"]),
        ("cfn_lint", &["E3510", "W2511"]),
        ("parliament", &["INVALID_VERSION"]),
    ],
    source: include_str!("unknown_version.rs"),
    check: Check::Reported,
};
