//! Writes files that hold secrets: private from their first byte, whole or not at all, with the last one kept.
//!
//! It also makes the first configuration, from the example that is part of the program.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::ids::{ConfigId, ProjectId, UserId, fresh_uuid, push_hex, random};
use crate::secret::GatewayKey;

pub const EXAMPLE: &str = include_str!("../../example_enkrypt_mcp_config.json");

/// The ids of a new configuration's only project, user and list of servers.
#[derive(Clone, Debug)]
pub struct Ids {
    pub project: ProjectId,
    pub user: UserId,
    pub config: ConfigId,
}

impl Ids {
    pub fn fresh() -> Self {
        Self { project: fresh_uuid().into(), user: fresh_uuid().into(), config: fresh_uuid().into() }
    }
}

/// The text of a new configuration that runs the echo server, and the key that opens it.
pub fn generate(echo_command: &Path, ids: &Ids) -> (String, GatewayKey) {
    let key = GatewayKey::generate();
    let command = serde_json::Value::from(echo_command.to_string_lossy()).to_string();
    // The schema's path holds in the source tree only.
    let lines: Vec<_> =
        EXAMPLE.lines().filter(|line| !line.trim_start().starts_with("\"$schema\"")).collect();
    let text = (lines.join("\n") + "\n")
        .replace("\"DUMMY_ECHO_MCP_FILE_PATH\"", &command)
        .replace("UNIQUE_GATEWAY_KEY", key.expose())
        .replace("UNIQUE_PROJECT_ID", ids.project.as_str())
        .replace("UNIQUE_USER_ID", ids.user.as_str())
        .replace("UNIQUE_MCP_CONFIG_ID", ids.config.as_str());
    (text, key)
}

/// Replaces a file, or makes it and its folder. The file that was there becomes the one `.bak`.
pub fn write_private(path: &Path, text: &str) -> io::Result<()> {
    // A link stays a link: what it points to is replaced.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    create_folder(folder)?;
    match fs::read(&path) {
        Ok(previous) => replace(&beside(&path, ".bak"), &previous)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    replace(&path, text.as_bytes())?;
    sync_folder(folder)
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut suffix = String::from(".");
    push_hex(&mut suffix, &random::<8>());
    let temporary = beside(path, &(suffix + ".tmp"));
    let result = fill(&temporary, bytes).and_then(|()| fs::rename(&temporary, path));
    if result.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    result
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}

fn fill(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    // Never follows a link: whatever stands there already is an error.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file: File = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_configuration_has_no_placeholder_left() {
        let (text, key) = generate(Path::new(r"C:\tools\echo mcp.exe"), &Ids::fresh());
        assert!(text.contains(r#""C:\\tools\\echo mcp.exe""#) && text.contains(key.expose()));
        assert!(!text.contains("UNIQUE_") && !text.contains("DUMMY_") && !text.contains("$schema"));
    }

    #[cfg(unix)]
    #[test]
    fn a_written_file_is_private_and_its_predecessor_kept() {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| fs::metadata(path).expect("metadata").permissions().mode() & 0o777;
        let root = tempfile::tempdir().expect("a folder");
        let path = root.path().join("new").join("c.json");
        for text in ["one", "two", "three"] {
            write_private(&path, text).expect("written");
        }
        let backup = path.with_file_name("c.json.bak");
        assert_eq!(fs::read_to_string(&path).expect("text"), "three");
        assert_eq!(fs::read_to_string(&backup).expect("text"), "two");
        assert_eq!(
            (mode(&path), mode(&backup), mode(path.parent().expect("a folder"))),
            (0o600, 0o600, 0o700)
        );
        assert_eq!(fs::read_dir(path.parent().expect("a folder")).expect("a folder").count(), 2);
        let link = root.path().join("link.json");
        std::os::unix::fs::symlink(&path, &link).expect("a link");
        write_private(&link, "four").expect("written");
        assert!(link.symlink_metadata().expect("metadata").is_symlink());
        assert_eq!(fs::read_to_string(&path).expect("text"), "four");
    }
}
