//! Policies that stand in an expression without being given to what this knows
//! to hold one: in a local, an argument of a module, an output.

use super::extract::Extraction;
use super::module::{Instance, Top};
use super::scope::Scope;
use super::thing::Thing;
use crate::syntax::hcl::{Attribute, Body, Expr, Kind, Part, Step};
use std::rc::Rc;

/// Adds the documents of a block that were not found by their holders.
pub(super) fn block(
    extraction: &mut Extraction<'_, '_>,
    instance: &Rc<Instance>,
    top: &Rc<Top>,
    guards: &[String],
) {
    let mut found = Vec::new();
    body(&top.block.body, "", &mut found);
    found.retain(|(_, expr)| !extraction.covers(top.file, expr.span));
    if found.is_empty() {
        return;
    }
    let thing = Thing::of(instance, top);
    let scope = match &thing {
        Some(thing) => extraction.world.scope_of(thing, top),
        None => Scope::new(instance, top.file),
    };
    let owner = match &thing {
        Some(thing) => thing.address(),
        None if top.block.kind == "locals" => format!("{}local", instance.prefix),
        None => {
            let labels = top.block.labels.join(".");
            format!("{}{}.{labels}", instance.prefix, top.block.kind)
        }
    };
    for (path, expr) in found {
        if !extraction.covers(top.file, expr.span) {
            let separator = if top.block.kind == "locals" { '.' } else { ':' };
            extraction.unheld(expr, format!("{owner}{separator}{path}"), &scope, guards);
        }
    }
}

type Found<'b> = Vec<(String, &'b Expr)>;

fn body<'b>(body: &'b Body, path: &str, found: &mut Found<'b>) {
    for Attribute { name, value, .. } in &body.attributes {
        expr(value, &format!("{path}{name}"), found);
    }
    for block in &body.blocks {
        self::body(&block.body, &format!("{path}{}.", block.kind), found);
    }
}

fn expr<'b>(one: &'b Expr, path: &str, found: &mut Found<'b>) {
    let is_policy = match &one.kind {
        Kind::Call {
            name, arguments, ..
        } => name == "jsonencode" && arguments.first().is_some_and(has_statement),
        Kind::Template(parts) => {
            let texts = parts.iter().filter_map(|part| match part {
                Part::Text(text) => Some(text.text()),
                _ => None,
            });
            let mut texts = texts.peekable();
            texts
                .peek()
                .is_some_and(|first| first.trim_start().starts_with('{'))
                && texts.any(|text| text.contains("\"Statement\""))
        }
        _ => false,
    };
    if is_policy {
        found.push((path.to_owned(), one));
        return;
    }
    match &one.kind {
        Kind::List(list) => {
            for (index, one) in list.iter().enumerate() {
                expr(one, &format!("{path}[{index}]"), found);
            }
        }
        Kind::Object(members) => {
            for (key, value) in members {
                let key = key.as_literal().unwrap_or("*");
                expr(value, &format!("{path}.{key}"), found);
            }
        }
        Kind::Call { arguments, .. } => {
            for one in arguments {
                expr(one, path, found);
            }
        }
        Kind::Conditional(parts) => {
            for one in parts.iter() {
                expr(one, path, found);
            }
        }
        Kind::Traversal(base, steps) => {
            expr(base, path, found);
            for step in steps {
                if let Step::Index(index) = step {
                    expr(index, path, found);
                }
            }
        }
        Kind::For(each) => {
            expr(&each.collection, path, found);
            expr(&each.value, path, found);
        }
        _ => {}
    }
}

fn has_statement(one: &Expr) -> bool {
    match &one.kind {
        Kind::Object(members) => members
            .iter()
            .any(|(key, _)| key.as_literal() == Some("Statement")),
        _ => false,
    }
}
