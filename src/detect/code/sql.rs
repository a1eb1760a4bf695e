//! SQL that breaks out of the value it was put into.

use std::ops::Range;

use super::super::rules::{Rule, rules};
use super::condition;

pub(super) const RULES: &[Rule] = rules! {
    "code.sql-union" "sql" 0.9 ["union"]
        r"\bunion(?:[\s(+]|/\*.{0,40}?\*/|%\w\w){1,10}(?:(?:all|distinct)(?:[\s(+]|/\*.{0,40}?\*/){1,10})?(?:/\*!\d*)?select\b" "A second query is joined to a first one (`UNION SELECT`)."
    "code.sql-tautology" "sql" 0.85 ["or" "and" "||" "&&" "having" "where" "xor" "like"] & ["=" "<" ">" "like" "regexp"]
        r"(?:(?:(?:['\x22`]|^)\s{0,4}(?:\bor\b|\band\b|\|\||&&|\bxor\b|\bhaving\b)|\)\s{0,4}(?:\bor\b|\band\b|\bxor\b|\bhaving\b))[\s(!~+'\x22-]{0,8}(?:not\s)?['\x22(]{0,2}(\w{1,12})|\d\s{0,4}(?:\bor\b|\band\b|\|\||&&|\bxor\b|\bhaving\b)[\s(!~+-]{0,8}(?:not\s)?(?:['\x22(]{1,3}\w{1,12}|\d{1,8}))['\x22)]{0,3}\s{0,3}(?:=(?:[^=]|$)|<=>|<|>|like|!=|<>|regexp|rlike)\s{0,3}['\x22(]{0,3}\w{0,12}|\b(?:and|or|xor)[\s(!+-]{1,6}\d{1,8}\)*\s{0,3}=\s{0,3}\(*\d{1,8}\b" "A condition that is always true or false is put after a value."
    "code.sql-comment" "sql" 0.8 ["--" "/*" "'#" "\"#" "' #" ")#" "\" #"]
        r"(?:^|[^\s(=,\[{+])['\x22][\s);]{0,6}(?:--(?:\s|\+|$|[^a-zA-Z0-9>-])|#\s*$|;\s*--|/\*)" "A quote ends a value, and a comment hides the rest of the query."
    "code.sql-stacked" "sql" 0.88 [";"]
        r"(?:['\x22)\d\w]\s{0,3}|^);[\s+]{0,6}(?:drop\s+(?:table|database|view|user|index|schema)|delete\s+(?:\w+\s+)?from|insert\s+into|update\s+\w+\s+set|alter\s+(?:table|user|database|login)|create\s+(?:table|user|database|or|function|login)|truncate\s+table|exec(?:ute)?\s*\(?\s*(?:master|xp_|sp_|immediate|\w)|declare\s+@|shutdown|select\s|waitfor\s+delay|begin\s+declare|if\s*\(\s*(?:\(?\s*select\b|\d|len\b|ascii\b|substr|exists\b|system_user|user\b|is_\w*member|@@|db_name|not\s|ord\b|')|grant\s+\w+|copy\s+\w+\s+(?:from|to)|set\s+@?\w+\s?=|call\s+\w+\(|merge\s|handler\s|use\s+\w+\s*(?:--|;|$))" "A second statement follows a value."
    "code.sql-time" "sql" 0.9 ["sleep" "benchmark" "waitfor" "pg_sleep" "dbms_" "randomblob"]
        r"(?:\b(?:pg_)?sleep\s{0,3}\(\s{0,3}['\x22]?[\d*(@\s._]{1,16}['\x22]?\s{0,3}\)|benchmark\s{0,3}\(\s{0,3}\d+[^,]{0,30},|waitfor\s{1,4}(?:delay|time)\s{0,3}['\x22]|dbms_(?:pipe\.receive_message|lock\.sleep|utility|xmlgen|java)|randomblob\s?\(\d{5,})" "A query is told to wait, which tells an attacker its answer."
    "code.sql-select" "sql" 0.8 ["select"]
        r"(?:['\x22)(,=|+\d][\s+]{0,4}(?:(?:or|and)[\s+(]{1,6})?\(?\s{0,3}select[\s+(/*]{1,6}(?:[^\s,]{1,60}[\s,+]{1,4}){0,12}?(?:from\s+\w|\d|@|\w+\()|\(\s?select\s+[\w*@(]+)" "A query is put where a value belongs."
    "code.sql-schema" "sql" 0.9 ["information_schema" "sysobjects" "syscolumns" "sysusers" "pg_catalog" "sqlite_master" "all_tables" "user_tables" "mysql.user" "mysql.db" "msysobjects" "pg_shadow" "pg_user" "sys.tables" "sys.user$" "master..sys" "v$version" "all_users"]
        r"(?:information_schema[\s.`]{0,4}\.?|\bsysobjects\b|\bsyscolumns\b|\bsysusers\b|pg_catalog|sqlite_master|\b(?:all|user)_tables\b|mysql\.(?:user|db)\b|msysobjects|pg_shadow|pg_user|sys\.(?:tables|user\$)|master\.\.sys\w+|v\$version|\ball_users\b)" "The tables that describe a database are asked for."
    "code.sql-procedure" "sql" 0.92 ["xp_" "sp_" "utl_" "load_file" "outfile" "dumpfile" "extractvalue" "updatexml" "sys_eval" "sys_exec" "lo_import" "openrowset" "load data" "ctxsys" "sysmaster" "re analyse"] & ["xp_" "sp_" "utl_" "load_file" "outfile" "dumpfile" "extractvalue" "updatexml" "sys_e" "lo_import" "openr" "openq" "opend" "infile" "ctxsys" "re analyse"]
        r"(?:\bxp_(?:cmdshell|reg\w+|dirtree|fileexist|availablemedia|ntsec\w*|subdirs|makecab|enumdsn|loginconfig|terminate\w*|servicecontrol|\w{3,24})\b|\bsp_(?:oacreate|oamethod|executesql|password|addextendedproc|makewebtask|configure|addsrvrolemember|execute|prepare|help|sqlexec|replwritetovarbin)\b|utl_(?:http|inaddr|file|smtp)|\bload_file\s?\(|into\s+(?:out|dump)file\b|(?:extractvalue|updatexml)\s?\(|sys_(?:eval|exec)\s?\(|lo_import\s?\(|open(?:rowset|query|datasource)\s?\(|load\s+data\s+(?:local\s+)?infile|ctxsys\.|procedure\s+analyse\s?\()" "A procedure of a database that reaches beyond it is called."
    "code.sql-order" "sql" 0.75 ["order by" "group by" "having" "procedure" "limit" "order%20by" "order+by" "group%20by"] & ["order" "group"]
        r"(?:^\s{0,3}|['\x22)\d]\s{0,3}\)*\s{0,3})(?:order|group)(?:\s|\+|%20|/\*\*/){1,4}by(?:\s|\+|%20|/\*\*/){1,4}(?:\d+|\w+\s*(?:--|#|having)|\(?select|sleep)(?:[\s,\d]|\w{1,20}\(){0,100}(?:--|#|$|having|,\s?sleep|asc|desc)" "A query is sorted or grouped from inside a value."
    "code.sql-functions" "sql" 0.75 ["concat" "char(" "chr(" "ascii(" "substr" "mid(" "version(" "@@" "database(" "user(" "md5(" "hex(" "cast(" "convert(" "ord(" "load_" "make_set(" "elt(" "rlike" "regexp" "bit_" "exp(" "iif(" "if(" "case when" "count(*" "0x"]
        r"(?:\b(?:group_concat|concat(?:_ws)?)\s?\([^)]{0,80}(?:0x|char\s?\(|chr\s?\(|@@|user\(|select|version)|(?:\bcha?r\s?\(\s?\d{1,3}\s?\)\s?(?:\|\||\+|,)\s?){1,}|\bcha?r\s?\(\s?\d{1,3}(?:\s?,\s?\d{1,3}){2,}|@@(?:version|hostname|datadir|servername|global|basedir|tmpdir|language|spid|packet_errors|new)|(?:['\x22)\d=<>(,]|\band|\bor|\bselect)\s{0,3}(?:ascii|substr(?:ing)?|mid|ord|length|hex|unhex|md5|sha1|database|version|current_user|system_user|session_user|user|if|iif|elt|make_set|exp|cast|convert)\s?\((?:[^)]{0,60}\)|\))\s{0,3}(?:=|<|>|--|#|,|\)|\s+(?:and|or|like|between|from)|$)|\bcase\s+when\b.{0,80}\bthen\b)" "Functions of a database are called where a value belongs."
    "code.sql-nosql" "nosql" 0.85 ["$ne" "$gt" "$where" "$regex" "$or" "$nin" "$exists" "$lt" "$in" "$and" "$func" "return true" "return(true)" "return 'a'" "mapreduce" "$eq"]
        r"(?:[\[{]\s?['\x22]?\$(?:ne|gte?|lte?|where|regex|or|and|nin|in|exists|func|eq|elemMatch|not)['\x22]?\s?[\]:]|(?:['\x22}0]\x20?;|;)\x20?return\s?\(?(?:true|'a'|1)|\$where\s?:)" "Operators of a document database are put into a value."
    "code.sql-breakout" "sql" 0.8 ["'" "\"" "`"]
        r"(?:^|[=&?;]\s{0,2})[^'\x22`\n{}\[\]:,;=&?]{0,40}['\x22`](?:[\s)+]|/\*.{0,20}?\*/){0,8}(?:(?:\bor|\band|\bxor|\blike|\bnot\s+(?:like|regexp|similar|between|in)|\brlike|\bregexp|\bbetween|\bdiv|\bmod|\bsounds\s+like|\bcollate)\b|\|\|?|&&|<=>|<=|>=|<>|!=|<<|[=^])(?:[\s+!~(@-]|/\*.{0,20}?\*/){0,8}(?:binary\s+|not\s+|similar\s+to\s+){0,2}(?:['\x22`]\s?[\w('\x22`@^*=\\-]|\d+(?:\s{0,3}(?:[=<>!^|&*+)#;-]|is\b|like\b|between\b|in\b|and\b|or\b|sounds\b|$))|[@\\.]\w|\w+\s{0,3}(?:[(=<>^|*'\[~-]|&\s?['\x22]|is\b|like\b|glob\b|not\b|in\b|--|#|;)|null\b|true\b|false\b|current_|select\b)|^[\w .-]{0,24}['\x22]\s{0,3}is(?:\\N|\s+(?:not\s+)?null\b)" "A quote ends a value, and a condition follows."
    "code.sql-arithmetic" "sql" 0.75 ["'" "\""]
        r"(?:^|=)\s{0,3}[\w.\\]{1,16}\s{0,2}'[\s+]{0,4}(?:[*/%+-]|\bdiv\b|\bmod\b)[\s(!~+-]{0,6}(?:\w+\s?(?:[-+*/=|&^]|\bor\b|\band\b|\bis\b|\blike\b)[^'\x22\n]{0,40}['\x22]|['\x22]\w{0,6}$|@\w+\s)" "A quote ends a value, and a sum follows."
    "code.sql-operator" "sql" 0.7 ["'" "\""]
        r"^\s{0,3}\w{0,8}\s{0,2}(?:'\s{0,3}(?:=\+?|<~|\^|<>|!=|<=?|>=?|\|\|?|&&?|<<|>>|<=>|\bdiv\b|\brlike\b|\bregexp\b|\bxor\b|\bmod\b|\bnot\s+(?:regexp|like|rlike|between|in)\b|\blike\b|\s(?:or|and|sounds\s+like)\s|[*/%])\s{0,3}'|\x22\s{0,3}(?:\^|<>|!=|\|\||&&|<<|>>|<=>|\bor\b|\band\b|\bdiv\b|\brlike\b|\bxor\b)\s{0,3}\x22)\s{0,3}\w{0,8}\s{0,3}$" "Operators of SQL stand between quotes."
    "code.sql-tail" "sql" 0.75 ["--" "#" "/*"]
        r"^[^\n]{0,160}(?:[=()@'\x22]|\bor\b|\band\b|\bnull\b)[^\n]{0,80}[\w)'\x22\x20\t+](?:--(?:\s?-|\s|\+)?|/\*|;?%00)\s{0,3}$" "A comment hides the rest of a query."
    "code.sql-word" "sql" 0.8 ["null" "true" "current_" "utc_date" "session_user" "sysibm" "current_setting" "pi()" "@@" "msysa" "nvarchar" "notnull" "exec " "handler" "passwordzz" "similar to" "/*!" "1=1" "sleep" "col_" "having" "order by" "group by"]
        r"(?:\bor\b[\s(+]{1,4}(?:\w+\s{1,3}(?:is\s+(?:not\s+)?null|notnull)|true\b\s?(?:;|--|#|$|and|or)|current_(?:date|time|user)|utc_date)|\bselect\s+(?:@@\w+|session_user|current_setting|current_user|user|version)|\bsysibm\.|\bcurrent_setting\s?\(|=\s?pi\(\)|\bmsysaccess|\bdeclare\s+@\w+\s+n?varchar|\bthis\.\w{3,20}\.match\(|/\*!\w|^\s{0,3}\(?1\s?=\s?1\)?\s?$|\b(?:or|and|select|if|;|,|\x27|\x22)[\s(]{0,4}(?:pg_)?sleep\s?\(|^\s{0,3}\d{0,8}\s+(?:group|order)\s+by\s+[\w,\s]{1,60}having\b)" "SQL is put where a value belongs."
};

/// What joins two conditions of a query that is the whole value breaks out of nothing.
pub(super) fn check(
    rule: &Rule,
    text: &str,
    whole: Range<usize>,
    span: Range<usize>,
) -> Option<Range<usize>> {
    let joins = || condition::joins(text, whole.start, span.start);
    // `select(.name)` is a step of jq.
    let step = || text.get(span.clone()).is_some_and(|one| one.to_ascii_lowercase().contains("select(."));
    let harmless = match rule.id {
        "code.sql-tautology" => joins(),
        "code.sql-select" => step(),
        _ => false,
    };
    (!harmless).then_some(span)
}
