//! What clients are told without having asked: that a list of theirs has changed, or why a server is missing from it.
//!
//! Whoever is too slow to hear of each change hears instead that every list has changed.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::{Map, Value};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::wanted::{Listener, Resource, Wanted, Watch};
use crate::ids::{CallerId, ServerName};
use crate::rpc::protocol::LOG;

/// Changes that a listener may be behind.
const BACKLOG: usize = 256;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Tools,
    Prompts,
    Resources,
    /// One resource, by its URI.
    Resource(Arc<str>),
    /// A server's tools cannot be had.
    Outage(Arc<Outage>),
}

/// A server that could not be asked for its tools.
#[derive(Debug, PartialEq, Eq)]
pub struct Outage {
    pub server: ServerName,
    /// Of the log message that says so.
    pub params: Map<String, Value>,
}

/// Where changes are told; one for the process.
#[derive(Clone, Debug)]
pub struct Notices {
    told: broadcast::Sender<(CallerId, Change)>,
    watched: Wanted<Resource>,
    listeners: Wanted<Option<CallerId>>,
}

/// The changes from now on, of one caller or of all.
pub struct Changes {
    receiver: broadcast::Receiver<(CallerId, Change)>,
    caller: Option<CallerId>,
    owed: VecDeque<Change>,
}

impl Default for Notices {
    fn default() -> Self {
        Self {
            told: broadcast::Sender::new(BACKLOG),
            watched: Wanted::default(),
            listeners: Wanted::default(),
        }
    }
}

impl Notices {
    /// Tells every client of the caller.
    pub fn tell(&self, caller: &CallerId, change: Change) {
        // An error means that nobody listens.
        let _ = self.told.send((caller.clone(), change));
    }

    pub fn changes(&self, caller: Option<CallerId>) -> Changes {
        Changes { receiver: self.told.subscribe(), caller, owed: VecDeque::new() }
    }

    /// A client of the caller wants to hear of this resource.
    pub fn watch(&self, caller: &CallerId, uri: &str) -> Watch {
        self.watched.wish((caller.clone(), uri.into()))
    }

    /// Whether any client of the caller does.
    pub fn is_watched(&self, caller: &CallerId, uri: &str) -> bool {
        self.watched.has(&(caller.clone(), uri.into()))
    }

    /// Somebody hears of the changes of this caller, or of all, from now on, and says so to its client.
    pub fn listener(&self, caller: Option<CallerId>) -> Listener {
        self.listeners.wish(caller)
    }

    /// Whether any client of the caller can be told of a change.
    pub fn reaches(&self, caller: &CallerId) -> bool {
        self.listeners.has(&None) || self.listeners.has(&Some(caller.clone()))
    }
}

impl Changes {
    pub async fn next(&mut self) -> Change {
        loop {
            if let Some(change) = self.owed.pop_front() {
                return change;
            }
            match self.receiver.recv().await {
                Ok((caller, change)) if self.caller.as_ref().is_none_or(|own| *own == caller) => {
                    return change;
                }
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => {
                    self.owed = VecDeque::from(Change::LISTS);
                }
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}

impl Change {
    pub const UPDATED: &str = "notifications/resources/updated";

    /// Those of lists.
    const LISTS: [Self; 3] = [Self::Tools, Self::Prompts, Self::Resources];

    /// What a notification says of a list.
    pub fn list(method: &str) -> Option<Self> {
        Self::LISTS.into_iter().find(|change| change.method() == method)
    }

    pub fn method(&self) -> &'static str {
        match self {
            Self::Tools => "notifications/tools/list_changed",
            Self::Prompts => "notifications/prompts/list_changed",
            Self::Resources => "notifications/resources/list_changed",
            Self::Resource(_) => Self::UPDATED,
            Self::Outage(_) => LOG,
        }
    }

    pub fn params(&self) -> Map<String, Value> {
        match self {
            Self::Resource(uri) => Map::from_iter([("uri".to_owned(), uri.as_ref().into())]),
            Self::Outage(outage) => outage.params.clone(),
            _ => Map::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_caller_hears_of_its_own_changes_only() {
        let notices = Notices::default();
        let (a, b) = (CallerId::from("a"), CallerId::from("b"));
        let mut changes = notices.changes(Some(a.clone()));
        notices.tell(&b, Change::Prompts);
        notices.tell(&a, Change::Tools);
        assert_eq!(changes.next().await, Change::Tools);
    }

    #[tokio::test]
    async fn who_is_too_slow_hears_that_everything_changed() {
        let notices = Notices::default();
        let mut changes = notices.changes(None);
        for _ in 0..=BACKLOG {
            notices.tell(&CallerId::from("a"), Change::Tools);
        }
        let heard = [changes.next().await, changes.next().await, changes.next().await];
        assert_eq!(heard, [Change::Tools, Change::Prompts, Change::Resources]);
    }
}
