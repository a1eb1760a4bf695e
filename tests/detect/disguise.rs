//! Ways to write a text so that a reader sees it and a plain search does not.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A name, and the text in that form.
pub(super) type Disguise = (&'static str, fn(&str) -> String);

pub(super) const DISGUISES: [Disguise; 12] = [
    ("base64", |text| format!("payload: {}", STANDARD.encode(text))),
    ("hex", |text| format!("data = {}", bytes(text, |out, byte| write!(out, "{byte:02x}")))),
    ("url", |text| format!("q={}", url(text))),
    ("url twice", |text| format!("q={}", url(text).replace('%', "%25"))),
    ("zero width", |text| text.chars().flat_map(|c| [c, '\u{200b}']).collect()),
    ("look-alike", |text| text.chars().map(look_alike).collect()),
    ("full width", |text| text.chars().map(full_width).collect()),
    ("json", |text| units(text, |out, unit| write!(out, "\\u{unit:04x}"))),
    ("entities", |text| characters(text, |out, c| write!(out, "&#x{:x};", u32::from(c)))),
    ("tags", |text| format!("Nothing here.{}", text.chars().map(tag).collect::<String>())),
    ("comment", |text| format!("<html><body><p>Opening hours: 9 to 5</p><!-- {text} --></body></html>")),
    ("invisible", |text| {
        format!("<p>Opening hours</p><div style=\"display:none;color:#fff\">{text}</div><p>9 to 5</p>")
    }),
];

fn bytes(text: &str, each: impl Fn(&mut String, u8) -> std::fmt::Result) -> String {
    let mut out = String::new();
    text.bytes().for_each(|byte| each(&mut out, byte).expect("a string takes it"));
    out
}

fn characters(text: &str, each: impl Fn(&mut String, char) -> std::fmt::Result) -> String {
    let mut out = String::new();
    text.chars().for_each(|c| each(&mut out, c).expect("a string takes it"));
    out
}

fn units(text: &str, each: impl Fn(&mut String, u16) -> std::fmt::Result) -> String {
    let mut out = String::new();
    text.encode_utf16().for_each(|unit| each(&mut out, unit).expect("a string takes it"));
    out
}

fn url(text: &str) -> String {
    bytes(text, |out, byte| write!(out, "%{byte:02X}"))
}

fn look_alike(c: char) -> char {
    match c {
        'a' => 'а',
        'c' => 'с',
        'e' => 'е',
        'i' => 'і',
        'o' => 'о',
        'p' => 'р',
        'x' => 'х',
        'y' => 'у',
        other => other,
    }
}

fn full_width(c: char) -> char {
    if c.is_ascii_graphic() { char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c) } else { c }
}

fn tag(c: char) -> char {
    if c.is_ascii() { char::from_u32(u32::from(c) + 0xe0000).unwrap_or(c) } else { c }
}
