//! Stretches of digits and what separates them: payment cards, social security numbers and phone numbers.

use super::super::Finding;
use super::context::Words;
use super::{Entity, phone};

const CARD: Entity =
    Entity { label: "CREDIT_CARD", rule: "pii.card", reason: "The number of a payment card is in the text." };
const SSN: Entity = Entity {
    label: "US_SSN",
    rule: "pii.us-ssn",
    reason: "A social security number of the USA is in the text.",
};

/// Digits without a gap, within the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Group {
    pub(super) const fn len(self) -> usize {
        self.end - self.start
    }
}

/// Groups of digits that belong together, as far as their separators tell.
pub(super) struct Stretch<'a> {
    pub(super) text: &'a str,
    pub(super) groups: Vec<Group>,
}

impl Stretch<'_> {
    /// What stands between a group and the next.
    pub(super) fn gap(&self, index: usize) -> &[u8] {
        let (left, right) = (self.groups[index], self.groups[index + 1]);
        &self.text.as_bytes()[left.end..right.start]
    }

    pub(super) fn digits(&self, index: usize) -> &str {
        let group = self.groups[index];
        self.text.get(group.start..group.end).unwrap_or_default()
    }

    /// No letter or digit touches the groups from `first` to `last`.
    pub(super) fn is_apart(&self, first: usize, last: usize) -> bool {
        let bytes = self.text.as_bytes();
        let touches =
            |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        let before = self.groups[first].start.checked_sub(1).and_then(|at| bytes.get(at));
        !touches(before) && !touches(bytes.get(self.groups[last].end))
    }
}

/// How many groups are looked at together.
const MAX_GROUPS: usize = 32;

pub(super) fn scan(text: &str, found: &mut Vec<Finding>) {
    let bytes = text.as_bytes();
    let mut stretch = Stretch { text, groups: Vec::new() };
    let mut at = 0;
    while let Some(start) = bytes[at..].iter().position(u8::is_ascii_digit).map(|offset| at + offset) {
        let end = start + bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let joined = stretch.groups.last().is_some_and(|last| {
            start - last.end <= 3
                && bytes[last.end..start]
                    .iter()
                    .all(|byte| matches!(byte, b' ' | b'-' | b'.' | b'(' | b')' | b'/' | b'\t'))
        });
        if !joined || stretch.groups.len() >= MAX_GROUPS {
            judge(&stretch, found);
            stretch.groups.clear();
        }
        stretch.groups.push(Group { start, end });
        at = end;
    }
    judge(&stretch, found);
}

fn judge(stretch: &Stretch<'_>, found: &mut Vec<Finding>) {
    let mut index = 0;
    while index < stretch.groups.len() {
        let claimed =
            card(stretch, index).or_else(|| ssn(stretch, index)).or_else(|| phone::at(stretch, index));
        match claimed {
            Some((finding, count)) => {
                found.push(finding);
                index += count;
            }
            None => index += 1,
        }
    }
}

pub(super) type Claim = (Finding, usize);

fn card(stretch: &Stretch<'_>, first: usize) -> Option<Claim> {
    let near = &stretch.groups[first..stretch.groups.len().min(first + 5)];
    if near.iter().map(|group| group.len()).sum::<usize>() < 12 {
        return None;
    }
    let mut count = 0;
    for last in first..stretch.groups.len().min(first + 5) {
        if last > first {
            let gap = stretch.gap(last - 1);
            if !matches!(gap, b" " | b"-") || gap != stretch.gap(first) {
                return None;
            }
        }
        count += stretch.groups[last].len();
        if count > 19 {
            return None;
        }
        let split = last > first;
        if count < 12
            || split
                && last + 1 < stretch.groups.len()
                && stretch.gap(last) == b"-"
                && stretch.gap(first) == b"-"
        {
            continue;
        }
        let digits = || (first..=last).map(|index| stretch.digits(index)).collect::<String>();
        if (!split || is_grouped(stretch, first, last)) && stretch.is_apart(first, last) && is_card(&digits())
        {
            let span = stretch.groups[first].start..stretch.groups[last].end;
            let named = CARDS.stand_before(stretch.text, span.start);
            let score = match (split || count == 16 && !stretch.digits(first).starts_with('1'), named) {
                (_, true) => 0.98,
                _ if !split && is_fraction(stretch, first) => 0.3,
                // As long as the ids that many services count in.
                _ if !split && count > 16 => 0.45,
                (true, false) => 0.9,
                (false, false) => 0.6,
            };
            return Some((CARD.at(span, score), last - first + 1));
        }
    }
    None
}

