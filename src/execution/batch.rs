//! A batch as the client asked for it: its server exists, it is not empty, and each item has been read.
//!
//! Items are read kindly: models spell `name` and `args` in many ways.

use std::sync::Arc;

use serde_json::Value;

use super::audit;
use crate::call::{JsonObject, Method, ToolCall};
use crate::config::{OnFailure, Server, SessionMode, Use};
use crate::fault::{self, ErrorCode, Fault};
use crate::json;
use crate::scope::Scope;

const NAME_KEYS: [&str; 6] = ["name", "tool_name", "tool", "function", "function_name", "function_id"];

const ARGUMENT_KEYS: [&str; 9] = [
    "args",
    "arguments",
    "tool_arguments",
    "tool_input_arguments",
    "tool_args",
    "tool_input_args",
    "parameters",
    "input",
    "params",
];

/// Never empty: an empty list is a question for the tools, which the gateway answers elsewhere.
#[derive(Debug)]
pub struct Batch {
    pub(super) server: Arc<Server>,
    /// Only a batch of one asks for something besides tools.
    pub(super) method: Method,
    pub(super) mode: SessionMode,
    pub(super) calls: Vec<Requested>,
    pub(super) continues: bool,
    pub(super) max_argument_bytes: usize,
}

/// One item of the list.
#[derive(Debug)]
pub(super) enum Requested {
    Call(ToolCall),
    /// The item cannot be read; the text says how it should look.
    Unreadable {
        index: usize,
        tool: Option<String>,
        problem: String,
    },
}

#[derive(Debug, thiserror::Error)]
pub enum BatchFault {
    #[error("there is no server `{name}`")]
    UnknownServer { name: String, known: Vec<String> },
    #[error("the batch has {count} calls, and at most {limit} are allowed")]
    TooMany { count: usize, limit: usize },
}

impl Batch {
    /// `None` for an empty list.
    pub fn parse(scope: &Scope, server: &str, items: Vec<Value>) -> Result<Option<Self>, BatchFault> {
        Self::read(scope, server, items).inspect_err(|fault| audit::no_batch(scope, server, fault.code()))
    }

    fn read(scope: &Scope, server: &str, items: Vec<Value>) -> Result<Option<Self>, BatchFault> {
        let limits = &scope.settings.limits;
        let server = find(scope, server)?;
        if items.len() > limits.max_calls_per_batch {
            return Err(BatchFault::TooMany { count: items.len(), limit: limits.max_calls_per_batch });
        }
        let calls: Vec<Requested> =
            items.into_iter().enumerate().map(|(index, item)| Requested::parse(index, item)).collect();
        Ok((!calls.is_empty()).then(|| Self {
            method: Method::Tool,
            mode: server.session.mode_for(Use::Batch, scope.settings.exposure),
            server,
            calls,
            continues: scope.settings.on_failure == OnFailure::Continue,
            max_argument_bytes: limits.max_argument_bytes,
        }))
    }

    /// One call of a client that makes its calls one by one: what they leave behind in a server is kept.
    pub fn single(scope: &Scope, server: Arc<Server>, call: ToolCall) -> Self {
        Self {
            method: call.method,
            mode: server.session.mode_for(Use::Single, scope.settings.exposure),
            server,
            calls: vec![Requested::Call(call)],
            continues: false,
            max_argument_bytes: scope.settings.limits.max_argument_bytes,
        }
    }
}

/// The caller's server of that name.
pub(crate) fn find(scope: &Scope, name: &str) -> Result<Arc<Server>, BatchFault> {
    scope.caller.config.find(name).cloned().ok_or_else(|| BatchFault::UnknownServer {
        name: fault::shown(name, 100),
        known: scope.caller.config.names().map(ToString::to_string).collect(),
    })
}

impl Requested {
    fn parse(index: usize, item: Value) -> Self {
        let unreadable = |tool, problem: &str| Self::Unreadable { index, tool, problem: problem.to_owned() };
        let item = match item {
            Value::String(text) => json::read(text.as_bytes()).unwrap_or(Value::Null),
            other => other,
        };
        let Value::Object(mut item) = item else {
            return unreadable(None, "it is not an object; write {\"name\": \"TOOL\", \"args\": {…}}");
        };
        let Some(name) =
            first(&mut item, &NAME_KEYS, truthy_text).and_then(|name| name.as_str().map(str::to_owned))
        else {
            return unreadable(None, "it names no tool; write {\"name\": \"TOOL\", \"args\": {…}}");
        };
        let arguments = match first(&mut item, &ARGUMENT_KEYS, truthy) {
            None => JsonObject::new(),
            Some(Value::Object(arguments)) => arguments,
            Some(Value::String(text)) => match json::read(text.as_bytes()) {
                Ok(Value::Object(arguments)) => arguments,
                _ => {
                    return unreadable(
                        Some(name),
                        "`args` is a text that is not a JSON object; write an object",
                    );
                }
            },
            Some(_) => {
                return unreadable(Some(name), "`args` is not an object; write {\"parameter\": value}");
            }
        };
        Self::Call(ToolCall::new(index, name.into(), arguments))
    }
}

/// The value of the first key that has a useful one.
fn first(item: &mut JsonObject, keys: &[&str], useful: fn(&Value) -> bool) -> Option<Value> {
    let key = keys.iter().find(|key| item.get(**key).is_some_and(useful))?;
    item.shift_remove(*key)
}

fn truthy_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

impl Fault for BatchFault {
    fn code(&self) -> ErrorCode {
        match self {
            Self::UnknownServer { .. } => ErrorCode::ServerNotFound,
            Self::TooMany { .. } => ErrorCode::LimitExceeded,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::UnknownServer { known, .. } if known.is_empty() => {
                "no server is configured for this key".to_owned()
            }
            Self::UnknownServer { known, .. } => format!("the servers are: {}", known.join(", ")),
            Self::TooMany { .. } => {
                "split the batch, or raise `max_calls_per_batch` in `common_mcp_gateway_config`".to_owned()
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(item: Value) -> ToolCall {
        match Requested::parse(0, item) {
            Requested::Call(call) => call,
            Requested::Unreadable { problem, .. } => panic!("{problem}"),
        }
    }

    #[test]
    fn every_alias_is_read() {
        for name in NAME_KEYS {
            for arguments in ARGUMENT_KEYS {
                let call = call(json!({name: "echo", arguments: {"message": "hi"}}));
                assert_eq!(call.tool.as_str(), "echo");
                assert_eq!(call.arguments()["message"], "hi");
            }
        }
    }

    #[test]
    fn the_first_useful_key_wins() {
        let call = call(json!({"name": "", "tool": "echo", "args": null, "params": "{\"a\": 1}"}));
        assert_eq!(call.tool.as_str(), "echo");
        assert_eq!(call.arguments()["a"], 1);
    }

    #[test]
    fn what_cannot_be_read_says_how_to_write_it() {
        for item in [
            json!("text"),
            json!(7),
            json!({"args": {}}),
            json!({"name": "x", "args": [1]}),
            json!({"name": 7}),
        ] {
            assert!(matches!(Requested::parse(3, item), Requested::Unreadable { index: 3, .. }));
        }
    }
}
