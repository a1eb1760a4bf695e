//! From a text to a message, or to the words that answer it. stdio and HTTP read the same way.

use serde_json::Value;

use crate::call::JsonObject;
use crate::json::{self, LARGE, MAX_VALUES};
use crate::lines;
use crate::rpc::{Envelope, Frame, RpcError};

/// What a client sends.
pub(super) enum Message {
    Request(Request),
    Notification {
        method: String,
        params: JsonObject,
    },
    /// The result of a question of ours, or the error object.
    Answer {
        id: Value,
        outcome: Result<Value, Value>,
    },
}

pub(super) struct Request {
    /// An integer or a text.
    pub(super) id: Value,
    pub(super) method: String,
    pub(super) params: JsonObject,
    /// `_meta`, taken out of the params.
    pub(super) meta: JsonObject,
}

/// A text that is no message.
pub(super) enum Malformed {
    /// Answering could start a storm between two programs that do not understand each other.
    Silent,
    Answer(Frame),
}

/// What a text that is no message is answered with.
#[cfg(fuzzing)]
pub fn answer_to_malformed(text: &[u8]) -> Option<Vec<u8>> {
    match parse(text) {
        Err(Malformed::Answer(frame)) => Some(frame.text),
        _ => None,
    }
}

pub(super) fn parse(text: &[u8]) -> Result<Message, Malformed> {
    let text = json::without_mark(text);
    if text.is_empty() {
        return Err(Malformed::Silent);
    }
    if text.len() > LARGE && json::values(text) > MAX_VALUES {
        let message = format!("this message has more than {MAX_VALUES} JSON values; send less at a time");
        return Err(refusal(lines::message_id(text), RpcError::INVALID_REQUEST, message));
    }
    // A list with a value for each member would be read as one.
    if text.trim_ascii_start().starts_with(b"[") {
        return Err(malformed(text));
    }
    match json::read::<Envelope>(text) {
        Ok(envelope) if envelope.method.is_some() => call(envelope),
        Ok(Envelope { id: Some(id), result: Some(result), .. }) => Ok(answer(id, Ok(result))),
        Ok(Envelope { id: Some(id), error: Some(error), .. }) => Ok(answer(id, Err(error))),
        // Whoever asked waits, and hears that nothing came.
        Ok(Envelope { id: Some(id), method: None, .. }) => {
            let message = "an answer with neither `result` nor `error`";
            Ok(answer(id, Err(serde_json::json!({"code": RpcError::INTERNAL, "message": message}))))
        }
        Ok(_) => Err(Malformed::Silent),
        Err(_) => Err(malformed(text)),
    }
}

/// A request, or a notification where there is no `id`.
fn call(envelope: Envelope) -> Result<Message, Malformed> {
    let version = envelope.jsonrpc.is_some_and(|version| version == "2.0");
    let method = envelope.method.and_then(|method| method.as_str().map(str::to_owned));
    let params = match envelope.params {
        None | Some(Value::Null) => Some(JsonObject::new()),
        Some(Value::Object(params)) => Some(params),
        Some(_) => None,
    };
    match (envelope.id, method) {
        (None, Some(method)) if version => {
            let params = params.ok_or(Malformed::Silent)?;
            Ok(Message::Notification { method, params })
        }
        (None, _) => Err(Malformed::Silent),
        (Some(id), Some(method)) if version && lines::is_id(&id) => {
            let expected = "`params` must be an object";
            let mut params =
                params.ok_or_else(|| refusal(Some(id.clone()), RpcError::INVALID_PARAMS, expected))?;
            let meta = match params.shift_remove("_meta") {
                Some(Value::Object(meta)) => meta,
                _ => JsonObject::new(),
            };
            Ok(Message::Request(Request { id, method, params, meta }))
        }
        (Some(id), method) => {
            let expected = match method {
                None => "`method` must be a string",
                Some(_) if !version => "`jsonrpc` must be \"2.0\"",
                Some(_) => "`id` must be a string or a whole number",
            };
            Err(refusal(Some(id), RpcError::INVALID_REQUEST, expected))
        }
    }
}

