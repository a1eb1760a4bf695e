//! Writes files that hold secrets: private from their first byte, and whole or not at all.
//!
//! It also makes the first configuration, from the example that is part of the program.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::Value;

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

/// The text of a new configuration, and the key that opens it. It runs the echo server, where there is one.
pub fn generate(echo_command: Option<&Path>, ids: &Ids) -> (String, GatewayKey) {
    let key = GatewayKey::generate();
    // The schema's path holds in the source tree only.
    let lines: Vec<_> =
        EXAMPLE.lines().filter(|line| !line.trim_start().starts_with("\"$schema\"")).collect();
    let text = lines.join("\n") + "\n";
    let text = match echo_command {
        Some(command) => {
            let command = Value::from(command.to_string_lossy()).to_string();
            text.replace("\"DUMMY_ECHO_MCP_FILE_PATH\"", &command)
        }
        None => without_servers(&text),
    };
    let text = text
        .replace("UNIQUE_GATEWAY_KEY", key.expose())
        .replace("UNIQUE_PROJECT_ID", ids.project.as_str())
        .replace("UNIQUE_USER_ID", ids.user.as_str())
        .replace("UNIQUE_MCP_CONFIG_ID", ids.config.as_str());
    (text, key)
}

fn without_servers(text: &str) -> String {
    let mut config: Value = serde_json::from_str(text).unwrap_or_default();
    for (_, list) in config["mcp_configs"].as_object_mut().into_iter().flatten() {
        list["mcp_config"] = Value::Array(Vec::new());
    }
    format!("{config:#}\n")
}

/// Replaces a file, or makes it and its folder. The file that was there becomes the one `.bak`.
pub fn write_private(path: &Path, text: &str) -> io::Result<()> {
    // A link stays a link: what it points to is replaced.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if let Some(previous) = read(&path)? {
        replace(&beside(&path, ".bak"), &previous)?;
    }
    replace(&path, text.as_bytes())
}

/// Replaces a file of somebody else's, or makes it, if it still is as it was read (`None`: not there). False where it
/// is not: then nothing was done. Without a mode it is private.
pub fn replace_unchanged(
    path: &Path,
    known: Option<&str>,
    text: &str,
    mode: Option<Permissions>,
) -> io::Result<bool> {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    put(&path, text.as_bytes(), |temporary| {
        mode.map_or(Ok(()), |mode| fs::set_permissions(temporary, mode))?;
        let holds = read(&path)?.as_deref() == known.map(str::as_bytes);
        rename_if(holds, temporary, &path)
    })
}

/// Makes a file; false where there is one, also one that somebody else has made at the same time.
pub fn create_private(path: &Path, text: &str) -> io::Result<bool> {
    let absent = || match path.symlink_metadata() {
        Ok(_) => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    };
    if !absent()? {
        return Ok(false);
    }
    // A second name replaces nothing, as a new name would.
    put(path, text.as_bytes(), |temporary| match fs::hard_link(temporary, path) {
        Ok(()) => {
            let _ = fs::remove_file(temporary);
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        // Not every file system has them.
        Err(_) => rename_if(absent()?, temporary, path),
    })
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    put(path, bytes, |temporary| rename_if(true, temporary, path)).map(drop)
}

fn rename_if(holds: bool, temporary: &Path, path: &Path) -> io::Result<bool> {
    if holds {
        fs::rename(temporary, path)?;
    }
    Ok(holds)
}

/// Writes new content beside a file, and puts it there as `place` does; false where that did not.
fn put(path: &Path, bytes: &[u8], place: impl FnOnce(&Path) -> io::Result<bool>) -> io::Result<bool> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    create_folder(folder)?;
    let mut suffix = String::from(".");
    push_hex(&mut suffix, &random::<8>());
    let temporary = beside(path, &(suffix + ".tmp"));
    let result = fill(&temporary, bytes).and_then(|()| place(&temporary));
    if !matches!(result, Ok(true)) {
        let _ = fs::remove_file(&temporary);
        return result;
    }
    sync_folder(folder)?;
    Ok(true)
}

/// The path of a file with something behind its name.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
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
        let (text, key) = generate(Some(Path::new(r"C:\tools\echo mcp.exe")), &Ids::fresh());
        assert!(text.contains(r#""C:\\tools\\echo mcp.exe""#) && text.contains(key.expose()));
        assert!(!text.contains("UNIQUE_") && !text.contains("DUMMY_") && !text.contains("$schema"));
    }

    #[test]
    fn a_configuration_without_a_server_is_one_too() {
        let (text, key) = generate(None, &Ids::fresh());
        assert!(text.contains("\"mcp_config\": []") && text.contains(key.expose()), "{text}");
        assert!(!text.contains("UNIQUE_") && !text.contains("DUMMY_") && !text.contains("$schema"));
    }

    #[test]
    fn a_file_that_changed_meanwhile_is_left_alone() {
        let root = tempfile::tempdir().expect("a folder");
        let path = root.path().join("c.json");
        assert!(replace_unchanged(&path, None, "one", None).expect("written"));
        for known in [None, Some("another")] {
            assert!(!replace_unchanged(&path, known, "two", None).expect("looked at"));
        }
        assert!(replace_unchanged(&path, Some("one"), "two", None).expect("written"));
        assert!(!create_private(&path, "three").expect("looked at"));
        assert_eq!(fs::read_to_string(&path).expect("text"), "two");
        assert_eq!(fs::read_dir(root.path()).expect("a folder").count(), 1);
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
