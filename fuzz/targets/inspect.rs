//! Every detector at every place: no panic, spans of whole characters, and the same text gives the same findings.

#![no_main]

use libfuzzer_sys::fuzz_target;
use secure_mcp_gateway::detect::{Extra, Kind, Kinds, Place, inspect};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let more = Extra::ALL.into_iter().fold(Kinds::ALL, Kinds::with_extra);
    let one = Kinds::NONE.with(Kind::ALL[data.len() % Kind::ALL.len()]);
    for place in [Place::Argument, Place::Result, Place::Definition] {
        for kinds in [one, Kinds::ALL, more] {
            let found = inspect(&text, place, kinds);
            for finding in &found {
                assert!(kinds.contains(finding.kind), "{finding:?}");
                assert!(text.get(finding.span.clone()).is_some(), "{finding:?}");
                assert!((0.0..=1.0).contains(&finding.score), "{finding:?}");
            }
            assert_eq!(found, inspect(&text, place, kinds));
        }
    }
});
