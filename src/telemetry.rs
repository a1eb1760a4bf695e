//! The log: lines on standard error, plain or JSON, never more than the operator asked for.
//!
//! Lines go through a bounded queue to a thread of their own: a client that does not read our standard error
//! must not stop the gateway. What does not fit is counted and said later.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::Registry;
use tracing_subscriber::reload;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::LogLevel;

/// Lines waiting for a slow reader.
const QUEUE: usize = 1_024;

/// After some lines the next ones gather this long: to wake the thread for each would cost a call more than the line.
const REST: Duration = Duration::from_millis(1);

/// Bytes of lines that are kept allocated.
const KEPT: usize = 64 * 1024;

/// How long the end of the process waits for the last lines.
const FLUSH: Duration = Duration::from_millis(200);

static LEVEL: OnceLock<reload::Handle<Targets, Registry>> = OnceLock::new();
static LINES: OnceLock<Lines> = OnceLock::new();

struct Lines {
    queue: SyncSender<Entry>,
    dropped: Arc<AtomicU64>,
}

enum Entry {
    Line(Vec<u8>),
    Flush(SyncSender<()>),
}

/// Starts the log; later calls change nothing.
pub fn start(level: LogLevel, json: bool) {
    let (queue, entries) = sync_channel(QUEUE);
    let dropped = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&dropped);
    if LINES.set(Lines { queue, dropped }).is_err() {
        return;
    }
    let writing = std::thread::Builder::new().name("log".to_owned()).spawn(move || write(&entries, &counted));
    if writing.is_err() {
        return;
    }
    let (filter, handle) = reload::Layer::new(filter(level));
    let _ = LEVEL.set(handle);
    let format = tracing_subscriber::fmt::layer().with_writer(|| Writer).with_ansi(false).with_target(false);
    let format = if json { format.json().flatten_event(true).boxed() } else { format.compact().boxed() };
    let _ = tracing_subscriber::registry().with(format.with_filter(filter)).try_init();
}

/// Follows a new `enkrypt_log_level`.
pub fn set_level(level: LogLevel) {
    if let Some(handle) = LEVEL.get() {
        let _ = handle.reload(filter(level));
    }
}

/// Waits for the lines so far to be written, but not for ever.
pub fn flush() {
    let Some(lines) = LINES.get() else { return };
    let (done, written) = sync_channel(1);
    if lines.queue.try_send(Entry::Flush(done)).is_ok() {
        let _: Result<(), RecvTimeoutError> = written.recv_timeout(FLUSH);
    }
}

/// Libraries are held at `warn`, and rmcp at `error`: already at `warn` it prints whole messages that come at the
/// wrong moment, arguments and results included.
fn filter(level: LogLevel) -> Targets {
    let own = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    Targets::new()
        .with_default(LevelFilter::WARN.min(own))
        .with_target(env!("CARGO_CRATE_NAME"), own)
        .with_target("rmcp", LevelFilter::ERROR.min(own))
}

fn write(entries: &Receiver<Entry>, dropped: &AtomicU64) {
    let mut text = Vec::new();
    while let Ok(first) = entries.recv() {
        for entry in std::iter::once(first).chain(entries.try_iter().take(QUEUE)) {
            match entry {
                Entry::Line(line) => text.extend_from_slice(&line),
                Entry::Flush(done) => {
                    put(&mut text);
                    let _ = done.try_send(());
                }
            }
        }
        let lost = dropped.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let _ = writeln!(text, "{lost} log lines were dropped, because nobody read them in time");
        }
        put(&mut text);
        std::thread::sleep(REST);
    }
}

fn put(text: &mut Vec<u8>) {
    let _ = io::stderr().write_all(text);
    text.clear();
    text.shrink_to(KEPT);
}

/// Takes one event's line to the queue.
struct Writer;

impl Write for Writer {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Some(lines) = LINES.get()
            && lines.queue.try_send(Entry::Line(line.to_vec())).is_err()
        {
            lines.dropped.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
