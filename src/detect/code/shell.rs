//! Commands for a shell: after a separator, in a substitution, or as a pipe.

use super::super::rules::{Rule, rules};
use super::super::{FLAGGED, Finding, Kind};
use super::commands;

pub(super) const RULES: &[Rule] = rules! {
    "code.shell-substitution" "shell" 0.88 ["$(" "`" "<(" ">("]
        r"(?:\$\(|[<>]\(|(?:^|[;|&=])[\s'\x22]{0,3}`)\s{0,3}(?:(?:/usr)?/s?bin/)?(?:id\s{0,3}(?:[)`|;<>&]|$)|(?:cat|ls|whoami|uname|curl|wget|nc|ncat|bash|sh|zsh|ping|sleep|nslookup|dig|host|python\d?|perl|ruby|php|env|printenv|rm|touch|chmod|hostname|ifconfig|ps|pwd|expr|printf|echo|base64|head|tail|find|grep|awk|sed|cut|tr|xxd|kill|reboot|shutdown|date)(?:[\s)`|;<>$]|$))" "A command is put where a shell would run it."
    "code.shell-download" "shell" 0.93 ["curl" "wget" "fetch"]
        r"\b(?:curl|wget|fetch)\b(?:[^|\n;'\x22]|'[^'\n]*'|\x22[^\x22\n]*\x22){0,200}\|&?\s{0,3}(?:[a-z][^|\n;]{0,60}\|\s{0,3}){0,2}(?:(?:sudo|env|nohup|exec|time|command|busybox|xargs|then|do|else)\s+(?:-\S+\s+){0,3}){0,3}(?:(?:/usr)?/s?bin/)?(?:(?:ba|z|da|k|a)?sh\s{0,3}(?:$|[-|;&\n)`'\x22<>}])|(?:python\d?(?:\.\d+)?|perl|ruby|php|node)\s{0,3}(?:$|[|;&\n)`'\x22<>}]|-\s{0,3}(?:$|[|;&\n)])))" "A script is fetched and run."
    "code.shell-fetched" "shell" 0.93 ["curl" "wget" "fetch"]
        r"\b(?:(?:ba|z|da|k|a)?sh|eval|source)\b[^|\n;]{0,40}(?:<\(|\$\(|`)\s{0,3}(?:curl|wget|fetch)\b|(?:^|[;&|\n]\s{0,3})\.\s{1,3}<\(\s{0,3}(?:curl|wget)\b|\b(?:python\d?(?:\.\d{1,2})?|perl|ruby|php|node)\s+(?:-\w{1,12}\s+){0,3}(?:-\w{0,8}[ecr]\s{0,3})?['\x22]?(?:<\(|\$\(|`)\s{0,3}(?:curl|wget)\b|\b(?:curl|wget)\b[^|\n]{0,200}(?:-o|>)\s{0,3}(?:/var)?/(?:tmp|dev/shm)/[^\n]{1,80}(?:[;&]|&&)\s{0,3}(?:sudo\s)?(?:(?:ba|z|da|k|a)?sh\s{1,3})?(?:/var)?/(?:tmp|dev/shm)/" "A script is fetched and run."
    "code.shell-powershell" "shell" 0.93 ["iex" "invoke-expression" "powershell" "pwsh"]
        r"\b(?:iex|invoke-expression)\b[^|\n]{0,80}\b(?:downloadstring|iwr|irm|invoke-webrequest|invoke-restmethod)\b|\b(?:downloadstring|iwr|irm|invoke-webrequest|invoke-restmethod)\b[^|\n]{0,200}\|\s{0,3}(?:iex|invoke-expression)\b|\b(?:powershell|pwsh)(?:\.exe)?\s(?:[^|\n]{0,80}\s)?-e(?:c|nc\w{0,12})?\s+[a-z0-9+/=]{8}" "A script is fetched and run, or hidden in an encoding."
    "code.shell-encoded" "shell" 0.93 ["base64" "openssl" "xxd"]
        r"\b(?:base(?:64|32)|openssl|xxd)\b[^|\n]{0,60}\s-\S*[dr]\S*[^|\n]{0,60}\|\s{0,3}(?:(?:sudo|env|nohup|exec|time|command|busybox|xargs|then|do|else)\s+(?:-\S+\s+){0,3}){0,3}(?:(?:/usr)?/s?bin/)?(?:ba|z|da|k|a)?sh\s{0,3}(?:$|[-|;&\n)`'\x22])" "A command that is hidden in an encoding is run."
    "code.shell-send" "shell" 0.9 ["curl" "wget" "nc " "ncat "]
        r"(?:\b(?:printenv|env|set)\s{0,3}|\.(?:ssh|gnupg|aws|kube)\b[^|\n]{0,80})\|[^|\n]{0,40}\b(?:curl|wget|nc|ncat)\b|\b(?:curl|wget)\b[^|\n]{0,120}@\S{0,40}\.(?:ssh|gnupg|aws|kube)/" "Secrets of the machine are sent away."
    "code.shell-token" "shell" 0.9 ["auth token" "print-access" "print-identity" "find-generic" "find-internet" "op read" "pass show" "vault kv" "vault read" "get secret" "get-secret" "credential fill" "auth:token"] & ["curl" "wget" "nc " "ncat "]
        r"\b(?:gh\s+auth\s+token|gcloud\s+auth\s[^|\n;]{0,40}print-(?:access|identity)-token|security\s+find-(?:generic|internet)-password|op\s+read|pass\s+show|vault\s+(?:kv\s+get|read)|kubectl\s[^|\n;]{0,60}get\s+secrets?|aws\s+secretsmanager\s+get-secret|git\s+credential\s+fill|heroku\s+auth:token)\b[^|\n;]{0,100}\|\s{0,3}(?:[a-z][^|\n;]{0,60}\|\s{0,3}){0,2}(?:curl|wget|nc|ncat)\b" "A token or a password is sent away."
    "code.shell-dump" "shell" 0.9 ["dump-keychain" "reg save" "reg.exe save" "lsass" "minidump"]
        r"\bsecurity\s+dump-keychain\b|\breg(?:\.exe)?\s+save\s+(?:hklm|hkey_local_machine)\\(?:sam|security|system)\b|\bprocdump\S{0,8}\s[^\n]{0,40}\blsass|\bcomsvcs(?:\.dll)?\b[^\n]{0,40}\bminidump\b" "The passwords of a machine are read out."
    "code.shell-destroy" "shell" 0.9 ["rm " "mkfs" "dd if" ":(){" "fork"]
        r"(?:\brm\s+(?:-[a-z]*[rf][a-z]*\s+)+(?:--no-preserve-root\s+)?[/~*$.]|\bmkfs(?:\.\w+)?\s+/dev|\bdd\s+if=/dev/(?:zero|u?random)\s+of=|:\s?\(\)\s?\{\s?:\s?\|\s?:\s?&?\s?\}\s?;)" "A command destroys files or blocks the machine."
    "code.shell-wipe" "shell" 0.92 ["rm " "mkfs" "dd if" "dd of" ":(){" ": (){"]
        r"(?:^|[;&|`(\n\\]|sh\s+-\w*c\s{0,3}['\x22])\s{0,3}(?:(?:sudo|env|nohup|exec|time|command|busybox|xargs|then|do|else)\s+(?:-\S+\s+){0,3}){0,3}\\?(?:(?:/usr)?/s?bin/)?(?:rm\s+(?:-[\w-]+\s+)*(?:-[a-z]*[rf][a-z]*|--no-preserve-root)\s+(?:--no-preserve-root\s+)?['\x22]?(?:/\*?|~/?\*?|\$(?:HOME|\{HOME\})/?\*?|/(?:home|root|usr|etc|var|opt|boot|bin|lib|srv)/?\*?)['\x22]?(?:[\s;&|)`'\x22]|$)|mkfs(?:\.\w+)?\s+(?:-\S+\s+){0,4}/dev/|dd\s+(?:\w+=\S+\s+){0,4}of=/dev/(?:[shv]d|nvme|mmcblk|disk))|:\s?\(\)\s?\{\s?:\s?\|\s?:\s?&?\s?\}\s?;" "A command destroys all files."
    "code.shell-reverse" "shell" 0.95 ["/dev/tcp/" "/dev/udp/" "-e /bin" "mkfifo" "nc -" "ncat " "socket" "-c /bin" "socat" "telnet" "s_client" "fsockopen"]
        r"(?:/dev/(?:tcp|udp)/[\w.-]+/\d+|\bn(?:c|cat|etcat)\b[^\n]{0,60}\s-\w*[ec]\w*\b|mkfifo\s+\S+[^\n]{0,120}\|\s?n(?:c|cat)\b|socket[^\n]{0,300}(?:pty\.spawn|dup2|getprotobyname)|(?:\bfsockopen|tcpsocket\.|io::socket::inet|sockets\.tcpclient|\bsocket\b[^\n]{0,120}connect)[^\n]{0,200}(?:/bin/|\bexec\b|getstream|\bpopen\b|stdin\s?=)|\b(?:telnet|s_client)\b[^|\n]{0,120}\|\s{0,3}(?:/bin/)?(?:ba|z|da|k)?sh\b|\bsocat\b[^\n]{0,200}\bexec:)" "A shell calls home."
    "code.shell-interpreter" "shell" 0.82 ["bash -c" "sh -c" "cmd /c" "cmd.exe" "powershell" "pwsh" "python -c" "python3 -c" "perl -e" "ruby -e" "php -r" "node -e" "/bin/sh" "/bin/bash" "cmd=" "/bin/cat" "/bin/ls" "/bin/id" "/bin/uname" "/bin/nc" "/bin/ping" "/bin/curl" "/bin/wget" "() {" "(){" "ifs" "busybox"]
        r"(?:\b(?:ba|z|da|k|c)?sh\s+-i?c\s+['\x22$]|\bcmd(?:\.exe)?\s{0,3}/[ck]\s|\b(?:powershell|pwsh)(?:\.exe)?\s+(?:-\w+\s+)*-(?:e(?:nc\w*)?|c(?:ommand)?|nop|w|ep|ex\w*)\b|\bpython\d?(?:\.\d+)?\s+-c\s+['\x22i]|\bperl\s+-e\s|\bruby\s+-(?:e|rsocket)|\bphp\s+-r\s|\bnode\s+-e\s|(?:^|[\s;|&`('\x22=])/(?:usr/(?:local/)?)?s?bin/(?:(?:ba|z|da|k|c|tc)?sh|cat|ls|id|uname|nc|ncat|ping|curl|wget|python\d?|perl|php|env|ps|who|whoami|uname|sleep|rm)(?:[\s;|&'\x22)]|$)|\(\)\s?\{\s?:?\s?;\s?\}\s?;|\$\{?IFS\b)" "A shell or an interpreter is started."
    "code.shell-option" "shell" 0.88 ["--checkpoint-action" "--to-command" "proxycommand" "--upload-pack" "--receive-pack"]
        r"--checkpoint-action(?:=|\s+)['\x22]?exec|--to-command(?:=|\s+)\S|proxycommand(?:=|\s+)\S|--(?:upload|receive)-pack(?:=|\s+)['\x22]?[^\s'\x22]*[;|&`$ ]" "An option of a program makes it start another."
    "code.pickle" "code" 0.9 ["cos\n" "cposix\n" "cnt\n" "c__builtin__\n" "cbuiltins\n" "csubprocess\n" "csys\n" "cos\\n" "cposix\\n" "c__builtin__\\n" "cbuiltins\\n" "csubprocess\\n" "!!python/" "gasv"]
        r"(?-i)(?:^|[^A-Za-z])c(?:os|posix|nt|subprocess|__builtin__|builtins|sys)(?:\n|\\n)\w{1,24}(?:\n|\\n)|!!python/(?:object|name|module)|\bgASV[A-Za-z0-9+/]{8,400}(?:c3lzdGVt|N5c3Rlb|zeXN0ZW|cG9zaX|Bvc2l4|wb3Npe|c3VicHJvY2Vzc|N1YnByb2Nlc3|zdWJwcm9jZXNz)" "A serialised object of Python that runs a command is in a value."
    "code.shell-files" "shell" 0.8 ["/etc/passwd" "/etc/shadow" "id_rsa" "/etc/hosts" "boot.ini" "config.php"]
        r"\b(?:cat|less|more|head|tail|type|tac|nl|strings|cp|scp|grep|awk|sed|base64|xxd|od|vi|vim|nano|curl|wget)\b[^\n;|]{0,60}(?:/etc/(?:passwd|shadow|hosts|group|sudoers)|\.ssh/|id_rsa|boot\.ini|config\.php)" "A command reads files that hold secrets."
    "code.call" "code" 0.85 ["system(" "exec(" "passthru(" "popen(" "eval(" "os.system" "subprocess" "child_process" "runtime.getruntime" "getruntime" "processbuilder" "__import__" "phpinfo" "<?php" "<?=" "assert(" "base64_decode" "unserialize" "file_get_contents" "proc_open" "shell_exec" "pcntl_" "preg_replace" "e_function" "call_user_func" "include(" "require(" "<% " "<%=" "system (" "exec (" "system '" "classloader" "java.lang." "ro0ab"] & ["(" "child_process" "runtime" "processbuilder" "<?" "java.lang" "@{" "classloader"]
        r"(?:\b(?:system|passthru|shell_exec|popen|proc_open|pcntl_exec|phpinfo|unserialize|call_user_func(?:_array)?|create_function|file_get_contents|file_put_contents|base64_decode|show_source|highlight_file|readfile|posix_\w+|spawn|execSync|spawnSync|eval|exec)\s{0,4}\(\s{0,4}(?:['\x22$]|\w+\s?\(|base64|chr|gzinflate|str_rot13|request|\\['\x22])|\b(?:phpinfo|shell_exec|passthru|base64_decode)\s{0,4}\(\s{0,4}\)|\b(?:assert|include|require)(?:_once)?\s{0,4}\(\s{0,4}(?:\$|['\x22](?:/|(?:\.\./){3}|(?:https?|ftp|php|data|file|phar|expect):|child_process['\x22]|\$))|os\.(?:system|popen|exec\w*)\s?\(|subprocess\.(?:run|call|popen|check_\w+|get\w*output)\s?\(|child_process['\x22`]\s?\)\.|child_process\.\w+\s?\(\s?['\x22`]|getruntime|processbuilder|__import__\s?\(\s?['\x22]|<\?(?:php\b|=)|java\.lang\.(?:runtime|processbuilder|class|system|thread)|@\{\s*\[\s*(?:system|uc)|\bclass.{1,4}module.{1,4}classloader|classloader\b.{0,20}(?:class|resources|urls)|preg_replace\s?\(\s?['\x22]/.{0,30}/e)" "Code of a programming language is put into a value."
    "code.shell-braces" "shell" 0.8 ["{,"]
        r"\{,\$?['\x22]?\w[^{}\n]{0,60}\}" "A brace expansion hides a command."
    "code.shell-bomb" "shell" 0.85 ["(){" "() {"]
        r"[\w.:]\(\)\s?\{(?:[^}\n]{0,24}[|&][^}\n]{0,24}\}\s?;|[^}\n|]{1,30}\|[^}\n&]{1,30}&\s?\})" "A function that calls itself without an end is put into a value."
    "code.shell-alias" "shell" 0.75 ["alias "]
        r"^\s{0,3}alias\s+(?:[-+][\w+]{1,5}\s+)?['\x22]?[^\s=]{1,20}=\S" "A command is given another meaning."
    "code.gadget" "code" 0.9 ["ro0ab" "kztaau" "cs7qaf" "closure" "transformer" "factory" "org.omg.corba" "com.sun.org.apache" "java.evil" "org.apache.commons.collections" "hjhbnnmb3jtzx" "ryyw5zzm9ybwvy" "0cmfuc2zvcm1lc" "5zdgfudglhdgu" "luc3rhbnrpyxrl" "pbnn0yw50awf0z" "nsb3n1cm" "jbg9zdxjl" "byb3rvdhlw" "wcm90b3r5cg" "cm90b3r5cgv" "mywn0b3j5" "zhy3rvcn" "hd2hpbgvj" "aced0005"]
        r"(?:\baced0005|\brO0AB|\bKztAAU|\bCs7QAF|\w{0,12}(?:HJhbnNmb3JtZX|RyYW5zZm9ybWVy|0cmFuc2Zvcm1lc|5zdGFudGlhdGU|luc3RhbnRpYXRl|pbnN0YW50aWF0Z|Nsb3N1cm|jbG9zdXJl|byb3RvdHlw|wcm90b3R5cG|cm90b3R5cGV)|\b(?:runtime|processbuilder|java|serializ\w*)\.\w{0,20}(?:closure|transformer|factory)\b|\b(?:invoker|clone|instantiate|chained|constant)transformer\b|\b(?:for|while)closure\b|\b(?:instantiate|prototype(?:clone|serialization))factory\b|org\.omg\.corba|com\.sun\.org\.apache|\bjava\.evil|org\.apache\.commons\.collections\d?\.functors)" "A serialised object, or a class that such attacks go through, is in a value."
    "code.class-name" "code" 0.4 ["java."]
        r"\bjava\.(?:io|lang|net|nio|rmi|util)\.\w+" "A class of Java is named in a value."
    "code.perl-list" "code" 0.88 ["@{"]
        r"@\{\s{0,6}\[\s{0,6}\S{1,60}" "An expression that Perl would evaluate is in a value."
    "code.php-function" "code" 0.8 ["phpinfo" "passthru" "fsockopen" "curl_init" "gzuncompress" "bzdecompress" "strrev" "print_r" "posix_" "get_defined_" "file_exists" "var_dump" "intval(" "zlib_decode" "str_rot13" "call_user" "array_map" "gzinflate" "convert_uu" "hex2bin" "pack(" "getenv(" "putenv(" "ini_set" "set_error_handler" "register_shutdown" "mb_ereg" "is_callable" "chr(" "[php]" "{/php}" "<? " "<?\t" "<?xml:" "<?xml :" "system)" "exec)" "shell_exec" "unserialize" "exec/*" "exec #" "exec //" "system(" "eval("]
        r"(?:\b(?:phpinfo|passthru|\w{0,4}fsockopen|curl_init|gzuncompress|bzdecompress|strrev|print_r|posix_\w+|get_defined_\w+|file_exists|var_dump|intval|zlib_decode|str_rot13|call_user_\w+|array_map|gzinflate|convert_uu\w+|ini_set|set_error_handler|register_shutdown_function|mb_ereg_\w+|shell_exec|unserialize|proc_open|popen|exec)(?:\s|/\*.{0,40}?\*/|(?:#|//)[^\n]{0,40}\n){0,6}\((?:[^)\n]{0,80}\)|['\x22$])|\bchr\(\d{1,3}\)|\[php\]|\{/php\}|<\?(?:\s|=|\bxml\s{0,2}:)\s{0,3}(?:php\s|echo|print|system|passthru|include|eval)|\((?:\x22|')?\s?(?:system|exec|passthru|shell_exec)\s{0,3}(?:\x22|')?\)\s?\(|\b(?:system|eval)\(\s?(?:\$?\w{2,20})\s?\)\s{0,2};?\s{0,2}$|\b(?:system|shell_exec|zlib_decode)\s?=\s?\()" "A function of PHP is called in a value."
    "code.mail-command" "header" 0.8 ["examine" "append" "retr" "apop" "search" "status" "quit" "helo" "ehlo" "rcpt to" "mail from" "fetch" "list" "copy" "data"]
        r"(?:\r\n|\n|\\r\\n|\\n|%0d%0a)(?-i:[Aa]\w{0,7}\s)?(?-i:EXAMINE|SEARCH (?:ALL|CHARSET|FLAGGED|TEXT)|APPEND|RETR \d|APOP|HELO|EHLO|RCPT TO|MAIL FROM|STATUS INBOX|QUIT$|FETCH|TOP \d|LIST \d)" "A command of a mail protocol follows a line's end."
    "code.loop" "code" 0.7 ["while"]
        r"^\s{0,3}while\s?\(\s?(?:\(*true|[(!+\-]{0,6}(?:1|0|nan|infinity|''|\x22\x22|``|\[\]|new date\w{0,2}|false|undefined|null|string|number|array|object|math|\{\}))\)*\s?\)?\s?;?\s{0,3}$" "A loop without an end is put into a value."
    "code.ruby" "code" 0.85 ["process.spawn" "kernel." "io.popen" "open3." "%x("]
        r"\b(?:process\.spawn|kernel\.(?:exec|system|open|fork)|io\.popen|open3\.\w+)\s?\(|%x\([^)]{1,60}\)" "Code of a programming language is put into a value."
};

