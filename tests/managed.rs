//! Round trip of real policies that the repository does not hold. The script
//! `tests/external/managed-policies.sh` fetches them and names their folder.

use leastwise::policy::{parse, print};
use leastwise::syntax::json;
use std::env;
use std::fs;

/// A policy without its places, which printing moves.
fn without_spans(policy: &leastwise::policy::Policy) -> String {
    let text = format!("{policy:?}");
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, behind)) = rest.split_once("Span { ") {
        kept.push_str(before);
        rest = behind.split_once('}').unwrap().1;
    }
    kept + rest
}

#[test]
fn what_is_printed_reads_back_the_same() {
    let Some(folder) = env::var_os("LEASTWISE_POLICIES") else {
        eprintln!("skipped: LEASTWISE_POLICIES names no folder of policies");
        return;
    };
    let mut read = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let tree = json::parse(&text);
        assert_eq!(tree.diagnostics, [], "{}", path.display());
        let first = parse(&tree.root.unwrap(), None);
        assert_eq!(first.diagnostics, [], "{}", path.display());
        let printed = print(&first.policy);
        let again = parse(&json::parse(&printed).root.unwrap(), None);
        assert_eq!(
            without_spans(&first.policy),
            without_spans(&again.policy),
            "{}",
            path.display()
        );
        assert_eq!(printed, print(&again.policy));
        read += 1;
    }
    assert!(read > 0, "the folder is empty");
    eprintln!("{read} policies read back the same");
}
