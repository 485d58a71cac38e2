//! A policy was found, and nothing of it could be read.
//!
//! ## What it finds
//! Something in a policy's place that is no policy, such as the `null` of a
//! filtered export. With `--strict` it is an error, so that a run over a
//! repository cannot pass by not reading. Where the text is not even JSON,
//! `syntax-error` says so.
//!
//! ## Why it matters
//! Nothing else was checked in it: silence about this document means nothing.
//!
//! ## Example
//! ```json
//! {
//!     "UserDetailList": [],
//!     "GroupDetailList": [],
//!     "RoleDetailList": [
//!         {
//!             "Arn": "arn:aws:iam::111122223333:role/app",
//!             "AssumeRolePolicyDocument": null
//!         }
//!     ],
//!     "Policies": []
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
//! - leastwise, documents by completeness: full, symbolic, partial, opaque

use crate::lints::{Check, Context, Draft, Family, Lint, Persona, Report};
use crate::sources::Completeness;
use crate::text::Severity;

pub(in crate::lints) static LINT: Lint = Lint {
    id: "opaque-document",
    family: Family::Grammar,
    severity: Severity::Error,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[],
    source: include_str!("opaque_document.rs"),
    check: Check::Document(check),
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let document = context.document;
    let is_told = document
        .diagnostics
        .iter()
        .any(|d| ["syntax-error", "invalid-sam-policy"].contains(&d.code));
    if document.completeness != Completeness::Opaque || is_told {
        return;
    }
    let reason = document
        .reason
        .as_deref()
        .unwrap_or("its text is not a policy");
    report.push(
        Draft::new(
            document.span,
            "",
            format!("nothing of this policy could be read: {reason}"),
        )
        .severity(if context.strict {
            Severity::Error
        } else {
            Severity::Warning
        }),
    );
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::inventory;
    use crate::lints::{Options, check};
    use crate::text::Severity;

    #[test]
    fn strict_makes_it_an_error() {
        let text = r#"{"RoleDetailList":[{"Arn":"arn:aws:iam::111122223333:role/r","AssumeRolePolicyDocument":7}]}"#;
        let inventory = inventory(None, text);
        for (strict, severity) in [(false, Severity::Warning), (true, Severity::Error)] {
            let options = Options {
                strict,
                ..Options::default()
            };
            let found = check(&inventory, &options);
            assert_eq!(found.len(), 1);
            assert_eq!(
                (found[0].lint.id, found[0].severity),
                ("opaque-document", severity)
            );
        }
    }
}
