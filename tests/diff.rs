//! `leastwise diff` as people run it.

use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const LINE: &str = r#"{"id":"d1","old":{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/public/*"}},"new":{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}}"#;

fn run(folder: &Path, args: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_leastwise"))
        .arg("diff")
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join().unwrap();
    output
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    let lines = text(&output.stdout);
    let lines = lines.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The line `d1` with other policies.
fn line(old: &str, new: &str) -> String {
    let policy =
        |statement: &str| format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
    format!(
        r#"{{"id":"x","old":{},"new":{}}}"#,
        policy(old),
        policy(new)
    )
}

const GET: &str = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}"#;
/// Reads differently than any operator that is known.
const STRANGE: &str = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringSounds":{"a":"b"}}}"#;

#[test]
fn the_example_of_the_format() {
    let output = run(&root(), &["--batch", "-"], LINE.as_bytes());
    let mut answers = lines(&output);
    answers[0]["micros"].take();
    assert_eq!(
        answers[0].to_string(),
        r#"{"id":"d1","micros":null,"reasons":[],"relation":"wider","witness_new":{"action":"s3:GetObject","context":{},"resource":"arn:aws:s3:::b/x"}}"#
    );
    assert_eq!(code(&output), 1);
}

#[test]
fn a_batch_keeps_its_order_and_goes_on_behind_a_bad_line() {
    let mut input = Vec::new();
    for number in 0..2500 {
        let id = format!("\"n{number}\"");
        input.extend_from_slice(LINE.replace("\"d1\"", &id).as_bytes());
        input.push(b'\n');
        if number == 1200 {
            input.extend_from_slice(b"nope\n\xff\n{\"id\":\"half\"}\n");
        }
    }
    let output = run(&root(), &["--batch", "-"], &input);
    assert_eq!(code(&output), 2);
    let answers = lines(&output);
    assert_eq!(answers.len(), 2503);
    assert_eq!(answers[1200]["id"], "n1200");
    assert_eq!(answers[1201]["error"]["kind"], "invalid-json");
    assert_eq!(answers[1202]["error"]["message"], "invalid UTF-8");
    assert_eq!(answers[1203]["id"], "half");
    assert_eq!(answers[2502]["id"], "n2499");
}

#[test]
fn the_exit_code_of_a_batch_is_that_of_its_worst_line() {
    let (same, wider) = (line(GET, GET), line("", GET));
    let (narrower, open) = (line(GET, ""), line(GET, STRANGE));
    let never: &[&str] = &["--fail-on", "never"];
    let cases: &[(&[&str], &[&str], i32)] = &[
        (&[], &[&same], 0),
        (&[], &[&same, &wider], 1),
        (&[], &[&narrower], 0),
        (&["--fail-on", "changed"], &[&narrower, &same], 1),
        (never, &[&wider], 0),
        (&[], &[&open, &same], 4),
        (&[], &[&open, &wider], 1),
        (never, &[&open, &wider], 4),
        (&["--undecided", "pass"], &[&open], 0),
        (never, &[&wider, "{}", &open], 2),
        (&[], &[], 0),
    ];
    for (args, batch, expected) in cases {
        let args = [&["--batch", "-"], *args].concat();
        let output = run(&root(), &args, batch.join("\n").as_bytes());
        assert_eq!(
            code(&output),
            *expected,
            "{args:?}\n{}",
            text(&output.stdout)
        );
    }
}

#[test]
fn settings_reach_the_lines() {
    let colons = line(
        r#"{"Effect":"Allow","Action":"logs:*","Resource":"arn:aws:logs:*:*:log-group:g:*"},{"Effect":"Deny","Action":"logs:*","Resource":"arn:aws:logs:*:*:log-stream:x"}"#,
        r#"{"Effect":"Allow","Action":"logs:*","Resource":"arn:aws:logs:*:*:log-group:g:*"}"#,
    );
    let relation = |args: &[&str]| {
        let args = [&["--batch", "-"], args].concat();
        let output = run(&root(), &args, colons.as_bytes());
        lines(&output)[0]["relation"].as_str().unwrap().to_owned()
    };
    assert_eq!(relation(&[]), "wider");
    assert_eq!(
        relation(&["--set", "resource-colons=segmented"]),
        "equivalent"
    );
    let output = run(&root(), &["--batch", "-", "--set", "colons=no"], b"");
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("`colons`"));
    let output = run(&root(), &["--batch", "no-such-file"], b"");
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("cannot read `no-such-file`"));
}
