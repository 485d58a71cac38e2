//! A statement can pass any role to a service.
//!
//! ## What it finds
//! An Allow under which `iam:PassRole` succeeds for roles of unrelated names,
//! whether it is spelled by name, by a wildcard or by `NotAction`, on `*`, on
//! `arn:aws:iam::*:role/*` or by `NotResource`, after every Deny: one that
//! leaves only some roles silences it. The finding is `proved` where that is so
//! for every role and, with the condition keys of the witness, whatever else
//! the request holds; where some role cannot be passed, the message says
//! "almost any". Where a condition names the services that a role may be passed
//! to, the finding is for auditors: the role must trust one of them.
//!
//! ## Why it matters
//! Whoever passes a role acts with its permissions. With any role to choose
//! from that is the most powerful role of the account which trusts the service.
//!
//! ## Example
//! ```json
//! {
//!     "Version": "2012-10-17",
//!     "Statement": {
//!         "Effect": "Allow",
//!         "Action": ["iam:PassRole", "ec2:DescribeInstances"],
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
//!         "Action": "iam:PassRole",
//!         "Resource": "arn:aws:iam::111122223333:role/web-server",
//!         "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
//!     }
//! }
//! ```
//!
//! ## References
//! - IAM User Guide, granting a user permissions to pass a role to an AWS service

use crate::lints::access::{self, Access, Answer};
use crate::lints::choose::choose;
use crate::lints::exact::{self, Exact, Exactly};
use crate::lints::{Check, Confidence, Context, Draft, Family, Lint, Persona, Report, Risk};
use crate::policy::{ActionPattern, PolicyType, ResourceKind, Statement};
use crate::semantics::compare::checks;
use crate::semantics::evaluate::matching;
use crate::semantics::{self, Request};
use crate::text::{Severity, Span, Spanned};
use std::collections::BTreeSet;

pub(in crate::lints) static LINT: Lint = Lint {
    id: "pass-role-wildcard",
    family: Family::Permissions,
    severity: Severity::Warning,
    persona: Persona::Regular,
    needs_type: false,
    since: "0.1.0",
    aliases: &[
        (
            "access_analyzer",
            &[
                "PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE",
                "PASS_ROLE_WITH_NOT_RESOURCE",
                "PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE",
                "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE",
                "PASS_ROLE_WITH_STAR_IN_RESOURCE",
                "PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION",
            ],
        ),
        ("cfn_nag", &["F38", "F39", "F40"]),
        ("trivy", &["AWS-0342"]),
    ],
    source: include_str!("pass_role_wildcard.rs"),
    check: Check::Statement(check),
};

const ACTION: &str = "iam:PassRole";
const KEY: &str = "iam:PassedToService";

/// Names without anything in common: what allows all of them allows any.
const ROLES: &[&str] = &["OrganizationAdmin", "teams/q7x/deploy-2f9", "zz8c1b"];

/// Services without anything in common.
const SERVICES: &[&str] = &[
    "ec2.amazonaws.com",
    "lambda.amazonaws.com",
    "codebuild.amazonaws.com",
];

