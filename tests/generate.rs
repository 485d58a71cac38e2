//! `leastwise generate` on the example account, and the schema of its report.

use leastwise::generate::{Report, Role};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Holds `schema/report.json` against the types; `BLESS=1` rewrites it.
#[test]
fn the_schema_is_that_of_the_types() {
    let schema = schemars::schema_for!(Report);
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    let path: PathBuf = root().join("schema/report.json");
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &text).unwrap();
    }
    let known = fs::read_to_string(&path).unwrap();
    let [known, text]: [Value; 2] = [known, text].map(|text| serde_json::from_str(&text).unwrap());
    assert_eq!(
        known, text,
        "run the tests with BLESS=1 and look at the change"
    );
}

const EXAMPLE: &str = "policies/accounts/orders";

/// A folder for one test, gone when the test ends well.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("generate-{name}"));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

fn leastwise(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_leastwise"))
        .current_dir(root())
        .args(args)
        .output()
        .unwrap()
}

/// `generate` on inputs of the example into `out`.
fn generate(input: &Path, out: &Path, more: &[&str]) -> Output {
    let mut args = vec!["generate", input.to_str().unwrap()];
    let account = format!("{EXAMPLE}/account.json");
    args.extend(["--account", &account, "--out", out.to_str().unwrap()]);
    args.extend(more);
    leastwise(&args)
}

