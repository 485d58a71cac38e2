//! A request read: who asks for what, across which border, under which rules
//! of its own.

use super::arn::RequestArn;
use super::env::Target;
use super::layers::{Applies, Layer};
use crate::semantics::{
    Caller, Context, Credential, FillContext, Request, Settings, WildcardOnlyResource,
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
    /// A rule that would decide is not built yet.
    #[error("{layer} is not built yet: no decision without it")]
    NotBuilt {
        /// What is missing, in words.
        layer: &'static str,
    },
}

impl EvaluateError {
    /// The word that stands for it in machine output.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::InvalidRequest { .. } => "invalid-request",
            Self::UnknownOwner { .. } => "unknown-owner",
            Self::NotBuilt { .. } => "not-built",
        }
    }

    /// The part of the request it is about.
    #[must_use]
    pub fn path(&self) -> &'static str {
        match self {
            Self::InvalidRequest { path, .. } => path,
            Self::UnknownOwner { .. } => "request.resourceAccount",
            Self::NotBuilt { .. } => "request",
        }
    }
}

fn invalid(path: &'static str, message: String) -> EvaluateError {
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
    /// Whether the resource's policy must allow even in the same account: a
    /// role's trust policy (R36), a key policy (R38).
    pub(super) resource_first: bool,
    /// Root's implicit full access (R33).
    pub(super) root_access: bool,
    /// Whether a Deny of the bucket's policy does not count (R33).
    pub(super) bucket_deny_ignored: bool,
    /// Calls that need no permission (R40).
    pub(super) free: Option<Free>,
    /// Whether the caller is a service-linked role, which has no boundary.
    service_linked: bool,
    /// What blocks the call whatever the policies say (R93, R94).
    pub(super) blocked: Option<Layer>,
    /// Whether the credential could decide and is not known (R94).
    pub(super) credential_unknown: bool,
    /// Whether the path of the caller's role was guessed to fill the context.
    pub(super) guessed_path: bool,
}

