//! From a line to a message, or to the words that answer it.
//!
//! A tool call is read here and not by rmcp: its decoder tries every kind of request in turn, which copies large
//! arguments several times, and takes a call whose arguments are JSON in a text for an unknown method.

use rmcp::RoleServer;
use rmcp::model::{
    CallToolRequestParams, ClientRequest, ErrorCode, GetMeta as _, JsonRpcMessage, Request, RequestId,
    RequestMetaObject,
};
use rmcp::service::RxJsonRpcMessage;
use serde::Deserialize;
use serde_json::Value;

use crate::json::{self, LARGE, MAX_VALUES};
use crate::lines;

type Message = RxJsonRpcMessage<RoleServer>;

/// A line that is no message.
pub(super) enum Malformed {
    /// Answering could start a storm between two programs that do not understand each other.
    Silent,
    Answer {
        id: Option<Value>,
        code: ErrorCode,
        message: &'static str,
    },
}

/// A `tools/call` as clients and models write it.
#[derive(Deserialize)]
struct ToolCallLine {
    id: Value,
    // Before `params`, so that the line of another method is given up where it says so.
    #[serde(rename = "method")]
    _method: CallMethod,
    params: Option<CallParams>,
}

#[derive(Deserialize)]
enum CallMethod {
    #[serde(rename = "tools/call")]
    Call,
}

#[derive(Deserialize)]
struct CallParams {
    name: Option<Value>,
    arguments: Option<Value>,
    #[serde(rename = "_meta")]
    meta: Option<RequestMetaObject>,
}

pub(super) fn parse(line: &[u8]) -> Result<Message, Malformed> {
    if line.is_empty() {
        return Err(Malformed::Silent);
    }
    if line.len() > LARGE && json::values(line) > MAX_VALUES {
        let message = "this message has more than 500000 JSON values; send less at a time";
        return Err(refusal(lines::message_id(line), ErrorCode::INVALID_REQUEST, message));
    }
    if let Ok(call) = serde_json::from_slice::<ToolCallLine>(line) {
        return tool_call(call);
    }
    serde_json::from_slice(line).map_err(|_| malformed(line))
}

fn tool_call(line: ToolCallLine) -> Result<Message, Malformed> {
    let id = serde_json::from_value::<RequestId>(line.id.clone())
        .map_err(|_| refusal(None, ErrorCode::INVALID_REQUEST, "`id` must be an integer or a text"))?;
    let refuse = |message| refusal(Some(line.id.clone()), ErrorCode::INVALID_PARAMS, message);
    let params = line.params.ok_or_else(|| refuse("`params.name` must name a tool"))?;
    let Some(Value::String(name)) = params.name else { return Err(refuse("`params.name` must name a tool")) };
    let arguments = match params.arguments {
        None | Some(Value::Null) => None,
        Some(Value::Object(arguments)) => Some(arguments),
        Some(Value::String(text)) => Some(
            serde_json::from_str(&text)
                .map_err(|_| refuse("`params.arguments` is a text that is not a JSON object"))?,
        ),
        Some(_) => return Err(refuse("`params.arguments` must be an object")),
    };
    let mut call = CallToolRequestParams::new(name);
    call.arguments = arguments;
    let mut request = ClientRequest::CallToolRequest(Request::new(call));
    if let Some(meta) = params.meta {
        *request.get_meta_mut() = meta;
    }
    Ok(JsonRpcMessage::request(request, id))
}

fn malformed(line: &[u8]) -> Malformed {
    let invalid = ErrorCode::INVALID_REQUEST;
    match serde_json::from_slice::<Value>(line) {
        Err(_) => {
            let id = lines::message_id(line);
            refusal(id, ErrorCode::PARSE_ERROR, "this line is not JSON; send one JSON-RPC message per line")
        }
        Ok(Value::Array(_)) => refusal(
            None,
            invalid,
            "JSON-RPC batches are not part of this protocol; send one message per line",
        ),
        Ok(Value::Object(message)) if message.contains_key("method") => match message.get("id") {
            Some(id) => refusal(Some(id.clone()), invalid, "this request is malformed"),
            None => Malformed::Silent,
        },
        Ok(_) => Malformed::Silent,
    }
}

fn refusal(id: Option<Value>, code: ErrorCode, message: &'static str) -> Malformed {
    Malformed::Answer { id: id.filter(|id| id.is_number() || id.is_string()), code, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(line: &str) -> CallToolRequestParams {
        match parse(line.as_bytes()) {
            Ok(JsonRpcMessage::Request(message)) => match message.request {
                ClientRequest::CallToolRequest(request) => request.params,
                other => panic!("{other:?}"),
            },
            _ => panic!("not a request"),
        }
    }

    #[test]
    fn members_may_come_in_any_order() {
        let one = call(
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{"a":1}}}"#,
        );
        let other = call(
            r#"{"params":{"arguments":"{\"a\":1}","name":"x"},"method":"tools/call","id":"1","jsonrpc":"2.0"}"#,
        );
        assert_eq!(one.arguments, other.arguments);
        assert_eq!(one.name, "x");
    }

    #[test]
    fn the_meta_of_a_call_stays_with_it() {
        let line = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","_meta":{"progressToken":7}}}"#;
        let Ok(JsonRpcMessage::Request(mut message)) = parse(line.as_bytes()) else {
            panic!("not a request")
        };
        assert!(message.request.get_meta_mut().get_progress_token().is_some());
    }

    #[test]
    fn what_is_no_message_is_answered_where_that_helps() {
        let answer = |line: &str| match parse(line.as_bytes()) {
            Err(Malformed::Answer { id, code, .. }) => Some((id, code)),
            Err(Malformed::Silent) => None,
            Ok(_) => panic!("a message"),
        };
        assert_eq!(answer("{oops"), Some((None, ErrorCode::PARSE_ERROR)));
        assert_eq!(answer("[]"), Some((None, ErrorCode::INVALID_REQUEST)));
        assert_eq!(
            answer(r#"{"id":1,"method":"tools/call","params":{"name":7}}"#),
            Some((Some(1.into()), ErrorCode::INVALID_PARAMS))
        );
        assert_eq!(
            answer(r#"{"id":1,"method":"tools/call"}"#),
            Some((Some(1.into()), ErrorCode::INVALID_PARAMS))
        );
        assert_eq!(answer("7"), None);
    }
}
