//! Files that hold secrets: what they are called, and whether a command gives away what they hold. To list one, to log in
//! with it or to write it gives nothing away.

use std::ops::Range;
use std::sync::OnceLock;

use regex::bytes::Regex;

use super::super::rules::{Rule, compile, is_flood};
use words::{
    AHEAD, CLOUDS, COPIES, FINDERS, FOLDERS, KEEPERS, LEFT_OUT, LINES, LOADS, LOGINS, MOVERS, QUIET, READERS,
    RUNNERS, SAMPLES, SENT, SHOWS, TAKERS, USED,
};

mod words;

/// What such files are called, in the folders of a person. A value that is nothing else and a command are both looked
/// at for these.
macro_rules! kept {
    () => {
        r"(?:\.aws[/\\]\w[\w./\\-]{3,80}|\.(?:bash|zsh|sh|mysql|psql|python|rediscli|node_repl|irb)_history|[._]netrc|\.pgpass|\.docker[/\\]config\.json|\.kube[/\\]config|\.git-credentials|\.ssh[/\\]id_(?:\w{2,24}(?:\.(?:bak|key|old|pem))?|\w{0,24}\*)|id_(?:rsa|dsa|ecdsa|ed25519)(?:\.(?:bak|key|old|pem))?|\.gnupg(?:[/\\][\w./\\*-]{0,80})?|\.config[/\\]gcloud[/\\](?:legacy_credentials[/\\][\w./\\@-]{1,80}|(?:credentials|access_tokens)\.db)|application_default_credentials\.json|\.config[/\\]gh[/\\]hosts\.yml|\.vault-token|credentials\.tfrc\.json|\.cargo[/\\]credentials(?:\.toml)?|\.gem[/\\]credentials|\.azure[/\\]\w{0,24}tokens?\w{0,12}\.\w{3,5}|login\.keychain(?:-db)?|(?:~|\$(?:home|\{home\})|%userprofile%|[/\\](?:root|(?:home|users)[/\\][\w.-]{1,40}))[/\\]\.(?:npmrc|pypirc))"
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
        id: SECRETS_RULE,
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
        gates: &[" .env", "/.env", "=.env", "\".env", "'.env", "@.env", "<.env", "\\.env", "t.env"],
        needs: &[],
        pattern: r"(?:^|[\s'\x22=@</\\]|\s-[a-z]{0,3}T)(\.env(?:\.[\w-]{1,20}){0,3}\.?\*?)(?:$|[\s'\x22`);|&<>,:])",
        score: 0.7,
        reason: "A command gives away the settings of a project, which hold secrets.",
    },
];

const SECRETS_RULE: &str = "code.shell-secrets";

/// So much of a command is read on either side of a file.
const REACH: usize = 240;
/// So many signs of a comment are looked at.
const COMMENTS: usize = 8;
/// What ends a command, or opens one inside.
const SIGNS: &[u8] = b"\n;|&(`<>'\"";
fn pattern(rule: &Rule) -> Option<&'static Regex> {
    static PATTERNS: [OnceLock<Option<Regex>>; 2] = [const { OnceLock::new() }; 2];
    PATTERNS[usize::from(rule.id != SECRETS_RULE)].get_or_init(|| compile(rule.pattern)).as_ref()
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
    let file = text.get(whole.clone())?.to_ascii_lowercase();
    let (key, hosts) = (file.contains(".ssh/id_"), file.contains(".ssh/known"));
    let harmless = || {
        let bytes = text.as_bytes();
        let name = bytes[whole.end..]
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
            .count();
        let rest = &bytes[whole.end + name..];
        let used = || Use::of(bytes, whole.start..whole.end + name);
        hosts && used().is_of_this_machine() || key && (rest.starts_with(b".pub") || used().keeps_a_key())
    };
    (rule.id != "code.path-file" || !harmless()).then_some(span)
}

