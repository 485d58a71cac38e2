//! Terraform: our own fixtures as they read, and the files of public
//! repositories, whose documents another parser counted.

use leastwise::policy;
use leastwise::sources::{Completeness, Document, Inventory, ReadOptions, read, read_found};
use leastwise::text::Source;
use std::fmt::Write;
use std::fs;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn inventory(path: &Path) -> Inventory {
    read(&[path.to_owned()], None, &ReadOptions::default())
}

/// Whether another parser counts it: something that is written as a document.
fn is_written(document: &Document) -> bool {
    let address = document.address.as_deref().unwrap_or_default();
    document.completeness != Completeness::Opaque && !address.ends_with(":permission")
}

/// How a document is written, by what stands before its brace.
fn notation_of(inventory: &Inventory, document: &Document) -> &'static str {
    let text = inventory.source(document.source).text();
    if text[document.span.range()].starts_with("data ") {
        return "data ";
    }
    let before = text[..document.span.start as usize].trim_end();
    match before.ends_with('(') {
        true => "jsonencode(",
        false => "<<",
    }
}

#[test]
fn the_documents_of_public_repositories_are_found() {
    let folder = root().join("../shared/corpora/iac");
    let Ok(manifest) = fs::read_to_string(folder.join("manifest.json")) else {
        println!("skipped: no corpus at {}", folder.display());
        return;
    };
    let manifest: Vec<serde_json::Value> = serde_json::from_str(&manifest).unwrap();
    let files = manifest.iter().filter(|entry| entry["kind"] == "terraform");
    let (mut expected, mut found, mut wrong) = (0, 0, 0);
    for entry in files {
        let name = entry["file"].as_str().unwrap();
        let inventory = inventory(&folder.join(name));
        assert_eq!(inventory.failures, [], "{name}");
        let count = inventory.documents.iter().filter(|d| is_written(d)).count();
        let wanted = usize::try_from(entry["policy_documents"].as_u64().unwrap()).unwrap();
        if let Some(counts) = entry.get("terraform_counts") {
            for (notation, key) in [
                ("data ", "data_docs"),
                ("jsonencode(", "jsonencode_docs"),
                ("<<", "heredoc_docs"),
            ] {
                let counted = counts.get(key).and_then(serde_json::Value::as_u64);
                let written = inventory.documents.iter().filter(|d| is_written(d));
                let count = written
                    .filter(|d| notation_of(&inventory, d) == notation)
                    .count();
                assert_eq!(count as u64, counted.unwrap_or(0), "{name}: {key}");
            }
        }
        expected += wanted;
        found += count;
        if count != wanted {
            wrong += 1;
            println!("{name}: expected {wanted}, found {count}");
            for document in &inventory.documents {
                println!("   {:?} {:?}", document.address, document.reason);
            }
        }
    }
    println!("{expected} documents expected, {found} found, {wrong} files differ");
    assert_eq!(wrong, 0);
}

/// What was read, one paragraph a document.
fn told(inventory: &Inventory) -> String {
    let mut text = String::new();
    for document in &inventory.documents {
        let source = inventory.source(document.source);
        let from = source.position(document.span.start);
        let to = source.position(document.span.end);
        let name = Path::new(source.name())
            .strip_prefix(root())
            .unwrap_or(Path::new(source.name()));
        writeln!(
            text,
            "{}:{}-{} {} ({}, {:?})",
            name.display(),
            from.line,
            to.line,
            document.address.as_deref().unwrap_or("-"),
            document.policy_type.name(),
            document.host,
        )
        .unwrap();
        if let Some(reason) = &document.reason {
            writeln!(text, "  {:?}: {reason}", document.completeness).unwrap();
        }
        for guard in &document.guards {
            writeln!(text, "  if {guard}").unwrap();
        }
        for symbol in &document.symbols {
            writeln!(text, "  {} {:?}", symbol.text(), symbol.domain).unwrap();
        }
        for diagnostic in &document.diagnostics {
            let at = source.position(diagnostic.primary.span.start);
            writeln!(
                text,
                "  {}:{} {}: {}",
                at.line, at.column, diagnostic.code, diagnostic.message
            )
            .unwrap();
        }
        if let Some(policy) = &document.policy {
            let printed = policy::print(policy);
            for line in printed.lines() {
                writeln!(text, "    {line}").unwrap();
            }
        }
    }
    for (what, list) in [
        ("failure", &inventory.failures),
        ("gap", &inventory.gaps),
        ("empty", &inventory.empty),
    ] {
        for one in list {
            writeln!(text, "{what}: {one}").unwrap();
        }
    }
    text
}

