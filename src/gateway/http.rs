//! The gateway over streamable HTTP: many callers at once, each known by its key before anything else happens.
//!
//! A request of the revisions with a handshake belongs to a session, a later one stands for itself. Both are
//! answered by the same road as over stdio; what is here is how they come in and how the answer goes out.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Gateway;

mod accept;
mod body;
mod budget;
mod credentials;
mod door;
mod events;
mod exchange;
mod hosts;
mod legacy;
mod listener;
mod modern;
mod pages;
mod patient;
mod post;
mod refusal;
mod replay;
mod route;
mod session;
mod standing;
mod tls;

use budget::Budget;
use door::Door;
use hosts::Hosts;
use session::Sessions;

pub use listener::ListenFault;
pub use tls::Certificate;

/// Where to listen, and with which certificate.
#[derive(Clone, Debug)]
pub struct Options {
    pub host: String,
    pub port: u16,
    pub tls: Option<TlsFiles>,
}

/// PEM files: the certificate with its chain, and its private key.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    pub certificate: std::path::PathBuf,
    pub key: std::path::PathBuf,
}

/// A place that clients can connect to.
pub struct Bound {
    listener: TcpListener,
    tls: Option<Arc<Certificate>>,
    hosts: Hosts,
    url: String,
    /// Others than this machine may hear what is said.
    is_open: bool,
}

/// All clients, for the life of the process.
pub struct Http {
    bound: Bound,
    front: Arc<Front>,
}

/// What every connection works with.
struct Front {
    gateway: Gateway,
    hosts: Hosts,
    sessions: Sessions,
    door: Door,
    budget: Arc<Budget>,
    /// Requests that outlive their connection, and streams.
    tasks: TaskTracker,
    /// No new work from here on.
    draining: CancellationToken,
}

impl Http {
    pub fn new(gateway: Gateway, bound: Bound, draining: CancellationToken) -> Self {
        let front = Front {
            gateway,
            hosts: bound.hosts.clone(),
            sessions: Sessions::default(),
            door: Door::default(),
            budget: Arc::default(),
            tasks: TaskTracker::new(),
            draining,
        };
        Self { bound, front: Arc::new(front) }
    }
}
