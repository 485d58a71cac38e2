//! CloudTrail records → a mergeable usage table → observed requests (floor 8).
//!
//! [`observe`] reads trails into a [`Table`]; tables merge, are written as JSON
//! lines and read again. What is mapped to IAM actions and resources is decided
//! when a table is used, so a newer catalog improves an old table.

mod action;
mod batch;
mod compact;
mod correction;
mod coverage;
mod event_id;
mod facts;
mod fold;
mod input;
#[cfg(test)]
mod laws;
mod map;
mod observability;
mod observe;
mod parameters;
mod params;
mod pass_role;
mod queue_url;
mod reader;
mod record;
mod resource;
mod row;
mod session;
mod table;
mod table_file;
mod time;
mod window;
mod workload;

pub use compact::{Params, Sorted};
pub use correction::{Correction, Corrections};
pub use coverage::{Coverage, Place, Seen};
pub use event_id::EventId;
pub use map::{Mapped, Totals, Unmapped, account, map};
pub use observability::{Judgement, judge};
pub use observe::{ObserveOptions, Observed, Progress, observe, observe_stream};
pub use row::{Assume, Basis, Evidence, Extra, RecordOutcome, ResourceArn, Use, WorkloadKey};
pub use session::GENERALISER;
pub use table::{Reason, Table, Unreadable};
pub use table_file::{Header, SCHEMA, TableError, read, schema, write};
pub use time::Time;
