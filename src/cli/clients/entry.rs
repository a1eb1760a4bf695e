//! How a client starts the gateway: this very binary, with absolute paths, and a key in its environment.
//!
//! It has no `Debug`, because it holds the key in the clear.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::cli::Failure;
use crate::ids::{ProjectId, UserId};
use crate::secret::GatewayKey;

#[derive(PartialEq, Eq)]
pub(in crate::cli) struct Entry {
    pub(in crate::cli) command: String,
    pub(in crate::cli) args: Vec<String>,
    pub(in crate::cli) env: Vec<(&'static str, String)>,
}

impl Entry {
    /// `config` is absolute: a client starts its servers in a folder of its own choice.
    pub(in crate::cli) fn new(config: &Path, key: &GatewayKey) -> Result<Self, Failure> {
        let args = vec!["--config".to_owned(), text(config.to_owned())?];
        let env = vec![("ENKRYPT_GATEWAY_KEY", key.expose().to_owned())];
        Ok(Self { command: this_program()?, args, env })
    }

    /// Says whose key it is, where the configuration says so.
    pub(in crate::cli) fn owned_by(mut self, project: Option<&ProjectId>, user: Option<&UserId>) -> Self {
        let ids = [
            ("ENKRYPT_PROJECT_ID", project.map(ProjectId::as_str)),
            ("ENKRYPT_USER_ID", user.map(UserId::as_str)),
        ];
        self.env.extend(ids.into_iter().filter_map(|(name, id)| Some((name, id?.to_owned()))));
        self
    }

    pub(in crate::cli) fn to_json(&self) -> Value {
        let env: Map<String, Value> =
            self.env.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
        json!({"command": self.command, "args": self.args, "env": env})
    }
}

/// This very binary.
pub(super) fn this_program() -> Result<String, Failure> {
    let binary = std::env::current_exe()
        .map_err(|error| Failure::new(format!("the system does not say where this program is: {error}")))?;
    text(binary)
}

fn text(path: PathBuf) -> Result<String, Failure> {
    path.into_os_string().into_string().map_err(|path| {
        Failure::new(format!("a path that is not UTF-8 cannot stand in a JSON file: `{}`", path.display()))
            .hint("move the program or the configuration to a folder with a plainer name")
    })
}
