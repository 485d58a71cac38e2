//! The document is longer than AWS accepts.
//!
//! ## What it finds
//! A document over the quota of what it is attached to. For a plain file the
//! place is not known: over the largest quota of its type is an error, over the
//! smallest a warning. IAM does not count white space, so neither does the
//! lint; AWS Organizations and DynamoDB do. Of a document that could not be read
//! in full no length is told.
//!
//! ## Why it matters
//! The call that creates or updates the policy fails, usually in a deployment.
//!
//! ## Example
//! An example would fill pages: a trust policy of more than 8,192 characters,
//! say.
//!
//! ## Instead
//! Merge statements with the same actions or the same resources, use the
//! wildcards that the names allow, or split a managed policy in two.
//!
//! ## References
//! - IAM User Guide, IAM and AWS STS quotas
//! - AWS Organizations User Guide, quotas

use crate::catalog;
use crate::lints::{Check, Confidence, Context, Draft, Family, Lint, Persona, Report};
use crate::policy::PolicyType;
use crate::sources::{Completeness, Host};
use crate::syntax::embedded;
use crate::text::{Severity, Span};
use std::borrow::Cow;

pub(in crate::lints) static LINT: Lint = Lint {
    id: "policy-too-long",
    family: Family::Size,
    severity: Severity::Error,
    persona: Persona::Regular,
    needs_type: true,
    since: "0.1.0",
    aliases: &[
        (
            "access_analyzer",
            &[
                "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA",
                "POLICY_SIZE_EXCEEDS_RCP_QUOTA",
                "POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA",
                "POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA",
                "POLICY_SIZE_EXCEEDS_SCP_QUOTA",
            ],
        ),
        ("boogy", &["policy_size_exceeded"]),
        (
            "tflint",
            &[
                "aws_iam_group_policy_too_long",
                "aws_iam_policy_too_long_policy",
            ],
        ),
    ],
    source: include_str!("policy_too_long.rs"),
    check: Check::Document(check),
};

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    // What could not be read may be anything, also no part of the policy.
    if context.document.completeness >= Completeness::Partial {
        return;
    }
    let Some((ids, what)) = quotas(context) else {
        return;
    };
    let quotas: Vec<_> = ids
        .iter()
        .filter_map(|id| context.catalog.quota(id))
        .collect();
    let (Some(first), Some(text)) = (quotas.first(), text(context)) else {
        return;
    };
    // Until a raised quota is on the books everywhere, the old one may hold.
    let least = first.previous.unwrap_or(first.limit).min(first.limit);
    let most = quotas
        .iter()
        .map(|quota| quota.max.unwrap_or(quota.limit))
        .max()
        .unwrap_or(least);
    let size = measure(&text, &first.unit, first.whitespace.unwrap_or(true));
    if size <= least {
        return;
    }
    let trusted = matches!(
        first.confidence,
        catalog::Confidence::Documented | catalog::Confidence::Corroborated
    );
    // Where nobody says whether white space counts, it must not make the error.
    let at_least = measure(&text, &first.unit, first.whitespace.unwrap_or(false));
    let is_error = at_least > most && (trusted || first.previous.is_some());
    let limit = if is_error { most } else { least };
    // Over every limit, the largest one is the one to name.
    let what = if is_error && quotas.len() > 1 {
        "any identity policy"
    } else {
        what
    };
    let draft = Draft::new(
        Span {
            end: context.document.span.start.saturating_add(1),
            ..context.document.span
        },
        "",
        format!(
            "this policy is {size} {} long, over the limit of {limit} for {what}",
            first.unit
        ),
    )
    .severity(if is_error {
        Severity::Error
    } else {
        Severity::Warning
    })
    .confidence(if trusted {
        Confidence::Proved
    } else {
        Confidence::Likely
    });
    report.push(if most > limit {
        draft.help(format!("{most} are possible in some places or on request"))
    } else {
        draft
    });
}

/// The document without the notation it is embedded in.
fn text<'a>(context: &Context<'a>) -> Option<Cow<'a, str>> {
    let text = decoded(Cow::Borrowed(context.source.slice(context.document.span)));
    if !text.starts_with('"') {
        return Some(text);
    }
    // A document in a JSON string: what is sent is the string.
    let text: String = serde_json::from_str(&text).ok()?;
    Some(decoded(Cow::Owned(text)))
}

