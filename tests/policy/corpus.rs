//! Real documents that are not part of the repository.

use leastwise::policy;
use leastwise::syntax::{Node, Value, json};
use leastwise::text::Source;
use std::fs;
use std::path::{Path, PathBuf};

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let walk = ignore::WalkBuilder::new(folder)
        .standard_filters(false)
        .build();
    let mut found: Vec<_> = walk
        .filter_map(Result::ok)
        .map(ignore::DirEntry::into_path)
        .filter(|path| path.extension().is_some_and(|e| e == "json") && path.is_file())
        .collect();
    found.sort();
    found
}

/// The policies in a tree, at any depth.
fn policies<'a>(node: &'a Node, found: &mut Vec<&'a Node>) {
    if policy::looks_like_policy(node) {
        found.push(node);
    }
    match &node.value {
        Value::Array(elements) => elements.iter().for_each(|e| policies(e, found)),
        Value::Object(members) => members.iter().for_each(|m| policies(&m.value, found)),
        _ => {}
    }
}

/// Reads, prints and reads again every policy of a file; how many there were.
fn round_trip(path: &Path) -> usize {
    let name = path.display().to_string();
    let source = Source::from_bytes(&*name, fs::read(path).unwrap()).unwrap();
    let text = source.text();
    let parsed = json::parse(text);
    if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
        let broken = parsed.diagnostics.iter().find(|d| d.code == "syntax-error");
        assert_eq!(broken, None, "{name}");
    }
    let mut found = Vec::new();
    if let Some(root) = &parsed.root {
        policies(root, &mut found);
    }
    for node in &found {
        let read = policy::parse(node, None).policy;
        let printed = policy::print(&read);
        let tree = json::parse(&printed);
        assert_eq!(tree.diagnostics, [], "{name}");
        let again = policy::parse(&tree.root.unwrap(), None).policy;
        assert_eq!(again.without_spans(), read.without_spans(), "{name}");
    }
    found.len()
}

#[test]
fn the_policies_of_public_repositories_round_trip() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora/iac");
    if !folder.is_dir() {
        println!("skipped: no corpus at {}", folder.display());
        return;
    }
    let policies: usize = json_files(&folder)
        .iter()
        .map(|path| round_trip(path))
        .sum();
    assert!(policies > 0);
}

/// AWS accepts them all, so nothing is wrong with them. The script
/// `tests/external/managed-policies.sh` fetches them and names their folder.
#[test]
fn managed_policies_read_without_a_mistake_and_round_trip() {
    let Some(folder) = std::env::var_os("LEASTWISE_POLICIES") else {
        println!("skipped: LEASTWISE_POLICIES names no folder of policies");
        return;
    };
    let paths = json_files(Path::new(&folder));
    for path in &paths {
        assert_eq!(round_trip(path), 1, "{}", path.display());
        let text = fs::read_to_string(path).unwrap();
        let parsed = json::parse(&text);
        assert_eq!(parsed.diagnostics, [], "{}", path.display());
        let reading = policy::parse(&parsed.root.unwrap(), None);
        assert_eq!(reading.diagnostics, [], "{}", path.display());
    }
    assert!(!paths.is_empty(), "the folder is empty");
    println!("{} policies read back the same", paths.len());
}
