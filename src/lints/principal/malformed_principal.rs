//! A principal is of no form that AWS knows.
//!
//! ## What it finds
//! A value in `Principal` that is no ARN, no account, no `*` under `AWS`, no
//! service name under `Service`, and the like.
//!
//! ## Why it matters
//! AWS refuses the document, or the entry matches nobody.
//!
//! ## Example
//! ```json trust
//! {
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Effect": "Allow",
//!         "Principal": {
//!             "AWS": "the-ci-role"
//!         },
//!         "Action": "sts:AssumeRole"
//!     }
//! }
//! ```
//!
//! ## Instead
//! ```json trust
//! {
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Effect": "Allow",
//!         "Principal": {
//!             "AWS": "arn:aws:iam::111122223333:root"
//!         },
//!         "Action": "sts:AssumeRole"
//!     }
//! }
//! ```
//!
//! ## References
//! - IAM User Guide, AWS JSON policy elements: Principal

use crate::lints::{Check, Family, Lint, Persona};
use crate::text::Severity;

pub(in crate::lints) static LINT: Lint = Lint {
    id: "malformed-principal",
    family: Family::Principal,
    severity: Severity::Error,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[
        ("access_analyzer", &["INVALID_PRINCIPAL_FORMAT"]),
        ("boogy", &["invalid_not_principal", "invalid_principal"]),
        ("cfn_lint", &["E3512", "E3530"]),
        ("parliament", &["UNKNOWN_PRINCIPAL"]),
    ],
    source: include_str!("malformed_principal.rs"),
    check: Check::Reported,
};
