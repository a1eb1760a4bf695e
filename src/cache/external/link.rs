//! The connection with the external cache, and how well it does.
//!
//! After a fault the server is left alone for a while, longer each time, so that a dead one costs a request
//! nothing; then the next request tries it over a new connection. Each change is said once.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, ErrorKind, FromRedisValue, Pipeline, RedisError, RedisResult};

use crate::config::RedisSettings;
use crate::lock::Lock;
use crate::scope::Scope;
use crate::timeouts::{Interrupted, Operation};

/// How long a cache that failed is left alone the first time; each further fault doubles it.
const PAUSE: Duration = Duration::from_secs(2);
const DOUBLINGS: u32 = 4;
const CONNECT: Duration = Duration::from_secs(1);

pub(super) struct Link {
    client: Option<Client>,
    address: String,
    state: Lock<State>,
}

#[derive(Default)]
struct State {
    connection: Option<Connection>,
    trouble: Option<Trouble>,
}

#[derive(Clone)]
struct Connection {
    manager: ConnectionManager,
    /// Whether it ever answered.
    proven: bool,
}

struct Trouble {
    fault: ExternalFault,
    faults: u32,
    until: Instant,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the external cache at `{address}` cannot be used: {reason}")]
pub(in crate::cache) struct ExternalFault {
    address: String,
    reason: String,
}

impl Link {
    pub(super) fn new(settings: &RedisSettings) -> Self {
        crate::web::install_crypto();
        let client = client(settings).inspect_err(|error| {
            tracing::error!(reason = %reason(error), "the external cache cannot be used as configured");
        });
        let address = format!("{}:{}", settings.host, settings.port);
        Self { client: client.ok(), address, state: Lock::default() }
    }

    /// Sends the commands, unless the cache failed a moment ago.
    pub(super) async fn ask<T: FromRedisValue>(
        &self,
        scope: &Scope,
        commands: &Pipeline,
    ) -> Result<T, ExternalFault> {
        if let Some(trouble) = &self.state.lock().trouble
            && Instant::now() < trouble.until
        {
            return Err(trouble.fault.clone());
        }
        let asked = scope.timeouts.run(Operation::Cache, &scope.cancel, self.send(commands));
        let reason = match asked.await {
            Ok(Ok(value)) => {
                self.well();
                return Ok(value);
            }
            Ok(Err(error)) => reason(&error),
            // The client left; that says nothing about the cache.
            Err(Interrupted::Cancelled) => return Err(self.fault(Interrupted::Cancelled.to_string())),
            Err(interrupted) => interrupted.to_string(),
        };
        let fault = self.fault(reason);
        self.failed(fault.clone());
        Err(fault)
    }

    async fn send<T: FromRedisValue>(&self, commands: &Pipeline) -> RedisResult<T> {
        let mut connection = self.connection()?;
        match commands.query_async(&mut connection.manager).await {
            // A server or a firewall may have closed what nobody used for a while.
            Err(error) if connection.proven && error.is_connection_dropped() => {
                self.state.lock().connection = None;
                commands.query_async(&mut self.connection()?.manager).await
            }
            done => done,
        }
    }

    fn connection(&self) -> RedisResult<Connection> {
        let mut state = self.state.lock();
        if let Some(connection) = &state.connection {
            return Ok(connection.clone());
        }
        let client = self.client.clone().ok_or((ErrorKind::InvalidClientConfig, "no client"))?;
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(CONNECT))
            // `ask` waits as long as the settings say.
            .set_response_timeout(None);
        let manager = ConnectionManager::new_lazy_with_config(client, config)?;
        Ok(state.connection.insert(Connection { manager, proven: false }).clone())
    }

    fn well(&self) {
        let mut state = self.state.lock();
        if let Some(connection) = &mut state.connection {
            connection.proven = true;
        }
        if state.trouble.take().is_some() {
            tracing::info!(address = %self.address, "the external cache is back");
        }
    }

