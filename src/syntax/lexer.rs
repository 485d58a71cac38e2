//! Tokens with their places, and what is wrong inside them.

use super::token::{self, Bracket, Lead, Piece, Trivia};
use super::{Text, Written};
use crate::text::Span;

#[cfg(test)]
thread_local! {
    /// Bytes that the lexers of this thread passed over, those given back too.
    pub(super) static PASSED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// A token of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Open(Bracket),
    Close(Bracket),
    Comma,
    Colon,
    String(Text),
    Number(&'a str),
    Word(&'a str),
    Template(&'a str),
    /// A template token that is not closed; a fault says so.
    OpenTemplate(&'a str),
    Stray(char),
    End,
}

/// A token, its place, and the mistakes in it and before it.
#[derive(Clone, Debug)]
pub(super) struct Lexeme<'a> {
    pub token: Token<'a>,
    pub span: Span,
    pub faults: Vec<Fault>,
    /// Whether it should have ended and the document did.
    pub cut: bool,
}

/// A mistake below the level of the grammar.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub span: Span,
    pub message: String,
    pub help: Option<&'static str>,
}

/// Cuts a text into tokens; after its end it gives [`Token::End`] for ever.
#[derive(Clone, Debug)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    rest: &'a str,
    /// Where the last token ended.
    last_end: usize,
    /// Whether the document ended within the last token.
    cut: bool,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            rest: text,
            last_end: 0,
            cut: false,
        }
    }

    fn at(&self) -> usize {
        self.text.len() - self.rest.len()
    }

    pub(super) fn next(&mut self) -> Lexeme<'a> {
        let mut faults = Vec::new();
        self.cut = false;
        #[cfg(test)]
        let begin = self.at();
        self.skip_trivia(&mut faults);
        let start = self.at();
        let token = match token::lead(self.rest) {
            Ok((rest, lead)) => {
                self.rest = rest;
                self.finish(lead, start, &mut faults)
            }
            Err(_) => Token::End,
        };
        let span = match token {
            // the end is where the last token ended, not behind blank lines
            Token::End => Span::new(self.last_end, self.last_end),
            _ => Span::new(start, self.at()),
        };
        self.last_end = span.range().end;
        #[cfg(test)]
        PASSED.set(PASSED.get() + self.at() - begin);
        Lexeme {
            token,
            span,
            faults,
            cut: self.cut,
        }
    }

    fn skip_trivia(&mut self, faults: &mut Vec<Fault>) {
        loop {
            self.rest = token::behind_blanks(self.rest);
            if !token::may_be_trivia(self.rest) {
                return;
            }
            let start = self.at();
            let Ok((rest, trivia)) = token::trivia(self.rest) else {
                return;
            };
            self.rest = rest;
            let span = Span::new(start, self.at());
            let (message, help) = match trivia {
                Trivia::Blank => continue,
                Trivia::Comment => ("JSON has no comments", None),
                Trivia::OpenComment => ("JSON has no comments, and this one is not closed", None),
                Trivia::ForeignBlank => (
                    "white space that is none in JSON",
                    Some("replace it by a plain space"),
                ),
            };
            faults.push(Fault {
                span,
                message: message.to_owned(),
                help,
            });
        }
    }

    fn finish(&mut self, lead: Lead<'a>, start: usize, faults: &mut Vec<Fault>) -> Token<'a> {
        match lead {
            Lead::Open(bracket) => Token::Open(bracket),
            Lead::Close(bracket) => Token::Close(bracket),
            Lead::Comma => Token::Comma,
            Lead::Colon => Token::Colon,
            Lead::Number(text) => Token::Number(text),
            Lead::Word(text) => Token::Word(text),
            Lead::Template(text) => Token::Template(text),
            Lead::Stray(c) => Token::Stray(c),
            Lead::OpenTemplate(line) => {
                self.cut = self.rest.is_empty();
                let text = without_closers(line);
                self.give_back(line.len() - text.len());
                faults.push(Fault {
                    span: Span::new(start, start + "${".len()),
                    message: "expected `}` to end the template token, found the end of the line"
                        .to_owned(),
                    help: None,
                });
                Token::OpenTemplate(text)
            }
            Lead::Quote(open) => Token::String(self.string(open, start, faults)),
        }
    }

    /// The string behind the quote `open`, which stands at `start`.
    fn string(&mut self, open: char, start: usize, faults: &mut Vec<Fault>) -> Text {
        let quote = match open {
            '“' | '”' => '”',
            '‘' | '’' => '’',
            other => other,
        };
        let read = token::piece(quote);
        let inside = self.rest;
        let mut text = Text {
            value: String::new(),
            written: if open.len_utf8() == 1 {
                Written::Plain
            } else {
                Written::Escaped
            },
        };
        let mut control = false;
        let first = faults.len();
        loop {
            let (before, at) = (self.rest, self.at());
            // Most strings end behind their first piece.
            if before.starts_with(quote) {
                break;
            }
            let Ok((rest, piece)) = read(before) else {
                break;
            };
            self.rest = rest;
            let mut fault = |message: String| {
                faults.push(Fault {
                    span: Span::new(at, self.text.len() - rest.len()),
                    message,
                    help: None,
                });
            };
            match piece {
                Piece::Plain(run) if text.value.is_empty() => text.value = run.to_owned(),
                Piece::Plain(run) => text.value.push_str(run),
                Piece::Escaped(c) => {
                    text.value.push(c);
                    text.written = Written::Escaped;
                }
                Piece::LoneSurrogate => {
                    text.value.push(char::REPLACEMENT_CHARACTER);
                    text.written = Written::Escaped;
                    fault("escape of half a surrogate pair".to_owned());
                }
                Piece::BadEscape => {
                    text.written = Written::Escaped;
                    fault(match rest.chars().next() {
                        Some('u') => "expected four hexadecimal digits behind `\\u`".to_owned(),
                        Some(c) => format!("`\\{}` is no escape of JSON", c.escape_debug()),
                        None => "expected an escape, found the end of the document".to_owned(),
                    });
                }
                Piece::Break(_) if starts_anew(rest) => {
                    self.rest = before;
                    break;
                }
                Piece::Break(run) => {
                    text.value.push_str(run);
                    if !std::mem::replace(&mut control, true) {
                        fault("line break in a string, not written as `\\n`".to_owned());
                    }
                }
                Piece::Control(c) => {
                    text.value.push(c);
                    if !std::mem::replace(&mut control, true) {
                        fault(format!(
                            "control character in a string, not written as `\\u{:04x}`",
                            u32::from(c)
                        ));
                    }
                }
            }
        }
        if let Some(rest) = self.rest.strip_prefix(quote) {
            self.rest = rest;
            if open != '"' {
                faults.push(Fault {
                    span: Span::new(start, self.at()),
                    message: format!("expected a string in double quotes, found `{open}`"),
                    help: Some("write it in double quotes"),
                });
            }
        } else {
            self.cut = self.rest.is_empty();
            let found = if self.cut {
                // An escape that was cut off with the string is no mistake of its own.
                let own = faults.split_off(first).into_iter().filter(|fault| {
                    let behind = self.text.get(fault.span.range().start..);
                    !begins_escape(behind.unwrap_or_default())
                });
                faults.extend(own);
                "the end of the document"
            } else {
                "the end of the line"
            };
            faults.push(Fault {
                span: Span::new(start, start + open.len_utf8()),
                message: format!("expected `{quote}` to end the string, found {found}"),
                help: None,
            });
            let raw = inside.strip_suffix(self.rest).unwrap_or_default();
            let excess = raw.len() - without_closers(raw).len();
            self.give_back(excess);
            let kept = text.value.len().saturating_sub(excess);
            text.value.truncate(kept);
        }
        text
    }

    /// Moves back by `length` bytes that were read but belong to what follows.
    fn give_back(&mut self, length: usize) {
        #[cfg(test)]
        PASSED.set(PASSED.get() + length);
        let at = self.at().saturating_sub(length);
        self.rest = self.text.get(at..).unwrap_or(self.rest);
    }
}

/// Whether a text is one escape by a number, or a pair of them, without its end.
fn begins_escape(text: &str) -> bool {
    let half = |c: char| matches!(c, '\\' | 'u') || c.is_ascii_hexdigit();
    let pair = "\\uD834\\uDD1E".len();
    text.len() < pair && (text == "\\" || text.starts_with("\\u")) && text.chars().all(half)
}

/// Whether a line starts like one of a JSON document and not like the second
/// line of a string.
fn starts_anew(line: &str) -> bool {
    line.is_empty() || line.starts_with(['"', ']', '}'])
}

/// What is left of an unclosed token when the commas and the unmatched closing
/// brackets at its end are taken for the document's own.
fn without_closers(raw: &str) -> &str {
    let count = |c: char| raw.matches(c).count();
    let mut excess_curly = count('}').saturating_sub(count('{'));
    let mut excess_square = count(']').saturating_sub(count('['));
    raw.trim_end_matches(|c: char| {
        let excess = match c {
            '}' => &mut excess_curly,
            ']' => &mut excess_square,
            _ => return matches!(c, ' ' | '\t' | '\r' | '\n' | ','),
        };
        let trims = *excess > 0;
        *excess = excess.saturating_sub(1);
        trims
    })
}
