//! Where policies live → [`Inventory`] (floor 6): files, folders and standard
//! input; policy JSON alone, in the responses of AWS commands and anywhere in
//! other JSON; Terraform; the export of a whole account.
//!
//! What cannot be read is told and the rest is read. One file that grants more
//! than its neighbours must not disappear because another one is broken.

mod account;
mod cdk;
mod change_set;
mod choice;
mod cloudformation;
mod coverage;
mod discover;
mod entity;
mod inventory;
mod merge;
mod organization;
mod pages;
mod plan;
mod policy_json;
mod pulumi;
mod reading;
mod sam;
mod serverless;
mod terraform;

pub use coverage::{Coverage, Reason};
pub use discover::is_candidate;
pub use entity::{Boundary, Effective, Entity, EntityKind};
pub use inventory::{
    Completeness, Document, DocumentId, EntityId, Failure, Form, Host, Inventory, SourceId,
};

pub use organization::{
    AttachedPolicy, Organization, OrganizationAccount, OrganizationFile, OrganizationLevel,
    OrganizationalUnit,
};

pub use terraform::is_of_terraform;

use crate::policy::PolicyType;
use crate::syntax::{Node, Value, yaml};
use crate::text::{Diagnostic, MAX_SOURCE_BYTES, Source};
use discover::{Discovered, Input, discover, display, io_message};
use rayon::prelude::*;
use reading::{Reading, SYNTAX_ERROR};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use terraform::Files;

/// How to read.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// The type of every document, whatever its place and shape tell.
    pub policy_type: Option<PolicyType>,
    /// Globs, in the notation of `.gitignore`, of what is not read in folders.
    pub exclude: Vec<String>,
    /// Whether `exclude` also holds for files that are named: for callers that
    /// pass every changed file, such as pre-commit.
    pub force_exclude: bool,
}

/// Reads files and folders, and standard input for the path `-`.
///
/// Named files are read whatever their extension. Folders are searched for
/// JSON, YAML and Terraform, in sorted order, without what `.gitignore` lists, hidden files and
/// symbolic links. Never fails: [`Inventory::failures`] names what could not be
/// read.
pub fn read(paths: &[PathBuf], stdin: Option<&mut dyn Read>, options: &ReadOptions) -> Inventory {
    let Discovered {
        inputs,
        empty,
        failures,
    } = discover(paths, options);
    // Standard input is one stream: read before the files are shared out.
    let mut stdin = stdin;
    let inputs: Vec<_> = inputs
        .into_iter()
        .map(|input| {
            let is_stdin = input.path == Path::new("-");
            let stdin = if is_stdin { stdin.take() } else { None };
            (input, stdin.map(|stdin| read_input(stdin, "-")))
        })
        .collect();
    let named_paths = inputs.iter().map(|(input, _)| (&*input.path, input.named));
    let mut configured = configuration(named_paths, &Files::on_disk(), options);
    let parts: Vec<Inventory> = inputs
        .into_par_iter()
        .map(|(Input { path, named }, text)| {
            if configured.has(&path) {
                return Inventory::default();
            }
            match text.unwrap_or_else(|| read_file(&path)) {
                Ok(source) => read_text(source, named, options),
                Err(failure) => Inventory {
                    failures: vec![failure],
                    ..Inventory::default()
                },
            }
        })
        .collect();
    let parts = configured.beside(parts);
    let mut inventory = Inventory {
        failures,
        empty,
        ..Inventory::default()
    };
    inventory.merge(parts);
    inventory
}

/// Reads texts that are in memory already, as if each were a named file.
pub fn read_sources(sources: Vec<Source>, options: &ReadOptions) -> Inventory {
    read_texts(sources, &[], true, options)
}

/// Reads both states of what a tool says it will do, `-` for standard input: as
/// things are, and as they are to be. A Terraform plan (`terraform show -json`),
/// a CloudFormation change set (`describe-change-set --include-property-values`)
/// or a Pulumi preview (`pulumi preview --json`).
///
/// # Errors
/// When it cannot be read, or is none of these.
pub fn read_plan(
    path: &Path,
    stdin: &mut dyn Read,
    options: &ReadOptions,
) -> Result<(Inventory, Inventory), Failure> {
    let source = match path == Path::new("-") {
        true => read_input(stdin, "-"),
        false => read_file(path),
    }?;
    let state = |state| {
        let part = plan::read(&source, true, options, state)
            .or_else(|| read_preview(&source, options, state));
        let part = part.ok_or_else(|| Failure {
            path: source.name().to_owned(),
            message: "no output of `terraform show -json PLAN`, change set or Pulumi preview"
                .to_owned(),
        })?;
        let mut inventory = Inventory::default();
        inventory.merge(vec![part]);
        Ok(inventory)
    };
    Ok((state(plan::State::Before)?, state(plan::State::After)?))
}

