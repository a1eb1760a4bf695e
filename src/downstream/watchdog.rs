//! Kills what the gateway leaves behind when it is itself killed.
//!
//! A second process of the same binary, started with the first child, holds the read end of a pipe and a list of
//! process groups. When the pipe closes, however that came about, it ends the groups that are still listed. A
//! parent-death signal would miss the grandchildren of launchers like `npx`. A server whose gateway is killed between
//! starting it and saying so is told by the pipe that it was given for its errors, where the system lets us look.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use crate::lock::Lock;

mod alive;
mod errors;

pub(super) use errors::Errors;

/// The hidden command that runs `watch`.
pub const COMMAND: &str = "__watchdog";

/// Nothing outlives SIGKILL, but dying takes a moment.
pub(super) const BURIAL: Duration = Duration::from_millis(200);
/// How often a group is looked at that nothing can be waited for.
pub(super) const LOOK: Duration = Duration::from_millis(10);
/// What is told meanwhile is read together: whoever starts a server has better use for the processor.
const PAUSE: Duration = Duration::from_millis(50);

/// A process group, named by its leader. Empty on systems that have none: there a job object does this work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Group(Option<i32>);

/// The gateway's end of the pipe. Starts the process before the first server, and again should it be gone.
#[derive(Clone, Debug, Default)]
pub(super) struct Watchdog(Arc<Lock<State>>);

#[derive(Debug, Default)]
struct State {
    running: Option<Running>,
    /// What a new process has to be told.
    guarded: Vec<(i32, String)>,
    /// The pipes of servers that are being started.
    expected: Vec<u64>,
    /// That it cannot be started was said.
    complained: bool,
}

#[derive(Debug)]
struct Running {
    pipe: ChildStdin,
    process: Child,
}

/// A server that is being started; dropped when its group is known, or when it did not start.
pub(super) struct Expected {
    watchdog: Watchdog,
    pipe: Option<u64>,
}

impl Watchdog {
    /// Starts the process, if it does not run yet: before a server, so that there is always someone to tell.
    pub(super) fn wake(&self) {
        let mut state = self.0.lock();
        if state.running.is_none() {
            state.start();
        }
    }

    /// As `wake`, for a server that will have this pipe.
    pub(super) fn expect(&self, pipe: Option<u64>) -> Expected {
        self.wake();
        if let Some(pipe) = pipe {
            let mut state = self.0.lock();
            state.expected.push(pipe);
            state.tell('?', pipe);
        }
        Expected { watchdog: self.clone(), pipe }
    }

    /// `name` is for whoever reads the log.
    pub(super) fn guard(&self, group: Group, name: &str) {
        let Some(id) = group.0 else { return };
        let mut state = self.0.lock();
        state.guarded.push((id, name.to_owned()));
        state.tell('+', id);
    }

    pub(super) fn release(&self, group: Group) {
        let Some(id) = group.0 else { return };
        let mut state = self.0.lock();
        state.guarded.retain(|(known, _)| *known != id);
        state.tell('-', id);
    }

