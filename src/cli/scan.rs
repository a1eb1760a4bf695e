//! `scan`: texts under the built-in detectors, for people, scripts and CI.
//!
//! A file, or standard input, is one text; if it is JSON, each of its strings is. With `--jsonl` each line is a text
//! with an id, and so is each line of the answer. What is found is said by place and rule, never repeated.

use std::fs;
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::process::ExitCode;

use super::look::{Found, Look, Seen, belonging_to, extra};
use super::{FAILED, Failure, UNREADABLE, print};
use crate::detect::{Extra, Kind, Kinds, Place};
use clap::{Args, ValueEnum};

mod lines;
mod positions;

use positions::{Position, Positions};

/// A text, and with `--jsonl` a line, may have so many bytes.
const MAX_TEXT: u64 = 64 << 20;

#[derive(Args)]
pub(super) struct Options {
    /// Files to look at; `-` is standard input [default: standard input]
    files: Vec<PathBuf>,
    /// One JSON object a line, {"id", "direction", "text"}, and one a line as the answer
    #[arg(long)]
    jsonl: bool,
    #[arg(
        long,
        value_parser = kind,
        help = "Look for one kind and what belongs to it: pii, secrets, prompt_injection, code_injection,\ntool_poisoning, server_config, toxicity, nsfw or sponge"
    )]
    kind: Option<Kind>,
    /// Also look for `names` of people and postal `addresses`, as private data
    #[arg(long, value_name = "WHAT", value_delimiter = ',', value_parser = extra)]
    pii_extra: Vec<Extra>,
    /// What the texts are [default: definition with `--kind server_config`, else output]. An entry of a server is one
    /// JSON object with `command`, `args` and `env`, or `url`
    #[arg(long, value_enum)]
    direction: Option<Direction>,
}

impl Options {
    fn place(&self) -> Place {
        // What a server is started with is no result.
        let is_entry = self.kind == Some(Kind::ServerConfig);
        self.direction.unwrap_or(if is_entry { Direction::Definition } else { Direction::Output }).place()
    }
}

/// Where a text is met.
#[derive(Clone, Copy, ValueEnum)]
enum Direction {
    /// Arguments on their way to a server
    Input,
    /// Results on their way to the model
    Output,
    /// Definitions of tools and servers
    Definition,
}

impl Direction {
    fn place(self) -> Place {
        match self {
            Self::Input => Place::Argument,
            Self::Output => Place::Result,
            Self::Definition => Place::Definition,
        }
    }
}

fn kind(name: &str) -> Result<Kind, String> {
    let known = || Kind::ALL.map(Kind::as_str).join(", ");
    Kind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == name)
        .ok_or_else(|| format!("the kinds are: {}", known()))
}

pub(super) fn run(options: &Options) -> ExitCode {
    let kinds = options.kind.map_or(Kinds::ALL, belonging_to);
    let kinds = options.pii_extra.iter().fold(kinds, |kinds, extra| kinds.with_extra(*extra));
    let look = Look { kinds };
    let (found, unread) = if options.jsonl { lines::run(options, look) } else { whole(options, look) };
    // What cannot be read is neither clean nor flagged.
    for failure in &unread {
        print::failure(failure);
    }
    match (found, unread.is_empty()) {
        (_, false) => ExitCode::from(UNREADABLE),
        (true, true) => ExitCode::from(FAILED),
        (false, true) => ExitCode::SUCCESS,
    }
}

/// Whether something was found in one of the texts, and what could not be read.
fn whole(options: &Options, look: Look) -> (bool, Vec<Failure>) {
    let mut found = false;
    let unread = each(options, |name, reader| {
        let mut bytes = Vec::new();
        reader.take(MAX_TEXT + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_TEXT {
            return Err(io::Error::other(format!("it has more than {MAX_TEXT} bytes")));
        }
        let text = String::from_utf8_lossy(&bytes);
        let seen = look.at(&text, options.place());
        found |= seen.is_flagged();
        print::out(&tell(name, &text, &seen));
        Ok(())
    });
    (found, unread)
}

/// A fainter sign is for machines, which compare scores.
const SHOWN: f32 = 0.25;

/// One line for each finding, as compilers write them.
fn tell(name: &str, text: &str, seen: &Seen) -> String {
    let shown = || seen.findings.iter().filter(|found| found.finding.score >= SHOWN);
    if shown().next().is_none() {
        return format!("{name}: nothing found");
    }
    let plain = shown().filter(|found| found.pointer.is_none());
    let positions = Positions::of(text, plain.map(|found| found.finding.span.start));
    let line = |found: &Found| {
        let place = match &found.pointer {
            Some(pointer) => super::printable(pointer),
            None => {
                let Position { lines, column, .. } = positions.at(found.finding.span.start);
                format!("{}:{}", lines + 1, column + 1)
            }
        };
        let (kind, rule) = (found.finding.kind.as_str(), found.finding.rule);
        let faint = if found.counts() { "" } else { " (does not count by itself)" };
        format!("{name}:{place}: {kind} {:.2} {rule}: {}{faint}", found.finding.score, found.finding.reason)
    };
    shown().map(line).collect::<Vec<_>>().join("\n")
}

/// One that cannot be read holds up no other.
fn each(
    options: &Options,
    mut act: impl FnMut(&str, &mut dyn io::BufRead) -> io::Result<()>,
) -> Vec<Failure> {
    let mut unread = Vec::new();
    let input = [PathBuf::from("-")];
    for path in if options.files.is_empty() { &input[..] } else { &options.files } {
        let (name, read) = if path.as_os_str() == "-" {
            ("standard input".to_owned(), act("-", &mut io::stdin().lock()))
        } else {
            let name = path.display().to_string();
            let read = fs::File::open(path).and_then(|file| act(&name, &mut io::BufReader::new(file)));
            (name, read)
        };
        unread.extend(read.err().map(|error| Failure::new(format!("`{name}` cannot be read: {error}"))));
    }
    unread
}
