//! The params of a call: which of them go to a server, and which a person may have written.

use serde_json::Value;

use super::{JsonObject, Method, REQUEST_STATE, ToolCall, blank_at};
use crate::json;

/// A value in a call, by its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A JSON pointer into the arguments.
    Arguments(&'static str),
    /// The same, of a URI that a server finds something by.
    Uri(&'static str),
    /// A member beside them.
    Beside(String),
}

impl Method {
    /// What the protocol knows of params that are no tool's. What else a client sends goes to nobody.
    pub(super) fn known(self, mut params: JsonObject) -> JsonObject {
        let own: &[&str] = match self {
            Self::Tool => return params,
            Self::Prompt => &["name", "arguments"],
            Self::Complete => &["ref", "argument", "context"],
            Self::Resource | Self::Subscribe | Self::Unsubscribe => &["uri"],
        };
        params.retain(|name, _| own.contains(&name.as_str()));
        if self == Self::Complete {
            let reference: &[&str] = match params.get("ref").and_then(|reference| reference["type"].as_str())
            {
                Some("ref/prompt") => &["type", "name", "title"],
                Some("ref/resource") => &["type", "uri"],
                _ => &["type"],
            };
            retain(&mut params, "ref", reference);
            retain(&mut params, "argument", &["name", "value"]);
            retain(&mut params, "context", &["arguments"]);
        }
        params
    }
}

/// Where an object is wanted, nothing else goes either.
fn retain(params: &mut JsonObject, name: &str, own: &[&str]) {
    match params.get_mut(name) {
        Some(Value::Object(members)) => members.retain(|name, _| own.contains(&name.as_str())),
        Some(_) => drop(params.shift_remove(name)),
        None => {}
    }
}

impl ToolCall {
    /// Of a resource that the server itself lists: it is told nothing by its URI.
    #[must_use]
    pub fn listed(mut self, listed: bool) -> Self {
        self.listed = listed;
        self
    }

    /// What a person may have written, beside the arguments as well; not the name that a prompt is found by, which is
    /// the server's own.
    pub fn private_parts(&self) -> Vec<Part> {
        let own: &[Part] = match self.method {
            Method::Tool => &[Part::Arguments("")],
            Method::Prompt => &[Part::Arguments("/arguments")],
            Method::Complete => &[
                Part::Uri("/ref/uri"),
                Part::Arguments("/ref/title"),
                Part::Arguments("/argument"),
                Part::Arguments("/context"),
            ],
            Method::Resource | Method::Subscribe | Method::Unsubscribe if self.listed => &[],
            Method::Resource | Method::Subscribe | Method::Unsubscribe => &[Part::Uri("/uri")],
        };
        let own = own.iter().filter(|part| self.part(part).is_some()).cloned();
        // What a server gave the client to bring back is the server's own.
        let beside = self.beside.keys().filter(|key| *key != REQUEST_STATE);
        own.chain(beside.map(|key| Part::Beside(key.clone()))).collect()
    }

    /// Takes out the texts and the numbers at some places, those beside the arguments included.
    pub fn blank_at(&mut self, is_meant: &dyn Fn(&str) -> bool) {
        blank_at(&mut self.arguments, &mut String::new(), is_meant);
        for (key, value) in &mut self.beside {
            blank_at(value, &mut json::pointer(key), is_meant);
        }
    }

    pub fn part(&self, part: &Part) -> Option<&Value> {
        match part {
            Part::Arguments(pointer) | Part::Uri(pointer) => self.arguments.pointer(pointer),
            Part::Beside(key) => self.beside.get(key),
        }
    }

    pub fn part_mut(&mut self, part: &Part) -> Option<&mut Value> {
        match part {
            Part::Arguments(pointer) | Part::Uri(pointer) => self.arguments.pointer_mut(pointer),
            Part::Beside(key) => self.beside.get_mut(key),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: &Value) -> JsonObject {
        value.as_object().cloned().expect("an object")
    }

    #[test]
    fn what_a_server_gave_to_be_brought_back_is_not_private() {
        let beside = json!({"requestState": "ann@example.com", "_meta": {"phone": 2_025_550_143}});
        let call = ToolCall::new(0, "t".into(), JsonObject::new()).with(object(&beside));
        assert_eq!(call.private_parts(), [Part::Arguments(""), Part::Beside("_meta".to_owned())]);
    }

    #[test]
    fn what_the_protocol_does_not_know_goes_to_nobody() {
        for (method, params, known) in [
            (
                Method::Prompt,
                json!({"name": "p", "arguments": {"a": "b"}, "x": 1}),
                json!({"name": "p", "arguments": {"a": "b"}}),
            ),
            (Method::Resource, json!({"uri": "a:b", "name": "x"}), json!({"uri": "a:b"})),
            (
                Method::Complete,
                json!({"ref": {"type": "ref/prompt", "name": "p", "x": 1}, "argument": {"name": "a", "value": "v", "x": 1}, "context": ["x"]}),
                json!({"ref": {"type": "ref/prompt", "name": "p"}, "argument": {"name": "a", "value": "v"}}),
            ),
            (
                Method::Complete,
                json!({"ref": {"type": "ref/resource", "uri": "a:{b}", "name": {"x": 1}, "title": "t"}}),
                json!({"ref": {"type": "ref/resource", "uri": "a:{b}"}}),
            ),
            (
                Method::Complete,
                json!({"ref": {"type": "ref/prompt", "name": "p", "title": "t", "uri": "a:b"}}),
                json!({"ref": {"type": "ref/prompt", "name": "p", "title": "t"}}),
            ),
            (Method::Complete, json!({"ref": {"type": "x", "uri": "a:b"}}), json!({"ref": {"type": "x"}})),
        ] {
            assert_eq!(Value::Object(method.known(object(&params))), known);
        }
    }
}
