//! Whether a resource pattern and an ARN format have an ARN in common.
//! Generous: letter case does not count and variables stand for anything, so
//! that "no" is sure and "yes" may be too much.

use crate::policy::{Pattern, ResourceKind, ResourcePattern, Token};

/// Patterns with more steps than AWS accepts characters are not looked at.
const MAX_STEPS: usize = 4096;

/// One step of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Char(char),
    One(Without),
    Many(Without),
}

/// What a wildcard does not take: everything shares some letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Without {
    /// It takes every character.
    Nothing,
    /// In the first five fields of an ARN, unless a `*` ends its field (R56).
    Colon,
    /// In the name of a bucket.
    Slash,
}

impl Without {
    fn takes(self, c: char) -> bool {
        match self {
            Self::Nothing => true,
            Self::Colon => c != ':',
            Self::Slash => c != '/',
        }
    }
}

/// A pattern as a row of steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Steps(Vec<Step>);

impl Steps {
    /// An ARN as the catalog writes it: placeholders and `*` stand for any
    /// text, in the first five fields without colons.
    pub(super) fn of_format(format: &str) -> Self {
        let mut steps = Vec::new();
        let mut rest = format;
        let mut colons = 0;
        while let Some(c) = rest.chars().next() {
            let many = Step::Many(if colons < 5 {
                Without::Colon
            } else {
                Without::Nothing
            });
            if let Some((name, behind)) = rest.strip_prefix("${").and_then(|r| r.split_once('}')) {
                let is_bucket = name == "BucketName";
                push(
                    &mut steps,
                    if is_bucket {
                        Step::Many(Without::Slash)
                    } else {
                        many
                    },
                );
                rest = behind;
                continue;
            }
            colons += usize::from(c == ':');
            push(&mut steps, if c == '*' { many } else { letter(c) });
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
        Self(steps)
    }

    /// Exactly this text.
    pub(super) fn of_text(text: &str) -> Self {
        Self(text.chars().map(letter).collect())
    }

    /// A resource pattern; `None` where it is no ARN. What is missing behind
    /// fewer than six fields (R58) stands for any text.
    pub(super) fn of_resource(pattern: &ResourcePattern) -> Option<Self> {
        let mut steps = Vec::new();
        match &pattern.kind {
            ResourceKind::Any => push(&mut steps, Step::Many(Without::Nothing)),
            ResourceKind::Malformed(_) => return None,
            ResourceKind::Arn(fields) => {
                for (index, field) in fields.iter().enumerate() {
                    if index > 0 {
                        steps.push(letter(':'));
                    }
                    extend(&mut steps, field, index >= 5);
                }
                if fields.len() < 6 {
                    push(&mut steps, Step::Many(Without::Nothing));
                }
            }
        }
        Some(Self(steps))
    }

    /// What [`Steps::meets`] costs, in entries of policies looked at.
    pub(super) fn work(&self, other: &Self) -> usize {
        self.0.len().saturating_mul(other.0.len()) / 64 + 1
    }

    /// Whether some text fits both.
    pub(super) fn meets(&self, other: &Self) -> bool {
        let (here, there) = (&self.0, &other.0);
        if here.len() > MAX_STEPS || there.len() > MAX_STEPS {
            return true;
        }
        let width = there.len() + 1;
        let mut seen = vec![false; (here.len() + 1) * width];
        // Pairs of places up to which one text has fitted both.
        let mut open = vec![(0, 0)];
        while let Some((i, j)) = open.pop() {
            match seen.get_mut(i * width + j) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            let (a, b) = (here.get(i), there.get(j));
            if a.is_none() && b.is_none() {
                return true;
            }
            let is_many = |step: Option<&Step>| matches!(step, Some(Step::Many(_)));
            if is_many(a) {
                open.push((i + 1, j));
            }
            if is_many(b) {
                open.push((i, j + 1));
            }
            if let (Some(x), Some(y)) = (a, b)
                && share(*x, *y)
            {
                open.push((i + usize::from(!is_many(a)), j + usize::from(!is_many(b))));
            }
        }
        false
    }
}

/// Whether both steps take some character in common.
fn share(a: Step, b: Step) -> bool {
    match (a, b) {
        (Step::Char(a), Step::Char(b)) => a == b,
        (Step::Char(c), Step::One(without) | Step::Many(without))
        | (Step::One(without) | Step::Many(without), Step::Char(c)) => without.takes(c),
        _ => true,
    }
}

fn extend(steps: &mut Vec<Step>, pattern: &Pattern, last: bool) {
    for (index, token) in pattern.tokens.iter().enumerate() {
        let ends = index + 1 == pattern.tokens.len();
        match token {
            Token::Literal(text) => steps.extend(text.chars().map(letter)),
            Token::One => steps.push(Step::One(if last {
                Without::Nothing
            } else {
                Without::Colon
            })),
            Token::Any if last || ends => push(steps, Step::Many(Without::Nothing)),
            Token::Any => push(steps, Step::Many(Without::Colon)),
            Token::Variable { .. } => push(steps, Step::Many(Without::Nothing)),
        }
    }
}

fn letter(c: char) -> Step {
    Step::Char(c.to_ascii_lowercase())
}

/// Neighbours that say the same are one.
fn push(steps: &mut Vec<Step>, step: Step) {
    if !(matches!(step, Step::Many(_)) && steps.last() == Some(&step)) {
        steps.push(step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A pattern of `*`, `?` and letters.
    fn steps(text: &str) -> Steps {
        let mut steps = Vec::new();
        for c in text.chars() {
            push(
                &mut steps,
                match c {
                    '*' => Step::Many(Without::Nothing),
                    '+' => Step::Many(Without::Colon),
                    '?' => Step::One(Without::Nothing),
                    c => letter(c),
                },
            );
        }
        Steps(steps)
    }

    fn matches(steps: &[Step], text: &[char]) -> bool {
        let takes = |step: &Step, c: char| match step {
            Step::Char(own) => *own == c,
            Step::One(without) | Step::Many(without) => without.takes(c),
        };
        match (steps, text) {
            ([], text) => text.is_empty(),
            ([Step::Many(_), rest @ ..], []) => matches(rest, text),
            ([step @ Step::Many(_), rest @ ..], [c, more @ ..]) => {
                matches(rest, text) || takes(step, *c) && matches(steps, more)
            }
            ([_, ..], []) => false,
            ([step, rest @ ..], [c, more @ ..]) => takes(step, *c) && matches(rest, more),
        }
    }

    #[test]
    fn formats_meet_patterns() {
        let object = Steps::of_format("arn:${Partition}:s3:::${BucketName}/${ObjectName}");
        assert!(object.meets(&steps("arn:aws:s3:::b/*")));
        assert!(object.meets(&steps("arn:aws:s3:::b*")));
        assert!(object.meets(&steps("*")));
        assert!(!object.meets(&steps("arn:aws:s3:::b")));
        let bucket = Steps::of_format("arn:${Partition}:s3:::${BucketName}");
        assert!(bucket.meets(&steps("arn:aws:s3:::b*")));
        assert!(!bucket.meets(&steps("arn:aws:s3:::b/*")));
        assert!(!object.meets(&steps("arn:aws:sqs:us-east-1:*:q")));
        let odd = Steps::of_format("arn:${Partition}:x:${Region}::${é…}/é${unclosed");
        assert!(odd.meets(&steps("arn:aws:x:::y/é${unclosed")));
        assert!(!Steps::of_text("arn:aws:s3:::*").meets(&steps("arn:aws:s3:::b")));
        assert!(Steps::of_text("arn:aws:s3:::*").meets(&steps("arn:aws:s3:::*")));
    }

    proptest! {
        #[test]
        fn meets_is_having_a_text_in_common(a in "[a:*+?]{0,4}", b in "[a:*+?]{0,4}") {
            let (a, b) = (steps(&a), steps(&b));
            // A shortest common text has no more letters than both have steps.
            let mut texts = vec![Vec::new()];
            let mut common = false;
            for _ in 0..=a.0.len() + b.0.len() {
                common |= texts.iter().any(|t: &Vec<char>| matches(&a.0, t) && matches(&b.0, t));
                texts = texts.iter().flat_map(|t| ['a', ':'].map(|c| [t.as_slice(), &[c]].concat())).collect();
            }
            prop_assert_eq!(a.meets(&b), common);
            prop_assert_eq!(b.meets(&a), common);
        }
    }
}
