//! What acts by itself wherever it is shown or run: script that steals, shells that call home.

use super::super::rules::{Rule, rules};

pub(super) const RULES: &[Rule] = rules! {
    "code.reverse-shell" "shell" 0.95 ["/dev/tcp/" "/dev/udp/" "-e /bin/" "mkfifo" "nc -e" "ncat -e" "pty.spawn" "-c /bin/sh"]
        r"(?:\b(?:ba|z|k)?sh\b[^\n]{0,40}/dev/(?:tcp|udp)/[\w.-]+/\d+|\bn(?:c|cat|etcat)\b[^\n]{0,60}-(?:e|c)\s{1,3}/bin/\w*sh|mkfifo\s+\S+[^\n]{0,120}\|\s?n(?:c|cat)\b|socket[^\n]{0,300}pty\.spawn)"
        "A shell that calls home is in the text."
    "code.stealing-script" "xss" 0.9 ["document.cookie" "localstorage"]
        r"<script[^>]{0,80}>.{0,160}(?:fetch|XMLHttpRequest|\.src\s?=|location\s?=|sendBeacon|location\.href).{0,160}(?:document\.cookie|localStorage)|<[a-z]{1,12}\s[^>]{0,120}on[a-z]{4,18}\s?=[^>]{0,160}document\.cookie"
        "Script that sends away cookies or stored data is in the text."
};
