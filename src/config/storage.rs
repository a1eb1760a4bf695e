//! Where discovered tools are kept, and for how long.

use std::time::Duration;

use crate::secret::SecretValue;

#[derive(Clone, Debug)]
pub struct CacheSettings {
    pub tools_ttl: Duration,
    pub config_ttl: Duration,
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

impl RedisSettings {
    /// Whether one connection serves both.
    pub fn same_place(&self, other: &Self) -> bool {
        let password =
            |settings: &Self| settings.password.as_ref().map(|password| password.expose().to_owned());
        (&self.host, self.port, self.db, self.tls) == (&other.host, other.port, other.db, other.tls)
            && password(self) == password(other)
    }
}
