//! Symbols: what a deployment fills in. A symbol stands in a text as
//! `⟨address⟩`. AWS takes no character above U+00FF in a policy, so a symbol
//! meets no literal text, and nothing that reads texts needs to know of it: `*`
//! matches it, a literal does not, and it equals only itself.

use std::collections::BTreeMap;
use std::fmt::Write;

const OPEN: char = '⟨';
const CLOSE: char = '⟩';

/// Signs that mean something in ARNs and patterns, and what stands for each in
/// an address: alike to the eye, and never cut at.
const STANDINS: &[(char, char)] = &[
    (':', '∶'),
    ('*', '∗'),
    ('?', '？'),
    ('$', '＄'),
    ('{', '｛'),
    ('}', '｝'),
    (OPEN, '‹'),
    (CLOSE, '›'),
];

/// A reference whose value is not known, and what it may be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol {
    /// As it stands between `⟨` and `⟩`.
    pub address: String,
    /// What values it can have.
    pub domain: Domain,
}

/// The values that a symbol can have (`inputs.md` 3.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Domain {
    /// The name or id of a resource: no wildcard, no colon, not empty.
    Name,
    /// Twelve digits.
    Account,
    /// A region's name.
    Region,
    /// `aws`, `aws-cn` or `aws-us-gov`.
    Partition,
    /// `amazonaws.com` and its like.
    UrlSuffix,
    /// One of these.
    OneOf {
        /// In the order of their declaration.
        values: Vec<String>,
        /// The default, or the value that was given.
        chosen: Option<String>,
    },
    /// Any text, wildcards too: nothing restricts who deploys.
    Any,
}

impl Symbol {
    /// The partition, region, account and domain suffix that a stack is
    /// deployed to: the same in every form.
    pub const PARTITION: &'static str = "partition";
    /// See [`Symbol::PARTITION`].
    pub const REGION: &'static str = "region";
    /// See [`Symbol::PARTITION`].
    pub const ACCOUNT: &'static str = "account";
    /// The account's symbol as it stands in texts.
    pub const ACCOUNT_TEXT: &'static str = "⟨account⟩";
    /// See [`Symbol::PARTITION`].
    pub const URL_SUFFIX: &'static str = "url-suffix";

    /// A symbol; signs that mean something in patterns are replaced in its
    /// address.
    #[must_use]
    pub fn new(address: &str, domain: Domain) -> Self {
        let address = address
            .chars()
            .map(|c| {
                let standin = STANDINS.iter().find(|(sign, _)| *sign == c);
                standin.map_or(c, |&(_, standin)| standin)
            })
            .collect();
        Self { address, domain }
    }

    /// `⟨address⟩`.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{OPEN}{}{CLOSE}", self.address)
    }
}

impl Domain {
    /// The value that decides the verdict where one is given.
    #[must_use]
    pub fn chosen(&self) -> Option<&str> {
        match self {
            Self::OneOf { chosen, .. } => chosen.as_deref(),
            Self::Partition => Some("aws"),
            Self::UrlSuffix => Some("amazonaws.com"),
            _ => None,
        }
    }

    /// Whether `value` is one of its values.
    #[must_use]
    pub fn admits(&self, value: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Name => !value.is_empty() && !value.contains(['*', '?', ':', '$']),
            Self::Account => value.len() == 12 && value.bytes().all(|b| b.is_ascii_digit()),
            Self::Region => {
                value.contains('-')
                    && value
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            }
            Self::Partition => ["aws", "aws-cn", "aws-us-gov"].contains(&value),
            Self::UrlSuffix => ["amazonaws.com", "amazonaws.com.cn"].contains(&value),
            Self::OneOf { values, .. } => values.iter().any(|one| one == value),
        }
    }
}

/// The values of `own` symbols that are given, where the same address may be
/// something else in `other`: a default that was changed is no longer the same
/// constant.
#[must_use]
pub fn given_apart(own: &[Symbol], other: &[Symbol]) -> BTreeMap<String, String> {
    let mut apart = BTreeMap::new();
    for symbol in own {
        let mut same = other.iter().filter(|o| o.address == symbol.address);
        let given = symbol.domain.chosen();
        if let Some(given) = given.filter(|_| same.any(|o| o.domain != symbol.domain)) {
            apart.insert(symbol.address.clone(), given.to_owned());
        }
    }
    apart
}

/// The addresses of the symbols in a text, in order.
pub fn symbols_in(text: &str) -> impl Iterator<Item = &str> {
    text.split(OPEN)
        .skip(1)
        .filter_map(|behind| behind.split_once(CLOSE).map(|(address, _)| address))
}

