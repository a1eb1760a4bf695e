//! How much the results of one batch may have together: all of them wait in memory for the one answer.

use super::report::{CallOutcome, Ended};
use crate::config::Limits;
use crate::fault::{ErrorCode, Failure};
use crate::ids::ServerName;

pub(super) struct Budget {
    limit: usize,
    left: usize,
}

impl Budget {
    pub(super) fn new(limits: &Limits) -> Self {
        let limit = limits.max_batch_result_bytes();
        Self { limit, left: limit }
    }

    /// Whether a call's result still fits. One that does not is dropped, and the outcome says so.
    pub(super) fn take(&mut self, outcome: &mut CallOutcome, server: &ServerName) -> bool {
        let (Ended::Success(output) | Ended::ToolError(output)) = &outcome.ended else { return true };
        match self.left.checked_sub(output.size()) {
            Some(left) => {
                self.left = left;
                true
            }
            None => {
                outcome.ended = Ended::Failed(self.exceeded(&outcome.tool, server));
                false
            }
        }
    }

    fn exceeded(&self, tool: &str, server: &ServerName) -> Failure {
        let message = format!(
            "tool `{tool}` on server `{server}` ran, but its result is too long for this batch, whose results may \
             have {} bytes together",
            self.limit
        );
        Failure::new(ErrorCode::LimitExceeded, message).hint(
            "split the batch, ask the tools for less, or raise `max_result_bytes` in \
             `common_mcp_gateway_config`: a batch may have four times as much",
        )
    }
}
