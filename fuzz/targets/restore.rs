//! Private data that is taken out of any JSON comes back as it was.

#![no_main]

use libfuzzer_sys::fuzz_target;
use secure_mcp_gateway::driven::hidden_and_restored;
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let Ok(value) = serde_json::from_slice::<Value>(data) else { return };
    // Nothing where it refuses, as it does with private data in the name of a member.
    if let Some(restored) = hidden_and_restored(&value) {
        assert_eq!(restored, value);
    }
});
