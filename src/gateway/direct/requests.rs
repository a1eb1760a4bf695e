//! Requests for prompts, resources and completions: each finds its server and takes the road of a tool call.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{catalogue::Shelf, offers};
use crate::call::{JsonObject, Method, ToolCall};
use crate::client::{Client, Connection, Era, Watch};
use crate::config::{Server, SessionMode, Use};
use crate::discovery::Topic;
use crate::execution::Batch;
use crate::gateway::reply::{self, Reply, Status};
use crate::gateway::{Asked, Gateway};
use crate::ids::ToolName;
use crate::rpc::RpcError;
use crate::scope::Scope;
use crate::tool::OfferKind;

/// A client that wants to hear of many resources is promised those that are subscribed to by then.
const AGREE: Duration = Duration::from_secs(10);

/// A request as a client sends it.
pub(in crate::gateway) struct Wanted {
    pub(in crate::gateway) method: Method,
    pub(in crate::gateway) params: JsonObject,
    /// What goes to the server beside them.
    pub(in crate::gateway) beside: JsonObject,
    pub(in crate::gateway) connection: Arc<Connection>,
}

impl Wanted {
    /// The list that a method asks for.
    pub(in crate::gateway) fn list(method: &str) -> Option<OfferKind> {
        OfferKind::ALL.into_iter().find(|kind| kind.method() == method)
    }

    /// What a method asks a server for, in the revision of the client.
    pub(in crate::gateway) fn method(method: &str, era: Era) -> Option<Method> {
        // What is for later is for a session.
        Method::parse(method).filter(|method| era == Era::Legacy || !method.is_for_later())
    }
}

impl Gateway {
    /// Answers a list of prompts, resources or templates.
    pub(in crate::gateway) async fn list_offers(
        &self,
        kind: OfferKind,
        asked: Asked,
    ) -> Result<JsonObject, RpcError> {
        let scope = self.scope_or_refusal(asked).await?;
        let entries = self.show(&scope, Shelf::Offers(kind)).await.entries;
        Ok(JsonObject::from_iter([(kind.member().to_owned(), Value::Array(entries))]))
    }

    /// Takes a request to its server.
    pub(in crate::gateway) async fn ask_server(
        &self,
        scope: &Scope,
        mut wanted: Wanted,
    ) -> crate::gateway::Answer {
        self.inquire(scope, Topic::Offers).await;
        let found = match wanted.method {
            Method::Prompt => self.prompt(scope, &mut wanted.params, "name"),
            Method::Complete => self.completed(scope, &mut wanted.params),
            _ => self.resource(scope, &wanted.params),
        };
        let (server, subject) = match found {
            Ok(found) => found,
            Err(error) => return Ok(Reply::refused(error)),
        };
        if wanted.method == Method::Complete
            && self.parts.discovery.known_offers(scope, &server).is_some_and(|offers| !offers.completes)
        {
            let none = ("completion".to_owned(), json!({"values": []}));
            return Ok(Reply::of_server(JsonObject::from_iter([none])));
        }
        let uri = wanted.params.get("uri").and_then(Value::as_str).unwrap_or_default().to_owned();
        let notices = &self.parts.notices;
        match wanted.method {
            // Before the server knows of it: it may have something to tell at once.
            Method::Subscribe if !wanted.connection.watch(notices.watch(&scope.caller.id, &uri)) => {
                return Ok(Reply::refused(RpcError::new(
                    RpcError::INVALID_PARAMS,
                    "too many resources are watched, or the name of this one is too long",
                )));
            }
            Method::Unsubscribe => {
                wanted.connection.unwatch(&uri);
                // The session that was told of it may be another client's as well.
                if notices.is_watched(&scope.caller.id, &uri) {
                    return Ok(Reply::of_server(JsonObject::new()));
                }
            }
            _ => {}
        }
        let listed = self.lists(scope, &server, &uri);
        let call = ToolCall::of(wanted.method, subject, wanted.params).with(wanted.beside).listed(listed);
        let report = self.parts.execution.ask(scope, Batch::single(scope, server, call)).await;
        let answer = report.map(|report| reply::single(report, &scope.id));
        let failed = !matches!(&answer, Ok(reply) if reply.status() == Status::Success);
        if wanted.method == Method::Subscribe && failed {
            wanted.connection.unwatch(&uri);
        }
        Ok(answer?)
    }

