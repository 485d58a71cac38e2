//! Observed use + old policy → one minimal role per workload (floor 9).
//!
//! ```text
//! graph ─ uses ─► partition ─► propose ─► generalise ─► group ─► fit, pack ─► replay ─► Report
//!                 workloads    grants     prefixes      statements documents  simulator
//!                                ▲
//!                   current: what the account says today
//! ```
//!
//! Each step is a pure function. Nothing here widens: a grant is an observed
//! request, cut down to what the old policies allow where they are given.

mod assemble;
mod current;
mod evidence;
mod generalise;
mod grant;
mod group;
mod hedge;
mod judged;
mod minimise;
mod names;
mod narrow;
mod network;
mod partition;
mod propose;
mod replay;
mod report;
mod subset;
mod trust;
mod unseen;
mod write;

#[cfg(test)]
mod tests;

pub use assemble::{File, Options, Output, generate};
pub use generalise::ScopeLimit;
pub use report::{
    Answer, Beyond, Decision, Denied, Evidence, KEPT, NotCovered, NotJudged, Report, Review,
    ReviewKind, Role, SCHEMA, Size, Skipped, Subset, Totals, Unmapped,
};
