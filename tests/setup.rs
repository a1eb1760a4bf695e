//! `setup`, `install` and `generate-config`, by the real binary in a home folder of its own.
//!
//! What belongs here: the files of the MCP clients and the first configuration. How the gateway serves does not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_secure-mcp-gateway");
const ENTRY: &str = "Enkrypt Secure MCP Gateway";
/// For clients that are better off without blanks.
const PLAIN: &str = "Enkrypt-Secure-MCP-Gateway";
const CURSOR: &str = ".cursor/mcp.json";
const CURSOR_BEFORE: &str = ".cursor/mcp.json.before-secure-mcp-gateway";
const CODE: &str = ".claude.json";
const CONFIG: &str = ".enkrypt/enkrypt_mcp_config.json";
const DESKTOP: &str = if cfg!(target_os = "macos") {
    "Library/Application Support/Claude/claude_desktop_config.json"
} else {
    ".config/Claude/claude_desktop_config.json"
};

const COMMENTED: &str = r#"{
  // what I gave up on is in old.json
  "mcpServers": { // mine
    "files": { "command": "npx", "args": ["-y", "files"], }, // good
    /* "weather": {}, */
    "remote": { "url": "https://example.com/mcp" },
  },
  "unknown": 1.50, // stays
}
"#;

/// What is true of every client.
mod clients;
/// Servers of a client that go past the gateway, and go behind it.
mod import;

struct Home(TempDir);

struct Outcome {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Outcome {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn with(self, file: &str, text: &str) -> Self {
        let path = self.path(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
        self
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    fn text(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).expect(file)
    }

    fn json(&self, file: &str) -> Value {
        serde_json::from_str(&self.text(file)).expect("JSON")
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_as(Path::new(BINARY), arguments)
    }

    fn run_as(&self, binary: &Path, arguments: &[&str]) -> Outcome {
        Outcome::of(self.command(binary, arguments).output().expect("run"))
    }

    /// Nothing of this machine's own clients is to be found, so `PATH` is a folder in here.
    fn command(&self, binary: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary);
        command.args(arguments).env_clear();
        command.env("HOME", self.0.path()).env("PATH", self.path("bin")).current_dir(self.0.path());
        command
    }

    /// All at the same time.
    fn run_together(&self, all: &[&[&str]]) -> Vec<Outcome> {
        let started = all.iter().map(|arguments| {
            let mut command = self.command(Path::new(BINARY), arguments);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started")
        });
        let started: Vec<_> = started.collect();
        started.into_iter().map(|child| Outcome::of(child.wait_with_output().expect("run"))).collect()
    }

    fn ok(&self, arguments: &[&str]) -> String {
        let Outcome { code, out, err } = self.run(arguments);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
        out
    }

    fn fails(&self, arguments: &[&str]) -> Outcome {
        let outcome = self.run(arguments);
        assert_eq!(outcome.code, Some(1), "{}{}", outcome.out, outcome.err);
        outcome
    }

    /// Edits the configuration that `generate-config` writes.
    fn configured(self, from: &str, to: &str) -> Self {
        self.run(&["generate-config"]);
        let text = self.text(CONFIG);
        assert!(text.contains(from), "{text}");
        fs::write(self.path(CONFIG), text.replace(from, to)).expect("written");
        self
    }

    fn key(&self) -> String {
        let config = self.json(CONFIG);
        config["apikeys"].as_object().expect("keys").keys().next().expect("a key").clone()
    }

