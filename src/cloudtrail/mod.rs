//! CloudTrail records → a mergeable usage table → observed requests (floor 8).

mod event_id;
mod reader;
mod session;
mod time;

pub use event_id::EventId;
pub use reader::ReadError;
pub use session::GENERALISER;
pub use time::Time;
