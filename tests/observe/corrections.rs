//! Records that CloudTrail corrected later, or delivered late (C38).

use super::{Folder, fixture, header, record, requests, rows, run};

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
    const WARNING: &str = "warning: 1 record was corrected later, but may be counted";
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
        errors.contains("warning: 1 record was corrected"),
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
        errors.contains("warning: 1 record was corrected"),
        "{errors}"
    );
    assert!(!output.stdout.is_empty());
}
