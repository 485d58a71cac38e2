//! Conditions: operator, key, values.

use super::symbol::leading_symbol;
use super::{Domain, Pattern, PatternSyntax, Symbol, Version, as_symbol};
use crate::text::{Span, Spanned};
use nom::branch::alt;
use nom::bytes::complete::tag_no_case;
use nom::combinator::{opt, value};
use nom::{IResult, Parser};

/// One key under one operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The operator.
    pub operator: Spanned<Operator>,
    /// The condition key as written; compares case-insensitively (R70).
    pub key: Spanned<String>,
    /// A disjunction; under negated operators none may match (R69).
    pub values: Vec<Spanned<ConditionValue>>,
}

/// `ForAnyValue:StringLikeIfExists` and its relatives.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Operator {
    /// As written.
    pub text: String,
    /// `ForAllValues` or `ForAnyValue`.
    pub qualifier: Option<Qualifier>,
    /// The operator proper; `None` for an unknown one, whose statement never
    /// matches (R78).
    pub base: Option<BaseOperator>,
    /// Whether `IfExists` follows (R72).
    pub if_exists: bool,
}

/// How a many-valued key is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Qualifier {
    /// Every request value matches; true for none (R74).
    ForAllValues,
    /// Some request value matches; false for none (R75).
    ForAnyValue,
}

/// The operators of the language (R79–R86, R73). Names compare
/// case-insensitively when read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // each is named as AWS names it
pub enum BaseOperator {
    StringEquals,
    StringNotEquals,
    StringEqualsIgnoreCase,
    StringNotEqualsIgnoreCase,
    StringLike,
    StringNotLike,
    NumericEquals,
    NumericNotEquals,
    NumericLessThan,
    NumericLessThanEquals,
    NumericGreaterThan,
    NumericGreaterThanEquals,
    DateEquals,
    DateNotEquals,
    DateLessThan,
    DateLessThanEquals,
    DateGreaterThan,
    DateGreaterThanEquals,
    Bool,
    BinaryEquals,
    IpAddress,
    NotIpAddress,
    ArnEquals,
    ArnNotEquals,
    ArnLike,
    ArnNotLike,
    Null,
}

/// How a value was written in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// Quoted.
    String,
    /// A bare number; its text counts (R47).
    Number,
    /// A bare `true` or `false`; its text counts (R47).
    Bool,
}

/// One value of a condition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConditionValue {
    /// As written, without quotes.
    pub text: String,
    /// How it was written.
    pub kind: ValueKind,
    /// The text read with the wildcards and variables that its operator and
    /// the document's version allow (R79, R85, R87–R89).
    pub pattern: Pattern,
}

impl BaseOperator {
    /// Every operator.
    pub const ALL: [Self; 27] = [
        Self::StringEquals,
        Self::StringNotEquals,
        Self::StringEqualsIgnoreCase,
        Self::StringNotEqualsIgnoreCase,
        Self::StringLike,
        Self::StringNotLike,
        Self::NumericEquals,
        Self::NumericNotEquals,
        Self::NumericLessThan,
        Self::NumericLessThanEquals,
        Self::NumericGreaterThan,
        Self::NumericGreaterThanEquals,
        Self::DateEquals,
        Self::DateNotEquals,
        Self::DateLessThan,
        Self::DateLessThanEquals,
        Self::DateGreaterThan,
        Self::DateGreaterThanEquals,
        Self::Bool,
        Self::BinaryEquals,
        Self::IpAddress,
        Self::NotIpAddress,
        Self::ArnEquals,
        Self::ArnNotEquals,
        Self::ArnLike,
        Self::ArnNotLike,
        Self::Null,
    ];

    /// The operator as AWS spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::StringEquals => "StringEquals",
            Self::StringNotEquals => "StringNotEquals",
            Self::StringEqualsIgnoreCase => "StringEqualsIgnoreCase",
            Self::StringNotEqualsIgnoreCase => "StringNotEqualsIgnoreCase",
            Self::StringLike => "StringLike",
            Self::StringNotLike => "StringNotLike",
            Self::NumericEquals => "NumericEquals",
            Self::NumericNotEquals => "NumericNotEquals",
            Self::NumericLessThan => "NumericLessThan",
            Self::NumericLessThanEquals => "NumericLessThanEquals",
            Self::NumericGreaterThan => "NumericGreaterThan",
            Self::NumericGreaterThanEquals => "NumericGreaterThanEquals",
            Self::DateEquals => "DateEquals",
            Self::DateNotEquals => "DateNotEquals",
            Self::DateLessThan => "DateLessThan",
            Self::DateLessThanEquals => "DateLessThanEquals",
            Self::DateGreaterThan => "DateGreaterThan",
            Self::DateGreaterThanEquals => "DateGreaterThanEquals",
            Self::Bool => "Bool",
            Self::BinaryEquals => "BinaryEquals",
            Self::IpAddress => "IpAddress",
            Self::NotIpAddress => "NotIpAddress",
            Self::ArnEquals => "ArnEquals",
            Self::ArnNotEquals => "ArnNotEquals",
            Self::ArnLike => "ArnLike",
            Self::ArnNotLike => "ArnNotLike",
            Self::Null => "Null",
        }
    }

    /// Whether it is a `…Not…` form (R69, R71).
    #[must_use]
    pub fn is_negated(self) -> bool {
        self.name().contains("Not")
    }

    /// Which characters are special in its values (R79, R85, R88, R89).
    #[must_use]
    pub fn syntax(self, version: Version) -> PatternSyntax {
        let name = self.name();
        let arn = name.starts_with("Arn");
        PatternSyntax {
            wildcards: arn || matches!(self, Self::StringLike | Self::StringNotLike),
            variables: version == Version::V2012
                && (arn || name.starts_with("String") || self == Self::Bool),
        }
    }
}

