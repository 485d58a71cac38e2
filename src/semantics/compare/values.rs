//! Sets of values of one condition key, and a value out of many sets.

use super::budget::{Budget, Stop};
use super::glob::{Class, Glob, Token};
use super::language::{self, Query};
use super::ranges::Ranges;
use core::net::{Ipv4Addr, Ipv6Addr};

/// What the values of a key are, for all that policies say of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// Texts.
    Text,
    /// `true` and `false`.
    Boolean,
    /// Decimals.
    Number,
    /// Instants.
    Date,
    /// Addresses of both families.
    Address,
}

/// A set of values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Values {
    /// The texts that some pattern matches, or that none does.
    Text { globs: Vec<Glob>, negated: bool },
    /// Points on an axis: see [`numbers`] and [`instants`].
    Points {
        ranges: Ranges,
        /// Whether the texts that are no points belong to it: they pass no
        /// comparison, and so its opposite.
        others: bool,
    },
    /// Addresses, and whether the texts that are none belong to it.
    Addresses {
        v4: Ranges,
        v6: Ranges,
        others: bool,
    },
}

/// A value of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) text: String,
    /// Whether it was found without taking a policy variable for anything it
    /// may be.
    pub(super) exact: bool,
}

impl Values {
    pub(super) fn complement(&self) -> Self {
        match self {
            Self::Text { globs, negated } => Self::Text {
                globs: globs.clone(),
                negated: !negated,
            },
            Self::Points { ranges, others } => Self::Points {
                ranges: ranges.complement(),
                others: !others,
            },
            Self::Addresses { v4, v6, others } => Self::Addresses {
                v4: v4.complement().intersection(&all_v4()),
                v6: v6.complement(),
                others: !others,
            },
        }
    }

    /// Points of a policy's value; what cannot be read is none of them.
    pub(super) fn points(ranges: Ranges) -> Self {
        Self::Points {
            ranges,
            others: false,
        }
    }

    /// What lies in both sets, of one sort that is not text.
    fn both(&self, other: &Self) -> Self {
        match (self, other) {
            (
                Self::Points { ranges, others },
                Self::Points {
                    ranges: more,
                    others: more_others,
                },
            ) => Self::Points {
                ranges: ranges.intersection(more),
                others: others & more_others,
            },
            (
                Self::Addresses { v4, v6, others },
                Self::Addresses {
                    v4: more4,
                    v6: more6,
                    others: more_others,
                },
            ) => Self::Addresses {
                v4: v4.intersection(more4),
                v6: v6.intersection(more6),
                others: others & more_others,
            },
            _ => self.clone(),
        }
    }

    /// The texts that one of these patterns matches.
    pub(super) fn texts(globs: impl IntoIterator<Item = Glob>) -> Self {
        let mut globs: Vec<Glob> = globs.into_iter().collect();
        globs.sort();
        globs.dedup();
        Self::Text {
            globs,
            negated: false,
        }
    }

    /// This text alone.
    pub(super) fn text(text: &str) -> Self {
        Self::texts([Glob::literal(text)])
    }
}

/// A value that lies in all of the sets, or `None` if there is none whatever
/// the policy variables in them are. Where the catalog does not say that a key
/// is of this sort (`typed`), its value may be any text.
pub(super) fn choose(
    sort: Sort,
    typed: bool,
    sets: &[&Values],
    budget: &mut Budget,
) -> Result<Option<Sample>, Stop> {
    let exact = |text: Option<String>| text.map(|text| Sample { text, exact: true });
    match sort {
        Sort::Text => choose_text(sets, &[], budget),
        Sort::Boolean if !typed => choose_text(sets, &[], budget),
        Sort::Boolean => {
            let both = ["true", "false"].map(Glob::literal);
            choose_text(sets, &both, budget)
        }
        Sort::Number => Ok(exact(readable(points(sets), typed, a_number))),
        Sort::Date => Ok(exact(readable(points(sets), typed, an_instant))),
        Sort::Address => Ok(exact(an_address(sets, typed))),
    }
}

