//! Who runs as what and reaches which resource, on petgraph (floor 7).
//!
//! ```text
//! inventory ─┐                    ┌─ shared_roles()   one role, many workloads
//!            ├─ build ─► Graph ───┼─ wildcards()      reach against use
//! observed ──┘                    └─ roles → workloads → uses
//! ```
//!
//! `generate` reads the same graph: [`Graph::roles`],
//! [`Graph::workloads_of`] a role's ARN, [`Graph::uses_of`] a workload's key
//! (which holds the role).

mod build;
mod model;
mod overlap;
mod query;
mod reach;
mod shared_role;
#[cfg(test)]
mod testing;
mod usage;
mod verdict;
mod wildcard;
mod window;

pub use crate::text::Risk;
pub use model::{Edge, Node, PolicyKey, WorkloadFacts, WorkloadKey, resource_part, shorten};
pub use query::{Graph, PolicyRef, PrincipalRef};
pub use shared_role::{Need, RoleUser, SharedRole, Sharing};
pub use usage::{ObservedRequest, Outcome, Precision, Workload};
pub use verdict::Verdict;
pub use wildcard::{Actions, Unseen, UsedAction, Wildcard};
pub use window::Window;