impl Operator {
    /// Reads `[ForAllValues:|ForAnyValue:]Name[IfExists]`, in any case.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let (name, qualifier) = qualifier(text).unwrap_or((text, None));
        let named = |name: &str| {
            BaseOperator::ALL
                .into_iter()
                .find(|operator| operator.name().eq_ignore_ascii_case(name))
        };
        let without_suffix = strip_suffix_no_case(name, "IfExists");
        let (base, if_exists) = match without_suffix {
            Some(name) => (named(name).filter(|&base| base != BaseOperator::Null), true),
            None => (named(name), false),
        };
        Self {
            text: text.to_owned(),
            qualifier,
            base,
            if_exists,
        }
    }
}

impl Condition {
    /// The condition that `guard` holds at deployment, or, behind `not `, that
    /// it does not: exact complements, whatever the key is.
    #[must_use]
    pub fn of_guard(guard: &str, span: Span) -> Self {
        let (name, operator) = match guard.strip_prefix("not ") {
            Some(name) => (name, "StringNotEquals"),
            None => (guard, "StringEquals"),
        };
        let operator = Operator::parse(operator);
        let value = ConditionValue::parse("true", ValueKind::String, &operator, Version::V2012);
        Self {
            key: Spanned::new(Symbol::new(name, Domain::Any).text(), span),
            values: vec![Spanned::new(value, span)],
            operator: Spanned::new(operator, span),
        }
    }

    /// Whether it is no condition of the policy but tells what a deployment
    /// decided: its key is `⟨guard⟩`.
    #[must_use]
    pub fn is_guard(&self) -> bool {
        as_symbol(&self.key.value).is_some()
    }
}

impl Operator {
    /// What was written between qualifier and `IfExists`.
    pub(super) fn name(&self) -> &str {
        let name = qualifier(&self.text).map_or(self.text.as_str(), |(name, _)| name);
        strip_suffix_no_case(name, "IfExists").unwrap_or(name)
    }
}

fn qualifier(text: &str) -> IResult<&str, Option<Qualifier>> {
    opt(alt((
        value(Qualifier::ForAllValues, tag_no_case("ForAllValues:")),
        value(Qualifier::ForAnyValue, tag_no_case("ForAnyValue:")),
    )))
    .parse(text)
}

fn strip_suffix_no_case<'a>(text: &'a str, suffix: &str) -> Option<&'a str> {
    let at = text.len().checked_sub(suffix.len())?;
    let (head, tail) = text.split_at_checked(at)?;
    tail.eq_ignore_ascii_case(suffix).then_some(head)
}

impl ConditionValue {
    /// Reads a value as its operator and the document's version say.
    #[must_use]
    pub fn parse(text: &str, kind: ValueKind, operator: &Operator, version: Version) -> Self {
        Self::parse_noting(text, kind, operator, version).0
    }

    /// As [`ConditionValue::parse`]; also tells whether a variable is malformed.
    pub(super) fn parse_noting(
        text: &str,
        kind: ValueKind,
        operator: &Operator,
        version: Version,
    ) -> (Self, bool) {
        let syntax = operator.base.map_or(
            PatternSyntax {
                wildcards: false,
                variables: false,
            },
            |base| base.syntax(version),
        );
        let is_arn = operator
            .base
            .is_some_and(|base| base.name().starts_with("Arn"));
        let (pattern, malformed) = match leading_symbol(text) {
            // An ARN that is not known yet, as in resources.
            Some((symbol, behind)) if is_arn && behind.matches(':').count() < 5 => {
                let fields = format!("arn:{symbol}:{symbol}:{symbol}:{symbol}:{text}");
                Pattern::parse_noting(&fields, syntax)
            }
            _ => Pattern::parse_noting(text, syntax),
        };
        let text = text.to_owned();
        (
            Self {
                text,
                kind,
                pattern,
            },
            malformed,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_with_and_without_trimmings() {
        let read = |text: &str| {
            let o = Operator::parse(text);
            (o.qualifier, o.base, o.if_exists)
        };
        use BaseOperator as B;
        let any = Some(Qualifier::ForAnyValue);
        let all = Some(Qualifier::ForAllValues);
        assert_eq!(read("StringEquals"), (None, Some(B::StringEquals), false));
        assert_eq!(
            read("ForAnyValue:StringLike"),
            (any, Some(B::StringLike), false)
        );
        assert_eq!(
            read("forallvalues:arnlikeifexists"),
            (all, Some(B::ArnLike), true)
        );
        assert_eq!(read("NullIfExists"), (None, None, true));
        assert_eq!(read("StringMatches"), (None, None, false));
        assert_eq!(read("ForSomeValue:Bool"), (None, None, false));
        assert_eq!(read("é"), (None, None, false));
    }

    #[test]
    fn r79_only_like_operators_read_wildcards() {
        let literal = |operator: &str, text: &str| {
            let operator = Operator::parse(operator);
            let value = ConditionValue::parse(text, ValueKind::String, &operator, Version::V2012);
            value.pattern.as_literal().map(str::to_owned)
        };
        assert_eq!(literal("StringEquals", "a*").as_deref(), Some("a*"));
        assert_eq!(literal("StringEquals", "${*}").as_deref(), Some("*"));
        assert_eq!(literal("StringLike", "a*"), None);
        assert_eq!(literal("ArnEquals", "arn:*"), None);
        assert_eq!(literal("NumericEquals", "${a}").as_deref(), Some("${a}"));
    }
}
