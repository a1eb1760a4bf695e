//! The names of cache entries: MD5 of ids, as the reference program's are. The only place that hashes for caches.
//!
//! A gateway key never takes part. MD5 hides nothing here; it gives names of one length.

use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::call::JsonObject;
use crate::config::{Endpoint, Server};
use crate::digest::Digest;
use crate::ids::{CallerId, ServerName, push_hex};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct CacheKey(String);

/// Tells two values of one entry apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp([u8; 32]);

impl Stamp {
    pub(super) fn of(value: &[u8]) -> Self {
        Self(Sha256::digest(value).into())
    }
}

/// How a server is reached, as far as it may be shown, and what it was told that the client can do: after an edit of
/// its command, or for another kind of client, its tools are others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Origin(String);

impl Origin {
    pub(super) fn of(server: &Server, declared: &JsonObject) -> Self {
        let mut digest = Digest::default();
        let mut add = |text: &str| digest.add(text);
        match &server.endpoint {
            Endpoint::Command(command) => {
                let env = command.env.iter().map(|(name, _)| name.as_str());
                std::iter::once(command.program.as_str())
                    .chain(command.shown_args.iter().map(String::as_str))
                    .chain(env)
                    .for_each(&mut add);
            }
            Endpoint::Remote(remote) => {
                let headers = remote.headers.iter().map(|(name, _)| name.as_str());
                [server.transport(), &remote.shown].into_iter().chain(headers).for_each(&mut add);
            }
            Endpoint::Refused { transport, shown, .. } => [*transport, shown].into_iter().for_each(&mut add),
        }
        for (name, value) in declared {
            add(name);
            add(&value.to_string());
        }
        let mut hex = String::with_capacity(32);
        push_hex(&mut hex, &digest.finish()[..16]);
        Self(hex)
    }
}

impl CacheKey {
    pub(super) fn tools(caller: &CallerId, server: &ServerName) -> Self {
        Self::hash(&format!("{caller}-{server}-tools"))
    }

    /// The set of servers for which a caller has cached tools.
    pub(super) fn servers(caller: &CallerId) -> Self {
        Self::hash(&format!("registry:{caller}:servers"))
    }

    /// The set of callers that have cached anything.
    pub(super) fn callers() -> Self {
        Self::hash("registry:gateway/user")
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    fn hash(name: &str) -> Self {
        let mut hex = String::with_capacity(32);
        push_hex(&mut hex, &Md5::digest(name.as_bytes()));
        Self(hex)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_other_gateways_compute() {
        // echo -n 'u_p_c-echo-tools' | md5sum
        assert_eq!(
            CacheKey::tools(&"u_p_c".into(), &"echo".into()).as_str(),
            "eddeb0ad318e95df8951720a509d60f9"
        );
    }
}
