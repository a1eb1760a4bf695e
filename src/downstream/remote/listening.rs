//! `subscriptions/listen`: a request whose response stays open for as long as its session, and tells of changes.
//!
//! A server need not have it, and nobody waits for it. A stream that ends is asked for again after a pause, which
//! grows while nothing comes of it; what may have changed meanwhile counts as changed. Of what a server sends here
//! only the kind is passed on, in words of our own.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::events::{Event, Events, Pace};
use super::link::{self, Arrived, Deaf};
use super::outline::Outline;
use super::streamable::Streamable;
use crate::call::JsonObject;
use crate::downstream::changes::{self, List};
use crate::rpc;
use crate::rpc::protocol::{ACKNOWLEDGED, META_SUBSCRIPTION};

/// Far from the numbers of the other requests.
const FIRST_ID: i64 = 1 << 32;

/// How long a server may take to say what it will tell of.
const AGREED: Duration = Duration::from_secs(10);

/// An honest message on this stream is a line.
const MAX_MESSAGE: usize = 64 * 1024;

/// After so many events, or bytes, the stream is not read for a moment: it is nobody's answer.
const BURST: u32 = 16;
const BURST_BYTES: usize = 64 * 1024;
const BREATH: Duration = Duration::from_millis(50);

/// Between the end of a stream and the next one: at first, and at most.
const PAUSE: Duration = Duration::from_secs(1);
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// A stream that lasted this long ended for no fault of the server's: something between closes what is quiet.
const LASTING: Duration = Duration::from_secs(10);

pub(super) struct Listening {
    pub(super) session: Arc<Streamable>,
    pub(super) lists: Vec<&'static List>,
    /// What goes into the `_meta` of each request.
    pub(super) meta: JsonObject,
}

/// Why there is no stream.
enum Failure {
    /// The server does not do this, or has nothing to tell.
    Refused,
    Broken,
}

/// A message on the stream.
#[derive(Deserialize)]
struct Told {
    id: Option<Value>,
    method: Option<String>,
    params: Option<Params>,
    error: Option<IgnoredAny>,
}

#[derive(Default, Deserialize)]
struct Params {
    #[serde(default)]
    notifications: Map<String, Value>,
    #[serde(default, rename = "_meta")]
    meta: Map<String, Value>,
}

#[derive(Default)]
struct Pauses {
    fruitless: u32,
}

impl Listening {
    /// Until the session is closed.
    pub(super) async fn run(self) {
        let closed = self.session.link.closed.clone();
        let _ = closed.run_until_cancelled(self.listen()).await;
    }

    async fn listen(&self) -> Result<(), Deaf> {
        let (mut pauses, mut agreed_before) = (Pauses::default(), false);
        for id in FIRST_ID.. {
            let began = Instant::now();
            let stream = tokio::time::timeout(AGREED, self.begin(id)).await;
            let wait = match stream.unwrap_or(Err(Failure::Broken)) {
                Ok((mut events, agreed)) => {
                    if agreed_before {
                        for list in &agreed {
                            self.tell(list).await?;
                        }
                    }
                    agreed_before = true;
                    self.hear(&mut events, id, &agreed).await?;
                    events.bookmark().retry
                }
                Err(Failure::Broken) => None,
                Err(Failure::Refused) => return Ok(()),
            };
            tokio::time::sleep(pauses.next(began.elapsed(), wait)).await;
        }
        Ok(())
    }

    /// The stream, and what the server has said it will tell of.
    async fn begin(&self, id: i64) -> Result<(Events, Vec<&'static List>), Failure> {
        let message = rpc::request(id, "subscriptions/listen", &changes::params(&self.lists, &self.meta));
        let headers = self.session.message_headers(&Outline::of(&message));
        let target = &self.session.link.target;
        let posted = target.post(target.url(), headers, link::body(message)).await;
        let response = posted.map_err(|_| Failure::Broken)?;
        match response.status().as_u16() {
            200..300 if link::is_of(&response, "text/event-stream") => {}
            // Too early, too much at once, or the fault of whoever stands before the server.
            408 | 425 | 429 | 500 | 502..600 => return Err(Failure::Broken),
            _ => return Err(Failure::Refused),
        }
        let mut events = Events::new(response, MAX_MESSAGE).paced(Pace { bytes: BURST_BYTES, pause: BREATH });
        for _ in 0..BURST {
            let Ok(Some(event)) = events.next().await else { break };
            let Some(told) = Told::read(&event) else { continue };
            if told.answers(id) {
                return Err(if told.error.is_some() { Failure::Refused } else { Failure::Broken });
            }
            if let Some(agreed) = told.agreed(id) {
                let lists: Vec<_> = self
                    .lists
                    .iter()
                    .copied()
                    .filter(|list| agreed.get(list.key) == Some(&true.into()))
                    .collect();
                return if lists.is_empty() { Err(Failure::Refused) } else { Ok((events, lists)) };
            }
        }
        Err(Failure::Broken)
    }

