//! What of a message has to be known to carry it over HTTP.

use base64::Engine as _;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::downstream::request::Mirrored;
use crate::rpc::protocol::CANCELLED;

/// A message that goes out.
#[derive(Default, Deserialize)]
pub(super) struct Outline {
    id: Option<Value>,
    method: Option<String>,
    #[serde(default)]
    params: Option<Params>,
    #[serde(skip)]
    mirrored: Mirrored,
}

#[derive(Deserialize)]
struct Params {
    name: Option<String>,
    uri: Option<String>,
    #[serde(rename = "requestId")]
    request_id: Option<Value>,
    #[serde(rename = "_meta")]
    meta: Option<Meta>,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(rename = "io.modelcontextprotocol/protocolVersion")]
    version: Option<String>,
}

#[derive(Deserialize)]
struct Incoming {
    id: Option<Value>,
    method: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Initialized {
    result: Option<Version>,
}

#[derive(Deserialize)]
struct Version {
    #[serde(rename = "protocolVersion")]
    version: String,
}

impl Outline {
    pub(super) fn of(message: &[u8]) -> Self {
        serde_json::from_slice(message).unwrap_or_default()
    }

    pub(super) fn with(self, mirrored: &Mirrored) -> Self {
        Self { mirrored: Mirrored::clone(mirrored), ..self }
    }

    /// The `id` of a request.
    pub(super) fn request(&self) -> Option<&Value> {
        self.method.as_ref().and(self.id.as_ref())
    }

    pub(super) fn is(&self, method: &str) -> bool {
        self.method.as_deref() == Some(method)
    }

    /// The request that this notification cancels.
    pub(super) fn cancels(&self) -> Option<&Value> {
        let params = self.params.as_ref().filter(|_| self.is(CANCELLED))?;
        params.request_id.as_ref()
    }

    /// The version that the message itself names, as every message of a modern session does.
    pub(super) fn version(&self) -> Option<HeaderValue> {
        let version = self.params.as_ref()?.meta.as_ref()?.version.as_ref()?;
        HeaderValue::from_str(version).ok()
    }

    /// The headers that repeat what the message says, so that whoever routes it need not read it.
    pub(super) fn mirror(&self, headers: &mut HeaderMap) {
        let mut add = |name: &'static str, text: &str| {
            headers.insert(HeaderName::from_static(name), encoded(text));
        };
        let Some(method) = &self.method else { return };
        add("mcp-method", method);
        let Some(params) = &self.params else { return };
        let name = match method.as_str() {
            "tools/call" | "prompts/get" => &params.name,
            "resources/read" => &params.uri,
            _ => return,
        };
        if let Some(name) = name {
            add("mcp-name", name);
        }
        for (name, value) in self.mirrored.iter() {
            if let Ok(name) = HeaderName::try_from(format!("mcp-param-{name}")) {
                headers.insert(name, encoded(value));
            }
        }
    }
}

/// Whether a message that came in is the answer to this request.
pub(super) fn answers(message: &[u8], id: &Value) -> bool {
    let incoming: Option<Incoming> = crate::json::read(message).ok();
    incoming.is_some_and(|incoming| {
        // Some servers send ids back as text.
        let same = |theirs: &Value| theirs == id || theirs.as_str() == Some(&id.to_string());
        incoming.method.is_none() && incoming.id.as_ref().is_some_and(same)
    })
}

/// The protocol version that the answer to `initialize` settles on.
pub(super) fn settled_version(message: &[u8]) -> Option<HeaderValue> {
    let answer: Initialized = crate::json::read(message).ok()?;
    HeaderValue::from_str(&answer.result?.version).ok()
}

/// The message of a JSON-RPC error, whoever it is for.
pub(super) fn error_message(body: &[u8]) -> Option<String> {
    let body: Value = crate::json::read(body).ok()?;
    body["error"]["message"].as_str().map(str::to_owned)
}

/// As the protocol writes what is no plain text.
fn encoded(text: &str) -> HeaderValue {
    let plain = text.bytes().all(|byte| matches!(byte, 0x20..0x7f))
        && text.trim() == text
        && !(text.starts_with("=?base64?") && text.ends_with("?="));
    let written = HeaderValue::from_str(text).ok().filter(|_| plain);
    written.unwrap_or_else(|| {
        let text = base64::engine::general_purpose::STANDARD.encode(text);
        // That alphabet always is a header's.
        HeaderValue::from_str(&format!("=?base64?{text}?=")).unwrap_or_else(|_| HeaderValue::from_static(""))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_message_is_known_by_its_outline() {
        let call = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {
            "name": "café", "arguments": {"name": "x", "id": 9},
            "_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28"},
        }});
        let call = Outline::of(call.to_string().as_bytes());
        assert_eq!(call.request(), Some(&json!(7)));
        assert_eq!(call.version(), Some(HeaderValue::from_static("2026-07-28")));
        let mut headers = HeaderMap::new();
        call.mirror(&mut headers);
        assert_eq!(headers["mcp-method"], "tools/call");
        assert_eq!(headers["mcp-name"], "=?base64?Y2Fmw6k=?=");
        let cancel = br#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}"#;
        assert_eq!(Outline::of(cancel).cancels(), Some(&json!(7)));
        assert_eq!(Outline::of(br#"{"jsonrpc":"2.0","id":1,"result":{}}"#).request(), None);
    }

    #[test]
    fn only_the_answer_is_the_answer() {
        let id = json!(3);
        assert!(answers(br#"{"jsonrpc":"2.0","id":3,"result":{}}"#, &id));
        assert!(answers(br#"{"jsonrpc":"2.0","id":"3","error":{}}"#, &id));
        assert!(!answers(br#"{"jsonrpc":"2.0","id":3,"method":"ping"}"#, &id));
        assert!(!answers(br#"{"jsonrpc":"2.0","method":"m","params":{"id":3}}"#, &id));
    }
}
