//! The entry of a server: no panic, no end of the stack, and the same entry gives the same findings.
//!
//! The first line is the command, `$NAME=value` a variable, `@` an address, and what is left are arguments.

#![no_main]

use libfuzzer_sys::fuzz_target;
use secure_mcp_gateway::detect::{Kind, ServerEntry, inspect_server};

fuzz_target!(|text: &str| {
    let mut lines = text.lines();
    let mut entry = ServerEntry { command: lines.next().unwrap_or_default(), ..ServerEntry::default() };
    for line in lines {
        if let Some((name, value)) = line.strip_prefix('$').and_then(|line| line.split_once('=')) {
            entry.env.push((name, value));
        } else if let Some(url) = line.strip_prefix('@') {
            entry.url = url;
        } else {
            entry.args.push(line);
        }
    }
    // A script has lines of its own.
    let script = text.replace('\r', "\n");
    let shell = ServerEntry { command: "sh", args: vec!["-c", &script], ..ServerEntry::default() };
    for entry in [entry, shell] {
        let found = inspect_server(&entry);
        assert!(found.iter().all(|one| one.kind == Kind::ServerConfig && (0.0..=1.0).contains(&one.score)));
        assert_eq!(found, inspect_server(&entry));
    }
});
