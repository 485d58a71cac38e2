//! `leastwise extract`, as people run it, and the line about what was read.

use super::schema;
use leastwise::render::extract::Extracted;
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

struct Run {
    code: i32,
    out: String,
    err: String,
}

fn run(folder: &Path, args: &[&str], input: &str) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_leastwise"))
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("extract")
        .join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    for (file, text) in files {
        fs::write(path.join(file), text).unwrap();
    }
    path
}

const PLAIN: &str =
    r#"{"Statement":[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":"*"}]}"#;
const TOKENS: &str =
    r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${BUCKET}/*"}}"#;
const ROLE: &str = r#"{"RoleDetailList":[{"Arn":"arn:aws:iam::111122223333:role/r","RoleName":"r",
    "AssumeRolePolicyDocument":7}],"UserDetailList":[],"GroupDetailList":[],"Policies":[]}"#;

fn mixed(name: &str) -> PathBuf {
    folder(
        name,
        &[("a.json", PLAIN), ("b.json", TOKENS), ("c.json", ROLE)],
    )
}

#[test]
fn every_policy_is_printed_and_the_end_says_what_was_read() {
    let run = run(&mixed("policies"), &["extract", "."], "");
    assert_eq!(run.code, 0, "{}", run.err);
    let policies: Vec<Value> = serde_json::Deserializer::from_str(&run.out)
        .into_iter()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(policies.len(), 2, "nothing is known of the third");
    assert_eq!(policies[0]["Statement"][0]["Action"], "s3:GetObject");
    assert_eq!(
        policies[1]["Statement"][0]["Resource"],
        "arn:aws:s3:::⟨BUCKET⟩/*"
    );
    assert_eq!(
        run.err,
        "analysed 3 documents in 3 files: 1 full, 1 symbolic, 1 opaque\n\
         \u{20} symbolic  b.json:1  `${BUCKET}` is filled in at deployment\n\
         \u{20} opaque  c.json:2  a number stands where a policy belongs\n"
    );
}

#[test]
fn lines_tell_where_each_document_stands() {
    let run = run(
        &mixed("lines"),
        &["extract", ".", "--format", "jsonl", "-q"],
        "",
    );
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let schema = schema::committed("extract", &schema::of_output::<Extracted>());
    let lines: Vec<Value> = run
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for line in &lines {
        schema::check(&schema, line).unwrap();
    }
    assert_eq!(
        lines[1],
        json!({
            "schema": "leastwise/extract/1", "file": "b.json", "form": "json",
            "policy_type": "identity", "start": {"line": 1, "column": 1},
            "end": {"line": 1, "column": 87}, "statements": 1, "completeness": "symbolic",
            "symbols": [{"address": "BUCKET", "domain": "any"}],
            "reasons": ["`${BUCKET}` is filled in at deployment"],
            "policy": {"Statement": [{"Effect": "Allow", "Action": "s3:*",
                "Resource": "arn:aws:s3:::⟨BUCKET⟩/*"}]},
        })
    );
    assert_eq!(lines[2]["address"], "role/r:trust");
    assert_eq!(lines[2]["policy"], Value::Null);
    assert_eq!(lines[2]["completeness"], "opaque");
}

#[test]
fn exit_codes_are_those_of_the_contract() {
    let path = mixed("codes");
    let code = |args: &[&str], input: &str| run(&path, args, input).code;
    assert_eq!(code(&["extract", "a.json", "--strict"], ""), 0);
    assert_eq!(code(&["extract", "c.json", "--strict"], ""), 1);
    assert_eq!(code(&["extract", "a.json", "none.json"], ""), 2);
    assert_eq!(code(&["extract", "-"], "{}"), 3);
    assert_eq!(code(&["extract", "-", "--allow-empty"], "{}"), 0);
}

#[test]
fn what_is_printed_is_read_back_as_the_same() {
    let path = mixed("back");
    let first = run(&path, &["extract", "a.json", "a.json", "b.json", "-q"], "");
    let again = run(&path, &["extract", "-", "-q"], &first.out);
    assert_eq!(again.out, first.out);
}

#[test]
fn what_is_no_policy_language_is_told() {
    let text = PLAIN.replace("\"Allow\"", "\"allow\"");
    let run = run(&folder("fatal", &[]), &["extract", "-"], &text);
    assert!(run.err.starts_with("note: -:1:"), "{}", run.err);
    assert!(run.err.contains("allow"), "{}", run.err);
}

#[test]
fn a_check_ends_with_what_was_read() {
    let args = ["check", "not-granted", ".", "--action", "s3:PutObject"];
    let text = run(&mixed("check"), &args, "").out;
    let line = "  analysed 3 documents in 3 files: 1 full, 1 symbolic, 1 opaque\n";
    assert!(text.contains(line), "{text}");
    let args = [&args[..], &["--format", "json"]].concat();
    let json: Value = serde_json::from_str(&run(&mixed("check-json"), &args, "").out).unwrap();
    assert_eq!(json["checks"][0]["coverage"]["opaque"], 1);
}
