//! Who may run as a proposed role: this workload's service and nobody else.

use super::current::{Current, is};
use super::grant::Conditions;
use super::partition::{CONSOLE, Share};
use super::report::{Review, ReviewKind};
use super::write;
use crate::policy::{
    ActionPattern, Effect, Element, Policy, Principal, PrincipalKind, PrincipalValue, Principals,
    Statement, Version,
};
use crate::text::Span;
use std::collections::BTreeSet;

/// The service that assumes the role for a kind of workload (C14), where no
/// `AssumeRole` record told.
const SERVICE_OF: &[(&str, &str)] = &[
    ("lambda", "lambda.amazonaws.com"),
    ("ecs-task", "ecs-tasks.amazonaws.com"),
    ("ec2-instance", "ec2.amazonaws.com"),
    ("eks-pod", "pods.eks.amazonaws.com"),
    ("codebuild", "codebuild.amazonaws.com"),
    ("cloudformation", "cloudformation.amazonaws.com"),
    ("glue", "glue.amazonaws.com"),
    ("sagemaker", "sagemaker.amazonaws.com"),
    ("step-functions", "states.amazonaws.com"),
];

/// Kinds of workloads whose sessions an identity provider vouches for.
const FEDERATED: &[&str] = &["github-actions", "eks-irsa"];

/// Services whose documentation says that they give `aws:SourceAccount` when
/// they assume a role. Others may not, and a trust policy that asks for a key
/// nobody gives locks its workload out: so the list holds only what is known.
/// AWS documents the key for ECS tasks; for Lambda and EC2 it does not.
const GIVES_SOURCE_ACCOUNT: &[&str] = &["ecs-tasks.amazonaws.com"];

/// EKS Pod Identity tags the sessions it makes, so it needs this as well.
const TAGS_SESSIONS: &str = "pods.eks.amazonaws.com";

/// The trust policy for one share; `None` where nothing tells who runs as it.
pub(super) fn trust(share: &Share, current: Option<&Current>) -> (Option<Policy>, Vec<Review>) {
    let old = current.and_then(|current| current.trust);
    let account = share.principal.split(':').nth(4).unwrap_or_default();
    let mut review = Vec::new();
    let mut note = |message: String| {
        review.push(Review {
            kind: ReviewKind::Trust,
            message,
        });
    };
    if current.is_some() && old.is_none() {
        note("the old trust policy could not be read: compare with what it says".to_owned());
    }
    let policy = match (service(share), old) {
        (Some(service), None) => {
            if may_rest_on_a_name(share) {
                note(format!(
                    "no old trust policy to hold on to: `{service}` is named after the form of the session's name, which whoever assumes the role chooses; check who does"
                ));
            }
            Some(fresh(&service, account))
        }
        (Some(service), Some(old)) => {
            let narrowed = narrowed(old, account, |principal| {
                principal.kind == PrincipalKind::Service && principal.text == service
            });
            if narrowed.is_none() {
                note(format!(
                    "the old trust policy does not name `{service}`: kept as it is"
                ));
            }
            Some(narrowed.unwrap_or_else(|| old.clone()))
        }
        (None, Some(old)) if share.workload.kind == CONSOLE => {
            let people = narrowed(old, account, |principal| {
                principal.kind != PrincipalKind::Service
            });
            if people.is_none() {
                note("the old trust policy names no person: kept as it is".to_owned());
            }
            Some(people.unwrap_or_else(|| old.clone()))
        }
        (None, Some(old)) if FEDERATED.contains(&share.workload.kind.as_str()) => {
            let provider = narrowed(old, account, |principal| {
                principal.kind == PrincipalKind::Federated
            });
            if provider.is_none() {
                note("the old trust policy names no identity provider: kept as it is".to_owned());
            }
            Some(provider.unwrap_or_else(|| old.clone()))
        }
        (None, Some(old)) => {
            if names_several(old) {
                note(format!(
                    "nothing tells who assumes the role for `{}`: the old trust policy is kept",
                    share.workload.name
                ));
            }
            Some(old.clone())
        }
        (None, None) => {
            note(format!(
                "nothing tells who assumes the role for `{}`, and its trust policy is not in the input: write one",
                share.workload.name
            ));
            None
        }
    };
    (policy, review)
}

