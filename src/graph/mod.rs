//! Who runs as what and reaches which resource, on petgraph (floor 7).
//!
//! ```text
//! inventory ─┐
//!            ├─ build ─► Graph ──► roles → workloads → uses
//! observed ──┘
//! ```
//!
//! `generate` reads the same graph: [`Graph::roles`],
//! [`Graph::workloads_of`] a role's ARN, [`Graph::uses_of`] a workload's key
//! (which holds the role).

mod build;
mod model;
mod query;
mod usage;
mod verdict;
mod window;

pub use model::{Edge, Node, PolicyKey, WorkloadFacts, WorkloadKey, resource_part, shorten};
pub use query::{Graph, PolicyRef, PrincipalRef};
pub use usage::{ObservedRequest, Outcome, Precision, Workload};
pub use verdict::{Risk, Verdict};
pub use window::Window;
