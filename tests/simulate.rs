//! `leastwise simulate` as people run it.

use super::schema;
use leastwise::render::simulation;
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const READ: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "Read", "Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/${aws:username}/*"},
    {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*",
     "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
  ]
}"#;
const LINE: &str = r#"{"id":"t1","request":{"principal":"arn:aws:iam::111111111111:user/bob","action":"s3:GetObject","resource":"arn:aws:s3:::b/k","resourceAccount":"111111111111","context":{"aws:SourceIp":"10.1.2.3"}},"identityPolicies":[{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::b/*"}}],"resourcePolicy":null,"scps":[],"rcps":[],"permissionBoundaries":null,"sessionPolicies":null,"vpcEndpointPolicies":null}"#;

/// A folder of its own for one test, taken away at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("leastwise-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
    fn file(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.0.join(name), text).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn run(folder: &Path, args: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_leastwise"))
        .arg("simulate")
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // Written from aside: a big batch answers while it is still being read.
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join().unwrap();
    output
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

const ASK: &[&str] = &[
    "--action",
    "s3:GetObject",
    "--resource",
    "arn:aws:s3:::b/bob/k",
];
const BOB: &[&str] = &[
    "--principal",
    "arn:aws:iam::111111111111:user/bob",
    "--resource-account",
    "111111111111",
];

#[test]
fn fixtures_are_answered_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/evaluation");
    let mut lines = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let output = run(&folder, &["--batch", path.to_str().unwrap()], b"");
        for line in text(&output.stdout).lines() {
            let answer: Value = serde_json::from_str(line).unwrap();
            assert_eq!(answer["match"], true, "{line}");
            lines += 1;
        }
        assert_eq!(code(&output), 0, "{}", path.display());
    }
    assert!(lines >= 69, "{lines}");
}

#[test]
fn the_example_of_the_format() {
    let output = run(Path::new("."), &["--batch", "-"], LINE.as_bytes());
    assert_eq!(
        text(&output.stdout),
        "{\"id\":\"t1\",\"decision\":\"Allowed\",\"blocked_by\":[],\"certain\":true}\n"
    );
    assert_eq!(code(&output), 0);
}

/// Batches of every kind of line, with and without the explanation, and single
/// answers.
#[test]
fn every_output_keeps_its_schema() {
    let schema = schema::committed("simulate", &simulation::schema());
    let check = |output: &Output, named: bool| {
        let output = text(&output.stdout);
        assert!(!output.is_empty());
        for line in output.lines() {
            let answer: Value = serde_json::from_str(line).unwrap();
            assert_eq!(schema::check(&schema, &answer), Ok(()), "{line}");
            let name = answer.get("schema").and_then(Value::as_str);
            assert_eq!(name, named.then_some("leastwise/simulate/1"), "{line}");
        }
    };
    let folder = Folder::new("schema");
    folder.file("read.json", READ);
    let mut input = format!("nope\n{{}}\n{LINE}\n");
    for name in ["language.jsonl", "combination.jsonl"] {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/evaluation");
        input += &std::fs::read_to_string(fixtures.join(name)).unwrap();
    }
    for more in [&[][..], &["--explain"]] {
        let batch = [&["--batch", "-"], more].concat();
        check(&run(&folder.0, &batch, input.as_bytes()), false);
        let one = [ASK, BOB, &["read.json", "--format", "json"], more].concat();
        check(&run(&folder.0, &one, b""), true);
    }
    let wrong = serde_json::json!({"id": "t1", "decision": "Perhaps", "blocked_by": []});
    assert!(schema::check(&schema, &wrong).is_err());
}

