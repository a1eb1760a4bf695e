//! The client behind a request: what it understands, and the way back to it while the request is open.
//!
//! stdio has one connection for the life of the process, HTTP one for each session. What a server says during a
//! call goes to the client that asked for that call, and to no other.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, MutexGuard, OnceLock};
use std::time::Duration;

use serde_json::{Map, Value};

use crate::ids::ServerName;
use crate::lock::Lock;
use crate::rpc::{self, protocol};

mod backlog;
mod dialogue;
mod hello;
mod notices;
mod outlet;
mod progress;
mod questions;
mod rounds;
mod standing;
mod wanted;

pub use backlog::{Backlog, Owed};
pub use hello::{Capabilities, Era, Hello, Severity};
pub use notices::{Change, Changes, Notices, Outage};
pub use outlet::Outlet;
pub use questions::{NoAnswer, Question};
pub use standing::Standing;
pub use wanted::{Listener, Watch};

use dialogue::Dialogue;
use progress::{HEARTBEAT, Progress};
use questions::Questions;

/// Resources that one client may watch.
const MAX_WATCHED: usize = 1_000;

/// Servers of which one client has been told that they are missing.
const MAX_MISSED: usize = 4_096;

/// Questions for one request: whoever asks more will never have enough, and a model would answer for ever.
const MAX_QUESTIONS: usize = 1_000;

/// A person has this long to answer.
pub const PATIENCE: Duration = Duration::from_secs(600);

/// No honest resource has a longer name.
pub const MAX_URI: usize = 8 * 1024;

/// What outlasts a request: a process on the other end of our streams, or an HTTP session.
#[derive(Debug)]
pub struct Connection {
    hello: Lock<Option<Arc<Hello>>>,
    severity: Lock<Option<Severity>>,
    questions: Questions,
    /// The resources that the client wants to hear of, by their URIs.
    watched: Lock<HashMap<String, Watch>>,
    /// The servers that the client knows to be missing from what it lists.
    missed: Lock<HashSet<ServerName>>,
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
    line: Lock<Line>,
    progress: Progress,
    /// Questions that have no answer yet.
    asked: Lock<Vec<i64>>,
    /// All questions so far.
    questions: AtomicUsize,
    /// Where the client is asked by results.
    dialogue: OnceLock<Dialogue>,
}

/// The way to the client, and what it wants to hear there. Another request may take it over.
#[derive(Clone, Debug)]
struct Line {
    outlet: Outlet,
    progress_token: Option<Value>,
    /// The mildest log message that it asked for.
    severity: Option<Severity>,
}

impl Connection {
    pub fn new(outlet: Outlet) -> Self {
        Self {
            hello: Lock::default(),
            severity: Lock::default(),
            questions: Questions::default(),
            watched: Lock::default(),
            missed: Lock::default(),
            outlet,
        }
    }

    /// What the client said of itself when it opened the connection.
    pub fn greet(&self, hello: Hello) {
        *self.hello.lock() = Some(Arc::new(hello));
    }

    /// Whether the client has said who it is.
    pub fn is_open(&self) -> bool {
        self.hello.lock().is_some()
    }

    fn hello(&self) -> Arc<Hello> {
        self.hello.lock().clone().unwrap_or_default()
    }

    /// Logs milder than this stay away from the client.
    pub fn listen_from(&self, severity: Severity) {
        *self.severity.lock() = Some(severity);
    }

    /// The client answered a question of ours. An answer to nothing is passed over.
    pub fn settle(&self, id: &Value, answer: Result<Value, Value>) {
        self.questions.settle(id, answer);
    }

    /// The client wants to hear of this resource. `false`: it watches too many already, or the name is too long.
    pub fn watch(&self, watch: Watch) -> bool {
        let uri = watch.uri();
        let mut watched = self.watched.lock();
        let fits = uri.len() <= MAX_URI && (watched.len() < MAX_WATCHED || watched.contains_key(uri));
        if fits {
            watched.insert(uri.to_owned(), watch);
        }
        fits
    }

