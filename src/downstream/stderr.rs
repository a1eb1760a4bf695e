//! The last words of a server: its standard error is always drained, and a few lines are kept.
//!
//! A full pipe would stop the server, so reading never waits for anything here. Not for a guardrail either: where an
//! output policy is on, the log hears how much was said, and not what.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::io::AsyncRead;
use tokio_util::sync::CancellationToken;

use crate::ids::ServerName;
use crate::lines::{Line, LineReader};
use crate::lock::Lock;
use crate::secret::Masker;

/// Lines kept, and the length at which each is cut.
const KEPT_LINES: usize = 12;
const KEPT_BYTES: usize = 400;
const MAX_LINE: usize = 64 * 1024;
/// What is masked of a line: enough that a secret cut off at the end does not move into what is kept.
const MASKED_BYTES: usize = 8 * 1024;

/// A bounded ring of lines, secrets already masked.
#[derive(Clone, Debug)]
pub(super) struct LastWords {
    lines: Arc<Lock<VecDeque<String>>>,
    masker: Masker,
    /// Whether the log may have them as they are.
    open: bool,
}

impl LastWords {
    pub(super) fn new(masker: Masker, open: bool) -> Self {
        Self { lines: Arc::default(), masker, open }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.lines.lock().iter().cloned().collect()
    }

    /// Reads until the stream ends or the process is gone: a grandchild may hold the stream open for ever.
    pub(super) async fn drain(
        self,
        server: ServerName,
        stderr: impl AsyncRead + Unpin,
        gone: CancellationToken,
    ) {
        let mut reader = LineReader::new(stderr, MAX_LINE);
        loop {
            let line = tokio::select! {
                line = reader.next() => line,
                () = gone.cancelled() => return,
            };
            match line {
                Ok(Line::Text(text)) => self.keep(&server, text),
                Ok(Line::TooLong(overflow)) => self.keep(&server, &overflow.head),
                Ok(Line::End) | Err(_) => return,
            }
        }
    }

    /// Words of the server on any other way than its standard error, as they may be shown.
    pub(super) fn quote(&self, text: &str) -> String {
        let cut: String = text.chars().take(MASKED_BYTES).collect();
        // A secret may hold line breaks, and it may have been broken up by other control characters.
        let text: String = self.masker.mask(&cut).chars().filter(|c| !c.is_control() || *c == '\t').collect();
        self.masker.mask(&text).chars().take(KEPT_BYTES).collect()
    }

    fn keep(&self, server: &ServerName, line: &[u8]) {
        let cut = &line[..line.len().min(MASKED_BYTES)];
        let shown = self.quote(&String::from_utf8_lossy(cut));
        if shown.trim().is_empty() {
            return;
        }
        if self.open {
            tracing::debug!(%server, stderr = %shown, "server says");
        } else {
            tracing::debug!(
                %server,
                bytes = line.len(),
                "server says something; its output policy keeps it out of the log"
            );
        }
        let mut lines = self.lines.lock();
        if lines.len() == KEPT_LINES {
            lines.pop_front();
        }
        lines.push_back(shown);
    }
}
