//! What was discovered, kept for a while: in this process, and in Redis or KeyDB where that is configured.
//!
//! The external cache is shared by several gateways and is the truth while it answers. When it does not, the
//! gateway works from its own copy, says so once, and tries again by itself.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::config::{CacheSettings, CacheStore, RedisSettings, Server};
use crate::ids::{CallerId, ServerName};
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
#[derive(Default)]
pub struct Cache {
    local: Local,
    external: Mutex<Option<(RedisSettings, Arc<External>)>>,
}

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

    /// Whether there was something to clear.
    pub async fn clear_server(&self, scope: &Scope, server: &ServerName) -> bool {
        let key = CacheKey::tools(&scope.caller.id, server);
        let local = self.local.clear(&key);
        let shared = match self.external(&scope.settings.cache) {
            Some(external) => external.clear(scope, &key, server).await.unwrap_or(false),
            None => false,
        };
        local || shared
    }

    /// Clears the caller's tools of every server, configured or not any more; says of how many.
    pub async fn clear_tools(&self, scope: &Scope) -> usize {
        let mut servers: BTreeSet<ServerName> = scope.caller.config.names().cloned().collect();
        servers.extend(self.local.servers_of(&scope.caller.id));
        if let Some(external) = self.external(&scope.settings.cache) {
            servers.extend(external.servers_of(scope).await.unwrap_or_default());
        }
        let mut cleared = 0;
        for server in &servers {
            cleared += usize::from(self.clear_server(scope, server).await);
        }
        cleared
    }

    /// Remembers that the caller's configuration was read, and until when that reading counts as fresh.
    pub fn note_config(&self, caller: &CallerId, settings: &CacheSettings) {
        self.local.note_config(caller, SystemTime::now() + settings.config_ttl);
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

    /// The connection that the settings ask for, made anew when they change.
    fn external(&self, settings: &CacheSettings) -> Option<Arc<External>> {
        let mut current = self.external.lock().unwrap_or_else(PoisonError::into_inner);
        let CacheStore::External(wanted) = &settings.store else {
            *current = None;
            return None;
        };
        if let Some((known, external)) = &*current
            && known.same_place(wanted)
        {
            return Some(Arc::clone(external));
        }
        let external = Arc::new(External::new(wanted));
        *current = Some((wanted.clone(), Arc::clone(&external)));
        Some(external)
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
