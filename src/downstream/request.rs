//! Requests to a server, written here and carried by rmcp: their params are a text, and their answers are JSON.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rmcp::model::{
    CancelledNotification, CancelledNotificationParam, ClientNotification, ClientRequest, CustomNotification,
    CustomRequest, RequestId,
};
use rmcp::service::PeerRequestOptions;
use rmcp::{Peer, RoleClient};
use serde_json::Value;

use super::fault::Trouble;
use super::transport;
use crate::call::{JsonObject, ToolCall};
use crate::json;

/// A server that does not read its input must not hold up the gateway with a notice.
const NOTICE: Duration = Duration::from_millis(100);

const META: &str = "_meta";

/// The JSON of a request's params, which may be of any size.
#[derive(Clone)]
pub(super) struct Prepared {
    params: Arc<Vec<u8>>,
    mirrored: Mirrored,
}

/// Arguments that go into headers as well, where the wire has some.
pub(super) type Mirrored = Arc<[(String, String)]>;

/// The id of a request, once it has one.
pub(super) type Sent = OnceLock<RequestId>;

impl Prepared {
    pub(super) fn new(params: Vec<u8>) -> Self {
        Self { params: Arc::new(params), mirrored: Arc::default() }
    }

    pub(super) fn mirrored(self, mirrored: Vec<(String, String)>) -> Self {
        Self { mirrored: mirrored.into(), ..self }
    }

    pub(super) fn headers(&self) -> Mirrored {
        Arc::clone(&self.mirrored)
    }

    pub(super) fn object(params: &JsonObject) -> Self {
        let mut text = Vec::new();
        json::write_object(params, &mut text);
        Self::new(text)
    }

    /// The params of a call; what a server was given when it asked goes over what the client sent.
    pub(super) fn call(call: &ToolCall, meta: &JsonObject, given: &JsonObject) -> Self {
        let mut text = Vec::new();
        call.put_params(&mut text);
        let sent = call.beside().iter().filter(|(name, _)| *name != META && !given.contains_key(*name));
        for (name, value) in given.iter().chain(sent) {
            text.push(b',');
            json::write(&name.as_str().into(), &mut text);
            text.push(b':');
            json::write(value, &mut text);
        }
        let mut whole = match call.beside().get(META) {
            Some(Value::Object(meta)) => meta.clone(),
            _ => JsonObject::new(),
        };
        whole.extend(meta.clone());
        if !whole.is_empty() {
            text.extend_from_slice(br#","_meta":"#);
            json::write_object(&whole, &mut text);
        }
        text.push(b'}');
        Self::new(text)
    }

    pub(super) fn text(&self, id: &RequestId, method: &str) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.params.len() + 96);
        text.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
        json::write(&id.clone().into_json_value(), &mut text);
        text.extend_from_slice(br#","method":"#);
        json::write(&method.into(), &mut text);
        text.extend_from_slice(br#","params":"#);
        text.extend_from_slice(&self.params);
        text.push(b'}');
        text
    }
}

/// Asks the server; the caller limits the time.
pub(super) async fn ask(
    peer: &Peer<RoleClient>,
    method: &str,
    params: Prepared,
    max_result_bytes: usize,
    sent: &Sent,
) -> Result<Value, Trouble> {
    let mut request = CustomRequest::new(method, None);
    request.extensions.insert(params);
    let request = ClientRequest::CustomRequest(request);
    let handle = peer.send_request_with_option(request, PeerRequestOptions::no_options()).await;
    let handle = handle.map_err(|error| Trouble::from(&error))?;
    let _ = sent.set(handle.id.clone());
    let answer = handle.await_response().await;
    transport::unwrap(answer.map_err(|error| Trouble::from(&error))?, max_result_bytes)
}

/// Asks a server of the newer revision to tell of changes for as long as the session lasts. Its answer would be the
/// end of that, which nobody waits for.
pub(super) async fn subscribe(peer: &Peer<RoleClient>, meta: &JsonObject) -> Result<(), Trouble> {
    let wanted = ["toolsListChanged", "promptsListChanged", "resourcesListChanged"];
    let wanted: JsonObject = wanted.into_iter().map(|list| (list.to_owned(), true.into())).collect();
    let params = JsonObject::from_iter([
        ("notifications".to_owned(), Value::Object(wanted)),
        ("_meta".to_owned(), Value::Object(meta.clone())),
    ]);
    let mut request = CustomRequest::new("subscriptions/listen", None);
    request.extensions.insert(Prepared::object(&params));
    let request = ClientRequest::CustomRequest(request);
    let sent = peer.send_request_with_option(request, PeerRequestOptions::no_options()).await;
    sent.map(drop).map_err(|error| Trouble::from(&error))
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
