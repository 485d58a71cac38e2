//! Globs of the comparison: patterns as tokens, with the bounds that ARN
//! fields put on wildcards. Shares nothing with the simulator's matcher.

use std::fmt;
use std::hash::{Hash, Hasher};

/// One token of a [`Glob`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Token {
    /// This character.
    Char(char),
    /// This ASCII letter in either case, given in lower case.
    Fold(char),
    /// One character; a bound one is no colon.
    One {
        /// Whether it stays inside an ARN field.
        bound: bool,
    },
    /// Any run of characters; a bound one holds no colon.
    Any {
        /// Whether it stays inside an ARN field.
        bound: bool,
    },
    /// Any run of characters of a class: what an ARN field may hold.
    Run(Class),
    /// One character of a class.
    Of(Class),
    /// The value of a policy variable, the same wherever its number stands
    /// (`comparison.md` 5).
    Unknown(u16),
}

/// The characters of an ARN field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Class {
    /// `0`–`9`.
    Digit,
    /// What regions and services are written with: `a`–`z`, `0`–`9`, `-`.
    Word,
    /// What stands for an account that is none: `a`–`z`, `-`, `*`.
    NoAccount,
}

impl Class {
    pub(super) fn contains(self, c: char) -> bool {
        match self {
            Self::Digit => c.is_ascii_digit(),
            Self::Word => c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-',
            Self::NoAccount => c.is_ascii_lowercase() || c == '-' || c == '*',
        }
    }

    pub(super) const ALL: [Self; 3] = [Self::Digit, Self::Word, Self::NoAccount];

    /// The characters of all classes, those together that no class tells apart;
    /// each in order.
    pub(super) const KINDS: [&str; 3] = ["*", "0123456789", "-abcdefghijklmnopqrstuvwxyz"];

    /// The first of its characters.
    pub(super) fn first(self) -> char {
        match self {
            Self::Digit => '0',
            Self::Word | Self::NoAccount => 'a',
        }
    }
}

/// A letter of the alphabet that languages are searched with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Letter {
    Char(char),
    /// Stands for the whole value of a variable; only an unbound `*` and the
    /// same variable read it.
    Unknown(u16),
}

/// What a token does with a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Reads it and is done.
    Next,
    /// Reads it and may read more.
    Stay,
    /// Does not read it.
    No,
}

impl Token {
    #[inline]
    pub(super) fn step(self, letter: Letter) -> Step {
        let next = |reads: bool| if reads { Step::Next } else { Step::No };
        let stay = |reads: bool| if reads { Step::Stay } else { Step::No };
        match (self, letter) {
            (Self::Char(own), Letter::Char(c)) => next(own == c),
            (Self::Fold(own), Letter::Char(c)) => next(own == c.to_ascii_lowercase()),
            (Self::One { bound }, Letter::Char(c)) => next(!bound || c != ':'),
            (Self::Any { bound }, Letter::Char(c)) => stay(!bound || c != ':'),
            (Self::Run(class), Letter::Char(c)) => stay(class.contains(c)),
            (Self::Of(class), Letter::Char(c)) => next(class.contains(c)),
            (Self::Any { bound }, Letter::Unknown(_)) => stay(!bound),
            (Self::Unknown(own), Letter::Unknown(unknown)) => next(own == unknown),
            (Self::Unknown(_), Letter::Char(_)) | (_, Letter::Unknown(_)) => Step::No,
        }
    }

    /// Whether it can be skipped.
    pub(super) fn is_run(self) -> bool {
        matches!(self, Self::Any { .. } | Self::Run(_))
    }

    /// Whether it reads everything that `other` can stand for.
    fn reads_one(self, other: Self) -> bool {
        match (self, other) {
            // Most tokens are characters.
            (Self::Char(own), Self::Char(c)) => own == c,
            _ => self.reads(other) != Step::No,
        }
    }

    /// Whether it reads everything that `other` can stand for, staying at its
    /// place or moving on.
    fn reads(self, other: Self) -> Step {
        match other {
            Self::Char(c) => self.step(Letter::Char(c)),
            Self::Unknown(unknown) => self.step(Letter::Unknown(unknown)),
            Self::Fold(_) => match self {
                own if own == other => Step::Next,
                Self::One { .. } => Step::Next,
                Self::Any { .. } => Step::Stay,
                _ => Step::No,
            },
            Self::One { bound: inner } => match self {
                Self::One { bound } if inner || !bound => Step::Next,
                Self::Any { bound } if inner || !bound => Step::Stay,
                _ => Step::No,
            },
            Self::Any { bound: inner } => match self {
                Self::Any { bound } if inner || !bound => Step::Stay,
                _ => Step::No,
            },
            // No class holds a colon.
            Self::Of(class) => match self {
                Self::Of(own) if own == class => Step::Next,
                Self::Run(own) if own == class => Step::Stay,
                Self::One { .. } => Step::Next,
                Self::Any { .. } => Step::Stay,
                _ => Step::No,
            },
            Self::Run(class) => match self {
                Self::Run(own) if own == class => Step::Stay,
                Self::Any { .. } => Step::Stay,
                _ => Step::No,
            },
        }
    }
}

