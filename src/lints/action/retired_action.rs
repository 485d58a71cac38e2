//! The action existed once and is gone.
//!
//! ## What it finds
//! An action that older catalogs list and none of the current ones does.
//!
//! ## Why it matters
//! It does no harm and no good: nothing can be called by it any more. Whoever
//! reads the policy takes it for access.
//!
//! ## Example
//! ```json
//! {
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Effect": "Allow",
//!         "Action": "artifact:DownloadAgreement",
//!         "Resource": "*"
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
//!         "Action": "artifact:GetAgreement",
//!         "Resource": "arn:aws:artifact:::agreement/nda"
//!     }
//! }
//! ```
//!
//! ## References
//! - Service Authorization Reference, actions, resources, and condition keys

use crate::lints::{Check, Confidence, Context, Draft, Family, Lint, Persona, Report, names};
use crate::policy::Statement;
use crate::text::Severity;

pub(in crate::lints) static LINT: Lint = Lint {
    id: "retired-action",
    family: Family::Action,
    severity: Severity::Info,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[],
    source: include_str!("retired_action.rs"),
    check: Check::Statement(check),
};

fn check(context: &Context<'_>, statement: &Statement, report: &mut Report<'_>) {
    for (entry, name) in names::literal_actions(statement) {
        if context.catalog.action(&name).is_none() && context.catalog.is_retired(&name) {
            report.push(
                Draft::new(
                    entry.span,
                    name.to_lowercase(),
                    format!("`{name}` is retired: no call asks for it any more"),
                )
                .help("take it out")
                .confidence(Confidence::Likely)
                .assumes(context.catalog_date()),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{fails, passes};
    use crate::policy::PolicyType::Identity;

    #[test]
    fn retired_is_not_unknown() {
        let text = |action: &str| {
            format!(
                r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny","Action":"{action}","Resource":"*"}}}}"#
            )
        };
        let message = "`artifact:DownloadAgreement` is retired: no call asks for it any more";
        let place = "\"artifact:DownloadAgreement\"";
        let retired = text("artifact:DownloadAgreement");
        fails(
            "retired-action",
            Identity,
            &retired,
            &[(place, "info", message)],
        );
        passes("unknown-action", Identity, &retired);
        passes("retired-action", Identity, &text("artifact:Download*"));
        passes("retired-action", Identity, &text("artifact:NoSuchThing"));
    }
}
