//! The strings of JSON values: read, changed and measured.

use serde_json::{Number, Value};

use super::{INPUT_REQUIRED, JsonObject, REQUEST_STATE, RESULT_TYPE, ToolOutput};
use crate::json::step;

/// Under what name results of each method have what a client shows.
const SHOWN: [&str; 5] = ["content", "structuredContent", "contents", "messages", "completion"];

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
pub fn values<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    walk(value, &mut |text| texts.push(text), &mut Vec::new());
}

/// The names of all members.
pub fn keys(value: &Value) -> Vec<&str> {
    let mut keys = Vec::new();
    walk(value, &mut |_| {}, &mut keys);
    keys
}

/// Goes over the values with the name that each stands under: that of its member, or of the member whose array it is
/// in; where that only says that it is a value, what is beside it or around it. In the order of `values`.
pub fn each_named<'a>(name: &'a str, value: &'a Value, act: &mut impl FnMut(&'a str, &'a str)) {
    match value {
        Value::String(text) => act(name, text),
        Value::Array(items) => items.iter().for_each(|item| each_named(name, item, act)),
        Value::Object(map) => {
            map.iter().for_each(|(member, value)| each_named(called(member, name, map), value, act));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What the value of a member is called: `{"name": "DB_PASSWORD", "value": …}`, `{"password": {"value": …}}`
fn called<'a>(member: &'a str, around: &'a str, map: &'a JsonObject) -> &'a str {
    const NAMES: [&str; 6] = ["name", "Name", "key", "Key", "field", "label"];
    if !["value", "Value", "val"].contains(&member) {
        return member;
    }
    let beside = NAMES.into_iter().find_map(|name| map.get(name)?.as_str());
    beside.or(Some(around).filter(|around| !around.is_empty())).unwrap_or(member)
}

