//! The command line, and how much work the two sizes of a run are.

use std::env;
use std::path::{Path, PathBuf};

use crate::Outcome;

const USAGE: &str = "usage: mcp_bench --echo PROGRAM (--gateway PROGRAM | --direct-only) [--quick] [--spaced] [--json FILE] [--dir DIR]";

pub(crate) struct Options {
    pub(crate) echo: PathBuf,
    /// None measures the direct calls only.
    pub(crate) gateway: Option<PathBuf>,
    pub(crate) json: Option<PathBuf>,
    /// The home directory of everything that is started.
    pub(crate) dir: PathBuf,
    /// Measures calls that come one a second, and nothing else.
    pub(crate) spaced: bool,
    pub(crate) effort: Effort,
}

impl Options {
    pub(crate) fn parse() -> Outcome<Self> {
        let (mut echo, mut gateway, mut json, mut dir) = (None, None, None, None);
        let (mut direct_only, mut spaced, mut effort) = (false, false, FULL);
        let mut words = env::args().skip(1);
        while let Some(word) = words.next() {
            let slot = match word.as_str() {
                "--direct-only" => {
                    direct_only = true;
                    continue;
                }
                "--spaced" => {
                    spaced = true;
                    continue;
                }
                "--quick" => {
                    effort = QUICK;
                    continue;
                }
                // Cargo says this to every benchmark.
                "--bench" => continue,
                "--echo" => &mut echo,
                "--gateway" => &mut gateway,
                "--json" => &mut json,
                "--dir" => &mut dir,
                _ => return Err(format!("unknown argument: {word}\n{USAGE}")),
            };
            *slot =
                Some(PathBuf::from(words.next().ok_or_else(|| format!("{word} needs a value\n{USAGE}"))?));
        }
        if gateway.is_none() && !direct_only {
            return Err(USAGE.to_owned());
        }
        let dir = dir.unwrap_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("mcp_bench"));
        Ok(Self {
            echo: echo.ok_or(USAGE)?,
            gateway: gateway.filter(|_| !direct_only),
            json,
            dir,
            spaced,
            effort,
        })
    }

    /// In a folder of their own: a gateway wakes up for what is written beside its configuration.
    pub(crate) fn configs(&self) -> PathBuf {
        self.dir.join("configs")
    }

    pub(crate) fn config(&self, name: &str) -> PathBuf {
        self.configs().join(format!("{name}.json"))
    }

    pub(crate) fn stderr_file(&self) -> PathBuf {
        self.dir.join("stderr.log")
    }
}

/// How often each thing is done in one round.
pub(crate) struct Effort {
    pub(crate) rounds: u32,
    pub(crate) starts: u32,
    pub(crate) floor: u32,
    /// Calls in a batch, and how many such batches.
    pub(crate) batches: [(usize, u32); 3],
    /// The name of a size, its bytes, and how many calls carry it.
    pub(crate) payloads: [(&'static str, usize, u32); 4],
    /// Requests in flight, how many are sent in all, and to how many servers.
    pub(crate) flights: [(usize, usize, usize); 4],
    /// Calls on each connection.
    pub(crate) http: usize,
    /// Calls that come one a second.
    pub(crate) spaced: u32,
    /// Batches under each judge, and under one that is far away.
    pub(crate) judged: u32,
    pub(crate) far: u32,
}

const FULL: Effort = Effort {
    rounds: 5,
    starts: 20,
    floor: 100,
    batches: [(1, 300), (10, 60), (100, 10)],
    payloads: [
        ("1 KB", 1_000, 60),
        ("100 KB", 100_000, 20),
        ("1 MB", 1_000_000, 8),
        ("10 MB", 10_000_000, 3),
    ],
    flights: [(1, 500, 1), (8, 1_000, 1), (32, 1_000, 1), (32, 2_000, 8)],
    http: 3_000,
    spaced: 20,
    judged: 200,
    far: 5,
};

const QUICK: Effort = Effort {
    rounds: 2,
    starts: 5,
    floor: 15,
    batches: [(1, 40), (10, 8), (100, 3)],
    payloads: [("1 KB", 1_000, 10), ("100 KB", 100_000, 5), ("1 MB", 1_000_000, 3), ("10 MB", 10_000_000, 1)],
    flights: [(1, 60, 1), (8, 120, 1), (32, 160, 1), (32, 320, 8)],
    http: 300,
    spaced: 6,
    judged: 40,
    far: 2,
};
