//! The way in: lines of bounded length, messages or the words that answer them, and JSON written as it was read.

#![no_main]

use futures_util::FutureExt as _;
use libfuzzer_sys::fuzz_target;
use secure_mcp_gateway::driven::{
    Line, LineReader, answer_to_malformed, message_id, sorted, values, write,
};
use serde_json::Value;

const LIMIT: usize = 400;

fuzz_target!(|data: &[u8]| {
    let mut lines = LineReader::new(data, LIMIT);
    loop {
        match lines.next().now_or_never().expect("memory is always ready").expect("and never fails") {
            Line::Text(line) => {
                assert!(line.len() <= LIMIT);
                look(line);
            }
            Line::TooLong(overflow) => drop(overflow.message_id()),
            Line::End => break,
        }
    }
});

fn look(line: &[u8]) {
    let _ = message_id(line);
    if let Some(answer) = answer_to_malformed(line) {
        assert!(serde_json::from_slice::<Value>(&answer).is_ok());
    }
    let Ok(value) = serde_json::from_slice::<Value>(line) else { return };
    assert!(values(line) >= 1);
    let mut written = Vec::new();
    write(&value, &mut written);
    assert_eq!(serde_json::from_slice::<Value>(&written).ok().as_ref(), Some(&value));
    assert_eq!(serde_json::from_str::<Value>(&sorted(&value)).ok(), Some(value));
}
