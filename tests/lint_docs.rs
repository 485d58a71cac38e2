//! What is made from the lints' own files: the page of lints and the schema.
//! `BLESS=1 cargo test` writes them anew.

use leastwise::lints;
use leastwise::render::{explain, json::LintReport, terminal};
use leastwise::sources::{ReadOptions, read_sources};
use leastwise::text::Source;
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

/// What people see of each lint: its first example, on a terminal.
#[test]
fn the_face_of_every_lint() {
    let mut faces = String::new();
    for lint in lints::all() {
        let examples = lint.documentation().examples("Example");
        let Some(example) = examples.into_iter().next() else {
            continue;
        };
        let options = ReadOptions {
            policy_type: example.policy_type,
            ..ReadOptions::default()
        };
        let source = Source::new("policy.json", example.text);
        let inventory = read_sources(vec![source], &options);
        let mut findings = lints::check(&inventory, &lints::Options::default());
        findings.retain(|finding| finding.lint.id == lint.id);
        let style = terminal::Style {
            quiet: true,
            ..terminal::Style::default()
        };
        let mut out = Vec::new();
        terminal::write(&mut out, &inventory, &findings, style).unwrap();
        faces.push_str(&String::from_utf8(out).unwrap());
    }
    let date = leastwise::catalog::get().date();
    insta::with_settings!({
        snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"),
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, { insta::assert_snapshot!("lints", faces.replace(date, "[date]")) });
}

/// Whether a value is of a schema: as much of JSON Schema as ours use. The
/// first thing that is not as it should be.
fn mismatch(schema: &Value, value: &Value, root: &Value) -> Option<String> {
    let wrong = |what: &str| Some(format!("{what}: {value}"));
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.trim_start_matches('#')).unwrap();
        return mismatch(target, value, root);
    }
    for choices in ["oneOf", "anyOf"] {
        if let Some(choices) = schema[choices].as_array()
            && choices
                .iter()
                .all(|choice| mismatch(choice, value, root).is_some())
        {
            return wrong("fits no choice");
        }
    }
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.clone(),
        Value::Null => Vec::new(),
        kind => vec![kind.clone()],
    };
    let is = |kind: &Value| match kind.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("`{other}` is not looked at"),
    };
    if !kinds.is_empty() && !kinds.iter().any(is) {
        return wrong("has another type");
    }
    if schema.get("const").is_some_and(|only| only != value)
        || schema["enum"]
            .as_array()
            .is_some_and(|all| !all.contains(value))
    {
        return wrong("is another word");
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        if value.get(name.as_str().unwrap()).is_none() {
            return wrong(&format!("lacks {name}"));
        }
    }
    for (name, inner) in value.as_object().into_iter().flatten() {
        let known = schema["properties"]
            .get(name)
            .or_else(|| schema.get("additionalProperties"));
        match known {
            Some(known) if known.is_object() => {
                if let Some(found) = mismatch(known, inner, root) {
                    return Some(found);
                }
            }
            _ if schema.get("properties").is_some() => return wrong(&format!("has `{name}`")),
            _ => {}
        }
    }
    let items = schema.get("items").filter(|items| items.is_object());
    let elements = value.as_array().into_iter().flatten();
    items.and_then(|items| {
        elements
            .into_iter()
            .find_map(|element| mismatch(items, element, root))
    })
}

#[test]
fn a_real_report_is_of_the_schema() {
    let text = lints::all().flat_map(|lint| lint.documentation().examples("Example"));
    let sources = text
        .enumerate()
        .map(|(i, example)| Source::new(format!("{i}.json"), example.text));
    let inventory = read_sources(sources.collect(), &ReadOptions::default());
    let options = lints::Options {
        persona: lints::Persona::Auditor,
        ..lints::Options::default()
    };
    let findings = lints::check(&inventory, &options);
    assert!(findings.len() >= 18);
    let report = serde_json::to_value(LintReport::new(&inventory, &findings)).unwrap();
    let schema = fs::read_to_string(root().join("schema/lint.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    assert_eq!(mismatch(&schema, &report, &schema), None);
    let mut broken = report.clone();
    broken["findings"][0]["severity"] = "fatal".into();
    assert!(mismatch(&schema, &broken, &schema).is_some());
}