    /// Until the stream is over.
    async fn hear(&self, events: &mut Events, id: i64, agreed: &[&'static List]) -> Result<(), Deaf> {
        let mut heard = 0_u32;
        while let Ok(Some(event)) = events.next().await {
            heard += 1;
            if heard.is_multiple_of(BURST) {
                tokio::time::sleep(BREATH).await;
            }
            let Some(told) = Told::read(&event) else { continue };
            if told.answers(id) {
                break;
            }
            let list = agreed.iter().find(|list| told.is(list.change.method(), id));
            if let Some(list) = list {
                self.tell(list).await?;
            }
        }
        Ok(())
    }

    async fn tell(&self, list: &List) -> Result<(), Deaf> {
        let text = rpc::notification(list.change.method(), &JsonObject::new());
        self.session.link.deliver(Arrived::Message(text)).await
    }
}

impl Told {
    fn read(event: &Event) -> Option<Self> {
        match event {
            Event::Message(text) => serde_json::from_slice(text).ok(),
            Event::Endpoint(_) | Event::TooLong | Event::Other => None,
        }
    }

    /// Whether it is the end of this subscription.
    fn answers(&self, id: i64) -> bool {
        self.method.is_none() && self.id == Some(id.into())
    }

    fn is(&self, method: &str, id: i64) -> bool {
        let subscription = self.params.as_ref().and_then(|params| params.meta.get(META_SUBSCRIPTION));
        self.id.is_none() && self.method.as_deref() == Some(method) && subscription == Some(&id.into())
    }

    fn agreed(self, id: i64) -> Option<Map<String, Value>> {
        let agreed = self.is(ACKNOWLEDGED, id);
        self.params.filter(|_| agreed).map(|params| params.notifications)
    }
}

impl Pauses {
    fn next(&mut self, lasted: Duration, asked: Option<Duration>) -> Duration {
        if lasted >= LASTING {
            self.fruitless = 0;
        }
        let pause = PAUSE.saturating_mul(1 << self.fruitless.min(16));
        self.fruitless += 1;
        pause.max(asked.unwrap_or_default()).min(MAX_PAUSE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound_and_start_anew_after_a_stream_that_lasted() {
        let (mut pauses, short) = (Pauses::default(), Duration::ZERO);
        let mut next =
            |lasted, asked: Option<u64>| pauses.next(lasted, asked.map(Duration::from_secs)).as_secs();
        let grown: Vec<u64> = (0..8).map(|_| next(short, None)).collect();
        assert_eq!(grown, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(next(LASTING, None), 1);
        assert_eq!((next(short, Some(20)), next(short, Some(1)), next(short, Some(9_999))), (20, 4, 60));
    }

    #[test]
    fn only_messages_of_this_subscription_count() {
        let id = 7;
        let read = |text: &str| Told::read(&Event::Message(text.as_bytes().to_vec()));
        let told = |text: &str| read(text).is_some_and(|told| told.is("n", id));
        assert!(told(r#"{"method":"n","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":7}}}"#));
        for other in [
            r#"{"method":"n","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":8}}}"#,
            r#"{"id":1,"method":"n","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":7}}}"#,
            r#"{"method":"m","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":7}}}"#,
            r#"{"method":"n","params":{}}"#,
            r#"{"method":"n","params":[1]}"#,
            r#"{"method":"n","params":{"_meta":7}}"#,
            r#"{"method":"n"}"#,
            "[]",
            "no JSON",
        ] {
            assert!(!told(other), "{other}");
        }
        assert!(read(r#"{"id":7,"result":{}}"#).is_some_and(|told| told.answers(id)));
        assert!(read(r#"{"id":1,"result":{}}"#).is_some_and(|told| !told.answers(id)));
    }
}
