//! The two sides of a change out of a git repository, by the `git` program:
//! only files that differ are read, and the whole Terraform configuration where
//! part of it differs.

use crate::diff::{Root, Side};
use crate::sources::{self, Failure, ReadOptions};
use crate::text::Source;
use anyhow::{Context as _, bail};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsStr;
use std::io::{ErrorKind, Write as _};
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
        let on_disk = self.head == Head::WorkingTree;
        let mut files = repository.differing(&args, &repository.paths, on_disk)?;
        files.retain(|path, _| repository.is_wanted(path));
        let commit = args.iter().find(|arg| is_id(arg)).context("no revision")?;
        for (path, file) in repository.configuration(&args, commit, on_disk)? {
            files.entry(path).or_insert(file);
        }
        let blobs = repository.blobs(files.values())?;
        let mut old = Texts::new(options, Root::Revision(name.clone()));
        let mut new = Texts::new(options, Root::Folder(PathBuf::new()));
        for (path, file) in &files {
            let is_read = sources::is_candidate(path) || repository.is_named(path);
            old.add(path, is_read, &file.old, &blobs, &repository);
            new.add(path, is_read, &file.new, &blobs, &repository);
        }
        Ok((old.read(&format!("{name}:")), new.read("")))
    }
}

/// Whether an argument is the id of an object.
fn is_id(text: &str) -> bool {
    text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A file of either side.
#[derive(Debug, Default)]
struct Changed {
    old: Content,
    new: Content,
}

/// Where the text of a file is.
#[derive(Clone, Debug, Default)]
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
    /// What the others may refer to.
    beside: Vec<Source>,
    failures: Vec<Failure>,
}

impl<'a> Texts<'a> {
    fn new(options: &'a ReadOptions, root: Root) -> Self {
        Self {
            root,
            options,
            sources: Vec::new(),
            beside: Vec::new(),
            failures: Vec::new(),
        }
    }

    /// A file that is read, or that others may refer to.
    fn add(
        &mut self,
        path: &Path,
        is_read: bool,
        content: &Content,
        blobs: &HashMap<String, Vec<u8>>,
        repository: &Repository,
    ) {
        let bytes = match content {
            Content::Missing => return,
            Content::Unreadable(why) => Err((*why).to_owned()),
            Content::Blob(id) => blobs
                .get(id)
                .cloned()
                .ok_or_else(|| format!("git does not hold `{id}`")),
            Content::OnDisk => {
                std::fs::read(repository.top.join(path)).map_err(|error| error.to_string())
            }
        };
        let name = path.to_string_lossy().into_owned();
        let source = bytes.and_then(|bytes| {
            Source::from_bytes(name.as_str(), bytes).map_err(|error| error.to_string())
        });
        match source {
            Ok(source) if is_read => self.sources.push(source),
            Ok(source) => self.beside.push(source),
            Err(message) => self.failures.push(Failure {
                path: name,
                message,
            }),
        }
    }

