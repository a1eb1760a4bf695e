//! What a transport speaks over: whole JSON messages in, whole JSON messages out, whatever carries them.
//!
//! Nothing here reads more of a message than carrying it takes; `transport` sorts them.

use std::io;

use serde_json::Value;
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::mpsc;

use super::child::Pipes;
use super::remote::{Arrived, Loss, Outbox};
use super::request::Mirrored;
use crate::lines::{Line, LineReader, LineWriter};

/// Room for the envelope around a result that just fits.
const ENVELOPE: usize = 64 * 1024;

/// The receiving half. Its messages have a limit in bytes.
pub(super) enum Wire {
    Pipes {
        reader: LineReader<ChildStdout>,
        writer: LineWriter<ChildStdin>,
    },
    /// The message that was handed out last is kept until the next one.
    Http {
        arriving: mpsc::Receiver<Arrived>,
        message: Vec<u8>,
        outbox: Outbox,
    },
}

/// The sending half; clones send over the same wire, one message at a time.
#[derive(Clone)]
pub(super) enum Sender {
    Pipes(LineWriter<ChildStdin>),
    Http(Outbox),
}

/// What one read found.
pub(super) enum Arrival<'a> {
    Message(&'a [u8]),
    /// A message longer than the limit: it is gone, but for its `id` where that could be saved.
    TooLong(Option<Value>),
    /// If the request of this `id` has no answer yet, it gets none.
    Over(Box<(Value, Loss)>),
    End,
}

impl Wire {
    pub(super) fn over_pipes(pipes: Pipes, max_result_bytes: usize) -> Self {
        Self::Pipes {
            reader: LineReader::new(pipes.stdout, max_message_bytes(max_result_bytes)),
            writer: LineWriter::new(pipes.stdin),
        }
    }

    pub(super) fn over_http(arriving: mpsc::Receiver<Arrived>, outbox: Outbox) -> Self {
        Self::Http { arriving, message: Vec::new(), outbox }
    }

    /// Cancel-safe, as rmcp's loop needs it.
    pub(super) async fn next(&mut self) -> Arrival<'_> {
        match self {
            Self::Pipes { reader, .. } => match reader.next().await {
                Ok(Line::Text(line)) => Arrival::Message(line),
                Ok(Line::TooLong(overflow)) => Arrival::TooLong(overflow.message_id()),
                Ok(Line::End) | Err(_) => Arrival::End,
            },
            Self::Http { arriving, message, .. } => match arriving.recv().await {
                Some(Arrived::Message(text)) => {
                    *message = text;
                    Arrival::Message(message)
                }
                Some(Arrived::TooLong(id)) => Arrival::TooLong(id),
                Some(Arrived::Over(id, why)) => Arrival::Over(Box::new((id, why))),
                Some(Arrived::End) | None => Arrival::End,
            },
        }
    }

    pub(super) fn sender(&self) -> Sender {
        match self {
            Self::Pipes { writer, .. } => Sender::Pipes(writer.clone()),
            Self::Http { outbox, .. } => Sender::Http(outbox.clone()),
        }
    }

    /// A child reads this as its end; a remote session ends with its `FarEnd`.
    pub(super) async fn close(&mut self) {
        match self {
            Self::Pipes { writer, .. } => writer.close().await,
            Self::Http { arriving, .. } => arriving.close(),
        }
    }
}

/// The limit of a whole message.
pub(super) fn max_message_bytes(max_result_bytes: usize) -> usize {
    max_result_bytes.saturating_add(ENVELOPE)
}

impl Sender {
    pub(super) async fn send(&self, message: Vec<u8>) -> io::Result<()> {
        self.send_mirrored(message, &Mirrored::default()).await
    }

    /// With what goes into headers as well, where there are some.
    pub(super) async fn send_mirrored(&self, message: Vec<u8>, mirrored: &Mirrored) -> io::Result<()> {
        match self {
            Self::Pipes(writer) => writer.write_line(message).await,
            Self::Http(outbox) => outbox.send(message, mirrored).await,
        }
    }
}
