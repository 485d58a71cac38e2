//! A statement names a principal where none belongs.
//!
//! ## What it finds
//! `Principal` or `NotPrincipal` in an identity policy, a permissions boundary,
//! a session policy or a service control policy: they hold for whom they are
//! attached to.
//!
//! ## Why it matters
//! AWS refuses the document.
//!
//! ## Example
//! ```json identity
//! {
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Effect": "Allow",
//!         "Action": "s3:GetObject",
//!         "Resource": "arn:aws:s3:::reports/*",
//!         "Principal": {
//!             "AWS": "111122223333"
//!         }
//!     }
//! }
//! ```
//!
//! ## Instead
//! ```json identity
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
//! - IAM User Guide, AWS JSON policy elements: Principal

use crate::lints::{Check, Family, Lint, Persona};
use crate::text::Severity;

pub(in crate::lints) static LINT: Lint = Lint {
    id: "unexpected-principal",
    family: Family::Principal,
    severity: Severity::Error,
    persona: Persona::Regular,
    needs_type: true,
    since: "0.1.0",
    aliases: &[
        (
            "access_analyzer",
            &["SCP_SYNTAX_ERROR_PRINCIPAL", "UNSUPPORTED_PRINCIPAL"],
        ),
        ("boogy", &["unexpected_principal"]),
        ("cfn_lint", &["E3510"]),
    ],
    source: include_str!("unexpected_principal.rs"),
    check: Check::Reported,
};
