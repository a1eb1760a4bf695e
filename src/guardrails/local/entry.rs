//! What the configuration says of a server, as the detectors judge it: with the values that nobody else is shown.

use crate::config::{Endpoint, Server};
use crate::detect::{Finding, ServerEntry, inspect_server};
use crate::secret::SecretValue;

/// Its findings hold no text.
pub(super) fn judge(server: &Server) -> Vec<Finding> {
    match &server.endpoint {
        Endpoint::Command(command) => {
            let env = command.env.iter().map(|(name, value)| (name.as_str(), value.expose()));
            inspect_server(&ServerEntry {
                command: &command.program,
                args: command.args.iter().map(SecretValue::expose).collect(),
                env: env.collect(),
                url: "",
            })
        }
        Endpoint::Remote(remote) => {
            inspect_server(&ServerEntry { url: remote.url.expose(), ..ServerEntry::default() })
        }
        Endpoint::Refused { .. } => Vec::new(),
    }
}
