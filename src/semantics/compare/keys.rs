//! Condition keys: what sort of values each has, and conditions as tests of
//! them (`comparison.md` 3).

use super::glob::{Glob, Token};
use super::values::{self, Order, Sort, Values};
use super::variables::Bindings;
use crate::catalog::{self, KeyType};
use crate::policy::{BaseOperator, Condition, Pattern, Qualifier, has_symbol, symbols_in};
use crate::semantics::{
    BareIpv6, ForAnyIfExists, ForAnyNegated, FourDigitDate, MultiUnderPlain, Settings,
};
use std::collections::BTreeMap;

/// A condition key of the comparison.
#[derive(Clone, Debug)]
pub(super) struct Key {
    /// As first written.
    pub(super) name: String,
    /// `None` where operators of families that do not go together are used on
    /// it.
    pub(super) sort: Option<Sort>,
    /// Whether a request may carry several values.
    pub(super) multi: bool,
    /// Whether the catalog says that it is of this sort, so that no request
    /// has a text in it that cannot be read.
    pub(super) typed: bool,
}

/// What a condition asks of the values of a key that is present.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Test {
    /// Nothing can pass.
    Never,
    /// Everything passes.
    Always,
    /// The one value lies in the set.
    One(Values),
    /// Every value does (R74).
    All(Values),
    /// Some value does (R75).
    Some(Values),
    /// There is one value, and it does (R77).
    Lone(Values),
    /// There are several values, or the one does not.
    NotLone(Values),
}

impl Test {
    /// What a lone value must lie in.
    pub(super) fn values(&self) -> Option<&Values> {
        match self {
            Self::One(values) | Self::All(values) | Self::Some(values) | Self::Lone(values) => {
                Some(values)
            }
            Self::Never | Self::Always | Self::NotLone(_) => None,
        }
    }

    pub(super) fn negation(&self) -> Self {
        match self {
            Self::Never => Self::Always,
            Self::Always => Self::Never,
            Self::One(values) => Self::One(values.complement()),
            Self::All(values) => Self::Some(values.complement()),
            Self::Some(values) => Self::All(values.complement()),
            Self::Lone(values) => Self::NotLone(values.clone()),
            Self::NotLone(values) => Self::Lone(values.clone()),
        }
    }
}

/// A condition as a test: of an absent key, and of a present one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct KeyTest {
    /// The key's place in [`Keys::all`].
    pub(super) key: usize,
    /// Whether an absent key passes (R71–R75).
    pub(super) absent: bool,
    /// Whether a present one does.
    pub(super) present: Test,
}

/// A condition that is not decided.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Undecided {
    /// Why (`comparison.md` 8).
    pub(super) reason: String,
    /// Its key, in lower case, where it is plain what it means for a request
    /// without that key.
    pub(super) plain_without: Option<String>,
}

/// What a condition comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// A test of a key.
    Test(KeyTest),
    /// Something that is not decided.
    Undecided(Undecided),
}

/// All keys of the comparison.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    pub(super) all: Vec<Key>,
    places: BTreeMap<String, usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Text,
    Boolean,
    Number,
    Date,
    Address,
    Binary,
}

fn family(base: BaseOperator) -> Option<Family> {
    use BaseOperator as Op;
    Some(match base {
        Op::StringEquals
        | Op::StringNotEquals
        | Op::StringEqualsIgnoreCase
        | Op::StringNotEqualsIgnoreCase
        | Op::StringLike
        | Op::StringNotLike
        | Op::ArnEquals
        | Op::ArnNotEquals
        | Op::ArnLike
        | Op::ArnNotLike => Family::Text,
        Op::NumericEquals
        | Op::NumericNotEquals
        | Op::NumericLessThan
        | Op::NumericLessThanEquals
        | Op::NumericGreaterThan
        | Op::NumericGreaterThanEquals => Family::Number,
        Op::DateEquals
        | Op::DateNotEquals
        | Op::DateLessThan
        | Op::DateLessThanEquals
        | Op::DateGreaterThan
        | Op::DateGreaterThanEquals => Family::Date,
        Op::Bool => Family::Boolean,
        Op::BinaryEquals => Family::Binary,
        Op::IpAddress | Op::NotIpAddress => Family::Address,
        Op::Null => return None,
    })
}

