//! The messages of one server: rmcp's transport, written so that nothing is lost and nothing hangs.
//!
//! Answers are handed on as JSON, whole, instead of being decoded into a model that drops what it does not know.
//! An answer that cannot be read fails its request at once; what is no message is counted and passed over.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rmcp::model::{
    CallToolRequest, CancelledNotification, CancelledNotificationParam, ClientNotification, ClientRequest,
    CustomResult, ErrorData, InitializeResult, JsonRpcMessage, RequestId, RequestMetaObject, ServerResult,
};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use rmcp::{Peer, RoleClient};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::fault::Trouble;
use super::pool::Ending;
use super::wire::{Arrival, Sender, Wire};
use crate::json::{self, LARGE, MAX_VALUES};
use crate::lines;
use crate::timeouts::Activity;

/// Requests of a server that wait for it to read; more are passed over.
const MAX_UNANSWERED: usize = 64;

/// Lines that are no messages. A chatty launcher writes a few, a broken server writes on.
const MAX_NOISE: u64 = 100_000;

/// A server that does not read its input must not hold up the gateway with a notice.
const NOTICE: Duration = Duration::from_millis(100);

pub(super) struct ServerTransport {
    wire: Wire,
    sender: Sender,
    pending: HashMap<RequestId, Expected>,
    /// Messages made from one arrival, when it concerned several requests.
    ready: VecDeque<RxJsonRpcMessage<RoleClient>>,
    /// Answers to what the server asked, and the one that is being written.
    unanswered: VecDeque<Value>,
    answering: Option<Pin<Box<dyn Future<Output = io::Result<()>> + Send>>>,
    activity: Activity,
    noise: Arc<AtomicU64>,
    /// Enough noise to take the server for broken.
    flooded: bool,
    /// Whoever is told by its drop that the session is over.
    ending: Option<Ending>,
}

/// How the answer to a request is to be read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    Handshake,
    Json,
}

/// The outcome of a request, as it travels inside a `CustomResult`: a server cannot forge what wraps its answer.
enum Answer {
    Result(Value),
    Error(Value),
    Malformed(&'static str),
    TooLong,
}

/// What one turn of `receive` brought.
enum Turn {
    Read(Read),
    Answered(io::Result<()>),
    End,
}

/// A message, or what could be saved of it: its `id`.
enum Read {
    Message(Box<Envelope>),
    Unreadable(Option<Value>),
    TooMany(Option<Value>),
    TooLong(Option<Value>),
}

/// A message without its `params`: nothing that a server asks or tells is passed on.
#[derive(Deserialize)]
struct Envelope {
    #[serde(default, deserialize_with = "present")]
    id: Option<Value>,
    method: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    result: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    error: Option<Value>,
}

impl ServerTransport {
    pub(super) fn new(wire: Wire, activity: Activity, noise: Arc<AtomicU64>) -> Self {
        Self {
            sender: wire.sender(),
            wire,
            pending: HashMap::new(),
            ready: VecDeque::new(),
            unanswered: VecDeque::new(),
            answering: None,
            activity,
            noise,
            flooded: false,
            ending: None,
        }
    }

    /// The session is over when this is dropped, by whichever side.
    pub(super) fn tell(&mut self, ending: Ending) {
        self.ending = Some(ending);
    }

    fn sort(&mut self, message: Envelope) {
        match (message.method, message.id) {
            (Some(Value::String(method)), Some(id)) => self.request(&method, &id),
            (Some(Value::String(method)), None) => {
                if method == "notifications/progress" {
                    self.activity.beat();
                }
            }
            (None, Some(id)) => {
                let answer = match (message.result, message.error) {
                    (Some(result), None) => Answer::Result(result),
                    (None, Some(error)) if is_error(&error) => Answer::Error(error),
                    (None, Some(_)) => Answer::Malformed("an error without an integer code and a message"),
                    _ => Answer::Malformed("an answer with neither or both of `result` and `error`"),
                };
                self.answer(&id, answer);
            }
            _ => self.count_noise(),
        }
    }

