//! Terraform and OpenTofu: policies in `*.tf`, `*.tofu` and `*.tf.json`.
//!
//! A folder is a module. It is loaded whole, with the modules it calls from
//! folders beside it, and evaluated as far as that goes without a deployment:
//! the rest are symbols and choices (`inputs.md` sections 3 and 5.3).

mod document;
mod eval;
mod extract;
mod files;
mod functions;
pub(super) mod hosts;
mod json_syntax;
mod lower;
mod module;
mod names;
mod permission;
mod reads;
mod scope;
mod sweep;
mod template;
mod text_functions;
mod thing;
mod value;
mod world;

pub(super) use files::{Files, tidy};
pub(super) use module::is_configuration;
pub use module::is_of_terraform;

use super::reading::{Place, Reading, SYNTAX_ERROR};
use super::{Completeness, Failure, Form, Host, Inventory, ReadOptions};
use crate::policy::{PolicyType, Symbol, symbols_in};
use crate::syntax::{Node, Value};
use crate::text::{Diagnostic, Source, Span};
use extract::{Extraction, Found, Holder};
use module::Instance;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use world::{Loaded, World};

/// The stack of the thread that reads a module: expressions nest, and so do the
/// references between them.
const STACK: usize = 64 << 20;

/// Reads the documents of configuration files: `wanted` tells the files, and
/// whether each was named rather than found. Gives what was read of each of
/// them, and of the files that the configuration reads policies from.
pub(super) fn read(
    wanted: &BTreeMap<PathBuf, bool>,
    files: &Files,
    options: &ReadOptions,
) -> Vec<(PathBuf, Inventory)> {
    let run = || read_here(wanted, files, options);
    let read = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        let thread = thread.spawn_scoped(scope, run);
        thread.ok().and_then(|thread| thread.join().ok())
    });
    read.unwrap_or_else(|| {
        let paths = wanted.keys();
        paths.map(|path| (path.clone(), failed(path))).collect()
    })
}

fn failed(path: &Path) -> Inventory {
    Inventory {
        failures: vec![Failure {
            path: super::discover::display(path),
            message: "cannot be read: internal error".to_owned(),
        }],
        ..Inventory::default()
    }
}

fn read_here(
    wanted: &BTreeMap<PathBuf, bool>,
    files: &Files,
    options: &ReadOptions,
) -> Vec<(PathBuf, Inventory)> {
    let folders: BTreeSet<PathBuf> = wanted
        .keys()
        .map(|path| path.parent().map(Path::to_owned).unwrap_or_default())
        .collect();
    let mut read = Vec::new();
    let mut told: BTreeSet<PathBuf> = BTreeSet::new();
    for folder in roots(&folders, files) {
        if !mentions(files, &folder, HOLDS_POLICY) && !mentions(files, &folder, CALLS_MODULE) {
            // Most folders hold no policy, and must cost no more than a search.
            for (path, named) in wanted {
                if path.parent() == Some(&*folder) {
                    read.push((path.clone(), without_policy(path, *named)));
                }
            }
            continue;
        }
        let world = World::new(files, &folder);
        let root = Instance::root(world.folder(&folder));
        let found = Extraction::of(&world, &root).found;
        if world.is_exhausted() {
            let message = "too much to compute: the rest is left open".to_owned();
            world.gap(0, Span::default(), message);
        }
        let whole = Whole {
            world: &world,
            wanted,
            options,
        };
        whole.inventories(found, &mut told, &mut read);
    }
    read
}

fn without_policy(path: &Path, named: bool) -> Inventory {
    let mut inventory = Inventory::default();
    if named {
        inventory.empty.push(Failure {
            path: super::discover::display(path),
            message: "no policy in this file".to_owned(),
        });
    } else {
        inventory.without_policy = 1;
    }
    inventory
}

/// What stands in a text that may hold a policy.
const HOLDS_POLICY: &[&str] = &["policy", "policies", "Statement", "aws_lambda_permission"];
/// What stands in a text that calls a module.
const CALLS_MODULE: &[&str] = &["module"];
/// What stands in a text that calls a module of a folder beside it.
const CALLS_FOLDER: &[&str] = &["\"./", "\"../"];

/// Whether a file of a folder holds one of these words.
fn mentions(files: &Files, folder: &Path, words: &[&str]) -> bool {
    let files_of = files.of_folder(folder).into_iter();
    files_of.filter(|path| is_configuration(path)).any(|path| {
        // What cannot be read is told by whoever reads it.
        let source = files.read(&path);
        source.map_or(true, |source| holds(source.text(), words))
    })
}

fn holds(text: &str, words: &[&str]) -> bool {
    let found = |word: &&str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    words.iter().any(found)
}

