//! What goes to a server and what comes back from it, as JSON that nothing has been dropped from: a tool's call and
//! result, and those of the requests that go the same road.
//!
//! Neither type knows whether it has been checked: `guardrails` wraps them once it has.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::ids::ToolName;
use crate::json;

mod charset;
mod decoded;
mod media;
mod params;
mod texts;

pub use media::{Encoded, encoded, holds_media};
use media::{encoded_contents, shows_media};
pub use params::Part;
use texts::walk;
pub use texts::{
    blank_at, change, change_at, change_but, change_named, each_at, each_figure, each_named, each_number,
    keys, object_size, size, strings, values,
};

pub type JsonObject = Map<String, Value>;

/// What a call asks a server for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Tool,
    Prompt,
    Resource,
    Complete,
    Subscribe,
    Unsubscribe,
}

/// One call of a batch, already read from the client's words.
#[derive(Clone, Debug)]
pub struct ToolCall {
    pub index: usize,
    pub method: Method,
    /// The tool, or what stands for it in messages.
    pub tool: ToolName,
    /// Always an object: the arguments of a tool, the params of anything else. Kept as a value, because that is what
    /// schemas are held against.
    arguments: Value,
    /// What the client sends beside name and arguments: `_meta`, answers that the server asked for.
    beside: JsonObject,
    /// Whether the server itself names what is asked for.
    listed: bool,
}

/// The `result` of a `tools/call`, whole.
#[derive(Clone, Debug)]
pub struct ToolOutput {
    method: Method,
    result: JsonObject,
    /// The error object, where the server answered with a JSON-RPC error.
    rpc_error: Option<Value>,
    /// What is text in its base64: a client may show it as such.
    written: Vec<String>,
    /// Whether some text is in no charset that is known here.
    unread: bool,
}

/// A result that is not what the protocol calls one.
#[derive(Debug, thiserror::Error)]
pub enum NotAResult {
    #[error("is not a JSON object with a `content` list")]
    Shape,
    #[error("has neither `content` nor `structuredContent`")]
    Empty,
    #[error("is a task that nobody asked for")]
    Task,
}

impl Method {
    const ALL: [Self; 6] =
        [Self::Tool, Self::Prompt, Self::Resource, Self::Complete, Self::Subscribe, Self::Unsubscribe];

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == name)
    }

    /// Whether it is for what the session does later.
    pub fn is_for_later(self) -> bool {
        matches!(self, Self::Subscribe | Self::Unsubscribe)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tool => "tools/call",
            Self::Prompt => "prompts/get",
            Self::Resource => "resources/read",
            Self::Complete => "completion/complete",
            Self::Subscribe => "resources/subscribe",
            Self::Unsubscribe => "resources/unsubscribe",
        }
    }
}

impl ToolCall {
    pub fn new(index: usize, tool: ToolName, arguments: JsonObject) -> Self {
        let (method, arguments) = (Method::Tool, Value::Object(arguments));
        Self { index, method, tool, arguments, beside: JsonObject::new(), listed: false }
    }

    /// A request that is no tool call, with its params; `subject` stands for it in messages.
    pub fn of(method: Method, subject: ToolName, params: JsonObject) -> Self {
        let (index, arguments) = (0, Value::Object(method.known(params)));
        Self { index, method, tool: subject, arguments, beside: JsonObject::new(), listed: false }
    }

    /// Writes the params, still open for what stands beside them.
    pub fn put_params(&self, text: &mut Vec<u8>) {
        if self.method == Method::Tool {
            text.extend_from_slice(br#"{"name":"#);
            json::write(&self.tool.as_str().into(), text);
            text.extend_from_slice(br#","arguments":"#);
            json::write(&self.arguments, text);
        } else {
            json::write(&self.arguments, text);
            text.pop();
        }
    }

    /// One of the params of a request that is no tool call.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.arguments.get(name)?.as_str()
    }

    /// What it is called in a message.
    pub fn shown(&self) -> String {
        match self.method {
            Method::Tool => format!("tool `{}`", self.tool),
            Method::Prompt => format!("prompt `{}`", self.tool),
            method => format!("`{}`", method.as_str()),
        }
    }

    /// With these params beside name and arguments.
    #[must_use]
    pub fn with(mut self, beside: JsonObject) -> Self {
        self.beside = beside;
        self
    }

    pub fn beside(&self) -> &JsonObject {
        &self.beside
    }

    /// About the bytes of what the client sends.
    pub fn size(&self) -> usize {
        size(&self.arguments) + if self.beside.is_empty() { 0 } else { object_size(&self.beside) }
    }

    pub fn arguments(&self) -> &Value {
        &self.arguments
    }

    /// Goes over every string value with its JSON pointer, those beside the arguments included.
    pub fn change_at(&mut self, act: &mut dyn FnMut(&str, &mut String)) {
        change_at(&mut self.arguments, &mut String::new(), act);
        for (key, value) in &mut self.beside {
            change_at(value, &mut json::pointer(key), act);
        }
    }

    pub fn into_arguments(self) -> JsonObject {
        match self.arguments {
            Value::Object(arguments) => arguments,
            _ => JsonObject::new(),
        }
    }

    /// Every string of the arguments: the values as they follow each other, then the keys; then those beside them.
    pub fn texts(&self) -> Vec<&str> {
        let mut texts = Vec::new();
        strings(&self.arguments, &mut texts);
        for (key, value) in &self.beside {
            texts.push(key);
            strings(value, &mut texts);
        }
        texts
    }
}

impl ToolOutput {
    pub fn parse(method: Method, result: Value) -> Result<Self, NotAResult> {
        let question = asks_for_input(&result);
        let Value::Object(result) = result else { return Err(NotAResult::Shape) };
        let mut output = Self { method, result, rpc_error: None, written: Vec::new(), unread: false };
        // `content` may be absent where there is structured content; of another type it would hide text.
        match output.result.get("content") {
            _ if method != Method::Tool => {}
            Some(Value::Array(_)) => {}
            Some(_) => return Err(NotAResult::Shape),
            None if question || output.is_error() => {}
            None if output.structured().is_some_and(|structured| !structured.is_null()) => {}
            None if output.result.contains_key("task") => return Err(NotAResult::Task),
            None => return Err(NotAResult::Empty),
        }
        let encoded = Encoded::of(output.result.values());
        (output.written, output.unread) = (encoded.texts, encoded.unread);
        Ok(output)
    }

