//! The arguments of a gateway tool, read kindly: models send JSON as text, `null` for nothing, "true" for true.

use serde_json::Value;

use crate::call::JsonObject;
use crate::client::Severity;
use crate::fault::{ErrorCode, Fault};
use crate::json;
use crate::rpc::RpcError;
use crate::tool::{OfferKind, Repeated};

pub(super) struct Arguments(JsonObject);

#[derive(Debug, thiserror::Error)]
#[error("the argument `{name}` {problem}")]
pub(super) struct ArgumentFault {
    name: &'static str,
    problem: &'static str,
}

/// A `tools/call` as a client writes it.
pub(super) struct Call {
    pub(super) name: String,
    pub(super) arguments: JsonObject,
    /// What goes to a server with them.
    pub(super) beside: JsonObject,
    pub(super) repeated: Option<Repeated>,
}

/// Answers to what a server asked for in its last result, and what it wants to be reminded of.
pub(super) const PASSED_ON: [&str; 2] = ["inputResponses", "requestState"];

/// Of `_meta`, what belongs to the connection between the client and the gateway.
const PROTOCOL_META: &str = "io.modelcontextprotocol/";

/// Reads the params of a `tools/call`, and their `_meta`.
pub(super) fn of_call(mut params: JsonObject, meta: JsonObject) -> Result<Call, RpcError> {
    let refuse = |message| RpcError::new(RpcError::INVALID_PARAMS, message);
    let Some(Value::String(name)) = params.shift_remove("name") else {
        return Err(refuse("`params.name` must name a tool"));
    };
    let arguments = match params.shift_remove("arguments") {
        None | Some(Value::Null) => JsonObject::new(),
        Some(Value::Object(arguments)) => arguments,
        Some(Value::String(text)) => json::read(text.as_bytes())
            .map_err(|_| refuse("`params.arguments` is a text that is not a JSON object"))?,
        Some(_) => return Err(refuse("`params.arguments` must be an object")),
    };
    let (_, beside) = of_request(params, meta);
    Ok(Call { name, arguments, beside, repeated: None })
}

/// Reads the params of `logging/setLevel`.
pub(super) fn level(params: &JsonObject) -> Result<Severity, RpcError> {
    let level = params.get("level").and_then(Value::as_str).and_then(Severity::parse);
    level.ok_or_else(|| RpcError::new(RpcError::INVALID_PARAMS, "`params.level` is no log level"))
}

/// Lists are given whole, so no cursor is ours.
pub(super) fn refuse_cursor(method: &str, params: &JsonObject) -> Result<(), RpcError> {
    let given = params.get("cursor").is_some_and(|cursor| !cursor.is_null() && cursor != "");
    let is_list = method == "tools/list" || OfferKind::ALL.iter().any(|kind| kind.method() == method);
    if given && is_list {
        let message = "`params.cursor` is none of this gateway's: its lists have one page";
        return Err(RpcError::new(RpcError::INVALID_PARAMS, message));
    }
    Ok(())
}

/// Parts the params of a request from what goes to a server beside them.
pub(super) fn of_request(mut params: JsonObject, mut meta: JsonObject) -> (JsonObject, JsonObject) {
    let mut beside = JsonObject::new();
    for key in PASSED_ON {
        if let Some(value) = params.shift_remove(key).filter(|value| !value.is_null()) {
            beside.insert(key.to_owned(), value);
        }
    }
    meta.retain(|key, _| key != "progressToken" && !key.starts_with(PROTOCOL_META));
    if !meta.is_empty() {
        beside.insert("_meta".to_owned(), Value::Object(meta));
    }
    (params, beside)
}

impl Call {
    /// Whether it brings what an earlier answer asked for.
    pub(super) fn comes_back(&self) -> bool {
        PASSED_ON.iter().any(|key| self.beside.contains_key(*key))
    }
}

impl Arguments {
    pub(super) fn new(arguments: JsonObject) -> Self {
        Self(arguments)
    }

    pub(super) fn required_text(&mut self, name: &'static str) -> Result<String, ArgumentFault> {
        self.text(name)?.ok_or(ArgumentFault { name, problem: "is missing; it is a text" })
    }

    /// An empty text counts as none.
    pub(super) fn text(&mut self, name: &'static str) -> Result<Option<String>, ArgumentFault> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text).filter(|text| !text.is_empty())),
            Some(_) => Err(ArgumentFault { name, problem: "must be a text" }),
        }
    }

    pub(super) fn flag(&mut self, name: &'static str) -> Result<Option<bool>, ArgumentFault> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(_) => Err(ArgumentFault { name, problem: "must be true or false" }),
        }
    }

    /// A list, a text that is one in JSON, or a single object, which is a list of one.
    pub(super) fn list(&mut self, name: &'static str) -> Result<Vec<Value>, ArgumentFault> {
        let value = match self.take(name) {
            None => return Ok(Vec::new()),
            Some(Value::String(text)) if text.trim().is_empty() => return Ok(Vec::new()),
            Some(Value::String(text)) => json::read(text.as_bytes()).unwrap_or(Value::Null),
            Some(value) => value,
        };
        match value {
            Value::Array(items) => Ok(items),
            Value::Object(_) => Ok(vec![value]),
            _ => Err(ArgumentFault { name, problem: "must be a list of {\"name\": tool, \"args\": object}" }),
        }
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        self.0.shift_remove(name).filter(|value| !value.is_null())
    }
}

impl Fault for ArgumentFault {
    fn code(&self) -> ErrorCode {
        ErrorCode::InvalidArguments
    }

    fn hint(&self) -> Option<String> {
        Some("`tools/list` has the input schema of this tool".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn arguments(value: &Value) -> Arguments {
        Arguments::new(value.as_object().cloned().unwrap_or_default())
    }

    #[test]
    fn json_in_a_text_is_read() {
        let mut given =
            arguments(&json!({"a": "[{\"name\": \"x\"}]", "b": "False", "c": null, "d": {"name": "y"}}));
        assert_eq!(given.list("a").expect("a list"), [json!({"name": "x"})]);
        assert_eq!(given.flag("b").expect("a flag"), Some(false));
        assert_eq!(given.text("c").expect("nothing"), None);
        assert_eq!(given.list("d").expect("a list").len(), 1);
        assert_eq!(given.list("absent").expect("nothing").len(), 0);
    }

    #[test]
    fn a_request_that_brings_nothing_back_may_say_so() {
        let params = |state: Value| {
            let params = json!({"name": "x", "requestState": state, "inputResponses": null});
            of_call(params.as_object().cloned().unwrap_or_default(), JsonObject::new()).expect("a call")
        };
        assert!(!params(Value::Null).comes_back() && params(json!("s")).comes_back());
    }

    #[test]
    fn other_types_are_refused_by_name() {
        let mut given = arguments(&json!({"a": 7, "b": "[oops", "c": [true]}));
        assert_eq!(given.text("a").expect_err("a number").to_string(), "the argument `a` must be a text");
        assert!(given.list("b").is_err());
        assert!(given.flag("c").is_err());
    }
}
