//! `leastwise lint` and `leastwise explain`, as people run them.

use super::schema;
use leastwise::render::explain::LintList;
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a run left behind.
struct Run {
    code: i32,
    out: String,
    err: String,
}

impl Run {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).expect("JSON on standard output")
    }

    fn lints(&self) -> Vec<String> {
        let json = self.json();
        let findings = json["findings"].as_array().unwrap();
        findings
            .iter()
            .map(|f| f["lint"].as_str().unwrap().to_owned())
            .collect()
    }
}

fn run(folder: &Path, args: &[&str], input: &str) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_leastwise"))
        .args(args)
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that does not read its input closes it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A fresh folder with these files.
fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("lint")
        .join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    for (file, text) in files {
        let file = path.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    path
}

macro_rules! snapshot {
    ($name:literal, $value:expr) => {
        // A refresh of the catalog changes no snapshot but by what it adds.
        let value = $value.replace(leastwise::catalog::get().date(), "[date]");
        insta::with_settings!({
            snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"),
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, { insta::assert_snapshot!($name, value) })
    };
}

const CLEAN: &str = r#"{
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::reports/*"
    }
}
"#;

const CI: &str = r#"{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Deploy",
            "Effect": "Allow",
            "Action": ["iam:PassRole", "ec2:RunInstances"],
            "Resource": "*"
        },
        {
            "Sid": "Deploy",
            "Effect": "Allow",
            "Action": ["s3:GetObjects", "s3:ListObjectsV2", "s3:ListBucket"],
            "Resource": "arn:aws:s3:::artifacts/*"
        }
    ]
}
"#;

const TRUST: &str = r#"{
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
}
"#;

fn mixed(name: &str) -> PathBuf {
    folder(
        name,
        &[
            ("ci.json", CI),
            ("trust.json", TRUST),
            ("sub/clean.json", CLEAN),
            ("sub/other.json", "{\"name\": \"not a policy\"}"),
        ],
    )
}

#[test]
fn a_report_for_people() {
    let run = run(&mixed("people"), &["lint"], "");
    assert_eq!(run.code, 1, "{}", run.err);
    snapshot!("lint_full", run.out);
}

#[test]
fn a_line_for_each_finding() {
    let run = run(
        &mixed("lines"),
        &["lint", "--format", "concise", "--persona", "auditor"],
        "",
    );
    snapshot!("lint_concise", run.out);
}

#[test]
fn machine_formats() {
    let folder = mixed("machines");
    let args = [
        "lint",
        "--format",
        "json",
        "--output",
        "sarif:out.sarif",
        "--output",
        "concise:out.txt",
    ];
    let json = run(&folder, &args, "");
    snapshot!("lint_json", json.out);
    snapshot!(
        "lint_sarif",
        fs::read_to_string(folder.join("out.sarif")).unwrap()
    );
    assert!(
        fs::read_to_string(folder.join("out.txt"))
            .unwrap()
            .contains("ci.json:7:24: warning[pass-role-wildcard]")
    );
}

#[test]
fn runs_are_repeatable() {
    let folder = mixed("repeat");
    let first = run(&folder, &["lint", "--format", "json"], "");
    for _ in 0..3 {
        assert_eq!(
            run(&folder, &["lint", "--format", "json"], "").out,
            first.out
        );
    }
}

#[test]
fn exit_codes() {
    let folder = mixed("codes");
    let code = |args: &[&str]| run(&folder, &[&["lint"], args].concat(), "").code;
    assert_eq!(code(&["sub/clean.json"]), 0);
    assert_eq!(code(&["trust.json"]), 1);
    assert_eq!(code(&["trust.json", "--exit-zero"]), 0);
    assert_eq!(code(&["trust.json", "--fail-on", "never"]), 0);
    assert_eq!(code(&["trust.json", "--fail-on", "risk:critical"]), 1);
    assert_eq!(code(&["ci.json", "--fail-on", "risk:critical"]), 0);
    assert_eq!(code(&["ci.json", "--fail-on", "risk:high"]), 1);
    assert_eq!(code(&["ci.json", "--fail-on", "warning"]), 1);
    assert_eq!(code(&["sub/other.json"]), 3);
    assert_eq!(code(&["sub/other.json", "--allow-empty"]), 0);
    assert_eq!(code(&["no-such-file.json"]), 2);
    assert_eq!(code(&["--fail-on", "anything"]), 2);
    assert_eq!(code(&["--policy-type", "anything"]), 2);
    assert_eq!(code(&["--output", "sarif"]), 2);
    assert_eq!(code(&["--output", "sarif:no/such/folder/x"]), 2);
}

#[test]
fn one_failure_is_told_once() {
    let folder = mixed("once");
    fs::create_dir(folder.join("empty")).unwrap();
    for (path, told, code) in [
        (
            "no-such-file.json",
            "error: no-such-file.json: no such file or folder\n",
            2,
        ),
        (
            "sub/other.json",
            "note: sub/other.json: no policy in this file\n",
            3,
        ),
        (
            "empty",
            "note: empty: no JSON, YAML or Terraform file in this folder\n",
            3,
        ),
    ] {
        for format in ["full", "concise"] {
            let run = run(&folder, &["lint", path, "--format", format], "");
            assert_eq!((run.out.as_str(), run.err.as_str()), ("", told), "{format}");
            assert_eq!(run.code, code);
        }
    }
    fs::write(folder.join("empty/other.json"), "{}").unwrap();
    assert_eq!(
        run(&folder, &["lint", "empty"], "").err,
        "note: nothing to analyse\n"
    );
    // A file is read apart from what was told.
    let args = [
        "lint",
        "no-such-file.json",
        "trust.json",
        "--output",
        "full:out.txt",
    ];
    let run = run(&folder, &args, "");
    let file = fs::read_to_string(folder.join("out.txt")).unwrap();
    assert!(file.contains("note: no-such-file.json: "), "{file}");
    assert!(
        run.out.ends_with(&file[file.find("analysed").unwrap()..]),
        "{}",
        run.out
    );
    assert!(!run.out.contains("no-such-file.json"), "{}", run.out);
}

#[test]
fn an_unreadable_input_does_not_hide_the_others() {
    let folder = mixed("unreadable");
    fs::write(folder.join("bad.json"), b"{\"Statement\": \"\xC0\"}").unwrap();
    let run = run(
        &folder,
        &[
            "lint",
            "no-such-file.json",
            "bad.json",
            "trust.json",
            "--format",
            "json",
            "--exit-zero",
        ],
        "",
    );
    assert_eq!(run.code, 2);
    assert_eq!(run.lints(), ["public-trust"]);
    assert!(
        run.err.contains("error: no-such-file.json: "),
        "{}",
        run.err
    );
    assert!(
        run.err.contains("error: bad.json: invalid UTF-8"),
        "{}",
        run.err
    );
}

#[test]
fn a_url_encoded_document_is_read_in_place() {
    let text = CI
        .replace('{', "%7B")
        .replace('"', "%22")
        .replace(' ', "%20");
    let folder = folder("url", &[("ci.json", &text)]);
    let encoded = run(&folder, &["lint", "ci.json", "--format", "json"], "");
    let plain = run(
        &mixed("url-plain"),
        &["lint", "ci.json", "--format", "json"],
        "",
    );
    assert_eq!(encoded.lints(), plain.lints());
    for finding in encoded.json()["findings"].as_array().unwrap() {
        let at = |end: &str, axis: &str| finding[end][axis].as_u64().unwrap() as usize;
        let line = text.lines().nth(at("start", "line") - 1).unwrap();
        let place = &line[at("start", "column") - 1..];
        assert!(place.starts_with('%'), "{finding}: {place}");
        if at("start", "line") == at("end", "line") {
            assert!(
                line[..at("end", "column") - 1].ends_with("%22"),
                "{finding}"
            );
        }
    }
}

#[test]
fn standard_input() {
    let folder = folder("stdin", &[]);
    let run = run(
        &folder,
        &[
            "lint",
            "-",
            "--stdin-filename",
            "trust.json",
            "--format",
            "concise",
            "--quiet",
        ],
        TRUST,
    );
    assert_eq!(run.code, 1);
    assert!(run.out.starts_with("trust.json:3:"), "{}", run.out);
}

#[test]
fn hostile_text_does_not_reach_the_terminal() {
    let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:\u001b[2J\u202eGet", "Resource": "arn:aws:s3:::b/*", "\u001b]8;;": 1}}"#;
    let folder = folder(
        "hostile",
        &[
            ("a\u{1b}[31m.json", text),
            ("b.json", &text.replace("\\u001b", "\u{1b}")),
        ],
    );
    for format in ["full", "concise"] {
        let run = run(
            &folder,
            &["lint", "--format", format, "--color", "never"],
            "",
        );
        assert!(run.out.contains("s3:"), "{}", run.out);
        assert!(
            run.out.chars().all(|c| c == '\n' || !c.is_control()),
            "{:?}",
            run.out
        );
        assert!(!run.out.contains('\u{202e}'));
    }
}

#[test]
fn colours_are_asked_for() {
    let folder = mixed("colours");
    let escape = '\u{1b}';
    assert!(
        !run(&folder, &["lint", "trust.json"], "")
            .out
            .contains(escape)
    );
    assert!(
        run(&folder, &["lint", "trust.json", "--color", "always"], "")
            .out
            .contains(escape)
    );
}

#[test]
fn quiet_prints_findings_only() {
    let folder = mixed("quiet");
    let run = run(&folder, &["lint", "--quiet", "--format", "concise"], "");
    assert!(
        run.out.lines().all(|line| line.contains('[')),
        "{}",
        run.out
    );
}

#[test]
fn deep_nesting_is_an_error_with_a_place() {
    let folder = folder(
        "deep",
        &[(
            "p.json",
            &format!("{{\"Statement\": {}", "[".repeat(10_000)),
        )],
    );
    let run = run(&folder, &["lint", "p.json", "--format", "json"], "");
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(
        run.lints().contains(&"syntax-error".to_owned()),
        "{:?}",
        run.lints()
    );
}

#[test]
fn explain_takes_ids_and_codes_of_other_tools() {
    let folder = folder("explain", &[]);
    let page = run(&folder, &["explain", "missing-version"], "");
    assert_eq!(page.code, 0);
    snapshot!("explain", page.out);
    let by_code = run(&folder, &["explain", "no_version"], "");
    assert_eq!(by_code.out, page.out);
    let schema = schema::committed("explain", &schema::of_output::<LintList<'static>>());
    let all = run(&folder, &["explain", "--format", "json"], "").json();
    let one = run(&folder, &["explain", "no_version", "--format", "json"], "").json();
    for output in [&all, &one] {
        assert_eq!(output["schema"], "leastwise/explain/1");
        assert_eq!(schema::check(&schema, output), Ok(()));
    }
    assert!(all["lints"].as_array().unwrap().len() >= 18);
    assert_eq!(one["lints"][0]["id"], "missing-version");
    let unknown = run(&folder, &["explain", "mising-version"], "");
    assert_eq!(unknown.code, 2);
    assert!(
        unknown.err.contains("did you mean `missing-version`"),
        "{}",
        unknown.err
    );
}
