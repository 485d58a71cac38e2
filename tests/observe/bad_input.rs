//! Input that cannot be read, or not to its end: it is told by name and place,
//! what is sound in it is kept, and the files beside it lose nothing.

use super::{Folder, gzip, header, mapped, record, run};
use flate2::Compression;
use flate2::write::GzEncoder;
use leastwise::cloudtrail::{Reason, Totals};
use std::fs;
use std::io::Write;

/// Observes a bad file beside a good one of one record: how the bad one is
/// told, and where its records went. [`Folder::observe`] checks that these
/// account for all.
fn beside_a_good_file(name: &str, bytes: impl AsRef<[u8]>) -> (String, Totals) {
    let folder = Folder::new(&format!("observe-bad-{name}"));
    folder.file(name, bytes).file("good.json", record(99, ""));
    let (code, table, errors) = folder.observe(&[name, "good.json"]);
    assert_eq!(code, 2, "{errors}");
    let start = format!("error: `{name}`: ");
    let told: Vec<_> = errors
        .lines()
        .filter_map(|line| line.strip_prefix(&*start))
        .collect();
    assert_eq!(told.len(), 1, "{errors}");
    let header = header(&table);
    assert_eq!(header["unreadable"][0]["file"], name);
    assert_eq!(header["unreadable"].as_array().unwrap().len(), 1);
    let totals = mapped(&table).totals;
    // The good file's record is there whatever stands beside it.
    assert!(totals.used >= 1, "{totals:?}");
    (told[0].to_owned(), totals)
}

/// A trail of so many records.
fn trail(records: u32) -> String {
    let records: Vec<_> = (0..records).map(|n| record(n, "")).collect();
    format!("[{}]", records.join(","))
}

#[test]
fn an_empty_file() {
    let (told, totals) = beside_a_good_file("empty.json", "");
    assert_eq!((&*told, totals.records), ("is empty", 1));
}

#[test]
fn an_empty_file_packed_with_gzip() {
    let (told, totals) = beside_a_good_file("empty.json.gz", gzip(b""));
    assert_eq!((&*told, totals.records), ("is empty", 1));
}

#[test]
fn a_truncated_gzip() {
    let packed = gzip(trail(50).as_bytes());
    let cut = &packed[..packed.len() - 60];
    let (told, totals) = beside_a_good_file("cut.json.gz", cut);
    let kept = totals.records - 1;
    assert!(kept > 0 && kept < 50, "{kept}");
    assert!(
        told.ends_with(&format!("({kept} records before and around it are kept)")),
        "{told}"
    );
    assert_eq!(totals.used, kept + 1);
}

#[test]
fn a_truncated_gzip_without_a_whole_record() {
    let packed = gzip(trail(50).as_bytes());
    let (told, totals) = beside_a_good_file("stump.json.gz", &packed[..12]);
    assert!(!told.contains("kept"), "{told}");
    assert_eq!(totals.records, 1);
}

#[test]
fn a_truncated_file() {
    let whole = trail(50);
    let (told, totals) = beside_a_good_file("cut.json", &whole[..whole.len() - 300]);
    assert!(
        told.starts_with("ends too early, within the JSON that starts at byte"),
        "{told}"
    );
    assert_eq!((totals.records, totals.used), (50, 50));
}

#[test]
fn invalid_utf_8() {
    let bytes = [
        record(1, "").as_bytes(),
        b"\n{\"eventName\": \"\xff\xfe\"}\n",
        record(2, "").as_bytes(),
    ]
    .concat();
    let (told, totals) = beside_a_good_file("invalid.ndjson", bytes);
    assert!(
        told.starts_with("one piece is no record: invalid UTF-8 at byte"),
        "{told}"
    );
    assert_eq!((totals.records, totals.used), (4, 3));
    assert_eq!(totals.dropped[&Reason::Malformed], 1);
}

#[test]
fn ten_thousand_nested_brackets() {
    let (told, totals) = beside_a_good_file("deep.json", "[".repeat(10_000));
    assert!(
        told.starts_with("nested deeper than 512 levels at byte"),
        "{told}"
    );
    assert_eq!(totals.records, 1);
}

#[test]
fn ten_thousand_nested_brackets_within_a_record() {
    let (open, close) = ("[".repeat(10_000), "]".repeat(10_000));
    let deep = format!("{}\n{{\"eventName\":{open}{close}}}", record(1, ""));
    let (told, totals) = beside_a_good_file("deep.ndjson", deep);
    assert!(
        told.starts_with("nested deeper than 512 levels at byte"),
        "{told}"
    );
    assert_eq!((totals.records, totals.used), (2, 2));
}

#[test]
fn text_that_is_no_json() {
    let (told, totals) = beside_a_good_file("text.json", "no JSON at all");
    assert_eq!((&*told, totals.records), ("not JSON at byte 0", 1));
}

#[test]
fn a_compression_that_is_not_read() {
    let (told, totals) = beside_a_good_file("zstd.json", b"\x28\xb5\x2f\xfd....");
    assert_eq!(told, "packed with zstd; unpack it first");
    assert_eq!(totals.records, 1);
}