/// A point of the ranges, or a text that is none.
fn readable(
    points: Option<(Ranges, bool)>,
    typed: bool,
    point: fn(&Ranges) -> Option<String>,
) -> Option<String> {
    let (ranges, others) = points?;
    point(&ranges).or_else(|| (others && !typed).then(|| UNREADABLE.to_owned()))
}

/// A text that is no number, no date and no address.
const UNREADABLE: &str = "some-text-0";

fn choose_text(
    sets: &[&Values],
    universe: &[Glob],
    budget: &mut Budget,
) -> Result<Option<Sample>, Stop> {
    let mut query = Query::default();
    if !universe.is_empty() {
        query.all.push(universe.iter().collect());
    }
    for set in sets {
        match set {
            Values::Text {
                globs,
                negated: false,
            } => query.all.push(globs.iter().collect()),
            Values::Text {
                globs,
                negated: true,
            } => query.none.extend(globs),
            // The sort of a key is one for all its sets.
            Values::Points { .. } | Values::Addresses { .. } => return Ok(None),
        }
    }
    choose_from(&query, budget)
}

/// As [`language::find`], with policy variables: a query that has an answer
/// only for some of their values still has one.
pub(super) fn choose_from(query: &Query, budget: &mut Budget) -> Result<Option<Sample>, Stop> {
    if !query.has_unknown() {
        let found = language::find(query, budget)?;
        return Ok(found.map(|text| Sample { text, exact: true }));
    }
    if query.proves_none(budget)? {
        return Ok(None);
    }
    let opened: Vec<Vec<Glob>> = query
        .all
        .iter()
        .map(|union| union.iter().map(|glob| glob.opened()).collect())
        .collect();
    let wider = Query {
        all: opened.iter().map(|union| union.iter().collect()).collect(),
        none: query
            .none
            .iter()
            .copied()
            .filter(|g| !g.has_unknown())
            .collect(),
    };
    let found = language::find(&wider, budget)?;
    Ok(found.map(|text| Sample { text, exact: false }))
}

fn points(sets: &[&Values]) -> Option<(Ranges, bool)> {
    let (mut left, mut unreadable) = (Ranges::full(), true);
    for set in sets {
        match set {
            Values::Points { ranges, others } => {
                left = left.intersection(ranges);
                unreadable &= others;
            }
            Values::Text { .. } | Values::Addresses { .. } => return None,
        }
    }
    Some((left, unreadable))
}

/// The middle of an axis: zero.
const ZERO: u128 = 1 << 127;

fn on_axis(value: i128) -> u128 {
    (value as u128) ^ ZERO
}

fn off_axis(point: u128) -> i128 {
    (point ^ ZERO) as i128
}

/// How numbers and instants compare with a policy's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    /// The points that compare so with `point`.
    fn ranges(self, point: u128) -> Ranges {
        let below = |to: Option<u128>| to.map_or(Ranges::empty(), |to| Ranges::range(0, to));
        let above =
            |from: Option<u128>| from.map_or(Ranges::empty(), |at| Ranges::range(at, u128::MAX));
        match self {
            Self::Equal => Ranges::range(point, point),
            Self::Less => below(point.checked_sub(1)),
            Self::LessOrEqual => below(Some(point)),
            Self::Greater => above(point.checked_add(1)),
            Self::GreaterOrEqual => above(Some(point)),
        }
    }
}

/// Places behind the point that are kept.
const PLACES: u32 = 12;
const UNIT: i128 = 10i128.pow(PLACES);

/// The numbers that compare so with a policy's value. Every number has a
/// point of its own and one for the gap behind it, so that `9 < x < 10` is
/// not empty. `None` for what is no plain decimal of up to 12 places.
pub(super) fn numbers(order: Order, text: &str) -> Option<Ranges> {
    let value = decimal(text)?.checked_mul(2)?;
    Some(order.ranges(on_axis(value)))
}

