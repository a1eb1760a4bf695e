//! Between one call and the client that asked for it: what the server says meanwhile, through the guardrails.
//!
//! A message of the server is judged like a result, an answer of the client like an argument. What does not pass is
//! not relayed, and the server is told no more than that.

use serde_json::{Value, json};

use super::events::Event;
use super::fault::Trouble;
use super::question;
use super::wire::Sender;
use crate::call::JsonObject;
use crate::client::{NoAnswer, Question, Severity};
use crate::config::Server;
use crate::guardrails::{Beside, Guardrails, KeptBack, Speech};
use crate::rpc::protocol::{ELICIT, LOG, ROOTS, SAMPLE};
use crate::rpc::{Frame, RpcError};
use crate::scope::Scope;
use crate::timeouts::Activity;

/// More than any person answers for one call.
const MAX_REQUESTS: usize = 32;

/// What a client that was asked in vain stands for, among the errors of the protocol.
const NOT_RELAYED: i64 = RpcError::INTERNAL;

/// The questions that a refusal names.
const KNOWN: [&str; 3] = [ELICIT, ROOTS, SAMPLE];

/// What the client may hear, as it may.
pub(super) enum Passed {
    Progress(JsonObject),
    Log(JsonObject),
    Notice { method: String, params: JsonObject },
}

pub(super) struct Relay<'a> {
    pub(super) scope: &'a Scope,
    pub(super) server: &'a Server,
    pub(super) guardrails: &'a Guardrails,
    /// The tool that is being called, or what stands for it.
    pub(super) tool: &'a str,
    pub(super) activity: &'a Activity,
    pub(super) sender: Sender,
    /// The progress token of the call.
    pub(super) token: u64,
}

