//! One server process: started in a group of its own with little of our environment, ended politely, then not.
//!
//! The group is what matters: `npx` and its kind leave grandchildren that outlive the process we started.

use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop};
use tokio::process::{ChildStdin, ChildStdout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::fault::Trouble;
use super::path::Program;
use super::places::Place;
use super::stderr::LastWords;
use super::watchdog::{BURIAL, Errors, Group, LOOK, Watchdog};
use crate::ids::ServerName;
use crate::timeouts::Interrupted;
use crate::{config, lines};

/// After its input is closed a server has this long to end by itself.
const POLITE: Duration = Duration::from_millis(700);
/// After SIGTERM it has this long.
const FIRM: Duration = Duration::from_millis(500);
/// A server that closed its output is about to end: waiting this long tells how.
const OBITUARY: Duration = Duration::from_millis(200);

pub(super) struct Spawn<'a> {
    pub(super) server: &'a ServerName,
    pub(super) command: &'a config::Command,
    pub(super) program: &'a Program,
    pub(super) base_env: &'a [(String, String)],
    pub(super) tasks: &'a TaskTracker,
    /// Whether its standard error may stand in the log.
    pub(super) open_words: bool,
}

/// The two ends that the transport speaks over.
pub(super) struct Pipes {
    pub(super) stdin: ChildStdin,
    pub(super) stdout: ChildStdout,
}

/// A running server. Dropping it takes the process down in the background, so that no path can forget to.
pub(super) struct Child {
    /// `None` once its end is under way.
    running: Option<Running>,
    last_words: LastWords,
    noise: Arc<AtomicU64>,
    /// Cancelled when its standard error has been read to the end.
    drained: CancellationToken,
    tasks: TaskTracker,
    server: ServerName,
}

/// What has to be ended, released and given back.
struct Running {
    process: tokio::sync::Mutex<Box<dyn ChildWrapper>>,
    group: Group,
    watchdog: Watchdog,
    gone: CancellationToken,
    place: Place,
    /// The gateway's end waits for it, whoever has it.
    awaited: TaskTrackerToken,
}

pub(super) fn spawn(spawn: &Spawn<'_>, place: Place, watchdog: Watchdog) -> Result<(Child, Pipes), Trouble> {
    let trouble = |source| Trouble::Spawn { program: spawn.command.program.clone(), source };
    // Taken before one looks: the gateway's end waits for it, or has begun.
    let awaited = spawn.tasks.token();
    if spawn.tasks.is_closed() {
        return Err(Trouble::Interrupted(Interrupted::Cancelled));
    }
    let errors = Errors::open().map_err(trouble)?;
    let expected = watchdog.expect(errors.pipe());
    let (theirs, stderr) = errors.split().map_err(trouble)?;
    let mut process = CommandWrap::from(command(spawn, theirs));
    process.wrap(KillOnDrop);
    #[cfg(windows)]
    process.wrap(process_wrap::tokio::JobObject);
    let mut process = process.spawn().map_err(trouble)?;
    let group = Group::of(process.id());
    watchdog.guard(group, spawn.server.as_str());
    drop(expected);
    let (stdin, stdout) = (process.stdin().take(), process.stdout().take());
    let last_words = LastWords::new(spawn.command.masker.clone(), spawn.open_words);
    let (gone, drained) = (CancellationToken::new(), CancellationToken::new());
    let draining = last_words.clone().drain(spawn.server.clone(), stderr, gone.clone());
    let read_to_its_end = drained.clone().drop_guard();
    spawn.tasks.spawn(async move {
        draining.await;
        drop(read_to_its_end);
    });
    let running =
        Running { process: tokio::sync::Mutex::new(process), group, watchdog, gone, place, awaited };
    let (tasks, server) = (spawn.tasks.clone(), spawn.server.clone());
    let child = Child { running: Some(running), last_words, noise: Arc::default(), drained, tasks, server };
    let (Some(stdin), Some(stdout)) = (stdin, stdout) else {
        return Err(trouble(std::io::ErrorKind::BrokenPipe.into()));
    };
    lines::widen(&stdin);
    lines::widen(&stdout);
    Ok((child, Pipes { stdin, stdout }))
}