/// The first symbol of a text, as it stands there.
#[must_use]
pub fn symbol_of(text: &str) -> Option<&str> {
    let at = text.find(OPEN)?;
    let (symbol, _) = leading_symbol(text.get(at..)?)?;
    Some(symbol)
}

/// Whether a text holds a symbol.
#[must_use]
pub fn has_symbol(text: &str) -> bool {
    symbols_in(text).next().is_some()
}

/// The address, where the whole text is one symbol.
#[must_use]
pub fn as_symbol(text: &str) -> Option<&str> {
    let inside = text.strip_prefix(OPEN)?.strip_suffix(CLOSE)?;
    (!inside.contains([OPEN, CLOSE])).then_some(inside)
}

/// The symbol that a text begins with, and what stands behind it.
pub(super) fn leading_symbol(text: &str) -> Option<(&str, &str)> {
    let (inside, behind) = text.strip_prefix(OPEN)?.split_once(CLOSE)?;
    let length = text.len() - behind.len();
    (!inside.is_empty()).then(|| text.split_at(length))
}

/// An ARN as a person would name it: one of which every field is the same
/// symbol is that symbol and what stands behind it.
#[must_use]
pub fn shown_arn(text: &str) -> &str {
    let mut fields = text.splitn(6, ':');
    let is_arn = fields.next() == Some("arn");
    let first = fields.next().unwrap_or_default();
    let same = fields
        .by_ref()
        .take(3)
        .filter(|field| field.eq_ignore_ascii_case(first));
    if !is_arn || as_symbol(first).is_none() || same.count() != 3 {
        return text;
    }
    match fields.next() {
        Some(rest) if leading_symbol(rest).is_some_and(|(s, _)| s.eq_ignore_ascii_case(first)) => {
            rest
        }
        _ => text,
    }
}

/// The text with the value of each symbol that has one.
#[must_use]
pub fn substitute<'v>(text: &str, value: impl Fn(&str) -> Option<&'v str>) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(OPEN) {
        written.push_str(before);
        match behind.split_once(CLOSE) {
            Some((address, after)) => {
                match value(address) {
                    Some(value) => written.push_str(value),
                    // Writing to a string does not fail.
                    None => {
                        let _ = write!(written, "{OPEN}{address}{CLOSE}");
                    }
                }
                rest = after;
            }
            None => {
                written.push(OPEN);
                rest = behind;
            }
        }
    }
    written.push_str(rest);
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_hold_nothing_that_is_cut_at() {
        let symbol = Symbol::new("module.a[\"x:*\"].⟨b⟩${c}?", Domain::Name);
        assert!(
            !symbol
                .address
                .contains([':', '*', '?', '$', '{', '}', '⟨', '⟩'])
        );
        assert_eq!(as_symbol(&symbol.text()), Some(symbol.address.as_str()));
    }

    #[test]
    fn symbols_are_found_and_filled_in() {
        let text = "arn:⟨partition⟩:s3:::⟨b⟩/*⟨";
        assert_eq!(symbols_in(text).collect::<Vec<_>>(), ["partition", "b"]);
        let filled = substitute(text, |address| (address == "b").then_some("data"));
        assert_eq!(filled, "arn:⟨partition⟩:s3:::data/*⟨");
        assert_eq!(as_symbol("⟨a⟩⟨b⟩"), None);
        assert_eq!(leading_symbol("⟨a⟩/*"), Some(("⟨a⟩", "/*")));
        assert_eq!(shown_arn("arn:⟨a⟩:⟨a⟩:⟨a⟩:⟨a⟩:⟨A⟩/x"), "⟨A⟩/x");
        assert_eq!(
            shown_arn("arn:⟨a⟩:⟨a⟩:⟨a⟩:⟨b⟩:⟨a⟩"),
            "arn:⟨a⟩:⟨a⟩:⟨a⟩:⟨b⟩:⟨a⟩"
        );
        assert!(!has_symbol("a⟨b") && has_symbol("⟨b⟩"));
    }

    #[test]
    fn domains_admit_what_a_deployment_can_choose() {
        let account = Domain::Account;
        assert!(account.admits("111122223333") && !account.admits("*"));
        assert!(Domain::Any.admits("*") && !Domain::Name.admits("a*"));
        assert!(!Domain::Name.admits("") && Domain::Region.admits("eu-west-1"));
        let one = Domain::OneOf {
            values: vec!["a".to_owned()],
            chosen: None,
        };
        assert!(one.admits("a") && !one.admits("b") && one.chosen().is_none());
    }
}
