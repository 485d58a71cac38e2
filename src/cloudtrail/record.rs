//! One CloudTrail record, borrowed from the reader's buffer. Types drift in
//! real files (booleans as strings, null regions, a text where an object
//! should stand): an odd field is read as far as it goes and never costs the
//! record.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// A scalar as text: strings as they are, booleans and numbers printed,
/// everything else absent.
#[derive(Debug, Default)]
pub(super) struct Scalar<'a>(Option<Cow<'a, str>>);

impl Scalar<'_> {
    /// The text; absent where it is empty.
    pub(super) fn get(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.is_empty())
    }

    pub(super) fn or_empty(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }

    /// Whether it is `true`, as a boolean or as the text (C11, C12).
    pub(super) fn is_true(&self) -> bool {
        self.0
            .as_deref()
            .is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    /// Whether it is `false`, as a boolean or as the text.
    pub(super) fn is_false(&self) -> bool {
        self.0
            .as_deref()
            .is_some_and(|text| text.eq_ignore_ascii_case("false"))
    }
}

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor).map(Self)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }
    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(if value { "true" } else { "false" })))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(value.to_string())))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(value.to_string())))
    }
    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

/// A member's name.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Cow<'de, str>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a member's name")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }
        }
        deserializer.deserialize_str(NameVisitor).map(Self)
    }
}

/// A struct read from a JSON object: unknown members are skipped, of a repeated
/// one the last counts, and any other JSON value gives the empty struct.
macro_rules! lenient {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty = $($key:literal)|+,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Default)]
        pub(super) struct $name<'a> { $(pub(super) $field: $type,)* }

        impl<'de: 'a, 'a> Deserialize<'de> for $name<'a> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Fields<'a>(std::marker::PhantomData<&'a ()>);
                impl<'de: 'a, 'a> Visitor<'de> for Fields<'a> {
                    type Value = $name<'a>;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("any JSON value")
                    }
                    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                        let mut value = $name::default();
                        while let Some(Name(name)) = map.next_key::<Name<'de>>()? {
                            match &*name {
                                $($($key)|+ => value.$field = map.next_value()?,)*
                                _ => { map.next_value::<IgnoredAny>()?; }
                            }
                        }
                        Ok(value)
                    }
                    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                        while items.next_element::<IgnoredAny>()?.is_some() {}
                        Ok($name::default())
                    }
                    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> { Ok($name::default()) }
                    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> { Ok($name::default()) }
                    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> { Ok($name::default()) }
                    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> { Ok($name::default()) }
                    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> { Ok($name::default()) }
                    fn visit_unit<E>(self) -> Result<Self::Value, E> { Ok($name::default()) }
                }
                deserializer.deserialize_any(Fields(std::marker::PhantomData))
            }
        }
    };
}

lenient! {
    /// The members of a record that this program reads.
    Record {
        event_id: Scalar<'a> = "eventID",
        event_time: Scalar<'a> = "eventTime",
        event_source: Scalar<'a> = "eventSource",
        event_name: Scalar<'a> = "eventName",
        event_type: Scalar<'a> = "eventType",
        event_category: Scalar<'a> = "eventCategory",
        management_event: Scalar<'a> = "managementEvent",
        read_only: Scalar<'a> = "readOnly",
        region: Scalar<'a> = "awsRegion",
        account: Scalar<'a> = "recipientAccountId",
        error_code: Scalar<'a> = "errorCode",
        error_message: Scalar<'a> = "errorMessage",
        source_ip: Scalar<'a> = "sourceIPAddress",
        vpce: Scalar<'a> = "vpcEndpointId",
        console: Scalar<'a> = "sessionCredentialFromConsole",
        identity: Identity<'a> = "userIdentity",
        tls: TlsDetails<'a> = "tlsDetails",
        addendum: Addendum<'a> = "addendum",
        request: Option<&'a RawValue> = "requestParameters",
        response: Option<&'a RawValue> = "responseElements",
        resources: Option<&'a RawValue> = "resources",
        // Wrappers around a record.
        detail: Option<&'a RawValue> = "detail",
        wrapped: Scalar<'a> = "CloudTrailEvent" | "message",
    }
}

lenient! {
    /// `userIdentity` (C1–C12).
    Identity {
        kind: Scalar<'a> = "type",
        arn: Scalar<'a> = "arn",
        principal_id: Scalar<'a> = "principalId",
        account: Scalar<'a> = "accountId",
        user_name: Scalar<'a> = "userName",
        invoked_by: Scalar<'a> = "invokedBy",
        provider: Scalar<'a> = "identityProvider",
        session: SessionContext<'a> = "sessionContext",
        scope: Scope<'a> = "inScopeOf",
    }
}

lenient! {
    /// `sessionContext`.
    SessionContext {
        issuer: Issuer<'a> = "sessionIssuer",
        attributes: Attributes<'a> = "attributes",
        source_identity: Scalar<'a> = "sourceIdentity",
    }
}

lenient! {
    /// `sessionIssuer` (C2).
    Issuer {
        kind: Scalar<'a> = "type",
        arn: Scalar<'a> = "arn",
    }
}

lenient! {
    /// `attributes` of a session.
    Attributes {
        mfa: Scalar<'a> = "mfaAuthenticated",
    }
}

