//! The one way to wait for something outside the process: with a limit, a cancellation and a count.
//!
//! The counts are process-wide and hold no names: they are what `enkrypt_get_timeout_metrics` shows.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::config::TimeoutSettings;
use crate::ids::RequestId;
use crate::lock::Lock;

/// What is being waited for; each has a limit of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    Default,
    Guardrail,
    Auth,
    ToolExecution,
    Discovery,
    Cache,
    Connectivity,
}

/// Why a wait ended without a value.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum Interrupted {
    /// `setting` is the key of `timeout_settings` that moves the limit.
    #[error("timed out after {}", seconds(*after))]
    Timeout { setting: &'static str, after: Duration },
    #[error("was cancelled")]
    Cancelled,
}

/// An operation and whom it is with, for the log.
#[derive(Clone, Copy, Debug)]
pub struct Wait<'a> {
    operation: Operation,
    server: Option<&'a str>,
    tool: Option<&'a str>,
}

/// The limits of one snapshot of the settings, and the counts of the process.
#[derive(Clone, Debug)]
pub struct Timeouts {
    limits: TimeoutSettings,
    counts: Arc<Counts>,
    /// Whose waits they are.
    request: Option<RequestId>,
}

/// Signs of life of an operation: each one starts its idle limit anew, and a pause stops its clock.
#[derive(Clone, Debug, Default)]
pub struct Activity(Arc<Signs>);

#[derive(Debug, Default)]
struct Signs {
    changed: Notify,
    paused: watch::Sender<bool>,
}

/// While it lives, the clock of the operation stands still: somebody else has the word.
#[derive(Debug)]
pub struct Pause(Activity);

#[derive(Debug, Default)]
pub struct Counts {
    total: AtomicU64,
    successful: AtomicU64,
    timed_out: AtomicU64,
    cancelled: AtomicU64,
    escalations: [AtomicU64; 4],
    next: AtomicU64,
    active: Lock<BTreeMap<u64, Operation>>,
}

/// A reading of the counts.
#[derive(Clone, Debug)]
pub struct Metrics {
    pub total: u64,
    pub successful: u64,
    pub timed_out: u64,
    pub cancelled: u64,
    /// `normal`, `warn`, `timeout`, `fail`.
    pub escalations: [u64; 4],
    /// Ids of what is running now.
    pub active: Vec<String>,
}

impl Timeouts {
    pub fn new(limits: TimeoutSettings, counts: Arc<Counts>) -> Self {
        Self { limits, counts, request: None }
    }

    #[must_use]
    pub fn of_request(self, id: &RequestId) -> Self {
        Self { request: Some(id.clone()), ..self }
    }

    pub fn limits(&self) -> &TimeoutSettings {
        &self.limits
    }

    pub fn metrics(&self) -> Metrics {
        self.counts.read()
    }

