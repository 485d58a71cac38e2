//! From values to the tree of a document, with places in one file. What was
//! written in another file stands where it is referred to.

use super::value::{Text, Val, What, number_text};
use super::world::{FileId, World};
use crate::policy::Domain;
use crate::syntax::{self, Key, Layered, Member, Node, Value, Written};
use crate::text::{Diagnostic, Span};

/// Nodes of one document.
const MOST_NODES: usize = 100_000;
/// Deepest nesting of a document.
const DEEPEST: usize = 100;

/// A document before its reading.
pub(super) struct Lowered {
    pub(super) file: FileId,
    pub(super) node: Node,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Why something of it is missing.
    pub(super) missing: Option<String>,
    /// Why nothing of it is known.
    pub(super) opaque: Option<String>,
    /// Under which guards it is there at all.
    pub(super) guards: Vec<String>,
}

struct Lowering<'w, 'f> {
    world: &'w World<'f>,
    file: FileId,
    nodes: usize,
    missing: Option<String>,
}

impl World<'_> {
    /// The document that a value is, if it is one.
    pub(super) fn lowered(&self, value: &Val) -> Option<Lowered> {
        let whole = |what: Value, opaque: Option<String>| Lowered {
            file: value.site.file,
            node: Node {
                span: value.site.span,
                value: what,
            },
            diagnostics: Vec::new(),
            missing: None,
            opaque,
            guards: Vec::new(),
        };
        match &value.what {
            What::Null | What::Absent => None,
            What::Json(json) if json.value.as_object().is_none() => {
                let written = self.written(value.site.file, value.site.span);
                let written = super::value::shortened(&written);
                let reason = format!("`{written}` is known at deployment only");
                Some(whole(Value::Invalid, Some(reason)))
            }
            What::Json(json) => {
                let mut lowered = self.tree(&json.value);
                lowered.missing = lowered.missing.or_else(|| json.missing.clone());
                Some(lowered)
            }
            What::Text(text) if text.value.trim().is_empty() => None,
            What::Text(text) => Some(self.parsed(text, value)),
            What::List(_) | What::Object(_) => Some(self.tree(value)),
            What::Choice(choice) => {
                let sides = (self.lowered(&choice.then), self.lowered(&choice.otherwise));
                match sides {
                    (Some(mut then), Some(otherwise)) if then.file == otherwise.file => {
                        then.node = Node {
                            span: value.site.span,
                            value: Value::Choice(Box::new(syntax::Choice {
                                guard: choice.guard.clone(),
                                then: then.node,
                                otherwise: otherwise.node,
                            })),
                        };
                        then.diagnostics.extend(otherwise.diagnostics);
                        then.missing = then.missing.or(otherwise.missing);
                        then.opaque = then.opaque.or(otherwise.opaque);
                        Some(then)
                    }
                    (Some(_), Some(_)) => {
                        let reason = format!("`{}` decides between two files", choice.guard);
                        Some(whole(Value::Invalid, Some(reason)))
                    }
                    (Some(mut one), None) => {
                        one.guards.push(choice.guard.clone());
                        Some(one)
                    }
                    (None, Some(mut one)) => {
                        one.guards.push(format!("not {}", choice.guard));
                        Some(one)
                    }
                    (None, None) => None,
                }
            }
            What::Failed(why) => Some(whole(Value::Invalid, Some(why.to_string()))),
            _ => {
                let written = self.written(value.site.file, value.site.span);
                let written = super::value::shortened(&written);
                let reason = format!("`{written}` is known at deployment only");
                Some(whole(Value::Invalid, Some(reason)))
            }
        }
    }

    fn tree(&self, value: &Val) -> Lowered {
        let file = value.site.file;
        let mut lowering = Lowering {
            world: self,
            file,
            nodes: 0,
            missing: None,
        };
        let node = lowering.node(value, value.site.span, 0);
        Lowered {
            file,
            node,
            diagnostics: Vec::new(),
            missing: lowering.missing,
            opaque: None,
            guards: Vec::new(),
        }
    }

    /// A document that is written as text.
    fn parsed(&self, text: &Text, value: &Val) -> Lowered {
        let (file, mapped) = match &text.map {
            Some(map) => (map.0, quoted(&map.1)),
            None => {
                let mut mapped = Layered::default();
                mapped.push_computed(&text.value, value.site.span);
                (value.site.file, quoted(&mapped))
            }
        };
        let parsed = mapped.parse_json();
        let at = mapped.span(Span::new(0, mapped.text().len()));
        let (node, opaque) = match parsed.root {
            Some(root) if root.as_object().is_some() || root.as_array().is_some() => (root, None),
            _ => {
                let node = Node {
                    span: at,
                    value: Value::Invalid,
                };
                (node, Some("no policy could be made out".to_owned()))
            }
        };
        Lowered {
            file,
            node,
            diagnostics: parsed.diagnostics,
            missing: None,
            opaque,
            guards: Vec::new(),
        }
    }
}

