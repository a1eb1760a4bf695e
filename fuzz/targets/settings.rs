//! Any text as a configuration: settings, or a list of what is wrong with it.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use secure_mcp_gateway::driven::{Environment, parse_settings};

fuzz_target!(|text: &str| {
    let environment = Environment::from_pairs([("HOME", "/home/somebody"), ("TOKEN", "a-token-of-somebody")]);
    if let Err(problem) = parse_settings(Path::new("settings.json"), text, &environment) {
        assert!(!problem.to_string().is_empty());
    }
});