    /// The side, with `prefix` in front of every name.
    fn read(self, prefix: &str) -> Side {
        let mut inventory = sources::read_found(self.sources, &self.beside, self.options);
        inventory.failures.extend(self.failures);
        Side {
            inventory: inventory.prefixed(prefix),
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
            let mut bytes = run(here, args, String::new())?;
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
        run(&self.folder, args, String::new())
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

    /// The files that differ below some paths, those that git does not know yet
    /// with them where one side is the working tree.
    fn differing(
        &self,
        command: &[String],
        paths: &[PathBuf],
        on_disk: bool,
    ) -> anyhow::Result<BTreeMap<PathBuf, Changed>> {
        let mut files = self.changes(command, paths)?;
        if on_disk {
            for path in self.untracked(paths)? {
                files.entry(path).or_default().new = Content::OnDisk;
            }
        }
        Ok(files)
    }

    /// The whole Terraform configuration of both sides, where any of it differs:
    /// a module is read as one, and what a policy refers to may stand in a file
    /// that was not changed, or outside the paths that were named.
    fn configuration(
        &self,
        command: &[String],
        commit: &str,
        on_disk: bool,
    ) -> anyhow::Result<BTreeMap<PathBuf, Changed>> {
        let everywhere = [self.top.clone()];
        let mut files = self.differing(command, &everywhere, on_disk)?;
        files.retain(|path, _| sources::is_of_terraform(path));
        if files.is_empty() {
            return Ok(files);
        }
        let out = self.git(&["ls-tree", "-r", "-z", "--full-tree", commit])?;
        for entry in out.split(|&byte| byte == 0) {
            let Some(tab) = entry.iter().position(|&byte| byte == b'\t') else {
                continue;
            };
            let (about, name) = entry.split_at(tab);
            let path = path(name.get(1..).unwrap_or_default());
            let about = String::from_utf8_lossy(about);
            let mut about = about.split(' ');
            let (Some(mode), Some(id)) = (about.next(), about.nth(1)) else {
                continue;
            };
            if sources::is_of_terraform(&path) && !files.contains_key(&path) {
                let same = content(mode, id);
                let changed = Changed {
                    old: same.clone(),
                    new: same,
                };
                files.insert(path, changed);
            }
        }
        Ok(files)
    }

    /// The texts of blobs, by their ids.
    fn blobs<'f>(
        &self,
        files: impl Iterator<Item = &'f Changed>,
    ) -> anyhow::Result<HashMap<String, Vec<u8>>> {
        let contents = files.flat_map(|file| [&file.old, &file.new]);
        let ids: BTreeSet<&str> = contents
            .filter_map(|content| match content {
                Content::Blob(id) => Some(id.as_str()),
                _ => None,
            })
            .collect();
        let asked: String = ids.iter().map(|id| format!("{id}\n")).collect();
        let out = run(&self.folder, &["cat-file", "--batch"], asked)?;
        let mut blobs = HashMap::new();
        let mut rest = out.as_slice();
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            let (about, behind) = rest.split_at(end);
            let about = String::from_utf8_lossy(about);
            let mut about = about.split(' ');
            let (id, size) = (about.next(), about.nth(1).and_then(|n| n.parse().ok()));
            let behind = behind.get(1..).unwrap_or_default();
            let (Some(id), Some(size)) = (id, size) else {
                rest = behind; // it is missing
                continue;
            };
            let (text, behind) = behind
                .split_at_checked(size)
                .context("`git cat-file` stopped in the middle")?;
            blobs.insert(id.to_owned(), text.to_owned());
            rest = behind.get(1..).unwrap_or_default();
        }
        Ok(blobs)
    }

    /// The files that differ below some paths: plumbing commands, whose output
    /// no configuration changes.
    fn changes(
        &self,
        command: &[String],
        paths: &[PathBuf],
    ) -> anyhow::Result<BTreeMap<PathBuf, Changed>> {
        let (command, revisions) = command.split_first().context("no command")?;
        let mut args: Vec<&OsStr> = vec![command.as_ref()];
        if command == "diff-tree" {
            args.extend(["-r", "--no-commit-id"].map(OsStr::new));
        }
        args.extend(["--raw", "-z", "--no-renames", "--no-abbrev"].map(OsStr::new));
        args.extend(revisions.iter().map(OsStr::new));
        args.push("--".as_ref());
        args.extend(paths.iter().map(|path| path.as_os_str()));
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
    fn untracked(&self, paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
        let mut args: Vec<&OsStr> = ["ls-files", "--others", "--exclude-standard"]
            .map(OsStr::new)
            .to_vec();
        args.extend(["--full-name", "-z", "--"].map(OsStr::new));
        args.extend(paths.iter().map(|path| path.as_os_str()));
        let out = self.git(&args)?;
        let names = out.split(|&byte| byte == 0).filter(|name| !name.is_empty());
        let found = names.map(path);
        let is_file = |path: &PathBuf| {
            let about = std::fs::symlink_metadata(self.top.join(path));
            about.is_ok_and(|about| about.is_file())
        };
        Ok(found.filter(is_file).collect())
    }

    /// Whether a file may hold a policy, or change what one says: as in folders,
    /// unless it was named.
    fn is_wanted(&self, path: &Path) -> bool {
        sources::is_candidate(path) || sources::is_of_terraform(path) || self.is_named(path)
    }

    fn is_named(&self, path: &Path) -> bool {
        self.named.iter().any(|named| named == path)
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

/// What git prints when it reads `input`: no shell, no pattern in a path,
/// nothing written.
fn run<S: AsRef<OsStr>>(folder: &Path, args: &[S], input: String) -> anyhow::Result<Vec<u8>> {
    let started = Command::new("git")
        .args(["--no-optional-locks", "--literal-pathspecs"])
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut git = match started {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!("cannot run `git`: it is not on the PATH")
        }
        started => started.context("cannot run `git`")?,
    };
    let stdin = git.stdin.take();
    // Written while git's output is read: both may be longer than a pipe holds.
    let writer = std::thread::spawn(move || {
        // Where git stops reading it says why itself.
        stdin.map(|mut stdin| stdin.write_all(input.as_bytes()))
    });
    let done = git.wait_with_output().context("cannot run `git`")?;
    let _ = writer.join();
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
