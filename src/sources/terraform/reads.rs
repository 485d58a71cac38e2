//! `file`, `templatefile` and `jsondecode`: what stands in other files.

use super::scope::Scope;
use super::value::{Entry, Site, Text, Val, What};
use super::world::{FileId, World};
use crate::syntax::{Layered, Node, Value, Written, hcl, json};
use crate::text::Span;
use std::path::{Path, PathBuf};
use std::rc::Rc;

impl World<'_> {
    /// The file that a path of the configuration means: as Terraform does from
    /// the root, and from the module where that is not meant.
    pub(super) fn find_file(&self, path: &str, scope: &Scope) -> Option<FileId> {
        if crate::policy::has_symbol(path) {
            return None;
        }
        let path = Path::new(path);
        let from = [
            PathBuf::new(),
            self.root.clone(),
            scope.instance.folder.path.clone(),
        ];
        from.iter().find_map(|folder| {
            let path = super::files::tidy(&folder.join(path));
            self.file(&path)
        })
    }

    pub(super) fn read_text(&self, values: &[Val], scope: &Scope, site: Site) -> Option<Val> {
        let path = values.first()?.as_text()?;
        let Some(file) = self.find_file(&path, scope) else {
            return Some(self.unknown(&format!("file(\"{path}\")"), site));
        };
        let loaded = self.loaded(file)?;
        let text = loaded.source.text();
        Some(Val::new(
            What::Text(Text {
                value: text.into(),
                map: Some(Rc::new((file, Layered::copy(text, 0)))),
            }),
            site,
        ))
    }

    pub(super) fn read_template(&self, values: &[Val], scope: &Scope, site: Site) -> Option<Val> {
        let path = values.first()?.as_text()?;
        let Some(file) = self.find_file(&path, scope) else {
            return Some(self.unknown(&format!("templatefile(\"{path}\")"), site));
        };
        let loaded = self.loaded(file)?;
        let parts = match hcl::parse_template(loaded.source.text()) {
            Ok(parts) => parts,
            Err(mistake) => {
                let why = format!("`{path}` is no template: {}", mistake.message);
                return Some(Val::failed(why, site));
            }
        };
        let mut inner = scope.template(file);
        for entry in values.get(1)?.as_object()? {
            inner = inner.with(&entry.key, entry.value.clone());
        }
        let whole = inner.site(Span::new(0, loaded.source.text().len()));
        Some(self.template(&parts, &inner, whole).at(site))
    }

    /// A text of JSON as a value.
    pub(super) fn decoded(&self, text: &Val, site: Site) -> Option<Val> {
        let text = text.as_text()?;
        let parsed = json::parse(&text);
        if !parsed.diagnostics.is_empty() {
            return Some(Val::failed("`jsondecode` of what is no JSON", site));
        }
        self.value_of(&parsed.root?, site)
    }

    fn value_of(&self, node: &Node, site: Site) -> Option<Val> {
        self.spend(1).then_some(())?;
        let what = match &node.value {
            Value::Null => What::Null,
            Value::Bool(value) => What::Bool(*value),
            Value::Number(number) => What::Number(number.parse().ok()?),
            Value::String(text) => return Some(Val::text(text.value.as_str(), site)),
            Value::Array(nodes) => {
                let list: Option<Vec<_>> = nodes.iter().map(|n| self.value_of(n, site)).collect();
                What::List(Rc::new(list?))
            }
            Value::Object(members) => {
                let entries: Option<Vec<_>> = members
                    .iter()
                    .map(|member| {
                        Some(Entry {
                            key: member.key.name.as_str().into(),
                            key_site: site,
                            value: self.value_of(&member.value, site)?,
                        })
                    })
                    .collect();
                What::Object(Rc::new(entries?))
            }
            _ => return None,
        };
        let mut value = Val::new(what, site);
        value.written = Written::Computed;
        Some(value)
    }
}
