//! The authenticator `enkrypt`: a service keeps the configuration, and a key is good if it gets one there.
//!
//! What was fetched serves for its time; when the service fails after that, the last good answer serves on. A
//! refusal by the service is final: it drops what was kept. Edited settings read the kept answer anew.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Asking, AuthFault, Authenticating, Authenticator};
use crate::config::{AuthSettings, RemoteAuth, ServerList, Settings, file};
use crate::ids::{CallerId, ProjectId, UserId};
use crate::scope::Caller;
use crate::secret::{GatewayKey, KeyDigest};
use crate::timeouts::Operation;
use crate::web;

const MAX_BODY: usize = 4 << 20;
const MAX_KEPT: usize = 1_024;
/// A service that failed is left alone this long when a last good answer can serve.
const RETRY: Duration = Duration::from_secs(5);

#[derive(Default)]
pub(super) struct Enkrypt {
    desks: Mutex<HashMap<KeyDigest, Arc<tokio::sync::Mutex<Desk>>>>,
}

/// Where the askers with one key wait for one answer.
#[derive(Default)]
struct Desk {
    kept: Option<Kept>,
    /// The last failure: whoever was waiting meanwhile shares it.
    failed: Option<(Instant, AuthFault)>,
}

/// A good answer, as it came and as it reads under `settings`.
struct Kept {
    body: Value,
    source: Source,
    settings: Arc<Settings>,
    caller: Arc<Caller>,
    fresh_until: Instant,
}

/// What was asked for; the answer to another question serves nobody.
#[derive(Clone, PartialEq, Eq)]
struct Source {
    base_url: String,
    gateway: (String, String),
    project: Option<String>,
}

impl Enkrypt {
    async fn decide(&self, asking: &Asking<'_>) -> Result<Arc<Caller>, AuthFault> {
        let AuthSettings::Enkrypt(remote) = &asking.settings.auth else {
            return Err(unavailable("the settings name another authenticator"));
        };
        let key = asking.credentials.key.as_ref().ok_or(AuthFault::Refused { reason: "no key was given" })?;
        let asked = Instant::now();
        let desk = self.desk(&key.digest());
        let mut desk = tokio::select! {
            desk = desk.lock() => desk,
            () = asking.cancel.cancelled() => return Err(cancelled()),
        };
        if let Some((_, fault)) = desk.failed.as_ref().filter(|(at, _)| *at >= asked) {
            return Err(fault.clone());
        }
        let caller = Self::answer(asking, remote, key, &mut desk).await?;
        fits(&caller, asking)?;
        Ok(caller)
    }

    async fn answer(
        asking: &Asking<'_>,
        remote: &RemoteAuth,
        key: &GatewayKey,
        desk: &mut Desk,
    ) -> Result<Arc<Caller>, AuthFault> {
        let source = Source::of(remote);
        // Under edited settings the answer means something else; to another source it means nothing.
        let kept = desk.kept.take().filter(|kept| kept.source == source);
        desk.kept = kept.and_then(|kept| Self::under(asking, key, kept));
        if let Some(kept) = desk.kept.as_ref().filter(|kept| Instant::now() < kept.fresh_until) {
            return Ok(Arc::clone(&kept.caller));
        }
        match fetch(asking, remote, key).await {
            Ok((body, caller)) => {
                // Sessions and flights know a server by its identity: an answer of the same words keeps it.
                let same = desk.kept.take().filter(|kept| kept.body == body);
                let caller = same.map_or(caller, |kept| kept.caller);
                let (settings, fresh_until) =
                    (Arc::clone(asking.settings), Instant::now() + remote.cache_ttl);
                desk.kept = Some(Kept { body, source, settings, caller: Arc::clone(&caller), fresh_until });
                Ok(caller)
            }
            Err(fault) if asking.cancel.is_cancelled() => Err(fault),
            Err(fault) => desk.fall_back(fault),
        }
    }

    /// What was kept, as the settings of now read it.
    fn under(asking: &Asking<'_>, key: &GatewayKey, mut kept: Kept) -> Option<Kept> {
        if !Arc::ptr_eq(&kept.settings, asking.settings) {
            kept.caller = read(asking, &kept.body, key).ok()?;
            kept.settings = Arc::clone(asking.settings);
        }
        Some(kept)
    }

    fn desk(&self, digest: &KeyDigest) -> Arc<tokio::sync::Mutex<Desk>> {
        let mut desks = self.desks();
        if desks.len() >= MAX_KEPT && !desks.contains_key(digest) {
            // Keys that opened nothing go first: whoever guesses must not push out those who know.
            desks.retain(|_, desk| desk.try_lock().map_or(true, |desk| desk.kept.is_some()));
            if desks.len() >= MAX_KEPT {
                desks.clear();
            }
        }
        Arc::clone(desks.entry(digest.clone()).or_default())
    }

