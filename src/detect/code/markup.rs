//! Script in markup.

use std::ops::Range;
use std::sync::OnceLock;

use regex::bytes::Regex;

use super::super::ends::Ahead;
use super::super::rules::{Rule, compile, is_flood, is_word, rules};

pub(super) const HANDLERS: &[Rule] = rules! {
    "code.xss-handler" "xss" 0.88 ["on"] & ["=" "%3d"]
        r"(?:<[a-z!/?%][^>]{0,200}?|['\x22/`\s;]|^|&\w{1,6};|%2f|%3e|\))[\s/+'\x22\x0b\x0c&#;x0-9a-z]{0,2}\bon(?:abort|activate|after\w{4,10}|animation\w{3,9}|auxclick|before\w{3,18}|begin|blur|bounce|canplay\w{0,7}|cellchange|change|click|close|contextmenu|copy|cuechange|cut|data\w{6,12}|dblclick|deactivate|drag\w{0,5}|drop|durationchange|end|ended|error\w{0,6}|filterchange|finish|focus\w{0,3}|formchange|forminput|formdata|fullscreenchange|gotpointercapture|hashchange|help|input|invalid|key\w{2,5}|layoutcomplete|load\w{0,9}|losecapture|lostpointercapture|message\w{0,5}|mouse\w{2,6}|move\w{0,5}|mscontentzoom|offline|online|page\w{4,5}|paste|pause|play\w{0,4}|pointer\w{2,12}|popstate|progress|propertychange|ratechange|readystatechange|repeat|reset|resize\w{0,5}|reverse|row\w{4,10}|scroll\w{0,4}|search|seek\w{0,4}|select\w{0,6}|show|stalled|start|stop|storage|submit|suspend|syncrestored|timeerror|timeupdate|toggle|touch\w{3,6}|track\w{0,7}|transition\w{3,7}|unhandledrejection|unload|urlflip|volumechange|waiting|webkit\w{5,30}|wheel|zoom|xxx)[\s\x0b\x0c/'\x22]{0,6}(?:=|%3d)" "An event handler is put into a value."
};

/// How far before its handler's name a match begins at most.
const REACH: usize = 205;
/// And how near to the name it begins, unless a tag was opened.
const NEAR: usize = 5;

/// No handler's name is longer, and so much may stand between it and its sign.
const NAME: usize = 48;
const GAP: usize = 6;

/// The next match of the pattern for handlers: tried where the name of a handler and its sign stand, since what
/// may stand before them is far too common.
pub(super) fn handler(rule: &Rule, bytes: &[u8], at: usize) -> Option<Range<usize>> {
    static PATTERNS: OnceLock<Option<(Regex, Regex)>> = OnceLock::new();
    let write = || {
        let (_, name) = rule.pattern.split_once(r"\bon(?:")?;
        Some((compile(rule.pattern)?, compile(&format!(r"\Aon(?:{name}"))?))
    };
    let (pattern, name) = PATTERNS.get_or_init(write).as_ref()?;
    let (mut from, mut tries) = (at, 0);
    loop {
        let named = named(bytes, from, name)?;
        let start = named.start.saturating_sub(REACH).max(at);
        from = named.end;
        if !may_begin(bytes, start, named.start) {
            continue;
        }
        if let Some(found) = pattern.find_at(&bytes[..named.end], start) {
            return Some(found.range());
        }
        tries += 1;
        if is_flood(tries, named.start - at) {
            return Some(named);
        }
    }
}

/// The next name of a handler with its sign: found by the sign, since words begin like one far more often.
fn named(bytes: &[u8], from: usize, name: &Regex) -> Option<Range<usize>> {
    let gap = |byte: &&u8| matches!(byte, b'\t'..=b'\r' | b' ' | b'/' | b'\'' | b'"');
    let mut next = from;
    loop {
        let sign = next + memchr::memchr2(b'=', b'%', bytes.get(next..)?)?;
        next = sign + 1;
        let end = match bytes[sign..] {
            [b'=', ..] => sign + 1,
            [b'%', b'3', b'd' | b'D', ..] => sign + 3,
            _ => continue,
        };
        let before = &bytes[from..sign];
        let blanks = before.iter().rev().take(GAP).take_while(gap).count();
        let word = &before[..before.len() - blanks];
        let length = word.iter().rev().take(NAME).take_while(|byte| is_word(**byte)).count();
        let start = sign - blanks - length;
        let begins = start.checked_sub(1).is_none_or(|before| !is_word(bytes[before]));
        let called = bytes[start..sign].get(..2).is_some_and(|on| on.eq_ignore_ascii_case(b"on"));
        if begins && called && name.is_match(&bytes[start..end]) {
            return Some(start..end);
        }
    }
}

/// Whether what stands before a handler's name could be what the pattern wants there.
fn may_begin(bytes: &[u8], start: usize, name: usize) -> bool {
    let sign = |byte: &u8| {
        matches!(byte, b'\'' | b'"' | b'/' | b'`' | b';' | b')' | b'%' | 0x0b) || byte.is_ascii_whitespace()
    };
    name <= 2
        || bytes[name.saturating_sub(NEAR).max(start)..name].iter().any(sign)
        || memchr::memrchr(b'<', &bytes[start..name]).is_some()
}

