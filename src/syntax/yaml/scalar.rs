//! Where each character of a scalar stands: through folding, indentation and
//! escapes.

use crate::syntax::{Layered, Node, Value};
use crate::text::Span;

/// The text of a string node with the place of each character in `source`. What
/// cannot be followed counts as computed from the whole scalar.
#[must_use]
pub fn decode(node: &Node, source: &str) -> Option<Layered> {
    let Value::String(text) = &node.value else {
        return None;
    };
    let aligned = source
        .get(node.span.range())
        .and_then(|raw| align(&text.value, raw, node.span));
    Some(aligned.unwrap_or_else(|| {
        let mut whole = Layered::default();
        whole.push_computed(&text.value, node.span);
        whole
    }))
}

/// Follows the value through what is written. Blanks of the value stand for
/// blanks of the text; between other characters, blanks of the text are skipped.
fn align(value: &str, raw: &str, span: Span) -> Option<Layered> {
    let base = span.start as usize;
    let quote = raw.chars().next().filter(|c| matches!(c, '"' | '\''));
    let mut at = quote.map_or(0, char::len_utf8);
    let mut layered = Layered::default();
    for c in value.chars() {
        let mut written = next(raw, at, quote);
        while let Some((is, length)) = written
            && is != Some(c)
            && (is.is_none() || is.is_some_and(is_blank) && !is_blank(c))
        {
            at += length;
            written = next(raw, at, quote);
        }
        let length = match written {
            Some((Some(is), length)) if is == c || is_blank(is) && is_blank(c) => length,
            // a line break that ends the scalar
            _ if is_blank(c) => 0,
            _ => return None,
        };
        layered.push(c.encode_utf8(&mut [0; 4]), base + at);
        at += length;
    }
    layered.mark(base + at);
    Some(layered)
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// The character at an offset and how many bytes it takes; no character for an
/// escaped line break.
fn next(raw: &str, at: usize, quote: Option<char>) -> Option<(Option<char>, usize)> {
    let rest = raw.get(at..)?;
    let c = rest.chars().next()?;
    match (quote, c) {
        (Some('\''), '\'') => rest.starts_with("''").then_some((Some('\''), 2)),
        (Some('"'), '\\') => {
            let escape = rest.chars().nth(1)?;
            let digits = match escape {
                'x' => 2,
                'u' => 4,
                'U' => 8,
                '\n' => return Some((None, 2)),
                '\r' => return Some((None, if rest.starts_with("\\\r\n") { 3 } else { 2 })),
                _ => 0,
            };
            if digits > 0 {
                let hex = rest.get(2..2 + digits)?;
                let c = char::from_u32(u32::from_str_radix(hex, 16).ok()?);
                return Some((c, 2 + digits));
            }
            let c = match escape {
                '0' => '\0',
                'a' => '\u{7}',
                'b' => '\u{8}',
                't' | '\t' => '\t',
                'n' => '\n',
                'v' => '\u{B}',
                'f' => '\u{C}',
                'r' => '\r',
                'e' => '\u{1B}',
                'N' => '\u{85}',
                '_' => '\u{A0}',
                'L' => '\u{2028}',
                'P' => '\u{2029}',
                c => c,
            };
            Some((Some(c), 1 + escape.len_utf8()))
        }
        _ => Some((Some(c), c.len_utf8())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::yaml::parse;

    /// Reads the policy in the member `d`, and how its members are written.
    fn inside(file: &str) -> Vec<(String, String)> {
        let root = parse(file).roots.remove(0);
        let layered = decode(root.get("d").unwrap(), file).unwrap();
        let parsed = layered.parse_json();
        assert_eq!(parsed.diagnostics, [], "{}", layered.text());
        let root = parsed.root.unwrap();
        let members = root.as_object().unwrap().iter();
        members
            .map(|m| {
                let value = m.value.as_str().unwrap().to_owned();
                (value, file[m.value.span.range()].to_owned())
            })
            .collect()
    }

    #[test]
    fn json_in_every_style_of_scalar_keeps_its_place() {
        for (file, written) in [
            (
                "d: |\n  {\"k\":\n     \"v w\",\n\n   \"l\": \"é\"}\n",
                ["\"v w\"", "\"é\""],
            ),
            (
                "d: >-\n  {\"k\": \"v w\",\n  \"l\":\n  \"é\"}\n",
                ["\"v w\"", "\"é\""],
            ),
            (
                "d: |\r\n  {\"k\": \"v w\",\r\n  \"l\": \"é\"}\r\n",
                ["\"v w\"", "\"é\""],
            ),
            ("d: '{\"k\": \"v w\", \"l\": \"é\"}'", ["\"v w\"", "\"é\""]),
            (
                "d: \"{\\\"k\\\": \\\"v\\u0020w\\\",\\\n   \\\"l\\\": \\\"\\xe9\\\"}\"",
                ["\\\"v\\u0020w\\\"", "\\\"\\xe9\\\""],
            ),
            (
                "d: '{\"k\":\n   \"v w\", \"l\": \"é\"}'",
                ["\"v w\"", "\"é\""],
            ),
        ] {
            let expected: Vec<_> = ["v w", "é"]
                .iter()
                .zip(written)
                .map(|(value, written)| ((*value).to_owned(), written.to_owned()))
                .collect();
            assert_eq!(inside(file), expected, "{file}");
        }
    }
}
