//! Patterns of two statements that both have to match, as one list for people.

/// Patterns looked at of one list.
const MAX: usize = 64;

/// What patterns of both lists have in common: of two the narrower one, or both
/// where neither holds the other. An empty list says nothing.
pub(super) fn common(these: &[String], those: &[String]) -> Vec<String> {
    if these.is_empty() || those.is_empty() || these.len() > MAX || those.len() > MAX {
        let said = if these.is_empty() { those } else { these };
        return said.to_vec();
    }
    let mut all = Vec::new();
    for this in these {
        for that in those {
            if holds(this, that) {
                all.push(that.clone());
            } else if holds(that, this) {
                all.push(this.clone());
            } else if meets(this.as_bytes(), that.as_bytes()) {
                all.push(format!("{this} that is also {that}"));
            }
        }
    }
    if all.is_empty() {
        return these.to_vec();
    }
    all
}

/// Whether every text of the second pattern is one of the first: wildcards
/// taken for letters that only a wildcard takes.
fn holds(outer: &str, inner: &str) -> bool {
    let inner: Vec<char> = inner.chars().collect();
    // The places of `inner` at which the rest may begin.
    let mut at = vec![false; inner.len() + 1];
    if let Some(first) = at.first_mut() {
        *first = true;
    }
    for c in outer.chars() {
        let mut next = vec![false; inner.len() + 1];
        let mut open = false;
        for (place, is_at) in at.iter().enumerate() {
            match c {
                '*' => {
                    open |= is_at;
                    set(&mut next, place, open);
                }
                _ if *is_at => {
                    let fits = inner.get(place).is_some_and(|&found| match c {
                        '?' => found != '*',
                        c => found.eq_ignore_ascii_case(&c) && found != '?',
                    });
                    set(&mut next, place + 1, fits);
                }
                _ => {}
            }
        }
        at = next;
    }
    at.last().copied().unwrap_or(false)
}

fn set(places: &mut [bool], place: usize, value: bool) {
    if let Some(slot) = places.get_mut(place) {
        *slot |= value;
    }
}

/// Whether two patterns may have a text in common: their beginnings up to the
/// first wildcard do, and their ends behind the last.
fn meets(one: &[u8], other: &[u8]) -> bool {
    let is_wildcard = |byte: &u8| matches!(byte, b'*' | b'?');
    let agree = |one: &mut dyn Iterator<Item = &u8>, other: &mut dyn Iterator<Item = &u8>| {
        one.zip(other)
            .take_while(|(a, b)| !is_wildcard(a) && !is_wildcard(b))
            .all(|(a, b)| a.eq_ignore_ascii_case(b))
    };
    agree(&mut one.iter(), &mut other.iter())
        && agree(&mut one.iter().rev(), &mut other.iter().rev())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrower_of_two_patterns_or_both() {
        for (these, those, expected) in [
            (
                "arn:aws:s3:::b/*",
                "arn:aws:s3:::b/x/*",
                "arn:aws:s3:::b/x/*",
            ),
            ("arn:aws:s3:::b/x", "*", "arn:aws:s3:::b/x"),
            ("s3:*", "s3:Delete*", "s3:Delete*"),
            ("s3:Get?*", "s3:get*", "s3:Get?*"),
            ("a*", "*b", "a* that is also *b"),
            ("b/a?", "b/?c", "b/a? that is also b/?c"),
            ("a", "a", "a"),
        ] {
            let list = |text: &str| vec![text.to_owned()];
            assert_eq!(common(&list(these), &list(those)), list(expected));
        }
        let many = ["a".to_owned(), "b".to_owned(), "c*".to_owned()];
        assert_eq!(
            common(&many, &["b*".to_owned(), "c".to_owned()]),
            ["b", "c"]
        );
        assert_eq!(common(&many, &[]), many);
    }
}