fn trail() -> PathBuf {
    Path::new(EXAMPLE).join("trail")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn report(out: &Path) -> Report {
    serde_json::from_slice(&fs::read(out.join("report.json")).unwrap()).unwrap()
}

/// Every file below a folder with its text.
fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_path_buf();
                found.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn the_example_becomes_one_role_for_each_workload() {
    let scratch = Scratch::new("example");
    let out = scratch.join("roles");
    let run = generate(&trail(), &out, &[]);
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    let shown = text(&run.stdout).replace(out.to_str().unwrap(), "roles");
    insta::with_settings!({
        snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"),
        prepend_module_to_snapshot => false,
    }, {
        insta::assert_snapshot!("generate-orders", shown);
    });

    let report = report(&out);
    let totals = &report.totals;
    let dropped: u64 = totals.dropped.values().sum();
    assert_eq!(
        totals.records,
        totals.used + totals.denied + totals.inconclusive + totals.unmapped + dropped
    );
    let shared: Vec<&Role> = report
        .roles
        .iter()
        .filter(|role| role.source_role.ends_with("role/service/orders-app"))
        .collect();
    let kinds: Vec<&str> = shared
        .iter()
        .map(|role| role.workload.kind.as_str())
        .collect();
    assert_eq!(kinds, ["console", "ecs-task", "lambda", "lambda", "lambda"]);
    for role in &report.roles {
        assert_eq!(role.covered, role.observed, "{:?}", role.role_name);
        assert!(role.evidence.iter().all(|row| !row.event_ids.is_empty()));
        for path in role.policy_files.iter().chain(&role.trust_file) {
            assert!(out.join(path).exists(), "{path}");
        }
    }
}

/// What each workload really does, by hand from the tables of the example.
#[test]
fn the_example_grants_what_its_authors_wrote_down() {
    let scratch = Scratch::new("truth");
    let out = scratch.join("roles");
    generate(&trail(), &out, &[]);
    let actions = |role: &str| -> BTreeSet<String> {
        let policy = fs::read(out.join(role).join("policy.json")).unwrap();
        let policy: Value = serde_json::from_slice(&policy).unwrap();
        let statements = policy["Statement"].as_array().unwrap();
        // What is kept without evidence is no use of theirs.
        let allows = statements.iter().filter(|statement| {
            let sid = statement["Sid"].as_str().unwrap();
            statement["Effect"] == "Allow" && !sid.starts_with("KeptUnseen")
        });
        allows
            .flat_map(|statement| match &statement["Action"] {
                Value::Array(all) => all.clone(),
                one => vec![one.clone()],
            })
            .map(|action| action.as_str().unwrap().to_owned())
            .collect()
    };
    let set = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(
        actions("orders-app-orders-api"),
        set(&[
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "kms:Decrypt",
            "logs:CreateLogStream",
            "secretsmanager:GetSecretValue",
            "sqs:SendMessage",
            "ssm:GetParameter",
        ])
    );
    assert_eq!(
        actions("orders-app-orders-worker"),
        set(&[
            "dynamodb:BatchWriteItem",
            "dynamodb:UpdateItem",
            "ecs:RunTask",
            "iam:PassRole",
            "logs:CreateLogStream",
            "s3:GetObject",
            "s3:PutObject",
            "sqs:DeleteMessage",
            "sqs:ReceiveMessage",
            "sqs:SendMessage",
        ])
    );
    assert_eq!(
        actions("orders-app-orders-report"),
        set(&[
            "dynamodb:Scan",
            "lambda:GetFunctionConfiguration",
            "logs:CreateLogStream",
            "s3:GetObject",
            "s3:ListBucket",
            "s3:PutObject",
        ])
    );
    assert_eq!(
        actions("orders-app-ecs-task"),
        set(&[
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "kms:Decrypt",
            "s3:GetObject",
            "s3:PutObject",
            "secretsmanager:GetSecretValue",
            "ssm:GetParameters",
        ])
    );
}

/// No trail shows log lines, and this one neither metrics nor invocations.
#[test]
fn what_the_example_could_not_show_is_kept_unless_told_otherwise() {
    let scratch = Scratch::new("unseen");
    let out = scratch.join("roles");
    for (more, kept) in [(&[][..], true), (&["--drop-unobservable"], false)] {
        let run = generate(&trail(), &out, more);
        assert_eq!(run.status.code(), Some(0));
        assert_eq!(text(&run.stdout).contains("could not have shown"), kept);
        for path in ["orders-app-orders-api", "orders-app-ecs-task"] {
            let policy = fs::read_to_string(out.join(path).join("policy.json")).unwrap();
            for action in [
                "logs:PutLogEvents",
                "cloudwatch:PutMetricData",
                "lambda:InvokeFunction",
            ] {
                assert_eq!(policy.contains(action), kept, "{action}");
            }
            for action in ["iam:PassRole", "s3:DeleteObject\"", "dynamodb:DeleteItem"] {
                assert!(!policy.contains(action), "{action}");
            }
        }
    }
}

#[test]
fn a_usage_table_says_the_same_as_its_trail() {
    let scratch = Scratch::new("table");
    let table = scratch.join("usage.jsonl");
    let trail = trail();
    let observe = leastwise(&[
        "observe",
        trail.to_str().unwrap(),
        "--out",
        table.to_str().unwrap(),
    ]);
    assert_eq!(observe.status.code(), Some(0), "{}", text(&observe.stderr));
    generate(&trail, &scratch.join("a"), &[]);
    generate(&table, &scratch.join("b"), &[]);
    assert_eq!(files(&scratch.join("a")), files(&scratch.join("b")));
}

#[test]
fn the_report_on_standard_output_is_the_one_in_the_folder() {
    let scratch = Scratch::new("json");
    let out = scratch.join("roles");
    let run = generate(&trail(), &out, &["--format", "json"]);
    assert_eq!(
        text(&run.stdout),
        fs::read_to_string(out.join("report.json")).unwrap()
    );
}

#[test]
fn roles_and_workloads_can_be_chosen() {
    let scratch = Scratch::new("choice");
    let out = scratch.join("roles");
    let run = generate(
        &trail(),
        &out,
        &["--role", "orders-app", "--workload", "orders-api"],
    );
    assert_eq!(run.status.code(), Some(0));
    let names: Vec<_> = report(&out)
        .roles
        .into_iter()
        .filter_map(|role| role.role_name)
        .collect();
    assert_eq!(names, ["orders-app-orders-api"]);

    let run = generate(&trail(), &scratch.join("none"), &["--role", "order-app"]);
    assert_eq!(run.status.code(), Some(2));
    assert_eq!(
        text(&run.stderr).lines().last(),
        Some("error: no role or user `order-app` in the input")
    );
    assert!(!scratch.join("none").exists());
}

#[test]
fn a_second_run_replaces_its_own_files_and_no_others() {
    let scratch = Scratch::new("again");
    let out = scratch.join("roles");
    generate(&trail(), &out, &[]);
    let first = files(&out);
    fs::write(out.join("notes.txt"), "mine").unwrap();
    generate(&trail(), &out, &["--role", "invoice-mailer"]);
    let names: Vec<_> = files(&out)
        .into_keys()
        .map(|path| path.display().to_string())
        .collect();
    assert_eq!(
        names,
        [
            "invoice-mailer-invoice-mailer/policy.json",
            "invoice-mailer-invoice-mailer/trust.json",
            "notes.txt",
            "report.json",
        ]
    );
    generate(&trail(), &out, &[]);
    fs::remove_file(out.join("notes.txt")).unwrap();
    assert_eq!(files(&out), first);
}

#[test]
fn files_of_somebody_else_are_never_overwritten() {
    let scratch = Scratch::new("foreign");
    let out = scratch.join("roles");
    let theirs = out.join("orders-app-orders-api/policy.json");
    fs::create_dir_all(theirs.parent().unwrap()).unwrap();
    fs::write(&theirs, "mine").unwrap();
    let run = generate(&trail(), &out, &[]);
    assert_eq!(run.status.code(), Some(2));
    assert!(
        text(&run.stderr).contains("orders-app-orders-api/policy.json` exists"),
        "{}",
        text(&run.stderr)
    );
    assert_eq!(files(&out).len(), 1, "nothing else was written");

    fs::remove_file(&theirs).unwrap();
    fs::write(out.join("report.json"), "{\"schema\": \"else\"}").unwrap();
    let run = generate(&trail(), &out, &[]);
    assert_eq!(run.status.code(), Some(2));
    assert!(
        text(&run.stderr).contains("is not a report of leastwise"),
        "{}",
        text(&run.stderr)
    );
}

#[test]
fn damaged_input_is_told_and_the_rest_is_done() {
    let scratch = Scratch::new("damaged");
    let out = scratch.join("roles");
    let whole = fs::read_dir(
        root()
            .join(trail())
            .join("AWSLogs/111122223333/CloudTrail/eu-west-1/2026/10/05"),
    )
    .unwrap()
    .next()
    .unwrap()
    .unwrap()
    .path();
    let bytes = fs::read(&whole).unwrap();
    let input = scratch.join("trail");
    fs::create_dir_all(&input).unwrap();
    fs::write(input.join("cut.json.gz"), &bytes[..bytes.len() / 2]).unwrap();
    fs::copy(&whole, input.join("whole.json.gz")).unwrap();
    let run = generate(&input, &out, &[]);
    assert_eq!(run.status.code(), Some(2), "{}", text(&run.stderr));
    assert!(
        text(&run.stderr).contains("cut.json.gz"),
        "{}",
        text(&run.stderr)
    );
    assert!(!report(&out).roles.is_empty());
}

#[test]
fn nothing_to_analyse_leaves_an_earlier_result() {
    let scratch = Scratch::new("nothing");
    let out = scratch.join("roles");
    generate(&trail(), &out, &[]);
    let first = files(&out);
    let empty = scratch.join("empty.json");
    fs::write(&empty, "{\"Records\": []}").unwrap();
    let run = generate(&empty, &out, &[]);
    let code = run.status.code();
    assert!(
        code == Some(3) || code == Some(2),
        "{code:?}: {}",
        text(&run.stderr)
    );
    assert_eq!(files(&out), first);
}

#[test]
fn without_an_account_what_was_seen_is_proposed() {
    let scratch = Scratch::new("no-account");
    let out = scratch.join("roles");
    let run = leastwise(&[
        "generate",
        trail().to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
        "--role",
        "orders-app",
    ]);
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    for role in report(&out).roles {
        assert_eq!((role.before, role.covered), (None, role.observed));
    }
}

/// What cannot be read of the account would bound nothing.
#[test]
fn an_account_that_cannot_be_read_is_refused() {
    let scratch = Scratch::new("unreadable");
    let whole = format!("{EXAMPLE}/account.json");
    let cut = scratch.join("cut.json");
    let bytes = fs::read(root().join(&whole)).unwrap();
    fs::write(&cut, &bytes[..3000]).unwrap();
    let binary = scratch.join("binary.json");
    fs::write(&binary, b"\0\xff{").unwrap();
    let missing = scratch.join("missing.json");
    let trail = format!("{EXAMPLE}/trail");
    for bad in [&cut, &binary, &missing] {
        for more in [&["--account", whole.as_str()][..], &[]] {
            let out = scratch.join("out");
            let (bad, to) = (bad.to_str().unwrap(), out.to_str().unwrap());
            let args = ["generate", &trail, "--account", bad, "--out", to];
            let run = leastwise(&[&args[..], more].concat());
            let told = text(&run.stderr);
            assert_eq!(run.status.code(), Some(2), "{told}");
            let last = told.lines().last().unwrap();
            assert!(last.starts_with(&format!("error: `{bad}")), "{told}");
            assert!(last.ends_with("bounds every proposal"), "{told}");
            assert!(!out.exists(), "nothing is written");
        }
    }
}

/// The raw API gives the documents of an account URL-encoded.
#[test]
fn an_account_with_encoded_documents_is_the_same_account() {
    fn encode(value: &mut Value, key: &str) {
        match value {
            Value::Object(_) if key.ends_with("Document") => {
                let text = value.to_string();
                *value = text
                    .bytes()
                    .map(|b| format!("%{b:02X}"))
                    .collect::<String>()
                    .into();
            }
            Value::Object(members) => members.iter_mut().for_each(|(key, v)| encode(v, key)),
            Value::Array(elements) => elements.iter_mut().for_each(|v| encode(v, key)),
            _ => {}
        }
    }
    let scratch = Scratch::new("encoded");
    let account = fs::read(root().join(EXAMPLE).join("account.json")).unwrap();
    let mut account: Value = serde_json::from_slice(&account).unwrap();
    encode(&mut account, "");
    let path = scratch.join("account.json");
    fs::write(&path, account.to_string()).unwrap();
    let (plain, encoded) = (scratch.join("plain"), scratch.join("encoded"));
    generate(&trail(), &plain, &[]);
    let (trail, path) = (trail(), path.to_str().unwrap().to_owned());
    let args = ["generate", trail.to_str().unwrap(), "--account", &path];
    let output = leastwise(&[&args[..], &["--out", encoded.to_str().unwrap()]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(files(&plain), files(&encoded));
}

#[test]
fn an_account_without_principals_bounds_nothing_and_is_refused() {
    let scratch = Scratch::new("no-principals");
    let out = scratch.join("out");
    let trail = format!("{EXAMPLE}/trail");
    let policy = "policies/examples/uploads.json";
    let args = ["generate", &trail, "--account", policy, "--out"];
    let output = leastwise(&[&args[..], &[out.to_str().unwrap()]].concat());
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("`policies/examples/uploads.json`: no user, group or role"),
        "{told}"
    );
    assert!(!out.exists(), "nothing is written");
}