impl Keys {
    /// Looks at every use of every key, and of the keys of policy variables.
    pub(super) fn of<'a>(
        conditions: impl IntoIterator<Item = &'a Condition>,
        variables: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        #[derive(Default)]
        struct Uses {
            families: Vec<Family>,
            plain: usize,
            sets: usize,
        }
        let mut keys = Self::default();
        let mut uses: Vec<Uses> = Vec::new();
        let place = |keys: &mut Self, uses: &mut Vec<Uses>, name: &str| {
            let next = keys.all.len();
            let at = *keys.places.entry(name.to_ascii_lowercase()).or_insert(next);
            if at == next {
                uses.push(Uses::default());
                keys.all.push(Key {
                    name: name.to_owned(),
                    sort: None,
                    multi: false,
                    typed: false,
                });
            }
            at
        };
        for condition in conditions {
            let at = place(&mut keys, &mut uses, &condition.key.value);
            let operator = &condition.operator.value;
            let (Some(family), Some(uses)) = (operator.base.and_then(family), uses.get_mut(at))
            else {
                continue;
            };
            if !uses.families.contains(&family) {
                uses.families.push(family);
            }
            match operator.qualifier {
                Some(_) => uses.sets += 1,
                None => uses.plain += 1,
            }
        }
        for variable in variables {
            place(&mut keys, &mut uses, variable);
        }
        for (key, uses) in keys.all.iter_mut().zip(uses) {
            key.sort = match uses.families.as_slice() {
                [] | [Family::Text] => Some(Sort::Text),
                [Family::Boolean] => Some(Sort::Boolean),
                [Family::Number] => Some(Sort::Number),
                [Family::Date] => Some(Sort::Date),
                [Family::Address] => Some(Sort::Address),
                two if two
                    .iter()
                    .all(|f| matches!(f, Family::Text | Family::Boolean)) =>
                {
                    Some(Sort::Text)
                }
                _ => None,
            };
            let known = known(&key.name);
            key.typed = known.is_some_and(|(kind, _)| {
                matches!(
                    (key.sort, kind),
                    (Some(Sort::Boolean), KeyType::Bool)
                        | (Some(Sort::Number), KeyType::Numeric)
                        | (Some(Sort::Date), KeyType::Date)
                        | (Some(Sort::Address), KeyType::IpAddress)
                )
            });
            // One value is one of many: where nothing is known of a key, many.
            key.multi = match known.map(|(_, several)| several) {
                Some(true) => true,
                Some(false) => uses.sets > 0 && uses.plain == 0,
                None => uses.sets > 0,
            };
        }
        keys
    }

    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.places.get(&name.to_ascii_lowercase()).copied()
    }

    pub(super) fn get(&self, at: usize) -> Option<&Key> {
        self.all.get(at)
    }

    /// Reads a condition.
    pub(super) fn read(
        &self,
        condition: &Condition,
        bindings: &Bindings,
        settings: &Settings,
    ) -> Asked {
        let name = &condition.key.value;
        let operator = &condition.operator.value;
        let undecided = |kind: &str, what: &str| {
            // AWS takes no document with these.
            let meaningless = ["unknown-operator", "ill-typed-value"].contains(&kind);
            Asked::Undecided(Undecided {
                reason: format!("{kind}:{what}"),
                plain_without: (!meaningless).then(|| name.to_ascii_lowercase()),
            })
        };
        let Some(base) = operator.base else {
            return undecided("unknown-operator", &operator.text);
        };
        let Some(place) = self.place(name) else {
            return undecided("mixed-key-types", name);
        };
        let Some(key) = self.get(place) else {
            return undecided("mixed-key-types", name);
        };
        let Some(family) = family(base) else {
            return Asked::Test(null(place, condition));
        };
        let Some(sort) = key.sort else {
            return undecided("mixed-key-types", name);
        };
        let reader = Reader {
            base,
            family,
            bindings,
            settings,
        };
        let matched = match reader.values(condition, sort) {
            Ok(values) => values,
            Err(SYMBOL) => {
                let texts = condition.values.iter().map(|v| v.value.text.as_str());
                let symbol = texts.flat_map(symbols_in).next().unwrap_or_default();
                return undecided(SYMBOL, symbol);
            }
            Err(why) => return undecided(why, name),
        };
        let negated = base.is_negated();
        let several = condition.values.len() > 1;
        let any_combination = settings.for_any_negated == ForAnyNegated::AnyCombination;
        let values = match operator.qualifier {
            // R76: another reading, under which one value must differ from one.
            Some(Qualifier::ForAnyValue) if negated && several && any_combination => {
                return undecided("setting", "for-any-negated");
            }
            _ if negated => matched.complement(),
            _ => matched,
        };
        let absent = match (operator.qualifier, operator.if_exists) {
            (Some(Qualifier::ForAllValues), _) | (None, true) => true,
            (Some(Qualifier::ForAnyValue), true) => {
                settings.for_any_if_exists == ForAnyIfExists::True
            }
            (Some(Qualifier::ForAnyValue), false) => false,
            (None, false) => negated,
        };
        let present = match operator.qualifier {
            Some(Qualifier::ForAllValues) if key.multi => Test::All(values),
            Some(Qualifier::ForAnyValue) if key.multi => Test::Some(values),
            // R77: AWS does not say what several values mean here.
            None if key.multi => match settings.multi_under_plain {
                MultiUnderPlain::NoMatch => Test::Lone(values),
                MultiUnderPlain::Any => Test::Some(values),
                MultiUnderPlain::All => Test::All(values),
            },
            _ => Test::One(values),
        };
        Asked::Test(KeyTest {
            key: place,
            absent,
            present,
        })
    }
}