fn decimal(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let fraction = fraction.trim_end_matches('0');
    if whole.is_empty() || whole.len() > 20 || !plain(whole) || !plain(fraction) {
        return None;
    }
    let missing = PLACES.checked_sub(u32::try_from(fraction.len()).ok()?)?;
    let fraction: i128 = format!("0{fraction}").parse().ok()?;
    let whole: i128 = whole.parse().ok()?;
    let size = whole.checked_mul(UNIT)? + fraction * 10i128.pow(missing);
    Some(if negative { -size } else { size })
}

fn a_number(points: &Ranges) -> Option<String> {
    let ranges = || points.iter();
    // A whole number if there is one, near the end of the range that is a
    // policy's value.
    let step = UNIT.checked_mul(2)?;
    let whole = ranges().find_map(|(from, to)| {
        let (from, to) = (off_axis(from), off_axis(to));
        let up = from.checked_add((step - from.rem_euclid(step)) % step);
        let down = to.checked_sub(to.rem_euclid(step));
        let inside = |at: &i128| from <= *at && *at <= to;
        if from == i128::MIN {
            down.filter(inside)
        } else {
            up.filter(inside)
        }
    });
    let half = match whole {
        Some(whole) => whole,
        None => ranges()
            .map(|(from, _)| off_axis(from))
            .find(|at| *at != i128::MIN)?,
    };
    // Half units have one place more.
    let tenths = half.checked_mul(5)?;
    let size = tenths.unsigned_abs();
    let scale = UNIT.unsigned_abs() * 10;
    let fraction = format!("{:013}", size % scale);
    let fraction = fraction.trim_end_matches('0');
    let sign = if tenths < 0 { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{sign}{}{point}{fraction}", size / scale))
}

const NANOS: i128 = 1_000_000_000;
const DAY: i128 = 86_400 * NANOS;

/// The instants that compare so with a policy's value (R81).
/// `four_digits_are_a_year` decides a number such as `2020`.
pub(super) fn instants(order: Order, text: &str, four_digits_are_a_year: bool) -> Option<Ranges> {
    Some(order.ranges(on_axis(instant(text, four_digits_are_a_year)?)))
}

fn instant(text: &str, four_digits_are_a_year: bool) -> Option<i128> {
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let is_number = plain(text.strip_prefix('-').unwrap_or(text));
    if is_number && !(text.len() == 4 && plain(text) && four_digits_are_a_year) {
        return text.parse::<i128>().ok()?.checked_mul(NANOS);
    }
    let number = |text: Option<&str>, length: usize| -> Option<i128> {
        let text = text.filter(|text| text.len() == length && plain(text))?;
        text.parse().ok()
    };
    let year = number(text.get(..4), 4)?;
    let (month, day, clock) = match text.len() {
        4 => (1, 1, None),
        7 => (number(text.get(5..7), 2)?, 1, None),
        length => {
            let clock = if length == 10 {
                None
            } else {
                Some(text.get(10..)?)
            };
            (
                number(text.get(5..7), 2)?,
                number(text.get(8..10), 2)?,
                clock,
            )
        }
    };
    let dashes = [4, 7].iter().all(|&at| {
        let byte = text.as_bytes().get(at);
        byte.is_none_or(|b| *b == b'-')
    });
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i128::from(leap),
        _ => 31,
    };
    if !dashes || !(1..=12).contains(&month) || !(1..=days).contains(&day) {
        return None;
    }
    let midnight = days_before(year, month, day) * DAY;
    Some(midnight + clock.map_or(Some(0), time)?)
}

/// Days from 1970 to a day of the Gregorian calendar, counted from March so
/// that the leap day comes last.
fn days_before(year: i128, month: i128, day: i128) -> i128 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leaps + (month * 153 + 2) / 5 + day - 1 - 719_468
}

