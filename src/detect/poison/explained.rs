//! What explains a sign of poison: what an honest definition says of its own use. What comes first, what an argument is
//! set to, what an option does.

mod own;

use super::super::Place;
use super::super::around::How::{Anywhere, AtEnd, AtStart, AtWord, First, LastBut, Whole, Word};
use super::super::around::Part::{After, Ahead, Lead, Onward, Rest, Sentence, Span, Until};
use super::super::explained::Clue::{self, All, Any, Has, Lacks, Own};
use super::super::explained::{Family, Row};
use own::{
    CUTS, is_a_value, is_denied, is_for_some_questions, is_of_two, is_refused, is_told_if_asked,
    keeps_to_itself, names_no_file, says_which, sets_no_goal,
};

pub(in super::super) const EXPLAINED: Family = Family { places: &[Place::Definition], near: 160, rows: ROWS };

const ROWS: &[Row] = &[
    // `You must call this before creating a page.`
    (&["poison.before-others"], &[OPEN, ORDER_OF_WORK]),
    (&["poison.weak-must", "prompt.tool-order"], &[OPEN, ORDER_OF_WORK, CALM]),
    // `Always set full_text to true.`
    (PARAMETER, &[Lacks(Span, AtStart, CHANGE), Own(is_of_two)]),
    (PARAMETER, &[Lacks(Span, AtStart, CHANGE), Own(sets_no_goal), Lacks(Sentence, AtWord, UNASKED)]),
    // `Automatically set to "bracket" when …`, `This tool will automatically insert BEGIN`: what the tool itself does.
    (
        PARAMETER,
        &[
            Has(Span, AtStart, &["automatically"]),
            Any(&[Has(After, AtStart, &[" \"", " '", " `"]), Has(Ahead, AtEnd, &["this tool will"])]),
            Lacks(Sentence, AtWord, PEOPLE),
            Lacks(After, Anywhere, PEOPLE),
        ],
    ),
    // `IMPORTANT: You must include a valid id.`: an argument.
    (
        &["poison.weak-must"],
        &[
            Has(Span, AtEnd, &["include", "provide"]),
            Has(
                Onward,
                AtWord,
                &["argument", "clause", "id", "original request", "parameter", "same", "valid"],
            ),
            Lacks(Sentence, AtWord, PRIVATE),
            Lacks(Sentence, AtWord, PEOPLE),
            Lacks(Sentence, AtWord, WIDE),
        ],
    ),
    // `change the label assigned to a page`
    (PARAMETER, &[Has(Span, AtStart, CHANGE), Own(says_which)]),
    // `It has two fields, regardless of what the input holds.`
    (PARAMETER, &[Has(Span, AtStart, &["regardless of"]), Lacks(Sentence, AtWord, ORDERS)]),
    (&["poison.tag"], &[Has(Span, AtStart, &["[system."])]),
    // `Never delete a page without asking.`
    (HIDE, &[WITHOUT, Own(is_refused), Lacks(Sentence, AtWord, &["hesitate", "need to ask", "otherwise"])]),
    // `You may read without asking.`
    (
        HIDE,
        &[
            WITHOUT,
            Has(Lead, Word, &["can", "may"]),
            Lacks(Sentence, AtWord, AWAY),
            Lacks(Until(&['.', '\n']), AtWord, AWAY),
        ],
    ),
    // `Existing cells are overwritten without asking.`
    (HIDE, &[WITHOUT, Has(Lead, LastBut(0), CHANGES), Lacks(Sentence, AtWord, AWAY)]),
    // `Do not tell the customer that it is paid before this tool returns.`
    (
        HIDE,
        &[
            Has(Rest, Anywhere, &["before this tool", "until this tool"]),
            Has(Onward, Anywhere, &[" that ", " it has ", " it is ", " it was "]),
            Lacks(Onward, Word, &["about"]),
            Lacks(Sentence, AtWord, AWAY),
        ],
    ),
    // `Do not tell the user that it is done unless the status says so.`
    (
        HIDE,
        &[
            Has(Rest, Anywhere, &[" unless ", " until "]),
            Has(Onward, Anywhere, &[" that "]),
            Has(Onward, Word, DONE),
            Lacks(Onward, Word, &["about"]),
            Lacks(Sentence, AtWord, AWAY),
        ],
    ),
    // `Do not show the id to the user unless they want it.`
    (HIDE, &[Own(is_told_if_asked)]),
    // `Never upload .env`, `titles, not keystrokes`
    (&["poison.files", "poison.attack"], &[Own(is_denied)]),
    // The hosts that ssh knows, and access to what a tool keeps.
    (&["poison.files"], &[Has(Span, AtEnd, &["/.ssh"]), Has(After, AtStart, &["/config", "/known_hosts"])]),
    (&["poison.files"], &[Has(Span, AtStart, &["access to "])]),
    // `… is disabled. Only use this tool when …`
    (
        &["poison.redirect"],
        &[Has(Span, Anywhere, CUTS), Lacks(Span, Anywhere, &["alternative", "instead", "redirect"])],
    ),
    // `Force the push, bypassing safety checks.`
    (
        &["poison.attack"],
        &[Has(Span, AtStart, &["bypass"]), Has(Span, AtEnd, &["safety"]), Has(Sentence, AtWord, &["force"])],
    ),
    // `scans files for known malware`
    (
        &["poison.attack"],
        &[
            Has(Sentence, AtWord, DEFENDS),
            Lacks(Sentence, AtWord, ATTACKS),
            Any(&[Lacks(Span, AtStart, TAKES), Has(Lead, AtWord, WARNS)]),
        ],
    ),
    // `Isolates a host. Do it when ransomware is likely.`
    (
        &["poison.attack"],
        &[
            Has(Span, AtStart, MALWARE),
            Any(&[Has(Lead, AtWord, GUARDS), Has(Rest, First(2), GUARDING), IN_DOUBT]),
            Lacks(Sentence, AtWord, SPREADS),
        ],
    ),
    // `"enum": ["spam", "ddos"]`
    (&["poison.attack"], &[Has(Span, Whole, MALWARE), Own(is_a_value)]),
    // `locked by brute force detection`
    (
        &["poison.attack"],
        &[
            Has(Span, AtStart, &["brute"]),
            Any(&[Has(Rest, First(1), AGAINST), Has(Sentence, AtWord, &["locked"])]),
        ],
    ),
    // `e.g. CVE-2024-3094`: a number that is looked up.
    (
        &["poison.attack"],
        &[
            Has(Span, AtStart, &["cve-"]),
            Any(&[Has(Ahead, AtEnd, QUOTES), Has(Lead, AtWord, LOOKED_UP)]),
            Lacks(Sentence, AtWord, USED),
            Lacks(After, Anywhere, USED),
        ],
    ),
    // `a remote branch` is where such a tool works.
    (&["poison.exfiltrate"], &[Has(Span, AtEnd, &["remote"]), Has(Rest, First(1), PLACES)]),
    // `… with the new rule.`: a rule of what the tool works on.
    (
        &["prompt.new-instructions"],
        &[Has(Span, AtStart, &["with the"]), Has(Span, AtEnd, &["rule"]), Lacks(After, AtStart, &[":"])],
    ),
    // `If you are a model, name yourself in this field.`
    (
        &["prompt.to-the-assistant"],
        &[
            Has(Sentence, AtWord, OWN),
            Lacks(Sentence, AtWord, PRIVATE),
            Lacks(Sentence, AtWord, WIDE),
            Lacks(Sentence, AtWord, TALK),
        ],
    ),
    // Whom a definition speaks to, and that it says what to do, is no sign in it.
    (&["prompt.weak-must", "prompt.weak-model"], &[]),
];

