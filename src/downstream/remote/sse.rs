//! The transport of protocol version 2024-11-05: one stream brings everything, another address takes the messages.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{StatusCode, Url};
use tokio::sync::watch;

use super::events::{Event, Events};
use super::link::{self, Arrived, Link};
use super::loss::Loss;
use super::outline::Outline;

/// How long a server may take to accept a message; the answer comes on the stream.
const ACCEPT: Duration = Duration::from_secs(30);

pub(in crate::downstream) struct Sse {
    link: Link,
    /// Where messages go, once the stream has said so.
    endpoint: watch::Sender<Option<Url>>,
}

impl Sse {
    pub(super) fn new(link: Link) -> Arc<Self> {
        let session = Arc::new(Self { link, endpoint: watch::Sender::new(None) });
        let listening = Arc::clone(&session);
        session.link.tasks.spawn(async move {
            let closed = listening.link.closed.clone();
            if let Some(why) = closed.run_until_cancelled(listening.listen()).await {
                listening.link.end(why).await;
            }
        });
        session
    }

    /// Reads until the stream is over, and says why it is.
    async fn listen(&self) -> Loss {
        let response = match self.link.target.get(link::stream_headers()).await {
            Ok(response) => response,
            Err(why) => return why,
        };
        if !response.status().is_success() {
            return self.link.refused(response, None).await.unwrap_or(Loss::Broken);
        }
        if !link::is_of(&response, "text/event-stream") {
            return Loss::NotMcp;
        }
        let base = response.url().clone();
        let mut events = Events::new(response, self.link.limit);
        loop {
            let arrived = match events.next().await {
                Ok(Some(Event::Message(message))) => Arrived::Message(message),
                Ok(Some(Event::TooLong)) => Arrived::TooLong(None),
                Ok(Some(Event::Other)) => continue,
                Ok(Some(Event::Endpoint(address))) => {
                    let address = std::str::from_utf8(&address).ok();
                    let Some(url) = address.and_then(|address| self.link.target.own(&base, address)) else {
                        return Loss::ForeignEndpoint;
                    };
                    self.endpoint.send_replace(Some(url));
                    continue;
                }
                Ok(None) | Err(_) => return Loss::Broken,
            };
            if self.link.deliver(arrived).await.is_err() {
                return Loss::Broken;
            }
        }
    }

    /// A message is on its way when this returns; one that wants no answer has arrived.
    pub(in crate::downstream) async fn send(self: &Arc<Self>, message: Vec<u8>) -> Result<(), Loss> {
        let request = Outline::of(&message).request().cloned();
        let notice = request.is_none();
        let session = Arc::clone(self);
        let sending = self.link.tasks.spawn(async move {
            let posted = session.link.unless_closed(session.post(message)).await.and_then(|posted| posted);
            if let (Err(why), Some(id)) = (posted, request) {
                let lost = why == Loss::SessionLost;
                if session.link.deliver(Arrived::Over(id, why)).await.is_ok() && lost {
                    session.link.end(Loss::SessionLost).await;
                }
            }
        });
        if notice {
            let _ = sending.await;
        }
        Ok(())
    }

    async fn post(&self, message: Vec<u8>) -> Result<(), Loss> {
        let posting = async {
            let mut endpoint = self.endpoint.subscribe();
            let url = endpoint.wait_for(Option::is_some).await.map_err(|_| Loss::Broken)?.clone();
            let Some(url) = url else { return Err(Loss::Broken) };
            let response = self.link.target.post(&url, link::json_headers(), link::body(message)).await?;
            match response.status() {
                StatusCode::NOT_FOUND => Err(Loss::SessionLost),
                status if !status.is_success() => {
                    Err(self.link.refused(response, None).await.unwrap_or(Loss::Broken))
                }
                _ => {
                    link::drain(response).await;
                    Ok(())
                }
            }
        };
        tokio::time::timeout(ACCEPT, posting).await.unwrap_or(Err(Loss::NoAnswer))
    }
}
