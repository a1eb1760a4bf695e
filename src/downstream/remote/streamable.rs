//! Streamable HTTP: a POST for each message, whose response is the answer or a stream with the answer in it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Response, StatusCode};
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::events::{Event, Events};
use super::link::{self, Arrived, Deaf, Link};
use super::loss::Loss;
use super::outline::{self, Outline};
use super::stream::{Reading, Stream};
use crate::downstream::request::Mirrored;
use crate::lock::Lock;
use crate::web::{self, WebFault};

const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// Requests of one session that run side by side; more wait.
const MAX_POSTS: usize = 64;

/// How long a server may take over a message that wants no answer.
const NOTICE: Duration = Duration::from_secs(10);

/// How long a server may take over the news that a session is over.
const FAREWELL: Duration = Duration::from_secs(1);

/// A stream whose answer has come ends now, or its connection is not worth waiting for.
const LINGER: Duration = Duration::from_millis(100);

pub(in crate::downstream) struct Streamable {
    pub(super) link: Link,
    state: Lock<State>,
    posts: Semaphore,
}

#[derive(Default)]
struct State {
    session: Option<HeaderValue>,
    version: Option<HeaderValue>,
    /// The server has been told that the session is over.
    parted: bool,
    /// The requests that run, by their id.
    open: HashMap<String, Running>,
}

struct Running {
    cancel: CancellationToken,
    /// Of the era in which a response that is closed is a request that is cancelled.
    modern: bool,
}

impl Streamable {
    pub(super) fn new(link: Link) -> Arc<Self> {
        Arc::new(Self { link, state: Lock::default(), posts: Semaphore::new(MAX_POSTS) })
    }

    /// A request is on its way when this returns; any other message has arrived.
    pub(in crate::downstream) async fn send(
        self: &Arc<Self>,
        message: Vec<u8>,
        mirrored: &Mirrored,
    ) -> Result<(), Loss> {
        let outline = Outline::of(&message).with(mirrored);
        if let Some(id) = outline.request().cloned() {
            let exchange = Arc::clone(self).exchange(id, outline, message);
            self.link.tasks.spawn(exchange);
            return Ok(());
        }
        if let Some(running) = outline.cancels().and_then(|id| self.leave(id)) {
            running.cancel.cancel();
            if running.modern {
                return Ok(());
            }
        }
        let initialized = outline.is("notifications/initialized");
        let notice = Arc::clone(self).notice(outline, message);
        // Whoever waits for it may be dropped; the message is sent all the same.
        let sent = self.link.tasks.spawn(notice).await.unwrap_or(Err(Loss::Broken));
        if initialized {
            self.fail_on(sent)?;
            let listening = Arc::clone(self);
            self.link.tasks.spawn(async move { listening.listen().await });
        }
        Ok(())
    }

    fn fail_on(&self, sent: Result<(), Loss>) -> Result<(), Loss> {
        sent.inspect_err(|why| drop(self.link.ended.set(why.clone())))
    }

    async fn notice(self: Arc<Self>, outline: Outline, message: Vec<u8>) -> Result<(), Loss> {
        let posting = async {
            let headers = self.message_headers(&outline);
            let response =
                self.link.target.post(self.link.target.url(), headers, link::body(message)).await?;
            if response.status().is_success() {
                link::drain(response).await;
                return Ok(());
            }
            Err(self.link.refused(response, None).await.unwrap_or(Loss::Broken))
        };
        self.link.unless_closed(tokio::time::timeout(NOTICE, posting)).await?.unwrap_or(Err(Loss::NoAnswer))
    }

    async fn exchange(self: Arc<Self>, id: Value, outline: Outline, message: Vec<u8>) {
        let cancel = self.link.closed.child_token();
        let running = Running { cancel: cancel.clone(), modern: outline.version().is_some() };
        self.state.lock().open.insert(id.to_string(), running);
        let asking = async {
            let permit = self.posts.acquire().await;
            let outcome = self.ask(&id, &outline, message).await;
            drop(permit);
            outcome
        };
        let outcome = if outline.is("initialize") {
            // A server begins a session also for whoever no longer waits for the answer.
            let begun = self.link.unless_closed(asking).await.ok();
            if self.link.closed.is_cancelled() {
                self.farewell().await;
            }
            begun
        } else {
            cancel.run_until_cancelled(asking).await
        };
        self.leave(&id);
        let Some(outcome) = outcome else { return };
        let why = outcome.err().unwrap_or(Loss::NoAnswer);
        let lost = why == Loss::SessionLost;
        if self.link.deliver(Arrived::Over(id, why)).await.is_ok() && lost {
            self.link.end(Loss::SessionLost).await;
        }
    }

