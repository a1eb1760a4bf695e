//! The pipe of a server's standard error, by which its process can be told before anybody knows its id.

use std::io::{self, PipeReader, PipeWriter};
use std::process::Stdio;

use tokio::io::AsyncRead;

use super::Group;

/// Both ends of the pipe; `split` gives one to the server.
pub(in crate::downstream) struct Errors {
    ours: PipeReader,
    theirs: PipeWriter,
}

impl Errors {
    pub(in crate::downstream) fn open() -> io::Result<Self> {
        let (ours, theirs) = io::pipe()?;
        Ok(Self { ours, theirs })
    }
}

#[cfg(unix)]
impl Errors {
    /// What the system calls it.
    pub(in crate::downstream) fn pipe(&self) -> Option<u64> {
        rustix::fs::fstat(&self.ours).ok().map(|pipe| pipe.st_ino)
    }

    pub(in crate::downstream) fn split(self) -> io::Result<(Stdio, impl AsyncRead + Unpin)> {
        let ours = tokio::net::unix::pipe::Receiver::from_owned_fd(self.ours.into())?;
        Ok((self.theirs.into(), ours))
    }
}

#[cfg(not(unix))]
impl Errors {
    pub(in crate::downstream) fn pipe(&self) -> Option<u64> {
        None
    }

    pub(in crate::downstream) fn split(self) -> io::Result<(Stdio, impl AsyncRead + Unpin)> {
        let ours = std::os::windows::io::OwnedHandle::from(self.ours);
        let ours = tokio::process::ChildStderr::from_std(std::process::ChildStderr::from(ours))?;
        Ok((self.theirs.into(), ours))
    }
}

/// The groups of the processes that write their errors to one of these pipes.
#[cfg(target_os = "linux")]
pub(super) fn groups_with(pipes: &[u64]) -> Vec<Group> {
    if pipes.is_empty() {
        return Vec::new();
    }
    let wanted: Vec<_> = pipes.iter().map(|pipe| format!("pipe:[{pipe}]")).collect();
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let errors = |pid: i32| std::fs::read_link(format!("/proc/{pid}/fd/2")).ok();
    let pids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
    let holders = pids
        .filter(|pid| errors(*pid).is_some_and(|pipe| wanted.iter().any(|known| pipe == *known.as_str())));
    let groups = holders.filter_map(|pid| rustix::process::getpgid(rustix::process::Pid::from_raw(pid)).ok());
    groups.map(|group| Group::of(group.as_raw_pid().try_into().ok())).collect()
}

#[cfg(not(target_os = "linux"))]
pub(super) fn groups_with(_pipes: &[u64]) -> Vec<Group> {
    Vec::new()
}
