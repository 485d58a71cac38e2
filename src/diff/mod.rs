//! What a change of policies does to access (floor 7): the documents of two
//! inventories are paired, each pair is compared exactly, and the answers
//! become one [`Report`].

mod blame;
mod judge;
mod pair;
mod report;
mod side;
mod unchanged;

pub use blame::How;
pub use judge::compare;
pub use report::{
    Access, Cause, Change, DocumentAt, EditAt, Other, Otherwise, OverSymbols, Report, StatementAt,
    Text, Verdict,
};
pub use side::{Root, Side};
