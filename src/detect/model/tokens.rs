//! The tokens of a text: a word in lower case, a number of which only the length counts, a run of one sign, or a
//! line's end.

use super::features::place;

/// Letters of a word that is cut into pieces in one step.
const SHORT: usize = 8;
/// More letters of a word are not cut into pieces.
const WORD: usize = 24;
/// Letters of a piece.
const PIECE: usize = 4;
/// More digits of a number are not counted.
const DIGITS: usize = 4;
/// Pieces of a word, at most, and room to write some more.
pub(super) const PIECES: usize = WORD;

/// A token of a text, and what it is known by.
pub(super) struct Token {
    pub(super) start: usize,
    pub(super) length: usize,
    pub(super) hash: u32,
    /// How many pieces it has.
    pub(super) count: usize,
}

/// The next token from a place on.
#[inline]
pub(super) fn next(text: &[u8], from: usize) -> Option<Token> {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r');
    let start = from + text[from..].iter().take_while(|byte| is_blank(byte)).count();
    let rest = &text[start..];
    let first = *rest.first()?;
    let run = |is: fn(&u8) -> bool| rest.iter().take_while(|byte| is(byte)).count();
    let (length, hash, count) = match first {
        b'\n' => (run(u8::is_ascii_whitespace), SIGNS[usize::from(b'\n')][0], 0),
        b'0'..=b'9' => {
            let length = run(u8::is_ascii_digit);
            (length, NUMBERS[length.min(DIGITS)], 0)
        }
        _ if LETTERS[usize::from(first)] != 0 => word(rest),
        sign => {
            let length = rest.iter().take_while(|byte| **byte == sign).count();
            (length, SIGNS[usize::from(sign)][usize::from(length > 1)], 0)
        }
    };
    Some(Token { start, length, hash, count })
}

/// How long a word is, its hash, and how many pieces it has.
#[inline]
fn word(text: &[u8]) -> (usize, u32, usize) {
    let (mut hash, mut length) = (BASIS, 0);
    for &letter in text {
        let letter = LETTERS[usize::from(letter)];
        if letter == 0 {
            break;
        }
        hash = step(hash, letter);
        length += 1;
    }
    let closed = usize::from(length <= WORD);
    (length, hash, (length.min(WORD) + closed).saturating_sub(PIECE - 2))
}

impl Token {
    /// Puts the places of its pieces into a list, which has room for more.
    #[inline]
    pub(super) fn pieces(&self, text: &[u8], list: &mut [u16; PIECES]) {
        match text[self.start..].first_chunk() {
            Some(letters) if self.count < SHORT => short(u64::from_be_bytes(*letters), self.count, list),
            _ => self.long(text, list),
        }
    }

    fn long(&self, text: &[u8], list: &mut [u16; PIECES]) {
        let letters = text[self.start..][..self.length].iter().map(u8::to_ascii_lowercase);
        let close = (self.length <= WORD).then_some(b'>');
        let mut piece = u32::from(b'<');
        for (at, letter) in letters.take(WORD).chain(close).enumerate() {
            piece = piece << 8 | u32::from(letter);
            if let Some(at) = at.checked_sub(PIECE - 2) {
                list[at] = place(piece);
            }
        }
    }
}

/// So many pieces of a word, one more letter long, and what comes of the letters behind it.
fn short(letters: u64, count: usize, list: &mut [u16; PIECES]) {
    let open = u64::from(b'<') << 56;
    let close = u64::from(b'>') << 48;
    let bits = 8 * count;
    // The letters, and the close behind them where there is room.
    let word = lower(letters) & !(u64::MAX >> 8 >> bits) | close >> bits;
    let ends = [
        (open | word >> 8) >> 32,
        word >> 32,
        word >> 24,
        word >> 16,
        word >> 8,
        word,
        word << 8 | u64::from(b'>'),
    ];
    for (piece, end) in list.iter_mut().zip(ends) {
        // The four letters that it ends with.
        #[expect(clippy::cast_possible_truncation)]
        let letters = end as u32;
        *piece = place(letters);
    }
}