/// One state of a change set or a preview; `None` where the text is neither.
fn read_preview(source: &Source, options: &ReadOptions, state: plan::State) -> Option<Inventory> {
    let (roots, mistakes) = pages::parse(source.text());
    let is_preview = |root| change_set::is_change_set(root) || pulumi::is_preview(root);
    if roots.is_empty() || !roots.iter().all(is_preview) {
        return None;
    }
    let broken = mistakes.iter().find(|m| m.code == SYNTAX_ERROR).cloned();
    let mut reading = Reading::new(source, options.policy_type, mistakes);
    for root in &roots {
        if change_set::is_change_set(root) {
            change_set::read(root, state, &mut reading);
        } else {
            pulumi::read(root, state, &mut reading);
        }
    }
    let mut inventory = reading.finish();
    inventory.failures.extend(broken.map(|mistake| {
        let at = source.position(mistake.primary.span.start);
        Failure {
            path: format!("{}:{}:{}", source.name(), at.line, at.column),
            message: format!("the preview is incomplete: {}", mistake.message),
        }
    }));
    inventory.sources.push(source.clone());
    Some(inventory)
}

/// Reads texts that are in memory already, as if each were a file of a folder:
/// most hold no policy, and that is not told. Those that are `beside` are read
/// only where one of them refers to them.
pub fn read_found(sources: Vec<Source>, beside: &[Source], options: &ReadOptions) -> Inventory {
    read_texts(sources, beside, false, options)
}

fn read_texts(
    sources: Vec<Source>,
    beside: &[Source],
    named: bool,
    options: &ReadOptions,
) -> Inventory {
    let paths = sources
        .iter()
        .map(|source| (Path::new(source.name()), named));
    let files = Files::in_memory(sources.iter().chain(beside));
    let mut configured = configuration(paths, &files, options);
    let parts = sources
        .into_par_iter()
        .map(|source| match configured.has(Path::new(source.name())) {
            true => Inventory::default(),
            false => read_text(source, named, options),
        })
        .collect();
    let parts = configured.beside(parts);
    let mut inventory = Inventory::default();
    inventory.merge(parts);
    inventory
}

/// What forms gave that are read by folders, not file by file.
#[derive(Default)]
struct Configured {
    /// By the place of the file among the inputs; the last for files that were
    /// not among them.
    parts: Vec<(usize, Inventory)>,
    /// Files that are read so.
    paths: HashSet<PathBuf>,
}

impl Configured {
    fn has(&self, path: &Path) -> bool {
        !self.paths.is_empty() && self.paths.contains(&terraform::tidy(path))
    }

    /// The parts of the other inputs and these, in the order of the inputs.
    fn beside(&mut self, parts: Vec<Inventory>) -> Vec<Inventory> {
        let mut all: Vec<_> = parts.into_iter().enumerate().collect();
        all.append(&mut self.parts);
        all.sort_by_key(|(at, _)| *at);
        all.into_iter().map(|(_, part)| part).collect()
    }
}

/// Reads the Terraform files among the inputs.
fn configuration<'p>(
    inputs: impl Iterator<Item = (&'p Path, bool)>,
    files: &Files,
    options: &ReadOptions,
) -> Configured {
    let mut places = HashMap::new();
    let mut wanted = BTreeMap::new();
    for (at, (path, named)) in inputs.enumerate() {
        let tidy = terraform::tidy(path);
        if terraform::is_configuration(path) {
            wanted.insert(tidy.clone(), named);
        }
        places.entry(tidy).or_insert(at);
    }
    if wanted.is_empty() {
        return Configured::default();
    }
    let mut configured = Configured::default();
    for (path, part) in terraform::read(&wanted, files, options) {
        let at = places.get(&path).copied().unwrap_or(usize::MAX);
        configured.parts.push((at, part));
        configured.paths.insert(path);
    }
    configured.paths.extend(wanted.into_keys());
    configured
}

fn read_file(path: &Path) -> Result<Source, Failure> {
    let name = display(path);
    match File::open(path) {
        Ok(file) => read_input(file, &name),
        Err(error) => Err(Failure {
            path: name,
            message: io_message(&error),
        }),
    }
}

/// Reads one byte more than is allowed, and no further: a pipe has no end that
/// could be asked for.
fn read_input(input: impl Read, name: &str) -> Result<Source, Failure> {
    let fail = |message| Failure {
        path: name.to_owned(),
        message,
    };
    let mut bytes = Vec::new();
    let limit = MAX_SOURCE_BYTES as u64 + 1;
    input
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(|error| fail(io_message(&error)))?;
    if bytes.len() > MAX_SOURCE_BYTES {
        return Err(fail(format!("larger than {} MiB", MAX_SOURCE_BYTES >> 20)));
    }
    Source::from_bytes(name, bytes).map_err(|error| fail(error.to_string()))
}

