//! Kills what the gateway leaves behind when it is itself killed.
//!
//! A second process of the same binary, started with the first child, holds the read end of a pipe and a list of
//! process groups. When the pipe closes, however that came about, it ends the groups that are still listed. A
//! parent-death signal would miss the grandchildren of launchers like `npx`.

use std::io::{BufRead, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

/// The hidden command that runs `watch`.
pub const COMMAND: &str = "__watchdog";

/// A process group, named by its leader. Empty on systems that have none: there a job object does this work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Group(Option<i32>);

/// The gateway's end of the pipe. Starts the process when the first group is guarded.
#[derive(Clone, Debug, Default)]
pub(super) struct Watchdog(Arc<Mutex<State>>);

#[derive(Debug, Default)]
enum State {
    #[default]
    NotStarted,
    Running {
        pipe: ChildStdin,
        // Kept so that the process is not a zombie's parent of nobody; it ends when the pipe does.
        _process: Child,
    },
    /// It could not be started, or died: said once.
    Failed,
}

impl Watchdog {
    /// Starts the process, if it does not run yet: before the first server, so that there is always someone to tell.
    pub(super) fn wake(&self) {
        let mut state = self.state();
        if matches!(*state, State::NotStarted) {
            *state = start().unwrap_or(State::Failed);
            if matches!(*state, State::Failed) {
                tracing::warn!("no watchdog: servers may outlive a gateway that is killed");
            }
        }
    }

    pub(super) fn guard(&self, group: Group) {
        self.tell('+', group);
    }

    pub(super) fn release(&self, group: Group) {
        self.tell('-', group);
    }

    fn tell(&self, sign: char, group: Group) {
        let Some(id) = group.0 else { return };
        let mut state = self.state();
        if let State::Running { pipe, .. } = &mut *state
            // In one piece: half a line could name another group.
            && pipe.write_all(format!("{sign}{id}\n").as_bytes()).is_err()
        {
            *state = State::Failed;
            tracing::warn!("the watchdog is gone: servers may outlive a gateway that is killed");
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn start() -> Option<State> {
    let mut command = Command::new(std::env::current_exe().ok()?);
    command.arg(COMMAND).env_clear().stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    // Out of the terminal's group, or the Ctrl-C that ends the gateway would end its watchdog too.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut process = command.spawn().ok()?;
    let pipe = process.stdin.take()?;
    Some(State::Running { pipe, _process: process })
}

/// The watchdog itself: reads `+GROUP` and `-GROUP` lines until they end, then ends what is left.
pub fn watch(input: impl BufRead) {
    let mut groups: Vec<Group> = Vec::new();
    for line in input.lines().map_while(Result::ok) {
        let Some((sign, Ok(id))) = line.split_at_checked(1).map(|(sign, id)| (sign, id.parse())) else { continue };
        let group = Group(Some(id));
        groups.retain(|known| *known != group);
        if sign == "+" {
            groups.push(group);
        }
    }
    groups.retain(|group| group.exists());
    if groups.is_empty() {
        return;
    }
    for group in &groups {
        group.terminate();
    }
    // Their input closed with the gateway's end; half a second is what a SIGTERM gets everywhere here.
    for _ in 0..50 {
        std::thread::sleep(std::time::Duration::from_millis(10));
        if !groups.iter().any(|group| group.exists()) {
            return;
        }
    }
    for group in &groups {
        group.kill();
    }
}

#[cfg(unix)]
impl Group {
    pub(super) fn of(leader: Option<u32>) -> Self {
        Self(leader.and_then(|id| i32::try_from(id).ok()).filter(|id| *id > 1))
    }

    pub(super) fn exists(self) -> bool {
        self.pid().is_some_and(|pid| rustix::process::test_kill_process_group(pid).is_ok())
    }

    pub(super) fn terminate(self) {
        self.signal(rustix::process::Signal::TERM);
    }

    pub(super) fn kill(self) {
        self.signal(rustix::process::Signal::KILL);
    }

    fn signal(self, signal: rustix::process::Signal) {
        if let Some(pid) = self.pid() {
            // It fails only when the group is gone, which is what was wanted.
            let _ = rustix::process::kill_process_group(pid, signal);
        }
    }

    fn pid(self) -> Option<rustix::process::Pid> {
        self.0.and_then(rustix::process::Pid::from_raw)
    }
}

#[cfg(not(unix))]
impl Group {
    pub(super) fn of(_leader: Option<u32>) -> Self {
        Self(None)
    }

    pub(super) fn exists(self) -> bool {
        false
    }

    pub(super) fn terminate(self) {}

    pub(super) fn kill(self) {}
}
