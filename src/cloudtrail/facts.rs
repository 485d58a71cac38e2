//! What one record says: who called, on whose behalf, how it ended.

use super::record::{Identity, Record};
use super::row::{Basis, RecordOutcome};
use super::session;
use super::table::Reason;
use core::net::{IpAddr, Ipv6Addr};
use std::borrow::Cow;

/// Drops what is no call of ours, by the record's own head; nothing where the
/// record goes on.
pub(super) fn not_a_call(record: &Record<'_>) -> Option<Reason> {
    let category = record.event_category.or_empty();
    let kind = record.event_type.or_empty();
    if category == "NetworkActivity" || kind == "AwsVpceEvents" || kind == "AwsVpceEvent" {
        Some(Reason::NetworkActivity)
    } else if category == "Insight" || kind == "AwsCloudTrailInsight" {
        Some(Reason::Insight)
    } else if kind != "AwsApiCall" {
        Some(Reason::NotApiCall)
    } else {
        None
    }
}

/// A service on its own behalf: so typed, or with nothing but `invokedBy` (C1,
/// C5).
pub(super) fn is_service(identity: &Identity<'_>) -> bool {
    match identity.kind.get() {
        Some(kind) => kind == "AWSService",
        None => identity.invoked_by.get().is_some() && identity.arn.get().is_none(),
    }
}

/// An authorised call that opens a session of a role (C13).
pub(super) fn is_assume(record: &Record<'_>) -> bool {
    record.event_source.get() == Some("sts.amazonaws.com")
        && record.event_name.or_empty().starts_with("AssumeRole")
        && outcome(record) == RecordOutcome::Ok
}

/// Calls that no identity's policy has to allow (C21).
pub(super) fn needs_no_permission(source: &str, event: &str) -> bool {
    source == "sts.amazonaws.com"
        && matches!(
            event,
            "GetCallerIdentity"
                | "GetSessionToken"
                | "AssumeRoleWithSAML"
                | "AssumeRoleWithWebIdentity"
        )
}

/// The role or user whose policies are asked, or why there is none.
pub(super) fn principal<'a>(identity: &'a Identity<'_>) -> Result<Cow<'a, str>, Reason> {
    let arn = identity.arn.get();
    match identity.kind.or_empty() {
        "AWSAccount" => Err(Reason::OtherAccount),
        "Root" => Err(Reason::Root),
        "AssumedRole" | "FederatedUser" => identity
            .session
            .issuer
            .arn
            .get()
            .map(Cow::Borrowed)
            .or_else(|| arn.and_then(role_of_session).map(Cow::Owned))
            .or_else(|| arn.filter(|arn| is_iam(arn)).map(Cow::Borrowed))
            .ok_or(Reason::NoIdentity),
        // Federated callers of STS have a name, but no policy of ours.
        "SAMLUser" | "WebIdentityUser" => Ok(Cow::Borrowed("")),
        _ => match arn {
            Some(arn) if arn.ends_with(":root") => Err(Reason::Root),
            Some(arn) if is_iam(arn) => Ok(Cow::Borrowed(arn)),
            Some(arn) => role_of_session(arn)
                .map(Cow::Owned)
                .ok_or(Reason::NoIdentity),
            None => Err(Reason::NoIdentity),
        },
    }
}

fn is_iam(arn: &str) -> bool {
    let mut fields = arn.split(':');
    fields.next() == Some("arn")
        && fields.nth(1) == Some("iam")
        && fields
            .nth(2)
            .is_some_and(|r| r.starts_with("role/") || r.starts_with("user/"))
}

/// The role's ARN from a session's, which has no path (C2).
fn role_of_session(arn: &str) -> Option<String> {
    let mut fields = arn.splitn(6, ':');
    let (_, partition, service) = (fields.next()?, fields.next()?, fields.next()?);
    let (_, account, resource) = (fields.next()?, fields.next()?, fields.next()?);
    let name = resource.strip_prefix("assumed-role/")?.split('/').next()?;
    (service == "sts").then(|| format!("arn:{partition}:iam::{account}:role/{name}"))
}

/// The session's name, where the caller is a role's session.
pub(super) fn session_name<'a>(identity: &'a Identity<'_>) -> Option<&'a str> {
    if identity.kind.get() != Some("AssumedRole") {
        return None;
    }
    let by_arn = identity.arn.get().and_then(|arn| {
        let (_, session) = arn.split_once(":assumed-role/")?;
        session.split_once('/').map(|(_, session)| session)
    });
    by_arn.or_else(|| Some(identity.principal_id.get()?.split_once(':')?.1))
}

