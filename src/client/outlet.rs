//! Where messages to a client go. Sending waits while the client does not read; nothing is kept without bound.

use std::sync::Arc;

use tokio::io::AsyncWrite;
use tokio::sync::mpsc;

use super::{Backlog, Standing};
use crate::lines::LineWriter;

type Output = Box<dyn AsyncWrite + Send + Unpin>;

#[derive(Clone)]
pub enum Outlet {
    /// Our own standard output.
    Lines(LineWriter<Output>, Arc<Backlog>),
    /// The stream of an HTTP response.
    Stream(mpsc::Sender<Vec<u8>>, Arc<Backlog>),
    /// The stream that an HTTP session holds open, when it does.
    Standing(Standing),
    /// Nobody listens.
    Nowhere,
}

impl Outlet {
    /// Whether the message has gone out.
    pub async fn send(&self, message: Vec<u8>) -> bool {
        match self {
            Self::Lines(writer, backlog) => {
                let _owed = backlog.owe(message.len());
                writer.write_line(message).await.is_ok()
            }
            Self::Stream(stream, _) => stream.send(message).await.is_ok(),
            Self::Standing(standing) => standing.send(message),
            Self::Nowhere => false,
        }
    }

    /// What the client has yet to read, where that is known.
    pub fn backlog(&self) -> Option<&Arc<Backlog>> {
        match self {
            Self::Lines(_, backlog) | Self::Stream(_, backlog) => Some(backlog),
            Self::Standing(_) | Self::Nowhere => None,
        }
    }
}

impl std::fmt::Debug for Outlet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Lines(..) => "Lines",
            Self::Stream(..) => "Stream",
            Self::Standing(_) => "Standing",
            Self::Nowhere => "Nowhere",
        })
    }
}