/// The folders that no other one calls as a module. One that is called is read
/// with the arguments it is called with.
fn roots(folders: &BTreeSet<PathBuf>, files: &Files) -> Vec<PathBuf> {
    let mut called = BTreeMap::new();
    for folder in folders {
        if folders.len() > 1 && mentions(files, folder, CALLS_FOLDER) {
            let world = World::new(files, folder);
            let calls: BTreeSet<PathBuf> = world.folder(folder).local_calls().collect();
            called.insert(folder.clone(), calls);
        }
    }
    let is_called = |folder: &PathBuf| {
        called
            .iter()
            .any(|(by, calls)| by != folder && calls.contains(folder))
    };
    let mut roots: Vec<PathBuf> = folders.iter().filter(|f| !is_called(f)).cloned().collect();
    // Folders that call each other in a circle have no root among them.
    let mut reached: BTreeSet<PathBuf> = BTreeSet::new();
    let mut open = roots.clone();
    let mut rest: Vec<PathBuf> = folders.iter().cloned().collect();
    loop {
        while let Some(folder) = open.pop() {
            if reached.insert(folder.clone()) {
                open.extend(called.get(&folder).into_iter().flatten().cloned());
            }
        }
        rest.retain(|folder| !reached.contains(folder));
        let Some(next) = rest.first().cloned() else {
            break;
        };
        roots.push(next.clone());
        open.push(next);
    }
    roots
}

struct Whole<'w, 'f> {
    world: &'w World<'f>,
    wanted: &'w BTreeMap<PathBuf, bool>,
    options: &'w ReadOptions,
}

impl Whole<'_, '_> {
    /// One inventory for each file that is wanted or holds a document of one
    /// that is.
    fn inventories(
        &self,
        found: Vec<Found>,
        told: &mut BTreeSet<PathBuf>,
        into: &mut Vec<(PathBuf, Inventory)>,
    ) {
        let mut by_file: BTreeMap<usize, Vec<Found>> = BTreeMap::new();
        for one in found {
            by_file.entry(one.file).or_default().push(one);
        }
        let mut gaps: BTreeMap<usize, Vec<_>> = BTreeMap::new();
        for (file, span, message) in self.world.take_gaps() {
            gaps.entry(file).or_default().push((span, message));
        }
        for (id, loaded) in self.world.all_loaded().iter().enumerate() {
            let mut documents = by_file.remove(&id).unwrap_or_default();
            let is_configuration = is_configuration(&loaded.path);
            let named = self.wanted.get(&loaded.path);
            if is_configuration && named.is_none() {
                continue;
            }
            documents.sort_by_key(|one| (one.node.span.start, one.node.span.end));
            let gaps = gaps.remove(&id).unwrap_or_default();
            let first = told.insert(loaded.path.clone());
            if documents.is_empty() && (!first || !is_configuration) {
                continue;
            }
            let named = named.copied().unwrap_or(false);
            let inventory = self.inventory(loaded, documents, gaps, named, first);
            into.push((loaded.path.clone(), inventory));
        }
    }

    fn inventory(
        &self,
        loaded: &Loaded,
        documents: Vec<Found>,
        gaps: Vec<(Span, String)>,
        named: bool,
        first: bool,
    ) -> Inventory {
        let name = super::discover::display(&loaded.path);
        let source = Source::new(name, loaded.source.text());
        let mut mistakes: Vec<Diagnostic> = Vec::new();
        if first {
            mistakes.extend(loaded.diagnostics.iter().cloned());
        }
        for one in &documents {
            for mistake in &one.diagnostics {
                if !mistakes.contains(mistake) {
                    mistakes.push(mistake.clone());
                }
            }
        }
        // A broken block may have held a policy.
        let broken: Vec<_> = loaded
            .broken
            .iter()
            .filter(|span| first && holds(source.slice(**span), HOLDS_POLICY))
            .copied()
            .collect();
        let (inside, outside): (Vec<_>, Vec<_>) = mistakes.into_iter().partition(|mistake| {
            let at = mistake.primary.span;
            let covers = |span: &Span| span.start <= at.start && at.start <= span.end;
            broken.iter().any(covers) || documents.iter().any(|one| covers(&one.node.span))
        });
        let mut failures = Vec::new();
        let mut stray = Vec::new();
        for mistake in outside {
            if mistake.code != SYNTAX_ERROR {
                continue;
            }
            if documents.is_empty() && broken.is_empty() {
                let at = source.position(mistake.primary.span.start);
                failures.push(Failure {
                    path: format!("{}:{}:{}", source.name(), at.line, at.column),
                    message: mistake.message,
                });
            } else {
                stray.push(mistake);
            }
        }
        let mistakes = inside.into_iter().chain(stray).collect();
        let mut reading = Reading::new(&source, self.options.policy_type, mistakes);
        // In the order of the text: a mistake is told with what stands around it.
        let mut broken = broken.into_iter().peekable();
        let mut documents = documents.iter().peekable();
        loop {
            let is_first = |span: &Span, one: &Found| span.start <= one.node.span.start;
            match (broken.peek(), documents.peek()) {
                (Some(span), next) if next.is_none_or(|one| is_first(span, one)) => {
                    unreadable(&mut reading, &source, *span);
                    broken.next();
                }
                (_, Some(one)) => {
                    for (holder, address) in readings(one) {
                        reading.add(self.place(one, holder, address));
                    }
                    documents.next();
                }
                _ => break,
            }
        }
        for (span, message) in gaps {
            reading.gap(span, message);
        }
        let is_empty = reading.is_empty();
        let mut inventory = reading.finish();
        inventory.failures.extend(failures);
        if is_empty && inventory.failures.is_empty() {
            let without = without_policy(&loaded.path, named);
            inventory.empty.extend(without.empty);
            inventory.without_policy = without.without_policy;
        }
        if !is_empty {
            inventory.sources.push(source);
        }
        inventory
    }