    /// A JSON-RPC error of the server, as the tool error it is to the caller: it meets the same output checks.
    pub fn from_rpc_error(method: Method, error: &Value) -> Self {
        let message = error.get("message").and_then(Value::as_str).unwrap_or("the server gave no message");
        let mut result = JsonObject::new();
        result.insert("content".to_owned(), serde_json::json!([{"type": "text", "text": message}]));
        result.insert("isError".to_owned(), Value::Bool(true));
        let Encoded { texts: written, unread } = Encoded::of([error]);
        Self { method, result, rpc_error: Some(error.clone()), written, unread }
    }

    /// The result as the server wrote it, or the error object that it answered with.
    pub fn into_answer(self) -> Result<JsonObject, Value> {
        match self.rpc_error {
            Some(error) => Err(error),
            None => Ok(self.result),
        }
    }

    pub fn result(&self) -> &JsonObject {
        &self.result
    }

    /// The text blocks, joined by a newline: what a client shows.
    pub fn visible(&self) -> String {
        let blocks = self.blocks();
        let texts: Vec<&str> = blocks.iter().filter_map(|block| text_block(block)).collect();
        texts.join("\n")
    }

    /// Takes out the texts and the numbers at some places of the result.
    pub fn blank_at(&mut self, is_meant: &dyn Fn(&str) -> bool) {
        for (key, value) in &mut self.result {
            blank_at(value, &mut json::pointer(key), is_meant);
        }
    }

    /// About the bytes that the answer takes for it.
    pub fn size(&self) -> usize {
        object_size(&self.result) + self.rpc_error.as_ref().map_or(0, size)
    }

    pub fn is_error(&self) -> bool {
        if self.method != Method::Tool {
            return self.rpc_error.is_some();
        }
        // Whoever writes something else than a boolean means that something is wrong.
        !matches!(self.result.get("isError"), None | Some(Value::Null | Value::Bool(false)))
    }

