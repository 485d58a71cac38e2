//! The reader of trails: no panic on any bytes, each record counted once, and a
//! table that reads back as it was written.
#![no_main]

use leastwise::{catalog, cloudtrail};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let observed = cloudtrail::observe_stream(bytes, "fuzz");
    let mapped = cloudtrail::map(&observed.table, catalog::get());
    assert!(mapped.totals.balanced(), "{:?}", mapped.totals);
});