/// What a command does with a file: the words before and behind it, as far as one program has them.
struct Use<'a> {
    word: Range<usize>,
    program: String,
    /// Between the program and the file, and the last of these.
    options: Vec<&'a str>,
    /// What the word begins with, before the file: `@`, `user@host:`, `--exclude='`.
    glued: &'a str,
    behind: &'a str,
    /// The same to the end of the line.
    line: &'a str,
    /// The file is spoken of in a comment.
    commented: bool,
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
        let commented = is_commented(segment);
        // A quote may be open within the word.
        let bare = segment.trim_end_matches(['"', '\'']);
        let head = bare.rfind(|c: char| c.is_ascii_whitespace()).map_or(0, |blank| blank + 1);
        let (segment, head) = if head == 0 { (segment, segment.len()) } else { (&bare[..head], head) };
        let glued = first + opened + head.min(start - first - opened);
        let mut words = segment.split_ascii_whitespace().peekable();
        while words.next_if(|word| AHEAD.contains(word) || is_set(word)).is_some() {
            while let Some(option) =
                words.next_if(|word| word.starts_with(|c: char| c == '-' || c.is_ascii_digit()))
            {
                // `sudo -u ann`
                if ["-I", "-P", "-g", "-n", "-u"].contains(&option) {
                    words.next();
                }
            }
        }
        let program = words.next().unwrap_or_default().trim_matches(['\'', '"', '\\']);
        let program = program.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase();
        let line = &bytes[file.end..bytes.len().min(file.end + REACH)];
        let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let behind = line.iter().position(|byte| b";|&`)".contains(byte)).map_or(line, |end| &line[..end]);
        Self {
            word: start..file.end,
            program: program.strip_suffix(".exe").unwrap_or(&program).to_owned(),
            options: words.collect(),
            glued: text(glued..file.start),
            behind: read(behind),
            line: read(line),
            commented,
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
        // What stands for all files in a folder is none.
        let bare = name.trim_end_matches(['/', '\\']).replace('\\', "/");
        let folder = FOLDERS.contains(&bare.as_str());
        let takes = |program: &str| MOVERS.contains(&program) || !folder && READERS.contains(&program);
        let given = |is_given: bool| if is_given { Fate::Given } else { Fate::Kept };
        if self.commented {
            return Fate::Kept;
        }
        if name.starts_with(".env") && self.loads() {
            return Fate::KeptAll;
        }
        if let Some(sign @ ('<' | '>')) = self.redirect() {
            return given(sign == '<' && (takes(self.outer()) || self.is_read()));
        }
        let program = self.program();
        let any = |options: &[&str]| self.options.iter().any(|option| options.contains(option));
        let behind = |options: &[&str]| {
            let glued =
                |option: &&str| self.glued.strip_prefix(*option).is_some_and(|rest| rest.starts_with('='));
            options.contains(&self.last()) || options.iter().any(glued)
        };
        if behind(LEFT_OUT) || !READERS.contains(&program) && behind(USED) {
            return Fate::Kept;
        }
        match program {
            "curl" => given(self.glued.contains('@') || self.glued.contains("file:") || self.is_sent()),
            "wget" => given(self.is_sent()),
            "scp" | "rsync" | "sftp" | "rclone" => given(!self.is_fetched()),
            "zip" if any(&["-x"]) => Fate::Kept,
            "sed"
                if self.options.iter().any(|option| option.starts_with("-i") || *option == "--in-place") =>
            {
                Fate::KeptAll
            }
            "grep" | "egrep" | "rg" if any(QUIET) => Fate::KeptAll,
            "grep" | "egrep" | "rg" if self.is_pattern() => Fate::Kept,
            "tar" if self.options.first().is_some_and(|option| is_extraction(option)) => Fate::KeptAll,
            program if takes(program) => Fate::Given,
            program if READERS.contains(&program) => Fate::Kept,
            program if CLOUDS.contains(&program) && any(COPIES) => {
                let down = self.behind.trim().is_empty() && self.options.iter().any(|to| to.contains("://"));
                given(!self.glued.contains(':') && !down)
            }
            program if FINDERS.contains(&program) && self.hands_on() => Fate::Given,
            _ => Fate::KeptAll,
        }
    }

    /// `-T.env`, `--post-file .env`
    fn is_sent(&self) -> bool {
        let short = |option: &str| option.starts_with('-') && !option.starts_with("--");
        let last = self.last();
        SENT.contains(&last)
            || SENT.iter().any(|option| self.glued.starts_with(option))
            || short(last) && last.ends_with('T')
            || short(self.glued) && self.glued.contains('T')
    }

    /// What is looked for: the first word that is no option, nor the number of one.
    fn is_pattern(&self) -> bool {
        const NAMED: &[&str] = &["--regexp", "-e", "-f"];
        let is_option = |word: &str| word.starts_with('-') || word.bytes().all(|byte| byte.is_ascii_digit());
        let named = || self.options.iter().any(|word| NAMED.contains(word));
        self.last() == "-e" || self.options.iter().all(|word| is_option(word)) && !named()
    }

    /// `find … -exec cat {} \;`, `ls … | xargs cat`: what is found is shown.
    fn hands_on(&self) -> bool {
        const HANDS: &[&str] = &["-exec", "-execdir", "-ok", "-x", "xargs"];
        let mut words = self.line.split_ascii_whitespace();
        let takes = |word: &str| {
            let name = word.trim_matches(['\'', '"']).rsplit('/').next().unwrap_or_default();
            READERS.contains(&name) || MOVERS.contains(&name)
        };
        words.by_ref().any(|word| HANDS.contains(&word.trim_start_matches('|')))
            && words.find(|word| !word.starts_with('-')).is_some_and(takes)
            && !words.next().is_some_and(|option| QUIET.contains(&option))
    }

    /// Redirected into what neither keeps nor uses it.
    fn is_read(&self) -> bool {
        let around = self.around.trim_end().trim_end_matches('<');
        let command = around.rsplit(['\n', ';', '|', '&', '(']).next().unwrap_or_default();
        let any = |words: &[&str]| command.split_ascii_whitespace().any(|word| words.contains(&word));
        if any(LINES) {
            return around.split_ascii_whitespace().any(|w| SHOWS.contains(&w) || MOVERS.contains(&w));
        }
        let outer = self.outer();
        !KEEPERS.contains(&outer) && !LOADS.contains(&outer) && !any(TAKERS)
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

    /// `export $(cat .env)`, `export $(<.env)`, `source <(grep = .env)`
    fn loads(&self) -> bool {
        let around = match self.redirect() {
            Some('<') => self.around.rfind(['(', '`']).map_or("", |open| &self.around[..=open]),
            _ => self.around,
        };
        let outer = around.trim_end_matches(['$', '<', '(', '`', '"']).trim_end();
        around.ends_with(['(', '`'])
            && outer.split_ascii_whitespace().next_back().is_some_and(|word| LOADS.contains(&word))
    }

    /// From another machine, or what is copied onto this file.
    fn is_fetched(&self) -> bool {
        let last = self.behind.trim().is_empty();
        self.glued.contains(':') || last && self.options.iter().any(|option| !option.starts_with('-'))
    }

    /// Shown here, or written.
    fn is_of_this_machine(&self) -> bool {
        READERS.contains(&self.program.as_str()) || self.redirect() == Some('>') || self.keeps_a_key()
    }

    fn keeps_a_key(&self) -> bool {
        let named = USED.contains(&self.last())
            || self.glued.starts_with("-i")
            || self.glued.to_ascii_lowercase().contains("identityfile=");
        let outer = if self.redirect() == Some('<') { self.outer() } else { &self.program };
        KEEPERS.contains(&outer) || LOGINS.contains(&self.program.as_str()) && named
    }
}

/// As much of a text as is whole, where it was cut in the middle of a character.
fn read(bytes: &[u8]) -> &str {
    let cut = bytes.iter().take_while(|byte| (0x80..0xc0).contains(*byte)).count();
    let bytes = &bytes[cut..];
    let whole = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    std::str::from_utf8(&bytes[..whole]).unwrap_or_default()
}

/// Whether a command has a comment from some word on: `ls # .env`
fn is_commented(command: &str) -> bool {
    let begins = |at: usize| {
        let quotes = |quote: u8| memchr::memchr_iter(quote, &command.as_bytes()[..at]).count() % 2;
        quotes(b'\'') == 0 && quotes(b'"') == 0 && !command[..at].ends_with('\\')
    };
    command.match_indices(" #").take(COMMENTS).any(|(at, _)| begins(at))
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