/// The workload's key (C15). Session tags come in when the table is read.
pub(super) fn workload<'a>(record: &'a Record<'_>) -> (Basis, Cow<'a, str>) {
    let identity = &record.identity;
    let scope = &identity.scope;
    if let Some(arn) = scope.source_arn.get().or(scope.issued_to.get()) {
        return (Basis::SourceArn, Cow::Borrowed(arn));
    }
    if let Some(source) = identity.session.source_identity.get() {
        return (Basis::SourceIdentity, Cow::Borrowed(source));
    }
    if identity.kind.get() != Some("AssumedRole") {
        return (Basis::None, Cow::Borrowed(""));
    }
    if let Some(name) = session_name(identity).filter(|name| !name.is_empty()) {
        return (Basis::SessionName, session::generalise(name));
    }
    if let Some(service) = identity.invoked_by.get() {
        return (Basis::InvokedBy, Cow::Borrowed(service));
    }
    match vpce(record) {
        Some(endpoint) => (Basis::Vpce, Cow::Borrowed(endpoint)),
        None => (Basis::None, Cow::Borrowed("")),
    }
}

/// `vpcEndpointId`, which may hold other text (C15).
pub(super) fn vpce<'a>(record: &'a Record<'_>) -> Option<&'a str> {
    record.vpce.get().filter(|id| id.starts_with("vpce-"))
}

/// How the call ended (C16, C17). What is not known to come after
/// authorisation is no evidence of it.
pub(super) fn outcome(record: &Record<'_>) -> RecordOutcome {
    let message = record.error_message.or_empty();
    let Some(code) = record.error_code.get() else {
        // A refusal without a code must not pass for a success.
        return match denied_action(message) {
            Some(_) => RecordOutcome::Denied,
            None => RecordOutcome::Ok,
        };
    };
    if is_denied(code) || code == "Client.AuthFailure" && denied_action(message).is_some() {
        RecordOutcome::Denied
    } else if is_semantic(code) {
        RecordOutcome::Semantic
    } else {
        RecordOutcome::Inconclusive
    }
}

fn is_denied(code: &str) -> bool {
    let code = code.strip_prefix("Client.").unwrap_or(code);
    matches!(code, "UnauthorizedOperation" | "UnauthorizedAccess")
        || code.ends_with("AccessDenied")
        || code.ends_with("AccessDeniedException")
        || code.starts_with("AuthorizationError")
}

fn is_semantic(code: &str) -> bool {
    let throttled = [
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "RateLimitExceeded",
    ];
    if throttled.iter().any(|word| code.contains(word)) {
        return false;
    }
    matches!(
        code,
        "BucketNotEmpty" | "Client.DryRunOperation" | "ConditionalCheckFailedException"
    ) || code.starts_with("NoSuch")
        || ["NotFound", "AlreadyExists", "LimitExceeded"]
            .iter()
            .any(|word| code.contains(word))
}

/// The action named in a message such as `… is not authorized to perform:
/// s3:GetObject on resource: …` (C16).
pub(super) fn denied_action(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("perform: ")?;
    let length = rest
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b':'))
        .count();
    let action = rest.get(..length)?.trim_end_matches([':', '-']);
    let (prefix, name) = action.split_once(':')?;
    (!prefix.is_empty() && !name.is_empty() && !name.contains(':')).then_some(action)
}

