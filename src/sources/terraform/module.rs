//! Modules: a folder is one, and each call of it is an instance with arguments
//! of its own.

use super::scope::Scope;
use super::value::{Entry, Val, What};
use super::world::{FileId, World};
use crate::policy::Domain;
use crate::sources::Failure;
use crate::syntax::hcl::{Binary, Block, Body, Expr, Kind};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Deepest nesting of module calls.
const DEEPEST_CALL: usize = 16;

/// A block at the top of a file.
pub(super) struct Top {
    pub(super) file: FileId,
    pub(super) block: Block,
}

impl Top {
    pub(super) fn label(&self, index: usize) -> &str {
        self.block.labels.get(index).map_or("", String::as_str)
    }
}

/// An expression at the top of a file: a local, or a value given to a variable.
pub(super) struct Named {
    pub(super) file: FileId,
    pub(super) value: Expr,
}

/// The configuration of one folder.
#[derive(Default)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
    /// Every block, in the order of the files' names.
    pub(super) blocks: Vec<Rc<Top>>,
    pub(super) failures: Vec<Failure>,
    resources: BTreeMap<(String, String), Rc<Top>>,
    data: BTreeMap<(String, String), Rc<Top>>,
    variables: BTreeMap<String, Rc<Top>>,
    outputs: BTreeMap<String, Rc<Top>>,
    modules: BTreeMap<String, Rc<Top>>,
    pub(super) locals: BTreeMap<String, Rc<Named>>,
    /// Values of `terraform.tfvars` and `*.auto.tfvars`.
    given: BTreeMap<String, Rc<Named>>,
    /// Folders of modules that `terraform init` fetched, by the path of calls.
    fetched: HashMap<String, PathBuf>,
}

/// Whether a file belongs to a module's configuration.
pub(in crate::sources) fn is_configuration(path: &Path) -> bool {
    ends_with(path, &[".tf", ".tofu", ".tf.json", ".tofu.json"])
}

/// Whether what a file of this name holds may change what a module's
/// configuration says: the configuration, values of variables, templates.
#[must_use]
pub fn is_of_terraform(path: &Path) -> bool {
    is_configuration(path)
        || ends_with(
            path,
            &[".tfvars", ".tfvars.json", ".tftpl", ".tpl", ".tmpl"],
        )
}

/// Whether a file gives values to variables without being asked to.
fn is_given(path: &Path) -> bool {
    let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase());
    let exact = ["terraform.tfvars", "terraform.tfvars.json"];
    name.is_some_and(|name| exact.contains(&name.as_str()))
        || ends_with(path, &[".auto.tfvars", ".auto.tfvars.json"])
}

fn ends_with(path: &Path, endings: &[&str]) -> bool {
    let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase());
    name.is_some_and(|name| endings.iter().any(|ending| name.ends_with(ending)))
}

impl Folder {
    pub(super) fn read(world: &World<'_>, path: &Path) -> Self {
        let mut folder = Self {
            path: path.to_owned(),
            ..Self::default()
        };
        let (mut automatic, mut configuration) = (Vec::new(), Vec::new());
        for file in world.files.of_folder(path) {
            if is_configuration(&file) {
                configuration.push(file);
            } else if is_given(&file) {
                automatic.push(file);
            }
        }
        for file in configuration {
            match world.configuration(&file) {
                Ok((id, body)) => folder.take(id, body),
                Err(failure) => folder.failures.push(failure),
            }
        }
        // `terraform.tfvars` first: the others win.
        automatic.sort_by_key(|path| ends_with(path, &[".auto.tfvars", ".auto.tfvars.json"]));
        for file in automatic {
            match world.configuration(&file) {
                Ok((id, body)) => folder.give(id, body),
                Err(failure) => folder.failures.push(failure),
            }
        }
        folder.find_fetched(world);
        folder
    }

    fn take(&mut self, file: FileId, body: Body) {
        for block in body.blocks {
            if block.kind == "locals" {
                for attribute in &block.body.attributes {
                    let value = attribute.value.clone();
                    let named = Rc::new(Named { file, value });
                    self.locals.insert(attribute.name.clone(), named);
                }
            }
            let top = Rc::new(Top { file, block });
            let (first, second) = (top.label(0).to_owned(), top.label(1).to_owned());
            let same = Rc::clone(&top);
            match top.block.kind.as_str() {
                "resource" => drop(self.resources.insert((first, second), same)),
                "data" => drop(self.data.insert((first, second), same)),
                "variable" => drop(self.variables.insert(first, same)),
                "output" => drop(self.outputs.insert(first, same)),
                "module" => drop(self.modules.insert(first, same)),
                _ => {}
            }
            self.blocks.push(top);
        }
    }

