//! `leastwise observe` as people run it.

mod bad_input;
mod corrections;
mod odd_records;
mod order;

use flate2::Compression;
use flate2::write::GzEncoder;
use leastwise::cloudtrail::{self, Mapped, ObserveOptions, Observed, Reason, Table};
use leastwise::{catalog, graph};
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder of its own for one test, taken away at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("leastwise-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }
    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }
    /// Exit code, standard output, standard error. A table on standard output
    /// accounts for every record, whatever the input was.
    fn observe(&self, args: &[&str]) -> (i32, String, String) {
        let output = run(&self.0, args, b"");
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let (table, errors) = (text(output.stdout), text(output.stderr));
        if !table.is_empty() {
            let totals = mapped(&table).totals;
            assert!(totals.balanced(), "{totals:?}\n{errors}");
            assert_eq!(header(&table)["records"], totals.records);
        }
        (output.status.code().unwrap(), table, errors)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn run(folder: &Path, args: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_leastwise"))
        .arg("observe")
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(root().join("policies/trails").join(name)).unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The rows behind the header.
fn rows(table: &str) -> Vec<&str> {
    table.lines().skip(1).collect()
}

fn header(table: &str) -> Value {
    serde_json::from_str(table.lines().next().unwrap()).unwrap()
}

/// A written table, mapped.
fn mapped(table: &str) -> Mapped {
    map(&cloudtrail::read(table.as_bytes()).unwrap())
}

fn map(table: &Table) -> Mapped {
    cloudtrail::map(table, catalog::get())
}

/// Some records of one role, by number; `more` is put in front of the fields.
fn record(number: u32, more: &str) -> String {
    format!(
        r#"{{{more}"eventID": "a0000000-0000-4000-8000-{number:012}", "eventTime": "2026-10-05T08:00:00Z",
        "eventType": "AwsApiCall", "eventSource": "sqs.amazonaws.com", "eventName": "SendMessage",
        "awsRegion": "eu-west-1", "recipientAccountId": "111122223333", "eventCategory": "Management",
        "requestParameters": {{"queueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/q"}},
        "userIdentity": {{"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ci"}}}}"#
    )
}

const SHAPES: [&str; 7] = [
    "records.json",
    "array.json",
    "lines.ndjson",
    "lookup-events.json",
    "eventbridge.ndjson",
    "cloudwatch-subscription.json",
    "cloudwatch-export.json",
];

#[test]
fn every_shape_plain_or_packed_gives_the_same_table() {
    let folder = Folder::new("observe-shapes");
    folder.file("first.json", fixture(SHAPES[0]));
    let (code, expected, _) = folder.observe(&["first.json"]);
    assert_eq!((code, rows(&expected).len()), (0, 2));
    for shape in SHAPES {
        folder
            .file("x.json", fixture(shape))
            .file("y.gz", gzip(&fixture(shape)));
        for name in ["x.json", "y.gz"] {
            let (code, table, errors) = folder.observe(&[name, "--out", "-"]);
            assert_eq!(
                (code, table),
                (0, expected.clone()),
                "{shape} as {name}: {errors}"
            );
        }
    }
    insta::with_settings!({
        snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"),
        prepend_module_to_snapshot => false,
    }, {
        insta::assert_snapshot!("observe-table", expected);
    });
}

#[test]
fn odd_but_honest_records_are_taken_and_counted() {
    let folder = Folder::new("observe-odd");
    folder.file("odd.json", fixture("odd.json"));
    let (code, table, errors) = folder.observe(&["odd.json"]);
    // One element is no record: that is told, and the rest is done.
    assert_eq!(code, 2, "{errors}");
    assert!(
        errors.contains("odd.json`: one piece is no record: the value at byte"),
        "{errors}"
    );
    assert_eq!(header(&table)["records"], 20);
    insta::with_settings!({
        snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"),
        prepend_module_to_snapshot => false,
    }, {
        insta::assert_snapshot!("observe-odd", format!("{errors}\n{table}"));
    });
    let table = cloudtrail::read(table.as_bytes()).unwrap();
    let Mapped {
        totals, unmapped, ..
    } = map(&table);
    assert!(totals.balanced(), "{totals:?}");
    assert_eq!(
        (totals.denied, totals.inconclusive, totals.unmapped),
        (1, 1, 1)
    );
    assert_eq!(unmapped[0].event, "NobodyKnowsThis");
    for reason in [
        Reason::Malformed,
        Reason::NetworkActivity,
        Reason::NotApiCall,
        Reason::OtherAccount,
        Reason::Root,
        Reason::Duplicate,
        Reason::NoPermissionNeeded,
    ] {
        assert_eq!(totals.dropped[&reason], 1, "{reason:?}");
    }
    assert_eq!(totals.dropped[&Reason::NoIdentity], 3);
}

