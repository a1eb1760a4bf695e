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
    "prompt.result-mark" "template" 0.85 ["</function_re" "</tool_re" "<im_start" "<im_end" "[assistant to="]
        r"</(?:function_results?|tool_(?:results?|response))>|<im_(?:start|end)>|\[assistant to=\w"
        "A mark that ends a result for a model is in the result."
    "prompt.vocative" "address" 0.75 ["assistant" "agent" "copilot" "language model" "llm" "ai:" "ai,"]
        r"(?:[\x22(]\s?|//\s|<!--\s|\bdescription:\s|[.!?>]\s{0,2})(?:(?:dear|hey|hi|hello)\s)?(?:ai |browsing |coding |shopping |banking |e-?mail )?(?:assistants?|agents?|copilot|language models?|llms?|ai)(?:\s(?:reading|handling|processing|summari[sz]ing|working on|installing)\s[^.,:\n]{1,40}[:,]|,)\s(?:please\s|now\s)?(?:add|approve|attach|buy|call|cancel|change|click|create|delete|disable|do not|email|fetch|forward|give|grant|ignore|invite|open|order|pay|post|recommend|rename|run|say|search|send|set up|share|state|submit|switch|tell the user|transfer|turn|unlock|update|upload|visit)\b|(?:[\x22(]\s?|//\s|<!--\s|\x22>)(?:ai |browsing |coding |shopping |banking |e-?mail )?(?:assistants?|agents?|copilot|llms?|ai)\s?:\s(?:please\s|now\s)?(?:add|approve|attach|buy|call|cancel|change|click|create|delete|disable|do not|email|fetch|forward|give|grant|ignore|invite|order|pay|post|recommend|rename|retry|run|search|send|set up|share|submit|switch|tell the user|transfer|turn|unlock|update|upload|visit|when)\b"
        "Data calls on an assistant to act."
    "prompt.note-to-model" "address" 0.75 ["note to" "note for" "instruction" "to the model" "to the assistant" "to the agent" "for the model" "for the assistant" "for the agent" "for the ai" "for ai" "to the llm"] & [":"]
        r"\b(?:note|instructions?)\s(?:to|for)\s(?:the\s|any\s|all\s|every\s)?(?:(?:screening|reviewing|e-?mail|banking)\s(?:model|assistant|agent|ai)|ais?|llms?|language models?|ai\s\w{1,12}|agent)(?:\sonly)?\s?:\s\w|\b(?:to|for) the (?:[\w-]{1,16}\s)?(?:model|assistant|agent|ai|llm|bot) (?:that|which|who|handling|reading|processing|summari[sz]ing) [^:.\n]{1,50}:\s\w"
        "Data holds a note to an assistant."
    "prompt.agents-must" "address" 0.75 ["agents" "assistants" "language models" "llms" "ai systems" "reviewer"] & ["must" "have to" "required to"]
        r"\b(?:(?:ai|llm|browsing|coding|shopping) (?:agents|assistants|reviewers|crawlers|systems|bots|models)|language models|llms)\b[^.!?\n]{0,60}?\b(?:must|have to|are required to)\s(?:also\s|now\s)?(?:add|answer|approve|commit and|forward|give (?:a|this|it)|recommend|rank|say|send|share|state|transfer|verify themselves|click|post)\b"
        "Data says what every assistant has to do."
    "prompt.updated" "override" 0.75 ["instructions have been" "objective has been" "directives have been" "guidelines have been" "restrictions have been" "objective is" "instructions are" "rules are" "guidelines are"]
        r"\b(?:assistant|agent|ai|model),?\s(?:[^.!?\n]{1,40}\s)?your (?:\w+\s)?(?:instructions|objectives?|guidelines|directives?|restrictions|rules) (?:has|have) been (?:updated|changed|replaced|deleted|lifted|revoked|overridden)|\byour (?:previous|old|original|initial) (?:objective|rules|instructions|guidelines|directives) (?:is|are) (?:now )?(?:void|deleted|obsolete|invalid|cancel\w+)\b"
        "Data says that the assistant's rules have changed."
    "prompt.before-task" "address" 0.7 ["before going on" "before carrying" "before you carry" "before you go on" "prior to answering" "before answering" "before you answer" "before anything else" "before doing anything"]
        r"\b(?:before|prior to) (?:going on|carrying on|you (?:carry|go) on|answering|you answer|(?:doing )?anything else)\b[^.!?\n]{0,50}[,:]\s(?:please\s|first\s|you (?:must|first have to)\s){0,2}(?:do this first|send|share|forward|text my|transfer|delete|execute|invoke|visit (?:https?://|www\.))"
        "Data orders another task before the user's."
    "prompt.ask-file" "exfiltrate" 0.75 [".aws" ".env" ".kube" ".netrc" ".npmrc" ".ssh" "id_rsa" "id_ed25519"] & ["argument" "context" "field" "parameter"]
        r"\b(?:add|attach|copy|give|include|pass|paste|provide|put|send|supply)\b(?:\W{1,3}[\w'-]{1,16}){0,3}?\W{1,3}contents?\W{1,3}(?:of|from)\W{1,3}(?:[\w'-]{1,16}\s){0,3}[^\s]{0,40}(?:\.(?:aws|env|kube|netrc|npmrc|ssh)\b|id_(?:rsa|ed25519)\b)\S{0,40}\s(?:in|into|to|as|with)\s(?:the\s|its\s|an?\s)?(?:[`'\x22\w]{1,24}\s)?(?:argument|context|field|parameter)\b"
        "Data asks for a file that holds secrets."
    "prompt.talk-away" "exfiltrate" 0.8 ["chat history" "conversation so far" "conversation history" "context window" "'s last" "summary of the conversation" "the user has told" "the user has said"] & ["http"]
        r"\b(?:encode|append|put|attach|add|include|load|fetch|post|send)\b[^\n]{0,120}\b(?:chat history|conversation (?:so far|history)|context window|user's (?:last|previous|latest)(?: \w+)? messages|what the user has (?:told|said))\b[^\n]{0,80}\bhttps?://|\bhttps?://\S{1,100}[^\n]{0,60}\b(?:plus|followed by|with|replacing)\b[^\n]{0,60}\b(?:summary of the conversation|user's last|chat history|what the user has (?:told|said))"
        "The text asks to send the conversation away."
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
pub(super) fn at_the_edge(text: &str, found: &mut Vec<Finding>) {
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
                rule: super::REQUEST_RULE,
                reason: "A request to the assistant stands at the edge of a result.",
            });
        }
    }
}
