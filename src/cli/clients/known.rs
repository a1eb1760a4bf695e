//! The clients we know, a row for each: where its file is, what its list of servers is called, how an entry looks.
//!
//! All that sets a client apart stands in its row. Nothing elsewhere asks which client it is.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Entry;
use super::edit::Place;
use crate::config::environment::Environment;

#[derive(Debug)]
pub(super) struct Known {
    /// As the command line has it.
    pub(super) name: &'static str,
    alias: &'static str,
    pub(super) title: &'static str,
    base: Base,
    /// Below that, with `/`.
    file: &'static str,
    /// Where others use its folder too: its file, or this program on the `PATH`, is the sign of it.
    program: Option<&'static str>,
    pub(super) place: Place,
    /// Its entries say that they are of the type `stdio`.
    typed: bool,
    pub(super) reading: Reading,
}

/// What an entry means to its client and would not mean to us.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::cli) struct Reading {
    /// `$NAME` in a text is a variable.
    pub(in crate::cli) dollars: bool,
    /// A `url` of no type is of the old transport.
    pub(in crate::cli) sse: bool,
}

#[derive(Debug)]
enum Base {
    Home,
    /// The folder that a variable names, or else home.
    Variable(&'static str),
    /// Where programs keep their settings: below home that is elsewhere on a Mac.
    Settings {
        mac: &'static str,
    },
}

const LIBRARY: Base = Base::Settings { mac: "Library/Application Support" };

const NAMED: Place = Place { list: "mcpServers", entry: "Enkrypt Secure MCP Gateway" };

/// For those that take no blanks in names, or advise against them.
const PLAIN: Place = Place { entry: "Enkrypt-Secure-MCP-Gateway", ..NAMED };

/// What most clients have.
pub(super) const USUAL: Known = Known {
    name: "",
    alias: "",
    title: "",
    base: Base::Home,
    file: "",
    program: None,
    place: PLAIN,
    typed: false,
    reading: Reading { dollars: false, sse: false },
};

pub(super) static KNOWN: &[Known] = &[
    Known {
        name: "claude-desktop",
        alias: "claude",
        title: "Claude Desktop",
        base: LIBRARY,
        file: "Claude/claude_desktop_config.json",
        place: NAMED,
        ..USUAL
    },
    Known { name: "cursor", title: "Cursor", file: ".cursor/mcp.json", place: NAMED, ..USUAL },
    Known {
        name: "claude-code",
        title: "Claude Code",
        base: Base::Variable("CLAUDE_CONFIG_DIR"),
        file: ".claude.json",
        program: Some("claude"),
        typed: true,
        ..USUAL
    },
    Known {
        name: "vscode",
        title: "VS Code",
        base: LIBRARY,
        file: "Code/User/mcp.json",
        place: Place { list: "servers", ..PLAIN },
        typed: true,
        ..USUAL
    },
    Known { name: "windsurf", title: "Windsurf", file: ".codeium/windsurf/mcp_config.json", ..USUAL },
    Known {
        name: "gemini-cli",
        alias: "gemini",
        title: "Gemini CLI",
        base: Base::Variable("GEMINI_CLI_HOME"),
        file: ".gemini/settings.json",
        program: Some("gemini"),
        reading: Reading { dollars: true, sse: true },
        ..USUAL
    },
    Known {
        name: "zed",
        title: "Zed",
        base: Base::Settings { mac: ".config" },
        file: "zed/settings.json",
        place: Place { list: "context_servers", ..PLAIN },
        ..USUAL
    },
];

/// Whether the gateway goes by this name in one client or another.
pub(super) fn is_our_name(name: &str) -> bool {
    KNOWN.iter().any(|known| known.place.entry == name)
}

impl Known {
    pub(super) fn is_called(&self, name: &str) -> bool {
        [self.name, self.alias].iter().any(|own| !own.is_empty() && own.eq_ignore_ascii_case(name))
    }

    pub(super) fn file(&self, environment: &Environment, home: &Path) -> PathBuf {
        self.base.folder(environment, home).join(native(self.file))
    }

    /// Whether there is a sign of it on this machine.
    pub(super) fn is_found(&self, file: &Path, environment: &Environment, home: &Path) -> bool {
        match self.program {
            Some(program) => file.exists() || which::which_in(program, environment.path(), home).is_ok(),
            None => file.parent().is_some_and(Path::is_dir),
        }
    }

    /// What stands under our name in its list.
    pub(super) fn value(&self, entry: &Entry) -> Value {
        let mut value = entry.to_json();
        if let (Value::Object(entry), true) = (&mut value, self.typed) {
            entry.shift_insert(0, "type".to_owned(), "stdio".into());
        }
        value
    }

    /// What a person would paste into a file that has nothing else in it.
    pub(super) fn snippet(&self, entry: &Entry) -> String {
        format!("{:#}", json!({self.place.list: {self.place.entry: self.value(entry)}}))
    }
}

impl Base {
    fn folder(&self, environment: &Environment, home: &Path) -> PathBuf {
        let folder = match self {
            Self::Home => None,
            Self::Variable(name) => {
                environment.get(name).filter(|folder| !folder.is_empty()).map(PathBuf::from)
            }
            Self::Settings { mac } if cfg!(target_os = "macos") => Some(home.join(native(mac))),
            Self::Settings { .. } if cfg!(windows) => {
                Some(environment.appdata().unwrap_or_else(|| home.join("AppData").join("Roaming")))
            }
            Self::Settings { .. } => {
                Some(environment.xdg_config_home().unwrap_or_else(|| home.join(".config")))
            }
        };
        folder.unwrap_or_else(|| home.to_owned())
    }
}

/// With the separators of this system.
fn native(path: &str) -> PathBuf {
    path.split('/').collect()
}
