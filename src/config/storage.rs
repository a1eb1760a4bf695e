//! Where discovered tools are kept, and for how long.

use std::time::Duration;

use crate::secret::{KeyDigest, SecretValue};

#[derive(Clone, Debug)]
pub struct CacheSettings {
    pub tools_ttl: Duration,
    /// What the file says of how long a configuration that was fetched is good; see `Settings::config_ttl`.
    pub config_ttl: Option<Duration>,
    pub store: CacheStore,
}

#[derive(Clone, Debug)]
pub enum CacheStore {
    Local,
    External(RedisSettings),
}

#[derive(Clone, Debug)]
pub struct RedisSettings {
    pub host: String,
    pub port: u16,
    pub db: u32,
    pub password: Option<SecretValue>,
    /// `rediss://` was asked for.
    pub tls: bool,
}

/// What one connection serves: the settings that have it alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RedisPlace {
    host: String,
    port: u16,
    db: u32,
    password: Option<KeyDigest>,
    tls: bool,
}

impl RedisSettings {
    pub fn place(&self) -> RedisPlace {
        let Self { host, port, db, password, tls } = self;
        let password = password.as_ref().map(SecretValue::digest);
        RedisPlace { host: host.clone(), port: *port, db: *db, password, tls: *tls }
    }
}
