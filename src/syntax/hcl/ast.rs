//! What HCL says, whether it was written in its own notation or as JSON. Every
//! span points into the file.

use crate::syntax::Layered;
use crate::text::Span;

/// The inside of a file or of a block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Body {
    /// In their order.
    pub attributes: Vec<Attribute>,
    /// In their order.
    pub blocks: Vec<Block>,
}

/// `name = value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// The place of the name.
    pub name_span: Span,
    /// Its value.
    pub value: Expr,
}

/// `kind "label" … { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// `resource`, `data`, `statement`, ….
    pub kind: String,
    /// Without quotes.
    pub labels: Vec<String>,
    /// What stands between the braces.
    pub body: Body,
    /// The whole block.
    pub span: Span,
}

/// An expression and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// The whole expression, quotes and brackets included.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
}

/// The expressions of HCL.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string in quotes without escapes, or a bare key of an object.
    String(String),
    /// Any other string, and a heredoc.
    Template(Vec<Part>),
    /// `[…]`.
    List(Vec<Expr>),
    /// `{…}`: keys and values.
    Object(Vec<(Expr, Expr)>),
    /// The first name of a reference: `var`, `local`, `aws_iam_role`, ….
    Variable(String),
    /// `.name`, `[index]`, `[*]` behind an expression.
    Traversal(Box<Expr>, Vec<Step>),
    /// `name(…)`.
    Call {
        /// `provider::x::f` with its namespace.
        name: String,
        /// In their order.
        arguments: Vec<Expr>,
        /// Whether the last one ends with `…`: it is a list of arguments.
        expands: bool,
    },
    /// `condition ? then : otherwise`.
    Conditional(Box<[Expr; 3]>),
    /// `!x` or `-x`.
    Unary(Unary, Box<Expr>),
    /// `x + y` and the like.
    Binary(Box<Expr>, Binary, Box<Expr>),
    /// `[for … : …]` or `{for … : … => …}`.
    For(Box<For>),
}

/// One step of a traversal.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// `.name`
    Name(String),
    /// `[index]`, or `.0`.
    Index(Expr),
    /// `[*]`: what follows is done with every element.
    Splat,
    /// `.*`: only the names that follow are.
    AttributeSplat,
}

/// An operator before its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unary {
    /// `!`
    Not,
    /// `-`
    Negative,
}

/// An operator between operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // their names say it all
pub enum Binary {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Times,
    Divide,
    Remainder,
    And,
    Or,
}

/// A list or an object made from another.
#[derive(Clone, Debug, PartialEq)]
pub struct For {
    /// The name of the key, where it has one.
    pub key_name: Option<String>,
    /// The name of the element.
    pub value_name: String,
    /// What is gone through.
    pub collection: Expr,
    /// The key of each member, where an object is made.
    pub key: Option<Expr>,
    /// Each element, or the value of each member.
    pub value: Expr,
    /// Whether values of one key are gathered in a list.
    pub grouping: bool,
    /// Which elements are taken.
    pub condition: Option<Expr>,
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Text, escapes resolved.
    Text(Layered),
    /// `${…}`; its place is that of the whole sequence.
    Interpolation(Expr, Span),
    /// `%{ if … }…%{ else }…%{ endif }`.
    If {
        /// What decides.
        condition: Expr,
        /// Taken when it holds.
        then: Vec<Part>,
        /// Taken otherwise.
        otherwise: Vec<Part>,
        /// The whole directive.
        span: Span,
    },
    /// `%{ for … in … }…%{ endfor }`.
    For {
        /// The name of the key, where it has one.
        key_name: Option<String>,
        /// The name of the element.
        value_name: String,
        /// What is gone through.
        collection: Expr,
        /// Repeated for each element.
        body: Vec<Part>,
        /// The whole directive.
        span: Span,
    },
}

impl Body {
    /// The attribute of this name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|a| a.name == name)
    }

    /// The blocks of this kind.
    pub fn blocks<'b>(&'b self, kind: &'b str) -> impl Iterator<Item = &'b Block> {
        self.blocks.iter().filter(move |b| b.kind == kind)
    }
}

impl Expr {
    /// The text, if it is a string without interpolation.
    #[must_use]
    pub fn as_literal(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) => Some(text),
            Kind::Template(parts) => match parts.as_slice() {
                [] => Some(""),
                [Part::Text(text)] => Some(text.text()),
                _ => None,
            },
            _ => None,
        }
    }
}