#[test]
fn a_bad_line_costs_itself_only() {
    let good = LINE.replace("\"t1\"", "\"t2\"");
    let missing = r#"{"id":"t3","request":{"principal":"anonymous","action":"s3:GetObject"}}"#;
    let layer = LINE.replace("\"scps\":[]", "\"scps\":[{\"level\":\"root\"}]");
    let input = [
        LINE.as_bytes(),
        b"\n\n  \nnope\n\xFF\xFE\n",
        missing.as_bytes(),
        b"\n",
        layer.as_bytes(),
        b"\r\n",
        good.as_bytes(),
    ]
    .concat();
    let output = run(Path::new("."), &["--batch", "-"], &input);
    let lines: Vec<Value> = text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let kinds: Vec<_> = lines
        .iter()
        .map(|l| l["error"]["kind"].as_str().unwrap_or("-"))
        .collect();
    assert_eq!(
        kinds,
        [
            "-",
            "invalid-json",
            "invalid-json",
            "invalid-request",
            "invalid-request",
            "-"
        ]
    );
    assert_eq!(lines[3]["error"]["path"], "request.resource");
    assert_eq!(lines[3]["id"], "t3");
    assert_eq!(lines[5]["id"], "t2");
    assert_eq!(code(&output), 2);
}

#[test]
fn order_is_kept_over_many_lines_and_an_assertion_that_fails_is_1() {
    let mut input = String::new();
    for i in 0..5000 {
        input += &LINE.replace("\"t1\"", &format!("\"{i}\""));
        input.push('\n');
    }
    input += &LINE.replace(
        "\"id\":\"t1\"",
        "\"id\":\"last\",\"expected\":\"ExplicitlyDenied\"",
    );
    let output = run(Path::new("."), &["--batch", "-"], input.as_bytes());
    let all = text(&output.stdout);
    for (i, line) in all.lines().take(5000).enumerate() {
        assert!(line.starts_with(&format!("{{\"id\":\"{i}\"")), "{line}");
    }
    let last: Value = serde_json::from_str(all.lines().last().unwrap()).unwrap();
    assert_eq!(
        (last["id"].as_str(), last["match"].as_bool()),
        (Some("last"), Some(false))
    );
    assert_eq!(code(&output), 1);
}

#[test]
fn people_get_the_statement_that_decides() {
    let folder = Folder::new("decides");
    folder.file("read.json", READ);
    let ask = |more: &[&str]| run(&folder.0, &[ASK, BOB, &["read.json"], more].concat(), b"");
    let output = ask(&["--explain"]);
    insta::with_settings!({
        snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"),
        prepend_module_to_snapshot => false,
    }, {
        insta::assert_snapshot!("simulate-explain", text(&output.stdout));
    });
    assert_eq!(code(&output), 0);
    let denied = ask(&["--context", "aws:SecureTransport=false"]);
    assert!(text(&denied.stdout).starts_with("ExplicitlyDenied: "));
    assert!(text(&denied.stdout).contains("denied by read.json:5:5 (identity)"));
    assert_eq!(code(&denied), 0);
}

#[test]
fn a_policy_file_may_be_url_encoded() {
    let folder = Folder::new("url");
    let encoded = READ
        .replace('{', "%7B")
        .replace('"', "%22")
        .replace(' ', "%20");
    folder.file("read.json", encoded + "\n");
    let args = &[
        ASK,
        BOB,
        &["read.json", "--context", "aws:SecureTransport=false"],
    ]
    .concat();
    let output = text(&run(&folder.0, args, b"").stdout);
    assert!(
        output.contains("denied by read.json:5:13 (identity)"),
        "{output}"
    );
}

#[test]
fn expectations_set_the_exit_code() {
    let folder = Folder::new("expect");
    folder.file("read.json", READ);
    folder.file(
        "ec2.json",
        r#"{"Statement": {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}}"#,
    );
    let ask = |more: &[&str]| {
        code(&run(
            &folder.0,
            &[ASK, BOB, &["read.json"], more].concat(),
            b"",
        ))
    };
    assert_eq!(ask(&["--expect", "Allowed"]), 0);
    assert_eq!(ask(&["--expect", "Denied"]), 1);
    let bounded = &["--boundary", "ec2.json"];
    assert_eq!(
        ask(&[bounded, &["--expect", "ImplicitlyDenied"][..]].concat()),
        0
    );
    assert_eq!(ask(&[bounded, &["--expect", "Denied"][..]].concat()), 0);
    assert_eq!(
        ask(&[bounded, &["--expect", "ExplicitlyDenied"][..]].concat()),
        1
    );
    let session = &[
        "--session-policy",
        "ec2.json",
        "--expect",
        "ImplicitlyDenied",
    ];
    assert_eq!(ask(session), 0);
}

