//! `Principal` has a key that is no type of principal.
//!
//! ## What it finds
//! A key other than `AWS`, `Service`, `Federated` and `CanonicalUser`. Letter
//! case counts.
//!
//! ## Why it matters
//! AWS refuses the document.
//!
//! ## Example
//! ```json trust
//! {
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Effect": "Allow",
//!         "Principal": {
//!             "Aws": "arn:aws:iam::111122223333:root"
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
    id: "unknown-principal-type",
    family: Family::Principal,
    severity: Severity::Error,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[
        ("access_analyzer", &["INVALID_PRINCIPAL_KEY"]),
        ("boogy", &["invalid_principal"]),
        ("cfn_lint", &["E3512"]),
        ("parliament", &["UNKNOWN_PRINCIPAL"]),
    ],
    source: include_str!("unknown_principal_type.rs"),
    check: Check::Reported,
};
