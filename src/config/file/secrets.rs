//! Which values of the file are secrets that are looked for wherever texts pass.
//!
//! A value is one by where it was kept, by the name that it stands under, or by what it looks like; and it must tell:
//! a short word, a path or a placeholder stands in harmless texts as well.

use super::super::secretref::Resolved;
use super::super::{CacheStore, ProviderSettings};
use crate::detect;
use crate::secret::{
    Masker, SecretValue, attached, found_in, hints_at_one, is_authorization, is_pair, is_phrase, is_told,
    named_in, names_one,
};

/// A shorter value is found by chance.
const SHORTEST: usize = 8;
/// A value of letters alone may be a word.
const SHORTEST_WORD: usize = 16;
/// The pieces of a text of several lines that are looked for.
const SHORTEST_PIECE: usize = 24;
/// Different characters that a value must have.
const FEWEST: usize = 5;

const WORDS: [&str; 3] = ["development", "production", "localhost"];

#[derive(Debug, Default)]
pub(super) struct Secrets(Vec<SecretValue>);

impl Secrets {
    /// What opens the services that the gateway itself uses.
    pub(super) fn note_services(&mut self, guardrails: Option<&ProviderSettings>, store: &CacheStore) {
        for part in guardrails.iter().flat_map(|provider| provider.parts()) {
            let key = match part {
                ProviderSettings::Enkrypt(settings) => settings.api_key.as_ref(),
                ProviderSettings::OpenAi(settings) => settings.api_key.as_ref(),
                _ => None,
            };
            if let Some(key) = key {
                self.add_named(key.expose());
            }
        }
        if let CacheStore::External(redis) = store
            && let Some(password) = &redis.password
        {
            self.add_named(password.expose());
        }
    }

    /// Takes everything that was noted out of what may be shown: what is looked for is never shown itself.
    pub(super) fn masker(&self) -> Masker {
        Masker::new(self.values())
    }

    pub(super) fn values(&self) -> impl Iterator<Item = SecretValue> {
        self.0.iter().cloned()
    }

    pub(super) fn into_values(self) -> Vec<SecretValue> {
        self.0
    }

    /// Variables, headers: names and values.
    pub(super) fn note_values(&mut self, values: &[(String, Resolved)]) {
        for (name, found) in values {
            self.note(name, found);
        }
    }

    /// One argument of a command, and the one before it.
    pub(super) fn note_argument(&mut self, previous: &str, found: &Resolved) {
        let text = found.value.expose();
        // `--token x`, `--token=x`, `Authorization: Bearer x`
        let told = |(name, value): &(&str, &str)| is_told(name, value.trim());
        let named = text.split_once('=').or_else(|| text.split_once(": ").filter(|pair| !told(pair)));
        let named = named.filter(|(name, value)| !name.contains("://") && !is_pair(name, value));
        let flag = previous.starts_with('-') && !previous.contains('=') && !is_pair(previous, text);
        match named {
            Some((name, value)) if opens(name, value.trim()) => self.add_under(name, value.trim()),
            _ if flag => self.note(previous, found),
            _ => self.note("", found),
        }
        if let Some(password) = attached(text) {
            self.add(password);
        }
        self.add_within(text, Some(previous));
        self.add_kept(found);
    }

    pub(super) fn note(&mut self, name: &str, found: &Resolved) {
        let value = found.value.expose();
        if opens(name, value) {
            self.add_under(name, value);
            found.secrets.iter().for_each(|secret| self.add_named(secret.expose()));
        } else if value.contains("://") {
            self.note_address(value);
        } else {
            self.add_found(value);
        }
        self.add_within(value, None);
        self.add_kept(found);
    }

    /// What of an address opens something: its password, and what looks like a token.
    pub(super) fn note_address(&mut self, address: &str) {
        self.add_found(address);
        let Some((_, rest)) = address.split_once("://") else { return };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let password = authority.rsplit_once('@').and_then(|(user, _)| user.split_once(':'));
        if let Some((_, password)) = password {
            self.add(password);
        }
        rest.split(['/', '?', '#', '&', '=']).for_each(|piece| self.add_found(piece));
        let queries = rest.split(['?', '&', '#']).skip(1).filter_map(|pair| pair.split_once('='));
        for (_, value) in queries.filter(|(name, value)| opens(name, value)) {
            self.add(value);
        }
    }

    pub(super) fn add_named(&mut self, value: &str) {
        if value.contains("://") {
            return self.note_address(value);
        }
        let token = ["Bearer ", "Basic ", "Token "].iter().find_map(|scheme| value.strip_prefix(scheme));
        self.add(token.unwrap_or(value));
    }

