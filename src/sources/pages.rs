//! A text that holds several JSON documents one after another: the pages of a
//! response, or one document a line. A text that is URL-encoded holds one.

use crate::syntax::{Node, Parsed, Value, embedded, json};
use crate::text::{Diagnostic, Span};
use std::ops::Range;

/// Reads every document of the text. A text whose brackets do not balance is
/// read as one, so that the parser says what is wrong with it.
pub(super) fn parse(text: &str) -> (Vec<Node>, Vec<Diagnostic>) {
    let pages = pages(text).unwrap_or_default();
    if pages.len() < 2 {
        let Parsed { root, diagnostics } = embedded::parse_text(text);
        return (root.into_iter().collect(), diagnostics);
    }
    let mut roots = Vec::new();
    let mut all = Vec::new();
    for page in pages {
        let by = u32::try_from(page.start).unwrap_or(u32::MAX);
        let Parsed {
            root,
            mut diagnostics,
        } = json::parse(text.get(page).unwrap_or_default());
        roots.extend(root.map(|mut root| {
            shift(&mut root, by);
            root
        }));
        for diagnostic in &mut diagnostics {
            let labels = diagnostic.related.iter_mut();
            for label in labels.chain([&mut diagnostic.primary]) {
                move_by(&mut label.span, by);
            }
        }
        all.append(&mut diagnostics);
    }
    (roots, all)
}

/// The bytes of each document: objects and arrays with nothing but white space
/// between them. `None` where the brackets do not balance.
fn pages(text: &str) -> Option<Vec<Range<usize>>> {
    let mut pages = Vec::new();
    let mut start = 0;
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'{' | b'[' => {
                if depth == 0 {
                    start = at;
                }
                depth += 1;
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    pages.push(start..at + 1);
                }
            }
            b'"' if depth > 0 => in_string = true,
            _ if depth > 0 || byte.is_ascii_whitespace() => {}
            _ => return None,
        }
    }
    (depth == 0).then_some(pages)
}

pub(super) fn shift(node: &mut Node, by: u32) {
    move_by(&mut node.span, by);
    match &mut node.value {
        Value::Array(elements) => elements.iter_mut().for_each(|element| shift(element, by)),
        Value::Object(members) => {
            for member in members {
                move_by(&mut member.key.span, by);
                shift(&mut member.value, by);
            }
        }
        _ => {}
    }
}

fn move_by(span: &mut Span, by: u32) {
    span.start = span.start.saturating_add(by);
    span.end = span.end.saturating_add(by);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Option<Vec<&str>> {
        Some(pages(text)?.into_iter().map(|page| &text[page]).collect())
    }

    #[test]
    fn cuts_between_documents_only() {
        assert_eq!(
            texts("{\"a\":\"}{\"}\n[1]{}"),
            Some(vec!["{\"a\":\"}{\"}", "[1]", "{}"])
        );
        assert_eq!(
            texts(r#"{"a":"\"}"} {}"#),
            Some(vec![r#"{"a":"\"}"}"#, "{}"])
        );
        assert_eq!(texts("{} x {}"), None);
        assert_eq!(texts("{}}"), None);
        assert_eq!(texts("{}{"), None);
        assert_eq!(texts(" \n"), Some(vec![]));
    }

    #[test]
    fn spans_point_into_the_whole_text() {
        let text = "{\"é\": 1}\n {\"b\": [true, \"x\"]}";
        let (roots, diagnostics) = parse(text);
        assert_eq!(diagnostics, []);
        let second = roots[1].get("b").unwrap();
        assert_eq!(&text[second.span.range()], "[true, \"x\"]");
        let leaf = &second.as_array().unwrap()[1];
        assert_eq!(&text[leaf.span.range()], "\"x\"");
        let key = &roots[1].as_object().unwrap()[0].key;
        assert_eq!(&text[key.span.range()], "\"b\"");
    }

    #[test]
    fn mistakes_point_into_the_whole_text() {
        let text = "{\"a\": 1}\n{\"b\": 1, \"b\": 2}";
        let (_, diagnostics) = parse(text);
        let [diagnostic] = diagnostics.as_slice() else {
            panic!("{diagnostics:?}");
        };
        assert!(text[diagnostic.primary.span.range()].starts_with("\"b\""));
        assert!(diagnostic.primary.span.start > 8);
    }
}
