//! The two sides of a change out of a git repository, by the `git` program:
//! only files that differ are read.

use crate::diff::{Root, Side};
use crate::sources::{self, Failure, ReadOptions};
use crate::text::Source;
use anyhow::{Context as _, bail};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What is compared with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Range {
    base: String,
    head: Head,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Head {
    /// The files as they are.
    WorkingTree,
    /// What would be committed.
    Index,
    /// Another revision.
    Revision(String),
    /// Another revision, from where it left the base.
    SinceMergeBase(String),
}

impl Range {
    /// `BASE`, `BASE..HEAD` or `BASE...HEAD`; an end that is left out is
    /// `HEAD`, as git has it.
    pub(super) fn parse(text: &str, staged: bool) -> anyhow::Result<Self> {
        let end = |text: &str| match text {
            "" => "HEAD".to_owned(),
            text => text.to_owned(),
        };
        let (base, head) = match (text.split_once("..."), text.split_once("..")) {
            (Some((base, head)), _) => (end(base), Head::SinceMergeBase(end(head))),
            (None, Some((base, head))) => (end(base), Head::Revision(end(head))),
            (None, None) if staged => (text.to_owned(), Head::Index),
            (None, None) => (text.to_owned(), Head::WorkingTree),
        };
        if staged && head != Head::Index {
            bail!("`--staged` compares one revision with what would be committed: name no range");
        }
        let names = match &head {
            Head::Revision(head) | Head::SinceMergeBase(head) => vec![&base, head],
            Head::Index | Head::WorkingTree => vec![&base],
        };
        for name in names {
            if name.is_empty() || name.starts_with('-') {
                bail!("`{name}` is no revision");
            }
        }
        Ok(Self { base, head })
    }

    /// Reads what differs between the two; below `paths`, if there are any.
    pub(super) fn read(
        &self,
        paths: &[PathBuf],
        options: &ReadOptions,
    ) -> anyhow::Result<(Side, Side)> {
        let repository = Repository::open(paths)?;
        let mut base = repository.commit(&self.base)?;
        let mut name = self.base.clone();
        let args: Vec<String> = match &self.head {
            Head::WorkingTree => vec!["diff-index".to_owned(), base],
            Head::Index => vec!["diff-index".to_owned(), "--cached".to_owned(), base],
            Head::Revision(head) => {
                vec!["diff-tree".to_owned(), base, repository.commit(head)?]
            }
            Head::SinceMergeBase(head) => {
                let commit = repository.commit(head)?;
                base = repository.merge_base(&base, &commit, self, head)?;
                name = base.get(..12).unwrap_or(&base).to_owned();
                vec!["diff-tree".to_owned(), base, commit]
            }
        };
        let mut files = repository.changes(&args)?;
        if self.head == Head::WorkingTree {
            for path in repository.untracked()? {
                files.entry(path).or_default().new = Content::OnDisk;
            }
        }
        let mut old = Texts::new(options, Root::Revision(name.clone()));
        let mut new = Texts::new(options, Root::Folder(PathBuf::new()));
        for (path, file) in files {
            let shown = path.to_string_lossy().into_owned();
            old.add(format!("{name}:{shown}"), &path, &file.old, &repository)?;
            new.add(shown, &path, &file.new, &repository)?;
        }
        Ok((old.read(), new.read()))
    }
}

/// A file of either side.
#[derive(Debug, Default)]
struct Changed {
    old: Content,
    new: Content,
}

/// Where the text of a file is.
#[derive(Debug, Default)]
enum Content {
    #[default]
    Missing,
    Blob(String),
    OnDisk,
    /// It is no file, or in conflict: why it is not read.
    Unreadable(&'static str),
}

/// The texts of one side, until they are read.
struct Texts<'a> {
    root: Root,
    options: &'a ReadOptions,
    sources: Vec<Source>,
    failures: Vec<Failure>,
}

impl<'a> Texts<'a> {
    fn new(options: &'a ReadOptions, root: Root) -> Self {
        Self {
            root,
            options,
            sources: Vec::new(),
            failures: Vec::new(),
        }
    }

    fn add(
        &mut self,
        name: String,
        path: &Path,
        content: &Content,
        repository: &Repository,
    ) -> anyhow::Result<()> {
        let bytes = match content {
            Content::Missing => return Ok(()),
            Content::Unreadable(why) => Err((*why).to_owned()),
            Content::Blob(id) => Ok(repository.git(&["cat-file", "blob", id])?),
            Content::OnDisk => {
                std::fs::read(repository.top.join(path)).map_err(|error| error.to_string())
            }
        };
        let source = bytes.and_then(|bytes| {
            Source::from_bytes(name.as_str(), bytes).map_err(|error| error.to_string())
        });
        match source {
            Ok(source) => self.sources.push(source),
            Err(message) => self.failures.push(Failure {
                path: name,
                message,
            }),
        }
        Ok(())
    }

    fn read(self) -> Side {
        let mut inventory = sources::read_found(self.sources, self.options);
        inventory.failures.extend(self.failures);
        Side {
            inventory,
            root: self.root,
        }
    }
}

struct Repository {
    /// The root of the working tree.
    top: PathBuf,
    /// Where git runs: pathspecs are relative to it.
    folder: PathBuf,
    /// What is asked for, as it was typed.
    paths: Vec<PathBuf>,
    /// The same relative to the root.
    named: Vec<PathBuf>,
}

impl Repository {
    fn open(paths: &[PathBuf]) -> anyhow::Result<Self> {
        let here = Path::new(".");
        let line = |args: &[&str]| -> anyhow::Result<PathBuf> {
            let mut bytes = run(here, args)?;
            if bytes.ends_with(b"\n") {
                bytes.pop();
            }
            Ok(path(&bytes))
        };
        let top = line(&["rev-parse", "--show-toplevel"])?;
        let prefix = line(&["rev-parse", "--show-prefix"])?;
        let named = paths.iter().map(|path| {
            let path = prefix.join(path);
            path.strip_prefix(&top).unwrap_or(&path).to_owned()
        });
        Ok(Self {
            named: named.collect(),
            folder: match paths {
                [] => top.clone(),
                _ => here.to_owned(),
            },
            top,
            paths: paths.to_vec(),
        })
    }

    fn git<S: AsRef<OsStr>>(&self, args: &[S]) -> anyhow::Result<Vec<u8>> {
        run(&self.folder, args)
    }

    /// The id of a commit; before the first one, `HEAD` is the empty tree.
    fn commit(&self, name: &str) -> anyhow::Result<String> {
        let commit = format!("{name}^{{commit}}");
        if let Ok(id) = self.git(&["rev-parse", "--verify", "--quiet", &commit]) {
            return Ok(id_of(&id));
        }
        let unborn = || self.git(&["symbolic-ref", "--quiet", "HEAD"]).is_ok();
        if name == "HEAD" && unborn() {
            let empty = self.git(&["hash-object", "-t", "tree", "--stdin"])?;
            return Ok(id_of(&empty));
        }
        bail!(
            "`{name}` names no commit of this repository; a shallow clone may lack it: `git fetch` it first"
        )
    }

    fn merge_base(
        &self,
        base: &str,
        commit: &str,
        range: &Range,
        head: &str,
    ) -> anyhow::Result<String> {
        let found = self.git(&["merge-base", base, commit]);
        found.map(|id| id_of(&id)).ok().with_context(|| {
            format!(
                "`{}` and `{head}` have no common ancestor here; a shallow clone may lack it: `git fetch --unshallow`",
                range.base
            )
        })
    }

    /// The policies that may differ, by path: plumbing commands, whose output
    /// no configuration changes.
    fn changes(&self, command: &[String]) -> anyhow::Result<BTreeMap<PathBuf, Changed>> {
        let (command, revisions) = command.split_first().context("no command")?;
        let mut args: Vec<&OsStr> = vec![command.as_ref()];
        if command == "diff-tree" {
            args.extend(["-r", "--no-commit-id"].map(OsStr::new));
        }
        args.extend(["--raw", "-z", "--no-renames", "--no-abbrev"].map(OsStr::new));
        args.extend(revisions.iter().map(OsStr::new));
        args.push("--".as_ref());
        args.extend(self.paths.iter().map(|path| path.as_os_str()));
        let out = self.git(&args)?;
        let mut fields = out
            .split(|&byte| byte == 0)
            .filter(|field| !field.is_empty());
        let mut files = BTreeMap::new();
        while let (Some(about), Some(name)) = (fields.next(), fields.next()) {
            let path = path(name);
            let about = String::from_utf8_lossy(about);
            let about: Vec<&str> = about.trim_start_matches(':').split(' ').collect();
            let [old_mode, new_mode, old, new, status] = about.as_slice() else {
                bail!("`git {command}` printed `{}`", about.join(" "));
            };
            if !self.is_wanted(&path) {
                continue;
            }
            let changed = Changed {
                old: content(old_mode, old),
                new: match *status {
                    "U" => Content::Unreadable("in conflict: resolve it first"),
                    _ => content(new_mode, new),
                },
            };
            files.insert(path, changed);
        }
        Ok(files)
    }

    /// Files that git does not know yet and does not ignore.
    fn untracked(&self) -> anyhow::Result<Vec<PathBuf>> {
        let mut args: Vec<&OsStr> = ["ls-files", "--others", "--exclude-standard"]
            .map(OsStr::new)
            .to_vec();
        args.extend(["--full-name", "-z", "--"].map(OsStr::new));
        args.extend(self.paths.iter().map(|path| path.as_os_str()));
        let out = self.git(&args)?;
        let names = out.split(|&byte| byte == 0).filter(|name| !name.is_empty());
        let paths = names.map(path);
        let is_file = |path: &PathBuf| {
            let about = std::fs::symlink_metadata(self.top.join(path));
            about.is_ok_and(|about| about.is_file())
        };
        Ok(paths
            .filter(|path| self.is_wanted(path) && is_file(path))
            .collect())
    }

    /// Whether a file may hold a policy: as in folders, unless it was named.
    fn is_wanted(&self, path: &Path) -> bool {
        let json = path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        json || self.named.iter().any(|named| named == path)
    }
}

/// What stands behind a mode and an id of git.
fn content(mode: &str, id: &str) -> Content {
    match mode {
        "000000" => Content::Missing,
        "120000" => Content::Unreadable("a symbolic link is not read"),
        "160000" => Content::Unreadable("a submodule is not read"),
        _ if id.bytes().all(|digit| digit == b'0') => Content::OnDisk,
        _ => Content::Blob(id.to_owned()),
    }
}

fn id_of(line: &[u8]) -> String {
    String::from_utf8_lossy(line).trim().to_owned()
}

#[cfg(unix)]
fn path(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
fn path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

/// What git prints: no shell, no pattern in a path, nothing written.
fn run<S: AsRef<OsStr>>(folder: &Path, args: &[S]) -> anyhow::Result<Vec<u8>> {
    let done = Command::new("git")
        .args(["--no-optional-locks", "--literal-pathspecs"])
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output();
    let done = match done {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!("cannot run `git`: it is not on the PATH")
        }
        done => done.context("cannot run `git`")?,
    };
    if !done.status.success() {
        let told = String::from_utf8_lossy(&done.stderr);
        let told = told
            .lines()
            .next()
            .unwrap_or("it failed and does not say why");
        bail!("git: {}", told.trim_start_matches("fatal: "));
    }
    Ok(done.stdout)
}

#[cfg(test)]
mod tests {
    use super::{Head, Range};

    #[test]
    fn ranges_are_those_of_git() {
        let revision = |text: &str| Head::Revision(text.to_owned());
        let since = |text: &str| Head::SinceMergeBase(text.to_owned());
        for (text, base, head) in [
            ("HEAD~1", "HEAD~1", Head::WorkingTree),
            ("a..b", "a", revision("b")),
            ("a..", "a", revision("HEAD")),
            ("..b", "HEAD", revision("b")),
            ("a...b", "a", since("b")),
            ("v1.0...", "v1.0", since("HEAD")),
        ] {
            let range = Range::parse(text, false).unwrap();
            assert_eq!((range.base.as_str(), range.head), (base, head), "{text}");
        }
        assert_eq!(Range::parse("HEAD", true).unwrap().head, Head::Index);
        for (text, staged) in [
            ("", false),
            ("--output=x", false),
            ("a..-b", false),
            ("a..b", true),
        ] {
            assert!(Range::parse(text, staged).is_err(), "{text}");
        }
    }
}
