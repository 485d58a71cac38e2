//! leastwise decides what AWS IAM policies really allow, offline and with a
//! witness, and turns what was really used into one minimal role per workload.
//!
//! Data flows one way: files → documents → an inventory → a graph → answers →
//! words. Each module stands on a floor and imports only from the floors below
//! it; `tests/architecture.rs` checks that.
//!
//! ```text
//! 11  cli          what was typed → settings → one command → exit code
//! 10  render       terminal · json · sarif · dot
//!  9  generate     observed use + old policy → minimal per-workload roles
//!  8  lints        one file, one lint
//!  8  cloudtrail   records → observed requests → a mergeable usage table
//!  7  graph        principals, roles, workloads, resources (petgraph)
//!  7  diff         two inventories → pairs of documents → what became of access
//!  6  sources      where policies live: JSON and its wrappers, account details
//!  5  semantics    evaluate: the simulator; compare: the exact comparison
//!  4  catalog      what AWS defines: actions, resource types, condition keys
//!  3  policy       the typed AST; nom grammars
//!  2  syntax       one spanned tree; JSON by a nom grammar that recovers
//!  1  text         spans, source files, diagnostics
//! ```

pub mod catalog;
pub mod cli;
pub mod cloudtrail;
pub mod diff;
pub mod generate;
pub mod graph;
pub mod lints;
pub mod policy;
pub mod render;
pub mod semantics;
pub mod sources;
pub mod syntax;
pub mod text;