fn answer(id: Value, outcome: Result<Value, Value>) -> Message {
    Message::Answer { id, outcome }
}

fn malformed(text: &[u8]) -> Malformed {
    match json::read::<Value>(text) {
        Err(error) => {
            let why = json::reason(&error).map(|why| format!(" ({why})")).unwrap_or_default();
            let message = format!(
                "this cannot be read as JSON{why}; send one JSON-RPC message (over stdio: one per line)"
            );
            refusal(lines::message_id(text), RpcError::PARSE, message)
        }
        Ok(Value::Array(_)) => {
            let message = "several messages at once, which only the revision 2025-03-26 has, are not taken; send one at a time";
            refusal(None, RpcError::INVALID_REQUEST, message)
        }
        Ok(_) => Malformed::Silent,
    }
}

pub(super) fn refusal(
    id: Option<Value>,
    code: i64,
    message: impl Into<std::borrow::Cow<'static, str>>,
) -> Malformed {
    let id = id.filter(|id| id.is_number() || id.is_string());
    Malformed::Answer(Frame::error(id.as_ref(), &RpcError::new(code, message)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(text: &str) -> Request {
        match parse(text.as_bytes()) {
            Ok(Message::Request(request)) => request,
            _ => panic!("not a request: {text}"),
        }
    }

    #[test]
    fn members_may_come_in_any_order() {
        for text in [
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","_meta":{"progressToken":7}}}"#,
            r#"{"params":{"_meta":{"progressToken":7},"name":"x"},"method":"tools/call","id":1,"jsonrpc":"2.0"}"#,
        ] {
            let request = request(text);
            assert_eq!((&request.id, request.method.as_str()), (&json!(1), "tools/call"));
            assert_eq!(Value::Object(request.params), json!({"name": "x"}));
            assert_eq!(Value::Object(request.meta), json!({"progressToken": 7}));
        }
    }

    #[test]
    fn answers_are_told_from_requests() {
        let outcome = |text: &str| match parse(text.as_bytes()) {
            Ok(Message::Answer { outcome, .. }) => Some(outcome),
            _ => None,
        };
        assert_eq!(outcome(r#"{"jsonrpc":"2.0","id":1,"result":null}"#), Some(Ok(Value::Null)));
        assert_eq!(outcome(r#"{"jsonrpc":"2.0","id":1,"error":{"code":1}}"#), Some(Err(json!({"code": 1}))));
        let nothing = outcome(r#"{"jsonrpc":"2.0","id":1}"#).expect("an answer").expect_err("an error");
        assert!(nothing["message"].as_str().expect("text").contains("neither"), "{nothing}");
    }

    #[test]
    fn what_is_no_message_is_answered_where_that_helps() {
        let answer = |text: &str| match parse(text.as_bytes()) {
            Err(Malformed::Answer(frame)) => {
                let answer: Value = serde_json::from_slice(&frame.text).expect("JSON");
                Some((answer["id"].clone(), frame.error.expect("an error")))
            }
            Err(Malformed::Silent) => None,
            Ok(_) => panic!("a message"),
        };
        assert_eq!(answer("{oops"), Some((Value::Null, RpcError::PARSE)));
        for list in ["[]", r#"["2.0",1,"ping",null,null,null]"#] {
            assert_eq!(answer(list), Some((Value::Null, RpcError::INVALID_REQUEST)), "{list}");
        }
        let wrong = r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":7}"#;
        assert_eq!(answer(wrong), Some((json!(1), RpcError::INVALID_PARAMS)));
        assert_eq!(
            answer(r#"{"jsonrpc":"2.0","id":1,"method":7}"#),
            Some((json!(1), RpcError::INVALID_REQUEST))
        );
        assert_eq!(answer(r#"{"jsonrpc":"2.0","method":7}"#), None);
        assert_eq!(answer("7"), None);
    }
}