/// The caller's network: /24, or /48 for IPv6; nothing for a service's name.
pub(super) fn network(address: &str) -> Option<String> {
    match address.parse().ok()? {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            Some(format!("{a}.{b}.{c}.0/24"))
        }
        IpAddr::V6(v6) => {
            let [a, b, c, ..] = v6.segments();
            let base = Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0);
            Some(format!("{base}/48"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::{Content, read};
    use super::*;

    fn with<T>(text: &str, check: impl FnOnce(&Record<'_>) -> T) -> T {
        let text = format!("{{\"eventName\": \"E\", {text}}}");
        match read(text.as_bytes()) {
            Content::Record(record) => check(&record),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn outcomes() {
        use RecordOutcome::{Denied, Inconclusive, Ok, Semantic};
        for (code, expected) in [
            ("", Ok),
            ("AccessDenied", Denied),
            ("AccessDeniedException", Denied),
            ("KMS.AccessDeniedException", Denied),
            ("Client.UnauthorizedOperation", Denied),
            ("AuthorizationErrorException", Denied),
            ("Client.AuthFailure", Inconclusive),
            ("NoSuchBucketPolicy", Semantic),
            ("Client.InvalidVpcID.NotFound", Semantic),
            ("TrailNotFoundException", Semantic),
            ("EntityAlreadyExists", Semantic),
            ("ConditionalCheckFailedException", Semantic),
            ("Client.VpcLimitExceeded", Semantic),
            ("Client.DryRunOperation", Semantic),
            ("Client.RequestLimitExceeded", Inconclusive),
            ("ThrottlingException", Inconclusive),
            ("ValidationError", Inconclusive),
            ("ExpiredToken", Inconclusive),
            ("SomeErrorCode", Inconclusive),
        ] {
            let text = format!("\"errorCode\": \"{code}\"");
            assert_eq!(with(&text, outcome), expected, "{code}");
        }
        let message =
            "\"errorMessage\": \"User: x is not authorized to perform: ec2:DescribeVpcs because\"";
        assert_eq!(with(message, outcome), Denied);
        assert_eq!(
            with(
                &format!("\"errorCode\": \"Client.AuthFailure\", {message}"),
                outcome
            ),
            Denied
        );
    }

    #[test]
    fn denied_actions() {
        for (message, expected) in [
            (
                "User: arn:aws:iam::1:user/a is not authorized to perform: s3:GetObject on resource: x",
                Some("s3:GetObject"),
            ),
            (
                "not authorized to perform: iam:CreateUser.",
                Some("iam:CreateUser"),
            ),
            ("perform: something else", None),
            ("perform: ec2:", None),
            ("Access Denied", None),
        ] {
            assert_eq!(denied_action(message), expected, "{message}");
        }
    }

    #[test]
    fn principals() {
        let of = |text: &str| {
            with(&format!("\"userIdentity\": {text}"), |record| {
                principal(&record.identity).map(Cow::into_owned)
            })
        };
        assert_eq!(
            of(
                r#"{"type": "AssumedRole", "arn": "arn:aws:sts::1:assumed-role/r/s",
                "sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::1:role/p/r"}}}"#
            ),
            Ok("arn:aws:iam::1:role/p/r".to_owned())
        );
        assert_eq!(
            of(r#"{"type": "AssumedRole", "arn": "arn:aws-cn:sts::1:assumed-role/r/s"}"#),
            Ok("arn:aws-cn:iam::1:role/r".to_owned())
        );
        assert_eq!(
            of(r#"{"type": "AWSAccount", "accountId": "2"}"#),
            Err(Reason::OtherAccount)
        );
        assert_eq!(
            of(r#"{"type": "Root", "arn": "arn:aws:iam::1:root"}"#),
            Err(Reason::Root)
        );
        assert_eq!(of(r#"{"type": "IAMUser"}"#), Err(Reason::NoIdentity));
        assert_eq!(of("null"), Err(Reason::NoIdentity));
        assert_eq!(
            of(
                r#"{"type": "FederatedUser", "arn": "arn:aws:sts::1:federated-user/x",
                "sessionContext": {"sessionIssuer": {"type": "IAMUser", "arn": "arn:aws:iam::1:user/u"}}}"#
            ),
            Ok("arn:aws:iam::1:user/u".to_owned())
        );
        assert!(with(
            r#""userIdentity": {"accountId": "1", "invokedBy": "x.amazonaws.com"}"#,
            |r| is_service(&r.identity)
        ));
    }

    #[test]
    fn workloads_take_the_first_key() {
        let of = |identity: &str, more: &str| {
            with(&format!("\"userIdentity\": {identity}{more}"), |record| {
                let (basis, name) = workload(record);
                (basis, name.into_owned())
            })
        };
        let arn = r#""type": "AssumedRole", "arn": "arn:aws:sts::1:assumed-role/r/job-1234567""#;
        assert_eq!(
            of(
                &format!(
                    r#"{{{arn}, "inScopeOf": {{"sourceArn": "arn:f"}}, "sessionContext": {{"sourceIdentity": "jane"}}}}"#
                ),
                ""
            ),
            (Basis::SourceArn, "arn:f".to_owned())
        );
        assert_eq!(
            of(
                &format!(r#"{{{arn}, "sessionContext": {{"sourceIdentity": "jane"}}}}"#),
                ""
            ),
            (Basis::SourceIdentity, "jane".to_owned())
        );
        assert_eq!(
            of(&format!("{{{arn}}}"), ""),
            (Basis::SessionName, "job-<n>".to_owned())
        );
        let role = r#"{"type": "AssumedRole"}"#;
        assert_eq!(
            of(role, r#", "vpcEndpointId": "vpce-1""#),
            (Basis::Vpce, "vpce-1".to_owned())
        );
        assert_eq!(
            of(role, r#", "vpcEndpointId": "AWS Internal""#).0,
            Basis::None
        );
        assert_eq!(
            of(r#"{"type": "IAMUser", "invokedBy": "x"}"#, "").0,
            Basis::None
        );
    }

    #[test]
    fn networks() {
        assert_eq!(network("203.0.113.7").unwrap(), "203.0.113.0/24");
        assert_eq!(network("2001:db8:1:2::5").unwrap(), "2001:db8:1::/48");
        assert_eq!(network("cloudformation.amazonaws.com"), None);
    }
}