    /// Waits for `future` until it is done, cancelled or over its limit, and counts which.
    ///
    /// The future is boxed before anything else holds it: kept inline it would be copied into each layer of waiting.
    pub fn run<'a, T>(
        &'a self,
        wait: impl Into<Wait<'a>>,
        cancel: &'a CancellationToken,
        future: impl Future<Output = T> + 'a,
    ) -> impl Future<Output = Result<T, Interrupted>> {
        let wait = wait.into();
        let operation = wait.operation;
        let limit = self.cut_off(operation);
        let future = Box::pin(future);
        self.measure(wait, async move {
            let started = Instant::now();
            let result = tokio::select! {
                biased;
                () = cancel.cancelled() => Err(Interrupted::Cancelled),
                done = tokio::time::timeout(limit, future) => {
                    done.map_err(|_| Interrupted::Timeout { setting: operation.setting(), after: limit })
                }
            };
            (result, started.elapsed())
        })
    }

    /// As `run` for a tool call: activity starts the limit anew, up to `tool_execution_max`.
    pub fn run_active<'a, T>(
        &'a self,
        (server, tool): (&'a str, &'a str),
        cancel: &'a CancellationToken,
        activity: &'a Activity,
        future: impl Future<Output = T> + 'a,
    ) -> impl Future<Output = Result<T, Interrupted>> {
        let operation = Operation::ToolExecution;
        let limit = self.cut_off(operation);
        let longest = self.limits.tool_execution_max;
        let mut future = Box::pin(future);
        let wait = Wait { operation, server: Some(server), tool: Some(tool) };
        self.measure(wait, async move {
            let mut alive = Instant::now();
            let mut hard_end = alive + longest;
            let mut paused: Option<Instant> = None;
            loop {
                match paused {
                    None if activity.is_paused() => paused = Some(Instant::now()),
                    Some(since) if !activity.is_paused() => {
                        hard_end += since.elapsed();
                        paused = None;
                    }
                    _ => {}
                }
                let end = hard_end.min(alive + limit);
                let result = tokio::select! {
                    biased;
                    () = cancel.cancelled() => Err(Interrupted::Cancelled),
                    done = &mut future => Ok(done),
                    () = activity.0.changed.notified() => {
                        alive = Instant::now();
                        continue;
                    }
                    () = tokio::time::sleep_until(end), if paused.is_none() => Err(if end == hard_end {
                        Interrupted::Timeout { setting: "tool_execution_max", after: longest }
                    } else {
                        Interrupted::Timeout { setting: operation.setting(), after: limit }
                    }),
                };
                // Before a pause, if it ends in one: somebody else took the rest of the time.
                let until = paused.unwrap_or_else(Instant::now);
                return (result, until.saturating_duration_since(alive));
            }
        })
    }

    /// `future` says, besides its result, how long it waited without a sign of life.
    async fn measure<T>(
        &self,
        wait: Wait<'_>,
        future: impl Future<Output = (Result<T, Interrupted>, Duration)>,
    ) -> Result<T, Interrupted> {
        let operation = wait.operation;
        let running = self.counts.begin(operation);
        let (result, waited) = future.await;
        let ratio = waited.as_secs_f64() / self.limits.of(operation).as_secs_f64().max(0.001);
        let level = match self.escalation(ratio) {
            // The hard end comes in the midst of signs of life.
            Escalation::Normal | Escalation::Warn if matches!(result, Err(Interrupted::Timeout { .. })) => {
                Escalation::Timeout
            }
            level => level,
        };
        running.end(result.as_ref().err().copied(), level);
        self.tell(wait, level);
        result
    }

    fn tell(&self, Wait { operation, server, tool }: Wait<'_>, level: Escalation) {
        let (limit, request) = (operation.setting(), self.request.as_ref().map(RequestId::as_str));
        match level {
            Escalation::Normal => {}
            Escalation::Warn => {
                tracing::warn!(request, server, tool, limit, "close to its time limit");
            }
            Escalation::Timeout | Escalation::Fail => {
                tracing::error!(request, server, tool, limit, "over its time limit");
            }
        }
    }

    /// `timeout_threshold` says at which part of the limit an operation is cut off.
    fn cut_off(&self, operation: Operation) -> Duration {
        self.limits.of(operation).mul_f64(self.limits.timeout_threshold)
    }

    fn escalation(&self, ratio: f64) -> Escalation {
        if ratio >= self.limits.fail_threshold {
            Escalation::Fail
        } else if ratio >= self.limits.timeout_threshold {
            Escalation::Timeout
        } else if ratio >= self.limits.warn_threshold {
            Escalation::Warn
        } else {
            Escalation::Normal
        }
    }
}

#[derive(Clone, Copy)]
enum Escalation {
    Normal,
    Warn,
    Timeout,
    Fail,
}

/// Counts an operation that is dropped half-way as cancelled, so that nothing stays active for ever.
struct Running<'a> {
    counts: &'a Counts,
    id: u64,
    ended: bool,
}

impl Counts {
    fn begin(&self, operation: Operation) -> Running<'_> {
        self.total.fetch_add(1, Ordering::Relaxed);
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        self.active.lock().insert(id, operation);
        Running { counts: self, id, ended: false }
    }

    fn read(&self) -> Metrics {
        let active = self.active.lock();
        Metrics {
            total: self.total.load(Ordering::Relaxed),
            successful: self.successful.load(Ordering::Relaxed),
            timed_out: self.timed_out.load(Ordering::Relaxed),
            cancelled: self.cancelled.load(Ordering::Relaxed),
            escalations: std::array::from_fn(|level| self.escalations[level].load(Ordering::Relaxed)),
            active: active.iter().map(|(id, operation)| format!("{}_{id}", operation.as_str())).collect(),
        }
    }
}

impl Running<'_> {
    fn end(mut self, interrupted: Option<Interrupted>, level: Escalation) {
        self.ended = true;
        match interrupted {
            None => self.counts.successful.fetch_add(1, Ordering::Relaxed),
            Some(Interrupted::Timeout { .. }) => self.counts.timed_out.fetch_add(1, Ordering::Relaxed),
            Some(Interrupted::Cancelled) => self.counts.cancelled.fetch_add(1, Ordering::Relaxed),
        };
        self.counts.escalations[level as usize].fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.counts.cancelled.fetch_add(1, Ordering::Relaxed);
        }
        self.counts.active.lock().remove(&self.id);
    }
}

impl Activity {
    pub fn beat(&self) {
        self.0.changed.notify_one();
    }

    pub fn pause(&self) -> Pause {
        self.0.paused.send_replace(true);
        self.beat();
        Pause(self.clone())
    }

    /// Waits until somebody else has the word.
    pub async fn paused(&self) {
        // The sender is ours: it cannot be gone.
        let _ = self.0.paused.subscribe().wait_for(|paused| *paused).await;
    }

    fn is_paused(&self) -> bool {
        *self.0.paused.borrow()
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        self.0.0.paused.send_replace(false);
        self.0.beat();
    }
}

impl From<Operation> for Wait<'_> {
    fn from(operation: Operation) -> Self {
        Self { operation, server: None, tool: None }
    }
}