/// Eight letters in lower case.
fn lower(letters: u64) -> u64 {
    const EACH: u64 = u64::MAX / 0xff;
    // Less than 0x80 by so much is an `A`, and what is behind a `Z`.
    const A: u64 = EACH * 0x3f;
    const BEHIND_Z: u64 = EACH * 0x25;
    let low = letters & (EACH * 0x7f);
    letters | ((low + A) & !(low + BEHIND_Z) & !letters & (EACH * 0x80)) >> 2
}

/// Of each byte what it is as a letter, in lower case; what no ASCII is counts as one.
static LETTERS: [u8; 256] = {
    let mut letters = [0; 256];
    let mut byte: u8 = 0;
    loop {
        if byte.is_ascii_alphabetic() || !byte.is_ascii() {
            letters[byte as usize] = byte.to_ascii_lowercase();
        }
        if byte == u8::MAX {
            break;
        }
        byte += 1;
    }
    letters
};

const BASIS: u32 = 0x811c_9dc5;
const PRIME: u32 = 0x0100_0193;

/// FNV-1a.
const fn step(hash: u32, letter: u8) -> u32 {
    (hash ^ letter as u32).wrapping_mul(PRIME)
}

/// The hashes of numbers by their length, each digit as a zero.
static NUMBERS: [u32; DIGITS + 1] = {
    let mut hashes = [BASIS; DIGITS + 1];
    let mut at = 0;
    while at < DIGITS {
        hashes[at + 1] = step(hashes[at], b'0');
        at += 1;
    }
    hashes
};

/// The hashes of a sign, and of more of it.
static SIGNS: [[u32; 2]; 128] = {
    let mut hashes = [[0; 2]; 128];
    let mut sign = 0;
    while sign < 128 {
        let once = step(BASIS, sign);
        hashes[sign as usize] = [once, step(once, sign)];
        sign += 1;
    }
    hashes
};

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<(&str, Token)> {
        let mut at = 0;
        let next = || {
            let token = next(text.as_bytes(), at)?;
            at = token.start + token.length;
            Some((&text[token.start..at], token))
        };
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn a_text_is_read_in_words_numbers_runs_and_lines() {
        let words = |text| tokens(text).into_iter().map(|(word, _)| word).collect::<Vec<_>>();
        let read = ["Don", "'", "t", "wait", "--", "\n\n  ", "é", "12345", "!"];
        assert_eq!(words("Don't  wait --\n\n  é12345!"), read);
        let hashes = |text| tokens(text).into_iter().map(|(_, token)| token.hash).collect::<Vec<_>>();
        assert_eq!(hashes("WORD 12345 ---"), hashes("word 98765432 --"));
        assert_ne!(hashes("12"), hashes("123"));
    }

    #[test]
    fn a_word_has_the_same_pieces_however_long_it_is_and_wherever_it_stands() {
        let letters = "AbcdÉfghIjklmnopqrstuvwxyz";
        for length in letters.char_indices().map(|(at, _)| at).skip(1) {
            let alone = &letters[..length];
            let text = format!("{alone} and more");
            let pieces = |text: &str| {
                let token = next(text.as_bytes(), 0).expect("a word");
                let mut list = [0; PIECES];
                token.pieces(text.as_bytes(), &mut list);
                list[..token.count].to_vec()
            };
            let whole: Vec<u8> = format!("<{}>", alone.to_ascii_lowercase()).into_bytes();
            let known = if length > WORD { &whole[..=WORD] } else { &whole };
            let wanted = |piece: &[u8]| place(piece.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)));
            let wanted: Vec<u16> = known.windows(PIECE).map(wanted).collect();
            assert_eq!(pieces(&text), wanted, "{alone}");
            assert_eq!(pieces(alone), wanted, "{alone}");
        }
    }
}
