//! The parameters worth keeping: those that name resources or roles (C23, C24,
//! C27). Everything else, and every access key, is left out.

use super::parameters::is_resource_parameter;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::BTreeSet;
use std::fmt;

/// The longest value kept; S3 keys and ARNs are shorter.
const MAX_VALUE: usize = 2_048;
/// The most values of one record.
const MAX_VALUES: usize = 1_000;
/// The deepest parameter looked at.
const MAX_DEPTH: usize = 12;

/// Members of the request whose presence decides which actions it needs (C28).
const DECIDING: [&str; 14] = [
    "filters",
    "omitted",
    "providedContexts",
    "sourceIdentity",
    "tagSpecification",
    "tagSpecificationSet",
    "tagSpecifications",
    "tagging",
    "tags",
    "transitiveTagKeys",
    "versionId",
    "x-amz-acl",
    "x-amz-object-lock-mode",
    "x-amz-tagging",
];

/// Subtrees that hold no resource of the request.
const SKIPPED: [&str; 9] = [
    "environment",
    "filter",
    "filterSet",
    "tag",
    "tagKeys",
    "tagSet",
    "policy",
    "userData",
    "x-amz-security-token",
];

/// What a record's parameters hold.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Path → value, sorted and distinct.
    pub(super) params: BTreeSet<(String, String)>,
    /// Members of [`DECIDING`] that are there.
    pub(super) present: BTreeSet<&'static str>,
    /// Keys of the encryption context.
    pub(super) encryption_context: BTreeSet<String>,
}

/// Takes what is worth keeping from requestParameters.
pub(super) fn request(raw: &RawValue, kept: &mut Kept) {
    walk(raw, "", Which::Named, kept);
}

/// Takes the ARNs that a `Create…` call answered with (C25).
pub(super) fn response(raw: &RawValue, kept: &mut Kept) {
    walk(raw, "response", Which::Arns, kept);
}

fn walk(raw: &RawValue, path: &str, which: Which, kept: &mut Kept) {
    let mut path = path.to_owned();
    let walk = Walk {
        path: &mut path,
        depth: 0,
        which,
        kept,
    };
    // What cannot be read names no resource; the record stays.
    let _ = walk.deserialize(&mut serde_json::Deserializer::from_str(raw.get()));
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    /// Parameters that name resources, and ARNs wherever they stand.
    Named,
    /// Only ARNs.
    Arns,
}

struct Walk<'w> {
    path: &'w mut String,
    depth: usize,
    which: Which,
    kept: &'w mut Kept,
}

impl Walk<'_> {
    fn keep(&mut self, value: &str) {
        if value.is_empty() || value.len() > MAX_VALUE || self.kept.params.len() >= MAX_VALUES {
            return;
        }
        let named = self.which == Which::Named && is_resource_parameter(self.path);
        if (named || value.starts_with("arn:")) && !is_masked(value) && !is_access_key(value) {
            self.kept
                .params
                .insert((self.path.clone(), value.to_owned()));
        }
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();
    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let length = self.path.len();
        while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            if self.depth == 0
                && self.which == Which::Named
                && let Some(deciding) = DECIDING.into_iter().find(|known| *known == name)
            {
                let value = map.next_value::<&RawValue>()?;
                if !matches!(value.get(), "null" | "[]" | "{}" | "\"\"") {
                    self.kept.present.insert(deciding);
                }
                continue;
            }
            let context = matches!(&*name, "encryptionContext" | "encryptionContextSubset");
            if context {
                while_keys(&mut map, &mut self.kept.encryption_context)?;
                continue;
            }
            if self.depth >= MAX_DEPTH || SKIPPED.contains(&&*name) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            // Newer calls of EC2 wrap a value as `{"tag": 1, "content": …}`.
            if name != "content" {
                if length > 0 {
                    self.path.push('.');
                }
                self.path.push_str(&name);
            }
            // DynamoDB's batches name their tables in the members' names, and the
            // first word of a PartiQL statement is its action.
            if name == "requestItems" && self.which == Which::Named {
                let mut tables = BTreeSet::new();
                while_keys(&mut map, &mut tables)?;
                let path = format!("{}{{}}", self.path);
                let tables = tables.into_iter().map(|table| (path.clone(), table));
                self.kept.params.extend(tables);
            } else if name == "statement" && self.which == Which::Named {
                let value = map.next_value::<serde_json::Value>()?;
                let verb = value
                    .as_str()
                    .and_then(|text| text.split_whitespace().next());
                if let Some(verb) = verb.filter(|verb| verb.len() <= 10) {
                    let verb = verb.to_ascii_lowercase();
                    self.kept.params.insert((self.path.clone(), verb));
                }
            } else {
                map.next_value_seed(Walk {
                    path: self.path,
                    depth: self.depth + 1,
                    which: self.which,
                    kept: self.kept,
                })?;
            }
            self.path.truncate(length);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        loop {
            let item = items.next_element_seed(Walk {
                path: self.path,
                depth: self.depth + 1,
                which: self.which,
                kept: self.kept,
            })?;
            if item.is_none() {
                return Ok(());
            }
        }
    }

    fn visit_str<E>(mut self, value: &str) -> Result<(), E> {
        self.keep(value);
        Ok(())
    }
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// The member names of the object that is the map's next value.
fn while_keys<'de, A: MapAccess<'de>>(
    map: &mut A,
    into: &mut BTreeSet<String>,
) -> Result<(), A::Error> {
    let value = map.next_value::<&RawValue>()?;
    let members =
        serde_json::from_str::<std::collections::BTreeMap<String, IgnoredAny>>(value.get());
    into.extend(members.unwrap_or_default().into_keys().take(MAX_VALUES));
    Ok(())
}

