//! The catalog knows no condition key of this name.
//!
//! ## What it finds
//! A global key (`aws:…`) or a key of a known service that does not exist. Tag
//! keys are matched by their prefix, and claims of identity providers
//! (`token.actions.githubusercontent.com:sub`) are left alone: anybody can run
//! one.
//!
//! ## Why it matters
//! A key that is never in a request makes a positive operator fail and a
//! negated one hold, always. The condition does nothing, or forbids everything.
//!
//! ## Example
//! ```json
//! {
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Effect": "Allow",
//!         "Action": "s3:GetObject",
//!         "Resource": "arn:aws:s3:::reports/*",
//!         "Condition": {"StringEquals": {"aws:PrincipleOrgID": "o-a1b2c3d4e5"}}
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
//!         "Resource": "arn:aws:s3:::reports/*",
//!         "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
//!     }
//! }
//! ```
//!
//! ## References
//! - IAM User Guide, AWS global condition context keys
//! - Service Authorization Reference, actions, resources, and condition keys

use crate::lints::{Check, Confidence, Context, Draft, Family, Lint, Persona, Report, names};
use crate::policy::Statement;
use crate::text::Severity;

pub(in crate::lints) static LINT: Lint = Lint {
    id: "unknown-condition-key",
    family: Family::Condition,
    severity: Severity::Warning,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[
        (
            "access_analyzer",
            &[
                "INVALID_GLOBAL_CONDITION_KEY",
                "INVALID_SERVICE_CONDITION_KEY",
            ],
        ),
        ("boogy", &["invalid_condition_key"]),
        ("parliament", &["UNKNOWN_CONDITION_FOR_ACTION"]),
    ],
    source: include_str!("unknown_condition_key.rs"),
    check: Check::Statement(check),
};

fn check(context: &Context<'_>, statement: &Statement, report: &mut Report<'_>) {
    for condition in &statement.conditions {
        let key = &condition.key.value;
        let Some(near) = names::unknown_key(context.catalog, key) else {
            continue;
        };
        let whose = match key.split_once(':') {
            Some((prefix, _)) if !prefix.eq_ignore_ascii_case("aws") => {
                format!("unknown condition key `{key}` of `{prefix}`")
            }
            _ => format!("unknown global condition key `{key}`"),
        };
        let draft = match near {
            Some(near) => Draft::new(
                condition.key.span,
                key.to_lowercase(),
                format!("{whose}: did you mean `{near}`?"),
            )
            .confidence(Confidence::Likely),
            None => Draft::new(condition.key.span, key.to_lowercase(), whose)
                .confidence(Confidence::Heuristic),
        };
        report.push(
            draft
                .label("no request has this key")
                .assumes(context.catalog_date()),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{confidences, fails, passes};
    use crate::policy::PolicyType::{Identity, Trust};

    const LINT: &str = "unknown-condition-key";

    fn policy(key: &str) -> String {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b",
            "Condition":{{"StringEquals":{{"{key}":"x"}}}}}}}}"#
        )
    }

    #[test]
    fn misspelled_and_unheard_of() {
        for (key, message, confidence) in [
            (
                "aws:SourceIpp",
                "unknown global condition key `aws:SourceIpp`: did you mean `aws:SourceIp`?",
                "likely",
            ),
            (
                "s3:prefx",
                "unknown condition key `s3:prefx` of `s3`: did you mean `s3:prefix`?",
                "likely",
            ),
            (
                "aws:WeatherOutside",
                "unknown global condition key `aws:WeatherOutside`",
                "heuristic",
            ),
        ] {
            let text = policy(key);
            let place = format!("\"{key}\"");
            fails(LINT, Identity, &text, &[(&place, "warning", message)]);
            assert_eq!(confidences(LINT, Identity, &text), [confidence]);
        }
    }

    #[test]
    fn known_in_any_case_templated_and_foreign_keys() {
        for key in [
            "aws:sourceip",
            "aws:RequestTag/team",
            "aws:PrincipalTag/a:b",
            "s3:ExistingObjectTag/x",
            "s3:prefix",
            "iam:PassedToService",
            "ec2:SourceInstanceARN",
            "sts:ExternalId",
            "saml:aud",
            "cognito-identity.amazonaws.com:aud",
            "token.actions.githubusercontent.com:sub",
            "oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub",
            "idp.example.com:sub",
            "no-such-service:key",
        ] {
            passes(LINT, Identity, &policy(key));
            passes(LINT, Trust, &policy(key));
        }
    }
}
