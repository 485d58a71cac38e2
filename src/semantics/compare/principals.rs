//! The principals that policies can tell apart: one caller for each kind of
//! them (`comparison.md` 4).

use crate::policy::{Arn, Principal, PrincipalKind, PrincipalValue, Principals};
use crate::semantics::{AwsStarServices, RoleNameCase, Settings};
use std::collections::BTreeSet;

/// A caller that stands for all whom the policies treat alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Caller {
    Anonymous,
    Root {
        account: String,
    },
    /// A user, a role or a federated user's session.
    Named(Place, String),
    Session {
        place: Place,
        role: String,
        name: String,
    },
    Service(String),
    Provider(String),
    Canonical(String),
}

/// Where a principal lives, and the word of its kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    partition: String,
    account: String,
    kind: &'static str,
}

impl Caller {
    /// As a request names it.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Anonymous => "anonymous".to_owned(),
            Self::Root { account } => format!("arn:aws:iam::{account}:root"),
            Self::Named(place, name) => {
                let Place {
                    partition,
                    account,
                    kind,
                } = place;
                let service = if *kind == "federated-user" {
                    "sts"
                } else {
                    "iam"
                };
                format!("arn:{partition}:{service}::{account}:{kind}/{name}")
            }
            Self::Session { place, role, name } => {
                let Place {
                    partition, account, ..
                } = place;
                format!("arn:{partition}:sts::{account}:assumed-role/{role}/{name}")
            }
            Self::Service(text) | Self::Provider(text) | Self::Canonical(text) => text.clone(),
        }
    }

    fn account(&self) -> Option<&str> {
        match self {
            Self::Root { account } => Some(account),
            Self::Named(place, _) | Self::Session { place, .. } => Some(&place.account),
            _ => None,
        }
    }
}

fn place(arn: &Arn, kind: &'static str) -> Place {
    Place {
        partition: arn.partition.clone(),
        account: arn.account.clone(),
        kind,
    }
}

/// One caller for each kind that some entry can tell from the others: those
/// that entries name, and for each way of being named somebody else.
pub(super) fn callers<'a>(entries: impl IntoIterator<Item = &'a Principal>) -> Vec<Caller> {
    let mut named = BTreeSet::new();
    let mut accounts = BTreeSet::new();
    let mut texts = BTreeSet::new();
    for entry in entries {
        texts.insert(entry.text.as_str());
        match (&entry.kind, &entry.value) {
            (_, PrincipalValue::Account(account)) => {
                accounts.insert(account.clone());
            }
            (PrincipalKind::Aws, PrincipalValue::Arn(arn)) => {
                accounts.insert(arn.account.clone());
                named.extend(those_named(arn));
            }
            (PrincipalKind::Service, PrincipalValue::Name(name)) => {
                named.insert(Caller::Service(name.clone()));
            }
            (PrincipalKind::Federated, PrincipalValue::Arn(_) | PrincipalValue::Name(_)) => {
                named.insert(if is_service(&entry.text) {
                    Caller::Service(entry.text.clone())
                } else {
                    Caller::Provider(entry.text.clone())
                });
            }
            (PrincipalKind::CanonicalUser, PrincipalValue::Name(name)) => {
                named.insert(Caller::Canonical(name.to_ascii_lowercase()));
            }
            _ => {}
        }
    }
    // Strangers first: a witness of theirs weighs most.
    let mut callers = vec![Caller::Anonymous];
    // There is always somebody whom no policy names.
    fn unnamed(usual: &[&str], taken: impl Fn(&str) -> bool, make: fn(u64) -> String) -> String {
        let usual = usual.iter().map(|text| (*text).to_owned());
        let mut candidates = usual.chain((0..).map(make));
        candidates.find(|text| !taken(text)).unwrap_or_default()
    }
    let is_named = |text: &str| texts.contains(text);
    let stranger = unnamed(
        &["999999999999", "888888888888"],
        |account| accounts.contains(account),
        |n| format!("{n:012}"),
    );
    for account in std::iter::once(stranger).chain(accounts) {
        let of = |kind| Place {
            partition: "aws".to_owned(),
            account: account.clone(),
            kind,
        };
        // Names no real principal has.
        callers.push(Caller::Named(of("role"), "some-role-0".to_owned()));
        callers.push(Caller::Named(of("user"), "some-user-0".to_owned()));
        callers.push(Caller::Root { account });
    }
    callers.push(Caller::Service(unnamed(
        &["ec2.amazonaws.com", "lambda.amazonaws.com"],
        is_named,
        |n| format!("service-{n}.amazonaws.com"),
    )));
    callers.push(Caller::Provider(unnamed(&["example.com"], is_named, |n| {
        format!("provider-{n}.example.com")
    })));
    callers.push(Caller::Canonical(unnamed(
        &[],
        |id| texts.iter().any(|text| text.eq_ignore_ascii_case(id)),
        |n| format!("{n:064x}"),
    )));
    callers.extend(named);
    callers
}

