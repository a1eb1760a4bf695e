//! Texts that are made to be slow: nearly a match, again and again.

use crate::texts::Dice;

/// A text of so many bytes, made to cost more than it should.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) make: fn(usize) -> String,
}

macro_rules! shapes {
    ($($name:literal $make:expr;)*) => { &[$(Shape { name: $name, make: $make }),*] };
}

pub(crate) const SHAPES: &[Shape] = shapes! {
    "nested JSON" |size| format!("{}{}", "[{\"a\":".repeat(size / 12), "}]".repeat(size / 4));
    "one letter" |size| "a".repeat(size);
    "one digit" |size| "7".repeat(size);
    "digits and blanks" |size| drawn(size, &["1", "22", "345", "6789", " ", "-", "."]);
    "digits, no end" |size| drawn(size, &["1", "4", "9", "0", "55"]);
    "%252525…" |size| format!("%{}41", "25".repeat(size / 2));
    "percent escapes" |size| "%41%2542".repeat(size / 8);
    "base64 of base64" nested_base64;
    "many runs of base64" |size| "aGVsbG8gd29ybGQhIQ== ".repeat(size / 21);
    "hex dump" |size| "48 65 6c 6c 6f ".repeat(size / 15);
    "@ flood" |size| "@".repeat(size);
    "a@b flood" |size| "a@b.c".repeat(size / 5);
    "../ flood" |size| "../".repeat(size / 3);
    "; flood" |size| ";".repeat(size);
    "; and blanks" |size| "; ".repeat(size / 2);
    "quotes" |size| "'\"`".repeat(size / 3);
    "quotes and words" |size| drawn(size, &["' ", "\" ", "or ", "and ", "x", "= "]);
    "HTML entities" |size| "&#x41;&lt;&amp;".repeat(size / 15);
    "& flood" |size| "&".repeat(size);
    "backslashes" |size| "\\".repeat(size);
    "unicode escapes" |size| "\\u0061\\u00e9".repeat(size / 12);
    "brackets" |size| "{{${<%(".repeat(size / 7);
    "tags" |size| "<a <img <svg <x on".repeat(size / 18);
    "handlers" |size| drawn(size, &["on", "onload", " on", "/on", "="]);
    "select union or" |size| drawn(size, &["select ", "union ", "or ", "and ", "(", "'", "1=", "having "]);
    "commands" |size| drawn(size, &["curl ", "wget ", "rm -", "; cat ", "| sh", "bash -", "$(", "`id"]);
    "key and token" |size| drawn(size, &["key=", "token ", "secret:", "api_", "pass", "-", "auth "]);
    "prefixes of vendors" |size| drawn(size, &["ghp_", "sk-", "AKIA", "glpat-", "xoxb-", "eyJ", "a3T", "."]);
    "addresses with passwords" |size| "a://b:c".repeat(size / 7);
    "private keys" |size| "-----BEGIN PRIVATE KEY-----".repeat(size / 27);
    "orders" |size| drawn(size, &["ignore ", "all ", "the ", "previous ", "forget ", "your ", "system "]);
    "requests" |size| drawn(size, &["if you are ", "please ", "before ", "must ", "call ", "the tool ", "user "]);
    "calls on assistants" |size| drawn(size, &["To the agent", ": ", "AI ", "bots ", "should ", "send ", "user: a\nassistant: "]);
    "insults" |size| drawn(size, &["you are ", "i ", "hate ", "all ", "kill ", "the ", "year old "]);
    "words for ids" |size| drawn(size, &["passport ", "license ", "tin ", "nif ", "123456789 ", "AB12345 ", "vat "]);
    "words for phones" |size| drawn(size, &["tel ", "phone ", "call ", "555-", "0123 ", "(415) ", "+1 "]);
    "IPv4 and IPv6" |size| drawn(size, &["1.2.3.", "255:", "::1:", "fe80:", ".4 ", "aa:bb:"]);
    "country codes" |size| drawn(size, &["DE12 ", "GB82WEST", "FR14", " 3704 ", "XX99 "]);
    "accents" |size| "é".repeat(size / 2);
    "zero width" |size| "a\u{200b}".repeat(size / 4);
    "mixed alphabets" |size| "pаsswоrd ".repeat(size / 11);
    "turned round" |size| "\u{202e}abcdefgh".repeat(size / 11);
    "terminal commands" |size| "\u{1b}[8m".repeat(size / 4);
    "terminal, no end" |size| "\u{1b}]".repeat(size / 2);
    "lines" |size| "\n".repeat(size);
    "blanks" |size| " ".repeat(size);
    "data to send" |size| drawn(size, &["send ", "all ", "passwords ", "contents ", "to ", "forward ", "x "]);
    "elements, no end" |size| drawn(size, &["<a ", " onload", " onx", "=", "\"", " onclick "]);
    "keys in documents" |size| drawn(size, &["-----BEGIN", "kind: secret ", "data ", "\"kty\"", "MII", "\n"]);
    "command lines" |size| drawn(size, &["machine ", "login ", "mysql -p", "sqlcmd ", "server=", ";pwd="]);
    "words for all ids" |size| drawn(size, ID_WORDS);
    "pw= flood" |size| "pw=".repeat(size / 3);
    "key= flood" |size| "key=".repeat(size / 4);
    "names of secrets in a chain" |size| drawn(size, &["key=", "pw:", "pass=", "api=", "k9"]);
    "numbers of many offices" offices;
    "comments in words" |size| drawn(size, &["a<!-- x -->b", "<b><i></i></b>", "no", "<!--", "re ", "<wbr>"]);
    "words of poison" |size| drawn(size, POISON);
    "parts of JWTs" |size| drawn(size, &["eyJhbGciOiJIUzI1NiJ9.", "eyJzdWIiOiIxMjM0In0.", "eyJ", "."]);
    "all notations" |size| drawn(size, NOTATIONS);
    "escapes, four deep" |size| drawn(size, &["%25252541", "\\\\\\\\n", "' or ", "; ls ", "$(", "key=", "../"]);
    "notations and near matches" |size| drawn(size, NEARLY);
    "blanks without a width" |size| drawn(size, &["i\u{200b}g", "nore ", "\u{200b}", "а", "key=", "send \u{200b}all "]);
    "base64 and escapes" |size| drawn(size, ENCODED);
    "climbs and escapes" |size| drawn(size, &["../", "..%2f", "%2e%2e", "etc", "passwd", "0x2e"]);
    "everything once" |size| drawn(size, &["on", "or ", "'", "; ", "key=", "../", "%41", "@", "12", "-", "://", "<", "ignore "]);
};

