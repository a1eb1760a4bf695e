//! What is cut out of a text is in it no more, and a text that was JSON still is.

#![no_main]

use libfuzzer_sys::fuzz_target;
use secure_mcp_gateway::driven::cut_out;
use serde::de::IgnoredAny;

fuzz_target!(|text: &str| {
    let is_json = |text: &str| serde_json::from_str::<IgnoredAny>(text).is_ok();
    let is_document = |text: &str| text.trim_start().starts_with(['{', '[']) && is_json(text);
    // Nothing where the result would be withheld.
    if let Some(left) = cut_out(text) {
        assert!(is_document(&left) || !is_document(text), "{left}");
    }
});
