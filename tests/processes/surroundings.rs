//! The environment of a server, and the search for its program.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::watch::{Record, until};
use crate::support::{Config, DISCOVER, Gateway, KEY, binary, server_binary};

/// A program that only a login shell knows of, and that shell.
struct Login {
    folder: TempDir,
}

impl Login {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        symlink(server_binary("lab_mcp"), folder.path().join("only-at-login")).expect("a link");
        Self { folder }
    }

    fn folder(&self) -> &str {
        self.folder.path().to_str().expect("text")
    }

    /// The gateway, with a shell of this script. What it is asked to run stands in `$4`.
    fn gateway(&self, config: &Config, script: &str) -> Gateway {
        let shell = executable(self.folder.path(), &format!("#!/bin/sh\n{script}\n"));
        Gateway::prepare(&config.text()).env("SHELL", shell.to_str()).env("PATH", Some("/usr/bin:/bin"))
    }
}

fn executable(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("shell");
    std::fs::write(&path, text).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).expect("permissions");
    path
}

fn only_at_login() -> Config {
    Config::new().server(json!({"server_name": "lab", "config": {"command": "only-at-login"}}))
}

fn ask_for(name: &str) -> Value {
    json!([{"name": "env", "args": {"name": name}}])
}

#[tokio::test]
async fn a_server_gets_the_listed_variables_and_no_other() {
    let config = Config::new().lab(&[]).env(json!({"LAB_ONE": "1", "TERM": "from the file"}));
    let gateway = Gateway::prepare(&config.text())
        .env("SHELL", Some("/bin/sh"))
        .env("TERM", Some("xterm"))
        .env("USER", Some("me"))
        .env("LOGNAME", Some("me"))
        .env("LD_LIBRARY_PATH", Some("/nowhere"))
        .env("AWS_SECRET_ACCESS_KEY", Some("s"))
        .env("ENKRYPT_PROJECT_ID", Some("project-1"))
        .connect()
        .await;
    let reply = gateway.batch("lab", json!([{"name": "env_names"}])).await;
    assert_eq!(reply.response(), "HOME\nLAB_ONE\nLOGNAME\nPATH\nSHELL\nTERM\nUSER");
    assert_eq!(gateway.batch("lab", ask_for("TERM")).await.response(), "from the file");
}

#[tokio::test]
async fn a_program_of_the_login_shells_path_is_found_and_gets_that_path() {
    let login = Login::new();
    let script =
        format!("echo Welcome back\nPATH={}:$PATH\nexport PATH\neval \"$4\"\necho Goodbye", login.folder());
    let gateway = login.gateway(&only_at_login(), &script).connect().await;
    let reply = gateway.batch("lab", ask_for("PATH")).await;
    assert_eq!(reply.response(), format!("{}:/usr/bin:/bin", login.folder()));
}

#[tokio::test]
async fn what_the_shells_files_left_running_holds_nothing_up() {
    let login = Login::new();
    let record = Record::new();
    let script =
        format!("sleep 600 &\necho $! > {}\nPATH={}:$PATH\neval \"$4\"", record.as_str(), login.folder());
    let gateway = login.gateway(&only_at_login(), &script).connect().await;
    let reply = gateway.batch("lab", json!([{"name": "pid"}])).await;
    assert_eq!(reply.statuses(), ["success"], "{}", reply.json);
    // It is the user's; an agent that the profile starts is meant to stay.
    for pid in record.pids() {
        super::signal(pid, rustix::process::Signal::KILL);
    }
}

#[tokio::test]
async fn a_login_shell_that_hangs_is_given_up_and_ended() {
    let login = Login::new();
    let record = Record::new();
    let config = only_at_login().timeout("connectivity_timeout", 1.0);
    let script = format!("sleep 600 &\necho $! > {}\necho $$ >> {}\nwait", record.as_str(), record.as_str());
    let gateway = login.gateway(&config, &script).connect().await;
    let reply = gateway.call(DISCOVER, json!({"server_name": "lab"})).await;
    assert_eq!(reply.json["error_code"], "SERVER_START_FAILED", "{}", reply.json);
    assert!(
        reply.json["message"].as_str().expect("text").contains("no command `only-at-login`"),
        "{}",
        reply.json
    );
    assert!(reply.json["hint"].as_str().expect("text").contains("PATH"), "{}", reply.json);
    let asked = record.pids();
    assert_eq!(asked.len(), 2);
    until("the shell is gone, and what it started", || record.alive() == 0).await;
    // The next caller does not pay for it again.
    let again = gateway.call(DISCOVER, json!({"server_name": "lab"})).await;
    assert_eq!(again.json["error_code"], "SERVER_START_FAILED", "{}", again.json);
    assert_eq!(record.pids(), asked, "the shell was asked once");
}