/// One number a token: patterns are hashed often.
impl Hash for Token {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let (kind, which) = match *self {
            Self::Char(c) => (0, u32::from(c)),
            Self::Fold(c) => (1, u32::from(c)),
            Self::One { bound } => (2, u32::from(bound)),
            Self::Any { bound } => (3, u32::from(bound)),
            Self::Run(class) => (4, class as u32),
            Self::Of(class) => (5, class as u32),
            Self::Unknown(unknown) => (6, u32::from(unknown)),
        };
        state.write_u32(kind << 24 | which);
    }
}

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) struct Glob {
    pub(super) tokens: Box<[Token]>,
}

impl Glob {
    /// Neighbouring runs that read the same are one.
    pub(super) fn new(tokens: impl IntoIterator<Item = Token>) -> Self {
        let tokens = tokens.into_iter();
        let mut kept: Vec<Token> = Vec::with_capacity(tokens.size_hint().0);
        for token in tokens {
            match (kept.last_mut(), token) {
                (Some(Token::Any { bound: before }), Token::Any { bound }) => *before &= bound,
                (Some(before), token) if token.is_run() && *before == token => {}
                (_, token) => kept.push(token),
            }
        }
        Self {
            tokens: kept.into(),
        }
    }

    pub(super) fn literal(text: &str) -> Self {
        Self::new(text.chars().map(Token::Char))
    }

    /// The only text it matches.
    pub(super) fn as_literal(&self) -> Option<String> {
        let chars = self.tokens.iter().map(|token| match token {
            Token::Char(c) => Some(*c),
            _ => None,
        });
        chars.collect()
    }

    pub(super) fn is_literal(&self) -> bool {
        self.tokens.iter().all(|t| matches!(t, Token::Char(_)))
    }

    /// Whether it matches every text.
    pub(super) fn is_any(&self) -> bool {
        *self.tokens == [Token::Any { bound: false }]
    }

    pub(super) fn has_unknown(&self) -> bool {
        self.tokens.iter().any(|t| matches!(t, Token::Unknown(_)))
    }

    /// The same with `*` in place of every variable: it matches whatever the
    /// variables may be.
    pub(super) fn opened(&self) -> Self {
        Self::new(self.tokens.iter().map(|&token| match token {
            Token::Unknown(_) => Token::Any { bound: false },
            token => token,
        }))
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        run(&self.tokens, text.chars().map(Token::Char))
    }

    /// Whether the texts before the first wildcards, or those behind the last,
    /// differ, so that no text can match both; `false` tells nothing.
    pub(super) fn clashes(&self, other: &Self) -> bool {
        fn differ<'a>(mut pairs: impl Iterator<Item = (&'a Token, &'a Token)>) -> bool {
            let end = pairs.find(|(a, b)| a != b || !matches!(a, Token::Char(_)));
            matches!(end, Some((Token::Char(_), Token::Char(_))))
        }
        let (a, b) = (&self.tokens, &other.tokens);
        differ(a.iter().zip(b)) || differ(a.iter().rev().zip(b.iter().rev()))
    }

    /// Whether it matches whatever `other` does; `false` may also mean that
    /// it takes more than a look at tokens to see it.
    pub(super) fn covers(&self, other: &Self) -> bool {
        run(&self.tokens, other.tokens.iter().copied())
    }
}

/// Whether the tokens read a text, or whatever a pattern stands for.
fn run(tokens: &[Token], mut text: impl DoubleEndedIterator<Item = Token>) -> bool {
    // What stands before the first run and behind the last has its place, and
    // decides most questions.
    let mut tokens = tokens;
    while let [first, behind @ ..] = tokens
        && !first.is_run()
    {
        match text.next() {
            Some(letter) if first.reads_one(letter) => tokens = behind,
            _ => return false,
        }
    }
    while let [before @ .., last] = tokens
        && !last.is_run()
    {
        match text.next_back() {
            Some(letter) if last.reads_one(letter) => tokens = before,
            _ => return false,
        }
    }
    match tokens {
        [] => text.next().is_none(),
        [Token::Any { bound: false }] => true,
        [lone] => text.all(|letter| lone.reads(letter) != Step::No),
        _ => run_through(tokens, text),
    }
}

