//! A file's text, decoded once, with its lines.

use super::Span;
use serde::Serialize;

/// Largest document that is read, in bytes before decoding: 64 MiB. The
/// largest account export seen is far below; a bound keeps memory bounded.
pub const MAX_SOURCE_BYTES: usize = 64 << 20;

/// A line and a column, both from 1; the column counts Unicode scalars.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema,
)]
pub struct Position {
    /// From 1.
    pub line: u32,
    /// From 1, in Unicode scalars.
    pub column: u32,
}

/// Why bytes are not a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Not UTF-8 and without a UTF-16 byte order mark.
    #[error("invalid UTF-8 at byte {offset} (line {line})")]
    InvalidUtf8 {
        /// Offset of the first bad byte.
        offset: usize,
        /// Its line, from 1.
        line: usize,
    },
    /// A UTF-16 byte order mark, then an unpaired surrogate or an odd length.
    #[error("invalid UTF-16 after its byte order mark")]
    InvalidUtf16,
    /// Over [`MAX_SOURCE_BYTES`].
    #[error("{size} bytes, over the limit of {MAX_SOURCE_BYTES}")]
    TooLarge {
        /// Size in bytes.
        size: usize,
    },
}

/// A named text. Spans of everything read from it point into [`Source::text`],
/// which is the decoded text without its byte order mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    name: String,
    text: String,
    line_starts: Vec<u32>,
}

impl Source {
    /// A source from text already decoded. Text over [`MAX_SOURCE_BYTES`] is
    /// accepted here; [`Source::from_bytes`] refuses it.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let line_starts = std::iter::once(0)
            .chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|i| i + 1))
            .map(|i| u32::try_from(i).unwrap_or(u32::MAX))
            .collect();
        Self {
            name: name.into(),
            text,
            line_starts,
        }
    }

    /// Decodes UTF-8 (with or without a byte order mark) and UTF-16 (with one).
    ///
    /// # Errors
    /// When the bytes are not such a text, or are too many.
    pub fn from_bytes(name: impl Into<String>, bytes: Vec<u8>) -> Result<Self, SourceError> {
        if bytes.len() > MAX_SOURCE_BYTES {
            return Err(SourceError::TooLarge { size: bytes.len() });
        }
        let text = match bytes.as_slice() {
            [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes)?,
            [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes)?,
            _ => {
                let mut text = String::from_utf8(bytes).map_err(|e| {
                    let offset = e.utf8_error().valid_up_to();
                    let before = e.as_bytes().get(..offset).unwrap_or_default();
                    SourceError::InvalidUtf8 {
                        offset,
                        line: memchr::memchr_iter(b'\n', before).count() + 1,
                    }
                })?;
                if text.starts_with('\u{FEFF}') {
                    text.drain(..'\u{FEFF}'.len_utf8());
                }
                text
            }
        };
        Ok(Self::new(name, text))
    }

    /// The same text under another name.
    #[must_use]
    pub fn renamed(self, name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..self
        }
    }

    /// The name shown to people: a path relative to where they stand, or `-`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The decoded text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of a span; empty when the span does not fit this source.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// The line and column of a byte offset; an offset beyond the end, or
    /// inside a character, gives the place just before it.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line_starts.partition_point(|&start| start <= offset);
        let start = self.line_starts.get(line.wrapping_sub(1)).copied();
        let start = start.unwrap_or_default() as usize;
        let mut end = (offset as usize).clamp(start, self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let column = self.text.get(start..end).unwrap_or_default();
        Position {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column.chars().count() + 1).unwrap_or(u32::MAX),
        }
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, SourceError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(SourceError::InvalidUtf16);
    }
    char::decode_utf16(pairs.iter().map(|&pair| unit(pair)))
        .collect::<Result<_, _>>()
        .map_err(|_| SourceError::InvalidUtf16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters() {
        let source = Source::new("f", "a\r\nbé𝄞x\n");
        let at = |offset| {
            let p = source.position(offset);
            (p.line, p.column)
        };
        assert_eq!(at(0), (1, 1));
        assert_eq!(at(3), (2, 1));
        assert_eq!(at(4), (2, 2));
        assert_eq!(at(5), (2, 2), "inside `é`: the place before it");
        assert_eq!(at(6), (2, 3));
        assert_eq!(at(10), (2, 4));
        assert_eq!(at(12), (3, 1));
        assert_eq!(at(900), (3, 1));
    }

    #[test]
    fn decodes_what_editors_write() {
        let text =
            |bytes: &[u8]| Source::from_bytes("f", bytes.to_vec()).map(|s| s.text().to_owned());
        assert_eq!(text(b"\xEF\xBB\xBF{}"), Ok("{}".to_owned()));
        assert_eq!(text(b"\xFF\xFE{\0}\0"), Ok("{}".to_owned()));
        assert_eq!(text(b"\xFE\xFF\0{\0}"), Ok("{}".to_owned()));
        assert_eq!(text(b"\xFF\xFE{\0}"), Err(SourceError::InvalidUtf16));
        assert_eq!(text(b"\xFF\xFE\x00\xD8"), Err(SourceError::InvalidUtf16));
        assert_eq!(
            text(b"{\n\xC0"),
            Err(SourceError::InvalidUtf8 { offset: 2, line: 2 })
        );
    }
}