    fn add_found(&mut self, text: &str) {
        for span in found_in(text) {
            let name = text[..span.start].strip_suffix('=').and_then(|all| all.rsplit(' ').next());
            let other = name.is_some_and(|name| !detect::names_a_secret(name));
            if !is_phrase(&text[span.clone()], if other { 1 } else { 2 }) {
                self.add(&text[span]);
            }
        }
    }

    /// What stands under a secret's name in a longer text.
    fn add_within(&mut self, text: &str, previous: Option<&str>) {
        for span in named_in(text, previous) {
            let name = text[..span.start].trim_end_matches([' ', ':', '=', '"', '\'', '\\']);
            self.add_under(name, &text[span]);
        }
    }

    /// What stands under a name; of a header, whatever its scheme is, what comes after the scheme.
    fn add_under(&mut self, name: &str, value: &str) {
        self.add_named(value);
        if let Some((_, token)) = value.trim().rsplit_once(' ').filter(|_| is_authorization(name)) {
            self.add(token);
        }
    }

    fn add_kept(&mut self, found: &Resolved) {
        found.kept.iter().for_each(|secret| self.add_named(secret.expose()));
    }

    /// A key of several lines is known by its pieces: whoever prints it may break the lines elsewhere.
    fn add(&mut self, value: &str) {
        // Padding is left out as often as not.
        let value = value.trim().trim_end_matches('=');
        if value.contains('\n') {
            let pieces = value.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\' | ','));
            let telling = pieces.filter(|piece| piece.len() >= SHORTEST_PIECE && is_mixed(piece));
            self.0.extend(telling.map(SecretValue::from));
        } else if tells(value) {
            self.0.push(value.into());
        }
    }
}

fn opens(name: &str, value: &str) -> bool {
    names_one(name) || hints_at_one(name, value)
}

fn tells(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let path = value.starts_with(['/', '~', '.']) || value.get(1..3) == Some(":\\");
    let word =
        value.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_' | b'.' | b' '));
    let number = value.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b':'));
    value.len() >= SHORTEST
        && (!(word || number) || value.len() >= SHORTEST_WORD)
        && different(value) >= FEWEST
        && !path
        && !detect::is_placeholder(value)
        && !WORDS.iter().any(|word| lower.starts_with(word))
}

fn is_mixed(piece: &str) -> bool {
    let digits = piece.bytes().filter(u8::is_ascii_digit).count();
    let letters = piece.bytes().filter(u8::is_ascii_alphabetic).count();
    digits >= 3 && letters >= 6 && !piece.contains("://")
}

