//! Findings, graphs and reports as text, JSON, SARIF, DOT (floor 10): one file
//! for each.

pub mod catalog;
pub mod check;
pub mod concise;
pub mod coverage;
pub mod diff;
pub mod dot;
mod excerpt;
pub mod explain;
pub mod extract;
mod fold;
pub mod graph_json;
pub mod graph_text;
pub mod json;
pub mod report;
pub mod sarif;
pub mod simulation;
mod summary;
pub mod terminal;
mod words;

pub use words::{clean, count};
use words::{shown, thousands};
