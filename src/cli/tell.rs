//! What is told beside the output, on standard error. That nobody reads it is
//! no reason to fail, nor to end otherwise.

use crate::cloudtrail::{Table, Unreadable};
use crate::render::{clean, count};
use std::io::Write;

/// One line, without what could steer a terminal.
pub(super) fn line(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", clean(text));
}

/// Files of trails that could not be read, or not to their end. Whether there
/// are any.
pub(super) fn unreadable(table: &Table) -> bool {
    for Unreadable {
        file,
        error,
        records_kept,
    } in &table.unreadable
    {
        let kept = match records_kept {
            0 => String::new(),
            1 => " (1 record before or behind it is kept)".to_owned(),
            n => format!(" ({} before and around it are kept)", count(*n, "record")),
        };
        line(&format!("error: `{file}`: {error}{kept}"));
    }
    !table.unreadable.is_empty()
}