    fn give(&mut self, file: FileId, body: Body) {
        for attribute in body.attributes {
            let value = attribute.value;
            let named = Rc::new(Named { file, value });
            self.given.insert(attribute.name, named);
        }
    }

    fn find_fetched(&mut self, world: &World<'_>) {
        let list = self.path.join(".terraform/modules/modules.json");
        let Ok(source) = world.files.read(&list) else {
            return;
        };
        let Ok(list) = serde_json::from_str::<serde_json::Value>(source.text()) else {
            return;
        };
        let modules = list.get("Modules").and_then(|m| m.as_array());
        for module in modules.into_iter().flatten() {
            let text = |key| module.get(key).and_then(|v| v.as_str());
            if let (Some(key), Some(folder)) = (text("Key"), text("Dir"))
                && !key.is_empty()
            {
                self.fetched.insert(key.to_owned(), self.path.join(folder));
            }
        }
    }

    pub(super) fn resource(&self, kind: &str, name: &str) -> Option<&Rc<Top>> {
        self.resources.get(&(kind.to_owned(), name.to_owned()))
    }

    pub(super) fn data(&self, kind: &str, name: &str) -> Option<&Rc<Top>> {
        self.data.get(&(kind.to_owned(), name.to_owned()))
    }

    pub(super) fn module(&self, name: &str) -> Option<&Rc<Top>> {
        self.modules.get(name)
    }

    pub(super) fn output(&self, name: &str) -> Option<&Rc<Top>> {
        self.outputs.get(name)
    }

    /// Whether it calls a module of this folder.
    pub(super) fn local_calls(&self) -> impl Iterator<Item = PathBuf> {
        self.modules.values().filter_map(|top| {
            let source = top.block.body.attribute("source")?.value.as_literal()?;
            let local = source.starts_with("./") || source.starts_with("../");
            local.then(|| super::files::tidy(&self.path.join(source)))
        })
    }
}

/// A module as one call makes it.
pub(super) struct Instance {
    pub(super) folder: Rc<Folder>,
    /// `module.a.module.b["k"].`, or nothing for the root.
    pub(super) prefix: String,
    /// The names of the calls, joined by dots.
    call_path: String,
    /// The block that calls it and where that stands.
    call: Option<(Rc<Top>, Scope)>,
    depth: usize,
    variables: RefCell<HashMap<String, Memo>>,
    locals: RefCell<HashMap<String, Memo>>,
    children: RefCell<HashMap<String, Option<Rc<Instance>>>>,
    /// Texts of data documents.
    pub(super) documents: RefCell<HashMap<String, Option<Val>>>,
}

/// A value that is computed once.
#[derive(Clone)]
enum Memo {
    /// Being computed: who asks for it now goes round in a circle.
    Busy,
    /// With whether a default of the root module decided it.
    Done(Val, bool),
}

impl Instance {
    pub(super) fn root(folder: Rc<Folder>) -> Rc<Self> {
        Rc::new(Self::new(folder, String::new(), String::new(), None, 0))
    }

    fn new(
        folder: Rc<Folder>,
        prefix: String,
        call_path: String,
        call: Option<(Rc<Top>, Scope)>,
        depth: usize,
    ) -> Self {
        Self {
            folder,
            prefix,
            call_path,
            call,
            depth,
            variables: RefCell::default(),
            locals: RefCell::default(),
            children: RefCell::default(),
            documents: RefCell::default(),
        }
    }

    fn parent(&self) -> Option<&Rc<Self>> {
        self.call.as_ref().map(|(_, scope)| &scope.instance)
    }
}

