//! Condition keys: those of services, and the global ones.

use super::blob::Damaged;
use super::encode::ARRAY;
use super::template::Template;
use std::cmp::Ordering;
use std::fmt;

/// The type of one value of a condition key.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
pub enum KeyType {
    /// Text.
    String,
    /// An ARN.
    #[serde(rename = "ARN")]
    Arn,
    /// `true` or `false`.
    Bool,
    /// A number.
    Numeric,
    /// A date, or seconds of the epoch.
    Date,
    /// An address or a range.
    #[serde(rename = "IPAddress")]
    IpAddress,
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::String => "String",
            Self::Arn => "ARN",
            Self::Bool => "Bool",
            Self::Numeric => "Numeric",
            Self::Date => "Date",
            Self::IpAddress => "IPAddress",
        })
    }
}

/// A condition key as a service lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConditionKey {
    /// Its name, possibly with a placeholder: `s3:prefix`,
    /// `aws:ResourceTag/${TagKey}`, `s3:ExistingObjectTag/<key>`.
    pub name: &'static str,
    /// The type of one value.
    pub kind: KeyType,
    /// Whether a request can carry several values (`ArrayOf…`).
    pub multi: bool,
}

impl ConditionKey {
    /// Whether `key` is this key, or an instance of its template, without case.
    #[must_use]
    pub fn matches(&self, key: &str) -> bool {
        Template(self.name).matches_key(key)
    }

    pub(super) fn decode(name: &'static str, code: u32) -> Result<Self, Damaged> {
        let array = ARRAY as u32;
        let kind = match code & !array {
            0 => KeyType::String,
            1 => KeyType::Arn,
            2 => KeyType::Bool,
            3 => KeyType::Numeric,
            4 => KeyType::Date,
            5 => KeyType::IpAddress,
            _ => return Err(Damaged),
        };
        Ok(Self {
            name,
            kind,
            multi: code & array != 0,
        })
    }
}

impl PartialOrd for ConditionKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ConditionKey {
    fn cmp(&self, other: &Self) -> Ordering {
        let rest = |key: &Self| (key.kind as u8, key.multi);
        (self.name, rest(self)).cmp(&(other.name, rest(other)))
    }
}

/// A global condition key: valid for the actions of every service.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct GlobalKey {
    /// Its name: `aws:SourceVpc`, `aws:PrincipalTag/${TagKey}`.
    #[serde(skip)]
    pub name: String,
    /// The type of one value.
    #[serde(rename = "type")]
    pub kind: KeyType,
    /// Whether a request can carry several values; true for seven keys.
    #[serde(rename = "values", deserialize_with = "is_multi")]
    pub multi: bool,
    /// When requests carry it: `always`, `mfa`, `via-vpce`, …. Explains and
    /// lints; never the basis of a proof.
    #[serde(rename = "avail")]
    pub availability: String,
    /// `principal`, `session`, `network`, `resource` or `request`.
    pub group: String,
}

fn is_multi<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let word: String = serde::Deserialize::deserialize(deserializer)?;
    Ok(word == "multi")
}

impl GlobalKey {
    /// Whether `key` is this key, or an instance of its template, without case.
    #[must_use]
    pub fn matches(&self, key: &str) -> bool {
        Template(&self.name).matches_key(key)
    }
}
