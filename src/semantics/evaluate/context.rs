//! The context that policies are asked with, where it is not the one given.

use crate::catalog::{self, ActionRef};
use crate::semantics::{Caller, Context, Settings};
use std::borrow::Cow;

/// Without the keys that the catalog does not list for the action
/// (`unsupported-keys`); of an action it does not know, every key is kept.
pub(super) fn supported<'a>(
    given: Cow<'a, Context>,
    listed: Option<ActionRef>,
) -> Cow<'a, Context> {
    let Some(action) = listed else {
        return given;
    };
    let keys = action.keys_for(None);
    let is_listed = |name: &str| {
        catalog::get().global_key(name).is_some() || keys.iter().any(|key| key.matches(name))
    };
    let names = given.iter().map(|(name, _)| name);
    let unlisted: Vec<String> = names.filter(|n| !is_listed(n)).map(str::to_owned).collect();
    let mut kept = given;
    for name in unlisted {
        kept.to_mut().remove(&name);
    }
    kept
}

/// The tags of a bucket feed `aws:ResourceTag/*` where the bucket is set to
/// (`s3.bucketAbacEnabled`); where it is not, they are no keys at all.
pub(super) fn with_bucket_tags(given: Cow<'_, Context>, enabled: bool) -> Cow<'_, Context> {
    const BUCKET: &str = "s3:BucketTag/";
    const RESOURCE: &str = "aws:ResourceTag/";
    let behind = |name: &str, start: &str| {
        let found = name.get(..start.len())?;
        let tag = name.get(start.len()..)?;
        found.eq_ignore_ascii_case(start).then(|| tag.to_owned())
    };
    let mut context = given;
    if enabled {
        let tags = context.iter().filter_map(|(name, values)| {
            let key = format!("{RESOURCE}{}", behind(name, BUCKET)?);
            Some((key, values.to_vec()))
        });
        let absent = tags.filter(|(key, _)| context.get(key).is_none());
        for (key, values) in absent.collect::<Vec<_>>() {
            let context = context.to_mut();
            // Taken out before, so that no other spelling of it is left.
            context.remove(&key);
            let _ = context.insert(key, values);
        }
    } else {
        let names = context.iter().map(|(name, _)| name);
        let tags = names.filter(|name| {
            behind(name, BUCKET)
                .or_else(|| behind(name, RESOURCE))
                .is_some()
        });
        for name in tags.map(str::to_owned).collect::<Vec<_>>() {
            context.to_mut().remove(&name);
        }
    }
    context
}

/// With the keys that follow from the request (`fill-context`), and whether
/// `aws:PrincipalArn` among them rests on a guess: the path of a session's
/// role is known by `sessionIssuer` alone.
pub(super) fn filled<'a>(
    mut context: Cow<'a, Context>,
    caller: &Caller,
    owner: Option<&str>,
    settings: &Settings,
) -> (Cow<'a, Context>, bool) {
    let mut add = |key: &str, value: Option<String>| {
        let Some(value) = value.filter(|_| context.get(key).is_none()) else {
            return false;
        };
        // A key without values is taken out first, so that no other spelling
        // of it is left.
        let context = context.to_mut();
        context.remove(key);
        context.insert(key, [value]).is_ok()
    };
    add(
        "aws:PrincipalType",
        caller.principal_type().map(str::to_owned),
    );
    add("aws:ResourceAccount", owner.map(str::to_owned));
    let account = match caller {
        Caller::Anonymous => Some("anonymous"),
        caller => caller.account(),
    };
    add("aws:PrincipalAccount", account.map(str::to_owned));
    if let Caller::User(arn) = caller {
        let name = arn.resource.rsplit('/').next();
        add("aws:username", name.map(str::to_owned));
    }
    let (principal, is_guess) = match caller {
        Caller::User(arn) | Caller::Role(arn) | Caller::FederatedUser(arn) => {
            (Some(arn.to_string()), false)
        }
        Caller::Root { account } => (Some(format!("arn:aws:iam::{account}:root")), false),
        Caller::Session { arn, role, .. } => match &settings.session_issuer {
            Some(issuer) => (Some(issuer.clone()), false),
            None => {
                let (partition, account) = (&arn.partition, &arn.account);
                let guess = format!("arn:{partition}:iam::{account}:role/{role}");
                (Some(guess), true)
            }
        },
        Caller::Anonymous | Caller::Service(_) | Caller::Canonical(_) | Caller::Federated(_) => {
            (None, false)
        }
    };
    let added = add("aws:PrincipalArn", principal);
    (context, added && is_guess)
}