    fn failed(&self, fault: ExternalFault) {
        let mut state = self.state.lock();
        // What a connection was refused for, such as its password, may have been mended for the next one.
        state.connection = None;
        // Whoever asked before it was left alone says nothing new.
        if state.trouble.as_ref().is_some_and(|trouble| Instant::now() < trouble.until) {
            return;
        }
        let faults = state.trouble.as_ref().map_or(0, |trouble| trouble.faults);
        if faults == 0 {
            tracing::warn!(%fault, "working from the local cache until it is back");
        }
        let until = Instant::now() + PAUSE * 2_u32.pow(faults.min(DOUBLINGS));
        state.trouble = Some(Trouble { fault, faults: faults.saturating_add(1), until });
    }

    fn fault(&self, reason: String) -> ExternalFault {
        ExternalFault { address: self.address.clone(), reason }
    }
}

fn client(settings: &RedisSettings) -> RedisResult<Client> {
    let scheme = if settings.tls { "rediss" } else { "redis" };
    let host =
        if settings.host.contains(':') { format!("[{}]", settings.host) } else { settings.host.clone() };
    let info: redis::ConnectionInfo =
        redis::IntoConnectionInfo::into_connection_info(format!("{scheme}://{host}:{}/", settings.port))?;
    let mut redis = redis::RedisConnectionInfo::default().set_db(i64::from(settings.db));
    if let Some(password) = &settings.password {
        redis = redis.set_password(password.expose());
    }
    Client::open(info.set_redis_settings(redis))
}

/// The kind of an error, in words: its text can hold what the server sent.
fn reason(error: &RedisError) -> String {
    match error.kind() {
        ErrorKind::AuthenticationFailed => "it refuses the password".to_owned(),
        ErrorKind::Io if error.is_connection_refusal() => "no connection".to_owned(),
        ErrorKind::Io if error.is_timeout() => "no answer in time".to_owned(),
        ErrorKind::Io if error.is_connection_dropped() => "it closed the connection".to_owned(),
        ErrorKind::Io if is_untrusted(error) => {
            "its certificate is not one that the system trusts".to_owned()
        }
        ErrorKind::Io => "the connection failed".to_owned(),
        _ => match code(error).as_deref() {
            Some("NOAUTH") => "it wants a password".to_owned(),
            Some(code) => format!("it refuses with `{code}`"),
            None => error.category().to_owned(),
        },
    }
}

/// The word that an answer of refusal begins with, as the protocol has it.
fn code(error: &RedisError) -> Option<String> {
    const LONGEST: usize = 20;
    // Of several commands each may have one; that of all together says only that one has.
    let of_several = error.clone().into_server_errors();
    let of_several = of_several.and_then(|all| all.first().map(|(_, one)| one.code().to_owned()));
    let code = of_several.or_else(|| error.code().map(str::to_owned))?;
    let plain = code.len() <= LONGEST && code.bytes().all(|byte| byte.is_ascii_uppercase());
    plain.then_some(code)
}

fn is_untrusted(error: &RedisError) -> bool {
    // The library hands its source out in the `Arc` that it keeps it in.
    let source = error.source().and_then(|source| source.downcast_ref::<Arc<dyn Error + Send + Sync>>());
    let tls = source.and_then(|source| source.downcast_ref::<io::Error>()).and_then(io::Error::get_ref);
    matches!(tls.and_then(|tls| tls.downcast_ref()), Some(rustls::Error::InvalidCertificate(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_faults_at_once_are_one() {
        let state = State { connection: None, trouble: None };
        let link = Link { client: None, address: "h:1".to_owned(), state: Lock::new(state) };
        let begin = Instant::now();
        for _ in 0..20 {
            link.failed(link.fault("no connection".to_owned()));
        }
        let state = link.state.lock();
        let trouble = state.trouble.as_ref().expect("trouble");
        assert_eq!(trouble.faults, 1);
        assert!(trouble.until < begin + PAUSE * 2, "the first pause");
    }
}
