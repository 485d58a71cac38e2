//! Finds the records in a stream of JSON without parsing it: strings and
//! brackets are followed, each record's bytes are handed out from a sliding
//! buffer. Memory is bounded by the largest record, not by the input.
//!
//! The shape is told by content (C35): `{"Records": […]}` and its kin, a bare
//! array, one object after another (with or without the time stamp that a
//! CloudWatch Logs export puts before each), and any of them within another.

use std::io::{self, Read};
use std::ops::Range;

/// The largest record taken. CloudTrail cuts requestParameters and
/// responseElements at 100 KB each; CloudWatch Logs takes 1 MB.
const MAX_RECORD: usize = 16 << 20;
/// The deepest nesting taken within one file.
const MAX_DEPTH: usize = 512;
/// How far to read without meeting a record: what bounds a gzip bomb.
const MAX_BARREN: u64 = 64 << 20;
/// How much is read at once.
const CHUNK: usize = 128 << 10;
/// Members whose array holds records.
const ENVELOPES: [&[u8]; 6] = [
    b"Records",
    b"records",
    b"Events",
    b"events",
    b"logEvents",
    b"log_events",
];

/// Why reading a file ended before its end. Offsets count bytes of the
/// unpacked input, from 0.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The file system or the unpacking failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Ends within a record or an array.
    #[error("ends too early, within the JSON that starts at byte {0}")]
    Truncated(u64),
    /// Neither JSON nor anything else that is known.
    #[error("not JSON at byte {0}")]
    NotJson(u64),
    /// Nested deeper than any trail.
    #[error("nested deeper than {MAX_DEPTH} levels at byte {0}")]
    TooDeep(u64),
    /// A single record of more than 16 MiB.
    #[error("a record of more than 16 MiB at byte {0}")]
    TooLong(u64),
    /// Nothing but filling.
    #[error("no CloudTrail record within 64 MiB up to byte {0}")]
    Barren(u64),
    /// A compression that this version does not read.
    #[error("packed with {0}; unpack it first")]
    Packed(&'static str),
    /// A whole file without a record.
    #[error("holds no CloudTrail records")]
    NoRecords,
    /// The file is empty.
    #[error("is empty")]
    Empty,
}

/// What stands at a record's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    offset: u64,
    range: Range<usize>,
}

impl Piece {
    /// Where its first byte stands in the unpacked input.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    /// Within an array whose elements are records.
    Array,
    /// Within an object, behind one of its arrays of records.
    Envelope,
}

/// The streaming splitter.
pub(super) struct Splitter<R> {
    input: R,
    buffer: Vec<u8>,
    /// Bytes of `buffer` that hold input.
    end: usize,
    /// The next byte to look at.
    at: usize,
    /// First byte that must stay in the buffer.
    mark: Option<usize>,
    /// Offset in the input of the buffer's first byte.
    base: u64,
    stack: Vec<Frame>,
    /// Offset up to which records were met.
    fruitful: u64,
    /// No JSON was met yet.
    empty: bool,
}

