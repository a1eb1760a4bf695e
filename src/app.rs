//! Builds everything from the settings, serves over stdio or HTTP, and ends without leaving anything behind.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::auth::{Authentication, Credentials};
use crate::cache::Cache;
use crate::client::Notices;
use crate::config::environment::Environment;
use crate::config::store::Store;
use crate::config::{LogLevel, Settings};
use crate::discovery::Discovery;
use crate::downstream::Downstream;
use crate::execution::Execution;
use crate::gateway::http::{Bound, Certificate, Http, ListenFault, Options};
use crate::gateway::stdio::Stdio;
use crate::gateway::{Gateway, Parts, panic};
use crate::guardrails::Guardrails;
use crate::telemetry;

mod trial;

pub use trial::{Tried, try_servers};

// A client gives a server 2 s to end. What follows here, and the farewell to the servers after it, fits into that.

/// After the client closed its side, answers on their way have this long.
const DRAIN: Duration = Duration::from_millis(500);

/// After a signal, or when the drain is over, handlers have this long to see that they are cancelled.
const WIND_DOWN: Duration = Duration::from_millis(200);

/// HTTP clients are many, and nobody waits for us to be gone: calls on their way have this long.
const HTTP_DRAIN: Duration = Duration::from_secs(10);

/// And this long to be answered that they were cancelled.
const HTTP_WIND_DOWN: Duration = Duration::from_secs(1);

/// Serves until the client leaves or a signal comes.
pub async fn serve_stdio(settings: Settings, environment: Environment) {
    panic::install_hook();
    let signal = signal(true);
    let limit = settings.limits.max_message_bytes();
    let credentials = Credentials {
        key: environment.gateway_key(),
        project: environment.project_id(),
        user: environment.user_id(),
    };
    credentials.warn_of_refusal(&settings);
    let (end, left) = (CancellationToken::new(), CancellationToken::new());
    let tasks = TaskTracker::new();
    let (gateway, downstream) = build(settings, environment, &end, &tasks);
    let stdio = Stdio::new(gateway, credentials, limit);
    let mut serving = Box::pin(stdio.serve(left.clone()));
    let over = tokio::select! {
        () = &mut serving => true,
        () = left.cancelled() => tokio::time::timeout(DRAIN, &mut serving).await.is_ok(),
        signal = signal => {
            tracing::info!(signal, "ending");
            false
        }
    };
    end.cancel();
    if !over && tokio::time::timeout(WIND_DOWN, &mut serving).await.is_err() {
        tracing::debug!("some requests did not wind down in time");
    }
    downstream.shutdown().await;
}

/// Serves until a signal comes; a second one ends what the first has left.
pub async fn serve_http(
    settings: Settings,
    environment: Environment,
    options: &Options,
) -> Result<(), ListenFault> {
    panic::install_hook();
    // Who closes a terminal means to end what was started there; who serves without one means it to read again.
    let (ends, hangups) = (std::io::stdin().is_terminal(), hangups());
    let first = signal(ends);
    let bound = Bound::open(options).await?;
    let certificate = bound.certificate();
    let (end, draining) = (CancellationToken::new(), CancellationToken::new());
    let tasks = TaskTracker::new();
    let (gateway, downstream) = build(settings, environment, &end, &tasks);
    if !ends {
        let store = Arc::clone(&gateway.parts().store);
        tasks.spawn(end.clone().run_until_cancelled_owned(renew(hangups, store, certificate)));
    }
    let mut serving = tasks.spawn(Http::new(gateway, bound, draining.clone()).serve());
    let (signal, second) = (first.await, self::signal(ends));
    let seconds = HTTP_DRAIN.as_secs();
    tracing::info!(signal, "ending: no new requests, calls on their way have {seconds} s");
    draining.cancel();
    let drained = async {
        let over = tokio::time::timeout(HTTP_DRAIN, &mut serving).await.is_ok();
        end.cancel();
        if !over && tokio::time::timeout(HTTP_WIND_DOWN, &mut serving).await.is_err() {
            tracing::debug!("some requests did not wind down in time");
        }
    };
    tokio::select! {
        () = drained => {}
        signal = second => tracing::info!(signal, "ending at once"),
    }
    end.cancel();
    downstream.shutdown().await;
    Ok(())
}

/// A session with a server takes four files, and some systems begin with room for sixty.
#[cfg(unix)]
fn make_room_for_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    /// Servers get this limit as well: some go through all of it when they start.
    const ENOUGH: u64 = 8192;
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(ENOUGH, |most| most.min(ENOUGH));
    if limit.current.is_some_and(|current| current < wanted) {
        // Whoever may not raise it has the files that there are.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), ..limit });
    }
}

