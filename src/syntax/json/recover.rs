//! What the reader does behind a mistake: it guesses what was meant, or passes
//! over to the next `, ] }`.

use super::report::{shown, word_help};
use super::{Expect, Frame, Inside, Reader};
use crate::syntax::lexer::Token;
use crate::syntax::token::Bracket;
use crate::syntax::{Key, Node, Value};
use crate::text::Span;

impl Reader<'_> {
    /// Something that is no value where one belongs.
    pub(super) fn no_value(&mut self, after: Option<Span>) {
        let in_array = self.top() == Some(Bracket::Square);
        match (&self.next.token, after) {
            (Token::Close(Bracket::Square), after) if in_array => {
                if let Some(comma) = after {
                    self.error_at(comma, "expected no comma before `]`".to_owned());
                }
                self.close_by_token();
            }
            (Token::Close(_), _) if in_array => self.mismatch(),
            (Token::Comma, _) if in_array => {
                self.error("expected a value, found `,`".to_owned());
                self.take();
            }
            (Token::Comma | Token::Close(_), _) if self.top().is_some() => {
                let at = Span::new(self.last_span.range().end, self.last_span.range().end);
                let found = self.found();
                self.error(format!("expected a value, found {found}"));
                self.complete(Node {
                    span: at,
                    value: Value::Invalid,
                });
            }
            (Token::Word(word), _) => {
                let word = *word;
                let message = format!("expected a value, found `{word}`");
                match word_help(word) {
                    Some(help) => self.error_with_help(message, help),
                    None => self.error(message),
                }
                self.invalid_value();
            }
            _ => {
                let found = self.found();
                self.error(format!("expected a value, found {found}"));
                self.invalid_value();
            }
        }
    }

    /// Passes over what cannot be read, up to `, ] }`, a bracket or a string.
    pub(super) fn invalid_value(&mut self) {
        let start = self.take().span;
        while let Token::Colon | Token::Word(_) | Token::Number(_) | Token::Stray(_) =
            self.next.token
        {
            self.pass();
        }
        self.complete(Node {
            span: start.to(self.last_span),
            value: Value::Invalid,
        });
    }

    /// `["a", "key": …`: the array was not closed before the key.
    pub(super) fn array_ended_before(&mut self, name: String, span: Span) {
        self.unclosed(span, format!("a key, `{}`", shown(&name)));
        self.close(span);
        if let Some(Inside::Object { key, .. }) = self.stack.last_mut().map(|f| &mut f.inside) {
            *key = Some(Key { name, span });
        }
        self.expect = Expect::Colon;
    }

    /// Passes over everything up to the next `,` or closing bracket of this
    /// level.
    pub(super) fn skip_member(&mut self) {
        let mut depth = 0_usize;
        loop {
            match self.next.token {
                Token::End => break,
                Token::Open(_) => depth += 1,
                Token::Comma | Token::Close(_) if depth == 0 => break,
                Token::Close(_) => depth -= 1,
                _ => {}
            }
            self.pass();
        }
        self.last_error = Some(self.taken);
        self.expect = Expect::More;
    }

    /// A closing bracket of the other kind.
    pub(super) fn mismatch(&mut self) {
        let span = self.next.span;
        let bracket = self.top();
        let matches_outer = self.stack.iter().any(|f| Some(f.bracket()) != bracket);
        self.unclosed(span, self.found());
        if self.is_typed_for_the_other() {
            let end = self.take().span.range().end;
            self.close(Span::new(end, end));
        } else if matches_outer {
            // the bracket of this level was forgotten
            self.close(span);
        } else {
            let span = self.take().span;
            if self.stack.len() > 1 || self.next.token == Token::End {
                // one kind of bracket was typed for the other
                self.close(Span::new(span.range().end, span.range().end));
            } else {
                self.expect = Expect::More;
            }
        }
    }

    /// Whether the closing bracket fits what follows only if it was typed for
    /// the one of this level: in `[{"a": [1}, "b": 2}]` a key follows, so the
    /// object goes on.
    fn is_typed_for_the_other(&self) -> bool {
        let mut outer = self.stack.iter().rev().skip(1).map(Frame::bracket);
        let parent = outer.next();
        let after = self.after_next();
        self.next.token == Token::Close(parent.unwrap_or(Bracket::Curly))
            && after.fits(parent)
            && !after.fits(outer.next())
    }

    /// What stands behind the next token.
    fn after_next(&self) -> After {
        let mut lexer = self.lexer.clone();
        match lexer.next().token {
            Token::End => After::End,
            Token::Close(bracket) => After::Close(bracket),
            Token::Comma => match lexer.next().token {
                Token::String(_) if lexer.next().token == Token::Colon => After::Key,
                _ => After::Value,
            },
            _ => After::Value,
        }
    }

    /// The end of the text: closes what is open, with one diagnostic.
    pub(super) fn unclosed_at_end(&mut self) {
        let end = self.next.span;
        let found = self.found();
        if self.top().is_some() {
            self.unclosed(end, found);
        } else if self.root.is_none() {
            self.error_at(end, format!("expected a value, found {found}"));
        }
        self.take();
        while !self.stack.is_empty() {
            self.close(end);
        }
    }

    pub(super) fn in_array_of_object(&self) -> bool {
        matches!(
            self.stack.as_slice(),
            [
                ..,
                Frame {
                    inside: Inside::Object { .. },
                    ..
                },
                Frame {
                    inside: Inside::Array(_),
                    ..
                }
            ]
        )
    }

    pub(super) fn in_object_of_array(&self) -> bool {
        matches!(
            self.stack.as_slice(),
            [
                ..,
                Frame {
                    inside: Inside::Array(_),
                    ..
                },
                Frame {
                    inside: Inside::Object { .. },
                    ..
                }
            ]
        )
    }

    /// Takes the next token as part of a mistake already reported.
    pub(super) fn pass(&mut self) {
        self.next.faults.clear();
        self.take();
        self.last_error = Some(self.taken);
    }
}

/// What follows a bracket that may close one level or two.
#[derive(Clone, Copy, Debug)]
enum After {
    Key,
    Value,
    Close(Bracket),
    End,
}

impl After {
    /// Whether it can follow inside `bracket`, or behind the document.
    fn fits(self, bracket: Option<Bracket>) -> bool {
        match self {
            Self::Key => bracket == Some(Bracket::Curly),
            Self::Value => bracket == Some(Bracket::Square),
            Self::Close(close) => bracket == Some(close),
            Self::End => bracket.is_none(),
        }
    }
}
