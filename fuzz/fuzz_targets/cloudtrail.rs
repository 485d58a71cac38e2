//! The reader of trails: no panic on any bytes, each record counted once, and a
//! table that reads back as it was written.
#![no_main]

use leastwise::{catalog, cloudtrail};
use libfuzzer_sys::fuzz_target;

fn write(table: &cloudtrail::Table) -> Vec<u8> {
    let mut out = Vec::new();
    cloudtrail::write(table, "", &mut out).expect("memory takes everything");
    out
}

fuzz_target!(|bytes: &[u8]| {
    let observed = cloudtrail::observe_stream(bytes, "fuzz");
    let mapped = cloudtrail::map(&observed.table, catalog::get());
    assert!(mapped.totals.balanced(), "{:?}", mapped.totals);
    let written = write(&observed.table);
    let read = cloudtrail::read(written.as_slice()).expect("what is written is read");
    assert_eq!(written, write(&read));
});
