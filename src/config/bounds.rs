//! How much and how long: the limits of a batch, and the waits of every kind of operation.

use std::time::Duration;

/// So many results of the largest size may be in the answer to one batch, however many calls it has.
const FULL_RESULTS_PER_BATCH: usize = 4;

/// And so many arguments of the largest size in one message: a batch has more than one call, and escapes can double it.
const FULL_ARGUMENTS_PER_MESSAGE: usize = 4;

/// Room for the rest of such a message.
const ENVELOPE: usize = 1 << 20;

/// The bounds of a batch and of the process; each is named after its key.
#[expect(clippy::struct_field_names, reason = "they are named as in the file")]
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

impl Limits {
    /// What one message of a client may have.
    pub fn max_message_bytes(&self) -> usize {
        self.max_argument_bytes.saturating_mul(FULL_ARGUMENTS_PER_MESSAGE).saturating_add(ENVELOPE)
    }

    /// What the results of one batch may have together: they are all in memory until it ends.
    pub fn max_batch_result_bytes(&self) -> usize {
        self.max_result_bytes.saturating_mul(FULL_RESULTS_PER_BATCH)
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
