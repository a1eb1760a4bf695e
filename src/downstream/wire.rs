//! What a transport speaks over: whole JSON messages in, whole JSON messages out, whatever carries them.
//!
//! Nothing here reads more of a message than carrying it takes; `transport` sorts them.

use std::io;

use serde_json::Value;
use tokio::process::{ChildStdin, ChildStdout};

use super::child::Pipes;
use crate::lines::{Line, LineReader, LineWriter};

/// Room for the envelope around a result that just fits.
const ENVELOPE: usize = 64 * 1024;

/// The receiving half. Its messages have a limit in bytes.
pub(super) enum Wire {
    Pipes { reader: LineReader<ChildStdout>, writer: LineWriter<ChildStdin> },
}

/// The sending half; clones send over the same wire, one message at a time.
#[derive(Clone)]
pub(super) enum Sender {
    Pipes(LineWriter<ChildStdin>),
}

/// What one read found.
pub(super) enum Arrival<'a> {
    Message(&'a [u8]),
    /// A message longer than the limit: it is gone, but for its `id` where that could be saved.
    TooLong(Option<Value>),
    End,
}

impl Wire {
    pub(super) fn over_pipes(pipes: Pipes, max_result_bytes: usize) -> Self {
        Self::Pipes {
            reader: LineReader::new(pipes.stdout, max_result_bytes.saturating_add(ENVELOPE)),
            writer: LineWriter::new(pipes.stdin),
        }
    }

    /// Cancel-safe, as rmcp's loop needs it.
    pub(super) async fn next(&mut self) -> Arrival<'_> {
        match self {
            Self::Pipes { reader, .. } => match reader.next().await {
                Ok(Line::Text(line)) => Arrival::Message(line),
                Ok(Line::TooLong(overflow)) => Arrival::TooLong(overflow.message_id()),
                Ok(Line::End) | Err(_) => Arrival::End,
            },
        }
    }

    pub(super) fn sender(&self) -> Sender {
        match self {
            Self::Pipes { writer, .. } => Sender::Pipes(writer.clone()),
        }
    }

    /// No message goes out after this, and the server is told so in the way of the wire.
    pub(super) async fn close(&mut self) {
        match self {
            Self::Pipes { writer, .. } => writer.close().await,
        }
    }
}

impl Sender {
    pub(super) async fn send(&self, message: Vec<u8>) -> io::Result<()> {
        match self {
            Self::Pipes(writer) => writer.write_line(message).await,
        }
    }
}
