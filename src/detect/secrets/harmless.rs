//! What looks like a secret and is none, by what stands around it or by how it is spelled: hashes, the names of a
//! program, of a file or of a resource, bytes of what is no text, and the logins that a local database comes with.

use std::ops::Range;

use super::super::name::words;
use super::name;

/// So much before a value is read.
const REACH: usize = 120;

/// Whether a vendor's token is a piece of a hash or of a longer block: `sha256=…`, `"integrity": "…"`.
pub(super) fn is_of_a_hash(text: &str, span: &Range<usize>) -> bool {
    let before = &text.as_bytes()[span.start.saturating_sub(REACH)..span.start];
    let run = before.iter().rev().take_while(|byte| is_base64(**byte) || **byte == b':').count();
    let (head, run) = before.split_at(before.len() - run);
    names_a_hash(head, run) || is_in_a_block(text, span)
}

/// `sha256-` within the run that ends at a token, or the name of a hash before it.
fn names_a_hash(head: &[u8], run: &[u8]) -> bool {
    const FIELDS: &[&str] = &["checksum", "digest", "hash", "integrity", "shasum"];
    let marked = run.windows(4).enumerate().any(|(at, four)| {
        let digits = run[at + 3..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        four.starts_with(b"sha")
            && (1..=3).contains(&digits)
            && matches!(run.get(at + 3 + digits), Some(b'-' | b'=' | b':'))
    });
    let field = head.trim_ascii_end();
    let closed = |byte: &u8| matches!(byte, b'"' | b'\'' | b'=' | b':' | b' ');
    let end = field.iter().rposition(|byte| !closed(byte)).map_or(0, |at| at + 1);
    let named = |name: &&str| {
        end.checked_sub(name.len()).is_some_and(|at| field[at..end].eq_ignore_ascii_case(name.as_bytes()))
    };
    marked || end < field.len() && FIELDS.iter().any(named)
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_')
}

/// Within one of several lines of the same length, of nothing but base64.
fn is_in_a_block(text: &str, span: &Range<usize>) -> bool {
    const LINE: usize = 60;
    let bytes = text.as_bytes();
    let start = memchr::memrchr(b'\n', &bytes[..span.start]).map_or(0, |at| at + 1);
    let line = |from: usize| {
        let rest = bytes.get(from..).unwrap_or_default();
        let near = &rest[..rest.len().min(REACH)];
        near[..memchr::memchr(b'\n', near).unwrap_or(near.len())].trim_ascii_end()
    };
    let own = line(start);
    let same = |other: &[u8]| other.len() == own.len() && other.iter().all(|byte| is_base64(*byte));
    let above = start.checked_sub(1).map(|end| memchr::memrchr(b'\n', &bytes[..end]).map_or(0, |at| at + 1));
    (LINE..REACH).contains(&own.len())
        && same(own)
        && (above.is_some_and(|above| same(line(above)))
            || memchr::memchr(b'\n', &bytes[span.end..]).is_some_and(|at| same(line(span.end + at + 1))))
}

/// Whether a name is a part of a longer one that says of what: `AWS::Api::ApiKey`, `arn:aws:secretsmanager:…:secret:`.
pub(super) fn is_of_a_resource(text: &str, at: usize) -> bool {
    let before = &text.as_bytes()[at.saturating_sub(REACH)..at];
    let named = before.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let word = before.iter().rev().take_while(|byte| byte.is_ascii_graphic() && **byte != b'"').count();
    let word = &before[before.len() - word..];
    before[..before.len() - named].ends_with(b"::") || word.starts_with(b"arn:") && word.ends_with(b":")
}

/// Whether what stands around a value is no text: a server that reads bytes as text puts U+FFFD for what is none.
pub(super) fn is_in_bytes(text: &str, span: &Range<usize>) -> bool {
    const NEAR: usize = 48;
    const MOST: usize = 8;
    let bytes = text.as_bytes();
    let around = &bytes[span.start.saturating_sub(NEAR)..bytes.len().min(span.end + NEAR)];
    let control = around.iter().filter(|byte| byte.is_ascii_control() && !byte.is_ascii_whitespace()).count();
    control + around.windows(3).filter(|three| *three == "\u{fffd}".as_bytes()).count() >= MOST
}

/// Whether a value is the name of something: of a file always, and of what a program calls so where it stands without
/// quotes, or where its own name does not promise a secret.
pub(super) fn is_called(name: &str, value: &str, bare: bool) -> bool {
    is_file(value) || (bare || !name::holds_token(name)) && is_spelled(value)
}

/// `backup-2024.zip`: no token ends so.
fn is_file(value: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "bin", "c", "cfg", "conf", "cpp", "csv", "gz", "h", "html", "ico", "ini", "iso", "jar", "jpg", "js",
        "json", "log", "md", "mjs", "ova", "pdf", "pem", "png", "py", "rs", "sh", "sql", "svg", "tar", "tgz",
        "toml", "ts", "tsx", "txt", "vhd", "vmdk", "wasm", "xml", "yaml", "yml", "zip",
    ];
    value.rsplit_once('.').is_some_and(|(head, ending)| !head.is_empty() && ENDINGS.contains(&ending))
}

