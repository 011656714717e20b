//! See `bailiwick_testkit::fuzz::events`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bailiwick_testkit::fuzz::events(data));
