//! What holds for every text, every tree and every policy.

use super::generate::{nearly_policy, policy, soup, value};
use leastwise::policy::{self, PolicyType};
use leastwise::syntax::{Node, Value, Written, embedded, json};
use leastwise::text::Span;
use proptest::prelude::*;

/// Every span lies in the text and in that of its parent, in order, and the
/// text of a leaf reads as the same leaf again.
fn check_spans(node: &Node, within: Span, text: &str) {
    let inside = |span: Span, outer: Span| outer.start <= span.start && span.end <= outer.end;
    assert!(inside(node.span, within), "{node:?} within {within:?}");
    let slice = text.get(node.span.range());
    assert!(slice.is_some(), "{:?} cuts a character", node.span);
    match &node.value {
        Value::Array(elements) => {
            let mut rest = node.span;
            for element in elements {
                check_spans(element, rest, text);
                rest.start = element.span.end;
            }
        }
        Value::Object(members) => {
            let mut rest = node.span;
            for member in members {
                assert!(inside(member.key.span, rest));
                assert!(text.get(member.key.span.range()).is_some());
                rest.start = member.key.span.end;
                check_spans(&member.value, rest, text);
                rest.start = member.value.span.end;
            }
        }
        Value::String(string) if string.written == Written::Plain => {
            let end = node.span.range().start + 1 + string.value.len();
            let inner = text.get(node.span.range().start + 1..end);
            assert_eq!(inner, Some(string.value.as_str()));
        }
        Value::Invalid => {}
        leaf => {
            let again = json::parse(slice.unwrap_or_default()).root.map(|n| n.value);
            assert_eq!(again.as_ref(), Some(leaf));
        }
    }
}

fn to_serde(node: &Node) -> Option<serde_json::Value> {
    Some(match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(b) => (*b).into(),
        Value::Number(text) => serde_json::from_str(text).ok()?,
        Value::String(text) => text.value.clone().into(),
        Value::Array(elements) => elements
            .iter()
            .map(to_serde)
            .collect::<Option<Vec<_>>>()?
            .into(),
        Value::Object(members) => {
            let member =
                |m: &leastwise::syntax::Member| Some((m.key.name.clone(), to_serde(&m.value)?));
            serde_json::Value::Object(members.iter().map(member).collect::<Option<_>>()?)
        }
        Value::Template(_) | Value::Invalid | Value::Choice(_) | Value::Absent => return None,
    })
}

fn has_template(node: &Node) -> bool {
    match &node.value {
        Value::Template(_) => true,
        Value::Array(elements) => elements.iter().any(has_template),
        Value::Object(members) => members
            .iter()
            .any(|m| m.key.name.starts_with(['$', '{']) || has_template(&m.value)),
        _ => false,
    }
}

fn check_text(text: &str) {
    let parsed = json::parse(text);
    let whole = Span::new(0, text.len());
    if let Some(root) = &parsed.root {
        check_spans(root, whole, text);
    }
    for diagnostic in &parsed.diagnostics {
        let related = diagnostic.related.iter();
        for label in related.chain([&diagnostic.primary]) {
            assert!(text.get(label.span.range()).is_some(), "{diagnostic:?}");
        }
    }
    let broken = parsed.diagnostics.iter().any(|d| d.code == "syntax-error");
    match (
        serde_json::from_str::<serde_json::Value>(text),
        &parsed.root,
    ) {
        (Ok(expected), Some(root)) => {
            assert!(!broken, "{text:?}: {:?}", parsed.diagnostics);
            // the last of repeated keys counts in both
            assert_eq!(to_serde(root), Some(expected));
        }
        (Ok(_), None) => panic!("nothing read of {text:?}"),
        (Err(error), Some(root)) => assert!(
            broken || has_template(root) || error.to_string().starts_with("number out of range"),
            "{text:?}: {error}, and no diagnostic"
        ),
        (Err(_), None) => assert!(broken),
    }
    if let Some(root) = &parsed.root {
        check_policy(root, text);
    }
}