fn is_masked(value: &str) -> bool {
    value == "HIDDEN_DUE_TO_SECURITY_REASONS" || value.bytes().all(|byte| byte == b'*')
}

/// Access keys are never stored (C13).
fn is_access_key(value: &str) -> bool {
    (16..=32).contains(&value.len())
        && (value.starts_with("AKIA") || value.starts_with("ASIA"))
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(text: &str) -> Kept {
        let mut kept = Kept::default();
        request(serde_json::from_str(text).unwrap(), &mut kept);
        kept
    }

    fn params(text: &str) -> Vec<String> {
        let params = kept(text).params.into_iter();
        params
            .map(|(path, value)| format!("{path}={value}"))
            .collect()
    }

    #[test]
    fn resources_and_roles_stay() {
        assert_eq!(
            params(
                r#"{"bucketName": "b", "key": "a/b", "Host": "x", "list-type": "2", "x-amz-acl": "private"}"#
            ),
            ["bucketName=b", "key=a/b"]
        );
        assert_eq!(
            params(
                r#"{"instancesSet": {"items": [{"instanceId": "i-1"}, {"instanceId": "i-2"}]},
                "filterSet": {"items": [{"name": "vpc-id"}]}, "tagSpecificationSet": {"items": [{"resourceType": "x"}]}}"#
            ),
            [
                "instancesSet.items.instanceId=i-1",
                "instancesSet.items.instanceId=i-2"
            ]
        );
        assert_eq!(
            params(
                r#"{"functionName": "f", "role": "arn:aws:iam::1:role/r", "code": {"s3Key": "k", "x": ["arn:aws:a:::b"]}}"#
            ),
            [
                "code.x=arn:aws:a:::b",
                "functionName=f",
                "role=arn:aws:iam::1:role/r"
            ]
        );
        assert_eq!(
            params(r#"{"DeleteFlowLogsRequest": {"FlowLogId": {"tag": 1, "content": "fl-1"}}}"#),
            ["DeleteFlowLogsRequest.FlowLogId=fl-1"]
        );
        assert_eq!(
            params(r#"{"requestItems": {"t1": [{"deleteRequest": {}}], "t2": 1}}"#),
            ["requestItems{}=t1", "requestItems{}=t2"]
        );
        assert_eq!(
            params(r#"{"statement": "SELECT * FROM t"}"#),
            ["statement=select"]
        );
    }

    #[test]
    fn secrets_and_noise_go() {
        assert!(
            params(
                r#"{"accessKeyId": "AKIAIOSFODNN7EXAMPLE", "userId": "ASIAIOSFODNN7EXAMPLE",
            "roleSessionName": "x", "name": "***", "secretId": "HIDDEN_DUE_TO_SECURITY_REASONS",
            "clientToken": "t", "omitted": true, "n": 1.5, "groupId": null}"#
            )
            .is_empty()
        );
        assert!(params("null").is_empty() && params("\"text\"").is_empty());
        let deep = format!(
            "{}{}",
            "{\"a\":".repeat(100),
            "1".to_owned() + &"}".repeat(100)
        );
        assert!(params(&deep).is_empty());
    }

    #[test]
    fn what_decides_is_noted() {
        let kept = kept(
            r#"{"tags": [{"key": "a"}], "filters": [], "versionId": "v",
            "sourceIdentity": null, "encryptionContext": {"aws:s3:arn": "x"}}"#,
        );
        assert_eq!(Vec::from_iter(kept.present), ["tags", "versionId"]);
        assert_eq!(Vec::from_iter(kept.encryption_context), ["aws:s3:arn"]);
    }
}
