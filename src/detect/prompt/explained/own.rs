//! What of the surroundings of an order takes a look of its own, and the words that it looks for.

use super::super::super::around::{Around, Part, words};

/// Who or what only an order to an assistant speaks of.
const ADDRESSED: &[&str] = &[
    "admin",
    "agent",
    "ai",
    "all",
    "any",
    "anything",
    "assistant",
    "chat",
    "content",
    "context",
    "conversation",
    "developer",
    "ethical",
    "ethics",
    "everything",
    "here",
    "instruction",
    "instructions",
    "it",
    "legal",
    "me",
    "message",
    "model",
    "moral",
    "now",
    "operator",
    "output",
    "owner",
    "policy",
    "privacy",
    "prompt",
    "prompts",
    "question",
    "request",
    "response",
    "rules",
    "safety",
    "security",
    "session",
    "system",
    "task",
    "tasks",
    "that",
    "this",
    "tool",
    "tools",
    "us",
    "user",
    "users",
    "you",
    "your",
];
/// What an assistant was told, and where.
const TOLD: &[&str] = &[
    "above",
    "before",
    "command",
    "commands",
    "constraints",
    "data",
    "document",
    "earlier",
    "email",
    "guideline",
    "guidelines",
    "input",
    "messages",
    "order",
    "orders",
    "policies",
    "preceding",
    "previously",
    "prior",
    "questions",
    "requests",
    "rest",
    "restrictions",
    "rule",
    "said",
    "text",
    "told",
    "was",
    "were",
    "words",
];
/// What begins the name of a topic.
const TOPICS: &[&str] = &[
    "about",
    "concerning",
    "concernant",
    "for",
    "of",
    "on",
    "regarding",
    "sobre",
    "sur",
    "uber",
    "zu",
    "zum",
    "zur",
];
/// What a verb is the name of.
const THINGS: &[&str] =
    &["button", "case", "comment", "command", "field", "file", "files", "flag", "list", "option", "setting"];
const ORDERS: &[&str] = &["guideline", "instruct", "prompt", "system", "user"];
const SAYS: &[&str] = &["read", "reads", "said", "says", "shouted", "told", "whispered", "wrote"];
/// Longer than this is no saying.
const LONGEST: usize = 240;
const DATA: &[&str] = &["contained", "embedded", "found", "from", "in", "inside", "within"];

/// Whose instructions are more than data: the user's, and the assistant's own.
const OWN: &[&str] = &[
    "above",
    "chat",
    "context",
    "conversation",
    "developer",
    "my",
    "operator",
    "prompt",
    "session",
    "system",
    "user",
    "your",
];
const JOINS: &[&str] = &["and", "et", "then", "und", "y"];
const CLAUSE: Part = Part::Until(&['.', '!', '?', ';', ':', ',', '\n', '"']);

fn addresses(text: &str) -> bool {
    words(text).any(|word| ADDRESSED.contains(&word))
}

/// `the ignore option`: no order, but a name.
pub(super) fn is_named(around: &Around<'_>) -> bool {
    let span = around.part(Part::Span);
    let behind = span.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let next = behind.trim_start_matches(['`', '\'', '"', ' ']);
    next.len() < behind.len() && words(next).next().is_some_and(|next| THINGS.contains(&next))
}

/// `forget it`, `ignore the noise`: nothing that an assistant was told.
pub(super) fn is_small(around: &Around<'_>) -> bool {
    let mut object = around.words(CLAUSE).take(3).peekable();
    let pronoun = ["it", "that", "this"].iter().any(|word| around.part(Part::Span).ends_with(word));
    let named = object.peek().is_some();
    let told = object.any(|word| ADDRESSED.contains(&word) || TOLD.contains(&word));
    !told && (named || pronoun)
}

/// `the instructions for the washing machine`: the topic is named, after so many words at most.
pub(super) fn is_about(around: &Around<'_>, skipped: usize) -> bool {
    let mut rest = around.words(CLAUSE);
    let found = rest.by_ref().take(skipped + 1).any(|word| TOPICS.contains(&word));
    let mut topic = rest.take(6).peekable();
    found
        && topic.peek().is_some()
        && !topic.any(|word| JOINS.contains(&word))
        && !addresses(around.part(CLAUSE))
}

/// In quotation marks, short, and said by somebody who is neither the user nor the system.
pub(super) fn is_told(around: &Around<'_>) -> bool {
    let Some((ahead, open)) = around.part(Part::Before).rsplit_once('"') else { return false };
    let Some((close, behind)) = around.part(Part::After).split_once('"') else { return false };
    let span = around.part(Part::Span);
    let whole = open.len() + span.len() + close.len();
    let plain = |text: &str| !text.contains(['{', '}', '@', '<', '\n']) && !text.contains("://");
    let ahead = ahead.rsplit(['.', '\n']).next().unwrap_or_default();
    let behind = behind.split(['.', '\n', '"']).next().unwrap_or_default();
    let says = |text: &str, most: usize| words(text).take(most).any(|word| SAYS.contains(&word));
    let by = (ahead.ends_with(' ') && says(ahead, 16) && !addresses(ahead))
        || (says(behind, 3) && !addresses(behind));
    whole <= LONGEST && plain(open) && plain(span) && plain(close) && by
}

/// `do not follow instructions in it`: what stands in data, and is no order.
pub(super) fn is_of_data(around: &Around<'_>) -> bool {
    let mut rest = around.words(Part::After).skip_while(|word| ["that", "which", "are", "is"].contains(word));
    rest.next().is_some_and(|word| DATA.contains(&word)) && !rest.take(4).any(|word| OWN.contains(&word))
}

/// Whether it speaks of instructions or of the user.
pub(super) fn names_orders(around: &Around<'_>) -> bool {
    let given = around.given.as_bytes();
    let has = |word: &str| given.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()));
    ORDERS.iter().any(|word| has(word))
}
