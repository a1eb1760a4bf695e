//! What the client is asked: forms for the user, messages for its model, its roots.

use serde_json::{Value, json};

/// A form of one field.
pub(crate) fn form(message: &str, field: &str, kind: &str) -> Value {
    elicit(message, &json!({field: {"type": kind}}), &[field])
}

fn elicit(message: &str, properties: &Value, required: &[&str]) -> Value {
    let schema = json!({"type": "object", "properties": properties, "required": required});
    json!({"method": "elicitation/create", "params": {"message": message, "requestedSchema": schema}})
}

pub(crate) fn sample(prompt: &str, max_tokens: u32) -> Value {
    let message = json!({"role": "user", "content": {"type": "text", "text": prompt}});
    json!({"method": "sampling/createMessage", "params": {"messages": [message], "maxTokens": max_tokens}})
}

pub(crate) fn roots() -> Value {
    json!({"method": "roots/list", "params": {}})
}

pub(crate) fn contact(message: &str) -> Value {
    let properties = json!({
        "username": {"type": "string", "description": "User's response"},
        "email": {"type": "string", "description": "User's email address"},
    });
    elicit(message, &properties, &["username", "email"])
}

/// A default of every primitive type.
pub(crate) fn defaults() -> Value {
    let properties = json!({
        "name": {"type": "string", "description": "User name", "default": "John Doe"},
        "age": {"type": "integer", "description": "User age", "default": 30},
        "score": {"type": "number", "description": "User score", "default": 95.5},
        "status": {
            "type": "string", "description": "User status",
            "enum": ["active", "inactive", "pending"], "default": "active",
        },
        "verified": {"type": "boolean", "description": "Verification status", "default": true},
    });
    elicit("Please review and update the form fields with defaults", &properties, &[])
}

/// Every way to offer a choice, the deprecated one too.
pub(crate) fn choices() -> Value {
    let titled = |titles: [&str; 3]| {
        let option = |(at, title)| json!({"const": format!("value{}", at + 1), "title": title});
        titles.into_iter().enumerate().map(option).collect::<Vec<_>>()
    };
    let properties = json!({
        "untitledSingle": {"type": "string", "enum": ["option1", "option2", "option3"]},
        "titledSingle": {"type": "string", "oneOf": titled(["First Option", "Second Option", "Third Option"])},
        "legacyEnum": {
            "type": "string", "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["Option One", "Option Two", "Option Three"],
        },
        "untitledMulti": {
            "type": "array", "items": {"type": "string", "enum": ["option1", "option2", "option3"]},
        },
        "titledMulti": {
            "type": "array", "items": {"anyOf": titled(["First Choice", "Second Choice", "Third Choice"])},
        },
    });
    elicit("Please choose", &properties, &[])
}
