//! Calls that need the client: one step function for both eras, and the state between the rounds.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::client::Client;
use crate::request::{Answer, Era, Request, refusal};

/// A tool that asks more often than this asks for ever.
const ROUNDS: usize = 8;
/// State must be proof against the client, not against a reader of this file.
const STATE_KEY: &str = "a key that only the fixture uses";

/// One turn of a call: what was asked for, and what the client has answered so far.
pub(crate) struct Turn<'a> {
    pub(crate) client: &'a Client,
    pub(crate) request: &'a Request,
    pub(crate) answers: &'a Map<String, Value>,
    /// What the last round left, already proven to be ours.
    pub(crate) state: Option<&'a str>,
}

pub(crate) enum Step {
    Done(Value),
    /// Questions by name, and the state to come back with.
    Ask(Vec<(&'static str, Value)>, Option<String>),
}

pub(crate) fn drive(client: &Client, request: &Request, step: fn(&Turn) -> Step) -> Answer {
    let (mut answers, mut state) = match request.era {
        Era::Legacy => (Map::new(), None),
        Era::Modern => (given_answers(request)?, given_state(request)?),
    };
    for _ in 0..ROUNDS {
        let turn = Turn { client, request, answers: &answers, state: state.as_deref() };
        let (questions, next) = match step(&turn) {
            Step::Done(result) => return Ok(result),
            Step::Ask(questions, next) => (questions, next),
        };
        check_capabilities(request, &questions)?;
        if request.era == Era::Modern {
            return Ok(input_required(request, questions, next.as_deref()));
        }
        answers.clear();
        for (name, question) in questions {
            let answer = client.ask(request, &question).map_err(|error| refusal(-32603, &error))?;
            answers.insert(name.to_owned(), answer);
        }
        state = next;
    }
    Err(refusal(-32603, "the questions do not end"))
}

fn given_answers(request: &Request) -> Result<Map<String, Value>, Value> {
    match request.params.get("inputResponses") {
        None => Ok(Map::new()),
        Some(Value::Object(answers)) if answers.values().all(Value::is_object) => Ok(answers.clone()),
        Some(_) => Err(refusal(-32602, "`inputResponses` must be an object of objects")),
    }
}

fn given_state(request: &Request) -> Result<Option<String>, Value> {
    let Some(given) = request.params["requestState"].as_str() else {
        return Ok(None);
    };
    match given.rsplit_once('.') {
        Some((state, seal)) if seal == seal_of(request, state) => Ok(Some(state.to_owned())),
        _ => Err(refusal(-32602, "`requestState` is not what this server gave")),
    }
}

/// Bound to the method and the name, so that the state of one tool is worth nothing to another.
fn seal_of(request: &Request, state: &str) -> String {
    let text = json!([STATE_KEY, request.method, request.name(), state]).to_string();
    Sha256::digest(text).iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn check_capabilities(request: &Request, questions: &[(&str, Value)]) -> Result<(), Value> {
    let mut missing = Map::new();
    for (_, question) in questions {
        let capability = capability_for(question);
        if !request.client_can(capability) {
            missing.insert(capability.to_owned(), json!({}));
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = missing.keys().map(String::as_str).collect();
    let mut error = refusal(-32021, &format!("The client does not declare: {}", names.join(", ")));
    error["data"] = json!({"requiredCapabilities": missing});
    Err(error)
}

/// The client's capability that a question rests on.
pub(crate) fn capability_for(question: &Value) -> &'static str {
    match question["method"].as_str() {
        Some("sampling/createMessage") => "sampling",
        Some("roots/list") => "roots",
        _ => "elicitation",
    }
}

fn input_required(request: &Request, questions: Vec<(&str, Value)>, state: Option<&str>) -> Value {
    let questions: Map<_, _> =
        questions.into_iter().map(|(name, question)| (name.to_owned(), question)).collect();
    let mut result = json!({"resultType": "input_required", "inputRequests": questions});
    if let Some(state) = state {
        result["requestState"] = json!(format!("{state}.{}", seal_of(request, state)));
    }
    result
}
