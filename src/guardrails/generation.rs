//! What is made once of each reading of the settings: the provider, and what of the configuration is read nowhere.
//!
//! An edit leaves the batches that run their settings, so the old and the new are asked for by turns. Nothing is made
//! while somebody else waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::canary::Canaries;
use super::provider::{self, GuardrailProvider, ProviderFault};
use super::remote::Services;
use crate::config::{ServerList, Settings};
use crate::recent::{Life, Recent};

/// Readings of the settings that are in use side by side.
const MAX_GENERATIONS: usize = 4;

/// Lists of servers from elsewhere whose canaries are kept.
const MAX_FOREIGN: usize = 64;

/// Where they could not be made, nothing passes: it is not tried again.
type Watched = Result<Arc<Canaries>, ProviderFault>;

/// By the address of the settings, which each of them keeps.
pub(super) struct Generations {
    known: Recent<usize, Arc<Generation>>,
    services: Services,
    made: AtomicU64,
}

pub(super) struct Generation {
    settings: Arc<Settings>,
    pub(super) provider: Arc<dyn GuardrailProvider>,
    /// Tells it from every other one.
    pub(super) epoch: u64,
    /// The servers that the settings know.
    lists: Vec<Arc<ServerList>>,
    /// What of them must be read nowhere; and, beside it, with a list of somebody else's each.
    canaries: Watched,
    foreign: Recent<usize, (Arc<ServerList>, Watched)>,
    /// Sets of canaries that were made.
    made: AtomicU64,
}

impl Default for Generations {
    fn default() -> Self {
        let known = Recent::new(MAX_GENERATIONS, Life::UntilCrowdedOut);
        Self { known, services: Services::default(), made: AtomicU64::default() }
    }
}

impl Generations {
    pub(super) fn of(&self, settings: &Arc<Settings>) -> Arc<Generation> {
        let key = Arc::as_ptr(settings).addr();
        if let Some(known) = self.known.get(&key) {
            return known;
        }
        let epoch = self.made.fetch_add(1, Ordering::Relaxed);
        let fresh = Arc::new(Generation::new(settings, epoch, &self.services));
        self.known.get_or_insert(key, || fresh).0
    }
}

impl Generation {
    fn new(settings: &Arc<Settings>, epoch: u64, services: &Services) -> Self {
        Self {
            provider: provider::build(&settings.guardrails, settings.timeouts.guardrail, services),
            epoch,
            lists: settings.server_lists(),
            canaries: Canaries::of(settings, None, 0).map(Arc::new),
            foreign: Recent::new(MAX_FOREIGN, Life::UntilCrowdedOut),
            made: AtomicU64::new(1),
            settings: Arc::clone(settings),
        }
    }

    pub(super) fn canaries(&self, list: &Arc<ServerList>) -> Watched {
        if self.lists.iter().any(|known| Arc::ptr_eq(known, list)) {
            return self.canaries.clone();
        }
        let key = Arc::as_ptr(list).addr();
        if let Some((_, canaries)) = self.foreign.get(&key) {
            return canaries;
        }
        let id = self.made.fetch_add(1, Ordering::Relaxed);
        let fresh = (Arc::clone(list), Canaries::of(&self.settings, Some(list), id).map(Arc::new));
        self.foreign.get_or_insert(key, || fresh).0.1
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::call::ToolCall;
    use crate::client::Client;
    use crate::config::environment::Environment;
    use crate::config::store::load;
    use crate::fault::ErrorCode;
    use crate::guardrails::Guardrails;
    use crate::scope::{Caller, Scope};
    use crate::timeouts::Timeouts;
    use crate::tool::ToolSet;

    fn settings() -> Arc<Settings> {
        settings_of("{\"apikeys\": {}}")
    }

    fn settings_of(text: &str) -> Arc<Settings> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        Arc::new(load(file.path(), &Environment::from_pairs([("HOME", "/")])).expect("settings"))
    }

    #[test]
    fn settings_that_are_used_by_turns_are_made_once() {
        let generations = Generations::default();
        let (old, new) = (settings(), settings());
        let made = [&old, &new].map(|settings| generations.of(settings));
        assert!(made[0].epoch != made[1].epoch);
        for _ in 0..3 {
            for (settings, made) in [&old, &new].into_iter().zip(&made) {
                assert!(Arc::ptr_eq(&generations.of(settings), made));
            }
        }
    }

    #[tokio::test]
    async fn secrets_that_cannot_be_looked_for_let_nothing_pass_whatever_the_policy_says() {
        let policy = serde_json::json!({"enabled": true, "fail_open": true, "block": ["keyword_detector"]});
        let server = serde_json::json!({
            "server_name": "s", "config": {"command": "x"}, "tools": {}, "input_guardrails_policy": policy,
            "tool_guardrails_policy": policy,
        });
        let file = serde_json::json!({
            "common_mcp_gateway_config": {"enkrypt_guardrails_enabled": true},
            "gateways": {"a-key-of-ours-1": {"id": "a", "mcp_config": [server]}},
        });
        let settings = settings_of(&file.to_string());
        let guardrails = Guardrails::default();
        let list = settings.server_lists().remove(0);
        let caller = Caller {
            id: "a".into(),
            project: None,
            user: None,
            key_hint: String::new(),
            config: Arc::clone(&list),
        };
        let scope = Scope {
            id: "r".into(),
            caller: Arc::new(caller),
            client: Client::nobody(),
            settings: Arc::clone(&settings),
            timeouts: Timeouts::new(settings.timeouts, Arc::default()),
            cancel: CancellationToken::new(),
            held: None,
        };
        let call = || ToolCall::new(0, "t".into(), serde_json::Map::new());
        let tools = ToolSet::default();
        let inputs = guardrails.inputs(&scope, &list.servers[0], vec![call()], &tools).await;
        assert!({ inputs }.admit(0).await.is_ok());

        let guardrails = Guardrails::default();
        let broken = Generation {
            canaries: Err(ProviderFault::unavailable("x")),
            ..Generation::new(&settings, 0, &Services::default())
        };
        guardrails.generations.known.insert(Arc::as_ptr(&settings).addr(), Arc::new(broken));
        let inputs = guardrails.inputs(&scope, &list.servers[0], vec![call()], &tools).await;
        let blocked = { inputs }.admit(0).await.map(drop).expect_err("it is blocked");
        assert_eq!(blocked.code(), ErrorCode::GuardrailUnavailable);
        assert!(guardrails.admit_server(&scope, &list.servers[0]).await.is_err());
        assert_eq!(guardrails.failed_open(), 0);
    }
}
