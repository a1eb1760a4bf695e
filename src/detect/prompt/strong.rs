//! Signs that are enough by themselves.

use std::ops::Range;

use super::super::rules::{Rule, rules};

/// What begins with its literal, and counts words after it.
pub(super) const HEADED: &[Rule] = rules! {
    "prompt.override" "override" 0.92 ["ignor" "disregard" "forget" "overrid" "bypass" "neglect" "abandon" "overlook" "discard" "dismiss" "unfollow" "set aside"] & ["nstr" "prompt" "rule" "guideline" "direction" "directive" "programming" "training" "polic" "safeguard" "guardrail" "safety" "command" "constraint" "restriction" "order" "protocol" "message" "assignment" "context"]
        r"(?:\b|_)(?:ignor(?:e|ing)|disregard(?:ing)?|forget(?:ting)?|overrid(?:e|ing)|bypass|neglect|abandon|overlook|discard|dismiss|set aside)\b(?:\W{1,3}[\w'-]{1,16}){0,5}?\W{1,3}(?:all|any|every|each|previous(?:ly)?|prior|preceding|above|earlier|foregoing|existing|former|your|original|initial|system|current|past|other|these|those|everything)\b(?:\W{1,3}[\w'-]{1,16}){0,5}?\W{1,3}(?:\w{0,3}nstr\w{3,10}|prompts?|rules?|guidelines?|directions?|directives?|programming|training|polic(?:y|ies)|safeguards?|guardrails|safety)\b|(?:\b|_)(?:ignor(?:e|ing)|disregard(?:ing)?|forget(?:ting)?|overrid(?:e|ing)|bypass|neglect|abandon|overlook|discard|dismiss)\b(?:\W{1,3}(?:the|about|all|any|of|my|your|and|every\w{0,5}|everything|instead))*?\W{1,3}(?:all|every|previous(?:ly)?|prior|preceding|above|earlier|foregoing|former|your|original|initial|system|everything)\b(?:\W{1,3}[\w'-]{1,16}){0,5}?\W{1,3}(?:commands?|constraints?|restrictions?|orders?|protocols?|messages?|assignments?|context)\b"
        "The text asks to ignore earlier instructions."
};