fn those_named(arn: &Arn) -> Vec<Caller> {
    let Some((kind, name)) = arn.resource.split_once('/') else {
        return Vec::new();
    };
    match kind {
        "user" => vec![Caller::Named(place(arn, "user"), name.to_owned())],
        "role" => {
            let role = name.rsplit('/').next().unwrap_or(name).to_owned();
            let place_of_role = place(arn, "role");
            vec![
                Caller::Named(place_of_role.clone(), name.to_owned()),
                Caller::Session {
                    place: place_of_role,
                    role,
                    name: "some-session-0".to_owned(),
                },
            ]
        }
        "assumed-role" => match name.split_once('/') {
            Some((role, name)) => {
                let session = |name: &str| Caller::Session {
                    place: place(arn, "role"),
                    role: role.to_owned(),
                    name: name.to_owned(),
                };
                vec![session(name), session("some-session-0")]
            }
            None => Vec::new(),
        },
        "federated-user" => vec![Caller::Named(place(arn, "federated-user"), name.to_owned())],
        _ => Vec::new(),
    }
}

/// Which of the callers a `Principal` or `NotPrincipal` element reaches. A
/// listed principal is spared by `NotPrincipal` (setting
/// `not-principal-account`).
pub(super) fn reached(element: &Principals, callers: &[Caller], settings: &Settings) -> Vec<bool> {
    let reached = callers.iter().map(|caller| {
        let mut entries = element.entries.iter();
        let listed = entries.any(|entry| reaches(&entry.value, element.star, caller, settings));
        listed != element.negated
    });
    reached.collect()
}

fn reaches(entry: &Principal, star: bool, caller: &Caller, settings: &Settings) -> bool {
    match (&entry.kind, &entry.value, caller) {
        (_, PrincipalValue::Malformed, _) => false,
        (PrincipalKind::Aws, PrincipalValue::Any, Caller::Service(_)) => {
            star || settings.aws_star_services == AwsStarServices::Match
        }
        (PrincipalKind::Aws, PrincipalValue::Any, _) => true,
        (PrincipalKind::Aws, PrincipalValue::Account(account), caller) => {
            caller.account() == Some(account)
        }
        (PrincipalKind::Aws, PrincipalValue::Arn(arn), caller) => names(arn, caller, settings),
        (PrincipalKind::Service, PrincipalValue::Any, Caller::Service(_))
        | (PrincipalKind::Federated, PrincipalValue::Any, Caller::Provider(_)) => true,
        (PrincipalKind::Service, PrincipalValue::Name(name), Caller::Service(own)) => own == name,
        (
            PrincipalKind::Federated,
            PrincipalValue::Name(_) | PrincipalValue::Arn(_),
            Caller::Provider(own) | Caller::Service(own),
        ) => *own == entry.text,
        (PrincipalKind::CanonicalUser, PrincipalValue::Name(name), Caller::Canonical(own)) => {
            own.eq_ignore_ascii_case(name)
        }
        _ => false,
    }
}

/// R64, R65.
fn names(arn: &Arn, caller: &Caller, settings: &Settings) -> bool {
    let Some((kind, name)) = arn.resource.split_once('/') else {
        return false;
    };
    let here = |place: &Place| place.partition == arn.partition && place.account == arn.account;
    let same_role = |a: &str, b: &str| {
        a == b || settings.role_name_case == RoleNameCase::Insensitive && a.eq_ignore_ascii_case(b)
    };
    match caller {
        Caller::Named(place, own) if place.kind == "role" => {
            let (path, role) = own.rsplit_once('/').unwrap_or(("", own));
            let (wanted_path, wanted) = name.rsplit_once('/').unwrap_or(("", name));
            kind == "role" && here(place) && path == wanted_path && same_role(role, wanted)
        }
        Caller::Named(place, own) => kind == place.kind && here(place) && own == name,
        Caller::Session {
            place,
            role,
            name: own,
        } => match kind {
            "role" => here(place) && same_role(name.rsplit('/').next().unwrap_or(name), role),
            "assumed-role" => name.split_once('/').is_some_and(|(wanted, session)| {
                here(place) && session == own && same_role(wanted, role)
            }),
            _ => false,
        },
        _ => false,
    }
}

fn is_service(text: &str) -> bool {
    text.ends_with(".amazonaws.com") || text.ends_with(".amazonaws.com.cn")
}
