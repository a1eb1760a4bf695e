//! Whole answers, compared with the files of `tests/wire/`. `UPDATE=1` rewrites the files.

use std::path::Path;

use serde_json::Value;

use super::binary;

/// Compares an answer, whole, with `tests/wire/{name}.json`. What differs from run to run is masked first.
#[track_caller]
pub(crate) fn wire(name: &str, answer: &Value) {
    let mut answer = answer.clone();
    scrub(&mut answer);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire").join(format!("{name}.json"));
    let actual = serde_json::to_string_pretty(&answer).expect("JSON") + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, actual).expect("the file is written");
        return;
    }
    let expected =
        std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("no {}: run with UPDATE=1", path.display()));
    assert!(
        expected == actual,
        "{name} differs from tests/wire/{name}.json (UPDATE=1 rewrites it):\n{actual}"
    );
}

fn scrub(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match key.as_str() {
                    "correlation_id" => *value = "<id>".into(),
                    "processing_time_ms" => *value = "<ms>".into(),
                    "expires_at" | "expires_in_hours" if !value.is_null() => *value = "<time>".into(),
                    _ => scrub(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(scrub),
        Value::String(text) => {
            let folder = binary().parent().expect("a folder").to_string_lossy();
            if text.contains(folder.as_ref()) {
                *text = text.replace(folder.as_ref(), "<bin>");
            }
        }
        _ => {}
    }
}
