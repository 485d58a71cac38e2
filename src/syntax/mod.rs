//! One spanned tree for every notation (floor 2).

pub mod embedded;
pub mod hcl;
pub mod json;
mod layered;
mod lexer;
mod node;
mod token;
pub mod yaml;

pub use layered::Layered;
pub use node::{Choice, Key, Member, Node, Text, Value, Written};

use crate::text::Diagnostic;

/// What a reader of some notation gives: as much of the tree as could be read,
/// and everything that was wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// The document; `None` when the text holds no value at all.
    pub root: Option<Node>,
    /// In document order.
    pub diagnostics: Vec<Diagnostic>,
}
