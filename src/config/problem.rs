//! What is wrong with a configuration, said all at once and without any value.

use std::fmt;
use std::path::PathBuf;

/// One thing that is wrong with a configuration: where, and what was expected. Never the value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Problem {
    pub path: String,
    /// Whose entry it is in: a place in a list tells nobody.
    pub whose: Option<String>,
    pub expected: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, whose, expected } = self;
        match whose {
            Some(whose) => write!(out, "{path} ({whose}): {expected}"),
            None => write!(out, "{path}: {expected}"),
        }
    }
}

/// What is wrong with a text that is not JSON. Nothing of the text is in it.
#[derive(Clone, Copy, Debug)]
pub struct Slip {
    what: &'static str,
    hint: &'static str,
}

/// By what the parser says of it, the first that is said.
const SLIPS: [(&str, Slip); 10] = [
    (
        "surrogate",
        Slip {
            what: "half a character after `\\u`",
            hint: "write the character itself, or both of its halves",
        },
    ),
    (
        "escape",
        Slip {
            what: "a backslash in a string that JSON does not know",
            hint: "write each backslash of a string twice, as in `C:\\\\tools`; in a path `/` does as well",
        },
    ),
    (
        "control character",
        Slip {
            what: "a line break or another control character in a string",
            hint: "close the string on its own line; a line break in it is written `\\n`",
        },
    ),
    ("trailing comma", Slip { what: "a comma with nothing behind it", hint: "take the comma out" }),
    (
        "key must be a string",
        Slip {
            what: "the name of a member has no double quotes",
            hint: "names stand in double quotes, and no comma is behind the last member; comments are not JSON",
        },
    ),
    (
        "expected value",
        Slip {
            what: "no value where there must be one",
            hint: "strings stand in double quotes, `true`, `false` and `null` are written small, and there is no `NaN`; \
                   comments are not JSON",
        },
    ),
    (
        "expected ident",
        Slip { what: "a word that JSON does not know", hint: "its words are `true`, `false` and `null`" },
    ),
    (
        "EOF",
        Slip {
            what: "the file ends before everything is closed",
            hint: "look for a quote or bracket that is never closed",
        },
    ),
    (
        "trailing characters",
        Slip {
            what: "something stands behind the end",
            hint: "look for a bracket that closes too early; comments are not JSON",
        },
    ),
    (
        "recursion",
        Slip { what: "too many brackets within each other", hint: "a configuration needs a dozen of them" },
    ),
];

impl Slip {
    const OTHER: Self = Self {
        what: "something is missing, or is one too many",
        hint: "look just before that place for a comma, quote or bracket; comments are not JSON",
    };

    pub(super) fn of(error: &serde_json::Error) -> Self {
        let said = error.to_string();
        SLIPS.iter().find(|(words, _)| said.contains(words)).map_or(Self::OTHER, |(_, slip)| *slip)
    }
}

/// Why there are no settings. `Display` lists every problem.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("no configuration file: `{}`", path.display())]
    Missing { path: PathBuf },
    #[error("cannot read the configuration file `{}`", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("`{}` is empty, which is not JSON", path.display())]
    Empty { path: PathBuf },
    #[error("`{}` is not JSON: line {line}, column {column}: {}", path.display(), slip.what)]
    NotJson { path: PathBuf, line: usize, column: usize, slip: Slip },
    #[error("`{}` is not valid:{}", path.display(), list(problems))]
    Invalid { path: PathBuf, problems: Vec<Problem> },
}

impl ConfigError {
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Empty { .. } => {
                Some("`secure-mcp-gateway generate-config --overwrite` writes a fresh one".to_owned())
            }
            Self::Missing { .. } => Some(
                "make one with `secure-mcp-gateway generate-config`, or name yours with `--config FILE`"
                    .to_owned(),
            ),
            Self::Unreadable { source, .. } => Some(format!("the system says: {source}")),
            Self::NotJson { slip, .. } => Some(slip.hint.to_owned()),
            Self::Invalid { .. } => None,
        }
    }
}

fn list(problems: &[Problem]) -> String {
    problems.iter().fold(String::new(), |text, problem| format!("{text}\n  {problem}"))
}
