//! See `bailiwick_testkit::fuzz::key`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bailiwick_testkit::fuzz::key(data));
