//! `terraform show -json`: both states of a plan.

use leastwise::policy::print_compact;
use leastwise::sources::{
    Completeness, Document, Form, Inventory, ReadOptions, read, read_plan, read_sources,
};
use leastwise::text::Source;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("plan")
        .join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn policy(action: &str) -> String {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": action, "Resource": "*"}]})
    .to_string()
}

/// A change of `aws_iam_policy.NAME`.
fn change(name: &str, actions: &[&str], before: Option<&str>, after: Option<&str>) -> Value {
    let values = |action: Option<&str>| action.map(|a| json!({"name": name, "policy": policy(a)}));
    json!({
        "address": format!("aws_iam_policy.{name}"), "mode": "managed", "type": "aws_iam_policy",
        "name": name,
        "change": {"actions": actions, "before": values(before), "after": values(after),
            "after_unknown": {}, "before_sensitive": false, "after_sensitive": false},
    })
}

fn plan(changes: Vec<Value>) -> Value {
    json!({"format_version": "1.2", "terraform_version": "1.9.0", "planned_values": {},
        "resource_changes": changes, "configuration": {"root_module": {}}})
}

fn after(plan: &Value) -> Inventory {
    let text = serde_json::to_string_pretty(plan).unwrap();
    let inventory = read_sources(
        vec![Source::new("plan.json", text)],
        &ReadOptions::default(),
    );
    for document in &inventory.documents {
        assert_eq!(document.form, Form::TerraformPlan);
    }
    inventory
}

fn addresses(inventory: &Inventory) -> Vec<&str> {
    let documents = inventory.documents.iter();
    documents.map(|d| d.address.as_deref().unwrap()).collect()
}

fn printed(document: &Document) -> String {
    print_compact(document.policy.as_ref().unwrap())
}

