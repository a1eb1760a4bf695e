//! The process environment, read once; nothing else in the program reads it.
//!
//! Tests make their own with `from_pairs`. `Debug` shows how many variables there are and no more.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::LogLevel;
use crate::ids::{ProjectId, UserId};
use crate::secret::GatewayKey;

/// What a server's process gets of the gateway's own environment: nothing that could be a secret.
const FOR_CHILDREN: &[&str] = if cfg!(windows) {
    &[
        "APPDATA",
        "HOMEDRIVE",
        "HOMEPATH",
        "LOCALAPPDATA",
        "PATH",
        "PATHEXT",
        "PROCESSOR_ARCHITECTURE",
        "SYSTEMDRIVE",
        "SYSTEMROOT",
        "TEMP",
        "USERNAME",
        "USERPROFILE",
    ]
} else {
    &["HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER"]
};

#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
}

impl Environment {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn read() -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self::from_pairs(variables)
    }

    pub fn from_pairs<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let variables =
            pairs.into_iter().map(|(name, value)| (canonical(&name.into()), value.into())).collect();
        Self { variables }
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(&canonical(name)).map(String::as_str)
    }

    pub fn gateway_key(&self) -> Option<GatewayKey> {
        self.filled("ENKRYPT_GATEWAY_KEY").or_else(|| self.filled("ENKRYPT_APIKEY")).map(GatewayKey::from)
    }

    pub fn project_id(&self) -> Option<ProjectId> {
        self.provided("ENKRYPT_PROJECT_ID").map(ProjectId::from)
    }

    pub fn user_id(&self) -> Option<UserId> {
        self.provided("ENKRYPT_USER_ID").map(UserId::from)
    }

    pub fn config_path(&self) -> Option<PathBuf> {
        self.filled("ENKRYPT_CONFIG_PATH").map(|path| self.expand(path))
    }

    pub fn home(&self) -> Option<PathBuf> {
        self.filled("HOME").or_else(|| self.filled("USERPROFILE")).map(PathBuf::from)
    }

    pub fn path(&self) -> Option<&str> {
        self.filled("PATH")
    }

    pub fn shell(&self) -> Option<&str> {
        self.filled("SHELL")
    }

    pub fn log_level(&self) -> Option<LogLevel> {
        self.filled("ENKRYPT_LOG_LEVEL").and_then(LogLevel::parse)
    }

    pub fn log_json(&self) -> bool {
        self.filled("ENKRYPT_LOG_FORMAT").is_some_and(|format| format.eq_ignore_ascii_case("json"))
    }

    pub fn transport(&self) -> Option<&str> {
        self.filled("MCP_TRANSPORT")
    }

    /// Where the HTTP front listens when no flag says so.
    pub fn gateway_host(&self) -> Option<&str> {
        self.filled("ENKRYPT_GATEWAY_HOST")
    }

    /// What `ENKRYPT_ALLOW_STDIO_SERVERS` says, if it says something: it wins over the file.
    pub fn allow_stdio_servers(&self) -> Option<bool> {
        match self.filled("ENKRYPT_ALLOW_STDIO_SERVERS")?.to_ascii_lowercase().as_str() {
            "0" | "false" | "no" | "off" => Some(false),
            "1" | "true" | "yes" | "on" => Some(true),
            _ => None,
        }
    }

    /// Variables that say what nobody understands, and what they may say.
    pub(super) fn misread(&self) -> Vec<(&'static str, &'static str)> {
        let level = self.filled("ENKRYPT_LOG_LEVEL").is_some() && self.log_level().is_none();
        let servers =
            self.filled("ENKRYPT_ALLOW_STDIO_SERVERS").is_some() && self.allow_stdio_servers().is_none();
        [
            (level, "ENKRYPT_LOG_LEVEL", "expected error, warn, info, debug or trace"),
            (servers, "ENKRYPT_ALLOW_STDIO_SERVERS", "expected true or false"),
        ]
        .into_iter()
        .filter_map(|(wrong, name, expected)| wrong.then_some((name, expected)))
        .collect()
    }

    pub fn xdg_config_home(&self) -> Option<PathBuf> {
        self.filled("XDG_CONFIG_HOME").map(PathBuf::from)
    }

    pub fn appdata(&self) -> Option<PathBuf> {
        self.filled("APPDATA").map(PathBuf::from)
    }

    /// The variables that every server's process gets.
    pub fn child_base(&self) -> Vec<(String, String)> {
        FOR_CHILDREN
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), self.get(name)?.to_owned())))
            .collect()
    }

    /// A path with a leading `~/` made whole, as no shell has seen it.
    pub(super) fn expand(&self, path: &str) -> PathBuf {
        match (path.strip_prefix("~/"), self.home()) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => Path::new(path).to_owned(),
        }
    }

    fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).map(str::trim).filter(|value| !value.is_empty())
    }

    fn provided(&self, name: &str) -> Option<&str> {
        self.filled(name).filter(|value| *value != "not_provided")
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Environment({} variables)", self.variables.len())
    }
}

/// Windows takes `Path` and `PATH` for the same variable.
fn canonical(name: &str) -> String {
    if cfg!(windows) { name.to_uppercase() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gateway_key_has_two_names_and_ids_may_be_withheld() {
        let env = Environment::from_pairs([
            ("ENKRYPT_GATEWAY_KEY", " "),
            ("ENKRYPT_APIKEY", "correct-horse-KEQ5"),
            ("ENKRYPT_PROJECT_ID", "not_provided"),
            ("ENKRYPT_USER_ID", "u1"),
        ]);
        assert_eq!(env.gateway_key().expect("a key").hint(), "****KEQ5");
        assert_eq!((env.project_id(), env.user_id()), (None, Some("u1".into())));
        assert!(!format!("{env:?}").contains("horse"));
    }

    #[test]
    fn children_get_no_variable_that_could_be_a_secret() {
        let env =
            Environment::from_pairs([("PATH", "/bin"), ("ENKRYPT_GATEWAY_KEY", "k"), ("AWS_SECRET", "s")]);
        assert_eq!(env.child_base(), [("PATH".to_owned(), "/bin".to_owned())]);
    }

    #[test]
    fn only_clear_words_decide_about_command_servers() {
        for (word, allowed) in
            [("off", Some(false)), ("No", Some(false)), ("1", Some(true)), ("perhaps", None)]
        {
            assert_eq!(
                Environment::from_pairs([("ENKRYPT_ALLOW_STDIO_SERVERS", word)]).allow_stdio_servers(),
                allowed
            );
        }
    }
}
