//! The wire to one child: rmcp's transport, written so that nothing is lost and nothing hangs.
//!
//! Answers are handed on as JSON, whole, instead of being decoded into a model that drops what it does not know.
//! An answer that cannot be read fails its request at once; a line that is no message is counted and passed over.

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
use tokio::process::{ChildStdin, ChildStdout};

use super::child::Pipes;
use super::fault::Trouble;
use crate::json::{self, LARGE, MAX_VALUES};
use crate::lines::{self, Line, LineReader, LineWriter};
use crate::timeouts::Activity;

/// Room for the envelope around a result that just fits.
const ENVELOPE: usize = 64 * 1024;

/// Requests of a server that wait for it to read; more are passed over.
const MAX_UNANSWERED: usize = 64;

/// Lines that are no messages. A chatty launcher writes a few, a broken server writes on.
const MAX_NOISE: u64 = 100_000;

/// A server that does not read its input must not hold up the gateway with a notice.
const NOTICE: Duration = Duration::from_millis(100);

pub(super) struct ChildTransport {
    reader: LineReader<ChildStdout>,
    writer: LineWriter<ChildStdin>,
    pending: HashMap<RequestId, Expected>,
    /// Messages made from one line, when that line concerned several requests.
    ready: VecDeque<RxJsonRpcMessage<RoleClient>>,
    /// Answers to what the server asked, and the one that is being written.
    unanswered: VecDeque<Value>,
    answering: Option<Pin<Box<dyn Future<Output = io::Result<()>> + Send>>>,
    activity: Activity,
    noise: Arc<AtomicU64>,
    /// Enough noise to take the server for broken.
    flooded: bool,
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

/// A line, or what could be saved of it: the `id` of the message that it was.
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

impl ChildTransport {
    pub(super) fn new(
        pipes: Pipes,
        max_result_bytes: usize,
        activity: Activity,
        noise: Arc<AtomicU64>,
    ) -> Self {
        Self {
            reader: LineReader::new(pipes.stdout, max_result_bytes.saturating_add(ENVELOPE)),
            writer: LineWriter::new(pipes.stdin),
            pending: HashMap::new(),
            ready: VecDeque::new(),
            unanswered: VecDeque::new(),
            answering: None,
            activity,
            noise,
            flooded: false,
        }
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

    fn read(&mut self, line: Read) {
        match line {
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

/// A tool call as it goes out; the one message that may be of any size.
fn line(id: &RequestId, call: &CallToolRequest) -> Vec<u8> {
    let mut line = br#"{"jsonrpc":"2.0","id":"#.to_vec();
    json::write(&id.clone().into_json_value(), &mut line);
    line.extend_from_slice(br#","method":"tools/call","params":{"name":"#);
    json::write(&Value::from(call.params.name.as_ref()), &mut line);
    if let Some(arguments) = &call.params.arguments {
        line.extend_from_slice(br#","arguments":"#);
        json::write_object(arguments, &mut line);
    }
    if let Some(meta) = call.extensions.get::<RequestMetaObject>() {
        line.extend_from_slice(br#","_meta":"#);
        json::write_object(meta, &mut line);
    }
    line.extend_from_slice(b"}}");
    line
}

impl Transport<RoleClient> for ChildTransport {
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
        let writer = self.writer.clone();
        async move {
            match &item {
                JsonRpcMessage::Request(message) => match &message.request {
                    ClientRequest::CallToolRequest(call) => writer.write_line(line(&message.id, call)).await,
                    _ => writer.write(&item).await,
                },
                _ => writer.write(&item).await,
            }
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        loop {
            // Lines that are in the buffer would keep the thread from everybody else.
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
                let writer = self.writer.clone();
                self.answering = Some(Box::pin(async move { writer.write(&answer).await }));
            }
            let turn = match &mut self.answering {
                Some(answering) => tokio::select! {
                    written = answering => Turn::Answered(written),
                    line = self.reader.next() => Turn::of(line),
                },
                None => Turn::of(self.reader.next().await),
            };
            match turn {
                Turn::Read(read) => self.read(read),
                Turn::Answered(Ok(())) => self.answering = None,
                Turn::Answered(Err(_)) | Turn::End => return None,
            }
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        self.writer.close().await;
        Ok(())
    }
}

impl Turn {
    fn of(line: io::Result<Line<'_>>) -> Self {
        match line {
            Ok(Line::Text(line)) if line.len() > LARGE && json::values(line) > MAX_VALUES => {
                Self::Read(Read::TooMany(lines::message_id(line)))
            }
            Ok(Line::Text(line)) => Self::Read(match serde_json::from_slice(line) {
                Ok(message) => Read::Message(Box::new(message)),
                Err(_) => Read::Unreadable(lines::message_id(line)),
            }),
            Ok(Line::TooLong(overflow)) => Self::Read(Read::TooLong(overflow.message_id())),
            Ok(Line::End) | Err(_) => Self::End,
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

/// Takes a request's outcome out of what `ChildTransport` handed to rmcp.
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
