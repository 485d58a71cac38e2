//! `Principal` and `NotPrincipal` against callers (R8, R22–R26, R62–R68).

use super::env::Env;
use crate::policy::{Arn, Principal, PrincipalKind, PrincipalValue, Principals};
use crate::semantics::{AwsStarServices, Caller, NotPrincipalAccount, RoleNameCase, Setting};
use serde::Serialize;

/// How an Allow reaches the caller: the row of R22–R26 that decides which
/// implicit denials limit it. The least limited comes last.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// By an identity-based policy.
    Identity,
    /// The account is named: it delegates only (R8).
    Account,
    /// The user who federated is named (R25).
    FederatingUser,
    /// The role is named (R23).
    RoleArn,
    /// A plain `*` (R26).
    Star,
    /// `*` with a condition on `aws:PrincipalArn` (R26).
    StarPrincipalArn,
    /// The service is named (R34).
    Service,
    /// The identity provider is named (R36).
    Federated,
    /// The canonical user is named.
    CanonicalUser,
    /// The federated user's session is named (R25).
    FederatedUserArn,
    /// The user is named (R22).
    UserArn,
    /// The session is named (R24).
    SessionArn,
    /// The account's root user is the caller and its account is named.
    RootUser,
}

/// How one entry reaches the caller; `None` if it does not.
pub(super) fn reaches(entry: &Principal, star: bool, env: &Env) -> Option<How> {
    match (&entry.kind, &entry.value) {
        (_, PrincipalValue::Malformed) => None,
        (PrincipalKind::Aws, PrincipalValue::Any) => {
            if matches!(env.caller, Caller::Service(_)) && !star {
                env.touched.add(Setting::AwsStarServices);
                if env.settings.aws_star_services == AwsStarServices::NoMatch {
                    return None;
                }
            }
            Some(How::Star)
        }
        (PrincipalKind::Aws, PrincipalValue::Account(account)) => match env.caller {
            Caller::Root { account: own } => (own == account).then_some(How::RootUser),
            caller => (caller.account() == Some(account)).then_some(How::Account),
        },
        (PrincipalKind::Aws, PrincipalValue::Arn(arn)) => names(arn, env),
        // What a deleted principal left behind is nobody (R66).
        (PrincipalKind::Aws, PrincipalValue::Name(_)) => None,
        (PrincipalKind::Service, value) => match (env.caller, value) {
            (Caller::Service(_), PrincipalValue::Any) => Some(How::Service),
            (Caller::Service(own), PrincipalValue::Name(name)) => {
                (own == name).then_some(How::Service)
            }
            _ => None,
        },
        (PrincipalKind::Federated, value) => {
            let own = match env.caller {
                // `cognito-identity.amazonaws.com` is a provider as well.
                Caller::Federated(own) | Caller::Service(own) => own,
                _ => return None,
            };
            let matched = match value {
                PrincipalValue::Name(name) => own == name,
                PrincipalValue::Arn(arn) => *own == arn.to_string(),
                PrincipalValue::Any => matches!(env.caller, Caller::Federated(_)),
                _ => false,
            };
            matched.then_some(How::Federated)
        }
        (PrincipalKind::CanonicalUser, PrincipalValue::Name(name)) => match env.caller {
            Caller::Canonical(own) => own.eq_ignore_ascii_case(name).then_some(How::CanonicalUser),
            _ => None,
        },
        (PrincipalKind::CanonicalUser, _) => None,
    }
}

/// Whether an ARN names the caller (R64, R65).
fn names(arn: &Arn, env: &Env) -> Option<How> {
    match env.caller {
        Caller::User(own) => (arn == own).then_some(How::UserArn),
        Caller::Role(own) => {
            let (kind, name) = arn.typed()?;
            let (_, own_name) = own.typed()?;
            let same = arn.service == "iam" && kind == "role" && same_place(arn, own);
            (same && role_names_equal(name, own_name, env)).then_some(How::RoleArn)
        }
        Caller::Session {
            arn: own,
            role,
            name,
        } => {
            let (kind, rest) = arn.typed()?;
            if !same_place(arn, own) {
                return None;
            }
            match (arn.service.as_str(), kind) {
                ("iam", "role") => {
                    let same = match issuer(env).as_ref().and_then(Arn::typed) {
                        Some(("role", issuer)) => role_names_equal(rest, issuer, env),
                        // Without it the role's path is not known: ignored.
                        _ => role_names_equal(last_part(rest), role, env),
                    };
                    same.then_some(How::RoleArn)
                }
                ("sts", "assumed-role") => {
                    let (wanted, session) = rest.split_once('/')?;
                    (session == name && role_names_equal(wanted, role, env))
                        .then_some(How::SessionArn)
                }
                _ => None,
            }
        }
        Caller::FederatedUser(own) => {
            if arn == own {
                Some(How::FederatedUserArn)
            } else {
                (issuer(env).as_ref() == Some(arn)).then_some(How::FederatingUser)
            }
        }
        Caller::Root { .. }
        | Caller::Anonymous
        | Caller::Service(_)
        | Caller::Canonical(_)
        | Caller::Federated(_) => None,
    }
}

fn issuer(env: &Env) -> Option<Arn> {
    Arn::parse(env.settings.session_issuer.as_deref()?)
}

fn same_place(a: &Arn, b: &Arn) -> bool {
    a.partition == b.partition && a.account == b.account
}

fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Paths compare as written; names by `role-name-case` (R65).
fn role_names_equal(a: &str, b: &str, env: &Env) -> bool {
    if a == b {
        return true;
    }
    let (name_a, name_b) = (last_part(a), last_part(b));
    let path = |text: &str, name: &str| text.len() - name.len();
    if a.get(..path(a, name_a)) != b.get(..path(b, name_b)) || !name_a.eq_ignore_ascii_case(name_b)
    {
        return false;
    }
    env.touched.add(Setting::RoleNameCase);
    env.settings.role_name_case == RoleNameCase::Insensitive
}

/// How `Principal` or `NotPrincipal` reaches the caller. `NotPrincipal`
/// reaches those who are not listed, as `*` does, and under Deny also whoever
/// has a boundary (R31).
pub(super) fn element_reaches(element: &Principals, is_deny: bool, env: &Env) -> Option<How> {
    let listed = element
        .entries
        .iter()
        .filter_map(|entry| reaches(&entry.value, element.star, env))
        .max();
    if !element.negated {
        return listed;
    }
    if is_deny && env.has_boundary {
        return Some(How::Star);
    }
    let Some(how) = listed else {
        return Some(How::Star);
    };
    let needs_account = matches!(
        how,
        How::UserArn | How::RoleArn | How::SessionArn | How::FederatedUserArn | How::FederatingUser
    );
    if is_deny && needs_account && !lists_what_is_behind(element, how, env) {
        env.touched.add(Setting::NotPrincipalAccount);
        if env.settings.not_principal_account == NotPrincipalAccount::AccountRequired {
            return Some(How::Star);
        }
    }
    None
}

/// Whether the caller's account, and for a session named by its own ARN its
/// role, stand in the list beside the caller (R68).
fn lists_what_is_behind(element: &Principals, how: How, env: &Env) -> bool {
    let lists = |wanted: How| {
        element
            .entries
            .iter()
            .any(|entry| reaches(&entry.value, element.star, env) == Some(wanted))
    };
    lists(How::Account) && (how != How::SessionArn || lists(How::RoleArn))
}
