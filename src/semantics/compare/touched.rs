//! The settings that a comparison touches: those under another value of which
//! some statement that matters would be read otherwise (`comparison.md` 2).

use super::compile::Source;
use crate::policy::{
    BaseOperator, Condition, Pattern, PrincipalValue, Qualifier, ResourceKind, Token,
};
use crate::semantics::Setting;
use std::collections::BTreeSet;

/// The settings that these statements touch, in the order of [`Setting::ALL`].
/// `empty-string`, `wildcard-in-resource-type`, `not-principal-account` and
/// `cidr-host-bits` are not looked for.
pub(super) fn touched<'s, 'a: 's>(
    sources: impl Iterator<Item = &'s Source<'a>> + Clone,
) -> Vec<Setting> {
    let mut touched = BTreeSet::new();
    for source in sources.clone() {
        let elements = source.statement.resource.iter();
        for entry in elements.flat_map(|element| &element.entries) {
            if let ResourceKind::Arn(fields) = &entry.value.kind {
                arn(fields, &mut touched);
            }
        }
        for condition in &source.statement.conditions {
            self::condition(condition, &mut touched);
        }
    }
    principals(sources, &mut touched);
    let all = Setting::ALL.iter().copied();
    all.filter(|setting| touched.contains(&(*setting as u32)))
        .collect()
}

fn arn(fields: &[Pattern], touched: &mut BTreeSet<u32>) {
    let ends_open = |field: &Pattern| field.tokens.last() == Some(&Token::Any);
    let short = fields.len() < 6;
    if short && fields.iter().any(Pattern::has_wildcard) || fields.iter().take(5).any(ends_open) {
        touched.insert(Setting::ResourceColons as u32);
    }
    if short {
        touched.insert(Setting::IncompleteArn as u32);
    }
    let upper = |token: &Token| match token {
        Token::Literal(text) => text.bytes().any(|b| b.is_ascii_uppercase()),
        _ => false,
    };
    if fields
        .iter()
        .take(5)
        .flat_map(|field| &field.tokens)
        .any(upper)
    {
        touched.insert(Setting::ArnPrefixCase as u32);
    }
    let tokens = fields.iter().flat_map(|field| &field.tokens);
    if tokens
        .into_iter()
        .any(|token| matches!(token, Token::Variable { .. }))
    {
        touched.insert(Setting::UnresolvedInResource as u32);
    }
}

fn condition(condition: &Condition, touched: &mut BTreeSet<u32>) {
    use BaseOperator as Op;
    let operator = &condition.operator.value;
    let Some(base) = operator.base else {
        return;
    };
    let texts = || {
        condition
            .values
            .iter()
            .map(|value| value.value.text.as_str())
    };
    if operator.qualifier == Some(Qualifier::ForAnyValue) {
        if operator.if_exists {
            touched.insert(Setting::ForAnyIfExists as u32);
        }
        if base.is_negated() && condition.values.len() > 1 {
            touched.insert(Setting::ForAnyNegated as u32);
        }
    }
    let is_year = |text: &str| text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
    if base.name().starts_with("Date") && texts().any(is_year) {
        touched.insert(Setting::FourDigitDate as u32);
    }
    let is_bare_v6 = |text: &str| text.contains(':') && !text.contains('/');
    if matches!(base, Op::IpAddress | Op::NotIpAddress) && texts().any(is_bare_v6) {
        touched.insert(Setting::BareIpv6 as u32);
    }
}

fn principals<'s, 'a: 's>(
    sources: impl Iterator<Item = &'s Source<'a>>,
    touched: &mut BTreeSet<u32>,
) {
    let mut texts: BTreeSet<&str> = BTreeSet::new();
    for element in sources.filter_map(|source| source.statement.principal.as_ref()) {
        for entry in &element.entries {
            texts.insert(&entry.value.text);
            if entry.value.value == PrincipalValue::Any && !element.star {
                touched.insert(Setting::AwsStarServices as u32);
            }
        }
    }
    let folded: BTreeSet<String> = texts.iter().map(|text| text.to_ascii_lowercase()).collect();
    if folded.len() < texts.len() {
        touched.insert(Setting::RoleNameCase as u32);
    }
}
