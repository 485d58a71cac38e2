//! One policy value against one request value (R79–R86).

use super::arn::{self, RequestArn};
use super::env::Env;
use super::glob::{self, Unit};
use super::network::{self, Network};
use super::number::Decimal;
use super::template::{self, Template};
use super::{base64, date};
use crate::policy::{BaseOperator, ConditionValue};
use crate::semantics::{BoolVariables, FourDigitDate, Setting};
use core::net::IpAddr;
use std::cmp::Ordering;

/// What kind of values an operator compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    String { fold: bool },
    Number,
    Date,
    Bool,
    Binary,
    Ip,
    Arn,
    Null,
}

/// Which orders of request value to policy value an operator accepts.
type Accepts = fn(Ordering) -> bool;

/// An operator taken apart: negated ones are their positive twin, denied.
#[derive(Clone, Copy, Debug)]
pub(super) struct Test {
    pub(super) family: Family,
    pub(super) negated: bool,
    accepts: Accepts,
}

impl Test {
    pub(super) fn new(operator: BaseOperator) -> Self {
        use BaseOperator as Op;
        let (family, negated, accepts): (_, _, Accepts) = match operator {
            Op::StringEquals | Op::StringLike => {
                (Family::String { fold: false }, false, Ordering::is_eq)
            }
            Op::StringNotEquals | Op::StringNotLike => {
                (Family::String { fold: false }, true, Ordering::is_eq)
            }
            Op::StringEqualsIgnoreCase => (Family::String { fold: true }, false, Ordering::is_eq),
            Op::StringNotEqualsIgnoreCase => (Family::String { fold: true }, true, Ordering::is_eq),
            Op::NumericEquals => (Family::Number, false, Ordering::is_eq),
            Op::NumericNotEquals => (Family::Number, true, Ordering::is_eq),
            Op::NumericLessThan => (Family::Number, false, Ordering::is_lt),
            Op::NumericLessThanEquals => (Family::Number, false, Ordering::is_le),
            Op::NumericGreaterThan => (Family::Number, false, Ordering::is_gt),
            Op::NumericGreaterThanEquals => (Family::Number, false, Ordering::is_ge),
            Op::DateEquals => (Family::Date, false, Ordering::is_eq),
            Op::DateNotEquals => (Family::Date, true, Ordering::is_eq),
            Op::DateLessThan => (Family::Date, false, Ordering::is_lt),
            Op::DateLessThanEquals => (Family::Date, false, Ordering::is_le),
            Op::DateGreaterThan => (Family::Date, false, Ordering::is_gt),
            Op::DateGreaterThanEquals => (Family::Date, false, Ordering::is_ge),
            Op::Bool => (Family::Bool, false, Ordering::is_eq),
            Op::BinaryEquals => (Family::Binary, false, Ordering::is_eq),
            Op::IpAddress => (Family::Ip, false, Ordering::is_eq),
            Op::NotIpAddress => (Family::Ip, true, Ordering::is_eq),
            Op::ArnEquals | Op::ArnLike => (Family::Arn, false, Ordering::is_eq),
            Op::ArnNotEquals | Op::ArnNotLike => (Family::Arn, true, Ordering::is_eq),
            Op::Null => (Family::Null, false, Ordering::is_eq),
        };
        Self {
            family,
            negated,
            accepts,
        }
    }
}

/// A compiled value of a condition; what cannot be read is kept as `None`.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    Text(Template),
    Number(Option<Decimal>),
    Date(Instant),
    Bool { text: String, template: Template },
    Binary(Option<Vec<u8>>),
    Ip(Option<Network>),
    Null(Option<bool>),
}

/// A date under both readings of a number of four digits (R81).
#[derive(Clone, Copy, Debug)]
pub(super) struct Instant {
    year: Option<i128>,
    epoch: Option<i128>,
}

impl Instant {
    fn parse(text: &str) -> Self {
        let year = date::parse(text, true);
        let epoch = if date::is_ambiguous(text) {
            date::parse(text, false)
        } else {
            year
        };
        Self { year, epoch }
    }

    fn get(self, env: &Env) -> Option<i128> {
        if self.year != self.epoch {
            env.touched.add(Setting::FourDigitDate);
        }
        match env.settings.four_digit_date {
            FourDigitDate::Year => self.year,
            FourDigitDate::Epoch => self.epoch,
        }
    }
}

fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

impl Operand {
    pub(super) fn new(value: &ConditionValue, family: Family) -> Self {
        let text = value.text.as_str();
        match family {
            Family::String { .. } | Family::Arn => Self::Text(Template::new(&value.pattern)),
            Family::Number => Self::Number(Decimal::parse(text)),
            Family::Date => Self::Date(Instant::parse(text)),
            Family::Bool => Self::Bool {
                text: value.text.clone(),
                template: Template::new(&value.pattern),
            },
            Family::Binary => Self::Binary(base64::decode(text)),
            Family::Ip => Self::Ip(Network::parse(text)),
            Family::Null => Self::Null(boolean(text)),
        }
    }

    /// Whether more than one text matches it, or a variable makes it.
    pub(super) fn is_pattern(&self) -> bool {
        match self {
            Self::Text(Template::Fixed(units)) => {
                units.iter().any(|unit| !matches!(unit, Unit::Char(_)))
            }
            Self::Text(Template::Variable(_)) => true,
            _ => false,
        }
    }

