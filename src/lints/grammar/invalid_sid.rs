//! A `Sid` has characters that the policy type does not accept.
//!
//! ## What it finds
//! Anything but letters and digits in the `Sid` of an IAM policy. Policies of
//! some resources accept more.
//!
//! ## Why it matters
//! IAM refuses the document.
//!
//! ## Example
//! ```json identity
//! {
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Sid": "Read reports",
//!         "Effect": "Allow",
//!         "Action": "s3:GetObject",
//!         "Resource": "arn:aws:s3:::reports/*"
//!     }
//! }
//! ```
//!
//! ## Instead
//! ```json identity
//! {
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Sid": "ReadReports",
//!         "Effect": "Allow",
//!         "Action": "s3:GetObject",
//!         "Resource": "arn:aws:s3:::reports/*"
//!     }
//! }
//! ```
//!
//! ## References
//! - IAM User Guide, JSON policy elements: Sid

use crate::lints::{Check, Family, Lint, Persona};
use crate::text::Severity;

pub(in crate::lints) static LINT: Lint = Lint {
    id: "invalid-sid",
    family: Family::Grammar,
    severity: Severity::Error,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[
        ("access_analyzer", &["UNSUPPORTED_SID"]),
        ("boogy", &["invalid_sid_format"]),
        ("cfn_lint", &["E3510"]),
        ("parliament", &["INVALID_SID"]),
        ("tflint", &["aws_iam_policy_sid_invalid_characters"]),
    ],
    source: include_str!("invalid_sid.rs"),
    check: Check::Reported,
};
