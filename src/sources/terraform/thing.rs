//! Resources, data sources and modules as expressions refer to them: which of
//! their instances, and what their attributes are.

use super::module::{Instance, Top};
use super::names;
use super::scope::Scope;
use super::value::{Entry, MOST_ELEMENTS, Site, Val, What};
use super::world::World;
use crate::policy::{Domain, Symbol, symbols_in};
use crate::text::Span;
use std::rc::Rc;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ThingKind {
    Resource,
    Data,
    Module,
}

/// A resource, data source or module, or one instance of it.
#[derive(Clone)]
pub(super) struct Thing {
    pub(super) kind: ThingKind,
    /// `aws_iam_role`; empty for a module.
    pub(super) type_name: String,
    pub(super) name: String,
    pub(super) instance: Rc<Instance>,
    /// Which instance, where it has several.
    pub(super) key: Option<Val>,
}

impl std::fmt::Debug for Thing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.address())
    }
}

/// `name`, `name[0]` or `name["key"]`.
pub(super) fn step(name: &str, key: Option<&Val>) -> String {
    match key {
        Some(key) => format!("{name}[{}]", key.address()),
        None => name.to_owned(),
    }
}

/// The instances of a thing.
pub(super) enum Keys {
    /// It is one.
    Single,
    /// These, with the value of each; under guards where they depend on
    /// something.
    Known(Vec<Instanced>),
    /// Nobody knows how many.
    Open,
}

/// One instance of a thing.
#[derive(Clone)]
pub(super) struct Instanced {
    pub(super) key: Val,
    pub(super) value: Val,
    pub(super) under: Vec<(String, bool)>,
    /// Whether it stands for any number of such.
    pub(super) many: bool,
}

impl Thing {
    pub(super) fn module(instance: &Rc<Instance>, name: &str, key: Option<Val>) -> Self {
        Self {
            kind: ThingKind::Module,
            type_name: String::new(),
            name: name.to_owned(),
            instance: Rc::clone(instance),
            key,
        }
    }

    pub(super) fn of(instance: &Rc<Instance>, top: &Top) -> Option<Self> {
        let (kind, type_name, name) = match top.block.kind.as_str() {
            "resource" => (ThingKind::Resource, top.label(0), top.label(1)),
            "data" => (ThingKind::Data, top.label(0), top.label(1)),
            "module" => (ThingKind::Module, "", top.label(0)),
            _ => return None,
        };
        Some(Self {
            kind,
            type_name: type_name.to_owned(),
            name: name.to_owned(),
            instance: Rc::clone(instance),
            key: None,
        })
    }

    /// One of its instances. The only one of `count` needs no index: whether
    /// there is one may be decided in one revision and not in the next.
    pub(super) fn one_of(&self, items: &[Instanced], key: &Val) -> Self {
        match items {
            [only] if matches!(only.key.what, What::Number(_)) => self.clone(),
            _ => self.at(key.clone()),
        }
    }

    pub(super) fn at(&self, key: Val) -> Self {
        Self {
            key: Some(key),
            ..self.clone()
        }
    }

    /// `module.m.aws_iam_role.this["a"]`.
    pub(super) fn address(&self) -> String {
        let prefix = &self.instance.prefix;
        let name = step(&self.name, self.key.as_ref());
        match self.kind {
            ThingKind::Resource => format!("{prefix}{}.{name}", self.type_name),
            ThingKind::Data => format!("{prefix}data.{}.{name}", self.type_name),
            ThingKind::Module => format!("{prefix}module.{name}"),
        }
    }

    pub(super) fn top(&self) -> Option<Rc<Top>> {
        let folder = &self.instance.folder;
        let found = match self.kind {
            ThingKind::Resource => folder.resource(&self.type_name, &self.name),
            ThingKind::Data => folder.data(&self.type_name, &self.name),
            ThingKind::Module => folder.module(&self.name),
        };
        found.cloned()
    }
}

