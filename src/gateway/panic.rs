//! A mistake of ours in one request: the client gets an answer, and the others never notice.
//!
//! The words of a panic can hold pieces of what was worked on, so that only its place goes to the log.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;

use crate::fault::{ErrorCode, Fault};

#[derive(Debug, thiserror::Error)]
#[error("the gateway made a mistake with this request")]
pub(super) struct Panicked;

/// Runs the work to its end, whichever that is. It is no `async fn`: that would keep room for the work twice.
pub(super) fn contain<T>(work: impl Future<Output = T>) -> impl Future<Output = Result<T, Panicked>> {
    // What was half changed belonged to the request, or stands behind locks that forgive.
    AssertUnwindSafe(work).catch_unwind().map(|done| done.map_err(|_| Panicked))
}

/// Says where a panic happened, and nothing else of it.
pub fn install_hook() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(|| "unknown".to_owned(), ToString::to_string);
        tracing::error!(place, "a mistake inside the gateway; please report it");
    }));
}

impl Fault for Panicked {
    fn code(&self) -> ErrorCode {
        ErrorCode::Internal
    }

    fn hint(&self) -> Option<String> {
        Some(
            "the gateway's log has the place under this correlation id's time; other requests still work"
                .to_owned(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_answer_and_nothing_more() {
        assert_eq!(contain(async { 7 }).await.expect("no panic"), 7);
        let text = String::from("é");
        let panicked = contain(async { text[1..].len() }).await.expect_err("a panic");
        assert_eq!(panicked.code(), ErrorCode::Internal);
        assert!(!panicked.to_string().contains('é'));
    }
}
