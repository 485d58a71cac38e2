//! A statement of a resource-based policy names no principal.
//!
//! ## What it finds
//! A statement without `Principal` and `NotPrincipal` in a policy that is
//! attached to a resource, in a trust policy or in a resource control policy.
//!
//! ## Why it matters
//! AWS refuses the document: nobody could say for whom the statement holds.
//!
//! ## Example
//! ```json trust
//! {
//!     "Version": "2012-10-17",
//!     "Statement": [
//!         {
//!             "Effect": "Allow",
//!             "Principal": {
//!                 "AWS": "arn:aws:iam::111122223333:root"
//!             },
//!             "Action": "sts:AssumeRole"
//!         },
//!         {
//!             "Effect": "Allow",
//!             "Action": "sts:TagSession"
//!         }
//!     ]
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
    id: "missing-principal",
    family: Family::Principal,
    severity: Severity::Error,
    persona: Persona::Regular,
    needs_type: true,
    since: "0.1.0",
    aliases: &[
        ("access_analyzer", &["MISSING_PRINCIPAL"]),
        ("boogy", &["missing_principal"]),
        ("cfn_lint", &["E3512", "E3530"]),
    ],
    source: include_str!("missing_principal.rs"),
    check: Check::Reported,
};