/// What serves any client, and what it must be ended with.
fn build(
    settings: Settings,
    environment: Environment,
    end: &CancellationToken,
    tasks: &TaskTracker,
) -> (Gateway, Arc<Downstream>) {
    #[cfg(unix)]
    make_room_for_files();
    let store = Arc::new(Store::new(settings, environment));
    let guardrails = Arc::new(Guardrails::default());
    let downstream =
        Arc::new(Downstream::new(store.environment(), store.subscribe(), Arc::clone(&guardrails), end));
    follow(&store, end, tasks);
    let parts = parts(store, &downstream, &guardrails, end.clone());
    (Gateway::new(Arc::new(parts)), downstream)
}

fn parts(
    store: Arc<Store>,
    downstream: &Arc<Downstream>,
    guardrails: &Arc<Guardrails>,
    end: CancellationToken,
) -> Parts {
    let cache = Arc::new(Cache::default());
    let discovery =
        Arc::new(Discovery::new(Arc::clone(&cache), Arc::clone(downstream), Arc::clone(guardrails)));
    let execution = Execution::new(Arc::clone(&discovery), Arc::clone(downstream), Arc::clone(guardrails));
    let authentication = Authentication::default();
    Parts {
        store,
        authentication,
        cache,
        discovery,
        execution,
        counts: Arc::default(),
        notices: Notices::default(),
        end,
    }
}

/// The environment's word goes over the file's, also after an edit.
pub fn log_level(environment: &Environment, settings: &Settings) -> LogLevel {
    environment.log_level().unwrap_or(settings.log_level)
}

/// Reloads the file when it is edited, and lets the log follow its level.
fn follow(store: &Arc<Store>, end: &CancellationToken, tasks: &TaskTracker) {
    let store = Arc::clone(store);
    if store.current().reload {
        let (store, end) = (Arc::clone(&store), end.clone());
        tasks.spawn(async move { store.watch(end).await });
    }
    let (mut changes, end) = (store.subscribe(), end.clone());
    tasks.spawn(async move {
        loop {
            tokio::select! {
                closed = changes.changed() => if closed.is_err() { return },
                () = end.cancelled() => return,
            }
            let settings = Arc::clone(&changes.borrow_and_update());
            telemetry::set_level(log_level(store.environment(), &settings));
        }
    });
}

/// At each hangup: reads configuration, references and certificate anew.
async fn renew(mut hangups: Hangups, store: Arc<Store>, certificate: Option<Arc<Certificate>>) {
    while hangups.next().await {
        tracing::info!("reading configuration and certificate again, as SIGHUP asks");
        let (store, certificate) = (Arc::clone(&store), certificate.clone());
        let reading = tokio::task::spawn_blocking(move || {
            store.renew();
            if let Some(Err(fault)) = certificate.map(|certificate| certificate.renew()) {
                tracing::warn!("the certificate stays as it was: {fault}");
            }
        });
        let _ = reading.await;
    }
}

/// Listened for from the call on.
#[cfg(unix)]
fn hangups() -> Hangups {
    use tokio::signal::unix::{SignalKind, signal};
    Hangups(signal(SignalKind::hangup()).ok())
}

#[cfg(unix)]
struct Hangups(Option<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Hangups {
    /// Whether there was one; else there will be none.
    async fn next(&mut self) -> bool {
        match &mut self.0 {
            Some(signal) => signal.recv().await.is_some(),
            None => false,
        }
    }
}

#[cfg(not(unix))]
struct Hangups;

#[cfg(not(unix))]
fn hangups() -> Hangups {
    Hangups
}

#[cfg(not(unix))]
impl Hangups {
    async fn next(&mut self) -> bool {
        std::future::ready(false).await
    }
}

/// The name of the first signal that asks the process to end. It is listened for from the call on, not from the
/// first poll: whoever has got an answer may send one.
#[cfg(unix)]
fn signal(hangup_ends: bool) -> impl Future<Output = &'static str> {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    async fn next(signal: Option<Signal>) {
        match signal {
            Some(mut signal) => drop(signal.recv().await),
            // Without a handler the signal's default action ends the process, and the watchdog its children.
            None => std::future::pending().await,
        }
    }
    let kinds = [SignalKind::terminate(), SignalKind::interrupt()];
    let [term, int] = kinds.map(|kind| signal(kind).ok());
    let hup = hangup_ends.then(|| signal(SignalKind::hangup()).ok()).flatten();
    async {
        tokio::select! {
            () = next(term) => "SIGTERM",
            () = next(int) => "SIGINT",
            () = next(hup) => "SIGHUP",
        }
    }
}

#[cfg(not(unix))]
async fn signal(_hangup_ends: bool) -> &'static str {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
    "Ctrl-C"
}
