//! A CDK cloud assembly: its manifest names the templates of its stacks, and
//! the assemblies inside of it (`inputs.md` section 5.7).

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// How deep assemblies stand inside of one another; stages of stages are rare.
const DEPTH: usize = 8;
/// Largest manifest that is read.
const LARGEST: u64 = 16 << 20;

/// The templates of an assembly, where the path is its manifest.
pub(super) fn templates(path: &Path) -> Option<Vec<PathBuf>> {
    let is_manifest = path.file_name().is_some_and(|name| name == "manifest.json");
    let mut found = Vec::new();
    (is_manifest && collect(path, DEPTH, &mut found) && !found.is_empty()).then_some(found)
}

fn collect(path: &Path, depth: usize, found: &mut Vec<PathBuf>) -> bool {
    let is_small = fs::metadata(path).is_ok_and(|about| about.len() <= LARGEST);
    let text = if is_small { fs::read(path).ok() } else { None };
    let manifest: Option<Value> = text.and_then(|text| serde_json::from_slice(&text).ok());
    let Some(artifacts) = manifest
        .as_ref()
        .and_then(|m| m.get("artifacts")?.as_object())
    else {
        return false;
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    for artifact in artifacts.values() {
        let property = |name| artifact.get("properties")?.get(name)?.as_str();
        match artifact.get("type").and_then(Value::as_str) {
            Some("aws:cloudformation:stack") => {
                found.extend(property("templateFile").map(|file| folder.join(file)));
            }
            Some("cdk:cloud-assembly") if depth > 0 => {
                if let Some(inner) = property("directoryName") {
                    collect(&folder.join(inner).join("manifest.json"), depth - 1, found);
                }
            }
            _ => {}
        }
    }
    true
}
