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

/// Why there are no settings. `Display` lists every problem.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("no configuration file: `{}`", path.display())]
    Missing { path: PathBuf },
    #[error("cannot read the configuration file `{}`", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("`{}` is empty, which is not JSON", path.display())]
    Empty { path: PathBuf },
    #[error("`{}` is not JSON: line {line}, column {column}", path.display())]
    NotJson { path: PathBuf, line: usize, column: usize },
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
            Self::NotJson { .. } => Some(
                "look just before that place for a comma, quote or bracket that is missing, or is one too many; comments are not JSON"
                    .to_owned(),
            ),
            Self::Invalid { .. } => None,
        }
    }
}

fn list(problems: &[Problem]) -> String {
    problems.iter().fold(String::new(), |text, problem| format!("{text}\n  {problem}"))
}
