//! Private data that was taken out of a value is put back into what a server makes of it: JSON in JSON, with its
//! brackets escaped or not. It stays JSON, and says no more than it did at first.

#![no_main]

use libfuzzer_sys::fuzz_target;
use secure_mcp_gateway::driven::restored_in;
use serde_json::{Value, json};

fuzz_target!(|data: &[u8]| {
    let Some((&how, data)) = data.split_first() else { return };
    let Ok(value) = serde_json::from_slice::<Value>(data) else { return };
    let pass_on = |value: &Value| {
        let wrapped = (0..how % 4).fold(value.to_string(), |text, _| json!({"said": [text]}).to_string());
        let escaped = how & 4 != 0;
        if escaped { wrapped.replace('<', "\\u003c").replace('>', "\\u003e") } else { wrapped }
    };
    // Nothing where it refuses to take it out.
    let Some(restored) = restored_in(&value, pass_on) else { return };
    assert!(serde_json::from_str::<Value>(&restored).is_ok(), "{restored}");
});
