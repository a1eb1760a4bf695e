//! Arguments that come back from the service with placeholders in them: only texts may differ.

use serde_json::Value;

use crate::json::{self, LARGE, MAX_VALUES};

/// The texts of `redacted`, in the order in which they stand in the `original`, which the service was given sorted.
pub(super) fn texts(original: &Value, redacted: &str) -> Result<Vec<String>, &'static str> {
    if redacted.len() > LARGE && json::values(redacted.as_bytes()) > MAX_VALUES {
        return Err("gave back arguments of too many values");
    }
    let mut redacted =
        serde_json::from_str(redacted).map_err(|_| "gave back arguments that are no longer JSON")?;
    let mut texts = Vec::new();
    if take(original, &mut redacted, &mut texts) {
        return Ok(texts);
    }
    Err("gave back other arguments than it was given: only texts may hold placeholders")
}

fn take(original: &Value, redacted: &mut Value, texts: &mut Vec<String>) -> bool {
    match (original, redacted) {
        (Value::String(_), Value::String(text)) => {
            texts.push(std::mem::take(text));
            true
        }
        (Value::Array(items), Value::Array(others)) => {
            items.len() == others.len()
                && items.iter().zip(others).all(|(item, other)| take(item, other, texts))
        }
        (Value::Object(members), Value::Object(others)) => {
            let mut taken = members.iter();
            members.len() == others.len()
                && taken
                    .all(|(key, value)| others.get_mut(key).is_some_and(|other| take(value, other, texts)))
        }
        (Value::String(_) | Value::Array(_) | Value::Object(_), _) => false,
        (plain, other) => *plain == *other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_come_in_the_order_of_the_arguments() {
        let original = json!({"z": "a@b.c", "a": {"y": ["x", 1, null, {"b": "w", "a": ""}]}, "n": 1.5});
        let redacted = r#"{"a": {"y": ["X", 1, null, {"a": "", "b": "W"}]}, "n": 1.5, "z": "<E_0>"}"#;
        assert_eq!(texts(&original, redacted).expect("the same arguments"), ["<E_0>", "X", "W", ""]);
        let sorted = json::sorted(&original);
        assert_eq!(texts(&original, &sorted).expect("the same arguments"), ["a@b.c", "x", "w", ""]);
    }

    #[test]
    fn nothing_but_texts_may_change() {
        let original = json!({"mail": "a@b.c", "n": 7, "list": ["x"], "on": true});
        for redacted in [
            r#"{"<E_0>": "a@b.c", "n": 7, "list": ["x"], "on": true}"#,
            r#"{"mail": "<E_0>", "n": 8, "list": ["x"], "on": true}"#,
            r#"{"mail": "<E_0>", "n": "<N_0>", "list": ["x"], "on": true}"#,
            r#"{"mail": "<E_0>", "n": 7, "list": [], "on": true}"#,
            r#"{"mail": "<E_0>", "n": 7, "list": ["x", "y"], "on": true}"#,
            r#"{"mail": "<E_0>", "n": 7, "list": {"0": "x"}, "on": true}"#,
            r#"{"mail": "<E_0>", "n": 7, "list": ["x"]}"#,
            r#"{"mail": "<E_0>", "n": 7, "list": ["x"], "on": true, "more": ""}"#,
            r#"{"mail": 7, "n": 7, "list": ["x"], "on": true}"#,
            r#"("mail": "<E_0>"}"#,
            r#""{}""#,
            "",
        ] {
            assert!(texts(&original, redacted).is_err(), "{redacted}");
        }
    }
}
