//! A policy variable stands in a document whose version does not know them.
//!
//! ## What it finds
//! `${aws:username}` and its like in a resource or a condition value of a
//! document with `Version` `2008-10-17`, or with none, which means the same.
//!
//! ## Why it matters
//! Under the rules of 2008 the variable is text: the statement matches only a
//! resource whose name holds a dollar sign and braces. An Allow grants nothing,
//! a Deny denies nothing.
//!
//! ## Example
//! ```json
//! {
//!     "Version": "2008-10-17",
//!     "Statement": {
//!         "Effect": "Allow",
//!         "Action": "s3:GetObject",
//!         "Resource": "arn:aws:s3:::home/${aws:username}/*"
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
//!         "Resource": "arn:aws:s3:::home/${aws:username}/*"
//!     }
//! }
//! ```
//!
//! ## References
//! - IAM User Guide, IAM policy elements: variables and tags

use crate::lints::{Check, Context, Draft, Family, Lint, Persona, Report};
use crate::policy::{BaseOperator, Statement, Version};
use crate::text::{Severity, Span};

pub(in crate::lints) static LINT: Lint = Lint {
    id: "variable-in-old-version",
    family: Family::Grammar,
    severity: Severity::Error,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[
        ("access_analyzer", &["VARIABLE_UNSUPPORTED_IN_VERSION"]),
        ("parliament", &["OLD_VERSION"]),
    ],
    source: include_str!("variable_in_old_version.rs"),
    check: Check::Statement(check),
};

fn check(context: &Context<'_>, statement: &Statement, report: &mut Report<'_>) {
    let Some(policy) = context.policy() else {
        return;
    };
    if policy.effective_version() == Version::V2012 || context.has_unreadable_version() {
        return;
    }
    let because = match policy.version {
        Some(_) => "`Version` is `2008-10-17`",
        None => "the document has no `Version`",
    };
    let mut found = |span: Span, text: &str| {
        let Some(variable) = variable(text) else {
            return;
        };
        let draft = Draft::new(
            span,
            text,
            format!("`{variable}` is plain text here, because {because}"),
        )
        .help("write `\"Version\": \"2012-10-17\"`");
        report.push(match &policy.version {
            Some(version) => draft.related(version.span, "this version has no variables"),
            None => draft,
        });
    };
    for entry in statement.resource.iter().flat_map(|r| &r.entries) {
        found(entry.span, &entry.value.text);
    }
    for condition in &statement.conditions {
        if condition.operator.value.base.is_some_and(takes_variables) {
            for value in &condition.values {
                found(value.span, &value.value.text);
            }
        }
    }
}

/// String and ARN operators take variables (R88).
fn takes_variables(operator: BaseOperator) -> bool {
    use BaseOperator as Op;
    matches!(
        operator,
        Op::StringEquals
            | Op::StringNotEquals
            | Op::StringEqualsIgnoreCase
            | Op::StringNotEqualsIgnoreCase
            | Op::StringLike
            | Op::StringNotLike
            | Op::ArnEquals
            | Op::ArnNotEquals
            | Op::ArnLike
            | Op::ArnNotLike
    )
}

/// The first policy variable or escape in a text. `${Name}` and
/// `${AWS::Region}` belong to deployment tools.
fn variable(text: &str) -> Option<&str> {
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let behind = rest.get(start..)?;
        let end = behind.find('}')?;
        let name = behind.get(2..end)?.trim();
        if matches!(name, "*" | "?" | "$") || (name.contains(':') && !name.contains("::")) {
            return behind.get(..=end);
        }
        rest = behind.get(end..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::variable;
    use crate::lints::testing::{fails, passes};
    use crate::policy::PolicyType::Identity;

    const OLD: &str = r#"{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"s3:ListBucket",
        "Resource":"arn:aws:s3:::b","Condition":{"StringLike":{"s3:prefix":["a","${aws:username}/*"]}}}}"#;

    #[test]
    fn conditions_count_and_the_new_version_passes() {
        let message = "`${aws:username}` is plain text here, because `Version` is `2008-10-17`";
        fails(
            "variable-in-old-version",
            Identity,
            OLD,
            &[("\"${aws:username}/*\"", "error", message)],
        );
        passes(
            "variable-in-old-version",
            Identity,
            &OLD.replace("2008", "2012"),
        );
        passes(
            "variable-in-old-version",
            Identity,
            &OLD.replace("StringLike", "NumericEquals"),
        );
    }

    #[test]
    fn absent_version_is_the_old_one() {
        let text = OLD.replace("\"Version\":\"2008-10-17\",", "");
        let message = "`${aws:username}` is plain text here, because the document has no `Version`";
        fails(
            "variable-in-old-version",
            Identity,
            &text,
            &[("\"${aws:username}/*\"", "error", message)],
        );
    }

    #[test]
    fn what_is_a_variable() {
        assert_eq!(
            variable("a${AWS::Region}${ aws:userid , 'x'}"),
            Some("${ aws:userid , 'x'}")
        );
        assert_eq!(variable("${*}"), Some("${*}"));
        for text in [
            "${var}",
            "${AWS::AccountId}",
            "${",
            "${aws:x",
            "$",
            "é${é",
            "",
        ] {
            assert_eq!(variable(text), None, "{text}");
        }
    }
}
