//! What becomes of a run whose standard streams nobody reads.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const ORDERS: &str = "policies/accounts/orders";

fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("streams")
        .join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

/// The end of a pipe whose reader is gone.
fn unread() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

/// `leastwise` in the repository's root, without input or output.
fn leastwise(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leastwise"));
    command
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn code(command: &mut Command) -> i32 {
    command.status().unwrap().code().unwrap()
}

/// Runs that tell something on standard error, with the exit code of each.
fn runs(out: &str) -> Vec<(Vec<&str>, i32)> {
    let trail = "policies/accounts/orders/trail";
    let policy = "policies/evaluation/no-such.json";
    vec![
        (vec!["observe", trail, "--out", "/dev/null"], 0),
        (vec!["observe", trail, "no-such-trail"], 2),
        (vec!["observe", policy], 2),
        (vec!["generate", trail, "no-such-trail", "--out", out], 2),
        (
            vec!["generate", trail, "--account", policy, "--out", out],
            2,
        ),
        (vec!["lint", policy], 2),
        (vec!["lint", "schema/lint.json"], 3),
        (vec!["lint", "--no-such-flag"], 2),
        (vec!["graph", "show", policy], 2),
        (
            vec![
                "graph",
                "show",
                "policies/accounts/orders",
                "--usage",
                "no-such-trail",
            ],
            2,
        ),
        (vec!["catalog", "s3:GetObjects"], 1),
        (vec!["explain", "no-such-lint"], 2),
        (
            vec![
                "simulate",
                "--action",
                "s3:GetObject",
                "--resource",
                "arn:aws:s3:::b/k",
            ],
            0,
        ),
        (vec!["simulate", policy], 2),
    ]
}

#[test]
fn a_closed_standard_error_changes_no_exit_code() {
    let out = folder("stderr").join("roles");
    for (args, wanted) in runs(out.to_str().unwrap()) {
        assert_eq!(code(&mut leastwise(&args)), wanted, "{args:?}");
        let unread = code(leastwise(&args).stderr(unread()));
        assert_eq!(unread, wanted, "{args:?} into a pipe without a reader");
        let mut shell = Command::new("sh");
        let script = r#"exec "$0" "$@" 2>&-"#;
        shell.args(["-c", script, env!("CARGO_BIN_EXE_leastwise")]);
        shell.args(&args).current_dir(env!("CARGO_MANIFEST_DIR"));
        shell.stdin(Stdio::null()).stdout(Stdio::null());
        assert_eq!(code(&mut shell), wanted, "{args:?} without standard error");
    }
}

#[test]
fn a_closed_standard_output_is_a_clean_end() {
    let out = folder("stdout").join("roles");
    let (out, account) = (out.to_str().unwrap(), format!("{ORDERS}/account.json"));
    let trail = format!("{ORDERS}/trail");
    for args in [
        &["lint", &account, "--format", "json"][..],
        &["catalog", "s3:*"],
        &["catalog", "s3:*", "--format", "json"],
        &["explain"],
        &["graph", "show", &account],
        &["observe", &trail],
        &["generate", &trail, "--out", out],
        &[
            "simulate",
            "--action",
            "s3:GetObject",
            "--resource",
            "arn:aws:s3:::b/k",
        ],
        &["simulate", "--batch", "policies/evaluation/no-such.json"],
    ] {
        let wanted = if args.contains(&"--batch") { 2 } else { 0 };
        let mut run = leastwise(args);
        let output = run
            .stdout(unread())
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(wanted), "{args:?}: {told}");
        assert_eq!(told.contains("error"), wanted == 2, "{args:?}: {told}");
    }
}