/// Whatever a tree reads as, its print reads as the same.
fn check_policy(root: &Node, text: &str) {
    for policy_type in std::iter::once(None).chain(PolicyType::ALL.iter().copied().map(Some)) {
        let reading = policy::parse(root, policy_type);
        for diagnostic in &reading.diagnostics {
            assert!(text.get(diagnostic.primary.span.range()).is_some());
            assert!(policy::CODES.contains(&diagnostic.code));
        }
        let printed = policy::print(&reading.policy);
        let tree = json::parse(&printed);
        assert_eq!(tree.diagnostics, [], "{printed}");
        let again = policy::parse(&tree.root.unwrap(), policy_type);
        assert_eq!(again.first, None);
        let again = again.policy.without_spans();
        assert_eq!(again, reading.policy.without_spans(), "{printed}");
        assert_eq!(policy::print(&again), printed);
        assert_eq!(
            policy::size(&printed),
            policy::size(&policy::print_compact(&again))
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_is_too_strange(text in soup()) {
        check_text(&text);
    }

    #[test]
    fn valid_json_is_read_as_serde_reads_it(value in value()) {
        for text in [value.to_string(), format!("{value:#}")] {
            let parsed = json::parse(&text);
            prop_assert_eq!(&parsed.diagnostics, &[]);
            prop_assert_eq!(parsed.root.as_ref().and_then(to_serde), serde_json::from_str(&text).ok());
            check_text(&text);
        }
    }

    #[test]
    fn one_character_less_is_no_panic(value in nearly_policy(), at in any::<prop::sample::Index>()) {
        let mut text = format!("{value:#}");
        let places: Vec<usize> = text.char_indices().map(|(i, _)| i).collect();
        text.remove(places[at.index(places.len())]);
        check_text(&text);
    }

    #[test]
    fn whatever_is_read_prints_as_itself(value in nearly_policy()) {
        check_text(&value.to_string());
    }

    #[test]
    fn a_policy_is_what_its_print_reads_as(policy in policy()) {
        let printed = policy::print(&policy);
        for text in [&printed, &policy::print_compact(&policy)] {
            let tree = json::parse(text);
            prop_assert_eq!(&tree.diagnostics, &[]);
            let again = policy::parse(&tree.root.unwrap(), None);
            prop_assert_eq!(&again.first, &None);
            prop_assert_eq!(again.policy.without_spans(), policy.clone());
            prop_assert_eq!(&policy::print(&again.policy), &printed);
        }
    }

    #[test]
    fn a_document_in_a_string_is_the_same_document(value in value(), url in any::<bool>()) {
        let value = serde_json::json!([value]);
        let inner = value.to_string();
        let held = if url {
            inner.bytes().map(|b| format!("%{b:02X}")).collect()
        } else {
            inner
        };
        let file = serde_json::json!([held]).to_string();
        let outer = json::parse(&file).root.unwrap();
        let parsed = embedded::parse(&outer.as_array().unwrap()[0], &file).unwrap();
        prop_assert_eq!(&parsed.diagnostics, &[]);
        let root = parsed.root.unwrap();
        prop_assert_eq!(to_serde(&root), serde_json::from_str(&value.to_string()).ok());
        prop_assert!(file.get(root.span.range()).is_some());
    }

    #[test]
    fn strange_strings_hold_no_surprise(text in soup()) {
        let file = serde_json::json!([text]).to_string();
        let outer = json::parse(&file).root.unwrap();
        let encoded: String = text.bytes().map(|b| format!("%{b:02X}")).collect();
        let whole = embedded::parse_text(&encoded);
        prop_assert_eq!(whole.diagnostics.is_empty(), json::parse(&text).diagnostics.is_empty()
            && text.trim_start().starts_with(['{', '[']));
        for diagnostic in &whole.diagnostics {
            prop_assert!(encoded.get(diagnostic.primary.span.range()).is_some());
        }
        if let Some(parsed) = embedded::parse(&outer.as_array().unwrap()[0], &file) {
            for diagnostic in &parsed.diagnostics {
                prop_assert!(file.get(diagnostic.primary.span.range()).is_some());
            }
        }
    }
}

#[test]
fn a_text_may_end_in_blanks_of_any_kind() {
    for end in [" ", "\n", "\u{b}", "\u{a0}", "\u{2028}"] {
        for start in [
            "", "[", "[\"a", "{\"a\": ", "[${x", "[@", "{{", "// ", "\"\\",
        ] {
            check_text(&format!("{start}{end}{end}"));
        }
        check_text(&format!("{}{end}", "[".repeat(200)));
    }
}

#[test]
fn ten_thousand_brackets_are_one_mistake() {
    for text in [
        "[".repeat(10_000),
        "{\"a\":".repeat(10_000),
        "[{\"a\":".repeat(5_000),
    ] {
        let parsed = json::parse(&text);
        assert_eq!(parsed.diagnostics.len(), 1);
        let reading = policy::parse(&parsed.root.unwrap(), None);
        assert!(reading.policy.statements.is_empty());
    }
}

#[test]
fn large_policies_print_as_they_are_read() {
    let many = |item: &dyn Fn(usize) -> String| -> String {
        (0..20_000).map(item).collect::<Vec<_>>().join(",")
    };
    for text in [
        format!(
            "{{\"Statement\": {{{}}}}}",
            many(&|i| format!("\"k{i}\": 1"))
        ),
        format!("{{\"Statement\": [{}]}}", many(&|_| "{}".into())),
        format!(
            "{{\"Statement\": {{\"Action\": [{}]}}}}",
            many(&|i| format!("\"s3:{i}\""))
        ),
        format!(
            "{{\"Statement\": {{\"Principal\": {{{}}}}}}}",
            many(&|i| format!("\"k{i}\": \"x\""))
        ),
        format!(
            "{{\"Statement\": {{\"Condition\": {{{}}}}}}}",
            many(&|i| format!("\"k{i}\": {{\"x\": 1}}"))
        ),
        format!(
            "{{\"Statement\": {{\"Condition\": {{\"Null\": {{{}}}}}}}}}",
            many(&|i| format!("\"k{i}\": 1"))
        ),
        format!(
            "{{\"Version\": \"2012-10-17\", \"Statement\": {{\"Resource\": \"{}\"}}}}",
            "${a,'".repeat(50_000)
        ),
        format!(
            "{{\"Version\": \"2012-10-17\", \"Statement\": {{\"Resource\": \"{}\"}}}}",
            "${".repeat(50_000)
        ),
        format!(
            "{{\"Version\": \"2012-10-17\", \"Statement\": {{\"Resource\": \"{}\"}}}}",
            "*?".repeat(50_000)
        ),
        format!("{{\"{}\": 1}}", "Statement".repeat(50_000)),
        format!(
            "{{\"Statement\": {{\"Condition\": {{\"{}\": 1}}}}}}",
            "x".repeat(500_000)
        ),
    ] {
        let root = json::parse(&text).root.unwrap();
        let reading = policy::parse(&root, None);
        let printed = policy::print(&reading.policy);
        assert!(json::parse(&printed).root.is_some());
        let message = reading.diagnostics.iter().map(|d| d.message.len()).max();
        assert!(message < Some(2_000), "a message of {message:?} bytes");
    }
}
