//! The catalog knows no action of this name.
//!
//! ## What it finds
//! An action that its service does not have: misspelled, or named like the API
//! operation instead of the action that authorises it. The finding names the
//! nearest action, or the one behind the operation.
//!
//! ## Why it matters
//! IAM accepts any name, and a name that does not exist grants nothing and
//! denies nothing. In a `NotAction` it leaves in what it was meant to leave out.
//!
//! ## Example
//! ```json
//! {
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Effect": "Allow",
//!         "Action": ["s3:ListObjectsV2", "s3:GetObjects"],
//!         "Resource": ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"]
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
//!         "Action": ["s3:ListBucket", "s3:GetObject"],
//!         "Resource": ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"]
//!     }
//! }
//! ```
//!
//! ## References
//! - Service Authorization Reference, actions, resources, and condition keys

use crate::catalog::Missing;
use crate::lints::{Check, Confidence, Context, Draft, Family, Lint, Persona, Report, names};
use crate::policy::Statement;
use crate::text::Severity;

pub(in crate::lints) static LINT: Lint = Lint {
    id: "unknown-action",
    family: Family::Action,
    severity: Severity::Warning,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[
        ("access_analyzer", &["INVALID_ACTION"]),
        ("boogy", &["invalid_action"]),
        ("cfn_lint", &["W3037"]),
        ("parliament", &["UNKNOWN_ACTION"]),
    ],
    source: include_str!("unknown_action.rs"),
    check: Check::Statement(check),
};

fn check(context: &Context<'_>, statement: &Statement, report: &mut Report<'_>) {
    let negated = statement
        .action
        .as_ref()
        .is_some_and(|action| action.negated);
    for (entry, name) in names::literal_actions(statement) {
        if context.catalog.action(&name).is_some() {
            continue;
        }
        let (message, confidence) = match context.catalog.why_missing(&name) {
            Missing::Retired | Missing::UnknownService { .. } => continue,
            Missing::Operation { authorised_by } => {
                let operation = name.split(':').nth(1).unwrap_or_default();
                let actions: Vec<_> = authorised_by
                    .iter()
                    .map(|action| format!("`{action}`"))
                    .collect();
                let actions = actions.join(" and ");
                (
                    format!(
                        "unknown action `{name}`: the operation `{operation}` is authorised by {actions}"
                    ),
                    Confidence::Likely,
                )
            }
            Missing::Typo { nearest } => (
                format!("unknown action `{name}`: did you mean `{nearest}`?"),
                Confidence::Likely,
            ),
            Missing::Unknown => (
                format!(
                    "action `{name}` is unknown to the catalog of {}",
                    context.catalog.date()
                ),
                Confidence::Heuristic,
            ),
        };
        let label = if negated {
            "leaves nothing out"
        } else {
            "matches no request"
        };
        report.push(
            Draft::new(entry.span, name.to_lowercase(), message)
                .label(label)
                .confidence(confidence)
                .assumes(context.catalog_date()),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::catalog;
    use crate::lints::testing::{confidences, fails, passes};
    use crate::policy::PolicyType::Identity;

    const LINT: &str = "unknown-action";

    fn policy(action: &str) -> String {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"{action}","Resource":"*"}}}}"#
        )
    }

    #[test]
    fn a_typo_an_operation_and_the_unheard_of() {
        let unknown = format!(
            "action `s3:BrewCoffee` is unknown to the catalog of {}",
            catalog::get().date()
        );
        for (action, message, confidence) in [
            (
                "s3:GetObjects",
                "unknown action `s3:GetObjects`: did you mean `s3:GetObject`?",
                "likely",
            ),
            (
                "S3:getobjetc",
                "unknown action `S3:getobjetc`: did you mean `s3:GetObject`?",
                "likely",
            ),
            (
                "s3:ListObjectsV2",
                "unknown action `s3:ListObjectsV2`: the operation `ListObjectsV2` is authorised by `s3:ListBucket`",
                "likely",
            ),
            (
                "lambda:Invoke",
                "unknown action `lambda:Invoke`: the operation `Invoke` is authorised by `lambda:InvokeFunction`",
                "likely",
            ),
            ("s3:BrewCoffee", &unknown, "heuristic"),
        ] {
            let place = format!("\"{action}\"");
            fails(
                LINT,
                Identity,
                &policy(action),
                &[(&place, "warning", message)],
            );
            assert_eq!(confidences(LINT, Identity, &policy(action)), [confidence]);
        }
    }

    #[test]
    fn known_wild_and_foreign_names_pass() {
        for action in [
            "s3:getobject",
            "s3:NoSuch*",
            "*",
            "nosuchservice:Get",
            "s?:Get",
            "s3",
            "vpc-lattice:AssociateViaAWSService-EventsAndStates",
        ] {
            passes(LINT, Identity, &policy(action));
        }
    }
}
