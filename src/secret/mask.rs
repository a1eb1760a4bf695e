//! Masks what looks like a secret in arguments, URLs and the output of servers.
//!
//! It errs on the side of masking: a masked harmless value costs a glance at the configuration file, a printed
//! token costs the token.

const MASK: &str = "****";

/// The shortest known value worth searching for; below it a mask would hit ordinary words.
const SHORTEST_KNOWN: usize = 6;

const PREFIXES: [&str; 18] = [
    "sk-",
    "sk_",
    "pk_",
    "rk_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "xox",
    "akia",
    "asia",
    "eyj",
    "aiza",
    "hf_",
    "npm_",
    "pypi-",
];

const NAMES: [&str; 10] =
    ["token", "secret", "password", "passwd", "pwd", "apikey", "api-key", "api_key", "auth", "credential"];

/// Replaces the secrets of one server in text that comes from it, such as its standard error.
#[derive(Clone, Debug, Default)]
pub struct Masker {
    known: Vec<super::SecretValue>,
}

impl Masker {
    pub fn new(known: impl IntoIterator<Item = super::SecretValue>) -> Self {
        let mut known: Vec<_> =
            known.into_iter().filter(|value| value.expose().len() >= SHORTEST_KNOWN).collect();
        // A value that contains another is replaced first, so that no tail of it stays behind.
        known.sort_by_key(|value| std::cmp::Reverse(value.expose().len()));
        Self { known }
    }

    pub fn mask(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        for value in &self.known {
            if masked.contains(value.expose()) {
                masked = masked.replace(value.expose(), MASK);
            }
        }
        mask_words(&masked)
    }
}

/// One command-line argument as it may be shown; `previous` is the argument before it.
pub fn mask_argument(argument: &str, previous: Option<&str>) -> String {
    if previous.is_some_and(|flag| flag.starts_with('-') && !flag.contains('=') && names_a_secret(flag)) {
        return MASK.to_owned();
    }
    if let Some((name, value)) = argument.split_once('=')
        && !name.contains("://")
    {
        if names_a_secret(name) || looks_secret(value) {
            return format!("{name}={MASK}");
        }
        return if value.contains("://") {
            format!("{name}={}", mask_url(value))
        } else {
            argument.to_owned()
        };
    }
    if argument.contains("://") {
        return mask_url(argument);
    }
    // `Authorization: Bearer x` and the like, as bridges to remote servers take them.
    if let Some((name, value)) = argument.split_once(':')
        && names_a_secret(name)
        && !value.trim().is_empty()
    {
        return format!("{name}: {MASK}");
    }
    if argument.split_whitespace().any(looks_secret) { MASK.to_owned() } else { argument.to_owned() }
}

/// A URL without its user information, its query values, its fragment and path segments that look like tokens.
pub fn mask_url(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return MASK.to_owned() };
    let rest = rest.split('#').next().unwrap_or_default();
    let (address, query) = rest.split_once('?').map_or((rest, None), |(left, right)| (left, Some(right)));
    let (authority, path) =
        address.split_once('/').map_or((address, None), |(left, right)| (left, Some(right)));
    let host =
        authority.rsplit_once('@').map_or_else(|| authority.to_owned(), |(_, host)| format!("{MASK}@{host}"));
    let mut shown = format!("{scheme}://{host}");
    for segment in path.into_iter().flat_map(|path| path.split('/')) {
        shown.push('/');
        shown.push_str(if looks_secret(segment) { MASK } else { segment });
    }
    if let Some(query) = query {
        let names =
            query.split('&').map(|pair| format!("{}={MASK}", pair.split('=').next().unwrap_or_default()));
        shown.push('?');
        shown.push_str(&names.collect::<Vec<_>>().join("&"));
    }
    shown
}

fn mask_words(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    for piece in
        text.split_inclusive(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | '(' | ')'))
    {
        let word = piece
            .trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | '(' | ')'));
        let shown =
            if word.contains("://") || word.contains('=') { mask_argument(word, None) } else { plain(word) };
        masked.push_str(&shown);
        masked.push_str(&piece[word.len()..]);
    }
    masked
}

fn plain(word: &str) -> String {
    if looks_secret(word) { MASK.to_owned() } else { word.to_owned() }
}

fn names_a_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    NAMES.iter().any(|secret| name.contains(secret))
        || name.trim_start_matches('-') == "key"
        || name.ends_with("-key")
}

/// A vendor's prefix, or a long run that mixes letters and digits the way words, paths and versions do not.
fn looks_secret(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    if word.len() >= 12 && PREFIXES.iter().any(|prefix| lower.starts_with(prefix)) {
        return true;
    }
    if word.len() < 24 || word.contains(['/', '\\', '.', ' ']) || is_uuid(word) {
        return false;
    }
    let token =
        word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'+' | b'=' | b':'));
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let letters = word.bytes().filter(u8::is_ascii_alphabetic).count();
    token && digits >= 3 && letters >= 6
}

fn is_uuid(word: &str) -> bool {
    word.len() == 36 && word.split('-').map(str::len).eq([8, 4, 4, 4, 12])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_that_look_like_secrets_are_masked() {
        let cases = [
            ("--token=abc", None, "--token=****"),
            ("abc", Some("--api-key"), "****"),
            ("sk-1234567890abcdef", None, "****"),
            ("Authorization: Bearer abc", None, "Authorization: ****"),
            ("https://u:p@host/x?key=1", None, "https://****@host/x?key=****"),
            ("--url=https://host/?t=1", None, "--url=https://host/?t=****"),
        ];
        for (argument, previous, shown) in cases {
            assert_eq!(mask_argument(argument, previous), shown, "{argument}");
        }
    }

    #[test]
    fn ordinary_arguments_stay_readable() {
        for argument in [
            "-y",
            "@modelcontextprotocol/server-filesystem",
            "/home/someone/projects/website-2024",
            "--port=8080",
            "run",
        ] {
            assert_eq!(mask_argument(argument, None), argument);
        }
    }

    #[test]
    fn known_values_vanish_from_any_text() {
        let masker = Masker::new(["hunter2-hunter2".into(), "hunter2".into()]);
        assert_eq!(masker.mask("login hunter2-hunter2, then hunter2!"), "login ****, then ****!");
    }
}
