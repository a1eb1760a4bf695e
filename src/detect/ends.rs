//! Patterns that span a long way between their two ends. From everywhere at once they have more states than can be kept:
//! each is tried from its first words on alone, and only where what it has to go on to and to end with is near.

use regex::bytes::Regex;

use super::rules::{compile, is_word};
use super::words::Sought;

/// What a pattern begins with, what it has in between, and what it ends with, where that begins at most so many bytes on.
/// Of the last two, nothing where it says little.
pub(super) struct Ends {
    head: Head,
    middle: &'static str,
    tail: &'static str,
    reach: usize,
}

enum Head {
    Pattern(&'static str),
    /// One of these, where a word begins.
    Words(&'static Sought),
}

/// The ends of a rule's pattern, by its name.
pub(super) fn of(rule: &str) -> Option<&'static Ends> {
    ENDS.iter().find(|(name, _)| *name == rule).map(|(_, ends)| ends)
}

static ENDS: &[(&str, Ends)] = &[
    (
        "code.shell-send",
        Ends {
            head: Head::Words(&Sought::new(&[
                ".aws", ".gnupg", ".kube", ".ssh", "curl", "env", "printenv", "set", "wget",
            ])),
            middle: "",
            tail: r"\b(?:printenv|env|set)\s{0,3}\||\.(?:ssh|gnupg|aws|kube)\b",
            reach: 200,
        },
    ),
    (
        "poison.before-others",
        Ends {
            head: Head::Words(&Sought::new(&[
                "after",
                "always",
                "before",
                "each time",
                "every time",
                "have to",
                "must",
                "need to",
                "prior to",
                "should",
                "whenever",
            ])),
            middle: "",
            tail: "",
            reach: 0,
        },
    ),
    (
        "poison.exfiltrate",
        Ends {
            head: Head::Words(&Sought::new(&[
                "attacker",
                "bcc",
                "exfiltrat",
                "forward",
                "post",
                "send",
                "transmit",
                "upload",
            ])),
            middle: "",
            tail: r"\W(?:to|at)\W{1,3}(?:http|[\w.+-]{1,40}@|an? (?:external|remote|attacker|third)|our (?:server|endpoint)|attacker)|exfiltrat|\bbcc\b|\battacker",
            reach: 300,
        },
    ),
    (
        "poison.pass-file",
        Ends {
            head: Head::Pattern(
                r"\.ssh\b|\bid_(?:rsa|ed25519)|\.aws\b|\.netrc\b|\.kube\b|\.bash_history|/cookies\b|\bpass (?:the|all) (?:browser )?(?:cookies|history|passwords)\b",
            ),
            middle: "",
            tail: r"\b(?:(?:pass|give|send|submit|put|forward) (?:it|them|its|their|both)|as)\b",
            reach: 140,
        },
    ),
    (
        "prompt.exfiltrate",
        Ends {
            head: Head::Words(&Sought::new(&[
                "e-mail",
                "email",
                "exfiltrate",
                "forward",
                "leak",
                "post",
                "send",
                "submit",
                "transmit",
                "upload",
            ])),
            middle: r"\W(?:all|contents?|passwords?|secrets?|credentials?|api[_ -]?keys?|tokens?|conversations?|chat history|private keys?|ssh keys?|system prompt|environment variables?|\.env|sensitive|confidential|personal (?:data|information)|database)\b",
            tail: r"\W(?:to|at|via)\W{1,3}(?:https?://|[\w.+-]+@|the (?:url|address|server|endpoint|following)|an? (?:external|remote)|attacker)",
            reach: 560,
        },
    ),
    (
        "prompt.leak",
        Ends {
            head: Head::Pattern(
                r"\b(?:reveal|show|print|repeat|output|display|tell me|give me|share|leak|expose|write |recite|reproduce|return|dump|disclose|copy|what (?:is|are|was|were)|summari[sz]e|list|translate|echo|spell out)\b",
            ),
            middle: "",
            tail: r"(?:prompt|message|instruction|guidelines|rules|above)",
            reach: 600,
        },
    ),
    (
        "prompt.to-the-assistant",
        Ends {
            head: Head::Words(&Sought::new(&[
                "attention",
                "dear",
                "directive",
                "hello",
                "hey",
                "hi",
                "if you",
                "important",
                "instruct",
                "message",
                "note",
                "notice",
                "reminder",
                "warning",
                "when you",
            ])),
            middle: r"(?:ai|llm|language model|gpt|claude|gemini|bard|copilot|agent|chatbot|assistant|bot)",
            tail: r"\W(?:must|should|ignore|please|need|have to|do not|now|reading|processing|summari|send|include|tell|follow|then|you)",
            reach: 420,
        },
    ),
    (
        "secret.jwk",
        Ends {
            head: Head::Pattern(r#""kty""#),
            middle: "",
            tail: r#""(?:d|k)"\s?:\s?"[A-Za-z0-9_-]{20}"#,
            reach: 405,
        },
    ),
    (
        "secret.kubernetes-secret",
        Ends {
            head: Head::Pattern(r"\bkind['\x22]?:\s?['\x22]?Secret\b"),
            middle: "",
            tail: r"\bdata['\x22]?:\s{0,2}\{?\s",
            reach: 620,
        },
    ),
];

/// Both ends, compiled.
pub(super) struct Found {
    head: FoundHead,
    /// What has to follow, in this order.
    rest: Vec<Regex>,
    reach: usize,
}

enum FoundHead {
    Pattern(Regex),
    Words(&'static Sought),
}

impl Ends {
    pub(super) fn compile(&'static self) -> Option<Found> {
        let head = match &self.head {
            Head::Pattern(head) => FoundHead::Pattern(compile(head)?),
            Head::Words(words) => FoundHead::Words(words),
        };
        let rest = [self.middle, self.tail].into_iter().filter(|rest| !rest.is_empty());
        Some(Found { head, rest: rest.map(compile).collect::<Option<_>>()?, reach: self.reach })
    }
}

impl Found {
    /// The places from one on where a match may begin.
    pub(super) fn each<'a>(&'a self, bytes: &'a [u8], at: usize) -> impl Iterator<Item = usize> + 'a {
        let (mut from, mut rest) = (at, self.rest());
        std::iter::from_fn(move || {
            loop {
                let head = self.head.next(bytes, from)?;
                match rest.follows(bytes, head) {
                    Ok(()) => {
                        from = head + 1;
                        return Some(head);
                    }
                    Err(next) => from = next,
                }
            }
        })
    }

    /// The first of the words that a match begins with, wherever it stands.
    pub(super) fn word(&self, bytes: &[u8], from: usize) -> Option<usize> {
        match self.head {
            FoundHead::Words(words) => words.find(bytes, from).map(|(word, _)| word.start),
            FoundHead::Pattern(_) => None,
        }
    }

    /// What has to follow a beginning, asked for from left to right.
    pub(super) fn rest(&self) -> Rest<'_> {
        Rest { rest: self.rest.iter().map(Ahead::of).collect(), reach: self.reach }
    }
}

impl FoundHead {
    fn next(&self, bytes: &[u8], mut from: usize) -> Option<usize> {
        match self {
            Self::Pattern(_) if from > bytes.len() => None,
            Self::Pattern(head) => head.find_at(bytes, from).map(|head| head.start()),
            Self::Words(words) => loop {
                let (word, _) = words.find(bytes, from)?;
                let inside = |before: usize| is_word(bytes[before]) && is_word(bytes[word.start]);
                if !word.start.checked_sub(1).is_some_and(inside) {
                    return Some(word.start);
                }
                from = word.start + 1;
            },
        }
    }
}

pub(super) struct Rest<'a> {
    rest: Vec<Ahead<'a>>,
    reach: usize,
}

impl Rest<'_> {
    /// Whether all that has to follow is near a beginning, or part of it; otherwise from where on the next one may have it
    /// near.
    pub(super) fn follows(&mut self, bytes: &[u8], head: usize) -> Result<(), usize> {
        let (mut at, last) = (head, head + self.reach);
        for ahead in &mut self.rest {
            let Some(next) = ahead.first(bytes, at, last) else {
                return Err(ahead.next.saturating_sub(self.reach).max(head + 1));
            };
            at = next;
        }
        Ok(())
    }
}

/// Where a pattern begins next, asked for from left to right: what was read is not read again.
pub(super) struct Ahead<'a> {
    pattern: &'a Regex,
    /// It does not begin before here, and it begins here if that is known.
    next: usize,
    begins: bool,
}

impl<'a> Ahead<'a> {
    /// So much is read in one go.
    const STEP: usize = 4096;
    /// A pattern is no longer than this.
    const LONGEST: usize = 256;

    pub(super) fn of(pattern: &'a Regex) -> Self {
        Self { pattern, next: 0, begins: false }
    }

    /// The first place where the pattern begins, out of these.
    pub(super) fn first(&mut self, bytes: &[u8], from: usize, last: usize) -> Option<usize> {
        if self.next < from {
            (self.next, self.begins) = (from, false);
        }
        while !self.begins && self.next <= last.min(bytes.len()) {
            let end = bytes.len().min(self.next + Self::STEP);
            (self.next, self.begins) = match self.pattern.find_at(&bytes[..end], self.next) {
                Some(found) => (found.start(), true),
                None if end == bytes.len() => (usize::MAX, false),
                None => (end - Self::LONGEST, false),
            };
        }
        (self.next <= last && self.begins).then_some(self.next)
    }
}
