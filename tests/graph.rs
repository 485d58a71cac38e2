//! `leastwise graph` as users run it, on the example account and its trail.

use crate::schema;
use leastwise::render::graph_json::GraphOutput;
use serde_json::Value;
use std::io::Write;
use std::process::{Command, Output, Stdio};

const ACCOUNT: &str = "policies/accounts/orders/account.json";
const TRAIL: &str = "policies/accounts/orders/trail";

fn graph(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_leastwise"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .arg("graph")
        .args(args)
        .output()
        .unwrap()
}

fn text(output: &Output) -> String {
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn json(args: &[&str]) -> Value {
    let args = [args, &["--format", "json"]].concat();
    let output = graph(&args);
    assert_eq!(output.status.code(), Some(0));
    serde_json::from_slice(&output.stdout).unwrap()
}

macro_rules! snapshot {
    ($name:literal, $args:expr) => {{
        let output = graph($args);
        assert_eq!(output.status.code(), Some(0));
        insta::with_settings!({
            snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"),
            prepend_module_to_snapshot => false,
            description => concat!("leastwise graph ", $name),
            omit_expression => true,
        }, {
            insta::assert_snapshot!(concat!("graph-", $name), text(&output));
        });
    }};
}

#[test]
fn shared_roles_of_the_example() {
    snapshot!("shared-roles", &["shared-roles", ACCOUNT, "--usage", TRAIL]);
}

#[test]
fn wildcards_of_the_example() {
    snapshot!("wildcards", &["wildcards", ACCOUNT, "--usage", TRAIL]);
}

#[test]
fn wildcards_without_usage() {
    snapshot!("wildcards-without-usage", &["wildcards", ACCOUNT]);
}

#[test]
fn the_graph_of_the_example() {
    snapshot!("show", &["show", ACCOUNT, "--usage", TRAIL]);
}

#[test]
fn the_shared_role_as_dot() {
    let args = ["shared-roles", ACCOUNT, "--usage", TRAIL, "--format", "dot"];
    snapshot!("shared-roles-dot", &args);
}

/// The table at the top of the example's `make_trail.py`, by action name.
#[test]
fn each_workload_has_its_own_needs() {
    let found = json(&["shared-roles", ACCOUNT, "--usage", TRAIL]);
    let [role] = found["shared_roles"].as_array().unwrap().as_slice() else {
        panic!("one shared role expected: {found:#}");
    };
    assert_eq!(
        role["role"],
        "arn:aws:iam::111122223333:role/service/orders-app"
    );
    assert_eq!(
        (&role["risk"], &role["verdict"]),
        (&"high".into(), &"proved".into())
    );
    let users = role["users"].as_array().unwrap();
    let who: Vec<_> = users
        .iter()
        .map(|user| user["kind"].as_str().unwrap())
        .collect();
    assert_eq!(who, ["console", "ecs-task", "lambda", "lambda", "lambda"]);
    let actions = |name: &str| -> Vec<&str> {
        let user = users.iter().find(|user| user["name"] == name).unwrap();
        let needs = user["needs"].as_array().unwrap().iter();
        let mut actions: Vec<_> = needs.map(|need| need["action"].as_str().unwrap()).collect();
        actions.dedup();
        actions
    };
    assert_eq!(
        actions("orders-report"),
        [
            "dynamodb:Scan",
            "lambda:GetFunctionConfiguration",
            "logs:CreateLogStream",
            "s3:GetObject",
            "s3:ListBucket",
            "s3:PutObject",
        ]
    );
    assert!(actions("orders-worker").contains(&"iam:PassRole"));
    assert!(!actions("orders-api").contains(&"events:PutEvents"));
}

#[test]
fn every_view_keeps_its_schema() {
    let schema = schema::committed("graph", &schemars::schema_for!(GraphOutput<'static>));
    for view in ["shared-roles", "wildcards", "show"] {
        for usage in [&["--usage", TRAIL][..], &[]] {
            let output = json(&[&[view, ACCOUNT], usage].concat());
            assert_eq!(schema::check(&schema, &output), Ok(()), "{view}");
            assert_eq!(output["schema"], "leastwise/graph/1");
        }
    }
}

#[test]
fn the_order_of_inputs_does_not_matter() {
    let folder = "policies/accounts/orders";
    for view in ["shared-roles", "wildcards", "show"] {
        let (a, b) = (
            json(&[view, ACCOUNT, folder, "--usage", TRAIL]),
            json(&[view, folder, ACCOUNT, "--usage", TRAIL]),
        );
        assert_eq!(a, b, "{view}");
    }
}

#[test]
fn dot_is_what_graphviz_reads() {
    let Ok(mut dot) = Command::new("dot")
        .arg("-Tplain")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
    else {
        eprintln!("skipped: graphviz is not installed");
        return;
    };
    let output = graph(&["show", ACCOUNT, "--usage", TRAIL, "--format", "dot"]);
    dot.stdin.take().unwrap().write_all(&output.stdout).unwrap();
    let plain = dot.wait_with_output().unwrap();
    assert!(plain.status.success());
    let plain = String::from_utf8(plain.stdout).unwrap();
    // Every role of the account is a box that graphviz read.
    for role in ["admin", "ci/github-deploy", "service/orders-app"] {
        let label = format!(" \"role/{role}\" solid box ");
        assert!(plain.lines().any(|line| line.contains(&label)), "{role}");
    }
}

#[test]
fn exit_codes_are_those_of_the_contract() {
    let code = |args: &[&str]| graph(args).status.code();
    let shared = ["shared-roles", ACCOUNT, "--usage", TRAIL, "--fail-on"];
    let with = |risk| [&shared[..], &[risk]].concat();
    assert_eq!(code(&with("never")), Some(0));
    assert_eq!(code(&with("risk:high")), Some(1));
    assert_eq!(code(&with("risk:critical")), Some(0));
    assert_eq!(code(&with("risk:enormous")), Some(2));
    assert_eq!(
        code(&["wildcards", ACCOUNT, "--fail-on", "risk:critical"]),
        Some(1)
    );
    assert_eq!(code(&["wildcards", "no-such-file.json"]), Some(2));
    assert_eq!(code(&["show", "Cargo.toml"]), Some(3));
    assert_eq!(code(&["show", "Cargo.toml", "--allow-empty"]), Some(0));
    assert_eq!(
        code(&["show", ACCOUNT, "--usage", "no-such-folder"]),
        Some(2)
    );
}

#[test]
fn without_a_role_nothing_is_decided() {
    for view in ["shared-roles", "wildcards"] {
        let told = String::from_utf8(graph(&[view, "policies/examples"]).stdout).unwrap();
        assert!(
            told.starts_with("UNDECIDED  no role in the input"),
            "{told}"
        );
    }
}