    /// Has the servers of these resources tell of their changes, and says of which they will.
    pub(in crate::gateway) async fn watch(&self, scope: &Scope, uris: Vec<String>) -> Vec<Watch> {
        if uris.is_empty() {
            return Vec::new();
        }
        // What servers say meanwhile would come before the client knows what it will hear.
        let scope = Scope { cancel: scope.cancel.child_token(), ..scope.apart() };
        let mut watching = std::pin::pin!(self.subscribe(&scope, uris));
        tokio::select! {
            watched = &mut watching => watched,
            () = tokio::time::sleep(AGREE) => {
                scope.cancel.cancel();
                watching.await
            }
        }
    }

    async fn subscribe(&self, scope: &Scope, uris: Vec<String>) -> Vec<Watch> {
        self.inquire(scope, Topic::Offers).await;
        let mut watched = Vec::new();
        for uri in uris {
            if scope.cancel.is_cancelled() {
                break;
            }
            let params = JsonObject::from_iter([("uri".to_owned(), uri.as_str().into())]);
            let Ok((server, subject)) = self.resource(scope, &params) else { continue };
            // Its session ends with the request, and what it was told with it.
            if server.session.mode_for(Use::Single, scope.settings.exposure) == SessionMode::Batch {
                continue;
            }
            let watch = self.parts.notices.watch(&scope.caller.id, &uri);
            let listed = self.lists(scope, &server, &uri);
            let call = ToolCall::of(Method::Subscribe, subject, params).listed(listed);
            let report = self.parts.execution.ask(scope, Batch::single(scope, server, call)).await;
            if report.is_ok_and(|report| report.succeeded()) {
                watched.push(watch);
            }
        }
        watched
    }

    fn prompt(
        &self,
        scope: &Scope,
        params: &mut JsonObject,
        key: &str,
    ) -> Result<(Arc<Server>, ToolName), RpcError> {
        let direct = text(params, key)?;
        let (server, name) = offers::prompt(&self.parts.discovery, scope, direct).ok_or_else(|| {
            RpcError::new(RpcError::INVALID_PARAMS, "unknown prompt: `prompts/list` has them")
        })?;
        params.insert(key.to_owned(), name.as_str().into());
        Ok((server, name))
    }

    fn resource(&self, scope: &Scope, params: &JsonObject) -> Result<(Arc<Server>, ToolName), RpcError> {
        let uri = text(params, "uri")?;
        let server = offers::resource(&self.parts.discovery, scope, uri)
            .ok_or_else(|| unknown_resource(&scope.client, uri))?;
        Ok((server, "resource".into()))
    }

    fn lists(&self, scope: &Scope, server: &Arc<Server>, uri: &str) -> bool {
        let known = self.parts.discovery.known_offers(scope, server);
        known.is_some_and(|offers| offers.has(OfferKind::Resource, uri))
    }

    fn completed(&self, scope: &Scope, params: &mut JsonObject) -> Result<(Arc<Server>, ToolName), RpcError> {
        let invalid =
            || RpcError::new(RpcError::INVALID_PARAMS, "`params.ref` must name a prompt or a resource");
        let reference = params.get_mut("ref").and_then(Value::as_object_mut).ok_or_else(invalid)?;
        match reference.get("type").and_then(Value::as_str) {
            Some("ref/prompt") => self.prompt(scope, reference, "name"),
            Some("ref/resource") => {
                let uri = text(reference, "uri")?;
                let server = offers::template(&self.parts.discovery, scope, uri).ok_or_else(invalid)?;
                Ok((server, "completion".into()))
            }
            _ => Err(invalid()),
        }
    }
}

fn text<'p>(params: &'p JsonObject, key: &str) -> Result<&'p str, RpcError> {
    let text = params.get(key).and_then(Value::as_str);
    text.ok_or_else(|| RpcError::new(RpcError::INVALID_PARAMS, format!("`{key}` must be a text")))
}

fn unknown_resource(client: &Client, uri: &str) -> RpcError {
    let code = match client.era() {
        Era::Legacy => RpcError::RESOURCE_NOT_FOUND,
        Era::Modern => RpcError::INVALID_PARAMS,
    };
    RpcError::new(code, "no server has this resource").with_data(json!({"uri": uri}))
}