fn service(share: &Share) -> Option<String> {
    let workload = &share.workload;
    workload.service.clone().or_else(|| {
        SERVICE_OF
            .iter()
            .find(|(kind, _)| *kind == workload.kind)
            .map(|(_, service)| (*service).to_owned())
    })
}

/// Whether the service may have been told by nothing but a session's name (C14):
/// a record of the assumption and the name's form give the same basis, except
/// for kinds that no form gives.
fn may_rest_on_a_name(share: &Share) -> bool {
    let workload = &share.workload;
    let has_no_form = matches!(workload.kind.as_str(), "lambda" | "step-functions");
    let is_told = matches!(workload.basis.as_str(), "source-arn" | "session-tags");
    workload.service.is_none() || !has_no_form && !is_told
}

/// A trust policy for a service, where there is no old one.
fn fresh(service: &str, account: &str) -> Policy {
    let mut actions = vec!["sts:AssumeRole"];
    if service == TAGS_SESSIONS {
        actions.push("sts:TagSession");
    }
    let mut statement = Statement {
        span: Span::default(),
        sid: None,
        effect: Some(write::nowhere(Effect::Allow)),
        principal: Some(Principals {
            negated: false,
            key_span: Span::default(),
            span: Span::default(),
            star: false,
            entries: vec![write::nowhere(Principal {
                kind: PrincipalKind::Service,
                text: service.to_owned(),
                value: PrincipalValue::Name(service.to_owned()),
            })],
        }),
        action: Some(Element {
            negated: false,
            key_span: Span::default(),
            span: Span::default(),
            entries: actions
                .into_iter()
                .map(|action| write::nowhere(ActionPattern::parse(action)))
                .collect(),
        }),
        resource: None,
        conditions: Vec::new(),
    };
    pin(&mut statement, account);
    write::document(vec![statement], Version::V2012)
}

/// The old trust policy with only the principals that `keep` takes, its
/// conditions and denies as they are. `None` where no Allow is left.
fn narrowed(old: &Policy, account: &str, keep: impl Fn(&Principal) -> bool) -> Option<Policy> {
    let mut statements = Vec::new();
    let mut allows = false;
    for statement in &old.statements {
        if !is(statement, Effect::Allow) {
            statements.push(statement.clone());
            continue;
        }
        let Some(principals) = statement.principal.as_ref().filter(|p| !p.negated) else {
            continue;
        };
        let entries: Vec<_> = principals
            .entries
            .iter()
            .filter(|entry| keep(&entry.value))
            .cloned()
            .collect();
        if entries.is_empty() {
            continue;
        }
        allows = true;
        let mut kept = statement.clone();
        kept.principal = Some(Principals {
            entries,
            ..principals.clone()
        });
        pin(&mut kept, account);
        statements.push(kept);
    }
    allows.then(|| Policy {
        statements,
        ..old.clone()
    })
}

/// Ties a statement for services that give the key to the account, unless it
/// is tied to a source already.
fn pin(statement: &mut Statement, account: &str) {
    let gives = statement.principal.as_ref().is_some_and(|principals| {
        principals
            .entries
            .iter()
            .all(|entry| GIVES_SOURCE_ACCOUNT.contains(&entry.value.text.as_str()))
    });
    let tied = statement.conditions.iter().any(|condition| {
        let key = condition.key.value.to_ascii_lowercase();
        key == "aws:sourceaccount" || key == "aws:sourcearn"
    });
    if gives && !tied && !account.is_empty() {
        let mut source = Conditions::default();
        source.require("aws:SourceAccount", BTreeSet::from([account.to_owned()]));
        statement.conditions.extend(write::conditions(&source));
    }
}

/// Whether a trust policy lets in more than one principal.
fn names_several(trust: &Policy) -> bool {
    let named = trust.statements.iter().filter_map(|s| s.principal.as_ref());
    named
        .map(|principals| principals.entries.len())
        .sum::<usize>()
        > 1
}