fn different(value: &str) -> usize {
    let mut seen = [false; 256];
    value.bytes().for_each(|byte| seen[usize::from(byte)] = true);
    seen.iter().filter(|seen| **seen).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::environment::Environment;
    use crate::config::secretref::resolve;

    fn noted(name: &str, text: &str) -> Vec<String> {
        let env = Environment::from_pairs([
            ("MY_TOKEN", "kX9-from-env-2"),
            ("HOME", "/home/anna"),
            ("ZONE", "eu-west-3b"),
        ]);
        let mut secrets = Secrets::default();
        secrets.note(name, &resolve(text, &env).expect("a value"));
        let mut values: Vec<String> =
            secrets.into_values().iter().map(|value| value.expose().to_owned()).collect();
        values.dedup();
        values
    }

    #[test]
    fn secrets_are_known_by_name_by_reference_and_by_look() {
        for (name, text, expected) in [
            ("DB_PASSWORD", "hunter2-Xy9", "hunter2-Xy9"),
            ("PGPASSWORD", "hunter2-Xy9", "hunter2-Xy9"),
            ("PASSWORD_USER", "hunter2-Xy9", "hunter2-Xy9"),
            ("VAULT_SECRET_ID", "kV9x2pQ7-a1", "kV9x2pQ7-a1"),
            ("Authorization", "Bearer 8f3kd92ks", "8f3kd92ks"),
            ("Authorization", "Bearer ${MY_TOKEN}", "kX9-from-env-2"),
            ("OPTIONS", "curl -u svc:plover-wren-7 https://h", "plover-wren-7"),
            ("WHATEVER", "${env:MY_TOKEN}", "kX9-from-env-2"),
            ("DATABASE_URL", "postgres://svc:kV9x2pQ7@db.internal:5432/app", "kV9x2pQ7"),
            ("DB", "Server=tcp:db,1433;User ID=sa;Password=hunter2-Xy9;Encrypt=True", "hunter2-Xy9"),
            ("DB", "jdbc:sqlserver://h:1433;user=sa;password=hunter2-Xy9", "hunter2-Xy9"),
            ("OPTIONS", "--retries 3 --access-token kV9x2pQ7-a1", "kV9x2pQ7-a1"),
            ("DB_PW", "hunter2-Xy9", "hunter2-Xy9"),
            ("X-Session", "kX9ploverWren27Zq8", "kX9ploverWren27Zq8"),
            ("SAS", "sv=2020&sig=kV9x2pQ7-a1", "kV9x2pQ7-a1"),
            ("ADDRESS", "https://h.example/?sig=kV9x2pQ7-a1", "kV9x2pQ7-a1"),
            ("X", "ghp_Zx81kQ0pLmN72vTbYc4RdE6sWf3HjU9aGi5o", "ghp_Zx81kQ0pLmN72vTbYc4RdE6sWf3HjU9aGi5o"),
        ] {
            assert_eq!(noted(name, text), [expected], "{name}: {text}");
        }
    }

    #[test]
    fn what_stands_in_harmless_texts_is_not_looked_for() {
        for (name, text) in [
            ("TOKEN", "true"),
            ("SECRET_MODE", "production"),
            ("API_KEY", "your-api-key-here"),
            ("API_KEY", "localhost:8080"),
            ("KEY", "/etc/ssl/private/key.pem"),
            ("PWD", "/home/anna/x1"),
            ("SECRET", "aaaaaaaa1111"),
            ("TOKEN_URL", "https://login.example.org/oauth2/token"),
            ("GIT_AUTHOR_EMAIL", "anna.schmidt2@example.com"),
            ("HOMES", "${HOME}"),
            ("REGION", "${ZONE}"),
            ("MODEL", "large-v3-turbo-2024-11"),
            ("LICENSE", "Apache-2.0"),
            ("SESSION", "main-session-2024"),
            ("SHEET", "1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms"),
            ("AWS_SECRETS_MANAGER_REGION", "eu-central-1"),
            ("AUTH_USERNAME", "anna.schmidt2"),
            ("AUTH_DB", "accounts_v2"),
            ("OAUTH_CLIENT_ID", "reports-app-7"),
            ("ARN", "arn:aws:secretsmanager:eu-west-1:1:secret:prod/db-x1"),
            ("OPTIONS", "-u 1000:1000 --token-limit 12000000 --auth none"),
            ("OPTIONS", "-u backup:data/2024-archive -U registry.example:5000/img:v1.2"),
            ("OPTIONS", "-u svc-user:team-eu-west1 --auth oauth2:client-credentials-v2"),
            ("HELP", "password: at-least-12-chars"),
            ("JAVA_OPTS", "-Dpassword.encoder=bcrypt-2024"),
            ("--private-registry", "registry2.corp.example"),
        ] {
            assert_eq!(noted(name, text), Vec::<String>::new(), "{name}: {text}");
        }
    }

    #[test]
    fn an_argument_is_known_by_the_one_before_it() {
        for (previous, text, expected) in [
            ("-u", "svc:mW8plover2c", &["mW8plover2c"][..]),
            ("--auth", "mW8plover2c", &["mW8plover2c"]),
            ("--pw", "mW8plover2c", &["mW8plover2c"]),
            ("-p", "kX9ploverWren27Zq8", &["kX9ploverWren27Zq8"]),
            ("x", "-pkX9ploverWren27Zq8", &["kX9ploverWren27Zq8"]),
            ("-p", "5432", &[]),
            ("-H", "Authorization: SSWS plover-27", &["SSWS plover-27", "plover-27"]),
            ("x", "--header=Authorization: Bot plover-27", &["Bot plover-27", "plover-27"]),
            ("x", "password=at-least-12-chars", &["at-least-12-chars"]),
            ("-u", "backup:data/2024-archive", &[]),
            ("-U", "registry.example:5000/img:v1.2", &[]),
            ("-u", "svc-user:team-eu-west1", &[]),
            ("--auth", "oauth2:client-credentials-v2", &[]),
            ("x", "--auth=oauth2:client-credentials-v2", &[]),
            ("x", "password: at-least-12-chars", &[]),
            ("x", "-Dpassword.encoder=bcrypt-2024", &[]),
        ] {
            let mut secrets = Secrets::default();
            let found = resolve(text, &Environment::from_pairs([("A", "b")])).expect("a value");
            secrets.note_argument(previous, &found);
            let mut values: Vec<String> =
                secrets.into_values().iter().map(|value| value.expose().to_owned()).collect();
            values.sort();
            values.dedup();
            assert_eq!(values, expected, "{previous} {text}");
        }
    }
}
