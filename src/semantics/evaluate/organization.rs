//! Which requests the policies of an organization reach (R13–R18).

use super::arn::RequestArn;
use super::special::Call;
use crate::catalog::{self, ActionRef};
use crate::semantics::{Caller, Context, Settings};
use std::borrow::Cow;

/// Why a policy of the organization does not reach a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exempt {
    /// The account is the organization's management account (R13, R17).
    ManagementAccount,
    /// The caller is a service-linked role (R14, R17).
    ServiceLinkedRole,
    /// The caller belongs to no account of the organization (R15).
    NoAccount,
    /// The resource belongs to AWS, or only the caller's side is asked about.
    NoOwner,
    /// The action has no resource type (R17).
    NoResourceType,
    /// A service assumes its service-linked role (R17).
    AssumesServiceLinkedRole,
    /// A grant is retired (R17).
    RetiresGrant,
    /// The key is one that AWS manages (R17).
    ManagedKey,
    /// RCPs do not reach the service (R18).
    UncoveredService,
    /// The catalog does not know the service, so nor whether RCPs reach it
    /// (R18).
    UnknownService,
}

impl Exempt {
    /// The reason in words.
    pub(super) fn reason(self) -> Cow<'static, str> {
        let reason = match self {
            Self::ManagementAccount => "does not reach the management account (R13, R17)",
            Self::ServiceLinkedRole => "does not reach service-linked roles (R14, R17)",
            Self::NoAccount => "does not reach principals without an account (R15)",
            Self::NoOwner => "does not reach resources of AWS's own",
            Self::NoResourceType => "does not reach actions without a resource type (R17)",
            Self::AssumesServiceLinkedRole => {
                "does not reach a service that assumes its service-linked role (R17)"
            }
            Self::RetiresGrant => "does not reach `kms:RetireGrant` (R17)",
            Self::ManagedKey => "does not reach AWS managed keys (R17)",
            Self::UncoveredService => {
                let date = catalog::get().date();
                return format!("does not reach the service, as of {date} (R18)").into();
            }
            Self::UnknownService => "whether it reaches the service is not known (R18)",
        };
        Cow::Borrowed(reason)
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

/// What decides whether RCPs reach a request.
pub(super) struct Owned<'a> {
    pub(super) caller: &'a Caller,
    pub(super) service_linked: ServiceLinked,
    pub(super) call: Call<'a>,
    pub(super) listed: Option<ActionRef<'static>>,
    /// Whether the action has no resource types (R46).
    pub(super) wildcard_only: bool,
    pub(super) arn: Option<RequestArn<'a>>,
    /// The account of the resource; `None` where it does not matter.
    pub(super) owner: Option<&'a str>,
    pub(super) context: &'a Context,
}

/// Whether the RCPs of the resource's account leave a request alone (R17).
pub(super) fn beyond_rcps(owned: &Owned, settings: &Settings) -> Option<Exempt> {
    let Owned { caller, call, .. } = owned;
    let on = |service: &str, start: &str| {
        let arn = owned.arn.as_ref();
        arn.is_some_and(|arn| arn.is(service, start))
    };
    if owned.wildcard_only {
        return Some(Exempt::NoResourceType);
    }
    let account = owned.owner.or(caller.account());
    let Some(account) = account.filter(|account| *account != "aws") else {
        return Some(Exempt::NoOwner);
    };
    if settings.management_account.as_deref() == Some(account) {
        return Some(Exempt::ManagementAccount);
    }
    if owned.service_linked.is() {
        return Some(Exempt::ServiceLinkedRole);
    }
    let is_service = matches!(caller, Caller::Service(_));
    if is_service && call.assumes() && on("iam", "role/aws-service-role/") {
        return Some(Exempt::AssumesServiceLinkedRole);
    }
    if call.is("kms", "RetireGrant") {
        return Some(Exempt::RetiresGrant);
    }
    if on("kms", "alias/aws/") || on("kms", "key/") && is_managed_key(owned.context) {
        return Some(Exempt::ManagedKey);
    }
    let service = match owned.listed {
        Some(action) => Some(action.service),
        None => catalog::get().service(call.service),
    };
    match service {
        None => Some(Exempt::UnknownService),
        Some(service) => (!service.rcp).then_some(Exempt::UncoveredService),
    }
}

/// Whether the aliases of a key say that AWS manages it.
fn is_managed_key(context: &Context) -> bool {
    ["kms:resourcealiases", "kms:requestalias"]
        .iter()
        .filter_map(|key| context.get_folded(key))
        .flatten()
        .any(|alias| alias.starts_with("alias/aws/"))
}