lenient! {
    /// `inScopeOf` (C9): the resource that the credentials were issued to.
    Scope {
        source_arn: Scalar<'a> = "sourceArn",
        issued_to: Scalar<'a> = "credentialsIssuedTo",
    }
}

lenient! {
    /// `tlsDetails`.
    TlsDetails {
        version: Scalar<'a> = "tlsVersion",
    }
}

lenient! {
    /// `addendum` (C38): why the record came late, or what it corrects.
    Addendum {
        reason: Scalar<'a> = "reason",
        original_event_id: Scalar<'a> = "originalEventID",
    }
}

lenient! {
    /// An entry of `resources[]` (C22).
    ResourceEntry {
        arn: Scalar<'a> = "ARN" | "arn",
        prefix: Scalar<'a> = "ARNPrefix" | "arnPrefix",
        account: Scalar<'a> = "accountId",
        kind: Scalar<'a> = "type",
    }
}

/// What a piece of input holds.
#[derive(Debug)]
pub(super) enum Content<'a> {
    /// A record.
    Record(Box<Record<'a>>),
    /// The text of a record within an envelope (`lookup-events`, CloudWatch
    /// Logs), to be read in turn.
    Wrapped(String),
    /// No record: not JSON, no object, or another object.
    Nothing,
}

/// Reads one piece.
pub(super) fn read(bytes: &[u8]) -> Content<'_> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Content::Nothing;
    };
    if text.starts_with('"') {
        return serde_json::from_str(text).map_or(Content::Nothing, Content::Wrapped);
    }
    if !text.starts_with('{') {
        return Content::Nothing;
    }
    let Ok(mut record) = serde_json::from_str::<Record<'_>>(text) else {
        return Content::Nothing;
    };
    if is_event(&record) {
        return Content::Record(Box::new(record));
    }
    if let Some(detail) = record.detail {
        return match serde_json::from_str::<Record<'_>>(detail.get()) {
            Ok(inner) if is_event(&inner) => Content::Record(Box::new(inner)),
            _ => Content::Nothing,
        };
    }
    match record.wrapped.0.take() {
        Some(text) => Content::Wrapped(text.into_owned()),
        None => Content::Nothing,
    }
}

/// Why a piece that starts at this offset of the input is no record.
pub(super) fn why_not(bytes: &[u8], offset: u64) -> String {
    if let Err(error) = std::str::from_utf8(bytes) {
        return format!(
            "invalid UTF-8 at byte {}",
            offset + error.valid_up_to() as u64
        );
    }
    match serde_json::from_slice::<IgnoredAny>(bytes) {
        Err(error) => format!("invalid JSON in the value at byte {offset}: {error}"),
        Ok(IgnoredAny) => format!("the value at byte {offset} has no eventName"),
    }
}

fn is_event(record: &Record<'_>) -> bool {
    record.event_name.get().is_some() || record.event_source.get().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(text: &str) -> Box<Record<'_>> {
        match read(text.as_bytes()) {
            Content::Record(record) => record,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn odd_fields_do_not_cost_the_record() {
        let text = r#"{"eventName": "A", "eventName": "GetObject", "eventSource": "s3.amazonaws.com",
            "awsRegion": null, "readOnly": true, "recipientAccountId": 123456789012,
            "userIdentity": "redacted", "tlsDetails": [1, {}], "errorCode": {"x": 1},
            "requestParameters": null, "sessionCredentialFromConsole": "true", "eventVersion": 1.08}"#;
        let record = record(text);
        assert_eq!(record.event_name.get(), Some("GetObject"));
        assert_eq!(record.account.get(), Some("123456789012"));
        assert_eq!(record.region.get(), None);
        assert_eq!(record.error_code.get(), None);
        assert!(record.read_only.is_true() && record.console.is_true());
        assert!(record.request.is_none() && record.identity.kind.get().is_none());
    }

    #[test]
    fn wrappers_are_seen() {
        let inner =
            r#"{"detail-type": "x", "detail": {"eventName": "E", "requestParameters": {"a": 1}}}"#;
        assert_eq!(record(inner).request.unwrap().get(), r#"{"a": 1}"#);
        for text in [
            r#"{"EventId": "1", "CloudTrailEvent": "{\"eventName\": \"E\"}"}"#,
            r#"{"timestamp": 1, "message": "{\"eventName\": \"E\"}"}"#,
            r#""{\"eventName\": \"E\"}""#,
        ] {
            match read(text.as_bytes()) {
                Content::Wrapped(text) => assert_eq!(text, r#"{"eventName": "E"}"#),
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_is_no_record_is_told() {
        for text in [
            "null",
            "[]",
            "{",
            r#"{"eventName": "E""#,
            "12",
            "{\"eventName\": \"\u{1}",
        ] {
            assert!(matches!(read(text.as_bytes()), Content::Nothing), "{text}");
        }
        for text in [
            "{}",
            r#"{"Version": "2012-10-17"}"#,
            r#"{"detail": {"state": "x"}}"#,
        ] {
            assert!(matches!(read(text.as_bytes()), Content::Nothing), "{text}");
        }
        let bytes = b"{\"eventName\": \"\xff\"}";
        assert!(matches!(read(bytes), Content::Nothing));
        assert_eq!(why_not(bytes, 100), "invalid UTF-8 at byte 115");
        assert_eq!(why_not(b"{}", 7), "the value at byte 7 has no eventName");
    }
}