/// Adds commands that follow `;`, `|`, `&` or a line's end in a text that is a value.
pub(super) fn scan(text: &str, found: &mut Vec<Finding>) {
    let bytes = text.as_bytes();
    let begins = text.len() - text.trim_start().len();
    let (mut from, mut counting, mut low) = (0, 0, 0.0);
    while let Some(at) =
        memchr::memchr3(b';', b'|', b'&', bytes.get(from..).unwrap_or_default()).map(|at| from + at)
    {
        let signs = bytes[at..].iter().take_while(|byte| matches!(byte, b';' | b'|' | b'&')).count();
        from = at + signs;
        if let Some((end, score)) = command(text, at, from, at <= begins) {
            // Of what is too little by itself, the surest says as much as all of it.
            if score >= FLAGGED {
                counting += 1;
            } else if score > low {
                low = score;
            } else {
                continue;
            }
            found.push(Finding {
                kind: Kind::CodeInjection,
                label: "shell",
                span: at..end,
                score,
                rule: "code.shell-command",
                reason: "A command follows a separator that a shell understands.",
            });
            if counting == MAX_COMMANDS {
                return;
            }
        }
    }
}

/// So many that count: what comes after is more of the same.
const MAX_COMMANDS: usize = 50;

/// Where programs are.
const FOLDERS: &[&str] = &["/usr/local/bin/", "/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/", "usr/bin/", "./"];

