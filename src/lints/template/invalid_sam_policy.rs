//! A policy of a SAM template that SAM does not take.
//!
//! ## What it finds
//! A policy template that SAM does not have, or that lacks a parameter or has
//! one too many; a connector between resources, or with permissions, that SAM
//! knows no profile for.
//!
//! ## Why it matters
//! The deployment fails.
//!
//! ## Example
//! ```json
//! {
//!     "Transform": "AWS::Serverless-2016-10-31",
//!     "Resources": {
//!         "Orders": {
//!             "Type": "AWS::Serverless::Function",
//!             "Properties": {
//!                 "Policies": [{ "SQSReaderPolicy": { "QueueName": "orders" } }]
//!             }
//!         }
//!     }
//! }
//! ```
//!
//! ## Instead
//! ```json
//! {
//!     "Transform": "AWS::Serverless-2016-10-31",
//!     "Resources": {
//!         "Orders": {
//!             "Type": "AWS::Serverless::Function",
//!             "Properties": {
//!                 "Policies": [{ "SQSPollerPolicy": { "QueueName": "orders" } }]
//!             }
//!         }
//!     }
//! }
//! ```
//!
//! ## References
//! - AWS SAM Developer Guide, AWS SAM policy templates; AWS SAM connector
//!   reference

use crate::lints::{Check, Family, Lint, Persona};
use crate::text::Severity;

pub(in crate::lints) static LINT: Lint = Lint {
    id: "invalid-sam-policy",
    family: Family::Template,
    severity: Severity::Error,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[],
    source: include_str!("invalid_sam_policy.rs"),
    check: Check::Reported,
};
