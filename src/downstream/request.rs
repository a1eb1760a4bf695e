//! Requests to a server, written here and carried by rmcp: their params are a text, and their answers are JSON.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rmcp::model::{
    CancelledNotification, CancelledNotificationParam, ClientNotification, ClientRequest, CustomNotification,
    CustomRequest, RequestId,
};
use rmcp::service::{PeerRequestOptions, RequestHandle};
use rmcp::{Peer, RoleClient};
use serde_json::Value;

use super::changes::{self, List};
use super::fault::Trouble;
use super::transport;
use crate::call::{JsonObject, ToolCall};
use crate::json;
use crate::lock::Lock;

/// Whoever does not read, server or client, must not hold up the gateway with a notice.
pub(super) const NOTICE: Duration = Duration::from_millis(100);

const META: &str = "_meta";

/// A request but for its id, which may be of any size and is sent once.
#[derive(Clone)]
pub(super) struct Prepared {
    text: Arc<Lock<Vec<u8>>>,
    mirrored: Mirrored,
    /// Whether somebody waits for the answer.
    awaited: bool,
}

/// Arguments that go into headers as well, where the wire has some.
pub(super) type Mirrored = Arc<[(String, String)]>;

/// The id of a request, once it has one.
pub(super) type Sent = OnceLock<RequestId>;

impl Prepared {
    /// `put` writes the params.
    fn new(method: &str, put: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut text = br#"{"jsonrpc":"2.0","method":"#.to_vec();
        json::write(&method.into(), &mut text);
        text.extend_from_slice(br#","params":"#);
        put(&mut text);
        Self { text: Arc::new(Lock::new(text)), mirrored: Arc::default(), awaited: true }
    }

    pub(super) fn mirrored(self, mirrored: Vec<(String, String)>) -> Self {
        Self { mirrored: mirrored.into(), ..self }
    }

    fn unawaited(self) -> Self {
        Self { awaited: false, ..self }
    }

    pub(super) fn is_awaited(&self) -> bool {
        self.awaited
    }

    pub(super) fn headers(&self) -> Mirrored {
        Arc::clone(&self.mirrored)
    }

    pub(super) fn object(method: &str, params: &JsonObject) -> Self {
        Self::new(method, |text| json::write_object(params, text))
    }

    /// A call; what a server was given when it asked goes over what the client sent.
    pub(super) fn call(call: &ToolCall, meta: &JsonObject, given: &JsonObject) -> Self {
        Self::new(call.method.as_str(), |text| put_call(call, meta, given, text))
    }

    /// The whole message. There is nothing to be sent a second time.
    pub(super) fn take(&self, id: &RequestId) -> Vec<u8> {
        let mut text = std::mem::take(&mut *self.text.lock());
        text.extend_from_slice(br#","id":"#);
        json::write(&id.clone().into_json_value(), &mut text);
        text.push(b'}');
        text
    }
}

fn put_call(call: &ToolCall, meta: &JsonObject, given: &JsonObject, text: &mut Vec<u8>) {
    call.put_params(text);
    let sent = call.beside().iter().filter(|(name, _)| *name != META && !given.contains_key(*name));
    for (name, value) in given.iter().chain(sent) {
        text.push(b',');
        json::write(&name.as_str().into(), text);
        text.push(b':');
        json::write(value, text);
    }
    let mut whole = match call.beside().get(META) {
        Some(Value::Object(meta)) => meta.clone(),
        _ => JsonObject::new(),
    };
    whole.extend(meta.clone());
    if !whole.is_empty() {
        text.extend_from_slice(br#","_meta":"#);
        json::write_object(&whole, text);
    }
    text.push(b'}');
}

/// Asks the server; the caller limits the time.
pub(super) async fn ask(
    peer: &Peer<RoleClient>,
    prepared: Prepared,
    max_result_bytes: usize,
    sent: &Sent,
) -> Result<Value, Trouble> {
    let handle = send(peer, prepared).await?;
    let _ = sent.set(handle.id.clone());
    let answer = handle.await_response().await;
    transport::unwrap(answer.map_err(|error| Trouble::from(&error))?, max_result_bytes)
}

/// Asks a server of the newer revision to tell of changes for as long as the session lasts. Its answer would be the
/// end of that, which nobody waits for.
pub(super) async fn subscribe(
    peer: &Peer<RoleClient>,
    lists: &[&List],
    meta: &JsonObject,
) -> Result<(), Trouble> {
    let params = changes::params(lists, meta);
    send(peer, Prepared::object("subscriptions/listen", &params).unawaited()).await.map(drop)
}

/// Asks the server for something that it may answer when it likes, or never.
pub(super) async fn begin(peer: &Peer<RoleClient>, prepared: Prepared) -> Result<(), Trouble> {
    send(peer, prepared).await.map(drop)
}

async fn send(peer: &Peer<RoleClient>, prepared: Prepared) -> Result<RequestHandle<RoleClient>, Trouble> {
    // Its method stands in the text.
    let mut request = CustomRequest::new(String::new(), None);
    request.extensions.insert(prepared);
    let request = ClientRequest::CustomRequest(request);
    let sent = peer.send_request_with_option(request, PeerRequestOptions::no_options()).await;
    sent.map_err(|error| Trouble::from(&error))
}

pub(super) async fn tell(peer: &Peer<RoleClient>, method: &str) -> Result<(), Trouble> {
    // Absent params would be written as `null`, which strict servers take for no message at all.
    let params = Value::Object(JsonObject::new());
    let notice = ClientNotification::CustomNotification(CustomNotification::new(method, Some(params)));
    peer.send_notification(notice).await.map_err(|error| Trouble::from(&error))
}

/// Tells the server that an answer is no longer wanted.
pub(super) async fn cancel(peer: &Peer<RoleClient>, sent: &Sent, reason: &str) {
    let Some(id) = sent.get() else { return };
    let param = CancelledNotificationParam::new(Some(id.clone()), Some(reason.to_owned()));
    let notice = ClientNotification::CancelledNotification(CancelledNotification::new(param));
    let _ = tokio::time::timeout(NOTICE, peer.send_notification(notice)).await;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_is_one_message_with_its_id() {
        let params = JsonObject::from_iter([("a".to_owned(), json!("é"))]);
        let text = Prepared::object("x/y", &params).take(&RequestId::Number(7));
        let message: Value = serde_json::from_slice(&text).expect("JSON");
        assert_eq!(message, json!({"jsonrpc": "2.0", "id": 7, "method": "x/y", "params": {"a": "é"}}));
    }

    #[test]
    fn what_stands_beside_the_arguments_of_a_call_goes_with_them() {
        let beside = json!({"_meta": {"traceparent": "00"}, "requestState": "old", "inputResponses": {}});
        let call = ToolCall::new(0, "t".into(), JsonObject::new())
            .with(beside.as_object().cloned().expect("an object"));
        let meta = JsonObject::from_iter([("progressToken".to_owned(), json!(3))]);
        let given = JsonObject::from_iter([("requestState".to_owned(), json!("new"))]);
        let text = Prepared::call(&call, &meta, &given).take(&RequestId::Number(1));
        let message: Value = serde_json::from_slice(&text).expect("JSON");
        let params = json!({
            "name": "t", "arguments": {}, "requestState": "new", "inputResponses": {},
            "_meta": {"traceparent": "00", "progressToken": 3},
        });
        assert_eq!(message["params"], params);
    }
}