    pub fn unwatch(&self, uri: &str) {
        self.watched.lock().remove(uri);
    }

    /// Whether the client is told of this without asking: with a handshake, and if it is one of its resources or an
    /// outage that it does not know of yet.
    pub fn hears(&self, change: &Change) -> bool {
        let watched = || self.watched.lock();
        self.is_open()
            && match change {
                Change::Resource(uri) => watched().contains_key(uri.as_ref()),
                Change::Outage(outage) => {
                    let mildest = *self.severity.lock();
                    mildest.is_none_or(|mildest| Severity::Warning >= mildest) && self.misses(&outage.server)
                }
                _ => true,
            }
    }

    /// From now on the client knows that the server is missing. `false`: it did already.
    fn misses(&self, server: &ServerName) -> bool {
        let mut missed = self.missed.lock();
        missed.len() < MAX_MISSED && missed.insert(server.clone())
    }

    /// Tells the client something that belongs to no request.
    pub async fn notify(&self, method: &str, params: &Map<String, Value>) {
        self.outlet.send(rpc::notification(method, params)).await;
    }

    /// The client of a request on this connection, whose messages go to `outlet`.
    pub fn client(self: &Arc<Self>, meta: &Map<String, Value>, outlet: Outlet) -> Client {
        let severity = *self.severity.lock();
        self.client_of(self.hello(), severity, meta, outlet)
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
            line: Lock::new(Line { outlet, progress_token: token, severity }),
            progress: Progress::new(),
            asked: Lock::default(),
            questions: AtomicUsize::new(0),
            dialogue: OnceLock::new(),
        }))
    }
}

impl Client {
    /// Nobody: for work that no client waits for.
    pub fn nobody() -> Self {
        Arc::new(Connection::new(Outlet::Nowhere)).client(&Map::new(), Outlet::Nowhere)
    }

    /// The same client, for work that outlasts the request: it can be counted on as much, and hears nothing of it.
    #[must_use]
    pub fn apart(&self) -> Self {
        self.0.connection.client_of(Arc::clone(&self.0.hello), None, &Map::new(), Outlet::Nowhere)
    }

    pub fn era(&self) -> Era {
        self.0.hello.era
    }

    /// What servers may be told that this client can do.
    pub fn capabilities(&self) -> &Capabilities {
        &self.0.hello.capabilities
    }

    /// Whether the client can be asked this now.
    pub fn answers(&self, method: &str, relay_roots: bool) -> bool {
        let way = match self.era() {
            Era::Legacy => true,
            Era::Modern => self.0.dialogue.get().is_some_and(|dialogue| dialogue.allows(method, relay_roots)),
        };
        let patient = self.0.questions.load(Ordering::Relaxed) < MAX_QUESTIONS;
        way && patient && self.capabilities().answers(method, relay_roots)
    }

    pub fn wants_progress(&self) -> bool {
        self.line().progress_token.is_some()
    }

    /// The mildest log message that the client asked for; where it asked for none, see `wants_log`.
    pub fn severity(&self) -> Option<Severity> {
        self.line().severity
    }

    /// A client with a handshake hears whatever servers say until it asks for less; a modern one hears nothing
    /// until it asks.
    pub fn wants_log(&self, severity: Severity) -> bool {
        self.severity().map_or(self.era() == Era::Legacy, |mildest| severity >= mildest)
    }

    /// Whether the client is to be told now that the server is missing: if it wants to hear of that, and once.
    pub fn hears_of_outage(&self, server: &ServerName) -> bool {
        self.wants_log(Severity::Warning) && self.0.connection.misses(server)
    }

    /// Whether it has been told so, and not yet seen the server again.
    pub fn knows_of_outage(&self, server: &ServerName) -> bool {
        self.0.connection.missed.lock().contains(server)
    }

