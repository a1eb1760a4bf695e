//! The start of a session: who the gateway says it is, and what a failed `initialize` means.
//!
//! No client capability is declared, because none is relayed.

use rmcp::model::{ClientCapabilities, ClientConfig, Implementation, ProtocolVersion};
use rmcp::service::{ClientInitializeError, RunningService};
use rmcp::{RoleClient, ServiceExt as _};

use super::fault::Trouble;
use super::transport::ServerTransport;

/// The gateway as its servers see it.
pub(super) type Client = ClientConfig;

pub(super) async fn shake(transport: ServerTransport) -> Result<RunningService<RoleClient, Client>, Trouble> {
    let answer = Box::pin(client().serve(transport)).await;
    answer.map_err(|error| match error {
        ClientInitializeError::JsonRpcError(error) => Trouble::Rpc(
            serde_json::json!({"code": error.code.0, "message": error.message, "data": error.data}),
        ),
        ClientInitializeError::ConnectionClosed(_) | ClientInitializeError::TransportError { .. } => {
            Trouble::Closed
        }
        ClientInitializeError::NoCompatibleProtocolVersion { .. } => {
            Trouble::Protocol("it speaks no protocol version that the gateway knows".to_owned())
        }
        _ => Trouble::Protocol("its answer to `initialize` is not one".to_owned()),
    })
}

fn client() -> Client {
    let mut name = Implementation::from_build_env();
    env!("CARGO_PKG_NAME").clone_into(&mut name.name);
    env!("CARGO_PKG_VERSION").clone_into(&mut name.version);
    let mut client = ClientConfig::new(ClientCapabilities::default(), name);
    client.protocol_version = ProtocolVersion::V_2025_11_25;
    client
}
