//! `generate-config`: a fresh configuration with a key of its own, that runs the echo server, where there is one, and
//! guards it.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Failure, print};
use crate::config::environment::Environment;
use crate::config::store;
use crate::config::write::{self, Ids};
use crate::secret::GatewayKey;

const FILE_NAME: &str = "enkrypt_mcp_config.json";

const WITHOUT_SERVERS: &str = "there is no `echo_mcp` beside this program, so the new configuration has no server; add \
    yours to its `mcp_config` list, as {\"server_name\": \"NAME\", \"config\": {\"command\": \"PROGRAM\", \"args\": []}}";

#[derive(Args)]
pub(super) struct Options {
    /// Replace a configuration that is there; the old one is kept as `.bak`
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    echo: EchoServer,
}

/// Where the demo server of a new configuration is.
#[derive(Args)]
pub(super) struct EchoServer {
    /// The `echo_mcp` program for a new configuration [default: beside this program]
    #[arg(long, value_name = "PATH")]
    echo_server: Option<PathBuf>,
}

pub(super) fn run(options: &Options, flag: Option<&Path>, environment: &Environment) -> Result<(), Failure> {
    let path = target(flag, environment)?;
    let there = || {
        Failure::new(format!("there is a configuration already: `{}`", path.display()))
            .hint("`--overwrite` replaces it and keeps the old one as `.bak`; `--config FILE` writes another")
    };
    let key = if options.overwrite {
        write(&path, &options.echo, |text| write::write_private(&path, text).map(|()| true))?
    } else {
        write(&path, &options.echo, |text| write::create_private(&path, text))?
    };
    let key = key.ok_or_else(there)?;
    print::out(&format!("configuration  {}", path.display()));
    print::out(&format!("gateway key    {}", key.expose()));
    print::note(&format!(
        "the key is not shown again: `secure-mcp-gateway setup{}` gives it to your clients",
        named(&path, environment)?
    ));
    Ok(())
}

/// What a command has to be told so that it takes this file: nothing where it finds it by itself.
pub(super) fn named(path: &Path, environment: &Environment) -> Result<String, Failure> {
    if absolute(&store::locate(None, environment))? == path {
        return Ok(String::new());
    }
    let path = path.display().to_string();
    let quote = if path.contains(char::is_whitespace) { "\"" } else { "" };
    Ok(format!(" --config {quote}{path}{quote}"))
}

/// Makes a configuration where there is none, and gives back its key. Whoever comes second takes what is there.
pub(super) fn create(path: &Path, echo: &EchoServer) -> Result<Option<GatewayKey>, Failure> {
    if path.is_symlink() && !path.exists() {
        return write(path, echo, |text| write::write_private(path, text).map(|()| true));
    }
    write(path, echo, |text| write::create_private(path, text))
}

/// `None` where it was not written.
fn write(
    path: &Path,
    echo: &EchoServer,
    put: impl FnOnce(&str) -> io::Result<bool>,
) -> Result<Option<GatewayKey>, Failure> {
    let server = echo.find()?;
    let (text, key) = write::generate(server.as_deref(), &Ids::fresh());
    let written = put(&text)
        .map_err(|error| Failure::new(format!("`{}` cannot be written: {error}", path.display())))?;
    if written && server.is_none() {
        print::note(&format!("note: {WITHOUT_SERVERS}"));
    }
    Ok(written.then_some(key))
}

pub(super) fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path)
        .map_err(|error| Failure::new(format!("no absolute path for `{}`: {error}", path.display())))
}

/// The file that was named, else the one at home: never one that only happens to be in this folder.
fn target(flag: Option<&Path>, environment: &Environment) -> Result<PathBuf, Failure> {
    let home = || Some(environment.home()?.join(".enkrypt").join(FILE_NAME));
    let path = flag.map(Path::to_owned).or_else(|| environment.config_path()).or_else(home);
    absolute(
        &path.ok_or_else(|| {
            Failure::new("there is no home folder").hint("name a file with `--config FILE`")
        })?,
    )
}

impl EchoServer {
    /// `None` where none was named and none is there.
    fn find(&self) -> Result<Option<PathBuf>, Failure> {
        if let Some(named) = &self.echo_server {
            if named.is_file() {
                return absolute(named).map(Some);
            }
            return Err(Failure::new(format!("no such program: `{}`", named.display()))
                .hint("`cargo build --release --examples` builds `echo_mcp`"));
        }
        let name = format!("echo_mcp{}", std::env::consts::EXE_SUFFIX);
        let binary = std::env::current_exe().ok();
        let folder = binary.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        // Cargo puts examples into a folder of their own.
        let places = [folder.join(&name), folder.join("examples").join(&name)];
        Ok(places.into_iter().find(|place| place.is_file()))
    }
}
