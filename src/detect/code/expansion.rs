//! What a shell makes of a word before it runs it: wildcards, quotes, braces and variables that hide a command.

use super::super::rules::{Rule, rules};

/// For a whole value.
pub(super) const VALUES: &[Rule] = rules! {
    "code.shell-expansion" "shell" 0.6 ["~+" "~-" "!-" ",}" "{," ",-" "() {" "(){"]
        r"^\s{0,3}(?:~[+-]\d{0,3}|(?:!-?\d{1,3}){2,8}|\{[\w/?*.-]{1,24},\}[\w-]{0,8}|[\w-]{0,8}\{,[\w/?*.-]{1,24}(?:,[\w/?*.-]{0,24}){0,6}\}[\w-]{0,8}|\w{0,6}\{\w{1,8},-\w{1,8}\}\w{0,6}|\(\)\s?\{\s?(?::?\s?;?\s?\}?\s?;?)?)\s{0,3}$" "The whole value is something that a shell replaces by another."
};

pub(super) const RULES: &[Rule] = rules! {
    "code.shell-wildcard" "shell" 0.75 ["/?" "/b?" "/e?" "/u?" "/s?" "/bi?" "/us?" "/et?" "/sb?" "/etc/" "/bin/" "/sbin/"]
        r"(?:^|[\s;|&`({,=\x22'<$!])(?:/(?:(?:b|e|u|s|bi|us|et|sb)?\?{1,4}[a-z?]{0,4})/[a-z?*/]{2,24}|/(?:(?:usr/)?s?bin|etc)/(?:[a-z]{0,10}[?*]{1,3}[a-z]{1,8}|[a-z]{1,10}\?{1,4}[a-z]{0,8}))(?:[\s;|&`)},\x22'>]|$)" "Wildcards hide the name of a program or a file."
    "code.shell-hidden" "shell" 0.8 ["$@" "$*" "${@" "${*" "$'\\" ":0:1}" ":1:1}" ":2:1}" ":3:1}" ":4:1}" ":5:1}" "%comspec" ":~"]
        r"\b[a-z]{1,8}\$[@*][a-z/]{1,12}\b|[a-z]\$\{[@*]\}[a-z]|\$'\\(?:x[0-9a-f]{2}|[0-7]{3}|u[0-9a-f]{4})|\$\{\w{1,20}:\d:1\}|%comspec%|%\w{1,20}:~-?\d{1,3},\s?-?\d{1,3}%" "Variables that hold nothing, or pieces of one, hide a command."
    "code.shell-batch" "shell" 0.7 ["for %" "for /" "f exist" "not exist" "f defined" "errorlevel"]
        r"\bfor\s+(?:/[fdlr]\s+)?(?:['\x22][^'\x22\n]{0,40}['\x22]\s+)?%{1,2}\w\s+in\s?\(|\bif\s+(?:/i\s+)?(?:not\s+)?(?:exist\s+[\w%:\\.*\x22]{1,60}\s+\w|defined\s+\w{1,30}\s+(?:echo|call|goto|start|set|del)|errorlevel\s+\d)" "A command of the Windows shell is put into a value."
    "code.shell-cmdlet" "shell" 0.8 ["invoke-" "downloadstr" "downloadfile" "frombase64str" "net.webclient" "start-bits" "bypass" "-encodedc" "set-execution" "convertto-sec" "get-childitem" "get-content" "get-process" "get-wmi" "get-service" "start-process" "stop-process" "remove-item" "new-object" "write-host" "add-type" "new-item"] & ["invoke-" "download" "frombase64" "webclient" "start-" "bypass" "-encodedc" "set-exec" "convertto" "get-" "stop-" "remove-" "new-" "write-" "add-type"]
        r"\binvoke-(?:expression|wmimethod|mimikatz|shellcode)\s+[-$('\x22h\w\[]|\.download(?:string|file|data)\s?\(|frombase64string\s?\(|\bnew-object\s+(?:system\.)?net\.(?:webclient|sockets)|\bstart-bitstransfer\s|-(?:ep|executionpolicy)\s+bypass|-encodedcommand\s+[a-z0-9+/=]{8}|\bset-executionpolicy\s+(?:bypass|unrestricted)|[;|&`(]\s{0,3}(?:invoke-(?:webrequest|restmethod|command|item)|get-(?:childitem|content|process|wmiobject|service)|st(?:art|op)-process|remove-item|new-item|new-object|write-host|add-type)(?:[^\w-]|$)" "A command of PowerShell is put into a value."
};
