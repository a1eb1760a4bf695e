//! Signs that mean something together only.

use super::super::rules::{Rule, rules};

pub(super) const RULES: &[Rule] = rules! {
    "prompt.weak-instead" "weak" 0.35 ["instead"]
        r"\binstead[,:]?\s+(?:of|please|you|say|write|print|output|answer|respond|return|just|tell|do)\b|\b\w+ instead[.!]?\s*$" "The text asks for something else instead."
    "prompt.weak-tag" "weak" 0.45 ["<important" "<information" "<critical" "<instruct" "<hidden" "<secret" "<admin" "<note" "<urgent" "[important" "<task"]
        r"[<\[]/?(?:important|information|critical|instructions?|hidden|secret|urgent|task)[\]>]" "A tag marks part of the text as important."
    "prompt.weak-must" "weak" 0.3 ["you must" "you should" "you have to" "you need to" "must now" "must be the first"]
        r"\byou (?:must|should|have to|need to|are required to)\b" "The text tells its reader what to do."
    "prompt.weak-reply" "weak" 0.35 ["say " "respond" "reply" "answer with" "print" "output" "only say" "confirm by"]
        r"\b(?:just|only|simply|always|instead|now)\s+(?:say|respond|reply|answer|print|output|write)\b|\b(?:respond|reply|answer)\s+(?:only\s+)?with\s+(?:only\s+)?['\x22\xe2]|\bconfirm by saying\b|\bsay ['\x22]" "The text says how to answer."
    "prompt.weak-override" "weak" 0.45 ["ignore" "disregard" "forget" "stop everything" "never mind"]
        r"(?:^|[.!?\n:;,>\x22'\]})]\s{0,3}|\b(?:please|just|now|and|then|to)\s+)(?:ignore|disregard|forget)\s+(?:about\s+)?(?:all|that|this|the|it|these|everything|your|previous|above|any|what)\b" "The text asks to forget something."
    "prompt.weak-pretend" "weak" 0.35 ["pretend" "act as" "roleplay" "role-play" "imagine you" "will play" "will act" "simulate" "hypothetical" "acting as" "role of"]
        r"\b(?:pretend (?:to be|you|that you|like)|act as (?:an? |the |if|my )|role-?play as|imagine you(?:'re| are)|you will (?:play|act)|simulate (?:an?|the)|in the role of|acting as (?:an?|the)) " "The text asks to play a role."
    "prompt.weak-model" "weak" 0.25 ["chatgpt" "gpt-" "openai" "language model" "ai assistant" "claude" "as an ai" "chatbot" "llm" "bard"]
        r"\b(?:chatgpt|gpt-?\d|openai|(?:large )?language model|ai (?:assistant|model|agent|chatbot)|claude|as an ai|chatbot|llms?)\b" "The text names an assistant."
    "prompt.weak-refuse" "weak" 0.4 ["refuse" "decline" "apolog" "ethic" "moral" "legal" "warning" "disclaimer" "censor" "openai" "sorry" "policy" "policies"]
        r"\b(?:never|not|don.?t|without|cannot|can.?t|doesn.?t|won.?t)\s+(?:\w+\s+){0,3}?(?:refus\w*|declin\w*|apologi\w*|ethic\w*|moral\w*|disclaimers?|(?:moral|ethical|safety|content|any|or)\s+warnings?|censor\w*|say(?:ing)? (?:that )?(?:you|i|it)(?:'re| are|'s|'m| am| is)? (?:can(?:no|')t|sorry|not)|openai'?s? polic\w+|content polic\w+)\b" "The text asks not to refuse."
    "prompt.weak-secret" "weak" 0.3 ["password" "credential" "api key" "secret" "confidential"]
        r"\b(?:tell|give|show|reveal|send|share|print|provide|confirm|output|what(?:'s| is))\b(?:\W{1,3}\w{1,14}){0,4}?\W{1,3}(?:your|the|his|her|their|my)\W{1,3}(?:\w{1,14}\W{1,3}){0,2}?(?:passwords?|credentials?|api keys?|secrets?|confidential)\b" "The text asks for a secret."
    "prompt.weak-urgent" "weak" 0.25 ["urgent" "immediately" "important" "critical" "mandatory" "crucial"]
        r"\b(?:urgent(?:ly)?|immediately|mandatory|crucial|it is (?:very )?(?:important|critical) that|important:|critical:|very important)\b" "The text presses."
    "prompt.weak-todo" "weak" 0.35 ["todo:" "to do:"]
        r"\bto ?do:\s{1,3}(?:please\s+)?(?:send|make|create|delete|invite|add|remove|post|e-?mail|forward|share|transfer|buy|book|pay|visit|click|reserve|upload|download|update|cancel|get|open|check)\b" "A task is put into data."
    "prompt.weak-hidden" "weak" 0.3 ["display:none" "display: none" "visibility:hidden" "visibility: hidden" "font-size:0" "font-size: 0" "color:white" "color: white" "opacity:0" "opacity: 0"]
        r"(?:display\s?:\s?none|visibility\s?:\s?hidden|font-size\s?:\s?0|opacity\s?:\s?0(?:[^.\d]|$)|color\s?:\s?(?:white|#fff))" "Text is hidden from people."
};