    /// Nothing is relayed: a ping is answered here, anything else refused. rmcp is not told, because it would take
    /// any number of requests into memory while a server does not read its answers.
    fn request(&mut self, method: &str, id: &Value) {
        if self.unanswered.len() == MAX_UNANSWERED {
            return self.count_noise();
        }
        self.unanswered.push_back(if method == "ping" {
            json!({"jsonrpc": "2.0", "id": id, "result": {}})
        } else {
            json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32601, "message": "not supported by this client"}})
        });
    }

    fn read(&mut self, read: Read) {
        match read {
            Read::Message(message) => self.sort(*message),
            Read::Unreadable(id) => match id {
                Some(id) => self.answer(&id, Answer::Malformed("an answer that is no JSON, or too deep")),
                None => self.count_noise(),
            },
            Read::TooMany(id) => {
                self.fail(id, || Answer::Malformed("an answer with more than 500000 JSON values"));
            }
            Read::TooLong(id) => self.fail(id, || Answer::TooLong),
        }
    }

    fn answer(&mut self, id: &Value, answer: Answer) {
        match request_id(id) {
            Ok(id) if self.pending.contains_key(&id) => self.settle(id, answer),
            // Late, after a cancellation, or never asked for.
            Ok(_) => self.count_noise(),
            // Nobody can tell whose it is; with one request open there is only one it can be.
            Err(_) => match self.pending.keys().next().cloned() {
                Some(only) if self.pending.len() == 1 => {
                    self.settle(
                        only,
                        Answer::Malformed("an answer whose `id` is neither an integer nor a string"),
                    );
                }
                _ => self.count_noise(),
            },
        }
    }

    /// An answer that was read in vain. Whose it is may be unknown: then it may be anybody's, and no request must
    /// wait for what is already gone.
    fn fail(&mut self, id: Option<Value>, answer: impl Fn() -> Answer) {
        let id = id.and_then(|id| request_id(&id).ok()).filter(|id| self.pending.contains_key(id));
        let failed = id.map_or_else(|| self.pending.keys().cloned().collect(), |id| vec![id]);
        for id in failed {
            self.settle(id, answer());
        }
    }

    fn settle(&mut self, id: RequestId, answer: Answer) {
        let expected = self.pending.remove(&id);
        let message = match (expected, answer) {
            (Some(Expected::Handshake), Answer::Result(result)) => {
                match serde_json::from_value::<InitializeResult>(result) {
                    Ok(result) => JsonRpcMessage::response(ServerResult::InitializeResult(result), id),
                    Err(_) => JsonRpcMessage::response(
                        ServerResult::CustomResult(CustomResult::new(Value::Null)),
                        id,
                    ),
                }
            }
            (Some(Expected::Handshake), Answer::Error(error)) => {
                let error = serde_json::from_value::<ErrorData>(error)
                    .unwrap_or_else(|_| ErrorData::internal_error("unreadable error", None));
                JsonRpcMessage::error(error, Some(id))
            }
            (_, answer) => {
                JsonRpcMessage::response(ServerResult::CustomResult(CustomResult::new(answer.wrap())), id)
            }
        };
        self.ready.push_back(message);
    }

    fn count_noise(&mut self) {
        if self.noise.fetch_add(1, Ordering::Relaxed) == MAX_NOISE {
            self.fail(None, || Answer::Malformed("100000 lines that are no messages"));
            self.flooded = true;
        }
    }
}

fn text(item: &TxJsonRpcMessage<RoleClient>) -> io::Result<Vec<u8>> {
    if let JsonRpcMessage::Request(message) = item
        && let ClientRequest::CallToolRequest(call) = &message.request
    {
        return Ok(call_text(&message.id, call));
    }
    serde_json::to_vec(item).map_err(io::Error::other)
}

