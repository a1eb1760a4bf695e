//! Why a remote server gave no answer.
//!
//! Nothing of an address or of a server's own words is in the sentences: they are told apart, masked and screened.

use reqwest::StatusCode;
use serde::{Deserialize, Serialize};

use super::certificate::Flaw;
use crate::web::{NoAddress, PrivateAddress, WebFault};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Loss {
    #[error("cannot be reached: its `url` leads to a private address")]
    Private,
    #[error("cannot be reached: the host of its `url` has no address")]
    NoAddress,
    #[error("cannot be reached: its certificate {0}")]
    Certificate(Flaw),
    #[error("cannot be reached: no secure connection comes about")]
    Tls,
    #[error("cannot be reached: no connection to its `url`")]
    NoConnection,
    #[error("cannot be reached: the certificates of its authorities cannot be loaded")]
    NoClient,
    #[error("sends its callers elsewhere")]
    Redirect,
    #[error("answered with HTTP status {status}")]
    Status {
        status: u16,
        /// The server's own words, as it wrote them.
        said: Option<String>,
    },
    #[error("answered with something that is no MCP message")]
    NotMcp,
    #[error("answered in a form that nobody asked for: its answers are compressed")]
    Encoded,
    #[error("took the request and gave no answer")]
    NoAnswer,
    #[error("broke off before it answered")]
    Broken,
    #[error("no longer knows the session")]
    SessionLost,
    #[error("wants its messages sent to another origin")]
    ForeignEndpoint,
}

impl Loss {
    /// What a failed request or a broken body means.
    pub(super) fn of(error: &reqwest::Error) -> Self {
        let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(cause) = next {
            if let Some(known) = Self::known(cause) {
                return known;
            }
            // An I/O error hides what it was made of from `source`.
            let made_of = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
            next = made_of.map(|error| error as _).or_else(|| cause.source());
        }
        if error.is_connect() { Self::NoConnection } else { Self::Broken }
    }

    fn known(cause: &(dyn std::error::Error + 'static)) -> Option<Self> {
        if cause.is::<PrivateAddress>() {
            return Some(Self::Private);
        }
        if cause.is::<NoAddress>() {
            return Some(Self::NoAddress);
        }
        cause.downcast_ref().map(|error| match error {
            rustls::Error::InvalidCertificate(error) => Self::Certificate(Flaw::of(error)),
            _ => Self::Tls,
        })
    }

    pub(super) fn status(status: StatusCode, said: Option<String>) -> Self {
        Self::Status { status: status.as_u16(), said }
    }

    /// What the server said of it.
    pub fn said(&self) -> Option<&str> {
        match self {
            Self::Status { said, .. } => said.as_deref(),
            _ => None,
        }
    }

    /// Whether the server was heard, and did not keep to the protocol.
    pub fn breaks_protocol(&self) -> bool {
        matches!(self, Self::NotMcp | Self::Encoded | Self::NoAnswer | Self::Redirect | Self::ForeignEndpoint)
    }

    /// Whether the session is gone, and not this one answer alone. A wire that has ended says so itself.
    pub fn ends_session(&self) -> bool {
        *self == Self::SessionLost
    }

    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Private => {
                "write `\"allow_private\": true` beside `url` if this server is meant to be on this machine or in its network"
            }
            Self::NoAddress => "check the host of `url`, and that this machine can look names up",
            Self::Certificate(flaw) => flaw.hint(),
            Self::Tls => "check that `url` says `https://` only where the server speaks TLS",
            Self::NoConnection => "check that the server runs, and the host and port of `url`",
            Self::NoClient => {
                "install the system's certificate authorities (`ca-certificates`), or mend what `SSL_CERT_FILE` or `SSL_CERT_DIR` names"
            }
            Self::Redirect => "write the address that the server is found at now as its `url`",
            Self::Status { status: 401, .. } => {
                "put a token that this server takes into its `headers` (`Authorization`), or mend the one there; the gateway logs in nowhere itself (OAuth)"
            }
            Self::Status { status: 403, .. } => "check the credentials in `headers` of this server",
            Self::Status { status: 404, .. } => "check the path of `url`",
            Self::Status { status: 405, .. } => {
                "check the path of `url`; a server of protocol version 2024-11-05 needs `\"type\": \"sse\"`"
            }
            Self::Status { status: 429, .. } => {
                "the server takes no more calls for now; wait, and call less often"
            }
            Self::Status { status: 500.., .. } => "the fault is on the server's side; try again later",
            Self::NotMcp => "check that `url` is the server's MCP address, with its whole path",
            Self::Encoded => {
                "let the server, or the proxy before it, compress only what is asked for with `Accept-Encoding`"
            }
            Self::Broken | Self::SessionLost => "the next call is made in a new session",
            Self::Status { .. } | Self::NoAnswer | Self::ForeignEndpoint => return None,
        })
    }
}

impl From<WebFault> for Loss {
    fn from(fault: WebFault) -> Self {
        match fault {
            WebFault::Private => Self::Private,
            WebFault::NoClient => Self::NoClient,
            WebFault::Connection(error) => Self::of(&error),
            WebFault::TooLong { .. } => Self::NotMcp,
        }
    }
}
