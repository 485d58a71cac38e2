//! Which requests the policies of an organization reach (R13–R15).

use super::arn::RequestArn;
use crate::semantics::{Caller, Settings};

/// Why a policy of the organization does not reach a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exempt {
    /// The account is the organization's management account (R13).
    ManagementAccount,
    /// The caller is a service-linked role (R14).
    ServiceLinkedRole,
    /// The caller belongs to no account of the organization (R15).
    NoAccount,
}

impl Exempt {
    /// The reason in words.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::ManagementAccount => "does not reach the management account (R13)",
            Self::ServiceLinkedRole => "does not reach service-linked roles (R14)",
            Self::NoAccount => "does not reach principals without an account (R15)",
        }
    }
}

/// Whether the caller is a service-linked role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServiceLinked {
    No,
    Yes,
    /// The session's role has the name of one; its path is not known.
    ByName,
}

impl ServiceLinked {
    /// Known by the path of the role; that of a session's role is known by
    /// `sessionIssuer`, and guessed from the name that AWS gives to all of
    /// them.
    pub(super) fn new(caller: &Caller, settings: &Settings) -> Self {
        const PATH: &str = "role/aws-service-role/";
        const NAME: &str = "AWSServiceRoleFor";
        let by_path = |resource: &str| match resource.starts_with(PATH) {
            true => Self::Yes,
            false => Self::No,
        };
        match caller {
            Caller::Role(arn) => by_path(&arn.resource),
            Caller::Session { role, .. } => match &settings.session_issuer {
                Some(issuer) => {
                    let issuer = RequestArn::parse(issuer);
                    issuer.map_or(Self::No, |arn| by_path(arn.resource()))
                }
                None if role.starts_with(NAME) => Self::ByName,
                None => Self::No,
            },
            _ => Self::No,
        }
    }

    pub(super) fn is(self) -> bool {
        self != Self::No
    }
}

/// Whether the SCPs of the caller's account leave a request alone.
pub(super) fn beyond_scps(
    caller: &Caller,
    service_linked: ServiceLinked,
    settings: &Settings,
) -> Option<Exempt> {
    let Some(account) = caller.account() else {
        return Some(Exempt::NoAccount);
    };
    if settings.management_account.as_deref() == Some(account) {
        return Some(Exempt::ManagementAccount);
    }
    service_linked.is().then_some(Exempt::ServiceLinkedRole)
}
