//! The settings of the gateway: only valid values, whichever generation of the file they came from.
//!
//! `file` reads the JSON of all three generations, `store` keeps the current settings and reloads them.
//! Nothing outside this module reads the configuration file or the environment.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::secret::{KeyDigest, SecretValue};

mod access;
mod bounds;
mod choices;
pub mod environment;
pub mod file;
mod node;
mod plugins;
mod policy;
mod problem;
mod rule;
mod secretref;
mod server;
mod spelling;
mod storage;
pub mod store;
pub mod write;

pub use access::{Grant, HttpSettings, KeyState, ServerList};
pub use bounds::{Limits, TimeoutSettings};
pub use choices::{Exposure, OnFailure, ResultDetail};
pub use plugins::{
    ApiStyle, AuthSettings, ClassifierSettings, CompositeSettings, EnkryptSettings, KeywordSettings,
    LocalSettings, Logic, OpenAiSettings, ProviderSettings, RemoteAuth, Sensitivity,
};
pub use policy::{Action, BlockList, Detector, Enforcement, Exemption, PiiScope, Policy};
pub use problem::{ConfigError, Problem};
pub use rule::Rule;
pub use server::{
    Command, ConfiguredTool, DeniedBy, DenyRule, Endpoint, Protocol, Remote, RemoteTransport, Server,
    ServerRules, SessionMode, SessionSettings, Use, WhileAway,
};
pub use storage::{CacheSettings, CacheStore, RedisPlace, RedisSettings};

/// Where the file says nothing, and the configuration is the file.
const CONFIG_TTL: Duration = Duration::from_secs(5 * 60);

/// Everything the gateway was told, checked and resolved.
#[derive(Debug)]
pub struct Settings {
    pub path: PathBuf,
    pub log_level: LogLevel,
    pub limits: Limits,
    pub timeouts: TimeoutSettings,
    pub cache: CacheSettings,
    pub http: HttpSettings,
    pub reload: bool,
    pub result_detail: ResultDetail,
    pub on_failure: OnFailure,
    pub exposure: Exposure,
    /// Direct names begin with their server's, even where there is one server only.
    pub direct_prefix: bool,
    pub auth: AuthSettings,
    pub guardrails: ProviderSettings,
    /// Calls of tools that only read run beside the check of their arguments.
    pub async_input: bool,
    /// What holds for every server, also for those that a remote source names later.
    pub rules: ServerRules,
    /// Who may come in, by the digest of the key.
    pub keys: HashMap<KeyDigest, Grant>,
    /// Secrets that belong to no server: gateway keys that are written out. Looked for wherever texts pass.
    pub secrets: Vec<SecretValue>,
    /// What is odd but no error: said once at load and by `config check`.
    pub warnings: Vec<String>,
    /// Of the text that was read, so that a touched file is no changed file.
    fingerprint: [u8; 32],
}

impl Settings {
    /// How long a caller's configuration is good once it was read. That of a file is read anew when it is edited.
    pub fn config_ttl(&self) -> Duration {
        match &self.auth {
            AuthSettings::Enkrypt(remote) => remote.cache_ttl,
            AuthSettings::LocalApikey => self.cache.config_ttl.unwrap_or(CONFIG_TTL),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl LogLevel {
    /// What a level is called, in any case.
    const NAMES: [(&str, Self); 7] = [
        ("error", Self::Error),
        ("warn", Self::Warn),
        ("info", Self::Info),
        ("debug", Self::Debug),
        ("trace", Self::Trace),
        ("warning", Self::Warn),
        ("critical", Self::Error),
    ];

    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, level)| *level)
    }
}

impl Settings {
    /// The servers of every key, each list once.
    pub fn server_lists(&self) -> Vec<Arc<ServerList>> {
        let mut lists: Vec<Arc<ServerList>> = Vec::new();
        for grant in self.keys.values() {
            if !lists.iter().any(|list| Arc::ptr_eq(list, &grant.config)) {
                lists.push(Arc::clone(&grant.config));
            }
        }
        lists.sort_by(|a, b| a.id.cmp(&b.id));
        lists
    }
}