    /// Ends all groups at once, without asking them. The names of those that are not gone after a moment.
    pub(super) async fn kill_all(&self) -> Vec<String> {
        let mut guarded = self.0.lock().guarded.clone();
        for (id, _) in &guarded {
            Group(Some(*id)).kill();
        }
        let gone = async {
            loop {
                // The dead whom nobody buries are no news: whoever would wait for a server may have no time left.
                let left: Vec<Group> = guarded.iter().map(|(id, _)| Group(Some(*id))).collect();
                let living = living(left);
                guarded.retain(|(id, _)| living.contains(&Group(Some(*id))));
                if guarded.is_empty() {
                    return;
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        let _ = tokio::time::timeout(BURIAL, gone).await;
        guarded.into_iter().map(|(_, name)| name).collect()
    }
}

impl Drop for Expected {
    fn drop(&mut self) {
        let Some(pipe) = self.pipe else { return };
        let mut state = self.watchdog.0.lock();
        state.expected.retain(|known| *known != pipe);
        state.tell('!', pipe);
    }
}

impl State {
    fn tell(&mut self, sign: char, id: impl std::fmt::Display) {
        let Some(running) = &mut self.running else { return };
        if running.say(sign, id).is_err() {
            tracing::warn!("the watchdog is gone; starting another");
            let _ = running.process.wait();
            self.start();
        }
    }

    fn start(&mut self) {
        self.running = start().and_then(|mut running| {
            self.guarded.iter().try_for_each(|(id, _)| running.say('+', id)).ok()?;
            self.expected.iter().try_for_each(|pipe| running.say('?', pipe)).ok()?;
            Some(running)
        });
        if self.running.is_none() && !std::mem::replace(&mut self.complained, true) {
            tracing::warn!("no watchdog: servers may outlive a gateway that is killed");
        }
    }
}

impl Running {
    /// In one piece: half a line could name another group.
    fn say(&mut self, sign: char, id: impl std::fmt::Display) -> std::io::Result<()> {
        self.pipe.write_all(format!("{sign}{id}\n").as_bytes())
    }
}

fn start() -> Option<Running> {
    let mut command = Command::new(std::env::current_exe().ok()?);
    command.arg(COMMAND).env_clear().stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    // Out of the terminal's group, or the Ctrl-C that ends the gateway would end its watchdog too.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut process = command.spawn().ok()?;
    let pipe = process.stdin.take()?;
    Some(Running { pipe, process })
}

/// Rests after each read, before it waits for more.
struct Unhurried<R>(R);

impl<R: Read> Read for Unhurried<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.0.read(buffer)?;
        if read > 0 {
            std::thread::sleep(PAUSE);
        }
        Ok(read)
    }
}

/// Those of the groups in which something still runs. Where the system does not say who is dead and not yet buried,
/// these count as well.
fn living(mut groups: Vec<Group>) -> Vec<Group> {
    groups.retain(|group| group.exists());
    alive::among(groups)
}

/// The watchdog itself: reads what is guarded (`+`, `-`) and expected (`?`, `!`), then ends what is left.
pub fn watch(input: impl Read) {
    let mut groups: Vec<Group> = Vec::new();
    let mut expected: Vec<u64> = Vec::new();
    for line in BufReader::new(Unhurried(input)).lines().map_while(Result::ok) {
        let Some((sign, Ok(id))) = line.split_at_checked(1).map(|(sign, id)| (sign, id.parse::<u64>()))
        else {
            continue;
        };
        let group = Group(i32::try_from(id).ok());
        match sign {
            "?" => expected.push(id),
            "!" => expected.retain(|known| *known != id),
            _ => groups.retain(|known| *known != group),
        }
        if sign == "+" {
            groups.push(group);
        }
    }
    groups.extend(errors::groups_with(&expected));
    groups.retain(|group| group.exists());
    if groups.is_empty() {
        return;
    }
    for group in &groups {
        group.terminate();
    }
    // Their input closed with the gateway's end; half a second is what a SIGTERM gets everywhere here.
    for _ in 0..50 {
        std::thread::sleep(LOOK);
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::process::CommandExt as _;

    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

    use super::*;

    #[tokio::test]
    async fn a_server_that_is_dead_and_not_buried_is_gone() {
        let mut server = Command::new("true").process_group(0).spawn().expect("it starts");
        let leader = i32::try_from(server.id()).ok().and_then(Pid::from_raw).expect("an id");
        waitid(WaitId::Pid(leader), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).expect("it ends");
        let group = Group::of(Some(server.id()));
        assert!(group.exists(), "its entry is there until somebody waits for it");
        let watchdog = Watchdog::default();
        watchdog.guard(group, "short");
        assert_eq!(watchdog.kill_all().await, Vec::<String>::new());
        server.wait().expect("it is buried");
    }
}
