//! The MCP clients on this machine: where each keeps its list of servers, and our entry in that list.
//!
//! A client's file belongs to its user. It changes in our entry only, is replaced whole, and its last content is
//! kept beside it as `.bak`; what does not look like such a file is left alone.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Failure;
use crate::config::environment::Environment;
use crate::config::write::write_private;

mod document;
mod edit;
mod entry;

pub(super) use entry::Entry;

const ENTRY: &str = "Enkrypt Secure MCP Gateway";

/// Claude Code takes no blanks in names.
const PLAIN_ENTRY: &str = "Enkrypt-Secure-MCP-Gateway";

#[derive(Debug)]
pub(super) struct Client {
    /// As the command line has it.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) file: PathBuf,
    /// Whether there is a sign of it on this machine.
    pub(super) found: bool,
    entry: &'static str,
}

/// All clients we know, here or not.
pub(super) fn all(environment: &Environment) -> Result<Vec<Client>, Failure> {
    let home = environment.home().ok_or_else(|| {
        Failure::new("there is no home folder").hint("set `HOME` to yours, as an absolute path")
    })?;
    Ok(vec![claude_desktop(environment, &home), cursor(&home), claude_code(environment, &home)])
}

pub(super) fn named(environment: &Environment, name: &str) -> Result<Client, Failure> {
    let wanted = if name == "claude" { "claude-desktop" } else { name };
    let mut clients = all(environment)?;
    let names: Vec<String> = clients.iter().map(|client| format!("`{}`", client.name)).collect();
    match clients.iter().position(|client| client.name.eq_ignore_ascii_case(wanted)) {
        Some(at) => Ok(clients.swap_remove(at)),
        None => Err(Failure::new(format!("unknown client: `{}`", super::printable(name)))
            .hint(format!("the known ones are {}", names.join(", ")))),
    }
}

fn claude_desktop(environment: &Environment, home: &Path) -> Client {
    let settings = if cfg!(windows) {
        environment.appdata().unwrap_or_else(|| home.join("AppData").join("Roaming"))
    } else if cfg!(target_os = "macos") {
        home.join("Library").join("Application Support")
    } else {
        environment.xdg_config_home().unwrap_or_else(|| home.join(".config"))
    };
    let folder = settings.join("Claude");
    let file = folder.join("claude_desktop_config.json");
    Client { name: "claude-desktop", title: "Claude Desktop", found: folder.is_dir(), file, entry: ENTRY }
}

fn cursor(home: &Path) -> Client {
    let folder = home.join(".cursor");
    Client {
        name: "cursor",
        title: "Cursor",
        found: folder.is_dir(),
        file: folder.join("mcp.json"),
        entry: ENTRY,
    }
}

fn claude_code(environment: &Environment, home: &Path) -> Client {
    let folder = environment.get("CLAUDE_CONFIG_DIR").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let file = folder.unwrap_or_else(|| home.to_owned()).join(".claude.json");
    let found = file.exists() || which::which_in("claude", environment.path(), home).is_ok();
    Client { name: "claude-code", title: "Claude Code", found, file, entry: PLAIN_ENTRY }
}

impl Client {
    /// Puts our entry into the client's file; false where it stands there already.
    pub(super) fn register(&self, entry: &Entry) -> Result<bool, Failure> {
        let text = self.read()?.unwrap_or_default();
        let edited = edit::with_entry(&text, self.entry, &self.value(entry));
        self.store(edited)
    }

    /// Takes our entry out; false where there is none.
    pub(super) fn remove(&self) -> Result<bool, Failure> {
        let Some(text) = self.read()? else { return Ok(false) };
        self.store(edit::without_entry(&text, self.entry))
    }

    /// What a person would paste into a file that has nothing else in it.
    pub(super) fn snippet(&self, entry: &Entry) -> String {
        format!("{:#}", json!({"mcpServers": {self.entry: self.value(entry)}}))
    }

    fn value(&self, entry: &Entry) -> Value {
        let mut value = entry.to_json();
        if let (Value::Object(entry), "claude-code") = (&mut value, self.name) {
            entry.shift_insert(0, "type".to_owned(), "stdio".into());
        }
        value
    }

    fn store(&self, edited: Result<Option<String>, edit::Unfit>) -> Result<bool, Failure> {
        let file = self.file.display();
        let text = edited.map_err(|unfit| {
            Failure::new(format!("`{file}` {unfit}"))
                .hint("it was left as it is: mend it or move it away, then run this again")
        })?;
        let Some(text) = text else { return Ok(false) };
        write_private(&self.file, &text)
            .map_err(|error| Failure::new(format!("`{file}` cannot be written: {error}")))?;
        Ok(true)
    }

    fn read(&self) -> Result<Option<String>, Failure> {
        let file = self.file.display();
        match fs::read_to_string(&self.file) {
            Ok(text) => Ok(Some(text)),
            // To write through it would put a file in the place of the link.
            Err(error) if error.kind() == ErrorKind::NotFound && self.file.is_symlink() => {
                Err(Failure::new(format!("`{file}` is a link to a file that is not there"))
                    .hint("make that file, or remove the link"))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::new(format!("`{file}` cannot be read: {error}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, variables: &[(&str, &str)]) -> PathBuf {
        let environment = Environment::from_pairs(variables.iter().copied());
        named(&environment, name).expect("a client").file
    }

    #[test]
    fn each_file_is_where_its_client_looks() {
        let home = ("HOME", "/nowhere");
        assert_eq!(file("cursor", &[home]), Path::new("/nowhere/.cursor/mcp.json"));
        assert_eq!(file("claude-code", &[home]), Path::new("/nowhere/.claude.json"));
        assert_eq!(file("claude-code", &[home, ("CLAUDE_CONFIG_DIR", "/x")]), Path::new("/x/.claude.json"));
        assert!(named(&Environment::default(), "cursor").is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn claude_desktop_follows_the_settings_folder() {
        let home = ("HOME", "/nowhere");
        let end = "Claude/claude_desktop_config.json";
        assert_eq!(file("claude", &[home]), Path::new("/nowhere/.config").join(end));
        assert_eq!(file("Claude-Desktop", &[home, ("XDG_CONFIG_HOME", "/x")]), Path::new("/x").join(end));
    }
}
