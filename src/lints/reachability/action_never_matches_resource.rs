//! No resource of the statement is of a type that the action works on.
//!
//! ## What it finds
//! An action, or a wildcard with all it stands for, that can apply to nothing
//! the statement's `Resource` names: to none of the resource types the catalog
//! lists for it, required or not. An action that takes no resource at all is
//! asked for on `*`, and only an entry that is `*` matches that; all such
//! actions of a statement make one finding.
//!
//! Reported where the comparison engine proves it, over every ARN of those
//! types. Where a variable or a wildcard leaves it open, nothing is.
//!
//! ## Why it matters
//! The Allow grants nothing for that action, so a call that was meant to work
//! is denied; in a Deny the action stays as free as it was.
//!
//! ## Example
//! ```json
//! {
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Effect": "Allow",
//!         "Action": ["s3:GetObject", "s3:ListBucket"],
//!         "Resource": "arn:aws:s3:::reports"
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
//!         "Action": ["s3:GetObject", "s3:ListBucket"],
//!         "Resource": ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"]
//!     }
//! }
//! ```
//!
//! ## References
//! - Service Authorization Reference, actions, resources, and condition keys

use crate::catalog::{ActionRef, Scope};
use crate::lints::access::{self, Access, Answer};
use crate::lints::exact::{Exact, Exactly};
use crate::lints::instances::{generous, instances, partitions};
use crate::lints::unify::Steps;
use crate::lints::{Check, Confidence, Context, Draft, Family, Lint, Persona, Report};
use crate::policy::{PolicyType, ResourceKind, ResourcePattern, Statement};
use crate::semantics::Request;
use crate::semantics::compare::checks;
use crate::sources::Completeness;
use crate::text::{Severity, Spanned};
use std::collections::BTreeSet;

pub(in crate::lints) static LINT: Lint = Lint {
    id: "action-never-matches-resource",
    family: Family::Reachability,
    severity: Severity::Warning,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[
        ("boogy", &["resource_mismatch"]),
        ("cfn_lint", &["I3510"]),
        ("parliament", &["RESOURCE_MISMATCH"]),
    ],
    source: include_str!("action_never_matches_resource.rs"),
    check: Check::Statement(check),
};

fn check(context: &Context<'_>, statement: &Statement, report: &mut Report<'_>) {
    let (Some(action), Some(resource)) = (&statement.action, &statement.resource) else {
        return;
    };
    // What could not be read may be the resource that fits.
    let is_whole = context.document.completeness == Completeness::Full;
    if action.negated || resource.negated || resource.entries.is_empty() || !is_whole {
        return;
    }
    // Something that is no ARN has its own lint, and may hold anything.
    let entries: Option<Vec<_>> = resource
        .entries
        .iter()
        .map(|entry| Steps::of_resource(&entry.value))
        .collect();
    let Some(entries) = entries else { return };
    let is_any = |entry: &Spanned<ResourcePattern>| entry.value.kind == ResourceKind::Any;
    if resource.entries.iter().any(is_any) {
        return;
    }
    let mut takers_of_none = Vec::new();
    for entry in &action.entries {
        let meant = context.catalog.expand(&entry.value.text);
        if meant.is_empty() || !meant.iter().all(|action| never(context, *action, &entries)) {
            continue;
        }
        if meant
            .iter()
            .all(|action| action.scope() == Scope::WildcardOnly)
        {
            takers_of_none.push((entry, meant));
        } else {
            let text = &entry.value.text;
            let message =
                format!("`{text}` never applies: no resource here is of a type it works on");
            let draft = Draft::new(entry.span, text.to_lowercase(), message)
                .help(format!("it works on {}", formats(&meant)));
            push(context, statement, &meant, draft, report);
        }
    }
    let Some((first, _)) = takers_of_none.first() else {
        return;
    };
    let all: Vec<_> = takers_of_none
        .iter()
        .flat_map(|(_, meant)| meant.iter().copied())
        .collect();
    let mut names: Vec<_> = takers_of_none
        .iter()
        .map(|(entry, _)| entry.value.text.to_lowercase())
        .collect();
    names.sort_unstable();
    let text = &first.value.text;
    let message = match takers_of_none.len() {
        1 => format!("`{text}` never applies: it takes no resource, so only `*` matches it"),
        count => format!(
            "`{text}` and {} more never apply: they take no resource, so only `*` matches them",
            count - 1
        ),
    };
    let mut draft = Draft::new(first.span, names.join(" "), message)
        .help("give them a statement of their own with `\"Resource\": \"*\"`");
    for (entry, _) in takers_of_none.iter().skip(1).take(SHOWN) {
        draft = draft.related(entry.span, "nor does this");
    }
    push(context, statement, &all, draft, report);
}