    /// The pattern whose variables count.
    pub(super) fn template(&self, env: &Env) -> Option<&Template> {
        match self {
            Self::Text(template) => Some(template),
            Self::Bool { template, .. } => {
                (env.settings.bool_variables == BoolVariables::Substitute).then_some(template)
            }
            _ => None,
        }
    }

    /// The value with its variables filled in; `None` where it has none, or
    /// one of them has no value.
    pub(super) fn resolved(&self, env: &Env) -> Option<String> {
        let template = self.template(env).filter(|t| t.has_variables())?;
        Some(template::text(&template.resolve(env)?))
    }
}

/// How one pair of values compares under the positive operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pair {
    Yes,
    No,
    /// One side cannot be read as what the operator compares.
    IllTyped,
}

impl From<bool> for Pair {
    fn from(matched: bool) -> Self {
        if matched { Self::Yes } else { Self::No }
    }
}

/// A request value, read once for all the policy's values.
pub(super) enum Found<'a> {
    Text(&'a str),
    Number(Option<Decimal>),
    Date(Option<i128>),
    Bool(Option<bool>),
    Binary(Option<Vec<u8>>),
    Ip(Option<IpAddr>),
    Arn(Option<RequestArn<'a>>),
}

impl<'a> Found<'a> {
    pub(super) fn new(text: &'a str, family: Family, env: &Env) -> Self {
        match family {
            Family::String { .. } | Family::Null => Self::Text(text),
            Family::Number => Self::Number(Decimal::parse(text)),
            Family::Date => Self::Date(Instant::parse(text).get(env)),
            Family::Bool => Self::Bool(boolean(text)),
            Family::Binary => Self::Binary(base64::decode(text)),
            Family::Ip => Self::Ip(network::address(text)),
            Family::Arn => Self::Arn(RequestArn::parse(text)),
        }
    }
}

/// Compares one policy value with one request value.
pub(super) fn compare(test: &Test, operand: &Operand, found: &Found, env: &Env) -> Pair {
    let by_order =
        |order: Option<Ordering>| order.map_or(Pair::IllTyped, |o| (test.accepts)(o).into());
    match (operand, found) {
        (Operand::Text(template), Found::Text(text)) => {
            let Some(units) = template.resolve(env) else {
                return Pair::No;
            };
            match test.family {
                Family::String { fold: true } => equal_folded(&units, text).into(),
                _ => glob::matches(&units, text, 0).into(),
            }
        }
        (Operand::Text(template), Found::Arn(found)) => match template.resolve(env) {
            None => Pair::No,
            Some(units) => arn_pair(&units, found.as_ref()),
        },
        (Operand::Number(wanted), Found::Number(found)) => {
            by_order(found.as_ref().zip(wanted.as_ref()).map(|(f, w)| f.cmp(w)))
        }
        (Operand::Date(wanted), Found::Date(found)) => {
            by_order(found.zip(wanted.get(env)).map(|(f, w)| f.cmp(&w)))
        }
        (Operand::Bool { text, template }, Found::Bool(found)) => bool_value(text, template, env)
            .is_some_and(|wanted| Some(wanted) == *found)
            .into(),
        (Operand::Binary(wanted), Found::Binary(found)) => match (wanted, found) {
            (Some(wanted), Some(found)) => (wanted == found).into(),
            _ => Pair::IllTyped,
        },
        (Operand::Ip(wanted), Found::Ip(found)) => ip_pair(*wanted, *found, env),
        _ => Pair::IllTyped,
    }
}

fn bool_value(text: &str, template: &Template, env: &Env) -> Option<bool> {
    if !template.has_variables() {
        return boolean(text);
    }
    env.touched.add(Setting::BoolVariables);
    match env.settings.bool_variables {
        BoolVariables::Substitute => boolean(&template::text(&template.resolve(env)?)),
        BoolVariables::Literal => None,
    }
}

fn ip_pair(wanted: Option<Network>, found: Option<IpAddr>, env: &Env) -> Pair {
    let (Some(wanted), Some(found)) = (wanted, found) else {
        return Pair::IllTyped;
    };
    if wanted.is_bare_v6() && found.is_ipv6() {
        env.touched.add(Setting::BareIpv6);
    }
    if wanted.has_host_bits() {
        env.touched.add(Setting::CidrHostBits);
    }
    let settings = env.settings;
    wanted
        .contains(found, settings.bare_ipv6, settings.cidr_host_bits)
        .map_or(Pair::IllTyped, Pair::from)
}

/// R85: six fields against six, a lone `*` against every ARN.
fn arn_pair(pattern: &[Unit], found: Option<&RequestArn>) -> Pair {
    let Some(found) = found else {
        return Pair::IllTyped;
    };
    if !pattern.is_empty() && pattern.iter().all(|unit| *unit == Unit::Any) {
        return Pair::Yes;
    }
    let fields = arn::split(pattern);
    let arn_word = [Unit::Char('a'), Unit::Char('r'), Unit::Char('n')];
    match <&[&[Unit]; 6]>::try_from(fields.as_slice()) {
        Ok(six) if fields.first() == Some(&arn_word.as_slice()) => {
            arn::condition_matches(six, found).into()
        }
        _ => Pair::IllTyped,
    }
}

/// Whether literal units equal the text but for letter case (R79).
fn equal_folded(units: &[Unit], text: &str) -> bool {
    let mut chars = text.chars();
    let all = units.iter().all(|unit| match (unit, chars.next()) {
        (Unit::Char(a), Some(b)) => *a == b || a.to_lowercase().eq(b.to_lowercase()),
        _ => false,
    });
    all && chars.next().is_none()
}
