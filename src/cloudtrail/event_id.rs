//! Event ids: the sixteen bytes of a UUID where they are one, else the text.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::cmp::Ordering;
use std::fmt;

/// An `eventID`. Ordered as its text is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum EventId {
    /// A UUID in lower case, as CloudTrail writes it.
    Uuid(u128),
    /// Any other text.
    Other(Box<str>),
}

impl EventId {
    /// Takes any text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        match uuid(text) {
            Some(value) => Self::Uuid(value),
            None => Self::Other(text.into()),
        }
    }

    /// Sixteen bytes that tell this id from others in the window that drops
    /// copies (C32).
    #[must_use]
    pub fn digest(&self) -> u128 {
        match self {
            Self::Uuid(value) => *value,
            Self::Other(text) => {
                let hash = Sha256::digest(text.as_bytes());
                hash.iter()
                    .take(16)
                    .fold(0, |sum, byte| sum << 8 | u128::from(*byte))
            }
        }
    }
}

fn uuid(text: &str) -> Option<u128> {
    if text.len() != 36 {
        return None;
    }
    let mut value = 0;
    for (at, byte) in text.bytes().enumerate() {
        let digit = match (at, byte) {
            (8 | 13 | 18 | 23, b'-') => continue,
            (8 | 13 | 18 | 23, _) => return None,
            (_, b'0'..=b'9') => byte - b'0',
            (_, b'a'..=b'f') => byte - b'a' + 10,
            _ => return None,
        };
        value = value << 4 | u128::from(digit);
    }
    Some(value)
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uuid(value) => write!(
                f,
                "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
                value >> 96,
                value >> 80 & 0xffff,
                value >> 64 & 0xffff,
                value >> 48 & 0xffff,
                value & 0xffff_ffff_ffff
            ),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl Ord for EventId {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Uuid(a), Self::Uuid(b)) => a.cmp(b),
            (Self::Other(a), Self::Other(b)) => a.cmp(b),
            _ => self.to_string().cmp(&other.to_string()),
        }
    }
}

impl PartialOrd for EventId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Serialize for EventId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EventId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::new(&String::deserialize(deserializer)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_survives_and_orders() {
        let texts = [
            "",
            "0",
            "39480357-0a1d-4531-a3f2-71be4c041c25",
            "39480357-0A1D-4531-A3F2-71BE4C041C25",
            "6d9c4bfc-148a-11e5-81b6-7577cEXAMPLE",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
            "zz",
        ];
        for a in texts {
            assert_eq!(EventId::new(a).to_string(), a);
            for b in texts {
                assert_eq!(EventId::new(a).cmp(&EventId::new(b)), a.cmp(b), "{a} {b}");
                assert_eq!(EventId::new(a).digest() == EventId::new(b).digest(), a == b);
            }
        }
    }
}
