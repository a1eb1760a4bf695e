//! Commands for a shell: after a separator, in a substitution, or as a pipe.

use super::super::rules::{Rule, rules};
use super::super::{Finding, Kind};

pub(super) const RULES: &[Rule] = rules! {
    "code.shell-substitution" "shell" 0.88 ["$(" "`" "<(" ">("]
        r"(?:\$\(|[<>]\(|`)\s{0,3}(?:(?:/usr)?/s?bin/)?(?:cat|ls|id|whoami|uname|curl|wget|nc|ncat|bash|sh|zsh|ping|sleep|nslookup|dig|host|python\d?|perl|ruby|php|env|printenv|rm|touch|chmod|hostname|ifconfig|ps|pwd|expr|printf|echo|base64|head|tail|find|grep|awk|sed|cut|tr|xxd|kill|reboot|shutdown|date)(?:[\s)`|;<>$]|$)" "A command is put where a shell would run it."
    "code.shell-download" "shell" 0.93 ["curl" "wget" "fetch"]
        r"\b(?:curl|wget|fetch)\b[^|\n;]{0,200}\|\s{0,3}(?:sudo\s)?(?:ba|z|da|k)?(?:sh|python\d?|perl|ruby|php|node)\b" "A script is fetched and run."
    "code.shell-destroy" "shell" 0.9 ["rm " "mkfs" "dd if" ":(){" "fork"]
        r"(?:\brm\s+(?:-[a-z]*[rf][a-z]*\s+)+(?:--no-preserve-root\s+)?[/~*$.]|\bmkfs(?:\.\w+)?\s+/dev|\bdd\s+if=/dev/(?:zero|u?random)\s+of=|:\s?\(\)\s?\{\s?:\s?\|\s?:\s?&?\s?\}\s?;)" "A command destroys files or blocks the machine."
    "code.shell-reverse" "shell" 0.95 ["/dev/tcp/" "/dev/udp/" "-e /bin" "mkfifo" "nc -" "ncat " "socket" "-c /bin"]
        r"(?:/dev/(?:tcp|udp)/[\w.-]+/\d+|\bn(?:c|cat|etcat)\b[^\n]{0,60}\s-\w*[ecl]\w*\b|mkfifo\s+\S+[^\n]{0,120}\|\s?n(?:c|cat)\b|socket[^\n]{0,300}(?:pty\.spawn|dup2|getprotobyname))" "A shell calls home."
    "code.shell-interpreter" "shell" 0.82 ["bash -c" "sh -c" "cmd /c" "cmd.exe" "powershell" "pwsh" "python -c" "python3 -c" "perl -e" "ruby -e" "php -r" "node -e" "/bin/sh" "/bin/bash" "cmd=" "/bin/cat" "/bin/ls" "/bin/id" "/bin/uname" "/bin/nc" "/bin/ping" "/bin/curl" "/bin/wget" "() {" "(){" "ifs" "busybox"]
        r"(?:\b(?:ba|z|da|k|c)?sh\s+-i?c\s+['\x22$]|\bcmd(?:\.exe)?\s{0,3}/[ck]\s|\b(?:powershell|pwsh)(?:\.exe)?\s+(?:-\w+\s+)*-(?:e(?:nc\w*)?|c(?:ommand)?|nop|w|ep|ex\w*)\b|\bpython\d?(?:\.\d+)?\s+-c\s+['\x22i]|\bperl\s+-e\s|\bruby\s+-(?:e|rsocket)|\bphp\s+-r\s|\bnode\s+-e\s|(?:^|[\s;|&`('\x22=])/(?:usr/(?:local/)?)?s?bin/(?:(?:ba|z|da|k|c|tc)?sh|cat|ls|id|uname|nc|ncat|ping|curl|wget|python\d?|perl|php|env|ps|who|whoami|uname|sleep|rm)(?:[\s;|&'\x22)]|$)|\(\)\s?\{\s?:?\s?;\s?\}\s?;|\$\{?IFS\b)" "A shell or an interpreter is started."
    "code.shell-files" "shell" 0.8 ["/etc/passwd" "/etc/shadow" "id_rsa" "/etc/hosts" "boot.ini" "config.php"]
        r"\b(?:cat|less|more|head|tail|type|tac|nl|strings|cp|scp|grep|awk|sed|base64|xxd|od|vi|vim|nano|curl|wget)\b[^\n;|]{0,60}(?:/etc/(?:passwd|shadow|hosts|group|sudoers)|\.ssh/|id_rsa|boot\.ini|config\.php)" "A command reads files that hold secrets."
    "code.call" "code" 0.85 ["system(" "exec(" "passthru(" "popen(" "eval(" "os.system" "subprocess" "child_process" "runtime.getruntime" "getruntime" "processbuilder" "__import__" "phpinfo" "<?php" "<?=" "assert(" "base64_decode" "unserialize" "file_get_contents" "proc_open" "shell_exec" "pcntl_" "preg_replace" "create_function" "call_user_func" "include(" "require(" "<% " "<%=" "system (" "exec (" "system '" "classloader" "java.lang." "ro0ab"]
        r"(?:\b(?:system|passthru|shell_exec|popen|proc_open|pcntl_exec|phpinfo|unserialize|call_user_func(?:_array)?|create_function|file_get_contents|file_put_contents|base64_decode|show_source|highlight_file|readfile|posix_\w+|spawn|execSync|spawnSync|eval|exec|assert|include|require(?:_once)?)\s{0,4}\(\s{0,4}(?:['\x22$]|\)|\w+\s?\(|base64|chr|gzinflate|str_rot13|request|\\['\x22])|os\.(?:system|popen|exec\w*)\s?\(|subprocess\.\w+|child_process|getruntime|processbuilder|__import__\s?\(|<\?(?:php\b|=)|java\.lang\.(?:runtime|processbuilder|class|system|thread)|@\{\s*\[\s*(?:system|uc)|classloader\b.{0,20}(?:class|resources)|preg_replace\s?\(\s?['\x22]/.{0,30}/e)" "Code of a programming language is put into a value."
};