    /// The client sees the server again.
    pub fn sees_again(&self, server: &ServerName) {
        self.0.connection.missed.lock().remove(server);
    }

    /// Whether the client reads what it is sent, so that more can be done for it.
    pub fn has_room(&self) -> bool {
        self.line().outlet.backlog().is_none_or(|backlog| backlog.has_room())
    }

    /// Waits until it does.
    pub async fn room(&self) {
        let outlet = self.line().outlet.clone();
        if let Some(backlog) = outlet.backlog() {
            backlog.room().await;
        }
    }

    /// The request is a batch of so many calls.
    pub fn expect_calls(&self, calls: usize) {
        self.0.progress.batch_of(calls);
    }

    /// One call of the batch has ended.
    pub async fn call_done(&self) {
        if let Some(params) = self.0.progress.call_done() {
            self.report(params).await;
        }
    }

    /// Passes on what a server reports of the call that is running.
    pub async fn progress(&self, params: Map<String, Value>) {
        if let Some(params) = self.0.progress.of_call(params) {
            self.report(params).await;
        }
    }

    /// Breaks the silence of a long request, for a client that asked to hear of it. Never ends.
    pub async fn keep_alive(&self) {
        if !self.wants_progress() {
            return std::future::pending().await;
        }
        loop {
            match self.0.progress.beat(HEARTBEAT) {
                Ok(params) => self.report(params).await,
                Err(silence) => tokio::time::sleep(silence).await,
            }
        }
    }

    /// Under the client's own token.
    async fn report(&self, mut params: Map<String, Value>) {
        let Line { outlet, progress_token: Some(token), .. } = self.line().clone() else { return };
        params.insert("progressToken".to_owned(), token);
        outlet.send(rpc::notification(protocol::PROGRESS, &params)).await;
    }

    /// Tells the client something that belongs to this request.
    pub async fn notify(&self, method: &str, params: &Map<String, Value>) {
        let outlet = self.line().outlet.clone();
        outlet.send(rpc::notification(method, params)).await;
    }

    /// Asks the client, and waits for its answers, which stand in the order of the questions. Whoever stops waiting
    /// calls `withdraw`.
    pub async fn ask(&self, questions: Vec<Question>) -> Vec<Result<Value, NoAnswer>> {
        self.0.questions.fetch_add(questions.len(), Ordering::Relaxed);
        if let Some(dialogue) = self.0.dialogue.get() {
            return dialogue.ask(questions).await;
        }
        let mut answers = Vec::with_capacity(questions.len());
        for question in &questions {
            answers.push(match tokio::time::timeout(PATIENCE, self.ask_by_request(question)).await {
                Ok(answer) => answer,
                Err(_) => {
                    self.withdraw().await;
                    Err(NoAnswer::Late)
                }
            });
        }
        answers
    }

    async fn ask_by_request(&self, Question { method, params }: &Question) -> Result<Value, NoAnswer> {
        if self.era() == Era::Modern {
            return Err(NoAnswer::NotAble);
        }
        let question = self.0.connection.questions.open().ok_or(NoAnswer::TooMany)?;
        let id = question.id();
        self.asked().push(id);
        let outlet = self.line().outlet.clone();
        let answer = if outlet.send(rpc::request(id, method, params)).await {
            question.answered().await
        } else {
            Err(NoAnswer::Gone)
        };
        self.asked().retain(|asked| *asked != id);
        answer
    }

    /// Tells the client that what it was asked, and has not answered, is no longer of interest.
    pub async fn withdraw(&self) {
        let open = std::mem::take(&mut *self.asked());
        for id in open {
            let params = Map::from_iter([("requestId".to_owned(), id.into())]);
            self.notify(protocol::CANCELLED, &params).await;
        }
    }

    fn asked(&self) -> MutexGuard<'_, Vec<i64>> {
        self.0.asked.lock()
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.line.lock()
    }
}
