//! The catalog knows no service of this prefix.
//!
//! ## What it finds
//! The prefix of an action, or of a condition key, that is no service. With a
//! known prefix that is spelled nearly alike it is a warning; otherwise the
//! service may be newer than the catalog, and it is only noted.
//!
//! ## Why it matters
//! IAM accepts any prefix, and one that does not exist matches no request.
//!
//! ## Example
//! ```json
//! {
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Effect": "Allow",
//!         "Action": "dynamo:GetItem",
//!         "Resource": "arn:aws:dynamodb:us-east-1:111122223333:table/orders"
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
//!         "Action": "dynamodb:GetItem",
//!         "Resource": "arn:aws:dynamodb:us-east-1:111122223333:table/orders"
//!     }
//! }
//! ```
//!
//! ## References
//! - Service Authorization Reference, actions, resources, and condition keys

use crate::lints::{Check, Confidence, Context, Draft, Family, Lint, Persona, Report, names};
use crate::policy::{ActionKind, Statement};
use crate::text::{Severity, Span};

pub(in crate::lints) static LINT: Lint = Lint {
    id: "unknown-service",
    family: Family::Action,
    severity: Severity::Warning,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[
        (
            "access_analyzer",
            &["INVALID_SERVICE", "INVALID_SERVICE_IN_ACTION"],
        ),
        ("boogy", &["invalid_action"]),
        ("cfn_lint", &["W3037"]),
        ("parliament", &["UNKNOWN_PREFIX"]),
    ],
    source: include_str!("unknown_service.rs"),
    check: Check::Statement(check),
};

fn check(context: &Context<'_>, statement: &Statement, report: &mut Report<'_>) {
    for entry in statement.action.iter().flat_map(|action| &action.entries) {
        if let ActionKind::Named { service, .. } = &entry.value.kind {
            look(context, entry.span, service, report);
        }
    }
    for condition in &statement.conditions {
        let key = &condition.key.value;
        if let Some((service, _)) = key.split_once(':')
            && !service.eq_ignore_ascii_case("aws")
            && names::key_types(context.catalog, key).is_none()
        {
            look(context, condition.key.span, service, report);
        }
    }
}

fn look(context: &Context<'_>, span: Span, service: &str, report: &mut Report<'_>) {
    // Wildcards have a lint of their own; a dot makes an identity provider.
    if service.is_empty()
        || service.contains(['*', '?', '.', '/', '$'])
        || context.catalog.service(service).is_some()
    {
        return;
    }
    let draft = match names::nearest_service(context.catalog, service) {
        Some(near) => Draft::new(
            span,
            service.to_lowercase(),
            format!("unknown service `{service}`: did you mean `{near}`?"),
        )
        .confidence(Confidence::Likely),
        None => Draft::new(
            span,
            service.to_lowercase(),
            format!(
                "service `{service}` is unknown to the catalog of {}",
                context.catalog.date()
            ),
        )
        .severity(Severity::Info)
        .confidence(Confidence::Heuristic),
    };
    report.push(draft.assumes(context.catalog_date()));
}

#[cfg(test)]
mod tests {
    use crate::catalog;
    use crate::lints::testing::{fails, passes};
    use crate::policy::PolicyType::Identity;

    const LINT: &str = "unknown-service";

    fn policy(action: &str, key: &str) -> String {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"{action}","Resource":"*",
            "Condition":{{"StringEquals":{{"{key}":"x"}}}}}}}}"#
        )
    }

    #[test]
    fn near_and_far_names() {
        let message = "unknown service `lamda`: did you mean `lambda`?";
        let text = policy("lamda:InvokeFunction", "aws:RequestedRegion");
        fails(
            LINT,
            Identity,
            &text,
            &[("\"lamda:InvokeFunction\"", "warning", message)],
        );
        let text = policy("lambda:InvokeFunction", "lamda:FunctionArn");
        fails(
            LINT,
            Identity,
            &text,
            &[("\"lamda:FunctionArn\"", "warning", message)],
        );
        let date = catalog::get().date();
        let message = format!("service `weatherreport` is unknown to the catalog of {date}");
        let text = policy("weatherreport:Get*", "aws:RequestedRegion");
        fails(
            LINT,
            Identity,
            &text,
            &[("\"weatherreport:Get*\"", "info", &message)],
        );
    }

    #[test]
    fn known_ones_wildcards_and_identity_providers_pass() {
        for (action, key) in [
            ("LAMBDA:InvokeFunction", "saml:aud"),
            ("l*:x", "idp.example.com:aud"),
            ("*", "aws:NoSuchKey"),
            ("sts:AssumeRole", "accounts.google.com:aud"),
        ] {
            passes(LINT, Identity, &policy(action, key));
        }
    }
}
