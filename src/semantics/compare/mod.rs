//! The exact comparison of policies: does the new side allow a request that
//! the old side does not, and the other way round? The answer is a proof (the
//! search space was exhausted), a [`Witness`] (a request that was replayed
//! through the simulator), or unknown with its reasons; never a guess.
//!
//! Shares the AST, the catalog and [`Settings`](super::Settings) with the simulator, and no
//! matching, condition or date code: each is the other's check.

mod actions;
mod arn;
pub mod batch;
mod budget;
pub mod checks;
mod compile;
mod explain;
mod glob;
mod hash;
mod keys;
mod language;
mod principals;
mod ranges;
mod search;
mod solver;
mod stack;
mod symbols;
mod synthetic;
mod terms;
mod touched;
pub mod trusted;
mod values;
mod variables;
mod verdict;
mod witness;
mod words;

pub use explain::{AccessSet, Explanation, explain};
pub use stack::{Place, Stack};
pub use symbols::{Reach, Rests, Valued};
pub use verdict::{Alternative, Comparison, Direction, Options, ProofStats, Relation, compare};
pub use witness::Witness;
