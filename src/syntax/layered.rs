//! A text that was decoded or computed from another one, with the place of each
//! of its bytes there. Layers compose: a policy in a template in a block scalar
//! still points into the file.

use super::{Node, Parsed, Value, Written, json};
use crate::text::{Diagnostic, Span};

/// A text, and where each piece of it came from in the outer text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layered {
    text: String,
    /// Sorted by `here`.
    places: Vec<Place>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    /// Offset in the text.
    here: usize,
    /// Offset in the outer text.
    outer: usize,
    /// Where a computed piece ends in the outer text; a piece without it runs on
    /// byte for byte.
    computed: Option<usize>,
}

impl Layered {
    /// A piece of the outer text, which begins at `start` there.
    #[must_use]
    pub fn copy(piece: &str, start: usize) -> Self {
        let mut layered = Self::default();
        layered.push(piece, start);
        layered
    }

    /// The text itself.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Notes that the next byte of the text came from `outer`. Also called at
    /// the end, so that a span ends where its last piece does.
    pub fn mark(&mut self, outer: usize) {
        let here = self.text.len();
        let runs_on = self.places.last().is_some_and(|last| {
            last.computed.is_none() && outer.checked_sub(last.outer) == Some(here - last.here)
        });
        if !runs_on {
            self.places.push(Place {
                here,
                outer,
                computed: None,
            });
        }
    }

    /// Adds a piece that stands at `outer` as it is.
    pub fn push(&mut self, piece: &str, outer: usize) {
        self.mark(outer);
        self.text.push_str(piece);
    }

    /// Adds a piece that is computed from what stands at `outer`.
    pub fn push_computed(&mut self, piece: &str, outer: Span) {
        self.places.push(Place {
            here: self.text.len(),
            outer: outer.start as usize,
            computed: Some(outer.end as usize),
        });
        self.text.push_str(piece);
        self.mark(outer.end as usize);
    }

    /// Adds a range of another text over the same outer one.
    pub fn append(&mut self, other: &Self, range: std::ops::Range<usize>) {
        let mut at = range.start;
        let next = other.places.partition_point(|place| place.here <= at);
        let mut rest = other.places.iter().skip(next.saturating_sub(1)).peekable();
        while let Some(place) = rest.next() {
            let end = rest
                .peek()
                .map_or(range.end, |next| next.here.min(range.end));
            let Some(piece) = other.text.get(at..end) else {
                break;
            };
            match place.computed {
                None => self.push(piece, place.outer + (at - place.here)),
                Some(outer_end) if !piece.is_empty() => {
                    self.push_computed(piece, Span::new(place.outer, outer_end));
                }
                Some(_) => {}
            }
            at = end;
            if at >= range.end {
                break;
            }
        }
        self.mark(other.outer(range.end));
    }

    /// The same text with places in what `outer` came from: this one was made
    /// from the text of `outer`.
    #[must_use]
    pub fn through(&self, outer: &Self) -> Self {
        let mut through = Self::default();
        // A computed piece stays one.
        let mut rest = self.places.iter().peekable();
        while let Some(place) = rest.next() {
            let end = rest.peek().map_or(self.text.len(), |next| next.here);
            let piece = self.text.get(place.here..end).unwrap_or_default();
            match place.computed {
                Some(outer_end) => {
                    through.push_computed(piece, outer.span(Span::new(place.outer, outer_end)));
                }
                None => {
                    for (at, c) in piece.char_indices() {
                        let from = outer.outer(place.outer + at);
                        through.push(c.encode_utf8(&mut [0; 4]), from);
                    }
                    through.mark(outer.outer(place.outer + piece.len()));
                }
            }
        }
        through
    }

    /// Where the byte at `offset` came from; for one of a computed piece, where
    /// that piece begins.
    #[must_use]
    pub fn outer(&self, offset: usize) -> usize {
        match self.place_at(offset) {
            Some(Place {
                outer,
                computed: Some(_),
                ..
            }) => outer,
            Some(place) => place.outer + (offset - place.here),
            None => offset,
        }
    }

    fn place_at(&self, offset: usize) -> Option<Place> {
        let behind = self.places.partition_point(|place| place.here <= offset);
        let at = behind.checked_sub(1)?;
        self.places.get(at).copied()
    }

    /// The place of a piece; of every computed piece that it touches, the whole.
    #[must_use]
    pub fn span(&self, span: Span) -> Span {
        let (start, end) = (span.start as usize, span.end as usize);
        let outer_end = match self.place_at(end) {
            Some(Place {
                here,
                computed: Some(outer_end),
                ..
            }) if here < end => outer_end,
            _ => self.outer(end),
        };
        Span::new(self.outer(start), outer_end.max(self.outer(start)))
    }