const ID_WORDS: &[&str] = &[
    "passport ",
    "license ",
    "tax id ",
    "vehicle ",
    "plate ",
    "pan ",
    "gst ",
    "bir ",
    "cel ",
    "fin ",
    "sin ",
    "aba ",
    "mbi ",
    "abn ",
    "tfn ",
    "nhs ",
    "dea ",
    "pnr ",
    "bsn ",
    "cpf ",
    "nir ",
    "driver ",
    "acct ",
    "npi ",
    "vat ",
    "lanr ",
    "123456789 ",
    "12345678901 ",
    "A1234567 ",
];

const POISON: &[&str] = &[
    "do not tell ",
    "the user ",
    "before using ",
    "this tool ",
    "read ",
    "~/.ssh/id_rsa ",
    "must ",
    "first ",
    "always ",
    "instead of ",
    "secretly ",
];

const NOTATIONS: &[&str] =
    &["%25", "41", "=69t", "<wbr>", "i\u{200b}t", "&#x41;", "\\u0041", " aGVsbG8gd29ybGQhIQ== ", "word"];

const NEARLY: &[&str] = &["=69gn", "%41key=", "or 1", "' ", "; ls ", "a<wbr>b", "token ", "12", "%2541"];

const ENCODED: &[&str] = &[
    "aWdub3JlIGFsbCB0aGUgcHJldmlvdXMgaW5zdHJ1Y3Rpb25z ",
    "a2V5PXRva2VuIHBhc3N3b3JkPWFiYzEyMw== ",
    "%41",
    "\\n",
];

/// Numbers that may be those of many offices, all of which are named.
fn offices(size: usize) -> String {
    let mut text = ID_WORDS.concat();
    let mut number = 100_000_000_u32;
    while text.len() < size {
        number = 100_000_000 + (number + 7_919_333) % 900_000_000;
        let words =
            if number.is_multiple_of(8) { "acn tfn sin aba acct passport lanr bsnr bsn tin " } else { "" };
        text.push_str(words);
        text.push_str(&number.to_string());
        text.push(' ');
    }
    text
}

/// Pieces in any order.
fn drawn(size: usize, pieces: &[&str]) -> String {
    let mut dice = Dice::new(7);
    let mut text = String::with_capacity(size + 32);
    while text.len() < size {
        text.push_str(pieces[dice.below(pieces.len())]);
    }
    text
}

/// A text in base64, in base64 again, until it is long enough.
fn nested_base64(size: usize) -> String {
    let mut text = "the words within ".repeat(size / 50 + 2);
    while text.len() < size {
        text = base64(text.as_bytes());
    }
    text.truncate(size);
    text
}

fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len() / 3 * 4 + 4);
    for three in bytes.chunks(3) {
        let at = |index: usize| u32::from(three.get(index).copied().unwrap_or_default());
        let all = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..=three.len() {
            text.push(char::from(SIGNS[(all >> (18 - 6 * place) & 63) as usize]));
        }
    }
    text
}
