//! HCL, the notation of Terraform and OpenTofu: `hcl-edit` reads it, this lowers
//! it to a small tree with places in the file. A block that does not parse
//! costs itself and one located diagnostic; the others are read.

mod ast;
mod cut;
mod literal;
mod lower;

pub use ast::{Attribute, Binary, Block, Body, Expr, For, Kind, Part, Step, Unary};

use crate::syntax::Layered;
use crate::text::{Diagnostic, Span};
use lower::Lower;
use std::ops::Range;

/// The lint that unreadable notation is told by.
const SYNTAX_ERROR: &str = "syntax-error";

/// What a text in HCL says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParsedBody {
    /// What could be read.
    pub body: Body,
    /// In the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The places of what could not be read, a diagnostic for each.
    pub broken: Vec<Span>,
}

/// Reads a file. Code: `syntax-error`.
#[must_use]
pub fn parse(text: &str) -> ParsedBody {
    let mut parsed = ParsedBody::default();
    if let Ok(body) = hcl_edit::parser::parse_body(text) {
        parsed.body = Lower {
            text,
            base: 0,
            map: None,
        }
        .body(&body);
        return parsed;
    }
    for range in cut::pieces(text) {
        piece(text, range, &mut parsed);
    }
    parsed
}

/// Reads a text that is one template, such as a file of `templatefile`.
///
/// # Errors
/// The first mistake, located.
pub fn parse_template(text: &str) -> Result<Vec<Part>, Diagnostic> {
    match hcl_edit::parser::parse_template(text) {
        Ok(template) => Ok(Lower {
            text,
            base: 0,
            map: None,
        }
        .template(&template)),
        Err(error) => Err(diagnostic(text, 0, &error)),
    }
}

/// Reads a template that stands in another notation; its places are those that
/// the text came from.
#[must_use]
pub fn parse_layered_template(layered: &Layered) -> Option<Vec<Part>> {
    let text = layered.text();
    let template = hcl_edit::parser::parse_template(text).ok()?;
    let lower = Lower {
        text,
        base: 0,
        map: Some(layered),
    };
    Some(lower.template(&template))
}

/// Reads a text that is one expression.
///
/// # Errors
/// The first mistake, located.
pub fn parse_expression(text: &str) -> Result<Expr, Diagnostic> {
    match hcl_edit::parser::parse_expr(text) {
        Ok(expression) => Ok(Lower {
            text,
            base: 0,
            map: None,
        }
        .expr(&expression)),
        Err(error) => Err(diagnostic(text, 0, &error)),
    }
}

fn piece(text: &str, range: Range<usize>, parsed: &mut ParsedBody) {
    let written = text.get(range.clone()).unwrap_or_default();
    let base = range.start;
    let mut read = hcl_edit::parser::parse_body(written);
    if read.is_err()
        && let Some((masked, places)) = without_policy_variables(written)
        && let Ok(body) = hcl_edit::parser::parse_body(&masked)
    {
        let told = places.iter().map(|place| {
            let span = Span::new(base + place.start, base + place.end);
            let variable = written.get(place.clone()).unwrap_or_default();
            Diagnostic::new(
                SYNTAX_ERROR,
                span,
                format!("`{variable}` is no expression of HCL"),
            )
            .help(format!(
                "write `${variable}`, which is passed on as a policy variable"
            ))
        });
        parsed.diagnostics.extend(told);
        read = Ok(body);
    }
    match read {
        Ok(body) => {
            let lower = Lower {
                text: written,
                base,
                map: None,
            };
            let mut body = lower.body(&body);
            parsed.body.attributes.append(&mut body.attributes);
            parsed.body.blocks.append(&mut body.blocks);
        }
        Err(error) => {
            parsed.diagnostics.push(diagnostic(written, base, &error));
            parsed.broken.push(Span::new(base, range.end));
        }
    }
}

/// The text with every `${namespace:key}` made a piece of plain text of the same
/// length, and their places: policy variables that were not escaped. Behind a
/// namespace HCL has no single colon.
fn without_policy_variables(text: &str) -> Option<(String, Vec<Range<usize>>)> {
    let mut places: Vec<Range<usize>> = Vec::new();
    for (start, _) in text.match_indices("${") {
        let escaped = text.as_bytes().get(start.wrapping_sub(1)) == Some(&b'$');
        let inside = text.get(start + 2..).unwrap_or_default();
        let end = inside.find(['}', '"', '\n', '{']).unwrap_or(0);
        let (key, behind) = inside.split_at(end);
        let is_key = key.split_once(':').is_some_and(|(namespace, name)| {
            let word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
            !namespace.is_empty()
                && !name.is_empty()
                && namespace.chars().all(word)
                && name.chars().all(word)
        });
        if is_key && !escaped && behind.starts_with('}') {
            places.push(start..start + 2 + end + 1);
        }
    }
    if places.is_empty() {
        return None;
    }
    let mut masked = text.to_owned();
    for place in &places {
        masked.replace_range(place.start..place.start + 1, "_");
    }
    Some((masked, places))
}

fn diagnostic(text: &str, base: usize, error: &hcl_edit::parser::Error) -> Diagnostic {
    let mut start = error.location().offset().min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let found = text.get(start..).and_then(|rest| rest.chars().next());
    let end = start + found.map_or(0, char::len_utf8);
    let message = match found {
        Some('\n' | '\r') => format!("{}, found the end of the line", error.message()),
        Some(c) => format!("{}, found `{c}`", error.message()),
        None => format!("{}, found the end of the block", error.message()),
    };
    Diagnostic::new(SYNTAX_ERROR, Span::new(base + start, base + end), message)
}

#[cfg(test)]
mod tests;
