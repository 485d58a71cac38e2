//! The policies that AWS manages, each in the version in force: an export or a
//! template that attaches one seldom holds its text. Written by
//! `action-catalog/refresh_managed.py`, which tells the layout.

use flate2::read::ZlibDecoder;
use std::collections::HashMap;
use std::io::Read;
use std::sync::OnceLock;

static PACKED: &[u8] = include_bytes!("../../action-catalog/managed-policies.bin");

static POLICIES: OnceLock<Managed> = OnceLock::new();

/// Everything before the path. AWS's other partitions have policies of their
/// own, which are not known here.
const PREFIX: &str = "arn:aws:iam::aws:policy/";
/// Bytes after unpacking; more is damage.
const LARGEST: u64 = 64 << 20;
/// Levels of nesting in a document; more is damage.
const DEEPEST: usize = 32;

/// The text of a policy that AWS manages, as JSON; `None` where none of that
/// ARN is known.
#[must_use]
pub fn managed_policy(arn: &str) -> Option<String> {
    let path = arn.strip_prefix(PREFIX)?;
    POLICIES.get_or_init(Managed::embedded).text(path)
}

/// The day from which the newest of these policies is.
#[must_use]
pub fn managed_policies_date() -> &'static str {
    &POLICIES.get_or_init(Managed::embedded).date
}

/// Unpacked as far as finding one takes.
#[derive(Default)]
struct Managed {
    date: String,
    bytes: Vec<u8>,
    strings: Vec<String>,
    /// Where the document of a path begins in the bytes.
    places: HashMap<String, usize>,
}

impl Managed {
    fn embedded() -> Self {
        Self::unpack(PACKED).unwrap_or_default()
    }

    /// `None` where the bytes are damaged.
    fn unpack(packed: &[u8]) -> Option<Self> {
        let mut bytes = Vec::new();
        let mut unpacked = ZlibDecoder::new(packed).take(LARGEST);
        unpacked.read_to_end(&mut bytes).ok()?;
        let mut at = Cursor {
            bytes: &bytes,
            at: 0,
        };
        let date = String::from_utf8(at.take(10)?.to_vec()).ok()?;
        let strings = at.texts()?;
        let paths = at.texts()?;
        let mut places = HashMap::with_capacity(paths.len());
        for path in paths {
            places.insert(path, at.at);
            at.document(&strings, &mut None, 0, &mut 0)?;
        }
        Some(Self {
            date,
            strings,
            places,
            bytes,
        })
    }

    fn text(&self, path: &str) -> Option<String> {
        let mut at = Cursor {
            bytes: &self.bytes,
            at: *self.places.get(path)?,
        };
        let mut text = Some(String::new());
        at.document(&self.strings, &mut text, 0, &mut 0)?;
        text
    }
}

struct Cursor<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Cursor<'b> {
    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let end = self.at.checked_add(length)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    fn number(&mut self) -> Option<usize> {
        let mut value = 0_u32;
        for shift in (0..32).step_by(7) {
            let &byte = self.bytes.get(self.at)?;
            self.at += 1;
            value |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return usize::try_from(value).ok();
            }
        }
        None
    }

    /// Texts, each by what it does not share with the one before.
    fn texts(&mut self) -> Option<Vec<String>> {
        let count = self.number()?;
        let mut texts = Vec::new();
        let mut text: Vec<u8> = Vec::new();
        for _ in 0..count {
            let shared = self.number()?;
            let rest = self.number()?;
            if shared > text.len() {
                return None;
            }
            text.truncate(shared);
            text.extend_from_slice(self.take(rest)?);
            texts.push(String::from_utf8(text.clone()).ok()?);
        }
        Some(texts)
    }

    /// Walks over a document, and writes it where `text` is there.
    fn document(
        &mut self,
        strings: &[String],
        text: &mut Option<String>,
        depth: usize,
        last: &mut usize,
    ) -> Option<()> {
        let tag = self.number()?;
        let write = |sign: &str, text: &mut Option<String>| {
            if let Some(text) = text {
                text.push_str(sign);
            }
        };
        match tag {
            0 | 1 if depth < DEEPEST => {
                let (open, close) = if tag == 0 { ("{", "}") } else { ("[", "]") };
                let count = self.number()?;
                write(open, text);
                for place in 0..count {
                    if place > 0 {
                        write(",", text);
                    }
                    if tag == 0 {
                        self.document(strings, text, DEEPEST, last)?;
                        write(":", text);
                    }
                    self.document(strings, text, depth + 1, last)?;
                }
                write(close, text);
            }
            2 => {
                let tag = self.number()?;
                let literal = string(tag, strings, last)?;
                write(literal, text);
            }
            3.. => {
                let value = string(tag, strings, last)?;
                if text.is_some() {
                    write(&serde_json::to_string(value).ok()?, text);
                }
            }
            _ => return None,
        }
        Some(())
    }
}

/// The string of a tag: its distance to the one before, zigzag.
fn string<'s>(tag: usize, strings: &'s [String], last: &mut usize) -> Option<&'s str> {
    let distance = tag.checked_sub(3)?;
    let index = match distance % 2 {
        0 => last.checked_add(distance / 2)?,
        _ => last.checked_sub(distance / 2 + 1)?,
    };
    *last = index;
    strings.get(index).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_those_that_aws_publishes() {
        assert_eq!(
            managed_policy("arn:aws:iam::aws:policy/AdministratorAccess").as_deref(),
            Some(
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#
            )
        );
        let role = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
        let text = managed_policy(role).unwrap();
        assert!(text.contains("logs:PutLogEvents"), "{text}");
        assert_eq!(
            managed_policy("arn:aws-cn:iam::aws:policy/AdministratorAccess"),
            None
        );
        assert_eq!(managed_policy("arn:aws:iam::aws:policy/NoSuchPolicy"), None);
        assert_eq!(managed_policies_date().len(), 10);
    }

    #[test]
    fn all_of_them_are_json() {
        let managed = Managed::unpack(PACKED).unwrap();
        assert!(managed.places.len() > 1_500, "{}", managed.places.len());
        for path in managed.places.keys() {
            let text = managed.text(path).unwrap();
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert!(value.get("Statement").is_some(), "{path}: {text}");
        }
    }

    #[test]
    fn damage_is_nothing_and_no_panic() {
        for length in [0, 1, 100, 10_000, PACKED.len() - 1] {
            assert!(Managed::unpack(&PACKED[..length]).is_none(), "{length}");
        }
        let mut broken = PACKED.to_vec();
        broken[5_000] ^= 0xff;
        let _ = Managed::unpack(&broken);
    }
}
