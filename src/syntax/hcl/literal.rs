//! The text of string literals and heredocs, with the place of every byte.

use crate::syntax::Layered;

/// Text of a string in quotes: escapes by a backslash, `$${` and `%%{`.
/// `start` is the place of `raw` in the file.
pub(super) fn quoted(raw: &str, start: usize) -> Layered {
    let mut mapped = Layered::default();
    let mut rest = raw;
    while !rest.is_empty() {
        let at = start + (raw.len() - rest.len());
        let stop = rest.find(['\\', '$', '%']).unwrap_or(rest.len());
        let (plain, special) = rest.split_at(stop);
        if !plain.is_empty() {
            mapped.push(plain, at);
            rest = special;
            continue;
        }
        let (decoded, length) = marker(special).unwrap_or_else(|| escape(special));
        mapped.push(&decoded, at);
        rest = special.get(length..).unwrap_or_default();
    }
    mapped.mark(start + raw.len());
    mapped
}

/// Text of a heredoc or a template file, where only `$${` and `%%{` are escapes. Of each line
/// that begins here, `indent` characters of white space are left out.
pub(super) fn raw(text: &str, start: usize, indent: usize, at_line_start: bool) -> Layered {
    let mut mapped = Layered::default();
    let mut at = start;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let begins = index > 0 || at_line_start;
        let cut: usize = line
            .chars()
            .take(if begins { indent } else { 0 })
            .take_while(|c| c.is_whitespace() && *c != '\n' && *c != '\r')
            .map(char::len_utf8)
            .sum();
        let mut rest = line.get(cut..).unwrap_or_default();
        let mut here = at + cut;
        while !rest.is_empty() {
            let stop = rest.find(['$', '%']).unwrap_or(rest.len());
            let (plain, special) = rest.split_at(stop);
            if !plain.is_empty() {
                mapped.push(plain, here);
            }
            here += stop;
            rest = special;
            if special.is_empty() {
                break;
            }
            let (decoded, length) =
                marker(special).unwrap_or_else(|| (special.chars().take(1).collect(), 1));
            mapped.push(&decoded, here);
            here += length;
            rest = special.get(length..).unwrap_or_default();
        }
        at += line.len();
    }
    mapped.mark(start + text.len());
    mapped
}

/// The fewest characters of white space that a line of a heredoc begins with.
pub(super) fn indentation(text: &str) -> usize {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let indent = |line: &str| line.chars().take_while(|c| c.is_whitespace()).count();
    lines.map(indent).min().unwrap_or(0)
}

fn marker(text: &str) -> Option<(String, usize)> {
    ["$${", "%%{"]
        .iter()
        .find(|escaped| text.starts_with(**escaped))
        .map(|escaped| (escaped.chars().skip(1).collect(), escaped.len()))
}

/// One escape, or one character that is none.
fn escape(text: &str) -> (String, usize) {
    let mut characters = text.chars();
    let first = characters.next().unwrap_or_default();
    let taken = |c: char, length: usize| (c.to_string(), length);
    if first != '\\' {
        return taken(first, first.len_utf8());
    }
    let digits = match characters.next() {
        Some('n') => return taken('\n', 2),
        Some('r') => return taken('\r', 2),
        Some('t') => return taken('\t', 2),
        Some('u') => 4,
        Some('U') => 8,
        Some(c) => return taken(c, 1 + c.len_utf8()),
        None => return taken('\\', 1),
    };
    let code = text
        .get(2..2 + digits)
        .and_then(|hex| u32::from_str_radix(hex, 16).ok())
        .and_then(char::from_u32);
    match code {
        Some(c) => taken(c, 2 + digits),
        None => taken('\\', 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Span;

    #[test]
    fn escapes_keep_their_places() {
        let text = r#"a\"b\u00e9$${x}\n%%{y"#;
        let mapped = quoted(text, 10);
        assert_eq!(mapped.text(), "a\"bé${x}\n%{y");
        let at = mapped.text().find("${x}").unwrap();
        let outer = mapped.span(Span::new(at, at + 4));
        assert_eq!(
            &text[outer.start as usize - 10..outer.end as usize - 10],
            "$${x}"
        );
        let quote = mapped.span(Span::new(1, 2));
        assert_eq!((quote.start, quote.end), (11, 13));
    }

    #[test]
    fn lines_lose_their_indentation_and_keep_their_places() {
        let text = "    {\n      \"k\": \"$${v}\"\n\n    }\n";
        assert_eq!(indentation(text), 4);
        let mapped = raw(text, 0, 4, true);
        assert_eq!(mapped.text(), "{\n  \"k\": \"${v}\"\n\n}\n");
        let at = mapped.text().find("\"k\"").unwrap();
        let outer = mapped.span(Span::new(at, at + 3));
        assert_eq!(&text[outer.range()], "\"k\"");
    }
}
