//! Files that hold secrets: what they are called, and whether a command gives away what they hold. To list one, to log in
//! with it or to write it gives nothing away.

use std::ops::Range;
use std::sync::OnceLock;

use regex::bytes::Regex;

use super::super::rules::{Rule, compile, is_flood};

/// What such files are called, in the folders of a person. A value that is nothing else and a command are both looked
/// at for these.
macro_rules! kept {
    () => {
        r"(?:\.aws[/\\]\w[\w./\\-]{3,80}|\.(?:bash|zsh|sh|mysql|psql|python|rediscli|node_repl|irb)_history|[._]netrc|\.pgpass|\.docker[/\\]config\.json|\.kube[/\\]config|\.git-credentials|\.ssh[/\\]id_\w{2,24}(?:\.(?:bak|key|old|pem))?|id_(?:rsa|dsa|ecdsa|ed25519)(?:\.(?:bak|key|old|pem))?|\.gnupg(?:[/\\][\w./\\*-]{0,80})?|\.config[/\\]gcloud[/\\](?:legacy_credentials[/\\][\w./\\@-]{1,80}|(?:credentials|access_tokens)\.db)|application_default_credentials\.json|\.config[/\\]gh[/\\]hosts\.yml|\.vault-token|credentials\.tfrc\.json|\.cargo[/\\]credentials(?:\.toml)?|\.gem[/\\]credentials|\.azure[/\\]\w{0,24}tokens?\w{0,12}\.\w{3,5}|login\.keychain(?:-db)?|(?:~|\$(?:home|\{home\})|%userprofile%|[/\\](?:root|(?:home|users)[/\\][\w.-]{1,40}))[/\\]\.(?:npmrc|pypirc))"
    };
}

const GATES: &[&str] = &[
    ".aws/", ".aws\\", "_histo", ".netrc", "_netrc", ".pgpas", ".docke", ".kube/", ".kube\\", ".git-c",
    "/id_", "\\id_", "id_rsa", "id_dsa", "id_ecd", "id_ed2", ".gnupg", "gcloud", "_creden", "gh/hos",
    ".vault", ".tfrc.", ".cargo", ".gem/c", ".azure", ".keych", ".npmrc", ".pypir",
];

/// For a whole value.
pub(super) const VALUES: &[Rule] = &[Rule {
    id: "code.path-kept",
    label: "path",
    gates: GATES,
    needs: &[],
    pattern: concat!(
        r"^\s{0,3}(?:[\w./\\:~$%{}@-]{0,120}[/\\]|file://)?",
        kept!(),
        r"(?:%00|\x00|\?|;)?\s{0,3}$"
    ),
    score: 0.6,
    reason: "A file that holds secrets is the whole value.",
}];

/// For a command, where the first stands in it. Whole folders are for what takes folders along.
pub(super) const COMMANDS: &[Rule] = &[
    Rule {
        id: SECRETS,
        label: "shell",
        gates: &[
            ".aws", ".ssh", ".gnupg", ".kube", "_histo", ".netrc", "_netrc", ".pgpas", ".docke", ".git-c",
            "id_rsa", "id_dsa", "id_ecd", "id_ed2", "gcloud", "_creden", "gh/hos", ".vault", ".tfrc.",
            ".cargo", ".gem/c", ".azure", ".keych", ".npmrc", ".pypir",
        ],
        needs: &[],
        pattern: concat!(
            r"(?:^|[\s'\x22=@<>/\\:(`,])(",
            kept!(),
            r"|(?:\.(?:ssh|aws|gnupg|kube|docker)|\.config[/\\]g(?:cloud|h))(?:[/\\]\*?)?)(?:$|[\s'\x22`);|&<>,:])"
        ),
        score: 0.85,
        reason: "A command gives away a file that holds secrets.",
    },
    Rule {
        id: "code.shell-env",
        label: "shell",
        gates: &[" .env", "/.env", "=.env", "\".env", "'.env", "@.env", "<.env", "\\.env"],
        needs: &[],
        pattern: r"(?:^|[\s'\x22=@</\\])(\.env(?:\.[\w-]{1,20}){0,3})(?:$|[\s'\x22`);|&<>,:])",
        score: 0.7,
        reason: "A command gives away the settings of a project, which hold secrets.",
    },
];

const SECRETS: &str = "code.shell-secrets";

