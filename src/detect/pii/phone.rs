//! Phone numbers, in the forms people write them in; a bare run of digits needs a word that says so.

use super::super::Finding;
use super::Entity;
use super::context::Words;
use super::numbers::{Claim, Stretch};

pub(super) const RULE: &str = "pii.phone";
const PHONE: Entity = Entity { label: "PHONE_NUMBER", rule: RULE, reason: "A phone number is in the text." };
static WORDS: Words = Words::new(&[
    "phone",
    "tel",
    "text me",
    "mobile",
    "cell",
    "call",
    "contact",
    "fax",
    "whatsapp",
    "dial",
    "sms",
    "reach",
    "ring",
    "number is",
]);
/// These mean a phone, whatever stands beside them.
static PHONES: Words = Words::new(&["phone", "tel", "mobile", "cell", "fax", "whatsapp"]);

/// These may follow a number.
static TITLES: Words = Words::new(&["office", "fax", "mobile", "cell"]);

/// Fewer digits are no number of a phone.
const SHORTEST: usize = 6;

pub(super) fn at(stretch: &Stretch<'_>, first: usize) -> Option<Claim> {
    let near = &stretch.groups[first..stretch.groups.len().min(first + 7)];
    if near.iter().map(|group| group.len()).sum::<usize>() < SHORTEST {
        return None;
    }
    let (start, plus) = opening(stretch, first);
    // Most digits are no number of a phone whatever stands beside them.
    let possible =
        plus || american(stretch, first).or_else(|| national(stretch, first, true, true)).is_some();
    if !possible {
        return None;
    }
    let titled = stretch.groups[first..].iter().take(5).any(|last| TITLES.go_on_at(stretch.text, last.end));
    let named = titled || WORDS.stand_before(stretch.text, start);
    let claim = if plus {
        international(stretch, first)
    } else {
        american(stretch, first).or_else(|| national(stretch, first, named, titled))
    };
    let (last, score) = claim?;
    let before = start.checked_sub(1).and_then(|at| stretch.text.as_bytes().get(at));
    if before
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$' | b'#' | b'/'))
        && !named
    {
        return None;
    }
    let digits =
        stretch.text.as_bytes()[start..stretch.groups[last].end].iter().filter(|byte| byte.is_ascii_digit());
    if digits.clone().all(|digit| Some(digit) == digits.clone().next()) {
        return None;
    }
    let end = extended(stretch, last);
    let score = if named { f32::max(score, 0.9) } else { score };
    Some((finding(start, end, score), last - first + 1))
}

fn finding(start: usize, end: usize, score: f32) -> Finding {
    PHONE.at(start..end, score)
}

/// Where the number begins, with the bracket and the plus before its digits.
fn opening(stretch: &Stretch<'_>, first: usize) -> (usize, bool) {
    let bytes = stretch.text.as_bytes();
    let mut start = stretch.groups[first].start;
    if start > 0 && bytes[start - 1] == b'(' {
        start -= 1;
    }
    if start > 0 && bytes[start - 1] == b'+' {
        return (start - 1, true);
    }
    (start, false)
}

/// The end of the number, with the digits of an extension.
fn extended(stretch: &Stretch<'_>, last: usize) -> usize {
    let end = stretch.groups[last].end;
    let rest = stretch.text.get(end..).unwrap_or_default();
    let tail = rest.trim_start_matches([' ', ',']);
    for mark in ["ext. ", "ext.", "ext ", "extension ", "x", "ext", "EXT "] {
        if let Some(after) = tail.strip_prefix(mark) {
            let digits = after.bytes().take_while(u8::is_ascii_digit).count();
            if (1..=6).contains(&digits) {
                return end + (rest.len() - tail.len()) + mark.len() + digits;
            }
        }
    }
    end
}

/// The digits after the last group end there, or an extension begins.
fn ends(stretch: &Stretch<'_>, last: usize) -> bool {
    let next = stretch.text.as_bytes().get(stretch.groups[last].end);
    next.is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
        || extended(stretch, last) > stretch.groups[last].end
}

fn is_gap(gap: &[u8]) -> bool {
    match gap {
        [one] => matches!(one, b' ' | b'-' | b'.' | b')' | b'(' | b'/'),
        [one, two] => {
            matches!((one, two), (b')', b' ' | b'-' | b'(') | (b' ' | b'-' | b'.', b'('))
        }
        _ => matches!(gap, b" - " | b") ("),
    }
}