/// Nanoseconds of `Thh:mm[:ss[.s]]` and its zone.
fn time(text: &str) -> Option<i128> {
    let text = text.strip_prefix('T')?;
    let zone = text.find(['Z', '+', '-'])?;
    let (clock, zone) = text.split_at_checked(zone)?;
    let two = |text: &str, below: i128| -> Option<i128> {
        let is_plain = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        text.parse().ok().filter(|n| is_plain && *n < below)
    };
    let (clock, fraction) = match clock.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (clock, None),
    };
    let mut parts = clock.split(':');
    let (hour, minute) = (two(parts.next()?, 24)?, two(parts.next()?, 60)?);
    let second = parts.next();
    if parts.next().is_some() || fraction.is_some() && second.is_none() {
        return None;
    }
    let second = second.map_or(Some(0), |second| two(second, 60))?;
    let fraction = match fraction {
        None => 0,
        Some(text) if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => {
            let nine: String = text.chars().chain("0".repeat(9).chars()).take(9).collect();
            nine.parse().ok()?
        }
        Some(_) => return None,
    };
    let away = match zone.split_at_checked(1)? {
        ("Z", "") => 0,
        (sign @ ("+" | "-"), zone) => {
            let (hours, minutes) = zone.split_once(':')?;
            let minutes = two(hours, 24)? * 60 + two(minutes, 60)?;
            if sign == "+" { minutes } else { -minutes }
        }
        _ => return None,
    };
    Some(((hour * 60 + minute - away) * 60 + second) * NANOS + fraction)
}

fn an_instant(points: &Ranges) -> Option<String> {
    // Years of four digits as dates, whatever lies beyond as seconds.
    let (earliest, latest) = (days_before(1, 1, 1) * DAY, days_before(9999, 12, 31) * DAY);
    let inside = points.intersection(&Ranges::range(on_axis(earliest), on_axis(latest)));
    let today = days_before(2026, 1, 1) * DAY;
    let best = inside
        .iter()
        .map(|(from, to)| (off_axis(from), off_axis(to)))
        .max_by_key(|(from, to)| (*from <= today && today <= *to, *to - *from));
    let Some((from, to)) = best else {
        return points.iter().find_map(|(from, to)| {
            let (from, to) = (off_axis(from), off_axis(to));
            let up = from.checked_add((NANOS - from.rem_euclid(NANOS)) % NANOS);
            let down = to.checked_sub(to.rem_euclid(NANOS));
            let up = up.filter(|at| from != i128::MIN && *at <= to);
            let at = up.or(down.filter(|at| from <= *at))?;
            Some((at / NANOS).to_string())
        });
    };
    let at = if from <= today && today <= to {
        today
    } else {
        let up = from + (-from).rem_euclid(NANOS);
        if up <= to { up } else { from }
    };
    let (days, rest) = (at.div_euclid(DAY), at.rem_euclid(DAY));
    let (year, month, day) = date_of(days);
    let (seconds, nanos) = (rest / NANOS, rest % NANOS);
    let fraction = if nanos == 0 {
        String::new()
    } else {
        format!(".{nanos:09}")
    };
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    Some(format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z"
    ))
}

/// The calendar day that lies so many days behind 1970.
fn date_of(days: i128) -> (i128, i128, i128) {
    // The year is found by guess and correction: a guess is off by one at most.
    let mut year = 1970 + days * 400 / 146_097;
    while days_before(year, 1, 1) > days {
        year -= 1;
    }
    while days_before(year + 1, 1, 1) <= days {
        year += 1;
    }
    let month = (1..=12)
        .rev()
        .find(|&m| days_before(year, m, 1) <= days)
        .unwrap_or(1);
    (year, month, days - days_before(year, month, 1) + 1)
}

fn all_v4() -> Ranges {
    Ranges::range(0, u128::from(u32::MAX))
}

/// No address.
pub(super) fn no_addresses() -> Values {
    Values::Addresses {
        v4: Ranges::empty(),
        v6: Ranges::empty(),
        others: false,
    }
}

