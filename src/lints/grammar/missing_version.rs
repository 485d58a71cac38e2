//! The document does not say which version of the policy language it is in.
//!
//! ## What it finds
//! A policy document without `Version`.
//!
//! ## Why it matters
//! Without it AWS reads the document by the rules of 2008, in which policy
//! variables such as `${aws:username}` are plain text. A statement that was
//! meant for each user's own folder then matches a folder of that odd name, and
//! nothing says so.
//!
//! ## Example
//! ```json
//! {
//!     "Statement": {
//!         "Effect": "Allow",
//!         "Action": "s3:GetObject",
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
//! - IAM User Guide, JSON policy elements: Version

use crate::lints::{Check, Context, Draft, Family, Lint, Persona, Report};
use crate::text::{Severity, Span};

pub(in crate::lints) static LINT: Lint = Lint {
    id: "missing-version",
    family: Family::Grammar,
    severity: Severity::Warning,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[
        ("access_analyzer", &["MISSING_VERSION"]),
        ("boogy", &["missing_version"]),
        ("cfn_lint", &["W2511"]),
        ("parliament", &["NO_VERSION"]),
    ],
    source: include_str!("missing_version.rs"),
    check: Check::Document(check),
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let Some(policy) = context.policy() else {
        return;
    };
    // A version that is there and wrong has its own diagnostic.
    if policy.version.is_some() || context.has_unreadable_version() {
        return;
    }
    let brace = Span {
        end: policy.span.start.saturating_add(1).min(policy.span.end),
        ..policy.span
    };
    report.push(
        Draft::new(
            brace,
            "Version",
            "this document has no `Version`, so the rules of 2008 apply to it",
        )
        .help("add `\"Version\": \"2012-10-17\"`"),
    );
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{fails, passes};
    use crate::policy::PolicyType::Identity;

    const MESSAGE: &str = "this document has no `Version`, so the rules of 2008 apply to it";

    #[test]
    fn absent_is_found_and_wrong_is_another_fault() {
        let text = r#"{"Statement":{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b"}}"#;
        fails(
            "missing-version",
            Identity,
            text,
            &[("{", "warning", MESSAGE)],
        );
        for version in [
            "\"2012-10-17\"",
            "\"2008-10-17\"",
            "\"2020-01-01\"",
            "2012",
            "null",
        ] {
            let text = text.replacen('{', &format!("{{\"Version\":{version},"), 1);
            passes("missing-version", Identity, &text);
        }
    }
}