/// Words, with their capitals, signs and numbers: `PKCS12_SAFEBAG_create`, `x509.KeyUsageCertSign`.
fn is_spelled(value: &str) -> bool {
    const DIGITS: usize = 5;
    const LONG: usize = 5;
    let all = value.bytes().filter(u8::is_ascii_alphanumeric).count();
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let letters = words(value).flat_map(|word| word.split(|c: char| c.is_ascii_digit())).flat_map(capitals);
    let (mut spelled, mut longest) = (0, 0);
    for word in letters.filter(|word| is_word(word)) {
        spelled += word.len();
        longest = longest.max(word.len());
    }
    value.is_ascii() && digits <= DIGITS && longest >= LONG && spelled * 5 >= all * 3
}

/// `RSAEncryption` is two words.
fn capitals(word: &str) -> [&str; 2] {
    let small = word.find(|c: char| c.is_ascii_lowercase()).unwrap_or(0);
    let (head, rest) = word.split_at(small.saturating_sub(1));
    [head, rest]
}

/// Letters that can be said, as far as vowels tell.
fn is_word(word: &str) -> bool {
    const RUN: usize = 4;
    let vowel = |byte: &u8| b"aeiouy".contains(&byte.to_ascii_lowercase());
    let vowels = word.bytes().filter(|byte| vowel(byte)).count();
    let runs = word.as_bytes().split(vowel).map(<[u8]>::len).max().unwrap_or(0);
    word.len() >= 3 && vowels * 6 >= word.len() && (runs <= RUN || word.len() <= RUN + 3)
}

/// A name that only looks like that of a password, or a value that is a number, a form or the name once more.
pub(super) fn is_no_password(name: &str, value: &str) -> bool {
    const ENDINGS: &[&str] = &["bypass", "compass", "expass", "mgr", "surpass", "trespass", "unpassed"];
    let last = words(name).last().unwrap_or_default();
    let lower = last.to_ascii_lowercase();
    // `UPWH`: letters of noise, or of a longer word.
    let cut = !last.bytes().any(|byte| byte.is_ascii_lowercase())
        && last
            .find("PW")
            .is_some_and(|at| last[at + 2..].starts_with(|c: char| c.is_ascii_uppercase() && c != 'D'));
    let number =
        value.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    // `passwordHash: argon2id`
    let hashed = ["algo", "hash", "hasher", "hashing", "kdf"].iter().any(|how| lower.ends_with(how))
        && is_algorithm(&value.to_ascii_lowercase());
    ENDINGS.iter().any(|ending| lower.ends_with(ending))
        || hashed
        || cut
        || number
        || value.contains("%s")
        || name.ends_with(value)
}

/// What passwords are hashed with, by its name: `argon2id`, `pbkdf2-sha256`.
fn is_algorithm(value: &str) -> bool {
    const LONGEST: usize = 24;
    let known = ["argon2", "bcrypt", "blake", "md5", "pbkdf2", "scrypt", "sha"];
    value.len() <= LONGEST && known.iter().any(|name| value.starts_with(name))
}

/// An id by which a request is told from the same one sent again.
pub(super) fn is_of_a_request(name: &str) -> bool {
    let flat = name.replace(['_', '-'], "").to_ascii_lowercase();
    ["clienttoken", "clientrequesttoken", "requesttoken"].contains(&flat.as_str())
}

