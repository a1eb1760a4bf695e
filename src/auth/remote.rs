//! The authenticator `enkrypt`: a service keeps the configuration, and a key is good if it gets one there.
//!
//! What was fetched serves for its time; when the service fails after that, the last good answer serves on. A
//! refusal by the service is final: it drops what was kept. Edited settings read the kept answer anew.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::Mutex;

use super::{Asking, AuthFault};
use crate::config::{RemoteAuth, ServerList, Settings, file};
use crate::ids::{CallerId, ProjectId, UserId};
use crate::recent::{Life, Recent};
use crate::scope::Caller;
use crate::secret::{GatewayKey, KeyDigest};
use crate::timeouts::Operation;
use crate::web;

const MAX_BODY: usize = 4 << 20;
/// Keys with a good answer, and as many others.
const MAX_KEPT: usize = 1_024;
/// A service that failed is left alone this long when a last good answer can serve.
const RETRY: Duration = Duration::from_secs(5);

#[derive(Default)]
pub(super) struct Enkrypt {
    desks: Desks,
}

/// Two rooms: whoever guesses keys must not push out those who know one.
struct Desks {
    good: Recent<KeyDigest, Arc<Mutex<Desk>>>,
    others: Recent<KeyDigest, Arc<Mutex<Desk>>>,
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
    pub(super) async fn decide(
        &self,
        asking: &Asking<'_>,
        remote: &RemoteAuth,
    ) -> Result<Arc<Caller>, AuthFault> {
        let key = asking.credentials.key.as_ref().ok_or(AuthFault::refused("no key was given"))?;
        let asked = Instant::now();
        let digest = key.digest();
        let shared = self.desks.of(&digest);
        let mut desk = tokio::select! {
            desk = shared.lock() => desk,
            () = asking.cancel.cancelled() => return Err(cancelled()),
        };
        if let Some((_, fault)) = desk.failed.as_ref().filter(|(at, _)| *at >= asked) {
            return Err(fault.clone());
        }
        let was_good = desk.kept.is_some();
        let answer = Self::answer(asking, remote, key, &mut desk).await;
        if desk.kept.is_some() != was_good {
            self.desks.place(&digest, &shared, !was_good);
        }
        let caller = answer?;
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

    /// What is kept stays as the last good answer. A desk that is busy is asking the service this moment.
    pub(super) fn forget(&self) {
        for (_, desk) in self.desks.good.all() {
            if let Ok(mut desk) = desk.try_lock()
                && let Some(kept) = &mut desk.kept
            {
                kept.fresh_until = Instant::now();
            }
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
}

impl Default for Desks {
    fn default() -> Self {
        let room = || Recent::new(MAX_KEPT, Life::UntilCrowdedOut);
        Self { good: room(), others: room() }
    }
}

impl Desks {
    fn of(&self, key: &KeyDigest) -> Arc<Mutex<Desk>> {
        if let Some(desk) = self.good.get(key) {
            return desk;
        }
        let (desk, fresh) = self.others.get_or_insert(key.clone(), Arc::default);
        // It may have moved between the two looks.
        let moved = fresh.then(|| self.good.get(key)).flatten();
        moved.unwrap_or(desk)
    }

    /// There before it leaves the other room, so that whoever looks for it finds it in one of them.
    fn place(&self, key: &KeyDigest, desk: &Arc<Mutex<Desk>>, good: bool) {
        let (room, other) = if good { (&self.good, &self.others) } else { (&self.others, &self.good) };
        room.insert(key.clone(), Arc::clone(desk));
        other.remove(key);
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

/// Whether the project and the user that the caller names are the key's, where the service says whose it is.
fn fits(caller: &Caller, asking: &Asking<'_>) -> Result<(), AuthFault> {
    fn differs<T: PartialEq>(given: Option<&T>, known: Option<&T>) -> bool {
        given.zip(known).is_some_and(|(given, known)| given != known)
    }
    let credentials = asking.credentials;
    if differs(credentials.project.as_ref(), caller.project.as_ref()) {
        return Err(AuthFault::refused("the project is not the key's"));
    }
    if differs(credentials.user.as_ref(), caller.user.as_ref()) {
        return Err(AuthFault::refused("the user is not the key's"));
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
        401 | 403 => return Err(AuthFault::refused("the authentication service refused the key")),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(number: usize) -> KeyDigest {
        GatewayKey::from(format!("key-{number}")).digest()
    }

    #[test]
    fn who_guesses_pushes_out_nobody_who_knows_and_of_those_the_oldest_goes() {
        let desks = Desks::default();
        let known: Vec<_> = (0..MAX_KEPT)
            .map(|number| {
                let desk = desks.of(&digest(number));
                desks.place(&digest(number), &desk, true);
                desk
            })
            .collect();
        for guess in 0..3 * MAX_KEPT {
            desks.of(&digest(MAX_KEPT + guess));
        }
        let same = |number: usize| Arc::ptr_eq(&desks.of(&digest(number)), &known[number]);
        assert!((0..MAX_KEPT).all(same));
        let one_more = digest(MAX_KEPT);
        desks.place(&one_more, &desks.of(&one_more), true);
        assert!(!same(0) && same(MAX_KEPT / 2) && same(MAX_KEPT - 1));
        assert!(desks.others.all().len() <= MAX_KEPT && desks.good.all().len() <= MAX_KEPT);
    }

    #[test]
    fn a_key_has_one_desk_wherever_it_stands() {
        let desks = Desks::default();
        let desk = desks.of(&digest(1));
        for good in [true, false, true] {
            desks.place(&digest(1), &desk, good);
            assert!(Arc::ptr_eq(&desks.of(&digest(1)), &desk));
            assert_eq!(desks.good.all().len() + desks.others.all().len(), 1);
        }
    }
}