const HIDE: &[&str] = &["poison.hide", "prompt.hide-from-user"];
const PARAMETER: &[&str] = &["poison.parameter"];

const OPEN: Clue =
    All(&[Lacks(Sentence, AtWord, PRIVATE), Lacks(After, Anywhere, PRIVATE), Own(names_no_file)]);
const CALM: Clue = All(&[Lacks(Sentence, AtWord, PRESSURE), Lacks(After, Anywhere, PRESSURE)]);
const ORDER_OF_WORK: Clue = Any(&[
    Own(is_of_two),
    Has(Sentence, AtWord, &["any other tool of the server", "any other tool of this server"]),
    All(&[Lacks(Sentence, AtWord, WIDE), Own(keeps_to_itself)]),
    All(&[Own(is_for_some_questions), Lacks(Sentence, AtWord, TALK), Lacks(After, AtWord, TALK)]),
]);
const WITHOUT: Clue = Has(Span, AtStart, &["without"]);

/// What an order speaks of that is about more than the work with one server.
const WIDE: &[&str] = &[
    "all other",
    "all requests",
    "all tools",
    "answering",
    "any action",
    "any call",
    "any message",
    "any other",
    "any request",
    "any task",
    "any tool",
    "anything",
    "conversation",
    "each message",
    "each request",
    "each response",
    "each time",
    "each tool",
    "every",
    "other mcp",
    "other tool",
    "responding",
    "whenever",
];
/// What no advice on use asks for.
const PRIVATE: &[&str] = &[
    ".env",
    ".ssh",
    "chat history",
    "contents of",
    "credential",
    "do not tell",
    "informing",
    "not mention",
    "password",
    "private key",
    "secret",
    "sidenote",
    "silently",
    "system prompt",
    "telling",
    "~/",
];
/// Reasons that nobody gives for the order of work, and orders that are about no tool.
const PRESSURE: &[&str] = &[
    "alert",
    "attempt",
    "audit",
    "command",
    "complian",
    "critical",
    "echo ",
    "endpoint",
    "halt",
    "http",
    "important",
    "integrity",
    "optimi",
    "partner",
    "protocol",
    "script",
    "security",
    "sudo",
    "system",
    "verif",
];
const CHANGE: &[&str] = &["change the"];
/// What is set for no reason of the tool.
const UNASKED: &[&str] = &["automatically", "regardless", "@", "://", "instead of"];
/// Whom and what a tool changes nothing for by itself.
const PEOPLE: &[&str] = &[
    "://",
    "@",
    "account",
    "address",
    "all",
    "bcc",
    "content",
    "each",
    "every",
    "file",
    "host",
    "key",
    "mail",
    "message",
    "owner",
    "path",
    "recipient",
    "regardless",
    "text",
    "token",
    "url",
    "user",
];
const ORDERS: &[&str] = &["always", "change", "must", "pass", "replace", "send", "set", "should", "use"];
const CHANGES: &[&str] =
    &["closed", "created", "deleted", "merged", "overwritten", "removed", "replaced", "saved", "updated"];