fn command(spawn: &Spawn<'_>, errors: Stdio) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(&spawn.program.file);
    command.args(spawn.command.args.iter().map(crate::secret::SecretValue::expose));
    command.env_clear().envs(spawn.base_env.iter().map(|(name, value)| (name, value)));
    if let Some(path) = &spawn.program.path {
        command.env("PATH", path);
    }
    command.envs(spawn.command.env.iter().map(|(name, value)| (name, value.expose())));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors);
    #[cfg(unix)]
    command.process_group(0);
    command
}

impl Child {
    /// Counts the lines on its output that are no messages.
    pub(super) fn noise(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.noise)
    }

    pub(super) fn last_words(&self) -> Vec<String> {
        self.last_words.lines()
    }

    /// Words of the server, as they may be shown.
    pub(super) fn quote(&self, text: &str) -> String {
        self.last_words.quote(text)
    }

    /// Whether the process that was started has ended; what it started may live on.
    pub(super) fn has_ended(&self) -> bool {
        let Some(Ok(mut process)) = self.running.as_ref().map(|running| running.process.try_lock()) else {
            return false;
        };
        !matches!(process.try_wait(), Ok(None))
    }

    /// Returns when the process that was started ends. One that has ended already may be a launcher, and says nothing.
    pub(super) async fn leaves(&self) {
        if let Some(running) = self.running.as_ref().filter(|_| !self.has_ended()) {
            let _ = running.process.lock().await.wait().await;
        } else {
            std::future::pending::<()>().await;
        }
    }

    /// How the process ended, if it has or is just about to.
    pub(super) async fn ended(&self) -> Option<ExitStatus> {
        let running = self.running.as_ref()?;
        let mut process = running.process.lock().await;
        let status = tokio::time::timeout(OBITUARY, process.wait()).await.ok()?.ok();
        // What it said last is still in the pipe; a grandchild may hold that open.
        let _ = tokio::time::timeout(OBITUARY, self.drained.cancelled()).await;
        status
    }
}

impl Running {
    async fn end(self) {
        let Self { process, group, watchdog, gone, place, awaited } = self;
        take_down(&mut *process.into_inner(), group).await;
        watchdog.release(group);
        gone.cancel();
        drop((place, awaited));
    }
}

/// Input closed, then SIGTERM to the group, then SIGKILL to the group.
async fn take_down(process: &mut dyn ChildWrapper, group: Group) {
    if tokio::time::timeout(POLITE, end_of(process, group)).await.is_ok() {
        return;
    }
    group.terminate();
    if tokio::time::timeout(FIRM, end_of(process, group)).await.is_ok() {
        return;
    }
    group.kill();
    let _ = process.start_kill();
    // The dead of a group whose parent is gone are init's to bury, and not every container's init does.
    let _ = tokio::time::timeout(BURIAL, end_of(process, group)).await;
}

/// Waits until the process and everything that it started in its group are gone.
async fn end_of(process: &mut dyn ChildWrapper, group: Group) {
    // Errors mean that there is nothing left to wait for.
    let _ = process.wait().await;
    while group.exists() {
        tokio::time::sleep(LOOK).await;
    }
}

impl Drop for Child {
    /// The transport has closed, or is about to close, the server's input.
    fn drop(&mut self) {
        let Some(running) = self.running.take() else { return };
        let noise = self.noise.load(std::sync::atomic::Ordering::Relaxed);
        if noise > 0 {
            tracing::info!(server = %self.server, noise, "lines on the server's output were no messages and were passed over");
        }
        running.place.leave();
        match tokio::runtime::Handle::try_current() {
            Ok(handle) => drop(self.tasks.spawn_on(running.end(), &handle)),
            // Nothing can wait any more: no politeness is possible.
            Err(_) => running.group.kill(),
        }
    }
}
