//! A client's file as it was before our first change: made once, gone when the file is that again.

use std::fs::{self, Permissions};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Failure, edit, unwritable};
use crate::config::write::{beside, create_private};

const SUFFIX: &str = ".before-secure-mcp-gateway";

pub(super) struct Backup(PathBuf);

impl Backup {
    /// Beside the file itself, where a link leads to it.
    pub(super) fn of(file: &Path) -> Self {
        Self(beside(&file.canonicalize().unwrap_or_else(|_| file.to_owned()), SUFFIX))
    }

    /// False where there is one already: that one is older, and stays. It is as open to others as the file was.
    pub(super) fn make(&self, text: &str, file: &Path) -> Result<bool, Failure> {
        let made = create_private(&self.0, text).and_then(|made| {
            if made {
                fs::set_permissions(&self.0, fs::metadata(file)?.permissions())?;
            }
            Ok(made)
        });
        made.map_err(|error| unwritable(&self.0, &error))
    }

    /// Who may read and write the file once our key is out of it: as before we came, unless its owner has said
    /// otherwise since. `None`: its owner alone.
    pub(super) fn mode(&self, file: &Path) -> Option<Permissions> {
        let now = fs::metadata(file).ok()?.permissions();
        if is_private(&now) { Some(fs::metadata(&self.0).ok()?.permissions()) } else { Some(now) }
    }

    /// `None` also for one that cannot be read: then there is nothing to put back.
    pub(super) fn read(&self) -> Option<String> {
        fs::read_to_string(&self.0).ok()
    }

    pub(super) fn entry(&self, place: edit::Place) -> Option<Value> {
        edit::entry(&self.read()?, place).ok().flatten()
    }

    pub(super) fn remove(&self) -> Result<(), Failure> {
        fs::remove_file(&self.0)
            .map_err(|error| Failure::new(format!("`{}` cannot be removed: {error}", self.0.display())))
    }

    pub(super) fn kept(&self) -> String {
        format!("the file as it was before is kept: {}", self.0.display())
    }
}

/// As we leave a file with our key in it.
#[cfg(unix)]
fn is_private(mode: &Permissions) -> bool {
    std::os::unix::fs::PermissionsExt::mode(mode) & 0o777 == 0o600
}

#[cfg(not(unix))]
fn is_private(_mode: &Permissions) -> bool {
    false
}
