#![no_main]

libfuzzer_sys::fuzz_target!(
    init: {
        // libFuzzer ends at any panic; one that the reader contains is no crash.
        let end = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !regua::runtime::panics::is_contained() {
                end(panic);
            }
        }));
    },
    |bytes: &[u8]| regua_fuzz::input(bytes)
);