/// Further actions of one finding that are pointed at.
const SHOWN: usize = 9;

/// Reports a draft, unless the simulator allows what it says cannot be.
fn push(
    context: &Context<'_>,
    statement: &Statement,
    meant: &[ActionRef<'static>],
    draft: Draft,
    report: &mut Report<'_>,
) {
    let (Some(action), Some(resource)) = (meant.first(), &statement.resource) else {
        return;
    };
    if !is_proved(context, statement, meant) {
        return;
    }
    let Some(witness) = witness(context, statement, *action) else {
        return;
    };
    let draft = draft
        .related(resource.span, "matches none of its resources")
        .confidence(Confidence::Likely)
        .assumes(context.catalog_date());
    report.push(
        if access::is_allow(statement) && context.policy_type() == PolicyType::Identity {
            draft.witness(witness)
        } else {
            draft
        },
    );
}

/// The one action without resource types that `*` alone does not stand for
/// (R46).
const EXCEPTION: (&str, &str) = ("s3:ListAllMyBuckets", "arn:aws:s3:::*");

/// Whether no entry can match a resource of the action. An action the catalog
/// knows by name only is left alone.
fn never(context: &Context<'_>, action: ActionRef<'static>, entries: &[Steps]) -> bool {
    if action.scope() == Scope::Unknown {
        return false;
    }
    let mut formats = action
        .resource_types()
        .flat_map(|(kind, _)| &kind.arns)
        .map(|format| Steps::of_format(format.text()))
        .chain((action.name() == EXCEPTION.0).then(|| Steps::of_text(EXCEPTION.1)));
    !formats.any(|format| {
        let work = entries.iter().map(|entry| entry.work(&format)).sum();
        // Where that would take too long, it may.
        !context.budget.spend(work) || entries.iter().any(|entry| entry.meets(&format))
    })
}

/// The same, proved: no ARN of any of the types that the actions work on, nor
/// the `*` of actions that take none, is one of the statement's resources.
/// [`never`] only says where it is worth the question.
fn is_proved(context: &Context<'_>, statement: &Statement, meant: &[ActionRef<'static>]) -> bool {
    let policy = Exactly::matched(context, statement);
    let is_none = |access: Result<checks::Access, checks::AccessError>| {
        access.is_ok_and(|access| policy.none(&access) == Exact::Proved)
    };
    let mut buckets = BTreeSet::new();
    let mut arns = BTreeSet::new();
    let mut none = false;
    for action in meant {
        let formats = action.resource_types().flat_map(|(kind, _)| &kind.arns);
        for format in formats {
            let is_bucket = format.fields()[5] == "${BucketName}";
            let arns = if is_bucket { &mut buckets } else { &mut arns };
            arns.extend(generous(*format, "*"));
        }
        if action.name() == EXCEPTION.0 {
            arns.insert(EXCEPTION.1.replace('*', "${*}"));
        }
        none |= action.scope() == Scope::WildcardOnly;
    }
    let access = |resources: BTreeSet<String>| {
        let resources: Vec<_> = resources.into_iter().collect();
        checks::Access::new(&[], &resources, None, &[])
    };
    let any_arn = ["arn:*:*:*:*:*".to_owned()];
    (arns.is_empty() || is_none(access(arns)))
        && (buckets.is_empty() || {
            // No name of a bucket holds a slash.
            let objects: Vec<_> = buckets.iter().map(|arn| format!("{arn}/*")).collect();
            is_none(access(buckets).and_then(|access| access.except(&objects)))
        })
        && (!none || {
            let star = access(BTreeSet::from(["*".to_owned()]));
            is_none(star.and_then(|access| access.except(&any_arn)))
        })
}

/// A request for the action that the statement does not allow.
fn witness(
    context: &Context<'_>,
    statement: &Statement,
    action: ActionRef<'static>,
) -> Option<Request> {
    // The plainest of its types: the object, not the object of an access point.
    let types = action.resource_types();
    let format = types
        .flat_map(|(kind, _)| &kind.arns)
        .min_by_key(|format| format.placeholders().count());
    let made = format.and_then(|format| {
        let partitions = partitions(statement);
        let partition = partitions.first()?;
        instances(format.text(), partition).into_iter().next()
    });
    let account = made.as_ref().map_or("123456789012", |made| made.account);
    let request = Request {
        principal: format!("arn:aws:iam::{account}:user/any"),
        action: action.name(),
        resource: made
            .as_ref()
            .map_or_else(|| "*".to_owned(), |made| made.arn.clone()),
        resource_account: Some(account.to_owned()),
        ..Request::default()
    };
    let access = Access::identity(context, statement);
    (access.ask(&request) == Answer::Denied).then_some(request)
}

