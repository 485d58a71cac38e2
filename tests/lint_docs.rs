//! What is made from the lints' own files: the page of lints and the schema.
//! `BLESS=1 cargo test` writes them anew.

use leastwise::lints;
use leastwise::render::{explain, json::LintReport};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Holds a generated file against what it should be.
fn generated(path: &str, text: &str) {
    let path = root().join(path);
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "{} is stale: run `BLESS=1 cargo test`",
        path.display()
    );
}

#[test]
fn the_page_of_lints_is_made_from_their_files() {
    let lints: Vec<_> = lints::all().collect();
    generated("docs/lints.md", &explain::book(&lints));
}

#[test]
fn the_schema_is_that_of_the_report() {
    let schema = schemars::schema_for!(LintReport<'static>);
    generated(
        "schema/lint.json",
        &format!("{}\n", serde_json::to_string_pretty(&schema).unwrap()),
    );
}

/// Every file below `src/lints/` in a family's folder.
fn files() -> BTreeSet<PathBuf> {
    let mut files = BTreeSet::new();
    for family in fs::read_dir(root().join("src/lints")).unwrap() {
        let family = family.unwrap().path();
        if family.is_dir() {
            files.extend(
                fs::read_dir(family)
                    .unwrap()
                    .map(|file| file.unwrap().path()),
            );
        }
    }
    files
}

#[test]
fn a_lint_is_a_file_and_a_file_a_lint() {
    let named: BTreeSet<_> = lints::all()
        .map(|lint| {
            let family = serde_json::to_value(lint.family).unwrap();
            let family = family.as_str().unwrap().to_owned();
            let file = format!("{}.rs", lint.id.replace('-', "_"));
            root().join("src/lints").join(family).join(file)
        })
        .collect();
    assert_eq!(named, files());
    assert_eq!(named.len(), lints::all().count(), "ids are unique");
}

#[test]
fn every_lint_is_documented() {
    for lint in lints::all() {
        let documentation = lint.documentation();
        let id = lint.id;
        assert!(
            documentation.summary.ends_with('.'),
            "{id}: {}",
            documentation.summary
        );
        for section in [
            "What it finds",
            "Why it matters",
            "Example",
            "Instead",
            "References",
        ] {
            assert!(
                !documentation.section(section).is_empty(),
                "{id}: {section}"
            );
        }
    }
}

/// The data that ids and aliases were taken from stands beside the repository;
/// where it is absent there is nothing to compare with.
#[test]
fn aliases_of_other_tools_resolve() {
    let path = root().join("../shared/data/lint-checks.json");
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!("skipped: {} is absent", path.display());
        return;
    };
    let checks: Vec<Value> = serde_json::from_str(&text).unwrap();
    for check in &checks {
        let Some(lint) = check["lint"]
            .as_str()
            .and_then(|id| lints::all().find(|l| l.id == id))
        else {
            continue;
        };
        for codes in check["aliases"].as_object().unwrap().values() {
            for code in codes.as_array().unwrap() {
                let code = code.as_str().unwrap();
                let found = lints::find(code);
                assert!(
                    found.iter().any(|l| l.id == lint.id),
                    "{code} is no alias of {}",
                    lint.id
                );
            }
        }
        assert_eq!(
            check["family"].as_str().unwrap(),
            serde_json::to_value(lint.family).unwrap()
        );
    }
}
