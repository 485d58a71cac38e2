//! The operator of a condition does not fit the type of its key.
//!
//! ## What it finds
//! A key under an operator of another family than its type: an address compared
//! as a number, a date as a string, a name as an ARN. String operators on ARN
//! and Bool keys work, if loosely, and are left alone, as is `Null`, which fits
//! every key.
//!
//! ## Why it matters
//! A comparison that cannot be made does not hold: an Allow grants nothing, and
//! a Deny with a positive operator never denies. Negated, a comparison of texts
//! nearly always holds.
//!
//! ## Example
//! ```json
//! {
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Effect": "Allow",
//!         "Action": "s3:GetObject",
//!         "Resource": "arn:aws:s3:::reports/*",
//!         "Condition": {"StringEquals": {"aws:SourceIp": "203.0.113.0/24"}}
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
//!         "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
//!     }
//! }
//! ```
//!
//! ## References
//! - IAM User Guide, IAM JSON policy elements: condition operators

use crate::catalog::KeyType;
use crate::lints::{Check, Confidence, Context, Draft, Family, Lint, Persona, Report, names};
use crate::policy::{BaseOperator, Statement};
use crate::text::Severity;

pub(in crate::lints) static LINT: Lint = Lint {
    id: "operator-type-mismatch",
    family: Family::Condition,
    severity: Severity::Warning,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[
        ("access_analyzer", &["TYPE_MISMATCH"]),
        ("boogy", &["type_mismatch"]),
        ("parliament", &["MISMATCHED_TYPE"]),
    ],
    source: include_str!("operator_type_mismatch.rs"),
    check: Check::Statement(check),
};

fn check(context: &Context<'_>, statement: &Statement, report: &mut Report<'_>) {
    for condition in &statement.conditions {
        let operator = &condition.operator;
        let (Some(base), Some(kinds)) = (
            operator.value.base,
            names::key_types(context.catalog, &condition.key.value),
        ) else {
            continue;
        };
        let key = &condition.key.value;
        // The one date that requests carry as a number.
        let is_epoch = key.eq_ignore_ascii_case("aws:EpochTime");
        if kinds.iter().any(|kind| fits(base, *kind)) || is_epoch && fits(base, KeyType::Numeric) {
            continue;
        }
        let Some(kind) = kinds.first() else { continue };
        report.push(
            Draft::new(
                operator.span,
                key.to_lowercase(),
                format!(
                    "`{}` cannot compare `{key}`, which is {}",
                    operator.value.text,
                    word(*kind)
                ),
            )
            .related(
                condition.key.span,
                format!("{} by the catalog", word(*kind)),
            )
            .help(format!("use {}", operators(*kind)))
            .confidence(Confidence::Likely)
            .assumes(context.catalog_date()),
        );
    }
}

/// Whether an operator can compare values of a type.
fn fits(base: BaseOperator, kind: KeyType) -> bool {
    use BaseOperator as Op;
    match base {
        Op::Null | Op::BinaryEquals => true,
        Op::StringEquals
        | Op::StringNotEquals
        | Op::StringEqualsIgnoreCase
        | Op::StringNotEqualsIgnoreCase
        | Op::StringLike
        | Op::StringNotLike => matches!(kind, KeyType::String | KeyType::Arn | KeyType::Bool),
        Op::NumericEquals
        | Op::NumericNotEquals
        | Op::NumericLessThan
        | Op::NumericLessThanEquals
        | Op::NumericGreaterThan
        | Op::NumericGreaterThanEquals => kind == KeyType::Numeric,
        Op::DateEquals
        | Op::DateNotEquals
        | Op::DateLessThan
        | Op::DateLessThanEquals
        | Op::DateGreaterThan
        | Op::DateGreaterThanEquals => matches!(kind, KeyType::Date),
        Op::Bool => kind == KeyType::Bool,
        Op::IpAddress | Op::NotIpAddress => kind == KeyType::IpAddress,
        Op::ArnEquals | Op::ArnNotEquals | Op::ArnLike | Op::ArnNotLike => kind == KeyType::Arn,
    }
}

fn word(kind: KeyType) -> &'static str {
    match kind {
        KeyType::String => "a string",
        KeyType::Arn => "an ARN",
        KeyType::Bool => "a boolean",
        KeyType::Numeric => "a number",
        KeyType::Date => "a date",
        KeyType::IpAddress => "an IP address",
    }
}

fn operators(kind: KeyType) -> &'static str {
    match kind {
        KeyType::String => "a String operator, such as `StringEquals`",
        KeyType::Arn => "`ArnEquals`, `ArnLike` or their negations",
        KeyType::Bool => "`Bool`",
        KeyType::Numeric => "a Numeric operator, such as `NumericEquals`",
        KeyType::Date => "a Date operator, such as `DateLessThan`",
        KeyType::IpAddress => "`IpAddress` or `NotIpAddress`",
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{fails, passes};
    use crate::policy::PolicyType::Identity;

    fn policy(operator: &str, key: &str, value: &str) -> String {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b",
            "Condition":{{"{operator}":{{"{key}":"{value}"}}}}}}}}"#
        )
    }

    #[test]
    fn families_that_do_not_fit() {
        for (operator, key, value, kind) in [
            (
                "StringEquals",
                "aws:SourceIp",
                "203.0.113.7",
                "an IP address",
            ),
            ("IpAddress", "aws:UserAgent", "203.0.113.7", "a string"),
            (
                "NumericEqualsIfExists",
                "aws:SecureTransport",
                "1",
                "a boolean",
            ),
            (
                "ArnLike",
                "aws:PrincipalAccount",
                "111122223333",
                "a string",
            ),
            ("StringLike", "AWS:currenttime", "2026*", "a date"),
            ("StringEquals", "s3:max-keys", "10", "a number"),
        ] {
            let message = format!("`{operator}` cannot compare `{key}`, which is {kind}");
            let text = policy(operator, key, value);
            let place = format!("\"{operator}\"");
            fails(
                "operator-type-mismatch",
                Identity,
                &text,
                &[(&place, "warning", &message)],
            );
        }
    }

    #[test]
    fn what_fits_works_loosely_or_is_unknown() {
        for (operator, key, value) in [
            (
                "StringEquals",
                "aws:PrincipalArn",
                "arn:aws:iam::111122223333:role/a",
            ),
            ("StringEquals", "aws:SecureTransport", "true"),
            ("ForAnyValue:StringEquals", "aws:TagKeys", "a"),
            ("Null", "aws:SourceIp", "true"),
            ("StringEquals", "aws:ResourceTag/team", "a"),
            ("StringEquals", "example:unknown", "a"),
            ("NumericLessThan", "aws:EpochTime", "1700000000"),
            ("DateLessThan", "aws:EpochTime", "1700000000"),
            ("DateLessThan", "aws:TokenIssueTime", "2026-01-01T00:00:00Z"),
        ] {
            passes(
                "operator-type-mismatch",
                Identity,
                &policy(operator, key, value),
            );
        }
    }
}
