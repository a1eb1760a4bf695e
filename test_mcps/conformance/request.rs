//! One request, and the era it belongs to.

use serde_json::{Value, json};

use crate::MODERN;

/// A result, or the whole JSON-RPC error object.
pub(crate) type Answer = Result<Value, Value>;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Era {
    Legacy,
    Modern,
}

pub(crate) struct Request {
    pub(crate) id: Value,
    pub(crate) method: String,
    pub(crate) params: Value,
    pub(crate) era: Era,
    /// Of the client: those of its session, or those that came with this request.
    capabilities: Value,
}

impl Request {
    /// `session` holds the capabilities given to `initialize`, if there was one.
    pub(crate) fn read(message: &Value, session: Option<Value>) -> Result<Self, Value> {
        let method = message["method"].as_str().unwrap_or_default().to_owned();
        let params = message["params"].clone();
        let meta = |key: &str| &params["_meta"][format!("io.modelcontextprotocol/{key}")];
        let (era, capabilities) = match (meta("protocolVersion"), session) {
            (Value::Null, _) if method == "initialize" => (Era::Legacy, Value::Null),
            (Value::Null, Some(capabilities)) if method != "server/discover" => (Era::Legacy, capabilities),
            (Value::String(version), _) if version == MODERN => {
                (Era::Modern, meta("clientCapabilities").clone())
            }
            (Value::String(version), _) => return Err(unsupported(version)),
            _ => return Err(refusal(-32602, "`_meta` must name the protocol version")),
        };
        if era == Era::Modern && !capabilities.is_object() {
            return Err(refusal(-32602, "`_meta` must hold the client's capabilities"));
        }
        Ok(Self { id: message["id"].clone(), method, params, era, capabilities })
    }

    pub(crate) fn key(&self) -> String {
        self.id.to_string()
    }

    pub(crate) fn name(&self) -> &str {
        self.params["name"].as_str().unwrap_or_default()
    }

    /// A text argument; empty when it is absent.
    pub(crate) fn argument(&self, name: &str) -> &str {
        self.params["arguments"][name].as_str().unwrap_or_default()
    }

    pub(crate) fn meta(&self, key: &str) -> &Value {
        &self.params["_meta"][key]
    }

    pub(crate) fn client_can(&self, capability: &str) -> bool {
        self.capabilities[capability].is_object()
    }
}

pub(crate) fn refusal(code: i32, message: &str) -> Value {
    json!({"code": code, "message": message})
}

fn unsupported(version: &str) -> Value {
    let mut error = refusal(-32022, "Unsupported protocol version");
    error["data"] = json!({"supported": [MODERN], "requested": version});
    error
}