pub(super) const ELEMENTS: &[Rule] = rules! {
    "code.xss-element" "xss" 0.8 ["<iframe" "<object" "<embed" "<svg" "<math" "<base" "<meta" "<applet" "<form" "<isindex" "<link" "<frameset" "<xss" "<body" "<style" "<img" "<bgsound" "<layer" "<marquee" "<video" "<audio" "<input" "<details" "<x " "<plaintext" "<a " "<table" "<td" "<div" "<xml" "<?import" "<html" "<frame" "<comment" "<noscript" "<template" "<image" "<keygen" "<portal"]
        r"<object[\s/+]|<(?:iframe|embed|applet|isindex|frameset|xss|bgsound|layer|portal|plaintext)(?:[\s/+>]|$)|<svg[\s/]|<(?:math|base|meta|link|body|style|img|marquee|video|audio|input|details|x|table|td|div|frame|html|xml|form|image|a|button|keygen|template)\b[^>]{0,200}(?:javascript|vbscript|expression\s?\(|data:text|http-equiv|formaction|srcdoc|xlink:href|behavior\s?:|-moz-binding|dynsrc|lowsrc|implementation)|<\?import|<style[^>]{0,40}>.{0,60}(?:@import|expression|url\()|<base\s+href" "An element that loads or runs something is put into a value."
};

/// What makes an element of most kinds one that loads or runs something.
const LOADS: &str = r"javascript|vbscript|expression\s?\(|data:text|http-equiv|formaction|srcdoc|xlink:href|behavior\s?:|-moz-binding|dynsrc|lowsrc|implementation";
/// How far behind the sign that opens it that is, at most.
const INSIDE: usize = 220;

/// The next match of the pattern for elements: tried where one is opened, and without what asks for more to come where
/// that does not come.
pub(super) fn element(rule: &Rule, bytes: &[u8], at: usize) -> Option<Range<usize>> {
    static PATTERNS: OnceLock<Option<[Regex; 3]>> = OnceLock::new();
    let write = || {
        let loads = format!(r"[^>]{{0,200}}(?:{LOADS})");
        let (before, after) = rule.pattern.split_once(&loads)?;
        let (others, _) = before.rsplit_once("|<(?:math")?;
        let alone = format!(r"\A(?:{others}{after})");
        Some([compile(&format!(r"\A(?:{})", rule.pattern))?, compile(&alone)?, compile(LOADS)?])
    };
    let [whole, alone, loads] = PATTERNS.get_or_init(write).as_ref()?;
    let mut loads = Ahead::of(loads);
    for open in memchr::memchr_iter(b'<', &bytes[at..]).map(|open| at + open) {
        let pattern = if loads.first(bytes, open, open + INSIDE).is_some() { whole } else { alone };
        if let Some(found) = pattern.find(&bytes[open..]) {
            return Some(open..open + found.end());
        }
    }
    None
}

pub(super) const RULES: &[Rule] = rules! {
    "code.xss-script" "xss" 0.9 ["<script" "</script" "< script" "<\\x" "script>" "<%00script" "<scr"]
        r"(?:<[\s/\x00]{0,3}s\s?c\s?r\s?i\s?p\s?t\b|<script[\s/>+:]|</script|<scr<script>ipt)" "A script element is put into a value."
    "code.xss-scheme" "xss" 0.88 ["script" "data:" "vbs" "livescript" "mocha"] & ["vb" "live" "j" "mocha:" "data:"]
        r"(?:j[\s\\]{0,3}a[\s\\]{0,3}v[\s\\]{0,3}a|vb|live|j)[\s\\\x00-\x1f]{0,6}s[\s\\]{0,3}c[\s\\]{0,3}r[\s\\]{0,3}i[\s\\]{0,3}p[\s\\]{0,3}t[\s\\\x00-\x1f]{0,6}:[^\s]|mocha:\[|data:[^,\s]{0,30}(?:text/html|image/svg\+xml|text/javascript|text/xml|application/x?html|xhtml)" "An address that is a script is put into a value."
    "code.xss-code" "xss" 0.82 ["alert" "prompt" "confirm(" "eval(" "document." "window[" "window." "fromcharcode" "settimeout" "setinterval" "constructor" "innerhtml" "location=" "location.h" "top[" "self[" "this[" "expression(" "function(" "atob(" "import("] & ["(" "[" "`" "document" "fromcharcode" "constructor.constructor" "innerhtml" "location" "=alert" "alert."]
        r"(?:\b(?:alert|prompt|confirm)\s{0,3}(?:\(\s{0,3}(?:\d|['\x22/`)]|document|window|location|xss|string|this|self|name|\w{1,12}\s?\))|`)|\beval\s?\(\s?(?:atob|string|unescape|name|location|window|'|\x22|\w+\()|document\s?(?:\.|\[)\s?['\x22]?(?:cookie|write|domain|location|body|vulnerable|createElement|documentElement|URL|referrer|title|forms)|(?:window|top|self|this|parent|frames|globalThis)\s?\[\s?['\x22/]|String\.fromCharCode|set(?:timeout|interval)\s{0,3}\(\s{0,3}(?:['\x22`]|(?:name|location|alert|eval|code)\w{0,8}\s?[,)])|\]\s?\(\s?\[?\]?\s?\)|constructor(?:\.constructor|\s?\(\s?['\x22`])|\binnerHTML\s?=|location\s?=\s?['\x22]?(?:javascript|name|/)|\bexpression\(|[:/]\s{0,3}expression\s?\(|=alert\b|alert\.(?:call|apply|bind))" "Script is put into a value."
};
