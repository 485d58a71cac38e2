//! What policy variables stand for in one reading of the documents
//! (`comparison.md` 5).

use super::arn::tokens_of;
use super::glob::Token;
use crate::policy::Pattern;
use std::collections::BTreeMap;

/// What one variable stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// What every variable stands for, by key in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bindings {
    pub(super) all: BTreeMap<String, Bound>,
}

impl Bindings {
    /// The tokens of a pattern; `None` where a variable has neither value nor
    /// default (R90).
    pub(super) fn tokens(&self, pattern: &Pattern) -> Option<Vec<Token>> {
        let literal = |text: &str| text.chars().map(Token::Char).collect();
        tokens_of(pattern, |key, default| {
            match self.all.get(&key.to_ascii_lowercase()) {
                Some(Bound::Unknown(unknown)) => Some(vec![Token::Unknown(*unknown)]),
                // A `*` in a value is no wildcard (R91).
                Some(Bound::Text(text)) => Some(literal(text)),
                Some(Bound::Several) => None,
                Some(Bound::Absent) | None => default.map(literal),
            }
        })
    }
}
