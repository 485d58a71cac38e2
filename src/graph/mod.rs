//! Who runs as what and reaches which resource, on petgraph (floor 7).

mod usage;

pub use usage::{ObservedRequest, Outcome, Precision, Workload};
