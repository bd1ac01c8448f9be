#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| regua_fuzz::calendar(bytes));
