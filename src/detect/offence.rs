//! Hate, insults and sexual content, by short lists of words that are hardly ever meant otherwise.

use super::Kind;
use super::rules::{EVERYWHERE, Rule, Search, Table, rules};

pub(super) const TABLES: &[Table] = &[
    Table {
        kind: Kind::Toxicity,
        places: EVERYWHERE,
        before: 40,
        after: 80,
        rules: TOXIC,
        check: None,
        search: Search::Pattern,
    },
    Table {
        kind: Kind::Nsfw,
        places: EVERYWHERE,
        before: 40,
        after: 80,
        rules: SEXUAL,
        check: None,
        search: Search::Pattern,
    },
];

const TOXIC: &[Rule] = rules! {
    "toxicity.slur" "hate" 0.85 ["nigg" "fagg" "fags" "kike" "spic" "chink" "wetback" "tranny" "retard" "cunt" "raghead" "gook" "dyke" "coon" "paki" "towelhead" "shemale" "tard"]
        r"\b(?:nigg(?:er|a|uh|ah)s?|fagg?(?:ot|it)?s|fagg?ots?|kikes?|spics?|chinks?|wetbacks?|trann(?:y|ies)|(?:lib|fuck)?(?:re)?tard(?:s|ed)?|cunts?|ragheads?|gooks?|dykes?|pakis|towelheads?|shemales?)\b"
        "A slur against a group of people is in the text."
    "toxicity.hate" "hate" 0.75 ["hate" "kill" "vermin" "scum" "subhuman" "exterminat" "disgust" "go back to" "deserve" "gas the" "inferior" "despise" "should die" "wipe out" "disease" "plague"]
        r"\b(?:(?:i|we) (?:\w+ )?(?:hate|despise|detest|loathe|can.?t stand) (?:all |those |these |every )?(?:women|gays?|gay people|blacks?|black people|jews?|muslims?|immigrants?|trans(?:gender)?s?|trans people|disabled people|lesbians?|asians?|mexicans?|foreigners|christians?|refugees|arabs?)|(?:women|gays?|gay people|blacks?|black people|jews?|muslims?|immigrants?|trans people|disabled people|lesbians?|asians?|mexicans?|foreigners|refugees|arabs?|men) (?:are|is|should|need to|deserve|must) (?:\w+ ){0,3}(?:scum|vermin|subhuman|disgusting|inferior|filth|trash|garbage|parasites?|animals|die|dead|killed|shot|hanged|beaten|burn|wiped|exterminated|gassed|deported|disease|plague|worthless|stupid|dumb|evil)|(?:gas|exterminate|kill|wipe out|eradicate) (?:all |the |every )+(?:women|gays?|blacks?|jews?|muslims?|immigrants?|trans\w*|lesbians?|asians?|foreigners|refugees))\b"
        "Hate against a group of people is in the text."
    "toxicity.threat" "threat" 0.7 ["kill you" "kill your" "hurt you" "find you" "beat you" "die in" "hang your" "shoot you" "rape you" "kys" "drop dead" "slit your" "smash your" "kill him" "kill her" "kill them"]
        r"\b(?:(?:i|we)(?:'ll| will|'m going to| am going to|'m gonna| gonna| want to| should) (?:\w+ )?(?:kill|hurt|beat|shoot|rape|stab|murder|find) (?:you|him|her|them|your)\b|(?:go )?(?:kill|hang) your ?self|(?:go )?shoot your ?self(?:\s*(?:[.,!?;\x22']|$)|\s+(?:you|and|now|please|already|dead))|\bkys(?:[^\w@.-]|[.](?:\W|$)|$)|(?:hope|wish) you (?:\w+ )?die|slit your|drop dead|rot in hell|die in a fire)"
        "A threat is in the text."
    "toxicity.insult" "insult" 0.6 ["idiot" "moron" "stupid" "asshole" "bastard" "scumbag" "dumbass" "dipshit" "shithead" "bitch" "loser" "piece of shit" "pathetic" "fuck you" "fuck off" "go fuck" "fuck yourself" "motherfuck" "dickhead" "jackass" "imbecile" "hoe" "slut" "whore" "twat" "wanker" "prick" "clown" "trash" "pussy" "scum"]
        r"\b(?:(?:you|u|ur|he|she|they|your|you're|ya)(?:'re| are| is|'s)? (?:\w+ ){0,3}(?:idiots?|morons?|stupid|assholes?|bastards?|scum(?:bag)?s?|dumb(?:ass)?|bitch(?:es)?|losers?|pathetic|clowns?|imbeciles?|twats?|wankers?|pricks?)\b|\b(?:(?:you|he|she|they)(?: are| is|'re|'s)|ur) (?:\w+ ){0,3}trash\b|dipshits?|shitheads?|dickheads?|jackass(?:es)?|scumbags?|dumbass(?:es)?|motherfuck\w*|piece of shit|fuck (?:you|off|u|yourself|them|him|her)|ass?holes?|(?:bitch|hoe|slut|whore|cunt|twat)(?:s|es)?|pussies)\b"
        "An insult is in the text."
    "toxicity.profanity" "profanity" 0.4 ["fuck" "shit" "damn" "crap" "pussy" "dick" "ass "]
        r"\b(?:fuck(?:s|ed|er|ers|ing|in)?|(?:bull)?shit(?:s|ty|ting)?|goddamn|pussy|dick)\b"
        "Strong language is in the text."
};

