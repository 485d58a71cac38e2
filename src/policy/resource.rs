//! Resource patterns: ARNs with wildcards and variables.

use super::symbol::leading_symbol;
use super::{Pattern, PatternSyntax, Token, Version};

/// One entry of `Resource` or `NotResource`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResourcePattern {
    /// As written.
    pub text: String,
    /// What it means.
    pub kind: ResourceKind,
}

/// The forms of a resource pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ResourceKind {
    /// A lone `*` (or `**`): every resource (R55).
    Any,
    /// An ARN cut at its first five colons: one to six fields, the first of
    /// them matching `arn`. The sixth may hold variables (R88). Fewer than six
    /// fields: R58. A text that begins with a symbol and has too few colons
    /// behind it stands for an ARN that is not known yet: the symbol is each of
    /// its fields, and the whole text its sixth. `execute-api:/STAGE/…`, which
    /// API Gateway writes out for the API it is attached to, is read for any.
    Arn(Vec<Pattern>),
    /// Anything else: matches nothing, except under `resource-colons = glob`.
    Malformed(Pattern),
}

impl ResourcePattern {
    /// Reads `*` or an ARN. Variables are read only in the sixth field and only
    /// under version 2012-10-17 (R87, R88).
    #[must_use]
    pub fn parse(text: &str, version: Version) -> Self {
        Self::parse_noting(text, version).0
    }

    /// As [`ResourcePattern::parse`]; also tells whether a variable is malformed.
    pub(super) fn parse_noting(text: &str, version: Version) -> (Self, bool) {
        let fields_syntax = PatternSyntax {
            wildcards: true,
            variables: false,
        };
        let last_syntax = PatternSyntax {
            wildcards: true,
            variables: version == Version::V2012,
        };
        let read = |(kind, malformed)| {
            let text = text.to_owned();
            (Self { text, kind }, malformed)
        };
        if !text.is_empty() && text.bytes().all(|b| b == b'*') {
            return read((ResourceKind::Any, false));
        }
        let mut malformed_variable = false;
        let of_api = text
            .strip_prefix("execute-api:/")
            .map(|path| format!("*/{path}"));
        let cut = match leading_symbol(text) {
            _ if of_api.is_some() => {
                let path = of_api.as_deref().unwrap_or_default();
                vec!["arn", "*", "execute-api", "*", "*", path]
            }
            // An ARN that is not known yet: its fields are, by the same right.
            Some((symbol, behind)) if behind.matches(':').count() < 5 => {
                vec!["arn", symbol, symbol, symbol, symbol, text]
            }
            _ => fields(text, version),
        };
        let fields: Vec<_> = cut
            .into_iter()
            .enumerate()
            .map(|(i, field)| {
                if i < 5 {
                    Pattern::parse(field, fields_syntax)
                } else {
                    let (pattern, malformed) = Pattern::parse_noting(field, last_syntax);
                    malformed_variable = malformed;
                    pattern
                }
            })
            .collect();
        if fields.first().is_some_and(|first| may_be(first, "arn")) {
            read((ResourceKind::Arn(fields), malformed_variable))
        } else {
            let (whole, malformed) = Pattern::parse_noting(text, last_syntax);
            read((ResourceKind::Malformed(whole), malformed))
        }
    }
}

/// The text cut at its first five colons. Under version 2012-10-17 a colon of
/// a `${…}` is none of them, although a variable in the first five fields is
/// no variable (R88): it is meant as one.
fn fields(text: &str, version: Version) -> Vec<&str> {
    if version == Version::V2008 {
        return text.splitn(6, ':').collect();
    }
    let mut fields = Vec::with_capacity(6);
    let mut start = 0;
    let mut in_variable = false;
    let last_close = text.rfind('}').unwrap_or(0);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' if at < last_close => {
                in_variable |= text.get(..at).is_some_and(|before| before.ends_with('$'));
            }
            b'}' => in_variable = false,
            b':' if !in_variable => {
                fields.extend(text.get(start..at));
                start = at + 1;
                if fields.len() == 5 {
                    break;
                }
            }
            _ => {}
        }
    }
    fields.extend(text.get(start..));
    fields
}

/// Whether a short pattern without variables can match `word`, in any case
/// (R55).
fn may_be(pattern: &Pattern, word: &str) -> bool {
    // The set of places in `word` that the tokens so far can reach.
    let mut reached = vec![false; word.len() + 1];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    for token in &pattern.tokens {
        let mut next = vec![false; reached.len()];
        for at in (0..reached.len()).filter(|&at| reached.get(at) == Some(&true)) {
            let ends = match token {
                Token::Any => at..word.len() + 1,
                Token::One => at + 1..at + 2,
                Token::Literal(text)
                    if word
                        .get(at..at + text.len())
                        .is_some_and(|w| w.eq_ignore_ascii_case(text)) =>
                {
                    at + text.len()..at + text.len() + 1
                }
                _ => continue,
            };
            for end in ends {
                if let Some(place) = next.get_mut(end) {
                    *place = true;
                }
            }
        }
        reached = next;
    }
    reached.last() == Some(&true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str, version: Version) -> String {
        match ResourcePattern::parse(text, version).kind {
            ResourceKind::Any => "any".to_owned(),
            ResourceKind::Arn(fields) => format!("{} fields", fields.len()),
            ResourceKind::Malformed(_) => "malformed".to_owned(),
        }
    }

    #[test]
    fn forms() {
        for (text, expected) in [
            ("*", "any"),
            ("**", "any"),
            ("arn:aws:s3:::b/*", "6 fields"),
            ("arn:aws:sqs:eu-west-1:1:a:b:c", "6 fields"),
            ("arn:aws:s3", "3 fields"),
            ("arn:*", "2 fields"),
            ("a?n:aws:s3:::b", "6 fields"),
            ("*:aws:s3:::b", "6 fields"),
            ("s3:::b", "malformed"),
            ("ARN:aws:s3:::b", "6 fields"),
            ("arn:${AWS::Partition}:s3:::b", "6 fields"),
            ("arn:aws:iam::${a:b}", "5 fields"),
            ("arn:${aws:s3:::b", "6 fields"),
            ("", "malformed"),
            ("⟨var.arn⟩", "6 fields"),
            ("⟨var.arn⟩/*", "6 fields"),
            ("execute-api:/prod/GET/*", "6 fields"),
            ("execute-api:prod", "malformed"),
            ("arn:⟨partition⟩:s3:::⟨b⟩/*", "6 fields"),
        ] {
            assert_eq!(fields(text, Version::V2012), expected, "{text}");
        }
    }

    #[test]
    fn r88_variables_stand_in_the_resource_part_of_the_new_version_only() {
        let variables = |text: &str, version| match ResourcePattern::parse(text, version).kind {
            ResourceKind::Arn(fields) => fields.iter().flat_map(Pattern::variables).count(),
            _ => 0,
        };
        assert_eq!(
            variables("arn:aws:s3:::b/${aws:username}/*", Version::V2012),
            1
        );
        assert_eq!(
            variables("arn:aws:s3:::b/${aws:username}/*", Version::V2008),
            0
        );
        assert_eq!(variables("arn:aws:sqs:${a}:1:q", Version::V2012), 0);
    }
}
