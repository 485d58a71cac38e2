//! The policy language: no panic on any document; what is printed reads back
//! the same; and the simulator answers or refuses, but never panics.
#![no_main]

use leastwise::policy::{Policy, PolicyType, parse, print, print_compact};
use leastwise::semantics::evaluate::{CompiledPolicy, PolicySet, decide_identity};
use leastwise::semantics::{Context, Request, Settings};
use leastwise::syntax::json;
use libfuzzer_sys::fuzz_target;

/// A policy without its places.
fn meaning(policy: &Policy) -> String {
    let text = format!("{policy:?}");
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, behind)) = rest.split_once("Span { ") {
        kept.push_str(before);
        rest = behind.split_once('}').map_or("", |(_, rest)| rest);
    }
    kept + rest
}

fuzz_target!(|text: &str| {
    let Some(root) = json::parse(text).root else {
        return;
    };
    let reading = parse(&root, None);
    let _ = parse(&root, Some(PolicyType::Scp));
    let printed = print(&reading.policy);
    let again = json::parse(&printed);
    assert!(again.diagnostics.is_empty(), "{printed}\n{:?}", again.diagnostics);
    let again = again.root.expect("what is printed is a document");
    let again = parse(&again, Some(reading.policy_type)).policy;
    // Of a document with mistakes only the sound part is printed.
    if reading.diagnostics.is_empty() {
        assert_eq!(meaning(&reading.policy), meaning(&again));
    }
    assert_eq!(printed, print(&again));
    assert_eq!(print_compact(&reading.policy), print_compact(&again));
    if let Ok(policy) = CompiledPolicy::from_reading(&reading) {
        let request = Request {
            principal: "arn:aws:iam::111122223333:user/bob".to_owned(),
            action: "s3:GetObject".to_owned(),
            resource: "arn:aws:s3:::b/k".to_owned(),
            resource_account: Some("111122223333".to_owned()),
            context: Context::default(),
            wildcard_only_action: None,
            credential: None,
        };
        let policies = PolicySet {
            identity: vec![policy],
            ..PolicySet::default()
        };
        let _ = decide_identity(&request, &policies, &Settings::default());
    }
});