fn check(context: &Context<'_>, statement: &Statement, report: &mut Report<'_>) {
    if context.policy_type() != PolicyType::Identity
        || !access::is_allow(statement)
        || !access::covers_action(statement, ACTION)
    {
        return;
    }
    let access = Access::identity(context, statement);
    let services = services(statement);
    let mut chosen = semantics::Context::default();
    choose(&mut chosen, statement, context.denies(), is_free);
    let ask = |partition: &str, account: &str, role: &str, service: &str| {
        let mut keys = chosen.clone();
        let _ = keys.insert(KEY, [service]);
        let request = Request {
            principal: format!("arn:{partition}:iam::{account}:user/any"),
            action: ACTION.to_owned(),
            resource: format!("arn:{partition}:iam::{account}:role/{role}"),
            context: keys,
            ..Request::default()
        };
        (access.ask(&request), request)
    };
    for (partition, account) in accounts(statement) {
        let any_role = |service: &&String| {
            ROLES.iter().all(|role| {
                matches!(
                    ask(&partition, &account, role, service).0,
                    Answer::Allowed { .. }
                )
            })
        };
        let passed: Vec<_> = services.iter().filter(any_role).collect();
        let (Some(service), Some(role)) = (passed.first(), ROLES.first()) else {
            continue;
        };
        let any_service = SERVICES.iter().all(|one| passed.iter().any(|p| p == one));
        let (_, witness) = ask(&partition, &account, role, service);
        let roles = format!("arn:{partition}:iam::{account}:role/*");
        // Any service: the question leaves it open.
        let named = if any_service {
            Vec::new()
        } else {
            passed.clone()
        };
        let answer = every_role(context, statement, &roles, &chosen, &named);
        let is_denied = |arn: &str| {
            let role = arn.split_once(":role/").map_or("", |(_, role)| role);
            ask(&partition, &account, role, service).0 == Answer::Denied
        };
        let spared = match &answer {
            Exact::Refuted(request) if is_denied(&request.resource) => Some(&request.resource),
            _ => None,
        };
        let any = if spared.is_some() {
            "almost any"
        } else {
            "any"
        };
        let to = if any_service {
            "any service".to_owned()
        } else {
            let names: Vec<_> = passed.iter().map(|name| format!("`{name}`")).collect();
            names.join(", ")
        };
        let draft = Draft::new(
            action_span(statement),
            ACTION,
            format!("this statement can pass {any} role to {to}"),
        )
        .label(match spared {
            None => "for these resources, any role of an account".to_owned(),
            Some(arn) => format!("any role of an account but such as `{arn}`"),
        })
        .confidence(match answer {
            Exact::Proved => Confidence::Proved,
            Exact::Refuted(_) | Exact::Unknown => Confidence::Likely,
        })
        .witness(witness);
        let draft = match &statement.resource {
            Some(resource) => {
                draft.related(resource.span, format!("matches a role named `{role}`"))
            }
            None => draft,
        };
        report.push(if any_service {
            draft.risk(Risk::High).help(format!(
                "name the roles it passes, and add a condition on `{KEY}`"
            ))
        } else {
            draft
                .risk(Risk::Medium)
                .persona(Persona::Auditor)
                .help("name the roles it passes")
        });
        return;
    }
}

/// Whether every role can be passed to each of the services (to any, where
/// none is named) by a request with these keys, whatever else it holds.
fn every_role(
    context: &Context<'_>,
    statement: &Statement,
    roles: &str,
    chosen: &semantics::Context,
    services: &[&String],
) -> Exact {
    let policy = Exactly::allowed(context, statement, PolicyType::Identity);
    let mut others = chosen.clone();
    others.remove(KEY);
    let others = exact::keys(&others);
    let ask = |service: Option<&String>| {
        let service = service.map(|service| (KEY.to_owned(), service.clone()));
        let keys: Vec<_> = others.iter().cloned().chain(service).collect();
        let (actions, resources) = ([ACTION.to_owned()], [roles.to_owned()]);
        match checks::Access::new(&actions, &resources, None, &keys) {
            Ok(access) => policy.all(&access),
            Err(_) => Exact::Unknown,
        }
    };
    if services.is_empty() {
        return ask(None);
    }
    let mut answers = services.iter().map(|service| ask(Some(service)));
    answers
        .find(|answer| *answer != Exact::Proved)
        .unwrap_or(Exact::Proved)
}

/// Keys of the caller and its surroundings; not those of the role.
fn is_free(key: &str) -> bool {
    !key.starts_with("aws:resourcetag/") && !key.starts_with("iam:resourcetag/")
}

/// Partition and account to ask in: those the statement names, else any.
fn accounts(statement: &Statement) -> BTreeSet<(String, String)> {
    let mut accounts = BTreeSet::from([("aws".to_owned(), "123456789012".to_owned())]);
    for entry in statement.resource.iter().flat_map(|r| &r.entries) {
        if let ResourceKind::Arn(fields) = &entry.value.kind {
            let literal = |index: usize| fields.get(index)?.as_literal();
            let partition = literal(1).unwrap_or("aws");
            let account = literal(4)
                .filter(|text| !text.is_empty())
                .unwrap_or("123456789012");
            accounts.insert((partition.to_owned(), account.to_owned()));
        }
    }
    accounts
}

