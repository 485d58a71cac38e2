//! `leastwise check` as people run it.

use crate::schema;
use leastwise::render::check::CheckReport;
use leastwise::semantics::compare::trusted::{OPEN_PROVIDERS, TRUSTED};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const OPS: &str = "policies/check/identity/ops.json";
const RESOURCES: &str = "policies/check/resource";

/// A folder of its own for one test, taken away at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("leastwise-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn check(&self, args: &[&str]) -> Ran {
        run(&self.0, args)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[derive(Debug)]
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap()
    }
}

fn run(folder: &Path, args: &[&str]) -> Ran {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(env!("CARGO_BIN_EXE_leastwise"))
        .current_dir(folder)
        .arg("check")
        .args(args)
        .output()
        .unwrap();
    Ran {
        code: status.code().unwrap(),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    }
}

fn check(args: &[&str]) -> Ran {
    run(Path::new(ROOT), args)
}

/// The output and the exit code of a run, nothing being told beside it. How
/// much work a proof was is the engine's business.
fn snapshot(name: &str, args: &[&str]) {
    let ran = check(args);
    assert_eq!(ran.err, "");
    let out = match ran.out.rsplit_once(" keys (") {
        Some((before, work)) => {
            assert!(work.contains(" case") && work.ends_with(")\n"), "{work}");
            format!("{before} keys (…)\n")
        }
        None => ran.out,
    };
    insta::with_settings!({
        snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"),
        prepend_module_to_snapshot => false,
        description => format!("leastwise check {}", args.join(" ")),
        omit_expression => true,
    }, {
        insta::assert_snapshot!(format!("check-{name}"), format!("{out}exit {}", ran.code));
    });
}

fn policy(statements: &str) -> String {
    format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#)
}

const READ: &str = r#"{"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}"#;
/// Text and numbers on one key: nobody can say what that means.
const MIXED: &str = r#"{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*",
    "Condition": {"StringEquals": {"s3:max-keys": "x"}, "NumericLessThan": {"s3:max-keys": 5}}}"#;

#[test]
fn verdicts_in_words() {
    snapshot(
        "not-granted",
        &[
            "not-granted",
            "policies/check/identity",
            "--action",
            "s3:DeleteObject",
            "--resource",
            "arn:aws:s3:::prod-data/*",
        ],
    );
    snapshot(
        "not-granted-pass",
        &[
            "not-granted",
            "policies/check/identity",
            "--action",
            "iam:*",
            "--action",
            "sts:*",
        ],
    );
    snapshot(
        "granted",
        &[
            "granted",
            OPS,
            "--action",
            "s3:GetObject",
            "--action",
            "s3:ListBucket",
            "--resource",
            "arn:aws:s3:::prod-data",
            "--resource",
            "arn:aws:s3:::prod-data/*",
        ],
    );
    snapshot(
        "granted-fail",
        &[
            "granted",
            OPS,
            "--action",
            "s3:DeleteObject",
            "--resource",
            "arn:aws:s3:::prod-data/tmp/*",
        ],
    );
    snapshot(
        "no-new-access",
        &[
            "no-new-access",
            "policies/check/identity/ci.json",
            "policies/check/identity/ci-proposed.json",
        ],
    );
    snapshot("no-public", &["no-public", RESOURCES]);
    snapshot("all", &["all", "--config", "policies/check/leastwise.toml"]);
}

