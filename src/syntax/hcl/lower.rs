//! From the tree of `hcl-edit` to ours: absolute spans, decoded text with its
//! places, white space stripped where a template says so.

use super::ast::{Attribute, Binary, Block, Body, Expr, For, Kind, Part, Step, Unary as UnarySign};
use super::literal;
use crate::syntax::Layered;
use crate::text::Span;
use hcl_edit::Span as _;
use hcl_edit::expr::{
    self, BinaryOperator, Expression, ObjectKey, TraversalOperator, UnaryOperator,
};
use hcl_edit::structure::{self, Structure};
use hcl_edit::template::{Directive, Element, Strip, Template};
use std::ops::Range;

/// Lowers what was read from `text`, which begins at `base` of the file.
pub(super) struct Lower<'t> {
    pub(super) text: &'t str,
    pub(super) base: usize,
    /// Where the text came from, where it stands in no file itself.
    pub(super) map: Option<&'t Layered>,
}

/// How the text of a template is written.
#[derive(Clone, Copy)]
enum Writing {
    Quoted,
    /// With so many characters of indentation to leave out.
    Raw(usize),
}

impl Lower<'_> {
    fn span(&self, range: Option<Range<usize>>) -> Span {
        let range = range.unwrap_or_default();
        let span = Span::new(self.base + range.start, self.base + range.end);
        self.map.map_or(span, |map| map.span(span))
    }

    fn slice(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    pub(super) fn body(&self, body: &structure::Body) -> Body {
        let mut lowered = Body::default();
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => lowered.attributes.push(Attribute {
                    name: attribute.key.value().to_string(),
                    name_span: self.span(attribute.key.span()),
                    value: self.expr(&attribute.value),
                }),
                Structure::Block(block) => lowered.blocks.push(Block {
                    kind: block.ident.value().to_string(),
                    labels: block.labels.iter().map(|l| l.as_str().to_owned()).collect(),
                    body: self.body(&block.body),
                    span: self.span(block.span()),
                }),
            }
        }
        lowered
    }

    pub(super) fn expr(&self, expression: &Expression) -> Expr {
        let range = expression.span().unwrap_or_default();
        let kind = match expression {
            Expression::Null(_) => Kind::Null,
            Expression::Bool(value) => Kind::Bool(*value.value()),
            Expression::Number(number) => Kind::Number(number.value().as_f64().unwrap_or_default()),
            Expression::String(_) => self.string(&range),
            Expression::Array(array) => Kind::List(array.iter().map(|e| self.expr(e)).collect()),
            Expression::Object(object) => Kind::Object(
                object
                    .iter()
                    .map(|(key, value)| (self.key(key), self.expr(value.expr())))
                    .collect(),
            ),
            Expression::StringTemplate(template) => {
                Kind::Template(self.parts(template.iter(), Writing::Quoted))
            }
            Expression::HeredocTemplate(heredoc) => {
                let inside = heredoc.template.span().unwrap_or_default();
                let opener = self.text.get(range.start..).unwrap_or_default();
                let indent = if opener.starts_with("<<-") {
                    literal::indentation(self.slice(&inside))
                } else {
                    0
                };
                Kind::Template(self.parts(heredoc.template.iter(), Writing::Raw(indent)))
            }
            Expression::Parenthesis(inner) => {
                let mut inner = self.expr(inner.inner());
                inner.span = self.span(Some(range));
                return inner;
            }
            Expression::Variable(name) => Kind::Variable(name.value().to_string()),
            Expression::Conditional(conditional) => Kind::Conditional(Box::new([
                self.expr(&conditional.cond_expr),
                self.expr(&conditional.true_expr),
                self.expr(&conditional.false_expr),
            ])),
            Expression::FuncCall(call) => self.call(call),
            Expression::Traversal(traversal) => Kind::Traversal(
                Box::new(self.expr(&traversal.expr)),
                traversal
                    .operators
                    .iter()
                    .map(|o| self.step(o.value(), o.span()))
                    .collect(),
            ),
            Expression::UnaryOp(operation) => Kind::Unary(
                match operation.operator.value() {
                    UnaryOperator::Neg => UnarySign::Negative,
                    UnaryOperator::Not => UnarySign::Not,
                },
                Box::new(self.expr(&operation.expr)),
            ),
            Expression::BinaryOp(operation) => Kind::Binary(
                Box::new(self.expr(&operation.lhs_expr)),
                binary(*operation.operator.value()),
                Box::new(self.expr(&operation.rhs_expr)),
            ),
            Expression::ForExpr(each) => self.for_expr(each),
        };
        Expr {
            span: self.span(Some(range)),
            kind,
        }
    }

    /// A string without interpolation, quotes included in `range`.
    fn string(&self, range: &Range<usize>) -> Kind {
        let raw = self.slice(range);
        let inside = raw.strip_prefix('"').and_then(|r| r.strip_suffix('"'));
        let inside = inside.unwrap_or_default();
        if inside.contains(['\\', '$', '%']) {
            let text = self.placed(literal::quoted(inside, self.base + range.start + 1));
            return Kind::Template(vec![Part::Text(text)]);
        }
        Kind::String(inside.to_owned())
    }

    fn key(&self, key: &ObjectKey) -> Expr {
        match key {
            ObjectKey::Ident(name) => Expr {
                span: self.span(name.span().or_else(|| key.span())),
                kind: Kind::String(name.value().to_string()),
            },
            ObjectKey::Expression(expression) => self.expr(expression),
        }
    }

    fn call(&self, call: &expr::FuncCall) -> Kind {
        let mut name = String::new();
        for part in &call.name.namespace {
            name.push_str(part.value());
            name.push_str("::");
        }
        name.push_str(call.name.name.value());
        Kind::Call {
            name,
            arguments: call.args.iter().map(|a| self.expr(a)).collect(),
            expands: call.args.expand_final(),
        }
    }

    fn step(&self, operator: &TraversalOperator, range: Option<Range<usize>>) -> Step {
        match operator {
            TraversalOperator::AttrSplat(_) => Step::AttributeSplat,
            TraversalOperator::FullSplat(_) => Step::Splat,
            TraversalOperator::GetAttr(name) => Step::Name(name.value().to_string()),
            TraversalOperator::Index(index) => Step::Index(self.expr(index)),
            TraversalOperator::LegacyIndex(index) => Step::Index(Expr {
                span: self.span(range),
                // an index beyond 2^53 is beyond any list
                kind: Kind::Number(f64::from(u32::try_from(*index.value()).unwrap_or(u32::MAX))),
            }),
        }
    }

    fn for_expr(&self, each: &expr::ForExpr) -> Kind {
        Kind::For(Box::new(For {
            key_name: each.intro.key_var.as_ref().map(|k| k.value().to_string()),
            value_name: each.intro.value_var.value().to_string(),
            collection: self.expr(&each.intro.collection_expr),
            key: each.key_expr.as_ref().map(|k| self.expr(k)),
            value: self.expr(&each.value_expr),
            grouping: each.grouping,
            condition: each.cond.as_ref().map(|c| self.expr(&c.expr)),
        }))
    }

    /// The parts of a whole text that is a template.
    pub(super) fn template(&self, template: &Template) -> Vec<Part> {
        self.parts(template.iter(), Writing::Raw(0))
    }

    fn parts<'e>(
        &self,
        elements: impl Iterator<Item = &'e Element>,
        writing: Writing,
    ) -> Vec<Part> {
        let mut parts = Vec::new();
        // Whether the white space that comes next is left out.
        let mut strips = false;
        for element in elements {
            let (part, strip) = match element {
                Element::Literal(text) => {
                    let range = text.span().unwrap_or_default();
                    let mut text = self.literal(&range, writing);
                    if std::mem::take(&mut strips) {
                        text = trimmed_start(&text);
                    }
                    parts.push(Part::Text(text));
                    continue;
                }
                Element::Interpolation(interpolation) => {
                    let span = self.span(interpolation.span().or_else(|| element.span()));
                    let part = Part::Interpolation(self.expr(&interpolation.expr), span);
                    (part, sides(interpolation.strip))
                }
                Element::Directive(directive) => self.directive(directive, element.span(), writing),
            };
            if strip.0
                && let Some(Part::Text(before)) = parts.last_mut()
            {
                *before = trimmed_end(before);
            }
            strips = strip.1;
            parts.push(part);
        }
        parts
    }

    fn directive(
        &self,
        directive: &Directive,
        range: Option<Range<usize>>,
        writing: Writing,
    ) -> (Part, (bool, bool)) {
        match directive {
            Directive::If(directive) => {
                let opens = sides(directive.if_expr.strip);
                let closes = sides(directive.endif_expr.strip);
                let turns = directive.else_expr.as_ref().map(|e| sides(e.strip));
                let then_end = turns.map_or(closes.0, |turns| turns.0);
                let then = self.inside(&directive.if_expr.template, writing, opens.1, then_end);
                let otherwise = directive.else_expr.as_ref().map(|other| {
                    let begins = turns.is_some_and(|turns| turns.1);
                    self.inside(&other.template, writing, begins, closes.0)
                });
                let part = Part::If {
                    condition: self.expr(&directive.if_expr.cond_expr),
                    then,
                    otherwise: otherwise.unwrap_or_default(),
                    span: self.span(range),
                };
                (part, (opens.0, closes.1))
            }
            Directive::For(directive) => {
                let opens = sides(directive.for_expr.strip);
                let closes = sides(directive.endfor_expr.strip);
                let each = &directive.for_expr;
                let part = Part::For {
                    key_name: each.key_var.as_ref().map(|k| k.value().to_string()),
                    value_name: each.value_var.value().to_string(),
                    collection: self.expr(&each.collection_expr),
                    body: self.inside(&each.template, writing, opens.1, closes.0),
                    span: self.span(range),
                };
                (part, (opens.0, closes.1))
            }
        }
    }

    /// The inside of a directive, stripped on either side.
    fn inside(&self, template: &Template, writing: Writing, start: bool, end: bool) -> Vec<Part> {
        let mut parts = self.parts(template.iter(), writing);
        if start && let Some(Part::Text(first)) = parts.first_mut() {
            *first = trimmed_start(first);
        }
        if end && let Some(Part::Text(last)) = parts.last_mut() {
            *last = trimmed_end(last);
        }
        parts
    }

    fn literal(&self, range: &Range<usize>, writing: Writing) -> Layered {
        let raw = self.slice(range);
        let start = self.base + range.start;
        self.placed(match writing {
            Writing::Quoted => literal::quoted(raw, start),
            Writing::Raw(indent) => {
                let before = self.text.get(..range.start).unwrap_or_default();
                literal::raw(raw, start, indent, before.ends_with('\n'))
            }
        })
    }

    fn placed(&self, text: Layered) -> Layered {
        match self.map {
            Some(map) => text.through(map),
            None => text,
        }
    }
}