/// Reads one text into an inventory of its own.
fn read_text(source: Source, named: bool, options: &ReadOptions) -> Inventory {
    let text = source.text();
    if text.trim().is_empty() {
        return without_policy(source.name(), named, "an empty file");
    }
    if !named && !may_hold_policy(text) {
        return without_policy(source.name(), named, "");
    }
    if let Some(inventory) = plan::read(&source, named, options, plan::State::After) {
        return inventory;
    }
    let is_yaml = is_yaml(&source);
    let (roots, mistakes) = if is_yaml {
        let stream = yaml::parse(text);
        (stream.roots, stream.diagnostics)
    } else {
        pages::parse(text)
    };
    let root = roots.first();
    let broken = mistakes.iter().find(|m| m.code == SYNTAX_ERROR).cloned();
    let mut reading = Reading::new(&source, options.policy_type, mistakes);
    if is_yaml {
        reading = reading.of_yaml();
    }
    policy_json::read(&roots, &mut reading);
    if is_yaml
        && reading.is_empty()
        && let Some(mistake) = &broken
    {
        // The first mistake ends the reading, so anything may stand behind it.
        let mut inventory = Inventory::default();
        inventory
            .failures
            .push(located(&source, mistake, "cannot be read"));
        return inventory;
    }
    if reading.is_empty() {
        let other = root.and_then(policy_json::other_form);
        let names_statement = ["\"Statement\"", "%22Statement%22"]
            .iter()
            .any(|key| text.contains(key));
        let is_meant = names_statement || named && is_shapeless(root);
        if other.is_some() || broken.is_none() || !is_meant {
            return without_policy(source.name(), named, other.unwrap_or_default());
        }
        reading.add_unreadable();
    }
    let what = if is_yaml {
        "the rest is not read"
    } else {
        "the export is incomplete"
    };
    let cut = broken.map(|mistake| located(&source, &mistake, what));
    let mut inventory = reading.finish();
    // Nobody writes an export by hand: a broken one lacks principals.
    let is_export = |d: &Document| d.form == Form::Account;
    if is_yaml || !inventory.entities.is_empty() || inventory.documents.iter().any(is_export) {
        inventory.failures.extend(cut);
    }
    inventory.sources.push(source);
    inventory
}

/// A mistake of notation that keeps something from being read.
fn located(source: &Source, mistake: &Diagnostic, what: &str) -> Failure {
    let at = source.position(mistake.primary.span.start);
    Failure {
        path: format!("{}:{}:{}", source.name(), at.line, at.column),
        message: format!("{what}: {}", mistake.message),
    }
}

/// What is told of a text without a policy: why, where it was named; and where
/// it has policies in a form that is not read.
fn without_policy(name: &str, named: bool, what: &str) -> Inventory {
    let mut inventory = Inventory::default();
    let tell = |message| Failure {
        path: name.to_owned(),
        message,
    };
    match what {
        "" if named => inventory
            .empty
            .push(tell("no policy in this file".to_owned())),
        _ if named => inventory
            .empty
            .push(tell(format!("no policy is read from {what}"))),
        "" | "an empty file" => inventory.without_policy = 1,
        _ => inventory
            .gaps
            .push(tell(format!("no policy is read from {what}"))),
    }
    inventory
}

/// Whether a text is YAML: its name says so, or it begins like nothing that
/// JSON, encoded or not, begins with.
fn is_yaml(source: &Source) -> bool {
    let extension = Path::new(source.name()).extension();
    let has = |wanted: &str| extension.is_some_and(|e| e.eq_ignore_ascii_case(wanted));
    if has("yaml") || has("yml") {
        return true;
    }
    let starts = source.text().trim_start();
    let is_key = |line: &str| {
        line.split_once(':').is_some_and(|(key, rest)| {
            !key.is_empty()
                && key
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
                && (rest.is_empty() || rest.starts_with([' ', '\r']))
        })
    };
    !has("json")
        && (starts.starts_with("---")
            || starts.starts_with('#')
            || starts.lines().next().is_some_and(is_key))
}

/// Whether a text is worth parsing. Most files of a repository are not, and
/// must cost no more than a search.
fn may_hold_policy(text: &str) -> bool {
    [
        "tatement",
        "DetailList",
        "PolicyVersionList",
        "AWS::Serverless",
        "AWS::Lambda::Permission",
        "AWS::Events::EventBusPolicy",
        "resource_changes",
    ]
    .iter()
    .any(|word| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some())
}

/// Whether so little could be read that nothing tells what it was meant to be.
fn is_shapeless(root: Option<&Node>) -> bool {
    match root.map(|root| &root.value) {
        Some(Value::Object(members)) => members.is_empty(),
        Some(Value::Array(elements)) => elements.iter().all(|e| e.as_object().is_none()),
        _ => true,
    }
}