impl World<'_> {
    /// `local.name`.
    pub(super) fn local(&self, instance: &Rc<Instance>, name: &str) -> Option<Val> {
        let named = Rc::clone(instance.folder.locals.get(name)?);
        let scope = Scope::new(instance, named.file);
        let value = self.once(&instance.locals, name, || self.eval(&named.value, &scope));
        Some(value.unwrap_or_else(|| {
            Val::failed(
                format!("`local.{name}` is made from itself"),
                scope.site(named.value.span),
            )
        }))
    }

    /// `var.name`; `None` where neither the module nor its call knows it.
    pub(super) fn variable(&self, instance: &Rc<Instance>, name: &str) -> Option<Val> {
        let declared = instance.folder.variables.get(name).cloned();
        let given = match &instance.call {
            Some((top, _)) => top.block.body.attribute(name).is_some(),
            None => instance.folder.given.contains_key(name),
        };
        if declared.is_none() && !given {
            return None;
        }
        self.once(&instance.variables, name, || {
            let value = self.given(instance, name);
            match declared {
                Some(top) => self.declared(instance, name, &top, value),
                None => value.unwrap_or_else(|| Val::failed("no value", super::value::NOWHERE)),
            }
        })
    }

    /// Computes a value once; `None` where it is made from itself.
    fn once(
        &self,
        memos: &RefCell<HashMap<String, Memo>>,
        name: &str,
        compute: impl FnOnce() -> Val,
    ) -> Option<Val> {
        let known = memos.borrow().get(name).cloned();
        match known {
            Some(Memo::Busy) => return None,
            Some(Memo::Done(value, default)) => {
                self.reads_default.set(self.reads_default.get() || default);
                return Some(value);
            }
            None => {}
        }
        memos.borrow_mut().insert(name.to_owned(), Memo::Busy);
        let before = self.reads_default.replace(false);
        let value = compute();
        let memo = Memo::Done(value.clone(), self.reads_default.get());
        memos.borrow_mut().insert(name.to_owned(), memo);
        self.reads_default.set(self.reads_default.get() || before);
        Some(value)
    }

    /// The value that is given to a variable from outside the module.
    fn given(&self, instance: &Rc<Instance>, name: &str) -> Option<Val> {
        match &instance.call {
            Some((top, scope)) => {
                let argument = top.block.body.attribute(name)?;
                Some(self.eval(&argument.value, scope))
            }
            None => {
                let named = Rc::clone(instance.folder.given.get(name)?);
                Some(self.eval(&named.value, &Scope::new(instance, named.file)))
            }
        }
    }

    fn declared(
        &self,
        instance: &Rc<Instance>,
        name: &str,
        top: &Rc<Top>,
        given: Option<Val>,
    ) -> Val {
        let scope = Scope::new(instance, top.file);
        let body = &top.block.body;
        let is_root = instance.call.is_none();
        let default = body.attribute("default");
        let nullable = body.attribute("nullable").and_then(|a| match a.value.kind {
            Kind::Bool(value) => Some(value),
            _ => None,
        });
        let given = given.filter(|v| !(v.is_null() && nullable == Some(false)));
        let from_default = given.is_none();
        let value = given.or_else(|| default.map(|d| self.eval(&d.value, &scope)));
        if from_default && default.is_some() && is_root {
            self.reads_default.set(true);
        }
        if is_root && let Some(values) = allowed(name, body) {
            let chosen = value.as_ref().and_then(Val::as_text).map(|t| t.to_string());
            let domain = Domain::OneOf { values, chosen };
            let symbol = self.symbol(&format!("var.{name}"), domain);
            return Val::new(What::Unknown(symbol), scope.site(top.block.span));
        }
        match value {
            Some(value) => match body.attribute("type") {
                Some(kind) => self.with_optionals(&kind.value, value, &scope),
                None => value,
            },
            None => {
                let address = format!("{}var.{name}", instance.prefix);
                let symbol = self.symbol(&address, Domain::Any);
                Val::new(What::Unknown(symbol), scope.site(top.block.span))
            }
        }
    }

    /// Fills in what a type says of attributes that are left out.
    fn with_optionals(&self, kind: &Expr, value: Val, scope: &Scope) -> Val {
        let Kind::Call {
            name, arguments, ..
        } = &kind.kind
        else {
            return value;
        };
        if !self.spend(1) {
            return value;
        }
        let inner = arguments.first();
        match (name.as_str(), inner, &value.what) {
            ("optional", Some(inner), _) => self.with_optionals(inner, value, scope),
            ("list" | "set", Some(inner), What::List(list)) => {
                let list = list.iter().cloned();
                let list = list.map(|one| self.with_optionals(inner, one, scope));
                Val {
                    what: What::List(Rc::new(list.collect())),
                    ..value
                }
            }
            ("map", Some(inner), What::Object(members)) => {
                let members = members.iter().map(|entry| Entry {
                    value: self.with_optionals(inner, entry.value.clone(), scope),
                    ..entry.clone()
                });
                Val {
                    what: What::Object(Rc::new(members.collect())),
                    ..value
                }
            }
            ("object", Some(inner), What::Object(members)) => {
                let Kind::Object(types) = &inner.kind else {
                    return value;
                };
                let mut filled: Vec<Entry> = members.to_vec();
                for (key, kind) in types {
                    let Some(key) = key.as_literal() else {
                        continue;
                    };
                    let entry = filled.iter_mut().find(|entry| &*entry.key == key);
                    match (entry, &kind.kind) {
                        (Some(entry), Kind::Call { arguments, .. })
                            if entry.value.is_null() && arguments.len() > 1 =>
                        {
                            if let Some(default) = arguments.get(1) {
                                entry.value = self.eval(default, scope);
                            }
                        }
                        (Some(entry), _) => {
                            entry.value = self.with_optionals(kind, entry.value.clone(), scope);
                        }
                        (None, Kind::Call { arguments, .. }) => {
                            let site = scope.site(kind.span);
                            let default = match arguments.get(1) {
                                Some(default) => {
                                    let default = self.eval(default, scope);
                                    self.with_optionals(kind, default, scope)
                                }
                                None => Val::new(What::Null, site),
                            };
                            filled.push(Entry {
                                key: key.into(),
                                key_site: site,
                                value: default,
                            });
                        }
                        (None, _) => {}
                    }
                }
                Val {
                    what: What::Object(Rc::new(filled)),
                    ..value
                }
            }
            _ => value,
        }
    }

    /// The instance that a call makes; `None` where its source is not here.
    pub(super) fn child(
        &self,
        instance: &Rc<Instance>,
        name: &str,
        key: Option<&Val>,
    ) -> Option<Rc<Instance>> {
        let step = super::thing::step(name, key);
        if let Some(known) = instance.children.borrow().get(&step) {
            return known.clone();
        }
        let child = self.called(instance, name, key, &step);
        let mut children = instance.children.borrow_mut();
        children.insert(step, child.clone());
        child
    }

    fn called(
        &self,
        instance: &Rc<Instance>,
        name: &str,
        key: Option<&Val>,
        step: &str,
    ) -> Option<Rc<Instance>> {
        let top = instance.folder.module(name)?;
        let span = top.block.span;
        let source = top.block.body.attribute("source");
        let written = source.and_then(|s| s.value.as_literal()).unwrap_or("");
        let call_path = match instance.call_path.as_str() {
            "" => name.to_owned(),
            above => format!("{above}.{name}"),
        };
        let path = if written.starts_with("./") || written.starts_with("../") {
            super::files::tidy(&instance.folder.path.join(written))
        } else {
            self.fetched(instance, &call_path)?
        };
        let mut above = Some(instance);
        while let Some(one) = above {
            if one.folder.path == path {
                self.gap(top.file, span, format!("module `{name}` calls itself"));
                return None;
            }
            above = one.parent();
        }
        if instance.depth >= DEEPEST_CALL || !self.files.is_folder(&path) {
            return None;
        }
        let folder = self.folder(&path);
        let thing = super::thing::Thing::module(instance, name, key.cloned());
        let scope = self.scope_of(&thing, top);
        Some(Rc::new(Instance::new(
            folder,
            format!("{}module.{step}.", instance.prefix),
            call_path,
            Some((Rc::clone(top), scope)),
            instance.depth + 1,
        )))
    }

    /// The folder of a module that was fetched for the root.
    fn fetched(&self, instance: &Rc<Instance>, call_path: &str) -> Option<PathBuf> {
        let mut root = instance;
        while let Some(above) = root.parent() {
            root = above;
        }
        let folder = root.folder.fetched.get(call_path)?;
        Some(super::files::tidy(folder))
    }
}

/// The values that a validation of the form `contains([…], var.name)` allows.
fn allowed(name: &str, body: &Body) -> Option<Vec<String>> {
    let conditions = body.blocks("validation").filter_map(|block| {
        let condition = &block.body.attribute("condition")?.value;
        Some(match &condition.kind {
            Kind::Binary(only, Binary::Equal, _) => only,
            _ => condition,
        })
    });
    conditions.into_iter().find_map(|condition| {
        let Kind::Call {
            name: function,
            arguments,
            ..
        } = &condition.kind
        else {
            return None;
        };
        let [list, of] = arguments.as_slice() else {
            return None;
        };
        let is_it = matches!(&of.kind, Kind::Traversal(base, steps)
            if matches!(&base.kind, Kind::Variable(root) if root == "var")
                && matches!(steps.as_slice(), [crate::syntax::hcl::Step::Name(last)] if last == name));
        let Kind::List(list) = &list.kind else {
            return None;
        };
        if function != "contains" || !is_it {
            return None;
        }
        list.iter().map(|one| one.as_literal().map(str::to_owned)).collect()
    })
}
