//! Action patterns: `s3:Get*`.

use super::{Pattern, PatternSyntax};
use nom::bytes::complete::take_while1;
use nom::character::complete::char;
use nom::combinator::all_consuming;
use nom::sequence::separated_pair;
use nom::{IResult, Parser};

/// One entry of `Action` or `NotAction`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ActionPattern {
    /// As written.
    pub text: String,
    /// What it means.
    pub kind: ActionKind,
}

/// The forms of an action pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ActionKind {
    /// A lone `*` (or `**`, `*:*`): every action of every service (R53).
    Any,
    /// `service:name`; both parts compare case-insensitively (R51).
    Named {
        /// The service prefix as written. A wildcard in it is invalid and
        /// matches nothing (R53), which is kept here as written text.
        service: String,
        /// The action's name, with wildcards but without variables.
        name: Pattern,
    },
    /// No colon, an empty part, a comma or white space: never matches (R53).
    Malformed,
}

const NAME: PatternSyntax = PatternSyntax {
    wildcards: true,
    variables: false,
};

impl ActionPattern {
    /// Reads `*` or `service:name`; any other text is malformed.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let kind = match all_consuming(parts).parse(text) {
            _ if is_any(text) => ActionKind::Any,
            Ok((_, (service, name))) => ActionKind::Named {
                service: service.to_owned(),
                name: Pattern::parse(name, NAME),
            },
            Err(_) => ActionKind::Malformed,
        };
        Self {
            text: text.to_owned(),
            kind,
        }
    }
}

fn is_any(text: &str) -> bool {
    let stars = |text: &str| !text.is_empty() && text.bytes().all(|b| b == b'*');
    stars(text)
        || text
            .split_once(':')
            .is_some_and(|(a, b)| stars(a) && stars(b))
}

fn parts(text: &str) -> IResult<&str, (&str, &str)> {
    let part = |text| take_while1(|c: char| !c.is_whitespace() && c != ',' && c != ':').parse(text);
    separated_pair(part, char(':'), part).parse(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r53_forms() {
        let kind = |text: &str| match ActionPattern::parse(text).kind {
            ActionKind::Any => "any".to_owned(),
            ActionKind::Named { service, name } => format!("{service} {name}"),
            ActionKind::Malformed => "malformed".to_owned(),
        };
        for (text, expected) in [
            ("*", "any"),
            ("**", "any"),
            ("*:*", "any"),
            ("s3:Get?bj*", "s3 Get?bj*"),
            ("S3:getobject", "S3 getobject"),
            ("*:Get", "* Get"),
            ("", "malformed"),
            ("s3", "malformed"),
            ("s3:", "malformed"),
            (":Get", "malformed"),
            ("s3:Get,s3:Put", "malformed"),
            ("s3: Get", "malformed"),
            ("s3:a:b", "malformed"),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
    }
}
