//! Where the configuration file is, and the settings that are in force while it changes.
//!
//! A bad edit changes nothing: the last good settings stay until the next good one.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::environment::Environment;
use super::{ConfigError, Settings, file};

use crate::lock::Lock;

use sight::Sight;

mod sight;

const FILE_NAME: &str = "enkrypt_mcp_config.json";
const LARGEST_FILE: u64 = 16 << 20;

/// Editors write a file in several steps; the last one counts.
const DEBOUNCE: Duration = Duration::from_millis(100);

/// How often the file is looked at beside the system's reports.
const LOOK: Duration = Duration::from_secs(1);

/// The settings in force.
#[derive(Debug)]
pub struct Store {
    current: watch::Sender<Arc<Settings>>,
    /// Held while the file is read, so that an older reading never replaces a newer one: why the last one was refused.
    reading: Lock<Option<String>>,
    env: Environment,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reloaded {
    Changed,
    Unchanged,
}

/// The path that was named, else the one in the environment, else this folder's file, else the one at home.
pub fn locate(flag: Option<&Path>, env: &Environment) -> PathBuf {
    if let Some(path) = flag.map(Path::to_owned).or_else(|| env.config_path()) {
        return path;
    }
    let here = PathBuf::from(FILE_NAME);
    match env.home() {
        Some(home) if !here.is_file() => home.join(".enkrypt").join(FILE_NAME),
        _ => here,
    }
}

pub fn load(path: &Path, env: &Environment) -> Result<Settings, ConfigError> {
    parse(path, &read(path, File::open(path))?, env)
}

impl Store {
    pub fn new(settings: Settings, env: Environment) -> Self {
        Self { current: watch::Sender::new(Arc::new(settings)), reading: Lock::default(), env }
    }

    pub fn current(&self) -> Arc<Settings> {
        Arc::clone(&self.current.borrow())
    }

    pub fn environment(&self) -> &Environment {
        &self.env
    }

    /// Sees every change of the settings from now on.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Settings>> {
        self.current.subscribe()
    }

    /// Reads the file again, and says what came of it. References are followed anew only when its text has changed.
    pub fn reload(&self) -> Result<Reloaded, ConfigError> {
        let mut refused = self.reading.lock();
        let read = self.read_again(false);
        report(&read, &self.current(), &mut refused);
        read
    }

    /// As `reload`, but follows the references in any case, and says also what it has said before.
    pub fn renew(&self) {
        let mut refused = self.reading.lock();
        let read = self.read_again(true);
        *refused = None;
        report(&read, &self.current(), &mut refused);
    }

    fn read_again(&self, whole: bool) -> Result<Reloaded, ConfigError> {
        let current = self.current();
        // A pipe or a device in its place would be waited for.
        let text = read(&current.path, open_plain(&current.path))?;
        if !whole && file::fingerprint(&text) == current.fingerprint {
            return Ok(Reloaded::Unchanged);
        }
        let settings = parse(&current.path, &text, &self.env)?;
        self.current.send_replace(Arc::new(settings));
        Ok(Reloaded::Changed)
    }

    /// Reloads at each change of the file, or of what its path leads to, until it is cancelled.
    pub async fn watch(self: Arc<Self>, cancel: CancellationToken) {
        let (reports, mut edits) = mpsc::channel(1);
        let mut sight = Sight::new(self.current().path.clone(), reports);
        let mut reported = false;
        while self.current().reload {
            let look = tokio::task::spawn_blocking(move || (sight.look(), sight));
            let changed = tokio::select! {
                () = cancel.cancelled() => return,
                looked = look => match looked {
                    Ok((changed, looked)) => {
                        sight = looked;
                        changed
                    }
                    Err(_) => return,
                },
            };
            if changed || reported {
                tokio::select! {
                    () = cancel.cancelled() => return,
                    () = tokio::time::sleep(DEBOUNCE) => {}
                }
                let _ = edits.try_recv();
                let store = Arc::clone(&self);
                // A reference to a keyring may take seconds.
                let read = tokio::task::spawn_blocking(move || store.reload()).await;
                if read.is_ok_and(|read| may_pass(&read)) {
                    sight.forget();
                }
            }
            reported = tokio::select! {
                () = cancel.cancelled() => return,
                _ = edits.recv() => true,
                () = tokio::time::sleep(LOOK) => false,
            };
        }
        cancel.cancelled().await;
    }
}

fn open_plain(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        rustix::fs::OFlags::NONBLOCK.bits().cast_signed(),
    );
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no ordinary file"));
    }
    Ok(file)
}

/// Whether what was in the way may be gone without an edit, such as too many open files.
fn may_pass(result: &Result<Reloaded, ConfigError>) -> bool {
    matches!(result, Err(ConfigError::Unreadable { source, .. }) if source.raw_os_error().is_some())
}

fn read(path: &Path, file: io::Result<File>) -> Result<String, ConfigError> {
    let mut bytes = Vec::new();
    let result = file.and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut bytes));
    let result = result.and_then(|length| {
        if length as u64 > LARGEST_FILE {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 16 MiB"));
        }
        String::from_utf8(bytes)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text"))
    });
    result.map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => ConfigError::Missing { path: path.to_owned() },
        _ => ConfigError::Unreadable { path: path.to_owned(), source },
    })
}

