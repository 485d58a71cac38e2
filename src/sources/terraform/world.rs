//! Everything that is read for one root module: files, folders, symbols, and
//! how much was computed.

use super::files::Files;
use super::module::Folder;
use crate::policy::{Domain, Symbol};
use crate::sources::Failure;
use crate::syntax::hcl::Body;
use crate::text::{Diagnostic, Source, Span};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// A file of one [`World`].
pub(super) type FileId = usize;

/// Most expressions that are computed for one root module.
const MOST_STEPS: usize = 5_000_000;
/// Deepest nesting of expressions, references followed.
const DEEPEST: usize = 400;

/// A file that was read.
pub(super) struct Loaded {
    pub(super) path: PathBuf,
    pub(super) source: Source,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// What could not be parsed.
    pub(super) broken: Vec<Span>,
}

pub(super) struct World<'f> {
    pub(super) files: &'f Files,
    pub(super) root: PathBuf,
    loaded: RefCell<Vec<Rc<Loaded>>>,
    by_path: RefCell<HashMap<PathBuf, Option<FileId>>>,
    folders: RefCell<HashMap<PathBuf, Rc<Folder>>>,
    symbols: RefCell<BTreeMap<String, Domain>>,
    steps: Cell<usize>,
    depth: Cell<usize>,
    /// Whether a default of the root module was read since this was cleared.
    pub(super) reads_default: Cell<bool>,
    /// Where something is missing, in the order it was met.
    gaps: RefCell<Vec<(FileId, Span, String)>>,
}

impl<'f> World<'f> {
    pub(super) fn new(files: &'f Files, root: &Path) -> Self {
        Self {
            files,
            root: root.to_owned(),
            loaded: RefCell::default(),
            by_path: RefCell::default(),
            folders: RefCell::default(),
            symbols: RefCell::default(),
            steps: Cell::default(),
            depth: Cell::default(),
            reads_default: Cell::default(),
            gaps: RefCell::default(),
        }
    }

    /// Reads a file once.
    pub(super) fn file(&self, path: &Path) -> Option<FileId> {
        if let Some(known) = self.by_path.borrow().get(path) {
            return *known;
        }
        let id = self.files.read(path).ok().map(|source| {
            self.add(Loaded {
                path: path.to_owned(),
                source,
                diagnostics: Vec::new(),
                broken: Vec::new(),
            })
        });
        self.by_path.borrow_mut().insert(path.to_owned(), id);
        id
    }

    /// Reads a file of configuration.
    pub(super) fn configuration(&self, path: &Path) -> Result<(FileId, Body), Failure> {
        let source = self.files.read(path)?;
        let is_json = path
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("json"));
        let parsed = if is_json {
            super::json_syntax::parse(source.text())
        } else {
            crate::syntax::hcl::parse(source.text())
        };
        let id = self.add(Loaded {
            path: path.to_owned(),
            source,
            diagnostics: parsed.diagnostics,
            broken: parsed.broken,
        });
        self.by_path.borrow_mut().insert(path.to_owned(), Some(id));
        Ok((id, parsed.body))
    }

    fn add(&self, file: Loaded) -> FileId {
        let mut loaded = self.loaded.borrow_mut();
        loaded.push(Rc::new(file));
        loaded.len() - 1
    }

    pub(super) fn loaded(&self, file: FileId) -> Option<Rc<Loaded>> {
        self.loaded.borrow().get(file).cloned()
    }

    pub(super) fn all_loaded(&self) -> Vec<Rc<Loaded>> {
        self.loaded.borrow().clone()
    }

    /// The text of an expression.
    pub(super) fn written(&self, file: FileId, span: Span) -> String {
        let loaded = self.loaded(file);
        loaded.map_or_else(String::new, |file| file.source.slice(span).to_owned())
    }

    pub(super) fn folder(&self, path: &Path) -> Rc<Folder> {
        if let Some(known) = self.folders.borrow().get(path) {
            return Rc::clone(known);
        }
        let folder = Rc::new(Folder::read(self, path));
        let mut folders = self.folders.borrow_mut();
        folders.insert(path.to_owned(), Rc::clone(&folder));
        folder
    }

    /// A symbol that may stand in a document.
    pub(super) fn symbol(&self, address: &str, domain: Domain) -> Rc<Symbol> {
        let symbol = Symbol::new(&super::value::shortened(address), domain);
        let mut symbols = self.symbols.borrow_mut();
        let known = symbols.entry(symbol.address.clone());
        known.or_insert_with(|| symbol.domain.clone());
        Rc::new(symbol)
    }

    /// What the symbol of this address may be.
    pub(super) fn domain(&self, address: &str) -> Domain {
        let symbols = self.symbols.borrow();
        symbols.get(address).cloned().unwrap_or(Domain::Any)
    }

    /// Notes that something is missing.
    pub(super) fn gap(&self, file: FileId, span: Span, message: String) {
        let gap = (file, span, message);
        let mut gaps = self.gaps.borrow_mut();
        if !gaps.contains(&gap) {
            gaps.push(gap);
        }
    }

    pub(super) fn take_gaps(&self) -> Vec<(FileId, Span, String)> {
        self.gaps.take()
    }

    /// Goes one level deeper; false where that is too deep, or too much was
    /// computed already.
    pub(super) fn enter(&self) -> bool {
        self.depth.set(self.depth.get() + 1);
        self.spend(1) && self.depth.get() < DEEPEST
    }

    pub(super) fn leave(&self) {
        self.depth.set(self.depth.get().saturating_sub(1));
    }

    /// Whether more was to compute than was computed.
    pub(super) fn is_exhausted(&self) -> bool {
        self.steps.get() >= MOST_STEPS
    }

    /// Counts so much work; false where it is too much.
    pub(super) fn spend(&self, steps: usize) -> bool {
        self.steps.set(self.steps.get().saturating_add(steps));
        self.steps.get() < MOST_STEPS
    }
}