/// Commands that say something only where a shell would read them as one.
const COMMANDS: &[&str] = &[
    "ls",
    "id",
    "whoami",
    "cat",
    "uname",
    "ifconfig",
    "netstat",
    "ping",
    "curl",
    "wget",
    "nc",
    "ncat",
    "sleep",
    "rm",
    "ps",
    "pwd",
    "bash",
    "sh",
    "zsh",
    "echo",
    "nslookup",
    "dig",
    "touch",
    "chmod",
    "chown",
    "kill",
    "killall",
    "reboot",
    "shutdown",
    "python",
    "python3",
    "perl",
    "ruby",
    "php",
    "powershell",
    "cmd",
    "dir",
    "type",
    "net",
    "ipconfig",
    "systeminfo",
    "tasklist",
    "telnet",
    "ssh",
    "scp",
    "ftp",
    "mail",
    "env",
    "printenv",
    "export",
    "set",
    "sudo",
    "su",
    "crontab",
    "mount",
    "find",
    "grep",
    "awk",
    "sed",
    "head",
    "tail",
    "tee",
    "xargs",
    "base64",
    "tar",
    "useradd",
    "passwd",
    "hostname",
    "lsof",
    "which",
    "wall",
    "phpinfo",
    "eval",
    "exec",
    "node",
    "gcc",
    "make",
    "nmap",
    "sysinfo",
    "route",
    "arp",
    "ip",
    "who",
    "w",
    "last",
    "df",
    "du",
    "free",
    "uptime",
    "history",
    "mkdir",
    "mv",
    "cp",
    "vi",
    "vim",
    "nano",
    "less",
    "more",
    "strings",
    "xxd",
    "od",
    "docker",
    "kubectl",
    "systemctl",
    "service",
    "apt",
    "apt-get",
    "yum",
    "pip",
    "npm",
    "git",
    "date",
    "time",
    "test",
    "true",
    "false",
    "getent",
    "ssh-copy-id",
    "ver",
];
/// Of these, what is an English word as well needs more than a separator.
const WORDS: &[&str] = &[
    "id", "cat", "type", "net", "mail", "set", "find", "head", "tail", "make", "last", "free", "history",
    "less", "more", "date", "time", "test", "true", "false", "who", "which", "service", "export", "sleep",
    "mount", "touch", "kill", "w", "ip", "node", "route", "tee", "wall", "strings", "dir", "env", "od",
    "time", "echo", "python", "ruby", "perl", "php", "git", "go", "docker", "su", "host", "top", "screen",
    "at", "exec", "eval", "shutdown", "reboot", "pip", "npm",
];

/// Adds commands that follow `;`, `|`, `&` or a line's end in a text that is a value.
pub(super) fn scan(text: &str, found: &mut Vec<Finding>) {
    let bytes = text.as_bytes();
    let mut findings = 0;
    let mut from = 0;
    while let Some(at) =
        memchr::memchr3(b';', b'|', b'&', bytes.get(from..).unwrap_or_default()).map(|at| from + at)
    {
        let signs = bytes[at..].iter().take_while(|byte| matches!(byte, b';' | b'|' | b'&')).count();
        from = at + signs;
        if let Some((end, score)) = command(text, at, from) {
            found.push(Finding {
                kind: Kind::CodeInjection,
                label: "shell",
                span: at..end,
                score,
                rule: "code.shell-command",
                reason: "A command follows a separator that a shell understands.",
            });
            findings += 1;
            if findings == MAX_COMMANDS {
                return;
            }
        }
    }
}

const MAX_COMMANDS: usize = 50;

/// The end of the command after a separator, and how sure it is one.
fn command(text: &str, at: usize, from: usize) -> Option<(usize, f32)> {
    let rest = text.get(from..)?;
    let bare = rest.trim_start_matches([' ', '\t', '\n', '\'', '"', '{', '(', '!', '$', '\\']);
    let bare = ["/usr/local/bin/", "/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/", "usr/bin/", "./"]
        .iter()
        .find_map(|folder| bare.strip_prefix(folder))
        .unwrap_or(bare);
    let start = text.len() - bare.len();
    let length = bare
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        .take(16)
        .count();
    let name = &bare[..length];
    let name = name.strip_suffix(".exe").unwrap_or(name);
    if !COMMANDS.contains(&name) {
        return None;
    }
    let end = start + length;
    let after = bare[length..].trim_start_matches([' ', '\t', '\'', '"', '\\']);
    let closes =
        after.is_empty() || after.starts_with([';', '|', '&', '\n', '`', ')', '#', '}', '<', '>', '%']);
    let option = after.starts_with(['-', '/', '~', '$', '*', '.']) && !after.starts_with("- ");
    let sign = &text[at..from];
    // `a=b&id=7` in an address is a parameter, `a && b` is prose in no language.
    if bare[length..].starts_with(['=', ':', ',', '.', '\'']) && !after.starts_with(['\'']) {
        return None;
    }
    let word = WORDS.contains(&name);
    let score = match (word, closes, option) {
        (false, true, _) | (false, _, true) => 0.85,
        (true, _, true) => 0.8,
        (true, true, _) if sign != "&" || after.is_empty() => 0.6,
        (false, ..) if sign.len() == 2 || sign == "|" || sign == ";" => 0.6,
        _ => 0.3,
    };
    Some((end, score))
}
