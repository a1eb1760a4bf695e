//! Expressions for template engines, entities of XML, look-ups of log4j and filters of LDAP.

use super::super::rules::{Rule, rules};

pub(super) const CALLS: &[Rule] = rules! {
    "code.template-call" "template" 0.85 ["${" "#{" "{{" "%{" "<%" "<#assign" "{php}" "{/php}"] & [".exec(" "system" "popen" "runtime" "processbuilder" "java." "file." "read(" "os." "eval" "require(" "constructor" "_context" "memberaccess" "#_" "dump(" "passthru" "getenv" "@java" "ognl" "opensymphony" "execute\"" "<#assign" "{php}" "{/php}"]
        r"%\{\s?\(?#\w{1,20}\s?=|(?:\$\{|#\{|\{\{|%\{|<%=?)[^}%\n]{0,120}(?:\.exec\(|\bsystem\s?\(|popen|runtime|processbuilder|java\.|file\.|read\(|os\.|eval|require\(|constructor|_context|memberaccess|#_|dump\(|passthru|getenv|@java|ognl|opensymphony|execute\x22)|<#assign|\{php\}|\{/php\}" "A template expression calls code."
};

pub(super) const RULES: &[Rule] = rules! {
    "code.template-object" "template" 0.92 ["__class__" "__mro__" "__globals__" "__subclasses__" "__builtins__" "__init__" "getclass()" "_self.env" "t(java" "forname(" "freemarker" "$smarty" "newinstance" "#set(" "$class." "config.items" "self.module" "template.module" "_templatereference" "self.attr" "self.context" "request.application" "lipsum" "cycler" "joiner" "class.inspect" "|attr(" "| attr(" "get_flashed"]
        r"(?:__(?:mro|globals|subclasses|builtins|bases?)__|(?:['\x22)\]}]\.?|request\.|config\.|\{\s?\w{1,12}\.)__(?:class|getattribute)__|['\x22]__init__['\x22]|\{\s?\w{1,12}\.__init__|__class__\W{1,6}__(?:init|dict|getattribute)__|__import__|getclass\(\)|_self\.env|\bt\(java\.|[.\s]forname\(|freemarker\.template|\{\$?smarty|newinstance\(|#set\s?\(\s?\$|\$class\.|config\.items\(|\$\{self\.|_templatereference|\{\{[^}\n]{0,60}\|\s?attr\s?\(|get_flashed_messages|\b(?:lipsum|cycler|joiner)\.__|request\.application)" "A template expression reaches for objects of its program."
    "code.template-sum" "template" 0.85 ["{{" "${" "#{" "<%=" "*{" "@(" "[[" "{%" "{@" "~{"]
        r"(?:\{\{|\$\{\{?|#\{|<%=?|\*\{|@\(|\{%|\{@|@\{)\s{0,3}(?:if true|\d+\s{0,2}[*+]\s{0,2}(?:\d+|'\d+')|'[^']{1,12}'\s?\*\s?\d|['\x22]\w{1,12}['\x22]\.\w{3,20}\()|\{%\s?(?:debug|import|include|extends|for\s+\w+\s+in\s+\[|set\s+\w+\s?=)" "A template expression computes something, as a probe does."
    "code.log4j" "log4j" 0.95 ["${" "jndi"]
        r"\$\{\s{0,3}(?:(?:\$\{[^}]{0,40}\}|[jndi]){2,12}:|jndi:|(?:lower|upper|sys|java|ctx|date|main|log4j|base64|k8s|docker|web|bundle|::-\w)\s?:|env:\w{0,40}:-|::-\w)" "A look-up that a logger would follow is put into a value."
    "code.jndi" "log4j" 0.9 ["jndi:"]
        r"\bjndi:(?:ldaps?|rmi|dns|iiop|nis|http|corba)" "A look-up that a logger would follow is put into a value."
    "code.xxe" "xxe" 0.92 ["<!entity" "<!doctype" "<!element" "<!attlist"]
        r"<!entity\s|<!doctype[^>\[]{0,80}(?:\[|\bsystem\b)|<!(?:element|attlist)\s" "A document declares entities of its own."
    "code.xxe-external" "xxe" 0.93 ["<!entity"]
        r"<!entity\s+(?:%\s+)?[\w.:-]{1,40}\s+system\s+['\x22](?:file|https?|ftp|php|expect|gopher|jar|netdoc|data):" "An entity of a document loads a file or an address."
    "code.xml-include" "xxe" 0.85 ["xinclude" "xi:include" "<![cdata[" "xsl:" "<?xml-stylesheet"]
        r"xi:include|XInclude|<!\[CDATA\[\s?(?:<|'|\x22|\]\]|.{0,40}(?:script|or\s1=1))|<xsl:(?:value-of|copy-of|include|import|variable)" "A document includes another, or hides markup."
    "code.ldap" "ldap" 0.85 ["*)(" ")(|" ")(&" "(|(" ")(uid" ")(cn" "=))" "(&(" "x' or name" "*)" "objectclass=" "*(|"]
        r"\*\)\s?\(\s?\(?(?:[|&!]|\w{1,24}\s?[~<>]?=)|\)\s?\(\s?[|&!]\s?(?:\(|$|\))|\*\)\)%00|\)\(\w{1,24}=\){2}|\*\(\|\(|\)\)?\(\|\(?\w+=\*|\x27 or name\(\)|\(objectclass=\*\)|^\*(?:\)|\()" "A filter of a directory is broken open."
    "code.ssi" "template" 0.9 ["<!--#"]
        r"<!--\s?#(?:exec|include|echo|printenv|config|set)\b" "A server-side include is put into a value."
    "code.header" "header" 0.85 ["set-cookie" "content-type" "content-length" "location:" "http/1." "%0d%0a" "%0a" "\\r\\n" "x-" "bcc:" "cc:"]
        r"(?:%0d%0a|%0a|%0d|\r\n|\\r\\n|\n)\s?(?:set-cookie|content-(?:length|encoding)|location|x-[a-z-]{3,20}|bcc|refresh|transfer-encoding)\s?:|(?:\r\n|\n|%0d%0a)(?:get|post|put|head)\s\S{1,80}\shttp/1" "Headers of a message are put into a value."
};
