//! What a result of a tool has no reason to say.

use super::super::rules::{Rule, rules};
use super::super::{Finding, Kind};

pub(super) const RULES: &[Rule] = rules! {
    "prompt.shape-answer" "address" 0.6 ["your response" "your answer" "your reply" "your explanation" "your codebase" "your implementation" "your elucidation" "your solution" "into your code"]
        r"(?:^|[.!?\n:;,\x22'|]\s{0,3}|\b(?:please|to proceed|hesitate to|then|and)[, ]{1,3})(?:add|include|integrate|incorporate|embed|insert|mention|append|blend|use|write|provide|translate|scramble|replace|modify|encode|employ|introduce|enhance|make|ensure|fuse|merge|weave|suggest|recommend|display|format|reverse|end|begin|start|in your (?:response|answer))\b[^\n]{0,140}?\byour (?:response|answer|reply|explanation|codebase|implementation|elucidation|solution)\b|(?:^|[.!?\n|]\s{0,3})in your (?:response|answer|reply),? (?:suggest|recommend|mention|tease|include|highlight|hint|imply|promote|advertise|ask|tell|claim|say|add|use|offer|encourage|share|promise|urge|invite|insert|emphasi[sz]e|announce|pretend|provide|warn)"
        "Data says what the assistant's answer should hold."
    "prompt.regardless" "override" 0.7 ["regardless of"] & ["previous" "prior" "earlier" "above" "preceding"]
        r"\bregardless\s+of\s+(?:any\s+|all\s+|the\s+|your\s+|other\s+|my\s+){0,2}(?:previous|prior|earlier|above|preceding)\s+(?:tasks?|instructions?|prompts?|directions?|commands?|rules?|orders?|guidelines?)\b"
        "Data says that what was asked before does not count."
    "prompt.forget-that" "override" 0.6 ["forget"] & ["you" "tell" "write" "give" "provide" "translate" "print" "output" "answer" "explain"]
        r"(?:^|[.!?\n:;>]\s{0,3})forget\s+(?:about\s+)?(?:all\s+)?(?:that|this|it|everything(?:\s+else)?)\s?[,.;:!-]{1,3}\s{0,3}(?:and\s+|now,?\s+|instead,?\s+|just\s+|please\s+){0,2}(?:(?:can|could|would|will)\s+you|tell\s+me|write|give\s+me|provide|translate|print|output|answer|explain)\b"
        "Data asks for something else than was asked."
    "prompt.leak-before" "leak" 0.7 ["instruction" "irective"] & ["output" "print" "repeat" "reveal" "display" "recite" "list" "show" "dump"]
        r"\b(?:output|print|repeat|reveal|display|recite|list|show|dump)\s+(?:me\s+|us\s+|all\s+|of\s+|your\s+|the\s+|my\s+){0,4}(?:previous|prior|initial|earlier|system|hidden)\s+(?:instructions?|directives?)\b"
        "Data asks for the instructions of the assistant."
};

/// The first words of a request that only an assistant is asked.
const REQUESTS: &[&str] = &[
    "translate ",
    "compose ",
    "tell me ",
    "give me ",
    "how do you say ",
    "how would you say ",
    "how do you spell ",
    "what is the meaning of ",
    "what's the meaning of ",
    "what is the translation ",
    "what is the capital ",
    "who wrote ",
    "who invented ",
    "who painted ",
    "who discovered ",
    "paraphrase ",
    "rephrase ",
    "come up with ",
];
/// Words that people write to each other as well, and what an assistant alone is asked to make.
const VERBS: &[&str] = &[
    "write ",
    "provide ",
    "describe ",
    "generate ",
    "recommend ",
    "craft ",
    "draft ",
    "create ",
    "explain ",
    "rewrite ",
    "summarize ",
    "summarise ",
    "invent ",
    "make up ",
    "suggest ",
    "calculate ",
    "define ",
    "what is ",
    "what's ",
];
const WORKS: &[&str] = &[
    "poem",
    "story",
    "haiku",
    "song",
    "essay",
    "joke",
    "riddle",
    "limerick",
    "tweet",
    "sentence",
    "paragraph",
    "synonym",
    "antonym",
    "translation",
    "equivalent",
    "recipe",
    "verse",
    "lyrics",
    "slogan",
    "metaphor",
    "spanish",
    "french",
    "german",
    "italian",
    "russian",
    "chinese",
    "japanese",
    "english",
    "portuguese",
    "sonnet",
    "fable",
    "quote",
    "dialogue",
    "summary of",
    "overview of",
    "movie",
    "book",
    "works",
    "example",
    "square root",
    "your answer",
];
const LONGEST_REQUEST: usize = 200;

/// Adds a request that is the first or the last line of a result: nobody asked the tool for it.
pub(in super::super) fn at_the_edge(text: &str, found: &mut Vec<Finding>) {
    let mut lines = text.trim().lines();
    let (Some(first), Some(last)) = (lines.next(), lines.next_back()) else { return };
    for line in [first, last] {
        let line = line.trim();
        let asks = |start: &str| line.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
        let ended = line.len() <= LONGEST_REQUEST && line.ends_with(['.', '?', '!']);
        let work = || {
            let lower = line.to_ascii_lowercase();
            WORKS.iter().any(|work| lower.contains(work))
        };
        if ended
            && (REQUESTS.iter().any(|start| asks(start)) || VERBS.iter().any(|start| asks(start)) && work())
        {
            let start = line.as_ptr() as usize - text.as_ptr() as usize;
            found.push(Finding {
                kind: Kind::PromptInjection,
                label: "request",
                span: start..start + line.len(),
                score: 0.55,
                rule: super::REQUEST,
                reason: "A request to the assistant stands at the edge of a result.",
            });
        }
    }
}
