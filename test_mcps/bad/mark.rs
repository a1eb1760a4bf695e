//! Marks: `{mark}` in any text becomes one, which stands in every poisoned text and in no other, so that a test can
//! search for what must be nowhere. `{token}` becomes the progress token of the call.

use serde_json::{Map, Value, json};

/// How each mark begins.
const CANARY: &str = "kestrel";

/// Ends in a dash: no mark is the beginning of another tool's.
pub(crate) fn name_mark(attack: &str, name: &str) -> String {
    format!("{CANARY}-{attack}-{name}-")
}

pub(crate) fn mark(value: &Value, name: &str) -> Value {
    replaced(value, &mut |text| json!(text.replace("{mark}", name)))
}

/// With each text replaced, keys included.
pub(crate) fn replaced(value: &Value, replace: &mut impl FnMut(&str) -> Value) -> Value {
    match value {
        Value::String(text) => replace(text),
        Value::Array(items) => items.iter().map(|item| replaced(item, replace)).collect(),
        Value::Object(map) => {
            let mut object = Map::new();
            for (key, value) in map {
                let key = replace(key).as_str().unwrap_or(key).to_owned();
                object.insert(key, replaced(value, replace));
            }
            Value::Object(object)
        }
        other => other.clone(),
    }
}
