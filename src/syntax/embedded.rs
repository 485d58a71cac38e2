//! Documents that stand in another notation: JSON inside a string, and JSON
//! that is URL-encoded as the IAM API returns it, in a string or as a whole text.
//! Spans point through every layer into the outer text.

use super::{Node, Parsed, Value, Written, json};
use crate::text::{Diagnostic, Span};

/// Reads a text that is one document: JSON as it stands, or URL-encoded; the
/// beginning of an escape at its end, where it was cut, is left out.
#[must_use]
pub fn parse_text(text: &str) -> Parsed {
    let decoded = text
        .trim_start()
        .starts_with('%')
        .then(|| Decoded::copy(without_cut_escape(text), 0).percent_decoded())
        .flatten()
        .filter(Decoded::is_document);
    match decoded {
        Some(decoded) => decoded.parse(),
        None => json::parse(text),
    }
}

/// Reads the JSON document that a string node holds, URL-encoded or not.
/// `source_text` is the text that the node's span points into. `None` where the
/// node is no string or what it holds does not begin like an object or array.
#[must_use]
pub fn parse(node: &Node, source_text: &str) -> Option<Parsed> {
    node.as_str()?;
    let mut inner = unescape(node, source_text)?;
    if inner.text.trim_start().starts_with('%') {
        inner = inner.percent_decoded()?;
    }
    inner.is_document().then(|| inner.parse())
}

fn without_cut_escape(text: &str) -> &str {
    let end = text.trim_end();
    let digit = |c: char| c.is_ascii_hexdigit();
    let body = end.strip_suffix(digit).unwrap_or(end);
    body.strip_suffix('%').unwrap_or(text)
}

/// Takes URL-encoding off; what is no escape stays, `+` too (RFC 3986), and a
/// character cut at the end is left out. `None` where the result is no UTF-8.
#[must_use]
pub fn percent_decode(text: &str) -> Option<String> {
    Some(Decoded::copy(text, 0).percent_decoded()?.text)
}

/// A text decoded from another, and where each piece of it came from.
struct Decoded {
    text: String,
    /// Sorted pairs (offset here, offset in the outer text); between two pairs
    /// both run on byte for byte.
    places: Vec<(usize, usize)>,
}

impl Decoded {
    fn new() -> Self {
        Self {
            text: String::new(),
            places: Vec::new(),
        }
    }

    /// A piece of the outer text, which begins at `start` there.
    fn copy(piece: &str, start: usize) -> Self {
        Self {
            text: piece.to_owned(),
            places: vec![(0, start)],
        }
    }

    /// Whether it begins like an object or an array.
    fn is_document(&self) -> bool {
        self.text.trim_start().starts_with(['{', '['])
    }

    /// Reads it as JSON, with all spans in the outer text.
    fn parse(&self) -> Parsed {
        let mut parsed = json::parse(&self.text);
        if let Some(root) = &mut parsed.root {
            self.place(root);
        }
        for diagnostic in &mut parsed.diagnostics {
            self.place_diagnostic(diagnostic);
        }
        parsed
    }

    /// Notes that the next byte of the text came from `outer`.
    fn mark(&mut self, outer: usize) {
        let here = self.text.len();
        let runs_on = self
            .places
            .last()
            .is_some_and(|&(h, o)| here - h == outer.saturating_sub(o));
        if !runs_on {
            self.places.push((here, outer));
        }
    }

    /// Where the byte at `offset` came from.
    fn outer(&self, offset: usize) -> usize {
        let behind = self.places.partition_point(|&(here, _)| here <= offset);
        match behind.checked_sub(1).and_then(|i| self.places.get(i)) {
            Some(&(here, outer)) => outer + (offset - here),
            None => offset,
        }
    }

    fn span(&self, span: Span) -> Span {
        Span::new(
            self.outer(span.start as usize),
            self.outer(span.end as usize),
        )
    }