    fn place<'n>(&self, one: &'n Found, holder: Option<&Holder>, address: String) -> Place<'n> {
        let missing = match (&one.opaque, &one.missing) {
            (Some(reason), _) => Some((Completeness::Opaque, reason.clone())),
            (None, Some(reason)) => Some((Completeness::Partial, reason.clone())),
            (None, None) => None,
        };
        let mut symbols = Vec::new();
        self.symbols(&one.node, &mut symbols);
        Place {
            address: Some(address),
            host: holder.map_or(Host::Unstated, |holder| holder.host),
            policy_type: holder.and_then(|holder| holder.policy_type),
            symbols,
            guards: holder.map_or_else(|| one.guards.clone(), |holder| holder.guards.clone()),
            missing,
            ..Place::new(&one.node, Form::Terraform)
        }
    }

    fn symbols(&self, node: &Node, into: &mut Vec<Symbol>) {
        let mut take = |text: &str| {
            for address in symbols_in(text) {
                into.push(Symbol {
                    address: address.to_owned(),
                    domain: self.world.domain(address),
                });
            }
        };
        match &node.value {
            Value::String(text) => take(&text.value),
            Value::Array(nodes) => nodes.iter().for_each(|node| self.symbols(node, into)),
            Value::Object(members) => {
                for member in members {
                    take(&member.key.name);
                }
                for member in members {
                    self.symbols(&member.value, into);
                }
            }
            Value::Choice(choice) => {
                self.symbols(&choice.then, into);
                self.symbols(&choice.otherwise, into);
            }
            _ => {}
        }
    }
}

/// A block that cannot be read and may hold a policy.
fn unreadable(reading: &mut Reading<'_>, source: &Source, span: Span) {
    let node = Node {
        span,
        value: Value::Invalid,
    };
    // `resource "type" "name" {`
    let head = source.slice(span).lines().next().unwrap_or_default();
    let mut words = head.split('"').map(str::trim);
    let address = match (words.next(), words.next(), words.nth(1)) {
        (Some("resource"), Some(kind), Some(name)) => Some(format!("{kind}.{name}")),
        (Some("data"), Some(kind), Some(name)) => Some(format!("data.{kind}.{name}")),
        _ => None,
    };
    reading.add(Place {
        address,
        missing: Some((
            Completeness::Opaque,
            "no policy could be made out".to_owned(),
        )),
        ..Place::new(&node, Form::Terraform)
    });
}

/// The documents that a text makes: one for each type of policy it is used as.
fn readings(one: &Found) -> Vec<(Option<&Holder>, String)> {
    let mut types: Vec<(Option<PolicyType>, Vec<&Holder>)> = Vec::new();
    for holder in &one.holders {
        match types
            .iter_mut()
            .find(|(known, _)| *known == holder.policy_type)
        {
            Some((_, holders)) => holders.push(holder),
            None => types.push((holder.policy_type, vec![holder])),
        }
    }
    if types.is_empty() {
        return vec![(None, one.address.clone())];
    }
    let several = types.len() > 1;
    let readings = types.into_iter().filter_map(|(_, holders)| {
        let first = holders.first().copied()?;
        let address = if one.is_data && (several || holders.len() > 1) {
            match several {
                true => first.address.clone(),
                false => one.address.clone(),
            }
        } else {
            first.address.clone()
        };
        Some((Some(first), address))
    });
    readings.collect()
}

#[cfg(test)]
mod tests;