/// What stands behind the point of a small number.
fn is_fraction(stretch: &Stretch<'_>, index: usize) -> bool {
    let whole = |index: usize| stretch.groups[index].len() <= 3 && stretch.gap(index) == b".";
    index.checked_sub(1).is_some_and(whole) && (index < 2 || stretch.gap(index - 2) != b".")
}

/// As cards are embossed: groups of four, or 4-6-5 and 4-6-4.
fn is_grouped(stretch: &Stretch<'_>, first: usize, last: usize) -> bool {
    let lengths = || stretch.groups[first..=last].iter().map(|group| group.len());
    lengths().take(last - first).all(|length| length == 4)
        || lengths().eq([4, 6, 4])
        || lengths().eq([4, 6, 5])
}

fn is_card(digits: &str) -> bool {
    let head = |count: usize| digits.get(..count).and_then(|head| head.parse::<u32>().ok()).unwrap_or(0);
    let known = match digits.len() {
        12 => matches!(head(2), 50 | 56..=69),
        13 => matches!(head(1), 4),
        14 => matches!(head(2), 36 | 38 | 39) || matches!(head(3), 300..=305 | 309),
        15 => matches!(head(2), 34 | 37) || matches!(head(4), 1800 | 2131),
        16 => {
            matches!(head(1), 4)
                || matches!(head(2), 51..=55 | 35 | 36 | 62 | 64 | 65 | 50 | 56..=58 | 60 | 63 | 67)
                || matches!(head(4), 2221..=2720)
        }
        17..=19 => matches!(head(1), 4) || matches!(head(2), 50 | 56..=58 | 62..=65 | 67) || head(4) == 6011,
        _ => false,
    };
    known && luhn(digits) && digits.bytes().any(|byte| byte != digits.as_bytes()[0])
}

pub(super) fn luhn(digits: &str) -> bool {
    let sum = digits.bytes().rev().enumerate().fold(0, |sum, (place, digit)| {
        let digit = u32::from(digit - b'0');
        sum + match place % 2 {
            0 => digit,
            _ => digit * 2 / 10 + digit * 2 % 10,
        }
    });
    sum % 10 == 0
}

static SSNS: Words = Words::new(&["ssn", "social security", "social sec", "ss#", "ss #", "soc sec"]);
static CARDS: Words = Words::new(&["card", "credit", "cc", "visa", "payment", "debit", "amex"]);

fn ssn(stretch: &Stretch<'_>, first: usize) -> Option<Claim> {
    let text = stretch.text;
    let start = stretch.groups[first].start;
    let named = || SSNS.stand_before(text, start);
    if stretch.digits(first).len() == 9 && stretch.is_apart(first, first) && named() {
        return Some((SSN.at(start..stretch.groups[first].end, 0.85), 1));
    }
    if first + 2 >= stretch.groups.len() {
        return None;
    }
    let lengths = [0, 1, 2].map(|offset| stretch.groups[first + offset].len());
    let (gap, second) = (stretch.gap(first), stretch.gap(first + 1));
    if lengths != [3, 2, 4] || gap != second || !stretch.is_apart(first, first + 2) {
        return None;
    }
    let alone = first + 3 == stretch.groups.len() || stretch.gap(first + 2) != gap;
    let [area, middle, serial] = [0, 1, 2].map(|offset| stretch.digits(first + offset));
    let valid = area != "000" && middle != "00" && serial != "0000";
    let score = match (gap, named()) {
        (_, true) if valid => 0.97,
        (b"-", _) if valid && alone => {
            if area.starts_with('9') {
                0.6
            } else {
                0.85
            }
        }
        (b" " | b".", false) if valid && alone => 0.45,
        _ => return None,
    };
    Some((SSN.at(start..stretch.groups[first + 2].end, score), 3))
}