#[test]
fn json_that_is_no_trail() {
    let policy = "{\"Version\": \"2012-10-17\"}";
    let (told, totals) = beside_a_good_file("policy.json", policy);
    assert_eq!((&*told, totals.records), ("holds no CloudTrail records", 1));
}

/// Both bombs are larger than the memory that the run is given.
#[cfg(target_os = "linux")]
mod bombs {
    use super::*;
    use std::process::{Command, Output};

    const UNPACKED: usize = 256 << 20;
    /// Address space in KiB; a quarter of it is one arena of the allocator.
    const MEMORY: usize = 192 << 10;

    fn bomb(start: &[u8], filling: u8) -> Vec<u8> {
        let mut bomb = GzEncoder::new(Vec::new(), Compression::fast());
        bomb.write_all(start).unwrap();
        let filling = vec![filling; 1 << 20];
        for _ in 0..UNPACKED / filling.len() {
            bomb.write_all(&filling).unwrap();
        }
        bomb.finish().unwrap()
    }

    fn observe_within_bounds(folder: &Folder) -> Output {
        let script = format!("ulimit -v {MEMORY} && exec \"$0\" observe bomb.json.gz good.json");
        Command::new("sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_leastwise")])
            .current_dir(&folder.0)
            .output()
            .unwrap()
    }

    fn defused(name: &str, bytes: Vec<u8>, message: &str) {
        assert!(UNPACKED > MEMORY * 1024 && bytes.len() < UNPACKED / 100);
        let folder = Folder::new(name);
        folder
            .file("bomb.json.gz", bytes)
            .file("good.json", record(1, ""));
        let output = observe_within_bounds(&folder);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(errors.contains(message), "{errors}");
        let totals = mapped(&String::from_utf8(output.stdout).unwrap()).totals;
        assert!(totals.balanced() && totals.used == 1, "{totals:?}");
    }

    #[test]
    fn a_gzip_bomb_of_nothing() {
        defused(
            "observe-bomb",
            bomb(b"{\"Records\": [", b' '),
            "no CloudTrail record within 64 MiB up to byte",
        );
    }

    #[test]
    fn a_gzip_bomb_of_one_record() {
        defused(
            "observe-bomb-record",
            bomb(b"{\"Records\": [{\"eventName\": \"", b'x'),
            "a record of more than 16 MiB at byte",
        );
    }
}

#[test]
fn a_folder_without_records_has_its_own_exit_code() {
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
}

#[test]
fn a_folder_without_records_beside_a_good_file_is_no_failure() {
    let folder = Folder::new("observe-nothing-beside");
    folder
        .file("notes/policy.json", "{\"Version\": \"2012-10-17\"}")
        .file("good.json", record(1, ""));
    let (code, table, errors) = folder.observe(&["notes", "good.json"]);
    assert_eq!(code, 0, "{errors}");
    assert!(
        errors.contains("1  file skipped: it holds no records"),
        "{errors}"
    );
    assert_eq!(mapped(&table).totals.used, 1);
}

#[test]
fn no_input_and_input_that_is_not_there() {
    let folder = Folder::new("observe-nowhere");
    assert_eq!(folder.observe(&[]).0, 2);
    let (code, _, errors) = folder.observe(&["nowhere"]);
    assert_eq!(code, 2);
    assert!(errors.contains("error: `nowhere`: "), "{errors}");
}

#[cfg(unix)]
#[test]
fn a_link_to_nowhere() {
    let folder = Folder::new("observe-link");
    folder.file("trail/good.json", record(1, ""));
    std::os::unix::fs::symlink("nowhere", folder.0.join("trail/link.json")).unwrap();
    let (code, table, errors) = folder.observe(&["trail"]);
    assert_eq!((code, mapped(&table).totals.used), (2, 1));
    assert!(errors.contains("error: `trail/link.json`: "), "{errors}");
}

#[cfg(unix)]
#[test]
fn an_unreadable_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("observe-unreadable");
    folder
        .file("trail/good.json", record(1, ""))
        .file("trail/locked.json", record(2, ""));
    let locked = folder.0.join("trail/locked.json");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
    let (code, table, errors) = folder.observe(&["trail"]);
    let used = mapped(&table).totals.used;
    // The super-user reads everything.
    if fs::read(&locked).is_ok() {
        assert_eq!((code, used), (0, 2), "{errors}");
    } else {
        assert_eq!((code, used), (2, 1));
        assert!(errors.contains("error: `trail/locked.json`: "), "{errors}");
    }
}

/// Opens, but nothing is mapped where its first byte would be.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_fails_while_it_is_read() {
    let folder = Folder::new("observe-fails");
    folder.file("good.json", record(1, ""));
    let output = run(&folder.0, &["/proc/self/mem", "good.json"], b"");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(errors.contains("error: `/proc/self/mem`: "), "{errors}");
    let totals = mapped(&String::from_utf8(output.stdout).unwrap()).totals;
    assert!(totals.balanced() && totals.used == 1, "{totals:?}");
}
