//! The client behind a request: what it understands, and the way back to it while the request is open.
//!
//! stdio has one connection for the life of the process, HTTP one for each session. What a server says during a
//! call goes to the client that asked for that call, and to no other.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use crate::json;
use crate::rpc;

mod hello;
mod outlet;
mod questions;

pub use hello::{Capabilities, Era, Hello, META_LOG_LEVEL, Severity};
pub use outlet::Outlet;
pub use questions::NoAnswer;

use questions::Questions;

/// What outlasts a request: a process on the other end of our streams, or an HTTP session.
#[derive(Debug)]
pub struct Connection {
    hello: Mutex<Option<Arc<Hello>>>,
    severity: Mutex<Severity>,
    questions: Questions,
    /// For messages that belong to no request.
    outlet: Outlet,
}

/// The client of one request.
#[derive(Clone, Debug)]
pub struct Client(Arc<Request>);

#[derive(Debug)]
struct Request {
    connection: Arc<Connection>,
    hello: Arc<Hello>,
    outlet: Outlet,
    progress_token: Option<Value>,
    /// The mildest message that it wants to hear of; `None`: no log at all.
    severity: Option<Severity>,
}

impl Connection {
    pub fn new(outlet: Outlet) -> Self {
        Self {
            hello: Mutex::default(),
            severity: Mutex::new(Severity::Debug),
            questions: Questions::default(),
            outlet,
        }
    }

    /// What the client said of itself when it opened the connection.
    pub fn greet(&self, hello: Hello) {
        *self.hello.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(hello));
    }

    /// Whether the client has said who it is.
    pub fn is_open(&self) -> bool {
        self.hello.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn hello(&self) -> Arc<Hello> {
        self.hello.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default()
    }

    /// Logs milder than this stay away from the client.
    pub fn listen_from(&self, severity: Severity) {
        *self.severity.lock().unwrap_or_else(PoisonError::into_inner) = severity;
    }

    /// The client answered a question of ours. An answer to nothing is passed over.
    pub fn settle(&self, id: &Value, answer: Result<Value, Value>) {
        self.questions.settle(id, answer);
    }

    /// Tells the client something that belongs to no request.
    pub async fn notify(&self, method: &str, params: &Map<String, Value>) {
        self.outlet.send(rpc::notification(method, params)).await;
    }

    /// The client of a request on this connection, whose messages go to `outlet`.
    pub fn client(self: &Arc<Self>, meta: &Map<String, Value>, outlet: Outlet) -> Client {
        let severity = *self.severity.lock().unwrap_or_else(PoisonError::into_inner);
        self.client_of(self.hello(), Some(severity), meta, outlet)
    }

    /// As `client`, for a request that says itself who asks.
    pub fn client_of(
        self: &Arc<Self>,
        hello: Arc<Hello>,
        severity: Option<Severity>,
        meta: &Map<String, Value>,
        outlet: Outlet,
    ) -> Client {
        let token = meta.get("progressToken").filter(|token| token.is_string() || token.is_number()).cloned();
        Client(Arc::new(Request {
            connection: Arc::clone(self),
            hello,
            outlet,
            progress_token: token,
            severity,
        }))
    }
}

impl Client {
    /// Nobody: for work that no client waits for.
    pub fn nobody() -> Self {
        Arc::new(Connection::new(Outlet::Nowhere)).client(&Map::new(), Outlet::Nowhere)
    }

    pub fn era(&self) -> Era {
        self.0.hello.era
    }

    /// What servers may be told that this client can do.
    pub fn capabilities(&self) -> &Capabilities {
        &self.0.hello.capabilities
    }

    pub fn wants_progress(&self) -> bool {
        self.0.progress_token.is_some()
    }

    pub fn severity(&self) -> Option<Severity> {
        self.0.severity
    }

    /// Reports progress under the client's own token.
    pub async fn progress(&self, mut params: Map<String, Value>) {
        let Some(token) = &self.0.progress_token else { return };
        params.insert("progressToken".to_owned(), token.clone());
        self.0.outlet.send(rpc::notification("notifications/progress", &params)).await;
    }

    /// Passes a log message on, if the client wants to hear of it.
    pub async fn log(&self, severity: Severity, params: &Map<String, Value>) {
        if self.0.severity.is_some_and(|mildest| severity >= mildest) {
            self.0.outlet.send(rpc::notification("notifications/message", params)).await;
        }
    }

    /// Tells the client something that belongs to this request.
    pub async fn notify(&self, method: &str, params: &Map<String, Value>) {
        self.0.outlet.send(rpc::notification(method, params)).await;
    }

    /// Asks the client, and waits for its answer.
    pub async fn ask(
        &self,
        method: &str,
        params: &Map<String, Value>,
        cancel: &CancellationToken,
    ) -> Result<Value, NoAnswer> {
        if self.era() == Era::Modern {
            return Err(NoAnswer::NotAble);
        }
        let question = self.0.connection.questions.open().ok_or(NoAnswer::TooMany)?;
        let (id, outlet) = (question.id(), &self.0.outlet);
        if !outlet.send(rpc::request(id, method, params)).await {
            return Err(NoAnswer::Gone);
        }
        tokio::select! {
            answer = question.answered() => answer,
            () = cancel.cancelled() => {
                let params = Map::from_iter([("requestId".to_owned(), id.into())]);
                outlet.send(rpc::notification("notifications/cancelled", &params)).await;
                Err(NoAnswer::Cancelled)
            }
        }
    }
}

impl Capabilities {
    /// A text that is the same for clients that can do the same.
    pub fn key(&self) -> String {
        let mut text = Vec::new();
        json::write_object(&self.declared(true), &mut text);
        String::from_utf8(text).unwrap_or_default()
    }
}
