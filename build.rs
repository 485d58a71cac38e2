//! Packs `action-catalog/` into the one blob that the binary embeds.

use std::path::{Path, PathBuf};
use std::{env, error::Error, fs};

#[path = "src/catalog/encode.rs"]
mod encode;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("action-catalog");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/catalog/encode.rs");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    for name in listing(&folder)? {
        files.push((name.clone(), fs::read(folder.join(name))?));
    }
    let blob = encode::encode(&files).map_err(|error| format!("action-catalog: {error}"))?;
    fs::write(
        PathBuf::from(env::var("OUT_DIR")?).join("catalog.bin"),
        blob,
    )?;
    Ok(())
}

/// The catalog's files, by path relative to its folder.
fn listing(folder: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut names = vec!["catalog.lock".to_owned()];
    for (at, prefix) in [
        (folder.to_path_buf(), ""),
        (folder.join("services"), "services/"),
    ] {
        for entry in fs::read_dir(at)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.ends_with(".json") {
                names.push(format!("{prefix}{name}"));
            }
        }
    }
    names.sort();
    Ok(names)
}
