//! The MCP clients on this machine: where each keeps its list of servers, and our entry in that list.
//!
//! A client's file belongs to its user. It changes in our entry only, and in those that its user has us take along. It
//! is replaced whole, and is kept beside itself as
//! it was before the first change; what does not look like such a file is left alone.

use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::Failure;
use crate::config::environment::Environment;
use crate::config::write::replace_unchanged;
use crate::secret::GatewayKey;

mod backup;
pub(super) mod document;
pub(super) mod edit;
mod entry;
mod known;
mod moved;

use backup::Backup;
use edit::Entries;
pub(super) use entry::Entry;
pub(super) use known::Reading;
use known::{KNOWN, Known, USUAL};
use moved::Moved;

/// A client that runs may write its file at any time: so often we start over.
const TRIES: usize = 3;

#[derive(Debug)]
pub(super) struct Client {
    known: &'static Known,
    pub(super) file: PathBuf,
    /// Whether there is a sign of it on this machine.
    pub(super) found: bool,
}

/// What became of one client's file.
pub(super) struct Done {
    pub(super) word: &'static str,
    /// What its owner should know besides.
    pub(super) remarks: Vec<String>,
}

/// All clients we know, here or not.
pub(super) fn all(environment: &Environment) -> Result<Vec<Client>, Failure> {
    KNOWN.iter().map(|known| Client::of(known, environment)).collect()
}

pub(super) fn named(environment: &Environment, name: &str) -> Result<Client, Failure> {
    match KNOWN.iter().find(|known| known.is_called(name)) {
        Some(known) => Client::of(known, environment),
        None => Err(Failure::new(format!("unknown client: `{}`", super::printable(name)))
            .hint(format!("the known ones are `{}`", names().join("`, `")))),
    }
}

/// As the command line has them.
pub(super) fn names() -> Vec<&'static str> {
    KNOWN.iter().map(|known| known.name).collect()
}

/// What a person would paste into the client's file, or into that of one that we do not know.
pub(super) fn snippet(client: Option<&Client>, entry: &Entry) -> String {
    client.map_or(&USUAL, |client| client.known).snippet(entry)
}

impl Client {
    fn of(known: &'static Known, environment: &Environment) -> Result<Self, Failure> {
        let home = environment.home().ok_or_else(|| {
            Failure::new("there is no home folder").hint("set `HOME` to yours, as an absolute path")
        })?;
        let file = known.file(environment, &home);
        let found = known.is_found(&file, environment, &home);
        Ok(Self { known, file, found })
    }

