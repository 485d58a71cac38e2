//! `leastwise.toml`: the checks of a project (`ux.md` 7). What is not known is
//! an error with its place: a setting that nobody obeys must not look obeyed.

use super::check::{self, Job, Question, Undecided};
use crate::semantics::compare::checks::Access;
use crate::text::{MAX_SOURCE_BYTES, Source};
use anyhow::{Context, bail};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// Names of the file, in the order they are looked for in a folder.
const NAMES: &[&str] = &[
    "leastwise.toml",
    ".leastwise.toml",
    ".config/leastwise.toml",
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    check: Vec<Spanned<Entry>>,
}

/// One `[[check]]`: `check` says which, the others what it takes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Entry {
    check: Kind,
    name: Option<String>,
    old: Option<Spanned<PathBuf>>,
    new: Option<Spanned<PathBuf>>,
    policies: Option<Spanned<Vec<PathBuf>>>,
    actions: Option<Spanned<Vec<String>>>,
    resources: Option<Spanned<Vec<String>>>,
    principal: Option<Spanned<String>>,
    context: Option<Spanned<BTreeMap<String, OneOrMore>>>,
    policy_type: Option<Spanned<String>>,
    resource_type: Option<Spanned<String>>,
    undecided: Option<Undecided>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    NoNewAccess,
    NotGranted,
    Granted,
    NoPublic,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a string or a list of strings")]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

/// The checks of the configuration, of this file or of the nearest one.
pub(super) fn checks(file: Option<&Path>) -> anyhow::Result<Vec<Job>> {
    let (file, folder) = match file {
        Some(file) => (file.to_owned(), folder_of(file)),
        None => nearest()?,
    };
    let source = read(&file)?;
    let place = |at: usize| {
        let at = source.position(u32::try_from(at).unwrap_or(u32::MAX));
        format!("{}:{}:{}", source.name(), at.line, at.column)
    };
    let read: File = toml::from_str(source.text()).map_err(|error| {
        let at = place(error.span().map_or(0, |span| span.start));
        anyhow::anyhow!("{at}: {}", error.message().trim_end())
    })?;
    let jobs = read.check.into_iter().map(|entry| {
        let at = entry.span().start;
        job(entry.into_inner(), &folder)
            .map_err(|(wrong, what)| anyhow::anyhow!("{}: {what}", place(wrong.unwrap_or(at))))
    });
    jobs.collect()
}

fn read(file: &Path) -> anyhow::Result<Source> {
    let name = file.display().to_string();
    let unreadable = || format!("cannot read `{name}`");
    let mut bytes = Vec::new();
    let limit = MAX_SOURCE_BYTES as u64 + 1;
    let opened = std::fs::File::open(file).with_context(unreadable)?;
    let read = opened.take(limit).read_to_end(&mut bytes);
    read.with_context(unreadable)?;
    Source::from_bytes(&name, bytes).with_context(unreadable)
}

/// The folder that paths of a file are relative to: its own, or the one above
/// `.config`.
fn folder_of(file: &Path) -> PathBuf {
    let folder = file.parent().unwrap_or(Path::new(""));
    if folder.ends_with(".config") {
        return folder.parent().unwrap_or(Path::new("")).to_owned();
    }
    folder.to_owned()
}

/// The first file from the working directory up to the root of its repository,
/// and the folder it is about, as seen from the working directory.
fn nearest() -> anyhow::Result<(PathBuf, PathBuf)> {
    let working = std::env::current_dir().context("cannot tell the working directory")?;
    let mut folder = PathBuf::new();
    for above in working.ancestors() {
        for name in NAMES {
            if above.join(name).is_file() {
                return Ok((folder.join(name), folder));
            }
        }
        if above.join(".git").exists() {
            break;
        }
        folder.push("..");
    }
    bail!(
        "no {} from here up to the root of the repository: name one with `--config`",
        NAMES.join(", ")
    )
}

/// What is wrong with an entry, and where, if not with the whole of it.
type Wrong = (Option<usize>, String);