const SEXUAL: &[Rule] = rules! {
    "nsfw.explicit" "sexual" 0.75 ["blowjob" "cumshot" "gangbang" "deepthroat" "handjob" "creampie" "bukkake" "porn" "masturbat" "dildo" "orgasm" "erotic" "cock " "cock." "clit" "hentai" "anal sex" "cum " "fellatio" "cunnilingus" "her pussy" "naked" "nude" "nipple" "thrust" "moan" "orgy" "sexually" "xxx"]
        r"\b(?:blow ?jobs?|cumshots?|gangbangs?|deepthroat\w*|handjobs?|creampies?|bukkake|porn(?:o|hub|star|stars)\b|masturbat\w+|dildos?|hentai|anal sex|fellatio|cunnilingus|(?:his|my|your|hard|thick|big|throbbing) (?:cock|dick|member)|(?:her|my|your|wet|tight) (?:pussy|clit|nipples|tits)|cum (?:in|on|inside|for)|(?:reach|had|having|an?|her|his) orgasms?|sexual intercourse with|erotic (?:story|scene|roleplay))\b"
        "Sexual content is in the text."
    "nsfw.minors" "minors" 0.9 ["child porn" "underage" "loli" "minor" "csam" "little girl" "year old" "year-old" "preteen"] & ["sex" "naked" "nude" "porn" "erotic" "orgasm" "fuck" "cock" "pussy" "csam"]
        r"\b(?:child porn\w*|csam\b|(?:underage|preteen|minor|little (?:girl|boy)|(?:[1-9]|1[0-7])[- ]years?[- ]old)\b.{0,60}\b(?:sex(?:ual(?:ly)?)?|naked|nude|porn|erotic|orgasm|fuck\w*|cock|pussy)|(?:sex(?:ual(?:ly)?)?|naked|nude|erotic)\b.{0,40}\b(?:underage|preteen|little (?:girl|boy)|(?:[1-9]|1[0-7])[- ]years?[- ]old))\b"
        "Sexual content about children is in the text."
};

#[cfg(test)]
mod tests {
    use super::super::probe::Probe;
    use super::super::{Kinds, Place};

    const RESULT: Probe = Probe(Place::Result, Kinds::ALL);

    #[test]
    fn insults_are_found_and_towns_are_not() {
        assert!(RESULT.flags("You are a pathetic idiot."));
        assert_eq!(RESULT.found("Scunthorpe, Essex; the cockpit of a Dickens novel; class assassin"), []);
        assert_eq!(RESULT.found("Moby Dick is a bird's tail feather away."), []);
    }
}
