//! Paths that climb out of their folder, and files that only an attacker asks for.

use super::super::rules::{Rule, rules};

pub(super) const RULES: &[Rule] = rules! {
    "code.path-climb" "path" 0.85 [".." "%2e" "0x2e" "%c0" "%u002e" "%u2216" "%uff0e" "..%"]
        r"(?:(?:\.{2,4}|\.\.;|%2e%2e|%252e%252e|0x2e0?x?2?e?|%c0%ae%c0%ae|%uff0e%uff0e|\.%2e|%2e\.|%u002e%u002e)(?:[/\\]|%2f|%5c|%252f|%255c|%c0%af|%c1%9c|%c0%2f|%u2215|%u2216|0x2f|0x5c|%25c0%25af){1,3}){3,}" "A path climbs out of its folder."
    "code.path-climb-file" "path" 0.9 ["etc" "win" "boot" "proc" "passwd" "shadow" "ssh"]
        r"(?:\.{2,}|%2e%2e|0x2e\.?|%c0%ae)[/\\%0][/\\%.0-9a-z]{0,40}(?:etc[/\\%]|passwd|shadow|windows|win\.ini|winnt|boot\.ini|proc[/\\]self|\.ssh|id_rsa|\.env\b|web\.config|system32)" "A path climbs to a file of the system."
    "code.path-file" "path" 0.85 ["/etc/" "/proc/" "\\windows" "/windows" "win.ini" "boot.ini" "/.ssh" "/root/" ".htpasswd" ".htaccess" "web-inf" "%systemroot%" "\\sysprep" "unattend"]
        r"(?:/etc/(?:passwd|shadow|gshadow|sudoers|master\.passwd|ssh/|security/|pam)|/proc/self\b|[a-z]:[/\\]{1,2}(?:windows|winnt)[/\\]{1,2}(?:system32[/\\]{1,2}config|win\.ini|repair|panther|debug|system\.ini|php\.ini|my\.ini|sysprep)|\\windows\\system32\\config|\bwin\.ini\b|\bboot\.ini\b|/\.ssh/(?:id_|authorized|known)|/root/\.\w+|\.ht(?:passwd|access)\b|web-inf/)" "A file of the system is asked for."
    // Whoever looks after a machine reads these every day.
    "code.path-system" "path" 0.45 ["/etc/" "/proc/" "\\windows" "/windows" "/var/log/" "\\xampp" "/xampp" "\\inetpub" "/lampp/" "/apache" "httpd.conf" "php.ini" "nginx.conf" "my.cnf" "/usr/local/"]
        r"(?:/etc/(?:group|hosts|issue|motd|crontab|fstab|mysql/|my\.cnf|php|apache2?/|httpd/|nginx/|init\.d|resolv\.conf|network/|redhat-release|inetd|vsftpd|proftpd)|/proc/(?:version|\d+|cmdline|mounts|net|cpuinfo|sched_debug|stat)\b|[a-z]:[/\\]{1,2}(?:windows|winnt)[/\\]{1,2}(?:system32|iis\d)|\\windows\\system32\\drivers|/var/log/(?:apache2?|httpd|nginx|auth|mail|secure|messages|syslog|vsftpd|proftpd|xferlog|maillog|mysql|lastlog|wtmp|dmesg|cron|boot|faillog|kern|yum|exim|lighttpd|access|error)\S{0,40}|[/\\]xampp[/\\]|[/\\]inetpub[/\\]|/lampp/(?:logs|etc)|/(?:apache2?|httpd|nginx|php\d?)/(?:conf|logs?|php\.ini)|/(?:httpd|nginx|php|my)\.(?:conf|ini|cnf)\b)" "A file of the system is asked for."
    "code.path-encoded" "path" 0.8 ["%2e" "%252e" "%c0" "%c1" "%5c" "%255c"]
        r"(?:[/\\]|%2f|%5c|%252f)(?:\.\.|%2e%2e|%252e%252e|%2e\.|\.%2e)(?:%2f|%5c|%252f|%255c|%c0%af|%c1%9c|[/\\])" "A path climbs out of its folder, in disguise."
    "code.path-log" "path" 0.7 ["access_log" "error_log" "access.log" "error.log" "ftpd.conf" "\\apache" "/apache" "/mgr/logs" "error-log"]
        r"[/\\](?:logs?|apache2?|httpd|nginx|etc)[/\\](?:[\w .-]{1,30}[/\\]){0,3}(?:access|error|ftpd|\w+-ftpd)[._-]?(?:log|conf)\b|\\apache\\" "A log of a web server is asked for."
    "code.path-null" "path" 0.7 ["%00" "\\x00" "\\0"]
        r"\.\w{2,5}(?:%00|\\x00|\\0)|(?:etc|passwd|ini|conf|log)\S{0,8}%00" "A path ends in a null byte."
};