    pub fn content(&self) -> &[Value] {
        self.result.get("content").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    pub fn structured(&self) -> Option<&Value> {
        self.result.get("structuredContent")
    }

    /// Every text a reader could see, wherever it stands in the result. The text blocks come first and in one
    /// piece, as the client will read them; only the base64 of complete media is left out, and what is text in it
    /// stands for it.
    pub fn texts(&self) -> Vec<&str> {
        let blocks = self.blocks();
        let encoded = if self.method == Method::Resource { encoded_contents } else { encoded };
        let mut texts: Vec<&str> = blocks.iter().filter_map(|block| text_block(block)).collect();
        // By their places: a text that only reads the same is looked at.
        let unread: HashSet<*const u8> =
            blocks.iter().filter_map(|block| encoded(block)).map(str::as_ptr).collect();
        let mut keys = Vec::new();
        for (key, value) in &self.result {
            keys.push(key.as_str());
            walk(
                value,
                &mut |text| {
                    if text.is_empty() || !unread.contains(&text.as_ptr()) {
                        texts.push(text);
                    }
                },
                &mut keys,
            );
        }
        if let Some(error) = &self.rpc_error {
            walk(error, &mut |text| texts.push(text), &mut keys);
        }
        texts.extend(keys);
        texts.extend(self.written.iter().map(String::as_str));
        texts
    }

    /// The error object, where the server answered with a JSON-RPC error.
    pub fn rpc_error(&self) -> Option<&Value> {
        self.rpc_error.as_ref()
    }

    /// Whether some content is not text: an image, a sound, a blob, or a kind that nobody here knows.
    pub fn has_binary(&self) -> bool {
        // A result that is a question may ask a model about a picture.
        self.result.get("inputRequests").is_some_and(holds_media)
            || self.result.values().chain(&self.rpc_error).any(shows_media)
            || self.blocks().iter().any(|block| match block.get("type").and_then(Value::as_str) {
                _ if self.method == Method::Resource => block.get("blob").is_some(),
                Some("text" | "resource_link") => {
                    ["data", "blob"].into_iter().any(|key| block.get(key).is_some())
                }
                Some("resource") => block.pointer("/resource/blob").is_some(),
                _ => true,
            })
    }

    /// Where a client looks for something to show.
    fn blocks(&self) -> Vec<&Value> {
        let list = |name: &str| self.result.get(name).and_then(Value::as_array).into_iter().flatten();
        match self.method {
            Method::Tool => self.content().iter().collect(),
            Method::Prompt => {
                let contents = list("messages").filter_map(|message| message.get("content"));
                contents
                    .flat_map(|content| {
                        content.as_array().map_or(std::slice::from_ref(content), Vec::as_slice)
                    })
                    .collect()
            }
            Method::Resource => list("contents").collect(),
            Method::Complete | Method::Subscribe | Method::Unsubscribe => Vec::new(),
        }
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
            rpc_error: self.rpc_error,
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

/// Where the state of a question comes back to its server.
const REQUEST_STATE: &str = "requestState";

/// What a server of the newer revision calls a result that is a question.
const RESULT_TYPE: &str = "resultType";
const INPUT_REQUIRED: &str = "input_required";

/// Whether it is no result yet, but a question to the client.
pub fn asks_for_input(result: &Value) -> bool {
    result.get(RESULT_TYPE).is_some_and(|kind| kind == INPUT_REQUIRED)
}

fn text_block(block: &Value) -> Option<&str> {
    let is_text = block.get("type").and_then(Value::as_str) == Some("text");
    block.get("text").filter(|_| is_text)?.as_str()
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
        let output = ToolOutput::parse(
            Method::Tool,
            json!({
                "content": [
                    {"type": "text", "text": "one"},
                    {"type": "image", "data": "AAAA", "mimeType": "image/png"},
                    {"type": "resource", "resource": {"uri": "lab://n", "text": "two", "blob": "BBBB"}},
                    {"type": "x-vendor", "data": "three"},
                ],
                "structuredContent": {"key": ["four"]},
                "_meta": {"note": "five"},
            }),
        )
        .expect("a result");
        let texts = output.texts();
        for seen in ["one", "two", "three", "four", "five", "key"] {
            assert!(texts.contains(&seen), "{seen}");
        }
        assert!(!texts.contains(&"AAAA") && !texts.contains(&"BBBB"));
    }

    #[test]
    fn only_complete_media_are_not_read() {
        for block in [
            json!({"type": "words"}),
            json!({"type": {"a": "words"}}),
            json!({"type": "image", "data": "words"}),
            json!({"type": "image", "data": "some words", "mimeType": "image/png"}),
            json!({"type": "image", "data": {"text": "words"}, "mimeType": "image/png"}),
            json!({"type": "resource", "resource": {"blob": "words"}}),
            json!({"type": "resource", "resource": {"uri": "lab://x", "blob": ["words"]}}),
            json!({"type": "image", "data": "AAAA", "mimeType": "image/png", "words": 1}),
        ] {
            let output = ToolOutput::parse(Method::Tool, json!({"content": [block]})).expect("a result");
            assert!(output.texts().iter().any(|text| text.contains("words")), "{block}");
        }
    }

    #[test]
    fn texts_that_the_client_reads_together_stand_together() {
        let blocks = json!({"content": [{"type": "text", "text": "rm"}, {"type": "text", "text": "-rf"}]});
        let output = ToolOutput::parse(Method::Tool, blocks).expect("a result");
        assert_eq!(output.texts()[..2], ["rm", "-rf"]);
        let arguments = json!({"argv": ["rm", "-rf"], "x": 1});
        let call = ToolCall::new(0, "x".into(), arguments.as_object().cloned().expect("an object"));
        assert_eq!(call.texts(), ["rm", "-rf", "argv", "x"]);
    }

    #[test]
    fn text_blocks_join_and_the_rest_stays() {
        let parts = ToolOutput::parse(Method::Tool, json!({"content": [
            {"type": "text", "text": "a"}, {"type": "audio", "data": "x", "mimeType": "audio/wav"}, {"type": "text", "text": "b"},
        ]}))
        .expect("a result")
        .into_parts();
        assert_eq!(parts.text, "a\nb");
        assert_eq!(parts.others, [json!({"type": "audio", "data": "x", "mimeType": "audio/wav"})]);
    }
}
