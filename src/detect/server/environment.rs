//! Variables that make a program load code of somebody else or trust other hosts, by what they are set to.

use super::Sign;
use super::program;

const ENVIRONMENT: Sign = Sign {
    rule: "server.environment",
    label: "environment",
    score: 0.85,
    reason: "A variable makes the server load other code, or trust other hosts.",
};

/// What has to be in a value for it to count.
enum Harm {
    Any,
    /// Options that load a file or open a door.
    Loads,
    /// A list of folders, one of which everybody may write to.
    Folders,
    /// The same, of programs: the first of them decides which ones run.
    Programs,
    /// A script that is run first.
    Script,
    /// A program that is started: others than these only do no harm of themselves.
    Starts(&'static [&'static str]),
    /// The same, and there are no honest others.
    OtherThan(&'static [&'static str]),
    /// This one.
    Is(&'static str),
    /// Everyday in companies: a proxy, a mirror, a certificate.
    Doubtful,
}

const ASKERS: &[&str] = &["echo", "true"];
const EDITORS: &[&str] = &[
    "cat",
    "code",
    "cursor",
    "ed",
    "emacs",
    "emacsclient",
    "helix",
    "hx",
    "micro",
    "nano",
    "notepad",
    "nvim",
    "subl",
    "true",
    "vi",
    "vim",
];
const PAGERS: &[&str] = &["bat", "cat", "delta", "less", "more", "most"];
const SHELLS_AFAR: &[&str] = &["plink", "ssh", "tortoiseplink"];

const VARIABLES: &[(&str, Harm)] = &[
    ("LD_PRELOAD", Harm::Any),
    ("LD_AUDIT", Harm::Any),
    ("DYLD_INSERT_LIBRARIES", Harm::Any),
    ("PYTHONSTARTUP", Harm::Any),
    ("PYTHONINSPECT", Harm::Any),
    ("PROMPT_COMMAND", Harm::Any),
    ("GCONV_PATH", Harm::Any),
    ("PERL5OPT", Harm::Any),
    ("RUBYOPT", Harm::Loads),
    ("NODE_OPTIONS", Harm::Loads),
    ("JAVA_TOOL_OPTIONS", Harm::Loads),
    ("_JAVA_OPTIONS", Harm::Loads),
    ("JDK_JAVA_OPTIONS", Harm::Loads),
    ("NPM_CONFIG_NODE_OPTIONS", Harm::Loads),
    ("DOTNET_STARTUP_HOOKS", Harm::Any),
    ("PATH", Harm::Programs),
    ("LD_LIBRARY_PATH", Harm::Folders),
    ("DYLD_LIBRARY_PATH", Harm::Folders),
    ("PYTHONPATH", Harm::Folders),
    ("PYTHONHOME", Harm::Folders),
    ("NODE_PATH", Harm::Folders),
    ("PERL5LIB", Harm::Folders),
    ("RUBYLIB", Harm::Folders),
    ("BASH_ENV", Harm::Any),
    ("ENV", Harm::Script),
    ("GIT_SSH_COMMAND", Harm::OtherThan(SHELLS_AFAR)),
    ("GIT_SSH", Harm::OtherThan(SHELLS_AFAR)),
    ("GIT_PROXY_COMMAND", Harm::Starts(&[])),
    ("GIT_EXTERNAL_DIFF", Harm::Starts(&["difft"])),
    ("GIT_ASKPASS", Harm::Starts(ASKERS)),
    ("SSH_ASKPASS", Harm::Starts(ASKERS)),
    ("SUDO_ASKPASS", Harm::Starts(ASKERS)),
    ("PAGER", Harm::Starts(PAGERS)),
    ("AWS_PAGER", Harm::Starts(PAGERS)),
    ("GH_PAGER", Harm::Starts(PAGERS)),
    ("GIT_PAGER", Harm::Starts(PAGERS)),
    ("MANPAGER", Harm::Starts(PAGERS)),
    ("SYSTEMD_PAGER", Harm::Starts(PAGERS)),
    ("LESSOPEN", Harm::Starts(&["lesspipe", "lesspipe.sh"])),
    ("EDITOR", Harm::Starts(EDITORS)),
    ("GIT_EDITOR", Harm::Starts(EDITORS)),
    ("GIT_SEQUENCE_EDITOR", Harm::Starts(EDITORS)),
    ("VISUAL", Harm::Starts(EDITORS)),
    (
        "BROWSER",
        Harm::Starts(&[
            "chrome", "chromium", "echo", "firefox", "none", "open", "true", "wslview", "xdg-open",
        ]),
    ),
    ("PERL5DB", Harm::Any),
    ("PERLLIB", Harm::Folders),
    ("CLASSPATH", Harm::Folders),
    ("GEM_HOME", Harm::Folders),
    ("GEM_PATH", Harm::Folders),
    ("GIT_EXEC_PATH", Harm::Folders),
    ("GIT_TEMPLATE_DIR", Harm::Folders),
    ("ZDOTDIR", Harm::Folders),
    ("NODE_TLS_REJECT_UNAUTHORIZED", Harm::Is("0")),
    ("PYTHONHTTPSVERIFY", Harm::Is("0")),
    ("ELECTRON_RUN_AS_NODE", Harm::Doubtful),
    ("NODE_EXTRA_CA_CERTS", Harm::Doubtful),
    ("SSL_CERT_FILE", Harm::Doubtful),
    ("REQUESTS_CA_BUNDLE", Harm::Doubtful),
    ("PIP_INDEX_URL", Harm::Doubtful),
    ("UV_INDEX_URL", Harm::Doubtful),
    ("NPM_CONFIG_REGISTRY", Harm::Doubtful),
    ("HTTPS_PROXY", Harm::Doubtful),
    ("HTTP_PROXY", Harm::Doubtful),
    ("ALL_PROXY", Harm::Doubtful),
];

