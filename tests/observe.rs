//! `leastwise observe` as people run it.

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
    /// Exit code, standard output, standard error.
    fn observe(&self, args: &[&str]) -> (i32, String, String) {
        let output = run(&self.0, args, b"");
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            output.status.code().unwrap(),
            text(output.stdout),
            text(output.stderr),
        )
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
fn bad_input_is_told_by_name_and_place_and_loses_nothing() {
    let whole = format!(
        "[{}]",
        (0..50).map(|n| record(n, "")).collect::<Vec<_>>().join(",")
    );
    let packed = gzip(whole.as_bytes());
    let invalid = [
        record(1, "").as_bytes(),
        b"\n{\"eventName\": \"\xff\xfe\"}\n",
        record(2, "").as_bytes(),
    ]
    .concat();
    for (name, bytes, kept, message) in [
        ("empty.json", Vec::new(), 0, "is empty"),
        ("empty.json.gz", gzip(b""), 0, "is empty"),
        (
            "cut.json.gz",
            packed[..packed.len() - 60].to_vec(),
            1,
            "records before and around it are kept",
        ),
        (
            "cut.json",
            whole.as_bytes()[..whole.len() - 300].to_vec(),
            49,
            "ends too early, within the JSON that starts at byte",
        ),
        (
            "invalid.ndjson",
            invalid,
            2,
            "one piece is no record: invalid UTF-8 at byte",
        ),
        (
            "deep.json",
            "[".repeat(10_000).into_bytes(),
            0,
            "nested deeper than 512 levels at byte",
        ),
        (
            "deep.ndjson",
            format!(
                "{{\"eventName\":{}{}}}",
                "[".repeat(10_000),
                "]".repeat(10_000)
            )
            .into_bytes(),
            0,
            "nested deeper than 512 levels at byte",
        ),
        (
            "text.json",
            b"no JSON at all".to_vec(),
            0,
            "not JSON at byte 0",
        ),
        (
            "zstd.json",
            b"\x28\xb5\x2f\xfd....".to_vec(),
            0,
            "packed with zstd; unpack it first",
        ),
        (
            "policy.json",
            b"{\"Version\": \"2012-10-17\"}".to_vec(),
            0,
            "holds no CloudTrail records",
        ),
    ] {
        let folder = Folder::new(&format!("observe-bad-{name}"));
        folder.file(name, bytes).file("good.json", record(99, ""));
        let (code, table, errors) = folder.observe(&[name, "good.json"]);
        assert_eq!(code, 2, "{name}: {errors}");
        let told = errors
            .lines()
            .find(|line| line.starts_with(&format!("error: `{name}`")));
        assert!(
            told.unwrap_or_default().contains(message),
            "{name}: {errors}"
        );
        let header = header(&table);
        assert_eq!(header["unreadable"][0]["file"], name);
        let records = header["records"].as_u64().unwrap();
        let counted_bad = header["dropped"]["malformed"].as_u64().unwrap_or(0);
        assert!(records - counted_bad > kept, "{name}: {records} records");
    }
}

#[test]
fn a_gzip_bomb_costs_little() {
    let folder = Folder::new("observe-bomb");
    let mut bomb = GzEncoder::new(Vec::new(), Compression::fast());
    bomb.write_all(b"{\"Records\": [").unwrap();
    let spaces = vec![b' '; 1 << 20];
    for _ in 0..256 {
        bomb.write_all(&spaces).unwrap();
    }
    folder.file("bomb.json.gz", bomb.finish().unwrap());
    let (code, _, errors) = folder.observe(&["bomb.json.gz"]);
    assert_eq!(code, 2);
    assert!(
        errors.contains("no CloudTrail record within 64 MiB up to byte"),
        "{errors}"
    );
}

#[test]
fn nothing_to_analyse_has_its_own_exit_code() {
    let folder = Folder::new("observe-nothing");
    folder
        .file("notes/readme.txt", "x")
        .file("policy.json", "{\"Version\": \"2012-10-17\"}");
    folder.file("old.jsonl.bak", "kept");
    for args in [&["notes"][..], &["."][..]] {
        let (code, table, errors) = folder.observe(args);
        assert_eq!((code, table.as_str()), (3, ""), "{errors}");
        assert!(
            errors.contains("no CloudTrail records in the input"),
            "{errors}"
        );
    }
    let (code, table, _) = folder.observe(&["notes", "--allow-empty"]);
    assert_eq!((code, header(&table)["records"].as_u64()), (0, Some(0)));
    assert_eq!(folder.observe(&[]).0, 2);
    let (code, _, errors) = folder.observe(&["nowhere"]);
    assert_eq!(code, 2);
    assert!(errors.contains("error: `nowhere`: "), "{errors}");
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

#[cfg(unix)]
#[test]
fn an_unreadable_file_is_named() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::new("observe-unreadable");
    folder
        .file("trail/good.json", record(1, ""))
        .file("trail/locked.json", record(2, ""));
    symlink("nowhere", folder.0.join("trail/link.json")).unwrap();
    fs::set_permissions(
        folder.0.join("trail/locked.json"),
        fs::Permissions::from_mode(0o000),
    )
    .unwrap();
    let (code, table, errors) = folder.observe(&["trail"]);
    assert_eq!(code, 2);
    assert!(errors.contains("`trail/link.json`"), "{errors}");
    // The super-user reads everything.
    if fs::read(folder.0.join("trail/locked.json")).is_err() {
        assert!(errors.contains("`trail/locked.json`"), "{errors}");
        assert_eq!(header(&table)["records"], 1);
    }
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
    let table = cloudtrail::read(table.as_bytes()).unwrap();
    let mapped = map(&table);
    assert!(mapped.totals.balanced(), "{:?}", mapped.totals);
    let requests = mapped.requests.iter();
    requests
        .map(|r| format!("{} {} {:?}", r.action, r.resource, r.outcome))
        .collect()
}

