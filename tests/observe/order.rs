//! The order in which files and records are met decides nothing.

use super::{Folder, example, fixture, map, requests, root, rows};
use flate2::read::MultiGzDecoder;
use leastwise::cloudtrail::{self, ObserveOptions, Table};
use serde_json::Value;
use std::fs;
use std::io::Read;

fn written(table: &Table) -> String {
    let mut out = Vec::new();
    cloudtrail::write(table, "", &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// All records of the example account, copies included.
fn records() -> Vec<Value> {
    let mut records = Vec::new();
    let mut folders = vec![root().join("policies/accounts/orders/trail")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = fs::read(&path).unwrap();
            let mut text = String::new();
            MultiGzDecoder::new(&bytes[..])
                .read_to_string(&mut text)
                .unwrap();
            let mut file: Value = serde_json::from_str(&text).unwrap();
            records.append(file["Records"].as_array_mut().unwrap());
        }
    }
    records
}

/// Fisher and Yates, by a generator that gives the same numbers everywhere.
fn shuffle<T>(items: &mut [T], seed: &mut u64) {
    for at in (1..items.len()).rev() {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let other = usize::try_from(*seed >> 33).unwrap() % (at + 1);
        items.swap(at, other);
    }
}

/// Files are folded in the order of their names, so the records are dealt anew
/// to files whose names do not change.
#[test]
fn the_order_of_records_and_files_decides_nothing() {
    const FILES: usize = 9;
    let mut records = records();
    let mut seed = 1;
    let mut firsts = Vec::new();
    let mut tables = Vec::new();
    for round in 0..8 {
        if round > 0 {
            shuffle(&mut records, &mut seed);
        }
        firsts.push(records[0]["eventID"].clone());
        let folder = Folder::new(&format!("observe-order-{round}"));
        for (number, part) in records.chunks(records.len().div_ceil(FILES)).enumerate() {
            let file = serde_json::json!({ "Records": part });
            folder.file(&format!("{number}.json"), file.to_string());
        }
        let paths = [folder.0.clone()];
        let observed = cloudtrail::observe(&paths, ObserveOptions::default(), &());
        assert_eq!(observed.table.files, FILES as u64);
        assert!(map(&observed.table).totals.balanced());
        tables.push(written(&observed.table));
    }
    firsts.dedup();
    assert!(firsts.len() > 5, "the records were not shuffled");
    assert_eq!(rows(&tables[0]), rows(&written(&example().table)));
    tables.dedup();
    assert_eq!(tables.len(), 1);
}

#[test]
fn a_table_is_read_as_it_was_written() {
    let text = written(&example().table);
    let read = cloudtrail::read(text.as_bytes()).unwrap();
    assert_eq!(written(&read), text);
}

/// The record that opens a session is delivered after the session's own: here
/// in a later file, and there later in one file.
#[test]
fn a_session_opened_in_a_later_record_belongs_to_the_service_that_opened_it() {
    let folder = Folder::new("observe-assume-last");
    let last = fixture("assume-role-last.json");
    let file: Value = serde_json::from_slice(&last).unwrap();
    let [call, assume] = &file["Records"].as_array().unwrap()[..] else {
        panic!("{file}")
    };
    assert_eq!(assume["eventName"], "AssumeRole");
    let text = |record: &Value| record.to_string();
    folder
        .file("one.json", &last)
        .file("a.json", text(call))
        .file("b.json", text(assume))
        .file("c.json", text(call));
    let mut tables = Vec::new();
    for inputs in [
        &["one.json"][..],
        &["a.json", "b.json"],
        &["b.json", "c.json"],
    ] {
        let (code, table, errors) = folder.observe(inputs);
        assert_eq!(code, 0, "{errors}");
        let workload = super::mapped(&table).requests[0].workload.clone();
        assert_eq!(
            (&*workload.kind, workload.service.as_deref()),
            ("lambda", Some("lambda.amazonaws.com"))
        );
        assert_eq!(requests(&table).len(), 1);
        tables.push(rows(&table).join("\n"));
    }
    tables.dedup();
    assert_eq!(tables.len(), 1);
}

/// The same from the trail to the trust policy of the role that is proposed.
#[test]
fn a_session_opened_in_a_later_record_gets_the_trust_of_its_service() {
    let folder = Folder::new("generate-assume-last");
    folder.file("trail.json", fixture("assume-role-last.json"));
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_leastwise"))
        .args(["generate", "trail.json", "--out", "roles"])
        .current_dir(&folder.0)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 4)), "{errors}");
    let report: Value = serde_json::from_str(&folder.read("roles/report.json")).unwrap();
    let role = &report["roles"][0];
    assert_eq!(role["workload"]["kind"], "lambda", "{report}");
    let trust = role["trust_file"].as_str().unwrap();
    let trust: Value = serde_json::from_str(&folder.read(&format!("roles/{trust}"))).unwrap();
    let principal = &trust["Statement"][0]["Principal"]["Service"];
    assert_eq!(principal, "lambda.amazonaws.com", "{trust}");
}
