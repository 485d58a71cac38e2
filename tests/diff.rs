//! `leastwise diff` as people run it.

use super::schema;
use leastwise::render::diff::json;
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

/// What is printed, and the exit code below it.
fn told(folder: &Path, args: &[&str]) -> String {
    let output = run(folder, args, b"");
    let (out, told) = (text(&output.stdout), text(&output.stderr));
    format!("{out}---\n{told}exit code {}\n", code(&output))
}

fn snapshot(name: &str, told: &str) {
    insta::with_settings!({
        snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"),
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(format!("diff_{name}"), told);
    });
}

fn fixtures() -> PathBuf {
    root().join("policies/diff")
}

/// A folder of its own for one test, taken away at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("leastwise-diff-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
    fn file(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    /// A policy with these statements.
    fn policy(&self, name: &str, statements: &str) {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        self.file(name, text);
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn two_files_are_told_with_a_request_for_each_difference() {
    snapshot("files", &told(&fixtures(), &["old.json", "new.json"]));
    snapshot("files_back", &told(&fixtures(), &["new.json", "old.json"]));
}

#[test]
fn folders_are_compared_document_by_document() {
    snapshot("folders", &told(&fixtures(), &["before", "after"]));
    let here = told(&fixtures().join("before"), &[".", "../after"]);
    assert!(
        here.contains("in ../after/added.json (added): widened"),
        "{here}"
    );
    assert!(here.contains("compared 8 documents in 7 files"), "{here}");
}

#[test]
fn what_is_proved_the_same_is_one_line() {
    let pair = |name: &str| {
        told(
            &fixtures(),
            &[&format!("before/{name}"), &format!("after/{name}")],
        )
    };
    snapshot("rewritten", &pair("rewritten.json"));
    let same = pair("same.json");
    assert!(
        same.starts_with("NONE   the texts are the same\n"),
        "{same}"
    );
    assert!(same.contains("exit code 0"), "{same}");
}

#[test]
fn the_segmented_reading_is_a_note() {
    let folder = Folder::new("segmented");
    let allow = r#"{"Sid":"Logs","Effect":"Allow","Action":"logs:*","Resource":"arn:aws:logs:*:*:log-group:g:*"}"#;
    folder.policy("new.json", allow);
    folder.policy("old.json", &format!(r#"{allow},{{"Sid":"NoStream","Effect":"Deny","Action":"logs:*","Resource":"arn:aws:logs:*:*:log-stream:x"}}"#));
    snapshot("segmented", &told(&folder.0, &["old.json", "new.json"]));
}

#[test]
fn what_is_not_known_is_not_guessed() {
    // What a deployment fills in is a name of its own.
    let pair = ["before/template.json", "after/template.json"];
    snapshot("template", &told(&fixtures(), &pair));
    let folder = Folder::new("unknown");
    folder.policy("old.json", STRANGE);
    folder.policy("new.json", GET);
    let pass = ["old.json", "new.json", "--undecided", "pass"];
    assert_eq!(code(&run(&folder.0, &pass, b"")), 0);
    let told = told(&folder.0, &["old.json", "new.json"]);
    assert!(
        told.contains("? the condition operator `StringSounds` is not known"),
        "{told}"
    );
    assert!(told.contains("exit code 4"), "{told}");
}

/// Beside the same documents, one that cannot be decided keeps the run from
/// being clean.
#[test]
fn one_undecided_document_of_many_is_not_passed_over() {
    let folder = Folder::new("one-open");
    for side in ["old", "new"] {
        folder.policy(&format!("{side}/same.json"), GET);
        folder.policy(
            &format!("{side}/narrower.json"),
            if side == "old" { GET } else { "" },
        );
        folder.policy(
            &format!("{side}/open.json"),
            if side == "old" { GET } else { STRANGE },
        );
    }
    assert_eq!(code(&run(&folder.0, &["old", "new"], b"")), 4);
    folder.policy("new/wider.json", GET);
    assert_eq!(code(&run(&folder.0, &["old", "new"], b"")), 1);
    let never = ["old", "new", "--fail-on", "never"];
    assert_eq!(code(&run(&folder.0, &never, b"")), 4);
    let never = ["old", "new", "--fail-on", "never", "--undecided", "pass"];
    assert_eq!(code(&run(&folder.0, &never, b"")), 0);
}

#[test]
fn thresholds_set_the_exit_code() {
    let folder = Folder::new("thresholds");
    folder.policy("less.json", "");
    folder.policy("more.json", GET);
    for (args, expected) in [
        (&["less.json", "more.json"][..], 1),
        (&["more.json", "less.json"], 0),
        (&["more.json", "less.json", "--fail-on", "changed"], 1),
        (&["less.json", "more.json", "--fail-on", "never"], 0),
        (&["more.json", "more.json", "--fail-on", "changed"], 0),
    ] {
        let output = run(&folder.0, args, b"");
        assert_eq!(code(&output), expected, "{args:?}");
        let last = text(&output.stdout).lines().last().unwrap().to_owned();
        let fail_on = args.get(3).unwrap_or(&"widened");
        assert_eq!(last, format!("exit {expected} (--fail-on {fail_on})"));
    }
    let quiet = run(&folder.0, &["less.json", "more.json", "--quiet"], b"");
    assert!(!text(&quiet.stdout).contains("exit"));
}

#[test]
fn what_cannot_be_read_is_2_and_says_why() {
    let folder = Folder::new("unreadable");
    folder.policy("good.json", GET);
    folder.policy(
        "wrong.json",
        r#"{"Effect":"allow","Action":"*","Resource":"*"}"#,
    );
    folder.file("broken.json", r#"{"Statement": [{"Effect": "Allow", "#);
    folder.file("other.json", r#"{"name": "no policy"}"#);
    folder.file("binary.json", b"\xff\xff");
    folder.file("folder/x.json", r#"{"name": "no policy"}"#);
    for (args, message) in [
        (
            ["missing.json", "good.json"],
            "error: missing.json: no such file or folder",
        ),
        (
            ["good.json", "missing.json"],
            "error: missing.json: no such file or folder",
        ),
        (
            ["good.json", "other.json"],
            "error: other.json: no policy in this file",
        ),
        (
            ["good.json", "binary.json"],
            "error: binary.json: invalid UTF-8 at byte 0 (line 1)",
        ),
        (
            ["good.json", "wrong.json"],
            "error: wrong.json:1:48: `allow` is no effect",
        ),
        (["good.json", "broken.json"], "error: broken.json:1:"),
        (
            ["good.json", "folder"],
            "error: `folder` is a folder and `good.json` is a file",
        ),
        (["-", "-"], "error: standard input can be one side only"),
    ] {
        let output = run(&folder.0, &args, b"");
        assert_eq!(code(&output), 2, "{args:?}");
        let told = text(&output.stderr);
        assert!(told.contains(message), "{args:?}: {told}");
    }
    let nothing = run(&folder.0, &["folder", "folder"], b"");
    assert_eq!(code(&nothing), 3);
    assert_eq!(text(&nothing.stdout), "");
    assert_eq!(text(&nothing.stderr), "note: nothing to compare\n");
    let nothing = run(&folder.0, &["folder", "folder", "--allow-empty"], b"");
    assert_eq!(code(&nothing), 0);
}

/// A document that could not be read on one side was not removed.
#[test]
fn an_unreadable_file_is_not_a_removed_one() {
    let folder = Folder::new("half");
    folder.policy("old/a.json", GET);
    folder.file("new/a.json", b"\xff\xff");
    let told = told(&folder.0, &["old", "new"]);
    assert!(told.starts_with("UNDECIDED"), "{told}");
    assert!(told.contains("exit code 2"), "{told}");
}

#[test]
fn standard_input_is_a_side() {
    let policy = format!(r#"{{"Version":"2012-10-17","Statement":{GET}}}"#);
    let output = run(&fixtures(), &["old.json", "-"], policy.as_bytes());
    let told = text(&output.stdout);
    assert!(told.starts_with("CHANGED"), "{told}");
    assert!(told.contains("(-:1)"), "{told}");
}

/// AWS reads one of them, and does not say which.
#[test]
fn repeated_keys_are_compared_in_both_readings() {
    let folder = Folder::new("repeated");
    let twice = r#"{"Effect":"Allow","Action":"s3:GetObject","Action":"s3:*","Resource":"*"}"#;
    folder.policy("get.json", GET);
    folder.policy("twice.json", twice);
    folder.policy(
        "all.json",
        r#"{"Effect":"Allow","Action":["s3:*","sqs:*"],"Resource":"*"}"#,
    );
    let told = |args: &[&str]| told(&folder.0, args);
    let open = told(&["get.json", "twice.json"]);
    assert!(open.starts_with("UNDECIDED"), "{open}");
    assert!(open.contains("? a JSON key is repeated"), "{open}");
    let wider = told(&["twice.json", "all.json"]);
    assert!(wider.starts_with("WIDENED"), "{wider}");
}

/// A limit that is not there limits nothing.
#[test]
fn an_added_scp_narrows() {
    let folder = Folder::new("scp");
    folder.policy("old/x.json", GET);
    folder.policy("new/x.json", GET);
    folder.policy(
        "new/limit.json",
        r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#,
    );
    let args = ["old", "new", "--policy-type", "scp"];
    let added = told(&folder.0, &args);
    assert!(added.starts_with("NARROWED"), "{added}");
    assert!(
        added.contains("= assumes: where there is no scp, it limits nothing"),
        "{added}"
    );
}

/// A Deny counts beside every other policy.
#[test]
fn a_deny_that_goes_is_noticed_where_nothing_shows_it() {
    let folder = Folder::new("deny");
    let deny = r#"{"Sid":"Guard","Effect":"Deny","Action":"s3:Delete*","Resource":"*"}"#;
    folder.policy("old.json", &format!("{GET},{deny}"));
    folder.policy("new.json", GET);
    let changed = told(&folder.0, &["old.json", "new.json"]);
    assert!(
        changed.starts_with("NONE   access is the same (proved)"),
        "{changed}"
    );
    assert!(
        changed.contains("= note: `Guard` (old.json:1) no longer denies"),
        "{changed}"
    );
    let back = told(&folder.0, &["new.json", "old.json"]);
    assert!(
        back.contains("= note: `Guard` (old.json:1) now denies what other policies may allow"),
        "{back}"
    );
    folder.policy("old/guard.json", deny);
    folder.policy("old/x.json", GET);
    folder.policy("new/x.json", GET);
    let removed = told(&folder.0, &["old", "new"]);
    assert!(removed.starts_with("UNDECIDED"), "{removed}");
    assert!(removed.contains("exit code 4"), "{removed}");
}

#[test]
fn a_hostile_text_steers_no_terminal() {
    let folder = Folder::new("hostile");
    folder.policy("old.json", "");
    folder.policy("new.json", r#"{"Sid":"::error::\u001b[2J","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b\n::warning::/*"}"#);
    let output = run(&folder.0, &["old.json", "new.json"], b"");
    let told = text(&output.stdout);
    assert!(
        told.chars().all(|c| c == '\n' || !c.is_control()),
        "{told:?}"
    );
    assert!(told.lines().all(|line| !line.starts_with("::")), "{told}");
}

#[test]
fn every_output_keeps_its_schema() {
    let schema = schema::committed("diff", &json::schema());
    let fits = |answer: &Value| assert_eq!(schema::check(&schema, answer), Ok(()), "{answer}");
    for pair in [
        ["old.json", "new.json"],
        ["new.json", "old.json"],
        ["before", "after"],
    ] {
        let output = run(
            &fixtures(),
            &[&pair[..], &["--format", "json"]].concat(),
            b"",
        );
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(answer["schema"], "leastwise/diff/1");
        fits(&answer);
    }
    let batch = [LINE, "nope", &line(GET, STRANGE)].join("\n");
    lines(&run(&root(), &["--batch", "-"], batch.as_bytes()))
        .iter()
        .for_each(fits);
}

#[test]
fn a_report_for_programs() {
    let folder = Folder::new("json");
    let file = folder.0.join("report.json");
    let also = format!("json:{}", file.display());
    let output = run(
        &fixtures(),
        &["old.json", "new.json", "--output", &also],
        b"",
    );
    assert!(text(&output.stdout).starts_with("CHANGED"));
    let report: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!(report["verdict"], "changed");
    let gained = &report["changes"][0]["gained"][1];
    assert_eq!(gained["denied_by"]["sid"], "NoPrivate");
    assert_eq!(gained["resources"][0], "arn:aws:s3:::prod-data/private/*");
    let edit = &gained["caused_by"]["edits"][0];
    assert_eq!(edit["words"], "the Deny `NoPrivate` is gone");
    assert_eq!(edit["statement"]["file"], "old.json");
    // Replays as it stands: `simulate` takes it.
    assert_eq!(gained["witness"]["action"], "s3:GetObject");
    // Moving a statement does not change what stands for its access.
    let moved = std::fs::read_to_string(fixtures().join("new.json")).unwrap();
    folder.file("new.json", format!("\n\n{moved}"));
    let old = fixtures().join("old.json");
    let args = [old.to_str().unwrap(), "new.json", "--format", "json"];
    let again: Value = serde_json::from_slice(&run(&folder.0, &args, b"").stdout).unwrap();
    let again = &again["changes"][0]["gained"][1];
    assert_eq!(again["fingerprint"], gained["fingerprint"]);
    assert_ne!(
        again["allowed_by"][0]["line"],
        gained["allowed_by"][0]["line"]
    );
}

/// A repository of its own; `None` where there is no git, which nothing else
/// of the tests needs.
fn repository(name: &str) -> Option<Folder> {
    Command::new("git").arg("--version").output().ok()?;
    let folder = Folder::new(name);
    folder.git(&["init", "--quiet", "--initial-branch", "main"]);
    Some(folder)
}

impl Folder {
    fn git(&self, args: &[&str]) -> String {
        let done = Command::new("git")
            .args([
                "-c",
                "user.name=t",
                "-c",
                "user.email=t@example.com",
                "-c",
                "commit.gpgsign=false",
            ])
            .args(args)
            .current_dir(&self.0)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        assert!(done.status.success(), "{args:?}: {}", text(&done.stderr));
        text(&done.stdout)
    }
    fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
    }
}

/// The first line of what is told, and the exit code.
fn verdict(folder: &Path, args: &[&str]) -> (String, i32) {
    let output = run(folder, args, b"");
    let first = text(&output.stdout);
    let first = first.split([' ', '\n']).next().unwrap().to_owned();
    (first, code(&output))
}

#[test]
fn a_repository_is_compared_with_its_past() {
    let Some(repo) = repository("git") else {
        return;
    };
    let odd = "policies/\u{e9} [a] *.json";
    repo.policy("policies/app.json", GET);
    repo.policy(odd, GET);
    repo.file("package.json", r#"{"name": "no policy"}"#);
    repo.file("broken.json", "{ // no policy, and no JSON");
    repo.commit("one");
    let is = |args: &[&str], expected: &str, exit: i32| {
        let (word, code) = verdict(&repo.0, args);
        assert_eq!((word.as_str(), code), (expected, exit), "{args:?}");
    };
    is(&["--git", "HEAD"], "", 3);
    is(&["--git", "HEAD", "--allow-empty"], "", 0);
    // The working tree, with files that git does not know.
    let more = r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}"#;
    repo.file("package.json", r#"{"name": "still no policy"}"#);
    repo.policy("policies/app.json", &format!("{GET},{more}"));
    snapshot("git", &told(&repo.0, &["--git", "HEAD"]));
    repo.policy("policies/new.json", more);
    let untracked = told(&repo.0, &["--git", "HEAD"]);
    assert!(
        untracked.contains("in policies/new.json (added): widened"),
        "{untracked}"
    );
    // The index has nothing of it yet.
    is(&["--git", "HEAD", "--staged"], "", 3);
    repo.git(&["add", "policies/app.json"]);
    is(&["--git", "HEAD", "--staged"], "WIDENED", 1);
    repo.policy("policies/app.json", "");
    is(&["--git", "HEAD", "--staged"], "WIDENED", 1);
    is(&["--git", "HEAD", "policies/app.json"], "NARROWED", 0);
    repo.policy("policies/app.json", &format!("{GET},{more}"));
    repo.policy(odd, more);
    repo.commit("two");
    is(&["--git", "HEAD~1..HEAD"], "CHANGED", 1);
    is(&["--git", "HEAD..HEAD~1"], "CHANGED", 1);
    is(&["--git", "HEAD~1..", odd], "CHANGED", 1);
    is(&["--git", "HEAD~1..", "policies/app.json"], "WIDENED", 1);
    is(&["--git", "HEAD~1..", "package.json"], "", 3);
    let below = verdict(&repo.0.join("policies"), &["--git", "HEAD~1..", "app.json"]);
    assert_eq!(below, ("WIDENED".to_owned(), 1));
    let all = verdict(&repo.0.join("policies"), &["--git", "HEAD~1.."]);
    assert_eq!(all.0, "CHANGED");
}

/// What others did to the base since is not the change of a branch.
#[test]
fn three_dots_compare_with_the_merge_base() {
    let Some(repo) = repository("merge-base") else {
        return;
    };
    repo.policy("a.json", GET);
    repo.policy("b.json", GET);
    repo.commit("one");
    repo.git(&["checkout", "--quiet", "-b", "topic"]);
    repo.policy("a.json", "");
    repo.commit("topic");
    repo.git(&["checkout", "--quiet", "main"]);
    repo.policy("b.json", "");
    repo.commit("main");
    assert_eq!(verdict(&repo.0, &["--git", "main...topic"]).0, "NARROWED");
    assert_eq!(verdict(&repo.0, &["--git", "main..topic"]).0, "CHANGED");
}

#[test]
fn what_git_cannot_give_is_told() {
    let Some(repo) = repository("git-errors") else {
        return;
    };
    let fails = |folder: &Path, args: &[&str], message: &str| {
        let output = run(folder, args, b"");
        assert_eq!(code(&output), 2, "{args:?}");
        let told = text(&output.stderr);
        assert!(told.contains(message), "{args:?}: {told}");
    };
    // The first commit of all: everything staged is new.
    repo.policy("a.json", GET);
    repo.git(&["add", "a.json"]);
    let first = verdict(&repo.0, &["--git", "HEAD", "--staged"]);
    assert_eq!(first, ("WIDENED".to_owned(), 1));
    repo.commit("one");
    fails(
        &repo.0,
        &["--git", "nowhere"],
        "`nowhere` names no commit of this repository",
    );
    fails(&repo.0, &["--git", "--exec=x"], "error:");
    fails(&repo.0, &["--git=-x"], "`-x` is no revision");
    fails(
        &repo.0,
        &["--git", "HEAD..HEAD", "--staged"],
        "name no range",
    );
    repo.git(&["checkout", "--quiet", "--orphan", "other"]);
    repo.commit("unrelated");
    fails(&repo.0, &["--git", "main...other"], "no common ancestor");
    let outside = Folder::new("no-git");
    let output = Command::new(env!("CARGO_BIN_EXE_leastwise"))
        .args(["diff", "--git", "HEAD"])
        .current_dir(&outside.0)
        .env("GIT_CEILING_DIRECTORIES", std::env::temp_dir())
        .output()
        .unwrap();
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("not a git repository"));
    let output = Command::new(env!("CARGO_BIN_EXE_leastwise"))
        .args(["diff", "--git", "HEAD"])
        .current_dir(&repo.0)
        .env("PATH", "")
        .output()
        .unwrap();
    assert_eq!(code(&output), 2);
    assert!(text(&output.stderr).contains("cannot run `git`: it is not on the PATH"));
}

#[test]
fn a_comment_has_the_verdict_first_and_a_witness_for_each_claim() {
    let comment = |args: &[&str]| {
        let output = run(
            &fixtures(),
            &[args, &["--format", "markdown"]].concat(),
            b"",
        );
        let date = leastwise::catalog::get().date();
        let version = format!("leastwise {}", env!("CARGO_PKG_VERSION"));
        let comment = text(&output.stdout).replace(&version, "leastwise VERSION");
        comment.replace(&format!("catalog of {date}"), "catalog of DATE")
    };
    snapshot("comment", &comment(&["old.json", "new.json"]));
    snapshot("comment_folders", &comment(&["before", "after"]));
    let same = comment(&["before/rewritten.json", "after/rewritten.json"]);
    assert!(
        same.contains("## ⚪ IAM text changed, access did not (proved)"),
        "{same}"
    );
    let set = comment(&["old.json", "new.json", "--set", "resource-colons=glob"]);
    assert!(
        set.contains("Reproduce: `leastwise diff --set resource-colons=glob old.json new.json`"),
        "{set}"
    );
}

/// Nothing of a policy becomes markup, and no text ends the block it stands in.
#[test]
fn a_comment_cannot_be_broken_out_of() {
    let folder = Folder::new("comment");
    let evil = "</details>@you\n````\n# <!-- x --> [l](https://evil.example) | x ``` ``";
    let word = serde_json::to_string(evil).unwrap();
    let arn = serde_json::to_string(&format!("arn:aws:s3:::{evil}/*")).unwrap();
    folder.policy("old.json", "");
    folder.policy(
        "new.json",
        &format!(r#"{{"Sid":{word},"Effect":"Allow","Action":"s3:GetObject","Resource":{arn},"Condition":{{"StringEquals":{{"aws:PrincipalTag/x":{word}}}}}}}"#),
    );
    let output = run(
        &folder.0,
        &["old.json", "new.json", "--format", "markdown"],
        b"",
    );
    let comment = text(&output.stdout);
    // Without code spans and blocks, nothing of it is left.
    let mut rest = String::new();
    let mut left = comment.as_str();
    while let Some(at) = left.find('`') {
        rest.push_str(&left[..at]);
        let run = left[at..].chars().take_while(|c| *c == '`').count();
        let fence = "`".repeat(run);
        left = &left[at + run..];
        let mut from = 0;
        loop {
            let end = from + left[from..].find(&fence).expect("a fence is closed");
            let ticks = left[end..].chars().take_while(|c| *c == '`').count();
            from = end + ticks;
            if ticks == run {
                break;
            }
        }
        left = &left[from..];
    }
    rest.push_str(left);
    for word in ["@you", "evil", "<!-- x", "# <", "[l]"] {
        assert!(!rest.contains(word), "`{word}` in {rest}");
    }
    assert_eq!(
        rest.matches("</details>").count(),
        rest.matches("<details>").count()
    );
    assert_eq!(
        comment.matches("<!--").count() - comment.matches("<!-- x").count(),
        1
    );
}

#[test]
fn a_comment_stays_below_the_limit_and_says_what_it_left_out() {
    let folder = Folder::new("long");
    for number in 0..120 {
        let name = format!("p{number:03}.json");
        let statement = |action: &str| {
            let long = "x".repeat(600);
            format!(
                r#"{{"Effect":"Allow","Action":"{action}","Resource":"arn:aws:s3:::b{number}/{long}/*"}}"#
            )
        };
        folder.policy(&format!("old/{name}"), &statement("s3:GetObject"));
        folder.policy(&format!("new/{name}"), &statement("s3:PutObject"));
    }
    let output = run(&folder.0, &["old", "new", "--format", "markdown"], b"");
    let comment = text(&output.stdout);
    assert!(comment.len() <= 65_000, "{}", comment.len());
    assert!(
        comment.contains("more documents left out here"),
        "{comment}"
    );
    assert!(comment.trim_end().ends_with("</sub>"));
}

const DATA: &str = r#"
variable "actions" { default = ["s3:GetObject"] }
resource "aws_iam_policy" "p" {
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = var.actions, Resource = "*" }]
  })
}
"#;

const TEMPLATE: &str = r#"
Parameters:
  Env: {Type: String, Default: dev, AllowedValues: [dev, prod]}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
Resources:
  P:
    Type: AWS::IAM::ManagedPolicy
    Condition: IsProd
    Properties:
      PolicyDocument:
        Version: 2012-10-17
        Statement: {Effect: Allow, Action: "s3:GetObject", Resource: !Sub "arn:aws:s3:::${Env}-data/*"}
"#;

/// The lines of a policy stay, and what they refer to does not.
#[test]
fn the_same_text_may_come_to_mean_something_else() {
    for (name, text, from, to, expected) in [
        ("main.tf", DATA, "s3:GetObject", "s3:*", "WIDENED"),
        (
            "t.yaml",
            TEMPLATE,
            "Default: dev",
            "Default: prod",
            "CHANGED",
        ),
        ("t.yaml", TEMPLATE, "    Condition: IsProd\n", "", "WIDENED"),
        ("t.yaml", TEMPLATE, "Env, prod]", "Env, dev]", "CHANGED"),
        (
            "t.yaml",
            TEMPLATE,
            "Resources:",
            "# a note\nResources:",
            "NONE",
        ),
    ] {
        let folder = Folder::new("elsewhere");
        folder.file(&format!("old/{name}"), text);
        folder.file(&format!("new/{name}"), text.replace(from, to));
        assert_eq!(verdict(&folder.0, &["old", "new"]).0, expected, "{to}");
    }
}

/// A file that was not changed refers to one that was.
#[test]
fn git_reads_the_whole_configuration() {
    let Some(repo) = repository("git-terraform") else {
        return;
    };
    repo.file("locals.tf", "locals { action = \"s3:GetObject\" }\n");
    repo.file(
        "main.tf",
        "module \"m\" {\n  source = \"./m\"\n  actions = [local.action]\n}\n",
    );
    let module = DATA.replace("default = [\"s3:GetObject\"]", "type = list(string)");
    repo.file("m/main.tf", &module);
    repo.commit("first");
    repo.file("locals.tf", "locals { action = \"s3:PutObject\" }\n");
    assert_eq!(verdict(&repo.0, &["--git", "HEAD"]).0, "CHANGED");
    assert_eq!(verdict(&repo.0, &["--git", "HEAD", "m"]).0, "CHANGED");
    repo.commit("second");
    assert_eq!(verdict(&repo.0, &["--git", "HEAD~1..HEAD"]).0, "CHANGED");
    // Templates are seen as well.
    repo.file("t.yaml", TEMPLATE);
    repo.commit("third");
    repo.file("t.yaml", TEMPLATE.replace("s3:GetObject", "s3:*"));
    assert_eq!(verdict(&repo.0, &["--git", "HEAD"]).0, "WIDENED");
}