/// Goes over the values with the JSON pointer of each, in the order of `values`. There is one pointer at a time: all
/// of them together can be far longer than the value.
pub fn each_at<'a>(value: &'a Value, pointer: &mut String, act: &mut dyn FnMut(&str, &'a str)) {
    let length = pointer.len();
    match value {
        Value::String(text) => act(pointer, text),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                step(pointer, &at.to_string());
                each_at(item, pointer, act);
                pointer.truncate(length);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                step(pointer, key);
                each_at(member, pointer, act);
                pointer.truncate(length);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// As `each_at`, to change them.
pub fn change_at(value: &mut Value, pointer: &mut String, act: &mut dyn FnMut(&str, &mut String)) {
    let length = pointer.len();
    match value {
        Value::String(text) => act(pointer, text),
        Value::Array(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                step(pointer, &at.to_string());
                change_at(item, pointer, act);
                pointer.truncate(length);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                step(pointer, key);
                change_at(member, pointer, act);
                pointer.truncate(length);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Goes over the numbers, with the JSON pointer of each and the name that it stands under.
pub fn each_number(
    (name, value): (&str, &Value),
    pointer: &mut String,
    act: &mut dyn FnMut(&str, &str, &Number),
) {
    let length = pointer.len();
    match value {
        Value::Number(number) => act(pointer, name, number),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                step(pointer, &at.to_string());
                each_number((name, item), pointer, act);
                pointer.truncate(length);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                step(pointer, key);
                each_number((key, member), pointer, act);
                pointer.truncate(length);
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// The same without their places.
pub fn each_figure<'a>(name: &'a str, value: &'a Value, act: &mut dyn FnMut(&'a str, &Number)) {
    match value {
        Value::Number(number) => act(name, number),
        Value::Array(items) => items.iter().for_each(|item| each_figure(name, item, act)),
        Value::Object(map) => {
            map.iter().for_each(|(member, value)| each_figure(called(member, name, map), value, act));
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// Takes out the texts and the numbers at some places.
pub fn blank_at(value: &mut Value, pointer: &mut String, is_meant: &dyn Fn(&str) -> bool) {
    let length = pointer.len();
    match value {
        Value::String(text) if is_meant(pointer) => text.clear(),
        Value::Number(_) if is_meant(pointer) => *value = Value::Null,
        Value::Array(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                step(pointer, &at.to_string());
                blank_at(item, pointer, is_meant);
                pointer.truncate(length);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                step(pointer, key);
                blank_at(member, pointer, is_meant);
                pointer.truncate(length);
            }
        }
        _ => {}
    }
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

/// As `each_named`, to change them.
pub fn change_named(name: &str, value: &mut Value, act: &mut dyn FnMut(&str, &mut String)) {
    match value {
        Value::String(text) => act(name, text),
        Value::Array(items) => items.iter_mut().for_each(|item| change_named(name, item, act)),
        Value::Object(map) => map.iter_mut().for_each(|(name, value)| change_named(name, value, act)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Goes over the values but those under a name that is so, however deep.
pub fn change_but(
    (name, is_so): (&str, &dyn Fn(&str) -> bool),
    value: &mut Value,
    act: &mut dyn FnMut(&mut String),
) {
    match value {
        _ if is_so(name) => {}
        Value::Object(map) => map.iter_mut().for_each(|(name, value)| change_but((name, is_so), value, act)),
        Value::Array(items) => items.iter_mut().for_each(|item| change_but(("", is_so), item, act)),
        value => change(value, act),
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

impl ToolOutput {
    /// Whether a client could read a text in it that nobody here can.
    pub fn has_unread_text(&self) -> bool {
        self.unread
    }

    /// Whether it is no result yet, but a question to the client, with nothing in it that a client shows as a result.
    pub fn only_asks(&self) -> bool {
        let shows = SHOWN.into_iter().any(|key| self.result.contains_key(key));
        !shows && self.result.get(RESULT_TYPE).is_some_and(|kind| kind == INPUT_REQUIRED)
    }

    /// What the client of a question is to bring back: the server's own, and signed or sealed as it likes.
    pub fn state(&self) -> Option<&str> {
        self.result.get(REQUEST_STATE).filter(|_| self.only_asks())?.as_str()
    }

    /// Goes over every string value that a client may read.
    pub fn change_texts(&mut self, change: &mut dyn FnMut(&mut String)) {
        self.change_but(&|_| false, change);
    }

    /// The same but for what stands under a name that is so. A state is none of them: it comes back to its server,
    /// which must be told nothing by it and know it again, whatever else the result is.
    pub fn change_but(&mut self, is_so: &dyn Fn(&str) -> bool, act: &mut dyn FnMut(&mut String)) {
        let shown = self.result.iter_mut().filter(|(name, _)| *name != REQUEST_STATE);
        shown.for_each(|(name, value)| change_but((name, is_so), value, act));
        if let Some(error) = &mut self.rpc_error {
            change_but(("error", is_so), error, act);
        }
    }
}

pub fn object_size(map: &JsonObject) -> usize {
    2 + map.iter().map(|(key, value)| 4 + key.len() + size(value)).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::call::Method;

    #[test]
    fn a_value_is_called_by_what_is_beside_or_around_it() {
        let value = json!({
            "env": [{"name": "DB_PASSWORD", "value": "a"}, {"Key": "Owner", "Value": ["b", 1]}],
            "token": {"value": "c", "kind": "d"}, "value": "e",
        });
        let mut named = Vec::new();
        each_named("", &value, &mut |name, text| named.push(format!("{name} {text}")));
        let expected =
            ["name DB_PASSWORD", "DB_PASSWORD a", "Key Owner", "Owner b", "kind d", "token c", "value e"];
        named.sort_unstable();
        let mut expected = expected.map(str::to_owned).to_vec();
        expected.sort_unstable();
        assert_eq!(named, expected);
        let mut figures = Vec::new();
        each_figure("", &value, &mut |name, _| figures.push(name));
        assert_eq!(figures, ["Owner"]);
    }

    #[test]
    fn what_shows_something_does_not_only_ask() {
        for (method, more, expected) in [
            (Method::Tool, json!({}), true),
            (Method::Tool, json!({"structuredContent": {}}), false),
            (Method::Prompt, json!({"messages": []}), false),
            (Method::Resource, json!({"contents": []}), false),
            (Method::Complete, json!({"completion": {"values": []}}), false),
        ] {
            let mut result =
                json!({"resultType": "input_required", "inputRequests": {}, "requestState": "s"});
            result.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
            let output = ToolOutput::parse(method, result).expect("a result");
            assert_eq!((output.only_asks(), output.state().is_some()), (expected, expected), "{more}");
        }
    }
}
