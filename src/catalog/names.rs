//! Names: compared without case, matched by pattern, kept as AWS writes them.

use std::cmp::Ordering;

/// Compares without ASCII case.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    a.bytes()
        .map(|byte| byte.to_ascii_lowercase())
        .cmp(b.bytes().map(|byte| byte.to_ascii_lowercase()))
}

/// Whether `pattern` (`*` any run, `?` any one character) matches all of
/// `text`, without case. Time at most the product of the lengths.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where to go on after a mismatch: behind the last star, one byte later.
    let mut retry = None;
    loop {
        match (pattern.get(p), text.get(t)) {
            (None, None) => return true,
            (Some(b'*'), _) => {
                retry = Some((p + 1, t));
                p += 1;
                continue;
            }
            (Some(&a), Some(b)) if a == b'?' || a.eq_ignore_ascii_case(b) => {
                p += 1;
                t += 1;
                continue;
            }
            _ => {}
        }
        match retry {
            Some((after, from)) if from < text.len() => {
                retry = Some((after, from + 1));
                (p, t) = (after, from + 1);
            }
            _ => return false,
        }
    }
}

/// The part of a pattern before its first wildcard.
pub(super) fn literal_prefix(pattern: &str) -> &str {
    let end = pattern.find(['*', '?']).unwrap_or(pattern.len());
    pattern.get(..end).unwrap_or(pattern)
}

/// The candidate nearest to `name`, at most two edits away (a swap of
/// neighbours is one) and fewer than half the name; the first of equals.
pub(super) fn nearest<'a>(
    name: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let wanted = name.to_ascii_lowercase();
    let close = |candidate: &&str| candidate.len().abs_diff(wanted.len()) <= 2;
    candidates
        .filter(close)
        .map(|candidate| {
            let distance = strsim::osa_distance(&wanted, &candidate.to_ascii_lowercase());
            (distance, candidate)
        })
        .filter(|&(distance, _)| distance <= 2 && distance * 2 < wanted.len())
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_without_case() {
        for (pattern, text, expected) in [
            ("Get*Tagging", "getobjectTAGGING", true),
            ("Get*Tagging", "GetObjectTaggings", false),
            ("*", "", true),
            ("?", "", false),
            ("a*b*c", "aXbXbXc", true),
            ("a**c", "ac", true),
            ("a?c", "abc", true),
            ("", "a", false),
            ("*a", "aaab", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn the_nearest_name_is_at_most_two_edits_away() {
        let names = || ["GetObject", "GetObjectAcl", "PutObject", "Get"].into_iter();
        assert_eq!(nearest("GetObejct", names()), Some("GetObject"));
        assert_eq!(nearest("getobjct", names()), Some("GetObject"));
        assert_eq!(nearest("HeadObject", names()), None);
        assert_eq!(nearest("Xxx", names()), None);
    }
}
