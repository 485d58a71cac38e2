//! A resource is not an ARN.
//!
//! ## What it finds
//! An entry of `Resource` or `NotResource` that is neither `*` nor an ARN, and an
//! ARN with fewer than six fields. IAM fills the missing ones with `*` in
//! identity policies and boundaries, which is a warning; in other types the
//! entry is invalid, unless a `*` in it can stand for them.
//!
//! ## Why it matters
//! What is no ARN matches nothing, and AWS refuses most of it. An ARN that is
//! filled up reaches further than it looks.
//!
//! ## Example
//! ```json
//! {
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Effect": "Allow",
//!         "Action": "s3:GetObject",
//!         "Resource": "reports/*"
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
//! - IAM User Guide, JSON policy elements: Resource
//! - AWS General Reference, Amazon Resource Names (ARNs)

use crate::lints::{Check, Context, Draft, Family, Lint, Persona, Report};
use crate::policy::{PolicyType, ResourceKind, ResourcePattern};
use crate::text::Severity;

pub(in crate::lints) static LINT: Lint = Lint {
    id: "malformed-arn",
    family: Family::Arn,
    severity: Severity::Error,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[
        (
            "access_analyzer",
            &["INVALID_ARN_PREFIX", "MISSING_ARN_FIELD"],
        ),
        ("boogy", &["invalid_resource"]),
        ("cfn_lint", &["E3510"]),
        ("parliament", &["INVALID_ARN"]),
    ],
    source: include_str!("malformed_arn.rs"),
    check: Check::Document(check),
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    report.forward();
    let elements = context
        .statements()
        .iter()
        .filter_map(|statement| statement.resource.as_ref());
    for entry in elements.flat_map(|element| &element.entries) {
        let ResourceKind::Arn(fields) = &entry.value.kind else {
            continue;
        };
        if fields.len() >= 6 {
            continue;
        }
        let text = &entry.value.text;
        let draft = Draft::new(
            entry.span,
            text,
            format!("`{text}` has {} of the six fields of an ARN", fields.len()),
        );
        let filled = format!("{text}{}", ":*".repeat(6 - fields.len()));
        report.push(if is_filled(context.policy_type(), &entry.value) {
            draft
                .severity(Severity::Warning)
                .help(format!("it is read as `{filled}`: write what is meant"))
        } else {
            draft.help("in this type of policy such an entry is invalid and matches nothing")
        });
    }
}

/// Whether the missing fields are taken for `*` (R58).
fn is_filled(policy_type: PolicyType, entry: &ResourcePattern) -> bool {
    match policy_type {
        PolicyType::Identity | PolicyType::Boundary => true,
        PolicyType::Resource | PolicyType::VpcEndpoint => entry.text.contains('*'),
        PolicyType::Scp => entry.text.ends_with('*'),
        PolicyType::Session | PolicyType::Rcp | PolicyType::Trust => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{fails, severities};
    use crate::policy::PolicyType::{Boundary, Identity, Rcp, Scp, Session};

    fn policy(resource: &str) -> String {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"sqs:*","Resource":"{resource}"}}}}"#
        )
    }

    #[test]
    fn short_arns_by_type() {
        let lint = "malformed-arn";
        let message = "`arn:aws:sqs` has 3 of the six fields of an ARN";
        let short = policy("arn:aws:sqs");
        fails(
            lint,
            Identity,
            &short,
            &[("\"arn:aws:sqs\"", "warning", message)],
        );
        assert_eq!(severities(lint, Boundary, &short), ["warning"]);
        assert_eq!(severities(lint, Scp, &short), ["error"]);
        assert_eq!(severities(lint, Scp, &policy("arn:aws:sqs*")), ["warning"]);
        assert_eq!(severities(lint, Session, &short), ["error"]);
        assert_eq!(severities(lint, Rcp, &policy("arn:aws:sqs*")), ["error"]);
        assert_eq!(severities(lint, Identity, &policy("queue")), ["error"]);
        assert!(severities(lint, Identity, &policy("arn:aws:sqs:*:*:*")).is_empty());
    }
}
