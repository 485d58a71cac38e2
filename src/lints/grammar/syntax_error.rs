//! The text is not valid JSON.
//!
//! ## What it finds
//! A place where the text breaks the rules of JSON. Each mistake is reported
//! once, where it stands; what follows is still read and checked.
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
//!         "Action": "s3:GetObject"
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
//! - RFC 8259, the JavaScript Object Notation data interchange format

use crate::lints::{Check, Family, Lint, Persona};
use crate::text::Severity;

pub(in crate::lints) static LINT: Lint = Lint {
    id: "syntax-error",
    family: Family::Grammar,
    severity: Severity::Error,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[
        ("access_analyzer", &["JSON_SYNTAX_ERROR"]),
        ("boogy", &["json_parse_error"]),
        ("parliament", &["MALFORMED_JSON"]),
    ],
    source: include_str!("syntax_error.rs"),
    check: Check::Reported,
};
