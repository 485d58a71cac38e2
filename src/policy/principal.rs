//! `Principal` and `NotPrincipal`.

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
    Arn(super::Arn),
    /// A service name, a federated provider, a canonical id, an `AIDA…` or
    /// `AROA…` id left by a deleted principal (R66).
    Name(String),
    /// Something AWS rejects, such as a partial wildcard (R62): matches nobody.
    Malformed,
}
