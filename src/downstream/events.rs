//! What a server asks and tells beside its answers, in the order in which it does.
//!
//! Whoever is in a call hears it; between calls nobody does, and only changes of what the server offers count.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;
use tokio::sync::{broadcast, mpsc};

use crate::call::JsonObject;
use crate::client::{Capabilities, Change, MAX_URI};
use crate::config::Server;
use crate::ids::{CallerId, ServerName};
use crate::rpc::protocol;

/// Waiting to be heard; a server that says more is not read meanwhile.
const MAX_WAITING: usize = 32;

#[derive(Debug)]
pub(super) enum Event {
    Progress(JsonObject),
    Log(JsonObject),
    /// A request to the client.
    Question {
        id: Value,
        method: String,
        params: JsonObject,
    },
    /// The server no longer wants an answer to this question.
    Withdrawn(Value),
    /// A notification that the client gets as it is.
    Notice {
        method: String,
        params: JsonObject,
    },
}

/// A server has something else than before.
#[derive(Clone, Debug)]
pub struct Changed {
    pub caller: CallerId,
    pub server: ServerName,
    pub what: Change,
}

/// The transport's side.
pub(super) struct Ear {
    open: Arc<AtomicBool>,
    events: mpsc::Sender<Event>,
    changes: broadcast::Sender<Changed>,
    session: Whose,
}

/// Whose session it is, and with what.
pub(super) struct Whose {
    pub(super) caller: CallerId,
    pub(super) capabilities: Capabilities,
    pub(super) server: Arc<Server>,
}

/// The session's side.
pub(super) struct Events {
    open: Arc<AtomicBool>,
    events: mpsc::Receiver<Event>,
}

/// Events as long as somebody listens.
pub(super) struct Listening<'a>(&'a mut Events);

pub(super) fn channel(changes: broadcast::Sender<Changed>, session: Whose) -> (Ear, Events) {
    let open = Arc::new(AtomicBool::new(false));
    let (sender, receiver) = mpsc::channel(MAX_WAITING);
    let ear = Ear { open: Arc::clone(&open), events: sender, changes, session };
    (ear, Events { open, events: receiver })
}

impl Event {
    pub(super) fn of_notification(method: String, mut params: JsonObject) -> Option<Self> {
        match method.as_str() {
            protocol::PROGRESS => Some(Self::Progress(params)),
            protocol::LOG => Some(Self::Log(params)),
            protocol::CANCELLED => params.shift_remove("requestId").map(Self::Withdrawn),
            "notifications/elicitation/complete" => Some(Self::Notice { method, params }),
            _ => None,
        }
    }
}

impl Event {
    /// Whether it is the question of this id.
    pub(super) fn asks(&self, asked: &Value) -> bool {
        matches!(self, Self::Question { id, .. } if id == asked)
    }
}

impl Ear {
    pub(super) fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    /// What comes from here on belongs to no call.
    pub(super) fn close(&self) {
        self.open.store(false, Ordering::Release);
    }

    /// Whether the client can be asked this, and is there to be asked.
    pub(super) fn asks(&self, method: &str) -> bool {
        self.is_open() && self.session.capabilities.answers(method, self.session.server.relay_roots)
    }

    /// Passes on what was told, once there is room. Cancel-safe: nothing is taken before there is.
    pub(super) async fn hear(&self, told: &mut VecDeque<Event>) {
        // Nobody would make room for it.
        if !self.is_open() {
            return told.clear();
        }
        match self.events.reserve().await {
            Ok(place) => {
                if let Some(event) = told.pop_front() {
                    place.send(event);
                }
            }
            Err(_) => told.clear(),
        }
    }

    /// Whether the notification said that the server offers something else now.
    pub(super) fn changed(&self, method: &str, params: &JsonObject) -> bool {
        let what = match Change::list(method) {
            Some(change) => change,
            None if method == Change::UPDATED => match params.get("uri") {
                Some(Value::String(uri)) if uri.len() <= MAX_URI => Change::Resource(uri.as_str().into()),
                _ => return true,
            },
            None => return false,
        };
        // Nobody may want to know.
        let (caller, server) = (self.session.caller.clone(), self.session.server.name.clone());
        let _ = self.changes.send(Changed { caller, server, what });
        true
    }
}

impl Events {
    /// From here on the server is heard; what is left of an earlier call is not.
    pub(super) fn listen(&mut self) -> Listening<'_> {
        while self.events.try_recv().is_ok() {}
        self.open.store(true, Ordering::Release);
        Listening(self)
    }
}

impl Listening<'_> {
    /// Never ends by itself: where the transport is gone, the answer says so.
    pub(super) async fn next(&mut self) -> Event {
        match self.0.events.recv().await {
            Some(event) => event,
            None => std::future::pending().await,
        }
    }

    /// What was said before the answer came.
    pub(super) fn rest(&mut self) -> Option<Event> {
        self.0.events.try_recv().ok()
    }
}

impl Drop for Listening<'_> {
    fn drop(&mut self) {
        self.0.open.store(false, Ordering::Release);
        while self.0.events.try_recv().is_ok() {}
    }
}
