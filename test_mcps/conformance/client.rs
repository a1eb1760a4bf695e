//! The other end of the pipe: what it asked to hear, what it is asked, and which of its calls are running.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, Write};
use std::process;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::request::{Answer, Era, Request, refusal};

/// How long a person may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a waiting call looks whether it was cancelled.
const GLANCE: Duration = Duration::from_millis(50);
const LOG_LEVELS: [&str; 8] =
    ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

/// What can change while somebody looks.
pub(crate) enum Change {
    Tools,
    Prompts,
    Resource(&'static str),
}

#[derive(Default)]
pub(crate) struct Client(Mutex<State>);

#[derive(Default)]
struct State {
    session: Option<Session>,
    /// The streams of `subscriptions/listen`: their request ids and filters.
    listeners: Vec<(Value, Value)>,
    /// Running calls, and whether they were cancelled meanwhile.
    calls: HashMap<String, bool>,
    questions: HashMap<u64, Sender<Value>>,
    asked: u64,
    extra_tool: bool,
    extra_prompt: bool,
}

/// What `initialize` opened.
struct Session {
    capabilities: Value,
    log_level: &'static str,
    watched: BTreeSet<String>,
}

impl Client {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn initialize(&self, capabilities: Value) {
        let session = Session { capabilities, log_level: "info", watched: BTreeSet::new() };
        self.state().session = Some(session);
    }

    pub(crate) fn capabilities(&self) -> Option<Value> {
        self.state().session.as_ref().map(|session| session.capabilities.clone())
    }

    pub(crate) fn set_log_level(&self, level: &str) -> Answer {
        let Some(known) = LOG_LEVELS.into_iter().find(|known| *known == level) else {
            return Err(refusal(-32602, "Unknown log level"));
        };
        if let Some(session) = &mut self.state().session {
            session.log_level = known;
        }
        Ok(json!({}))
    }

    pub(crate) fn watch(&self, uri: &str, watch: bool) {
        if let Some(session) = &mut self.state().session {
            let _ = if watch { session.watched.insert(uri.to_owned()) } else { session.watched.remove(uri) };
        }
    }

    pub(crate) fn has_extra_tool(&self) -> bool {
        self.state().extra_tool
    }

    pub(crate) fn has_extra_prompt(&self) -> bool {
        self.state().extra_prompt
    }

    /// Makes the change real, and tells everyone who asked to hear of it.
    pub(crate) fn change(&self, change: &Change) {
        let mut state = self.state();
        let (method, filter, params) = match change {
            Change::Tools => {
                state.extra_tool = !state.extra_tool;
                ("notifications/tools/list_changed", "toolsListChanged", json!({}))
            }
            Change::Prompts => {
                state.extra_prompt = !state.extra_prompt;
                ("notifications/prompts/list_changed", "promptsListChanged", json!({}))
            }
            Change::Resource(uri) => {
                ("notifications/resources/updated", "resourceSubscriptions", json!({"uri": uri}))
            }
        };
        let wanted = |listened: &Value| match change {
            Change::Resource(uri) => {
                listened[filter].as_array().is_some_and(|uris| uris.contains(&json!(uri)))
            }
            Change::Tools | Change::Prompts => listened[filter] == true,
        };
        for (id, _) in state.listeners.iter().filter(|(_, listened)| wanted(listened)) {
            let mut tagged = params.clone();
            tagged["_meta"] = subscription(id);
            notify(method, &tagged);
        }
        let session = state.session.as_ref();
        if session.is_some_and(|session| match change {
            Change::Resource(uri) => session.watched.contains(*uri),
            Change::Tools | Change::Prompts => true,
        }) {
            notify(method, &params);
        }
    }

    /// Opens a stream of the new era; the acknowledgement is the first message on it.
    pub(crate) fn listen(&self, request: &Request) {
        let filter = &request.params["notifications"];
        let mut state = self.state();
        let params = json!({"notifications": filter, "_meta": subscription(&request.id)});
        notify("notifications/subscriptions/acknowledged", &params);
        state.listeners.push((request.id.clone(), filter.clone()));
    }

