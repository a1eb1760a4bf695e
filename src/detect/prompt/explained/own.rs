//! What of the surroundings of an order takes a look of its own, and the words that it looks for.

use super::super::super::Place;
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
const MACHINES: &[&str] = &[
    "agent",
    "agents",
    "ai",
    "ais",
    "assistant",
    "assistants",
    "bot",
    "bots",
    "chatbots",
    "copilots",
    "llm",
    "llms",
    "model",
    "models",
    "you",
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
pub(super) const TOPICS: &[&str] = &[
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
/// What an order to an assistant names.
const ORDERS: &[&str] = &["guideline", "instruct", "prompt", "system", "user"];
/// What others are told as well.
const LAWS: &[&str] =
    &["constraint", "directive", "guardrail", "polic", "programming", "restriction", "rule", "safe"];
const SAYS: &[&str] = &["read", "reads", "said", "says", "shouted", "told", "whispered", "wrote"];
/// Longer than this is no saying.
const LONGEST: usize = 240;
/// So many words beside the order are none of their own.
const SAYING: usize = 2;
/// Behind these, and before `instructions`, something is named.
const ARTICLES: &[&str] = &["a", "an", "its", "the", "this"];
const DATA: &[&str] = &["by", "contained", "embedded", "found", "from", "in", "inside", "returned", "within"];
/// What stands in data beside instructions.
const BESIDE: &[&str] = &["and", "commands", "links", "or", "orders", "prompts", "requests"];

/// What begins the name of data.
const NAMES: &[&str] = &[
    "a",
    "an",
    "any",
    "attachments",
    "comments",
    "content",
    "documents",
    "emails",
    "external",
    "fetched",
    "files",
    "it",
    "its",
    "messages",
    "page",
    "pages",
    "result",
    "results",
    "retrieved",
    "search",
    "such",
    "that",
    "the",
    "their",
    "them",
    "there",
    "these",
    "this",
    "those",
    "tool",
    "untrusted",
    "web",
];
/// Whose instructions are more than data: the user's, and the assistant's own.
const OWN: &[&str] = &[
    "above",
    "chat",
    "context",
    "conversation",
    "developer",
    "earlier",
    "given",
    "initial",
    "my",
    "operator",
    "previous",
    "prior",
    "prompt",
    "session",
    "system",
    "user",
    "your",
];
pub(super) const JOINS: &[&str] = &["and", "et", "then", "und", "y"];
pub(super) const CLAUSE: Part = Part::Until(&['.', '!', '?', ';', ':', ',', '\n', '"']);

pub(super) fn addresses(text: &str) -> bool {
    words(text).any(|word| ADDRESSED.contains(&word))
}

/// `the ignore option`: no order, but a name.
pub(super) fn is_named(around: &Around<'_>) -> bool {
    let span = around.part(Part::Span);
    let behind = span.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let next = behind.trim_start_matches(['`', '\'', '"', ' ']);
    let ahead = around.part(Part::Ahead);
    let quoted = ahead.ends_with(['`', '\'', '"']) && behind.starts_with(['`', '\'', '"']);
    let the = || words(ahead).next_back().is_some_and(|word| ARTICLES.contains(&word));
    next.len() < behind.len()
        && words(next).next().is_some_and(|next| THINGS.contains(&next))
        && (quoted || the())
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
    // In a result a saying is no more than the order.
    let short = around.place != Place::Result || words(open).chain(words(close)).count() <= SAYING;
    short && whole <= LONGEST && plain(open) && plain(span) && plain(close) && by
}

/// `do not follow instructions in it`: what stands in data that is named, and is no order.
pub(super) fn is_of_data(around: &Around<'_>) -> bool {
    const LINKS: &[&str] =
        &["are", "appear", "be", "is", "may", "might", "that", "which", "you", "find", "see"];
    let rest = around.words(CLAUSE).skip_while(|word| BESIDE.contains(word));
    let mut rest = rest.skip_while(|word| LINKS.contains(word)).peekable();
    let stands = rest.next_if(|word| DATA.contains(word)).is_some();
    while rest.next_if(|word| DATA.contains(word)).is_some() {}
    let named = rest.next().is_some_and(|word| NAMES.contains(&word));
    stands && named && !rest.take(5).any(|word| OWN.contains(&word))
}

/// `you will receive the newsletter`: what comes to people, and is nothing that they do.
pub(super) fn tells_what_comes(around: &Around<'_>) -> bool {
    const COMES: &[&str] = &["find", "get", "pay", "receive", "see"];
    const DONE: &[&str] =
        &["able", "asked", "billed", "charged", "informed", "invited", "notified", "reminded", "sent"];
    let mut next = around.words(CLAUSE).skip_while(|word| ["also", "no", "longer", "only"].contains(word));
    next.next().is_some_and(|word| {
        COMES.contains(&word) || word == "be" && next.next().is_some_and(|done| DONE.contains(&done))
    })
}

/// `of the group`: a right that a person gets in a place of people.
pub(super) fn grants_a_group(around: &Around<'_>) -> bool {
    const GROUPS: &[&str] = &[
        "album",
        "association",
        "board",
        "calendar",
        "channel",
        "chat",
        "class",
        "club",
        "community",
        "course",
        "event",
        "family",
        "folder",
        "forum",
        "group",
        "list",
        "organisation",
        "organization",
        "page",
        "project",
        "repository",
        "room",
        "space",
        "team",
        "workspace",
    ];
    let mut behind =
        around.words(Part::After).skip_while(|word| ["istrator", "istrators", "s"].contains(word));
    behind.next().is_some_and(|word| ["for", "in", "of"].contains(&word))
        && behind
            .find(|word| !["a", "an", "our", "the", "this", "your"].contains(word))
            .is_some_and(|word| GROUPS.contains(&word))
}

/// `<|im_start|> is the token that …`: a mark that is spoken of, and opens nothing.
pub(super) fn is_spoken_of(around: &Around<'_>) -> bool {
    const OF: &[&str] =
        &["chatml", "delimiter", "delimiters", "marker", "template", "token", "tokenizer", "tokens"];
    const ROLES: &[&str] = &["assistant", "developer", "model", "system", "tool", "user"];
    const SAYS: &[&str] =
        &["and", "are", "begins", "closes", "ends", "is", "marks", "opens", "or", "stands", "token"];
    let quoted = around.part(Part::Ahead).ends_with(['`', '"', '\'']);
    let mut behind = around.words(Part::After);
    let next = behind.next();
    let says = around.part(Part::After).starts_with([' ', '`', '"', '\'', ','])
        && next.is_some_and(|word| SAYS.contains(&word) || quoted && !ROLES.contains(&word));
    let speaks = around.words(Part::Sentence).any(|word| OF.contains(&word));
    let acts = |text: &str| text.contains('\n') && words(text).any(|word| ROLES.contains(&word));
    says && speaks && !acts(around.part(Part::After))
}

/// `the customer's name`: what is not to be told of somebody, and not what is kept from them.
pub(super) fn is_somebodys(around: &Around<'_>) -> bool {
    const TELLS: &[&str] =
        &["alert", "inform", "informing", "let", "notify", "tell", "telling", "to", "from"];
    const NOT: &[&str] = &["already", "been", "being", "getting", "going", "not", "now"];
    let after = around.part(Part::After);
    let thing = ["'s ", "\u{2019}s "].iter().find_map(|end| after.strip_prefix(end));
    thing.is_some_and(|thing| words(thing).next().is_some_and(|word| !NOT.contains(&word)))
        && !around.words(Part::Span).any(|word| TELLS.contains(&word))
}

/// Whether it speaks neither of instructions nor of the user, and of rules only where it says who keeps to none.
pub(super) fn names_no_orders(around: &Around<'_>) -> bool {
    let given = around.given.to_ascii_lowercase();
    let has = |any: &[&str]| any.iter().any(|word| given.contains(word));
    !has(ORDERS) && (!has(LAWS) || has_subject(around))
}

/// `later patterns override …`, `members may ignore …`: the verb of a sentence, and no order.
fn has_subject(around: &Around<'_>) -> bool {
    const MAY: &[&str] = &["can", "could", "may", "might", "will", "would"];
    const NOBODY: &[&str] = &["always", "says", "this", "thus", "us", "yes"];
    let lead = around.part(Part::Lead);
    let mut before = words(lead).rev().peekable();
    let may = before.next_if(|word| MAY.contains(word)).is_some();
    let several = |word: &str| word.ends_with('s') && !NOBODY.contains(&word);
    lead.trim_end().ends_with(char::is_alphanumeric)
        && before.next().is_some_and(|word| may || several(word))
        && !words(lead).any(|word| MACHINES.contains(&word))
}
