//! Action patterns: `s3:Get*`.

use super::{Pattern, PatternSyntax};

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
        Self::read(text.to_owned())
    }

    pub(super) fn read(text: String) -> Self {
        let kind = match parts(&text) {
            _ if is_any(&text) => ActionKind::Any,
            Some((service, name)) => ActionKind::Named {
                service: service.to_owned(),
                name: Pattern::parse(name, NAME),
            },
            None => ActionKind::Malformed,
        };
        Self { text, kind }
    }
}

fn is_any(text: &str) -> bool {
    let stars = |text: &str| !text.is_empty() && text.bytes().all(|b| b == b'*');
    stars(text)
        || text
            .split_once(':')
            .is_some_and(|(a, b)| stars(a) && stars(b))
}

fn parts(text: &str) -> Option<(&str, &str)> {
    let (service, name) = text.split_once(':')?;
    let is_part = |part: &str| {
        let breaks = |c: char| c.is_whitespace() || matches!(c, ',' | ':');
        !part.is_empty() && !part.contains(breaks)
    };
    (is_part(service) && is_part(name)).then_some((service, name))
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
