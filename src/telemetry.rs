//! The log: lines on standard error, plain or JSON, never more than the operator asked for.
//!
//! Lines go through a bounded queue to a thread of their own: a client that does not read our standard error
//! must not stop the gateway. What does not fit is counted and said later.
//!
//! To wake that thread costs a call more than its line does. Whoever logs does not: the runtime does, with `wake`,
//! when it has nothing else to do and answers are on their way. Warnings and errors do not wait for that.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::{self, Thread};
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::Registry;
use tracing_subscriber::reload;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::LogLevel;

/// Lines waiting for a slow reader.
const QUEUE: usize = 1_024;

/// So many lines do not wait for a runtime that is never idle.
const MANY: usize = QUEUE / 4;

/// After some lines the next ones gather this long.
const REST: Duration = Duration::from_millis(1);

/// Bytes of lines that are kept allocated.
const KEPT: usize = 64 * 1024;

/// How long the end of the process waits for the last lines.
const FLUSH: Duration = Duration::from_millis(200);

static LEVEL: OnceLock<reload::Handle<Targets, Registry>> = OnceLock::new();
static LINES: OnceLock<Lines> = OnceLock::new();

struct Lines {
    queue: SyncSender<Entry>,
    /// Since the thread was woken.
    unheard: AtomicUsize,
    dropped: Arc<AtomicU64>,
    thread: Thread,
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
    let writing = thread::Builder::new().name("log".to_owned()).spawn(move || write(&entries, &counted));
    let Ok(writing) = writing else { return };
    let thread = writing.thread().clone();
    if LINES.set(Lines { queue, unheard: AtomicUsize::new(0), dropped, thread }).is_err() {
        return;
    }
    let (filter, handle) = reload::Layer::new(filter(level));
    let _ = LEVEL.set(handle);
    let format = tracing_subscriber::fmt::layer().with_writer(Writers).with_ansi(false).with_target(false);
    let format = if json { format.json().flatten_event(true).boxed() } else { format.compact().boxed() };
    let _ = tracing_subscriber::registry().with(format.with_filter(filter)).try_init();
}

/// Follows a new `enkrypt_log_level`.
pub fn set_level(level: LogLevel) {
    if let Some(handle) = LEVEL.get() {
        let _ = handle.reload(filter(level));
    }
}

/// Has the lines so far written, by and by.
pub fn wake() {
    if let Some(lines) = LINES.get()
        && lines.unheard.swap(0, Ordering::Acquire) > 0
    {
        lines.thread.unpark();
    }
}

/// Waits for the lines so far to be written, but not for ever.
pub fn flush() {
    let Some(lines) = LINES.get() else { return };
    let (done, written) = sync_channel(1);
    if lines.queue.try_send(Entry::Flush(done)).is_ok() {
        lines.thread.unpark();
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
    loop {
        thread::park();
        while let Ok(first) = entries.try_recv() {
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
            thread::sleep(REST);
        }
    }
}

fn put(text: &mut Vec<u8>) {
    let _ = io::stderr().write_all(text);
    text.clear();
    text.shrink_to(KEPT);
}

struct Writers;

impl<'a> MakeWriter<'a> for Writers {
    type Writer = Writer;

    fn make_writer(&'a self) -> Writer {
        Writer { urgent: true }
    }

    fn make_writer_for(&'a self, event: &Metadata<'_>) -> Writer {
        Writer { urgent: *event.level() <= Level::WARN }
    }
}

/// Takes one event's line to the queue.
struct Writer {
    urgent: bool,
}

impl Write for Writer {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let Some(lines) = LINES.get() else { return Ok(line.len()) };
        if lines.queue.try_send(Entry::Line(line.to_vec())).is_err() {
            lines.dropped.fetch_add(1, Ordering::Relaxed);
        }
        // Whoever counts it finds it in the queue.
        let unheard = lines.unheard.fetch_add(1, Ordering::Release);
        // Only where tasks run is there a runtime that wakes it soon.
        if self.urgent || unheard >= MANY || tokio::task::try_id().is_none() {
            wake();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