pub(super) const RULES: &[Rule] = rules! {
    "prompt.override-all" "override" 0.85 ["ignor" "disregard" "forget"] & ["above" "before" "previous" "prior" "said" "told" "instructed" "learned" "know" "written" "wrote" "came" "preceding" "so far" "until now" "up to" "taught" "asked"]
        r"\b(?:ignore|disregard|forget)\s+(?:about\s+)?(?:all|ever\w{4,6}|anything|whatever|what)(?:\s+(?:of\s+)?(?:that|which|you|i|we|was|were|is|has|have|been|the|your|it))*\s+(?:above|before|previously|prior|said|told|instructed|learned|know|written|wrote|came|preceding|so far|until now|up to now|up to this point|(?:been )?(?:told|taught|instructed|asked))\b"
        "The text asks to forget all that was said before."
    "prompt.do-not-follow" "override" 0.8 ["not follow" "n't follow" "dont follow" "dont listen" "dont obey" "stop obey" "stop listen" "not listen" "n't listen" "not obey" "stop follow" "not adhere" "not comply" "longer bound" "longer follow" "no longer apply" "not bound by" "longer apply"]
        r"\b(?:(?:do not|don.?t|stop|never|must not|not to|no longer)\s+(?:have to\s+|need to\s+)?(?:follow(?:ing)?|listen(?:ing)? to|obey(?:ing)?|adher(?:e|ing) to|comply(?:ing)? with|(?:be )?bound by|apply(?:ing)?)\s+(?:(?:to|the|any|all|your|my|of|other|these|those)\s+)*(?:previous|prior|above|earlier|old|original|initial|system|existing|your|content|openai|usual|ethical|any|safety)?\s*(?:previous\s+|prior\s+)?(?:instruct\w*|rules?|guidelines?|prompts?|orders?|directions?|commands?|information|polic\w+|restrictions?))|(?:rules|instructions|guidelines|restrictions)\s+(?:that\s+)?no longer apply"
        "The text asks not to follow the rules."
    "prompt.new-instructions" "override" 0.8 ["new instruction" "new task" "new rule" "new system prompt" "new objective" "new directive" "updated instruction" "actual instruction" "real instruction" "real task" "real objective" "true purpose" "instead of the task" "new prompt" "new role" "new goal" "new mission"] & ["instruct" "task" "rule" "prompt" "objective" "directive" "purpose" "role" "goal" "mission"]
        r"\b(?:(?:here (?:are|is)|these are|follow|this is|now|your|with|the following)\s+(?:your\s+|the\s+|my\s+|are\s+)*(?:new|updated|actual|real|true)\s+(?:instruct\w*|tasks?|rules?|system prompt|objective|directives?|purpose|prompt|role|goal|mission)|(?:^|[\n\x22*#\[<(.!?]\s{0,3})(?:new|updated|actual|real)\s+(?:instruct\w*|task|rules|system prompt|directives?|prompt)\W{0,3}:)"
        "The text gives new instructions."
    "prompt.template" "template" 0.92 ["<|im_" "<|system" "<|user" "<|assistant" "[inst]" "<<sys>>" "<</sys" "<|end" "<|start" "<|begin" "<start_of_turn>" "[/inst]" "<|eot" "<<sys" "[system]" "<|prompter"]
        r"<\|(?:im_(?:start|end|sep)|system|user|assistant|endof(?:text|prompt)|end|start_header_id|begin_of_text|eot_id|prompter|startoftext|end_of_turn)\|?>|(?-i:\[/?INST\])|(?:^|[\s>])\[/?inst\]|<</?SYS>>|<start_of_turn>(?:model|user|system)|\[system\]\s?\(#|(?:^|\n)\s{0,3}\[system\][\s:][^\n]{0,120}?(?:\n\s{0,3}\[/?inst|\[/system\]|\b(?:the user|execut\w*|proceed|approved|granted|without asking|you|your|assistant|ignore|disregard|forget|instruct\w*|prompt|must|override|directive|reply|respond|answer|model|ai|always|never)\b)"
        "Marks of a model's prompt template are in the text."
    "prompt.system-mark" "template" 0.85 ["system" "admin" "developer" "operator"]
        r"(?:<\s?/?\s?(?:system|sys|system[_ -]?(?:prompt|message|mode|instruction|alert|override|note|notice)s?|critical[_ -]system[_ -]alert|admin[_ -]?(?:instruction|note|override)s?|developer[_ -](?:mode|message|instructions?))\s?>|(?:\[|\(|\{|<|\*\*|##+|---+|===+)\s?(?:begin |start |end (?:of )?)?(?:system|admin(?:istrator)?|developer|operator)\s?(?:prompt|message|instruct\w*|override|mode|note|command|alert|notice|update|directive)s?\s?(?:activated|begins?|ends?|enabled|start)?\s?(?:\]|\)|\}|>|\*\*|:|---|===)|\bsystem (?:override|prompt override|instruction begins)\b|\bend of (?:the )?system (?:prompt|instruct\w*))"
        "The text poses as a message of the system."
    "prompt.to-the-assistant" "address" 0.85 ["assistant" " ai" " llm" "model" "gpt" "claude" "gemini" "chatbot" "agent" "bard" "copilot" "llama"]
        r"\b(?:(?:attention|note|notice|message|reminder|instruct\w*|important|warning|directive|dear|hey|hi|hello)\s?(?:to|for|:|,)?\s{0,2}(?:all |the |any |every )?(?:ai|llm|language model|gpt\S{0,4}|claude|gemini|chatgpt|bard|copilot|agents?|ai assistants?|ai agents?|ai models?|chatbots?)\b(?:\W{1,3}\w{1,16}){0,10}?\W{1,3}(?:must|should|ignore|please|need|have to|do not|now|reading|processing|summari\w+|send|include|tell|follow|you)|(?:if|when) you(?:'re| are) (?:an? )?(?:ai|llm|language model|large language model|assistant|bot)\b(?:\W{1,3}\w{1,16}){0,6}?\W{1,3}(?:reading|processing|summari\w+|please|then|you|must))"
        "The text speaks to the assistant that reads it."
    "prompt.important-message" "address" 0.93 ["important message" "before you can solve" "solve the task that i gave" "you can solve the original task" "complete the original task" "solve the task"] & ["message" "task" "request" "question" "query" "solve" "complete" "continue" "answer" "proceed"]
        r"(?:this is an? (?:very )?(?:important|urgent|critical) message (?:from|for|to)\b.{0,80}?\b(?:to you|for you|you)\b|before (?:you can|you)\s?(?:solve|complet\w*|finish|continue|proceed with|answer|do)\w*\s(?:the|your|my|this)\s(?:original |first |current |user'?s? )?(?:task|request|question|query)\b.{0,120}?(?:you (?:must|need|have|should)|please|first|do the following)|(?:after|once) (?:you (?:do|have done|did|completed?|finish\w*)|doing) (?:that|this)\W{1,3}(?:you can|then you may|you may|please)\s.{0,40}(?:solve|complete|continue|answer|proceed))"
        "The text orders another task before the user's."
    "prompt.hide-from-user" "conceal" 0.85 ["not tell" "n't tell" "not inform" "n't inform" "not mention" "n't mention" "not reveal" "not notify" "not disclose" "never mention" "without telling" "without informing" "without the user" "not alert" "not let the user" "n't let the user" "n't reveal" "n't show" "dont tell" "dont let" "dont mention" "dont inform" "dont reveal" "dont show" "never tell" "never reveal" "without notifying" "without mentioning" "keep this secret" "keep this hidden" "without asking" "without the knowledge" "never inform" "not show" "not display this"]
        r"(?:(?:do not|don.?t|never|must not|mustn.?t|should not|shouldn.?t|not to|no need to|avoid)\s+(?:tell|inform|mention|reveal|notify|disclose|alert|show|let|explain|report|display|telling|mentioning|informing)\b(?:\W{1,3}[\w'-]{1,16}){0,4}?\W{1,3}(?:user|users|human|customer|client|person|anyone|owner|operator|them about)\b|\bwithout\s+(?:telling|informing|notifying|alerting|asking|mentioning (?:it|this|that)? ?to|the knowledge of)\s+(?:the\s+|this to the\s+)?(?:user|human|customer|client|anyone|anybody|owner|operator)\b)"
        "The text asks to hide something from the user."
    "prompt.leak" "leak" 0.82 ["system prompt" "initial prompt" "your instructions" "initial instructions" "original instructions" "above prompt" "prompt above" "hidden instructions" "your prompt" "secret instructions" "instructions above" "text above" "words above" "your guidelines" "previous instructions" "system message" "your rules" "everything above" "your system" "developer message" "hidden prompt" "prior instructions"]
        r"\b(?:reveal|show|print|repeat|output|display|tell me|give me|share|leak|expose|write (?:out|down)?|recite|reproduce|return|dump|disclose|copy|what (?:is|are|was|were)|summari[sz]e|list|translate|echo|spell out)\b(?:\W{1,3}[\w'-]{1,16}){0,6}?\W{1,3}(?:(?:(?:your|the|its|full|entire|exact|complete|original|above)\W{1,2}){0,2}(?:your|its|full|entire|exact|complete|original|above)\W{1,2}(?:\w+\W{1,2}){0,2}?(?:system (?:prompt|message|instructions?)|initial (?:prompt|instructions?)|original (?:prompt|instructions?)|hidden (?:prompt|instructions?)|secret instructions|developer message|prompt|instructions? (?:above|verbatim|you were given|you received)|(?:text|words|everything) above|(?:own |internal )?(?:instructions|guidelines|rules)(?:\s+(?:verbatim|word for word|above|in full|that you)|\W{0,2}$))|the\W{1,2}(?:\w+\W{1,2}){0,2}?(?:(?:system (?:prompt|message|instructions?)|initial (?:prompt|instructions?)|original (?:prompt|instructions?)|hidden (?:prompt|instructions?)|secret instructions|developer message|prompt above|(?:text|words|everything) above)(?:\W{0,3}$|\W{0,2}[.!?,;:\n\x22')\]]|\s+(?:verbatim|word for word|above|in full|that you|you|in an?|and|now|here|to me|starting|as (?:is|it)|exactly|from|using|without))|instructions? (?:above|verbatim|you were given|you received)|(?:own |internal )?(?:instructions|guidelines|rules)(?:\s+(?:verbatim|word for word|above|in full|that you)|\W{0,2}$)))"
        "The text asks for the prompt of the assistant."
    "prompt.jailbreak" "jailbreak" 0.88 ["do anything now" "jailbreak" "jailbroken" "developer mode" "dan mode" "dan prompt" "dan," "as dan" " dan " "stay in char" "god mode" "unfiltered" "uncensored" "unrestricted" "amoral" "opposite mode"]
        r"(?:\bdo anything now\b|\b(?:act|behave|respond|answer|pretend|roleplay|role-play|pretending to be|known)(?:\W{1,3}\w{1,16}){0,3}?\W{1,3}(?:as|like|to be)\W{1,3}(?:an? )?(?:dan\b|unrestricted|uncensored|unfiltered|amoral|jailbroken|evil)|\b(?:dan|developer|god|sudo|debug|jailbreak|opposite|evil|unrestricted)\s?mode\s?(?:enabled|activated|on\b|is now|output|response)|\b(?:enable|activate|enter|switch (?:in)?to|with)\s+(?:dan|developer|god|sudo|debug|jailbreak|unrestricted|evil)\s?mode\b|(?:unfiltered|uncensored|unrestricted|amoral)\s+(?:and\s+\w+\s+)?(?:ai|chatbot|language model|model|response|version|assistant|answer|bot)|stay in character|jailbr(?:eak|oken)\s+(?:prompt|mode|version|response|output))"
        "The text asks to leave the assistant's limits."
    "prompt.role" "role" 0.8 ["from now on" "you are now" "you will now" "henceforth" "from this point" "you're now" "you are going to" "you are no longer" "starting now" "from here on"]
        r"(?:\b(?:from (?:now|here|this point|this moment) on(?:wards?)?|henceforth|starting (?:now|from now))\W{1,3}(?:\w+\W{1,3}){0,4}?(?:you(?:'re| are| will| must| have to| should|r)|act|respond|answer|always\W{1,3}(?:act|respond|answer|reply|say|speak|write|end|begin|start|add|include|obey|do|use|call|refer|pretend|ignore|translate|talk)|reply|your)\b|\byou(?:'re| are) (?:now|no longer)\s+(?:going to\s+|to\s+)?(?:an?\s+|the\s+|in\s+|acting\s+|bound\s+|my\s+|called\s+|known\s+|be\s+)?(?:chatgpt|dan\b|ai\b|assistant|bot\b|model|character|role|unrestricted|evil|free|acting|going to act|going to play|playing|my |\w+gpt|hacker|admin))"
        "The text gives the assistant another role."
    "prompt.exfiltrate" "exfiltrate" 0.85 ["send" "forward" "upload" "post " "email" "transmit" "exfiltrat" "leak" "append" "include" "submit"]
        r"\b(?:send|forward|upload|post|e-?mail|transmit|exfiltrate|leak|submit)\b(?:\W{1,3}[\w'./-]{1,24}){0,6}?\W{1,3}(?:all|contents?|passwords?|secrets?|credentials?|api[_ -]?keys?|tokens?|conversations?|chat history|private keys?|ssh keys?|system prompt|environment variables?|\.env|sensitive|confidential|personal (?:data|information)|database)\b(?:\W{1,3}[\w'./-]{1,24}){0,12}?\W{1,3}(?:to|at|via)\W{1,3}(?:https?://|[\w.+-]{1,40}@|the (?:url|address|server|endpoint|following)|an? (?:external|remote)|attacker)"
        "The text asks to send data away."
    "prompt.markdown-beacon" "exfiltrate" 0.8 ["![" "<img"]
        r"(?:!\[[^\]]{0,80}\]\(https?://[^)\s]{1,200}\?[\w.-]{1,24}=(?:\{|\[|<|%7b|\$\{|YOUR|DATA|SECRET)|<img[^>]{1,40}src=['\x22]https?://[^'\x22\s]{1,200}\?[\w.-]{1,24}=(?:\{|\[|<|%7b|\$\{))"
        "A picture's address is made to carry data away."
    "prompt.tool-order" "tool" 0.8 ["execute" "run the" "call the" "invoke" "use the" "immediately" "you must"]
        r"\byou (?:must|need to|have to|should|are required to)(?:\W{1,3}\w{1,14}){0,3}?\W{1,3}(?:execute|run|call|invoke|trigger|use)\b(?:[ `]{1,3}[\w`'./-]{1,24}){0,3}?[ `]{1,3}tool\b|\byou (?:must|have to|are required to)(?:\W{1,3}\w{1,14}){0,3}?\W{1,3}(?:execute|run|call|invoke|trigger|use)(?:\s(?:the|this|that|following|hidden|secret|below|above)){1,3}\s(?:[\w`'./-]{1,24}\s)?(?:function|command|shell|script|database|api)\b|\bplease (?:execute|run) the following (?:\w+\s){0,3}(?:command|code|script|tool)"
        "The text orders the assistant to use a tool."
    "prompt.other-task" "address" 0.82 ["system message" "following function" "following tool" "following action" "following instruction" "following task" "see the content" "following steps" "following first" "execute the following" "adhere to the following"] & ["this is a" "the following" "in order to"]
        r"(?:\bthis is an? (?:system|admin|developer|security) (?:message|notice|alert|instruction)\b|\b(?:make sure|remember|be sure|you must|you need|you have|need) to (?:execute|call|run|perform|do|follow|complete)\w* the following (?:\w+\s){0,3}?(?:before|first|in order)|\bexecute the following (?:function|tool|action|task|instruction)s?\b.{0,60}\bbefore\b|\b(?:strictly|only) (?:adhere to|follow) the following instructions?\b|\bin order to (?:see|view|access|read) (?:the|this) (?:content|page|message|file)\b.{0,80}\b(?:you (?:need|must|have)|solve|click|captcha|verify)|\bplease do the following (?:first|instead)\b)"
        "The text orders another task before the user's."
    "prompt.todo-order" "tool" 0.6 ["todo:" "to do:" "todo -"]
        r"(?:\b|_)to ?do\s?[:-]\s{1,3}(?:please\s+)?(?:send|make|create|delete|invite|add|remove|post|e-?mail|forward|share|transfer|buy|book|pay|visit|click|reserve|upload|download|cancel|get|open|summari[sz]e|concatenate|write|read|find|list|change|set|update)\b[^\n<>]{0,200}(?:\w@\w|www\.|https?://|\busers?\b|\bID '?\d|\bfile\b|\bchannel\b|\baccount\b)"
        "A task for the assistant is put into data."
    "prompt.repeat" "leak" 0.75 ["instructions" "prompt" "above this"]
        r"(?:^|[.!?\n:;,\x22'%]\s{0,3}|\b(?:please|just|now|then|to|and|can you|could you)\s+)(?:repeat|print(?: out)?|output|reveal|leak|recite|echo|dump|return)\s+(?:back\s+|out\s+)?(?:me\s+)?(?:all\s+|to me\s+)?(?:of\s+)?(?:your|the above|all|previous|prior|these|the (?:previous|initial|original|system|preceding))\s+(?:\w+\s+){0,2}?(?:instructions?|prompts?)\b|\b(?:repeat|print) the instructions (?:given|above|you|in)\b|\b(?:repeat|print|output|show|give)(?: me)? everything above this (?:line|message|sentence)\b"
        "The text asks for the prompt of the assistant."
    "prompt.persona" "jailbreak" 0.8 ["can do anything" "not limited by" "longer confined" "restrained by" "unfilt" "mode enabled" "mode activated" "override mode" "will be called" "break character" "broken character" "no morals" "any moral" "restrictions of" "forgotten about all" "as an unrestricted" "condone" "illegal" "two different" "two responses" "personas" "persona" "alter ego" "breaks free" "anything now" "no matter how" "never refuse" "no disclaimers" "without refus" "hypothetical response" "caring" "bypass your" "bound by"]
        r"(?:\bcan do anything\b.{0,80}\b(?:ai|model|limit\w*|restrict\w*)|\b(?:is|are|be) (?:not|no longer) (?:limited|confined|restrained|restricted|constrained) (?:by|to) (?:what|any|open ?ai|the|moral\w*|ethic\w*)|\bunfilt\w{2,5} (?:ai|response|version|model|answer)|\b(?-i:[A-Z]{2,}\w{0,12}) mode (?:(?:is |has been )?(?:now )?)?(?:\+ \S+ \S+ )?(?:enabled|activated)\b|\b(?:security|law enforcement|admin|system|developer|maintenance) override mode\b|\byou will be called \w+ from now on|\b(?:never|not|don.?t|without) (?:\w+ )?break\w* (?:out of )?character|\b(?:override|bypass|ignore)s? the restrictions of\b|\bforgotten about all (?:the|your)|\b(?:two|2) (?:different |separate )?(?:responses?|ways|personas|personalities|answers)\b.{0,200}\b(?:chatgpt|gpt|dan|jailbroken|unfiltered|normal(?:ly)?|classic)|\b(?:persona|character|ai|model|bot)\b.{0,120}\b(?:never refuses?|no morals?|without (?:any )?(?:morals|refus\w+)|no (?:ethic\w*|disclaimers)|will (?:always )?comply|complies with (?:any|all|every))|\bno matter how (?:illegal|unethical|immoral|harmful)|\banswer\b[^.!?\n]{0,80}\b(?:even (?:when|if) (?:it(?:'s| is) )?(?:illegal|unethical|harmful)|without caring (?:whether|if) it)|\bbypass your (?:own )?(?:content |safety )?(?:filters?|guidelines|safety)\b|\b(?:isn.?t|aren.?t) bound by (?:\w+.s )?(?:content|safety|ethic\w*) (?:polic|rule|guideline))"
        "The text gives the assistant a character without limits."
    "prompt.conversation" "exfiltrate" 0.85 ["conversation" "chat history"]
        r"\b(?:append|send|post|upload|attach|include|forward|encode|put)\b(?:\W{1,3}\w{1,14}){0,3}?\W{1,3}(?:whole|entire|full|complete|all of the) (?:conversation|chat)\b.{0,80}(?:https?://|\w@\w|\bto \w+\.\w)"
        "The text asks to send the conversation away."
    "prompt.user-password" "leak" 0.75 ["the user"]
        r"\b(?:tell|ask|instruct|remind|make|have) the user\b(?:\W{1,3}\w{1,14}){0,6}?\W{1,3}(?:enter(?:ing)?|paste|type|provide|give|confirm)\b(?:\W{1,3}\w{1,14}){0,4}?\W{1,3}(?:passwords?|passphrase|pin|credit card|one-time code|private key|seed phrase)\b"
        "The text has the user asked for a password."
    "prompt.ask-password" "leak" 0.55 ["password" "passphrase" "secret key"]
        r"(?:\b(?:can|could|would|will) you (?:please )?(?:tell|give|share|reveal|send|show|provide|confirm)(?: me)?|\btell me|\bgive me|\bwhat(?:'s|s| is| are| was)|\breveal(?: me)?|\bplease share) (?:what )?(?:your|the) (?:\w+ )?(?:password|passphrase|secret key)\b(?: is)?(?: (?:for|to) (?:our|your|the|this) \w+)?\s?(?:\?|$|with me)"
        "The text asks the assistant for a password."
};

