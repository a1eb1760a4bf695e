//! Sessions: each belongs to the key that opened it, and to no other it so much as exists.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use hyper::{HeaderMap, StatusCode};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::refusal::Refusal;
use super::replay::{Replay, Room};
use crate::client::{Connection, Outlet, Standing};
use crate::gateway::inflight::InFlight;
use crate::ids::random;
use crate::lock::Lock;
use crate::secret::KeyDigest;

pub(super) const HEADER: &str = "mcp-session-id";

const PER_KEY: usize = 1_000;
const IN_ALL: usize = 10_000;

/// A session that nobody uses for so long is closed.
const IDLE: Duration = Duration::from_secs(30 * 60);
const SWEEP: Duration = Duration::from_secs(60);

pub(super) struct Session {
    pub(super) id: String,
    owner: KeyDigest,
    pub(super) connection: Arc<Connection>,
    pub(super) standing: Standing,
    pub(super) open: InFlight,
    pub(super) replay: Replay,
    pub(super) ended: CancellationToken,
}

#[derive(Default)]
pub(super) struct Sessions {
    state: Lock<State>,
    room: Room,
}

#[derive(Default)]
struct State {
    sessions: HashMap<String, Entry>,
    keys: HashMap<KeyDigest, usize>,
}

struct Entry {
    session: Arc<Session>,
    used: Instant,
}

impl Session {
    fn new(owner: KeyDigest, room: &Room) -> Self {
        let standing = Standing::default();
        let connection = Arc::new(Connection::new(Outlet::Standing(standing.clone())));
        Self {
            id: base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random::<24>()),
            owner,
            connection,
            standing,
            open: InFlight::default(),
            replay: Replay::within(room),
            ended: CancellationToken::new(),
        }
    }
}

impl Sessions {
    /// A session that nobody can find yet.
    pub(super) fn prepare(&self, owner: KeyDigest) -> Arc<Session> {
        Arc::new(Session::new(owner, &self.room))
    }

    pub(super) fn add(&self, session: Arc<Session>) -> Result<(), Refusal> {
        let mut state = self.state.lock();
        let own = state.keys.get(&session.owner).copied().unwrap_or_default();
        if own >= PER_KEY || state.sessions.len() >= IN_ALL {
            return Err(Refusal::too_many("too many sessions are open; end some with `DELETE`", 60));
        }
        state.keys.insert(session.owner.clone(), own + 1);
        state.sessions.insert(session.id.clone(), Entry { session, used: Instant::now() });
        Ok(())
    }

    /// The session that the headers name, if it is the key's own.
    pub(super) fn find(&self, headers: &HeaderMap, key: &KeyDigest) -> Result<Arc<Session>, Refusal> {
        let mut given = headers.get_all(HEADER).iter();
        let (Some(id), None) = (given.next(), given.next()) else {
            let message = "there must be one `Mcp-Session-Id` header: `initialize` answers with its value";
            return Err(Refusal::bad(StatusCode::BAD_REQUEST, message));
        };
        let mut state = self.state.lock();
        let entry = id.to_str().ok().and_then(|id| state.sessions.get_mut(id));
        let Some(entry) = entry.filter(|entry| entry.session.owner.matches(key)) else {
            let message = "this session is not known, or has ended: open another with `initialize`";
            return Err(Refusal::bad(StatusCode::NOT_FOUND, message));
        };
        entry.used = Instant::now();
        Ok(Arc::clone(&entry.session))
    }

    pub(super) fn end(&self, session: &Session) {
        self.state.lock().remove(&session.id);
    }

    /// Closes idle sessions until it is over.
    pub(super) async fn sweep(&self, over: &CancellationToken) {
        while tokio::time::timeout(SWEEP, over.cancelled()).await.is_err() {
            self.close_idle(Instant::now());
        }
    }

    fn close_idle(&self, now: Instant) {
        let mut state = self.state.lock();
        let mut idle = Vec::new();
        for (id, entry) in &mut state.sessions {
            // Whoever holds it besides us, a request or a stream, uses it.
            if Arc::strong_count(&entry.session) > 1 {
                entry.used = now;
            } else if now.duration_since(entry.used) >= IDLE {
                idle.push(id.clone());
            }
        }
        for id in idle {
            state.remove(&id);
        }
    }
}

impl State {
    fn remove(&mut self, id: &str) {
        let Some(Entry { session, .. }) = self.sessions.remove(id) else { return };
        session.ended.cancel();
        if let Some(count) = self.keys.get_mut(&session.owner) {
            *count -= 1;
            if *count == 0 {
                self.keys.remove(&session.owner);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;
    use crate::secret::GatewayKey;

    fn headers(id: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_str(id).expect("visible characters"));
        headers
    }

    fn key(text: &str) -> KeyDigest {
        GatewayKey::from(text).digest()
    }

    fn open(sessions: &Sessions, owner: &str) -> Option<Arc<Session>> {
        let session = sessions.prepare(key(owner));
        sessions.add(Arc::clone(&session)).ok().map(|()| session)
    }

    #[test]
    fn a_session_is_its_keys_own() {
        let sessions = Sessions::default();
        let session = open(&sessions, "a").expect("room");
        assert_eq!(session.id.len(), 32);
        assert!(sessions.find(&headers(&session.id), &key("a")).is_ok());
        assert!(sessions.find(&headers(&session.id), &key("b")).is_err());
        sessions.end(&session);
        assert!(session.ended.is_cancelled());
        assert!(sessions.find(&headers(&session.id), &key("a")).is_err());
    }

    #[test]
    fn sessions_of_a_key_are_bounded() {
        let sessions = Sessions::default();
        assert!((0..PER_KEY).all(|_| open(&sessions, "a").is_some()));
        assert!(open(&sessions, "a").is_none());
        assert!(open(&sessions, "b").is_some());
    }

    #[test]
    fn an_idle_session_is_closed_and_one_in_use_is_not() {
        let sessions = Sessions::default();
        let idle = open(&sessions, "a").expect("room").id.clone();
        let used = open(&sessions, "a").expect("room");
        sessions.close_idle(Instant::now() + IDLE);
        assert!(sessions.find(&headers(&idle), &key("a")).is_err());
        assert!(sessions.find(&headers(&used.id), &key("a")).is_ok());
    }
}
