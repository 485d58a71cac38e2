//! An element has nothing in it.
//!
//! ## What it finds
//! An empty list of statements, which is an error, and an empty list of
//! actions, resources or principals, an empty `Condition`, an empty `Sid`.
//!
//! ## Why it matters
//! An empty list matches nothing, so its statement does nothing; an empty `Sid`
//! or `Condition` says nothing. None of them is likely to be meant.
//!
//! ## Example
//! ```json
//! {
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Effect": "Allow",
//!         "Action": [],
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
//! - IAM User Guide, IAM JSON policy elements reference

use crate::lints::{Check, Context, Family, Lint, Persona, Report};
use crate::text::Severity;

pub(in crate::lints) static LINT: Lint = Lint {
    id: "empty-element",
    family: Family::Grammar,
    severity: Severity::Error,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[
        (
            "access_analyzer",
            &[
                "EMPTY_ARRAY_ACTION",
                "EMPTY_ARRAY_PRINCIPAL",
                "EMPTY_ARRAY_RESOURCE",
                "EMPTY_OBJECT_CONDITION",
                "EMPTY_OBJECT_PRINCIPAL",
                "EMPTY_SID_VALUE",
            ],
        ),
        ("boogy", &["empty_statement"]),
    ],
    source: include_str!("empty_element.rs"),
    check: Check::Document(check),
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let is_whole_empty = context.statements().is_empty();
    report.forward_as(|_| {
        if is_whole_empty {
            Severity::Error
        } else {
            Severity::Suggestion
        }
    });
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::severities;
    use crate::policy::PolicyType::Identity;

    #[test]
    fn only_an_empty_document_is_refused() {
        let statement = r#"{"Sid":"","Effect":"Allow","Action":[],"Resource":"*","Condition":{}}"#;
        for (statements, expected) in [
            ("", vec!["error"]),
            (statement, vec!["suggestion", "suggestion", "suggestion"]),
        ] {
            let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
            assert_eq!(severities("empty-element", Identity, &text), expected);
        }
    }
}
