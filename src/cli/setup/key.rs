//! The key for the clients: the first of the configuration that opens and is written in the clear.
//!
//! The settings know keys by their digest only, so the text is read once more.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use crate::cli::Failure;
use crate::cli::clients::{self, Entry};
use crate::config::environment::Environment;
use crate::config::{Grant, KeyState, ProviderSettings, ServerList, Settings, store};
use crate::secret::GatewayKey;

const PLACEHOLDER: &str = "YOUR_GATEWAY_KEY";

/// What a client starts, and what it finds behind that.
pub(in crate::cli) struct Opening {
    pub(in crate::cli) entry: Entry,
    pub(in crate::cli) servers: Arc<ServerList>,
    pub(in crate::cli) guardrails: ProviderSettings,
    pub(super) warnings: Vec<String>,
}

pub(super) fn open(path: &Path, environment: &Environment) -> Result<Opening, Failure> {
    let settings = store::load(path, environment).map_err(|error| Failure::from(&error))?;
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::new(format!("`{}` cannot be read: {error}", path.display())))?;
    let Some((key, grant)) = written_keys(&text).into_iter().find_map(|key| active(&settings, key)) else {
        return Err(none(path, environment)?);
    };
    let entry = Entry::new(path, &key)?.owned_by(grant.project.as_ref(), grant.user.as_ref());
    let servers = Arc::clone(&grant.config);
    Ok(Opening { entry, servers, guardrails: settings.guardrails, warnings: settings.warnings })
}

/// In the order of the file. A digest or a reference is among them, and opens nothing as it stands.
fn written_keys(text: &str) -> Vec<GatewayKey> {
    let config: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap_or_default();
    let sections = ["apikeys", "gateways"].into_iter().filter_map(|section| config.get(section)?.as_object());
    sections.flatten().map(|(key, _)| GatewayKey::from(key.as_str())).collect()
}

fn active(settings: &Settings, key: GatewayKey) -> Option<(GatewayKey, &Grant)> {
    let grant = settings.keys.get(&key.digest()).filter(|grant| grant.state == KeyState::Active)?;
    Some((key, grant))
}

fn none(path: &Path, environment: &Environment) -> Result<Failure, Failure> {
    let entry = Entry::new(path, &GatewayKey::from(PLACEHOLDER))?;
    let snippet = clients::named(environment, "cursor")?.snippet(&entry);
    Ok(Failure::new(format!("no active key is written in the clear: `{}`", path.display()))
        .hint(format!("put this into the client's file by hand, with a key of yours\n{snippet}")))
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
        let (key, grant) =
            written_keys(text).into_iter().find_map(|key| active(&settings, key)).expect("a key");
        assert_eq!((key.expose(), grant.user.as_ref().map(UserId::as_str)), ("correct-horse", Some("u")));
    }
}
