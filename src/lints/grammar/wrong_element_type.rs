//! An element holds the wrong kind of JSON value.
//!
//! ## What it finds
//! A number where a string belongs, an object where a list belongs, and the
//! like.
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
//!         "Action": {
//!             "Name": "s3:GetObject"
//!         },
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
    id: "wrong-element-type",
    family: Family::Grammar,
    severity: Severity::Error,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[
        ("access_analyzer", &["DATA_TYPE_MISMATCH"]),
        ("boogy", &["invalid_sid_type", "invalid_statement_type"]),
        ("cfn_lint", &["E3510", "E3512", "E3530"]),
        ("parliament", &["MALFORMED"]),
    ],
    source: include_str!("wrong_element_type.rs"),
    check: Check::Reported,
};
