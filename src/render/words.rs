//! Words that every text for people is made of.

/// A number and what it counts, in the plural where that is right: `1 entry`,
/// `14,210 records`.
#[must_use]
pub fn count(number: impl TryInto<u64>, what: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    let stem = what
        .strip_suffix('y')
        .filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u']));
    let digits = thousands(number);
    match (number, stem) {
        (1, _) => format!("1 {what}"),
        (_, Some(stem)) => format!("{digits} {stem}ies"),
        _ => format!("{digits} {what}s"),
    }
}

/// `14,210`.
#[must_use]
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A text of the user's for one line of a terminal: without anything that
/// could steer it or pose as another line.
#[must_use]
pub fn clean(text: &str) -> String {
    text.chars().map(shown).collect()
}

/// The character itself, or `U+FFFD` for control characters and for those that
/// change the direction of writing or take no room.
pub(super) fn shown(c: char) -> char {
    match c {
        '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{feff}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::{clean, count};

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(clean("a\u{1b}[2J\u{9b}1m\nb\u{202e}é"), "a�[2J�1m�b�é");
    }

    #[test]
    fn one_is_no_plural() {
        for (number, what, words) in [
            (0_u64, "file", "0 files"),
            (1, "file", "1 file"),
            (2, "day", "2 days"),
            (2, "policy", "2 policies"),
            (1, "policy", "1 policy"),
            (1_234_567, "record", "1,234,567 records"),
        ] {
            assert_eq!(count(number, what), words);
        }
    }
}
