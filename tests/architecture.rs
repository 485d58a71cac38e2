//! The floors are checked, not promised: a module imports only from floors
//! below its own, and only the floors named here print or touch files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Module → floor. Siblings on one floor do not know each other.
const FLOORS: &[(&str, u8)] = &[
    ("text", 1),
    ("syntax", 2),
    ("policy", 3),
    ("catalog", 4),
    ("semantics", 5),
    ("sources", 6),
    ("diff", 7),
    ("graph", 7),
    ("lints", 8),
    ("cloudtrail", 8),
    ("generate", 9),
    ("render", 10),
    ("cli", 11),
];

const MAY_TOUCH_FILES: &[&str] = &["sources", "cloudtrail", "cli"];
const MAY_PRINT: &[&str] = &["render", "cli"];

fn sources(of: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![of.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The code of a file: without comments (links in prose are no imports) and
/// without its unit tests (which may build what they need).
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap();
    text.lines()
        .map(|line| line.split("//").next().unwrap())
        .collect::<Vec<_>>()
        .join("\n")
}

/// The modules named in `crate::x` paths and `crate::{x, y::z}` groups.
fn imports(code: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        text.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            found.push(name(rest));
            continue;
        };
        let mut depth = 1;
        let mut starts = true;
        for (i, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => starts = true,
                c if c.is_whitespace() => {}
                _ if starts && depth == 1 => {
                    found.push(name(&group[i..]));
                    starts = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    found
}

fn each_module(mut check: impl FnMut(&str, u8, &Path, &str)) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for &(module, floor) in FLOORS {
        let files = sources(&root.join(module));
        assert!(!files.is_empty(), "`{module}` has no files");
        for file in files {
            check(module, floor, &file, &code(&file));
        }
    }
}

#[test]
fn every_module_has_a_floor() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(
            path.is_dir() && FLOORS.iter().any(|&(module, _)| module == name)
                || name == "lib"
                || name == "main",
            "`{name}` stands on no floor"
        );
    }
}

#[test]
fn imports_point_down() {
    let floors: BTreeMap<_, _> = FLOORS.iter().copied().collect();
    let mut wrong = Vec::new();
    each_module(|module, floor, file, code| {
        for import in imports(code) {
            match floors.get(import.as_str()) {
                Some(_) if import == module => {}
                Some(&below) if below < floor => {}
                _ => wrong.push(format!("{}: crate::{import}", file.display())),
            }
        }
    });
    assert!(wrong.is_empty(), "imports upwards or sideways:\n{wrong:#?}");
}

#[test]
fn only_three_floors_touch_files() {
    let mut wrong = Vec::new();
    each_module(|module, _, file, code| {
        let touches = ["std::fs", "File::open", "fs::read", "std::env", "std::net"];
        for what in touches.into_iter().filter(|what| code.contains(what)) {
            if !MAY_TOUCH_FILES.contains(&module) {
                wrong.push(format!("{}: {what}", file.display()));
            }
        }
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn nothing_talks_to_the_network() {
    let mut wrong = Vec::new();
    each_module(|_, _, file, code| {
        if code.contains("std::net") || code.contains("TcpStream") || code.contains("UdpSocket") {
            wrong.push(file.display().to_string());
        }
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_two_floors_print() {
    let mut wrong = Vec::new();
    each_module(|module, _, file, code| {
        for what in ["println!", "eprintln!", "print!(", "stdout()", "stderr()"] {
            if code.contains(what) && !MAY_PRINT.contains(&module) {
                wrong.push(format!("{}: {what}", file.display()));
            }
        }
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_reader_of_imports_sees_both_forms() {
    let found = imports("use crate::{text::{A, B}, policy, graph::X as Y}; crate::cli::main()");
    assert_eq!(found, ["text", "policy", "graph", "cli"]);
}