/// R73.
fn null(key: usize, condition: &Condition) -> KeyTest {
    let says = |word: &str| {
        let mut values = condition.values.iter();
        values.any(|value| value.value.text.eq_ignore_ascii_case(word))
    };
    KeyTest {
        key,
        absent: says("true"),
        present: if says("false") {
            Test::Always
        } else {
            Test::Never
        },
    }
}

struct Reader<'a> {
    base: BaseOperator,
    family: Family,
    bindings: &'a Bindings,
    settings: &'a Settings,
}

/// Why a condition is not read.
type Why = &'static str;

/// A symbol stands where only a number, a date, an address or a boolean can:
/// it is no name of its own.
const SYMBOL: Why = "iac-symbol";

impl Reader<'_> {
    /// The request values that match some value of the condition under the
    /// positive operator.
    fn values(&self, condition: &Condition, sort: Sort) -> Result<Values, Why> {
        let texts = condition.values.iter().map(|value| &value.value);
        if self.family == Family::Binary {
            return Err("binary");
        }
        if matches!(sort, Sort::Text | Sort::Boolean) {
            let mut globs = Vec::new();
            for value in texts {
                globs.extend(self.glob(&value.text, &value.pattern)?);
            }
            return Ok(Values::texts(globs));
        }
        if texts.clone().any(|value| has_symbol(&value.text)) {
            return Err(SYMBOL);
        }
        let mut all = match sort {
            Sort::Address => values::no_addresses(),
            _ => Values::points(super::ranges::Ranges::empty()),
        };
        for value in texts {
            let one = match self.family {
                Family::Number => values::numbers(self.order(), &value.text).map(Values::points),
                Family::Date => {
                    let year = self.settings.four_digit_date == FourDigitDate::Year;
                    values::instants(self.order(), &value.text, year).map(Values::points)
                }
                _ => match self.settings.bare_ipv6 {
                    BareIpv6::Full => values::network(&value.text, 128),
                    BareIpv6::Short => values::network(&value.text, 32),
                    BareIpv6::Reject => None,
                },
            };
            all = values::either(&all, &one.ok_or("ill-typed-value")?);
        }
        Ok(all)
    }

    fn order(&self) -> Order {
        use BaseOperator as Op;
        match self.base {
            Op::NumericLessThan | Op::DateLessThan => Order::Less,
            Op::NumericLessThanEquals | Op::DateLessThanEquals => Order::LessOrEqual,
            Op::NumericGreaterThan | Op::DateGreaterThan => Order::Greater,
            Op::NumericGreaterThanEquals | Op::DateGreaterThanEquals => Order::GreaterOrEqual,
            _ => Order::Equal,
        }
    }

    /// The texts that one value of the condition matches; `None` for none.
    fn glob(&self, text: &str, pattern: &Pattern) -> Result<Option<Glob>, Why> {
        use BaseOperator as Op;
        match self.base {
            Op::Bool => {
                if pattern.variables().next().is_some() {
                    return Err("policy-variable");
                }
                if has_symbol(text) {
                    return Err(SYMBOL);
                }
                // What is no boolean equals none (R82).
                let is_boolean =
                    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false");
                Ok(is_boolean.then(|| folded(text.chars())))
            }
            Op::ArnEquals | Op::ArnNotEquals | Op::ArnLike | Op::ArnNotLike => self.arn(pattern),
            Op::StringEqualsIgnoreCase | Op::StringNotEqualsIgnoreCase => {
                let Some(tokens) = self.bindings.tokens(pattern) else {
                    return Ok(None);
                };
                let mut chars = Vec::with_capacity(tokens.len());
                for token in tokens {
                    match token {
                        Token::Char(c) if c.is_ascii() || !c.is_alphabetic() => chars.push(c),
                        Token::Unknown(_) => return Err("policy-variable"),
                        _ => return Err("non-ascii-case"),
                    }
                }
                Ok(Some(folded(chars.into_iter())))
            }
            _ => Ok(self.bindings.tokens(pattern).map(Glob::new)),
        }
    }

    /// R85: six fields, matched one by one; the wildcards of the first five
    /// stay in theirs.
    fn arn(&self, pattern: &Pattern) -> Result<Option<Glob>, Why> {
        if pattern.is_any() {
            return Ok(Some(values::any_arn()));
        }
        let Some(tokens) = self.bindings.tokens(pattern) else {
            return Ok(None);
        };
        let mut colons = 0;
        let mut bound = Vec::with_capacity(tokens.len());
        for token in tokens {
            let head = colons < 5;
            bound.push(match token {
                Token::Char(':') => {
                    colons += 1;
                    token
                }
                // With a colon in its value the fields would shift.
                Token::Unknown(_) if head => return Err("policy-variable"),
                Token::Any { .. } => Token::Any { bound: head },
                Token::One { .. } => Token::One { bound: head },
                token => token,
            });
        }
        let is_arn = bound.iter().take(4).eq("arn:"
            .chars()
            .map(Token::Char)
            .collect::<Vec<_>>()
            .iter());
        // What is no ARN matches none.
        if colons < 5 {
            return Ok(None);
        }
        if !is_arn {
            return Err("ill-typed-value");
        }
        Ok(Some(Glob::new(bound)))
    }
}

fn folded(chars: impl Iterator<Item = char>) -> Glob {
    Glob::new(chars.map(|c| {
        if c.is_ascii_alphabetic() {
            Token::Fold(c.to_ascii_lowercase())
        } else {
            Token::Char(c)
        }
    }))
}

/// Whether requests carry several values of a key; `None` for a key that the
/// catalog does not know.
pub(super) fn has_several(name: &str) -> Option<bool> {
    known(name).map(|(_, several)| several)
}

/// The type of a key's values, and whether requests carry several.
fn known(name: &str) -> Option<(KeyType, bool)> {
    let catalog = catalog::get();
    if let Some(key) = catalog.global_key(name) {
        return Some((key.kind, key.multi));
    }
    let (service, _) = name.split_once(':')?;
    let key = catalog.service(service)?.key(name)?;
    Some((key.kind, key.multi))
}
