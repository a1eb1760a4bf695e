//! Folding and decoding: each character of each layer comes from whole characters of the text as given,
//! and what is only folded begins in its order.

#![no_main]

use libfuzzer_sys::fuzz_target;
use secure_mcp_gateway::detect::origins;

fuzz_target!(|text: &str| {
    let layers = origins(text);
    for origin in layers.iter().flatten() {
        assert!(text.get(origin.clone()).is_some(), "{origin:?}");
    }
    let in_order = |pair: &[std::ops::Range<usize>]| pair[0].start <= pair[1].start;
    assert!(layers.first().is_some_and(|folded| folded.windows(2).all(in_order)), "{layers:?}");
    assert!(layers.len() <= 16 && layers.iter().map(Vec::len).sum::<usize>() <= 32 * text.len() + 16);
});
