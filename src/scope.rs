//! Who asks, under which id, with which settings, cancelled by what: the first parameter of everything below.
//!
//! A scope is made once, after authentication. It keeps the settings it began with, so that a reload never
//! changes the rules in the middle of a batch.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::client::{Capabilities, Client};
use crate::config::{Grant, ServerList, Settings};
use crate::ids::{CallerId, ProjectId, RequestId, UserId};
use crate::timeouts::Timeouts;

/// An authenticated caller and what is open to it.
#[derive(Clone, Debug)]
pub struct Caller {
    pub id: CallerId,
    pub project: Option<ProjectId>,
    pub user: Option<UserId>,
    /// Of the key it showed, what may be said of it.
    pub key_hint: String,
    pub config: Arc<ServerList>,
}

impl Caller {
    /// Whoever shows a key of the file.
    pub fn of(grant: &Grant) -> Self {
        Self {
            id: grant.caller.clone(),
            project: grant.project.clone(),
            user: grant.user.clone(),
            key_hint: grant.hint.clone(),
            config: Arc::clone(&grant.config),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Scope {
    pub id: RequestId,
    pub caller: Arc<Caller>,
    /// Who hears of what servers say during the request.
    pub client: Client,
    pub settings: Arc<Settings>,
    pub timeouts: Timeouts,
    pub cancel: CancellationToken,
    /// What servers say is not passed on until this one is cancelled; where there is none, at once.
    pub held: Option<CancellationToken>,
}

/// Whose view of the servers it is: they can offer more to a client that can do more.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Audience {
    pub caller: CallerId,
    pub capabilities: Capabilities,
}

impl Scope {
    pub fn audience(&self) -> Audience {
        Audience { caller: self.caller.id.clone(), capabilities: self.client.capabilities().clone() }
    }

    /// For a call whose check is still running: it can be cancelled by itself, and nobody hears of it until `held`
    /// is cancelled.
    #[must_use]
    pub fn ahead(&self) -> Self {
        Self { cancel: self.cancel.child_token(), held: Some(CancellationToken::new()), ..self.clone() }
    }

    /// Nothing is held back any more.
    pub fn let_hear(&self) {
        if let Some(held) = &self.held {
            held.cancel();
        }
    }

    /// Waits until what a server says may be heard.
    pub async fn audible(&self) {
        if let Some(held) = &self.held {
            held.cancelled().await;
        }
    }

    /// For work that outlasts the request: it holds nothing open that belongs to the request.
    #[must_use]
    pub fn apart(&self) -> Self {
        Self { client: self.client.apart(), ..self.clone() }
    }
}