impl World<'_> {
    /// The instances of a thing without a key.
    pub(super) fn keys(&self, thing: &Thing, top: &Top) -> Keys {
        let scope = Scope::new(&thing.instance, top.file);
        let body = &top.block.body;
        if let Some(count) = body.attribute("count") {
            let site = scope.site(count.value.span);
            let count = self.toggled(&count.value, &scope);
            let items = self.counted(&count, site, &[]);
            return items.map_or(Keys::Open, Keys::Known);
        }
        if let Some(each) = body.attribute("for_each") {
            let each = self.toggled(&each.value, &scope);
            return match self.items(&each) {
                Some(items) if items.iter().any(|item| item.many) => Keys::Open,
                Some(items) => Keys::Known(
                    items
                        .into_iter()
                        .map(|item| {
                            // The key of an element of a set is the element.
                            let of_list = matches!(item.key.what, What::Number(_));
                            Instanced {
                                key: if of_list {
                                    item.value.clone()
                                } else {
                                    item.key
                                },
                                ..item
                            }
                        })
                        .collect(),
                ),
                None => Keys::Open,
            };
        }
        Keys::Single
    }

    fn counted(&self, count: &Val, site: Site, under: &[(String, bool)]) -> Option<Vec<Instanced>> {
        if let What::Choice(choice) = &count.what {
            let side = |value, holds| {
                let mut under = under.to_vec();
                under.push((choice.guard.clone(), holds));
                self.counted(value, site, &under)
            };
            let mut items = side(&choice.then, true)?;
            items.extend(side(&choice.otherwise, false)?);
            return Some(items);
        }
        let number = count
            .as_number()
            .filter(|n| (0.0..=MOST_ELEMENTS as f64).contains(n));
        let number = match &count.what {
            What::Bool(value) => f64::from(u8::from(*value)),
            _ => number?,
        };
        let mut items = Vec::new();
        let mut index = 0.0;
        while index < number && self.spend(1) {
            let key = Val::new(What::Number(index), site);
            items.push(Instanced {
                value: key.clone(),
                key,
                under: under.to_vec(),
                many: false,
            });
            index += 1.0;
        }
        Some(items)
    }

    /// Where the attributes of an instance are computed.
    pub(super) fn scope_of(&self, thing: &Thing, top: &Top) -> Scope {
        let scope = Scope::new(&thing.instance, top.file);
        let body = &top.block.body;
        let unknown = |name: &str, span: Span| {
            let bare = Thing {
                key: None,
                ..thing.clone()
            };
            let symbol = self.symbol(&format!("{} {name}", bare.address()), Domain::Any);
            Val::new(What::Unknown(symbol), scope.site(span))
        };
        if let Some(count) = body.attribute("count") {
            let site = scope.site(count.value.span);
            let only = || match self.keys(thing, top) {
                Keys::Known(items) if items.len() == 1 => items.into_iter().next(),
                _ => None,
            };
            let index = thing.key.clone().or_else(|| only().map(|only| only.key));
            let index = index.unwrap_or_else(|| unknown("count.index", site.span));
            return scope.with("count", object(site, [("index", index)]));
        }
        let Some(each) = body.attribute("for_each") else {
            return scope;
        };
        let site = scope.site(each.value.span);
        let (key, value) = match &thing.key {
            Some(key) => {
                let all = self.toggled(&each.value, &scope);
                let items = self.items(&all).unwrap_or_default();
                let found = items.into_iter().find(|item| {
                    let is_set = matches!(item.key.what, What::Number(_));
                    let at = if is_set { &item.value } else { &item.key };
                    at.same(key) == Some(true)
                });
                let value = found.map(|item| item.value);
                let value = value.unwrap_or_else(|| unknown("each.value", site.span));
                (key.clone(), value)
            }
            None => (
                unknown("each.key", site.span),
                unknown("each.value", site.span),
            ),
        };
        scope.with("each", object(site, [("key", key), ("value", value)]))
    }

    /// An attribute of a resource, data source or module.
    pub(super) fn attribute_of(&self, thing: &Thing, name: &str, site: Site) -> Val {
        let Some(top) = thing.top() else {
            return self.unwritten(thing, name, site);
        };
        if thing.key.is_none()
            && let Keys::Known(items) = self.keys(thing, &top)
            && items.is_empty()
        {
            return Val::failed(format!("`{}` has no instance", thing.address()), site);
        }
        if thing.kind == ThingKind::Module {
            return self.output_of(thing, name, site);
        }
        if thing.kind == ThingKind::Data
            && thing.type_name == "aws_iam_policy_document"
            && matches!(name, "json" | "minified_json")
        {
            return self.document_text(thing, &top).at(site);
        }
        let shape = names::shape(&thing.type_name);
        let gives_name = shape.is_some_and(|shape| shape.gives_name(name));
        let is_written = top.block.body.attribute(name).is_some();
        if is_written && !gives_name {
            return self.written_attribute(thing, &top, name, site);
        }
        self.unwritten(thing, name, site)
    }

    fn written_attribute(&self, thing: &Thing, top: &Top, name: &str, site: Site) -> Val {
        let scope = self.scope_of(thing, top);
        match top.block.body.attribute(name) {
            Some(attribute) => self.eval(&attribute.value, &scope).at(site),
            None => self.unwritten(thing, name, site),
        }
    }

    /// An attribute that AWS gives.
    fn unwritten(&self, thing: &Thing, name: &str, site: Site) -> Val {
        let address = thing.address();
        if thing.kind == ThingKind::Data
            && let Some((shared, domain)) = shared(&thing.type_name, name)
        {
            let provider = thing.top().and_then(|top| {
                let provider = top.block.body.attribute("provider")?;
                let text = self.written(top.file, provider.value.span);
                (text != "aws").then_some(text)
            });
            let address = match provider {
                Some(provider) => format!("{shared} of {provider}"),
                None => shared.to_owned(),
            };
            return Val::new(What::Unknown(self.symbol(&address, domain)), site);
        }
        if thing.type_name == "aws_service_principal"
            && name == "name"
            && let Some(service) = self.attribute_text(thing, "service_name")
        {
            let suffix = self.symbol(Symbol::URL_SUFFIX, Domain::UrlSuffix).text();
            return Val::text(format!("{service}.{suffix}"), site);
        }
        let Some(shape) = names::shape(&thing.type_name) else {
            let domain = match name {
                "id" | "name" | "bucket" | "key_id" => Domain::Name,
                "owner_id" | "account_id" => Domain::Account,
                _ => Domain::Any,
            };
            let symbol = self.symbol(&format!("{address}.{name}"), domain);
            return Val::new(What::Unknown(symbol), site);
        };
        if shape.gives_name(name) {
            return Val::text(self.name_of(thing, shape), site);
        }
        match shape.arn(name) {
            Some(pattern) => self.filled(thing, shape, pattern, site),
            None => {
                let symbol = self.symbol(&format!("{address}.{name}"), Domain::Any);
                Val::new(What::Unknown(symbol), site)
            }
        }
    }

    /// An ARN with the thing's own name in its place.
    fn filled(&self, thing: &Thing, shape: &names::Shape, pattern: &str, site: Site) -> Val {
        let known = |address: &str, domain| self.symbol(address, domain).text();
        let name = self.name_of(thing, shape);
        let mut text = String::new();
        for piece in pattern.split_inclusive('}') {
            let (plain, hole) = piece.split_once('{').unwrap_or((piece, ""));
            text.push_str(plain);
            match hole.trim_end_matches('}') {
                "" => {}
                "partition" => text.push_str(&known(Symbol::PARTITION, Domain::Partition)),
                "region" => text.push_str(&known(Symbol::REGION, Domain::Region)),
                "account" => text.push_str(&known(Symbol::ACCOUNT, Domain::Account)),
                "suffix" => text.push_str(&known(Symbol::URL_SUFFIX, Domain::UrlSuffix)),
                "name" => text.push_str(&name),
                "path" => text.push_str(&self.path_of(thing)),
                other => match self.attribute_text(thing, other) {
                    Some(value) => text.push_str(&value),
                    None => {
                        let address = format!("{}.{other}", thing.address());
                        text.push_str(&known(&address, Domain::Name));
                    }
                },
            }
        }
        Val::text(text, site)
    }

    /// What is written for an attribute, where it is a plain text.
    fn attribute_text(&self, thing: &Thing, name: &str) -> Option<Rc<str>> {
        let top = thing.top()?;
        let scope = self.scope_of(thing, &top);
        let written = &top.block.body.attribute(name)?.value;
        self.plain(&self.eval(written, &scope))
    }

    /// The name of a resource as it is written, or a symbol for it.
    fn name_of(&self, thing: &Thing, shape: &names::Shape) -> Rc<str> {
        let written = thing.top().and_then(|top| {
            let scope = self.scope_of(thing, &top);
            let name = top.block.body.attribute(shape.name?)?;
            let suffix = shape.last_part;
            let name = self.plain(&self.eval(&name.value, &scope))?;
            Some(match name.rsplit_once('/') {
                Some((_, last)) if suffix => last.into(),
                _ => name,
            })
        });
        written.unwrap_or_else(|| self.symbol(&thing.address(), Domain::Name).text().into())
    }

    fn path_of(&self, thing: &Thing) -> Rc<str> {
        let path = thing.top().and_then(|top| {
            let path = top.block.body.attribute("path")?;
            let scope = self.scope_of(thing, &top);
            let value = self.eval(&path.value, &scope);
            if value.is_null() {
                return None;
            }
            let symbol = || {
                let address = format!("{}.path", thing.address());
                format!("/{}/", self.symbol(&address, Domain::Name).text()).into()
            };
            Some(self.plain(&value).unwrap_or_else(symbol))
        });
        path.unwrap_or_else(|| "/".into())
    }

    /// A text that may stand for a name: nothing in it may be a wildcard.
    fn plain(&self, value: &Val) -> Option<Rc<str>> {
        let What::Text(_) = value.what else {
            return None;
        };
        let text = value.as_text()?;
        let open = symbols_in(&text).any(|address| self.domain(address) == Domain::Any);
        (!open && !text.is_empty() && !text.contains(['*', '?'])).then_some(text)
    }

    fn output_of(&self, thing: &Thing, name: &str, site: Site) -> Val {
        if let Some(child) = self.child(&thing.instance, &thing.name, thing.key.as_ref()) {
            let Some(output) = child.folder.output(name).cloned() else {
                return Val::failed(
                    format!("`{}` has no output `{name}`", thing.address()),
                    site,
                );
            };
            let scope = Scope::new(&child, output.file);
            if let Some(value) = output.block.body.attribute("value") {
                return self.eval(&value.value, &scope).at(site);
            }
        } else if let Some(top) = thing.top() {
            let source = top.block.body.attribute("source");
            let source = source.and_then(|s| s.value.as_literal()).unwrap_or("");
            let message = format!("module `{}` (`{source}`) is not here", thing.name);
            self.gap(top.file, top.block.span, message);
        }
        let symbol = self.symbol(&format!("{}.{name}", thing.address()), Domain::Any);
        Val::new(What::Unknown(symbol), site)
    }
}

/// Attributes of data sources that are the same for a whole stack.
fn shared(type_name: &str, name: &str) -> Option<(&'static str, Domain)> {
    Some(match (type_name, name) {
        ("aws_caller_identity", "account_id" | "id") => (Symbol::ACCOUNT, Domain::Account),
        ("aws_region", "name" | "id" | "region") => (Symbol::REGION, Domain::Region),
        ("aws_partition", "partition" | "id") => (Symbol::PARTITION, Domain::Partition),
        ("aws_partition", "dns_suffix") => (Symbol::URL_SUFFIX, Domain::UrlSuffix),
        _ => return None,
    })
}

pub(super) fn object<const N: usize>(site: Site, members: [(&str, Val); N]) -> Val {
    let entries = members.map(|(key, value)| Entry {
        key: key.into(),
        key_site: site,
        value,
    });
    Val::new(What::Object(Rc::new(entries.into())), site)
}
