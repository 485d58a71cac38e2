//! One object has the same key twice.
//!
//! ## What it finds
//! A member of a JSON object whose key already stands in the same object, such
//! as two `Condition` blocks in one statement.
//!
//! ## Why it matters
//! Most readers of JSON keep one of the two and drop the other without a word,
//! and not all keep the same one. A dropped `Condition` leaves a statement
//! wider than it looks.
//!
//! ## Example
//! ```json
//! {
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Effect": "Allow",
//!         "Action": "s3:GetObject",
//!         "Resource": "arn:aws:s3:::reports/*",
//!         "Condition": {"Bool": {"aws:SecureTransport": "true"}},
//!         "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
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
//!         "Resource": "arn:aws:s3:::reports/*",
//!         "Condition": {
//!             "Bool": {
//!                 "aws:SecureTransport": "true"
//!             },
//!             "IpAddress": {
//!                 "aws:SourceIp": "203.0.113.0/24"
//!             }
//!         }
//!     }
//! }
//! ```
//!
//! ## References
//! - RFC 8259, section 4: names within an object

use crate::lints::{Check, Family, Lint, Persona};
use crate::text::Severity;

pub(in crate::lints) static LINT: Lint = Lint {
    id: "duplicate-json-key",
    family: Family::Grammar,
    severity: Severity::Error,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[],
    source: include_str!("duplicate_json_key.rs"),
    check: Check::Reported,
};