#[test]
fn what_was_written_before_survives_a_run_that_finds_nothing() {
    let folder = Folder::new("observe-keep");
    folder.file("good.json", record(1, "")).file("bad.json", "");
    assert_eq!(folder.observe(&["good.json", "--out", "usage.jsonl"]).0, 0);
    let before = folder.read("usage.jsonl");
    assert_eq!(folder.observe(&["bad.json", "--out", "usage.jsonl"]).0, 2);
    assert_eq!(folder.read("usage.jsonl"), before);
    // A folder that is not there cannot be written to; no stray file is left.
    assert_eq!(
        folder.observe(&["good.json", "--out", "no/usage.jsonl"]).0,
        2
    );
    let names: Vec<_> = fs::read_dir(&folder.0)
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 3, "{names:?}");
}

#[test]
fn a_trail_bucket_is_read_in_the_order_of_delivery_without_its_siblings() {
    let folder = Folder::new("observe-layout");
    let name = |account: &str, time: &str| {
        format!(
            "AWSLogs/{account}/CloudTrail/eu-west-1/2026/10/05/{account}_CloudTrail_eu-west-1_{time}_x.json.gz"
        )
    };
    let file = |numbers: &[u32]| {
        let records: Vec<_> = numbers.iter().map(|n| record(*n, "")).collect();
        gzip(format!("{{\"Records\": [{}]}}", records.join(",")).as_bytes())
    };
    folder
        .file(&name("111122223333", "20261005T0800Z"), file(&[1, 2]))
        .file(
            &name("o-org/111122223333", "20261005T0805Z")
                .replace("o-org/111122223333_", "111122223333_"),
            file(&[2, 3]),
        )
        .file(
            "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/d.json.gz",
            gzip(b"{\"digest\": 1}"),
        )
        .file(
            "AWSLogs/111122223333/CloudTrail-Insight/eu-west-1/i.json.gz",
            file(&[9]),
        );
    let (code, table, errors) = folder.observe(&["."]);
    assert_eq!(code, 0, "{errors}");
    let header = header(&table);
    assert_eq!(
        (&header["files"], &header["records"]),
        (&2.into(), &4.into())
    );
    assert_eq!(
        (&header["unique"], &header["dropped"]["duplicate"]),
        (&3.into(), &1.into())
    );
}

#[test]
fn a_window_of_time_is_kept() {
    let folder = Folder::new("observe-window");
    let at = |number: u32, day: &str| record(number, "").replace("2026-10-05T08", day);
    folder.file(
        "x.ndjson",
        [
            at(1, "2026-10-04T23"),
            at(2, "2026-10-05T00"),
            at(3, "2026-10-06T23"),
            at(4, "2026-10-07T00"),
        ]
        .join("\n"),
    );
    let (code, table, errors) =
        folder.observe(&["x.ndjson", "--since", "2026-10-05", "--until", "2026-10-06"]);
    assert_eq!((code, &header(&table)["records"]), (0, &2.into()));
    assert!(errors.contains("2  outside the window of time"), "{errors}");
    let (_, table, _) = folder.observe(&["x.ndjson", "--until", "2026-10-05T00:00:00Z"]);
    assert_eq!(header(&table)["records"], 1);
    let (code, _, errors) = folder.observe(&["x.ndjson", "--since", "yesterday"]);
    assert_eq!(code, 2);
    assert!(errors.contains("neither a date such as"), "{errors}");
}

