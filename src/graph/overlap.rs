//! Whether two sets of resources, each written with wildcards, can have one in
//! common: the patterns of an Allow, of a Deny, and resources as they were seen,
//! which may be folded or imprecise.

use crate::policy::{Pattern, ResourceKind, ResourcePattern, Token};
use std::fmt::{self, Write};

/// One step of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Char(char),
    One,
    Any,
}

/// A set of ARNs: six fields with wildcards, or everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ArnSet {
    fields: Vec<Vec<Unit>>,
}

impl ArnSet {
    /// The resources that an entry of a policy names; `None` where it can name
    /// none. Variables may stand for anything.
    pub(super) fn of_pattern(pattern: &ResourcePattern) -> Option<Self> {
        match &pattern.kind {
            ResourceKind::Any => Some(Self::everything()),
            ResourceKind::Arn(fields) => Some(Self {
                fields: fields.iter().map(units).collect(),
            }),
            ResourceKind::Malformed(_) => None,
        }
    }

    /// The resources of an ARN with `*` and `?` in it, or of `*`.
    pub(super) fn of_observed(text: &str) -> Self {
        if text == "*" {
            return Self::everything();
        }
        let unit = |c| match c {
            '*' => Unit::Any,
            '?' => Unit::One,
            c => Unit::Char(c),
        };
        Self {
            fields: text
                .splitn(6, ':')
                .map(|field| field.chars().map(unit).collect())
                .collect(),
        }
    }

    fn everything() -> Self {
        Self {
            fields: vec![vec![Unit::Any]],
        }
    }

    /// Whether some resource is in both. Patterns of six fields are compared
    /// field by field (R55), others as a whole; names with colons may then be
    /// missed by none, but admitted where AWS would not: reach is never
    /// understated by that.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        if self.fields.len() == 6 && other.fields.len() == 6 {
            let mut pairs = self.fields.iter().zip(&other.fields);
            return pairs.all(|(a, b)| overlap(a, b));
        }
        overlap(
            &self.fields.join(&Unit::Char(':')),
            &other.fields.join(&Unit::Char(':')),
        )
    }

    pub(super) fn is_everything(&self) -> bool {
        *self == Self::everything()
    }

    /// Whether every resource of `other` is in this one, as far as that shows
    /// without search: everything holds all, and equal holds equal.
    pub(super) fn surely_holds(&self, other: &Self) -> bool {
        self.is_everything() || self == other
    }
}

impl fmt::Display for ArnSet {
    /// As a glob, variables as `*`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, field) in self.fields.iter().enumerate() {
            if i > 0 {
                f.write_char(':')?;
            }
            for unit in field {
                f.write_char(match unit {
                    Unit::Char(c) => *c,
                    Unit::One => '?',
                    Unit::Any => '*',
                })?;
            }
        }
        Ok(())
    }
}

fn units(pattern: &Pattern) -> Vec<Unit> {
    let mut units = Vec::new();
    for token in &pattern.tokens {
        match token {
            Token::Literal(text) => units.extend(text.chars().map(Unit::Char)),
            Token::One => units.push(Unit::One),
            Token::Any | Token::Variable { .. } => units.push(Unit::Any),
        }
    }
    units
}

/// Whether two globs have a text in common: the states reached after each unit
/// of `a` are the places in `b`.
fn overlap(a: &[Unit], b: &[Unit]) -> bool {
    let mut places = vec![false; b.len() + 1];
    if let Some(first) = places.first_mut() {
        *first = true;
    }
    skip_stars(&mut places, b);
    for unit in a {
        let mut next = vec![false; b.len() + 1];
        if *unit == Unit::Any {
            // It takes none, or any run: every later place is open.
            let mut open = false;
            for (place, next) in places.iter().zip(&mut next) {
                open |= *place;
                *next = open;
            }
        } else {
            for (at, other) in b.iter().enumerate() {
                if places.get(at) != Some(&true) {
                    continue;
                }
                let target = match other {
                    Unit::Any => at, // the star takes this one and stays
                    other if meets(*unit, *other) => at + 1,
                    _ => continue,
                };
                if let Some(place) = next.get_mut(target) {
                    *place = true;
                }
            }
        }
        places = next;
        skip_stars(&mut places, b);
    }
    places.last() == Some(&true)
}

/// A star of `b` may also take nothing.
fn skip_stars(places: &mut [bool], b: &[Unit]) {
    for (at, unit) in b.iter().enumerate() {
        if *unit == Unit::Any
            && places.get(at) == Some(&true)
            && let Some(place) = places.get_mut(at + 1)
        {
            *place = true;
        }
    }
}

fn meets(a: Unit, b: Unit) -> bool {
    match (a, b) {
        (Unit::Char(a), Unit::Char(b)) => a.eq_ignore_ascii_case(&b),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn glob(text: &str) -> Vec<Unit> {
        text.chars()
            .map(|c| match c {
                '*' => Unit::Any,
                '?' => Unit::One,
                c => Unit::Char(c),
            })
            .collect()
    }

    /// Every text over `ab` up to five letters: enough for patterns of four.
    fn texts() -> Vec<String> {
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..8 {
            last = last
                .iter()
                .flat_map(|text| ["a", "b"].map(|letter| format!("{text}{letter}")))
                .collect();
            all.extend(last.iter().cloned());
        }
        all
    }

    fn naive(pattern: &[Unit], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((Unit::Any, after)), _) => {
                naive(after, text) || text.split_first().is_some_and(|(_, t)| naive(pattern, t))
            }
            (Some((Unit::One, after)), Some((_, t))) => naive(after, t),
            (Some((Unit::Char(c), after)), Some((d, t))) => c == d && naive(after, t),
            _ => false,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn overlap_is_a_text_in_common(a in "[ab?*]{0,4}", b in "[ab?*]{0,4}") {
            let (a, b) = (glob(&a), glob(&b));
            // The shortest common text has at most as many letters as both
            // patterns together.
            let common = texts().iter().any(|text| {
                let text: Vec<char> = text.chars().collect();
                naive(&a, &text) && naive(&b, &text)
            });
            prop_assert_eq!(overlap(&a, &b), common);
            prop_assert_eq!(overlap(&b, &a), common);
        }
    }

    #[test]
    fn resources_meet_the_patterns_that_can_name_them() {
        let set = ArnSet::of_observed;
        let meets = |a: &str, b: &str| set(a).overlaps(&set(b));
        assert!(meets("arn:aws:s3:::orders/*", "arn:aws:s3:::orders/1"));
        assert!(!meets("arn:aws:s3:::orders/*", "arn:aws:s3:::orders"));
        assert!(
            meets("arn:aws:s3*", "arn:aws:s3:::b"),
            "fewer fields reach further"
        );
        assert!(meets("*", "arn:aws:s3:::b") && meets("*", "*"));
        assert!(meets("arn:aws:sqs:*:*:a*", "arn:aws:sqs:eu-west-1:1:*z"));
        assert!(!meets("arn:aws:sqs:*:*:a", "arn:aws:sns:*:*:a"));
        assert_eq!(set("arn:aws:s3:::b/*").to_string(), "arn:aws:s3:::b/*");
    }
}
