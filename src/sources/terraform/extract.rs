//! Every policy of a module and of the modules it calls: what its resources
//! hold, what data sources write, and what merely stands there.

use super::hosts::{self, HostRow};
use super::lower::Lowered;
use super::module::{Instance, Top};
use super::sweep;
use super::thing::{Instanced, Keys, Thing, object};
use super::value::{Val, What};
use super::world::{FileId, World};
use crate::policy::PolicyType;
use crate::sources::Host;
use crate::syntax::hcl::{Body, Expr};
use crate::syntax::{Node, Value};
use crate::text::{Diagnostic, Span};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::rc::Rc;

/// Instances of one resource or call that are looked at.
const MOST_INSTANCES: usize = 200;
/// Documents of one root module.
const MOST_DOCUMENTS: usize = 20_000;

/// A document that was found.
pub(super) struct Found {
    pub(super) file: FileId,
    pub(super) node: Node,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) missing: Option<String>,
    pub(super) opaque: Option<String>,
    /// Where it stands, for one that nothing holds or several do.
    pub(super) address: String,
    /// Under which guards it exists.
    pub(super) guards: Vec<String>,
    /// Whether `address` is that of a data source.
    pub(super) is_data: bool,
    pub(super) holders: Vec<Holder>,
}

/// What holds a document.
#[derive(Clone)]
pub(super) struct Holder {
    pub(super) address: String,
    pub(super) host: Host,
    pub(super) policy_type: Option<PolicyType>,
    pub(super) guards: Vec<String>,
}

/// The documents of a root module.
pub(super) struct Extraction<'w, 'f> {
    pub(super) world: &'w World<'f>,
    pub(super) found: Vec<Found>,
    by_place: HashMap<(FileId, Span), Vec<usize>>,
}

impl<'w, 'f> Extraction<'w, 'f> {
    pub(super) fn of(world: &'w World<'f>, root: &Rc<Instance>) -> Self {
        let mut extraction = Self {
            world,
            found: Vec::new(),
            by_place: HashMap::new(),
        };
        extraction.instance(root, &[]);
        extraction
    }

    fn instance(&mut self, instance: &Rc<Instance>, guards: &[String]) {
        let blocks = instance.folder.blocks.clone();
        for top in &blocks {
            match top.block.kind.as_str() {
                "resource" => self.resource(instance, top, guards),
                "data" if top.label(0) == "aws_iam_policy_document" => {
                    self.data(instance, top, guards);
                }
                "module" => self.module(instance, top, guards),
                _ => {}
            }
        }
        for top in &blocks {
            sweep::block(self, instance, top, guards);
        }
    }

    /// The instances of a resource, each with the guards it is under.
    fn instances(&self, thing: &Thing, top: &Top, guards: &[String]) -> Vec<(Thing, Vec<String>)> {
        let guarded = |under: &[(String, bool)]| {
            let mut all = guards.to_vec();
            for (guard, holds) in under {
                let guard = if *holds {
                    guard.clone()
                } else {
                    format!("not {guard}")
                };
                if !all.contains(&guard) {
                    all.push(guard);
                }
            }
            all
        };
        match self.world.keys(thing, top) {
            Keys::Single => vec![(thing.clone(), guards.to_vec())],
            Keys::Known(items) => items
                .iter()
                .take(MOST_INSTANCES)
                .map(|item: &Instanced| (thing.one_of(&items, &item.key), guarded(&item.under)))
                .collect(),
            Keys::Open => {
                let body = &top.block.body;
                let decides = body
                    .attribute("count")
                    .or_else(|| body.attribute("for_each"));
                let text = decides.map(|a| self.world.written(top.file, a.value.span));
                let text = text.unwrap_or_default();
                let guard = format!("{}{text}", thing.instance.prefix);
                vec![(
                    thing.clone(),
                    guarded(&[(super::value::shortened(&guard), true)]),
                )]
            }
        }
    }

