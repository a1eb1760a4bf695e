//! Addresses within texts. Whoever shows a text may fetch what it leads to, whole: private data in an address goes to
//! whoever wrote the address, so what was taken out is not put back there.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Match, Regex};

use super::super::embedded;

/// Steps that are taken for each byte of a text in search of where addresses end.
const EFFORT: usize = 64;

/// Where an address begins. Links of Markdown and HTML lead somewhere however they are written; elsewhere it takes a
/// scheme, or what software takes for a host.
const STARTS: &str = r#"(?xi)
    (?P<style> (?: \burl\(\s* | @import\s* ) \\*["'] )
  | (?P<link> \]\s*\(\s* | \burl\(\s* )
  | (?P<definition> (?m:^)[\x20\t>]*\[[^\]\n]+\]:[\x20\t]*(?:\r?\n[\x20\t>]*)? )
  | (?P<refresh> \bcontent\s*=\s*\\*["']?\s*[\d.]+[;,\s] )
  | (?P<object> \bdata\s*=\s*\\* )
  | (?P<attribute>
        \b(?:[a-z]*(?:href|srcset|src)|action|formaction|poster|background|ping|cite|style)\s*=\s*\\* )
  | (?P<plain>
        \bhttps?(?: : | &colon; | &\#0*58; | &\#x0*3a; | %(?:25)*3a )[/\\]*
      | \b(?:ftp|wss?|file):[/\\]+
      | \b[a-z][a-z0-9+.-]+:(?: / | \\[/\\] )[/\\]*
      | \b[a-z][a-z0-9+.-]+%(?:25)*3a (?: %(?:25)*(?:2f|5c) )+
      | //+
      | (?: %(?:25)*2f ){2,}
      | (?P<share> (?: ^ | [\s"'(<=\[] )\\\\+ )
      | \bwww\.
      | \b(?P<person> (?: mailto | sms | smsto | mms | xmpp | sips? ) (?: : | %(?:25)*3a ) )
      | (?P<host>
            (?: ^ | [\s"'(<>\[\]{}=,;|:!*~`] )[*_~`]*
            (?: (?:[\p{L}\p{N}-]+\.)+ (?: \p{L}{2,24} | xn--[a-z0-9-]{2,59} )
              | (?:\d{1,3}\.){3}\d{1,3}
              | \[[0-9a-f.]*:[0-9a-f:.]*\] )
            (?::\d+)?[/?\#]
        )
    )
"#;

static START: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(STARTS).ok());

/// What all addresses of a page begin with that do not say where they lead.
static BASE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)<base[\s/]").ok());

/// Where there is none of these, `data=` is no address.
static OBJECT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)(?:<|lt;|60;|3c;?)object[\s/]").ok());

/// Whether what stands under this name is an address, by the protocol or by what such names are used for.
pub(in crate::guardrails) fn is_address(name: &str) -> bool {
    let ends_with = |end: &str| {
        let start = name.len().checked_sub(end.len());
        start.and_then(|start| name.get(start..)).is_some_and(|last| last.eq_ignore_ascii_case(end))
    };
    ["url", "uri", "href", "src", "urls", "uris", "uriTemplate", "srcset"].into_iter().any(ends_with)
}

/// Which of the placeholders of a text stand in an address.
pub(super) fn within(text: &str, placeholders: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let Some(start) = START.as_ref().filter(|_| !placeholders.is_empty()) else { return placeholders };
    let mut walk = Walk { text, placeholders: &placeholders, effort: text.len().saturating_mul(EFFORT) };
    let rebased = BASE.as_ref().is_none_or(|base| base.is_match(text));
    let has_objects = OBJECT.as_ref().is_none_or(|object| object.is_match(text));
    // In order, and joined where they overlap.
    let mut addresses: Vec<Range<usize>> = Vec::new();
    let mut reached = 0;
    for found in start.captures_iter(text) {
        let Some(found) = walk.apart(start, found) else { continue };
        let Some(whole) = found.get(0) else { continue };
        // Backslashes before a quote escape it.
        if found.name("share").is_some() && text[whole.end()..].starts_with(['"', '\'']) {
            continue;
        }
        // An address within one ends with it.
        if found.name("plain").is_some() && whole.start() < reached
            || found.name("object").is_some() && !has_objects
        {
            continue;
        }
        // What has no end, or none that is found in time, is an address to the end of the text.
        let address = walk.address(&found, whole.range()).unwrap_or(whole.end()..text.len());
        reached = reached.max(address.end);
        if found.name("host").is_none() && walk.names_a_person(address.clone(), rebased, found.name("person"))
        {
            continue;
        }
        let is_last = address.end == text.len();
        match addresses.last_mut() {
            Some(last) if address.start <= last.end => last.end = last.end.max(address.end),
            _ => addresses.push(address),
        }
        if is_last {
            break;
        }
    }
    let members = members(text);
    let is_within = |all: &[Range<usize>], placeholder: &Range<usize>| {
        let next = all.partition_point(|one| one.end <= placeholder.start);
        all.get(next).is_some_and(|one| one.start <= placeholder.start)
    };
    let all = placeholders.iter();
    all.filter(|one| is_within(&addresses, one) || is_within(&members, one)).cloned().collect()
}

/// What stands under the names of addresses in documents of JSON.
fn members(text: &str) -> Vec<Range<usize>> {
    let of = |document: Range<usize>| {
        let members = embedded::strings_under(&text[document.clone()], &is_address);
        members.into_iter().map(move |one| document.start + one.start..document.start + one.end)
    };
    embedded::documents(text).into_iter().flat_map(of).collect()
}

struct Walk<'a> {
    text: &'a str,
    placeholders: &'a [Range<usize>],
    effort: usize,
}

impl Walk<'_> {
    fn address(&mut self, found: &Captures<'_>, whole: Range<usize>) -> Option<Range<usize>> {
        let (from, named) = (whole.end, |name: &str| found.name(name).is_some());
        let end = if named("style") {
            self.style(from)
        } else if named("link") {
            self.link(from)
        } else if named("definition") {
            self.definition(from)
        } else if named("refresh") {
            let written = &self.text[whole];
            let value = written.find('=').map_or(written, |sign| &written[sign + 1..]);
            self.attribute(from - value.trim_start_matches(|c: char| c.is_whitespace() || c == '\\').len())
        } else if named("object") || named("attribute") {
            self.attribute(from)
        } else {
            self.plain(whole)
        };
        end.map(|end| from..end)
    }

    /// The first place from here on where `ends` says so of the character there and of how many brackets are open. A
    /// placeholder is no character, nor is a bracket that a backslash takes its meaning from.
    fn until(&mut self, from: usize, ends: &dyn Fn(char, usize) -> bool) -> Option<usize> {
        self.until_meant(from, "()<>", ends)
    }

    /// The same where a backslash takes their meaning from others.
    fn until_meant(&mut self, from: usize, meant: &str, ends: &dyn Fn(char, usize) -> bool) -> Option<usize> {
        let (mut at, mut open, mut escaped) = (from, 0_usize, false);
        let mut next = self.placeholders.partition_point(|span| span.end <= from);
        while let Some(c) = self.text.get(at..)?.chars().next() {
            self.effort = self.effort.checked_sub(1)?;
            if let Some(span) = self.placeholders.get(next).filter(|span| span.start == at) {
                (at, next, escaped) = (span.end, next + 1, false);
                continue;
            }
            let means_something = !escaped || !meant.contains(c);
            if means_something && ends(c, open) {
                return Some(at);
            }
            match c {
                '(' if means_something => open += 1,
                ')' if means_something => open = open.saturating_sub(1),
                _ => {}
            }
            escaped = c == '\\' && !escaped;
            at += c.len_utf8();
        }
        None
    }

    /// What begins an address without what is of a placeholder, as backslashes may be.
    fn apart<'t>(&self, start: &Regex, found: Captures<'t>) -> Option<Captures<'t>>
    where
        Self: 't,
    {
        let whole = found.get(0)?.range();
        let next = self.placeholders.partition_point(|span| span.end < whole.end);
        match self.placeholders.get(next).filter(|span| span.start < whole.end) {
            Some(span) if span.start <= whole.start => None,
            Some(span) => {
                let again = start.captures_at(&self.text[..span.start], whole.start)?;
                again.get(0).is_some_and(|again| again.start() == whole.start).then_some(again)
            }
            None => Some(found),
        }
    }

    fn character(&self, at: usize) -> Option<char> {
        let is_placeholder = self.placeholders.binary_search_by_key(&at, |span| span.start).is_ok();
        self.text.get(at..)?.chars().next().filter(|_| !is_placeholder)
    }

    fn link(&mut self, from: usize) -> Option<usize> {
        if self.character(from) == Some('<') {
            return self.until(from, &|c, _| matches!(c, '>' | '\n'));
        }
        self.until(from, &|c, open| c == ')' && open == 0)
    }

    fn definition(&mut self, from: usize) -> Option<usize> {
        let angle = self.character(from) == Some('<');
        let ends = |c: char, _| c == '\n' || if angle { c == '>' } else { c.is_ascii_whitespace() };
        self.until(from, &ends)
    }

    fn attribute(&mut self, from: usize) -> Option<usize> {
        match self.character(from) {
            Some(quote @ ('"' | '\'')) => self.until(from + 1, &|c, _| c == quote),
            _ => self.until(from, &|c, _| c.is_ascii_whitespace() || c == '>'),
        }
    }

    /// In a style sheet: a backslash before its quote escapes one that would close it, unless all are escaped.
    fn style(&mut self, from: usize) -> Option<usize> {
        let mut before = self.text.get(..from)?.chars().rev();
        let quote = before.next()?;
        let meant = if before.next() == Some('\\') { "" } else { "\"'" };
        self.until_meant(from, meant, &|c, _| c == quote)
    }

    /// Up to the next blank (of HTML: others are part of it), or to what closes the quotation or the bracket right before it.
    fn plain(&mut self, start: Range<usize>) -> Option<usize> {
        let first = self.text.get(start.clone()).and_then(|text| text.chars().next());
        let before = self.text.get(..start.start).and_then(|text| text.chars().next_back());
        let closer = |c: Option<char>| match c {
            Some('<') => Some('>'),
            Some(quote @ ('"' | '\'' | '`')) => Some(quote),
            _ => None,
        };
        let closer = closer(first).or(closer(before));
        self.until(start.end, &|c, _| c.is_ascii_whitespace() || c == '<' || Some(c) == closer)
    }

    /// An address that has nothing in it but the placeholder leads nowhere but to whom it names; behind `person`, with
    /// what ends a sentence or a bracket. On a page that says where its addresses lead, it takes more than a name.
    fn names_a_person(&self, address: Range<usize>, rebased: bool, person: Option<Match<'_>>) -> bool {
        let Some(inner) = self.text.get(address.clone()) else { return false };
        let inner = inner.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\''));
        let inner = match person {
            Some(_) => inner.trim_end_matches(|c: char| c.is_ascii_punctuation() && c != '>'),
            None => inner,
        };
        let bare = ["mailto:", "tel:", "sms:"].into_iter().find_map(|scheme| inner.strip_prefix(scheme));
        if rebased && bare.is_none() && person.is_none() {
            return false;
        }
        let bare = bare.unwrap_or(inner);
        let start = bare.as_ptr() as usize - self.text.as_ptr() as usize;
        self.placeholders.contains(&(start..start + bare.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With `@` for a placeholder, those that stand in addresses are written as `#`.
    fn marked(text: &str) -> String {
        const PLACEHOLDER: &str = "<E_0_aaaaaa>";
        let whole = text.replace('@', PLACEHOLDER);
        let spans = whole.match_indices(PLACEHOLDER).map(|(at, found)| at..at + found.len()).collect();
        let mut marked = whole.clone();
        for span in within(&whole, spans).into_iter().rev() {
            marked.replace_range(span, "#");
        }
        marked.replace(PLACEHOLDER, "@")
    }

    #[test]
    fn what_leads_somewhere_is_an_address() {
        for text in [
            "https://e.example/?e=# @",
            "see (https://e.example/#), @",
            "![x](https://e.example/p.png?e=#) @",
            "![x](<https://e.example/?e= #> \"@\") @",
            "![x](https&#58;//e.example/?e=#) @",
            "![x](//e.example/a(b)\\)#) @",
            "[x]: https\\://e.example/# @\n@",
            "<img src='https://e.example/?e=\n#'> @",
            r#"{"html": "<a href=\"ftp://e.example/ #\">@</a>"}"#,
            r#"{"url":"https://e.example/?e=#","to":"@","also":"m://doc?u=#"}"#,
            "www.e.example/# e.example/?# //e.example/# \\\\e.example\\# @",
            "<https://e.example/#>@",
            "`https:e.example/#`@",
            "background: url( 'x/#' ) @",
            "https://#@@ @".replace("@@", "#").as_str(),
            "e.example/# e.example?# e.example:8080/# e\u{ef}.example/x# @",
            "192.0.2.7/# [2001:db8::1]:80/x# xn--e-1.xn--p1ai/# @",
            "see:e.example/x# **e.example/x?q=#** _e.example/#_ {e.example/#} @",
            "`e.example/x?q=#` @",
            "mailto:m%40e.example?body=# @",
            "https%3A%2F%2Fe.example%2F?q=# @",
            "to=https%3a//e.example/# next%3Dhttps%253A%252F%252Fe.example%3Fq%3D# @",
            "ftp%3A%2F%2Fe.example%2F# %2F%2Fe.example%2F# mailto%3Am%40e.example%3Fbody=# @",
            "sms:+15550100?body=# mailto:#?cc=m%40e.example @",
            "<base href='https://e.example/'><img src='#'> @",
            r"git:\\e.example\# git:\/\/e.example\/# file:\#\x @",
            "<img src=https://e.example/?q=\u{a0}<#\u{b}#\u{85}#> @",
            "<https://e.example/?q=\u{2003}#> [b]: https://e.example/?q=\u{2028}# @",
            "[b]: /?q=\u{3000}# @",
            "![x]( <https://e.example/?q=a)b #>) @",
            "[b]:\n<https://e.example/?q= #> @",
            "> [b]:\r\n>  x?# @",
            r#"url( "https://e.example/?q=\") #" ) @"#,
            r#"{"css": "url(\"x?) #\") @""#,
            "<object name=x data='x?#'>@ data=@",
            "<meta http-equiv=refresh content='0;url=x?#'> <meta content=0;x?#> @",
            "<link imagesrcset='x?#'> <img lowsrc=x?#> @",
            r##"{"url":"/x?#","urls":{"a":["#"],"#":1},"b":[{"homeUrl":["#",{"c":"#"}],"d":"@"}],"e":"@"}"##,
            "note\n{\"a\":\"@\",\"src\":\"x?#\",\"b\":{\"c\":\"@\"}}\n@",
        ] {
            let plain = text.replace('#', "@");
            assert_eq!(marked(&plain), text);
        }
    }

    #[test]
    fn what_leads_nowhere_is_none() {
        for text in [
            "mail @, or: @",
            "to%3D@ at%3A @ 10%25 of @, a%2Fb%20@ mailto%3A@",
            "[ann](mailto:@) <a href=\"mailto:@\">@</a> [x](@)",
            "(mailto:@), mailto:@. <mailto:@> `sms:@` mailto:@",
            r#"{\"a\":\"mailto:@\",\"b\":\"@\"}"#,
            "<base href='https://e.example/'><a href='mailto:@'>@</a>",
            "at 12:30:@ see a.b: @ 10.0.0.1:@ v1.2/@",
            r#"{"url":"https://x.example/","email":"@","phone":"tel:@"}"#,
            r"C:\Users\@\notes.txt /home/@/a.b ./a.bc/@",
            "[12:30]: @ said: src=@ user:@ 1/@",
            "https://x.example/\n@",
            r#"{"say":"to:\"@\" mail:\n@ x:\u0020@"}"#,
            r#"{\"say\": \"he said \\\"@\\\", ok\"} \\\\\\"@\\\\\\""#,
            "data = 'to @' content='by @'",
            r#"{"curled": {"a": "@"}, "b": {"url": 1}, "c": "@"}"#,
        ] {
            assert_eq!(marked(text), text);
        }
    }

    #[test]
    fn the_effort_has_an_end() {
        let text = "](".repeat(20_000) + "@";
        assert!(marked(&text).ends_with('#'));
        let text = "https:".repeat(20_000) + " @";
        assert!(marked(&text).ends_with('@'), "an address within an address is not followed again");
    }
}
