//! JSON-RPC messages as text, written once and never through a model that could drop something.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::json;

pub mod protocol;

/// A message that the gateway answers, ready for the wire.
#[derive(Debug)]
pub struct Frame {
    pub text: Vec<u8>,
    /// The code, where it is an error: HTTP has a status for some.
    pub error: Option<i64>,
}

/// The error of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct RpcError {
    pub code: i64,
    pub message: Cow<'static, str>,
    pub data: Option<Value>,
}

/// A message as it came, its members told apart: one that is `null` is there, one that is absent is not.
#[derive(Deserialize)]
pub struct Envelope {
    pub jsonrpc: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    pub id: Option<Value>,
    pub method: Option<Value>,
    pub params: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    pub result: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    pub error: Option<Value>,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl RpcError {
    pub const PARSE: i64 = -32_700;
    pub const INVALID_REQUEST: i64 = -32_600;
    pub const METHOD_NOT_FOUND: i64 = -32_601;
    pub const INVALID_PARAMS: i64 = -32_602;
    pub const INTERNAL: i64 = -32_603;
    /// Of the revisions with a handshake.
    pub const RESOURCE_NOT_FOUND: i64 = -32_002;
    /// The client asks for a protocol version that is not spoken here.
    pub const UNSUPPORTED_VERSION: i64 = -32_022;
    /// The headers of a request say something else than its body.
    pub const HEADER_MISMATCH: i64 = -32_020;
    /// The request needs something of the client that it did not declare.
    pub const MISSING_CAPABILITY: i64 = -32_021;

    pub fn new(code: i64, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    #[must_use]
    pub fn with_data(mut self, data: Value) -> Self {
        self.data = Some(data);
        self
    }

    /// The error object of the wire.
    pub fn to_value(&self) -> Value {
        let mut error = Map::new();
        error.insert("code".to_owned(), self.code.into());
        error.insert("message".to_owned(), self.message.as_ref().into());
        if let Some(data) = &self.data {
            error.insert("data".to_owned(), data.clone());
        }
        Value::Object(error)
    }
}

impl Frame {
    /// The answer to a request; `write` puts the JSON of the result.
    pub fn result(id: &Value, write: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut text = br#"{"jsonrpc":"2.0","id":"#.to_vec();
        json::write(id, &mut text);
        text.extend_from_slice(br#","result":"#);
        write(&mut text);
        text.push(b'}');
        Self { text, error: None }
    }

    /// An error, to nobody in particular where the request's id could not be read.
    pub fn error(id: Option<&Value>, error: &RpcError) -> Self {
        let mut text = br#"{"jsonrpc":"2.0","id":"#.to_vec();
        json::write(id.unwrap_or(&Value::Null), &mut text);
        text.extend_from_slice(br#","error":"#);
        json::write(&error.to_value(), &mut text);
        text.push(b'}');
        Self { text, error: Some(error.code) }
    }

    /// The error of a server behind us, as it wrote it.
    pub fn relayed(id: &Value, error: &Value) -> Self {
        let mut text = br#"{"jsonrpc":"2.0","id":"#.to_vec();
        json::write(id, &mut text);
        text.extend_from_slice(br#","error":"#);
        json::write(error, &mut text);
        text.push(b'}');
        // Only what the client lacks is for the transport to say: other codes speak of the server's own affairs.
        let code = error.get("code").and_then(Value::as_i64);
        Self { text, error: code.filter(|code| *code == RpcError::MISSING_CAPABILITY) }
    }

    pub fn of(id: &Value, outcome: Result<Value, RpcError>) -> Self {
        match outcome {
            Ok(result) => Self::result(id, |text| json::write(&result, text)),
            Err(error) => Self::error(Some(id), &error),
        }
    }
}

pub fn request(id: i64, method: &str, params: &Map<String, Value>) -> Vec<u8> {
    let mut text = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"#).into_bytes();
    put_call(method, params, &mut text);
    text
}

pub fn notification(method: &str, params: &Map<String, Value>) -> Vec<u8> {
    let mut text = br#"{"jsonrpc":"2.0","method":"#.to_vec();
    put_call(method, params, &mut text);
    text
}

fn put_call(method: &str, params: &Map<String, Value>, text: &mut Vec<u8>) {
    json::write(&method.into(), text);
    if !params.is_empty() {
        text.extend_from_slice(br#","params":"#);
        json::write_object(params, text);
    }
    text.push(b'}');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &[u8]) -> Value {
        serde_json::from_slice(text).expect("JSON")
    }

    #[test]
    fn frames_are_messages() {
        let frame = Frame::of(&json!("a"), Ok(json!({"x": 1})));
        assert_eq!(read(&frame.text), json!({"jsonrpc": "2.0", "id": "a", "result": {"x": 1}}));
        let error = RpcError::new(RpcError::INVALID_PARAMS, "no").with_data(json!([1]));
        let frame = Frame::error(None, &error);
        assert_eq!(frame.error, Some(-32_602));
        let expected =
            json!({"jsonrpc": "2.0", "id": null, "error": {"code": -32_602, "message": "no", "data": [1]}});
        assert_eq!(read(&frame.text), expected);
    }

    #[test]
    fn of_a_servers_errors_only_what_the_client_lacks_is_the_transports_business() {
        for (code, seen) in [(-32_021, Some(-32_021)), (-32_601, None), (-32_602, None)] {
            let frame = Frame::relayed(&json!(1), &json!({"code": code, "message": "m", "x": 1}));
            assert_eq!((frame.error, &read(&frame.text)["error"]["x"]), (seen, &json!(1)));
        }
    }

    #[test]
    fn params_are_left_out_where_there_are_none() {
        let none = Map::new();
        assert_eq!(read(&notification("n", &none)), json!({"jsonrpc": "2.0", "method": "n"}));
        let some = Map::from_iter([("k".to_owned(), json!(1))]);
        let expected = json!({"jsonrpc": "2.0", "id": 7, "method": "m", "params": {"k": 1}});
        assert_eq!(read(&request(7, "m", &some)), expected);
    }
}
