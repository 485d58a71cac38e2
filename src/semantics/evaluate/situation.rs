//! A request read: who asks for what, across which border, under which rules
//! of its own.

use super::arn::RequestArn;
use super::context;
use super::env::Target;
use super::layers::Applies;
use super::organization::{self, Exempt, Owned, ServiceLinked};
use super::special::{Call, Special};
use crate::catalog::{self, ActionRef};
use crate::semantics::{
    Caller, Context, FillContext, Request, Settings, UnsupportedKeys, WildcardOnlyResource,
};
use std::borrow::Cow;

/// The longest request resource that is read, in bytes: twice what AWS
/// accepts in an ARN. It bounds the work of a hostile one.
pub const MAX_RESOURCE_BYTES: usize = 4096;

/// The longest value of a condition key that is read, in bytes.
pub const MAX_VALUE_BYTES: usize = 16 << 10;

/// Why a request has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluateError {
    /// A part of the request cannot be read.
    #[error("{message}")]
    InvalidRequest {
        /// The part, as the batch format names it: `request.action`.
        path: &'static str,
        /// What is wrong, in the user's words.
        message: String,
    },
    /// The owner of the resource decides, and is not known (R43).
    #[error("`{resource}` names no account: say who owns it (`resourceAccount`)")]
    UnknownOwner {
        /// The resource.
        resource: String,
    },
}

impl EvaluateError {
    /// The word that stands for it in machine output.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::InvalidRequest { .. } => "invalid-request",
            Self::UnknownOwner { .. } => "unknown-owner",
        }
    }

    /// The part of the request it is about.
    #[must_use]
    pub fn path(&self) -> &'static str {
        match self {
            Self::InvalidRequest { path, .. } => path,
            Self::UnknownOwner { .. } => "request.resourceAccount",
        }
    }
}

pub(super) fn invalid(path: &'static str, message: String) -> EvaluateError {
    EvaluateError::InvalidRequest { path, message }
}

/// Which sides must allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Border {
    /// Caller and resource belong to one account (R4).
    Same,
    /// They do not: both sides must allow (R5).
    Cross,
    /// The caller has no account: the resource's policy decides alone (R34,
    /// R35).
    ResourceOnly,
}

/// How much of the picture is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Every layer.
    Everything,
    /// The caller's own side alone.
    OwnSide,
}

/// A request read. It borrows the request's texts.
pub(super) struct Situation<'a> {
    pub(super) caller: Caller,
    pub(super) service: &'a str,
    pub(super) name: &'a str,
    pub(super) resource: Cow<'a, str>,
    pub(super) context: Cow<'a, Context>,
    pub(super) border: Border,
    scope: Scope,
    /// What the catalog knows of the action.
    pub(super) listed: Option<ActionRef<'static>>,
    /// What holds for the call whatever the policies say.
    pub(super) special: Special,
    /// Whether the caller is a service-linked role, which has no boundary.
    pub(super) service_linked: ServiceLinked,
    /// Why SCPs leave the request alone.
    pub(super) beyond_scps: Option<Exempt>,
    /// Why RCPs do.
    pub(super) beyond_rcps: Option<Exempt>,
    /// Whether the setting `wildcard-only-resource` chose the resource.
    pub(super) overridden: bool,
    /// Whether the resource is a bucket or an object in one.
    pub(super) is_bucket: bool,
    /// Whether the object belongs to another account than its bucket (R42).
    pub(super) foreign_object: bool,
    /// Whether a public policy of the bucket shuts the caller out (R44).
    shut_out_if_public: bool,
    /// Whether the path of the caller's role was guessed to fill the context.
    pub(super) guessed_path: bool,
}

impl<'a> Situation<'a> {
    pub(super) fn new(
        request: &'a Request,
        settings: &Settings,
        scope: Scope,
    ) -> Result<Self, EvaluateError> {
        let caller = Caller::classify(&request.principal).ok_or_else(|| {
            invalid(
                "request.principal",
                format!("`{}` cannot make a request", request.principal),
            )
        })?;
        let call = Call::parse(&request.action)?;
        for (key, values) in request.context.iter() {
            if values.iter().any(|value| value.len() > MAX_VALUE_BYTES) {
                let message = format!("a value of `{key}` is over {MAX_VALUE_BYTES} bytes");
                return Err(invalid("request.context", message));
            }
        }
        let listed = catalog::get().action(&request.action);
        let wildcard_only = request.wildcard_only_action.unwrap_or_else(|| {
            listed.is_some_and(|action| action.scope() == catalog::Scope::WildcardOnly)
        });
        let overridden = wildcard_only && call.is("s3", "ListAllMyBuckets");
        let resource = resource(request, &caller, settings, wildcard_only, overridden)?;
        let arn = RequestArn::parse(&resource);
        let owner = match scope {
            Scope::Everything => owner(request, arn.as_ref())?,
            Scope::OwnSide => request.resource_account.as_deref(),
        };
        let border = match (caller.account(), owner) {
            _ if scope == Scope::OwnSide => Border::Same,
            (None, _) => Border::ResourceOnly,
            // What has no resource is asked of the caller's own account, and
            // what AWS itself owns as well (R41).
            _ if wildcard_only || arn.is_none() => Border::Same,
            (_, Some("aws")) => Border::Same,
            (Some(_), None) => {
                return Err(EvaluateError::UnknownOwner {
                    resource: resource.into_owned(),
                });
            }
            (Some(own), Some(owner)) if own == owner => Border::Same,
            _ => Border::Cross,
        };
        let special = Special::new(request, &caller, call, listed, arn.as_ref(), border, scope);
        let service_linked = ServiceLinked::new(&caller, settings);
        let beyond_scps = organization::beyond_scps(&caller, service_linked, settings);
        let owned = Owned {
            caller: &caller,
            service_linked,
            call,
            listed,
            wildcard_only,
            arn,
            owner,
            context: &request.context,
        };
        let beyond_rcps = organization::beyond_rcps(&owned, settings);
        let given = Cow::Borrowed(&request.context);
        let kept = match settings.unsupported_keys {
            UnsupportedKeys::Keep => given,
            UnsupportedKeys::Drop => context::supported(given, listed),
        };
        let bucket = arn.filter(is_bucket);
        let foreign_object = bucket.is_some_and(|arn| {
            let object_owner = settings.s3_object_owner.as_deref();
            arn.resource().contains('/')
                // What is being written has no owner yet.
                && !call.is("s3", "PutObject")
                && object_owner.is_some_and(|object_owner| Some(object_owner) != owner)
        });
        let shut_out_if_public = bucket.is_some()
            && settings.s3_block_public_access == Some(true)
            && border != Border::Same
            && !matches!(caller, Caller::Service(_));
        let kept = match settings.s3_bucket_abac_enabled {
            Some(enabled) if bucket.is_some() => context::with_bucket_tags(kept, enabled),
            _ => kept,
        };
        let (context, guessed_path) = match settings.fill_context {
            FillContext::None => (kept, false),
            FillContext::Implied => context::filled(kept, &caller, owner, settings),
        };
        Ok(Self {
            service: call.service,
            name: call.name,
            caller,
            context,
            border,
            scope,
            listed,
            special,
            service_linked,
            beyond_scps,
            beyond_rcps,
            overridden,
            is_bucket: bucket.is_some(),
            foreign_object,
            shut_out_if_public,
            guessed_path,
            resource,
        })
    }

