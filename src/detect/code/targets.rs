//! Addresses inside the network, and schemes that reach files and services.

use super::super::rules::{Rule, rules};

pub(super) const RULES: &[Rule] = rules! {
    "code.ssrf-metadata" "ssrf" 0.95 ["169.254" "metadata.google" "metadata.azure" "100.100.100.200" "fd00:ec2" "metadata.tencent" "2852039166" "0xa9fe" "a9fe" "0xa9.0xfe" "0251.0376" "instance-data" "metadata.packet" "192.0.0.192" "rancher-metadata" "metadata.nic" "opc/v1"]
        r"\b(?:169\.254\.(?:169\.25[34]|170\.2)|metadata\.(?:google|azure|tencentyun|packet|oraclecloud|nicmanager)|100\.100\.100\.200|fd00:ec2|2852039166|0xa9fea9fe|a9fe:a9fe|0xa9\.0xfe|0251\.0376|instance-data(?:\.ec2)?|192\.0\.0\.192|rancher-metadata)" "The service that holds a cloud machine's credentials is addressed."
    "code.ssrf-daemon" "ssrf" 0.85 [":2375" ":2376" ":4243" ":10250" ":10255"]
        r"://(?:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1?\]|host\.docker\.internal|10\.\d+\.\d+\.\d+|172\.\d+\.\d+\.\d+|192\.168\.\d+\.\d+):(?:2375|2376|4243|10250|10255)\b" "A service that starts containers is addressed."
    "code.ssrf-scheme" "ssrf" 0.88 ["gopher://" "dict://" "file://" "ldap://" "ldaps://" "jar:" "phar://" "php://" "expect://" "netdoc:" "tftp://" "sftp://" "zip://" "glob://" "ogg://" "data://" "rar://" "ssh2" "url:" "imap://" "zlib:" "compress." "rmi://" "mailto://" "ftps://" "smb://" "l_file://" "dapi://"]
        r"\b(?:gopher|dict|ldaps?|tftp|netdoc|expect|phar|php|ogg|rar|zip|glob|local_file|ldapi|compress\.(?:zlib|bzip2)|zlib|ssh2(?:\.\w+)?|rmi|imaps?|ftps|smb)://|\bfile:(?://)?/{1,3}(?:(?:etc|proc|root|var|windows|sys|dev)(?:[^\w-]|$)|[a-z]:|home/\w+/\.)|\b(?:jar|url|netdoc):(?:file|https?|ftp):|jar:\w+://|data://text" "An address whose scheme reaches files or services is given."
    "code.ssrf-local" "ssrf" 0.6 ["://127." "://localhost" "://0.0.0.0" "://[::" "://0x7f" "://2130706433" "://0177" "://[0:" "://[fd" "://[fe80" "://017700000001" "localtest.me" "nip.io" "xip.io" "sslip.io" "burpcollaborator" "oastify" "interact.sh" "oast." "requestbin" "dnslog" "ceye.io" "lvh.me" "://0/" "://0:" "ip6-l" "localdomain" "ubernetes.d" "localhost4" "localhost6"]
        r"https?://(?:0x7f[0-9a-f.x]{0,14}|2130706433|0177\.|017700000001|\[(?:::|0:|::ffff:|fe80|fd\w\w:)[0-9a-f:.]{0,40}\]|0(?:/|:))|\b(?:ip6-(?:localhost|loopback)|ipv6-localhost|localhost[46]?\.localdomain[46]?|localhost[46])(?:[:/]|$)|\bkubernetes\.default\.svc\b|(?:^|//|\b[\w.-]{1,80}\.)(?:localtest\.me|nip\.io|xip\.io|sslip\.io|burpcollaborator\.net|oastify\.com|interact\.sh|oast\.(?:pro|live|site|online|fun|me)|dnslog\.cn|ceye\.io|lvh\.me)\b" "An address inside the network is written so that a filter misses it."
    "code.ssrf-disguise" "ssrf" 0.75 ["://"]
        r"^\s{0,3}(?:\w{1,24}=)?(?:https?|ftp|gopher|dict)://(?:[^\s/@]{0,60}@)?(?:0x[0-9a-f]{8,16}|0\d{9,14}|\d{8,10}|(?:0x[0-9a-f]{1,2}\.){1,3}0x[0-9a-f]{1,8}|0\d{1,4}\.0?\d{1,4}\.\d{1,4}\.\d{1,4}|\d{1,3}\.\d{4,8}|\d{1,3}\.\d{1,3}\.\d{4,5}|127\.\d{1,3}(?:\.\d{1,3})?|metadata)(?:[:/?#]|$)|^\s{0,3}(?:pop3s?|imaps?|smtps?|ircs?|rtmps?|rtsp|telnet|ftps?|news|nntp|svn|rsync|finger|sip|tftp|irc6)://(?:localhost|127\.\d|0\d{8}|\[::|0x|\d{8,10}(?:[/:]|$))|^https?://(?:\\|[^\s/?#]{0,40}\\|[^\s/?#]{1,40}\s[^\n]{0,20}@|\[fe80:[^\]]{0,40}%)" "An address of the network is written so that a filter misses it."
    "code.open-redirect" "ssrf" 0.7 ["://"]
        r"https?://[\w.-]{1,80}(?:@[\w.-]+\.\w+|/[^\s@]{0,20}@[^\s@/]{1,40}@[\w.-]+\.\w+/?$|/[:@]?\w{0,12}@\w[\w.-]+\.\w+/?$)" "An address hides its host behind a user's name."
};