/// Calls that need no permission (R40).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Free {
    /// Not even a Deny stops it.
    Always,
    /// A Deny stops it.
    UnlessDenied,
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
        let (service, name) = action(&request.action)?;
        let is = |s: &str, n: &str| service.eq_ignore_ascii_case(s) && name.eq_ignore_ascii_case(n);
        let wildcard_only = request
            .wildcard_only_action
            .unwrap_or_else(|| is("s3", "ListAllMyBuckets"));
        for (key, values) in request.context.iter() {
            if values.iter().any(|value| value.len() > MAX_VALUE_BYTES) {
                let message = format!("a value of `{key}` is over {MAX_VALUE_BYTES} bytes");
                return Err(invalid("request.context", message));
            }
        }
        let resource = resource(request, &caller, settings, wildcard_only, service, name)?;
        let arn = RequestArn::parse(&resource);
        let owner = match scope {
            Scope::Everything => owner(request, arn.as_ref())?,
            Scope::OwnSide => request.resource_account.as_deref(),
        };
        let border = match (caller.account(), owner) {
            _ if scope == Scope::OwnSide => Border::Same,
            (None, _) => Border::ResourceOnly,
            // What has no resource is asked of the caller's own account.
            _ if wildcard_only || arn.is_none() => Border::Same,
            (Some(_), None) => {
                return Err(EvaluateError::UnknownOwner {
                    resource: resource.into_owned(),
                });
            }
            (Some(own), Some(owner)) if own == owner => Border::Same,
            _ => Border::Cross,
        };
        let is_role = arn.is_some_and(|arn| {
            let [_, _, service, _, _, rest] = arn.fields;
            service == "iam" && rest.starts_with("role/")
        });
        let is_key = arn.is_some_and(|arn| {
            let [_, _, service, _, _, rest] = arn.fields;
            service == "kms" && rest.starts_with("key/")
        });
        let starts = |prefix: &str| {
            name.get(..prefix.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        let assumes = service.eq_ignore_ascii_case("sts")
            && (starts("AssumeRole") || is("sts", "TagSession") || is("sts", "SetSourceIdentity"));
        let asks_key = service.eq_ignore_ascii_case("kms") && is_key;
        let is_root = matches!(caller, Caller::Root { .. });
        let bucket_policy_call = |read: bool| {
            is("s3", "PutBucketPolicy")
                || is("s3", "DeleteBucketPolicy")
                || read && is("s3", "GetBucketPolicy")
        };
        let free = if is("sts", "GetCallerIdentity") && caller != Caller::Anonymous {
            Some(Free::Always)
        } else if is("sts", "GetSessionToken") && (is_root || matches!(caller, Caller::User(_))) {
            Some(Free::UnlessDenied)
        } else {
            None
        };
        let outsider = border != Border::Same && bucket_policy_call(false);
        let blocked = if credential_blocks(request, &caller, service, name) {
            Some(Layer::Credential)
        } else {
            outsider.then_some(Layer::S3Owner)
        };
        let is_iam_or_sts =
            service.eq_ignore_ascii_case("iam") || service.eq_ignore_ascii_case("sts");
        let credential_unknown = is_iam_or_sts
            && free != Some(Free::Always)
            && matches!(caller, Caller::User(_))
            && request.credential.is_none();
        let mut situation = Self {
            service,
            name,
            border,
            scope,
            resource_first: scope == Scope::Everything && (assumes && is_role || asks_key),
            root_access: is_root && !asks_key,
            bucket_deny_ignored: is_root && border == Border::Same && bucket_policy_call(true),
            free,
            blocked,
            credential_unknown,
            service_linked: is_service_linked(&caller, settings),
            guessed_path: false,
            context: Cow::Borrowed(&request.context),
            resource: resource.clone(),
            caller,
        };
        if settings.fill_context == FillContext::Implied {
            let owner = owner.map(str::to_owned);
            situation.fill(owner.as_deref(), settings);
        }
        Ok(situation)
    }

    pub(super) fn target(&self) -> Target<'_> {
        RequestArn::parse(&self.resource).map_or(Target::Star, Target::Arn)
    }

    /// Whether the request names a resource.
    pub(super) fn target_is_arn(&self) -> bool {
        &*self.resource != "*"
    }

    /// Whether the resource is S3's.
    pub(super) fn is_s3(&self) -> bool {
        RequestArn::parse(&self.resource).is_some_and(|arn| {
            let [_, _, service, ..] = arn.fields;
            service == "s3"
        })
    }

    /// Whether the resource is an S3 access point (R95).
    pub(super) fn is_access_point(&self) -> bool {
        let arn = RequestArn::parse(&self.resource).filter(|_| self.is_s3());
        arn.is_some_and(|arn| {
            let [.., rest] = arn.fields;
            rest.starts_with("accesspoint/")
        })
    }

    /// The table of `evaluation.md`, section 1.
    pub(super) fn applies(&self) -> Applies {
        let has_policies = matches!(
            self.caller,
            Caller::User(_) | Caller::Role(_) | Caller::Session { .. } | Caller::FederatedUser(_)
        );
        Applies {
            identity: has_policies,
            boundary: has_policies && !self.service_linked,
            session: has_policies,
            needs_session: matches!(self.caller, Caller::FederatedUser(_)),
            resource: self.scope == Scope::Everything,
            implicit: self.root_access,
            resource_deny_ignored: self.bucket_deny_ignored,
        }
    }

    /// Adds the keys that follow from the request (`fill-context`).
    fn fill(&mut self, owner: Option<&str>, settings: &Settings) {
        let mut add = |key: &str, value: String| {
            if self.context.get(key).is_none() {
                // A fresh key cannot be ambiguous: no other spelling has values,
                // and one without values is taken out first.
                let context = self.context.to_mut();
                context.remove(key);
                let _ = context.insert(key, [value]);
                return true;
            }
            false
        };
        if let Some(kind) = self.caller.principal_type() {
            add("aws:PrincipalType", kind.to_owned());
        }
        if let Some(owner) = owner {
            add("aws:ResourceAccount", owner.to_owned());
        }
        match &self.caller {
            Caller::Anonymous => {
                add("aws:PrincipalAccount", "anonymous".to_owned());
            }
            caller => {
                if let Some(account) = caller.account() {
                    add("aws:PrincipalAccount", account.to_owned());
                }
            }
        }
        match &self.caller {
            Caller::User(arn) => {
                let name = arn.resource.rsplit('/').next().unwrap_or_default();
                add("aws:username", name.to_owned());
                add("aws:PrincipalArn", arn.to_string());
            }
            Caller::Role(arn) | Caller::FederatedUser(arn) => {
                add("aws:PrincipalArn", arn.to_string());
            }
            Caller::Root { account } => {
                add("aws:PrincipalArn", format!("arn:aws:iam::{account}:root"));
            }
            Caller::Session { arn, role, .. } => match &settings.session_issuer {
                Some(issuer) => {
                    add("aws:PrincipalArn", issuer.clone());
                }
                None => {
                    let (partition, account) = (&arn.partition, &arn.account);
                    let guess = format!("arn:{partition}:iam::{account}:role/{role}");
                    self.guessed_path = add("aws:PrincipalArn", guess);
                }
            },
            Caller::Anonymous
            | Caller::Service(_)
            | Caller::Canonical(_)
            | Caller::Federated(_) => {}
        }
    }
}

