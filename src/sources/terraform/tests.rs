use super::extract::{Extraction, Found};
use super::files::Files;
use super::module::Instance;
use super::value::{Val, What};
use super::world::World;
use crate::syntax::{Node, Value, Written};
use crate::text::Source;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Runs on a stack as large as the reading has.
fn deep<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(super::STACK);
        thread.spawn_scoped(scope, run).unwrap().join().unwrap()
    })
}

/// A value in a short notation.
fn show(value: &Val) -> String {
    match &value.what {
        What::Null => "null".into(),
        What::Text(text) => format!("{:?}", text.value),
        What::Unknown(symbol) => symbol.text(),
        What::List(list) => {
            format!("[{}]", list.iter().map(show).collect::<Vec<_>>().join(", "))
        }
        What::Object(members) => {
            let members = members
                .iter()
                .map(|m| format!("{}: {}", m.key, show(&m.value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        What::Choice(choice) => format!(
            "({} ? {} : {})",
            choice.guard,
            show(&choice.then),
            show(&choice.otherwise)
        ),
        What::Many(one) => format!("{}...", show(one)),
        What::Absent => "absent".into(),
        What::Failed(why) => format!("failed: {why}"),
        What::Json(json) => format!("json {}", show(&json.value)),
        What::Thing(thing) => thing.address(),
        What::Bool(_) | What::Number(_) => value.as_text().unwrap().to_string(),
    }
}

/// What `local.x` comes to.
fn value(expression: &str) -> String {
    let text = format!(
        r#"
        variable "bucket" {{}}
        variable "flag" {{ type = bool }}
        variable "list" {{}}
        variable "stage" {{ default = "dev" }}
        variable "typed" {{
          type    = map(object({{ arn = string, write = optional(bool, true), note = optional(string) }}))
          default = {{ a = {{ arn = "x" }} }}
        }}
        resource "aws_s3_bucket" "b" {{ bucket = "named" }}
        resource "aws_s3_bucket" "c" {{ bucket_prefix = "p" }}
        resource "aws_sqs_queue" "n" {{
          count = 2
          name  = "q${{count.index}}"
        }}
        resource "aws_sqs_queue" "e" {{
          for_each = toset(["a", "b"])
        }}
        resource "aws_iam_role" "r" {{
          count = var.flag ? 1 : 0
          path  = "/x/"
        }}
        resource "aws_thing" "t" {{ size = 7 }}
        data "aws_caller_identity" "me" {{}}
        data "aws_partition" "p" {{}}
        data "aws_region" "other" {{ provider = aws.other }}
        locals {{
          known = {{ a = "1", b = ["x", "y"] }}
          loop  = local.pool
          pool  = local.loop
          x     = {expression}
        }}
        "#
    );
    evaluated(&text)
}

fn evaluated(text: &str) -> String {
    deep(|| {
        let files = Files::in_memory([Source::new("main.tf", text)].iter());
        let world = World::new(&files, Path::new(""));
        let root = Instance::root(world.folder(Path::new("")));
        let loaded = world.all_loaded();
        let mistakes: Vec<_> = loaded.iter().flat_map(|l| &l.diagnostics).collect();
        assert!(mistakes.is_empty(), "{mistakes:?}");
        show(&world.local(&root, "x").unwrap())
    })
}

#[test]
fn expressions_come_to_values() {
    for (expression, shown) in [
        ("1 + 2 * 3", "7"),
        ("\"a-${local.known.a}-${7}\"", "\"a-1-7\""),
        ("local.known.b[1]", "\"y\""),
        ("local.known[\"a\"]", "\"1\""),
        (
            "[for i, v in local.known.b : \"${i}${v}\" if v != \"x\"]",
            "[\"1y\"]",
        ),
        (
            "{for k, v in {a = 1, b = 2} : v => k}",
            "{1: \"a\", 2: \"b\"}",
        ),
        (
            "{for v in [\"aa\", \"ab\", \"c\"] : substr(v, 0, 1) => v...}",
            "{a: [\"aa\", \"ab\"], c: [\"c\"]}",
        ),
        ("true ? \"a\" : \"b\"", "\"a\""),
        ("!false && (1 < 2 || null)", "true"),
        ("var.stage == \"dev\"", "true"),
        (
            "\"%{if true}a%{else}b%{endif}%{for x in [1, 2]}${x},%{endfor}\"",
            "\"a1,2,\"",
        ),
        ("path.module", "\".\""),
        ("var.typed.a", "{arn: \"x\", write: true, note: null}"),
    ] {
        assert_eq!(value(expression), shown, "{expression}");
    }
}

#[test]
fn what_only_a_deployment_knows_is_a_symbol() {
    for (expression, shown) in [
        ("\"a/${var.bucket}/*\"", "\"a/⟨var.bucket⟩/*\""),
        ("var.bucket.x[0]", "⟨var.bucket.x[0]⟩"),
        ("var.flag ? \"a\" : \"b\"", "(var.flag ? \"a\" : \"b\")"),
        ("!var.flag ? \"a\" : \"b\"", "(var.flag ? \"b\" : \"a\")"),
        ("var.flag ? \"a\" : \"a\"", "\"a\""),
        (
            "\"x${var.flag ? \"a\" : \"b\"}\"",
            "(var.flag ? \"xa\" : \"xb\")",
        ),
        (
            "var.bucket != \"b\" ? 1 : 2",
            "(var.bucket == \"b\" ? 2 : 1)",
        ),
        ("var.flag && true", "⟨var.flag⟩"),
        ("var.flag && false", "false"),
        (
            "[for v in var.list : \"${v}/*\"]",
            "[\"⟨var.list[∗]⟩/*\"...]",
        ),
        ("length(var.list) > 0", "⟨length(var.list) > 0⟩"),
        (
            "concat([\"a\"], var.flag ? [\"b\"] : [])",
            "[\"a\", (var.flag ? \"b\" : absent)]",
        ),
        ("terraform.workspace", "⟨terraform.workspace⟩"),
        ("unknown_function(1)", "⟨unknown_function(1)⟩"),
        ("upper(var.bucket)", "⟨upper(var.bucket)⟩"),
        (
            "trimprefix(\"https://${var.bucket}\", \"https://\")",
            "\"⟨var.bucket⟩\"",
        ),
        ("local.loop", "failed: `local.loop` is made from itself"),
    ] {
        assert_eq!(value(expression), shown, "{expression}");
    }
}

#[test]
fn resources_have_names_and_arns() {
    for (expression, shown) in [
        ("aws_s3_bucket.b.arn", "\"arn:⟨partition⟩:s3:::named\""),
        ("aws_s3_bucket.b.id", "\"named\""),
        ("aws_s3_bucket.c.id", "\"⟨aws_s3_bucket.c⟩\""),
        (
            "aws_sqs_queue.n[1].arn",
            "\"arn:⟨partition⟩:sqs:⟨region⟩:⟨account⟩:q1\"",
        ),
        ("aws_sqs_queue.n[*].name", "[\"q0\", \"q1\"]"),
        (
            "aws_sqs_queue.n[7].name",
            "failed: `aws_sqs_queue.n` has no such instance",
        ),
        (
            "aws_sqs_queue.e[\"a\"].name",
            r#""⟨aws_sqs_queue.e[\"a\"]⟩""#,
        ),
        (
            "values(aws_sqs_queue.e)[*].name",
            r#"["⟨aws_sqs_queue.e[\"a\"]⟩", "⟨aws_sqs_queue.e[\"b\"]⟩"]"#,
        ),
        (
            "aws_iam_role.r[0].arn",
            "\"arn:⟨partition⟩:iam::⟨account⟩:role/x/⟨aws_iam_role.r⟩\"",
        ),
        ("aws_thing.t.size", "7"),
        ("aws_thing.t.arn", "⟨aws_thing.t.arn⟩"),
        ("data.aws_caller_identity.me.account_id", "⟨account⟩"),
        ("data.aws_partition.p.dns_suffix", "⟨url-suffix⟩"),
        ("data.aws_region.other.name", "⟨region of aws.other⟩"),
        ("data.aws_vpc.this.id", "\"⟨data.aws_vpc.this⟩\""),
        (
            "split(\":\", aws_s3_bucket.c.arn)[5]",
            "\"⟨aws_s3_bucket.c⟩\"",
        ),
    ] {
        assert_eq!(value(expression), shown, "{expression}");
    }
}

#[test]
fn functions() {
    for (expression, shown) in [
        ("lookup({a = 1}, \"a\", 2)", "1"),
        ("lookup({a = 1}, \"b\", 2)", "2"),
        ("join(\",\", [\"a\", var.bucket])", "\"a,⟨var.bucket⟩\""),
        (
            "format(\"%s-%03d-%v%%\", \"a\", 7, true)",
            "\"a-007-true%\"",
        ),
        (
            "formatlist(\"arn:aws:s3:::%s/*\", [\"a\", \"b\"])",
            "[\"arn:aws:s3:::a/*\", \"arn:aws:s3:::b/*\"]",
        ),
        (
            "formatlist(\"%s/*\", var.list[*])",
            "[\"⟨var.list[∗]⟩/*\"...]",
        ),
        ("length([1, 2])", "2"),
        ("try(local.known.zz, \"d\")", "\"d\""),
        ("try(local.known.a)", "\"1\""),
        ("can(local.known.zz)", "false"),
        ("coalesce(null, \"\", \"c\")", "\"c\""),
        ("coalescelist([], [1])", "[1]"),
        ("concat([1], [2, 3])", "[1, 2, 3]"),
        ("compact([\"a\", \"\", null])", "[\"a\"]"),
        ("replace(\"a-b\", \"-\", \"_\")", "\"a_b\""),
        ("distinct([\"a\", \"b\", \"a\"])", "[\"a\", \"b\"]"),
        ("toset([\"b\", \"a\", \"b\"])", "[\"a\", \"b\"]"),
        ("sort([\"b\", \"a\"])", "[\"a\", \"b\"]"),
        ("flatten([[1, [2]], [], 3])", "[1, 2, 3]"),
        ("one([])", "null"),
        ("keys({b = 1, a = 2})", "[\"a\", \"b\"]"),
        ("values({b = 1, a = 2})", "[2, 1]"),
        ("merge({a = 1}, {a = 2, b = 3})", "{a: 2, b: 3}"),
        ("split(\",\", \"a,b\")", "[\"a\", \"b\"]"),
        ("element([\"a\", \"b\"], 3)", "\"b\""),
        ("tolist([\"a\"])", "[\"a\"]"),
        ("lower(\"AB\")", "\"ab\""),
        ("trimsuffix(\"a.b\", \".b\")", "\"a\""),
        ("substr(\"hello\", 1, 3)", "\"ell\""),
        ("contains([\"a\"], \"a\")", "true"),
        ("startswith(\"abc\", \"ab\")", "true"),
        ("setunion([\"a\"], [\"b\", \"a\"])", "[\"a\", \"b\"]"),
        ("jsondecode(jsonencode({a = [1, null]}))", "{a: [1, null]}"),
        ("jsondecode(\"{\\\"a\\\": [true]}\").a[0]", "true"),
        ("zipmap([\"a\"], [1])", "{a: 1}"),
        ("range(3)", "[0, 1, 2]"),
        ("max([1, 5]...)", "5"),
    ] {
        assert_eq!(value(expression), shown, "{expression}");
    }
}

#[test]
fn hostile_configuration_is_bounded() {
    let chain: String = (0..5000)
        .map(|i| format!("  l{i} = local.l{}\n", i + 1))
        .collect();
    let doubling: String = (0..60)
        .map(|i| format!("  d{i} = concat(local.d{0}, local.d{0})\n", i + 1))
        .collect();
    let nested: String = (0..60)
        .map(|i| format!("  d{i} = [local.d{0}, local.d{0}]\n", i + 1))
        .collect();
    let texts: String = (0..60)
        .map(|i| format!("  d{i} = \"${{local.d{0}}}${{local.d{0}}}\"\n", i + 1))
        .collect();
    let bomb = "[for a in range(1000) : [for b in range(1000) : [for c in range(1000) : a]]]";
    for text in [
        format!("locals {{\n{chain}  l5000 = 1\n  x = local.l0\n}}"),
        format!("locals {{\n{doubling}  d60 = [1]\n  x = local.d0\n}}"),
        format!("locals {{\n{nested}  d60 = 1\n  x = length(jsonencode(local.d0))\n}}"),
        format!("locals {{\n{nested}  d60 = 1\n  x = flatten(local.d0)\n}}"),
        format!("locals {{\n{nested}  d60 = 1\n  x = local.d0 == local.d1\n}}"),
        format!("locals {{\n{texts}  d60 = \"ab\"\n  x = local.d0\n}}"),
        format!("locals {{\n  x = length({bomb})\n}}"),
        "locals {\n  x = length(range(1000000))\n}".to_owned(),
        "locals {\n  x = setproduct(range(10000), range(10000), range(10000))\n}".to_owned(),
        "locals {\n  x = join(\"\", [for i in range(9000) : join(\"\", range(9000))])\n}".to_owned(),
        format!(
            "locals {{\n  x = jsondecode(<<E\n[{}1]\nE\n)\n}}",
            "\"${1}\",\n".repeat(20_000)
        ),
        "variable \"f\" {}\nlocals {\n  x = [for i in range(9000) : var.f[i] ? [var.f[i] ? 1 : 2] : []]\n}".to_owned(),
    ] {
        let start = Instant::now();
        let head: String = text.chars().rev().take(60).collect();
        let _ = evaluated(&text).len();
        assert!(start.elapsed() < Duration::from_secs(60), "{head}");
    }
}

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut open = vec![
        root.join("policies/forms/terraform"),
        root.join("../shared/corpora/iac"),
    ];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        let entries: Vec<_> = fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .flatten()
            .collect();
        open.extend(
            entries
                .iter()
                .map(fs::DirEntry::path)
                .filter(|path| path.is_dir()),
        );
        if entries
            .iter()
            .any(|entry| super::is_configuration(&entry.path()))
        {
            found.push(folder);
        }
    }
    found
}

/// What is written is found again under its place; only what is computed has the
/// place of what it is computed from.
#[test]
fn every_leaf_stands_under_its_place() {
    let (mut leaves, mut computed) = (0, 0);
    for folder in folders() {
        deep(|| {
            let files = Files::on_disk();
            let world = World::new(&files, &folder);
            let root = Instance::root(world.folder(&folder));
            for Found { file, node, .. } in Extraction::of(&world, &root).found {
                let loaded = world.loaded(file).unwrap();
                check(&node, &loaded.source, &mut leaves, &mut computed);
            }
        });
    }
    assert!(leaves > computed && computed > 0);
}

fn check(node: &Node, source: &Source, leaves: &mut usize, computed: &mut usize) {
    let written = source.text().get(node.span.range()).unwrap();
    match &node.value {
        Value::String(text) => {
            if text.written == Written::Computed {
                *computed += 1;
                return;
            }
            *leaves += 1;
            let decoded = written.replace("$${", "${").replace("%%{", "%{");
            let decoded = match decoded.strip_prefix("\\\"") {
                Some(_) => serde_json::from_str(&format!("\"{decoded}\"")).unwrap(),
                None => decoded,
            };
            let decoded: String = serde_json::from_str(&decoded).unwrap_or(decoded);
            assert_eq!(decoded, text.value, "{}", source.name());
            if text.written == Written::Plain {
                assert_eq!(written, format!("\"{}\"", text.value), "{}", source.name());
            }
        }
        Value::Array(nodes) => nodes
            .iter()
            .for_each(|node| check(node, source, leaves, computed)),
        Value::Object(members) => {
            for member in members {
                assert!(source.text().get(member.key.span.range()).is_some());
                check(&member.value, source, leaves, computed);
            }
        }
        Value::Choice(choice) => {
            check(&choice.then, source, leaves, computed);
            check(&choice.otherwise, source, leaves, computed);
        }
        _ => {}
    }
}
