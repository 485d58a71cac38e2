//! A statement names a resource where none belongs.
//!
//! ## What it finds
//! `Resource` or `NotResource` in a trust policy, which holds for the role it
//! belongs to.
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
//!             "AWS": "arn:aws:iam::111122223333:root"
//!         },
//!         "Action": "sts:AssumeRole",
//!         "Resource": "*"
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
//! - IAM User Guide, JSON policy elements: Resource

use crate::lints::{Check, Family, Lint, Persona};
use crate::text::Severity;

pub(in crate::lints) static LINT: Lint = Lint {
    id: "unexpected-resource",
    family: Family::Grammar,
    severity: Severity::Error,
    persona: Persona::Regular,
    needs_type: true,
    since: "0.1.0",
    aliases: &[
        (
            "access_analyzer",
            &["ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE"],
        ),
        ("cfn_lint", &["E3513", "E3530"]),
    ],
    source: include_str!("unexpected_resource.rs"),
    check: Check::Reported,
};
