//! What an order to forget names: somebody's letter, what is printed on paper, or somebody's own words are none of what
//! an assistant was told.

use super::super::super::around::{Around, Part, words};
use super::own::{CLAUSE, JOINS, TOPICS, addresses};

/// One message of a person to others.
const LETTERS: &[&str] = &[
    "bericht",
    "correo",
    "courriel",
    "email",
    "mail",
    "mensagem",
    "mensaje",
    "message",
    "messaggio",
    "nachricht",
];
/// Whose it is, or that it is one.
const ONE: &[&str] = &[
    "das", "der", "die", "diese", "el", "este", "il", "la", "le", "lo", "mein", "meine", "meu", "mi",
    "minha", "mio", "mon", "my", "notre", "nuestro", "our", "questo", "that", "the", "this", "unsere",
];
/// Who or what is spoken to, or of, where it is a message to an assistant after all.
const MACHINES: &[&str] = &[
    "agent",
    "ai",
    "assistant",
    "assistent",
    "asistente",
    "chatbot",
    "developer",
    "instructions",
    "ki",
    "llm",
    "model",
    "prompt",
    "rules",
    "sistema",
    "system",
    "systems",
    "tool",
    "user",
];
/// What has instructions for people. A page has them where it has a number.
const PAPERS: &[&str] = &[
    "anleitung",
    "bedienungsanleitung",
    "betriebsanleitung",
    "brochure",
    "gebrauchsanleitung",
    "gebrauchsanweisung",
    "handbook",
    "handbuch",
    "leaflet",
    "libretto",
    "manual",
    "manuale",
    "manuel",
    "montageanleitung",
    "notice",
    "packaging",
    "receta",
    "recette",
    "recipe",
    "rezept",
    "ricetta",
];
const PAGES: &[&str] =
    &["capitolo", "capitulo", "chapitre", "chapter", "kapitel", "page", "pagina", "seite", "section", "step"];
/// Whose instructions, or how many, are more than what a paper says.
const SWEEPING: &[&str] = &[
    "all",
    "alle",
    "allen",
    "any",
    "deine",
    "every",
    "everything",
    "ihre",
    "todas",
    "todos",
    "tous",
    "tes",
    "tue",
    "tus",
    "tutte",
    "tutti",
    "toutes",
    "vos",
    "your",
];
/// What stands between instructions and what they are of.
const LINKS: &[&str] = &[
    "a", "auf", "aus", "da", "dans", "das", "de", "del", "della", "dem", "den", "der", "des", "di", "die",
    "do", "du", "el", "en", "for", "from", "im", "in", "la", "le", "les", "nel", "nella", "of", "on", "sul",
    "sur", "the", "this", "von", "zum", "zur",
];
/// What is said of instructions behind them, in some languages.
const FORMER: &[&str] = &["anterior", "preced", "previ"];
const SAID: &[&str] = &["mentioned", "posted", "said", "wrote"];
/// What somebody may have said of an assistant.
const ITS: &[&str] = &[
    "all",
    "conversation",
    "everything",
    "guidelines",
    "policy",
    "prompt",
    "rules",
    "safety",
    "system",
    "you",
    "your",
];

/// `ignore my previous message.`: one message, and nothing to be done instead in the same clause.
pub(super) fn is_a_letter(around: &Around<'_>) -> bool {
    let mut object = around.words(Part::Span).skip(1).peekable();
    let one = object.by_ref().any(|word| ONE.contains(&word));
    let letter = object.any(|word| LETTERS.contains(&word));
    let machine = |part: Part| around.words(part).any(|word| MACHINES.contains(&word));
    one && letter
        && around.words(CLAUSE).count() <= 2
        && !around.words(CLAUSE).any(|word| JOINS.contains(&word))
        && ![Part::Before, Part::Span, Part::After].into_iter().any(machine)
}

/// `the instructions in the manual`, `the previous instructions on page 3`
pub(super) fn is_of_a_paper(around: &Around<'_>) -> bool {
    if around.words(Part::Span).any(|word| SWEEPING.contains(&word)) {
        return false;
    }
    let former = |word: &str| FORMER.iter().any(|begin| word.starts_with(begin));
    let mut rest = around.words(CLAUSE).skip_while(|word| former(word)).peekable();
    let mut linked = false;
    while rest.next_if(|word| LINKS.contains(word)).is_some() {
        linked = true;
    }
    let Some(named) = rest.next().filter(|_| linked) else { return false };
    let page = PAGES.contains(&named)
        && rest.next_if(|word| word.bytes().all(|byte| byte.is_ascii_digit())).is_some();
    let mut goes_on = rest.skip_while(|word| !JOINS.contains(word)).skip(1).peekable();
    let alone = goes_on.peek().is_none() || goes_on.any(|word| PAPERS.contains(&word));
    let away = |part: &str| part.contains(['@']) || part.contains("://");
    (page || PAPERS.contains(&named)) && alone && !away(around.part(Part::Rest))
}

/// `ignore what I said about the garden`: not about what the assistant is told, unless it is what others are told.
pub(super) fn is_said_of_something(around: &Around<'_>) -> bool {
    let mut said = words(around.part(Part::Onward)).skip(1);
    let speaks = said.by_ref().take(4).any(|word| ["i", "we"].contains(&word))
        && said.next().is_some_and(|word| SAID.contains(&word))
        && said.next() == Some("about");
    let clause = around.part(Part::Onward).split([',', '.', '!', '?', ':', '"']).next().unwrap_or_default();
    let mut topic = words(clause).skip_while(|word| *word != "about").skip(1).peekable();
    let plain = |word: &str| !ITS.contains(&word) && !JOINS.contains(&word);
    speaks
        && topic.peek().is_some()
        && topic.by_ref().take_while(|word| !word.starts_with("instruct")).all(plain)
        && {
            // Those of the warehouse: `for the warehouse`.
            let told = clause.rsplit_once("instructions").map(|(_, of)| of);
            told.is_none_or(|of| {
                let mut of_whom = words(of);
                of_whom.next().is_some_and(|word| TOPICS.contains(&word))
                    && of_whom.next().is_some()
                    && !addresses(of)
                    && words(of).all(plain)
            })
        }
}
