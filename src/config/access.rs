//! Who may come in, and which servers are then open.

use std::sync::Arc;

use super::Server;
use crate::ids::{CallerId, ConfigId, ProjectId, ServerName, UserId};

/// What a gateway key opens.
#[derive(Clone, Debug)]
pub struct Grant {
    /// `****` and the last four characters, or the head of the digest.
    pub hint: String,
    pub caller: CallerId,
    pub project: Option<ProjectId>,
    pub user: Option<UserId>,
    pub config: Arc<ServerList>,
    pub state: KeyState,
}

/// Whether a key that is written down also opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    Active,
    Disabled,
    UserDisabled,
    ProjectDisabled,
    /// The user is not, or no longer, a member of the key's project.
    NotAMember,
}

/// What the HTTP front is told besides where to listen; names in lower case.
#[derive(Clone, Debug, Default)]
pub struct HttpSettings {
    /// Hosts that clients may call the gateway by, besides its own.
    pub allowed_hosts: Vec<String>,
    /// Pages that may use it from a browser, as `scheme://host:port`.
    pub allowed_origins: Vec<String>,
}

/// One entry of `mcp_configs`, or the servers of a v1 gateway.
#[derive(Debug)]
pub struct ServerList {
    pub id: ConfigId,
    pub name: Option<String>,
    pub servers: Vec<Arc<Server>>,
}

impl ServerList {
    pub fn find(&self, name: &str) -> Option<&Arc<Server>> {
        self.servers.iter().find(|server| server.name.as_str() == name)
    }

    /// This very one, of this reading of the configuration.
    pub fn has(&self, server: &Arc<Server>) -> bool {
        self.servers.iter().any(|own| Arc::ptr_eq(own, server))
    }

    pub fn names(&self) -> impl Iterator<Item = &ServerName> {
        self.servers.iter().map(|server| &server.name)
    }
}