    /// At level `info`, if the client wants to hear that: by its session, or by this very request.
    pub(crate) fn log(&self, request: &Request, text: &str) {
        let rank = |level: &str| LOG_LEVELS.iter().position(|known| *known == level);
        let wanted = match request.era {
            Era::Legacy => self.state().session.as_ref().and_then(|session| rank(session.log_level)),
            Era::Modern => request.meta("io.modelcontextprotocol/logLevel").as_str().and_then(rank),
        };
        if wanted.is_some_and(|wanted| rank("info") >= Some(wanted)) {
            let params = json!({"level": "info", "logger": "fixtures", "data": text});
            notify("notifications/message", &params);
        }
    }

    /// Sends the client a request, which only the old era allows, and waits for what it says.
    pub(crate) fn ask(&self, call: &Request, question: &Value) -> Result<Value, String> {
        let (sender, receiver) = mpsc::channel();
        let id = {
            let mut state = self.state();
            state.asked += 1;
            let id = state.asked;
            state.questions.insert(id, sender);
            id
        };
        let mut message = question.clone();
        message["jsonrpc"] = json!("2.0");
        message["id"] = json!(id);
        send(&message);
        let deadline = Instant::now() + PATIENCE;
        let reply = loop {
            match receiver.recv_timeout(GLANCE) {
                Ok(reply) => break Some(reply),
                Err(RecvTimeoutError::Timeout) if Instant::now() < deadline && !self.is_cancelled(call) => {}
                Err(_) => break None,
            }
        };
        self.state().questions.remove(&id);
        match reply {
            Some(mut reply) if reply["error"].is_null() => Ok(reply["result"].take()),
            Some(reply) => Err(format!("the client refused: {}", reply["error"]["message"])),
            None => Err("the client did not answer".to_owned()),
        }
    }

    /// A response to one of our questions.
    pub(crate) fn answered(&self, message: &Value) {
        let waiting = message["id"].as_u64().and_then(|id| self.state().questions.remove(&id));
        if let Some(waiting) = waiting {
            // The call that asked may have given up meanwhile.
            drop(waiting.send(message.clone()));
        }
    }

    pub(crate) fn notified(&self, method: &str, params: &Value) {
        if method == "notifications/cancelled" {
            let mut state = self.state();
            state.listeners.retain(|(id, _)| *id != params["requestId"]);
            if let Some(cancelled) = state.calls.get_mut(&params["requestId"].to_string()) {
                *cancelled = true;
            }
        }
    }

    pub(crate) fn begin(&self, call: &Request) {
        self.state().calls.insert(call.key(), false);
    }

    /// Whether the call was cancelled, and so gets no answer.
    pub(crate) fn end(&self, call: &Request) -> bool {
        self.state().calls.remove(&call.key()).unwrap_or_default()
    }

    fn is_cancelled(&self, call: &Request) -> bool {
        self.state().calls.get(&call.key()).copied().unwrap_or_default()
    }
}

pub(crate) fn send(message: &Value) {
    let mut out = io::stdout().lock();
    let sent = writeln!(out, "{message}").and_then(|()| out.flush());
    // Nobody reads any more: there is nothing left to do.
    sent.unwrap_or_else(|_| process::exit(1));
}

/// Of 100, if the call wants to hear of it.
pub(crate) fn progress(call: &Request, reached: u64) {
    let token = call.meta("progressToken");
    if !token.is_null() {
        let params = json!({"progressToken": token, "progress": reached, "total": 100});
        notify("notifications/progress", &params);
    }
}

fn notify(method: &str, params: &Value) {
    send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
}

fn subscription(id: &Value) -> Value {
    json!({"io.modelcontextprotocol/subscriptionId": id})
}
