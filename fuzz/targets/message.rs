//! See `bailiwick_testkit::fuzz::message`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bailiwick_testkit::fuzz::message(data));
