//! Guardrail providers that are services, on a mock of them.

use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::guard::{API_KEY, Guard};
use crate::support::{Config, Gateway};

mod asynchronous;
mod composed;
mod edits;
mod exchanges;
mod faults;
mod load;
mod settings;

/// A mock of the service, and the server `lab` with a log of what reaches it.
struct Bench {
    guard: Guard,
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        Self { guard: Guard::start(), folder: TempDir::new().expect("a folder") }
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("calls")
    }

    /// The provider `enkrypt` before the server `lab`.
    fn config(&self) -> Config {
        let config =
            Config::new().provider("enkrypt", &json!({"base_url": self.guard.url(), "api_key": API_KEY}));
        config.lab(&["--log", &self.log().to_string_lossy()])
    }

    /// With this policy for inputs.
    fn input(&self, more: &Value) -> Config {
        self.config().with("input_guardrails_policy", policy("In Policy", more))
    }

    fn output(&self, more: &Value) -> Config {
        self.config().with("output_guardrails_policy", policy("Out Policy", more))
    }

    /// The calls that reached the server.
    fn calls(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        log.lines().filter(|line| line.starts_with("call ")).map(str::to_owned).collect()
    }
}

/// A policy that is in force and blocks injections and violations.
fn policy(name: &str, more: &Value) -> Value {
    let mut policy =
        json!({"enabled": true, "policy_name": name, "block": ["injection_attack", "policy_violation"]});
    let members = policy.as_object_mut().expect("an object");
    members.extend(more.as_object().cloned().unwrap_or_default());
    policy
}

fn echo(message: &str) -> Value {
    json!({"name": "echo", "args": {"message": message}})
}

/// The only result of a batch of one.
async fn one(gateway: &Gateway, call: Value) -> Value {
    let reply = gateway.batch("lab", json!([call])).await;
    let result = reply.json["results"][0].clone();
    if result.is_null() { reply.json } else { result }
}
