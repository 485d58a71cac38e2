//! Conditions: operator, key, values.

use super::Pattern;
use crate::text::Spanned;

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
