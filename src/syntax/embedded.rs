//! Documents that stand in another notation: JSON inside a string, and JSON
//! that is URL-encoded as the IAM API returns it, in a string or as a whole text.
//! Spans point through every layer into the outer text.

use super::{Layered, Node, Parsed, Value, Written, json};

/// Reads a text that is one document: JSON as it stands, or URL-encoded; the
/// beginning of an escape at its end, where it was cut, is left out.
#[must_use]
pub fn parse_text(text: &str) -> Parsed {
    let decoded = text
        .trim_start()
        .starts_with('%')
        .then(|| Layered::copy(without_cut_escape(text), 0).percent_decoded())
        .flatten()
        .filter(Layered::is_document);
    match decoded {
        Some(decoded) => decoded.parse_json(),
        None => json::parse(text),
    }
}

/// Reads the JSON document that a string node holds, URL-encoded or not.
/// `source_text` is the text that the node's span points into. `None` where the
/// node is no string or what it holds does not begin like an object or array.
#[must_use]
pub fn parse(node: &Node, source_text: &str) -> Option<Parsed> {
    parse_decoded(decode(node, source_text)?)
}

/// The same of the text of a string, however that is written.
#[must_use]
pub fn parse_decoded(mut inner: Layered) -> Option<Parsed> {
    if inner.text().trim_start().starts_with('%') {
        inner = inner.percent_decoded()?;
    }
    inner.is_document().then(|| inner.parse_json())
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
    Some(Layered::copy(text, 0).percent_decoded()?.text().to_owned())
}

/// The text of a string node of JSON, with the place of each character.
#[must_use]
pub fn decode(node: &Node, source_text: &str) -> Option<Layered> {
    let Value::String(text) = &node.value else {
        return None;
    };
    let start = node.span.start as usize;
    if text.written == Written::Plain {
        return Some(Layered::copy(&text.value, start + 1));
    }
    let mut raw = Layered::copy(source_text.get(node.span.range())?, start);
    if raw.text().starts_with('%') {
        // no quote of JSON: the document around the string is URL-encoded too
        raw = raw.percent_decoded()?;
    }
    let mut decoded = Layered::default();
    let mut at = raw.text().chars().next().map_or(0, char::len_utf8);
    // Each character of the value was written plainly or as one escape; a pair
    // of `\u` escapes for one character reads as two halves, of which the
    // second adds nothing.
    for c in text.value.chars() {
        decoded.push(c.encode_utf8(&mut [0; 4]), raw.outer(at));
        at += written_length(raw.text().get(at..)?, c);
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
