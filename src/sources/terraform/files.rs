//! Where files come from: the disk, or texts that are in memory already.

use crate::sources::{Failure, read_file};
use crate::text::Source;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// Most files of one folder that are read.
const MOST_FILES: usize = 2000;

/// The files that can be read.
#[derive(Default)]
pub(in crate::sources) struct Files {
    /// In memory, by path; nothing else is read where there is any.
    memory: Option<BTreeMap<PathBuf, Source>>,
}

impl Files {
    /// Files on the disk.
    pub(in crate::sources) fn on_disk() -> Self {
        Self::default()
    }

    /// Only these.
    pub(in crate::sources) fn in_memory<'s>(sources: impl Iterator<Item = &'s Source>) -> Self {
        let by_path = sources.map(|source| (tidy(Path::new(source.name())), source.clone()));
        Self {
            memory: Some(by_path.collect()),
        }
    }

    pub(super) fn read(&self, path: &Path) -> Result<Source, Failure> {
        match &self.memory {
            None => read_file(path),
            Some(memory) => memory.get(&tidy(path)).cloned().ok_or_else(|| Failure {
                path: path.to_string_lossy().into_owned(),
                message: "no such file or folder".to_owned(),
            }),
        }
    }

    /// The files of a folder, sorted by name.
    pub(super) fn of_folder(&self, folder: &Path) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = match &self.memory {
            Some(memory) => {
                let folder = tidy(folder);
                let inside = |path: &&PathBuf| path.parent() == Some(folder.as_path());
                memory.keys().filter(inside).cloned().collect()
            }
            None => {
                let shown = if folder.as_os_str().is_empty() {
                    Path::new(".")
                } else {
                    folder
                };
                let entries = std::fs::read_dir(shown).into_iter().flatten().flatten();
                let files = entries.filter(|e| e.path().is_file());
                files.map(|e| folder.join(e.file_name())).collect()
            }
        };
        found.sort();
        found.truncate(MOST_FILES);
        found
    }

    pub(super) fn is_folder(&self, path: &Path) -> bool {
        match &self.memory {
            Some(_) => !self.of_folder(path).is_empty(),
            None => path.is_dir(),
        }
    }
}

/// A path without `.` and, where it can be told, without `..`.
pub(in crate::sources) fn tidy(path: &Path) -> PathBuf {
    let mut tidied = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                let last = tidied.components().next_back();
                if matches!(last, Some(Component::Normal(_))) {
                    tidied.pop();
                } else {
                    tidied.push("..");
                }
            }
            other => tidied.push(other),
        }
    }
    tidied
}
