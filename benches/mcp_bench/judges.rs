//! Who judges: nobody, a provider of the gateway's own, or a service that is part of the benchmark.
//!
//! The service speaks the API of the provider `enkrypt` on the loopback interface, finds nothing, and takes as long
//! as it is told.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::Outcome;

/// A service as far away as one on the internet.
pub(crate) const SLOW: &str = "service, 50 ms";
const FAR: Duration = Duration::from_millis(50);

pub(crate) struct Judge {
    pub(crate) name: &'static str,
    plugin: Value,
    /// The input policy and the output policy.
    policies: Option<(Value, Value)>,
}

pub(crate) fn all() -> Outcome<Vec<Judge>> {
    let policy = |block: &[&str], redacts: bool| {
        let more = json!({"pii_redaction": redacts});
        json!({"enabled": true, "policy_name": "bench", "block": block, "additional_config": more})
    };
    let same = |policy: Value| Some((policy.clone(), policy));
    let service = |name, delay| {
        let config = json!({"api_key": "bench-api-key", "base_url": service(delay)?});
        let plugin = json!({"provider": "enkrypt", "config": config});
        Ok::<_, String>(Judge { name, plugin, policies: same(policy(&["injection_attack"], false)) })
    };
    let local = || json!({"provider": "local"});
    let usual = ["injection_attack", "policy_violation"];
    Ok(vec![
        Judge { name: "nobody", plugin: local(), policies: None },
        Judge {
            name: "custom_keyword",
            plugin: json!({"provider": "custom_keyword", "config": {"blocked_keywords": ["rm -rf", "whoami"]}}),
            policies: same(policy(&["keyword_detector"], false)),
        },
        Judge {
            name: "local",
            plugin: local(),
            policies: Some((policy(&usual, false), policy(&["injection_attack", "secrets"], false))),
        },
        Judge {
            name: "local, redacting",
            plugin: local(),
            policies: Some((policy(&usual, true), policy(&["injection_attack", "secrets"], false))),
        },
        service("service, 0 ms", Duration::ZERO)?,
        service(SLOW, FAR)?,
    ])
}

impl Judge {
    /// Puts its policies into a configuration.
    pub(crate) fn sit(&self, config: &mut Value) {
        config["plugins"] = json!({"guardrails": self.plugin});
        let Some((input, output)) = &self.policies else { return };
        for server in config["mcp_configs"]["c"]["mcp_config"].as_array_mut().into_iter().flatten() {
            server["input_guardrails_policy"] = input.clone();
            server["output_guardrails_policy"] = output.clone();
        }
    }
}

/// Starts one and gives its address. Its threads end with the process.
fn service(delay: Duration) -> Outcome<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            // A gateway that has gone is no fault.
            thread::spawn(move || drop(serve(&stream, delay)));
        }
    });
    Ok(format!("http://{address}"))
}

fn serve(stream: &TcpStream, delay: Duration) -> io::Result<()> {
    const ANSWER: &str = r#"{"summary":{"injection_attack":0,"toxicity":[]},"details":{}}"#;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let header = line.trim_end().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        thread::sleep(delay);
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ";
        (&mut &*stream).write_all(format!("{head}{}\r\n\r\n{ANSWER}", ANSWER.len()).as_bytes())?;
    }
}
