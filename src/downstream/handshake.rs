//! The start of a session: who the gateway says it is, in the revision that the server speaks.
//!
//! `initialize` unless the configuration or the server itself says otherwise. A server is told what the client can
//! be asked for, and nothing that could not be relayed.

use std::time::Duration;

use rmcp::{Peer, RoleClient};
use serde_json::{Value, json};

use super::fault::Trouble;
use super::request::{self, Prepared, Sent};
use crate::call::JsonObject;
use crate::config::Protocol;
use crate::rpc::RpcError;
use crate::rpc::protocol::{LEGACY, META_CAPABILITIES, META_VERSION, MODERN};

/// A server that only knows `initialize` may say nothing at all to the question which revision it speaks.
const PROBE: Duration = Duration::from_secs(3);

const META_CLIENT: &str = "io.modelcontextprotocol/clientInfo";

/// What both sides now know of each other.
#[derive(Debug)]
pub(super) struct Greeting {
    /// What goes into the `_meta` of each request; empty after `initialize`.
    pub(super) meta: JsonObject,
    /// What the server offers.
    pub(super) capabilities: Value,
    /// What it says of itself, for whoever reads it: its instructions, and every text about it.
    pub(super) words: Vec<String>,
}

pub(super) struct Shaking<'a> {
    pub(super) peer: &'a Peer<RoleClient>,
    pub(super) protocol: Protocol,
    /// What the client can be asked for.
    pub(super) declared: &'a JsonObject,
    pub(super) max_result_bytes: usize,
}

impl Shaking<'_> {
    pub(super) async fn shake(&self) -> Result<Greeting, Trouble> {
        match self.protocol {
            Protocol::Legacy => match self.initialize().await {
                Err(Trouble::Rpc(error))
                    if error.get("code") == Some(&RpcError::UNSUPPORTED_VERSION.into()) =>
                {
                    self.discover().await
                }
                other => other,
            },
            Protocol::Modern => self.discover().await,
            Protocol::Auto => match tokio::time::timeout(PROBE, self.discover()).await {
                Ok(Ok(greeting)) => Ok(greeting),
                Ok(Err(Trouble::Closed)) => Err(Trouble::Closed),
                Ok(Err(_)) | Err(_) => self.initialize().await,
            },
        }
    }

    async fn initialize(&self) -> Result<Greeting, Trouble> {
        let params = json!({
            "protocolVersion": LEGACY[0],
            "capabilities": self.declared,
            "clientInfo": client_info(),
        });
        let mut result = self.ask("initialize", params).await?;
        let version = result.get("protocolVersion").and_then(Value::as_str);
        match version {
            None => return Err(Trouble::Protocol("its answer to `initialize` is not one".to_owned())),
            Some(version) if !LEGACY.contains(&version) => {
                return Err(Trouble::Protocol(
                    "it speaks no protocol version that the gateway knows".to_owned(),
                ));
            }
            Some(_) => {}
        }
        request::tell(self.peer, "notifications/initialized").await?;
        let capabilities = result.get_mut("capabilities").map(Value::take).unwrap_or_default();
        Ok(Greeting { meta: JsonObject::new(), capabilities, words: words(&result) })
    }

    async fn discover(&self) -> Result<Greeting, Trouble> {
        let meta = JsonObject::from_iter([
            (META_VERSION.to_owned(), MODERN.into()),
            (META_CLIENT.to_owned(), client_info()),
            (META_CAPABILITIES.to_owned(), Value::Object(self.declared.clone())),
        ]);
        let params = json!({"_meta": meta});
        let mut result = match self.ask("server/discover", params.clone()).await {
            // A server may refuse at first and name what it speaks.
            Err(Trouble::Rpc(error)) if names_modern(&error) => self.ask("server/discover", params).await?,
            answer => answer?,
        };
        let supported = result.get("supportedVersions").and_then(Value::as_array);
        if !supported.is_some_and(|versions| versions.iter().any(|version| version == MODERN)) {
            return Err(Trouble::Protocol(format!("it does not speak the protocol version {MODERN}")));
        }
        let capabilities = result.get_mut("capabilities").map(Value::take).unwrap_or_default();
        Ok(Greeting { meta, capabilities, words: words(&result) })
    }

    async fn ask(&self, method: &str, params: Value) -> Result<Value, Trouble> {
        let prepared = Prepared::object(method, params.as_object().unwrap_or(&JsonObject::new()));
        request::ask(self.peer, prepared, self.max_result_bytes, &Sent::new()).await
    }
}

/// The capabilities have been taken out by now, and the rest of an answer is prose.
fn words(result: &Value) -> Vec<String> {
    let mut texts = Vec::new();
    crate::call::strings(result, &mut texts);
    texts.into_iter().map(str::to_owned).collect()
}

impl Greeting {
    /// Whether the server speaks the revision in which it cannot ask by itself.
    pub(super) fn is_modern(&self) -> bool {
        !self.meta.is_empty()
    }

    /// The params of a request that has none but this.
    pub(super) fn meta_params(&self) -> JsonObject {
        let meta = Some(&self.meta).filter(|meta| !meta.is_empty());
        meta.map(|meta| ("_meta".to_owned(), Value::Object(meta.clone()))).into_iter().collect()
    }

    pub(super) fn offers(&self, capability: &str) -> bool {
        self.capabilities.get(capability).is_some_and(Value::is_object)
    }
}

fn names_modern(error: &Value) -> bool {
    let supported = error["data"]["supported"].as_array();
    error["code"] == RpcError::UNSUPPORTED_VERSION
        && supported.is_some_and(|versions| versions.iter().any(|version| version == MODERN))
}

/// The gateway as its servers see it.
fn client_info() -> Value {
    json!({"name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION")})
}
