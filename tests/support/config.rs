//! Configurations for tests, in the shape that the gateway writes.

use serde_json::{Map, Value, json};

use super::server_binary;

/// The gateway key of every test configuration.
pub(crate) const KEY: &str = "test-key-5f1c0d9e7a3b";

/// A configuration under construction.
#[derive(Clone)]
pub(crate) struct Config(Value);

impl Config {
    /// One key, one project, one user, no server.
    pub(crate) fn new() -> Self {
        Self(json!({
            "common_mcp_gateway_config": {},
            "mcp_configs": {"config-1": {"mcp_config_name": "test", "mcp_config": []}},
            "projects": {"project-1": {"project_name": "test", "mcp_config_id": "config-1", "users": ["user-1"]}},
            "users": {"user-1": {"email": "user@example.com"}},
            "apikeys": {KEY: {"project_id": "project-1", "user_id": "user-1"}},
        }))
    }

    /// The server `lab_mcp` under the name `lab`.
    pub(crate) fn lab(self, args: &[&str]) -> Self {
        self.server(
            json!({"server_name": "lab", "config": {"command": server_binary("lab_mcp"), "args": args}}),
        )
    }

    pub(crate) fn echo(self) -> Self {
        self.server(
            json!({"server_name": "echo", "config": {"command": server_binary("echo_mcp"), "args": []}}),
        )
    }

    /// The server `hostile_mcp` in the given modes, under the name `hostile`.
    pub(crate) fn hostile(self, modes: &str) -> Self {
        let args: Vec<&str> = if modes.is_empty() { Vec::new() } else { vec![modes] };
        self.server(json!({"server_name": "hostile", "config": {"command": server_binary("hostile_mcp"), "args": args}}))
    }

    pub(crate) fn server(mut self, server: Value) -> Self {
        self.servers().push(server);
        self
    }

    /// Sets a member of the server that was added last.
    pub(crate) fn with(mut self, key: &str, value: Value) -> Self {
        self.servers().last_mut().expect("a server")[key] = value;
        self
    }

    /// Sets environment variables of the server that was added last.
    pub(crate) fn env(mut self, env: Value) -> Self {
        self.servers().last_mut().expect("a server")["config"]["env"] = env;
        self
    }

    /// Sets a key of `common_mcp_gateway_config`.
    pub(crate) fn common(mut self, key: &str, value: Value) -> Self {
        self.0["common_mcp_gateway_config"][key] = value;
        self
    }

    /// Sets a key of `timeout_settings`, in seconds.
    pub(crate) fn timeout(mut self, key: &str, seconds: f64) -> Self {
        self.0["common_mcp_gateway_config"]["timeout_settings"][key] = json!(seconds);
        self
    }

    /// The provider `custom_keyword` with these words.
    pub(crate) fn keywords(mut self, words: &[&str]) -> Self {
        self.0["plugins"] =
            json!({"guardrails": {"provider": "custom_keyword", "config": {"blocked_keywords": words}}});
        self
    }

    /// A provider with its configuration.
    pub(crate) fn provider(mut self, name: &str, config: &Value) -> Self {
        self.0["plugins"] = json!({"guardrails": {"provider": name, "config": config}});
        self
    }

    /// Switches both policies of the server that was added last on, for keywords.
    pub(crate) fn guarded(self) -> Self {
        let policy = json!({"enabled": true, "policy_name": "test", "block": ["keyword_detector"]});
        self.with("input_guardrails_policy", policy.clone()).with("output_guardrails_policy", policy)
    }

    /// Changes anything else.
    pub(crate) fn edit(mut self, change: impl FnOnce(&mut Value)) -> Self {
        change(&mut self.0);
        self
    }

    pub(crate) fn value(&self) -> &Value {
        &self.0
    }

    pub(crate) fn text(&self) -> String {
        serde_json::to_string_pretty(&self.0).expect("JSON")
    }

    fn servers(&mut self) -> &mut Vec<Value> {
        self.0["mcp_configs"]["config-1"]["mcp_config"].as_array_mut().expect("a list of servers")
    }
}

/// The example configuration with its placeholders filled.
pub(crate) fn example() -> Map<String, Value> {
    let text = include_str!("../../example_enkrypt_mcp_config.json")
        .replace("UNIQUE_GATEWAY_KEY", KEY)
        .replace("DUMMY_ECHO_MCP_FILE_PATH", &server_binary("echo_mcp").to_string_lossy());
    serde_json::from_str(&text).expect("the example is JSON")
}
