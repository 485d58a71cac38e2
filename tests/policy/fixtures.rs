//! `policies/valid` and `policies/invalid`, as snapshots. A file's name may end
//! in its policy type: `name.trust.json`.

use leastwise::policy::{self, PolicyType};
use leastwise::syntax::json;
use leastwise::text::{Diagnostic, Source, Span};
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

struct Fixture {
    source: Source,
    policy_type: Option<PolicyType>,
}

fn fixtures(folder: &str) -> Vec<Fixture> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("policies")
        .join(folder);
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    let read = |path: PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        let words: Vec<_> = name.split('.').collect();
        Fixture {
            source: Source::from_bytes(name, fs::read(&path).unwrap()).unwrap(),
            policy_type: match words.as_slice() {
                [_, policy_type, "json"] => Some(PolicyType::named(policy_type).unwrap()),
                _ => None,
            },
        }
    };
    paths.into_iter().map(read).collect()
}

/// All diagnostics of a file with their places, and the policy that was read.
fn read(fixture: &Fixture) -> (Vec<Diagnostic>, Option<policy::Reading>) {
    let parsed = json::parse(fixture.source.text());
    let mut diagnostics = parsed.diagnostics;
    let reading = parsed
        .root
        .map(|root| policy::parse(&root, fixture.policy_type));
    diagnostics.extend(reading.iter().flat_map(|r| r.diagnostics.clone()));
    (diagnostics, reading)
}

fn place(source: &Source, span: Span) -> String {
    let at = source.position(span.start);
    let text: String = source.slice(span).chars().take(40).collect();
    format!("{}:{} {text:?}", at.line, at.column)
}

fn describe(source: &Source, diagnostic: &Diagnostic, into: &mut String) {
    let Diagnostic {
        code,
        message,
        primary,
        related,
        help,
    } = diagnostic;
    let _ = writeln!(into, "{} {code}: {message}", place(source, primary.span));
    for label in related {
        let _ = writeln!(into, "    {} {}", place(source, label.span), label.text);
    }
    if let Some(help) = help {
        let _ = writeln!(into, "    help: {help}");
    }
}

fn snapshot(name: &str, text: &str) {
    insta::with_settings!({
        snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"),
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, { insta::assert_snapshot!(name, text) });
}

#[test]
fn each_invalid_file_gives_its_diagnostics() {
    let mut text = String::new();
    for fixture in fixtures("invalid") {
        let source = &fixture.source;
        let (diagnostics, reading) = read(&fixture);
        let _ = writeln!(text, "== {}", source.name());
        for diagnostic in &diagnostics {
            describe(source, diagnostic, &mut text);
        }
        let statements = reading.map_or(0, |r| r.policy.statements.len());
        let _ = writeln!(text, "-> {statements} statements read\n");
        assert!(!diagnostics.is_empty(), "{} is valid", source.name());
        if !source.name().starts_with("many") {
            let code = diagnostics[0].code;
            assert_eq!(diagnostics.len(), 1, "{}: {diagnostics:#?}", source.name());
            assert!(source.name().starts_with(code), "{}: {code}", source.name());
        }
    }
    snapshot("policy_invalid", &text);
}

#[test]
fn every_code_has_an_invalid_file() {
    let found: Vec<_> = fixtures("invalid")
        .iter()
        .flat_map(|fixture| read(fixture).0)
        .map(|diagnostic| diagnostic.code)
        .collect();
    let notation = ["syntax-error", "duplicate-json-key"];
    for code in notation.iter().chain(policy::CODES) {
        assert!(found.contains(code), "no file shows `{code}`");
    }
}

#[test]
fn each_valid_file_is_read_and_printed() {
    let mut text = String::new();
    for fixture in fixtures("valid") {
        let name = fixture.source.name();
        let (diagnostics, reading) = read(&fixture);
        assert_eq!(diagnostics, [], "{name}");
        let reading = reading.unwrap();
        assert_eq!(reading.first, None, "{name}");
        let doubt = if reading.certain { "" } else { ", likely" };
        let _ = writeln!(text, "== {name}: {}{doubt}", reading.policy_type.name());
        let printed = policy::print(&reading.policy);
        let again = policy::parse(&json::parse(&printed).root.unwrap(), None).policy;
        assert_eq!(
            again.without_spans(),
            reading.policy.without_spans(),
            "{name}"
        );
        let _ = writeln!(text, "{printed}");
    }
    snapshot("policy_valid", &text);
}
