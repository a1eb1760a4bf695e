//! What breaks out of a line or a part of a message of HTTP or mail, and uploads of programs.

use super::super::rules::{Rule, rules};

/// For a whole value.
pub(super) const VALUES: &[Rule] = rules! {
    "code.mail-line" "header" 0.7 ["\nauth" "\nhelp" "\ndata" "\nlist" "\ntop " "\nretr" "\nuid" "\nvrfy" "\nexpn" "\nrset" "\nnoop" "\nquit" "\nmail " "\nrcpt " "\nstat" "\ndele" "\npass " "\nuser " "\nehlo" "\nhelo" "\nstarttls" "\ncapa" "\na0" "\na1" "\na2" "\na " "\nz0" "\nb0" " copy " " store " " search " " fetch " " select " " login " " logout" " create " " authenticate" " examine" " append" " list " " uid " " quit" " noop" " rename " " expunge" " lsub " " subscribe" "\nturn" "\nsend " "\nsoml " "\nsaml " "\nturn" "\nxclient" "\nbdat "] & ["\n"]
        r"^\s{0,1}[^\n]{0,60}\r?\n\s{0,2}(?:(?:[a-z]|tag|\w{1,3}\d{1,4})\s{1,2}(?:uid\s+)?(?:append\s|authenticate\s|capability\s|check\s|close\s|copy\s[\d*]|create\s|delete\s|examine\s|expunge|fetch\s[\d*]|list\s['\x22]|login\s|logout|lsub\s|noop|quit|rename\s|search\s|select\s|starttls|status\s|store\s[\d*]|subscribe\s|unsubscribe\s)[^\n]{0,120}|(?:auth\s+\w{4,20}(?:\s+[a-z0-9+/=]{8,})?|help(?:\s+\w{1,20})?|data|list(?:\s\d{1,6})?|top\s\d{1,6}\s\d{1,6}|retr\s\d{1,6}|dele\s\d{1,6}|uidl?(?:\s\d{1,6})?|vrfy\s\S{1,60}|expn\s\S{1,60}|rset|noop|quit|stat|starttls|capa|mail\s+from\s?:\s?<?[^\n]{1,80}|rcpt\s+to\s?:\s?<?[^\n]{1,80}|e?hlo\s\S{1,80}|helo\s\S{1,80}|(?:user|pass)\s\S{1,60}|turn|bdat\s\d{1,8}(?:\slast)?|(?:send|soml|saml)\s+from\s?:[^\n]{1,80}))(?:\r?\n[^\n]{0,80}){0,3}\s{0,4}$" "A command of a mail protocol follows a line's end."
    "code.header-line" "header" 0.75 ["\ncontent-" "\nhost:" "\nreferer:" "\nuser-agent:" "\ncookie:" "\nhttp/" "\nauthoriz" "\ncache-con" "\naccess-con" "\ntransfer-" "\nto:" "\nfrom:" "\nsubject:" "\ncc:" "\nreply-to" "\ntrace /" "\noptions /" "\ndelete /" "\nconnect " "\nget /" "\npost /" "\nput /" "\nhead /" "\npatch /" "\n<html" "\n\r\n<" "\n\n<script"] & ["\n"]
        r"^(?:(?:[^\n:-]|-[^\n:-])[^\n:]{0,80}|-?)\n\s?(?:content-(?:type|disposition|transfer-encoding)|host|referer|user-agent|cookie|authorization|cache-control|access-control-[\w-]{4,24}|transfer-encoding|reply-to)\s?:[^\n]{1,80}(?:\n[^\n]{0,80})?$|^[^\n]{0,80}\n\s?(?:http/[012]\.\d\s\d{3}\b.{0,160}|(?:trace|options|delete|connect|get|post|put|head|patch|propfind)\s+(?:/|https?:)\S{0,80}(?:\s+http/\d.{0,120})?)$|^[^\n:<>]{0,40}\n\s?\n?\s?<(?:html|script)\b.{0,160}$|^[^\n]{1,60}@[^\n]{1,60}\n(?:to|from|subject|b?cc|reply-to)\s?:[^\n]{1,80}(?:\n[^\n]{0,80})?$" "A line that a message would read as a header or a request follows a value."
};

pub(super) const RULES: &[Rule] = rules! {
    "code.upload" "code" 0.8 ["filename="] & ["content-dis"]
        r"content-disposition:[^\n]{0,120}filename\*?=[^\n]{0,100}(?:\.\s{0,3}(?:php\d?|phtml|phar|jspx?|aspx?|ashx|asmx|cgi|pl|exe|sh|bat|cmd|htaccess|htpasswd|user\.ini|war)\s{0,4}['\x22;\r\n]|[/\\'\x22](?:wp-config|config\.ya?ml|web\.config|\.env|\.htaccess|\.user\.ini))" "A program or a file of settings is uploaded."
    "code.proxy-socket" "ssrf" 0.88 ["unix:"] & ["|http" "%7chttp" "|fcgi" "|ws"]
        r"\bunix:[^\s|]{1,4000}(?:\||%7c)(?:https?|fcgi|ws):" "A socket of the machine is put where a proxy takes its target from."
    "code.header-disguised" "header" 0.8 ["嘊" "嘍"]
        r"嘊\s{0,2}嘍|嘊\s{0,2}(?:set-cookie|location|content-|x-)" "Characters that a careless program cuts to a line's end are put into a value."
    "code.session" "header" 0.75 ["cookie" "set-cookie"] & ["expires" "domain" "path=" "set-cookie"]
        r"\.cookie\b[^\n]{0,60}(?:expires|domain|path)\s{0,3}=|http-equiv\W{0,3}(?:=\W{0,3})?['\x22]?set-cookie" "A cookie is set in place of a visitor."
};