fn run(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_leastwise"))
        .args(args)
        .current_dir(folder)
        .output()
        .unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn each_action_has_its_states() {
    let changes = vec![
        change("same", &["no-op"], Some("s3:Get*"), Some("s3:Get*")),
        change("new", &["create"], None, Some("s3:Put*")),
        change("gone", &["delete"], Some("s3:List*"), None),
        change(
            "other",
            &["delete", "create"],
            Some("s3:Get*"),
            Some("s3:*"),
        ),
        change("left", &["forget"], Some("ec2:*"), None),
    ];
    let folder = folder("states");
    let file = folder.join("plan.json");
    fs::write(&file, plan(changes).to_string()).unwrap();
    let options = ReadOptions::default();
    let (before, after) = read_plan(&file, &mut std::io::empty(), &options).unwrap();
    assert_eq!(
        addresses(&before),
        [
            "aws_iam_policy.same:policy",
            "aws_iam_policy.gone:policy",
            "aws_iam_policy.other:policy",
            "aws_iam_policy.left:policy"
        ]
    );
    assert_eq!(
        addresses(&after),
        [
            "aws_iam_policy.same:policy",
            "aws_iam_policy.new:policy",
            "aws_iam_policy.other:policy",
            "aws_iam_policy.left:policy"
        ],
        "what Terraform forgets stays"
    );
}

#[test]
fn a_diff_of_a_plan_holds_its_states_against_each_other() {
    let folder = folder("diff");
    let changes = vec![
        change("same", &["no-op"], Some("s3:Get*"), Some("s3:Get*")),
        change(
            "wide",
            &["update"],
            Some("s3:GetObject"),
            Some("s3:*Object"),
        ),
    ];
    fs::write(folder.join("plan.json"), plan(changes).to_string()).unwrap();
    let (code, out, err) = run(&folder, &["diff", "--plan", "plan.json"]);
    assert_eq!((code, err.as_str()), (1, ""));
    assert!(out.starts_with("WIDENED"), "{out}");
    assert!(out.contains("aws_iam_policy.wide:policy"), "{out}");
    assert!(!out.contains("aws_iam_policy.same"), "{out}");

    let same = vec![change("same", &["no-op"], Some("s3:Get*"), Some("s3:Get*"))];
    fs::write(folder.join("same.json"), plan(same).to_string()).unwrap();
    assert_eq!(run(&folder, &["diff", "--plan", "same.json"]).0, 0);
    fs::write(folder.join("none.json"), "{}").unwrap();
    let (code, _, err) = run(&folder, &["diff", "--plan", "none.json"]);
    assert_eq!(code, 2);
    assert!(
        err.contains("no output of `terraform show -json PLAN`, change set or Pulumi preview"),
        "{err}"
    );
}

/// A bucket policy of which `resources` are known after the apply only.
fn unknown() -> Value {
    let data = "data.aws_iam_policy_document.bucket";
    let mut plan = plan(vec![
        json!({"address": "module.m.aws_s3_bucket_policy.b", "module_address": "module.m",
            "mode": "managed", "type": "aws_s3_bucket_policy", "name": "b",
            "change": {"actions": ["create"], "before": null, "after": {},
                "after_unknown": {"policy": true, "id": true}}}),
        json!({"address": format!("module.m.{data}"), "module_address": "module.m",
            "mode": "data", "type": "aws_iam_policy_document", "name": "bucket",
            "change": {"actions": ["read"], "before": null,
                "after": {"version": null, "statement": [
                    {"sid": "Read", "effect": null, "actions": ["s3:GetObject"],
                     "resources": [null, "arn:aws:s3:::known/*"], "not_actions": null,
                     "principals": [{"type": "AWS", "identifiers": ["111122223333"]}],
                     "condition": [
                        {"test": "StringEquals", "variable": "aws:PrincipalTag/team",
                         "values": ["a"]},
                        {"test": "StringEquals", "variable": "aws:SourceVpc",
                         "values": [null]}]}]},
                "after_unknown": {"json": true, "statement": [
                    {"actions": [false], "resources": [true, false],
                     "condition": [{"values": [false]}, {"values": [true]}]}]}}}),
        json!({"address": "module.m.aws_s3_bucket.x", "module_address": "module.m",
            "mode": "managed", "type": "aws_s3_bucket", "name": "x",
            "change": {"actions": ["create"], "before": null, "after": {"bucket": null},
                "after_unknown": {"arn": true, "bucket": true, "policy": true}}}),
    ]);
    plan["configuration"] = json!({"root_module": {"module_calls": {"m": {"module": {"resources": [
        {"address": "aws_s3_bucket_policy.b", "expressions": {"policy": {
            "references": [format!("{data}.json"), data]}}},
        {"address": data, "expressions": {"statement": [
            {"resources": {"references": ["aws_s3_bucket.x.arn", "aws_s3_bucket.x"]},
             "condition": [{"values": {"references": ["var.vpc"]}},
                {"values": {"constant_value": ["a"]}}]}]}},
        {"address": "aws_s3_bucket.x", "expressions": {}},
    ]}}}}});
    plan
}

#[test]
fn an_unknown_piece_does_not_take_the_policy_away() {
    let inventory = after(&unknown());
    // What the provider fills in (`aws_s3_bucket.x:policy`) is nobody's policy.
    assert_eq!(
        addresses(&inventory),
        ["module.m.aws_s3_bucket_policy.b:policy"]
    );
    let document = &inventory.documents[0];
    assert_eq!(document.completeness, Completeness::Partial);
    assert_eq!(
        printed(document),
        json!({"Version": "2012-10-17", "Statement": [{
            "Sid": "Read", "Effect": "Allow",
            "Principal": {"AWS": "111122223333"},
            "Action": "s3:GetObject",
            "Resource": ["arn:aws:s3:::known/*",
                "arn:⟨partition⟩:s3:::⟨module.m.aws_s3_bucket.x⟩*",
                "arn:⟨partition⟩:s3:::⟨module.m.aws_s3_bucket.x⟩"],
            "Condition": {"StringEquals": {"aws:PrincipalTag/team": "a",
                "aws:SourceVpc": "⟨module.m.var.vpc⟩"}},
        }]})
        .to_string()
        .parse::<Value>()
        .map(|value| ordered(&value))
        .unwrap()
    );
}

/// In the order of policies, which `json!` does not keep.
fn ordered(value: &Value) -> String {
    let text = serde_json::to_string(value).unwrap();
    let inventory = read_sources(vec![Source::new("p", text)], &ReadOptions::default());
    printed(&inventory.documents[0])
}

#[test]
fn a_known_name_stands_in_the_arn() {
    let mut plan = unknown();
    plan["resource_changes"][2]["change"]["after"]["bucket"] = json!("data");
    let text = printed(&after(&plan).documents[0]);
    assert!(text.contains("arn:⟨partition⟩:s3:::data*"), "{text}");
}

#[test]
fn a_data_source_that_is_only_read_late_is_known() {
    let mut plan = unknown();
    let data = &mut plan["resource_changes"][1]["change"];
    data["after"]["statement"][0]["resources"] = json!(["arn:aws:s3:::known/*"]);
    data["after"]["statement"][0]["condition"] = json!([]);
    data["after_unknown"]["statement"] = json!([{"actions": [false], "resources": [false]}]);
    let inventory = after(&plan);
    assert_eq!(inventory.documents[0].completeness, Completeness::Full);
}

#[test]
fn what_cannot_be_rebuilt_is_opaque_with_the_reason() {
    let mut plan = unknown();
    let module = &mut plan["configuration"]["root_module"]["module_calls"]["m"]["module"];
    module["resources"][0]["expressions"]["policy"] =
        json!({"references": ["aws_s3_bucket.x.arn", "aws_s3_bucket.x"]});
    let inventory = after(&plan);
    let document = &inventory.documents[0];
    assert_eq!(document.completeness, Completeness::Opaque);
    assert_eq!(
        document.reason.as_deref(),
        Some("`policy` is known after the apply only: it refers to `aws_s3_bucket.x.arn`")
    );
}

#[test]
fn blocks_are_told_apart_by_name_and_attributes_by_type() {
    let mut role = change("r", &["create"], None, None);
    role["address"] = json!("aws_iam_role.r[\"a\"]");
    role["type"] = json!("aws_iam_role");
    role["change"]["after"] = json!({
        "assume_role_policy": json!({"Statement": {"Effect": "Allow", "Principal": "*",
            "Action": "sts:AssumeRole"}}).to_string(),
        "inline_policy": [{"name": "x", "policy": policy("s3:*")},
            {"name": "y", "policy": policy("ec2:*")}],
    });
    let mut organization = change("o", &["create"], None, None);
    organization["type"] = json!("aws_organizations_policy");
    organization["address"] = json!("aws_organizations_policy.o");
    organization["change"]["after"] =
        json!({"type": "RESOURCE_CONTROL_POLICY", "content": policy("s3:*")});
    let mut queue = change("q", &["create"], None, None);
    queue["type"] = json!("aws_sqs_queue");
    queue["change"]["after"] = json!({"policy": "", "redrive_policy": policy("sqs:*")});
    let inventory = after(&plan(vec![role, organization, queue]));
    let told: Vec<(&str, &str)> = inventory
        .documents
        .iter()
        .map(|d| (d.address.as_deref().unwrap(), d.policy_type.name()))
        .collect();
    assert_eq!(
        told,
        [
            ("aws_iam_role.r[\"a\"]:assume_role_policy", "trust"),
            ("aws_iam_role.r[\"a\"]:inline_policy[x].policy", "identity"),
            ("aws_iam_role.r[\"a\"]:inline_policy[y].policy", "identity"),
            ("aws_organizations_policy.o:content", "rcp"),
        ]
    );
}

#[test]
fn nothing_sensitive_is_kept() {
    let mut secret = change(
        "secret",
        &["update"],
        Some("s3:Hidden*"),
        Some("s3:Hidden*"),
    );
    secret["change"]["before_sensitive"] = json!({"policy": true});
    secret["change"]["after_sensitive"] = json!({"policy": true, "tags": true});
    secret["change"]["after"]["tags"] = json!({"hunter2": ["hunter3", 4711]});
    let mut plan = plan(vec![
        secret,
        change("open", &["create"], None, Some("s3:Get*")),
    ]);
    plan["variables"] = json!({"password": {"value": "hunter4"}});
    plan["planned_values"] = json!({"outputs": {"o": {"value": "hunter5", "sensitive": true}}});
    let folder = folder("secret");
    fs::write(folder.join("plan.json"), plan.to_string()).unwrap();
    let inventory = after(&plan);
    let kept = inventory.sources[0].text();
    for word in ["Hidden", "hunter", "4711"] {
        assert!(!kept.contains(word), "{word}: {kept}");
    }
    assert_eq!(
        kept.len(),
        serde_json::to_string_pretty(&plan).unwrap().len()
    );
    let sensitive = &inventory.documents[0];
    assert_eq!(sensitive.reason.as_deref(), Some("`policy` is sensitive"));
    assert_eq!(inventory.documents[1].completeness, Completeness::Full);
    for args in [
        &["lint", "plan.json", "--persona", "auditor"][..],
        &["lint", "plan.json", "--format", "sarif"],
        &["extract", "plan.json", "--format", "jsonl"],
        &["diff", "--plan", "plan.json"],
        &["diff", "--plan", "plan.json", "--format", "json"],
    ] {
        let (_, out, err) = run(&folder, args);
        for word in ["Hidden", "hunter", "4711"] {
            assert!(!(out.clone() + &err).contains(word), "{args:?}: {out}{err}");
        }
    }
}

#[test]
fn encodings_of_shells_and_broken_plans() {
    let folder = folder("encodings");
    let text = plan(vec![change("p", &["create"], None, Some("s3:*"))]).to_string();
    let mut utf16 = vec![0xFF, 0xFE];
    utf16.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    fs::write(folder.join("a.json"), utf16).unwrap();
    fs::write(folder.join("b.json"), format!("\u{FEFF}{text}")).unwrap();
    fs::write(folder.join("c.json"), &text[..text.len() - 40]).unwrap();
    let inventory = read(&[folder], None, &ReadOptions::default());
    assert_eq!(inventory.documents.len(), 2);
    assert_eq!(inventory.failures.len(), 1);
    let message = &inventory.failures[0].message;
    assert!(message.starts_with("the plan is incomplete: "), "{message}");
}

/// Plans of a corpus that is not part of the repository.
#[test]
fn plans_of_the_corpus_hold_what_was_counted() {
    let Some(corpus) = std::env::var_os("LEASTWISE_IAC_CORPUS") else {
        return;
    };
    let corpus = PathBuf::from(corpus);
    let manifest = fs::read(corpus.join("manifest.json")).unwrap();
    let manifest: Vec<Value> = serde_json::from_slice(&manifest).unwrap();
    let plans = manifest
        .iter()
        .filter(|file| file["kind"] == "tf-plan-json");
    let mut seen = 0;
    for file in plans {
        seen += 1;
        let name = file["file"].as_str().unwrap();
        let inventory = read(&[corpus.join(name)], None, &ReadOptions::default());
        assert_eq!(inventory.failures, [], "{name}");
        // Counted were texts of attributes, not those of nested blocks.
        let is_counted = |d: &&Document| {
            let address = d.address.as_deref().unwrap();
            let source = inventory.source(d.source);
            source.slice(d.span).starts_with('"') && !address.ends_with("].policy")
        };
        let counted = inventory.documents.iter().filter(is_counted).count();
        assert_eq!(
            counted as u64,
            file["policy_documents"].as_u64().unwrap(),
            "{name}"
        );
        let unknown = file["unknown_policy_attributes"].as_u64().unwrap_or(0);
        let open = inventory
            .documents
            .iter()
            .filter(|d| d.completeness > Completeness::Symbolic);
        assert!(open.count() as u64 <= unknown, "{name}");
    }
    assert!(seen > 0);
}

/// `cargo test --release -- --ignored a_large_plan --nocapture` tells figures.
#[test]
#[ignore = "writes 50 MB"]
fn a_large_plan_is_read() {
    let mut changes: Vec<Value> = Vec::new();
    let other = json!({"address": "aws_instance.i", "mode": "managed", "type": "aws_instance",
        "name": "i", "change": {"actions": ["no-op"],
            "before": {"user_data": "x".repeat(900), "tags": {"a": "b", "c": "d"}},
            "after": {"user_data": "x".repeat(900), "tags": {"a": "b", "c": "d"}},
            "after_unknown": {}, "before_sensitive": {}, "after_sensitive": {}}});
    for number in 0..20_000 {
        changes.push(other.clone());
        if number % 20 == 0 {
            let name = format!("p{number}");
            changes.push(change(&name, &["update"], Some("s3:Get*"), Some("s3:*")));
        }
    }
    let text = plan(changes).to_string();
    let folder = folder("large");
    fs::write(folder.join("plan.json"), &text).unwrap();
    let start = std::time::Instant::now();
    let inventory = read(&[folder.join("plan.json")], None, &ReadOptions::default());
    println!(
        "{} MB, {} documents, {} ms",
        text.len() >> 20,
        inventory.documents.len(),
        start.elapsed().as_millis()
    );
    assert_eq!(inventory.documents.len(), 1_000);
}
