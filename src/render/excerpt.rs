//! The lines around a finding, made fit for a terminal: control characters
//! replaced, long lines cut, far places apart.

use crate::text::{Label, Source, Span};
use std::ops::Range;

/// Lines longer than this many bytes are cut around what they are shown for;
/// shorter ones are left to the renderer, which fits them to the terminal.
const LONG: usize = 4096;
/// What is kept in front of it and behind.
const MARGIN: usize = 60;
/// Places further apart than this many lines are shown apart.
const APART: u32 = 40;

/// Consecutive lines of one source with marks in them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    /// The first line's number.
    pub(super) line: u32,
    /// The lines.
    pub(super) text: String,
    /// Whether the beginning of a line is missing, so that columns are off.
    pub(super) cut: bool,
    /// Bytes of `text`, and which label they stand for.
    pub(super) marks: Vec<(Range<usize>, usize)>,
}

/// Excerpts for `labels`; the one that holds the first label comes first. A
/// label over several lines is marked in its first line only.
pub(super) fn excerpts(source: &Source, labels: &[&Label]) -> Vec<Excerpt> {
    let mut places: Vec<_> = labels
        .iter()
        .enumerate()
        .map(|(index, label)| (source.position(label.span.start).line, index))
        .collect();
    places.sort_unstable();
    let mut groups: Vec<Vec<(u32, usize)>> = Vec::new();
    for place in places {
        match groups.last_mut() {
            Some(group) if group.last().is_some_and(|l| place.0 - l.0 <= APART) => {
                group.push(place);
            }
            _ => groups.push(vec![place]),
        }
    }
    groups.sort_by_key(|group| !group.iter().any(|&(_, index)| index == 0));
    groups
        .into_iter()
        .filter_map(|group| excerpt(source, labels, &group))
        .collect()
}

fn excerpt(source: &Source, labels: &[&Label], group: &[(u32, usize)]) -> Option<Excerpt> {
    let (first, last) = (group.first()?, group.last()?);
    let mut excerpt = Excerpt {
        line: first.0,
        text: String::new(),
        cut: false,
        marks: Vec::new(),
    };
    let mut at = labels.get(first.1)?.span.start as usize;
    for number in first.0..=last.0 {
        let line = line_at(source.text(), at);
        let spans: Vec<_> = group
            .iter()
            .filter(|place| place.0 == number)
            .filter_map(|&(_, index)| Some((clip(labels.get(index)?.span, &line), index)))
            .collect();
        if number > first.0 {
            excerpt.text.push('\n');
        }
        copy(
            source.text(),
            cut(source.text(), &line, &spans),
            &spans,
            &mut excerpt,
        );
        at = (line.end + 1).min(source.text().len());
    }
    Some(excerpt)
}

/// The line that holds a byte, without its end.
fn line_at(text: &str, at: usize) -> Range<usize> {
    let bytes = text.as_bytes();
    let at = at.min(bytes.len());
    let before = bytes.get(..at).unwrap_or_default();
    let behind = bytes.get(at..).unwrap_or_default();
    let start = memchr::memrchr(b'\n', before).map_or(0, |i| i + 1);
    let end = memchr::memchr(b'\n', behind).map_or(bytes.len(), |i| at + i);
    start..end
}

fn clip(span: Span, line: &Range<usize>) -> Range<usize> {
    let start = span.range().start.clamp(line.start, line.end);
    start..span.range().end.clamp(start, line.end)
}

/// The part of a line that is shown.
fn cut(text: &str, line: &Range<usize>, spans: &[(Range<usize>, usize)]) -> Range<usize> {
    if line.len() <= LONG {
        return line.clone();
    }
    let first = spans.iter().map(|(span, _)| span.start).min();
    let last = spans.iter().map(|(span, _)| span.start).max();
    let from = first.unwrap_or(line.start).saturating_sub(MARGIN);
    let to = last.unwrap_or(line.start).saturating_add(2 * MARGIN);
    let start = floor(text, from.max(line.start));
    start..floor(text, to.min(line.end)).max(start)
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at = at.saturating_sub(1);
    }
    at
}

/// Copies a part of a line, with everything replaced that could steer a
/// terminal; a mark that begins in it is taken along.
fn copy(text: &str, part: Range<usize>, spans: &[(Range<usize>, usize)], excerpt: &mut Excerpt) {
    let line = line_at(text, part.start);
    let begin = excerpt.text.len();
    let mut places: Vec<(usize, usize)> = Vec::new();
    if part.start > line.start {
        excerpt.text.push('…');
        excerpt.cut = true;
    }
    for (offset, c) in text.get(part.clone()).unwrap_or_default().char_indices() {
        places.push((part.start + offset, excerpt.text.len()));
        match c {
            '\r' => {}
            '\t' => excerpt.text.push('\t'),
            c => excerpt.text.push(super::shown(c)),
        }
    }
    places.push((part.end, excerpt.text.len()));
    if part.end < line.end {
        excerpt.text.push('…');
    }
    let place = |byte: usize| {
        let index = places.partition_point(|&(from, _)| from < byte);
        places.get(index).or(places.last()).map_or(begin, |p| p.1)
    };
    for (span, index) in spans {
        excerpt
            .marks
            .push((place(span.start)..place(span.end), *index));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, places: &[(usize, usize)]) -> Vec<Excerpt> {
        let source = Source::new("f", text);
        let labels: Vec<_> = places
            .iter()
            .map(|&(start, end)| Label::new(Span::new(start, end), ""))
            .collect();
        excerpts(&source, &labels.iter().collect::<Vec<_>>())
    }

    #[test]
    fn a_mark_stays_on_its_text() {
        let found = of("a\r\n\tb\u{1b}[31mé!\n", &[(4, 12)]);
        assert_eq!(found.len(), 1);
        let excerpt = &found[0];
        assert_eq!(excerpt.line, 2);
        assert!(!excerpt.text.contains('\u{1b}'));
        let (range, index) = excerpt.marks[0].clone();
        assert_eq!(index, 0);
        assert_eq!(&excerpt.text[range], "b\u{fffd}[31mé");
    }

    #[test]
    fn far_places_stand_apart_the_primary_first() {
        let text = "x\n".repeat(200);
        let found = of(&text, &[(300, 301), (2, 3), (304, 305)]);
        assert_eq!(found.iter().map(|e| e.line).collect::<Vec<_>>(), [151, 2]);
        assert_eq!(found[0].text, "x\nx\nx");
        assert_eq!(found[0].marks.len(), 2);
    }

    #[test]
    fn long_lines_are_cut_and_spans_beyond_the_text_do_no_harm() {
        let text = format!("{}here{}", "é".repeat(5000), "y".repeat(5000));
        let found = of(&text, &[(10_000, 10_004), (90_000, 90_001)]);
        let excerpt = found
            .iter()
            .find(|e| e.marks.iter().any(|m| m.1 == 0))
            .unwrap();
        assert!(excerpt.text.len() < 20_100);
        let range = excerpt.marks[0].0.clone();
        assert_eq!(&excerpt.text[range], "here");
        for places in [[(0, 0), (0, 0)], [(5, 3), (1, 900)]] {
            let _ = of("é\né", &places);
            let _ = of("", &places);
        }
    }
}