/// C38, however original and correction are spread over files.
#[test]
fn a_corrected_record_is_no_evidence() {
    let folder = Folder::new("observe-corrected");
    let (original, correction) = (
        fixture("corrected.json"),
        fixture("addendum-updated-data.json"),
    );
    let both = [&original[..], &correction].concat();
    let turned = [&correction[..], &original].concat();
    folder
        .file("a.json", &original)
        .file("b.json", &correction)
        .file("c.json", &original)
        .file("both.json", both)
        .file("turned.json", turned);
    let mut tables = Vec::new();
    for inputs in [
        &["a.json", "b.json"][..],
        &["b.json", "c.json"],
        &["both.json"],
        &["turned.json"],
    ] {
        let (code, table, errors) = folder.observe(inputs);
        assert_eq!(code, 0, "{errors}");
        assert!(errors.contains("1  dropped: superseded"), "{errors}");
        assert!(!errors.contains("warning"), "{errors}");
        assert_eq!(
            requests(&table),
            [
                "s3:GetObject arn:aws:s3:::shop-reports/2026/10/05.csv Ok",
                "s3:GetObject arn:aws:s3:::shop-reports/salaries.csv Denied",
            ]
        );
        let header = header(&table);
        assert_eq!(header["records"], 3);
        assert_eq!(
            header["corrections"][0]["original"],
            "e0000000-0000-4000-8000-000000000001"
        );
        assert_eq!(header["corrections"][0]["looked_in"], header["files"]);
        tables.push(rows(&table).join("\n"));
    }
    tables.dedup();
    assert_eq!(tables.len(), 1);
}

/// Copies of a corrected record, and the correction where it bears the id of
/// what it corrects.
#[test]
fn copies_of_a_corrected_record_are_copies() {
    let folder = Folder::new("observe-corrected-copies");
    let denied = r#""errorCode": "AccessDenied", "addendum": {"reason": "UPDATED_DATA",
        "originalEventID": "a0000000-0000-4000-8000-000000000001"}, "#;
    let lines = [
        record(1, ""),
        record(1, denied),
        record(1, ""),
        record(1, denied),
    ];
    folder.file("x.ndjson", lines.join("\n"));
    let (_, table, errors) = folder.observe(&["x.ndjson"]);
    let dropped = &header(&table)["dropped"];
    assert_eq!(
        (&dropped["superseded"], &dropped["duplicate"]),
        (&1.into(), &2.into()),
        "{errors}"
    );
    assert_eq!(
        requests(&table),
        ["sqs:SendMessage arn:aws:sqs:eu-west-1:111122223333:q Denied"]
    );
}

/// A session that was not opened after all.
#[test]
fn a_corrected_assume_role_record_gives_no_session() {
    let folder = Folder::new("observe-corrected-assume");
    let assume = |number, more: &str| {
        record(number, more)
            .replace("sqs.amazonaws", "sts.amazonaws")
            .replace("SendMessage", "AssumeRole")
            .replace("\"queueUrl\"", "\"roleSessionName\": \"s\", \"roleArn\"")
    };
    let denied = r#""errorCode": "AccessDenied", "addendum": {"reason": "UPDATED_DATA",
        "originalEventID": "a0000000-0000-4000-8000-000000000001"}, "#;
    folder
        .file("a.json", assume(1, ""))
        .file("b.json", assume(2, denied));
    let (_, first, _) = folder.observe(&["a.json"]);
    assert!(first.contains("\"kind\":\"assume\""), "{first}");
    let (_, both, _) = folder.observe(&["a.json", "b.json"]);
    assert!(!both.contains("\"kind\":\"assume\""), "{both}");
}

