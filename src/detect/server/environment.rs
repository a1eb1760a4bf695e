//! Variables that make a program load code of somebody else or trust other hosts, by what they are set to.

use super::Sign;

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
    /// A program other than this one.
    OtherThan(&'static str),
    /// This one.
    Is(&'static str),
    /// Everyday in companies: a proxy, a mirror, a certificate.
    Doubtful,
}

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
    ("GIT_SSH_COMMAND", Harm::OtherThan("ssh")),
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
        Harm::Folders => value.split([':', ';']).any(is_open),
        Harm::Programs => value.split([':', ';']).any(is_open) || begins_anywhere(value),
        Harm::Script => value.contains(['/', '\\']),
        Harm::OtherThan(program) => {
            let runs = |text: &str| ["proxycommand", "localcommand"].iter().any(|word| text.contains(word));
            value.split_whitespace().next() != Some(program)
                || value.contains([';', '&', '|', '`', '\n', '<', '>'])
                || value.contains("$(")
                || runs(&value.to_ascii_lowercase())
        }
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

/// Whether a file lies in such a folder.
pub(super) fn is_anybodys(file: &str) -> bool {
    file.rsplit_once('/').is_some_and(|(folder, _)| is_open(folder))
}
