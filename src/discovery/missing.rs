//! Servers whose tools cannot be had: why, and when which of them is asked again.

use std::sync::Arc;

use tokio::sync::broadcast;
use tokio::time::Instant;

use super::live::{Topic, asked};
use super::{Discovery, DiscoveryFault};
use crate::config::Server;
use crate::ids::RequestId;
use crate::scope::{Audience, Scope};

/// Why a server could not be asked.
#[derive(Debug)]
pub struct Failed {
    /// Whose log lines say more.
    pub request: RequestId,
    pub fault: DiscoveryFault,
}

/// What became of a question to a server.
#[derive(Clone, Debug)]
pub enum Heard {
    Failed(Box<Audience>, Arc<Server>, Arc<Failed>),
    /// It has an answer again, and there are others for whom it had none.
    Back(Arc<Server>),
}

/// Servers that have rested.
#[derive(Debug, Default)]
pub struct Rested {
    /// Each with the one who asks it.
    pub servers: Vec<(Audience, Arc<Server>)>,
    /// When the next one will have.
    pub next: Option<Instant>,
}

impl Discovery {
    /// Why the server could not be asked for its tools the last time.
    pub fn failure(&self, scope: &Scope, server: &Arc<Server>) -> Option<Arc<Failed>> {
        self.live.tried.failure(&(asked(scope, server), Topic::Tools))
    }

    /// Of each server one of those who wait for its tools: one question tells whether it is back for any of them.
    pub fn rested(&self, waits: impl Fn(&Audience) -> bool) -> Rested {
        self.live.tried.rested(waits)
    }

    /// Asks a server that has rested, unless there is nothing any more to ask it for, and waits for what comes of it.
    pub async fn ask_rested(&self, scope: &Scope, server: &Arc<Server>) {
        let has = scope.caller.config.has(server);
        let inquiry = if has { self.inquire(scope, server, Topic::Tools).await } else { None };
        match inquiry {
            Some(inquiry) => inquiry.over.cancelled().await,
            None => self.live.tried.settled(&(asked(scope, server), Topic::Tools)),
        }
    }

    /// The server can be asked at once, by whoever wants.
    pub fn wake(&self, server: &Arc<Server>) {
        self.live.tried.wake(server);
    }

    /// What is heard from now on of servers that could not be asked.
    pub fn heard(&self) -> broadcast::Receiver<Heard> {
        self.live.heard.subscribe()
    }
}
