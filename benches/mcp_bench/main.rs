//! Measures the gateway from the outside, each number beside the same thing done without it.
//!
//! Both sides run on one machine in one run: every round measures the direct call, programs that only copy, and each
//! mode of the gateway one after the other, and a number is the median of the rounds. Every answer is checked; a wrong one ends
//! the run. Nothing is asserted about time. `benches/README.md` says what the rows mean.

mod between;
mod http;
mod judges;
mod measure;
mod options;
mod peer;
mod process;
mod report;
mod subject;

use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;

use measure::Round;
use options::Options;
use report::Report;
use subject::Subject;

/// Whatever goes wrong ends the run, so a text is all that is wanted of it.
type Outcome<T> = Result<T, String>;

fn main() -> ExitCode {
    if let Some(served) = between::serve() {
        return if served.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let failure = match Options::parse().and_then(|options| run(&options)) {
        Ok(()) => return ExitCode::SUCCESS,
        Err(failure) => failure,
    };
    // With stderr gone the exit code is what is left to say it.
    let _ = writeln!(io::stderr(), "mcp_bench: {failure}");
    ExitCode::FAILURE
}

fn run(options: &Options) -> Outcome<()> {
    let configs = options.configs();
    fs::create_dir_all(&configs).map_err(|error| format!("{}: {error}", configs.display()))?;
    let subjects = Subject::all(options)?;
    let mut report = Report::new(subjects.iter().map(Subject::name).collect());
    peer::watch_for_silence();
    for number in 1..=options.effort.rounds {
        progress(&format!("round {number} of {}", options.effort.rounds));
        let round = Round { subjects: &subjects, effort: &options.effort };
        let measured = if options.spaced { round.spaced(&mut report) } else { round.run(&mut report) };
        measured.map_err(|failure| explain(&failure, options))?;
    }
    let judged = if options.spaced { Vec::new() } else { Subject::judged(options, &judges::all()?)? };
    let mut judgements = Report::new(judged.iter().map(Subject::name).collect());
    for number in 1..=options.effort.rounds * u32::from(!judged.is_empty()) {
        progress(&format!("guardrails, round {number} of {}", options.effort.rounds));
        let round = Round { subjects: &judged, effort: &options.effort };
        round.judges(&mut judgements).map_err(|failure| explain(&failure, options))?;
    }
    if let Some(path) = &options.json {
        let both = serde_json::json!({"gateway": report.to_json(), "guardrails": judgements.to_json()});
        let text = format!("{both:#}\n");
        fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let mut tables = report.to_markdown();
    if !judged.is_empty() {
        tables = format!("{tables}\n{}", judgements.to_markdown());
    }
    io::stdout().write_all(tables.as_bytes()).map_err(|error| error.to_string())
}

fn progress(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// The end of what the measured programs wrote to stderr often tells why.
fn explain(failure: &str, options: &Options) -> String {
    let log = fs::read(options.stderr_file()).unwrap_or_default();
    let tail = String::from_utf8_lossy(&log[log.len().saturating_sub(2000)..]).into_owned();
    if tail.is_empty() { failure.to_owned() } else { format!("{failure}\nstderr ended with:\n{tail}") }
}
