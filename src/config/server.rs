//! One configured server: how it is reached, which of its tools are open, and under which policies.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::Policy;
use super::environment::Environment;
use crate::detect;
use crate::ids::{ServerName, ToolName};
use crate::secret::{Masker, SecretValue};
use crate::tool::Tool;

mod sessions;

pub use sessions::{SessionMode, SessionSettings, Use, WhileAway};

#[derive(Debug)]
pub struct Server {
    pub name: ServerName,
    pub description: Option<String>,
    pub endpoint: Endpoint,
    /// What is looked for wherever texts pass: its own secrets.
    pub secrets: Vec<SecretValue>,
    /// The allow list; empty means that every tool of the server is open.
    pub tools: Vec<ConfiguredTool>,
    pub denied: Vec<DenyRule>,
    pub input: Policy,
    pub output: Policy,
    pub registration: Policy,
    pub session: SessionSettings,
    pub protocol: Protocol,
    /// Whether the server hears of the client's folders, which may widen what it works on.
    pub relay_roots: bool,
}

/// In which revision a server is spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// With `initialize`; a server that knows only the newer one is spoken to in that.
    #[default]
    Legacy,
    /// With metadata in each request, as of 2026-07-28.
    Modern,
    /// The newer one if the server knows it.
    Auto,
}

/// How a server is reached.
#[derive(Debug)]
pub enum Endpoint {
    Command(Command),
    Remote(Remote),
    /// What the file asks for is not part of this version, or was switched off: opening it fails with this reason.
    Refused {
        transport: &'static str,
        shown: String,
        reason: String,
    },
}

/// A program to run and speak to over its standard streams.
#[derive(Debug)]
pub struct Command {
    pub program: String,
    pub args: Vec<SecretValue>,
    /// The arguments as they may be shown: secrets and whatever came from a reference are masked.
    pub shown_args: Vec<String>,
    pub env: Vec<(String, SecretValue)>,
    /// Knows the secrets of this server, so that its output can be shown without them.
    pub masker: Masker,
}

/// An address to speak to over HTTP.
#[derive(Debug)]
pub struct Remote {
    /// Without user information and fragment; its path and query may still hold a secret.
    pub url: SecretValue,
    pub shown: String,
    pub transport: RemoteTransport,
    pub headers: Vec<(String, SecretValue)>,
    /// Whether the address may lead into the gateway's own network.
    pub allow_private: bool,
    /// As a command's.
    pub masker: Masker,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoteTransport {
    StreamableHttp,
    /// The transport of protocol version 2024-11-05: one stream of events, and an address for messages.
    Sse,
}

/// A tool as the file's `tools` writes it.
#[derive(Debug)]
pub enum ConfiguredTool {
    /// `name: description`, to be filled up with the live definition.
    Described {
        name: ToolName,
        description: String,
    },
    Defined(Arc<Tool>),
}

/// An entry of `denied_tools`.
#[derive(Clone, Debug)]
pub struct DenyRule {
    pub pattern: String,
    pub reason: Option<String>,
}

/// The rule that denies a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeniedBy {
    pub pattern: String,
    pub reason: Option<String>,
}

/// What the file says about all servers at once.
#[derive(Clone, Debug)]
pub struct ServerRules {
    pub(super) sessions: SessionSettings,
    pub(super) allow_stdio: bool,
    pub(super) sandbox: bool,
    /// `enkrypt_guardrails_enabled: false`: no policy is in force.
    pub(super) guardrails_off: bool,
    pub(super) thresholds: Thresholds,
    pub(super) overrides: Overrides,
}

/// The scores below which an answer fails a check, where a policy does not say it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Thresholds {
    pub(super) relevancy: Option<f64>,
    pub(super) adherence: Option<f64>,
}

/// `local_server_overrides` as written, but for their references: they fill the gaps of servers that a remote source
/// names.
#[derive(Clone, Default)]
pub(super) struct Overrides {
    pub(super) servers: Map<String, Value>,
    /// Where their references lead: what they stood for when the file was loaded.
    pub(super) found: Environment,
}

// The values may hold credentials.
impl fmt::Debug for Overrides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.servers.keys()).finish()
    }
}

