//! What policy variables stand for in one reading of the documents
//! (`comparison.md` 5).

use super::arn::tokens_of;
use super::glob::Token;
use crate::policy::Pattern;
use std::collections::BTreeMap;

/// What one variable stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Bound {
    /// Some value, the same wherever it stands.
    Unknown(u16),
    /// This value.
    Text(String),
    /// Nothing: the key is absent.
    Absent,
    /// Nothing, not even a default: the key has several values (R88).
    Several,
}

/// What every variable stands for, by key in lower case, and which symbols
/// stand for any text at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bindings {
    pub(super) all: BTreeMap<String, Bound>,
    pub(super) symbols: BTreeMap<String, u16>,
}

impl Bindings {
    /// The tokens of a pattern; `None` where a variable has neither value nor
    /// default (R90).
    pub(super) fn tokens(&self, pattern: &Pattern) -> Option<Vec<Token>> {
        let literal = |text: &str| text.chars().map(Token::Char).collect();
        let tokens = tokens_of(pattern, |key, default| {
            match self.all.get(&key.to_ascii_lowercase()) {
                Some(Bound::Unknown(unknown)) => Some(vec![Token::Unknown(*unknown)]),
                // A `*` in a value is no wildcard (R91).
                Some(Bound::Text(text)) => Some(literal(text)),
                Some(Bound::Several) => None,
                Some(Bound::Absent) | None => default.map(literal),
            }
        });
        match self.symbols.is_empty() {
            true => tokens,
            false => tokens.map(|tokens| self.opened(&tokens)),
        }
    }

    /// The tokens with one in place of each symbol that stands for any text.
    fn opened(&self, tokens: &[Token]) -> Vec<Token> {
        let mut all = Vec::with_capacity(tokens.len());
        let mut rest = tokens;
        while let Some((&first, behind)) = rest.split_first() {
            let symbol = (first == Token::Char('⟨'))
                .then(|| behind.iter().position(|token| *token == Token::Char('⟩')))
                .flatten()
                .and_then(|end| Some((behind.get(..end)?, behind.get(end + 1..)?)));
            let known = symbol.and_then(|(inside, after)| {
                let chars = inside.iter().map(|token| match token {
                    Token::Char(c) => Some(*c),
                    _ => None,
                });
                let address: String = chars.collect::<Option<_>>()?;
                Some((*self.symbols.get(&address)?, after))
            });
            match known {
                Some((number, after)) => {
                    all.push(Token::Unknown(number));
                    rest = after;
                }
                None => {
                    all.push(first);
                    rest = behind;
                }
            }
        }
        all
    }
}
