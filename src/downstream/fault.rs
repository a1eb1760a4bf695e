//! What can go wrong with a server, said so that a person can mend it.
//!
//! Text that a server wrote is kept apart in `details`: it is masked here, and screened by the guardrails before
//! it is shown.

use std::fmt;
use std::process::ExitStatus;
use std::sync::atomic::Ordering;

use rmcp::service::ServiceError;

use super::far_end::FarEnd;
use super::launcher::Start;
use super::remote::Loss;
use crate::config::Server;
use crate::fault::{ErrorCode, Fault};
use crate::guardrails::ServerBlocked;
use crate::ids::ServerName;
use crate::timeouts::Interrupted;

/// A failed session, and the server it was with.
#[derive(Debug, thiserror::Error)]
#[error("server `{server}` {}{trouble}", if starting.is_some() { "did not start: it " } else { "" })]
pub struct SessionFault {
    pub server: ServerName,
    pub trouble: Trouble,
    /// Still at the start, of this kind: opening or shaking hands.
    starting: Option<Start>,
    /// The server has forgotten the session, and so has run nothing.
    forgotten: bool,
    /// The server's own words: its error message and the last lines of its standard error, secrets masked.
    details: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("is not available: {0}")]
    Refused(String),
    #[error("cannot be started: there is no command `{program}`")]
    NotFound { program: String },
    #[error("cannot be started: `{program}` is {}", if *folder { "a folder" } else { "no program that this user may run" })]
    NotExecutable { program: String, folder: bool },
    #[error("cannot be started: the command `{program}` does not run: {}", NotRun::of(source))]
    Spawn { program: String, source: std::io::Error },
    #[error("{}", how(*status))]
    Exited { status: ExitStatus },
    #[error("{0}")]
    Lost(Loss),
    #[error("closed the connection")]
    Closed,
    #[error("broke the protocol: {0}")]
    Protocol(String),
    #[error("refused to work")]
    Rpc(serde_json::Value),
    #[error("answered with more than {limit} bytes")]
    TooLong { limit: usize },
    #[error("was not started: {limit} sessions are open already, or one key has its share of them")]
    TooManySessions { limit: usize },
    #[error("{0}")]
    Interrupted(Interrupted),
    #[error("is blocked by its registration policy: {}", .0.violations.join("; "))]
    Blocked(ServerBlocked),
    #[error("{0} while another batch had its session")]
    Busy(Interrupted),
}

impl SessionFault {
    pub fn new(server: &ServerName, trouble: Trouble) -> Self {
        let forgotten = matches!(trouble, Trouble::Lost(Loss::SessionLost));
        Self { server: server.clone(), trouble, starting: None, forgotten, details: Vec::new() }
    }

    pub(super) fn during_start(mut self, server: &Server) -> Self {
        self.starting = Some(Start::of(server));
        self
    }

    /// Whether the server has answered the call, that it does not do it.
    pub fn is_an_answer(&self) -> bool {
        matches!(self.trouble, Trouble::Rpc(_)) && self.starting.is_none()
    }

    /// Whether what was asked for can be asked again in a new session, since it was not done.
    pub fn may_be_asked_again(&self) -> bool {
        self.forgotten
    }

    /// Adds why the server is gone, if it is, and its last words.
    pub(super) async fn told_by(mut self, far_end: &FarEnd) -> Self {
        if matches!(self.trouble, Trouble::Closed)
            && let Some(why) = far_end.ended().await
        {
            self.trouble = why;
        }
        // Only here is it known which secrets the server has.
        self.details.extend(self.trouble.message().map(|message| far_end.quote(message)));
        self.details.extend(far_end.last_words());
        if matches!(self.trouble, Trouble::Interrupted(Interrupted::Timeout { .. })) {
            self.details.extend(chatter(far_end.noise().load(Ordering::Relaxed)));
        }
        self
    }

    /// Puts screened details in the place of the server's own.
    #[must_use]
    pub fn with_details(mut self, details: Vec<String>) -> Self {
        self.details = details;
        self
    }
}

