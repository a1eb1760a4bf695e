//! The messages of one server: rmcp's transport, written so that nothing is lost and nothing hangs.
//!
//! Answers are handed on as JSON, whole, instead of being decoded into a model that drops what it does not know.
//! An answer that cannot be read fails its request at once; what is no message is counted and passed over.

use std::borrow::Cow;
use std::collections::{HashSet, VecDeque};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rmcp::RoleClient;
use rmcp::model::{ClientNotification, ClientRequest, CustomResult, JsonRpcMessage, RequestId, ServerResult};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use serde::Deserialize as _;
use serde_json::{Map, Value};

use super::events::{Ear, Event};
use super::fault::Trouble;
use super::pool::Ending;
use super::remote::Loss;
use super::request::{Mirrored, Prepared};
use super::wire::{Arrival, Sender, Wire};
use crate::call::JsonObject;
use crate::json::{self, LARGE, MAX_VALUES};
use crate::lines;
use crate::rpc::protocol::{CANCELLED, PROGRESS};
use crate::rpc::{self, Envelope, Frame, RpcError};
use crate::timeouts::Activity;

/// Requests of a server that wait for it to read; more are passed over.
const MAX_UNANSWERED: usize = 64;

/// Messages in one line; one with more is none.
const MAX_TOGETHER: usize = 64;

/// Lines that are no messages, or that nobody waits for. A chatty launcher writes a few, a broken server writes on.
const MAX_NOISE: u64 = 100_000;

/// After so many notifications that nobody hears and no answer is waited for, the server is not read for a moment:
/// one that never stops talking would keep a processor busy.
const MAX_UNHEARD: u32 = 256;
const BREATH: Duration = Duration::from_millis(50);

/// What a server asks or tells beside its answers is a few words, or a picture at the most.
const MAX_ASIDE: usize = 1 << 20;

pub(super) struct ServerTransport {
    wire: Wire,
    sender: Sender,
    pending: HashSet<RequestId>,
    /// Messages made from one arrival, when it concerned several requests.
    ready: VecDeque<(RequestId, RxJsonRpcMessage<RoleClient>)>,
    /// Answers to what the server asked, and the one that is being written.
    unanswered: VecDeque<Frame>,
    answering: Option<Pin<Box<dyn Future<Output = io::Result<()>> + Send>>>,
    activity: Activity,
    /// What the server asks and tells, on its way to whoever is in a call.
    told: VecDeque<Event>,
    ear: Ear,
    /// The request that is listened to; what is said after its answer belongs to nothing.
    call: Option<RequestId>,
    noise: Arc<AtomicU64>,
    /// Answers that nobody waited for.
    late: u64,
    unheard: u32,
    /// Enough noise to take the server for broken.
    flooded: bool,
    /// Whoever is told by its drop that the session is over.
    _ending: Ending,
}

/// The outcome of a request, as it travels inside a `CustomResult`: a server cannot forge what wraps its answer.
enum Answer {
    Result(Value),
    Error(Value),
    Malformed(Cow<'static, str>),
    TooLong,
    Lost(Loss),
}

/// What one turn of `receive` brought.
enum Turn {
    Read(Read),
    Answered(io::Result<()>),
    Told,
    End,
}

/// A message, or what could be saved of it: its `id`.
enum Read {
    Message(Box<Envelope>),
    /// Several at once, as the revision 2025-03-26 allows.
    Messages(Vec<Envelope>),
    /// What keeps it from being JSON, where that is known.
    Unreadable(Option<Value>, Option<String>),
    /// Longer than what a server says beside its answers; of a question its id.
    Excessive(Option<Value>),
    TooMany(Option<Value>),
    TooLong(Option<Value>),
    Over(Box<(Value, Loss)>),
}

impl ServerTransport {
    pub(super) fn new(
        wire: Wire,
        activity: Activity,
        ear: Ear,
        noise: Arc<AtomicU64>,
        ending: Ending,
    ) -> Self {
        Self {
            sender: wire.sender(),
            wire,
            pending: HashSet::new(),
            ready: VecDeque::new(),
            unanswered: VecDeque::new(),
            answering: None,
            activity,
            told: VecDeque::new(),
            ear,
            call: None,
            noise,
            late: 0,
            unheard: 0,
            flooded: false,
            _ending: ending,
        }
    }

