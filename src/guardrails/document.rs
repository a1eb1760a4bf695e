//! What is judged, and how it reads: string by string, as one text, and by JSON pointer.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::embedded::{self, Embedded};
use super::figure::Figure;
use crate::call::{JsonObject, ToolCall, ToolOutput, each_at, each_named, strings};
use crate::config::Server;
use crate::json;

/// Bytes that are searched for repetitions: whoever sends more is checked on the same text twice.
const MAX_EFFORT: usize = 16 << 20;

pub enum Document<'a> {
    Call(&'a ToolCall),
    Output(&'a ToolOutput),
    /// A tool, a prompt or a resource as its server defines it; the headline is how a service reads its name.
    Definition {
        /// Of a tool; what is no tool has none.
        tool: &'a str,
        headline: String,
        object: &'a JsonObject,
    },
    /// What is known of a server.
    Server {
        headline: String,
        texts: Vec<&'a str>,
        /// Where it is judged by its entry, and not by what it says of itself.
        entry: Option<&'a Server>,
    },
    /// What is said beside a call.
    Message(&'a JsonObject),
    /// What a server asks a client: a task by nature.
    Question(&'a JsonObject),
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

pub(super) fn is_vocabulary(word: &str) -> bool {
    VOCABULARY.contains(&word)
}

impl<'a> Document<'a> {
    /// Every string: the values as they follow each other, then the keys.
    pub fn texts(&self) -> Vec<&'a str> {
        match self {
            Self::Call(call) => call.texts(),
            Self::Output(output) => output.texts(),
            Self::Definition { object, .. } | Self::Message(object) | Self::Question(object) => {
                object_texts(object)
            }
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
            Self::Output(output) => {
                let figures = self.telling_figures();
                let mut texts = output.texts();
                texts.extend(figures.iter().map(String::as_str));
                vec![joined(output.visible(), &texts)]
            }
            Self::Definition { headline, object, .. } => with_rest(headline.clone(), &object_texts(object)),
            Self::Server { headline, texts, .. } => with_rest(headline.clone(), texts),
            Self::Message(object) | Self::Question(object) => {
                let figures = self.telling_figures();
                let mut texts = object_texts(object);
                texts.extend(figures.iter().map(String::as_str));
                vec![joined(String::new(), &texts)]
            }
            Self::Words(texts) => vec![texts.join("\n")],
        }
    }

    /// The numbers that could tell of a person, as a service reads them.
    fn telling_figures(&self) -> Vec<String> {
        let figures = self.figures().into_iter().filter(Figure::may_be_private);
        figures.map(|figure| format!("{}: {}", figure.name, figure.written)).collect()
    }

    /// Where these of the `texts` stand that are values, by their addresses.
    pub fn pointers(&self, wanted: &HashSet<*const u8>) -> HashMap<*const u8, String> {
        let mut pointers = HashMap::new();
        let mut note = |pointer: &str, text: &'a str| {
            if wanted.contains(&text.as_ptr()) {
                pointers.insert(text.as_ptr(), pointer.to_owned());
            }
        };
        self.each_root(&mut |mut pointer, value| each_at(value, &mut pointer, &mut note));
        pointers
    }

    /// Goes over what pointers lead into, with the beginning of those.
    pub(super) fn each_root(&self, act: &mut dyn FnMut(String, &'a Value)) {
        let mut members =
            |object: &'a JsonObject| object.iter().for_each(|(key, value)| act(json::pointer(key), value));
        match self {
            Self::Call(call) => {
                members(call.beside());
                act(String::new(), call.arguments());
            }
            Self::Output(output) => members(output.result()),
            Self::Definition { object, .. } => members(object),
            // What stands beside a call has no place in it.
            Self::Message(_) | Self::Question(_) | Self::Server { .. } | Self::Words(_) => {}
        }
    }

    /// Goes over the values that a server wrote under names of its own: what a caller writes into a member called
    /// `password` is what the tool asks for.
    pub(super) fn each_named(&self, act: &mut impl FnMut(&'a str, &'a str)) {
        let mut members = |object: &'a JsonObject| {
            object.iter().for_each(|(name, value)| each_named(name, value, act));
        };
        match self {
            Self::Output(output) => {
                members(output.result());
                output.rpc_error().and_then(Value::as_object).into_iter().for_each(members);
            }
            Self::Message(object) | Self::Question(object) => members(object),
            Self::Call(_) | Self::Definition { .. } | Self::Server { .. } | Self::Words(_) => {}
        }
    }

    /// Goes over the numbers that a server wrote in texts that are JSON.
    pub(super) fn each_embedded_number(&self, act: &mut dyn FnMut(Embedded<'_>)) {
        let texts = match self {
            Self::Output(_) | Self::Message(_) | Self::Question(_) => self.texts(),
            Self::Call(_) | Self::Definition { .. } | Self::Server { .. } | Self::Words(_) => Vec::new(),
        };
        let mut seen = HashSet::with_capacity(texts.len());
        let fresh = texts.into_iter().filter(|text| seen.insert(text.as_ptr()));
        fresh.for_each(|text| embedded::each_number(text, act));
    }

    /// The same without the texts and numbers at some places, where they can be taken out.
    pub(super) fn without(&self, is_exempt: &dyn Fn(&str) -> bool) -> Option<Blanked> {
        match self {
            Self::Call(call) => {
                let mut call = (*call).clone();
                call.blank_at(is_exempt);
                Some(Blanked::Call(call))
            }
            Self::Output(output) => {
                let mut output = (*output).clone();
                output.blank_at(is_exempt);
                Some(Blanked::Output(output))
            }
            _ => None,
        }
    }
}

/// A document of which some texts have been taken out.
pub(super) enum Blanked {
    Call(ToolCall),
    Output(ToolOutput),
}

impl Blanked {
    pub(super) fn document(&self) -> Document<'_> {
        match self {
            Self::Call(call) => Document::Call(call),
            Self::Output(output) => Document::Output(output),
        }
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
    let mut seen: HashSet<&str> = said.lines().collect();
    let mut telling = Vec::new();
    let mut effort = MAX_EFFORT;
    for text in texts.iter().copied() {
        if text.trim().is_empty() || VOCABULARY.contains(&text) || !seen.insert(text) {
            continue;
        }
        effort = effort.saturating_sub(said.len());
        if effort == 0 || !said.contains(text) {
            telling.push(text);
        }
    }
    telling
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::call::Method;

    #[test]
    fn a_place_has_one_pointer_whoever_asks() {
        let odd = json!({"a/b": "1", "m~n": {"p/q": ["2"]}, "~1": "3", "plain": "4"});
        let output = ToolOutput::parse(Method::Prompt, odd.clone()).expect("a result");
        let document = Document::Output(&output);
        let mut texts = Vec::new();
        output.result().values().for_each(|value| crate::call::values(value, &mut texts));
        let texts = texts.into_iter().map(str::as_ptr).collect();
        let mut told: Vec<String> = document.pointers(&texts).into_values().collect();
        told.sort();
        assert_eq!(told, ["/a~1b", "/m~0n/p~1q/0", "/plain", "/~01"]);
        let asked = std::cell::RefCell::new(Vec::new());
        let note = |pointer: &str| {
            asked.borrow_mut().push(pointer.to_owned());
            false
        };
        document.without(&note);
        let mut asked = asked.into_inner();
        asked.sort();
        assert_eq!(asked, told);
        assert!(told.iter().all(|pointer| odd.pointer(pointer).is_some()));
    }
}