    #[cfg(unix)]
    fn mode(&self, file: &str) -> u32 {
        use std::os::unix::fs::PermissionsExt as _;
        fs::metadata(self.path(file)).expect(file).permissions().mode() & 0o777
    }
}

#[test]
fn our_entry_is_added_to_a_file_with_comments_and_taken_out_without_a_trace() {
    let home = Home::new().with(CURSOR, COMMENTED);
    home.ok(&["setup"]);
    let added = home.text(CURSOR);
    let mut rest = added.as_str();
    for line in COMMENTED.lines() {
        rest = rest.split_once(line).unwrap_or_else(|| panic!("{line} is not in {added}")).1;
    }
    assert!(added.contains(&format!("\n    \"{ENTRY}\": {{\n      \"command\": ")), "{added}");
    assert!(home.ok(&["setup"]).contains("unchanged"));
    assert_eq!(home.text(CURSOR), added);
    assert_eq!(home.text(CURSOR_BEFORE), COMMENTED);
    let undone = home.ok(&["setup", "--undo"]);
    assert_eq!(home.text(CURSOR), COMMENTED);
    assert!(undone.contains("taken out") && home.path(CONFIG).exists(), "{undone}");
    assert!(!home.path(CURSOR_BEFORE).exists(), "it says nothing that the file does not say");
    home.ok(&["setup", "--undo"]);
}

#[test]
fn the_proof_shows_an_echo_and_a_block_on_one_screen_and_no_key() {
    let home = Home::new().with(CURSOR, "{}");
    let out = home.ok(&["setup"]);
    assert!(out.contains("ok        echo       \"hello\" came back"), "{out}");
    assert!(
        out.contains("blocked   echo       \"hello; ls -la; whoami\" was stopped by injection_attack"),
        "{out}"
    );
    assert!(out.contains("enkrypt_secure_call_tools") && out.contains("restart        Cursor"), "{out}");
    assert!(!out.contains("redacted"), "{out}");
    let redacting = home.text(CONFIG).replace("\"pii_redaction\": false", "\"pii_redaction\": true");
    fs::write(home.path(CONFIG), redacting).expect("written");
    let out = home.ok(&["setup"]);
    let received = out.lines().find(|line| line.contains("the server received:")).expect("what it received");
    assert!(received.contains("<EMAIL_ADDRESS_") && !received.contains('@'), "{out}");
    assert!(out.lines().count() <= 25 && !out.contains(&home.key()), "{out}");
}

#[test]
fn each_client_gets_an_entry_of_its_kind() {
    let home = Home::new().with(DESKTOP, "").with(CODE, "{\n\t\"numStartups\": 3\n}\n");
    home.ok(&["setup"]);
    let desktop = &home.json(DESKTOP)["mcpServers"][ENTRY];
    assert_eq!(desktop["args"], serde_json::json!(["--config", home.path(CONFIG)]));
    assert_eq!(desktop["env"]["ENKRYPT_GATEWAY_KEY"], home.key().as_str());
    assert!(desktop["env"]["ENKRYPT_PROJECT_ID"].is_string() && desktop.get("type").is_none());
    let code = home.json(CODE);
    let entry = &code["mcpServers"][PLAIN];
    assert_eq!((&entry["type"], &entry["env"]), (&"stdio".into(), &desktop["env"]));
    assert_eq!(code["numStartups"], 3);
    assert!(home.text(CODE).contains("\n\t\t\"Enkrypt-Secure-MCP-Gateway\": {\n\t\t\t\"type\""));
    assert!(!home.path(".cursor").exists());
}

#[test]
fn of_those_who_come_at_once_one_makes_the_configuration() {
    let home = Home::new();
    let generate: &[&str] = &["generate-config"];
    let outcomes = home.run_together(&[generate; 16]);
    let made: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.code == Some(0)).collect();
    assert_eq!(made.len(), 1, "one key was shown, and it is the one that opens");
    assert!(made[0].out.contains(&home.key()), "{}", made[0].out);
    assert!(
        outcomes
            .iter()
            .filter(|outcome| outcome.code == Some(1))
            .all(|outcome| outcome.err.contains("already"))
    );
    assert_eq!(fs::read_dir(home.path(".enkrypt")).expect("a folder").count(), 1, "nothing else is left");
}