fn parse(path: &Path, text: &str, env: &Environment) -> Result<Settings, ConfigError> {
    let mut settings = file::parse(path, text, env)?;
    settings.warnings.extend(open_to_others(path));
    Ok(settings)
}

/// Whoever may write it, or put another one in its place, says what is run.
#[cfg(unix)]
fn open_to_others(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt as _;
    const STICKY: u32 = 0o1000;
    let mode = |path: &Path| std::fs::metadata(path).ok().map(|found| found.permissions().mode());
    let file = mode(path)?;
    if file & 0o022 != 0 {
        return Some(format!("others can change the configuration file: `chmod 600 {}`", quoted(path)));
    }
    if file & 0o044 != 0 {
        return Some(format!("others can read the configuration file: `chmod 600 {}`", quoted(path)));
    }
    let folder =
        path.parent().map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder })?;
    let folder_mode = mode(folder)?;
    (folder_mode & 0o002 != 0 && folder_mode & STICKY == 0).then(|| {
        format!("others can replace the configuration file in its folder: `chmod o-w {}`", quoted(folder))
    })
}

/// As an argument of a shell.
#[cfg(unix)]
fn quoted(path: &Path) -> String {
    let shown = path.display().to_string();
    let plain = shown.chars().all(|c| c.is_alphanumeric() || "/._-".contains(c));
    if plain { shown } else { format!("'{}'", shown.replace('\'', r"'\''")) }
}

#[cfg(not(unix))]
fn open_to_others(_path: &Path) -> Option<String> {
    None
}

/// Says once what became of an edit.
fn report(read: &Result<Reloaded, ConfigError>, current: &Settings, refused: &mut Option<String>) {
    match read {
        Ok(Reloaded::Changed) => {
            *refused = None;
            tracing::info!(
                keys = current.keys.len(),
                "the configuration was read again: the new one is in force"
            );
            current.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
        }
        Ok(Reloaded::Unchanged) if refused.take().is_some() => {
            tracing::info!("the configuration file is as it was before the edit that was refused");
        }
        Ok(Reloaded::Unchanged) => {}
        Err(error) => {
            let text = error.to_string();
            if refused.as_ref() != Some(&text) {
                refuse(error);
                *refused = Some(text);
            }
        }
    }
}

fn refuse(error: &ConfigError) {
    if let ConfigError::Invalid { problems, .. } = error {
        tracing::warn!(
            problems = problems.len(),
            "the edited configuration is not valid: the last good one stays"
        );
        for problem in problems {
            tracing::warn!("{problem}");
        }
    } else {
        let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
        tracing::warn!("the last good configuration stays: {error}{hint}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"gateways": {"correct-horse-KEQ5": {"id": "g", "mcp_config": []}}}"#;

    fn env() -> Environment {
        Environment::from_pairs([("HOME", "/home/someone")])
    }

    #[test]
    fn a_named_file_wins_over_the_environment_and_home() {
        let named = Environment::from_pairs([("ENKRYPT_CONFIG_PATH", "~/c.json"), ("HOME", "/home/someone")]);
        assert_eq!(locate(Some(Path::new("x.json")), &named), Path::new("x.json"));
        assert_eq!(locate(None, &named), Path::new("/home/someone/c.json"));
        assert_eq!(locate(None, &env()), Path::new("/home/someone/.enkrypt/enkrypt_mcp_config.json"));
    }

    #[test]
    fn a_bad_edit_keeps_the_last_good_settings() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("c.json");
        std::fs::write(&path, GOOD).expect("written");
        let store = Store::new(load(&path, &env()).expect("settings"), env());
        assert_eq!(store.reload().expect("the same"), Reloaded::Unchanged);
        std::fs::write(&path, "{").expect("written");
        assert!(matches!(store.reload(), Err(ConfigError::NotJson { .. })));
        std::fs::remove_file(&path).expect("removed");
        assert!(matches!(store.reload(), Err(ConfigError::Missing { .. })));
        assert_eq!(store.current().keys.len(), 1);
        std::fs::write(&path, r#"{"gateways": {}}"#).expect("written");
        assert_eq!(store.reload().expect("settings"), Reloaded::Changed);
        assert!(store.current().keys.is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_said_with_the_remedy() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("my c.json");
        std::fs::write(&path, GOOD).expect("written");
        for (mode, open) in [(0o644, true), (0o640, true), (0o600, false)] {
            std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).expect("set");
            let warnings = load(&path, &env()).expect("settings").warnings;
            assert_eq!(warnings.iter().any(|w| w.contains("chmod 600 '") && w.contains("my c.json'")), open);
        }
    }

    #[tokio::test]
    async fn an_edit_takes_effect_while_watching() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("c.json");
        std::fs::write(&path, GOOD).expect("written");
        let store = Arc::new(Store::new(load(&path, &env()).expect("settings"), env()));
        let mut changes = store.subscribe();
        let cancel = CancellationToken::new();
        let edit = async {
            let new = folder.path().join("new");
            std::fs::write(&new, r#"{"gateways": {}}"#).expect("written");
            std::fs::rename(&new, &path).expect("renamed");
            let seen = tokio::time::timeout(Duration::from_secs(5), changes.changed()).await;
            cancel.cancel();
            seen.expect("in time").expect("a change");
        };
        tokio::join!(Arc::clone(&store).watch(cancel.clone()), edit);
        assert!(store.current().keys.is_empty());
    }
}