impl Lowering<'_, '_> {
    fn node(&mut self, value: &Val, around: Span, depth: usize) -> Node {
        let is_here = value.site.file == self.file;
        let span = if is_here { value.site.span } else { around };
        let written = if is_here {
            value.written
        } else {
            Written::Computed
        };
        self.nodes += 1;
        let node = |value| Node { span, value };
        if self.nodes > MOST_NODES || depth > DEEPEST || !self.world.spend(1) {
            self.miss("larger than is read".to_owned());
            return node(Value::Invalid);
        }
        let string = |value: &str, written| {
            node(Value::String(syntax::Text {
                value: value.to_owned(),
                written,
            }))
        };
        match &value.what {
            What::Null => node(Value::Null),
            What::Bool(value) => node(Value::Bool(*value)),
            What::Number(value) => node(Value::Number(number_text(*value))),
            What::Text(text) => string(&text.value, written),
            What::Unknown(symbol) => string(&symbol.text(), Written::Computed),
            What::Json(_) => match value.as_text() {
                Some(text) => string(&text, Written::Computed),
                None => node(Value::Invalid),
            },
            What::List(list) => {
                let list = list.iter().map(|one| self.node(one, span, depth + 1));
                node(Value::Array(list.collect()))
            }
            What::Object(members) => {
                let members = members.iter().map(|entry| Member {
                    key: Key {
                        name: entry.key.to_string(),
                        span: if entry.key_site.file == self.file {
                            entry.key_site.span
                        } else {
                            span
                        },
                    },
                    value: self.node(&entry.value, span, depth + 1),
                });
                node(Value::Object(members.collect()))
            }
            What::Choice(choice) => node(Value::Choice(Box::new(syntax::Choice {
                guard: choice.guard.clone(),
                then: self.node(&choice.then, span, depth + 1),
                otherwise: self.node(&choice.otherwise, span, depth + 1),
            }))),
            What::Many(one) => self.node(one, span, depth),
            What::Thing(thing) => {
                let symbol = self.world.symbol(&thing.address(), Domain::Any);
                string(&symbol.text(), Written::Computed)
            }
            What::Absent => node(Value::Absent),
            What::Failed(why) => {
                self.miss(why.to_string());
                node(Value::Invalid)
            }
        }
    }

    fn miss(&mut self, reason: String) {
        self.missing.get_or_insert(reason);
    }
}

/// JSON in which symbols that stand bare, in place of a value, are made texts,
/// and quotes within a symbol are escaped.
fn quoted(mapped: &Layered) -> Layered {
    let text = mapped.text();
    if !text.contains('⟨') {
        return mapped.clone();
    }
    let mut fixed = Layered::default();
    let mut rest = 0;
    let mut in_string = false;
    let mut escaped = false;
    let mut skip_to = 0;
    for (at, c) in text.char_indices() {
        if at < skip_to {
            continue;
        }
        match c {
            '⟨' => {
                let behind = text.get(at..).unwrap_or_default();
                let Some(length) = behind.find('⟩').map(|end| end + '⟩'.len_utf8()) else {
                    break;
                };
                let symbol = behind.get(..length).unwrap_or_default();
                let bare = !in_string;
                let place = mapped.span(Span::new(at, at + length));
                let mut written = symbol.to_owned();
                if !symbol.contains("\\\"") {
                    written = written.replace('"', "\\\"");
                }
                if bare {
                    written = format!("\"{written}\"");
                }
                if bare || written != symbol {
                    fixed.append(mapped, rest..at);
                    fixed.push_computed(&written, place);
                    rest = at + length;
                }
                skip_to = at + length;
                escaped = false;
            }
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            _ => {}
        }
    }
    fixed.append(mapped, rest..text.len());
    fixed
}

#[cfg(test)]
mod tests {
    use super::quoted;
    use crate::syntax::Layered;

    #[test]
    fn a_symbol_in_place_of_a_value_is_a_text() {
        let text = r#"{"a": ⟨var.x⟩, "b": ["⟨q["k"]⟩/*", ⟨join(",", y)⟩]}"#;
        let parsed = quoted(&Layered::copy(text, 7)).parse_json();
        assert_eq!(parsed.diagnostics, []);
        let root = parsed.root.unwrap();
        assert_eq!(root.get("a").unwrap().as_str(), Some("⟨var.x⟩"));
        let list = root.get("b").unwrap().as_array().unwrap();
        assert_eq!(list[0].as_str(), Some("⟨q[\"k\"]⟩/*"));
        assert_eq!(list[1].as_str(), Some("⟨join(\",\", y)⟩"));
        let place = list[0].span;
        assert_eq!(
            &text[place.start as usize - 7..place.end as usize - 7],
            "\"⟨q[\"k\"]⟩/*\""
        );
    }
}
