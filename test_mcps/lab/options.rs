//! The command line of the lab server, and its log.

use std::env;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

pub(crate) struct Options {
    pub(crate) name: String,
    pub(crate) instructions: Option<String>,
    pub(crate) page_size: usize,
    pub(crate) many: usize,
    pub(crate) start_delay: Duration,
    pub(crate) list_delay: Duration,
    pub(crate) log: Log,
}

impl Options {
    pub(crate) fn parse() -> io::Result<Self> {
        let mut options = Self {
            name: "lab".to_owned(),
            instructions: None,
            page_size: usize::MAX,
            many: 0,
            start_delay: Duration::ZERO,
            list_delay: Duration::ZERO,
            log: Log(None),
        };
        let mut words = env::args().skip(1);
        while let Some(flag) = words.next() {
            let value = words.next().ok_or_else(|| invalid(&format!("{flag} needs a value")))?;
            match flag.as_str() {
                "--name" => options.name = value,
                "--instructions" => options.instructions = Some(value),
                "--page-size" => options.page_size = number::<usize>(&value)?.max(1),
                "--many" => options.many = number(&value)?,
                "--start-delay" => options.start_delay = Duration::from_millis(number(&value)?),
                "--list-delay" => options.list_delay = Duration::from_millis(number(&value)?),
                "--log" => options.log = Log(Some(PathBuf::from(value))),
                _ => return Err(invalid(&format!("unknown flag {flag}"))),
            }
        }
        Ok(options)
    }
}

/// A file that several processes append to, one whole line at a time.
#[derive(Clone)]
pub(crate) struct Log(Option<PathBuf>);

impl Log {
    pub(crate) fn line(&self, line: &str) -> io::Result<()> {
        let Some(path) = &self.0 else { return Ok(()) };
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        file.write_all(format!("{line}\n").as_bytes())
    }
}

fn number<T: std::str::FromStr>(value: &str) -> io::Result<T> {
    value.parse().map_err(|_| invalid(&format!("not a number: {value}")))
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}
