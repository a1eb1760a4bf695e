//! The answer to one call of a client that calls a server's tool under its direct name: the tool's own, whole.
//!
//! What the gateway itself has to say is one text block with the one shape of errors.

use super::{Body, Reply, problem};
use crate::execution::BatchReport;
use crate::fault::{ErrorCode, Failure};
use crate::ids::RequestId;

/// From the report of a batch of one.
pub(in super::super) fn single(report: BatchReport, id: &RequestId) -> Reply {
    // A batch of one that was run has its outcome.
    let mut has_placeholders = false;
    let lost = || Failure::new(ErrorCode::Internal, "the call has no outcome").into();
    let answer = report.outcomes.into_iter().next().ok_or_else(lost).and_then(|outcome| {
        has_placeholders = outcome.has_placeholders;
        let (input, output) = (outcome.input.as_ref(), outcome.output.as_ref());
        problem::result(outcome.ended, &outcome.tool, input, output)
    });
    Reply(match answer {
        Ok(output) => match output.into_output().into_answer() {
            Ok(mut result) => {
                if has_placeholders {
                    problem::note_placeholders(&mut result);
                }
                Body::Result(result)
            }
            Err(error) => Body::Error(error),
        },
        Err(problem) => Body::Problem(problem, id.clone()),
    })
}