/// What a build compares its files by.
pub(super) fn is_compared(name: &str, value: &str) -> bool {
    name.to_ascii_lowercase().ends_with("signature") && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The login that a database comes with, at a host that only this machine or its neighbours know: `app:app@db`.
pub(super) fn is_local_login(address: &str, password: &str, rest: &str) -> bool {
    const COMMON: &[&str] = &["admin", "example", "guest", "mysql", "postgres", "root"];
    let login = address.split("://").nth(1).unwrap_or_default();
    let user = login.split(':').next().unwrap_or_default();
    let end = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
    let host = rest.strip_prefix('@').unwrap_or_default().split(end).next().unwrap_or_default();
    let common = COMMON.iter().any(|word| password.eq_ignore_ascii_case(word));
    (common || password.eq_ignore_ascii_case(user)) && is_near(&host.to_ascii_lowercase())
}

/// This machine, a neighbour of one word, or a name that nobody can have.
fn is_near(host: &str) -> bool {
    const NEAR: &[&str] = &[
        ".local",
        ".localhost",
        ".internal",
        ".example",
        ".test",
        ".invalid",
        "example.com",
        "example.org",
        "example.net",
    ];
    host.starts_with("127.")
        || host == "0.0.0.0"
        || host == "host.docker.internal"
        || !host.is_empty() && !host.contains('.')
        || NEAR.iter().any(|end| host.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::super::super::probe::Probe;
    use super::super::super::{Kind, Kinds, Place};

    const SECRETS: Probe = Probe(Place::Result, Kinds::NONE.with(Kind::Secret));

    #[test]
    fn hashes_and_blocks_hold_no_tokens() {
        let token = "YCk3JdL9xQ2mVbT7sRz8YwPn4HcF6gUa1EoXi0qL";
        assert_eq!(SECRETS.rules(token), ["secret.scalingo"]);
        let line = "MBQGCCsGAQUFBwMBBggrBgEFBQcDAjAMBgNVHRMBAf8EAjAAMB0GA1UdDgQWBBTU";
        for text in [
            format!("a/b.py,sha256={token}dBo,91"),
            format!("\"integrity\": \"sha512-{token}/aB9+x==\""),
            format!("\"integrity\": \"{token}\""),
            format!("checksum = \"{token}\""),
            format!("-----BEGIN CERTIFICATE-----\n{line}\n{token}/{}\n{line}\n", &line[41..]),
            "mypkg/a.py,sha256=nv-eIaGJcmHyg4v3CF7Fn4xn1Q8O7g2sqvYhCdnVUHY,6528".to_owned(),
        ] {
            assert_eq!(SECRETS.found(&text), [], "{text}");
        }
    }

    #[test]
    fn names_of_a_program_are_no_values() {
        for text in [
            "#if !defined(Py_LIMITED_API) || Py_LIMITED_API+0 >= 0x03090000",
            "#define PKCS12_MAKE_KEYBAG PKCS12_SAFEBAG_create0_p8inf",
            "KeyUsage:              x509.KeyUsageCertSign,",
            "const AuthClient = GoTrueClient_1.default;",
            "mlkem_key: mlkem.MLKEM768PrivateKey,",
            "result_key: \"ServerlessV2PlatformVersions\"",
            "\"S3Key\": \"WordPress_App_2-0.zip\"",
            "\"KeyUsage\": \"TR31_P1_PIN_GENERATION_KEY\"",
            "\"AWS::ApiGateway::ApiKey\": \"48205d4ffd7feba3\"",
            "\"ARN\": \"arn:aws:secretsmanager:us-west-2:123456789012:secret:BackupJob-q7x2m9\"",
            "pub const IFLA_LOCALBYPASS: _bindgen_ty_24 = 7;",
            "Signal::SIGPWR => \"SIGPWR\",",
            "USER_PASSWD = \"%s:%s\" % (USER, PASSWD)",
            "ARG_VALUE_UNPASSED = 0xBABECAFE",
            "password = 0x0000",
            "MovedAttribute(\"HTTPPasswordMgr\", \"urllib2\", \"urllib.request\")",
            "login(name='john', password='secret1')",
            "passwordHash: argon2id, tokenLifetime: 3600s",
            "struct APFloatBase {",
            "\"sessionId\": \"st-a7b2k3d4e9f6g\"",
            "--verified-access-group-id vagr-0dbe967baf14b7235",
            "\"LockToken\":\"f17743f7-1234-4c5a-b2b9-19a8b93bfb01\"",
            "\"signature\":\"309b78fb502cd67a82b14aad45da388a023efdc30dabf2fafa2fedf89e5ae6c3\"",
        ] {
            assert_eq!(SECRETS.found(text), [], "{text}");
        }
        for text in [
            "api_key: k3JdL9xQ2mVbT7sRz8Yw",
            "SECRET_KEY = \"Tz4vBn7wRp3sHd9fJ2kLmQ8x\"",
            "secret: 45ghiukldjahdnhzdauz",
            "\"token\": \"45gbiukldjahdnhzdawz\"",
            "DB_PASSWORD=Tulip-Boat-77",
            "passwordHash: argon2id$v=19$m=65536$k3JdL9xQ2mVbT7sRz8Yw",
        ] {
            assert!(SECRETS.flags(text), "{text}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_hold_no_password() {
        let noise = "\u{fffd}\u{1}\u{fffd}\u{fffd}\u{2}";
        let text = format!("{noise}pw={noise}: pwd=\"k3#Jd9!x\"{noise}{noise}");
        assert_eq!(SECRETS.found(&text), []);
    }

    #[test]
    fn a_local_database_has_the_login_that_it_comes_with() {
        for text in [
            "DATABASE_URL=postgres://app:app@db:5432/app",
            "amqp://guest:guest@localhost/",
            "mysql://root:root@127.0.0.1/test",
            "mongodb://admin:example@mongo.internal:27017",
        ] {
            assert_eq!(SECRETS.found(text), [], "{text}");
        }
        for text in ["postgres://app:app@db.acme.io/app", "postgres://app:k3Jd9xQ2@localhost/app"] {
            assert!(SECRETS.flags(text), "{text}");
        }
    }
}
