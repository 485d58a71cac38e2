//! Services with rules of their own: what holds for a call whatever the
//! policies say.

use super::arn::RequestArn;
use super::layers::Layer;
use super::situation::{Border, EvaluateError, Scope, invalid};
use crate::catalog::{AccessLevel, ActionRef};
use crate::semantics::{Caller, Credential, Request};

/// The name of an action, taken apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    pub(super) service: &'a str,
    pub(super) name: &'a str,
}

impl<'a> Call<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, EvaluateError> {
        let is_word = |word: &str| {
            !word.is_empty()
                && !word.contains(|c: char| c.is_whitespace() || matches!(c, '*' | '?' | ',' | ':'))
        };
        let parts = text.split_once(':');
        let (service, name) = parts
            .filter(|(service, name)| is_word(service) && is_word(name))
            .ok_or_else(|| {
                let message = format!("`{text}` is no action: expected `service:Name`");
                invalid("request.action", message)
            })?;
        Ok(Self { service, name })
    }

    fn of(self, service: &str) -> bool {
        self.service.eq_ignore_ascii_case(service)
    }

    pub(super) fn is(self, service: &str, name: &str) -> bool {
        self.of(service) && self.name.eq_ignore_ascii_case(name)
    }

    fn is_any(self, service: &str, names: &[&str]) -> bool {
        names.iter().any(|name| self.is(service, name))
    }

    /// Assuming a role, or a part of it (R36).
    pub(super) fn assumes(self) -> bool {
        let start = "AssumeRole";
        let starts = self.name.get(..start.len());
        self.of("sts") && starts.is_some_and(|found| found.eq_ignore_ascii_case(start))
            || self.is_any("sts", &["TagSession", "SetSourceIdentity"])
    }
}

/// Calls that need no permission (R40).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Free {
    /// Not even a Deny stops it.
    Always,
    /// A Deny stops it.
    UnlessDenied,
}

/// Why no policy can permit a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blocked {
    /// By the credential (R94), or left to the bucket's owner (R93).
    By(Layer),
    /// The resource belongs to AWS, who alone changes it (R41).
    Immutable,
}

/// What holds for a call whatever the policies say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Special {
    /// Whether the resource's policy must allow even in the same account: a
    /// role's trust policy (R36), a key policy (R38).
    pub(super) resource_first: bool,
    /// Root's implicit full access (R33).
    pub(super) root_access: bool,
    /// Whether a Deny of the bucket's policy does not count (R33).
    pub(super) bucket_deny_ignored: bool,
    /// Whether it needs no permission (R40).
    pub(super) free: Option<Free>,
    /// Whether nothing can permit it (R41, R93, R94).
    pub(super) blocked: Option<Blocked>,
    /// Whether the credential could decide and is not known (R94).
    pub(super) credential_unknown: bool,
}

impl Special {
    pub(super) fn new(
        request: &Request,
        caller: &Caller,
        call: Call,
        listed: Option<ActionRef>,
        arn: Option<&RequestArn>,
        border: Border,
        scope: Scope,
    ) -> Self {
        let on = |service: &str, start: &str| arn.is_some_and(|arn| arn.is(service, start));
        let asks_key = call.of("kms") && on("kms", "key/");
        let asks_trust = call.assumes() && on("iam", "role/");
        let is_root = matches!(caller, Caller::Root { .. });
        let is_user = matches!(caller, Caller::User(_));
        let free = if call.is("sts", "GetCallerIdentity") && *caller != Caller::Anonymous {
            Some(Free::Always)
        } else if call.is("sts", "GetSessionToken") && (is_root || is_user) {
            Some(Free::UnlessDenied)
        } else {
            None
        };
        let changes_bucket_policy = call.is_any("s3", &["PutBucketPolicy", "DeleteBucketPolicy"]);
        let blocked = if credential_blocks(request, caller, call) {
            Some(Blocked::By(Layer::Credential))
        } else if changes_bucket_policy && border != Border::Same {
            Some(Blocked::By(Layer::S3Owner))
        } else if arn.is_some_and(is_immutable) && listed.is_some_and(writes) {
            Some(Blocked::Immutable)
        } else {
            None
        };
        Self {
            resource_first: scope == Scope::Everything && (asks_trust || asks_key),
            root_access: is_root && !asks_key,
            bucket_deny_ignored: is_root
                && border == Border::Same
                && (changes_bucket_policy || call.is("s3", "GetBucketPolicy")),
            free,
            blocked,
            credential_unknown: (call.of("iam") || call.of("sts"))
                && free != Some(Free::Always)
                && is_user
                && request.credential.is_none(),
        }
    }
}

/// R41: AWS managed policies, and the roles AWS keeps in an account.
fn is_immutable(arn: &RequestArn) -> bool {
    arn.account() == "aws" && arn.is("iam", "policy/") || arn.is("iam", "role/aws-reserved/")
}

fn writes(action: ActionRef) -> bool {
    !matches!(action.access(), AccessLevel::List | AccessLevel::Read)
}

/// R94: what a credential cannot call whatever the policies say.
fn credential_blocks(request: &Request, caller: &Caller, call: Call) -> bool {
    let with_mfa = || {
        let mfa = request.context.get("aws:MultiFactorAuthPresent");
        mfa.is_some_and(|values| values.iter().all(|v| v.eq_ignore_ascii_case("true")))
    };
    match (caller, request.credential) {
        (Caller::FederatedUser(_), _) | (_, Some(Credential::Federation)) => {
            call.of("iam") || call.of("sts") && !call.is("sts", "GetCallerIdentity")
        }
        (Caller::Role(_) | Caller::Session { .. }, _) => {
            call.is_any("sts", &["GetFederationToken", "GetSessionToken"])
        }
        (_, Some(Credential::Session)) => {
            let allowed = ["AssumeRole", "GetCallerIdentity"];
            call.of("iam") && !with_mfa() || call.of("sts") && !call.is_any("sts", &allowed)
        }
        (Caller::Root { .. }, _) => call.is("sts", "AssumeRole"),
        _ => false,
    }
}
