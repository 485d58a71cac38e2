//! The two sides of a change, and what stands at the same place on both.

use crate::sources::{Failure, Inventory};
use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

/// Where the files of a side are, so that a file is known by the same key on
/// both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Root {
    /// One file: it pairs with the other side's, whatever their names.
    File,
    /// Everything below this folder.
    Folder(PathBuf),
    /// A tree of a revision: names are `REVISION:path`.
    Revision(String),
}

/// One side of a change.
#[derive(Clone, Debug)]
pub struct Side {
    /// What was read.
    pub inventory: Inventory,
    /// Where it was read.
    pub root: Root,
}

impl Root {
    /// What a file is known by on both sides.
    pub(super) fn key(&self, name: &str) -> String {
        match self {
            Self::File => String::new(),
            Self::Folder(root) => Path::new(name)
                .strip_prefix(root)
                .map_or_else(|_| name.to_owned(), |path| path.display().to_string()),
            Self::Revision(revision) => name
                .strip_prefix(revision.as_str())
                .and_then(|rest| rest.strip_prefix(':'))
                .unwrap_or(name)
                .to_owned(),
        }
    }
}

impl Side {
    /// Keys of files of which not every document is known: what the other side
    /// has there was not added or removed for all we know.
    pub(super) fn unread(&self) -> BTreeSet<String> {
        let Inventory {
            sources,
            failures,
            gaps,
            empty,
            ..
        } = &self.inventory;
        let with_documents: HashSet<&str> = sources.iter().map(|source| source.name()).collect();
        let lacks = |failure: &&Failure| !with_documents.contains(failure.path.as_str());
        let other_form = gaps.iter().chain(empty).filter(lacks);
        let names = failures.iter().chain(other_form).map(|failure| {
            // The place in a file stands behind its name.
            let path = failure.path.as_str();
            let whole = sources.iter().find(|source| {
                let rest = path.strip_prefix(source.name());
                rest.is_some_and(|rest| rest.starts_with(':'))
            });
            whole.map_or(path, |source| source.name())
        });
        names.map(|name| self.root.key(name)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Root;

    #[test]
    fn a_file_has_the_same_key_on_both_sides() {
        assert_eq!(Root::File.key("old.json"), Root::File.key("new.json"));
        let folder = Root::Folder("a/old".into());
        assert_eq!(folder.key("a/old/x/p.json"), "x/p.json");
        assert_eq!(folder.key("a/older/p.json"), "a/older/p.json");
        assert_eq!(Root::Folder("".into()).key("x/p.json"), "x/p.json");
        let revision = Root::Revision("HEAD~1".into());
        assert_eq!(revision.key("HEAD~1:x/p.json"), "x/p.json");
        assert_eq!(revision.key("x/p.json"), "x/p.json");
    }
}