impl Relay<'_> {
    /// What of an event the client may hear; a question is not for hearing only.
    pub(super) async fn judged(&self, event: Event) -> Option<Passed> {
        self.scope.audible().await;
        match event {
            Event::Progress(params) => self.progress(params).await.map(Passed::Progress),
            Event::Log(params) => self.log(params).await.map(Passed::Log),
            Event::Notice { method, params } => {
                let params = self.passed(params).await?;
                Some(Passed::Notice { method, params })
            }
            Event::Question { .. } | Event::Withdrawn(_) => None,
        }
    }

    pub(super) async fn pass_on(&self, passed: Passed) {
        match passed {
            Passed::Progress(params) => self.scope.client.progress(params).await,
            Passed::Log(params) => self.scope.client.notify(LOG, &params).await,
            Passed::Notice { method, params } => self.scope.client.notify(&method, &params).await,
        }
    }

    /// Asks the client on behalf of the server; an error is what the server is answered.
    pub(super) async fn question(&self, method: &str, params: JsonObject) -> Result<Value, RpcError> {
        let question = self.admitted(method, params).await?;
        let answer = self.ask(vec![question]).await.pop();
        self.heard(answer.unwrap_or(Err(NoAnswer::Gone))).await
    }

    /// A question as the client may be asked it.
    async fn admitted(&self, method: &str, params: JsonObject) -> Result<Question, RpcError> {
        if !self.scope.client.answers(method, self.server.relay_roots) {
            return Err(RpcError::new(RpcError::METHOD_NOT_FOUND, "not supported by this client"));
        }
        if !self.elicits(method, params.get("mode")) {
            return Err(RpcError::new(
                RpcError::INVALID_PARAMS,
                "this client takes no elicitation of this mode",
            ));
        }
        if let Some(why) = question::refusal(method, &params) {
            return Err(RpcError::new(RpcError::INVALID_PARAMS, why));
        }
        self.scope.audible().await;
        let speech = if method == SAMPLE { Speech::ToModel } else { Speech::Question };
        let mut params = self.to_client(speech, params).await.map_err(|kept| {
            self.kept_back("a question of the server", &kept);
            RpcError::new(NOT_RELAYED, "not relayed: a policy of the gateway forbids it")
        })?;
        question::sign(self.server.name.as_str(), method, &mut params);
        Ok(Question { method: method.to_owned(), params })
    }

    /// While the client has the word, the clock of the call stands still.
    async fn ask(&self, questions: Vec<Question>) -> Vec<Result<Value, NoAnswer>> {
        let _paused = self.activity.pause();
        self.scope.client.ask(questions).await
    }

    /// The client's answer as the server may hear it.
    async fn heard(&self, answer: Result<Value, NoAnswer>) -> Result<Value, RpcError> {
        let answer = match answer {
            Ok(answer) => answer,
            Err(NoAnswer::Refused(error)) => return Err(self.refused(error).await),
            Err(NoAnswer::NotAble | NoAnswer::TooMany | NoAnswer::Gone) => {
                return Err(RpcError::new(NOT_RELAYED, "the client cannot be asked"));
            }
            Err(NoAnswer::Late) => {
                return Err(RpcError::new(NOT_RELAYED, "the client did not answer in time"));
            }
        };
        let Value::Object(answer) = answer else {
            return Err(RpcError::new(NOT_RELAYED, "the client's answer is not an object"));
        };
        let answer = self.to_server(answer).await.map_err(|kept| {
            self.kept_back("the client's answer", &kept);
            RpcError::new(NOT_RELAYED, "not relayed: a policy of the gateway forbids the answer")
        })?;
        Ok(Value::Object(answer))
    }

    /// Whether a result that is a question goes to the client as the result of the call, but for the name of who asks.
    /// What must not be asked does not, nor what could be told more, or answered with more, than a server may know.
    pub(super) fn leaves_whole(&self, result: &mut Value) -> bool {
        if !self.scope.client.takes_questions_whole() {
            return false;
        }
        let requests = match result.get_mut("inputRequests") {
            None => return true,
            Some(Value::Object(requests)) if requests.len() <= MAX_REQUESTS => requests,
            Some(_) => return false,
        };
        let may_pass = |request: &Value| match request.get("method").and_then(Value::as_str) {
            Some(method @ ELICIT) => request.get("params").and_then(Value::as_object).is_some_and(|params| {
                let mode = params.get("mode");
                let may_ask = mode.is_none_or(|mode| mode == "form") || self.elicits(method, mode);
                may_ask && question::refusal(method, params).is_none()
            }),
            Some(ROOTS) => self.server.relay_roots,
            Some(SAMPLE) => !self.server.input.enabled,
            _ => false,
        };
        if !requests.values().all(may_pass) {
            return false;
        }
        for request in requests.values_mut() {
            let method = request.get("method").and_then(Value::as_str).unwrap_or_default().to_owned();
            if let Some(Value::Object(params)) = request.get_mut("params") {
                question::sign(self.server.name.as_str(), &method, params);
            }
        }
        true
    }

    /// Asks the client all that a server of the newer revision wants to know; gives what goes with the next request.
    pub(super) async fn gather(&self, result: &mut Value) -> Result<JsonObject, Trouble> {
        let requests = match result.get_mut("inputRequests").map(Value::take) {
            None => JsonObject::new(),
            Some(Value::Object(requests)) if requests.len() <= MAX_REQUESTS => requests,
            Some(_) => return Err(Trouble::Protocol("it asks for input in a way that is none".to_owned())),
        };
        let mut responses = JsonObject::new();
        let (mut asked, mut questions) = (Vec::new(), Vec::new());
        for (key, mut request) in requests {
            let params = match request.get_mut("params").map(Value::take) {
                Some(Value::Object(params)) => params,
                _ => JsonObject::new(),
            };
            let method = request.get("method").and_then(Value::as_str).unwrap_or_default();
            match self.admitted(method, params).await {
                Ok(question) => {
                    asked.push((key, method.to_owned()));
                    questions.push(question);
                }
                Err(error) => drop(responses.insert(key, unanswered(method, &error)?)),
            }
        }
        // All at once, for a client that has to come back with the answers.
        for ((key, method), answer) in asked.into_iter().zip(self.ask(questions).await) {
            let response = match self.heard(answer).await {
                Ok(response) => response,
                Err(error) => unanswered(&method, &error)?,
            };
            responses.insert(key, response);
        }
        let mut given = JsonObject::from_iter([("inputResponses".to_owned(), Value::Object(responses))]);
        given.extend(result.get_mut("requestState").map(|state| ("requestState".to_owned(), state.take())));
        Ok(given)
    }

    pub(super) async fn answer(&self, id: &Value, answer: Result<Value, RpcError>) {
        // A server that is gone needs no answer.
        let _ = self.sender.send(Frame::of(id, answer).text).await;
    }

    /// A server may report on the call that is running, and on no other.
    async fn progress(&self, params: JsonObject) -> Option<JsonObject> {
        let own = params.get("progressToken").is_some_and(|token| *token == self.token);
        if !own || !self.scope.client.wants_progress() {
            return None;
        }
        self.passed(params).await
    }

    async fn log(&self, params: JsonObject) -> Option<JsonObject> {
        let severity = params.get("level").and_then(Value::as_str).and_then(Severity::parse)?;
        if !self.scope.client.wants_log(severity) {
            return None;
        }
        let mut params = self.passed(params).await?;
        let server = self.server.name.as_str();
        let logger = match params.get("logger").and_then(Value::as_str) {
            Some(logger) => format!("{server}/{logger}"),
            None => server.to_owned(),
        };
        params.insert("logger".to_owned(), logger.into());
        Some(params)
    }

    fn elicits(&self, method: &str, mode: Option<&Value>) -> bool {
        method != ELICIT || self.scope.client.capabilities().elicits(mode)
    }

    /// The operator should know: to both sides it looks as if the other one could not be asked.
    fn kept_back(&self, what: &str, kept: &KeptBack) {
        let (request, server, rules) = (&self.scope.id, &self.server.name, &kept.rules);
        tracing::warn!(%request, %server, rules, "{what} was kept back by a policy");
    }

    /// What a server tells, as it may be passed on.
    async fn passed(&self, message: JsonObject) -> Option<JsonObject> {
        self.to_client(Speech::Message, message).await.ok()
    }

    async fn to_client(&self, speech: Speech, message: JsonObject) -> Result<JsonObject, KeptBack> {
        let beside = Beside { tool: self.tool, speech, message };
        self.guardrails.pass_to_client(self.scope, self.server, beside).await
    }

    async fn to_server(&self, message: JsonObject) -> Result<JsonObject, KeptBack> {
        self.guardrails.pass_to_server(self.scope, self.server, self.tool, message).await
    }

    /// The client's error as the server gets it: code and words are the client's.
    async fn refused(&self, error: Value) -> RpcError {
        let error = match error {
            Value::Object(error) => self.to_server(error).await.unwrap_or_default(),
            _ => JsonObject::new(),
        };
        let code = error.get("code").and_then(Value::as_i64).unwrap_or(NOT_RELAYED);
        let message = error.get("message").and_then(Value::as_str).unwrap_or("refused").to_owned();
        RpcError { data: error.get("data").cloned(), ..RpcError::new(code, message) }
    }
}

/// What a server of the newer revision gets in place of an answer. A client cannot refuse there but by saying so.
fn unanswered(method: &str, error: &RpcError) -> Result<Value, Trouble> {
    if method == ELICIT {
        return Ok(json!({"action": "cancel"}));
    }
    // Any other word is the server's own, and nobody has judged it.
    let what = if KNOWN.contains(&method) { method } else { "what no client knows" };
    Err(Trouble::Protocol(format!("it asks the client for {what}: {}", error.message)))
}