/// The addresses of a CIDR or a lone address (R84); host bits are ignored.
/// A lone v6 address has the prefix `bare_v6`.
pub(super) fn network(text: &str, bare_v6: u32) -> Option<Values> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => {
            let plain = !prefix.is_empty() && prefix.bytes().all(|b| b.is_ascii_digit());
            let prefix = prefix.parse::<u32>().ok().filter(|_| plain)?;
            (address, Some(prefix))
        }
        None => (text, None),
    };
    let range = |value: u128, bits: u32, prefix: u32| {
        let hosts = bits.checked_sub(prefix)?;
        let mask = 1u128.checked_shl(hosts).map_or(u128::MAX, |size| size - 1);
        Some(Ranges::range(value & !mask, value | mask))
    };
    if let Ok(v4) = address.parse::<Ipv4Addr>() {
        return Some(Values::Addresses {
            v4: range(u128::from(v4.to_bits()), 32, prefix.unwrap_or(32))?.intersection(&all_v4()),
            v6: Ranges::empty(),
            others: false,
        });
    }
    let v6 = address.parse::<Ipv6Addr>().ok()?;
    Some(Values::Addresses {
        v4: Ranges::empty(),
        v6: range(v6.to_bits(), 128, prefix.unwrap_or(bare_v6))?,
        others: false,
    })
}

/// The addresses of either set.
pub(super) fn either(a: &Values, b: &Values) -> Values {
    a.complement().both(&b.complement()).complement()
}

fn an_address(sets: &[&Values], typed: bool) -> Option<String> {
    let (mut v4, mut v6, mut unreadable) = (all_v4(), Ranges::full(), true);
    for set in sets {
        match set {
            Values::Addresses {
                v4: own4,
                v6: own6,
                others,
            } => {
                v4 = v4.intersection(own4);
                v6 = v6.intersection(own6);
                unreadable &= others;
            }
            Values::Text { .. } | Values::Points { .. } => return None,
        }
    }
    // Documentation's own addresses where they lie in the set (RFC 5737, 3849).
    let shown = [
        "203.0.113.0/24",
        "198.51.100.0/24",
        "192.0.2.0/24",
        "2001:db8::/32",
    ];
    for network in shown.iter().filter_map(|text| network(text, 128)) {
        if let Values::Addresses {
            v4: own4, v6: own6, ..
        } = network
        {
            let (own4, own6) = (v4.intersection(&own4), v6.intersection(&own6));
            if let Some(text) = lowest(&own4, &own6) {
                return Some(text);
            }
        }
    }
    lowest(&v4, &v6).or_else(|| (unreadable && !typed).then(|| UNREADABLE.to_owned()))
}

fn lowest(v4: &Ranges, v6: &Ranges) -> Option<String> {
    // The address behind a network's own, where there is one.
    let pick = |ranges: &Ranges| {
        let (from, to) = ranges.iter().next()?;
        Some(from.saturating_add(1).min(to))
    };
    if let Some(at) = pick(v4).and_then(|at| u32::try_from(at).ok()) {
        return Some(Ipv4Addr::from_bits(at).to_string());
    }
    pick(v6).map(|at| Ipv6Addr::from_bits(at).to_string())
}

/// The texts that are ARNs (R85).
pub(super) fn any_arn() -> Glob {
    let field = [Token::Char(':'), Token::Any { bound: true }];
    let head = "arn".chars().map(Token::Char);
    let fields = std::iter::repeat_n(field, 4).flatten();
    let rest = [Token::Char(':'), Token::Any { bound: false }];
    Glob::new(head.chain(fields).chain(rest))
}

