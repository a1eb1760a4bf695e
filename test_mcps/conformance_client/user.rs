//! The person and the model behind the client: they agree to everything.

use serde_json::{Map, Value, json};

/// A response without its id.
pub(crate) fn answer(method: &str, params: &Value) -> Value {
    match method {
        "elicitation/create" => {
            json!({"result": {"action": "accept", "content": filled_in(&params["requestedSchema"])}})
        }
        "sampling/createMessage" => json!({"result": {
            "role": "assistant", "content": {"type": "text", "text": "So be it."}, "model": "none",
        }}),
        "roots/list" => json!({"result": {"roots": []}}),
        "ping" => json!({"result": {}}),
        _ => json!({"error": {"code": -32601, "message": "Method not found"}}),
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
