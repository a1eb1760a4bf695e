//! The cache that several gateways share: Redis or KeyDB.
//!
//! Values hold tool definitions and nothing secret. A value that is known already is not parsed again.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::CachedTools;
use super::key::{CacheKey, Origin, Stamp};
use super::local::Place;
use crate::config::RedisSettings;
use crate::ids::ServerName;
use crate::scope::Scope;
use crate::timeouts::milliseconds;
use crate::tool::Tool;

mod link;

use link::{ExternalFault, Link};

/// A longer value is not one of ours, and is not read to its end.
const MAX_VALUE: usize = 16 << 20;

pub(super) struct External(Link);

/// What stands under a key.
pub(super) enum Shared {
    Nothing,
    /// What the asker has already.
    Known,
    /// Of a server by that name that is reached in another way.
    Other,
    New(CachedTools, Stamp),
}

/// A value as it stands in the cache; `expires_at` counts milliseconds.
#[derive(Deserialize)]
struct Stored {
    expires_at: u64,
    origin: Origin,
    tools: Vec<Value>,
}

#[derive(Serialize)]
struct Storing<'a> {
    expires_at: u64,
    origin: &'a Origin,
    tools: Vec<&'a serde_json::Map<String, Value>>,
}

impl External {
    pub(super) fn new(settings: &RedisSettings) -> Self {
        Self(Link::new(settings))
    }

    /// What stands under a key; `known` is the stamp of what the asker has.
    pub(super) async fn tools(
        &self,
        scope: &Scope,
        place: &Place<'_>,
        known: Option<&Stamp>,
    ) -> Result<Shared, ExternalFault> {
        let mut get = redis::pipe();
        // One byte past the limit tells that there is more; a key that is not there has an empty range.
        get.cmd("GETRANGE").arg(place.key.as_str()).arg(0).arg(MAX_VALUE);
        let (text,): (Vec<u8>,) = self.0.ask(scope, &get).await?;
        if text.is_empty() || text.len() > MAX_VALUE {
            return Ok(Shared::Nothing);
        }
        let stamp = Stamp::of(&text);
        if known == Some(&stamp) {
            return Ok(Shared::Known);
        }
        // What does not parse is another program's, or another version's: as good as nothing.
        let Ok(stored) = serde_json::from_slice::<Stored>(&text) else { return Ok(Shared::Nothing) };
        let end = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(stored.expires_at));
        let Some(expires_at) = end.filter(|end| *end > SystemTime::now()) else { return Ok(Shared::Nothing) };
        if stored.origin != place.origin {
            return Ok(Shared::Other);
        }
        let tools: Arc<[Arc<Tool>]> =
            stored.tools.into_iter().filter_map(Tool::parse).map(Arc::new).collect();
        Ok(Shared::New(CachedTools { tools, expires_at }, stamp))
    }

    pub(super) async fn put_tools(
        &self,
        scope: &Scope,
        place: &Place<'_>,
        cached: &CachedTools,
    ) -> Result<Option<Stamp>, ExternalFault> {
        let expires_at =
            milliseconds(cached.expires_at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default());
        let tools = cached.tools.iter().map(|tool| tool.definition()).collect();
        let Ok(text) = serde_json::to_vec(&Storing { expires_at, origin: &place.origin, tools }) else {
            return Ok(None);
        };
        if text.len() > MAX_VALUE {
            return Ok(None);
        }
        let stamp = Stamp::of(&text);
        let (servers, callers) = (CacheKey::servers(place.caller), CacheKey::callers());
        let ttl = milliseconds(scope.settings.cache.tools_ttl).max(1);
        let mut put = redis::pipe();
        put.atomic();
        put.cmd("SET").arg(place.key.as_str()).arg(text).arg("PX").arg(ttl).ignore();
        put.sadd(servers.as_str(), place.server.as_str()).ignore();
        put.sadd(callers.as_str(), place.caller.as_str()).ignore();
        put.cmd("PEXPIRE").arg(servers.as_str()).arg(ttl).ignore();
        put.cmd("PEXPIRE").arg(callers.as_str()).arg(ttl).ignore();
        self.0.ask::<()>(scope, &put).await?;
        Ok(Some(stamp))
    }

    /// Whether there was something to clear.
    pub(super) async fn clear(
        &self,
        scope: &Scope,
        key: &CacheKey,
        server: &ServerName,
    ) -> Result<bool, ExternalFault> {
        let servers = CacheKey::servers(&scope.caller.id);
        let mut clear = redis::pipe();
        clear.atomic().del(key.as_str()).srem(servers.as_str(), server.as_str()).ignore();
        let (deleted,): (u32,) = self.0.ask(scope, &clear).await?;
        Ok(deleted > 0)
    }

    pub(super) async fn servers_of(&self, scope: &Scope) -> Result<BTreeSet<ServerName>, ExternalFault> {
        let mut members = redis::pipe();
        members.smembers(CacheKey::servers(&scope.caller.id).as_str());
        let (names,): (Vec<String>,) = self.0.ask(scope, &members).await?;
        Ok(names.into_iter().map(ServerName::from).collect())
    }

    /// Callers with cached tools, and entries of all of them.
    pub(super) async fn counts(&self, scope: &Scope) -> Result<(usize, usize), ExternalFault> {
        let mut members = redis::pipe();
        members.smembers(CacheKey::callers().as_str());
        let (callers,): (Vec<String>,) = self.0.ask(scope, &members).await?;
        if callers.is_empty() {
            return Ok((0, 0));
        }
        let mut cards = redis::pipe();
        for caller in &callers {
            cards.scard(CacheKey::servers(&caller.as_str().into()).as_str());
        }
        let sizes: Vec<usize> = self.0.ask(scope, &cards).await?;
        Ok((sizes.iter().filter(|size| **size > 0).count(), sizes.iter().sum()))
    }
}