    pub(super) fn title(&self) -> &'static str {
        self.known.title
    }

    /// The key that stands in its entry of our name. What cannot be read has none.
    pub(super) fn key(&self) -> Option<GatewayKey> {
        let entry = edit::entry(&self.read().ok()??, self.known.place).ok()??;
        entry["env"]["ENKRYPT_GATEWAY_KEY"].as_str().map(GatewayKey::from)
    }

    /// Puts our entry into the client's file; the file as it was before the first time is kept.
    pub(super) fn register(&self, entry: &Entry) -> Result<Done, Failure> {
        let (wanted, place) = (self.known.value(entry), self.known.place);
        let backup = Backup::of(&self.file);
        for _ in 0..TRIES {
            let written = self.read()?;
            let text = written.as_deref().unwrap_or_default();
            let edited = edit::with_entry(text, place, &wanted).map_err(|unfit| self.unfit(&unfit))?;
            let Some(edited) = edited else { return Ok(Done::new("unchanged")) };
            let there = edit::entry(text, place).map_err(|unfit| self.unfit(&unfit))?;
            let first = there.as_ref().is_none_or(|there| !edit::is_ours(there, &entry.command));
            let made = match &written {
                Some(text) if first => backup.make(text, &self.file)?,
                _ => false,
            };
            let foreign = there.filter(|_| first);
            if foreign.is_some() && !made && backup.entry(place) != foreign {
                return Err(self.unsaved(&backup));
            }
            if self.replace(written.as_deref(), &edited, None)? {
                let done = Done::new("registered");
                let remark = "another program's entry stood there: `setup --undo` puts it back";
                return Ok(if foreign.is_some() { done.remark(remark) } else { done });
            }
            if made {
                backup.remove()?;
            }
        }
        Err(self.restless())
    }

    /// How its entries are to be read.
    pub(super) fn reading(&self) -> Reading {
        self.known.reading
    }

    /// The servers that it reaches past the gateway.
    pub(super) fn others(&self) -> Result<Entries, Failure> {
        let (text, program) = (self.read()?.unwrap_or_default(), entry::this_program()?);
        let mut others = edit::entries(&text, self.known.place.list).map_err(|unfit| self.unfit(&unfit))?;
        others.retain(|name, entry| {
            !known::is_our_name(name) && !edit::is_ours(entry, &program) && !edit::is_off(entry)
        });
        Ok(others)
    }

    /// Takes entries out that are behind the gateway now, as far as they are still what they were; `remove` has them.
    pub(super) fn hand_over(&self, entries: &Entries) -> Result<Entries, Failure> {
        let moved = Moved::of(&self.file);
        for _ in 0..TRIES {
            let text = self.read()?.unwrap_or_default();
            let (edited, gone) =
                edit::without(&text, self.known.place.list, entries).map_err(|unfit| self.unfit(&unfit))?;
            if gone.is_empty() {
                return Ok(gone);
            }
            moved.add(&gone)?;
            let mode = fs::metadata(&self.file).ok().map(|found| found.permissions());
            if self.replace(Some(&text), &edited, mode)? {
                return Ok(gone);
            }
        }
        Err(self.restless())
    }

    /// Takes our entry out, and puts back what stood in its place before, and what went behind the gateway.
    pub(super) fn remove(&self) -> Result<Done, Failure> {
        let program = entry::this_program()?;
        let (backup, moved) = (Backup::of(&self.file), Moved::of(&self.file));
        for _ in 0..TRIES {
            let (text, before, away) = (self.read()?, backup.read(), moved.read()?);
            let undo = |text: &str| edit::undo(text, before.as_deref(), &away, self.known.place, &program);
            let undone = text.as_deref().map(undo).transpose().map_err(|unfit| self.unfit(&unfit))?.flatten();
            let Some(edit::Undone { text: edited, put_back, returned }) = undone else {
                return Ok(Done::new("not in it"));
            };
            if !self.replace(text.as_deref(), &edited, backup.mode(&self.file))? {
                continue;
            }
            moved.remove()?;
            let mut done = Done::new("taken out");
            if !returned.is_empty() {
                let names = super::listed(returned.iter());
                done = done.remark(format!("in it again, and still behind the gateway: {names}"));
            }
            if put_back {
                done = done.remark("another program's entry, which stood there before, is back");
            }
            return match before {
                Some(before) if before == edited => backup.remove().map(|()| done),
                Some(_) => Ok(done.remark(backup.kept())),
                None => Ok(done),
            };
        }
        Err(self.restless())
    }

    /// False where the file has changed since it was read as `known`.
    fn replace(&self, known: Option<&str>, text: &str, mode: Option<Permissions>) -> Result<bool, Failure> {
        replace_unchanged(&self.file, known, text, mode).map_err(|error| unwritable(&self.file, &error))
    }

    fn unfit(&self, unfit: &edit::Unfit) -> Failure {
        Failure::new(format!("`{}` {unfit}", self.file.display()))
            .hint("it was left as it is: mend it or move it away, then run this again")
    }

    /// The backup is of another time, and would not bring back what stands in our place now.
    fn unsaved(&self, backup: &Backup) -> Failure {
        Failure::new(format!("`{}` has an entry of another program in our place", self.file.display()))
            .hint(format!("{}: move that away, then run this again", backup.kept()))
    }

    fn restless(&self) -> Failure {
        Failure::new(format!("`{}` keeps changing while it is edited", self.file.display()))
            .hint(format!("close {}, then run this again", self.title()))
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

impl Done {
    pub(super) fn new(word: &'static str) -> Self {
        Self { word, remarks: Vec::new() }
    }

    pub(super) fn remark(mut self, remark: impl Into<String>) -> Self {
        self.remarks.push(remark.into());
        self
    }
}

fn unwritable(file: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("`{}` cannot be written: {error}", file.display()))
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
        for (name, path) in [
            ("cursor", "/nowhere/.cursor/mcp.json"),
            ("claude-code", "/nowhere/.claude.json"),
            ("windsurf", "/nowhere/.codeium/windsurf/mcp_config.json"),
            ("gemini", "/nowhere/.gemini/settings.json"),
        ] {
            assert_eq!(file(name, &[home]), Path::new(path));
        }
        assert_eq!(file("claude-code", &[home, ("CLAUDE_CONFIG_DIR", "/x")]), Path::new("/x/.claude.json"));
        let moved = [home, ("GEMINI_CLI_HOME", "/x")];
        assert_eq!(file("gemini-cli", &moved), Path::new("/x/.gemini/settings.json"));
        assert!(named(&Environment::default(), "cursor").is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn those_with_a_window_follow_the_settings_folder() {
        let home = ("HOME", "/nowhere");
        for (name, end) in [
            ("claude", "Claude/claude_desktop_config.json"),
            ("VSCode", "Code/User/mcp.json"),
            ("zed", "zed/settings.json"),
        ] {
            assert_eq!(file(name, &[home]), Path::new("/nowhere/.config").join(end));
            assert_eq!(file(name, &[home, ("XDG_CONFIG_HOME", "/x")]), Path::new("/x").join(end));
        }
    }
}
