//! Names with placeholders: ARN formats and templated condition keys.

/// A text with placeholders: `${…}` (whatever stands between the braces; one
/// format lacks the dollar), `<…>` in key names, and `*` in ARN formats.
#[derive(Clone, Copy, Debug)]
pub(super) struct Template<'a>(pub(super) &'a str);

/// A part of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Text as it is.
    Literal(&'a str),
    /// The name within `${…}`, `{…}` or `<…>`; empty for `*`.
    Placeholder(&'a str),
}

impl<'a> Template<'a> {
    /// The parts in order.
    pub(super) fn pieces(self) -> impl Iterator<Item = Piece<'a>> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let (piece, after) = next_piece(rest);
            rest = after;
            Some(piece)
        })
    }

    /// Whether a key's name is an instance, without case; a placeholder stands
    /// for at least one character.
    pub(super) fn matches_key(self, key: &str) -> bool {
        // A key template holds no `*`, so its glob has one per placeholder.
        super::names::matches(&self.glob("?*"), key)
    }

    /// The template as a glob.
    pub(super) fn glob(self, placeholder: &str) -> String {
        self.pieces()
            .map(|piece| match piece {
                Piece::Literal(text) => text,
                Piece::Placeholder(_) => placeholder,
            })
            .collect()
    }
}

fn next_piece(rest: &str) -> (Piece<'_>, &str) {
    if let Some(after) = rest.strip_prefix('*') {
        return (Piece::Placeholder(""), after);
    }
    for (open, close) in [("${", '}'), ("{", '}'), ("<", '>')] {
        if let Some((name, after)) = rest.strip_prefix(open).and_then(|r| r.split_once(close)) {
            return (Piece::Placeholder(name), after);
        }
    }
    let starts = |at: &usize| {
        rest.get(*at..)
            .is_some_and(|rest| rest.starts_with(['*', '<', '{']) || rest.starts_with("${"))
    };
    let end = (1..rest.len())
        .filter(|at| rest.is_char_boundary(*at))
        .find(starts)
        .unwrap_or(rest.len());
    let (literal, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
    (Piece::Literal(literal), after)
}

#[cfg(test)]
mod tests {
    use super::Piece::{Literal, Placeholder};
    use super::*;

    #[test]
    fn a_placeholder_is_whatever_stands_between_the_braces() {
        let pieces = |text| Template(text).pieces().collect::<Vec<_>>();
        assert_eq!(
            pieces("a:${X}/${the first ... part}*"),
            [
                Literal("a:"),
                Placeholder("X"),
                Literal("/"),
                Placeholder("the first ... part"),
                Placeholder(""),
            ]
        );
        assert_eq!(pieces("a-{X}"), [Literal("a-"), Placeholder("X")]);
        assert_eq!(pieces("${open"), [Literal("$"), Literal("{open")]);
        assert_eq!(pieces("a<"), [Literal("a"), Literal("<")]);
        assert_eq!(pieces(""), []);
    }

    #[test]
    fn both_spellings_of_a_tag_key_match() {
        for template in [
            "s3:ExistingObjectTag/<key>",
            "s3:ExistingObjectTag/${TagKey}",
        ] {
            assert!(Template(template).matches_key("S3:existingobjecttag/Team"));
            assert!(!Template(template).matches_key("s3:ExistingObjectTag/"));
            assert!(!Template(template).matches_key("s3:ExistingObjectTags"));
        }
        let inner = Template("codebuild:environment.environmentVariables/${name}.value");
        assert!(inner.matches_key("codebuild:environment.environmentVariables/PATH.value"));
        assert!(!inner.matches_key("codebuild:environment.environmentVariables/PATH.type"));
    }
}
