//! From the paths that were named to the files to read.

use super::{Failure, ReadOptions, cdk};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use ignore::{DirEntry, WalkBuilder};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// A file to read.
pub(super) struct Input {
    pub(super) path: PathBuf,
    /// Whether it was named, rather than found in a folder.
    pub(super) named: bool,
}

/// What the paths lead to.
#[derive(Default)]
pub(super) struct Discovered {
    /// In order: paths as given, the files of a folder sorted by name.
    pub(super) inputs: Vec<Input>,
    /// Folders without a file that could be a policy.
    pub(super) empty: Vec<Failure>,
    pub(super) failures: Vec<Failure>,
}

/// What files with policies end with.
const EXTENSIONS: &[&str] = &["json", "yaml", "yml", "template"];

/// Folders that hold what tools downloaded or generated.
const TOOL_FOLDERS: &[&str] = &["node_modules"];

/// The name people see: the path without a leading `./`.
pub(super) fn display(path: &Path) -> String {
    let shown = path.strip_prefix(".").unwrap_or(path);
    let shown = if shown.as_os_str().is_empty() {
        path
    } else {
        shown
    };
    shown.to_string_lossy().into_owned()
}

/// Finds the files. Named files are taken whatever their extension; in folders
/// only what ends with one of [`EXTENSIONS`] and Terraform, without what
/// `.gitignore` lists, hidden files, symbolic links
/// and what `exclude` matches. A path met twice is read once.
pub(super) fn discover(paths: &[PathBuf], options: &ReadOptions) -> Discovered {
    let mut found = Discovered::default();
    let exclude = exclusions(&options.exclude, &mut found.failures);
    let mut seen = HashSet::new();
    for path in paths {
        if path.is_dir() {
            let before = seen.len();
            walk(path, &exclude, &mut seen, &mut found);
            if seen.len() == before {
                found.empty.push(Failure {
                    path: display(path),
                    message: "no JSON, YAML or Terraform file in this folder".to_owned(),
                });
            }
        } else if !(options.force_exclude && is_excluded(&exclude, path))
            && seen.insert(display(path))
        {
            for path in cdk::templates(path).unwrap_or_else(|| vec![path.clone()]) {
                found.inputs.push(Input { path, named: true });
            }
        }
    }
    found
}

fn walk(folder: &Path, exclude: &Gitignore, seen: &mut HashSet<String>, found: &mut Discovered) {
    let skip = exclude.clone();
    let walk = WalkBuilder::new(folder)
        .require_git(false) // an unpacked archive has the same files as a clone
        .git_global(false) // one machine must see what another sees
        .sort_by_file_name(Ord::cmp)
        .filter_entry(move |entry| {
            entry.depth() == 0 || !(is_tool_folder(entry) || is_excluded(&skip, entry.path()))
        })
        .build();
    for entry in walk {
        match entry {
            Ok(entry) if may_be_read(&entry) => {
                if seen.insert(display(entry.path())) {
                    found.inputs.push(Input {
                        path: entry.into_path(),
                        named: false,
                    });
                }
            }
            Ok(_) => {}
            Err(error) => found.failures.push(failure(folder, &error)),
        }
    }
}

fn may_be_read(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_file()) && is_candidate(entry.path())
}

/// Whether a file of this name is read where it is found in a folder.
#[must_use]
pub fn is_candidate(path: &Path) -> bool {
    let is_known = path.extension().is_some_and(|extension| {
        EXTENSIONS
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    });
    is_known || super::terraform::is_configuration(path)
}

fn is_tool_folder(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_dir())
        && TOOL_FOLDERS
            .iter()
            .any(|name| entry.file_name().to_str() == Some(name))
}

/// Whether the path or a folder above it is excluded.
fn is_excluded(exclude: &Gitignore, path: &Path) -> bool {
    let path = path.strip_prefix(".").unwrap_or(path);
    path.ancestors()
        .filter(|part| !part.as_os_str().is_empty())
        .enumerate()
        .any(|(above, part)| exclude.matched(part, above > 0).is_ignore())
}

fn exclusions(globs: &[String], failures: &mut Vec<Failure>) -> Gitignore {
    let mut builder = GitignoreBuilder::new("");
    let mut fail = |glob: &str, error: &ignore::Error| {
        failures.push(Failure {
            path: glob.to_owned(),
            message: format!("not a glob to exclude by: {error}"),
        });
    };
    for glob in globs {
        if let Err(error) = builder.add_line(None, glob) {
            fail(glob, &error);
        }
    }
    builder.build().unwrap_or_else(|error| {
        fail(&globs.join(" "), &error);
        Gitignore::empty()
    })
}

/// The message of a walk's error without the path, which is told beside it.
fn failure(folder: &Path, error: &ignore::Error) -> Failure {
    let mut path = folder;
    let mut inner = error;
    loop {
        match inner {
            ignore::Error::WithPath { path: at, err } => {
                path = at;
                inner = err;
            }
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
                inner = err;
            }
            _ => break,
        }
    }
    Failure {
        path: display(path),
        message: match inner.io_error() {
            Some(error) => io_message(error),
            None => inner.to_string(),
        },
    }
}

/// What went wrong, in words without the operating system's error number.
pub(super) fn io_message(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => "no such file or folder".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::IsADirectory => "a folder, not a file".to_owned(),
        _ => {
            let error = error.to_string();
            let (words, _) = error.split_once(" (os error").unwrap_or((&error, ""));
            format!("cannot be read: {words}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excluded(globs: &[&str], path: &str) -> bool {
        let globs: Vec<_> = globs.iter().map(ToString::to_string).collect();
        let mut failures = Vec::new();
        let exclude = exclusions(&globs, &mut failures);
        assert_eq!(failures, []);
        is_excluded(&exclude, Path::new(path))
    }

    #[test]
    fn globs_exclude_files_and_what_is_below_a_folder() {
        assert!(excluded(&["**/examples/**"], "a/examples/p.json"));
        assert!(excluded(&["examples/"], "./a/examples/deep/p.json"));
        assert!(excluded(&["*.gen.json"], "/abs/x.gen.json"));
        assert!(!excluded(&["examples/"], "examples"), "a file of that name");
        assert!(!excluded(&["/a"], "b/a"), "anchored");
        assert!(!excluded(&[], "a"));
    }

    #[test]
    fn a_bad_glob_is_told() {
        let mut failures = Vec::new();
        exclusions(&["[z-a]".to_owned()], &mut failures);
        assert_eq!(failures.len(), 1);
        assert_eq!(failures[0].path, "[z-a]");
    }

    #[test]
    fn names_have_no_dot_in_front() {
        assert_eq!(display(Path::new("./a/b.json")), "a/b.json");
        assert_eq!(display(Path::new(".")), ".");
        assert_eq!(display(Path::new("../a")), "../a");
    }
}
