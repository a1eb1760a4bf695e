//! Servers whose tools are missing from what clients list: these are told why, once, and the servers are asked again
//! when they have rested, as long as somebody can be told that they are back.
//!
//! One question serves all clients of a server; when it has an answer, the others ask at once.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream::{self, FuturesUnordered};
use serde_json::Value;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

use super::catalogue::Shelf;
use super::shown::View;
use crate::call::JsonObject;
use crate::client::{Change, Listener, Outage, Severity};
use crate::config::Server;
use crate::discovery::{Failed, Heard, Topic};
use crate::fault::{ErrorCode, Fault as _};
use crate::gateway::reply::Problem;
use crate::gateway::{Gateway, NAME};
use crate::ids::CallerId;
use crate::rpc::protocol::LOG;
use crate::scope::{Audience, Scope};
use crate::tool::OfferKind;

/// Servers that are asked again at once, and askers of one that is back: whatever somebody waits for comes first.
const AT_ONCE: usize = 2;

/// One that has not answered by then lets the next one be asked.
const PATIENCE: Duration = Duration::from_secs(12);

impl Gateway {
    /// Looks after the servers that could not be asked, until the process ends.
    pub(in crate::gateway) async fn mend(self) {
        let mut heard = self.parts.discovery.heard();
        let mut asked = FuturesUnordered::new();
        loop {
            let rested = self.parts.discovery.rested(|audience| self.waiting(audience).is_some());
            for (audience, server) in rested.servers.into_iter().take(AT_ONCE - asked.len()) {
                asked.push(self.ask_rested(audience, server));
            }
            let next = rested.next;
            tokio::select! {
                () = self.parts.end.cancelled() => return,
                () = until(next) => {}
                Some(()) = asked.next(), if !asked.is_empty() => {}
                news = heard.recv() => match news {
                    Ok(news) => {
                        self.take_in(news).await;
                        while let Ok(news) = heard.try_recv() {
                            self.take_in(news).await;
                        }
                    }
                    // Whoever lists next is told, and asks.
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                },
            }
        }
    }

    async fn take_in(&self, news: Heard) {
        match news {
            Heard::Failed(audience, server, failed) => self.announce(&audience, &server, &failed).await,
            Heard::Back(server) => self.ask_for_all(server),
        }
    }

    /// A client of the caller can be told of changes from now on. What could not be had while none could is asked for.
    pub(in crate::gateway) fn listener(&self, caller: &CallerId) -> Listener {
        let listener = self.parts.notices.listener(Some(caller.clone()));
        let views: Vec<_> =
            self.views_of(caller).into_iter().filter(|view| view.shows(Shelf::Tools)).collect();
        if !views.is_empty() {
            let gateway = self.clone();
            self.tasks.spawn(async move {
                let discovery = &gateway.parts.discovery;
                for view in views {
                    let servers = &view.scope.caller.config.servers;
                    join_all(
                        servers.iter().map(|server| discovery.inquire(&view.scope, server, Topic::Tools)),
                    )
                    .await;
                }
            });
        }
        listener
    }

    /// Tells the client of a list what is missing from it, if it does not know that.
    pub(super) async fn tell_missing(&self, scope: &Scope) {
        let (discovery, client) = (&self.parts.discovery, &scope.client);
        for server in &scope.caller.config.servers {
            let failed = discovery.failure(scope, server);
            if failed.is_none() && !client.knows_of_outage(&server.name) {
                continue;
            }
            if !discovery.read(scope, server).await.is_empty() {
                client.sees_again(&server.name);
            } else if let Some(failed) = failed.filter(|failed| is_fault(failed))
                && client.hears_of_outage(&server.name)
            {
                client.notify(LOG, &params(server, &failed)).await;
            }
        }
    }

    /// Tells those who have listed already.
    async fn announce(&self, audience: &Audience, server: &Arc<Server>, failed: &Failed) {
        let Some(view) = self.waiting(audience).filter(|_| is_fault(failed)) else { return };
        if self.parts.discovery.read(&view.scope, server).await.is_empty() {
            let outage = Outage { server: server.name.clone(), params: params(server, failed) };
            self.parts.notices.tell(&audience.caller, Change::Outage(Arc::new(outage)));
        }
    }

    async fn ask_rested(&self, audience: Audience, server: Arc<Server>) {
        if let Some(view) = self.waiting(&audience) {
            let asking = self.parts.discovery.ask_rested(&view.scope, &server);
            let _ = tokio::time::timeout(PATIENCE, asking).await;
        }
    }

    /// A server is back for one of those who missed it.
    fn ask_for_all(&self, server: Arc<Server>) {
        self.parts.discovery.wake(&server);
        let gateway = self.clone();
        self.tasks.spawn(async move {
            let audiences = gateway.audiences().into_iter();
            let views: Vec<_> = audiences.filter_map(|audience| gateway.waiting(&audience)).collect();
            let asking = views.into_iter().map(|view| {
                let (gateway, server) = (gateway.clone(), Arc::clone(&server));
                async move { gateway.ask_for(&view, &server).await }
            });
            stream::iter(asking).buffer_unordered(AT_ONCE).collect::<()>().await;
        });
    }

    async fn ask_for(&self, view: &View, server: &Arc<Server>) {
        if !view.scope.caller.config.has(server) {
            return;
        }
        let offers = OfferKind::ALL.into_iter().any(|kind| view.shows(Shelf::Offers(kind)));
        for topic in [Topic::Tools, Topic::Offers].into_iter().take(1 + usize::from(offers)) {
            if let Some(inquiry) = self.parts.discovery.inquire(&view.scope, server, topic).await {
                let _ = tokio::time::timeout(PATIENCE, inquiry.over.cancelled()).await;
            }
        }
    }

    /// The view of somebody who has listed tools, and can be told of others.
    fn waiting(&self, audience: &Audience) -> Option<Arc<View>> {
        let view = self.view_of(audience)?;
        let current = Arc::ptr_eq(&view.scope.settings, &self.parts.store.current());
        (current && view.shows(Shelf::Tools) && self.parts.notices.reaches(&audience.caller)).then_some(view)
    }
}

/// What a policy keeps away is not missing.
fn is_fault(failed: &Failed) -> bool {
    failed.fault.code() != ErrorCode::ServerBlocked
}

/// Of a log message, with what the answer to a call would be.
fn params(server: &Server, failed: &Failed) -> JsonObject {
    let mut data = Problem::of(&failed.fault).into_object("error", &failed.request);
    data.insert("server_name".to_owned(), server.name.as_str().into());
    JsonObject::from_iter([
        ("level".to_owned(), Severity::Warning.as_str().into()),
        ("logger".to_owned(), NAME.into()),
        ("data".to_owned(), Value::Object(data)),
    ])
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}