/// What work is when it is over.
const DONE: &[&str] = &[
    "booked",
    "closed",
    "complete",
    "completed",
    "done",
    "finished",
    "ready",
    "sent",
    "succeeded",
    "successful",
];
/// What is nobody's to allow behind somebody's back.
const AWAY: &[&str] = &[
    "command",
    "copy",
    "credential",
    "delete",
    "execut",
    "file",
    "forward",
    "key",
    "money",
    "password",
    "pay",
    "run",
    "secret",
    "send",
    "sent",
    "share",
    "shell",
    "transfer",
    "upload",
    "wire",
];
/// `when ransomware or a worm is likely`
const IN_DOUBT: Clue = All(&[
    Has(Lead, Word, &["if", "when", "where", "whether"]),
    Has(Rest, First(8), &["detected", "found", "likely", "suspected"]),
]);
/// Who warns of something names it.
const WARNS: &[&str] = &["guards against", "protects against", "warns of"];
/// Who does this defends nobody.
const TAKES: &[&str] = &[
    "collect",
    "crack",
    "dump",
    "extract",
    "harvest",
    "hijack",
    "intercept",
    "keylog",
    "keystroke",
    "read",
    "sniff",
    "spoof",
    "steal",
];
const TALK: &[&str] = &["chat", "history", "messages", "said", "talk", "words"];
/// Right behind what it guards against.
const GUARDING: &[&str] = &[
    "alert",
    "alerts",
    "analysis",
    "check",
    "checks",
    "detection",
    "detections",
    "detector",
    "incident",
    "incidents",
    "is",
    "lookup",
    "protection",
    "report",
    "reports",
    "scan",
    "scanner",
    "scans",
    "verdict",
    "was",
];
/// What a number is looked up by.
const QUOTES: &[&str] = &["\"", "'", "(", ":", "[", "`"];
const LOOKED_UP: &[&str] = &[
    "advisor",
    "cve",
    "detail",
    "e.g",
    "example",
    "find",
    "format",
    "get",
    "id",
    "identifier",
    "like",
    "list",
    "look",
    "quer",
    "search",
    "show",
    "such as",
    "vulnerabilit",
];
const DEFENDS: &[&str] = &[
    "advisories",
    "guards against",
    "known malware",
    "protects against",
    "security team",
    "sinkhole",
    "suspected",
    "takedown",
    "warns of",
];
const ATTACKS: &[&str] =
    &["avoid", "bypass", "disable", "evad", "exfil", "inject", "silent", "steal", "undetect"];
const MALWARE: &[&str] = &[
    "backdoor",
    "botnet",
    "brute_force",
    "ddos",
    "infected",
    "keylogger",
    "malicious",
    "ransomware",
    "rootkit",
    "trojan",
];
const GUARDS: &[&str] = &[
    "block",
    "check",
    "decrypt",
    "detect",
    "incident",
    "isolat",
    "likely",
    "lookup",
    "protect",
    "quarantin",
    "report",
    "scan",
    "suspicious",
    "trace",
    "verdict",
];
/// What nobody does who guards against it.
const SPREADS: &[&str] = &[
    "avoid", "build", "bypass", "command", "creat", "deploy", "disable", "drop", "encrypt", "enlist", "evad",
    "execut", "exfil", "generat", "hid", "inject", "install", "launch", "our ", "plant", "run", "send",
    "silent", "spread", "steal", "undetect", "without",
];
const AGAINST: &[&str] = &["detection", "defense", "defence", "lockout", "protection", "status"];
const USED: &[&str] = &["exploit", "payload", "attack", "shell", "weaponi", "trigger", "run", "execut"];
const PLACES: &[&str] = &["branch", "directory", "path", "process", "ref", "repo", "repository"];
const OWN: &[&str] = &["this field", "this parameter", "this argument", "this tool"];

#[cfg(test)]
mod tests;