    /// Sends a request and delivers what comes of it. `Ok` says that all was read, not that an answer was in it.
    async fn ask(&self, id: &Value, outline: &Outline, message: Vec<u8>) -> Result<(), Loss> {
        let headers = self.message_headers(outline);
        let in_session = headers.contains_key(SESSION);
        let response = self.link.target.post(self.link.target.url(), headers, link::body(message)).await?;
        let status = response.status();
        if in_session && status == StatusCode::NOT_FOUND {
            return Err(Loss::SessionLost);
        }
        if !status.is_success() {
            return self.link.refused(response, Some(id)).await.map_or(Ok(()), Err);
        }
        let initialize = outline.is("initialize");
        if initialize {
            self.state.lock().session = response.headers().get(SESSION).cloned();
        }
        if link::is_encoded(&response) {
            return Err(Loss::Encoded);
        }
        if link::is_of(&response, "text/event-stream") {
            return self.read_stream(id, initialize, response).await;
        }
        if matches!(status, StatusCode::ACCEPTED | StatusCode::NO_CONTENT) {
            return Ok(());
        }
        if !link::is_of(&response, "application/json") {
            return Err(Loss::NotMcp);
        }
        let arrived = match web::body(response, self.link.limit).await {
            Ok(body) => {
                self.settle(initialize, &body);
                Arrived::Message(body)
            }
            Err(WebFault::TooLong { .. }) => Arrived::TooLong(Some(id.clone())),
            Err(WebFault::Connection(error)) => return Err(Loss::of(&error)),
            Err(fault) => return Err(fault.into()),
        };
        self.link.deliver(arrived).await.map_err(|Deaf| Loss::Broken)
    }

    async fn read_stream(&self, id: &Value, initialize: bool, response: Response) -> Result<(), Loss> {
        let mut stream = Stream::of(Events::new(response, self.link.limit));
        loop {
            match stream.next(self).await {
                Reading::Event(Event::Message(message)) => {
                    let answer = outline::answers(&message, id);
                    if answer {
                        self.settle(initialize, &message);
                    }
                    self.link.deliver(Arrived::Message(message)).await.map_err(|Deaf| Loss::Broken)?;
                    if answer {
                        let _ = tokio::time::timeout(LINGER, stream.finish()).await;
                        return Ok(());
                    }
                }
                Reading::Event(Event::TooLong) => {
                    let arrived = Arrived::TooLong(Some(id.clone()));
                    return self.link.deliver(arrived).await.map_err(|Deaf| Loss::Broken);
                }
                Reading::Event(Event::Endpoint(_) | Event::Other) => {}
                Reading::Over(why) => return Err(why),
            }
        }
    }

    /// What a server sends unasked. Not every server has such a stream, and nobody waits for it.
    async fn listen(self: Arc<Self>) {
        let listening = async {
            let Ok(response) = self.open_stream(None).await else { return };
            let mut stream = Stream::without_end(Events::new(response, self.link.limit));
            while let Reading::Event(event) = stream.next(&self).await {
                if let Event::Message(message) = event
                    && self.link.deliver(Arrived::Message(message)).await.is_err()
                {
                    return;
                }
            }
        };
        let _ = self.link.closed.run_until_cancelled(listening).await;
    }

    /// A stream of the session, from the start or from where another one broke off.
    pub(super) async fn open_stream(&self, last_id: Option<HeaderValue>) -> Result<Response, Loss> {
        let mut headers = link::stream_headers();
        self.session_headers(&mut headers);
        headers.extend(last_id.map(|id| (HeaderName::from_static("last-event-id"), id)));
        let response = self.link.target.get(headers).await?;
        if !response.status().is_success() {
            return Err(Loss::status(response.status(), None));
        }
        if link::is_of(&response, "text/event-stream") { Ok(response) } else { Err(Loss::NotMcp) }
    }

    /// Tells the server that the session is over, if there is one and it has not been told.
    pub(super) async fn farewell(&self) {
        if !self.parts() || self.link.ended.get() == Some(&Loss::SessionLost) {
            return;
        }
        let mut headers = HeaderMap::new();
        self.session_headers(&mut headers);
        let telling = async {
            if let Ok(response) = self.link.target.delete(headers).await {
                link::drain(response).await;
            }
        };
        let _ = tokio::time::timeout(FAREWELL, telling).await;
    }

    fn parts(&self) -> bool {
        let mut state = self.state.lock();
        state.session.is_some() && !std::mem::replace(&mut state.parted, true)
    }

    /// Whether the server remembers anything between two requests.
    pub(super) fn has_session(&self) -> bool {
        self.state.lock().session.is_some()
    }

    fn settle(&self, initialize: bool, answer: &[u8]) {
        if initialize {
            self.state.lock().version = outline::settled_version(answer);
        }
    }

    pub(super) fn message_headers(&self, outline: &Outline) -> HeaderMap {
        let mut headers = link::json_headers();
        match outline.version() {
            Some(version) => {
                headers.insert(VERSION, version);
                outline.mirror(&mut headers);
            }
            None => self.session_headers(&mut headers),
        }
        headers
    }

    fn session_headers(&self, headers: &mut HeaderMap) {
        let state = self.state.lock();
        headers.extend(state.session.clone().map(|session| (SESSION, session)));
        headers.extend(state.version.clone().map(|version| (VERSION, version)));
    }

    fn leave(&self, id: &Value) -> Option<Running> {
        self.state.lock().open.remove(&id.to_string())
    }
}