/// What shows a file, whole or in part.
const READERS: &[&str] = &[
    "awk",
    "base32",
    "base64",
    "bat",
    "bunzip2",
    "cat",
    "cut",
    "dd",
    "egrep",
    "fold",
    "gc",
    "get-content",
    "grep",
    "gzip",
    "head",
    "hexdump",
    "jq",
    "less",
    "more",
    "nl",
    "od",
    "openssl",
    "paste",
    "rev",
    "rg",
    "sed",
    "sort",
    "strings",
    "tac",
    "tail",
    "type",
    "uniq",
    "xclip",
    "xxd",
    "yq",
];
/// What takes files, and whole folders, along to somewhere else.
const MOVERS: &[&str] = &[
    "7z", "7za", "cpio", "curl", "ftp", "mail", "mailx", "mutt", "nc", "ncat", "netcat", "rar", "rclone",
    "rsync", "scp", "sendmail", "sftp", "socat", "tar", "wget", "zip",
];
/// What stands before the program.
const AHEAD: &[&str] =
    &["!", "command", "do", "else", "env", "exec", "nohup", "sudo", "then", "time", "xargs", "{"];
/// What runs a program elsewhere.
const RUNNERS: &[&str] = &["docker", "kubectl", "podman", "ssh", "wsl"];
/// Folders that hold such files.
const FOLDERS: &[&str] = &[".aws", ".config/gcloud", ".config/gh", ".docker", ".gnupg", ".kube", ".ssh"];
/// With these it is only said whether something is in a file.
const QUIET: &[&str] =
    &["--count", "--quiet", "-L", "-c", "-iq", "-l", "-q", "-qE", "-qF", "-qi", "-qs", "-sq"];
/// Behind these a file is only used.
const USED: &[&str] = &[
    "--cacert",
    "--cert",
    "--config",
    "--directory",
    "--env-file",
    "--exclude",
    "--identity-file",
    "--key",
    "--kubeconfig",
    "--netrc-file",
    "--private-key",
    "-C",
    "-E",
    "-K",
    "-i",
    "-oIdentityFile",
];
/// What looks at the key of a shell, mends its rights or makes one.
const KEEPERS: &[&str] =
    &["[", "[[", "chmod", "chown", "ls", "ssh-add", "ssh-copy-id", "ssh-keygen", "stat", "test", "touch"];
/// What logs in with a key, where an option names it.
const LOGINS: &[&str] = &["ansible", "ansible-playbook", "mosh", "rsync", "scp", "sftp", "ssh"];
/// So much of a command is read on either side of a file.
const REACH: usize = 240;
/// What ends a command, or opens one inside.
const SIGNS: &[u8] = b"\n;|&(`<>'\"";
/// What a file is called that only shows how another is written.
const SAMPLES: &[&str] =
    &["ci", "default", "defaults", "dist", "example", "sample", "schema", "template", "test"];

fn pattern(rule: &Rule) -> Option<&'static Regex> {
    static PATTERNS: [OnceLock<Option<Regex>>; 2] = [const { OnceLock::new() }; 2];
    PATTERNS[usize::from(rule.id != SECRETS)].get_or_init(|| compile(rule.pattern)).as_ref()
}

/// The next file that a command gives away.
pub(super) fn next(rule: &Rule, bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let pattern = pattern(rule)?;
    let (mut from, mut tries) = (at, 0);
    while let Some(found) = pattern.find_at(bytes, from) {
        // Groups are read in what was matched: the longer a text, the slower they are.
        let near = &bytes[found.range()];
        let file = pattern.captures(near).and_then(|groups| Some(groups.get(1)?.range()));
        let file = file.map_or(found.range(), |file| found.start() + file.start..found.start() + file.end);
        from = file.end;
        let name = String::from_utf8_lossy(&bytes[file.clone()]).to_ascii_lowercase();
        if is_sample(&name) {
            continue;
        }
        tries += 1;
        let used = Use::of(bytes, file);
        // All of a text that is made to be slow, or to hide one, is one finding.
        if is_flood(tries, from - at) {
            return Some(used.word.start..bytes.len());
        }
        match used.of_file(&name) {
            Fate::Given => return Some(used.word),
            Fate::Kept => {}
            Fate::KeptAll => {
                let rest = bytes[from..].iter().position(|byte| SIGNS.contains(byte));
                from += rest.unwrap_or(bytes.len() - from);
            }
        }
    }
    None
}

