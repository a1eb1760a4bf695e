//! The last words of a server: its standard error is always drained, and a few lines are kept.
//!
//! A full pipe would stop the server, so reading never waits for anything here.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::process::ChildStderr;
use tokio_util::sync::CancellationToken;

use crate::lines::{Line, LineReader};
use crate::secret::Masker;

/// Lines kept, and the length at which each is cut.
const KEPT_LINES: usize = 12;
const KEPT_BYTES: usize = 400;
const MAX_LINE: usize = 64 * 1024;

/// A bounded ring of lines, secrets already masked.
#[derive(Clone, Debug, Default)]
pub(super) struct LastWords(Arc<Mutex<VecDeque<String>>>);

impl LastWords {
    pub(super) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Reads until the stream ends or the process is gone: a grandchild may hold the stream open for ever.
    pub(super) async fn drain(self, stderr: ChildStderr, masker: Masker, gone: CancellationToken) {
        let mut reader = LineReader::new(stderr, MAX_LINE);
        loop {
            let line = tokio::select! {
                line = reader.next() => line,
                () = gone.cancelled() => return,
            };
            match line {
                Ok(Line::Text(text)) => self.keep(text, &masker),
                Ok(Line::TooLong(overflow)) => self.keep(&overflow.head, &masker),
                Ok(Line::End) | Err(_) => return,
            }
        }
    }

    fn keep(&self, line: &[u8], masker: &Masker) {
        let cut = &line[..line.len().min(KEPT_BYTES * 4)];
        let text: String =
            String::from_utf8_lossy(cut).chars().filter(|c| !c.is_control() || *c == '\t').collect();
        if text.trim().is_empty() {
            return;
        }
        let shown: String = masker.mask(&text).chars().take(KEPT_BYTES).collect();
        tracing::debug!(stderr = %shown, "server says");
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT_LINES {
            lines.pop_front();
        }
        lines.push_back(shown);
    }
}
