//! See `bailiwick_testkit::fuzz::token`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bailiwick_testkit::fuzz::token(data));