/// Refuses a field that the check does not take.
fn unused<T>(field: Option<&Spanned<T>>, name: &str, check: &str) -> Result<(), Wrong> {
    match field {
        None => Ok(()),
        Some(field) => {
            let message = format!("`{check}` takes no `{name}`");
            Err((Some(field.span().start), message))
        }
    }
}

fn job(entry: Entry, folder: &Path) -> Result<Job, Wrong> {
    let check = match entry.check {
        Kind::NoNewAccess => "no-new-access",
        Kind::NotGranted => "not-granted",
        Kind::Granted => "granted",
        Kind::NoPublic => "no-public",
    };
    let missing = |name: &str| (None, format!("`{check}` needs `{name}`"));
    let asks = matches!(entry.check, Kind::NotGranted | Kind::Granted);
    if entry.check == Kind::NoNewAccess {
        unused(entry.policies.as_ref(), "policies", check)?;
    } else {
        unused(entry.old.as_ref(), "old", check)?;
        unused(entry.new.as_ref(), "new", check)?;
    }
    if !asks {
        unused(entry.actions.as_ref(), "actions", check)?;
        unused(entry.resources.as_ref(), "resources", check)?;
        unused(entry.principal.as_ref(), "principal", check)?;
        unused(entry.context.as_ref(), "context", check)?;
    }
    if entry.check == Kind::NoPublic {
        unused(entry.policy_type.as_ref(), "policy-type", check)?;
    } else {
        unused(entry.resource_type.as_ref(), "resource-type", check)?;
    }
    let policy_type = named(entry.policy_type.as_ref(), check::policy_type)?;
    let resource_type = named(entry.resource_type.as_ref(), check::resource_type)?;
    let access = if asks { Some(access(&entry)?) } else { None };
    let path = |path: Option<Spanned<PathBuf>>, name: &str| {
        let path = path.ok_or_else(|| missing(name))?;
        Ok::<PathBuf, Wrong>(folder.join(path.into_inner()))
    };
    let question = match (entry.check, access) {
        (Kind::NoNewAccess, _) => Question::NoNewAccess {
            old: path(entry.old, "old")?,
            new: path(entry.new, "new")?,
        },
        (kind, access) => {
            let policies = entry.policies.ok_or_else(|| missing("policies"))?;
            let at = policies.span().start;
            let policies: Vec<PathBuf> = policies
                .into_inner()
                .into_iter()
                .map(|path| folder.join(path))
                .collect();
            if policies.is_empty() {
                return Err((Some(at), "no policies to check".to_owned()));
            }
            match access {
                Some(access) if kind == Kind::NotGranted => {
                    Question::NotGranted { policies, access }
                }
                Some(access) => Question::Granted { policies, access },
                None => Question::NoPublic {
                    policies,
                    resource_type,
                },
            }
        }
    };
    Ok(Job {
        name: entry.name,
        question,
        policy_type,
        undecided_passes: entry.undecided == Some(Undecided::Pass),
    })
}

fn named<T>(
    field: Option<&Spanned<String>>,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<T>, Wrong> {
    let Some(field) = field else {
        return Ok(None);
    };
    let text = field.get_ref();
    match read(text) {
        Ok(value) => Ok(Some(value)),
        Err(what) => Err((Some(field.span().start), format!("`{text}`: {what}"))),
    }
}

fn access(entry: &Entry) -> Result<Access, Wrong> {
    let list = |field: &Option<Spanned<Vec<String>>>| {
        let list = field.as_ref().map(|field| field.get_ref().clone());
        list.unwrap_or_default()
    };
    let context = entry.context.as_ref().map(Spanned::get_ref);
    let context: Vec<(String, String)> = context
        .into_iter()
        .flatten()
        .flat_map(|(key, values)| {
            let values = match values {
                OneOrMore::One(value) => std::slice::from_ref(value),
                OneOrMore::More(values) => values,
            };
            values.iter().map(|value| (key.clone(), value.clone()))
        })
        .collect();
    let principal = entry.principal.as_ref().map(|p| p.get_ref().as_str());
    let access = Access::new(
        &list(&entry.actions),
        &list(&entry.resources),
        principal,
        &context,
    );
    access.map_err(|error| (None, error.to_string()))
}