    /// Whether a piece of it is computed.
    fn is_computed(&self, span: Span) -> bool {
        let first = self
            .places
            .partition_point(|place| place.here <= span.start as usize);
        self.places
            .iter()
            .skip(first.saturating_sub(1))
            .take_while(|place| place.here < span.end as usize)
            .any(|place| place.computed.is_some())
    }

    /// Whether it begins like an object or an array.
    #[must_use]
    pub fn is_document(&self) -> bool {
        self.text.trim_start().starts_with(['{', '['])
    }

    /// Reads it as JSON, with all spans in the outer text.
    #[must_use]
    pub fn parse_json(&self) -> Parsed {
        let mut parsed = json::parse(&self.text);
        if let Some(root) = &mut parsed.root {
            self.place(root);
        }
        for diagnostic in &mut parsed.diagnostics {
            self.place_diagnostic(diagnostic);
        }
        parsed
    }

    /// Takes URL-encoding off; see [`super::embedded::percent_decode`].
    #[must_use]
    pub fn percent_decoded(&self) -> Option<Self> {
        let source = self.text.as_bytes();
        let mut bytes = Vec::with_capacity(source.len());
        let mut decoded = Self::default();
        let mut at = 0;
        while let Some(&byte) = source.get(at) {
            let hex = |i: usize| {
                let digit = source.get(i).copied().map(char::from)?;
                digit.to_digit(16).and_then(|d| u8::try_from(d).ok())
            };
            let (value, length) = match (byte, hex(at + 1), hex(at + 2)) {
                (b'%', Some(high), Some(low)) => (high << 4 | low, 3),
                _ => (byte, 1),
            };
            decoded.mark_at(bytes.len(), self.outer(at));
            bytes.push(value);
            at += length;
        }
        decoded.mark_at(bytes.len(), self.outer(self.text.len()));
        let whole = match std::str::from_utf8(&bytes) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => bytes.len(),
        };
        bytes.truncate(whole);
        decoded.text = String::from_utf8(bytes).ok()?;
        Some(decoded)
    }

    /// As [`Self::mark`] for a text that is still bytes.
    fn mark_at(&mut self, here: usize, outer: usize) {
        let runs_on = self
            .places
            .last()
            .is_some_and(|last| outer.checked_sub(last.outer) == Some(here - last.here));
        if !runs_on {
            self.places.push(Place {
                here,
                outer,
                computed: None,
            });
        }
    }

    /// Moves the spans of a tree. Its depth is bounded by the reader of JSON.
    fn place(&self, node: &mut Node) {
        let inner = node.span;
        node.span = self.span(inner);
        match &mut node.value {
            Value::Array(nodes) => nodes.iter_mut().for_each(|node| self.place(node)),
            Value::Object(members) => {
                for member in members {
                    member.key.span = self.span(member.key.span);
                    self.place(&mut member.value);
                }
            }
            // Its bytes no longer follow one another in the outer text.
            Value::String(text) => {
                text.written = if self.is_computed(inner) {
                    Written::Computed
                } else {
                    Written::Escaped
                };
            }
            _ => {}
        }
    }

    fn place_diagnostic(&self, diagnostic: &mut Diagnostic) {
        diagnostic.primary.span = self.span(diagnostic.primary.span);
        for label in &mut diagnostic.related {
            label.span = self.span(label.span);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `{"a": "${X}/k", "b": "v"}` written in two lines with an indentation.
    fn sample() -> (&'static str, Layered) {
        let file = "  {\"a\": \"${X}/k\",\n  \"b\": \"v\"}";
        let mut block = Layered::default();
        block.push("{\"a\": \"${X}/k\",\n", 2);
        block.push("\"b\": \"v\"}", 20);
        let mut filled = Layered::default();
        filled.append(&block, 0..7);
        filled.push_computed("⟨X⟩", block.span(Span::new(7, 11)));
        filled.append(&block, 11..block.text().len());
        (file, filled)
    }

    #[test]
    fn layers_compose() {
        let (file, filled) = sample();
        assert_eq!(filled.text(), "{\"a\": \"⟨X⟩/k\",\n\"b\": \"v\"}");
        let parsed = filled.parse_json();
        assert_eq!(parsed.diagnostics, []);
        let root = parsed.root.unwrap();
        assert_eq!(&file[root.span.range()], file.trim_start());
        for (key, written, how) in [
            ("a", "\"${X}/k\"", Written::Computed),
            ("b", "\"v\"", Written::Escaped),
        ] {
            let node = root.get(key).unwrap();
            assert_eq!(&file[node.span.range()], written);
            let Value::String(text) = &node.value else {
                panic!()
            };
            assert_eq!(text.written, how);
        }
    }

    #[test]
    fn a_span_within_a_computed_piece_is_that_piece() {
        let (file, filled) = sample();
        let at = filled.text().find('X').unwrap();
        assert_eq!(&file[filled.span(Span::new(at, at + 1)).range()], "${X}");
    }
}
