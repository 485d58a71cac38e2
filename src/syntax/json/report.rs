//! The words for what is wrong.

use super::{MAX_DIAGNOSTICS, Reader};
use crate::syntax::lexer::Token;
use crate::text::{Diagnostic, Span};

impl Reader<'_> {
    pub(super) fn found(&self) -> String {
        found(&self.next.token)
    }

    pub(super) fn error(&mut self, message: String) {
        self.error_at(self.next.span, message);
    }

    pub(super) fn error_with_help(&mut self, message: String, help: String) {
        self.error_with(Diagnostic::new("syntax-error", self.next.span, message).help(help));
    }

    pub(super) fn error_at(&mut self, span: Span, message: String) {
        self.error_with(Diagnostic::new("syntax-error", span, message));
    }

    /// Reports that the innermost bracket should have been closed before `span`.
    pub(super) fn unclosed(&mut self, span: Span, found: String) {
        let Some(frame) = self.stack.last() else {
            return;
        };
        let (open, bracket) = (frame.open, frame.bracket());
        let message = format!("expected `{}`, found {found}", bracket.close());
        let label = format!("this `{}` is not closed", bracket.open());
        self.error_with(Diagnostic::new("syntax-error", span, message).related(open, label));
    }

    /// Reports a mistake of the grammar, unless it stands so close behind
    /// another that it is most likely the same one, or the document was cut.
    pub(super) fn error_with(&mut self, diagnostic: Diagnostic) {
        let follows = self.cut || self.last_error.is_some_and(|at| self.taken <= at + 1);
        self.last_error = Some(self.taken);
        if !follows {
            self.push(diagnostic);
        }
    }

    pub(super) fn push(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < MAX_DIAGNOSTICS {
            self.diagnostics.push(diagnostic);
        } else {
            self.silenced += 1;
        }
    }
}

/// The words for a token.
fn found(token: &Token<'_>) -> String {
    match token {
        Token::Open(bracket) => format!("`{}`", bracket.open()),
        Token::Close(bracket) => format!("`{}`", bracket.close()),
        Token::Comma => "`,`".to_owned(),
        Token::Colon => "`:`".to_owned(),
        Token::String(text) => format!("`\"{}\"`", shown(&text.value)),
        Token::Number(text)
        | Token::Word(text)
        | Token::Template(text)
        | Token::OpenTemplate(text) => {
            format!("`{}`", shown(text))
        }
        Token::Stray(c) => format!("`{c}`"),
        Token::End => "the end of the document".to_owned(),
    }
}

/// The beginning of the user's words.
pub(super) fn shown(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

pub(super) fn word_help(word: &str) -> Option<String> {
    let json = match word.to_ascii_lowercase().as_str() {
        "true" => "true",
        "false" => "false",
        "null" | "none" | "nil" | "undefined" => "null",
        _ if word.starts_with(|c: char| c.is_alphabetic() || c == '*') => {
            return Some("write it in double quotes".to_owned());
        }
        _ => return None,
    };
    Some(format!("JSON writes it `{json}`"))
}