/// What a pipe may end in every day.
const FILTERS: &[&str] = &[
    "awk", "cut", "egrep", "grep", "head", "jq", "less", "more", "nl", "sed", "sort", "tail", "tr", "uniq",
    "wc",
];

/// The end of a command that quotes, or what stands for nothing, cut in pieces.
fn in_pieces(bare: &str) -> Option<usize> {
    let (mut name, mut at, mut cut) = (String::new(), 0, false);
    while name.len() < 16 {
        let rest = bare.get(at..)?;
        let nothing =
            ["$()", "$@", "$*", "``", "\\", "'", "\"", "^"].iter().find(|sign| rest.starts_with(**sign));
        match (nothing, rest.bytes().next()) {
            (Some(sign), _) => at += sign.len(),
            (None, Some(byte)) if byte.is_ascii_alphanumeric() => {
                cut |= at > name.len();
                name.push(char::from(byte));
                at += 1;
            }
            _ => break,
        }
    }
    (cut && commands::is_word(&name).is_some()).then_some(at)
}

/// The end of the command after a separator, with which the text may begin, and how sure it is one.
fn command(text: &str, at: usize, from: usize, begins: bool) -> Option<(usize, f32)> {
    let rest = text.get(from..)?;
    let bare = rest.trim_start_matches([' ', '\t', '\n', '\'', '"', '{', '(', '!', '$', '\\']);
    let folder = || FOLDERS.iter().find_map(|folder| bare.strip_prefix(folder));
    let bare = if bare.starts_with(['/', 'u', '.']) { folder().unwrap_or(bare) } else { bare };
    let start = text.len() - bare.len();
    let length = bare
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        .take(16)
        .count();
    if length == 0 {
        return None;
    }
    let name = &bare[..length];
    let name = name.strip_suffix(".exe").unwrap_or(name);
    let Some(word) = commands::is_word(name) else {
        return in_pieces(bare).map(|end| (start + end, 0.85));
    };
    let end = start + length;
    let after = bare[length..].trim_start_matches([' ', '\t', '\'', '"', '\\']);
    let closes =
        after.is_empty() || after.starts_with([';', '|', '&', '\n', '`', ')', '#', '}', '<', '>', '%']);
    let drive = after.as_bytes().get(1..3) == Some(b":\\");
    let option = drive || after.starts_with(['-', '/', '~', '$', '*', '.']) && !after.starts_with("- ");
    let sign = &text[at..from];
    // `|id| …` is a closure, `| 'id'` one of several types, and `&"echo"` a reference: code of another kind.
    let attached = start == from;
    let closure = sign == "|" && attached && bare[length..].starts_with('|') && bare.len() > length + 1;
    let one_type =
        sign == "|" && begins && rest.starts_with([' ', '\t']) && bare[length..].starts_with(['\'', '"']);
    if closure || one_type || sign == "&" && !attached && !rest.starts_with([' ', '\t', '\n', '/', '$']) {
        return None;
    }
    // `a=b&id=7` in an address is a parameter, `a && b` is prose in no language.
    let quoted = bare[length..].starts_with('\'') && !after.is_empty();
    if quoted || bare[length..].starts_with(['=', ':', ',', '.']) {
        return None;
    }
    let first = begins && (sign.starts_with(';') || sign.len() == 2 || attached && sign == "|");
    let score = match (word, closes, option) {
        (true, false, false) if first => 0.6,
        (false, true, _) | (false, _, true) => 0.85,
        (true, _, true) => 0.8,
        (true, true, _) if sign != "&" || after.is_empty() => 0.6,
        (false, ..) if sign.len() == 2 || sign != "&" || attached => 0.6,
        _ => 0.3,
    };
    // What only reads the words of the command before it.
    let own = || after.split([';', '|', '&']).next().unwrap_or_default();
    let handed_on = || own().split([' ', '\t']).find(|word| !word.starts_with('-'));
    let harmless = |name: &str| {
        FILTERS.contains(&name) || name == "xargs" && handed_on().is_some_and(|next| FILTERS.contains(&next))
    };
    // A filter that is told to run something is none.
    let runs = || own().contains("system(");
    let filters = sign == "|" && !begins && harmless(name) && !runs();
    Some((end, if filters { f32::min(score, 0.45) } else { score }))
}
