//! Patterns: literal text, `*`, `?` and policy variables.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while_m_n};
use nom::character::complete::{anychar, char, multispace0};
use nom::combinator::{map, opt, value};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};
use std::fmt;

/// Longest name of a variable and longest default that are read as such. AWS's
/// keys are far shorter; a bound keeps reading linear.
const LONGEST: usize = 512;

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
/// has no tokens. `Display` writes it as a policy of version 2012-10-17 would
/// where wildcards and variables are read: literal `*` and `?` as `${*}` and
/// `${?}`, so that nothing reads wider than it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Pattern {
    /// In order.
    pub tokens: Vec<Token>,
}

impl Pattern {
    /// Reads a pattern. Every text is one: what is no wildcard and no variable
    /// stands for itself, an unclosed `${` included (R91).
    #[must_use]
    pub fn parse(text: &str, syntax: PatternSyntax) -> Self {
        Self::parse_noting(text, syntax).0
    }

    /// As [`Pattern::parse`]; also tells whether a `${` was taken literally
    /// although variables are read.
    pub(super) fn parse_noting(text: &str, syntax: PatternSyntax) -> (Self, bool) {
        let special_at = |text: &str| memchr::memchr3(b'*', b'?', b'$', text.as_bytes());
        if special_at(text).is_none() {
            return (Self::literal(text), false);
        }
        let mut tokens: Vec<Token> = Vec::new();
        let mut malformed = false;
        let mut push = |token: Token| match (tokens.last_mut(), token) {
            (_, Token::Literal(more)) if more.is_empty() => {}
            (Some(Token::Literal(text)), Token::Literal(more)) => text.push_str(&more),
            (_, token) => tokens.push(token),
        };
        let mut rest = text;
        while !rest.is_empty() {
            let end = special_at(rest).unwrap_or(rest.len());
            let (plain, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
            push(Token::Literal(plain.to_owned()));
            rest = behind;
            if let Ok((behind, token)) = special(syntax).parse(rest) {
                push(token);
                rest = behind;
            } else if let Ok((behind, c)) = anychar::<_, ()>(rest) {
                malformed |= syntax.variables && rest.starts_with("${");
                push(Token::Literal(c.to_string()));
                rest = behind;
            }
        }
        (Self { tokens }, malformed)
    }

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
                Token::Literal(text) => write_literal(text, f)?,
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

fn write_literal(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut rest = text;
    while let Some(at) = rest.find(['*', '?', '$']) {
        let (plain, special) = rest.split_at(at);
        f.write_str(plain)?;
        let mut characters = special.chars();
        match characters.next() {
            // before any other character, and at the end, it means itself
            Some('$') if !characters.as_str().starts_with('{') => f.write_str("$")?,
            Some(c) => write!(f, "${{{c}}}")?,
            None => {}
        }
        rest = characters.as_str();
    }
    f.write_str(rest)
}

/// A wildcard, an escape (R89) or a variable (R90).
fn special<'a>(
    syntax: PatternSyntax,
) -> impl Parser<&'a str, Output = Token, Error = nom::error::Error<&'a str>> {
    move |text: &'a str| -> IResult<&'a str, Token> {
        if syntax.variables
            && let Ok(found) = alt((escape, variable)).parse(text)
        {
            return Ok(found);
        }
        if syntax.wildcards {
            return alt((value(Token::Any, char('*')), value(Token::One, char('?')))).parse(text);
        }
        nom::combinator::fail().parse(text)
    }
}

fn escape(text: &str) -> IResult<&str, Token> {
    let character = alt((char('*'), char('?'), char('$')));
    let escaped = delimited(tag("${"), character, char('}'));
    map(escaped, |c: char| Token::Literal(c.to_string())).parse(text)
}

fn variable(text: &str) -> IResult<&str, Token> {
    let key = take_while_m_n(1, LONGEST, |c: char| {
        !c.is_whitespace() && !matches!(c, '$' | '{' | '}' | ',' | '\'' | '*' | '?')
    });
    let quoted = delimited(
        char('\''),
        take_while_m_n(0, LONGEST, |c| c != '\''),
        char('\''),
    );
    let default = preceded((multispace0, char(','), multispace0), quoted);
    let inside = (key, opt(default), multispace0);
    map(
        delimited(tag("${"), inside, char('}')),
        |(key, default, _): (&str, Option<&str>, &str)| Token::Variable {
            key: key.to_owned(),
            default: default.map(str::to_owned),
        },
    )
    .parse(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: PatternSyntax = PatternSyntax {
        wildcards: true,
        variables: true,
    };

    fn tokens(text: &str, syntax: PatternSyntax) -> Vec<String> {
        let pattern = Pattern::parse(text, syntax);
        let tokens = pattern.tokens.iter().map(|token| match token {
            Token::Literal(text) => format!("'{text}'"),
            Token::Any => "*".to_owned(),
            Token::One => "?".to_owned(),
            Token::Variable { key, default } => format!("{key}/{default:?}"),
        });
        tokens.collect()
    }

    #[test]
    fn r52_wildcards_stand_anywhere() {
        assert_eq!(tokens("a*b?", BOTH), ["'a'", "*", "'b'", "?"]);
        assert_eq!(tokens("**", BOTH), ["*", "*"]);
        let literal = PatternSyntax {
            wildcards: false,
            variables: true,
        };
        assert_eq!(tokens("a*b?", literal), ["'a*b?'"]);
    }

    #[test]
    fn r87_without_variables_a_dollar_is_text_and_a_star_is_none() {
        let old = PatternSyntax {
            wildcards: true,
            variables: false,
        };
        assert_eq!(tokens("${aws:username}", old), ["'${aws:username}'"]);
        assert_eq!(tokens("${*}", old), ["'${'", "*", "'}'"]);
    }

    #[test]
    fn r89_escapes_are_literal() {
        assert_eq!(tokens("a${*}${?}${$}{x}", BOTH), ["'a*?${x}'"]);
    }

    #[test]
    fn r90_defaults_take_any_blank_around_the_comma() {
        for text in ["${k,'d'}", "${k, 'd'}", "${k ,  'd' }"] {
            assert_eq!(tokens(text, BOTH), ["k/Some(\"d\")"], "{text}");
        }
        assert_eq!(
            tokens("x/${aws:PrincipalTag/t}/", BOTH),
            ["'x/'", "aws:PrincipalTag/t/None", "'/'"]
        );
    }

    #[test]
    fn display_reads_back() {
        for text in [
            "a${*}b*?",
            "${$}{aws:username}",
            "${aws:username, 'x'}$",
            "$${k}",
            "${",
        ] {
            let pattern = Pattern::parse(text, BOTH);
            assert_eq!(
                Pattern::parse(&pattern.to_string(), BOTH),
                pattern,
                "{text}"
            );
        }
        let literal = Pattern::literal("a*");
        assert_eq!(literal.to_string(), "a${*}");
    }

    #[test]
    fn r91_what_is_no_variable_is_text() {
        for text in ["${", "${}", "${k", "${k,d}", "${a b}"] {
            let (pattern, malformed) = Pattern::parse_noting(text, BOTH);
            assert_eq!(pattern.as_literal(), Some(text));
            assert!(malformed, "{text}");
        }
        assert!(!Pattern::parse_noting("$x${$}{", BOTH).1);
    }
}
