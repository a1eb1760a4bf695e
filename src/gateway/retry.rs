//! How a client comes back to a call that asked it something: the same request again, with the call's state and the
//! answers.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Who;
use super::arguments::PASSED_ON;
use crate::call::{JsonObject, Method};
use crate::digest::Digest;
use crate::ids::CallerId;
use crate::json;
use crate::rpc::RpcError;
use crate::rpc::protocol::{ELICIT, ROOTS, SAMPLE};
use crate::secret::{GatewayKey, KeyDigest};

/// Tells our states from those of servers.
pub(super) const OURS: &str = "enkrypt-suspended-";

/// Put before the state of a server that looks like ours: another gateway may stand behind this one.
const FOREIGN: char = '~';

const STATE: &str = "requestState";

/// Who asked for what; whoever comes back must be the same with the same.
#[derive(Clone)]
pub(super) struct Pledge {
    key: KeyDigest,
    /// Where one process has several.
    caller: Option<CallerId>,
    request: [u8; 32],
}

/// A request that brings answers to a call of ours.
pub(super) struct Retry {
    pub(super) state: String,
    responses: Value,
}

/// The methods of questions, by their keys.
pub(super) type Questions = BTreeMap<String, String>;

impl Pledge {
    /// `None` for a request that is never answered with a question.
    pub(super) fn of(who: &Who, method: &str, params: &JsonObject) -> Option<Self> {
        if !matches!(Method::parse(method)?, Method::Prompt | Method::Resource | Method::Tool) {
            return None;
        }
        let (key, caller) = match who {
            Who::Shows(credentials) => (credentials.key.as_ref().map(GatewayKey::digest)?, None),
            Who::Is(caller, key) => (key.clone(), Some(caller.id.clone())),
        };
        // Parsed and written again by the client, a request may have its members in another order.
        let mut members: Vec<_> =
            params.iter().filter(|(name, _)| !PASSED_ON.contains(&name.as_str())).collect();
        members.sort_unstable_by_key(|(name, _)| *name);
        let mut digest = Digest::default();
        digest.add(method);
        for (name, value) in members {
            digest.add(name);
            digest.add(json::sorted(value));
        }
        Some(Self { key, caller, request: digest.finish() })
    }

    pub(super) fn is_of_caller(&self, other: &Self) -> bool {
        self.key.matches(&other.key) && self.caller == other.caller
    }

    pub(super) fn is_of_request(&self, other: &Self) -> bool {
        self.request == other.request
    }
}

impl Retry {
    /// `None` where the state is a server's, which is as the server gave it from here on, or there is none.
    pub(super) fn of(params: &mut JsonObject) -> Option<Self> {
        let Some(Value::String(state)) = params.get_mut(STATE) else { return None };
        if !state.starts_with(OURS) {
            if looks_like_ours(state) {
                state.remove(0);
            }
            return None;
        }
        let state = std::mem::take(state);
        let responses = params.shift_remove("inputResponses").unwrap_or_default();
        Some(Self { state, responses })
    }

    /// The answers, one for each question; what else stands beside them is passed over, as the revision wants it.
    pub(super) fn answers(&mut self, questions: &Questions) -> Result<JsonObject, RpcError> {
        let Value::Object(responses) = &mut self.responses else {
            return Err(invalid(
                "`inputResponses` must be an object with an answer for each key of `inputRequests`",
            ));
        };
        for (key, method) in questions {
            let Some(response) = responses.get_mut(key) else {
                return Err(invalid(format!("`inputResponses` must have an answer under `{key}`")));
            };
            // Some clients write down that they have none. Not every server reads that.
            if method == ELICIT
                && let Value::Object(response) = response
                && response.get("content").is_some_and(Value::is_null)
            {
                response.shift_remove("content");
            }
            if let Some(problem) = problem(method, response) {
                return Err(invalid(format!("`inputResponses.{key}` {problem}")));
            }
        }
        responses.retain(|key, _| questions.contains_key(key));
        Ok(std::mem::take(responses))
    }
}

/// Keeps the state in a server's own result from being taken for ours when it comes back.
pub(super) fn tell_apart(result: &mut JsonObject) {
    if let Some(Value::String(state)) = result.get_mut(STATE)
        && looks_like_ours(state)
    {
        state.insert(0, FOREIGN);
    }
}

fn looks_like_ours(state: &str) -> bool {
    state.trim_start_matches(FOREIGN).starts_with(OURS)
}

/// Of questions as a result has them.
pub(super) fn methods(asked: &JsonObject) -> Questions {
    let method = |question: &Value| question.get("method").and_then(Value::as_str).map(str::to_owned);
    asked.iter().map(|(key, question)| (key.clone(), method(question).unwrap_or_default())).collect()
}

