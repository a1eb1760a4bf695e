//! How addresses are written in English, German, Dutch, the Nordic and the Romance languages, and Hungarian,
//! as they read when accents are folded: `ß` is an `s`.

use super::Form;

/// A word with a capital, or a number that is a street's name.
const NAME: &str = r"(?:(?-i:[A-Z\x80-\xff][A-Za-z\x80-\xff'.-]{0,30})|\d{1,3}(?:st|nd|rd|th))";
/// Between the words of a name.
const SMALL: &str = r"(?:(?:of|the|de|la|le|les|los|las|del|della|delle|dei|degli|di|da|do|dos|das|du|des|von|van|der|den|het|zum|zur|am|an|im|y|e)\s|[dl]'|dell')";
/// What separates the parts of an address, and what separates a town from what may be more of the street.
const GAP: &str = r"(?:\s?,)?[ \t]{0,4}(?:\n[ \t]{0,8}|\\n)?";
const BREAK: &str = r"(?:\s?,[ \t]{0,4}(?:\n[ \t]{0,8}|\\n)?|[ \t]{0,4}(?:\n[ \t]{0,8}|\\n),?\s?)";
const UNIT: &str = r"(?:(?:apt|apartment|suite|ste|unit|flat|floor|room|rm|bldg|building|piso|esc|int|stiege|top)\.?\s?#?[A-Za-z]?\d{1,5}[A-Za-z]?|(?:apt|suite|unit|flat)\s(?-i:[A-Z])|#\s?\d{1,5}[A-Za-z]?|\d{1,2}(?:st|nd|rd|th)\sfloor)\b";
/// A code that follows a town.
const CODE: &str =
    r"(?:\d{5}(?:-\d{4})?|(?-i:[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d)|\d{4})\b";
/// A code that a town follows.
const BEFORE_TOWN: &str =
    r"(?:(?-i:[A-Z]{1,2})-)?(?:\d{5}|\d{4}(?:[ -]?(?-i:[A-Z]{2})\b|-\d{3})?|\d{3} \d{2}|\d{2}-\d{3})";
const TOWN: &str = r"(?-i:[A-Z\x80-\xff][A-Za-z\x80-\xff'.-]{1,24}(?:[ -](?:[A-Z\x80-\xff][A-Za-z\x80-\xff'-]{1,24}|am|an|der|de|la|del|upon|sur|sous|im|bei|den)){0,3})";
const STATE: &str = r"(?-i:[A-Z]{2})\b";
const BEGINS: &str = r"(?:^|[^\w.-])";
const NUMBER: &str = r"(?:^|[^\w.,:/$#-])(\d{1,6}(?:-\d{1,4})?[a-z]?";
const DIRECTION: &str = r"(?:\s(?:north|south|east|west|[nsew]|ne|nw|se|sw)\b\.?)?";

const STREETS: &str =
    "street|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|drive|dr|parkway|pkwy|terrace|crescent";
/// Streets that are also other things.
const WAYS: &str = "way|place|pl|court|ct|square|sq|close|circle|cir|row|walk|hill|loop|plaza|grove|gardens|trail|trl|alley|mews|rise|highway|hwy|street|avenue|road|drive|lane";
const GERMAN: &str = r"stras{1,2}e|str\.|platz|allee|gasse|weg|damm|chaussee";
const NORTHERN: &str =
    "straat|laan|plein|gracht|kade|steenweg|gatan|[^g]gata|vagen|veien|vej|katu|[a-z]{3}gade";
const FRENCH: &str = r"rue|avenue|boulevard|impasse|allee|chemin|quai|cours|place|route";
const SOUTHERN: &str = r"Calle|C/|Avenida|Avda\.?|Av\.|Plaza|Paseo|Carrer|Rua|Travessa|Praca|Via|Viale|Piazza|Corso|Vicolo|Largo|[Uu]l\.|[Uu]lica|Rue|rue|calle|via";

/// What follows a street: units, then a town with its code, in whichever order.
pub(super) fn tail() -> String {
    let region = format!(r"(?:{BREAK}{TOWN}|{GAP}{STATE})?");
    let after = format!(r"{BREAK}{TOWN}{region}{GAP}{CODE}");
    let blank = format!(r"\s{TOWN},?\s(?:{STATE}\s)?{CODE}");
    let before = format!(r"{GAP}{BEFORE_TOWN}\s{TOWN}");
    let town = format!(r"{BREAK}{TOWN}(?:{BREAK}(?:{STATE}|{TOWN}))?");
    format!(r"\A(?:{GAP}{UNIT}){{0,2}}(?:{after}|{blank}|{before}|{town}|{GAP}{CODE})?")
}

