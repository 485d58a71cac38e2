//! Whether S3 takes a bucket's policy for a public one (R44). S3 starts from
//! the assumption that it is, and looks in each Allow for what limits it to
//! fixed principals or to fixed values of a few keys.

use super::compile::CompiledStatement;
use super::conditions::Condition;
use super::operators::Operand;
use crate::policy::{Effect, Principal, PrincipalValue, Qualifier};

/// Whether a policy, or an Allow of it, is public; the worst sorts last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Public {
    No,
    /// The documentation does not tell.
    InDoubt,
    Yes,
}

/// Keys of which a fixed value makes an Allow to everybody non-public.
const FIXED: &[&str] = &[
    "aws:principalorgid",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
];

/// Keys that name somebody as well, and that the list does not mention.
const UNLISTED: &[&str] = &[
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgpaths",
    "aws:principalservicename",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
];

/// Judges a bucket's policy by its statements.
pub(super) fn policy(statements: &[CompiledStatement]) -> Public {
    let allows = statements
        .iter()
        .filter(|statement| statement.effect == Some(Effect::Allow));
    let public = allows.map(allow).max().unwrap_or(Public::No);
    // Whether a Deny to everybody else is taken into account is not said.
    let narrows = |statement: &CompiledStatement| {
        let is_narrow = statement.principal.as_ref().is_some_and(|p| p.negated);
        statement.effect == Some(Effect::Deny)
            && reaches_everybody(statement)
            && (is_narrow || !statement.conditions.is_empty())
    };
    if public == Public::Yes && statements.iter().any(narrows) {
        return Public::InDoubt;
    }
    public
}

fn reaches_everybody(statement: &CompiledStatement) -> bool {
    statement.principal.as_ref().is_some_and(|element| {
        let is_any = |entry: &Principal| entry.value == PrincipalValue::Any;
        element.negated || element.entries.iter().any(|entry| is_any(&entry.value))
    })
}

fn allow(statement: &CompiledStatement) -> Public {
    if !reaches_everybody(statement) {
        return Public::No;
    }
    // One condition that limits suffices: they are ANDed.
    let conditions = statement.conditions.iter().map(condition);
    conditions.min().unwrap_or(Public::Yes)
}

/// What an Allow to everybody is under one condition.
fn condition(condition: &Condition) -> Public {
    let key = condition.folded.as_str();
    let is_listed = FIXED.contains(&key) || key == "aws:sourceip";
    if condition.is_unknown() {
        // The statement never matches; what S3 makes of it is not said.
        return Public::InDoubt;
    }
    if !condition.is_positive() || !is_listed && !UNLISTED.contains(&key) {
        return Public::Yes;
    }
    let values = condition.texts.iter().zip(&condition.operands);
    let is_fixed = values.map(|(text, operand)| fixed(key, text, operand));
    let fixed = is_fixed.max().unwrap_or(Public::No);
    // It holds without the key, too.
    let is_open = condition.operator.if_exists
        || condition.operator.qualifier == Some(Qualifier::ForAllValues);
    match fixed {
        Public::No if is_open || !is_listed => Public::InDoubt,
        fixed => fixed,
    }
}

/// Whether a value is a fixed one: `No` if it is.
fn fixed(key: &str, text: &str, operand: &Operand) -> Public {
    if let Operand::Ip(network) = operand {
        return match network {
            Some(network) if network.is_narrow() => Public::No,
            Some(_) => Public::Yes,
            None => Public::InDoubt,
        };
    }
    let is_open = |text: &str| text.contains(['*', '?']) || text.contains("${");
    if !is_open(text) {
        return Public::No;
    }
    match key {
        // The name of the access point may be open, its account may not.
        "s3:dataaccesspointarn" => {
            let fields: Vec<&str> = text.splitn(6, ':').collect();
            match fields.get(4) {
                Some(account) if !account.is_empty() && !is_open(account) => Public::No,
                _ => Public::Yes,
            }
        }
        // The sessions of a role are excepted, in words that leave open how.
        "aws:userid" if text.ends_with(":*") => Public::InDoubt,
        // In a value that is compared as it stands, a `*` is a letter.
        _ if !operand.is_pattern() => Public::InDoubt,
        _ => Public::Yes,
    }
}