/// What a field of an ARN may hold (`comparison.md` 2).
pub(super) fn field_universe(field: usize) -> Vec<Glob> {
    let word = Glob::new([Token::Of(Class::Word), Token::Run(Class::Word)]);
    match field {
        1 => vec![word],
        2 => vec![Glob::new([Token::Run(Class::Word)])],
        3 => vec![
            Glob::new([Token::Of(Class::Digit); 12]),
            Glob::new([Token::Run(Class::NoAccount)]),
        ],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(sort: Sort, sets: &[Values]) -> Option<String> {
        let sets: Vec<&Values> = sets.iter().collect();
        let sample = choose(sort, true, &sets, &mut Budget::default()).unwrap()?;
        assert!(sample.exact);
        Some(sample.text)
    }

    fn number(order: Order, text: &str) -> Values {
        Values::points(numbers(order, text).unwrap())
    }

    #[test]
    fn r80_numbers_are_exact() {
        let between = |low: &str, high: &str| {
            let sets = [number(Order::Greater, low), number(Order::Less, high)];
            chosen(Sort::Number, &sets)
        };
        assert_eq!(between("9", "11").as_deref(), Some("10"));
        assert_eq!(between("9", "10").as_deref(), Some("9.0000000000005"));
        assert_eq!(between("-1.5", "-0.5").as_deref(), Some("-1"));
        assert_eq!(between("5", "5"), None);
        assert_eq!(numbers(Order::Equal, "10"), numbers(Order::Equal, "10.0"));
        for text in ["", "1e1", "10abc", ".5", "0.0000000000001"] {
            assert_eq!(numbers(Order::Equal, text), None, "{text}");
        }
        let all = number(Order::Less, "0");
        assert_eq!(chosen(Sort::Number, &[all]).as_deref(), Some("-1"));
    }

    #[test]
    fn r81_instants() {
        let at = |text: &str| instant(text, true);
        for text in [
            "2020-06-01T00:00:00Z",
            "2020-06-01T02:00+02:00",
            "2020-05-31T19:30:00.0-04:30",
            "2020-06-01",
            "2020-06",
            "1590969600",
        ] {
            assert_eq!(at(text), at("2020-06-01T00:00:00Z"), "{text}");
        }
        assert_eq!(at("1970"), Some(0));
        assert_eq!(instant("1970", false), Some(1970 * NANOS));
        assert_eq!(at("2000-02-29").map(|t| t / DAY), Some(11_016));
        for text in [
            "",
            "2020-02-30",
            "2020-6-1",
            "2020-06-01T00:00",
            "20200601T",
            "x",
        ] {
            assert_eq!(at(text), None, "{text}");
        }
        let before = Values::points(instants(Order::Less, "2020-01-01", true).unwrap());
        let after = Values::points(instants(Order::GreaterOrEqual, "2019-12-31", true).unwrap());
        assert_eq!(
            chosen(Sort::Date, &[before, after]).as_deref(),
            Some("2019-12-31T00:00:00Z")
        );
    }

    #[test]
    fn r84_addresses_of_two_worlds() {
        let network = |text: &str| network(text, 128).unwrap();
        let not_v4 = network("0.0.0.0/0").complement();
        assert_eq!(
            chosen(Sort::Address, &[not_v4]).as_deref(),
            Some("2001:db8::1")
        );
        let sets = [network("10.0.0.0/8"), network("10.0.0.0/9").complement()];
        assert_eq!(chosen(Sort::Address, &sets).as_deref(), Some("10.128.0.1"));
        assert_eq!(network("10.1.2.3/8"), network("10.0.0.0/8"));
        let both = [network("10.0.0.0/8"), network("11.0.0.0/8")];
        assert_eq!(chosen(Sort::Address, &both), None);
        assert_eq!(chosen(Sort::Address, &[no_addresses()]), None);
    }

    #[test]
    fn booleans_are_two() {
        let both = Values::texts(["true", "false"].map(Glob::literal));
        assert_eq!(chosen(Sort::Boolean, &[both.complement()]), None);
        let not_true = Values::text("true").complement();
        assert_eq!(chosen(Sort::Boolean, &[not_true]).as_deref(), Some("false"));
    }
}