impl Operation {
    /// For a server.
    pub fn at(self, server: &str) -> Wait<'_> {
        Wait { operation: self, server: Some(server), tool: None }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Guardrail => "guardrail",
            Self::Auth => "auth",
            Self::ToolExecution => "tool_execution",
            Self::Discovery => "discovery",
            Self::Cache => "cache",
            Self::Connectivity => "connectivity",
        }
    }

    /// The key of `timeout_settings` that moves this limit.
    pub fn setting(self) -> &'static str {
        match self {
            Self::Default => "default_timeout",
            Self::Guardrail => "guardrail_timeout",
            Self::Auth => "auth_timeout",
            Self::ToolExecution => "tool_execution_timeout",
            Self::Discovery => "discovery_timeout",
            Self::Cache => "cache_timeout",
            Self::Connectivity => "connectivity_timeout",
        }
    }
}

impl TimeoutSettings {
    fn of(&self, operation: Operation) -> Duration {
        match operation {
            Operation::Default => self.default,
            Operation::Guardrail => self.guardrail,
            Operation::Auth => self.auth,
            Operation::ToolExecution => self.tool_execution,
            Operation::Discovery => self.discovery,
            Operation::Cache => self.cache,
            Operation::Connectivity => self.connectivity,
        }
    }
}

/// As a log line and the cache have it.
pub fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// `2 s`, `0.25 s`: as a person would write it.
fn seconds(duration: Duration) -> String {
    format!("{} s", (duration.as_secs_f64() * 1000.0).round() / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_millis(50);

    fn timeouts() -> Timeouts {
        let limits = TimeoutSettings {
            cache: LIMIT,
            tool_execution: LIMIT,
            tool_execution_max: LIMIT * 4,
            ..Default::default()
        };
        Timeouts::new(limits, Arc::default())
    }

    #[tokio::test]
    async fn each_ending_is_counted_once() {
        let timeouts = timeouts();
        let cancel = CancellationToken::new();
        let quick = timeouts.run(Operation::Cache, &cancel, std::future::ready(())).await;
        assert_eq!(quick, Ok(()));
        let hung = timeouts.run(Operation::Cache, &cancel, std::future::pending::<()>()).await;
        assert_eq!(hung.unwrap_err().to_string(), "timed out after 0.05 s");
        drop(timeouts.run(Operation::Cache, &cancel, std::future::ready(())));
        cancel.cancel();
        let cancelled = timeouts.run(Operation::Cache, &cancel, std::future::pending::<()>()).await;
        assert_eq!(cancelled, Err(Interrupted::Cancelled));
        let metrics = timeouts.metrics();
        assert_eq!((metrics.total, metrics.successful, metrics.timed_out, metrics.cancelled), (3, 1, 1, 1));
        assert_eq!(metrics.escalations[0], 2, "the quick one and the cancelled one");
        assert_eq!(metrics.escalations.iter().sum::<u64>(), 3);
        assert!(metrics.active.is_empty());
    }

    #[tokio::test]
    async fn a_pause_stops_both_limits() {
        let activity = Activity::default();
        let asking = async {
            let pause = activity.pause();
            tokio::time::sleep(LIMIT * 8).await;
            drop(pause);
            tokio::time::sleep(LIMIT / 2).await;
            "answered"
        };
        let cancel = CancellationToken::new();
        assert_eq!(
            timeouts().run_active(("server", "tool"), &cancel, &activity, asking).await,
            Ok("answered")
        );
        let hung =
            timeouts().run_active(("server", "tool"), &cancel, &activity, std::future::pending::<()>()).await;
        assert_eq!(hung, Err(Interrupted::Timeout { setting: "tool_execution_timeout", after: LIMIT }));
    }

    #[tokio::test]
    async fn who_is_done_or_cancelled_in_a_pause_was_not_slow() {
        let timeouts = timeouts();
        for ends_by_itself in [true, false] {
            let (activity, cancel) = (Activity::default(), CancellationToken::new());
            let asking = async {
                let _pause = activity.pause();
                tokio::time::sleep(LIMIT * 4).await;
                if !ends_by_itself {
                    cancel.cancel();
                    std::future::pending::<()>().await;
                }
            };
            let ended = timeouts.run_active(("server", "tool"), &cancel, &activity, asking).await;
            assert_eq!(ended.is_ok(), ends_by_itself);
        }
        assert_eq!(timeouts.metrics().escalations, [2, 0, 0, 0]);
    }

    #[tokio::test]
    async fn activity_moves_the_idle_limit_but_not_the_hard_end() {
        let activity = Activity::default();
        let beating = async {
            loop {
                tokio::time::sleep(LIMIT / 5).await;
                activity.beat();
            }
        };
        let result: Result<(), _> =
            timeouts().run_active(("server", "tool"), &CancellationToken::new(), &activity, beating).await;
        assert_eq!(result, Err(Interrupted::Timeout { setting: "tool_execution_max", after: LIMIT * 4 }));
    }
}