#[test]
fn json_fits_its_schema() {
    let schema = schema::committed("check", &schema::of_output::<CheckReport>());
    let folder = Folder::new("check-schema");
    folder.file("mixed.json", &policy(MIXED));
    let runs = [
        check(&[
            "all",
            "--config",
            "policies/check/leastwise.toml",
            "--format",
            "json",
        ]),
        check(&[
            "granted",
            OPS,
            "--action",
            "s3:*",
            "--context",
            "a:b=c",
            "--format",
            "json",
        ]),
        folder.check(&[
            "not-granted",
            "mixed.json",
            "--action",
            "s3:*",
            "--format",
            "json",
        ]),
        folder.check(&["all", "--config", "empty.toml", "--format", "json"]),
    ];
    for ran in runs.iter().take(3) {
        schema::check(&schema, &ran.json()).unwrap();
    }
    assert_eq!(runs[3].code, 2, "no such file");
    let all = runs[0].json();
    assert_eq!(all["schema"], "leastwise/check/1");
    let verdicts: Vec<_> = all["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["verdict"].clone())
        .collect();
    assert_eq!(verdicts, ["pass", "pass", "fail", "fail"]);
}

#[test]
fn a_witness_says_who_allows_and_who_denies() {
    let folder = Folder::new("check-witness");
    folder.file("a.json", &policy(READ));
    folder.file("deny.json", &policy(&format!(
        r#"{READ}, {{"Sid": "No", "Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::b/x/*"}}"#
    )));
    let asked = [
        "--action",
        "s3:GetObject",
        "--resource",
        "arn:aws:s3:::b/x/*",
        "--format",
        "json",
    ];
    let ran = folder.check(&[&["granted", "deny.json"], asked.as_slice()].concat());
    let witness = &ran.json()["checks"][0]["results"][0]["witness"];
    assert_eq!(
        witness["allowed_by"],
        serde_json::json!([]),
        "the question is no policy of the user's"
    );
    assert_eq!(witness["denied_by"]["sid"], "No");
    assert_eq!(ran.code, 1);
    let ran = folder.check(&[&["not-granted", "a.json", "deny.json"], asked.as_slice()].concat());
    let results = &ran.json()["checks"][0]["results"];
    assert_eq!(results[0]["witness"]["allowed_by"][0]["sid"], "Read");
    assert_eq!(results[1]["verdict"], "pass");
    let ran = folder.check(&["no-new-access", "deny.json", "a.json"]);
    assert!(ran.out.contains("a.json:1 Read allows\n"), "{ran:?}");
    assert!(ran.out.contains("deny.json:1 No denies it\n"), "{ran:?}");
    assert_eq!(
        folder.check(&["no-new-access", "a.json", "deny.json"]).code,
        0
    );
}

#[test]
fn several_policies_grant_together_and_each_alone_may_not() {
    let folder = Folder::new("check-together");
    folder.file("get.json", &policy(READ));
    folder.file("put.json", &policy(&READ.replace("GetObject", "PutObject")));
    folder.file(
        "trust.json",
        &policy(r#"{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}"#),
    );
    let asked = [
        "--action",
        "s3:GetObject",
        "--action",
        "s3:PutObject",
        "--resource",
        "arn:aws:s3:::b/k",
    ];
    let granted = |files: &[&str]| folder.check(&[&["granted"], files, &asked].concat());
    assert_eq!(granted(&["get.json", "put.json"]).code, 0);
    assert_eq!(granted(&["get.json"]).code, 1);
    let mixed = granted(&["get.json", "trust.json"]);
    assert_eq!(mixed.code, 2);
    assert!(mixed.err.contains("policies of one type"), "{}", mixed.err);
}

#[test]
fn undecided_has_its_own_exit_code_and_may_pass() {
    let folder = Folder::new("check-undecided");
    folder.file("mixed.json", &policy(MIXED));
    let asked = ["not-granted", "mixed.json", "--action", "s3:ListBucket"];
    let ran = folder.check(&asked);
    assert_eq!(ran.code, 4);
    assert_eq!(
        ran.out,
        "UNDECIDED  perhaps granted by 1 of 1 policy: s3:ListBucket on any resource\n  \
         mixed.json: undecided: mixed-key-types:s3:max-keys\n  \
         analysed 1 document in 1 file: 1 full\n"
    );
    let with = |more: &[&str]| folder.check(&[&asked, more].concat()).code;
    assert_eq!(with(&["--undecided", "pass"]), 0);
    assert_eq!(with(&["--undecided", "fail"]), 4);
    // A request that is allowed outweighs what is not decided.
    folder.file(
        "clear.json",
        &policy(r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#),
    );
    assert_eq!(with(&["clear.json"]), 1);
    folder.file("open.json", &policy(&READ.replace("b/*", "${Bucket}/*")));
    // What a deployment fills in is a name like another, until it decides.
    let ran = folder.check(&["not-granted", "open.json", "--action", "s3:GetObject"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("arn:aws:s3:::⟨Bucket⟩/x"), "{}", ran.out);
    let of_b = ["--action", "s3:GetObject", "--resource", "arn:aws:s3:::b/*"];
    let ran = folder.check(&[&["not-granted", "open.json"], of_b.as_slice()].concat());
    assert_eq!(ran.code, 4);
    assert!(
        ran.out
            .contains("open.json: undecided: iac-symbol:Bucket\n"),
        "{}",
        ran.out
    );
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_checked() {
    let folder = Folder::new("check-broken");
    folder.file("good.json", &policy(READ));
    folder.file(
        "broken.json",
        r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "#,
    );
    folder.file("effect.json", &policy(&READ.replace("Allow", "Alow")));
    let asked = ["--action", "s3:PutObject"];
    let ran = folder.check(
        &[
            &[
                "not-granted",
                "good.json",
                "broken.json",
                "effect.json",
                "none.json",
            ],
            asked.as_slice(),
        ]
        .concat(),
    );
    assert_eq!(ran.code, 2);
    assert!(
        ran.out.starts_with("PASS  granted by none of 1 policy"),
        "{}",
        ran.out
    );
    for place in [
        "broken.json:1:",
        "effect.json:1:",
        "none.json: no such file",
    ] {
        assert!(
            ran.err.contains(&format!("error: {place}")),
            "{place}: {}",
            ran.err
        );
    }
}

#[test]
fn nothing_to_check_is_no_pass() {
    let ran = check(&["no-public", OPS]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    assert!(
        ran.err.contains("1 policy of other types left out\n"),
        "{}",
        ran.err
    );
    assert_eq!(check(&["no-public", OPS, "--allow-empty"]).code, 0);
}

#[test]
fn a_slip_of_the_pen_is_noted() {
    let ran = check(&["not-granted", OPS, "--action", "s3:DeletObject"]);
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("is `s3:DeletObject`\n"), "{}", ran.out);
    let quiet = check(&["not-granted", OPS, "--action", "s3:DeletObject", "--quiet"]);
    assert_eq!(quiet.out.lines().count(), 1, "{}", quiet.out);
}

#[test]
fn either_reading_of_a_repeated_key_can_fail() {
    let folder = Folder::new("check-twice");
    let twice = r#"{"Effect": "Allow", "Action": "s3:*", "Action": "sqs:*", "Resource": "*"}"#;
    folder.file("twice.json", &policy(twice));
    for action in ["s3:GetObject", "sqs:SendMessage"] {
        let ran = folder.check(&["not-granted", "twice.json", "--action", action]);
        assert_eq!(ran.code, 1, "{action}");
        assert!(ran.out.contains("a JSON key is repeated"), "{}", ran.out);
    }
}

#[test]
fn usage_errors() {
    for (args, what) in [
        (&["not-granted", OPS][..], "--action"),
        (
            &["not-granted", OPS, "--action", "GetObject"],
            "`GetObject` is no action",
        ),
        (
            &["not-granted", OPS, "--resource", "bucket"],
            "`bucket` is no resource",
        ),
        (
            &[
                "granted",
                OPS,
                "--action",
                "s3:*",
                "--principal",
                "anonymous",
            ],
            "no-public",
        ),
        (
            &["granted", OPS, "--action", "s3:*", "--context", "key"],
            "NAME=VALUE",
        ),
        (
            &["no-public", OPS, "--resource-type", "bucket"],
            "AWS::S3::Bucket",
        ),
        (
            &[
                "no-new-access",
                OPS,
                "policies/accounts/orders/account.json",
            ],
            "one policy against one",
        ),
        (
            &["no-new-access", OPS, OPS, "--set", "colons=x"],
            "unknown setting `colons`",
        ),
    ] {
        let ran = check(args);
        assert_eq!(ran.code, 2, "{args:?}");
        assert!(ran.err.contains(what), "{args:?}: {}", ran.err);
    }
}

#[test]
fn a_resource_type_says_how_to_read() {
    let folder = Folder::new("check-type");
    folder.file(
        "any.json",
        &policy(r#"{"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}"#),
    );
    let ask = |kind: &str| {
        folder
            .check(&["no-public", "any.json", "--resource-type", kind])
            .code
    };
    assert_eq!(ask("AWS::SQS::Queue"), 1);
    assert_eq!(ask("AWS::S3::Bucket"), 0);
}

#[test]
fn the_nearest_configuration_counts_and_paths_are_relative_to_it() {
    let folder = Folder::new("check-config");
    folder.file(".git/HEAD", "");
    folder.file("p/read.json", &policy(READ));
    folder.file("p/deep/.keep", "");
    let entry = "[[check]]\ncheck = \"not-granted\"\npolicies = [\"p\"]\nactions = [\"s3:*\"]\n";
    folder.file(".config/leastwise.toml", entry);
    let ran = run(&folder.0.join("p/deep"), &["all"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.out.contains("  ../../p/read.json:1 Read allows\n"),
        "{}",
        ran.out
    );
    folder.file("p/leastwise.toml", "");
    let ran = run(&folder.0.join("p/deep"), &["all"]);
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (3, "note: the configuration lists no check\n")
    );
    std::fs::remove_file(folder.0.join("p/leastwise.toml")).unwrap();
    std::fs::remove_file(folder.0.join(".config/leastwise.toml")).unwrap();
    let ran = run(&folder.0.join("p/deep"), &["all"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("name one with `--config`"), "{}", ran.err);
}

#[test]
fn one_check_that_cannot_be_asked_does_not_stop_the_others() {
    let folder = Folder::new("check-rest");
    folder.file("read.json", &policy(READ));
    folder.file("mixed.json", &policy(MIXED));
    folder.file(
        "leastwise.toml",
        r#"
[[check]]
name = "first"
check = "no-new-access"
old = "none.json"
new = "read.json"
[[check]]
check = "not-granted"
policies = ["mixed.json"]
actions = ["s3:ListBucket"]
undecided = "pass"
[[check]]
check = "granted"
policies = ["read.json"]
actions = ["s3:GetObject"]
resources = ["arn:aws:s3:::b/*"]
context = { "aws:username" = ["bob"], "aws:SourceVpc" = "vpc-1" }
"#,
    );
    let ran = folder.check(&["all"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.starts_with("error: none.json: no such file"),
        "{}",
        ran.err
    );
    assert!(
        ran.out.contains("UNDECIDED") && ran.out.contains("PASS"),
        "{}",
        ran.out
    );
}

#[test]
fn mistakes_of_the_configuration_have_a_place() {
    let folder = Folder::new("check-toml");
    for (text, what) in [
        (
            "[[check]]\ncheck = \"not-granted\"\npolicies = [\"p\"]\naction = [\"s3:*\"]\n",
            ":4:1: unknown field `action`",
        ),
        (
            "[lint]\npersona = \"regular\"\n",
            ":1:2: unknown field `lint`",
        ),
        (
            "[[check]]\ncheck = \"no-access\"\n",
            ":2:9: unknown variant `no-access`",
        ),
        ("[[check]]\nname = \"x\"\n", ":1:1: missing field `check`"),
        (
            "[[check]]\ncheck = \"no-public\"\npolicies = [\"p\"]\nactions = [\"s3:*\"]\n",
            ":4:11: `no-public` takes no `actions`",
        ),
        (
            "[[check]]\ncheck = \"no-new-access\"\nold = \"p\"\n",
            ":1:1: `no-new-access` needs `new`",
        ),
        (
            "[[check]]\ncheck = \"not-granted\"\npolicies = []\nactions = [\"s3:*\"]\n",
            ":3:12: no policies to check",
        ),
        (
            "[[check]]\ncheck = \"not-granted\"\npolicies = [\"p\"]\n",
            ":1:1: name an action or a resource",
        ),
        (
            "[[check]]\ncheck = \"granted\"\npolicies = [\"p\"]\nactions = [\"x\"]\n",
            ":1:1: `x` is no action",
        ),
        (
            "[[check]]\ncheck = \"no-public\"\npolicies = [\"p\"]\nresource-type = \"bucket\"\n",
            ":4:17: `bucket`: expected one of",
        ),
        ("[[check]]\ncheck = \n", ":2:9: "),
    ] {
        folder.file("leastwise.toml", text);
        let ran = folder.check(&["all"]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{text}");
        let expected = format!("error: leastwise.toml{what}");
        assert!(ran.err.starts_with(&expected), "{expected}\n{}", ran.err);
    }
}

/// Puts generated text between a mark and the end of the block.
fn fill(page: &str, mark: &str, text: &str) -> String {
    let (before, rest) = page.split_once(mark).unwrap();
    let (head, rest) = rest.split_once("-->\n").unwrap();
    let (_, after) = rest.split_once("<!-- end -->").unwrap();
    format!("{before}{mark}{head}-->\n{text}<!-- end -->{after}")
}

#[test]
fn the_page_shows_the_tables_and_the_example_as_they_are() {
    let path = Path::new(ROOT).join("docs/check.md");
    let committed = std::fs::read_to_string(&path).unwrap();
    let mut trusted = "\n| key | fixed values | pins down |\n|---|---|---|\n".to_owned();
    for line in TRUSTED {
        let _ = writeln!(
            trusted,
            "| `{}` | {} | {} |",
            line.key,
            line.fixed.text(),
            line.why
        );
    }
    trusted.push('\n');
    let mut providers = "\n| provider | claims | |\n|---|---|---|\n".to_owned();
    for line in OPEN_PROVIDERS {
        let claims = line
            .claims
            .iter()
            .map(|(claim, fixed)| format!("`{claim}`: {}", fixed.text()));
        let claims: Vec<_> = claims.collect();
        let _ = writeln!(
            providers,
            "| `{}` | {} | {} |",
            line.host,
            claims.join("; "),
            line.why
        );
    }
    providers.push('\n');
    let example =
        std::fs::read_to_string(Path::new(ROOT).join("policies/check/leastwise.toml")).unwrap();
    let mut page = fill(&committed, "<!-- trusted:", &trusted);
    page = fill(&page, "<!-- providers:", &providers);
    page = fill(
        &page,
        "<!-- example:",
        &format!("\n```toml\n{example}```\n\n"),
    );
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(
        page == committed,
        "docs/check.md is stale: run with BLESS=1"
    );
}

/// What a reference that nothing resolves grants is not known: no pass.
#[test]
fn a_policy_that_is_only_referred_to_is_undecided() {
    let folder = Folder::new("referred");
    let resource = "variable \"doc\" {}\nresource \"aws_iam_policy\" \"p\" { policy = var.doc }\n";
    folder.file("main.tf", resource);
    let ran = folder.check(&["not-granted", "main.tf", "--action", "s3:GetObject"]);
    assert_eq!(ran.code, 4);
    assert!(ran.out.starts_with("UNDECIDED"), "{}", ran.out);
    assert!(ran.out.contains("opaque-document"), "{}", ran.out);
}
