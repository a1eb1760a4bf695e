//! What was discovered, kept for a while: in this process, and in Redis or KeyDB where that is configured.
//!
//! The external cache is shared by several gateways and is the truth while it answers. When it does not, the
//! gateway works from its own copy, says so once, and tries again by itself.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::config::{CacheSettings, CacheStore, RedisPlace, Server};
use crate::ids::{CallerId, ServerName};
use crate::recent::{Life, Recent};
use crate::scope::Scope;
use crate::tool::Tool;

mod external;
mod key;
mod local;

use external::{External, Shared};
use key::{CacheKey, Origin};
use local::{Local, Place};

/// The tool definitions of one server, as it gave them: nothing here has passed the registration gate yet.
#[derive(Clone, Debug)]
pub struct CachedTools {
    pub tools: Arc<[Arc<Tool>]>,
    pub expires_at: SystemTime,
}

/// The caches of the process.
pub struct Cache {
    local: Local,
    /// Settings of before and after an edit ask by turns.
    external: Recent<RedisPlace, Arc<External>>,
}

/// What was cleared.
#[derive(Clone, Debug, Default)]
pub struct Cleared {
    /// Of how many servers something was known.
    pub servers: usize,
    /// Why what gateways share is as it was, if it is.
    pub fault: Option<String>,
}

/// Connections that are kept side by side, and for how long one of them that nobody asks.
const MAX_EXTERNAL: usize = 4;
const UNUSED: Duration = Duration::from_secs(300);

/// What `enkrypt_get_cache_status` says of the whole.
#[derive(Clone, Debug)]
pub struct CacheOverview {
    pub callers: usize,
    pub tool_entries: usize,
    pub config_entries: usize,
    pub kind: &'static str,
    /// Why the external cache is not in use, while it is not.
    pub fault: Option<String>,
}

impl Default for Cache {
    fn default() -> Self {
        Self { local: Local::default(), external: Recent::new(MAX_EXTERNAL, Life::SinceUsed(UNUSED)) }
    }
}

impl Cache {
    pub async fn tools(&self, scope: &Scope, server: &Server) -> Option<CachedTools> {
        let place = place(scope, server);
        let (local, stamp) = self.local.tools(&place).unzip();
        let Some(external) = self.external(&scope.settings.cache) else { return local };
        match external.tools(scope, &place, stamp.flatten().as_ref()).await {
            // The copy here has its schemas compiled, or is the only one there is.
            Ok(Shared::Known | Shared::Other) | Err(_) => local,
            Ok(Shared::New(cached, stamp)) => {
                self.local.put_tools(&place, cached.clone(), Some(stamp));
                Some(cached)
            }
            // Another gateway cleared it, or it ran out there.
            Ok(Shared::Nothing) => {
                self.local.clear(&place.key);
                None
            }
        }
    }

    pub async fn put_tools(&self, scope: &Scope, server: &Server, tools: Arc<[Arc<Tool>]>) {
        let place = place(scope, server);
        let cached = CachedTools { tools, expires_at: SystemTime::now() + scope.settings.cache.tools_ttl };
        let stamp = match self.external(&scope.settings.cache) {
            // A failure was said by `external`; the local copy serves until it is back.
            Some(external) => external.put_tools(scope, &place, &cached).await.unwrap_or_default(),
            None => None,
        };
        self.local.put_tools(&place, cached, stamp);
    }

    /// Lets this process ask the server again; other gateways keep what they share.
    pub fn forget_copy(&self, caller: &CallerId, server: &ServerName) {
        self.local.clear(&CacheKey::tools(caller, server));
    }

    pub async fn clear_server(&self, scope: &Scope, server: &ServerName) -> Cleared {
        let key = CacheKey::tools(&scope.caller.id, server);
        let local = self.local.clear(&key);
        let shared = match self.external(&scope.settings.cache) {
            Some(external) => external.clear(scope, &key, server).await,
            None => Ok(false),
        };
        let known = local || *shared.as_ref().unwrap_or(&false);
        Cleared { servers: usize::from(known), fault: shared.err().map(|fault| fault.to_string()) }
    }

    /// Clears the caller's tools of every server, configured or not any more.
    pub async fn clear_tools(&self, scope: &Scope) -> Cleared {
        let mut servers: BTreeSet<ServerName> = scope.caller.config.names().cloned().collect();
        servers.extend(self.local.servers_of(&scope.caller.id));
        let mut cleared = Cleared::default();
        if let Some(external) = self.external(&scope.settings.cache) {
            match external.servers_of(scope).await {
                Ok(shared) => servers.extend(shared),
                Err(fault) => cleared.fault = Some(fault.to_string()),
            }
        }
        for server in &servers {
            let Cleared { servers, fault } = self.clear_server(scope, server).await;
            cleared.servers += servers;
            cleared.fault = cleared.fault.or(fault);
        }
        cleared
    }

    /// Remembers that the caller's configuration was read, and for how long that is good.
    pub fn note_config(&self, caller: &CallerId, ttl: Duration) {
        self.local.note_config(caller, SystemTime::now() + ttl);
    }

    pub fn config_expiry(&self, caller: &CallerId) -> Option<SystemTime> {
        self.local.config_expiry(caller)
    }

    pub fn clear_config(&self, caller: &CallerId) -> bool {
        self.local.clear_config(caller)
    }

    pub async fn overview(&self, scope: &Scope) -> CacheOverview {
        let (callers, tool_entries) = self.local.counts();
        let local = CacheOverview {
            callers,
            tool_entries,
            config_entries: self.local.config_count(),
            kind: "local",
            fault: None,
        };
        let Some(external) = self.external(&scope.settings.cache) else { return local };
        match external.counts(scope).await {
            Ok((callers, tool_entries)) => {
                CacheOverview { callers, tool_entries, kind: "external_cache", ..local }
            }
            Err(fault) => CacheOverview { kind: "local", fault: Some(fault.to_string()), ..local },
        }
    }

    /// The connection that the settings ask for.
    fn external(&self, settings: &CacheSettings) -> Option<Arc<External>> {
        self.external.sweep();
        let CacheStore::External(wanted) = &settings.store else { return None };
        Some(self.external.get_or_insert(wanted.place(), || Arc::new(External::new(wanted))).0)
    }
}

fn place<'a>(scope: &'a Scope, server: &'a Server) -> Place<'a> {
    let (caller, server_name) = (&scope.caller.id, &server.name);
    Place {
        key: CacheKey::tools(caller, server_name),
        caller,
        server: server_name,
        origin: Origin::of(server, &scope.client.capabilities().declared(server.relay_roots)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::RedisSettings;

    #[test]
    fn settings_that_are_used_by_turns_have_a_connection_each() {
        let redis = |db: u32, password: &str| CacheSettings {
            tools_ttl: UNUSED,
            config_ttl: None,
            store: CacheStore::External(RedisSettings {
                host: "127.0.0.1".to_owned(),
                port: 1,
                db,
                password: Some(password.into()),
                tls: false,
            }),
        };
        let cache = Cache::default();
        let all = [redis(0, "a"), redis(1, "a"), redis(0, "b")];
        let first = all.each_ref().map(|settings| cache.external(settings).expect("one"));
        assert!(!Arc::ptr_eq(&first[0], &first[1]) && !Arc::ptr_eq(&first[0], &first[2]));
        assert!(cache.external(&CacheSettings { store: CacheStore::Local, ..redis(0, "a") }).is_none());
        for (settings, first) in all.iter().zip(&first) {
            assert!(Arc::ptr_eq(&cache.external(&settings.clone()).expect("the same"), first));
        }
    }
}
