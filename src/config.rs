//! The settings of the gateway: only valid values, whichever generation of the file they came from.
//!
//! `file` reads the JSON of all three generations, `store` keeps the current settings and reloads them.
//! Nothing outside this module reads the configuration file or the environment.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::ids::{CallerId, ConfigId, ProjectId, ServerName, UserId};
use crate::secret::{ApiKey, KeyDigest, SecretValue};

pub mod environment;
pub mod file;
mod node;
mod policy;
mod secretref;
mod server;
pub mod store;
pub mod write;

pub use policy::{BlockList, Detector, Policy};
pub use server::{
    Command, ConfiguredTool, DeniedBy, DenyRule, Endpoint, Server, ServerRules, SessionMode, SessionSettings,
};

/// Everything the gateway was told, checked and resolved.
#[derive(Debug)]
pub struct Settings {
    pub path: PathBuf,
    pub log_level: LogLevel,
    pub limits: Limits,
    pub timeouts: TimeoutSettings,
    pub cache: CacheSettings,
    pub reload: bool,
    pub result_detail: ResultDetail,
    pub on_failure: OnFailure,
    pub auth: AuthSettings,
    pub guardrails: ProviderSettings,
    /// What holds for every server, also for those that a remote source names later.
    pub rules: ServerRules,
    /// Who may come in, by the digest of the key.
    pub keys: HashMap<KeyDigest, Grant>,
    /// What is odd but no error: said once at load and by `config check`.
    pub warnings: Vec<String>,
    /// Of the text that was read, so that a touched file is no changed file.
    fingerprint: [u8; 32],
}

/// What a gateway key opens.
#[derive(Clone, Debug)]
pub struct Grant {
    /// `****` and the last four characters, or the head of the digest.
    pub hint: String,
    pub caller: CallerId,
    pub project: Option<ProjectId>,
    pub user: Option<UserId>,
    pub config: Arc<ServerList>,
    pub standing: Standing,
}

/// Whether a key that is written down also opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Active,
    Disabled,
    /// The user is not, or no longer, a member of the key's project.
    NotAMember,
}

/// One entry of `mcp_configs`, or the servers of a v1 gateway.
#[derive(Debug)]
pub struct ServerList {
    pub id: ConfigId,
    pub name: Option<String>,
    pub servers: Vec<Arc<Server>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// The bounds of a batch and of the process; each is named after its key.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub max_calls_per_batch: usize,
    pub max_argument_bytes: usize,
    pub max_result_bytes: usize,
    pub max_sessions: usize,
}

#[derive(Clone, Copy, Debug)]
pub struct TimeoutSettings {
    pub default: Duration,
    pub guardrail: Duration,
    pub auth: Duration,
    pub tool_execution: Duration,
    pub tool_execution_max: Duration,
    pub discovery: Duration,
    pub cache: Duration,
    pub connectivity: Duration,
    /// Parts of a limit at which an operation is counted as `warn`, `timeout` and `fail`.
    pub warn_threshold: f64,
    pub timeout_threshold: f64,
    pub fail_threshold: f64,
}

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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultDetail {
    Full,
    Compact,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    Stop,
    Continue,
}

#[derive(Clone, Debug)]
pub enum AuthSettings {
    LocalApikey,
    Enkrypt(RemoteAuth),
}

/// The remote source of gateway configurations.
#[derive(Clone, Debug)]
pub struct RemoteAuth {
    pub base_url: String,
    pub gateway_name: String,
    pub gateway_version: String,
    pub project_name: Option<String>,
    pub cache_ttl: Duration,
}

/// The guardrail provider by name; what it needs is in the variant.
#[derive(Clone, Debug)]
pub enum ProviderSettings {
    CustomKeyword(KeywordSettings),
    /// Known by name, but not part of this version: a file that enables a policy with it does not load.
    Unavailable {
        name: String,
        api_key: Option<ApiKey>,
    },
}

#[derive(Clone, Debug, Default)]
pub struct KeywordSettings {
    pub keywords: Vec<String>,
    pub case_sensitive: bool,
}

/// One thing that is wrong with a configuration: where, and what was expected. Never the value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Problem {
    pub path: String,
    pub expected: String,
}

/// Why there are no settings. `Display` lists every problem.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("no configuration file: `{}`", path.display())]
    Missing { path: PathBuf },
    #[error("cannot read the configuration file `{}`", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("`{}` is not JSON: line {line}, column {column}", path.display())]
    NotJson { path: PathBuf, line: usize, column: usize },
    #[error("`{}` is not valid:{}", path.display(), list(problems))]
    Invalid { path: PathBuf, problems: Vec<Problem> },
}

impl ConfigError {
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { .. } => Some(
                "make one with `secure-mcp-gateway generate-config`, or name yours with `--config FILE`"
                    .to_owned(),
            ),
            Self::Unreadable { source, .. } => Some(format!("the system says: {source}")),
            Self::NotJson { .. } => {
                Some("look for a missing comma, quote or bracket just before that place".to_owned())
            }
            Self::Invalid { .. } => None,
        }
    }
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

impl ServerList {
    pub fn find(&self, name: &str) -> Option<&Arc<Server>> {
        self.servers.iter().find(|server| server.name.as_str() == name)
    }

    pub fn names(&self) -> impl Iterator<Item = &ServerName> {
        self.servers.iter().map(|server| &server.name)
    }
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

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_calls_per_batch: 100,
            max_argument_bytes: 4 << 20,
            max_result_bytes: 16 << 20,
            max_sessions: 64,
        }
    }
}

impl Default for TimeoutSettings {
    fn default() -> Self {
        Self {
            default: Duration::from_secs(30),
            guardrail: Duration::from_secs(15),
            auth: Duration::from_secs(10),
            tool_execution: Duration::from_secs(60),
            tool_execution_max: Duration::from_secs(600),
            discovery: Duration::from_secs(20),
            cache: Duration::from_secs(5),
            connectivity: Duration::from_secs(2),
            warn_threshold: 0.8,
            timeout_threshold: 1.0,
            fail_threshold: 1.2,
        }
    }
}

fn list(problems: &[Problem]) -> String {
    problems
        .iter()
        .fold(String::new(), |text, problem| format!("{text}\n  {}: {}", problem.path, problem.expected))
}
