//! An action is not of the form `service:Name`.
//!
//! ## What it finds
//! An entry of `Action` or `NotAction` without a colon, without a name, or with
//! white space or a comma in it.
//!
//! ## Why it matters
//! It matches no request: an Allow grants nothing, a Deny denies nothing, a
//! `NotAction` leaves nothing out.
//!
//! ## Example
//! ```json
//! {
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Effect": "Allow",
//!         "Action": [
//!             "s3:GetObject",
//!             "s3"
//!         ],
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
//! - IAM User Guide, JSON policy elements: Action

use crate::lints::{Check, Family, Lint, Persona};
use crate::text::Severity;

pub(in crate::lints) static LINT: Lint = Lint {
    id: "malformed-action",
    family: Family::Action,
    severity: Severity::Error,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[],
    source: include_str!("malformed_action.rs"),
    check: Check::Reported,
};