impl Fault for SessionFault {
    fn code(&self) -> ErrorCode {
        match &self.trouble {
            Trouble::Refused(_)
            | Trouble::NotFound { .. }
            | Trouble::NotExecutable { .. }
            | Trouble::Spawn { .. } => ErrorCode::ServerStartFailed,
            Trouble::Exited { .. } | Trouble::Closed | Trouble::Lost(_) | Trouble::Rpc(_)
                if self.starting.is_some() =>
            {
                ErrorCode::ServerStartFailed
            }
            Trouble::Blocked(blocked) => blocked.code(),
            Trouble::Lost(why) if why.breaks_protocol() => ErrorCode::ServerProtocol,
            Trouble::Exited { .. } | Trouble::Closed | Trouble::Lost(_) => ErrorCode::ServerClosed,
            Trouble::Protocol(_) | Trouble::Rpc(_) => ErrorCode::ServerProtocol,
            Trouble::TooLong { .. } | Trouble::TooManySessions { .. } => ErrorCode::LimitExceeded,
            Trouble::Interrupted(Interrupted::Timeout { .. })
            | Trouble::Busy(Interrupted::Timeout { .. }) => ErrorCode::Timeout,
            Trouble::Interrupted(Interrupted::Cancelled) | Trouble::Busy(Interrupted::Cancelled) => {
                ErrorCode::Cancelled
            }
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match &self.trouble {
            Trouble::NotFound { program } if is_command_line(program) => {
                "write the program alone as `command`, and its arguments as a list in `args`".to_owned()
            }
            Trouble::NotFound { program } if program.contains(['/', '\\']) => {
                "check the `command` of this server in the configuration; `~` and `$HOME` are not followed there".to_owned()
            }
            Trouble::NotFound { program } => format!(
                "install `{program}`, or write its absolute path as `command`; `PATH` and the login shell's `PATH` were searched"
            ),
            Trouble::NotExecutable { folder: true, .. } => {
                "write the program itself as `command`, with its whole path".to_owned()
            }
            Trouble::NotExecutable { program, .. } => format!(
                "run `chmod +x {program}` if it is a program, or write what runs it as `command` and the file in `args`"
            ),
            Trouble::Spawn { source, .. } => NotRun::of(source).hint().to_owned(),
            Trouble::Exited { .. } | Trouble::Closed if self.starting.is_some() && self.details.is_empty() => {
                format!("run the server's command by hand to see why it ends; {ALONE}")
            }
            Trouble::Exited { .. } | Trouble::Closed if self.starting.is_some() => {
                format!("`details` has its last lines; run its command by hand to see more; {ALONE}")
            }
            Trouble::Exited { .. } | Trouble::Closed => "the next call is made in a new session".to_owned(),
            Trouble::Lost(why) => return why.hint().map(str::to_owned),
            Trouble::TooLong { .. } => {
                "ask the tool for less, or raise `max_result_bytes` in `common_mcp_gateway_config`".to_owned()
            }
            Trouble::TooManySessions { .. } => {
                "wait for one of your batches to end, or raise `max_sessions` in `common_mcp_gateway_config`".to_owned()
            }
            Trouble::Interrupted(Interrupted::Timeout { setting, .. }) => slow(self.starting, setting),
            Trouble::Busy(Interrupted::Timeout { setting, .. }) => format!(
                "wait for that batch to end, raise `{setting}` in `timeout_settings`, or set `session_mode` to `batch` for this server"
            ),
            Trouble::Blocked(blocked) => return blocked.hint(),
            Trouble::Refused(_)
            | Trouble::Protocol(_)
            | Trouble::Rpc(_)
            | Trouble::Interrupted(Interrupted::Cancelled)
            | Trouble::Busy(Interrupted::Cancelled) => return None,
        };
        Some(hint)
    }

    fn details(&self) -> Vec<String> {
        self.details.clone()
    }
}

/// rmcp's errors can hold whole messages: only their kind is said.
impl From<&ServiceError> for Trouble {
    fn from(error: &ServiceError) -> Self {
        match error {
            ServiceError::TransportClosed | ServiceError::TransportSend(_) => Self::Closed,
            ServiceError::Cancelled { .. } => {
                Self::Protocol("the request was cancelled on the way".to_owned())
            }
            _ => Self::Protocol("an answer of the wrong kind".to_owned()),
        }
    }
}

impl Trouble {
    /// What the server said when it refused; `told_by` makes it fit to be shown.
    fn message(&self) -> Option<&str> {
        match self {
            Self::Rpc(error) => error.get("message")?.as_str(),
            Self::Lost(why) => why.said(),
            _ => None,
        }
    }
}

/// Why a command that runs by hand may not run here.
const ALONE: &str = "if it runs there, it misses a variable here: of yours a server gets only the likes of `PATH` and `HOME`, and those that stand in its `env`";

/// Whether it has arguments in it: only a path has blanks of its own.
fn is_command_line(program: &str) -> bool {
    let mut words = program.split_whitespace();
    words.next().is_some_and(|first| !first.contains(['/', '\\'])) && words.next().is_some()
}

/// What to do about a server that needs longer. A session for calls begins under another limit than the one in which
/// tools are listed.
fn slow(starting: Option<Start>, setting: &str) -> String {
    let raise = match (starting, setting) {
        (Some(_), "discovery_timeout") => "raise `discovery_timeout` and `default_timeout`".to_owned(),
        _ => format!("raise `{setting}`"),
    };
    match starting {
        Some(Start::Fetched) => format!(
            "run the server's command by hand once: the first start may download it; or {raise} in `timeout_settings`"
        ),
        Some(Start::Program) => format!(
            "run the server's command by hand to see how long it takes to start, and {raise} in `timeout_settings` if it needs longer"
        ),
        Some(Start::Address) => format!(
            "check that an MCP server answers at the `url` of this server, and {raise} in `timeout_settings` if it needs longer"
        ),
        None => format!("{raise} in `timeout_settings` if the server needs longer"),
    }
}

/// Why a program that was found is not run.
enum NotRun {
    /// It names one that is not there.
    Interpreter,
    /// It is a script that names none, or is for another machine.
    Format,
    /// So many files are open already.
    Files,
    Other(std::io::ErrorKind),
}

impl NotRun {
    fn of(error: &std::io::Error) -> Self {
        #[cfg(unix)]
        match error.raw_os_error().map(rustix::io::Errno::from_raw_os_error) {
            Some(rustix::io::Errno::NOEXEC) => return Self::Format,
            Some(rustix::io::Errno::MFILE | rustix::io::Errno::NFILE) => return Self::Files,
            _ => {}
        }
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::Interpreter,
            kind => Self::Other(kind),
        }
    }