#[test]
fn paths_come_from_a_list_and_tables_are_inputs() {
    let folder = Folder::new("observe-list");
    folder
        .file("a.json", record(1, ""))
        .file("b.json", record(2, ""));
    let output = run(
        &folder.0,
        &["--paths-from", "-", "-q"],
        b"a.json\n\nb.json\n",
    );
    let together = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        (output.status.code(), &header(&together)["records"]),
        (Some(0), &2.into())
    );
    assert!(output.stderr.is_empty());
    assert_eq!(folder.observe(&["a.json", "--out", "a.jsonl"]).0, 0);
    assert_eq!(folder.observe(&["b.json", "--out", "b.jsonl"]).0, 0);
    for args in [
        &["merge", "a.jsonl", "b.jsonl"][..],
        &["merge", "b.jsonl", "a.jsonl", "a.jsonl"],
        &["a.jsonl", "b.json"],
        &["b.jsonl", "a.jsonl"],
    ] {
        let (code, table, errors) = folder.observe(args);
        assert_eq!((code, table), (0, together.clone()), "{args:?}: {errors}");
    }
}

#[test]
fn a_table_with_blanks_in_its_lines_is_read() {
    let folder = Folder::new("observe-blanks");
    folder.file("x.json", record(1, ""));
    let (_, good, _) = folder.observe(&["x.json"]);
    let loose = good.replace("\":", "\" : ").replace('{', " { ");
    for text in [loose.clone(), loose.replace('\n', " \r\n")] {
        assert_ne!(text, good);
        folder
            .file("loose.jsonl", &text)
            .file("loose.jsonl.gz", gzip(text.as_bytes()));
        for args in [
            &["loose.jsonl"][..],
            &["loose.jsonl.gz"],
            &["merge", "loose.jsonl"],
        ] {
            let (code, table, errors) = folder.observe(args);
            assert_eq!((code, &table), (0, &good), "{args:?}: {errors}");
        }
    }
}

#[test]
fn tables_that_do_not_fit_are_refused() {
    let folder = Folder::new("observe-tables");
    folder.file("good.json", record(1, ""));
    let (_, good, _) = folder.observe(&["good.json"]);
    for (text, message) in [
        (
            good.replace("\"g1\"", "\"g9\""),
            "its session names were made by `g9`, not `g1`",
        ),
        (
            good.replace("usage/1", "usage/7"),
            "has schema `leastwise/usage/7`",
        ),
        (
            good.replace("\"count\":1", "\"count\":\"x\""),
            "line 2 is no row of a usage table",
        ),
        (
            "{\"schema\":\"leastwise/usage/1\"}".to_owned(),
            "is no usage table",
        ),
    ] {
        folder.file("bad.jsonl", text).file("good.jsonl", &good);
        for args in [
            &["merge", "bad.jsonl", "good.jsonl"][..],
            &["bad.jsonl", "good.jsonl"],
        ] {
            let (code, table, errors) = folder.observe(args);
            assert_eq!(code, 2, "{errors}");
            assert!(errors.contains(message), "{errors}");
            assert_eq!(rows(&table), rows(&good));
        }
    }
}