    fn desks(&self) -> MutexGuard<'_, HashMap<KeyDigest, Arc<tokio::sync::Mutex<Desk>>>> {
        self.desks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desk {
    /// The last good answer in the place of none. A refusal is an answer.
    fn fall_back(&mut self, fault: AuthFault) -> Result<Arc<Caller>, AuthFault> {
        match (fault, &mut self.kept) {
            (AuthFault::Unavailable { reason }, Some(kept)) => {
                tracing::warn!(%reason, "the authentication service failed; its last good answer serves on");
                kept.fresh_until = Instant::now() + RETRY;
                Ok(Arc::clone(&kept.caller))
            }
            (fault, kept) => {
                *kept = None;
                self.failed = Some((Instant::now(), fault.clone()));
                Err(fault)
            }
        }
    }
}

impl Source {
    fn of(remote: &RemoteAuth) -> Self {
        Self {
            base_url: remote.base_url.clone(),
            gateway: (remote.gateway_name.clone(), remote.gateway_version.clone()),
            project: remote.project_name.clone(),
        }
    }
}

impl Authenticator for Enkrypt {
    fn authenticate<'a>(&'a self, asking: &'a Asking<'a>) -> Authenticating<'a> {
        Box::pin(self.decide(asking))
    }

    /// What is kept stays as the last good answer. A desk that is busy is asking the service this moment.
    fn forget(&self) {
        for desk in self.desks().values() {
            if let Ok(mut desk) = desk.try_lock()
                && let Some(kept) = &mut desk.kept
            {
                kept.fresh_until = Instant::now();
            }
        }
    }
}

/// Whether the project and the user that the caller names are the key's, where the service says whose it is.
fn fits(caller: &Caller, asking: &Asking<'_>) -> Result<(), AuthFault> {
    fn differs<T: PartialEq>(given: Option<&T>, known: Option<&T>) -> bool {
        given.zip(known).is_some_and(|(given, known)| given != known)
    }
    let credentials = asking.credentials;
    if differs(credentials.project.as_ref(), caller.project.as_ref()) {
        return Err(AuthFault::Refused { reason: "the project is not the key's" });
    }
    if differs(credentials.user.as_ref(), caller.user.as_ref()) {
        return Err(AuthFault::Refused { reason: "the user is not the key's" });
    }
    Ok(())
}

async fn fetch(
    asking: &Asking<'_>,
    remote: &RemoteAuth,
    key: &GatewayKey,
) -> Result<(Value, Arc<Caller>), AuthFault> {
    let fetched = asking.timeouts.run(Operation::Auth, asking.cancel, get(remote, key)).await;
    let body = fetched.unwrap_or_else(|interrupted| Err(unavailable(&interrupted.to_string())))?;
    let caller = read(asking, &body, key)?;
    Ok((body, caller))
}

async fn get(remote: &RemoteAuth, key: &GatewayKey) -> Result<Value, AuthFault> {
    let client = web::client().map_err(|fault| unavailable(&fault.to_string()))?;
    let url = format!("{}/mcp-gateway/get-gateway-config", remote.base_url.trim_end_matches('/'));
    let mut request = client
        .get(url)
        .header("apikey", key.expose())
        .header("X-Enkrypt-MCP-Gateway", &remote.gateway_name)
        .header("X-Enkrypt-MCP-Gateway-Version", &remote.gateway_version);
    if let Some(project) = &remote.project_name {
        request = request.header("X-Enkrypt-Project", project);
    }
    let response = request.send().await.map_err(|_| unavailable("no connection"))?;
    match response.status().as_u16() {
        200 => {}
        401 | 403 => return Err(AuthFault::Refused { reason: "the authentication service refused the key" }),
        status => return Err(unavailable(&format!("it answered with status {status}"))),
    }
    let body = web::body(response, MAX_BODY).await.map_err(|fault| unavailable(&fault.to_string()))?;
    serde_json::from_slice(&body).map_err(|_| unavailable("its answer is not JSON"))
}

/// Follows no reference, so it waits for nothing.
fn read(asking: &Asking<'_>, body: &Value, key: &GatewayKey) -> Result<Arc<Caller>, AuthFault> {
    let list = file::parse_servers(body, asking.settings).map_err(|problems| {
        for problem in &problems {
            tracing::error!("the remote configuration is not valid: {problem}");
        }
        unavailable("the remote configuration is not valid")
    })?;
    Ok(Arc::new(caller(body, list, key)))
}

fn caller(body: &Value, list: ServerList, key: &GatewayKey) -> Caller {
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let (project, user) = (text("project_id"), text("user_id"));
    let id = match (user, project) {
        (Some(user), Some(project)) => CallerId::of(user, project, list.id.as_str()),
        // Two keys without ids must not share a cache.
        _ => CallerId::from(format!("{}_{}", list.id, key.digest().hint())),
    };
    Caller {
        id,
        project: project.map(ProjectId::from),
        user: user.map(UserId::from),
        key_hint: key.hint(),
        config: Arc::new(list),
    }
}

fn cancelled() -> AuthFault {
    unavailable("cancelled")
}

fn unavailable(reason: &str) -> AuthFault {
    AuthFault::Unavailable { reason: reason.to_owned() }
}
