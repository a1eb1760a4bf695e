//! What became of a batch. The summary is counted from the outcomes, never kept beside them.

use crate::call::JsonObject;
use crate::config::DeniedBy;
use crate::fault::{ErrorCode, Failure};
use crate::guardrails::{CheckedOutput, Verdict};
use crate::ids::ServerName;

use super::batch::Batch;

#[derive(Debug)]
pub struct BatchReport {
    pub server: ServerName,
    /// One for each call that ran or was refused, in order; a call that was not reached has none.
    pub outcomes: Vec<CallOutcome>,
    pub requested: usize,
    pub input_guardrails: bool,
    pub output_guardrails: bool,
}

#[derive(Debug)]
pub struct CallOutcome {
    pub index: usize,
    pub tool: String,
    /// As they were sent; `None` where nothing was.
    pub arguments: Option<JsonObject>,
    /// Private data in them was replaced.
    pub has_placeholders: bool,
    pub ended: Ended,
    pub input: Option<Verdict>,
    pub output: Option<Verdict>,
}

#[derive(Debug)]
pub enum Ended {
    Success(CheckedOutput),
    /// The tool ran and says that it failed.
    ToolError(CheckedOutput),
    BlockedInput(ErrorCode),
    BlockedOutput(ErrorCode),
    Denied(DeniedBy),
    Failed(Failure),
}

/// How many calls ended in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub total: usize,
    pub successful: usize,
    pub failed: usize,
    pub blocked_input: usize,
    pub blocked_output: usize,
    pub denied: usize,
    pub not_run: usize,
}

impl BatchReport {
    pub(super) fn new(batch: &Batch) -> Self {
        Self {
            server: batch.server.name.clone(),
            outcomes: Vec::with_capacity(batch.calls.len()),
            requested: batch.calls.len(),
            input_guardrails: batch.server.input.enabled,
            output_guardrails: batch.server.output.enabled,
        }
    }

    pub fn summary(&self) -> Summary {
        let mut summary = Summary {
            total: self.requested,
            not_run: self.requested - self.outcomes.len(),
            ..Summary::default()
        };
        for outcome in &self.outcomes {
            *match outcome.ended {
                Ended::Success(_) => &mut summary.successful,
                Ended::ToolError(_) | Ended::Failed(_) => &mut summary.failed,
                Ended::BlockedInput(_) => &mut summary.blocked_input,
                Ended::BlockedOutput(_) => &mut summary.blocked_output,
                Ended::Denied(_) => &mut summary.denied,
            } += 1;
        }
        summary
    }

    /// Every call that was asked for ran, and none failed.
    pub fn succeeded(&self) -> bool {
        self.summary().successful == self.requested
    }
}

impl CallOutcome {
    /// Of a call that never left the gateway.
    pub(super) fn refused(index: usize, tool: String, ended: Ended) -> Self {
        Self { index, tool, arguments: None, has_placeholders: false, ended, input: None, output: None }
    }

    pub(super) fn failed(&self) -> bool {
        !matches!(self.ended, Ended::Success(_))
    }
}

impl Ended {
    pub fn status(&self) -> &'static str {
        match self {
            Self::Success(_) => "success",
            Self::ToolError(_) | Self::Failed(_) => "error",
            Self::BlockedInput(_) => "blocked_input",
            Self::BlockedOutput(_) => "blocked_output",
            Self::Denied(_) => "denied",
        }
    }

    /// Whether a policy or the operator's lists kept it from being done.
    pub(super) fn was_stopped(&self) -> bool {
        match self {
            Self::BlockedInput(_) | Self::BlockedOutput(_) | Self::Denied(_) => true,
            Self::Failed(failure) => {
                matches!(failure.code, ErrorCode::ToolBlocked | ErrorCode::ServerBlocked)
            }
            Self::Success(_) | Self::ToolError(_) => false,
        }
    }

    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Success(_) => None,
            Self::ToolError(_) => Some(ErrorCode::ToolFailed),
            Self::BlockedInput(code) | Self::BlockedOutput(code) => Some(*code),
            Self::Denied(_) => Some(ErrorCode::ToolDenied),
            Self::Failed(failure) => Some(failure.code),
        }
    }
}
