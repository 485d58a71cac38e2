//! `Principal` and `NotPrincipal`.

use super::symbol::{as_symbol, leading_symbol};
use super::{Arn, Symbol};
use crate::text::{Span, Spanned};

/// The whole element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principals {
    /// Whether it is `NotPrincipal`.
    pub negated: bool,
    /// The key's place.
    pub key_span: Span,
    /// The value's place.
    pub span: Span,
    /// Whether it was written as the lone string `"*"`, which reads as
    /// `{"AWS": "*"}` (R63) and stands in `entries` as such.
    pub star: bool,
    /// In document order; a list is a disjunction (R63).
    pub entries: Vec<Spanned<Principal>>,
}

/// One principal of the element.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Principal {
    /// The key it stands under.
    pub kind: PrincipalKind,
    /// As written.
    pub text: String,
    /// What it means.
    pub value: PrincipalValue,
}

/// The key a principal stands under.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalKind {
    /// `AWS`.
    Aws,
    /// `Service`.
    Service,
    /// `Federated`.
    Federated,
    /// `CanonicalUser`.
    CanonicalUser,
}

/// The forms of a principal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PrincipalValue {
    /// `*`.
    Any,
    /// Twelve digits or `arn:…:iam::ACCOUNT:root` (R8).
    Account(String),
    /// A complete ARN without wildcards.
    Arn(Arn),
    /// A service name, a federated provider, a canonical id, an `AIDA…` or
    /// `AROA…` id left by a deleted principal (R66).
    Name(String),
    /// Something AWS rejects, such as a partial wildcard (R62): matches nobody.
    Malformed,
}

impl PrincipalKind {
    /// The key as a policy spells it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Aws => "AWS",
            Self::Service => "Service",
            Self::Federated => "Federated",
            Self::CanonicalUser => "CanonicalUser",
        }
    }

    /// Reads the key, which is case sensitive (R48).
    #[must_use]
    pub fn parse(key: &str) -> Option<Self> {
        [
            Self::Aws,
            Self::Service,
            Self::Federated,
            Self::CanonicalUser,
        ]
        .into_iter()
        .find(|kind| kind.name() == key)
    }
}

impl Principal {
    /// Reads one value under its key.
    #[must_use]
    pub fn parse(kind: PrincipalKind, text: &str) -> Self {
        let value = match kind {
            _ if text == "*" => PrincipalValue::Any,
            _ if text.is_empty() || text.contains(['*', '?']) => PrincipalValue::Malformed,
            PrincipalKind::Aws => aws(text),
            PrincipalKind::Federated => match Arn::parse(text) {
                Some(arn) => PrincipalValue::Arn(arn),
                None => PrincipalValue::Name(text.to_owned()),
            },
            PrincipalKind::Service | PrincipalKind::CanonicalUser => {
                PrincipalValue::Name(text.to_owned())
            }
        };
        Self {
            kind,
            text: text.to_owned(),
            value,
        }
    }
}

fn aws(text: &str) -> PrincipalValue {
    match leading_symbol(text) {
        Some((Symbol::ACCOUNT_TEXT, "")) | None => {}
        // Who it is, is not known yet; an account is told by its place.
        Some(_) => return PrincipalValue::Name(text.to_owned()),
    }
    if is_account(text) {
        return PrincipalValue::Account(text.to_owned());
    }
    match Arn::parse(text) {
        Some(arn) if arn.service == "iam" && arn.resource == "root" && is_account(&arn.account) => {
            PrincipalValue::Account(arn.account)
        }
        Some(arn) if is_principal(&arn) => PrincipalValue::Arn(arn),
        None if is_unique_id(text) => PrincipalValue::Name(text.to_owned()),
        _ => PrincipalValue::Malformed,
    }
}

/// The ARNs that name someone: users, roles, sessions. Groups cannot be
/// principals (R67).
fn is_principal(arn: &Arn) -> bool {
    let kinds: &[&str] = match arn.service.as_str() {
        "iam" => &["user", "role"],
        "sts" => &["assumed-role", "federated-user"],
        _ => return false,
    };
    arn.resource
        .split_once('/')
        .is_some_and(|(kind, name)| kinds.contains(&kind) && !name.is_empty())
}

fn is_account(text: &str) -> bool {
    as_symbol(text).is_some() || text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// `AIDA…`, `AROA…`: what stands in a policy once its principal is deleted (R66).
fn is_unique_id(text: &str) -> bool {
    text.len() >= 16
        && text.starts_with('A')
        && text
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let value = |kind, text: &str| match Principal::parse(kind, text).value {
            PrincipalValue::Any => "any".to_owned(),
            PrincipalValue::Account(account) => format!("account {account}"),
            PrincipalValue::Arn(arn) => format!("arn {}", arn.resource),
            PrincipalValue::Name(name) => format!("name {name}"),
            PrincipalValue::Malformed => "malformed".to_owned(),
        };
        for (kind, text, expected) in [
            (PrincipalKind::Aws, "*", "any"),
            (PrincipalKind::Aws, "111122223333", "account 111122223333"),
            (
                PrincipalKind::Aws,
                "arn:aws:iam::111122223333:root",
                "account 111122223333",
            ),
            (
                PrincipalKind::Aws,
                "arn:aws:iam::111122223333:role/a/r",
                "arn role/a/r",
            ),
            (
                PrincipalKind::Aws,
                "arn:aws:iam::111122223333:user/*",
                "malformed",
            ),
            (
                PrincipalKind::Aws,
                "AROAEXAMPLEEXAMPLE00",
                "name AROAEXAMPLEEXAMPLE00",
            ),
            (PrincipalKind::Aws, "bob", "malformed"),
            (PrincipalKind::Aws, "arn:aws:s3:::b", "malformed"),
            (
                PrincipalKind::Aws,
                "arn:aws:iam::111122223333:group/g",
                "malformed",
            ),
            (
                PrincipalKind::Aws,
                "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1",
                "arn user/CloudFront Origin Access Identity E1",
            ),
            (
                PrincipalKind::Service,
                "lambda.amazonaws.com",
                "name lambda.amazonaws.com",
            ),
            (
                PrincipalKind::Federated,
                "arn:aws:iam::111122223333:saml-provider/p",
                "arn saml-provider/p",
            ),
            (
                PrincipalKind::Federated,
                "accounts.google.com",
                "name accounts.google.com",
            ),
        ] {
            assert_eq!(value(kind, text), expected, "{text}");
        }
    }
}