impl Server {
    /// The first rule that denies the tool, as its name is or as it looks. A deny rule wins over the allow list.
    pub fn denied(&self, tool: &ToolName) -> Option<DeniedBy> {
        let name = tool.as_str();
        let looks = if name.is_ascii() { Vec::new() } else { detect::plain(name) };
        let is_meant = |pattern: &str| glob(pattern, name) || looks.iter().any(|name| glob(pattern, name));
        self.denied
            .iter()
            .find(|rule| is_meant(&rule.pattern))
            .map(|rule| DeniedBy { pattern: rule.pattern.clone(), reason: rule.reason.clone() })
    }

    /// Whether the allow list closes the tool.
    pub fn leaves_out(&self, tool: &ToolName) -> bool {
        !self.tools.is_empty() && self.tools.iter().all(|open| open.name() != tool)
    }

    pub fn transport(&self) -> &'static str {
        self.endpoint.transport()
    }
}

impl Endpoint {
    pub fn transport(&self) -> &'static str {
        match self {
            Self::Command(_) => "stdio",
            Self::Remote(remote) => match remote.transport {
                RemoteTransport::StreamableHttp => "streamable_http",
                RemoteTransport::Sse => "sse",
            },
            Self::Refused { transport, .. } => transport,
        }
    }

    /// The command line or the address as it may be shown.
    pub fn shown(&self) -> String {
        match self {
            Self::Command(command) => command.shown(),
            Self::Remote(Remote { shown, .. }) | Self::Refused { shown, .. } => shown.clone(),
        }
    }
}

impl Command {
    /// The command line as it may be shown.
    pub fn shown(&self) -> String {
        let words = std::iter::once(self.program.as_str()).chain(self.shown_args.iter().map(String::as_str));
        words.collect::<Vec<_>>().join(" ")
    }
}

impl ConfiguredTool {
    pub fn name(&self) -> &ToolName {
        match self {
            Self::Described { name, .. } => name,
            Self::Defined(tool) => tool.name(),
        }
    }

    /// Whether its server has to be asked what it is.
    pub fn is_described(&self) -> bool {
        matches!(self, Self::Described { .. })
    }
}

impl Default for ServerRules {
    fn default() -> Self {
        Self {
            sessions: SessionSettings::default(),
            allow_stdio: true,
            sandbox: false,
            guardrails_off: false,
            thresholds: Thresholds::default(),
            overrides: Overrides::default(),
        }
    }
}

/// Shell-style matching of a whole name, without regard to case: `*`, `?`, `[abc]`, `[a-z]`, `[!abc]`.
///
/// One backtrack point is enough for `*`, so the time is bounded by the product of the two lengths.
pub(super) fn glob(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
    let name: Vec<char> = name.to_lowercase().chars().collect();
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        if pattern.get(p) == Some(&'*') {
            star = Some((p + 1, n));
            p += 1;
        } else if let Some(width) = matches_one(&pattern[p..], name[n]) {
            p += width;
            n += 1;
        } else if let Some((after, from)) = star {
            star = Some((after, from + 1));
            (p, n) = (after, from + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// How many pattern characters match this one character, if they do.
fn matches_one(pattern: &[char], c: char) -> Option<usize> {
    match pattern.first()? {
        '?' => Some(1),
        '[' => match pattern.iter().skip(2).position(|c| *c == ']') {
            Some(end) => {
                let set = &pattern[1..end + 2];
                let (negated, set) = if set[0] == '!' { (true, &set[1..]) } else { (false, set) };
                (in_set(set, c) != negated).then_some(end + 3)
            }
            None => (c == '[').then_some(1),
        },
        literal => (*literal == c).then_some(1),
    }
}

fn in_set(set: &[char], c: char) -> bool {
    let mut rest = set;
    while let Some((first, tail)) = rest.split_first() {
        if let ['-', last, after @ ..] = tail {
            if (*first..=*last).contains(&c) {
                return true;
            }
            rest = after;
        } else {
            if *first == c {
                return true;
            }
            rest = tail;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn globs_match_whole_names_in_any_case() {
        for (pattern, name, expected) in [
            ("delete_*", "delete_file", true),
            ("delete_*", "Delete_File", true),
            ("delete_*", "undelete_file", false),
            ("*", "anything", true),
            ("*_admin*", "run_admin_task", true),
            ("get?", "gets", true),
            ("get?", "get", false),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[x", "[x", true),
            ("a*b*c", "aXbXbXc", true),
            ("", "a", false),
        ] {
            assert_eq!(glob(pattern, name), expected, "{pattern} on {name}");
        }
    }

    #[test]
    fn many_stars_stay_fast() {
        assert!(!glob(&"*a".repeat(200), &"a".repeat(5_000).replace("aaaa", "aaab")));
    }
}