#[test]
fn an_organization_is_given_by_level() {
    let folder = Folder::new("organization");
    folder.file("read.json", READ);
    folder.file(
        "all.json",
        r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#,
    );
    folder.file(
        "ec2.json",
        r#"{"Statement": {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}}"#,
    );
    let ask = |more: &[&str]| run(&folder.0, &[ASK, BOB, &["read.json"], more].concat(), b"");
    let decides = |more: &[&str], decision: &str| {
        let output = ask(more);
        let answer = text(&output.stdout);
        assert!(answer.starts_with(decision), "{answer}");
        answer
    };
    decides(&["--scp", "all.json"], "Allowed");
    // One level is a union, another level is not.
    decides(&["--scp", "ec2.json", "--scp", "all.json"], "Allowed");
    let levels = ["--scp", "root=all.json", "--scp", "unit=ec2.json"];
    let answer = decides(&[&levels[..], &["--explain"]].concat(), "ImplicitlyDenied");
    assert!(answer.contains("blocked by: scp"), "{answer}");
    assert!(answer.contains("not allowed by `unit` (scp)"), "{answer}");
    assert!(answer.contains("scp root: allows"), "{answer}");
    assert!(answer.contains("scp unit: says nothing"), "{answer}");
    let management = ["--set", "managementAccount=111111111111"];
    decides(
        &[levels, ["--scp", "all.json", management[0], management[1]]].concat(),
        "Allowed",
    );
    assert_eq!(code(&ask(&["--scp", "=all.json"])), 2);
    folder.file(
        "rcp.json",
        r#"{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}}"#,
    );
    let answer = decides(&["--rcp", "unit=rcp.json"], "ExplicitlyDenied");
    assert!(answer.contains("denied by rcp.json:1:15 (rcp)"), "{answer}");
}

#[test]
fn an_endpoint_is_passed() {
    let folder = Folder::new("endpoint");
    folder.file("read.json", READ);
    folder.file(
        "vpce.json",
        r#"{"Statement": {"Effect": "Allow", "Principal": {"AWS": "222222222222"}, "Action": "*", "Resource": "*"}}"#,
    );
    let passed = ["read.json", "--vpc-endpoint-policy", "vpce.json"];
    let output = run(&folder.0, &[ASK, BOB, &passed].concat(), b"");
    let answer = text(&output.stdout);
    assert!(answer.starts_with("ImplicitlyDenied"), "{answer}");
    assert!(answer.contains("blocked by: vpce"), "{answer}");
    assert!(
        answer.contains("vpce-principal = ignore: Allowed"),
        "{answer}"
    );
}

#[test]
fn what_remains_of_unknown_keys() {
    let folder = Folder::new("unknown");
    folder.file("read.json", READ);
    let ask = |more: &[&str]| {
        let output = run(&folder.0, &[ASK, BOB, &["read.json"], more].concat(), b"");
        text(&output.stdout)
    };
    let answer = ask(&["--unknown", "aws:securetransport"]);
    assert!(answer.starts_with("Allowed"), "{answer}");
    let condition = "  allowed if\n    not Bool aws:SecureTransport: false\n";
    assert!(answer.contains(condition), "{answer}");
    // A variable that stands in a resource; a named caller has the other keys.
    let open = [
        "--unknown",
        "aws:username",
        "--unknown-missing",
        "--format",
        "json",
    ];
    let answer: Value = serde_json::from_str(&ask(&open)).unwrap();
    let resource = serde_json::json!({
        "element": "Resource", "values": ["arn:aws:s3:::b/${aws:username}/*"],
    });
    let transport = serde_json::json!({
        "operator": "Bool", "key": "aws:SecureTransport", "values": ["false"],
    });
    let parts = answer["residual"]["and"].as_array().unwrap();
    assert_eq!(parts.len(), 2, "{answer}");
    assert!(parts.contains(&resource), "{answer}");
    assert!(
        parts.contains(&serde_json::json!({"not": transport})),
        "{answer}"
    );
    let known = ask(&["--unknown", "aws:SourceIp", "--format", "json"]);
    let answer: Value = serde_json::from_str(&known).unwrap();
    assert_eq!(answer["residual"], true);
}

