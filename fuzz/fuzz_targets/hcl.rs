//! The reader of HCL and what is made of it: no panic on any text, every place
//! on character borders, and an answer within the bounds.
#![no_main]

use leastwise::sources::{ReadOptions, read_sources};
use leastwise::syntax::hcl::{self, Body, Expr, Kind, Part};
use leastwise::text::{Source, Span};
use libfuzzer_sys::fuzz_target;

fn place(span: Span, text: &str) {
    assert!(text.get(span.range()).is_some(), "{span:?}");
}

fn body(one: &Body, text: &str) {
    for attribute in &one.attributes {
        place(attribute.name_span, text);
        expr(&attribute.value, text);
    }
    for block in &one.blocks {
        place(block.span, text);
        body(&block.body, text);
    }
}

fn expr(one: &Expr, text: &str) {
    place(one.span, text);
    match &one.kind {
        Kind::Template(parts) => parts.iter().for_each(|one| part(one, text)),
        Kind::List(list) => list.iter().for_each(|one| expr(one, text)),
        Kind::Object(members) => {
            for (key, value) in members {
                expr(key, text);
                expr(value, text);
            }
        }
        Kind::Call { arguments, .. } => arguments.iter().for_each(|one| expr(one, text)),
        _ => {}
    }
}

fn part(one: &Part, text: &str) {
    match one {
        Part::Text(mapped) => {
            let inside = mapped.text();
            for (at, c) in inside.char_indices() {
                place(mapped.outer(Span::new(at, at + c.len_utf8())), text);
            }
        }
        Part::Interpolation(of, span) => {
            place(*span, text);
            expr(of, text);
        }
        Part::If { then, otherwise, .. } => {
            then.iter().chain(otherwise).for_each(|one| part(one, text));
        }
        Part::For { body, .. } => body.iter().for_each(|one| part(one, text)),
    }
}

fuzz_target!(|text: &str| {
    let parsed = hcl::parse(text);
    for diagnostic in &parsed.diagnostics {
        place(diagnostic.primary.span, text);
    }
    body(&parsed.body, text);
    let source = Source::new("main.tf", text);
    let inventory = read_sources(vec![source], &ReadOptions::default());
    for document in &inventory.documents {
        place(document.span, inventory.source(document.source).text());
    }
});
