//! What is told beside the output, on standard error. That nobody reads it is
//! no reason to fail, nor to end otherwise.

use super::Exit;
use crate::cloudtrail::{Table, Unreadable};
use crate::render::{clean, count};
use crate::sources::Inventory;
use std::io::Write;

/// One line, without what could steer a terminal.
pub(super) fn line(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", clean(text));
}

/// What could not be read of policies, at once and beside any format; then,
/// unless `quiet`, what was named and holds nothing. Whether all was read.
pub(super) fn unread(inventory: &Inventory, quiet: bool) -> Exit {
    for failure in &inventory.failures {
        line(&format!("error: {failure}"));
    }
    if !quiet {
        for empty in &inventory.empty {
            line(&format!("note: {empty}"));
        }
    }
    match inventory.failures.as_slice() {
        [] => Exit::Clean,
        _ => Exit::Failure,
    }
}

/// Files of trails that could not be read, or not to their end, and records
/// that may be counted although they were corrected later (C38). Whether all
/// was read.
pub(super) fn unreadable(table: &Table) -> Exit {
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
    let uncertain = table.uncertain_corrections();
    if uncertain > 0 {
        line(&format!(
            "warning: {}, but may be counted as first told: observe all files in one run to leave them out",
            match uncertain {
                1 => "1 record was corrected later".to_owned(),
                n => format!("{} were corrected later", count(n, "record")),
            }
        ));
    }
    match table.unreadable.is_empty() {
        true => Exit::Clean,
        false => Exit::Failure,
    }
}
