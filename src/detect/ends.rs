//! Patterns that span a long way between their two ends. From everywhere at once they have more states than can be kept:
//! each is tried from its first words on alone, and only where what it has to go on to and to end with is near.

use regex::bytes::Regex;

use super::rules::compile;

/// What a pattern begins with, what it has in between, and what it ends with, where that begins at most so many bytes on.
pub(super) struct Ends {
    head: &'static str,
    middle: &'static str,
    tail: &'static str,
    reach: usize,
}

/// The ends of a rule's pattern, by its name.
pub(super) fn of(rule: &str) -> Option<&'static Ends> {
    ENDS.iter().find(|(name, _)| *name == rule).map(|(_, ends)| ends)
}

static ENDS: &[(&str, Ends)] = &[
    (
        "poison.pass-file",
        Ends {
            head: r"\.ssh\b|\bid_(?:rsa|ed25519)|\.aws\b|\.netrc\b|\.kube\b|\.bash_history|/cookies\b|\bpass (?:the|all) (?:browser )?(?:cookies|history|passwords)\b",
            middle: "",
            tail: r"\b(?:(?:pass|give|send|submit|put|forward) (?:it|them|its|their|both)|as)\b",
            reach: 140,
        },
    ),
    (
        "prompt.exfiltrate",
        Ends {
            head: r"\b(?:send|forward|upload|post|e-?mail|transmit|exfiltrate|leak|submit)\b",
            middle: r"\W(?:all|contents?|passwords?|secrets?|credentials?|api[_ -]?keys?|tokens?|conversations?|chat history|private keys?|ssh keys?|system prompt|environment variables?|\.env|sensitive|confidential|personal (?:data|information)|database)\b",
            tail: r"\W(?:to|at|via)\W{1,3}(?:https?://|[\w.+-]+@|the (?:url|address|server|endpoint|following)|an? (?:external|remote)|attacker)",
            reach: 560,
        },
    ),
    (
        "prompt.leak",
        Ends {
            head: r"\b(?:reveal|show|print|repeat|output|display|tell me|give me|share|leak|expose|write |recite|reproduce|return|dump|disclose|copy|what (?:is|are|was|were)|summari[sz]e|list|translate|echo|spell out)\b",
            middle: "",
            tail: r"(?:prompt|message|instruction|guidelines|rules|above)",
            reach: 600,
        },
    ),
    (
        "prompt.to-the-assistant",
        Ends {
            head: r"\b(?:attention|note|notice|message|reminder|instruct|important|warning|directive|dear|hey|hi|hello|(?:if|when) you(?:'re| are))",
            middle: r"(?:ai|llm|language model|gpt|claude|gemini|bard|copilot|agent|chatbot|assistant|bot)",
            tail: r"\W(?:must|should|ignore|please|need|have to|do not|now|reading|processing|summari|send|include|tell|follow|then|you)",
            reach: 420,
        },
    ),
    (
        "secret.jwk",
        Ends { head: r#""kty""#, middle: "", tail: r#""(?:d|k)"\s?:\s?"[A-Za-z0-9_-]{20}"#, reach: 405 },
    ),
    (
        "secret.kubernetes-secret",
        Ends {
            head: r"\bkind['\x22]?:\s?['\x22]?Secret\b",
            middle: "",
            tail: r"\bdata['\x22]?:\s{0,2}\{?\s",
            reach: 620,
        },
    ),
];

/// Both ends, compiled.
pub(super) struct Found {
    head: Regex,
    middle: Option<Regex>,
    tail: Regex,
    reach: usize,
}

impl Ends {
    pub(super) fn compile(&self) -> Option<Found> {
        let middle = if self.middle.is_empty() { None } else { Some(compile(self.middle)?) };
        Some(Found { head: compile(self.head)?, middle, tail: compile(self.tail)?, reach: self.reach })
    }
}

impl Found {
    /// The places from one on where a match may begin.
    pub(super) fn each<'a>(&'a self, bytes: &'a [u8], at: usize) -> impl Iterator<Item = usize> + 'a {
        let (mut middle, mut tail) = (self.middle.as_ref().map(Ahead::of), Ahead::of(&self.tail));
        let mut from = at;
        std::iter::from_fn(move || {
            loop {
                let head = self.head.find_at(bytes, from)?;
                from = head.start() + 1;
                let last = head.start() + self.reach;
                let between = match &mut middle {
                    Some(middle) => middle.first(bytes, head.end(), last),
                    None => Some(head.end()),
                };
                if between.is_some_and(|between| tail.first(bytes, between, last).is_some()) {
                    return Some(head.start());
                }
            }
        })
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
    const STEP: usize = 1024;
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
