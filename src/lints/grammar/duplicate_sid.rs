//! Two statements of one document have the same `Sid`.
//!
//! ## What it finds
//! A `Sid` that stands on more than one statement. IAM demands that it is
//! unique within a document (identity policies, boundaries, session policies,
//! trust policies), and so does SNS; elsewhere it is advice.
//!
//! ## Why it matters
//! IAM refuses the document. Where it is accepted, nothing that names a
//! statement by its `Sid` (a report, an exception, a review) says which one is
//! meant.
//!
//! ## Example
//! ```json
//! {
//!     "Version": "2012-10-17",
//!     "Statement": [
//!         {
//!             "Sid": "Read",
//!             "Effect": "Allow",
//!             "Action": "s3:GetObject",
//!             "Resource": "arn:aws:s3:::reports/*"
//!         },
//!         {
//!             "Sid": "Read",
//!             "Effect": "Allow",
//!             "Action": "sqs:ReceiveMessage",
//!             "Resource": "arn:aws:sqs:us-east-1:111122223333:jobs"
//!         }
//!     ]
//! }
//! ```
//!
//! ## Instead
//! ```json
//! {
//!     "Version": "2012-10-17",
//!     "Statement": [
//!         {
//!             "Sid": "ReadReports",
//!             "Effect": "Allow",
//!             "Action": "s3:GetObject",
//!             "Resource": "arn:aws:s3:::reports/*"
//!         },
//!         {
//!             "Sid": "TakeJobs",
//!             "Effect": "Allow",
//!             "Action": "sqs:ReceiveMessage",
//!             "Resource": "arn:aws:sqs:us-east-1:111122223333:jobs"
//!         }
//!     ]
//! }
//! ```
//!
//! ## References
//! - IAM User Guide, JSON policy elements: Sid

use crate::lints::{Check, Context, Draft, Family, Lint, Persona, Report};
use crate::policy::PolicyType;
use crate::sources::Host;
use crate::text::{Severity, Span};
use std::collections::HashMap;

pub(in crate::lints) static LINT: Lint = Lint {
    id: "duplicate-sid",
    family: Family::Grammar,
    severity: Severity::Error,
    persona: Persona::Regular,
    needs_type: true,
    since: "0.1.0",
    aliases: &[
        (
            "access_analyzer",
            &["UNIQUE_SIDS_REQUIRED", "UNIQUE_SIDS_RECOMMENDED"],
        ),
        ("boogy", &["duplicate_sid"]),
        ("cfn_lint", &["E3510"]),
        ("parliament", &["DUPLICATE_SID"]),
    ],
    source: include_str!("duplicate_sid.rs"),
    check: Check::Document(check),
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let required = match context.document.policy_type {
        PolicyType::Identity | PolicyType::Boundary | PolicyType::Session | PolicyType::Trust => {
            true
        }
        PolicyType::Resource => context.document.host == Host::Resource(Some("sns")),
        PolicyType::Scp | PolicyType::Rcp | PolicyType::VpcEndpoint => false,
    };
    let severity = if required {
        Severity::Error
    } else {
        Severity::Warning
    };
    let mut seen: HashMap<&str, Span> = HashMap::new();
    for sid in context.statements().iter().filter_map(|s| s.sid.as_ref()) {
        if sid.value.is_empty() {
            continue;
        }
        let Some(first) = seen.get(sid.value.as_str()) else {
            seen.insert(&sid.value, sid.span);
            continue;
        };
        // One statement, of which a deployment decides something, in its ways.
        if *first == sid.span {
            continue;
        }
        report.push(
            Draft::new(
                sid.span,
                &sid.value,
                format!("the `Sid` `{}` is already taken", sid.value),
            )
            .label("stands on another statement")
            .related(*first, "first used here")
            .severity(severity),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{fails, passes};
    use crate::policy::PolicyType::{Identity, Resource};

    const TWICE: &str = r#"{"Version":"2012-10-17","Statement":[
        {"Sid":"A","Effect":"Allow","Action":"sns:Publish","Resource":"arn:aws:sns:us-east-1:111122223333:t"},
        {"Sid":"A","Effect":"Allow","Action":"sns:Subscribe","Resource":"arn:aws:sns:us-east-1:111122223333:t"}]}"#;

    #[test]
    fn an_error_where_the_type_demands_it() {
        fails(
            "duplicate-sid",
            Identity,
            TWICE,
            &[("\"A\"", "error", "the `Sid` `A` is already taken")],
        );
    }

    #[test]
    fn advice_elsewhere() {
        let text = TWICE.replace(
            "\"Effect\"",
            "\"Principal\":{\"AWS\":\"111122223333\"},\"Effect\"",
        );
        fails(
            "duplicate-sid",
            Resource,
            &text,
            &[("\"A\"", "warning", "the `Sid` `A` is already taken")],
        );
    }

    #[test]
    fn empty_and_absent_ones_are_no_duplicates() {
        passes("duplicate-sid", Identity, &TWICE.replace("\"A\"", "\"\""));
        passes(
            "duplicate-sid",
            Identity,
            &TWICE.replace("\"Sid\":\"A\",", ""),
        );
        passes(
            "duplicate-sid",
            Identity,
            &TWICE.replacen("\"A\"", "\"a\"", 1),
        );
    }
}
