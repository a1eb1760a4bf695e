//! The one HTTP client of the process, and the cryptography under all of its TLS.
//!
//! Made on first use: loading the system's certificates takes longer than the whole start of the gateway.

use std::sync::OnceLock;
use std::time::Duration;

const CONNECT: Duration = Duration::from_secs(5);
const IDLE: Duration = Duration::from_secs(60);
const IDLE_PER_HOST: usize = 8;

#[derive(Debug, thiserror::Error)]
pub enum WebFault {
    #[error("the system's certificates cannot be loaded")]
    NoClient,
    #[error("no connection")]
    Connection(#[source] reqwest::Error),
    #[error("the answer is longer than {limit} bytes")]
    TooLong { limit: usize },
}

/// Pooled and keep-alive. Redirects are never followed: they would carry credentials to where nobody sent them.
pub fn client() -> Result<&'static reqwest::Client, WebFault> {
    static CLIENT: OnceLock<Option<reqwest::Client>> = OnceLock::new();
    let build = || {
        install_crypto();
        let builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")));
        builder.build().ok()
    };
    CLIENT.get_or_init(build).as_ref().ok_or(WebFault::NoClient)
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
