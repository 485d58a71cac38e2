//! Plain glob matching by two pointers on Unicode scalars.

/// One step of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// This character.
    Char(char),
    /// `?`: exactly one character (R52).
    One,
    /// `*`: any run, also empty (R52).
    Any,
}

/// Whether the pattern matches the whole text. ASCII letters fold while the
/// text stands before byte `fold_until`. Every wildcard is free to match any
/// character; whoever binds wildcards to a field cuts pattern and text first.
///
/// Linear space, `O(pattern + text²)` at worst: since every `*` is free, the
/// last one seen is the only place worth going back to.
pub(super) fn matches(pattern: &[Unit], text: &str, fold_until: usize) -> bool {
    let mut at = 0;
    let mut rest = text;
    let mut retry: Option<(usize, &str)> = None;
    loop {
        let position = text.len() - rest.len();
        let mut chars = rest.chars();
        let stepped = match (pattern.get(at), chars.next()) {
            (Some(Unit::Any), _) => {
                at += 1;
                retry = Some((at, rest));
                continue;
            }
            (None, None) => return true,
            (Some(Unit::One), Some(_)) => true,
            // What is left is too short, and going back leaves less.
            (Some(_), None) => return false,
            (Some(Unit::Char(wanted)), Some(found)) => {
                *wanted == found || (position < fold_until && wanted.eq_ignore_ascii_case(&found))
            }
            (None, Some(_)) => false,
        };
        if stepped {
            at += 1;
            rest = chars.as_str();
            continue;
        }
        // Let the last `*` take one character more.
        let Some((after, from)) = retry else {
            return false;
        };
        let mut chars = from.chars();
        if chars.next().is_none() {
            return false;
        }
        at = after;
        rest = chars.as_str();
        retry = Some((after, rest));
    }
}

#[cfg(test)]
pub(super) fn units(pattern: &str) -> Vec<Unit> {
    let unit = |c| match c {
        '*' => Unit::Any,
        '?' => Unit::One,
        c => Unit::Char(c),
    };
    pattern.chars().map(unit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    #[test]
    fn r52_r57_wildcards() {
        let m = |pattern, text| matches(&units(pattern), text, 0);
        assert!(m("Get?bject", "GetObject"));
        assert!(!m("Get?bject", "Getbject"));
        assert!(m("b/*/test/*", "b//test/o"));
        assert!(m("b/*/test/*", "b/1/2/test/3"));
        assert!(m("b/*/test/*", "b/1/test/"));
        assert!(!m("b/*/test/*", "b/1-test/o"));
        assert!(!m("b/*/test/*", "b/test/o"));
        assert!(!m("b/*/test/*", "b/1/2/test.jpg"));
        assert!(m("?", "𝄞"), "one Unicode scalar");
        assert!(m("", "") && m("**", "") && !m("", "x"));
    }

    #[test]
    fn letters_fold_only_in_front() {
        let m = |fold_until| matches(&units("ABab"), "abab", fold_until);
        assert!(m(2) && m(4) && !m(1) && !m(0));
        assert!(!matches(&units("ABAb"), "abab", 2));
    }

    #[test]
    fn a_hostile_pattern_ends() {
        let pattern = units(&"a*".repeat(500));
        let text = "a".repeat(5000) + "b";
        assert!(matches(&pattern, &text, 0));
        let mut pattern = pattern;
        pattern.push(Unit::Char('c'));
        assert!(!matches(&pattern, &text, 0));
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(pattern in "[abé*?]{0,8}", text in "[abé]{0,8}") {
            let chars: Vec<char> = text.chars().collect();
            prop_assert_eq!(matches(&units(&pattern), &text, 0), naive(&units(&pattern), &chars));
        }
    }
}
