//! From a value of a template that should be a policy to a document: its
//! functions evaluated, or its text read as JSON.

use super::evaluate::{Evaluator, function, text_of};
use super::{Resource, Spot, Stack};
use crate::policy::{PolicyType, Symbol, as_symbol};
use crate::sources::reading::{Place, Reading};
use crate::sources::{Completeness, Host};
use crate::syntax::{Layered, Member, Node, Value};
use crate::text::Span;

/// A document before it is read.
pub(in crate::sources) struct Draft<'a, 'n> {
    pub(in crate::sources) stack: &'a Stack<'n>,
    pub(in crate::sources) node: &'a Node,
    pub(in crate::sources) address: String,
    pub(in crate::sources) host: Host,
    pub(in crate::sources) policy_type: Option<PolicyType>,
    pub(in crate::sources) guards: Vec<String>,
    /// Symbols that its texts hold already.
    pub(in crate::sources) symbols: Vec<Symbol>,
    /// What is known already to be missing from it.
    pub(in crate::sources) missing: Option<String>,
}

impl<'a, 'n> Draft<'a, 'n> {
    /// The document at a place of a resource.
    pub(in crate::sources) fn at(
        stack: &'a Stack<'n>,
        resource: &Resource<'_>,
        spot: &Spot<'a>,
    ) -> Self {
        let mut guards = resource.guards.clone();
        guards.extend(spot.guards.iter().cloned());
        Self {
            stack,
            node: spot.node,
            address: format!("{}:{}", resource.address, spot.path),
            host: Host::Unstated,
            policy_type: None,
            guards,
            symbols: Vec::new(),
            missing: None,
        }
    }

    pub(in crate::sources) fn add(self, reading: &mut Reading<'_>) {
        let mut evaluator = Evaluator::new(&self.stack.template);
        let (tree, missing) = match tree(self.node, &mut evaluator, reading) {
            Ok(mut tree) => {
                let missing = sound(&mut tree).or(self.missing);
                (tree, missing.map(|reason| (Completeness::Partial, reason)))
            }
            Err(reason) => (self.node.clone(), Some((Completeness::Opaque, reason))),
        };
        let mut symbols = evaluator.into_symbols();
        symbols.extend(self.symbols);
        let mut guards = self.guards;
        guards.sort();
        guards.dedup();
        reading.add(Place {
            address: Some(self.address),
            host: self.host,
            policy_type: self.policy_type,
            symbols,
            guards,
            missing,
            ..Place::new(&tree, self.stack.form)
        });
    }
}

/// The policy's object, or why it is not known.
fn tree(
    node: &Node,
    evaluator: &mut Evaluator<'_, '_>,
    reading: &mut Reading<'_>,
) -> Result<Node, String> {
    match (function(node), &node.value) {
        (None, Value::Object(members)) => {
            let opaque = members.iter().find(|m| m.key.name.starts_with("Fn::"));
            match opaque {
                Some(member) => Err(format!("`{}` adds to it at deployment", member.key.name)),
                None => Ok(evaluator.value(node)),
            }
        }
        (None, Value::String(_)) => {
            let text = reading.decoded(node);
            json(text, node, reading)
        }
        (Some(("Fn::Sub", argument)), _) => {
            let text = substituted(argument, evaluator, reading);
            json(text, node, reading)
        }
        (Some(("Fn::ToJsonString", argument)), _) => tree(argument, evaluator, reading),
        (Some((name, argument)), _) => {
            let value = evaluator.value(node);
            match &value.value {
                Value::Object(_) => Ok(value),
                Value::String(text) if as_symbol(&text.value).is_none() => {
                    let mut whole = Layered::default();
                    whole.push_computed(&text.value, node.span);
                    json(Some(whole), node, reading)
                }
                _ => {
                    let of = argument.as_str().map(|of| format!(" {of}"));
                    let of = of.unwrap_or_default();
                    Err(format!("`{name}{of}` is known at deployment only"))
                }
            }
        }
        (None, _) => Err(format!("{} stands where a policy belongs", node.kind())),
    }
}

/// The text of `Fn::Sub`, with the place of each piece.
fn substituted(
    argument: &Node,
    evaluator: &mut Evaluator<'_, '_>,
    reading: &Reading<'_>,
) -> Option<Layered> {
    let (template, variables) = match argument.as_array() {
        Some([template, variables]) => (template, evaluator.variables(variables)),
        Some([template]) => (template, Vec::new()),
        _ => (argument, Vec::new()),
    };
    let written = reading.decoded(template)?;
    let mut filled = Layered::default();
    for piece in evaluator.pieces(written.text(), &variables) {
        match piece.computed {
            Some(value) => {
                let place = written.span(Span::new(piece.range.start, piece.range.end));
                filled.push_computed(&value, place);
            }
            None => filled.append(&written, piece.range),
        }
    }
    Some(filled)
}

fn json(text: Option<Layered>, node: &Node, reading: &mut Reading<'_>) -> Result<Node, String> {
    let refuse = || format!("{} stands where a policy belongs", node.kind());
    let mut text = text.ok_or_else(refuse)?;
    if text.text().trim_start().starts_with('%') {
        text = text.percent_decoded().ok_or_else(refuse)?;
    }
    if !text.is_document() {
        return Err("a text that is no policy stands where one belongs".to_owned());
    }
    let parsed = text.parse_json();
    reading.mistakes(parsed.diagnostics);
    parsed
        .root
        .filter(|root| root.as_object().is_some())
        .ok_or_else(refuse)
}

/// Takes out the statements of which something is not known that decides what
/// the rest of them means, and tells why.
fn sound(policy: &mut Node) -> Option<String> {
    let Value::Object(members) = &mut policy.value else {
        return None;
    };
    let statement = members.iter_mut().find(|m| m.key.name == "Statement")?;
    let mut missing = None;
    cut(&mut statement.value, &mut missing);
    missing
}

fn cut(node: &mut Node, missing: &mut Option<String>) {
    match &mut node.value {
        Value::Array(nodes) => nodes.iter_mut().for_each(|node| cut(node, missing)),
        Value::Choice(choice) => {
            cut(&mut choice.then, missing);
            cut(&mut choice.otherwise, missing);
        }
        Value::Object(members) => {
            if let Some(reason) = members.iter().find_map(unsound) {
                missing.get_or_insert(reason);
                node.value = Value::Absent;
            }
        }
        Value::String(_) => {
            let of = text_of(node).unwrap_or_default();
            missing.get_or_insert(format!("a statement is `{of}`"));
            node.value = Value::Absent;
        }
        _ => {}
    }
}

/// Why a member leaves open what its statement says.
fn unsound(member: &Member) -> Option<String> {
    let name = member.key.name.as_str();
    let is_open = match name {
        "Condition" => !is_conditions(&member.value, 0),
        "Effect" => is_symbol(&member.value),
        name => name.starts_with("Fn::"),
    };
    is_open.then(|| format!("`{name}` of a statement is known at deployment only"))
}

fn is_symbol(node: &Node) -> bool {
    node.as_str().and_then(as_symbol).is_some()
}

/// Whether every operator and key of a condition is known.
fn is_conditions(node: &Node, depth: usize) -> bool {
    match &node.value {
        Value::Object(members) => members.iter().all(|member| {
            !member.key.name.starts_with("Fn::")
                && (depth == 1 || is_conditions(&member.value, depth + 1))
        }),
        Value::Choice(choice) => {
            is_conditions(&choice.then, depth) && is_conditions(&choice.otherwise, depth)
        }
        Value::String(_) => !is_symbol(node),
        _ => true,
    }
}
