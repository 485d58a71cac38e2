//! The integration tests: one binary, so that it links once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod architecture;
mod catalog;
mod check;
mod compare;
mod diff;
mod evaluate;
mod extract;
mod forms;
mod generate;
mod graph;
mod lint;
mod lint_docs;
mod observe;
mod organization;
mod plan;
mod policy;
mod previews;
mod schema;
mod simulate;
mod sources;
mod streams;