/// As [`run`], place by place.
fn run_through(tokens: &[Token], text: impl Iterator<Item = Token>) -> bool {
    let end = tokens.len();
    let mut reached = vec![false; end + 1];
    let mut next = reached.clone();
    reach(tokens, &mut reached, 0);
    for letter in text {
        next.fill(false);
        let mut alive = false;
        for (at, &token) in tokens.iter().enumerate() {
            if reached.get(at) != Some(&true) {
                continue;
            }
            match token.reads(letter) {
                Step::Next => reach(tokens, &mut next, at + 1),
                Step::Stay => reach(tokens, &mut next, at),
                Step::No => continue,
            }
            alive = true;
        }
        if !alive {
            return false;
        }
        std::mem::swap(&mut reached, &mut next);
    }
    reached.last() == Some(&true)
}

/// Marks a place and those behind the runs that follow it.
fn reach(tokens: &[Token], reached: &mut [bool], from: usize) {
    for at in from.. {
        match reached.get_mut(at) {
            Some(place) if !*place => *place = true,
            _ => return,
        }
        if !tokens.get(at).is_some_and(|token| token.is_run()) {
            return;
        }
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for token in &self.tokens {
            match token {
                Token::Char(c) | Token::Fold(c) => write!(f, "{c}")?,
                Token::One { .. } | Token::Of(_) => f.write_str("?")?,
                Token::Any { .. } | Token::Run(_) => f.write_str("*")?,
                Token::Unknown(unknown) => write!(f, "${{{unknown}}}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `*` and `?` are free, `+` and `-` their bound forms.
    pub(in super::super) fn glob(text: &str) -> Glob {
        Glob::new(text.chars().map(|c| match c {
            '*' => Token::Any { bound: false },
            '?' => Token::One { bound: false },
            '+' => Token::Any { bound: true },
            '-' => Token::One { bound: true },
            '#' => Token::Unknown(0),
            c => Token::Char(c),
        }))
    }

    fn naive(tokens: &[Token], text: &[char]) -> bool {
        let Some((token, after)) = tokens.split_first() else {
            return text.is_empty();
        };
        let first = text.split_first();
        let reads = |c: &char| token.step(Letter::Char(*c)) != Step::No;
        if token.is_run() {
            naive(after, text) || first.is_some_and(|(c, rest)| reads(c) && naive(tokens, rest))
        } else {
            first.is_some_and(|(c, rest)| reads(c) && naive(after, rest))
        }
    }

    proptest! {
        #[test]
        fn matches_as_defined(pattern in "[a:*?+-]{0,7}", text in "[a:b]{0,6}") {
            let glob = glob(&pattern);
            let chars: Vec<char> = text.chars().collect();
            prop_assert_eq!(glob.matches(&text), naive(&glob.tokens, &chars));
        }

        #[test]
        fn what_is_covered_matches_no_more(
            wide in "[a:*?+-]{0,6}",
            narrow in "[a:*?+-]{0,6}",
            text in "[a:b]{0,6}",
        ) {
            let (wide, narrow) = (glob(&wide), glob(&narrow));
            if wide.covers(&narrow) && narrow.matches(&text) {
                prop_assert!(wide.matches(&text));
            }
        }
    }

    #[test]
    fn no_class_tells_characters_of_one_kind_apart() {
        let within = |c: char| Class::ALL.map(|class| class.contains(c));
        for kind in Class::KINDS {
            let first = kind.chars().next().unwrap();
            assert!(kind.chars().all(|c| within(c) == within(first)));
            assert!(kind.chars().is_sorted());
        }
        let of_a_kind = |c| Class::KINDS.iter().any(|kind| kind.contains(c));
        for c in ('\0'..'\u{100}').filter(|c| within(*c).contains(&true)) {
            assert!(of_a_kind(c), "{c}");
        }
    }

    #[test]
    fn covering_is_seen() {
        for (wide, narrow, expected) in [
            ("*", "a*b?", true),
            ("a*", "ab*c", true),
            ("a*", "*", false),
            ("a?", "ab", true),
            ("ab", "a?", false),
            ("+:a", "x:a", true),
            ("+:a", "*:a", false),
            ("*:a", "+:a", true),
            ("a#*", "a#/b", true),
            ("a*", "a#", true),
            ("a+", "a#", false),
            ("a#", "a*", false),
        ] {
            assert_eq!(
                glob(wide).covers(&glob(narrow)),
                expected,
                "{wide} {narrow}"
            );
        }
    }
}