fn sides(strip: Strip) -> (bool, bool) {
    (strip.strip_start(), strip.strip_end())
}

fn binary(operator: BinaryOperator) -> Binary {
    match operator {
        BinaryOperator::Eq => Binary::Equal,
        BinaryOperator::NotEq => Binary::NotEqual,
        BinaryOperator::LessEq => Binary::LessOrEqual,
        BinaryOperator::GreaterEq => Binary::GreaterOrEqual,
        BinaryOperator::Less => Binary::Less,
        BinaryOperator::Greater => Binary::Greater,
        BinaryOperator::Plus => Binary::Plus,
        BinaryOperator::Minus => Binary::Minus,
        BinaryOperator::Mul => Binary::Times,
        BinaryOperator::Div => Binary::Divide,
        BinaryOperator::Mod => Binary::Remainder,
        BinaryOperator::And => Binary::And,
        BinaryOperator::Or => Binary::Or,
    }
}

/// Without the white space at the beginning.
fn trimmed_start(text: &Layered) -> Layered {
    let whole = text.text();
    part(text, whole.len() - whole.trim_start().len()..whole.len())
}

/// Without the white space at the end.
fn trimmed_end(text: &Layered) -> Layered {
    part(text, 0..text.text().trim_end().len())
}

fn part(text: &Layered, range: Range<usize>) -> Layered {
    let mut part = Layered::default();
    part.append(text, range);
    part
}
