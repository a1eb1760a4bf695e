//! Whether the configuration file may have been edited: what the system reports, and a look of our own beside it.
//!
//! A report is bound to the folder that was there when it was asked for: of a folder that was put in its place, or
//! of what a file leads to since it became a link, nothing is reported until a look has seen it.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;

/// What was seen of the file, and who reports its changes.
pub(super) struct Sight {
    path: PathBuf,
    reports: mpsc::Sender<()>,
    watcher: Option<RecommendedWatcher>,
    /// The folder of the file, and of what it links to.
    folders: Vec<(PathBuf, Option<Identity>)>,
    file: Option<Mark>,
}

impl Sight {
    pub(super) fn new(path: PathBuf, reports: mpsc::Sender<()>) -> Self {
        Self { path, reports, watcher: None, folders: Vec::new(), file: None }
    }

    /// Whether the file is another one than at the last look; the first look says that it is. It asks the disk.
    pub(super) fn look(&mut self) -> bool {
        let folders = folders(&self.path);
        let moved = folders != self.folders;
        if moved {
            self.watcher = watcher(&self.path, &folders, &self.reports);
            self.folders = folders;
        }
        // What comes after this is reported, or seen next time.
        let file = self.path.metadata().ok().as_ref().map(mark);
        let changed = file != self.file;
        self.file = file;
        moved || changed
    }

    /// The next look says that the file is another one.
    pub(super) fn forget(&mut self) {
        self.file = None;
        self.folders.clear();
    }
}

#[cfg(unix)]
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(found: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt as _;
    (found.dev(), found.ino())
}

#[cfg(not(unix))]
type Identity = Option<std::time::SystemTime>;

#[cfg(not(unix))]
fn identity(found: &Metadata) -> Identity {
    found.created().ok()
}

/// No two edits have the same: also the time of its change is in it, which nobody sets back.
#[cfg(unix)]
type Mark = (Identity, u64, [i64; 4]);

#[cfg(unix)]
fn mark(found: &Metadata) -> Mark {
    use std::os::unix::fs::MetadataExt as _;
    let times = [found.mtime(), found.mtime_nsec(), found.ctime(), found.ctime_nsec()];
    (identity(found), found.len(), times)
}

#[cfg(not(unix))]
type Mark = (Identity, u64, Option<std::time::SystemTime>);

#[cfg(not(unix))]
fn mark(found: &Metadata) -> Mark {
    (identity(found), found.len(), found.modified().ok())
}

fn folders(path: &Path) -> Vec<(PathBuf, Option<Identity>)> {
    let parent = |path: &Path| match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    let target = if is_link(path) { path.canonicalize().ok() } else { None };
    let folders = [Some(parent(path)), target.as_deref().map(parent)];
    let identified = |folder: PathBuf| {
        let found = folder.metadata().ok().as_ref().map(identity);
        (folder, found)
    };
    folders.into_iter().flatten().map(identified).collect()
}

fn is_link(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink())
}

/// Without one, a look sees the edit a little later.
fn watcher(
    path: &Path,
    folders: &[(PathBuf, Option<Identity>)],
    reports: &mpsc::Sender<()>,
) -> Option<RecommendedWatcher> {
    let watch = || {
        let mut watcher = RecommendedWatcher::new(handler(path, reports.clone()), notify::Config::default())?;
        for (folder, _) in folders.iter().filter(|(_, found)| found.is_some()) {
            watcher.watch(folder, RecursiveMode::NonRecursive)?;
        }
        Ok(watcher)
    };
    let failed = |error: &notify::Error| tracing::debug!("the system reports no file changes: {error}");
    watch().inspect_err(failed).ok()
}

fn handler(path: &Path, reports: mpsc::Sender<()>) -> impl Fn(notify::Result<Event>) + Send + 'static {
    let name = path.file_name().map(ToOwned::to_owned);
    // A link changes when anything on the way to its target does.
    let any = is_link(path);
    move |event| {
        let Ok(event) = event else { return };
        let named =
            any || event.need_rescan() || event.paths.iter().any(|path| path.file_name() == name.as_deref());
        // Our own reading is an access too.
        let read =
            matches!(event.kind, EventKind::Access(kind) if kind != AccessKind::Close(AccessMode::Write));
        if named && !read {
            // A full channel already holds the news.
            let _ = reports.try_send(());
        }
    }
}