#[test]
fn clients_that_are_set_up_at_once_get_the_same_key() {
    let home = Home::new();
    let outcomes = home.run_together(&[
        &["setup", "--client", "cursor"],
        &["setup", "--client", "claude-code"],
        &["setup", "--client", "claude-desktop"],
    ]);
    for Outcome { code, out, err } in outcomes {
        assert_eq!(code, Some(0), "{out}{err}");
    }
    for (file, entry) in [(CURSOR, ENTRY), (CODE, PLAIN), (DESKTOP, ENTRY)] {
        let key = home.json(file)["mcpServers"][entry]["env"]["ENKRYPT_GATEWAY_KEY"].clone();
        assert_eq!(key, home.key().as_str(), "{file}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_without_our_key_is_as_open_as_it_was() {
    use std::os::unix::fs::PermissionsExt as _;
    let set = |home: &Home, mode| {
        fs::set_permissions(home.path(CURSOR), fs::Permissions::from_mode(mode)).expect("set");
    };
    for mode in [0o644, 0o664, 0o600] {
        for edited in [false, true] {
            let home = Home::new().with(CURSOR, "{\"a\": 1}");
            set(&home, mode);
            home.ok(&["setup"]);
            assert_eq!(home.mode(CURSOR), 0o600, "our key is in it");
            if edited {
                fs::write(home.path(CURSOR), home.text(CURSOR).replace('1', "2")).expect("written");
            }
            home.ok(&["setup", "--undo"]);
            assert_eq!(home.mode(CURSOR), mode);
        }
    }
    // What its owner has said since goes before.
    let home = Home::new().with(CURSOR, "{}");
    set(&home, 0o644);
    home.ok(&["setup"]);
    set(&home, 0o640);
    home.ok(&["setup", "--undo"]);
    assert_eq!(home.mode(CURSOR), 0o640);
}

#[cfg(unix)]
#[test]
fn files_that_hold_a_key_are_private_and_links_stay_links() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new().with("dotfiles/cursor.json", COMMENTED).with(".cursor/keep", "");
    fs::set_permissions(home.path("dotfiles/cursor.json"), fs::Permissions::from_mode(0o600)).expect("set");
    std::os::unix::fs::symlink(home.path("dotfiles/cursor.json"), home.path(CURSOR)).expect("a link");
    home.ok(&["setup", "--client", "cursor", "--client", "claude"]);
    assert!(home.path(CURSOR).is_symlink());
    for file in ["dotfiles/cursor.json", "dotfiles/cursor.json.before-secure-mcp-gateway", DESKTOP, CONFIG] {
        assert_eq!(home.mode(file), 0o600, "{file}");
    }
    for folder in [".enkrypt", Path::new(DESKTOP).parent().and_then(Path::to_str).expect("a folder")] {
        assert_eq!(home.mode(folder), 0o700, "{folder}");
    }
    fs::remove_file(home.path("dotfiles/cursor.json")).expect("removed");
    assert!(
        home.fails(&["install", "--client", "cursor"]).err.contains("is a link to a file that is not there")
    );
    assert!(home.path(CURSOR).is_symlink());
}

#[test]
fn a_file_that_is_not_json_is_left_alone_and_holds_up_no_other_client() {
    for (text, complaint) in [
        ("{\n  \"mcpServers\": {,}\n}", "is not JSON: line 2"),
        ("{\"mcpServers\": []}", "that is not an object"),
    ] {
        let home = Home::new().with(CURSOR, text).with(CODE, "{}");
        let Outcome { out, err, .. } = home.fails(&["setup"]);
        assert!(err.contains(complaint) && err.contains("hint: it was left as it is"), "{err}");
        assert_eq!(home.text(CURSOR), text);
        assert!(!home.path(CURSOR_BEFORE).exists());
        assert!(out.contains("restart        Claude Code\n"), "{out}");
        assert!(out.contains("FAILED") && home.text(CODE).contains(PLAIN), "{out}");
        home.fails(&["setup", "--undo"]);
        assert_eq!(home.text(CURSOR), text);
    }
}

#[test]
fn without_a_client_the_entry_is_shown_for_pasting() {
    let home = Home::new();
    let out = home.ok(&["setup"]);
    for file in [CURSOR, CODE, DESKTOP] {
        assert!(out.contains(&home.path(file).display().to_string()) && !home.path(file).exists(), "{out}");
    }
    let (_, pasted) = out.split_once("lists its servers\n").expect("an entry");
    let mut values = serde_json::Deserializer::from_str(pasted).into_iter::<Value>();
    let entry = values.next().expect("an entry").expect("JSON");
    assert_eq!(entry["mcpServers"][PLAIN]["env"]["ENKRYPT_GATEWAY_KEY"], home.key().as_str());
}

#[test]
fn generate_config_shows_the_key_once_and_replaces_nothing_unasked() {
    let home = Home::new();
    let first = home.run(&["generate-config"]);
    assert!(first.code == Some(0) && first.out.contains(&home.key()), "{}", first.err);
    let old = home.text(CONFIG);
    let refused = home.fails(&["generate-config"]);
    assert!(refused.err.contains("--overwrite") && !refused.err.contains(&home.key()), "{}", refused.err);
    assert_eq!(home.text(CONFIG), old);
    let echo = home.path("my echo");
    fs::write(&echo, "").expect("written");
    let echo = echo.to_str().expect("text");
    assert_eq!(home.run(&["generate-config", "--overwrite", "--echo-server", echo]).code, Some(0));
    assert_eq!(home.text(&format!("{CONFIG}.bak")), old);
    assert!(home.text(CONFIG).contains(echo));
    assert!(first.err.contains("`secure-mcp-gateway setup` gives"), "{}", first.err);
    let other = home.run(&["--config", "my other.json", "generate-config"]);
    assert!(other.code == Some(0) && home.path("my other.json").exists(), "{}", other.err);
    let told = format!("setup --config \"{}\"` gives", home.path("my other.json").display());
    assert!(other.err.contains(&told), "{}", other.err);
}

#[test]
fn without_an_echo_server_the_list_of_servers_is_empty() {
    let home = Home::new().with(CURSOR, "{}");
    let lonely = home.path("gateway");
    fs::copy(BINARY, &lonely).expect("copied");
    let Outcome { code, out, err } = home.run_as(&lonely, &["setup"]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(err.contains("no `echo_mcp` beside this program") && err.contains("`mcp_config`"), "{err}");
    assert!(out.contains("ok        tools") && out.contains("untried   servers    the key ****"), "{out}");
    let lists = home.json(CONFIG)["mcp_configs"].clone();
    assert!(
        lists.as_object().expect("lists").values().all(|list| list["mcp_config"] == serde_json::json!([]))
    );
    assert_eq!(home.run_as(&lonely, &["setup", "--undo"]).code, Some(0));
    assert_eq!(home.text(CURSOR), "{}", "an entry is ours also when the program was renamed");
    let named = home.fails(&["--config", "x.json", "generate-config", "--echo-server", "nowhere/echo"]);
    assert!(named.err.contains("no such program") && !home.path("x.json").exists(), "{}", named.err);
}

#[test]
fn a_file_can_be_had_back_as_it_was_before_the_first_time() {
    let home = Home::new().with(CURSOR, COMMENTED).with(".cursor/mcp.json.bak", "mine");
    home.ok(&["setup"]);
    // Another key makes a second change.
    assert_eq!(home.run(&["generate-config", "--overwrite"]).code, Some(0));
    assert!(home.ok(&["setup"]).contains("registered"));
    let edited = home.text(CURSOR).replace("\"npx\"", "\"bunx\"");
    fs::write(home.path(CURSOR), &edited).expect("written");
    let undone = home.ok(&["setup", "--undo"]);
    assert_eq!(home.text(CURSOR), COMMENTED.replace("\"npx\"", "\"bunx\""));
    assert_eq!(
        (home.text(CURSOR_BEFORE), home.text(".cursor/mcp.json.bak")),
        (COMMENTED.into(), "mine".into())
    );
    let kept = home.path(CURSOR_BEFORE).canonicalize().expect("a path").display().to_string();
    assert!(undone.contains(&kept), "{undone}");
}

#[test]
fn an_entry_of_another_program_under_our_name_comes_back() {
    let python = format!(
        "{{\n  \"mcpServers\": {{\n    \"{ENTRY}\": {{\"command\": \"uv\", \"env\": {{\"ENKRYPT_GATEWAY_KEY\": \"p\", \"X\": \"1\"}}}}\n  }}\n}}\n"
    );
    let home = Home::new().with(CURSOR, &python);
    let out = home.ok(&["setup"]);
    assert!(out.contains("another program's entry stood there"), "{out}");
    let entry = home.json(CURSOR)["mcpServers"][ENTRY].clone();
    assert!(entry["env"].get("X").is_none(), "what it was told is not ours: {entry}");
    let added = home.text(CURSOR);
    let out = home.ok(&["setup", "--undo"]);
    assert!(out.contains("which stood there before, is back"), "{out}");
    assert_eq!(home.text(CURSOR), python);
    assert!(!home.path(CURSOR_BEFORE).exists());
    assert!(home.ok(&["setup", "--undo"]).contains("not in it"), "what is not ours stays");
    assert_eq!(home.text(CURSOR), python);
    // Also when the rest of the file has changed meanwhile.
    home.ok(&["setup"]);
    fs::write(home.path(CURSOR), added.replacen('{', "{\n  \"new\": 1,", 1)).expect("written");
    let out = home.ok(&["setup", "--undo"]);
    let (now, then) = (home.json(CURSOR), serde_json::from_str::<Value>(&python).expect("JSON"));
    assert_eq!((&now["mcpServers"], &now["new"]), (&then["mcpServers"], &1.into()));
    assert!(out.contains("before is kept: ") && home.path(CURSOR_BEFORE).exists(), "{out}");
    // What that old file would not bring back is not replaced.
    home.ok(&["setup"]);
    home.ok(&["setup", "--undo"]);
    let other = home.text(CURSOR).replace("\"uv\"", "\"pipx\"");
    fs::write(home.path(CURSOR), &other).expect("written");
    assert!(home.fails(&["setup"]).err.contains("move that away"));
    assert_eq!(home.text(CURSOR), other);
}

#[test]
fn install_takes_the_first_key() {
    let home = Home::new();
    home.run(&["generate-config"]);
    home.ok(&["install", "--client", "cursor"]);
    assert_eq!(home.json(CURSOR)["mcpServers"][ENTRY]["env"]["ENKRYPT_GATEWAY_KEY"], home.key().as_str());
    let missing = Home::new().fails(&["install", "--client", "cursor"]).err;
    assert!(missing.contains("no configuration file"), "{missing}");
}

#[test]
fn a_key_that_is_not_in_the_clear_is_left_to_the_user() {
    let home = Home::new();
    home.run(&["generate-config"]);
    let (key, digest) = (home.key(), format!("sha256:{}", "0".repeat(64)));
    let home = home.configured(&key, &digest).with(CURSOR, "{}");
    let Outcome { err, .. } = home.fails(&["setup"]);
    assert!(err.contains("written in the clear") && err.contains("YOUR_GATEWAY_KEY"), "{err}");
    assert_eq!(home.text(CURSOR), "{}");
}

#[test]
fn a_client_keeps_its_key_as_long_as_that_opens() {
    let home = Home::new().with(CURSOR, "{}").with(CODE, "{}");
    assert!(home.ok(&["setup", "--client", "cursor"]).contains("with the key ****"));
    let (config, key) = (home.json(CONFIG), home.key());
    let entry = config["apikeys"][&key].to_string();
    let first = "another-key-00000001";
    let text =
        home.text(CONFIG).replacen("\"apikeys\": {", &format!("\"apikeys\": {{\"{first}\": {entry},"), 1);
    fs::write(home.path(CONFIG), text).expect("written");
    let key_of = |file: &str, entry: &str| {
        home.json(file)["mcpServers"][entry]["env"]["ENKRYPT_GATEWAY_KEY"].as_str().expect("a key").to_owned()
    };
    let before = home.text(CURSOR);
    let out = home.ok(&["setup"]);
    assert_eq!(home.text(CURSOR), before);
    assert_eq!(key_of(CODE, PLAIN), first);
    let shown = |key: &str| format!("with the key ****{}", &key[key.len() - 4..]);
    assert!(out.contains(&shown(&key)) && out.contains(&shown(first)), "{out}");
    assert!(out.matches("came back through").count() == 2, "both keys are tried: {out}");
    // Its digest opens as well, though nobody else could be given that key.
    let digest = format!("sha256:{:x}", <sha2::Sha256 as sha2::Digest>::digest(key.as_bytes()));
    let digested = home.text(CONFIG).replace(&key, &digest);
    fs::write(home.path(CONFIG), digested).expect("written");
    home.ok(&["install", "--client", "cursor"]);
    assert_eq!(home.text(CURSOR), before);
    let closed = home
        .text(CONFIG)
        .replace(&format!("\"{digest}\": {{"), &format!("\"{digest}\": {{\"disabled\": true, "));
    fs::write(home.path(CONFIG), closed).expect("written");
    home.ok(&["setup", "--client", "cursor"]);
    assert_eq!(key_of(CURSOR, ENTRY), first);
}

#[test]
fn why_no_key_opens_is_said_with_a_remedy() {
    for (change, reason) in [
        (
            "/projects/mcp_config_id",
            "opens nothing: the `mcp_config_id` of its project is not in `mcp_configs`",
        ),
        ("/apikeys/disabled", "disabled"),
    ] {
        let home = Home::new().with(CURSOR, "{}");
        home.run(&["generate-config"]);
        let mut config = home.json(CONFIG);
        let (section, member) = change[1..].split_once('/').expect("two");
        for entry in config[section].as_object_mut().expect("entries").values_mut() {
            entry[member] = if member == "disabled" { true.into() } else { "nowhere".into() };
        }
        fs::write(home.path(CONFIG), config.to_string()).expect("written");
        for arguments in [&["setup"][..], &["install", "--client", "cursor"]] {
            let err = home.fails(arguments).err;
            assert!(err.contains(reason) && err.contains("no gateway key opens anything"), "{err}");
            assert!(!err.contains("YOUR_GATEWAY_KEY") && !err.contains("add one"), "{err}");
        }
        let checked = home.run(&["config", "check"]);
        assert!(checked.err.contains("no gateway key opens anything: mend"), "{}", checked.err);
        assert_eq!(home.text(CURSOR), "{}");
    }
}

#[test]
fn nothing_is_claimed_that_the_configuration_does_not_promise() {
    let other = Home::new().configured("examples/echo_mcp", "examples/lab_mcp");
    let out = other.ok(&["setup"]);
    assert!(out.contains("echo_server") && !out.contains("blocked"), "{out}");
    let harmless =
        Home::new().configured("\"injection_attack\", \"policy_violation\"", "\"policy_violation\"");
    let out = harmless.ok(&["setup"]);
    assert!(out.contains("came back") && out.contains("untried") && !out.contains("blocked "), "{out}");
    let common = "\"common_mcp_gateway_config\": {";
    let direct = Home::new().configured(common, &format!("{common} \"tool_exposure\": \"direct\","));
    let out = direct.ok(&["setup"]);
    assert!(out.contains("ok        tools") && out.contains("`tool_exposure` is `direct`"), "{out}");
}

#[test]
fn a_proof_that_does_not_hold_is_a_failure() {
    let broken = Home::new().configured("examples/echo_mcp", "examples/nowhere/echo_mcp");
    let Outcome { out, err, .. } = broken.fails(&["setup"]);
    assert!(err.contains("the proof failed") && !out.contains("came back"), "{out}{err}");
}
