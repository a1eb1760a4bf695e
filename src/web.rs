//! The HTTP clients of the process, and the cryptography under all of their TLS.
//!
//! Each is made on first use: loading the system's certificates takes longer than the whole start of the gateway.

use std::sync::OnceLock;
use std::time::Duration;

mod address;

pub use address::{NoAddress, PrivateAddress};

const CONNECT: Duration = Duration::from_secs(5);
const IDLE: Duration = Duration::from_secs(60);
/// Calls and checks run side by side, each on a connection of its own.
const IDLE_PER_HOST: usize = 32;

#[derive(Debug, thiserror::Error)]
pub enum WebFault {
    #[error("the system's certificates cannot be loaded")]
    NoClient,
    #[error("a private address")]
    Private,
    #[error("no connection")]
    Connection(#[source] reqwest::Error),
    #[error("the answer is longer than {limit} bytes")]
    TooLong { limit: usize },
}

/// For the services that the gateway itself uses.
pub fn client() -> Result<&'static reqwest::Client, WebFault> {
    static CLIENT: OnceLock<Option<reqwest::Client>> = OnceLock::new();
    CLIENT.get_or_init(|| builder().build().ok()).as_ref().ok_or(WebFault::NoClient)
}

/// For servers, straight to their addresses: a proxy would look the name up once more, where nobody judges it.
pub fn outbound(url: &reqwest::Url, allow_private: bool) -> Result<&'static reqwest::Client, WebFault> {
    static PUBLIC: OnceLock<Option<reqwest::Client>> = OnceLock::new();
    static ANY: OnceLock<Option<reqwest::Client>> = OnceLock::new();
    if !allow_private && address::literal(url).is_some_and(address::is_private) {
        return Err(WebFault::Private);
    }
    let build = || {
        let lookup = address::Lookup { allow_private };
        builder().no_proxy().dns_resolver(lookup).build().ok()
    };
    let client = if allow_private { &ANY } else { &PUBLIC };
    client.get_or_init(build).as_ref().ok_or(WebFault::NoClient)
}

/// Pooled and keep-alive. Redirects are never followed: they would carry credentials to where nobody sent them.
fn builder() -> reqwest::ClientBuilder {
    install_crypto();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(IDLE_PER_HOST)
        .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
}

/// Reads a body of at most `limit` bytes.
pub async fn body(mut response: reqwest::Response, limit: usize) -> Result<Vec<u8>, WebFault> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(WebFault::Connection)? {
        if body.len() + chunk.len() > limit {
            return Err(WebFault::TooLong { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Names the provider for every TLS connection of the process; later calls change nothing.
pub fn install_crypto() {
    // An error means that one is installed already, which is all that is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