/// URL-encoding taken off, where a document begins with it.
fn decoded(text: Cow<'_, str>) -> Cow<'_, str> {
    let encoded = text.trim_start().starts_with('%');
    let plain = encoded.then(|| embedded::percent_decode(&text)).flatten();
    plain.map_or(text, Cow::Owned)
}

/// The length in the unit of a quota.
fn measure(text: &str, unit: &str, whitespace: bool) -> u64 {
    let counted = text.chars().filter(|c| whitespace || !c.is_whitespace());
    if unit == "bytes" {
        counted.map(|c| c.len_utf8() as u64).sum()
    } else {
        counted.count() as u64
    }
}

/// The quotas that may apply, and the words for what they limit.
fn quotas(context: &Context<'_>) -> Option<(&'static [&'static str], &'static str)> {
    Some(match (context.policy_type(), context.document.host) {
        (PolicyType::Identity, Host::User) => {
            (&["iam.inline.user"], "the inline policies of a user")
        }
        (PolicyType::Identity, Host::Group) => {
            (&["iam.inline.group"], "the inline policies of a group")
        }
        (PolicyType::Identity, Host::Role) => {
            (&["iam.inline.role"], "the inline policies of a role")
        }
        (PolicyType::Identity, Host::PermissionSet) => (
            &["resource.sso.permission-set-inline"],
            "the inline policy of a permission set",
        ),
        (PolicyType::Identity, Host::ManagedPolicy) | (PolicyType::Boundary, _) => {
            (&["iam.managed-policy"], "a managed policy")
        }
        // Nobody says what a file is for.
        (PolicyType::Identity, _) => (
            &["iam.managed-policy", "iam.inline.role"],
            "a managed policy",
        ),
        (PolicyType::Trust, _) => (&["iam.trust-policy"], "a trust policy"),
        (PolicyType::Session, _) => (&["sts.session-policy"], "a session policy"),
        (PolicyType::Scp, _) => (&["organizations.scp"], "a service control policy"),
        (PolicyType::Rcp, _) => (&["organizations.rcp"], "a resource control policy"),
        (PolicyType::Resource, Host::Resource(Some(service))) => of_service(service)?,
        (PolicyType::Resource | PolicyType::VpcEndpoint, _) => return None,
    })
}

fn of_service(service: &str) -> Option<(&'static [&'static str], &'static str)> {
    Some(match service {
        "s3" => (&["resource.s3.bucket"], "a bucket policy"),
        "sqs" => (&["resource.sqs"], "a queue policy"),
        "sns" => (&["resource.sns"], "a topic policy"),
        "dynamodb" => (&["resource.dynamodb"], "a table policy"),
        "kms" => (&["resource.kms.key"], "a key policy"),
        "logs" => (&["resource.logs"], "a resource policy of CloudWatch Logs"),
        "lambda" => (&["resource.lambda"], "a function policy"),
        "secretsmanager" => (&["resource.secretsmanager"], "the policy of a secret"),
        "ecr" => (&["resource.ecr"], "a repository policy"),
        "elasticfilesystem" => (&["resource.elasticfilesystem"], "a file system policy"),
        "es" => (&["resource.opensearch"], "a domain policy"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::measure;
    use crate::lints::testing::{fails, findings, passes};
    use crate::policy::PolicyType::{Identity, Rcp, Scp, Trust};

    const LINT: &str = "policy-too-long";

    /// A policy that, without white space, is `size` characters long.
    fn policy(size: usize, principal: &str) -> String {
        let text = |resource: &str| {
            format!(
                r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny",{principal}"Action":"s3:GetObject","Resource":"arn:aws:s3:::{resource}/*"}}}}"#
            )
        };
        text(&"b".repeat(size - text("").len()))
    }

    #[test]
    fn a_file_may_still_fit_elsewhere() {
        let message = |size, limit| {
            format!(
                "this policy is {size} chars long, over the limit of {limit} for a managed policy"
            )
        };
        const ANY: &str =
            "this policy is 10241 chars long, over the limit of 10240 for any identity policy";
        passes(LINT, Identity, &policy(6144, ""));
        fails(
            LINT,
            Identity,
            &policy(6145, ""),
            &[("{", "warning", &message(6145, 6144))],
        );
        fails(LINT, Identity, &policy(10_241, ""), &[("{", "error", ANY)]);
    }

    #[test]
    fn white_space_counts_for_organizations_only() {
        let padded =
            |text: String| text.replace(",\"Action", &format!(",{}\"Action", " ".repeat(3000)));
        passes(LINT, Identity, &padded(policy(6144, "")));
        passes(LINT, Scp, &policy(5120, ""));
        let (_, found) = findings(LINT, Some(Scp), &padded(policy(5120, "")));
        assert_eq!(found.len(), 1, "over the quota of old");
        let text = padded(policy(5120, r#""Principal":"*","#));
        let message =
            "this policy is 8120 chars long, over the limit of 5120 for a resource control policy";
        fails(LINT, Rcp, &text, &[("{", "error", message)]);
    }

    #[test]
    fn trust_policies_can_be_granted_more() {
        let trust = |size: usize| {
            let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":["arn:aws:iam::111122223333:role/r"]}}}"#;
            text.replace(
                "role/r",
                &format!("role/{}", "r".repeat(size + 1 - text.len())),
            )
        };
        let message = |size, limit| {
            format!(
                "this policy is {size} chars long, over the limit of {limit} for a trust policy"
            )
        };
        passes(LINT, Trust, &trust(2048));
        fails(
            LINT,
            Trust,
            &trust(2049),
            &[("{", "warning", &message(2049, 2048))],
        );
        fails(
            LINT,
            Trust,
            &trust(8193),
            &[("{", "error", &message(8193, 8192))],
        );
    }

    #[test]
    fn what_was_not_read_has_no_length() {
        let deep = |levels: usize| {
            let value = "[".repeat(levels) + &"]".repeat(levels);
            let filler = "b".repeat(20_000);
            let extra = format!(r#""Condition":{{"{filler}":{value}}},"#);
            policy(300 + extra.len(), &extra)
        };
        let lengths = |text: &str| findings(LINT, Some(Identity), text).1.len();
        assert_eq!((lengths(&deep(100)), lengths(&deep(1000))), (1, 0));
        let cut = policy(20_000, "");
        assert_eq!(lengths(cut.trim_end_matches('}')), 0);
    }

    #[test]
    fn units_and_encodings() {
        assert_eq!(measure("é \n", "bytes", true), 4);
        assert_eq!(measure("é \n", "chars", false), 1);
        let encoded = |text: String| text.replace('{', "%7B").replace('"', "%22");
        passes(LINT, Identity, &encoded(policy(6144, "")));
        let message = "this policy is 6145 chars long, over the limit of 6144 for a managed policy";
        let text = encoded(policy(6145, ""));
        fails(LINT, Identity, &text, &[("%", "warning", message)]);
    }
}
