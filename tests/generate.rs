//! `leastwise generate` on the example account, and the schema of its report.

use leastwise::generate::Report;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Holds `schema/report.json` against the types; `BLESS=1` rewrites it.
#[test]
fn the_schema_is_that_of_the_types() {
    let schema = schemars::schema_for!(Report);
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    let path: PathBuf = root().join("schema/report.json");
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &text).unwrap();
    }
    let known = fs::read_to_string(&path).unwrap();
    let [known, text]: [Value; 2] = [known, text].map(|text| serde_json::from_str(&text).unwrap());
    assert_eq!(known, text, "run the tests with BLESS=1 and look at the change");
}