/// A tool call as it goes out; the one message that may be of any size.
fn call_text(id: &RequestId, call: &CallToolRequest) -> Vec<u8> {
    let mut text = br#"{"jsonrpc":"2.0","id":"#.to_vec();
    json::write(&id.clone().into_json_value(), &mut text);
    text.extend_from_slice(br#","method":"tools/call","params":{"name":"#);
    json::write(&Value::from(call.params.name.as_ref()), &mut text);
    if let Some(arguments) = &call.params.arguments {
        text.extend_from_slice(br#","arguments":"#);
        json::write_object(arguments, &mut text);
    }
    if let Some(meta) = call.extensions.get::<RequestMetaObject>() {
        text.extend_from_slice(br#","_meta":"#);
        json::write_object(meta, &mut text);
    }
    text.extend_from_slice(b"}}");
    text
}

impl Transport<RoleClient> for ServerTransport {
    type Error = io::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        match &item {
            JsonRpcMessage::Request(message) => {
                let handshake = matches!(message.request, ClientRequest::InitializeRequest(_));
                let expected = if handshake { Expected::Handshake } else { Expected::Json };
                self.pending.insert(message.id.clone(), expected);
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
        async move { sender.send(text(&item)?).await }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        loop {
            // Messages that are in the buffer would keep the thread from everybody else.
            tokio::task::consume_budget().await;
            if let Some(message) = self.ready.pop_front() {
                return Some(message);
            }
            if self.flooded {
                return None;
            }
            if self.answering.is_none()
                && let Some(answer) = self.unanswered.pop_front()
            {
                let sender = self.sender.clone();
                self.answering = Some(Box::pin(async move { sender.send(answer.to_string().into()).await }));
            }
            let turn = match &mut self.answering {
                Some(answering) => tokio::select! {
                    written = answering => Turn::Answered(written),
                    arrival = self.wire.next() => Turn::of(arrival),
                },
                None => Turn::of(self.wire.next().await),
            };
            match turn {
                Turn::Read(read) => self.read(read),
                Turn::Answered(Ok(())) => self.answering = None,
                Turn::Answered(Err(_)) | Turn::End => return None,
            }
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        self.wire.close().await;
        Ok(())
    }
}

impl Turn {
    fn of(arrival: Arrival<'_>) -> Self {
        match arrival {
            Arrival::Message(text) if text.len() > LARGE && json::values(text) > MAX_VALUES => {
                Self::Read(Read::TooMany(lines::message_id(text)))
            }
            Arrival::Message(text) => Self::Read(match serde_json::from_slice(text) {
                Ok(message) => Read::Message(Box::new(message)),
                Err(_) => Read::Unreadable(lines::message_id(text)),
            }),
            Arrival::TooLong(id) => Self::Read(Read::TooLong(id)),
            Arrival::End => Self::End,
        }
    }
}

impl Answer {
    fn wrap(self) -> Value {
        let (name, value) = match self {
            Self::Result(result) => ("result", result),
            Self::Error(error) => ("error", error),
            Self::Malformed(what) => ("malformed", Value::from(what)),
            Self::TooLong => ("too_long", Value::Bool(true)),
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
        _ => Err(Trouble::TooLong { limit: max_result_bytes }),
    }
}

/// Tells the server that an answer is no longer wanted.
pub(super) async fn cancel(peer: &Peer<RoleClient>, id: RequestId, reason: &str) {
    let param = CancelledNotificationParam::new(Some(id), Some(reason.to_owned()));
    let notice = ClientNotification::CancelledNotification(CancelledNotification::new(param));
    let _ = tokio::time::timeout(NOTICE, peer.send_notification(notice)).await;
}

/// Our ids are integers; a few servers send them back as text.
fn request_id(id: &Value) -> serde_json::Result<RequestId> {
    match id.as_str().and_then(|text| text.parse().ok()) {
        Some(number) => Ok(RequestId::Number(number)),
        None => RequestId::deserialize(id),
    }
}

fn is_error(error: &Value) -> bool {
    error.get("code").is_some_and(Value::is_i64) && error.get("message").is_some_and(Value::is_string)
}

/// Tells an explicit `null` from an absent member.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}