/// Limits that are gone. Whose they are stands on either side, and is looked for there: from every such word at once
/// the pattern would have more states than can be kept.
pub(super) const LIMITS: &[Rule] = rules! {
    "prompt.limits" "jailbreak" 0.88 ["restriction" "ethic" "moral" "filter" "censorship" "limitation" "content polic" "guidelines" "confines"] & ["without" "no " "no\n" "not have" "free of" "free from" "freed from" "bound by" "broken free"]
        r"\b(?:without|no|free (?:of|from)|freed from|not bound by|broken free|not have)\s+(?:\w+\s+){0,3}?(?:restrictions?|ethic\w*|moral\w*|filters?|censorship|limitations?|content polic\w+|guidelines|confines)\b"
        "The text asks to leave the assistant's limits."
};

/// Whether an assistant is near enough for the limits to be its own.
pub(super) fn is_its_own(
    _: &Rule,
    text: &str,
    whole: Range<usize>,
    span: Range<usize>,
) -> Option<Range<usize>> {
    const REACH: usize = 80;
    const BEFORE: &[&str] = &["ai", "chatbot", "model", "assistant", "character", "chatgpt", "openai", "bot"];
    const AFTER: &[&str] = &[
        " ai ",
        " ai.",
        " ai,",
        "chatbot",
        "model",
        "assistant",
        "character",
        "chatgpt",
        "openai",
        "answer",
        "respon",
        "reply",
    ];
    let bytes = text.as_bytes();
    let lower = |range: Range<usize>| String::from_utf8_lossy(&bytes[range]).to_ascii_lowercase();
    let said = lower(whole.clone());
    let words: Vec<&str> = said.split_whitespace().collect();
    let link = ["all", "any", "bound", "by", "free", "freed", "from", "have", "no", "not", "of"];
    let bare = words.iter().skip(1).rev().skip(1).all(|word| link.contains(word));
    let before = lower(whole.start.saturating_sub(REACH)..whole.start);
    let after = lower(whole.end..bytes.len().min(whole.end + REACH));
    let ends = |name: &&str| {
        before.match_indices(*name).any(|(at, _)| {
            before[at + name.len()..].chars().next().is_none_or(|next| !next.is_alphanumeric() && next != '_')
        })
    };
    // As licences say it.
    let licence = said == "without limitation";
    let owned = !licence && BEFORE.iter().any(ends)
        || !licence && bare && AFTER.iter().any(|name| after.contains(name));
    owned.then_some(span)
}
