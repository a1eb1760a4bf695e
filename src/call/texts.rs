//! The strings of JSON values: read, changed and measured.

use serde_json::Value;

use super::JsonObject;

/// Collects every string of a JSON value: the values as they follow each other, then the keys.
pub fn strings<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    let mut keys = Vec::new();
    walk(value, &mut |text| texts.push(text), &mut keys);
    texts.extend(keys);
}

pub(super) fn walk<'a>(value: &'a Value, text: &mut impl FnMut(&'a str), keys: &mut Vec<&'a str>) {
    match value {
        Value::String(string) => text(string),
        Value::Array(items) => items.iter().for_each(|item| walk(item, text, keys)),
        Value::Object(map) => {
            for (key, value) in map {
                keys.push(key);
                walk(value, text, keys);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The values only, in reading order.
pub(super) fn values<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    walk(value, &mut |text| texts.push(text), &mut Vec::new());
}

/// Goes over the values in the order of `values`.
pub fn change(value: &mut Value, act: &mut dyn FnMut(&mut String)) {
    match value {
        Value::String(text) => act(text),
        Value::Array(items) => items.iter_mut().for_each(|item| change(item, act)),
        Value::Object(map) => map.values_mut().for_each(|value| change(value, act)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// About the bytes that a value takes as JSON: escapes are not counted, so that no text has to be read.
pub fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 4,
        Value::Number(_) => 8,
        Value::String(text) => 2 + text.len(),
        Value::Array(items) => 2 + items.iter().map(|item| 1 + size(item)).sum::<usize>(),
        Value::Object(map) => object_size(map),
    }
}

pub fn object_size(map: &JsonObject) -> usize {
    2 + map.iter().map(|(key, value)| 4 + key.len() + size(value)).sum::<usize>()
}
