//! A folder of results: whole files only, and nobody else's touched.

use super::write::write_to;
use anyhow::{Context, bail};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The index of the folder: says which files are ours.
const INDEX: &str = "report.json";

/// A folder that `generate` writes to. What an earlier run wrote there, and its
/// report names, is replaced; other files stay, and are never overwritten.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    /// Files of an earlier run.
    ours: BTreeSet<String>,
}

impl Folder {
    /// Looks at the folder, which need not be there yet.
    ///
    /// # Errors
    /// When it is none, cannot be read, or holds a `report.json` of somebody
    /// else.
    pub(super) fn open(root: &Path) -> anyhow::Result<Self> {
        if root.exists() && !root.is_dir() {
            bail!("`{}` is no folder", root.display());
        }
        let index = root.join(INDEX);
        let mut ours = BTreeSet::new();
        if index.exists() {
            let text =
                fs::read(&index).with_context(|| format!("cannot read `{}`", index.display()))?;
            let Some(files) = files_of(&text) else {
                bail!(
                    "`{}` is not a report of leastwise: name another folder with --out",
                    index.display()
                );
            };
            ours = files;
            ours.insert(INDEX.to_owned());
        }
        Ok(Self {
            root: root.to_owned(),
            ours,
        })
    }

    /// Writes `files` (path relative to the folder → text) and the report, which
    /// comes last: while it is the old one, the folder is that of the old run.
    ///
    /// # Errors
    /// When a file of somebody else stands in the way, before anything is
    /// written; or when writing fails.
    pub(super) fn write(&self, files: &[(&str, &str)], report: &str) -> anyhow::Result<()> {
        for (path, _) in files {
            let target = self.root.join(path);
            if target.exists() && !self.ours.contains(*path) {
                bail!(
                    "`{}` exists and no report says that leastwise wrote it: name another folder with --out",
                    target.display()
                );
            }
        }
        for (path, text) in files {
            self.put(path, text)?;
        }
        self.put(INDEX, report)?;
        let new: BTreeSet<&str> = files.iter().map(|(path, _)| *path).chain([INDEX]).collect();
        for stale in self.ours.iter().filter(|path| !new.contains(path.as_str())) {
            let path = self.root.join(stale);
            // What is gone already is as it should be.
            let _ = fs::remove_file(&path);
            if let Some(folder) = path.parent().filter(|folder| *folder != self.root) {
                let _ = fs::remove_dir(folder);
            }
        }
        Ok(())
    }

    /// One file, as a whole or not at all.
    fn put(&self, path: &str, text: &str) -> anyhow::Result<()> {
        let target = self.root.join(path);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make `{}`", folder.display()))?;
        }
        write_to(&target, |out| out.write_all(text.as_bytes()))
    }
}

/// The files a report names; `None` if it is none of ours. A report is text
/// that anybody can edit: only paths of the form we write count.
fn files_of(report: &[u8]) -> Option<BTreeSet<String>> {
    let report: serde_json::Value = serde_json::from_slice(report).ok()?;
    let schema = report.get("schema")?.as_str()?;
    if !schema.starts_with("leastwise/report/") {
        return None;
    }
    let mut files = BTreeSet::new();
    for role in report.get("roles")?.as_array()? {
        let policies = role.get("policy_files").and_then(|files| files.as_array());
        let paths = policies.into_iter().flatten().chain(role.get("trust_file"));
        files.extend(
            paths
                .filter_map(|path| path.as_str())
                .filter(|path| is_our_form(path))
                .map(str::to_owned),
        );
    }
    Some(files)
}

/// `name/policy.json`, `name/policy-2.json`, `name/trust.json`.
fn is_our_form(path: &str) -> bool {
    let Some((folder, file)) = path.split_once('/') else {
        return false;
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    let number = file
        .strip_prefix("policy")
        .and_then(|rest| rest.strip_suffix(".json"));
    !folder.is_empty()
        && folder.chars().all(plain)
        && folder.chars().any(|c| c != '.')
        && (file == "trust.json"
            || number.is_some_and(|n| n.chars().all(|c| c == '-' || c.is_ascii_digit())))
}

#[cfg(test)]
mod tests {
    use super::is_our_form;

    #[test]
    fn only_paths_of_our_form_are_ours() {
        for path in ["a/policy.json", "a.b@c/policy-12.json", "a/trust.json"] {
            assert!(is_our_form(path), "{path}");
        }
        for path in [
            "policy.json",
            "../policy.json",
            "a/../../x.json",
            "/trust.json",
            "a/b/trust.json",
            "a/notes.json",
            "a\\b/trust.json",
        ] {
            assert!(!is_our_form(path), "{path}");
        }
    }
}