#[test]
fn trails_are_not_read_from_standard_input() {
    let folder = Folder::new("observe-stdin");
    let (code, out, errors) = folder.observe(&["-"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(
        errors.starts_with("error: `-`: trails are not read from standard input"),
        "{errors}"
    );
    folder.file("-", record(1, ""));
    assert_eq!(folder.observe(&["./-"]).0, 0);
    let (code, _, errors) = folder.observe(&["no-such-trail"]);
    assert_eq!((code, errors.lines().count()), (2, 1), "{errors}");
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let folder = Folder::new("observe-control");
    let evil = record(1, "").replace("\"SendMessage\"", "\"Send\\u001b[31mMessage\"");
    folder.file("x.json", evil);
    let (_, table, errors) = folder.observe(&["x.json"]);
    assert!(
        errors.contains("Send\u{fffd}[31mMessage") && !errors.contains('\u{1b}'),
        "{errors}"
    );
    assert!(!table.contains('\u{1b}'));
}

/// The requests of a table as `action resource outcome`.
fn requests(table: &str) -> Vec<String> {
    let mapped = mapped(table);
    let requests = mapped.requests.iter();
    requests
        .map(|r| format!("{} {} {:?}", r.action, r.resource, r.outcome))
        .collect()
}

fn example() -> Observed {
    let trail = root().join("policies/accounts/orders/trail");
    cloudtrail::observe(&[trail], ObserveOptions::default(), &())
}

#[test]
fn the_example_account_is_mapped_as_its_ground_truth_says() {
    let table = example().table;
    let Mapped {
        requests,
        unmapped,
        totals,
        ..
    } = map(&table);
    assert!(totals.balanced(), "{totals:?}");
    // Of the 22 copies, 5 are records of services, which drop out before.
    assert_eq!((totals.records, table.unique()), (411, 411 - 17));
    let unmapped: Vec<_> = unmapped.iter().map(|call| &*call.event).collect();
    assert_eq!(unmapped, ["ListBulkOperations", "ListRuntimes"]);
    let mut lines: Vec<String> = requests.iter().map(line).collect();
    lines.sort();
    lines.dedup();
    insta::with_settings!({
        snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"),
        prepend_module_to_snapshot => false,
    }, {
        insta::assert_snapshot!("observe-orders", lines.join("\n"));
    });
}

fn line(request: &graph::ObservedRequest) -> String {
    let graph::Workload {
        kind,
        name,
        service,
        ..
    } = &request.workload;
    let role = request.principal.rsplit('/').next().unwrap();
    format!(
        "{role} {kind} {name} {} | {} {} {:?} {:?}",
        service.as_deref().unwrap_or("-"),
        request.action,
        request.resource,
        request.precision,
        request.outcome
    )
}

/// Each corpus folder, where it is there.
#[test]
fn real_records_are_all_accounted_for() {
    let corpus = root().join("../shared/corpora/cloudtrail");
    let Ok(folders) = fs::read_dir(&corpus) else {
        println!("skipped: no corpus at {}", corpus.display());
        return;
    };
    for folder in folders
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
    {
        let Observed { table, .. } = cloudtrail::observe(
            std::slice::from_ref(&folder),
            ObserveOptions::default(),
            &(),
        );
        assert!(table.unreadable.is_empty(), "{:?}", table.unreadable);
        let mapped = map(&table);
        assert!(
            mapped.totals.balanced(),
            "{}: {:?}",
            folder.display(),
            mapped.totals
        );
        assert!(mapped.totals.used > 0, "{}", folder.display());
    }
}

/// What a refusal names is the truth about event → action (C16): the catalog's
/// answer for the same event is held against it.
#[test]
fn real_refusals_name_the_actions_that_the_catalog_does() {
    let corpus = root().join("../shared/corpora/cloudtrail");
    if !corpus.is_dir() {
        println!("skipped: no corpus at {}", corpus.display());
        return;
    }
    let table = cloudtrail::observe(&[corpus], ObserveOptions::default(), &()).table;
    let (mut agreed, mut differ) = (0, std::collections::BTreeSet::new());
    for (row, evidence) in table.uses() {
        let Some(named) = &row.denied_action else {
            continue;
        };
        let mut granted = row.clone();
        granted.denied_action = None;
        granted.outcome = cloudtrail::RecordOutcome::Ok;
        let mut alone = Table::default();
        alone.add_use(granted, evidence);
        let requests = map(&alone).requests;
        if requests.iter().any(|request| request.action == *named) {
            agreed += 1;
        } else {
            let ours: Vec<_> = requests.iter().map(|request| &*request.action).collect();
            differ.insert(format!(
                "{} {}: {named}, ours {ours:?}",
                row.source, row.event
            ));
        }
    }
    assert!(agreed > 20, "{agreed}");
    assert!(differ.is_empty(), "{differ:#?}");
}

#[test]
fn tables_fit_their_schema() {
    let schema = crate::schema::committed("usage", &cloudtrail::schema());
    let mut tables = vec![example().table];
    let odd = fixture("odd.json");
    tables.push(cloudtrail::observe_stream(&odd[..], "odd.json").table);
    for table in tables {
        let mut out = Vec::new();
        cloudtrail::write(&table, "2026-10-20", &mut out).unwrap();
        for line in String::from_utf8(out).unwrap().lines() {
            let value = serde_json::from_str(line).unwrap();
            crate::schema::check(&schema, &value).unwrap_or_else(|wrong| panic!("{wrong}: {line}"));
        }
    }
}
