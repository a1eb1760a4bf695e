//! A server that is reached over HTTP: its wire, and what stands for it while a session lasts.
//!
//! The caller's credentials never get here: what is sent is the messages and the configured headers.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::changes::List;
use super::fault::Trouble;
use super::places::Place;
use super::request::Mirrored;
use super::stderr::LastWords;
use super::wire::Wire;
use crate::call::JsonObject;
use crate::config::{self, RemoteTransport};

mod certificate;
mod events;
mod link;
mod listening;
mod loss;
mod outline;
mod sse;
mod stream;
mod streamable;
mod target;

pub use loss::Loss;

pub(super) use link::Arrived;

use link::{Heard, Link};
use listening::Listening;

/// A server may forget a session, or be started anew, and nothing tells: after so long without a word it is asked.
const STALE: Duration = Duration::from_secs(5);

/// The sending half of a session.
#[derive(Clone)]
pub(super) enum Outbox {
    Streamable(Arc<streamable::Streamable>),
    Sse(Arc<sse::Sse>),
}

/// A session's server. Dropping it ends the session in the background.
pub(super) struct Far {
    outbox: Outbox,
    closed: CancellationToken,
    ended: Arc<OnceLock<Loss>>,
    heard: Heard,
    words: LastWords,
    tasks: TaskTracker,
    place: Option<Place>,
}

/// Nothing is sent before the first message.
pub(super) fn open(
    remote: &config::Remote,
    max_message_bytes: usize,
    tasks: &TaskTracker,
    place: Place,
) -> Result<(Far, Wire), Trouble> {
    let target = target::Target::new(remote)
        .ok_or_else(|| Trouble::Refused("its `url` or its `headers` cannot be used".to_owned()))?;
    let (inbox, arriving) = mpsc::channel(link::INBOX);
    let (closed, ended) = (CancellationToken::new(), Arc::new(OnceLock::new()));
    let heard = Heard::default();
    let link = Link {
        target,
        inbox,
        limit: max_message_bytes,
        tasks: tasks.clone(),
        closed: closed.clone(),
        ended: Arc::clone(&ended),
        heard: heard.clone(),
    };
    let outbox = match remote.transport {
        RemoteTransport::StreamableHttp => Outbox::Streamable(streamable::Streamable::new(link)),
        RemoteTransport::Sse => Outbox::Sse(sse::Sse::new(link)),
    };
    let wire = Wire::over_http(arriving, outbox.clone());
    let words = LastWords::new(remote.masker.clone(), false);
    let far = Far { outbox, closed, ended, heard, words, tasks: tasks.clone(), place: Some(place) };
    Ok((far, wire))
}

impl Outbox {
    pub(super) async fn send(&self, message: Vec<u8>, mirrored: &Mirrored) -> std::io::Result<()> {
        let sent = match self {
            Self::Streamable(session) => session.send(message, mirrored).await,
            Self::Sse(session) => session.send(message).await,
        };
        sent.map_err(std::io::Error::other)
    }
}

impl Far {
    pub(super) fn words(&self) -> &LastWords {
        &self.words
    }

    pub(super) fn is_stale(&self) -> bool {
        let forgettable = match &self.outbox {
            Outbox::Streamable(session) => session.has_session(),
            Outbox::Sse(_) => true,
        };
        forgettable && self.heard.silence() > STALE
    }

    /// Has the server of a modern session tell of changes to its lists, in the background.
    pub(super) fn listen(&self, lists: Vec<&'static List>, meta: &JsonObject) {
        // The other transport has no such revision.
        if let Outbox::Streamable(session) = &self.outbox {
            let listening = Listening { session: Arc::clone(session), lists, meta: meta.clone() };
            self.tasks.spawn(listening.run());
        }
    }

    /// Why the session ended.
    pub(super) fn ended(&self) -> Trouble {
        Trouble::Lost(self.ended.get().cloned().unwrap_or(Loss::Broken))
    }
}

impl Drop for Far {
    fn drop(&mut self) {
        self.closed.cancel();
        let Some(place) = self.place.take() else { return };
        place.leave();
        let outbox = self.outbox.clone();
        let farewell = async move {
            if let Outbox::Streamable(session) = outbox {
                session.farewell().await;
            }
            drop(place);
        };
        // Where nothing can wait any more, the server notices by itself.
        if let Ok(handle) = tokio::runtime::Handle::try_current() {
            self.tasks.spawn_on(farewell, &handle);
        }
    }
}
