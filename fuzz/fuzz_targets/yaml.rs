//! The reader of YAML and of what templates hold: no panic on any text, every
//! span on character borders, and each text of a scalar where it says it is.
#![no_main]

use leastwise::sources::{ReadOptions, read_sources};
use leastwise::syntax::{Node, Value, yaml};
use leastwise::text::Source;
use libfuzzer_sys::fuzz_target;

fn check(node: &Node, text: &str) {
    assert!(text.get(node.span.range()).is_some());
    match &node.value {
        Value::Array(nodes) => nodes.iter().for_each(|n| check(n, text)),
        Value::Object(members) => {
            for member in members {
                assert!(text.get(member.key.span.range()).is_some());
                check(&member.value, text);
            }
        }
        Value::String(value) => {
            let decoded = yaml::decode(node, text).expect("a string");
            assert_eq!(decoded.text(), value.value);
            assert!(decoded.outer(value.value.len()) <= text.len());
        }
        _ => {}
    }
}

fuzz_target!(|text: &str| {
    let stream = yaml::parse(text);
    for diagnostic in &stream.diagnostics {
        assert!(text.get(diagnostic.primary.span.range()).is_some());
    }
    for root in &stream.roots {
        check(root, text);
    }
    read_sources(vec![Source::new("t.yaml", text)], &ReadOptions::default());
});