    fn sort(&mut self, message: Envelope) {
        match (message.method, message.id) {
            (Some(Value::String(method)), Some(id)) => self.request(method, id, object(message.params)),
            (Some(Value::String(method)), None) => self.notification(method, object(message.params)),
            (None, Some(id)) => {
                let answer = match (message.result, message.error) {
                    (Some(result), None) => Answer::Result(result),
                    (None, Some(error)) if is_error(&error) => Answer::Error(error),
                    (None, Some(_)) => {
                        Answer::Malformed("an error without an integer code and a message".into())
                    }
                    _ => Answer::Malformed("an answer with neither or both of `result` and `error`".into()),
                };
                self.answer(&id, answer);
            }
            _ => self.count_noise(),
        }
    }

    /// A ping is answered here; what the client may be asked goes to whoever is in a call; the rest is refused. rmcp
    /// is not told, because it would take any number of requests into memory while a server does not read its answers.
    fn request(&mut self, method: String, id: Value, params: JsonObject) {
        if self.unanswered.len() + self.told.len() >= MAX_UNANSWERED {
            return self.count_noise();
        }
        if method == "ping" {
            self.unanswered.push_back(Frame::result(&id, |text| text.extend_from_slice(b"{}")));
        } else if self.ear.asks(&method) {
            self.told.push_back(Event::Question { id, method, params });
        } else {
            let refusal = RpcError::new(RpcError::METHOD_NOT_FOUND, "not supported by this client");
            self.unanswered.push_back(Frame::error(Some(&id), &refusal));
        }
    }

    fn notification(&mut self, method: String, params: JsonObject) {
        if method == PROGRESS {
            self.activity.beat();
        }
        if self.ear.changed(&method, &params) {
            self.unheard = self.unheard.saturating_add(1);
            return;
        }
        if !self.ear.is_open() {
            self.unheard = self.unheard.saturating_add(1);
        } else if let Some(event) = Event::of_notification(method, params) {
            self.told.push_back(event);
        }
    }

    fn read(&mut self, read: Read) {
        match read {
            Read::Message(message) => self.sort(*message),
            Read::Messages(messages) => messages.into_iter().for_each(|message| self.sort(message)),
            Read::Unreadable(Some(id), why) => {
                let why = why.unwrap_or_else(|| "members that are there twice".to_owned());
                self.answer(&id, Answer::Malformed(format!("an answer that cannot be read: {why}").into()));
            }
            // Whoever asked waits, and hears why nobody will answer.
            Read::Excessive(Some(id)) if self.unanswered.len() < MAX_UNANSWERED => {
                let message = format!("a request of more than {MAX_ASIDE} bytes is not read");
                let refusal = RpcError::new(RpcError::INVALID_REQUEST, message);
                self.unanswered.push_back(Frame::error(Some(&id), &refusal));
            }
            Read::Excessive(_) | Read::Unreadable(None, _) => self.count_noise(),
            Read::TooMany(id) => {
                self.fail(id, || {
                    Answer::Malformed(format!("an answer with more than {MAX_VALUES} JSON values").into())
                });
            }
            Read::TooLong(id) => self.fail(id, || Answer::TooLong),
            Read::Over(over) => {
                let (id, why) = *over;
                if let Some(id) = request_id(&id).ok().filter(|id| self.pending.contains(id)) {
                    self.settle(id, Answer::Lost(why));
                }
            }
        }
    }

    fn answer(&mut self, id: &Value, answer: Answer) {
        match request_id(id) {
            Ok(id) if self.pending.contains(&id) => self.settle(id, answer),
            // Late, after a cancellation, or never asked for: no stray line, but nobody reads it for ever either.
            Ok(_) => {
                self.late += 1;
                if self.late > MAX_NOISE {
                    self.flood("answers that nobody waits for");
                }
            }
            // Nobody can tell whose it is; with one request open there is only one it can be.
            Err(_) => match self.pending.iter().next().cloned() {
                Some(only) if self.pending.len() == 1 => {
                    self.settle(
                        only,
                        Answer::Malformed("an answer whose `id` is neither an integer nor a string".into()),
                    );
                }
                _ => self.count_noise(),
            },
        }
    }

    /// An answer that was read in vain. Whose it is may be unknown: then it may be anybody's, and no request must
    /// wait for what is already gone.
    fn fail(&mut self, id: Option<Value>, answer: impl Fn() -> Answer) {
        let id = id.and_then(|id| request_id(&id).ok()).filter(|id| self.pending.contains(id));
        let failed = id.map_or_else(|| self.pending.iter().cloned().collect(), |id| vec![id]);
        for id in failed {
            self.settle(id, answer());
        }
    }