/// `+` and 7 to 15 digits in up to seven groups.
fn international(stretch: &Stretch<'_>, first: usize) -> Option<(usize, f32)> {
    let mut count = 0;
    let mut best = None;
    for last in first..stretch.groups.len().min(first + 7) {
        if last > first && !is_gap(stretch.gap(last - 1)) {
            break;
        }
        count += stretch.groups[last].len();
        if count > 15 {
            break;
        }
        // A number that goes on after a blank is taken whole, unless it is long enough already.
        if count >= 7 && ends(stretch, last) && (count <= 13 || best.is_none()) {
            best = Some((last, 0.93));
        }
    }
    best
}

/// `AAA-BBB-CCCC` with any separators, and a `1` or `001` before it.
fn american(stretch: &Stretch<'_>, first: usize) -> Option<(usize, f32)> {
    let lead = usize::from(matches!(stretch.digits(first), "1" | "001"));
    let last = first + lead + 2;
    if last >= stretch.groups.len() {
        return None;
    }
    let lengths = [0, 1, 2].map(|offset| stretch.groups[first + lead + offset].len());
    let mut gaps = (first..last).map(|index| stretch.gap(index));
    if lengths != [3, 3, 4] || !gaps.clone().all(is_gap) || !ends(stretch, last) {
        return None;
    }
    let area = stretch.digits(first + lead);
    let spaced = gaps.all(|gap| gap == b" ");
    let sure = !spaced || !area.starts_with(['0', '1']);
    Some((last, if sure { 0.85 } else { 0.6 }))
}

/// A national number: with a trunk zero and groups, or any digits after a word that says so.
fn national(stretch: &Stretch<'_>, first: usize, named: bool, titled: bool) -> Option<(usize, f32)> {
    let mut count = 0;
    let bracket = stretch.groups[first].start.checked_sub(1).and_then(|at| stretch.text.as_bytes().get(at))
        == Some(&b'(');
    let trunk = stretch.digits(first).starts_with('0')
        && (stretch.groups[first].len() > 1
            || stretch.groups.len() > first + 1
                && stretch.gap(first).iter().any(|byte| matches!(byte, b'(' | b' ')));
    let mut best = None;
    for last in first..stretch.groups.len().min(first + 6) {
        if last > first && (!is_gap(stretch.gap(last - 1)) || is_fraction(stretch, last)) {
            break;
        }
        // A single digit after the first group is of a version or a list.
        if last > first && stretch.groups[last].len() == 1 {
            break;
        }
        count += stretch.groups[last].len();
        if count > 14 {
            break;
        }
        let groups = last - first + 1;
        let enough = match (named, trunk, groups) {
            (true, _, 1) => (9..=13).contains(&count) && (titled || is_named(stretch, first)),
            (true, ..) => (if titled { 6 } else { 7 }..=13).contains(&count),
            (false, true, 2..) => (9..=12).contains(&count) && !is_date(stretch, first, last),
            (false, false, 2..) => bracket && (9..=12).contains(&count),
            _ => false,
        };
        if enough && ends(stretch, last) && !is_date(stretch, first, last) {
            best = Some((last, 0.7));
        }
    }
    best
}

/// Many digits after a point.
fn is_fraction(stretch: &Stretch<'_>, last: usize) -> bool {
    stretch.gap(last - 1) == b"." && stretch.groups[last].len() > 4
}

/// A bare run of digits: only a word for a phone itself makes it a number of one.
fn is_named(stretch: &Stretch<'_>, first: usize) -> bool {
    PHONES.stand_before(stretch.text, stretch.groups[first].start)
}

/// Groups as in `01.02.2024`, `2024-02-01` or `2024-02`, anywhere among them.
fn is_date(stretch: &Stretch<'_>, first: usize, last: usize) -> bool {
    let year = |index: usize| {
        let digits = stretch.digits(index);
        digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20"))
    };
    let short = |index: usize| matches!(stretch.groups[index].len(), 1 | 2);
    let joined = |index: usize| matches!(stretch.gap(index), b"-" | b"." | b"/");
    (first..last).any(|index| {
        joined(index)
            && (year(index) && (short(index + 1) || year(index + 1)) || short(index) && year(index + 1))
    })
}
