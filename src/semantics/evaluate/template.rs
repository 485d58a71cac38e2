//! Patterns with policy variables (R87–R92).

use super::env::Env;
use super::glob::Unit;
use crate::policy::{Pattern, Token};
use std::borrow::Cow;

/// A pattern ready to match: fixed, or waiting for the values of variables.
#[derive(Clone, Debug)]
pub(super) enum Template {
    Fixed(Vec<Unit>),
    Variable(Vec<Piece>),
}

#[derive(Clone, Debug)]
pub(super) enum Piece {
    Units(Vec<Unit>),
    Variable {
        /// The key as written, and in lower case.
        key: String,
        folded: String,
        default: Option<String>,
    },
}

fn literal(text: &str) -> impl Iterator<Item = Unit> + '_ {
    text.chars().map(Unit::Char)
}

/// The units of some tokens; none for a variable.
fn units(tokens: &[Token]) -> Vec<Unit> {
    let length = |token: &Token| match token {
        Token::Literal(text) => text.len(),
        _ => 1,
    };
    let mut units = Vec::with_capacity(tokens.iter().map(length).sum());
    for token in tokens {
        match token {
            Token::Literal(text) => units.extend(literal(text)),
            Token::Any => units.push(Unit::Any),
            Token::One => units.push(Unit::One),
            Token::Variable { .. } => {}
        }
    }
    units
}

impl Template {
    pub(super) fn new(pattern: &Pattern) -> Self {
        if pattern.variables().next().is_none() {
            return Self::Fixed(units(&pattern.tokens));
        }
        let pieces = pattern.tokens.iter().map(|token| match token {
            Token::Variable { key, default } => Piece::Variable {
                key: key.clone(),
                folded: key.to_ascii_lowercase(),
                default: default.clone(),
            },
            token => Piece::Units(units(std::slice::from_ref(token))),
        });
        Self::Variable(pieces.collect())
    }

    pub(super) fn has_variables(&self) -> bool {
        matches!(self, Self::Variable(_))
    }

    /// The pattern with its variables filled in, their values literal (R91);
    /// `None` when one of them has no value (R90).
    pub(super) fn resolve(&self, env: &Env) -> Option<Cow<'_, [Unit]>> {
        let pieces = match self {
            Self::Fixed(units) => return Some(Cow::Borrowed(units)),
            Self::Variable(pieces) => pieces,
        };
        let mut resolved = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Units(units) => resolved.extend_from_slice(units),
                Piece::Variable {
                    folded, default, ..
                } => match env.values(folded).as_deref() {
                    Some([value]) => resolved.extend(literal(value)),
                    // Several values do not resolve (R88).
                    Some(_) => return None,
                    None => resolved.extend(literal(default.as_deref()?)),
                },
            }
        }
        Some(Cow::Owned(resolved))
    }

    /// The pattern with `*` in place of its variables.
    pub(super) fn open(&self) -> Cow<'_, [Unit]> {
        match self {
            Self::Fixed(units) => Cow::Borrowed(units),
            Self::Variable(pieces) => pieces
                .iter()
                .flat_map(|piece| match piece {
                    Piece::Units(units) => units.as_slice(),
                    Piece::Variable { .. } => &[Unit::Any],
                })
                .copied()
                .collect(),
        }
    }

    /// The keys of its variables, as written and in lower case.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        let pieces = match self {
            Self::Fixed(_) => [].as_slice(),
            Self::Variable(pieces) => pieces,
        };
        pieces.iter().filter_map(|piece| match piece {
            Piece::Variable { key, folded, .. } => Some((key.as_str(), folded.as_str())),
            Piece::Units(_) => None,
        })
    }
}

/// The text of resolved units, for people: a wildcard as `*` or `?`.
pub(super) fn text(units: &[Unit]) -> String {
    units
        .iter()
        .map(|unit| match unit {
            Unit::Char(c) => *c,
            Unit::One => '?',
            Unit::Any => '*',
        })
        .collect()
}