/// What keeps a value from being an answer to this.
fn problem(method: &str, response: &Value) -> Option<&'static str> {
    let Value::Object(response) = response else {
        return Some("must be an object, the result of what is asked");
    };
    let action = response.get("action").and_then(Value::as_str);
    match method {
        ELICIT if !matches!(action, Some("accept" | "cancel" | "decline")) => {
            Some("must have an `action`: `accept`, `decline` or `cancel`")
        }
        ELICIT if response.get("content").is_some_and(|content| !content.is_object()) => {
            Some("must have an object as `content`, or none")
        }
        SAMPLE if !response.contains_key("content") => Some("must have the model's `content`"),
        ROOTS if !response.get("roots").is_some_and(Value::is_array) => Some("must have a list of `roots`"),
        _ => None,
    }
}

/// A request says that it comes back, and nobody here waits for it.
pub(super) fn unknown() -> RpcError {
    invalid(
        "no call waits for this `requestState`: it has been used, it has expired, or the gateway has been started \
         anew; leave `requestState` and `inputResponses` out to make the call from its beginning",
    )
}

pub(super) fn another_request() -> RpcError {
    invalid("this `requestState` is of another request: repeat method, name and arguments as they were")
}

fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> RpcError {
    RpcError::new(RpcError::INVALID_PARAMS, message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::auth::Credentials;

    fn object(value: &Value) -> JsonObject {
        value.as_object().cloned().expect("an object")
    }

    fn pledge(key: &str, method: &str, params: &Value) -> Pledge {
        let credentials = Credentials { key: Some(key.into()), ..Credentials::default() };
        Pledge::of(&Who::Shows(credentials), method, &object(params)).expect("a pledge")
    }

    #[test]
    fn a_request_is_the_same_whatever_it_brings_and_however_it_is_written() {
        let first =
            pledge("k", "tools/call", &json!({"name": "x", "arguments": {"a": 1, "b": {"c": 2, "d": 3}}}));
        let same = json!({
            "requestState": "s", "arguments": {"b": {"d": 3, "c": 2}, "a": 1}, "inputResponses": {}, "name": "x",
        });
        assert!(first.is_of_request(&pledge("k", "tools/call", &same)));
        for (method, params) in [
            ("prompts/get", same.clone()),
            ("tools/call", json!({"name": "y", "arguments": {"a": 1, "b": {"c": 2, "d": 3}}})),
            ("tools/call", json!({"name": "x", "arguments": {"a": 1, "b": {"c": 2, "d": 4}}})),
            ("tools/call", json!({"name": "x"})),
        ] {
            assert!(!first.is_of_request(&pledge("k", method, &params)), "{method}");
        }
        assert!(first.is_of_caller(&pledge("k", "tools/call", &json!({}))));
        assert!(!first.is_of_caller(&pledge("l", "tools/call", &json!({}))));
    }

    #[test]
    fn the_state_of_a_server_comes_back_to_it_as_it_was() {
        for state in ["x", "~x", "enkrypt-suspended-0", "~enkrypt-suspended-0", "~~enkrypt-suspended-"] {
            let mut result = object(&json!({"requestState": state}));
            tell_apart(&mut result);
            assert!(Retry::of(&mut result).is_none(), "{state}");
            assert_eq!(result["requestState"], state);
        }
    }

    #[test]
    fn answers_are_complete_and_what_was_asked_for() {
        let questions = methods(&object(&json!({
            "q1": {"method": "elicitation/create"}, "q2": {"method": "sampling/createMessage"},
            "q3": {"method": "roots/list"},
        })));
        let answers = |responses: Value| {
            let mut params =
                object(&json!({"requestState": format!("{OURS}x"), "inputResponses": responses}));
            Retry::of(&mut params).expect("ours").answers(&questions)
        };
        let good = json!({"q1": {"action": "decline"}, "q2": {"role": "assistant", "content": []}, "q3": {"roots": []}});
        assert_eq!(answers(good.clone()).map(Value::Object), Ok(good.clone()));
        let mut without = good.clone();
        without["q1"]["content"] = Value::Null;
        assert_eq!(answers(without).map(Value::Object), Ok(good.clone()));
        let mut more = good.clone();
        more["q4"] = json!({});
        assert_eq!(answers(more).map(Value::Object), Ok(good.clone()));
        for (key, value, problem) in [
            ("q1", json!({"action": "maybe"}), "`inputResponses.q1` must have an `action`"),
            ("q1", json!({"action": "accept", "content": 7}), "an object as `content`"),
            ("q1", json!("yes"), "must be an object"),
            ("q2", json!({}), "`inputResponses.q2`"),
            ("q3", json!({"roots": {}}), "list of `roots`"),
        ] {
            let mut responses = good.clone();
            responses[key] = value;
            let error = answers(responses).expect_err(problem);
            assert!(error.code == RpcError::INVALID_PARAMS && error.message.contains(problem), "{error:?}");
        }
        assert!(answers(json!({})).expect_err("none").message.contains("under `q1`"));
        assert!(answers(json!([1])).is_err() && answers(Value::Null).is_err());
    }
}
