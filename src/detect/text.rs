//! The view of a text that all detectors share: folded, and decoded where something is encoded in it.
//! Each layer knows the way back, so a finding in decoded text is a span of the text as it was given.

use std::borrow::Cow;
use std::ops::Range;

use super::{concealed, decode, fold, mended, wrapped};

/// How often decoded text is decoded again.
const MAX_DEPTH: usize = 4;
const MAX_LAYERS: usize = 16;
/// What a text of this size is decoded to has no other bound; of a longer one it is so many times its size.
const SHORT: usize = 64 << 10;
const MAX_TIMES: usize = 3;

pub(super) struct View<'a> {
    length: usize,
    original: &'a str,
    layers: Vec<Layer<'a>>,
    /// Layers from here on were not read any further, since there is no room for more; and whether some were left out.
    rest: usize,
    full: bool,
}

pub(super) struct Layer<'a> {
    text: Cow<'a, str>,
    /// Empty where the text is the one below, byte for byte.
    map: Map,
    below: Option<usize>,
    depth: usize,
    /// The layer above that is this one with its escapes read.
    replaced: Option<usize>,
}

impl Layer<'_> {
    pub(super) fn is_replaced(&self) -> bool {
        self.replaced.is_some()
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

impl<'a> View<'a> {
    pub(super) fn of(original: &'a str) -> Self {
        Self::read(original, original.len() * MAX_TIMES + SHORT * MAX_LAYERS, |_| None)
    }

    /// With lines that belong together put together as well.
    pub(super) fn joined(original: &'a str) -> Self {
        Self::read(original, usize::MAX, wrapped::joined)
    }

    fn read(original: &'a str, most_bytes: usize, joined: fn(&str) -> Option<(String, Map)>) -> Self {
        let base = match fold::fold(original) {
            Some((text, map)) => Layer { text: Cow::Owned(text), map, below: None, depth: 0, replaced: None },
            None => Layer {
                text: Cow::Borrowed(original),
                map: Map::default(),
                below: None,
                depth: 0,
                replaced: None,
            },
        };
        let mut layers = vec![base];
        for (text, map) in [concealed::apart(original), concealed::told(original)].into_iter().flatten() {
            add(&mut layers, text, map, None, 0);
        }
        let (mut next, mut full) = (0, false);
        let size = |layers: &[Layer<'_>]| layers.iter().map(|layer| layer.text.len()).sum::<usize>();
        while next < layers.len() && layers.len() < MAX_LAYERS && size(&layers) < most_bytes {
            if layers[next].depth < MAX_DEPTH {
                let (text, depth) = (&layers[next].text, layers[next].depth + 1);
                // Where escapes are read, the runs are looked for in what comes of it.
                let escapes = decode::escapes(text);
                let unescaped = escapes.is_some();
                let decoded = escapes.or_else(|| decode::blobs(text));
                let more = [mended::mended(text, unescaped), joined(text)];
                let mut read = Vec::new();
                if let Some((text, map)) = decoded {
                    layers[next].replaced = unescaped.then_some(layers.len());
                    let apart = concealed::apart(&text).map(|(text, second)| (text, map.then(&second)));
                    read.push((text, map));
                    read.extend(apart);
                }
                read.extend(more.into_iter().flatten());
                let room = MAX_LAYERS - layers.len();
                full |= read.len() > room;
                for (text, map) in read.into_iter().take(room) {
                    add(&mut layers, text, map, Some(next), depth);
                }
            }
            next += 1;
        }
        Self { length: original.len(), original, rest: next.min(layers.len()), full, layers }
    }

    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// Whether there is more to be decoded than there is room for.
    pub(super) fn is_cut(&self) -> bool {
        let is_encoded = |layer: &Layer<'_>| layer.depth < MAX_DEPTH && decode::is_encoded(&layer.text);
        self.full || self.layers[self.rest..].iter().any(is_encoded)
    }

    /// The text as given, with all its escapes read: the layer that says most.
    pub(super) fn first(&self) -> usize {
        let next = |at: &usize| self.layers.get(*at)?.replaced;
        std::iter::successors(Some(0), next).last().unwrap_or_default()
    }

    /// The places of the escapes of a layer, if they are read in another.
    pub(super) fn escapes(&self, layer: usize) -> Option<impl Iterator<Item = Range<usize>>> {
        let read = self.layers.get(self.layers.get(layer)?.replaced?)?;
        let blocks = read.map.pieces.iter().filter(|piece| piece.length != PLAIN);
        Some(blocks.map(|piece| piece.origin(piece.out())))
    }

    /// Whether the first layer is another text than the one given.
    pub(super) fn is_folded(&self) -> bool {
        self.layers.first().is_some_and(|layer| matches!(layer.text, Cow::Owned(_)))
    }

    pub(super) fn layers(&self) -> &[Layer<'a>] {
        &self.layers
    }

    /// The span of the original text that a span of a layer comes from.
    pub(super) fn origin(&self, layer: &Layer<'_>, span: Range<usize>) -> Range<usize> {
        let mut span = layer.map.back(span);
        let mut below = layer.below;
        while let Some(layer) = below.and_then(|index| self.layers.get(index)) {
            span = layer.map.back(span);
            below = layer.below;
        }
        let mut start = span.start.min(self.length);
        let mut end = span.end.clamp(start, self.length);
        while !self.original.is_char_boundary(start) {
            start -= 1;
        }
        while !self.original.is_char_boundary(end) {
            end += 1;
        }
        start..end
    }
}

/// Puts one more reading on top, folded.
fn add(layers: &mut Vec<Layer<'_>>, text: String, map: Map, below: Option<usize>, depth: usize) {
    let (text, map) = match fold::fold(&text) {
        Some((folded, second)) => (folded, map.then(&second)),
        None => (text, map),
    };
    layers.push(Layer { text: Cow::Owned(text), map, below, depth, replaced: None });
}

/// A text as it reads once it is folded, and each time that its escapes are read.
pub(super) fn plain(text: &str) -> Vec<String> {
    let folded = |text: String| fold::fold(&text).map_or(text, |(folded, _)| folded);
    let first = folded(text.to_owned());
    let next = |text: &String| decode::escapes(text).map(|(text, _)| folded(text));
    std::iter::successors(Some(first), next).take(MAX_DEPTH + 1).collect()
}

/// Where each character of each layer comes from, by layer.
#[cfg(fuzzing)]
pub fn origins(text: &str) -> Vec<Vec<Range<usize>>> {
    let view = View::of(text);
    let of_layer = |layer: &Layer<'_>| {
        let characters = layer.text().char_indices().map(|(at, c)| at..at + c.len_utf8());
        characters.map(|span| view.origin(layer, span)).collect()
    };
    view.layers().iter().map(of_layer).collect()
}

/// Where the bytes of a derived text come from, as pieces in order.
#[derive(Debug, Default)]
pub(super) struct Map {
    pieces: Vec<Piece>,
}

/// Small, since a text may be escapes and nothing else.
#[derive(Clone, Copy, Debug)]
struct Piece {
    out: u32,
    start: u32,
    /// `PLAIN` where it is byte for byte; otherwise the whole of the piece stands for so much as a whole.
    length: u32,
}

const PLAIN: u32 = u32::MAX;

fn small(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl Piece {
    fn out(self) -> usize {
        self.out as usize
    }

    /// Where the byte `at` of the derived text comes from.
    fn origin(self, at: usize) -> Range<usize> {
        let start = self.start as usize;
        match self.length {
            PLAIN => start + (at - self.out())..start + (at - self.out()) + 1,
            length => start..start + length as usize,
        }
    }
}

impl Map {
    /// From byte `out` on, the derived text is the origin from `start` on, byte for byte.
    pub(super) fn plain(&mut self, out: usize, start: usize) {
        self.pieces.push(Piece { out: small(out), start: small(start), length: PLAIN });
    }

    /// From byte `out` on, the derived text stands for `origin` as a whole.
    pub(super) fn block(&mut self, out: usize, origin: Range<usize>) {
        let length = small(origin.len()).min(PLAIN - 1);
        self.pieces.push(Piece { out: small(out), start: small(origin.start), length });
    }

    fn of_byte(&self, at: usize) -> Range<usize> {
        let next = self.pieces.partition_point(|piece| piece.out() <= at);
        let piece = next.checked_sub(1).and_then(|index| self.pieces.get(index));
        piece.map_or(at..at + 1, |piece| piece.origin(at))
    }

    pub(super) fn back(&self, span: Range<usize>) -> Range<usize> {
        let first = self.of_byte(span.start);
        let end = span.end.checked_sub(1).map_or(0, |last| self.of_byte(last).end);
        // What is turned round stands before what it was, and comes from the whole of it.
        first.start..if span.is_empty() { end } else { end.max(first.end) }
    }

    /// The map of a text derived by `second` from the text this map is for.
    fn then(&self, second: &Self) -> Self {
        let mut map = Self { pieces: Vec::with_capacity(self.pieces.len() + second.pieces.len()) };
        for (index, piece) in second.pieces.iter().enumerate() {
            let start = piece.start as usize;
            if piece.length != PLAIN {
                map.block(piece.out(), self.back(piece.origin(piece.out())));
                continue;
            }
            // A plain stretch takes over every piece of the first map that begins in it.
            let from = self.pieces.partition_point(|first| first.out() <= start);
            match from.checked_sub(1).and_then(|first| self.pieces.get(first)) {
                Some(first) if first.length == PLAIN => map.plain(piece.out(), first.origin(start).start),
                Some(first) => map.pieces.push(Piece { out: piece.out, ..*first }),
                None => map.pieces.push(*piece),
            }
            let next = second.pieces.get(index + 1);
            let stop = next.map_or(usize::MAX, |next| start + (next.out() - piece.out()));
            for first in self.pieces[from..].iter().take_while(|first| first.out() < stop) {
                map.pieces.push(Piece { out: small(piece.out() + (first.out() - start)), ..*first });
            }
        }
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Dice;

    #[test]
    fn a_place_that_begins_in_what_is_turned_round_has_all_of_it() {
        let text = "a \u{202e}snoirtsb";
        let view = View::of(text);
        let layer = &view.layers()[0];
        let turned = layer.text().find("bstrions").expect("it is read the other way round");
        let given = layer.text().rfind("snoirtsb").expect("it is read as it is given");
        assert!(turned < given);
        let whole = text.find('\u{202e}').expect("the sign")..text.len();
        assert_eq!(view.origin(layer, turned + 1..given + 2), whole);
    }

    /// Whatever is put together, each character of each layer comes from whole characters of the text.
    #[test]
    fn every_reading_leads_back_to_whole_characters() {
        const PIECES: [&str; 26] = [
            "a",
            "word",
            " ",
            "é",
            "\u{200b}",
            "\0",
            "\u{7f}",
            "\u{1b}[0m",
            "<!-- -->",
            "<wbr>",
            "=41",
            "=C3",
            "=\n",
            "%41",
            "%C3",
            "&shy;",
            "&#8203;",
            "\\n",
            "dGhlIGhpZGRlbiB3b3Jk",
            "ｓ",
            "\u{202e}",
            "\u{301}",
            "日",
            "\n",
            "=",
            "<",
        ];
        let mut dice = Dice(0x2545_f491_4f6c_dd1d);
        for _ in 0..3_000 {
            let text: String = (0..dice.below(40)).map(|_| PIECES[dice.below(PIECES.len())]).collect();
            let view = View::of(&text);
            assert!(view.layers().len() <= MAX_LAYERS, "{text:?}");
            for (at, layer) in view.layers().iter().enumerate() {
                let mut last = 0..0;
                for (start, c) in layer.text().char_indices() {
                    let origin = view.origin(layer, start..start + c.len_utf8());
                    assert!(
                        !origin.is_empty() && text.get(origin.clone()).is_some(),
                        "{text:?}, {at}: {origin:?}"
                    );
                    assert!(at > 0 || last.start <= origin.start, "{text:?}");
                    last = origin;
                }
            }
        }
    }

    fn origins(text: &str, needle: &str) -> Vec<String> {
        let view = View::of(text);
        let mut found = Vec::new();
        for layer in view.layers() {
            if let Some(at) = layer.text().find(needle) {
                found.push(text[view.origin(layer, at..at + needle.len())].to_owned());
            }
        }
        found
    }

    #[test]
    fn plain_text_has_one_layer() {
        assert_eq!(View::of("just words, 12 of them").layers().len(), 1);
    }

    #[test]
    fn the_way_back_is_kept_through_folding_and_decoding() {
        assert_eq!(origins("a\u{200b}b ｓｅｃｒｅｔ c", "secret"), ["ｓｅｃｒｅｔ"]);
        assert_eq!(origins("x=%73%65cret&y", "secret"), ["%73%65cret"]);
        assert_eq!(origins("x=%2573ecret&y", "secret"), ["%2573ecret"]);
        assert_eq!(origins("é &lt;script&gt; é", "<script>"), ["&lt;script&gt;"]);
        assert_eq!(origins("say \\u0068\\u0069 there", "hi"), ["\\u0068\\u0069"]);
        assert_eq!(
            origins("data: dGhlIGhpZGRlbiB3b3JkIGlzIHplYnJh.", "zebra"),
            ["dGhlIGhpZGRlbiB3b3JkIGlzIHplYnJh"]
        );
    }

    #[test]
    fn words_that_are_cut_up_lead_back_to_their_pieces() {
        assert_eq!(origins("é s\0e\0cr\u{7f}et", "secret"), ["s\0e\0cr\u{7f}et"]);
        assert_eq!(origins("é se<!-- -->cr<wbr>et.", "secret"), ["se<!-- -->cr<wbr>et"]);
        assert_eq!(origins("é =73ecre=\nt.", "secret"), ["=73ecre=\nt"]);
        assert_eq!(
            origins("the\u{200b}secret\u{200b}word", "the secret word"),
            ["the\u{200b}secret\u{200b}word"]
        );
        assert_eq!(origins("the&#8203;secret&shy;word", "the secret word"), ["the&#8203;secret&shy;word"]);
    }

    #[test]
    fn decoded_text_is_folded_with_its_way_back() {
        assert_eq!(origins("a%E2%80%8Bb%EF%BD%81z", "abaz"), ["a%E2%80%8Bb%EF%BD%81z"]);
    }
}