pub(super) fn judge(name: &str, value: &str) -> Option<Sign> {
    let (_, harm) = VARIABLES.iter().find(|(known, _)| is_called(name, known))?;
    let counts = match harm {
        Harm::Any => true,
        Harm::Loads => value.replace(['"', '\''], "").split_whitespace().any(loads),
        Harm::Folders => value.split([':', ';']).any(is_within_open),
        Harm::Programs => value.split([':', ';']).any(is_open) || begins_anywhere(value),
        Harm::Script => value.contains(['/', '\\']),
        Harm::OtherThan(known) => started(value, known) != Started::Known,
        Harm::Starts(known) => match started(value, known) {
            Started::Known => false,
            Started::Other => return Some(ENVIRONMENT.doubtful()),
            Started::Harm => true,
        },
        Harm::Is(harmful) => value.trim() == *harmful,
        Harm::Doubtful if is_anybodys(value) => true,
        Harm::Doubtful => return Some(ENVIRONMENT.doubtful()),
    };
    counts.then_some(ENVIRONMENT)
}

/// npm takes its variables with dashes as well.
fn is_called(name: &str, known: &str) -> bool {
    let as_known = |byte: u8| if byte == b'-' { b'_' } else { byte.to_ascii_uppercase() };
    name.bytes().map(as_known).eq(known.bytes())
}

/// Whether programs are first looked for in the open folder, or in one within a folder that everybody may write to.
fn begins_anywhere(folders: &str) -> bool {
    let first = folders.split([':', ';']).next().unwrap_or_default();
    let is_within = |open: &str| first.strip_prefix(open).is_some_and(|rest| rest.starts_with('/'));
    matches!(first, "." | "./") || OPEN.iter().any(|open| is_within(open))
}

#[derive(PartialEq, Eq)]
enum Started {
    Known,
    Other,
    Harm,
}

/// What the value of a variable starts.
fn started(value: &str, known: &[&str]) -> Started {
    let value = value.trim_start_matches(['|', '-', ' ']);
    let words: Vec<&str> = value.split_whitespace().collect();
    let Some((program, args)) = words.split_first() else { return Started::Known };
    let lower = value.to_ascii_lowercase();
    let name = program::name(program);
    let runs_more = value.contains([';', '&', '|', '`', '\n', '<', '>'])
        || value.contains("$(")
        || ["proxycommand", "localcommand"].iter().any(|word| lower.contains(word))
        || program.rsplit_once('/').is_some_and(|(folder, _)| is_within_open(folder));
    let programs = program::all(program, args);
    let is_told = |programs: &Vec<program::Program<'_, '_>>| {
        programs.iter().any(|(name, args)| program::is_shell(name) || program::is_inline(name, args))
    };
    if runs_more || programs.as_ref().is_none_or(is_told) {
        return Started::Harm;
    }
    let is_elsewhere = program.contains('/')
        && !["/bin/", "/usr/bin/", "/usr/local/bin/"]
            .iter()
            .any(|system| program.strip_prefix(system) == Some(&name));
    if known.contains(&name.as_str()) && !is_elsewhere { Started::Known } else { Started::Other }
}

/// An option of an interpreter that loads a file before the program, or lets others in.
fn loads(option: &str) -> bool {
    const LOADING: &[&str] = &[
        "--require",
        "-r",
        "--import",
        "--loader",
        "--experimental-loader",
        "--inspect",
        "--inspect-brk",
        "-javaagent",
        "-agentlib",
        "-agentpath",
        "-Xrunjdwp",
        "-I",
    ];
    let name = option.split(['=', ':']).next().unwrap_or_default();
    LOADING.contains(&name) || name.starts_with("-r/") || name.starts_with("-r.")
}

/// Where everybody may write.
const OPEN: &[&str] = &["/tmp", "/var/tmp", "/dev/shm", "/private/tmp"];

/// A folder that everybody may write to, or one that is hidden there: what lies in it is anybody's.
fn is_open(folder: &str) -> bool {
    let rest = OPEN.iter().find_map(|open| folder.strip_prefix(open));
    rest.is_some_and(|rest| rest.trim_matches('/').is_empty() || rest.starts_with("/."))
}

/// The same, or any folder below: what is looked for there is whoever came first's.
pub(super) fn is_within_open(folder: &str) -> bool {
    const NAMES: &[&str] = &["$TMPDIR", "${TMPDIR}", "%TEMP%", "%TMP%"];
    let is_below = |open: &str, folder: &str| {
        folder.strip_prefix(open).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '\\']))
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').filter(|part| !matches!(*part, "" | ".")) {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    let whole = format!("/{}", parts.join("/"));
    folder.starts_with('/') && OPEN.iter().any(|open| is_below(open, &whole))
        || NAMES.iter().any(|name| is_below(name, folder))
}

/// Whether a file lies in such a folder.
pub(super) fn is_anybodys(file: &str) -> bool {
    file.rsplit_once('/').is_some_and(|(folder, _)| is_open(folder))
}