    fn resource(&mut self, instance: &Rc<Instance>, top: &Rc<Top>, guards: &[String]) {
        let Some(thing) = Thing::of(instance, top) else {
            return;
        };
        let rows: Vec<&HostRow> = hosts::rows(&thing.type_name).collect();
        let is_organization = thing.type_name == "aws_organizations_policy";
        let is_permission = thing.type_name == "aws_lambda_permission";
        if rows.is_empty() && !is_organization && !is_permission {
            return;
        }
        for (thing, guards) in self.instances(&thing, top, guards) {
            let scope = self.world.scope_of(&thing, top);
            let address = thing.address();
            for row in &rows {
                for (value, written) in self.values(row.path, &top.block.body, &scope) {
                    let holder = Holder {
                        address: format!("{address}:{}", row.path.join(".")),
                        host: row.host,
                        policy_type: Some(row.policy_type),
                        guards: guards.clone(),
                    };
                    self.held(&value, top.file, written, holder);
                }
            }
            if is_organization && let Some(content) = top.block.body.attribute("content") {
                let kind = top.block.body.attribute("type");
                let kind = kind.and_then(|kind| self.world.eval(&kind.value, &scope).as_text());
                let policy_type = match kind.as_deref() {
                    None | Some("SERVICE_CONTROL_POLICY") => Some(PolicyType::Scp),
                    Some("RESOURCE_CONTROL_POLICY") => Some(PolicyType::Rcp),
                    // A tag policy and the like says nothing of access.
                    Some(_) => continue,
                };
                let value = self.world.eval(&content.value, &scope);
                let holder = Holder {
                    address: format!("{address}:content"),
                    host: Host::Organization,
                    policy_type,
                    guards: guards.clone(),
                };
                self.held(&value, top.file, content.value.span, holder);
            }
            if is_permission {
                let value = super::permission::statement(self.world, top, &scope);
                let holder = Holder {
                    address: format!("{address}:permission"),
                    host: Host::Resource(Some("lambda")),
                    policy_type: Some(PolicyType::Resource),
                    guards: guards.clone(),
                };
                self.held(&value, top.file, top.block.span, holder);
            }
        }
    }

    /// What an attribute holds, in each of the blocks that may hold it.
    fn values(&self, path: &[&str], body: &Body, scope: &super::scope::Scope) -> Vec<(Val, Span)> {
        let Some((name, rest)) = path.split_first() else {
            return Vec::new();
        };
        if rest.is_empty() {
            let attribute = body.attribute(name).into_iter();
            return attribute
                .map(|a| (self.world.eval(&a.value, scope), a.value.span))
                .collect();
        }
        let mut values = Vec::new();
        for block in &body.blocks {
            if block.kind == *name {
                values.extend(self.values(rest, &block.body, scope));
            }
            let dynamic =
                block.kind == "dynamic" && block.labels.first().is_some_and(|l| l == name);
            let each = block.body.attribute("for_each");
            let content = block.body.blocks("content").next();
            if let (true, Some(each), Some(content)) = (dynamic, each, content) {
                let all = self.world.eval(&each.value, scope);
                let items = self.world.items(&all);
                let items = items.unwrap_or_else(|| vec![self.world.any_item(&all)]);
                let iterator = block.body.attribute("iterator");
                let iterator = iterator.map(|i| self.world.written(scope.file, i.value.span));
                let iterator = iterator.unwrap_or_else(|| (*name).to_owned());
                for item in items.into_iter().take(MOST_INSTANCES) {
                    let site = scope.site(each.value.span);
                    let names = object(site, [("key", item.key), ("value", item.value)]);
                    let inner = scope.with(&iterator, names);
                    let inside = self.values(rest, &content.body, &inner).into_iter();
                    values.extend(
                        inside.map(|(value, span)| {
                            (super::eval::under(value, &item.under, site), span)
                        }),
                    );
                }
            }
        }
        values
    }

