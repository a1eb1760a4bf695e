//! The key for a client: the one that it has, as long as it opens, else the first of the configuration that opens and
//! is written in the clear.
//!
//! The settings know keys by their digest only, so the text is read once more.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use crate::cli::clients::{self, Client, Entry};
use crate::cli::{Failure, check, print};
use crate::config::environment::Environment;
use crate::config::{Exposure, Grant, KeyState, ProviderSettings, ServerList, Settings, store};
use crate::secret::GatewayKey;

const PLACEHOLDER: &str = "YOUR_GATEWAY_KEY";

/// What a client starts, and what it finds behind that.
pub(in crate::cli) struct Opening {
    pub(in crate::cli) entry: Entry,
    /// The end of its key, as it may be shown.
    pub(in crate::cli) hint: String,
    pub(in crate::cli) servers: Arc<ServerList>,
    pub(in crate::cli) guardrails: ProviderSettings,
    pub(in crate::cli) exposure: Exposure,
    /// The list stands with the key.
    pub(in crate::cli) is_first_generation: bool,
}

/// The keys that a configuration has for clients.
pub(super) struct Keys<'a> {
    path: &'a Path,
    settings: Settings,
    /// The one for a client that has none.
    first: Option<GatewayKey>,
}

impl<'a> Keys<'a> {
    /// What is odd in the configuration is said here.
    pub(super) fn read(path: &'a Path, environment: &Environment) -> Result<Self, Failure> {
        let settings = store::load(path, environment).map_err(|error| Failure::from(&error))?;
        let text = fs::read_to_string(path)
            .map_err(|error| Failure::new(format!("`{}` cannot be read: {error}", path.display())))?;
        for warning in &settings.warnings {
            print::note(&format!("warning: {warning}"));
        }
        let first = written_keys(&text).into_iter().find(|key| active(&settings, key).is_some());
        Ok(Self { path, settings, first })
    }

    /// A key that a client has stays, as long as it opens.
    pub(super) fn open(&self, client: Option<&Client>) -> Result<Opening, Failure> {
        let standing = client.and_then(Client::key);
        let keys = [standing.as_ref(), self.first.as_ref()];
        let opening = keys.into_iter().flatten().find_map(|key| Some((key, active(&self.settings, key)?)));
        let Some((key, grant)) = opening else { return Err(self.none(client)?) };
        Ok(Opening {
            entry: Entry::new(self.path, key)?.owned_by(grant.project.as_ref(), grant.user.as_ref()),
            hint: grant.hint.clone(),
            servers: Arc::clone(&grant.config),
            guardrails: self.settings.guardrails.clone(),
            exposure: self.settings.exposure,
            is_first_generation: grant.project.is_none(),
        })
    }

    fn none(&self, client: Option<&Client>) -> Result<Failure, Failure> {
        let path = self.path.display();
        // Some are known as digests only, or to a service.
        if !check::is_locked(&self.settings) {
            let entry = Entry::new(self.path, &GatewayKey::from(PLACEHOLDER))?;
            let snippet = clients::snippet(client, &entry);
            let file = client
                .map_or("the client's file".to_owned(), |client| format!("`{}`", client.file.display()));
            return Ok(Failure::new(format!("no active key is written in the clear: `{path}`"))
                .hint(format!("put this into {file} by hand, with a key of yours\n{snippet}")));
        }
        let keys = self.settings.keys.values();
        let mut closed: Vec<String> = keys
            .filter_map(|grant| Some(format!("\n  {}  {}", grant.hint, check::standing(grant.state)?)))
            .collect();
        closed.sort();
        Ok(Failure::new(format!("no gateway key opens anything: `{path}`{}", closed.concat()))
            .hint("mend what is said of the keys, then run this again"))
    }
}

/// In the order of the file. A digest or a reference is among them, and opens nothing as it stands.
pub(in crate::cli) fn written_keys(text: &str) -> Vec<GatewayKey> {
    let config: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap_or_default();
    let sections = ["apikeys", "gateways"].into_iter().filter_map(|section| config.get(section)?.as_object());
    sections.flatten().map(|(key, _)| GatewayKey::from(key.as_str())).collect()
}

fn active<'s>(settings: &'s Settings, key: &GatewayKey) -> Option<&'s Grant> {
    settings.keys.get(&key.digest()).filter(|grant| grant.state == KeyState::Active)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::UserId;

    #[test]
    fn the_first_key_that_opens_is_taken() {
        let text = r#"{
            "apikeys": {
                "sha256:00aa": {},
                "${env:KEY}": {},
                "disabled-horse": {"project_id": "p", "user_id": "u", "disabled": true},
                "stranger-horse": {"project_id": "p", "user_id": "v"},
                "correct-horse": {"project_id": "p", "user_id": "u"}
            },
            "projects": {"p": {"mcp_config_id": "c", "users": ["u"]}},
            "users": {"u": {}, "v": {}},
            "mcp_configs": {"c": {"mcp_config": []}}
        }"#;
        let loadable = text.replace("\"sha256:00aa\": {},", "").replace("\"${env:KEY}\": {},", "");
        let environment = Environment::default();
        let settings = crate::config::file::parse(Path::new("c"), &loadable, &environment).expect("settings");
        let key = written_keys(text).into_iter().find(|key| active(&settings, key).is_some());
        let key = key.expect("a key");
        let user = active(&settings, &key).and_then(|grant| grant.user.as_ref());
        assert_eq!((key.expose(), user.map(UserId::as_str)), ("correct-horse", Some("u")));
    }
}