    fn settle(&mut self, id: RequestId, answer: Answer) {
        self.pending.remove(&id);
        let outcome = ServerResult::CustomResult(CustomResult::new(answer.wrap()));
        let message = JsonRpcMessage::response(outcome, id.clone());
        self.ready.push_back((id, message));
    }

    fn count_noise(&mut self) {
        if self.noise.fetch_add(1, Ordering::Relaxed) == MAX_NOISE {
            self.flood("lines that are no messages");
        }
    }

    fn flood(&mut self, of: &str) {
        self.fail(None, || Answer::Malformed(format!("{MAX_NOISE} {of}").into()));
        self.flooded = true;
    }
}

fn prepared(request: &ClientRequest) -> Option<&Prepared> {
    match request {
        ClientRequest::CustomRequest(request) => request.extensions.get(),
        _ => None,
    }
}

/// What a message is on the wire. rmcp sends none but those of `request`.
fn text(item: &TxJsonRpcMessage<RoleClient>) -> io::Result<(Vec<u8>, Mirrored)> {
    match item {
        JsonRpcMessage::Request(message) => {
            if let Some(prepared) = prepared(&message.request) {
                return Ok((prepared.take(&message.id), prepared.headers()));
            }
        }
        JsonRpcMessage::Notification(message) => match &message.notification {
            ClientNotification::CustomNotification(notice) => {
                let text = rpc::notification(&notice.method, &object(notice.params.clone()));
                return Ok((text, Mirrored::default()));
            }
            ClientNotification::CancelledNotification(notice) => {
                let id = notice.params.request_id.clone().map(|id| ("requestId", id.into_json_value()));
                let reason = notice.params.reason.clone().map(|reason| ("reason", Value::from(reason)));
                let params = id.into_iter().chain(reason).map(|(name, value)| (name.to_owned(), value));
                let text = rpc::notification(CANCELLED, &params.collect());
                return Ok((text, Mirrored::default()));
            }
            _ => {}
        },
        JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => {}
    }
    Err(io::ErrorKind::Unsupported.into())
}

impl Transport<RoleClient> for ServerTransport {
    type Error = io::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        match &item {
            JsonRpcMessage::Request(message) => {
                if prepared(&message.request).is_none_or(Prepared::is_awaited) {
                    self.pending.insert(message.id.clone());
                }
                if self.ear.is_open() {
                    self.call = Some(message.id.clone());
                }
            }
            JsonRpcMessage::Notification(message) => {
                if let ClientNotification::CancelledNotification(cancelled) = &message.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    self.pending.remove(id);
                }
            }
            JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => {}
        }
        let sender = self.sender.clone();
        async move {
            let (text, mirrored) = text(&item)?;
            sender.send_mirrored(text, &mirrored).await
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        loop {
            // Messages that are in the buffer would keep the thread from everybody else.
            tokio::task::consume_budget().await;
            // What was said before an answer is heard before it.
            if self.told.is_empty()
                && let Some((id, message)) = self.ready.pop_front()
            {
                if self.call.take_if(|call| *call == id).is_some() {
                    self.ear.close();
                }
                return Some(message);
            }
            if self.flooded {
                return None;
            }
            if self.pending.is_empty() && self.unheard >= MAX_UNHEARD {
                tokio::time::sleep(BREATH).await;
                self.unheard = 0;
            }
            if self.answering.is_none()
                && let Some(answer) = self.unanswered.pop_front()
            {
                let sender = self.sender.clone();
                self.answering = Some(Box::pin(async move { sender.send(answer.text).await }));
            }
            let turn = self.turn().await;
            match turn {
                Turn::Read(read) => self.read(read),
                Turn::Answered(Ok(())) => self.answering = None,
                Turn::Told => {}
                Turn::Answered(Err(_)) | Turn::End => return None,
            }
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        self.wire.close().await;
        Ok(())
    }
}

impl ServerTransport {
    /// While the one in a call has yet to hear something, the server is not read: it can only say more.
    async fn turn(&mut self) -> Turn {
        let Self { wire, answering, told, ear, .. } = self;
        let answered = async {
            match answering {
                Some(answering) => answering.await,
                None => std::future::pending().await,
            }
        };
        if told.is_empty() {
            return tokio::select! {
                written = answered => Turn::Answered(written),
                arrival = wire.next() => Turn::of(arrival),
            };
        }
        tokio::select! {
            written = answered => Turn::Answered(written),
            () = ear.hear(told) => Turn::Told,
        }
    }
}

impl Read {
    fn several(text: &[u8]) -> Self {
        let all: Option<Vec<Map<String, Value>>> = json::read(text).ok();
        let all =
            all.filter(|all| all.len() <= MAX_TOGETHER && all.iter().any(|one| one.contains_key("jsonrpc")));
        // One aside among them is not to be longer than one alone.
        let all =
            all.filter(|all| text.len() <= MAX_ASIDE || all.iter().all(|one| !one.contains_key("method")));
        let messages = all.into_iter().flatten().map(|one| serde_json::from_value(Value::Object(one)));
        match messages.collect::<Result<Vec<Envelope>, _>>() {
            Ok(messages) if !messages.is_empty() => Self::Messages(messages),
            _ => Self::Unreadable(None, None),
        }
    }
}

impl Turn {
    fn of(arrival: Arrival<'_>) -> Self {
        let arrival = match arrival {
            Arrival::Message(text) => Arrival::Message(json::without_mark(text)),
            other => other,
        };
        match arrival {
            Arrival::Message(text) if text.len() > LARGE && json::values(text) > MAX_VALUES => {
                Self::Read(Read::TooMany(lines::message_id(text)))
            }
            Arrival::Message(text) if text.trim_ascii_start().starts_with(b"[") => {
                Self::Read(Read::several(text))
            }
            Arrival::Message(text) => Self::Read(match json::read::<Envelope>(text) {
                Ok(message) if message.method.is_some() && text.len() > MAX_ASIDE => {
                    Read::Excessive(message.id)
                }
                Ok(message) => Read::Message(Box::new(message)),
                Err(error) => Read::Unreadable(lines::message_id(text), json::reason(&error)),
            }),
            Arrival::TooLong(id) => Self::Read(Read::TooLong(id)),
            Arrival::Over(over) => Self::Read(Read::Over(over)),
            Arrival::End => Self::End,
        }
    }
}

impl Answer {
    fn wrap(self) -> Value {
        let (name, value) = match self {
            Self::Result(result) => ("result", result),
            Self::Error(error) => ("error", error),
            Self::Malformed(what) => ("malformed", Value::from(what.into_owned())),
            Self::TooLong => ("too_long", Value::Bool(true)),
            // Plain data: it cannot fail.
            Self::Lost(why) => ("lost", serde_json::to_value(why).unwrap_or_default()),
        };
        let mut wrapped = serde_json::Map::new();
        wrapped.insert(name.to_owned(), value);
        Value::Object(wrapped)
    }
}

/// Takes a request's outcome out of what `ServerTransport` handed to rmcp.
pub(super) fn unwrap(answer: ServerResult, max_result_bytes: usize) -> Result<Value, Trouble> {
    let ServerResult::CustomResult(CustomResult(Value::Object(wrapped))) = answer else {
        return Err(Trouble::Protocol("an answer of the wrong kind".to_owned()));
    };
    match wrapped.into_iter().next() {
        Some((name, value)) if name == "result" => Ok(value),
        Some((name, value)) if name == "error" => Err(Trouble::Rpc(value)),
        Some((name, Value::String(what))) if name == "malformed" => Err(Trouble::Protocol(what)),
        Some((name, why)) if name == "lost" => {
            Err(serde_json::from_value(why).map_or(Trouble::Closed, Trouble::Lost))
        }
        _ => Err(Trouble::TooLong { limit: max_result_bytes }),
    }
}

/// Our ids are integers; a few servers send them back as text.
fn request_id(id: &Value) -> serde_json::Result<RequestId> {
    match id.as_str().and_then(|text| text.parse().ok()) {
        Some(number) => Ok(RequestId::Number(number)),
        None => RequestId::deserialize(id),
    }
}

fn object(params: Option<Value>) -> JsonObject {
    match params {
        Some(Value::Object(params)) => params,
        _ => JsonObject::new(),
    }
}

fn is_error(error: &Value) -> bool {
    error.get("code").is_some_and(Value::is_i64) && error.get("message").is_some_and(Value::is_string)
}
