//! CloudFormation, SAM, CDK, serverless and YAML.

use leastwise::sources::{
    Completeness, Document, Failure, Form, Inventory, ReadOptions, read, read_sources,
};
use leastwise::text::Source;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn corpus() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora/iac");
    folder.is_dir().then_some(folder)
}

#[derive(serde::Deserialize)]
struct Entry {
    file: String,
    kind: String,
    policy_documents: Option<usize>,
    statements: Option<usize>,
    doc_start_lines: Option<Vec<u32>>,
    sub_json_string_documents: Option<usize>,
}

fn entries(folder: &Path) -> Vec<Entry> {
    let text = std::fs::read_to_string(folder.join("manifest.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn is_number(text: &str) -> bool {
    text.parse::<u32>().is_ok()
}

fn inventory(path: &Path) -> Inventory {
    read(&[path.to_path_buf()], None, &ReadOptions::default())
}

/// Whether a document is written in the file rather than implied by it.
fn is_written(inventory: &Inventory, document: &Document) -> bool {
    let text = inventory.source(document.source).slice(document.span);
    document.form == Form::Serverless
        || text.contains("Statement") && !text.contains("CustomStatements")
}

/// Whether it is JSON text in another notation.
fn is_text(inventory: &Inventory, document: &Document) -> bool {
    let source = inventory.source(document.source);
    !source.name().ends_with("json") && source.slice(document.span).contains("\"Statement\"")
}

#[test]
fn every_document_of_public_templates_is_found() {
    let Some(folder) = corpus() else {
        println!("skipped: no corpus");
        return;
    };
    let mut wrong = Vec::new();
    let mut table: BTreeMap<String, [usize; 7]> = BTreeMap::new();
    for entry in entries(&folder) {
        let of_this_family = [
            "cfn-",
            "sam-",
            "cdk-",
            "serverless-",
            "policy-json",
            "embedded-",
            "unparseable-",
        ];
        if !of_this_family
            .iter()
            .any(|kind| entry.kind.starts_with(kind))
        {
            continue;
        }
        // A CDK construct tree repeats the policies of the templates beside it.
        if entry.kind == "embedded-json" {
            continue;
        }
        let inventory = inventory(&folder.join(&entry.file));
        if entry.kind.starts_with("unparseable-") {
            let located = |failure: &Failure| failure.path.rsplit(':').take(2).all(is_number);
            let one = inventory.failures.len() == 1 && inventory.failures.iter().all(located);
            if !one {
                wrong.push(format!("{}: {:?}", entry.file, inventory.failures));
            }
            continue;
        }
        if !inventory.failures.is_empty() {
            wrong.push(format!("{}: {:?}", entry.file, inventory.failures));
        }
        let is_object = |d: &&Document| is_written(&inventory, d) && !is_text(&inventory, d);
        let written: Vec<_> = inventory.documents.iter().filter(is_object).collect();
        let texts = inventory
            .documents
            .iter()
            .filter(|d| is_text(&inventory, d))
            .count();
        let expected = entry.policy_documents.unwrap_or_default();
        let expected_texts = entry.sub_json_string_documents.unwrap_or_default();
        let spans: BTreeSet<_> = written
            .iter()
            .flat_map(|d| {
                d.policy
                    .iter()
                    .flat_map(|p| p.statements.iter().map(|s| (d.id, s.span)))
            })
            .collect();
        let row = table.entry(entry.kind.clone()).or_default();
        let counted = entry.statements.map_or(0, |_| spans.len());
        let found = [
            1,
            expected,
            written.len(),
            expected_texts,
            texts,
            entry.statements.unwrap_or_default(),
            counted,
        ];
        row.iter_mut().zip(found).for_each(|(sum, n)| *sum += n);
        let lines: Vec<_> = written
            .iter()
            .map(|d| inventory.source(d.source).position(d.span.start).line)
            .collect();
        // The list counts some of the documents that are text, and no document
        // that a count of objects could have missed.
        let same_lines = entry
            .doc_start_lines
            .as_ref()
            .is_none_or(|expected| *expected == lines);
        let same_statements = entry
            .statements
            .is_none_or(|expected| expected == spans.len());
        if written.len() != expected || texts < expected_texts || !same_lines || !same_statements {
            let names: Vec<_> = written.iter().map(|d| &d.address).collect();
            wrong.push(format!(
                "{}: documents {} for {expected}, texts {texts} for {expected_texts}, statements {} for {:?}, {:?} for {lines:?} {names:?}",
                entry.file, written.len(), spans.len(), entry.statements, entry.doc_start_lines
            ));
        }
    }
    for (kind, row) in &table {
        println!("{kind}: {row:?}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a file gives: where each document stands, what it is and what it says.
fn described(path: &Path) -> String {
    let inventory = inventory(path);
    let mut out = String::new();
    for document in &inventory.documents {
        let source = inventory.source(document.source);
        let (start, end) = (
            source.position(document.span.start),
            source.position(document.span.end),
        );
        let file = Path::new(source.name()).file_name().unwrap();
        writeln!(
            out,
            "{}:{}-{} {} {} {}, {:?}",
            file.to_string_lossy(),
            start.line,
            end.line,
            document.form.name(),
            document.address.as_deref().unwrap_or("-"),
            document.policy_type.name(),
            document.completeness,
        )
        .unwrap();
        if let Some(reason) = &document.reason {
            writeln!(out, "  because {reason}").unwrap();
        }
        for guard in &document.guards {
            writeln!(out, "  if {guard}").unwrap();
        }
        for symbol in &document.symbols {
            writeln!(out, "  ⟨{}⟩ {:?}", symbol.address, symbol.domain).unwrap();
        }
        for mistake in &document.diagnostics {
            writeln!(out, "  {}: {}", mistake.code, mistake.message).unwrap();
        }
        for statement in document.policy.iter().flat_map(|p| &p.statements) {
            let at = source.position(statement.span.start);
            let actions = statement.action.iter().flat_map(|a| &a.entries);
            let actions = actions.map(|a| {
                let at = source.position(a.span.start);
                format!("{}@{}:{}", a.value.text, at.line, at.column)
            });
            let actions: Vec<_> = actions.collect();
            writeln!(
                out,
                "  statement at {}:{} {}",
                at.line,
                at.column,
                actions.join(" ")
            )
            .unwrap();
        }
        if let Some(policy) = &document.policy {
            writeln!(out, "  {}", leastwise::policy::print_compact(policy)).unwrap();
        }
    }
    for gap in inventory.gaps.iter().chain(&inventory.failures) {
        let file = Path::new(&gap.path).file_name().unwrap();
        writeln!(out, "{}: {}", file.to_string_lossy(), gap.message).unwrap();
    }
    out
}

#[test]
fn each_form_reads_like_its_source() {
    for (name, file) in [
        ("yaml", "yaml/policies.yaml"),
        ("cloudformation", "cloudformation/orders.yaml"),
        ("sam", "sam/orders.yaml"),
        ("cdk", "cdk/manifest.json"),
        ("serverless", "serverless/serverless.yml"),
    ] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/forms");
        let text = described(&folder.join(file));
        insta::with_settings!({
            prepend_module_to_snapshot => false,
            snapshot_path => "../../snapshots",
            description => file,
            omit_expression => true,
        }, { insta::assert_snapshot!(format!("forms-{name}"), text) });
    }
}

/// Every action of every public template stands where its place says, and every
/// resource does or is computed.
#[test]
fn leaves_stand_at_their_places() {
    let Some(folder) = corpus() else {
        println!("skipped: no corpus");
        return;
    };
    let mut leaves = 0;
    for entry in entries(&folder) {
        if !["cfn-", "sam-", "cdk-", "serverless-"]
            .iter()
            .any(|kind| entry.kind.starts_with(kind))
        {
            continue;
        }
        let inventory = inventory(&folder.join(&entry.file));
        for document in inventory
            .documents
            .iter()
            .filter(|d| is_written(&inventory, d))
        {
            let source = inventory.source(document.source);
            for statement in document.policy.iter().flat_map(|p| &p.statements) {
                for action in statement.action.iter().flat_map(|a| &a.entries) {
                    leaves += 1;
                    let written = source.slice(action.span);
                    assert!(
                        says(written, &action.value.text),
                        "{}: {written}",
                        entry.file
                    );
                }
                for resource in statement.resource.iter().flat_map(|r| &r.entries) {
                    leaves += 1;
                    let written = source.slice(resource.span);
                    let is_computed = written.contains('!')
                        || written.contains("${")
                        || written.contains("Fn::")
                        || written.contains("Ref");
                    let text = &resource.value.text;
                    assert!(
                        is_computed || says(written, text),
                        "{}: {written} {text}",
                        entry.file
                    );
                }
            }
        }
    }
    assert!(leaves > 1800, "{leaves}");
}

fn says(written: &str, text: &str) -> bool {
    let decoded = leastwise::syntax::yaml::parse(written).roots;
    decoded.first().and_then(|node| node.as_str()) == Some(text)
}

fn read_yaml(text: String) -> Inventory {
    read_sources(vec![Source::new("t.yaml", text)], &ReadOptions::default())
}

#[test]
fn hostile_templates_end() {
    let role = |policy: &str| {
        format!(
            "Mappings:\n  M: {{a: {{b: c}}}}\nConditions:\n  A: !Not [!Condition B]\n  \
             B: !And [!Condition A, !Condition A]\nResources:\n  P:\n    Type: AWS::IAM::Policy\n    \
             Condition: A\n    Properties:\n      PolicyDocument: {policy}\n"
        )
    };
    let statement = |resource: &str| {
        role(&format!(
            "{{Statement: [{{Effect: Allow, Action: 's3:*', Resource: {resource}}}]}}"
        ))
    };
    let mut nested = "x".to_owned();
    for _ in 0..40 {
        nested = format!("!Sub ['${{a}}${{a}}', {{a: {nested}}}]");
    }
    let mut choices = "x".to_owned();
    for n in 0..30 {
        choices = format!("!Join ['', [{choices}, !If [C{n}, a, b]]]");
    }
    let cycle = "!FindInMap [M, !FindInMap [M, a, b], !FindInMap [M, !Ref P, b]]";
    for text in [statement(&nested), statement(&choices), statement(cycle)] {
        let found = read_yaml(text);
        assert_eq!(found.documents.len(), 1, "{:?}", found.failures);
        assert!(found.documents[0].completeness > Completeness::Full);
    }
    let bomb = format!(
        "a: &a [{x}]\nb: &b [{a}]\nc: &c [{b}]\nd: &d [{c}]\ne: &e [{d}]\nf: &f [{e}]\nStatement: *f\n",
        x = vec!["x"; 50].join(", "),
        a = vec!["*a"; 50].join(", "),
        b = vec!["*b"; 50].join(", "),
        c = vec!["*c"; 50].join(", "),
        d = vec!["*d"; 50].join(", "),
        e = vec!["*e"; 50].join(", "),
    );
    let found = read_yaml(bomb);
    assert_eq!(found.failures.len(), 1);
    assert!(found.failures[0].message.contains("repeat too much"));
}
