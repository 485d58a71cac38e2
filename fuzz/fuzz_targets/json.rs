//! The reader of JSON: no panic on any text, every span inside its parent and
//! on character borders, and agreement with serde_json where that reads a text.
#![no_main]

use leastwise::syntax::{Node, Value, json};
use leastwise::text::Span;
use libfuzzer_sys::fuzz_target;

fn check(node: &Node, inside: Span, text: &str) {
    assert!(inside.start <= node.span.start && node.span.end <= inside.end);
    assert!(text.get(node.span.range()).is_some());
    match &node.value {
        Value::Array(nodes) => nodes.iter().for_each(|n| check(n, node.span, text)),
        Value::Object(members) => {
            for member in members {
                assert!(text.get(member.key.span.range()).is_some());
                assert!(node.span.start <= member.key.span.start);
                check(&member.value, node.span, text);
            }
        }
        _ => {}
    }
}

fuzz_target!(|text: &str| {
    let parsed = json::parse(text);
    let whole = Span::new(0, text.len());
    for diagnostic in &parsed.diagnostics {
        assert!(text.get(diagnostic.primary.span.range()).is_some());
        for label in &diagnostic.related {
            assert!(text.get(label.span.range()).is_some());
        }
    }
    if let Some(root) = &parsed.root {
        check(root, whole, text);
    }
    // serde_json's own limit of depth is 128 as well, and it refuses lone
    // surrogates and control characters as we do.
    if is_json(text) {
        let syntax = parsed.diagnostics.iter().find(|d| d.code == "syntax-error");
        assert!(syntax.is_none(), "{syntax:?}");
    }
});

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}
