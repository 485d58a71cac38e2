//! A principal holds a wildcard inside.
//!
//! ## What it finds
//! A `*` or `?` in a principal that is not `*` alone, such as
//! `arn:aws:iam::111122223333:role/ci-*`.
//!
//! ## Why it matters
//! Principals are not patterns: AWS refuses the document or matches nobody.
//!
//! ## Example
//! ```json trust
//! {
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Effect": "Allow",
//!         "Principal": {
//!             "AWS": "arn:aws:iam::111122223333:role/ci-*"
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
//!         "Action": "sts:AssumeRole",
//!         "Condition": {
//!             "ArnLike": {
//!                 "aws:PrincipalArn": "arn:aws:iam::111122223333:role/ci-*"
//!             }
//!         }
//!     }
//! }
//! ```
//!
//! ## References
//! - IAM User Guide, AWS JSON policy elements: Principal

use crate::lints::{Check, Family, Lint, Persona};
use crate::text::Severity;

pub(in crate::lints) static LINT: Lint = Lint {
    id: "partial-principal-wildcard",
    family: Family::Principal,
    severity: Severity::Error,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[
        ("access_analyzer", &["UNSUPPORTED_WILDCARD_IN_PRINCIPAL"]),
        (
            "boogy",
            &["invalid_principal", "service_principal_wildcard"],
        ),
    ],
    source: include_str!("partial_principal_wildcard.rs"),
    check: Check::Reported,
};