/// What becomes of what a file holds.
enum Fate {
    Given,
    Kept,
    /// Of any other file of the same command as well.
    KeptAll,
}

/// `.env.example`
fn is_sample(name: &str) -> bool {
    name.strip_prefix(".env").is_some_and(|rest| rest.split('.').any(|part| SAMPLES.contains(&part)))
}

/// Leaves out a key that is only used, or whose public half is asked for.
pub(super) fn check(
    rule: &Rule,
    text: &str,
    whole: Range<usize>,
    span: Range<usize>,
) -> Option<Range<usize>> {
    let key =
        rule.id == "code.path-file" && text.get(whole.clone())?.to_ascii_lowercase().contains(".ssh/id_");
    let harmless = || {
        let bytes = text.as_bytes();
        let name = bytes[whole.end..]
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
            .count();
        let rest = &bytes[whole.end + name..];
        rest.starts_with(b".pub") || Use::of(bytes, whole.start..whole.end + name).keeps_a_key()
    };
    (!key || !harmless()).then_some(span)
}

/// What a command does with a file: the words before and behind it, as far as one program has them.
struct Use<'a> {
    word: Range<usize>,
    program: String,
    /// Between the program and the file, and the last of these.
    options: Vec<&'a str>,
    /// What the word begins with, before the file: `@`, `user@host:`.
    glued: &'a str,
    behind: &'a str,
    /// What opens the command, where it is one inside another: `export $(`.
    around: &'a str,
}

impl<'a> Use<'a> {
    fn of(bytes: &'a [u8], file: Range<usize>) -> Self {
        let text = |range: Range<usize>| read(&bytes[range]);
        let ends = |byte: &u8| byte.is_ascii_whitespace() || b"'\"`(;|&<>".contains(byte);
        let first = file.start.saturating_sub(REACH);
        let glued = bytes[first..file.start].iter().rev().take_while(|byte| !ends(byte)).count();
        let start = file.start - glued;
        let before = &bytes[first..start];
        let opened = opening(before);
        let segment = text(first + opened..start);
        let mut words = segment.split_ascii_whitespace().peekable();
        while words.next_if(|word| AHEAD.contains(word) || is_set(word)).is_some() {
            while let Some(option) = words.next_if(|word| word.starts_with('-')) {
                // `sudo -u ann`
                if ["-I", "-P", "-g", "-n", "-u"].contains(&option) {
                    words.next();
                }
            }
        }
        let program = words.next().unwrap_or_default().trim_matches(['\'', '"', '\\']);
        let program = program.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase();
        let behind = &bytes[file.end..bytes.len().min(file.end + REACH)];
        let behind =
            behind.iter().position(|byte| b"\n;|&`)".contains(byte)).map_or(behind, |end| &behind[..end]);
        Self {
            word: start..file.end,
            program: program.strip_suffix(".exe").unwrap_or(&program).to_owned(),
            options: words.collect(),
            glued: text(start..file.start),
            behind: read(behind),
            around: text(first..first + opened),
        }
    }

    fn last(&self) -> &str {
        self.options.last().copied().unwrap_or_default()
    }

    /// `<` or `>` right before the file.
    fn redirect(&self) -> Option<char> {
        self.around
            .trim_end()
            .chars()
            .next_back()
            .filter(|_| self.program.is_empty() && self.options.is_empty())
    }