#[test]
fn a_request_file_is_one_line_of_the_batch() {
    let folder = Folder::new("request");
    let pretty: Value = serde_json::from_str(LINE).unwrap();
    folder.file(
        "request.json",
        serde_json::to_string_pretty(&pretty).unwrap(),
    );
    let output = run(&folder.0, &["request.json", "--format", "json"], b"");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["decision"], "Allowed");
    assert_eq!(answer["id"], "t1");
    assert_eq!(code(&output), 0);
}

#[test]
fn settings_are_set_and_shown() {
    let folder = Folder::new("set");
    folder.file(
        "upper.json",
        r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "arn:AWS:s3:::b/*"}}"#,
    );
    let ask = |more: &[&str]| run(&folder.0, &[ASK, &["upper.json"], more].concat(), b"");
    let output = text(&ask(&[]).stdout);
    assert!(
        output.contains("arn-prefix-case = sensitive: ImplicitlyDenied"),
        "{output}"
    );
    let output = text(&ask(&["--set", "arn-prefix-case=sensitive"]).stdout);
    assert!(output.starts_with("ImplicitlyDenied"), "{output}");
    assert!(
        output.contains("setting: arn-prefix-case = sensitive"),
        "{output}"
    );
    let wrong = ask(&["--set", "arn-prefix-case=maybe"]);
    assert_eq!(code(&wrong), 2);
    assert!(text(&wrong.stderr).contains("does not take `maybe`"));
}

#[test]
fn what_cannot_be_read_is_2_and_says_where() {
    let folder = Folder::new("bad");
    folder.file("syntax.json", "{\n  \"Statement\": [,]\n}");
    folder.file(
        "effect.json",
        "{\"Statement\":\n {\"Action\": \"*\", \"Resource\": \"*\"}}",
    );
    folder.file("empty.json", "");
    folder.file("latin1.json", b"{\"Statement\": \"\xE9\"}");
    folder.file("array.json", "[]");
    folder.file("nested.json", "[".repeat(10_000));
    for (name, place) in [
        ("syntax.json", "syntax.json:2:"),
        ("effect.json", "effect.json:2:"),
        ("empty.json", "empty.json"),
        ("latin1.json", "latin1.json"),
        ("array.json", "array.json"),
        ("nested.json", "nested.json"),
        ("absent.json", "absent.json"),
    ] {
        let output = run(&folder.0, &[ASK, &[name]].concat(), b"");
        assert_eq!(code(&output), 2, "{name}");
        assert!(text(&output.stdout).is_empty(), "{name}");
        let errors = text(&output.stderr);
        assert!(errors.contains(place), "{name}: {errors}");
    }
    let unknown = run(
        &folder.0,
        &["--action", "GetObject", "--resource", "*"],
        b"",
    );
    assert_eq!(code(&unknown), 2);
    assert!(text(&unknown.stderr).contains("`GetObject` is no action"));
    assert_eq!(code(&run(&folder.0, &[], b"")), 2);
}

#[test]
fn what_counts_otherwise_than_written_is_noted() {
    let folder = Folder::new("notes");
    folder.file(
        "p.json",
        r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"StringMatches": {"aws:username": "bob"}}}}"#,
    );
    let ask = |more: &[&str]| run(&folder.0, &[ASK, &["p.json"], more].concat(), b"");
    let errors = text(&ask(&[]).stderr);
    assert!(errors.contains("note: no --principal"), "{errors}");
    assert!(
        errors.contains("p.json:2:23: `StringMatches` is no condition operator"),
        "{errors}"
    );
    assert!(ask(&["--quiet"]).stderr.is_empty());
}

#[test]
fn nothing_in_a_policy_drives_the_terminal() {
    let folder = Folder::new("terminal");
    let sid = "\\u001b[31mred";
    folder.file("p.json", format!(
        "{{\"Statement\": {{\"Sid\": \"{sid}\", \"Effect\": \"Allow\", \"Action\": \"*\", \"Resource\": \"*\"}}}}"
    ));
    let output = run(&folder.0, &[ASK, &["p.json", "--explain"]].concat(), b"");
    assert!(text(&output.stdout).contains("red"));
    assert!(!output.stdout.contains(&0x1B));
}