    fn held(&mut self, value: &Val, file: FileId, written: Span, holder: Holder) {
        let Some(mut lowered) = self.world.lowered(value) else {
            return;
        };
        // What is not known is told where it was meant to stand.
        if lowered.opaque.is_some() && matches!(lowered.node.value, Value::Invalid) {
            let text = super::value::shortened(&self.world.written(file, written));
            let is_plain = matches!(value.what, What::Unknown(_) | What::Thing(_));
            let attribute = holder.address.rsplit(':').next().unwrap_or_default();
            if is_plain {
                lowered.opaque = Some(match text.starts_with("var.") {
                    true => format!("`{attribute} = {text}` has no default"),
                    false => format!("`{attribute} = {text}` is known at deployment only"),
                });
            }
            lowered.file = file;
            lowered.node.span = written;
        }
        let address = data_address(value);
        let is_data = address.is_some();
        let address = address.unwrap_or_else(|| holder.address.clone());
        self.add(lowered, address, is_data, &[], Some(holder));
    }

    fn data(&mut self, instance: &Rc<Instance>, top: &Rc<Top>, guards: &[String]) {
        let Some(thing) = Thing::of(instance, top) else {
            return;
        };
        for (thing, guards) in self.instances(&thing, top, guards) {
            let value = self.world.document_text(&thing, top);
            if let Some(lowered) = self.world.lowered(&value) {
                self.add(lowered, thing.address(), true, &guards, None);
            }
        }
    }

    fn module(&mut self, instance: &Rc<Instance>, top: &Rc<Top>, guards: &[String]) {
        let Some(thing) = Thing::of(instance, top) else {
            return;
        };
        for (thing, guards) in self.instances(&thing, top, guards) {
            if self.found.len() > MOST_DOCUMENTS {
                return;
            }
            if let Some(child) = self.world.child(instance, &thing.name, thing.key.as_ref()) {
                self.instance(&child, &guards);
            }
        }
    }

    /// A document that nothing holds.
    pub(super) fn unheld(
        &mut self,
        expr: &Expr,
        address: String,
        scope: &super::scope::Scope,
        guards: &[String],
    ) {
        let value = self.world.eval(expr, scope);
        if let Some(lowered) = self.world.lowered(&value)
            && lowered.opaque.is_none()
        {
            self.add(lowered, address, false, guards, None);
        }
    }

    /// Whether a document was found within this place.
    pub(super) fn covers(&self, file: FileId, span: Span) -> bool {
        self.found.iter().any(|found| {
            found.file == file
                && span.start <= found.node.span.start
                && found.node.span.end <= span.end
        })
    }

    fn add(
        &mut self,
        lowered: Lowered,
        address: String,
        is_data: bool,
        guards: &[String],
        mut holder: Option<Holder>,
    ) {
        let place = (lowered.file, lowered.node.span);
        if let Some(holder) = &mut holder {
            holder.guards.extend(lowered.guards.iter().cloned());
        }
        let same = self.by_place.entry(place);
        if let Entry::Occupied(same) = &same {
            for &index in same.get() {
                let Some(known) = self.found.get_mut(index) else {
                    continue;
                };
                if known.node == lowered.node && known.opaque == lowered.opaque {
                    known.holders.extend(holder);
                    if is_data && !known.is_data {
                        known.address = address;
                        known.is_data = true;
                        known.guards = guards.to_vec();
                    }
                    return;
                }
            }
        }
        if self.found.len() >= MOST_DOCUMENTS {
            let (file, span) = place;
            let message = format!("more than {MOST_DOCUMENTS} documents");
            return self.world.gap(file, span, message);
        }
        same.or_default().push(self.found.len());
        self.found.push(Found {
            file: lowered.file,
            node: lowered.node,
            diagnostics: lowered.diagnostics,
            missing: lowered.missing,
            opaque: lowered.opaque,
            address,
            guards: if guards.is_empty() {
                lowered.guards
            } else {
                guards.to_vec()
            },
            is_data,
            holders: holder.into_iter().collect(),
        });
    }
}

/// The address of the data source that wrote a document.
fn data_address(value: &Val) -> Option<String> {
    match &value.what {
        What::Json(json) => Some(json.source.as_ref()?.address()),
        _ => None,
    }
}
