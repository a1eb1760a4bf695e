//! The running gateway: the real binary in a folder of its own, spoken to by rmcp's client.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rmcp::model::CallToolRequestParams;
use rmcp::service::RunningService;
use rmcp::{RoleClient, ServiceExt as _};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};

use super::{Config, KEY, binary};

/// No test waits longer for one answer.
const PATIENCE: Duration = Duration::from_secs(20);

#[must_use]
pub(crate) struct Gateway {
    folder: TempDir,
    config: PathBuf,
    env: Vec<(String, String)>,
    child: Option<Child>,
    client: Option<RunningService<RoleClient, ()>>,
}

/// What a gateway tool answered.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    /// The JSON object of the first block.
    pub(crate) json: Value,
    pub(crate) is_error: bool,
    /// The blocks after the first.
    pub(crate) blocks: Vec<Value>,
}

impl Gateway {
    /// Starts the gateway and shakes hands with it.
    pub(crate) async fn start(config: &Config) -> Self {
        Self::prepare(&config.text()).connect().await
    }

    /// Writes the configuration; `connect` starts the gateway.
    pub(crate) fn prepare(config: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let gateway = Self {
            env: vec![
                ("ENKRYPT_GATEWAY_KEY".to_owned(), KEY.to_owned()),
                ("PATH".to_owned(), std::env::var("PATH").expect("PATH")),
                ("HOME".to_owned(), folder.path().to_string_lossy().into_owned()),
            ],
            config: folder.path().join("config.json"),
            folder,
            child: None,
            client: None,
        };
        gateway.write_config(config);
        gateway
    }

    /// Sets an environment variable of the gateway, or takes it away.
    pub(crate) fn env(mut self, name: &str, value: Option<&str>) -> Self {
        self.env.retain(|(known, _)| known != name);
        self.env.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        self
    }

    pub(crate) async fn connect(mut self) -> Self {
        let mut child = self.command().spawn().expect("the gateway starts");
        let streams = (child.stdout.take().expect("stdout"), child.stdin.take().expect("stdin"));
        let client = tokio::time::timeout(PATIENCE, ().serve(streams)).await.expect("initialize is answered");
        self.client = Some(client.expect("a session"));
        self.child = Some(child);
        self
    }

    /// The command that runs the gateway, as a client would; standard error goes to a file.
    pub(crate) fn command(&self) -> Command {
        let log = std::fs::File::create(self.path("stderr.log")).expect("a log");
        let mut command = Command::new(binary());
        command.arg("--config").arg(self.config_path()).env_clear().envs(self.env.iter().cloned());
        command.current_dir(self.folder.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
        command
    }

    /// Runs another command of the binary to its end: exit code, standard output, standard error.
    pub(crate) async fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = self.command();
        let mut child =
            command.args(arguments).stdin(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
        let (mut out, mut err) = (String::new(), String::new());
        let (mut stdout, mut stderr) =
            (child.stdout.take().expect("stdout"), child.stderr.take().expect("stderr"));
        let all = async {
            let _ = tokio::join!(stdout.read_to_string(&mut out), stderr.read_to_string(&mut err));
            child.wait().await.expect("an end").code().unwrap_or(-1)
        };
        let code = tokio::time::timeout(PATIENCE, all).await.expect("it ends in time");
        (code, out, err)
    }

    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Reply {
        self.try_call(tool, arguments).await.expect("an answer")
    }

    /// As `call`, for answers that may be protocol errors.
    pub(crate) async fn try_call(&self, tool: &str, arguments: Value) -> Result<Reply, rmcp::ServiceError> {
        let params = CallToolRequestParams::new(tool.to_owned())
            .with_arguments(arguments.as_object().cloned().expect("arguments are an object"));
        let answer = self.client().call_tool(params);
        let result = tokio::time::timeout(PATIENCE, answer).await.expect("an answer in time")?;
        let mut blocks: Vec<Value> =
            result.content.iter().map(|block| serde_json::to_value(block).expect("a block")).collect();
        let text = blocks.remove(0)["text"].as_str().expect("a text block").to_owned();
        let json = serde_json::from_str(&text).expect("a JSON object");
        Ok(Reply { json, is_error: result.is_error.unwrap_or(false), blocks })
    }

    /// A batch on one server.
    pub(crate) async fn batch(&self, server: &str, calls: Value) -> Reply {
        self.call(super::SECURE_CALL, serde_json::json!({"server_name": server, "tool_calls": calls})).await
    }

    pub(crate) fn client(&self) -> &RunningService<RoleClient, ()> {
        self.client.as_ref().expect("connected")
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().and_then(Child::id).expect("running")
    }

    /// The whole log so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.path("stderr.log")).unwrap_or_default()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn config_path(&self) -> PathBuf {
        self.config.clone()
    }

    /// Puts the configuration elsewhere below the gateway's folder.
    pub(crate) fn config_at(mut self, name: &str) -> Self {
        let place = self.path(name);
        std::fs::create_dir_all(place.parent().expect("a folder")).expect("made");
        std::fs::rename(&self.config, &place).expect("moved");
        self.config = place;
        self
    }

    pub(crate) fn write_config(&self, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::write(self.config_path(), text).expect("the configuration is written");
        std::fs::set_permissions(self.config_path(), std::fs::Permissions::from_mode(0o600))
            .expect("permissions");
    }

    /// The child, to be waited for or signalled by the test itself; the client goes first.
    pub(crate) async fn leave(&mut self) -> Child {
        if let Some(client) = self.client.take() {
            let _ = client.cancel().await;
        }
        self.child.take().expect("running")
    }
}

impl Reply {
    /// The `results` of a batch.
    pub(crate) fn results(&self) -> &Vec<Value> {
        self.json["results"].as_array().unwrap_or_else(|| panic!("no results: {}", self.json))
    }

    /// The `status` of each result of a batch.
    pub(crate) fn statuses(&self) -> Vec<&str> {
        self.results().iter().map(|result| result["status"].as_str().expect("a status")).collect()
    }

    /// The `response` of the first result of a batch.
    pub(crate) fn response(&self) -> &str {
        self.results()[0]["response"].as_str().unwrap_or_else(|| panic!("no response: {}", self.json))
    }
}
