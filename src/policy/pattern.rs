//! Patterns: literal text, `*`, `?` and policy variables.

use std::fmt;

/// One piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Token {
    /// Text taken as it stands, escapes (`${*}`, R89) already resolved.
    Literal(String),
    /// `*`: any run of characters, also none (R52).
    Any,
    /// `?`: exactly one character (R52).
    One,
    /// `${key}` or `${key, 'default'}` (R90).
    Variable {
        /// The condition key, as written.
        key: String,
        /// What stands for it when the key is absent.
        default: Option<String>,
    },
}

/// Which characters are special in a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PatternSyntax {
    /// `*` and `?` are wildcards.
    pub wildcards: bool,
    /// `${…}` is a variable or an escape (Version 2012-10-17 only, R87).
    pub variables: bool,
}

/// A parsed pattern. Two neighbouring literals never occur; an empty pattern
/// has no tokens. `Display` writes it as a policy would.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Pattern {
    /// In order.
    pub tokens: Vec<Token>,
}

impl Pattern {
    /// A pattern that matches only `text`.
    pub fn literal(text: impl Into<String>) -> Self {
        let text = text.into();
        let tokens = if text.is_empty() {
            Vec::new()
        } else {
            vec![Token::Literal(text)]
        };
        Self { tokens }
    }

    /// The text it matches, if it has neither wildcard nor variable.
    #[must_use]
    pub fn as_literal(&self) -> Option<&str> {
        match self.tokens.as_slice() {
            [] => Some(""),
            [Token::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether it is `*` (or `**`, …) and so matches every text.
    #[must_use]
    pub fn is_any(&self) -> bool {
        !self.tokens.is_empty() && self.tokens.iter().all(|t| *t == Token::Any)
    }

    /// Whether it holds a wildcard.
    #[must_use]
    pub fn has_wildcard(&self) -> bool {
        self.tokens
            .iter()
            .any(|t| matches!(t, Token::Any | Token::One))
    }

    /// The condition keys of its variables, as written.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.tokens.iter().filter_map(|t| match t {
            Token::Variable { key, .. } => Some(key.as_str()),
            _ => None,
        })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for token in &self.tokens {
            match token {
                Token::Literal(text) => f.write_str(text)?,
                Token::Any => f.write_str("*")?,
                Token::One => f.write_str("?")?,
                Token::Variable { key, default: None } => write!(f, "${{{key}}}")?,
                Token::Variable {
                    key,
                    default: Some(default),
                } => write!(f, "${{{key}, '{default}'}}")?,
            }
        }
        Ok(())
    }
}
