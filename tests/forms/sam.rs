//! SAM templates against what SAM's own translator makes of them.

use leastwise::policy::PolicyType;
use leastwise::semantics::compare::{Options, Relation, Stack, compare};
use leastwise::sources::{Document, Form, Inventory, ReadOptions, read};
use std::path::{Path, PathBuf};

#[derive(serde::Deserialize)]
struct Entry {
    file: String,
    golden: Option<String>,
}

fn inventory(path: PathBuf) -> Inventory {
    read(&[path], None, &ReadOptions::default())
}

/// Resources that the translator names by a digest, or by a stage.
fn is_named_otherwise(address: &str) -> bool {
    ["ApiGatewayDomainNameV2", "Permission"]
        .iter()
        .any(|part| address.contains(part))
}

fn is_equivalent(own: &Document, theirs: &Document) -> Result<(), String> {
    let (Some(a), Some(b)) = (&own.policy, &theirs.policy) else {
        return Err(format!("{:?} {:?}", own.reason, theirs.reason));
    };
    if own.guards != theirs.guards {
        return Err(format!("under {:?}, not {:?}", own.guards, theirs.guards));
    }
    if a.statements.len() != b.statements.len() {
        let counts = (a.statements.len(), b.statements.len());
        return Err(format!("{counts:?} statements"));
    }
    let options = Options::default().with_symbols(own.symbols.iter().chain(&theirs.symbols));
    let kind: PolicyType = theirs.policy_type;
    match compare(&Stack::of(kind, a), &Stack::of(kind, b), &options).relation() {
        Relation::Equivalent => Ok(()),
        relation => Err(format!("{relation:?}")),
    }
}

#[test]
fn what_sam_becomes_is_proved_equivalent_to_what_its_translator_makes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora/iac");
    if !folder.is_dir() {
        println!("skipped: no corpus at {}", folder.display());
        return;
    }
    let text = std::fs::read_to_string(folder.join("manifest.json")).unwrap();
    let entries: Vec<Entry> = serde_json::from_str(&text).unwrap();
    let mut wrong = Vec::new();
    let (mut files, mut documents) = (0, 0);
    for entry in &entries {
        let Some(golden) = &entry.golden else {
            continue;
        };
        let name = golden.rsplit('/').next().unwrap();
        let ours = inventory(folder.join(&entry.file));
        let theirs = inventory(folder.join(golden));
        assert!(ours.documents.iter().all(|d| d.form == Form::Sam), "{name}");
        if name.starts_with("error_") {
            assert!(theirs.documents.is_empty(), "{name}");
            continue;
        }
        files += 1;
        let before = wrong.len();
        let mut left: Vec<&Document> = ours.documents.iter().collect();
        let mut expected: Vec<&Document> = theirs.documents.iter().collect();
        let has = |own: &[&Document], document: &Document| {
            own.iter().position(|own| own.address == document.address)
        };
        // Those of the same name first: a domain and its api may say the same.
        expected.sort_by_key(|document| has(&left, document).is_none());
        for document in expected {
            let address = document.address.as_deref().unwrap_or_default();
            let found = has(&left, document).or_else(|| {
                let is_one = |own: &&Document| is_equivalent(own, document).is_ok();
                is_named_otherwise(address).then(|| left.iter().position(is_one))?
            });
            let Some(found) = found else {
                wrong.push(format!("{name}: {address}: not found"));
                continue;
            };
            match is_equivalent(left.remove(found), document) {
                Ok(()) => documents += 1,
                Err(why) => wrong.push(format!("{name}: {address}: {why}")),
            }
        }
        for own in left {
            wrong.push(format!("{name}: {:?} is too much", own.address));
        }
        let state = if wrong.len() == before {
            "proved"
        } else {
            "not proved"
        };
        println!("{name}: {} documents, {state}", theirs.documents.len());
    }
    println!("{files} templates, {documents} documents proved equivalent");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