#[tokio::test]
async fn a_script_named_by_its_path_finds_the_interpreter_beside_it() {
    let folder = TempDir::new().expect("a folder");
    symlink(server_binary("lab_mcp"), folder.path().join("lab-interpreter")).expect("a link");
    let script = folder.path().join("script");
    std::fs::write(&script, "#!/bin/sh\nexec lab-interpreter\n").expect("written");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("permissions");
    let config =
        Config::new().server(json!({"server_name": "lab", "config": {"command": script, "args": []}}));
    let gateway = Gateway::start(&config).await;
    assert_eq!(gateway.batch("lab", json!([{"name": "pid"}])).await.statuses(), ["success"]);
}

#[tokio::test]
async fn a_shell_without_an_answer_and_no_shell_at_all_are_said_to_have_been_asked() {
    let login = Login::new();
    for script in ["exit 1", "echo no marks here", "kill -9 $$"] {
        let gateway = login.gateway(&only_at_login(), script).connect().await;
        let reply = gateway.call(DISCOVER, json!({"server_name": "lab"})).await;
        assert_eq!(reply.json["error_code"], "SERVER_START_FAILED", "{}", reply.json);
    }
    let gateway =
        Gateway::prepare(&only_at_login().text()).env("SHELL", Some("/no/such/shell")).connect().await;
    let reply = gateway.call(DISCOVER, json!({"server_name": "lab"})).await;
    assert_eq!(reply.json["error_code"], "SERVER_START_FAILED", "{}", reply.json);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_low_limit_of_open_files_is_raised_as_far_as_it_may_be() {
    let gateway = Gateway::prepare(&Config::new().text());
    let mut child = tokio::process::Command::new("sh")
        .args(["-c", "ulimit -Sn 64; ulimit -Hn 2048; exec \"$0\" --config \"$1\""])
        .arg(binary())
        .arg(gateway.config_path())
        .env("ENKRYPT_GATEWAY_KEY", KEY)
        .stdin(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("it starts");
    let limits = format!("/proc/{}/limits", child.id().expect("running"));
    let raised = || {
        let limits = std::fs::read_to_string(&limits).unwrap_or_default();
        let files = limits.lines().find(|line| line.starts_with("Max open files"));
        files.is_some_and(|files| files.split_whitespace().nth(3) == Some("2048"))
    };
    until("the limit is raised", raised).await;
    child.kill().await.expect("ended");
}

#[tokio::test]
async fn a_command_that_is_there_and_cannot_be_run_is_told_from_one_that_is_not() {
    let folder = TempDir::new().expect("a folder");
    let script = executable(folder.path(), "#!/no/such/interpreter\n");
    let other = TempDir::new().expect("a folder");
    let nothing = executable(other.path(), "neither a script nor a binary\n");
    let closed = folder.path().join("closed");
    std::fs::write(&closed, "text").expect("written");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o600)).expect("permissions");
    for (command, message, hint) in [
        (folder.path(), "is a folder", "the program itself"),
        (&closed, "no program that this user may run", "chmod +x"),
        (&script, "the interpreter that it needs is not there", "first line"),
        (&nothing, "no program of this machine", "`#!`"),
        (Path::new("/no/such/program"), "there is no command", "check the `command`"),
    ] {
        let config = Config::new().server(json!({"server_name": "x", "config": {"command": command}}));
        let told = Gateway::start(&config).await.call(DISCOVER, json!({"server_name": "x"})).await.json;
        assert_eq!(told["error_code"], "SERVER_START_FAILED", "{told}");
        assert!(told["message"].as_str().expect("text").contains(message), "{told}");
        assert!(told["hint"].as_str().expect("text").contains(hint), "{told}");
    }
    let config = Config::new().server(json!({"server_name": "x", "config": {"command": "true"}}));
    let told = Gateway::start(&config).await.call(DISCOVER, json!({"server_name": "x"})).await.json;
    assert!(told["details"].is_null() && !told["hint"].to_string().contains("details"), "{told}");
}
