//! What goes to a server and what comes back from it, as JSON that nothing has been dropped from.
//!
//! Neither type knows whether it has been checked: `guardrails` wraps them once it has.

use serde_json::{Map, Value};

use crate::ids::ToolName;

pub type JsonObject = Map<String, Value>;

/// One call of a batch, already read from the client's words.
#[derive(Clone, Debug)]
pub struct ToolCall {
    pub index: usize,
    pub tool: ToolName,
    /// Always an object. Kept as a value, because that is what schemas are held against.
    arguments: Value,
}

/// The `result` of a `tools/call`, whole.
#[derive(Clone, Debug)]
pub struct ToolOutput {
    result: JsonObject,
}

/// A result that is not what the protocol calls one.
#[derive(Debug, thiserror::Error)]
#[error("the result is not a JSON object with a `content` list")]
pub struct NotAResult;

impl ToolCall {
    pub fn new(index: usize, tool: ToolName, arguments: JsonObject) -> Self {
        Self { index, tool, arguments: Value::Object(arguments) }
    }

    pub fn arguments(&self) -> &Value {
        &self.arguments
    }

    pub fn into_arguments(self) -> JsonObject {
        match self.arguments {
            Value::Object(arguments) => arguments,
            _ => JsonObject::new(),
        }
    }

    /// Every string of the arguments, keys included.
    pub fn texts(&self) -> Vec<&str> {
        let mut texts = Vec::new();
        strings(&self.arguments, &mut texts);
        texts
    }
}

impl ToolOutput {
    pub fn parse(result: Value) -> Result<Self, NotAResult> {
        match result {
            // `content` may be absent where there is structured content; of another type it would hide text.
            Value::Object(result) if matches!(result.get("content"), None | Some(Value::Array(_))) => {
                Ok(Self { result })
            }
            _ => Err(NotAResult),
        }
    }

    /// A JSON-RPC error of the server, as the tool error it is to the caller: it meets the same output checks.
    pub fn from_rpc_error(error: &Value) -> Self {
        let message = error.get("message").and_then(Value::as_str).unwrap_or("the server gave no message");
        let mut result = JsonObject::new();
        result.insert("content".to_owned(), serde_json::json!([{"type": "text", "text": message}]));
        result.insert("isError".to_owned(), Value::Bool(true));
        result.insert(RPC_ERROR.to_owned(), error.clone());
        Self { result }
    }

    pub fn is_error(&self) -> bool {
        self.result.get("isError").and_then(Value::as_bool).unwrap_or(false)
    }

    pub fn content(&self) -> &[Value] {
        self.result.get("content").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    pub fn structured(&self) -> Option<&Value> {
        self.result.get("structuredContent")
    }

    /// Every text a reader could see, wherever it stands in the result: keys and values alike.
    pub fn texts(&self) -> Vec<&str> {
        let mut texts = Vec::new();
        for (key, value) in &self.result {
            if key == "content" {
                self.content().iter().for_each(|block| block_texts(block, &mut texts));
            } else {
                strings(value, &mut texts);
            }
        }
        texts
    }

    /// Whether some content is not text: an image, a sound or a blob.
    pub fn has_binary(&self) -> bool {
        self.content().iter().any(|block| {
            let blob = block.get("resource").is_some_and(|resource| resource.get("blob").is_some());
            blob || matches!(block.get("type").and_then(Value::as_str), Some("image" | "audio"))
        })
    }

    /// The text blocks joined by a newline, as the documented `response`, moved out where there is only one.
    pub fn into_parts(mut self) -> OutputParts {
        let content = match self.result.shift_remove("content") {
            Some(Value::Array(content)) => content,
            _ => Vec::new(),
        };
        let mut text: Option<String> = None;
        let mut others = Vec::new();
        for mut block in content {
            match text_of(&mut block) {
                Some(more) => match &mut text {
                    Some(text) => {
                        text.push('\n');
                        text.push_str(&more);
                    }
                    None => text = Some(more),
                },
                None => others.push(block),
            }
        }
        OutputParts {
            text: text.unwrap_or_default(),
            others,
            structured: self.result.shift_remove("structuredContent"),
            meta: self.result.shift_remove("_meta"),
            rpc_error: self.result.shift_remove(RPC_ERROR),
        }
    }
}

/// A result taken apart for the reply.
#[derive(Debug)]
pub struct OutputParts {
    pub text: String,
    /// The blocks that are not text, verbatim.
    pub others: Vec<Value>,
    pub structured: Option<Value>,
    pub meta: Option<Value>,
    /// The error object, where the server answered with a JSON-RPC error.
    pub rpc_error: Option<Value>,
}

/// Where a JSON-RPC error is kept; no tool result has a member of this name.
const RPC_ERROR: &str = "rpc-error";

/// Collects every string of a JSON value, object keys included.
pub fn strings<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(items) => items.iter().for_each(|item| strings(item, texts)),
        Value::Object(map) => {
            for (key, value) in map {
                texts.push(key);
                strings(value, texts);
            }
        }
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

/// As `strings`, without the base64 of media blocks, which holds no words.
fn block_texts<'a>(block: &'a Value, texts: &mut Vec<&'a str>) {
    let Value::Object(map) = block else { return strings(block, texts) };
    let media = matches!(map.get("type").and_then(Value::as_str), Some("image" | "audio"));
    for (key, value) in map {
        match key.as_str() {
            "type" => {}
            "data" if media => {}
            "resource" => resource_texts(value, texts),
            _ => strings(value, texts),
        }
    }
}

fn resource_texts<'a>(resource: &'a Value, texts: &mut Vec<&'a str>) {
    let Value::Object(map) = resource else { return strings(resource, texts) };
    for (key, value) in map {
        if key != "blob" {
            strings(value, texts);
        }
    }
}

fn text_of(block: &mut Value) -> Option<String> {
    let map = block.as_object_mut()?;
    if map.get("type").and_then(Value::as_str) != Some("text") {
        return None;
    }
    match map.get_mut("text") {
        Some(Value::String(text)) => Some(std::mem::take(text)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_texts_are_seen_and_no_media() {
        let output = ToolOutput::parse(json!({
            "content": [
                {"type": "text", "text": "one"},
                {"type": "image", "data": "AAAA", "mimeType": "image/png"},
                {"type": "resource", "resource": {"uri": "lab://n", "text": "two", "blob": "BBBB"}},
                {"type": "x-vendor", "data": "three"},
            ],
            "structuredContent": {"key": ["four"]},
            "_meta": {"note": "five"},
        }))
        .expect("a result");
        let texts = output.texts();
        for seen in ["one", "two", "three", "four", "five", "key"] {
            assert!(texts.contains(&seen), "{seen}");
        }
        assert!(!texts.contains(&"AAAA") && !texts.contains(&"BBBB"));
    }

    #[test]
    fn text_blocks_join_and_the_rest_stays() {
        let parts = ToolOutput::parse(json!({"content": [
            {"type": "text", "text": "a"}, {"type": "audio", "data": "x", "mimeType": "audio/wav"}, {"type": "text", "text": "b"},
        ]}))
        .expect("a result")
        .into_parts();
        assert_eq!(parts.text, "a\nb");
        assert_eq!(parts.others, [json!({"type": "audio", "data": "x", "mimeType": "audio/wav"})]);
    }
}