/// What has to follow where the street alone says little.
pub(super) fn town() -> String {
    let after = format!(r"{BREAK}{TOWN}(?:{GAP}{STATE})?{GAP}{CODE}|\s{TOWN},?\s{STATE}\s{CODE}");
    format!(r"\A(?:{GAP}{UNIT}){{0,2}}(?:{after}|,\s{TOWN},\s{STATE}|{GAP}{BEFORE_TOWN}\s{TOWN})")
}

/// Where the first unit begins.
pub(super) fn unit() -> String {
    format!(r",?\s(?:{UNIT}|(?:apt|apartment|suite|ste|unit|flat|floor|room)\b\.?\z)")
}

/// A word in small letters, with a capital, or in capitals.
fn cased(words: &str) -> String {
    let capital = |word: &str| format!("{}{}", word[..1].to_uppercase(), &word[1..]);
    words
        .split('|')
        .map(|word| format!("{}|{}", capital(word), word.to_uppercase()))
        .collect::<Vec<_>>()
        .join("|")
}

/// One word that ends as streets do, and a number.
fn joined(ends: &str) -> String {
    format!(
        r"{BEGINS}((?:(?-i:[A-Z\x80-\xff][A-Za-z\x80-\xff.]{{0,30}})[ -]){{0,3}}(?-i:[A-Z\x80-\xff])[A-Za-z\x80-\xff-]{{2,30}}(?:{ends})\s\d{{1,4}}(?:\s?[a-z]\b|[-/]\d{{1,4}})?\b)"
    )
}

pub(super) fn all() -> Vec<Form> {
    let names = format!(r"(?:\s{SMALL}?{NAME}){{1,4}}");
    let house = r",?\s(?:n(?:[o.]|\xc2[\xb0\xba]){1,2}\s?|nr\.?\s?)?\d{1,4}(?:\s?[a-z]|[-/]\d{1,4})?\b";
    let form = |words, pattern, score, needs_town| Form { words, pattern, score, needs_town };
    vec![
        form(
            " street| st| ave| road| rd| boulevard| blvd| lane| ln| drive| dr| parkway| pkwy| terrace| crescent",
            format!(r"{NUMBER}{DIRECTION}{names}\s(?-i:{})\b\.?{DIRECTION})", cased(STREETS)),
            0.75,
            false,
        ),
        form(
            " way| pl| c| sq| row| walk| hill| loop| grove| gardens| tr| alley| mews| rise| h| street| avenue| road| drive| lane",
            format!(
                r"{NUMBER}{DIRECTION}(?:\s[A-Za-z\x80-\xff'.-]{{1,30}}){{1,4}}\s(?:{WAYS})\b\.?{DIRECTION})"
            ),
            0.7,
            true,
        ),
        form("strasse|strase|str.|platz|allee|gasse|weg |damm |chaussee", joined(GERMAN), 0.75, false),
        form(
            "straat|laan|plein|gracht|kade |steenweg|gatan|gata |vagen|veien|vej |katu |gade ",
            joined(NORTHERN),
            0.7,
            false,
        ),
        form(
            "rue |avenue |boulevard |impasse |allee |chemin |quai |cours |place |route ",
            format!(r"{NUMBER}(?:\s(?:bis|ter|quater))?,?\s(?:{FRENCH})(?:\s{SMALL}{{0,2}}{NAME}){{1,4}})"),
            0.75,
            false,
        ),
        form(
            "calle |c/|avenida |avda|av. |plaza |paseo |carrer |rua |travessa |praca |via |viale |piazza |corso |vicolo |largo |ul. |ulica |rue ",
            format!(
                r"{BEGINS}((?-i:{SOUTHERN})\s?{SMALL}{{0,2}}{NAME}(?:\s{SMALL}{{0,2}}{NAME}){{0,4}}{house})"
            ),
            0.7,
            false,
        ),
        form(
            " utca | ut | ter | u. | krt",
            format!(r"{BEGINS}((?:{NAME}\s){{1,3}}(?:utca|ut|ter|u\.|krt\.?)\s\d{{1,4}}\.?(?:/[a-z])?)"),
            0.65,
            false,
        ),
        form(
            "box |postfach |postbus |apartado |casella postale|caixa postal",
            format!(
                r"\b((?:(?:p\.?\s?o\.?|post office)\s?box|postfach|postbus|apartado(?: de correos)?|casella postale|caixa postal)\s(?:n[o.]{{1,2}}\s)?\d{{1,6}}|(?:unit|psc|cmr)\s\d{{1,5}},?\s(?:box|b.x)\s\d{{1,5}}{GAP}(?:apo|fpo|dpo),?\s(?:aa|ae|ap)\s\d{{5}})"
            ),
            0.8,
            false,
        ),
    ]
}
