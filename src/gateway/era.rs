//! The revisions of the protocol: how a client says which one it speaks, and what each is answered.
//!
//! Up to 2025-11-25 a client opens with `initialize`; from 2026-07-28 on each request says who asks.

use std::sync::Arc;

use serde_json::{Value, json};

use super::NAME;
use crate::call::JsonObject;
use crate::client::{Capabilities, Era, Hello, Severity};
use crate::rpc::RpcError;
use crate::rpc::protocol::{LEGACY, META_CAPABILITIES, META_LOG_LEVEL, META_VERSION, MODERN};

const META_SERVER: &str = "io.modelcontextprotocol/serverInfo";

/// Lists and the like may be asked for again after this; `list_changed` is the quicker way.
const FRESH_MS: u64 = 0;

/// Whether a client may name this revision after a handshake.
pub(super) fn is_legacy(version: &str) -> bool {
    LEGACY.contains(&version)
}

/// What a client is told that speaks a revision that nobody here knows.
pub(super) fn unsupported(requested: &Value) -> RpcError {
    let mut supported = vec![MODERN];
    supported.extend(LEGACY);
    let data = json!({"supported": supported, "requested": requested});
    RpcError::new(RpcError::UNSUPPORTED_VERSION, "this protocol version is not spoken here").with_data(data)
}

/// What a modern request says of its sender.
pub(super) struct Introduction {
    pub(super) hello: Arc<Hello>,
    pub(super) severity: Option<Severity>,
}

/// What a client is told of the gateway.
pub(super) struct Welcome {
    pub(super) capabilities: Value,
    pub(super) instructions: String,
}

/// `None` for a request of the revisions with a handshake.
pub(super) fn introduction(meta: &JsonObject) -> Result<Option<Introduction>, RpcError> {
    let Some(version) = meta.get(META_VERSION) else { return Ok(None) };
    if version != MODERN {
        return Err(unsupported(version));
    }
    let Some(capabilities) = meta.get(META_CAPABILITIES).filter(|value| value.is_object()) else {
        let message = format!("`_meta` must have `{META_CAPABILITIES}`, an object");
        return Err(RpcError::new(RpcError::INVALID_PARAMS, message));
    };
    let severity = meta.get(META_LOG_LEVEL).and_then(Value::as_str).and_then(Severity::parse);
    let capabilities = Capabilities::read(Some(capabilities));
    let hello = Hello { era: Era::Modern, version: MODERN.to_owned(), capabilities };
    Ok(Some(Introduction { hello: Arc::new(hello), severity }))
}

/// Reads `initialize`: who the client is, and in which revision it will be spoken to.
pub(super) fn hello(params: &JsonObject) -> Result<Hello, RpcError> {
    let Some(Value::String(wanted)) = params.get("protocolVersion") else {
        return Err(RpcError::new(RpcError::INVALID_PARAMS, "`params.protocolVersion` must be a text"));
    };
    // One that nobody here knows is offered the newest.
    let version = LEGACY.iter().find(|version| *version == wanted).unwrap_or(&LEGACY[0]);
    let capabilities = Capabilities::read(params.get("capabilities"));
    Ok(Hello { era: Era::Legacy, version: (*version).to_owned(), capabilities })
}

/// The result of `initialize`.
pub(super) fn initialized(hello: &Hello, welcome: &Welcome) -> Value {
    json!({
        "protocolVersion": hello.version,
        "capabilities": welcome.capabilities,
        "serverInfo": server_info(),
        "instructions": welcome.instructions,
    })
}

/// The result of `server/discover`.
pub(super) fn discovered(welcome: &Welcome) -> JsonObject {
    let mut versions = vec![MODERN];
    versions.extend(LEGACY);
    let mut result = JsonObject::new();
    result.insert("supportedVersions".to_owned(), json!(versions));
    result.insert("capabilities".to_owned(), welcome.capabilities.clone());
    result.insert("instructions".to_owned(), welcome.instructions.as_str().into());
    result
}

/// Completes a result for its era.
pub(super) fn dress(era: Era, cacheable: bool, mut result: JsonObject) -> Value {
    if era == Era::Modern {
        result.entry("resultType").or_insert_with(|| "complete".into());
        if cacheable {
            result.insert("ttlMs".to_owned(), FRESH_MS.into());
            result.insert("cacheScope".to_owned(), "private".into());
        }
        let meta = result.entry("_meta").or_insert_with(|| json!({}));
        if let Some(meta) = meta.as_object_mut() {
            meta.insert(META_SERVER.to_owned(), server_info());
        }
    }
    Value::Object(result)
}

/// As `dress`, for the result of a server, whose own words are kept.
pub(super) fn dress_relayed(cacheable: bool, result: &mut JsonObject) {
    let kind = result.entry("resultType").or_insert_with(|| "complete".into());
    if cacheable && kind == "complete" {
        result.entry("ttlMs").or_insert_with(|| FRESH_MS.into());
        result.entry("cacheScope").or_insert_with(|| "private".into());
    }
}

fn server_info() -> Value {
    json!({"name": NAME, "version": env!("CARGO_PKG_VERSION")})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meta(value: Value) -> JsonObject {
        match value {
            Value::Object(meta) => meta,
            _ => JsonObject::new(),
        }
    }

    #[test]
    fn a_known_version_is_kept_and_an_unknown_one_becomes_the_newest() {
        for (wanted, spoken) in
            [("2024-11-05", "2024-11-05"), ("2025-06-18", "2025-06-18"), ("1.0", "2025-11-25")]
        {
            let hello = hello(&meta(json!({"protocolVersion": wanted}))).expect("a hello");
            assert_eq!(hello.version, spoken);
        }
        assert_eq!(hello(&JsonObject::new()).expect_err("no version").code, RpcError::INVALID_PARAMS);
    }

    #[test]
    fn a_modern_request_says_who_asks() {
        assert!(introduction(&JsonObject::new()).expect("legacy").is_none());
        let code = |value| introduction(&meta(value)).err().map(|error| error.code);
        assert_eq!(code(json!({META_VERSION: "2199-01-01"})), Some(RpcError::UNSUPPORTED_VERSION));
        assert_eq!(code(json!({META_VERSION: MODERN})), Some(RpcError::INVALID_PARAMS));
        assert_eq!(code(json!({META_VERSION: MODERN, META_CAPABILITIES: {}})), None);
    }
}
