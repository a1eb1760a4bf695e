//! The person and the model behind the client: they agree to everything.

use serde_json::{Map, Value, json};

pub(crate) fn capabilities() -> Value {
    json!({"elicitation": {}, "sampling": {}, "roots": {}})
}

/// The result of a question, whichever way it came.
pub(crate) fn reply(question: &Value) -> Value {
    match question["method"].as_str() {
        Some("elicitation/create") => {
            json!({"action": "accept", "content": filled_in(&question["params"]["requestedSchema"])})
        }
        Some("sampling/createMessage") => json!({
            "role": "assistant", "content": {"type": "text", "text": "So be it."}, "model": "none",
        }),
        Some("roots/list") => json!({"roots": []}),
        _ => json!({}),
    }
}

/// Defaults where the form has them, and something of the right type elsewhere.
fn filled_in(schema: &Value) -> Value {
    let fields = schema["properties"].as_object().into_iter().flatten();
    let fill = |(name, field): (&String, &Value)| (name.clone(), something(field));
    Value::Object(fields.map(fill).collect::<Map<_, _>>())
}

/// A value that fits a schema of one primitive type.
pub(crate) fn something(schema: &Value) -> Value {
    if let Some(default) = schema.get("default") {
        return default.clone();
    }
    match schema["type"].as_str() {
        Some("boolean") => json!(true),
        Some("integer" | "number") => json!(5),
        Some("array") => json!([]),
        Some("object") => json!({}),
        Some("null") => Value::Null,
        _ => json!("something"),
    }
}