    pub(super) fn target(&self) -> Target<'_> {
        RequestArn::parse(&self.resource).map_or(Target::Star, Target::Arn)
    }

    /// Whether the request names a resource.
    pub(super) fn target_is_arn(&self) -> bool {
        &*self.resource != "*"
    }

    fn resource_is(&self, service: &str, start: &str) -> bool {
        RequestArn::parse(&self.resource).is_some_and(|arn| arn.is(service, start))
    }

    /// Whether the resource is S3's.
    pub(super) fn is_s3(&self) -> bool {
        self.resource_is("s3", "")
    }

    /// Whether the resource is a KMS key.
    pub(super) fn is_key(&self) -> bool {
        self.resource_is("kms", "key/")
    }

    /// Whether the resource is a KMS alias, behind which stands a key that
    /// must be permitted as well (R39).
    pub(super) fn is_key_alias(&self) -> bool {
        self.resource_is("kms", "alias/")
    }

    /// Whether the resource is an S3 access point (R95).
    pub(super) fn is_access_point(&self) -> bool {
        self.resource_is("s3", "accesspoint/")
    }

    /// The table of `evaluation.md`, section 1.
    pub(super) fn applies(&self) -> Applies {
        let has_policies = matches!(
            self.caller,
            Caller::User(_) | Caller::Role(_) | Caller::Session { .. } | Caller::FederatedUser(_)
        );
        Applies {
            identity: has_policies,
            boundary: has_policies && !self.service_linked.is(),
            session: has_policies,
            needs_session: matches!(self.caller, Caller::FederatedUser(_)),
            scp: self.beyond_scps.is_none(),
            rcp: self.beyond_rcps.is_none() && self.scope == Scope::Everything,
            endpoint: self.scope == Scope::Everything,
            resource: self.scope == Scope::Everything,
            implicit: self.special.root_access,
            resource_deny_ignored: self.special.bucket_deny_ignored,
            resource_allow_ignored: self.foreign_object,
            shut_out_if_public: self.shut_out_if_public,
        }
    }
}

/// Whether it is a bucket of S3, or an object in one.
fn is_bucket(arn: &RequestArn) -> bool {
    arn.is("s3", "") && arn.account().is_empty()
}

/// The resource that policies are asked about (R46).
fn resource<'a>(
    request: &'a Request,
    caller: &Caller,
    settings: &Settings,
    wildcard_only: bool,
    overridden: bool,
) -> Result<Cow<'a, str>, EvaluateError> {
    let text = request.resource.as_str();
    let arn = RequestArn::parse(text);
    if text.len() > MAX_RESOURCE_BYTES {
        let message = format!("over {MAX_RESOURCE_BYTES} bytes");
        return Err(invalid("request.resource", message));
    }
    if text != "*" && arn.is_none() {
        let message = format!(
            "`{text}` is no ARN: expected `arn:partition:service:region:account:resource` or `*`"
        );
        return Err(invalid("request.resource", message));
    }
    if !wildcard_only {
        return Ok(Cow::Borrowed(text));
    }
    if !overridden || settings.wildcard_only_resource == WildcardOnlyResource::Star {
        return Ok(Cow::Borrowed("*"));
    }
    let partition = match arn {
        Some(arn) => arn.partition(),
        None => caller.partition().unwrap_or("aws"),
    };
    Ok(Cow::Owned(format!("arn:{partition}:s3:::*")))
}

/// The account that owns the resource: given, or named by its ARN (R43).
fn owner<'a>(
    request: &'a Request,
    arn: Option<&RequestArn>,
) -> Result<Option<&'a str>, EvaluateError> {
    let Some(given) = request.resource_account.as_deref() else {
        let named = RequestArn::parse(&request.resource).map(|arn| arn.account());
        return Ok(named.filter(|account| !account.is_empty()));
    };
    if let Some(arn) = arn {
        let account = arn.account();
        let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        if is_account && account != given {
            let message = format!("`{given}` does not own `{}`", arn.text);
            return Err(invalid("request.resourceAccount", message));
        }
    }
    Ok(Some(given))
}