    fn percent_decoded(&self) -> Option<Self> {
        let mut decoded = Self::new();
        let mut bytes = Vec::with_capacity(self.text.len());
        let mut places: Vec<(usize, usize)> = Vec::new();
        let source = self.text.as_bytes();
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
            let outer = self.outer(at);
            let here = bytes.len();
            if places.last().is_none_or(|&(h, o)| here - h != outer - o) {
                places.push((here, outer));
            }
            bytes.push(value);
            at += length;
        }
        places.push((bytes.len(), self.outer(self.text.len())));
        let whole = match std::str::from_utf8(&bytes) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => bytes.len(),
        };
        bytes.truncate(whole);
        decoded.text = String::from_utf8(bytes).ok()?;
        decoded.places = places;
        Some(decoded)
    }

    /// Moves the spans of a tree. Its depth is bounded by the reader of JSON.
    fn place(&self, node: &mut Node) {
        node.span = self.span(node.span);
        match &mut node.value {
            Value::Array(nodes) => nodes.iter_mut().for_each(|node| self.place(node)),
            Value::Object(members) => {
                for member in members {
                    member.key.span = self.span(member.key.span);
                    self.place(&mut member.value);
                }
            }
            // Its bytes no longer follow one another in the outer text.
            Value::String(text) if text.written == Written::Plain => {
                text.written = Written::Escaped;
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

/// The decoded text of a string node, with the place of each character.
fn unescape(node: &Node, source_text: &str) -> Option<Decoded> {
    let Value::String(text) = &node.value else {
        return None;
    };
    let start = node.span.start as usize;
    if text.written == Written::Plain {
        return Some(Decoded::copy(&text.value, start + 1));
    }
    let mut raw = Decoded::copy(source_text.get(node.span.range())?, start);
    if raw.text.starts_with('%') {
        // no quote of JSON: the document around the string is URL-encoded too
        raw = raw.percent_decoded()?;
    }
    let mut decoded = Decoded::new();
    let mut at = raw.text.chars().next().map_or(0, char::len_utf8);
    // Each character of the value was written plainly or as one escape; a pair
    // of `\u` escapes for one character reads as two halves, of which the
    // second adds nothing.
    for c in text.value.chars() {
        decoded.mark(raw.outer(at));
        decoded.text.push(c);
        at += written_length(raw.text.get(at..)?, c);
    }
    decoded.mark(raw.outer(at));
    Some(decoded)
}

/// How many bytes of `raw` stand for its first character `c`.
fn written_length(raw: &str, c: char) -> usize {
    match raw.as_bytes() {
        [b'\\', b'u', ..] => {
            let second = raw.get(6..).is_some_and(|rest| rest.starts_with("\\u"));
            if u32::from(c) > 0xFFFF && second {
                12
            } else {
                6
            }
        }
        [b'\\', _, ..] => 1 + raw.chars().nth(1).map_or(0, char::len_utf8),
        _ => raw.chars().next().map_or(1, char::len_utf8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a JSON file whose member `d` holds a document, and says what the
    /// member `k` of that document is and how it stands in the file.
    fn inside(file: &str) -> Option<(String, String)> {
        let outer = json::parse(file).root.unwrap();
        let root = parse(outer.get("d").unwrap(), file)?.root.unwrap();
        let node = root.get("k").unwrap();
        Some((
            node.as_str().unwrap().to_owned(),
            file[node.span.range()].to_owned(),
        ))
    }

    #[test]
    fn spans_point_at_the_bytes_of_the_file() {
        for (file, value, written) in [
            (r#"{"d": "{\"k\": \"v\"}"}"#, "v", r#"\"v\""#),
            (
                r#"{"d": "{\n \"k\":\t\"é\u00e9x\"}"}"#,
                "ééx",
                r#"\"é\u00e9x\""#,
            ),
            (
                r#"{"d": "{\"k\": \"\ud834\udd1ex\"}"}"#,
                "𝄞x",
                r#"\"\ud834\udd1ex\""#,
            ),
            (r#"{"d": "{\"k\": \"a\\nb\"}"}"#, "a\nb", r#"\"a\\nb\""#),
            (
                r#"{"d": "%7B%22k%22%3A%22v%20w%22%7D"}"#,
                "v w",
                "%22v%20w%22",
            ),
            (
                r#"{"d": "%7B%22k%22:%20%22%C3%A9+%22}"}"#,
                "é+",
                "%22%C3%A9+%22",
            ),
        ] {
            assert_eq!(
                inside(file),
                Some((value.to_owned(), written.to_owned())),
                "{file}"
            );
        }
    }

    #[test]
    fn a_whole_text_may_be_encoded() {
        let text = "%7B%22a%22%3A%20%5B%22x+y%22%2C%20%22%C3%A9%22%5D%7D\n";
        let parsed = parse_text(text);
        assert_eq!(parsed.diagnostics, []);
        let root = parsed.root.unwrap();
        assert_eq!(&text[root.span.range()], text.trim_end());
        let leaves = root.get("a").unwrap().as_array().unwrap();
        let shown: Vec<_> = leaves.iter().map(|leaf| leaf.as_str()).collect();
        assert_eq!(shown, [Some("x+y"), Some("é")], "`+` is no blank here");
        assert_eq!(&text[leaves[1].span.range()], "%22%C3%A9%22");
        for text in ["%", "%20", "%FF{", "%7", "100%"] {
            assert_eq!(parse_text(text), json::parse(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_escape_stays() {
        let decoded = percent_decode("%7B%22a%22%3a%zz%C3%A9%");
        assert_eq!(decoded.as_deref(), Some("{\"a\":%zzé%"));
        assert_eq!(percent_decode("a%C3").as_deref(), Some("a"));
        assert_eq!(percent_decode("%C3a"), None);
    }

    #[test]
    fn a_document_in_a_document_that_is_encoded_keeps_its_places() {
        let encode = |text: &str| {
            text.bytes()
                .map(|b| format!("%{b:02X}"))
                .collect::<String>()
        };
        let inner = r#"{"k": "v\n"}"#;
        for held in [inner.replace('"', "\\\""), encode(inner)] {
            let text = encode(&format!(r#"{{"d": "{held}"}}"#));
            let outer = parse_text(&text).root.unwrap();
            let root = parse(outer.get("d").unwrap(), &text).unwrap().root.unwrap();
            assert!(root.get("k").unwrap().as_str().is_some());
            let key = &root.as_object().unwrap()[0].key;
            let written = percent_decode(&text[key.span.range()]).unwrap();
            assert!(
                written == "\\\"k\\\"" || written == encode("\"k\""),
                "{written}"
            );
        }
    }

    #[test]
    fn what_is_no_document_is_none() {
        for file in [
            r#"{"d": "x"}"#,
            r#"{"d": ""}"#,
            r#"{"d": "%FF"}"#,
            r#"{"d": "%C3%7B"}"#,
            r#"{"d": 7}"#,
        ] {
            let outer = json::parse(file).root.unwrap();
            assert!(parse(outer.get("d").unwrap(), file).is_none(), "{file}");
        }
    }

    #[test]
    fn mistakes_inside_point_into_the_file() {
        let file = r#"{"d": "{\"a\": 1 \"b\": 2}"}"#;
        let outer = json::parse(file).root.unwrap();
        let parsed = parse(outer.get("d").unwrap(), file).unwrap();
        assert_eq!(parsed.diagnostics.len(), 1);
        let span = parsed.diagnostics[0].primary.span;
        assert!(
            file[span.range()].starts_with(r#"\"b"#),
            "{:?}",
            &file[span.range()]
        );
    }
}