impl<R: Read> Splitter<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            buffer: vec![0; CHUNK],
            end: 0,
            at: 0,
            mark: None,
            base: 0,
            stack: Vec::new(),
            fruitful: 0,
            empty: true,
        }
    }

    /// The bytes of the piece that [`Self::next`] just gave.
    pub(super) fn bytes(&self, piece: &Piece) -> &[u8] {
        self.buffer.get(piece.range.clone()).unwrap_or_default()
    }

    /// Says that the piece just given was a record.
    pub(super) fn accept(&mut self) {
        self.fruitful = self.offset();
    }

    /// Whether the whole input held no JSON at all.
    pub(super) fn met_nothing(&self) -> bool {
        self.empty
    }

    /// Bytes of unpacked input looked at.
    fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    /// The next element at a record's place, or `None` at the end of the input.
    pub(super) fn next(&mut self) -> Result<Option<Piece>, ReadError> {
        self.mark = None;
        loop {
            let Some(byte) = self.peek()? else {
                return match self.stack.is_empty() {
                    true => Ok(None),
                    false => Err(ReadError::Truncated(self.offset())),
                };
            };
            self.empty &= !matches!(byte, b'{' | b'[' | b'"');
            match (self.stack.last(), byte) {
                (_, b' ' | b'\t' | b'\r' | b'\n' | b',') => self.at += 1,
                (Some(Frame::Array), b']') | (Some(Frame::Envelope), b'}') => {
                    self.at += 1;
                    self.stack.pop();
                }
                (Some(Frame::Envelope), _) => self.skip_member()?,
                (None, b'[') => self.push(Frame::Array)?,
                (_, b'{') => {
                    if let Some(piece) = self.object()? {
                        return Ok(Some(piece));
                    }
                }
                (Some(Frame::Array), _) | (None, b'"') => return self.other().map(Some),
                // The time stamp of a CloudWatch Logs export, a byte order mark.
                (None, b'0'..=b'9' | b'-' | b':' | b'.' | b'T' | b'Z' | 0xEF | 0xBB | 0xBF) => {
                    self.at += 1;
                }
                (None, _) => return Err(ReadError::NotJson(self.offset())),
            }
        }
    }

    fn push(&mut self, frame: Frame) -> Result<(), ReadError> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(ReadError::TooDeep(self.offset()));
        }
        self.at += 1;
        self.stack.push(frame);
        Ok(())
    }

    /// An object at a record's place: a piece, or nothing where it proved to be
    /// an envelope that was stepped into.
    fn object(&mut self) -> Result<Option<Piece>, ReadError> {
        self.mark = Some(self.at);
        let mut depth = 0;
        // The last string on the object's own level, from the mark: before a
        // `[` it is the member's name.
        let mut name = 0..0;
        loop {
            let (found, to) = self.scan(depth)?;
            self.at = to;
            match found {
                b'"' => {
                    let start = self.past_mark();
                    self.string()?;
                    if depth == 1 {
                        name = start..self.past_mark() - 1;
                    }
                    continue;
                }
                b'[' if depth == 1 && self.is_envelope(&name) => {
                    self.at -= 1;
                    self.mark = None;
                    if self.stack.len() + 1 >= MAX_DEPTH {
                        return Err(ReadError::TooDeep(self.offset()));
                    }
                    self.stack.push(Frame::Envelope);
                    self.push(Frame::Array)?;
                    return Ok(None);
                }
                b'{' | b'[' => depth += 1,
                _ => depth -= 1,
            }
            if depth == 0 {
                return Ok(Some(self.piece()));
            }
            if depth > MAX_DEPTH {
                return Err(ReadError::TooDeep(self.offset()));
            }
        }
    }

    /// Anything else at a record's place: nested arrays, scalars, a string.
    fn other(&mut self) -> Result<Piece, ReadError> {
        self.mark = Some(self.at);
        self.value()?;
        Ok(self.piece())
    }

    fn piece(&mut self) -> Piece {
        let start = self.mark.take().unwrap_or(self.at);
        Piece {
            offset: self.base + start as u64,
            range: start..self.at,
        }
    }

    /// A member of an envelope that is not its array of records.
    fn skip_member(&mut self) -> Result<(), ReadError> {
        let Some(b'"') = self.peek()? else {
            return Err(ReadError::NotJson(self.offset()));
        };
        self.at += 1;
        self.mark = Some(self.at);
        self.string()?;
        let name = 0..self.past_mark() - 1;
        let envelope = self.is_envelope(&name);
        self.mark = None;
        while matches!(self.peek()?, Some(b' ' | b'\t' | b'\r' | b'\n' | b':')) {
            self.at += 1;
        }
        match self.peek()? {
            Some(b'[') if envelope => self.push(Frame::Array),
            _ => self.value(),
        }
    }

    /// Steps over one value.
    fn value(&mut self) -> Result<(), ReadError> {
        let start = self.offset();
        match self.peek()? {
            None => Err(ReadError::Truncated(start)),
            Some(b'"') => {
                self.at += 1;
                self.string()
            }
            Some(b'{' | b'[') => {
                let mut depth = 0usize;
                loop {
                    let (found, to) = self.scan(depth)?;
                    self.at = to;
                    match found {
                        b'"' => self.string()?,
                        b'{' | b'[' => depth += 1,
                        _ => depth -= 1,
                    }
                    if depth == 0 {
                        return Ok(());
                    }
                    if depth > MAX_DEPTH {
                        return Err(ReadError::TooDeep(self.offset()));
                    }
                }
            }
            Some(_) => {
                while let Some(byte) = self.peek()? {
                    if matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\r' | b'\n') {
                        break;
                    }
                    self.at += 1;
                }
                if self.offset() == start {
                    return Err(ReadError::NotJson(start));
                }
                Ok(())
            }
        }
    }

    /// The next quote or bracket, and the position behind it. A closing bracket
    /// is only met where `depth` is above zero, since a value starts with an
    /// opening one.
    fn scan(&mut self, depth: usize) -> Result<(u8, usize), ReadError> {
        debug_assert!(depth > 0 || matches!(self.peek(), Ok(Some(b'{' | b'['))));
        loop {
            let rest = self.buffer.get(self.at..self.end).unwrap_or_default();
            let found = rest
                .iter()
                .position(|byte| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']'));
            if let Some(position) = found {
                let byte = rest.get(position).copied().unwrap_or_default();
                return Ok((byte, self.at + position + 1));
            }
            self.at = self.end;
            self.more()?;
        }
    }

    /// Steps behind the closing quote of a string whose opening one was passed.
    fn string(&mut self) -> Result<(), ReadError> {
        loop {
            let rest = self.buffer.get(self.at..self.end).unwrap_or_default();
            match memchr::memchr2(b'"', b'\\', rest) {
                Some(position) if rest.get(position) == Some(&b'"') => {
                    self.at += position + 1;
                    return Ok(());
                }
                Some(position) => {
                    self.at += position + 1;
                    if self.at >= self.end {
                        self.more()?;
                    }
                    self.at += 1; // the escaped byte
                }
                None => {
                    self.at = self.end;
                    self.more()?;
                }
            }
        }
    }

    fn is_envelope(&self, name: &Range<usize>) -> bool {
        let mark = self.mark.unwrap_or(0);
        let name = self.buffer.get(mark + name.start..mark + name.end);
        name.is_some_and(|name| ENVELOPES.contains(&name))
    }

    fn past_mark(&self) -> usize {
        self.at - self.mark.unwrap_or(self.at)
    }

    fn peek(&mut self) -> Result<Option<u8>, ReadError> {
        if self.at >= self.end && !self.fill()? {
            return Ok(None);
        }
        Ok(self.buffer.get(self.at).copied())
    }

    /// More input where the JSON is not complete without it.
    fn more(&mut self) -> Result<(), ReadError> {
        if self.fill()? {
            return Ok(());
        }
        let start = self.mark.unwrap_or(self.at);
        Err(ReadError::Truncated(self.base + start as u64))
    }

    /// Reads on; false at the end of the input. Moves what must stay to the
    /// front of the buffer and grows it only for a record that does not fit.
    fn fill(&mut self) -> Result<bool, ReadError> {
        let keep = self.mark.unwrap_or(self.at).min(self.end);
        if self.base + self.end as u64 - self.fruitful > MAX_BARREN {
            return Err(ReadError::Barren(self.base + self.end as u64));
        }
        if keep > 0 {
            self.buffer.copy_within(keep..self.end, 0);
            self.base += keep as u64;
            self.end -= keep;
            self.at -= keep;
            self.mark = self.mark.map(|_| 0);
        }
        if self.end == self.buffer.len() {
            if self.end >= MAX_RECORD {
                return Err(ReadError::TooLong(self.base));
            }
            self.buffer.resize(self.end * 2, 0);
        }
        loop {
            let space = self.buffer.get_mut(self.end..).unwrap_or_default();
            match self.input.read(space) {
                Ok(0) => return Ok(false),
                Ok(read) => {
                    self.end += read;
                    return Ok(true);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ReadError::Io(error)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives a byte, or few, at a time: every refill falls somewhere.
    struct Drip<'a>(&'a [u8], usize);

    impl Read for Drip<'_> {
        fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
            let length = self.1.min(self.0.len()).min(space.len());
            space[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }

    fn split_by(text: &[u8], step: usize) -> (Vec<String>, Option<ReadError>) {
        let mut splitter = Splitter::new(Drip(text, step));
        let mut found = Vec::new();
        loop {
            match splitter.next() {
                Ok(Some(piece)) => {
                    let bytes = splitter.bytes(&piece).to_vec();
                    let at = usize::try_from(piece.offset()).unwrap();
                    assert_eq!(&text[at..at + bytes.len()], bytes);
                    found.push(String::from_utf8_lossy(&bytes).into_owned());
                }
                Ok(None) => return (found, None),
                Err(error) => return (found, Some(error)),
            }
        }
    }

    fn split(text: &str) -> Vec<String> {
        let whole = split_by(text.as_bytes(), usize::MAX);
        assert!(whole.1.is_none(), "{text}: {:?}", whole.1);
        for step in [1, 2, 7] {
            assert_eq!(
                split_by(text.as_bytes(), step).0,
                whole.0,
                "{text} by {step}"
            );
        }
        whole.0
    }

    #[test]
    fn every_shape_gives_its_records() {
        for text in [
            r#"{"Records": [{"a": 1}, {"b": "]}\"\\"}]}"#,
            r#"{"x": {"Records": 1}, "Records":[{"a": 1},{"b": "]}\"\\"}], "y": [1, "Records"]}"#,
            r#"[{"a": 1}, {"b": "]}\"\\"}]"#,
            "\u{feff}{\"a\": 1}\n{\"b\": \"]}\\\"\\\\\"}\n",
            r#"[{"Records": [{"a": 1}]}, {"Records": [{"b": "]}\"\\"}]}]"#,
            r#"{"Events": [{"a": 1}, {"b": "]}\"\\"}], "NextToken": "x"}"#,
            r#"{"owner": "1", "logEvents": [{"a": 1}, {"b": "]}\"\\"}]}"#,
            "2026-11-21T10:00:00.000Z {\"a\": 1}\n2026-11-21T10:00:01.000Z {\"b\": \"]}\\\"\\\\\"}",
            r#"{"records": [{"a": 1}]}{"records": [{"b": "]}\"\\"}], "records": []}"#,
        ] {
            assert_eq!(split(text), [r#"{"a": 1}"#, r#"{"b": "]}\"\\"}"#], "{text}");
        }
        assert_eq!(split(r#"{"Records": []}"#), Vec::<String>::new());
        assert_eq!(split(" \n"), Vec::<String>::new());
        assert_eq!(
            split(r#"[null, 12, "text", [[1]], {}]"#),
            ["null", "12", r#""text""#, "[[1]]", "{}"]
        );
    }

    #[test]
    fn what_comes_before_the_damage_is_kept() {
        let (found, error) = split_by(br#"{"Records": [{"a": 1}, {"b": "#, 5);
        assert_eq!(found, [r#"{"a": 1}"#]);
        assert!(matches!(error, Some(ReadError::Truncated(23))), "{error:?}");
        let (found, error) = split_by(b"{\"a\": 1}\nhello\n", 5);
        assert_eq!(found, [r#"{"a": 1}"#]);
        assert!(matches!(error, Some(ReadError::NotJson(9))), "{error:?}");
    }

    #[test]
    fn depth_length_and_patience_are_bounded() {
        for text in [
            "[".repeat(10_000),
            format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)),
            "{\"a\":".repeat(10_000),
        ] {
            let (_, error) = split_by(text.as_bytes(), 4096);
            assert!(matches!(error, Some(ReadError::TooDeep(_))), "{error:?}");
        }
        let long = format!("{{\"a\": \"{}\"}}", "x".repeat(MAX_RECORD));
        let (_, error) = split_by(long.as_bytes(), usize::MAX);
        assert!(matches!(error, Some(ReadError::TooLong(0))), "{error:?}");
        let mut spaces = Splitter::new(io::repeat(b' '));
        assert!(matches!(spaces.next(), Err(ReadError::Barren(_))));
    }

    proptest! {
        #[test]
        fn any_bytes_end(text in "[\\[\\]{}\",:a\\\\ 1R]{0,80}", step in 1usize..9) {
            let whole = split_by(text.as_bytes(), usize::MAX);
            prop_assert_eq!(split_by(text.as_bytes(), step).0, whole.0);
        }
    }
}
