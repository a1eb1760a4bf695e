//! `subscriptions/listen`: one request stays open, and what it asked to hear of is told under its id.

use std::collections::HashSet;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{Gateway, Turn, era};
use crate::call::JsonObject;
use crate::client::{Change, Changes, Client, Era, MAX_URI, Watch};
use crate::rpc::protocol::{ACKNOWLEDGED, META_SUBSCRIPTION};
use crate::rpc::{Frame, RpcError};

/// More resources than anybody looks at in one window.
const MAX_RESOURCES: usize = 1_000;

/// What one request wants to hear of.
pub(super) struct Subscription {
    id: Value,
    tools: bool,
    prompts: bool,
    resources: bool,
    uris: Vec<String>,
    /// Those of them that their servers will tell of.
    watched: Vec<Watch>,
}

impl Subscription {
    /// Of what the client asks for, the part that the gateway offers.
    pub(super) fn parse(id: &Value, params: &JsonObject, offered: &Value) -> Result<Self, RpcError> {
        let Some(Value::Object(wanted)) = params.get("notifications") else {
            return Err(RpcError::new(RpcError::INVALID_PARAMS, "`params.notifications` must be an object"));
        };
        let wants = |key: &str, capability: &str| {
            let yes = |value: Option<&Value>| value == Some(&Value::Bool(true));
            yes(wanted.get(key)) && yes(offered.pointer(capability))
        };
        let uris = match wanted.get("resourceSubscriptions") {
            Some(Value::Array(uris)) if offered.pointer("/resources/subscribe") == Some(&json!(true)) => {
                let mut seen = HashSet::new();
                let uris = uris.iter().filter_map(Value::as_str);
                uris.filter(|uri| uri.len() <= MAX_URI && seen.insert(*uri)).map(str::to_owned).collect()
            }
            _ => Vec::new(),
        };
        if uris.len() > MAX_RESOURCES {
            let message = format!("`resourceSubscriptions` may have {MAX_RESOURCES} URIs");
            return Err(RpcError::new(RpcError::INVALID_PARAMS, message));
        }
        Ok(Self {
            id: id.clone(),
            tools: wants("toolsListChanged", "/tools/listChanged"),
            prompts: wants("promptsListChanged", "/prompts/listChanged"),
            resources: wants("resourcesListChanged", "/resources/listChanged"),
            uris,
            watched: Vec::new(),
        })
    }

    /// Tells of changes until the request is over.
    pub(super) async fn serve(self, client: &Client, mut changes: Changes, over: CancellationToken) -> Frame {
        let telling = async {
            let mut params = self.params(JsonObject::new());
            params.insert("notifications".to_owned(), self.agreed());
            client.notify(ACKNOWLEDGED, &params).await;
            loop {
                let change = changes.next().await;
                if self.covers(&change) {
                    client.notify(change.method(), &self.params(change.params())).await;
                }
            }
        };
        tokio::select! {
            biased;
            // Nothing is told of a request that was withdrawn before it began.
            () = over.cancelled() => {}
            () = telling => {}
        }
        ended(&self.id)
    }

    fn covers(&self, change: &Change) -> bool {
        match change {
            Change::Tools => self.tools,
            Change::Prompts => self.prompts,
            Change::Resources => self.resources,
            Change::Resource(uri) => self.watched.iter().any(|watch| *watch.uri() == **uri),
            Change::Outage(_) => false,
        }
    }

    fn params(&self, mut params: JsonObject) -> JsonObject {
        params.insert("_meta".to_owned(), json!({META_SUBSCRIPTION: self.id}));
        params
    }

    fn agreed(&self) -> Value {
        let mut agreed = JsonObject::new();
        let lists = [
            ("toolsListChanged", self.tools),
            ("promptsListChanged", self.prompts),
            ("resourcesListChanged", self.resources),
        ];
        for (key, _) in lists.into_iter().filter(|(_, wanted)| *wanted) {
            agreed.insert(key.to_owned(), true.into());
        }
        if !self.watched.is_empty() {
            let uris: Vec<&str> = self.watched.iter().map(Watch::uri).collect();
            agreed.insert("resourceSubscriptions".to_owned(), uris.into());
        }
        Value::Object(agreed)
    }
}

impl Gateway {
    /// Answers `subscriptions/listen` when it is over.
    pub(super) async fn listen(&self, turn: Turn, params: &JsonObject) -> Result<Frame, RpcError> {
        let Turn { id, client, who, withdrawn, .. } = turn;
        let offered = self.welcome().capabilities;
        let mut subscription = Subscription::parse(&id, params, &offered)?;
        let scope = self.scope_or_refusal(self.asked(client.clone(), who)).await?;
        // Before a server knows of it: it may have something to tell at once.
        let changes = self.changes(Some(scope.caller.id.clone()));
        let _listener = subscription.tools.then(|| self.listener(&scope.caller.id));
        let serving = async {
            let uris = std::mem::take(&mut subscription.uris);
            subscription.watched = self.watch(&scope, uris).await;
            subscription.serve(&client, changes, scope.cancel.clone()).await
        };
        let mut serving = std::pin::pin!(serving);
        tokio::select! {
            frame = &mut serving => Ok(frame),
            () = withdrawn.cancelled() => {
                scope.cancel.cancel();
                // A session that is in use is given back by whoever uses it.
                Ok(serving.await)
            }
        }
    }
}

/// What closes a subscription in good order.
fn ended(id: &Value) -> Frame {
    let mut result = era::dress(Era::Modern, false, JsonObject::new());
    result["_meta"][META_SUBSCRIPTION] = id.clone();
    Frame::of(id, Ok(result))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::mpsc;

    use super::*;
    use crate::client::{Connection, Notices, Outlet};
    use crate::ids::CallerId;

    fn object(value: &Value) -> JsonObject {
        value.as_object().cloned().expect("an object")
    }

    #[tokio::test]
    async fn what_was_asked_for_is_told_under_the_requests_id_and_nothing_else() {
        let (sender, mut receiver) = mpsc::channel(8);
        let outlet = Outlet::Stream(sender, Arc::default());
        let client = Arc::new(Connection::new(Outlet::Nowhere)).client(&JsonObject::new(), outlet);
        let wanted = json!({"notifications": {"toolsListChanged": true, "promptsListChanged": true}});
        let offered = json!({"tools": {"listChanged": true}});
        let subscription =
            Subscription::parse(&json!("s"), &object(&wanted), &offered).expect("a subscription");
        let (notices, over) = (Notices::default(), CancellationToken::new());
        let changes = notices.changes(None);
        let mut next = async || -> Value {
            serde_json::from_slice(&receiver.recv().await.expect("a message")).expect("JSON")
        };
        let (frame, ()) = tokio::join!(subscription.serve(&client, changes, over.clone()), async {
            let acknowledged = next().await;
            assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged");
            assert_eq!(acknowledged["params"]["notifications"], json!({"toolsListChanged": true}));
            assert_eq!(acknowledged["params"]["_meta"][META_SUBSCRIPTION], "s");
            notices.tell(&CallerId::from("a"), Change::Prompts);
            notices.tell(&CallerId::from("a"), Change::Tools);
            let told = next().await;
            assert_eq!(told["method"], "notifications/tools/list_changed");
            assert_eq!(told["params"]["_meta"][META_SUBSCRIPTION], "s");
            over.cancel();
        });
        let answer: Value = serde_json::from_slice(&frame.text).expect("JSON");
        assert_eq!(answer["result"]["_meta"][META_SUBSCRIPTION], "s");
    }
}