/// The types of the first actions, with their ARN formats.
fn formats(actions: &[ActionRef<'static>]) -> String {
    let mut named: Vec<String> = Vec::new();
    let types = actions.iter().flat_map(|action| action.resource_types());
    for (kind, _) in types {
        let arns: Vec<_> = kind
            .arns
            .iter()
            .map(|arn| format!("`{}`", arn.text()))
            .collect();
        let text = format!("{} {}", kind.name, arns.join(" or "));
        if !named.contains(&text) {
            named.push(text);
        }
    }
    let more = named.len().saturating_sub(3);
    named.truncate(3);
    match more {
        0 => named.join(", "),
        more => format!("{} and {more} more types", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{fails, passes};
    use crate::policy::PolicyType::{Identity, Resource};

    const LINT: &str = "action-never-matches-resource";

    fn policy(actions: &str, resources: &str) -> String {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":{actions},"Resource":{resources}}}]}}"#
        )
    }

    #[test]
    fn the_wrong_type_the_wrong_service_and_no_resource_at_all() {
        for (action, resource, message) in [
            (
                "s3:GetObject",
                "arn:aws:s3:::b",
                "`s3:GetObject` never applies: no resource here is of a type it works on",
            ),
            (
                "sqs:SendMessage",
                "arn:aws:sns:us-east-1:111122223333:t",
                "`sqs:SendMessage` never applies: no resource here is of a type it works on",
            ),
            (
                "ec2:DescribeInstances",
                "arn:aws:ec2:*:*:*",
                "`ec2:DescribeInstances` never applies: it takes no resource, so only `*` matches it",
            ),
            (
                "s3:ListAllMyBuckets",
                "arn:aws:s3:::b",
                "`s3:ListAllMyBuckets` never applies: it takes no resource, so only `*` matches it",
            ),
            (
                "s3:GetObj*",
                "arn:aws:s3:::b",
                "`s3:GetObj*` never applies: no resource here is of a type it works on",
            ),
        ] {
            let text = policy(&format!("\"{action}\""), &format!("\"{resource}\""));
            fails(
                LINT,
                Identity,
                &text,
                &[(&format!("\"{action}\""), "warning", message)],
            );
        }
    }

    #[test]
    fn actions_without_resources_are_told_together() {
        let text = policy(
            r#"["sqs:ListQueues","sqs:SendMessage","SNS:listtopics","ec2:DescribeVpcs"]"#,
            r#""arn:aws:sqs:*:*:q""#,
        );
        let message = "`sqs:ListQueues` and 2 more never apply: they take no resource, so only `*` matches them";
        fails(
            LINT,
            Identity,
            &text,
            &[("\"sqs:ListQueues\"", "warning", message)],
        );
    }

    #[test]
    fn what_may_match_passes() {
        for (actions, resources) in [
            (r#""s3:GetObject""#, r#""*""#),
            (r#""s3:GetObject""#, r#""arn:aws:s3:::b*""#),
            (r#""s3:GetObject""#, r#""arn:aws:s3:::${aws:username}""#),
            (r#""s3:GetObject""#, r#""arn:aws:s3""#),
            (r#""s3:*""#, r#""arn:aws:s3:::b""#),
            (r#""s3:ListAllMyBuckets""#, r#""arn:aws:s3:::*""#),
            (
                r#""s3:GetObject""#,
                r#"["arn:aws:s3:::b","arn:aws:s3:::b/k"]"#,
            ),
            (r#""s3:NoSuchAction""#, r#""arn:aws:s3:::b""#),
            (r#""s3:GetObject""#, r#""${BucketArn}""#),
            (r#""ec2:runinstances""#, r#""arn:aws:ec2:*:*:subnet/*""#),
        ] {
            passes(LINT, Identity, &policy(actions, resources));
        }
        let negated = policy(r#""s3:GetObject""#, r#""arn:aws:s3:::b""#);
        passes(
            LINT,
            Identity,
            &negated.replace("\"Resource\"", "\"NotResource\""),
        );
        passes(
            LINT,
            Identity,
            &negated.replace("\"Action\"", "\"NotAction\""),
        );
    }

    #[test]
    fn a_bucket_policy_is_judged_too() {
        let text = policy(
            r#"["s3:ListBucket","s3:GetObject"]"#,
            r#""arn:aws:s3:::b/*""#,
        )
        .replace("\"Effect\"", "\"Principal\":\"*\",\"Effect\"");
        let message = "`s3:ListBucket` never applies: no resource here is of a type it works on";
        fails(
            LINT,
            Resource,
            &text,
            &[("\"s3:ListBucket\"", "warning", message)],
        );
    }
}