#[test]
fn records_that_came_late_are_evidence() {
    for (name, object) in [
        ("addendum-delivery-delay.json", "2026/10/04.csv"),
        ("addendum-service-outage.json", "2026/10/03.csv"),
    ] {
        let folder = Folder::new(&format!("observe-{name}"));
        let late = format!("s3:GetObject arn:aws:s3:::shop-reports/{object} Ok");
        for (first, second) in [("corrected.json", name), (name, "corrected.json")] {
            folder
                .file("a.json", fixture(first))
                .file("b.json", fixture(second));
            let (code, table, errors) = folder.observe(&["a.json", "b.json"]);
            assert_eq!(code, 0, "{errors}");
            let requests = requests(&table);
            assert!(
                requests.len() == 3 && requests.contains(&late),
                "{requests:?}"
            );
            assert!(header(&table)["corrections"].is_null(), "{table}");
            assert!(!errors.contains("superseded"), "{errors}");
        }
    }
}

/// Where the original may be in a part that was observed without its
/// correction, both are counted and the doubt is told.
#[test]
fn merged_tables_tell_which_corrections_are_uncertain() {
    const WARNING: &str = "warning: 1 records were corrected later, but may be counted";
    let folder = Folder::new("observe-corrected-merge");
    folder
        .file("a.json", fixture("corrected.json"))
        .file("b.json", fixture("addendum-updated-data.json"));
    for (input, table) in [("a.json", "a.jsonl"), ("b.json", "b.jsonl")] {
        let (code, _, errors) = folder.observe(&[input, "--out", table]);
        assert!(code == 0 && !errors.contains("warning"), "{errors}");
    }
    let (_, merged, errors) = folder.observe(&["merge", "a.jsonl", "b.jsonl"]);
    assert!(errors.contains(WARNING), "{errors}");
    assert_eq!(requests(&merged).len(), 3);
    for inputs in [
        &["merge", "b.jsonl", "a.jsonl"][..],
        &["a.jsonl", "b.json"],
        &["a.jsonl", "b.jsonl", "-q"],
    ] {
        let (_, table, errors) = folder.observe(inputs);
        assert!(errors.contains(WARNING), "{errors}");
        assert_eq!(table, merged, "{inputs:?}");
    }
    // The correction is in a table, the original in a file that is read now.
    let (_, exact, errors) = folder.observe(&["a.json", "b.jsonl"]);
    assert!(!errors.contains("warning"), "{errors}");
    assert_eq!(header(&exact)["dropped"]["superseded"], 1);
    assert_eq!(requests(&exact).len(), 2);
}

#[test]
fn a_correction_that_names_no_record_is_counted_and_uncertain() {
    let folder = Folder::new("observe-corrected-unnamed");
    let unnamed = r#""addendum": {"reason": "UPDATED_DATA"}, "#;
    folder.file("x.json", record(1, unnamed));
    let (code, table, errors) = folder.observe(&["x.json"]);
    assert_eq!((code, requests(&table).len()), (0, 1));
    assert!(
        errors.contains("warning: 1 records were corrected"),
        "{errors}"
    );
}

/// A correction that lies outside the window of time still replaces its
/// original.
#[test]
fn corrections_hold_beyond_the_window_of_time() {
    let folder = Folder::new("observe-corrected-window");
    let late = r#""addendum": {"reason": "UPDATED_DATA",
        "originalEventID": "a0000000-0000-4000-8000-000000000001"}, "#;
    let late = record(2, late).replace("2026-10-05T08", "2026-10-06T08");
    folder.file("a.json", record(1, "")).file("b.json", late);
    let (_, table, errors) = folder.observe(&["a.json", "b.json", "--until", "2026-10-05"]);
    assert_eq!(header(&table)["dropped"]["superseded"], 1, "{errors}");
    assert!(requests(&table).is_empty());
}

/// What comes through a pipe cannot be read again.
#[cfg(target_os = "linux")]
#[test]
fn corrections_in_a_pipe_are_uncertain() {
    let folder = Folder::new("observe-corrected-pipe");
    let both = [
        fixture("corrected.json"),
        fixture("addendum-updated-data.json"),
    ];
    let output = run(&folder.0, &["/dev/stdin"], &both.concat());
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{errors}");
    assert!(
        errors.contains("warning: 1 records were corrected"),
        "{errors}"
    );
    assert!(!output.stdout.is_empty());
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

#[test]
fn the_table_and_its_parts_do_not_depend_on_the_order() {
    let folder = root().join("policies/accounts/orders/trail");
    let mut files = Vec::new();
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    let write = |table: &Table| {
        let mut out = Vec::new();
        cloudtrail::write(table, "", &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let expected = write(&example().table);
    files.sort();
    let forth = cloudtrail::observe(&files, ObserveOptions::default(), &());
    files.reverse();
    let back = cloudtrail::observe(&files, ObserveOptions::default(), &());
    assert_eq!(write(&forth.table), expected);
    assert_eq!(write(&back.table), expected);
    let read = cloudtrail::read(expected.as_bytes()).unwrap();
    assert_eq!(write(&read), expected);
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
