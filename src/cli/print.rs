//! The one place that writes to the terminal.
//!
//! Results go to standard output, everything about them to standard error. `serve` prints nothing here but the
//! reason why it does not start: its standard output is the wire.

use std::io::Write as _;
use std::process::ExitCode;

use super::{FAILED, Failure};

/// A result, to standard output. A reader that has gone away is no error.
pub(super) fn out(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes());
    if !text.ends_with('\n') {
        let _ = stdout.write_all(b"\n");
    }
    let _ = stdout.flush();
}

/// A remark, to standard error.
pub(super) fn note(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

pub(super) fn failure(failure: &Failure) -> ExitCode {
    failure_with(failure, FAILED)
}

pub(super) fn failure_with(failure: &Failure, code: u8) -> ExitCode {
    note(&format!("error: {}", failure.message));
    if let Some(hint) = &failure.hint {
        note(&format!("hint: {hint}"));
    }
    ExitCode::from(code)
}

/// clap's own words: help to standard output, a usage error to standard error.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(FAILED))
}
