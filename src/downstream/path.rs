//! Finds a server's program the way a terminal would.
//!
//! A client with a window starts the gateway with a poor `PATH`, without the folders of nvm, pyenv or Homebrew.
//! The login shell knows them; it is asked once, and only when the given `PATH` has no such program.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Child;
use tokio::sync::OnceCell;

use super::fault::Trouble;
use super::watchdog::{Group, Watchdog};
use crate::config::environment::Environment;
use crate::lock::Lock;
use crate::scope::Scope;
use crate::timeouts::{Interrupted, Operation};

/// Around the answer, because a login shell may greet first.
const MARK: &str = "__secure_mcp_gateway_path__";

const MAX_ANSWER: usize = 64 * 1024;
/// A shell that has answered has this long to end by itself.
const GOODBYE: Duration = Duration::from_millis(200);

/// A shell that took too long is not asked again for this long: every call would wait for it.
const PAUSE: Duration = Duration::from_secs(60);

pub(super) struct SearchPath {
    path: Option<OsString>,
    shell: Option<String>,
    home: Option<PathBuf>,
    /// What the shell said. A question that was interrupted is asked again.
    login: OnceCell<Option<OsString>>,
    /// When it last took too long.
    gave_up: Lock<Option<Instant>>,
    watchdog: Watchdog,
}

/// A program that exists, and the `PATH` that its own interpreter may need.
pub(super) struct Program {
    pub(super) file: PathBuf,
    /// What the server's `PATH` has to be, where it is not the gateway's own.
    pub(super) path: Option<OsString>,
}

impl SearchPath {
    pub(super) fn new(environment: &Environment, watchdog: Watchdog) -> Self {
        Self {
            path: environment.path().map(OsString::from),
            shell: environment.shell().map(str::to_owned),
            home: environment.home(),
            login: OnceCell::new(),
            gave_up: Lock::default(),
            watchdog,
        }
    }

    pub(super) async fn resolve(&self, scope: &Scope, program: &str) -> Result<Program, Trouble> {
        let here = std::env::current_dir().unwrap_or_default();
        if let Ok(file) = which::which_in(program, self.path.as_ref(), &here) {
            let path = self.with_folder_of(&file);
            return Ok(Program { file, path });
        }
        let not_found = || Trouble::NotFound { program: program.to_owned() };
        if program.contains(['/', '\\']) {
            return Err(match std::fs::metadata(here.join(program)) {
                Ok(found) => Trouble::NotExecutable { program: program.to_owned(), folder: found.is_dir() },
                Err(_) => not_found(),
            });
        }
        if self.gave_up.lock().is_some_and(|at| at.elapsed() < PAUSE) {
            return Err(not_found());
        }
        let login = match self.login.get_or_try_init(|| self.ask(scope)).await {
            Ok(login) => login.clone().ok_or_else(not_found)?,
            Err(Interrupted::Cancelled) => return Err(Trouble::Interrupted(Interrupted::Cancelled)),
            Err(Interrupted::Timeout { .. }) => {
                *self.gave_up.lock() = Some(Instant::now());
                return Err(not_found());
            }
        };
        let file = which::which_in(program, Some(&login), &here).map_err(|_| not_found())?;
        Ok(Program { file, path: Some(login) })
    }

    /// `npx` named by its absolute path is a script for the `node` that stands beside it.
    fn with_folder_of(&self, file: &Path) -> Option<OsString> {
        let folder = file.parent()?;
        let known = self.path.as_deref().unwrap_or_default();
        let folders: Vec<PathBuf> = std::env::split_paths(known).collect();
        if folders.iter().any(|known| known == folder) {
            return None;
        }
        std::env::join_paths(folders.into_iter().chain([folder.to_owned()])).ok()
    }

    async fn ask(&self, scope: &Scope) -> Result<Option<OsString>, Interrupted> {
        let Some(shell) = self.shell.as_deref().filter(|_| cfg!(unix)) else { return Ok(None) };
        let answer = scope.timeouts.run(Operation::Connectivity, &scope.cancel, self.run(shell)).await;
        if !matches!(answer, Ok(Some(_))) {
            tracing::warn!("the login shell did not tell its PATH");
        }
        answer
    }

    /// Interactive and login, because nvm and its kind stand in either file. The script is ours and constant.
    async fn run(&self, shell: &str) -> Option<OsString> {
        let mut command = tokio::process::Command::new(shell);
        command.args(["-l", "-i", "-c"]).arg(format!("printf '%s%s%s' {MARK} \"$PATH\" {MARK}"));
        command
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        if let Some(home) = &self.home {
            command.env("HOME", home);
        }
        if let Some(path) = &self.path {
            command.env("PATH", path);
        }
        #[cfg(unix)]
        command.process_group(0);
        self.watchdog.wake();
        let mut shell = Shell::new(command.spawn().ok()?, &self.watchdog);
        let answer = answer(shell.process.stdout.take()?).await?;
        shell.leave().await;
        Some(answer)
    }
}

/// Reads up to the second mark, not to the end: what the shell's files left running may hold the pipe open.
async fn answer(mut output: impl AsyncRead + Unpin) -> Option<OsString> {
    let mut text = Vec::new();
    while text.len() < MAX_ANSWER && output.read_buf(&mut text).await.ok()? > 0 {
        let text = String::from_utf8_lossy(&text);
        let mut parts = text.split(MARK);
        if let (Some(_), Some(path), Some(_)) = (parts.next(), parts.next(), parts.next()) {
            return (!path.is_empty()).then(|| OsString::from(path));
        }
    }
    None
}

/// A running shell; one that is dropped before it has ended takes what it started with it.
struct Shell {
    process: Child,
    group: Group,
    watchdog: Watchdog,
    ended: bool,
}

impl Shell {
    fn new(process: Child, watchdog: &Watchdog) -> Self {
        let group = Group::of(process.id());
        watchdog.guard(group, "the login shell");
        Self { process, group, watchdog: watchdog.clone(), ended: false }
    }

    async fn leave(mut self) {
        self.ended = tokio::time::timeout(GOODBYE, self.process.wait()).await.is_ok();
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        if !self.ended {
            self.group.kill();
        }
        self.watchdog.release(self.group);
    }
}