fn snapshot(name: &str) {
    let told = told(&inventory(
        &root().join("policies/forms/terraform").join(name),
    ));
    let told = told.replace(&format!("{}/", root().display()), "");
    insta::with_settings!({
        snapshot_path => root().join("snapshots"),
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, { insta::assert_snapshot!(format!("terraform-{name}"), told) });
}

#[test]
fn all_notations_of_a_policy_are_read() {
    snapshot("access");
}

#[test]
fn documents_are_merged_as_the_provider_does_it() {
    snapshot("documents");
}

#[test]
fn modules_are_read_with_their_arguments() {
    snapshot("module");
}

#[test]
fn what_a_deployment_decides_is_a_guard_or_a_symbol() {
    snapshot("guards");
}

#[test]
fn configuration_may_be_json() {
    snapshot("json");
}

#[test]
fn a_broken_block_costs_itself_and_is_told() {
    snapshot("broken");
}

#[test]
fn a_policy_in_a_file_of_its_own_stands_there() {
    snapshot("files");
}

#[test]
fn one_policy_is_the_same_in_every_notation() {
    let read = inventory(&root().join("policies/forms/terraform/same"));
    let printed: Vec<_> = read
        .documents
        .iter()
        .map(|d| (d.address.clone(), policy::print(d.policy.as_ref().unwrap())))
        .collect();
    assert_eq!(printed.len(), 6, "{}", told(&read));
    for (address, text) in &printed {
        assert_eq!(text, &printed[0].1, "{address:?}");
    }
    assert!(
        printed[0]
            .1
            .contains("arn:⟨partition⟩:s3:::⟨aws_s3_bucket.b⟩/*")
    );
}

#[test]
fn a_named_file_is_read_with_its_folder_and_alone_is_told_of() {
    let folder = root().join("policies/forms/terraform/module");
    let inventory = inventory(&folder.join("queue/main.tf"));
    let addresses: Vec<_> = inventory
        .documents
        .iter()
        .map(|d| d.address.as_deref())
        .collect();
    assert_eq!(addresses, [Some("aws_sqs_queue_policy.this:policy")]);
}

#[test]
fn texts_in_memory_are_read_like_files() {
    let folder = "policies/forms/terraform/files";
    let sources = ["main.tf", "read.json", "write.json.tftpl"].map(|name| {
        let path = format!("{folder}/{name}");
        let text = fs::read_to_string(root().join(&path)).unwrap();
        Source::new(path, text)
    });
    let read = read_found(sources.into(), &[], &ReadOptions::default());
    assert_eq!(told(&read), told(&inventory(Path::new(folder))));
}

#[cfg(unix)]
#[test]
fn links_in_a_circle_and_modules_that_call_each_other_end() {
    let folder = std::env::temp_dir().join(format!("leastwise-circle-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("a")).unwrap();
    fs::create_dir_all(folder.join("b")).unwrap();
    let module = |other: &str| {
        format!(
            "module \"m\" {{\n  source = \"../{other}\"\n}}\n\
             module \"me\" {{\n  source = \"./loop/loop\"\n}}\n\
             resource \"aws_iam_policy\" \"p\" {{\n  policy = jsonencode({{ Version = \"2012-10-17\", \
             Statement = [{{ Effect = \"Allow\", Action = \"s3:*\", Resource = \"*\" }}] }})\n}}\n"
        )
    };
    fs::write(folder.join("a/main.tf"), module("b")).unwrap();
    fs::write(folder.join("b/main.tf"), module("a")).unwrap();
    std::os::unix::fs::symlink(folder.join("a"), folder.join("a/loop")).unwrap();
    let inventory = inventory(&folder);
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(inventory.documents.len(), 2);
    assert!(
        inventory
            .gaps
            .iter()
            .any(|gap| gap.message == "module `m` calls itself")
    );
}
