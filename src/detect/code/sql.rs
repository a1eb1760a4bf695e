//! SQL that breaks out of the value it was put into.

use super::super::rules::{Rule, rules};

pub(super) const RULES: &[Rule] = rules! {
    "code.sql-union" "sql" 0.9 ["union"]
        r"\bunion(?:[\s(+]|/\*.{0,40}?\*/|%\w\w){1,10}(?:(?:all|distinct)(?:[\s(+]|/\*.{0,40}?\*/){1,10})?(?:/\*!\d*)?select\b" "A second query is joined to a first one (`UNION SELECT`)."
    "code.sql-tautology" "sql" 0.85 ["or" "and" "||" "&&" "having" "where" "xor" "like"]
        r"(?:['\x22`)\d]|^)\s{0,4}(?:\bor\b|\band\b|\|\||&&|\bxor\b|\bhaving\b)[\s(!~+'\x22-]{0,8}(?:not\s)?['\x22(]{0,2}(\w{1,12})['\x22)]{0,3}\s{0,3}(?:=|<=>|<|>|like|!=|<>|regexp|rlike)\s{0,3}['\x22(]{0,3}\w{0,12}" "A condition that is always true or false is put after a value."
    "code.sql-comment" "sql" 0.8 ["--" "/*" "'#" "\"#" "' #" ")#" "\" #"]
        r"['\x22][\s);]{0,6}(?:--(?:\s|\+|$|[^a-zA-Z0-9>-])|#\s*$|;\s*--|/\*)" "A quote ends a value, and a comment hides the rest of the query."
    "code.sql-stacked" "sql" 0.88 [";"]
        r"(?:['\x22)\d\w]\s{0,3}|^);[\s+]{0,6}(?:drop\s+(?:table|database|view|user|index|schema)|delete\s+(?:\w+\s+)?from|insert\s+into|update\s+\w+\s+set|alter\s+(?:table|user|database|login)|create\s+(?:table|user|database|or|function|login)|truncate\s+table|exec(?:ute)?\s*\(?\s*(?:master|xp_|sp_|immediate|\w)|declare\s+@|shutdown|select\s|waitfor\s+delay|begin\s+declare|if\s*\(|grant\s+\w+|copy\s+\w+|set\s+@?\w+\s?=|call\s+\w+\(|merge\s|handler\s|use\s+\w+\s*(?:--|;|$))" "A second statement follows a value."
    "code.sql-time" "sql" 0.9 ["sleep" "benchmark" "waitfor" "pg_sleep" "dbms_" "randomblob"]
        r"(?:\b(?:pg_)?sleep\s{0,3}\(\s{0,3}['\x22]?[\d*(@\s._]{1,16}['\x22]?\s{0,3}\)|benchmark\s{0,3}\(\s{0,3}\d+[^,]{0,30},|waitfor\s{1,4}(?:delay|time)\s{0,3}['\x22]|dbms_(?:pipe\.receive_message|lock\.sleep|utility|xmlgen|java)|randomblob\s?\(\d{5,})" "A query is told to wait, which tells an attacker its answer."
    "code.sql-select" "sql" 0.8 ["select"]
        r"(?:['\x22)(,=|+\d][\s+]{0,4}(?:(?:or|and)[\s+(]{1,6})?\(?\s{0,3}select[\s+(/*]{1,6}(?:\S{1,60}[\s,+]{1,4}){0,12}?(?:from\b|\d|['\x22@]|\w+\()|\(\s?select\s)" "A query is put where a value belongs."
    "code.sql-schema" "sql" 0.9 ["information_schema" "sysobjects" "syscolumns" "sysusers" "pg_catalog" "sqlite_master" "all_tables" "user_tables" "mysql.user" "mysql.db" "msysobjects" "pg_shadow" "pg_user" "sys.tables" "sys.user$" "master..sys" "v$version" "all_users"]
        r"(?:information_schema[\s.`]{0,4}\.?|\bsysobjects\b|\bsyscolumns\b|\bsysusers\b|pg_catalog|sqlite_master|\b(?:all|user)_tables\b|mysql\.(?:user|db)\b|msysobjects|pg_shadow|pg_user|sys\.(?:tables|user\$)|master\.\.sys\w+|v\$version|\ball_users\b)" "The tables that describe a database are asked for."
    "code.sql-procedure" "sql" 0.92 ["xp_" "sp_" "utl_" "load_file" "outfile" "dumpfile" "extractvalue" "updatexml" "sys_eval" "sys_exec" "lo_import" "openrowset" "load data" "ctxsys" "sysmaster"]
        r"(?:\bxp_(?:cmdshell|reg\w+|dirtree|fileexist|availablemedia|ntsec\w*|subdirs|makecab|enumdsn|loginconfig|terminate\w*|servicecontrol|\w{3,24})\b|\bsp_(?:oacreate|oamethod|executesql|password|addextendedproc|makewebtask|configure|addsrvrolemember|execute|prepare|help|sqlexec|replwritetovarbin)\b|utl_(?:http|inaddr|file|smtp)|load_file\s?\(|into\s+(?:out|dump)file\b|(?:extractvalue|updatexml)\s?\(|sys_(?:eval|exec)\s?\(|lo_import\s?\(|open(?:rowset|query|datasource)\s?\(|load\s+data\s+(?:local\s+)?infile|ctxsys\.)" "A procedure of a database that reaches beyond it is called."
    "code.sql-order" "sql" 0.75 ["order by" "group by" "having" "procedure" "limit" "order%20by" "order+by" "group%20by"]
        r"(?:^\s{0,3}|['\x22)\d]\s{0,3}\)*\s{0,3})(?:order|group)(?:\s|\+|%20|/\*\*/){1,4}by(?:\s|\+|%20|/\*\*/){1,4}(?:\d+|\w+\s*(?:--|#|having)|\(?select|sleep)(?:[\s,\d]|\w{1,20}\(){0,100}(?:--|#|$|having|,\s?sleep|asc|desc)" "A query is sorted or grouped from inside a value."
    "code.sql-functions" "sql" 0.75 ["concat" "char(" "chr(" "ascii(" "substr" "mid(" "version(" "@@" "database(" "user(" "md5(" "hex(" "cast(" "convert(" "ord(" "load_" "make_set(" "elt(" "rlike" "regexp" "bit_" "exp(" "iif(" "if(" "case when" "count(*" "0x"]
        r"(?:\b(?:group_concat|concat(?:_ws)?)\s?\([^)]{0,80}(?:0x|char\s?\(|chr\s?\(|@@|user\(|select|version)|(?:\bcha?r\s?\(\s?\d{1,3}\s?\)\s?(?:\|\||\+|,)\s?){1,}|\bcha?r\s?\(\s?\d{1,3}(?:\s?,\s?\d{1,3}){2,}|@@(?:version|hostname|datadir|servername|global|basedir|tmpdir|language|spid|packet_errors|new)|(?:['\x22)\d=<>(,]|\band|\bor|\bselect)\s{0,3}(?:ascii|substr(?:ing)?|mid|ord|length|hex|unhex|md5|sha1|database|version|current_user|system_user|session_user|user|if|iif|elt|make_set|exp|cast|convert)\s?\((?:[^)]{0,60}\)|\))\s{0,3}(?:=|<|>|--|#|,|\)|\s+(?:and|or|like|between|from)|$)|\bcase\s+when\b.{0,80}\bthen\b)" "Functions of a database are called where a value belongs."
    "code.sql-nosql" "nosql" 0.85 ["$ne" "$gt" "$where" "$regex" "$or" "$nin" "$exists" "$lt" "$in" "$and" "$func" "return true" "return(true)" "return 'a'" "mapreduce" "$eq"]
        r"(?:[\[{]\s?['\x22]?\$(?:ne|gte?|lte?|where|regex|or|and|nin|in|exists|func|eq|elemMatch|not)['\x22]?\s?[\]:]|['\x22;0]\s?;?\s?return\s?\(?(?:true|'a'|1)|\$where\s?:)" "Operators of a document database are put into a value."
};