/// The services to ask for: unrelated ones, and those that conditions name.
fn services(statement: &Statement) -> Vec<String> {
    let mut services: Vec<_> = SERVICES.iter().map(|&service| service.to_owned()).collect();
    for condition in &statement.conditions {
        if condition.key.value.eq_ignore_ascii_case(KEY) {
            for value in &condition.values {
                let example = value.value.text.replace(['*', '?'], "x");
                if !services.contains(&example) {
                    services.push(example);
                }
            }
        }
    }
    services
}

/// The entry that covers the action; the key where the element is `NotAction`.
fn action_span(statement: &Statement) -> Span {
    let Some(element) = &statement.action else {
        return statement.span;
    };
    if element.negated {
        return element.key_span;
    }
    let covers = |entry: &&Spanned<ActionPattern>| matching::action_matches(&entry.value, ACTION);
    let entry = element.entries.iter().find(covers);
    entry.map_or(element.span, |entry| entry.span)
}

#[cfg(test)]
mod tests {
    use crate::lints::testing::{confidences, fails, passes, with_persona};
    use crate::policy::PolicyType::{Identity, Scp};

    const LINT: &str = "pass-role-wildcard";
    const ANY: &str = "this statement can pass any role to any service";

    fn policy(body: &str) -> String {
        format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{body}}}]}}"#)
    }

    #[test]
    fn every_spelling_of_any_role() {
        for (action, place) in [
            (r#""Action":"iam:PassRole""#, r#""iam:PassRole""#),
            (r#""Action":["s3:*","IAM:pass*"]"#, r#""IAM:pass*""#),
            (r#""Action":"*""#, r#""*""#),
            (r#""NotAction":"s3:*""#, r#""NotAction""#),
        ] {
            for resource in [
                r#""Resource":"*""#,
                r#""Resource":"arn:aws:iam::*:role/*""#,
                r#""Resource":["arn:aws:iam::111122223333:*"]"#,
            ] {
                let text = policy(&format!("{action},{resource}"));
                fails(LINT, Identity, &text, &[(place, "warning", ANY)]);
                assert_eq!(confidences(LINT, Identity, &text), ["proved"]);
            }
            let but = policy(&format!(
                r#"{action},"NotResource":"arn:aws:iam::*:role/Admin""#
            ));
            let message = ANY.replace("any role", "almost any role");
            fails(LINT, Identity, &but, &[(place, "warning", &message)]);
            assert_eq!(confidences(LINT, Identity, &but), ["likely"]);
        }
    }

    #[test]
    fn named_roles_denied_roles_and_other_types_pass() {
        for body in [
            r#""Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/web-*""#,
            r#""Action":"iam:GetRole","Resource":"*""#,
            r#""NotAction":"iam:*","Resource":"*""#,
            r#""Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/${aws:PrincipalTag/role}""#,
            r#""Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"a"}}"#,
        ] {
            passes(LINT, Identity, &policy(body));
        }
        passes(LINT, Scp, &policy(r#""Action":"*","Resource":"*""#));
        let denied = r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":"iam:*","Resource":"*"},
            {"Effect":"Deny","Action":"iam:PassRole","NotResource":"arn:aws:iam::*:role/web-*"}]}"#;
        passes(LINT, Identity, denied);
    }

    #[test]
    fn a_deny_without_mfa_is_no_obstacle() {
        let text = r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":"iam:PassRole","Resource":"*"},
            {"Effect":"Deny","Action":"*","Resource":"*",
             "Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}]}"#;
        fails(
            LINT,
            Identity,
            text,
            &[("\"iam:PassRole\"", "warning", ANY)],
        );
        assert_eq!(confidences(LINT, Identity, text), ["proved"]);
    }

    #[test]
    fn named_services_are_for_auditors() {
        let text = policy(
            r#""Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"ecs-tasks.amazonaws.com"}}"#,
        );
        let message = "this statement can pass any role to `ecs-tasks.amazonaws.com`";
        fails(
            LINT,
            Identity,
            &text,
            &[("\"iam:PassRole\"", "warning", message)],
        );
        assert_eq!(with_persona(LINT, Identity, &text), ["auditor"]);
        let vacuous = text
            .replace("ecs-tasks.amazonaws.com", "*")
            .replace("StringEquals", "StringLike");
        fails(
            LINT,
            Identity,
            &vacuous,
            &[("\"iam:PassRole\"", "warning", ANY)],
        );
    }
}
