//! One spanned tree for every notation (floor 2).

mod node;

pub use node::{Key, Member, Node, Text, Value};