    fn hint(&self) -> &'static str {
        match self {
            Self::Interpreter => {
                "check the first line of the file, or write its interpreter as `command` and the file in `args`"
            }
            Self::Format => {
                "begin the script with `#!` and its interpreter, or write the interpreter as `command` and the file in `args`"
            }
            Self::Files => {
                "end some sessions, or start the gateway with a higher limit of open files (`ulimit -n`)"
            }
            Self::Other(_) => "check that the file is a program that this user may run",
        }
    }
}

impl fmt::Display for NotRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interpreter => f.write_str("the interpreter that it needs is not there"),
            Self::Format => {
                f.write_str("it is no program of this machine, and its first line names no interpreter")
            }
            Self::Files => f.write_str("the gateway has as many files open as it may"),
            Self::Other(kind) => kind.fmt(f),
        }
    }
}

/// Of lines on standard output that are no messages: a common mistake of servers, and here the likely cause.
fn chatter(lines: u64) -> Option<String> {
    (lines > 0).then(|| {
        format!("lines on its standard output that are no MCP messages: {lines}; only messages belong there")
    })
}

fn how(status: ExitStatus) -> String {
    status
        .code()
        .map_or_else(|| "was ended by a signal".to_owned(), |code| format!("ended with exit code {code}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_is_no_path() {
        for program in ["npx -y notes", "npx -y @scope/notes", "docker run ghcr.io/a/notes"] {
            assert!(is_command_line(program), "{program}");
        }
        for program in
            ["npx", "/Applications/Notes Server/notes", "~/bin/notes -v", "C:\\Program Files\\notes.exe"]
        {
            assert!(!is_command_line(program), "{program}");
        }
    }
}
