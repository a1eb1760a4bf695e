//! What was taken out of a client's file and put behind the gateway: kept beside that file until it is put back.
//!
//! Entries hold credentials, so it is private.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::edit::Entries;
use super::{Failure, unwritable};
use crate::config::write::{beside, replace_unchanged};

const SUFFIX: &str = ".moved-to-secure-mcp-gateway";

pub(super) struct Moved(PathBuf);

impl Moved {
    /// Beside the file itself, where a link leads to it.
    pub(super) fn of(file: &Path) -> Self {
        Self(beside(&file.canonicalize().unwrap_or_else(|_| file.to_owned()), SUFFIX))
    }

    /// Without such a file nothing is away.
    pub(super) fn read(&self) -> Result<Entries, Failure> {
        self.text()?.map_or_else(|| Ok(Entries::new()), |text| self.parse(&text))
    }

    /// Keeps these besides those that are kept already.
    pub(super) fn add(&self, entries: &Entries) -> Result<(), Failure> {
        let known = self.text()?;
        let mut kept = known.as_deref().map_or_else(|| Ok(Entries::new()), |text| self.parse(text))?;
        kept.extend(entries.clone());
        let text = format!("{:#}\n", serde_json::Value::Object(kept));
        match replace_unchanged(&self.0, known.as_deref(), &text, None) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Failure::new(format!("`{}` keeps changing", self.0.display()))),
            Err(error) => Err(unwritable(&self.0, &error)),
        }
    }

    pub(super) fn remove(&self) -> Result<(), Failure> {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(Failure::new(format!("`{}` cannot be removed: {error}", self.0.display())))
            }
            _ => Ok(()),
        }
    }

    fn text(&self) -> Result<Option<String>, Failure> {
        match fs::read_to_string(&self.0) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::new(format!("`{}` cannot be read: {error}", self.0.display()))),
        }
    }

    fn parse(&self, text: &str) -> Result<Entries, Failure> {
        serde_json::from_str(text).map_err(|_| {
            Failure::new(format!("`{}` is not as it was written", self.0.display()))
                .hint("it holds the servers that went behind the gateway: mend it or move it away")
        })
    }
}
