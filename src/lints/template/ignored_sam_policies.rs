//! `Policies` that SAM ignores.
//!
//! ## What it finds
//! A function or state machine of a SAM template that has `Policies` beside
//! `Role`.
//!
//! ## Why it matters
//! SAM makes a role out of `Policies` only where none is given. Beside `Role`
//! they have no effect: what they allow is missing, and what they were meant to
//! replace is still granted.
//!
//! ## Example
//! ```json
//! {
//!     "Transform": "AWS::Serverless-2016-10-31",
//!     "Resources": {
//!         "Orders": {
//!             "Type": "AWS::Serverless::Function",
//!             "Properties": {
//!                 "Role": "arn:aws:iam::111122223333:role/orders",
//!                 "Policies": [{ "SQSPollerPolicy": { "QueueName": "orders" } }]
//!             }
//!         },
//!         "Jobs": {
//!             "Type": "AWS::SQS::QueuePolicy",
//!             "Properties": {
//!                 "Queues": ["jobs"],
//!                 "PolicyDocument": {
//!                     "Version": "2012-10-17",
//!                     "Statement": {
//!                         "Effect": "Allow",
//!                         "Principal": { "AWS": "111122223333" },
//!                         "Action": "sqs:SendMessage",
//!                         "Resource": "arn:aws:sqs:eu-west-1:111122223333:jobs"
//!                     }
//!                 }
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
//! - AWS SAM Developer Guide, AWS::Serverless::Function: Policies, Role

use crate::lints::{Check, Family, Lint, Persona};
use crate::text::Severity;

pub(in crate::lints) static LINT: Lint = Lint {
    id: "ignored-sam-policies",
    family: Family::Template,
    severity: Severity::Warning,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[],
    source: include_str!("ignored_sam_policies.rs"),
    check: Check::Reported,
};