/// Whether the caller is a service-linked role, known by its path; the path
/// of a session is known by `sessionIssuer`.
fn is_service_linked(caller: &Caller, settings: &Settings) -> bool {
    let path = "role/aws-service-role/";
    match caller {
        Caller::Role(arn) => arn.resource.starts_with(path),
        Caller::Session { .. } => {
            let issuer = settings
                .session_issuer
                .as_deref()
                .and_then(RequestArn::parse);
            issuer.is_some_and(|arn| {
                let [.., rest] = arn.fields;
                rest.starts_with(path)
            })
        }
        _ => false,
    }
}

fn action(text: &str) -> Result<(&str, &str), EvaluateError> {
    let is_word = |word: &str| {
        !word.is_empty()
            && !word.contains(|c: char| c.is_whitespace() || matches!(c, '*' | '?' | ',' | ':'))
    };
    text.split_once(':')
        .filter(|(service, name)| is_word(service) && is_word(name))
        .ok_or_else(|| {
            invalid(
                "request.action",
                format!("`{text}` is no action: expected `service:Name`"),
            )
        })
}

/// The resource that policies are asked about (R46).
fn resource<'a>(
    request: &'a Request,
    caller: &Caller,
    settings: &Settings,
    wildcard_only: bool,
    service: &str,
    name: &str,
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
    let is_override =
        service.eq_ignore_ascii_case("s3") && name.eq_ignore_ascii_case("ListAllMyBuckets");
    if !is_override || settings.wildcard_only_resource == WildcardOnlyResource::Star {
        return Ok(Cow::Borrowed("*"));
    }
    let partition = match arn {
        Some(arn) => {
            let [_, partition, ..] = arn.fields;
            partition
        }
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
        let named = RequestArn::parse(&request.resource).map(|arn| {
            let [_, _, _, _, account, _] = arn.fields;
            account
        });
        return Ok(named.filter(|account| !account.is_empty()));
    };
    if let Some(arn) = arn {
        let [_, _, _, _, account, _] = arn.fields;
        let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        if is_account && account != given {
            let message = format!("`{given}` does not own `{}`", arn.text);
            return Err(invalid("request.resourceAccount", message));
        }
    }
    Ok(Some(given))
}

/// R94: what a credential cannot call whatever the policies say.
fn credential_blocks(request: &Request, caller: &Caller, service: &str, name: &str) -> bool {
    let named = |names: &[&str]| names.iter().any(|n| n.eq_ignore_ascii_case(name));
    let is_iam = service.eq_ignore_ascii_case("iam");
    let is_sts = service.eq_ignore_ascii_case("sts");
    let with_mfa = || {
        let mfa = request.context.get("aws:MultiFactorAuthPresent");
        mfa.is_some_and(|values| values.iter().all(|v| v.eq_ignore_ascii_case("true")))
    };
    match (caller, request.credential) {
        (Caller::FederatedUser(_), _) | (_, Some(Credential::Federation)) => {
            is_iam || is_sts && !named(&["GetCallerIdentity"])
        }
        (Caller::Role(_) | Caller::Session { .. }, _) => {
            is_sts && named(&["GetFederationToken", "GetSessionToken"])
        }
        (_, Some(Credential::Session)) => {
            is_iam && !with_mfa() || is_sts && !named(&["AssumeRole", "GetCallerIdentity"])
        }
        (Caller::Root { .. }, _) => is_sts && named(&["AssumeRole"]),
        _ => false,
    }
}