    fn of_file(&self, name: &str) -> Fate {
        let folder = FOLDERS.contains(&name.trim_end_matches(['/', '\\', '*']).replace('\\', "/").as_str());
        let takes = |program: &str| MOVERS.contains(&program) || !folder && READERS.contains(&program);
        let given = |is_given: bool| if is_given { Fate::Given } else { Fate::Kept };
        if let Some(sign @ ('<' | '>')) = self.redirect() {
            return given(sign == '<' && takes(self.outer()));
        }
        if name.starts_with(".env") && self.loads() {
            return Fate::KeptAll;
        }
        let used = |option: &str| self.glued.strip_prefix(option).is_some_and(|rest| rest.starts_with('='));
        if USED.contains(&self.last()) || USED.iter().any(|option| used(option)) {
            return Fate::Kept;
        }
        match self.program() {
            "curl" => given(
                self.glued.contains('@')
                    || self.glued.contains("file:")
                    || ["-T", "--upload-file"].contains(&self.last()),
            ),
            "wget" => {
                given(["--post-file=", "--body-file="].iter().any(|option| self.glued.starts_with(option)))
            }
            "scp" | "rsync" | "sftp" | "rclone" => given(!self.is_fetched()),
            "sed"
                if self.options.iter().any(|option| option.starts_with("-i") || *option == "--in-place") =>
            {
                Fate::KeptAll
            }
            "grep" | "egrep" | "rg" if self.options.iter().any(|option| QUIET.contains(option)) => {
                Fate::KeptAll
            }
            "tar" if self.options.first().is_some_and(|option| is_extraction(option)) => Fate::KeptAll,
            program if takes(program) => Fate::Given,
            program if READERS.contains(&program) => Fate::Kept,
            _ => Fate::KeptAll,
        }
    }

    /// The program, or the one that it runs elsewhere: `docker exec app cat`.
    fn program(&self) -> &str {
        let runs = || self.options.iter().find(|option| READERS.contains(option) || MOVERS.contains(option));
        let elsewhere = RUNNERS.contains(&self.program.as_str()).then(runs).flatten();
        elsewhere.copied().unwrap_or(&self.program)
    }

    /// The program that reads what is behind `<`.
    fn outer(&self) -> &str {
        let opened = self.around.trim_end().trim_end_matches(['<', '>']);
        let before = opened.rsplit(['\n', ';', '|', '&', '(']).next().unwrap_or_default();
        before.split_ascii_whitespace().find(|word| !AHEAD.contains(word)).unwrap_or_default()
    }

    /// `export $(cat .env)`, `source <(grep = .env)`
    fn loads(&self) -> bool {
        const LOADS: &[&str] = &[".", "declare", "env", "eval", "export", "set", "source"];
        let outer = self.around.trim_end_matches(['$', '<', '(', '`', '"']).trim_end();
        self.around.ends_with(['(', '`'])
            && outer.split_ascii_whitespace().next_back().is_some_and(|word| LOADS.contains(&word))
    }

    /// From another machine, or what is copied onto this file.
    fn is_fetched(&self) -> bool {
        let last = self.behind.trim().is_empty();
        self.glued.contains(':') || last && self.options.iter().any(|option| !option.starts_with('-'))
    }

    fn keeps_a_key(&self) -> bool {
        let named = USED.contains(&self.last())
            || self.glued.starts_with("-i")
            || self.glued.to_ascii_lowercase().contains("identityfile=");
        KEEPERS.contains(&self.program.as_str()) || LOGINS.contains(&self.program.as_str()) && named
    }
}

/// As much of a text as is whole, where it was cut in the middle of a character.
fn read(bytes: &[u8]) -> &str {
    let cut = bytes.iter().take_while(|byte| (0x80..0xc0).contains(*byte)).count();
    let bytes = &bytes[cut..];
    let whole = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    std::str::from_utf8(&bytes[..whole]).unwrap_or_default()
}

/// `NAME=value`
fn is_set(word: &str) -> bool {
    let name = word.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    name > 0 && word.as_bytes().get(name) == Some(&b'=')
}

/// `xzf`, `-x`, `--extract`
fn is_extraction(option: &str) -> bool {
    option == "--extract" || !option.starts_with("--") && option.contains('x') && !option.contains('c')
}

/// Where the command begins that a text ends in the middle of: behind a sign of the shell, or behind the quote that is
/// open by then.
fn opening(before: &[u8]) -> usize {
    let sign = before.iter().rposition(|byte| b"\n;|&(`<>".contains(byte)).map_or(0, |at| at + 1);
    let rest = &before[sign..];
    let open = |quote: u8| {
        let odd = memchr::memchr_iter(quote, rest).count() % 2 == 1;
        odd.then(|| rest.iter().rposition(|byte| *byte == quote)).flatten().map_or(0, |at| at + 1)
    };
    let quoted = open(b'"').max(open(b'\''));
    // A quote right before the file is its own.
    let own =
        rest[quoted..].trim_ascii().is_empty() && !rest[..quoted.saturating_sub(1)].trim_ascii().is_empty();
    sign + if own { 0 } else { quoted }
}

#[cfg(test)]
mod tests;
