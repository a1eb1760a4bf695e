//! What is judged, and how it reads: string by string, as one text, and by JSON pointer.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::call::{JsonObject, ToolCall, ToolOutput, strings};
use crate::json;

/// Where a search for repetitions stops: whoever sends more is checked on the same text twice.
const MAX_REPETITIONS: usize = 512;

pub enum Document<'a> {
    Call(&'a ToolCall),
    Output(&'a ToolOutput),
    /// A tool, a prompt or a resource as its server defines it; the headline is how a service reads its name.
    Definition {
        headline: String,
        object: &'a JsonObject,
    },
    /// What is known of a server.
    Server {
        headline: String,
        texts: Vec<&'a str>,
    },
    Message(&'a JsonObject),
    Words(Vec<&'a str>),
}

/// Words of the protocol and of JSON Schema. They say nothing to a reader, so no service has to read them.
const VOCABULARY: [&str; 64] = [
    "$defs",
    "$ref",
    "$schema",
    "_meta",
    "additionalProperties",
    "allOf",
    "annotations",
    "anyOf",
    "array",
    "audio",
    "blob",
    "boolean",
    "const",
    "content",
    "contents",
    "data",
    "default",
    "description",
    "destructiveHint",
    "enum",
    "execution",
    "format",
    "icons",
    "idempotentHint",
    "image",
    "inputSchema",
    "integer",
    "isError",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "messages",
    "mimeType",
    "minItems",
    "minLength",
    "minimum",
    "name",
    "null",
    "number",
    "object",
    "oneOf",
    "openWorldHint",
    "outputSchema",
    "pattern",
    "properties",
    "readOnlyHint",
    "required",
    "resource",
    "resource_link",
    "result",
    "role",
    "size",
    "string",
    "structuredContent",
    "text",
    "text/plain",
    "title",
    "type",
    "uri",
    "uriTemplate",
    "http://json-schema.org/draft-07/schema#",
    "https://json-schema.org/draft/2020-12/schema",
    "taskSupport",
];

impl<'a> Document<'a> {
    /// Every string: the values as they follow each other, then the keys.
    pub fn texts(&self) -> Vec<&'a str> {
        match self {
            Self::Call(call) => call.texts(),
            Self::Output(output) => output.texts(),
            Self::Definition { object, .. } | Self::Message(object) => object_texts(object),
            Self::Server { texts, .. } | Self::Words(texts) => texts.clone(),
        }
    }

    /// As a service is asked about it: in one text, or in the headline and the rest.
    pub fn whole(&self) -> Vec<String> {
        match self {
            Self::Call(call) => {
                let mut text = json::sorted(call.arguments());
                if !call.beside().is_empty() {
                    text.push('\n');
                    text.push_str(&json::sorted(&Value::Object(call.beside().clone())));
                }
                vec![text]
            }
            Self::Output(output) => vec![joined(output.visible(), &output.texts())],
            Self::Definition { headline, object } => with_rest(headline.clone(), &object_texts(object)),
            Self::Server { headline, texts } => with_rest(headline.clone(), texts),
            Self::Message(object) => vec![joined(String::new(), &object_texts(object))],
            Self::Words(texts) => vec![texts.join("\n")],
        }
    }

    /// Where each of the `texts` stands that is a value, by its address.
    pub fn pointers(&self) -> HashMap<*const u8, String> {
        let mut pointers = HashMap::new();
        match self {
            Self::Call(call) => {
                point(call.arguments(), "", &mut pointers);
                point_members(call.beside(), &mut pointers);
            }
            Self::Output(output) => point_members(output.result(), &mut pointers),
            Self::Definition { object, .. } | Self::Message(object) => point_members(object, &mut pointers),
            Self::Server { .. } | Self::Words(_) => {}
        }
        pointers
    }
}

fn object_texts(object: &JsonObject) -> Vec<&str> {
    let mut texts = Vec::new();
    for (key, value) in object {
        texts.push(key.as_str());
        strings(value, &mut texts);
    }
    texts
}

/// The rest is what the headline does not say already.
fn with_rest(headline: String, texts: &[&str]) -> Vec<String> {
    let rest: Vec<&str> = telling(&headline, texts);
    if rest.is_empty() {
        return vec![headline];
    }
    let rest = rest.join("\n");
    vec![headline, rest]
}

fn joined(visible: String, texts: &[&str]) -> String {
    let mut text = visible;
    for more in telling(&text.clone(), texts) {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(more);
    }
    text
}

/// The texts that say something that has not been said.
fn telling<'t>(said: &str, texts: &[&'t str]) -> Vec<&'t str> {
    let mut seen = HashSet::new();
    let mut telling = Vec::new();
    for text in texts.iter().copied() {
        let says_nothing = text.trim().is_empty() || VOCABULARY.contains(&text);
        if says_nothing || !seen.insert(text) || seen.len() <= MAX_REPETITIONS && said.contains(text) {
            continue;
        }
        telling.push(text);
    }
    telling
}

fn point_members(object: &JsonObject, pointers: &mut HashMap<*const u8, String>) {
    for (key, value) in object {
        point(value, &segment("", key), pointers);
    }
}

fn point(value: &Value, path: &str, pointers: &mut HashMap<*const u8, String>) {
    match value {
        Value::String(text) => {
            pointers.insert(text.as_ptr(), path.to_owned());
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                point(item, &segment(path, &at.to_string()), pointers);
            }
        }
        Value::Object(members) => {
            for (key, value) in members {
                point(value, &segment(path, key), pointers);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn segment(path: &str, key: &str) -> String {
    format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"))
}
