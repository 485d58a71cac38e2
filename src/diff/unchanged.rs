//! The statements that say the same on both sides.

use crate::policy::{Effect, Policy, PolicyType, Statement};
use crate::semantics::compare::{Options, Relation, Stack, compare};
use crate::text::Spanned;

/// The Sids (or numbers) of the new statements that are proved to say what one
/// of the old ones says: written alike, or under one Sid and proved.
pub(super) fn identical(
    old: &Policy,
    new: &Policy,
    policy_type: PolicyType,
    options: &Options,
) -> Vec<String> {
    let (plain_old, plain_new) = (old.without_spans(), new.without_spans());
    let mut left: Vec<(&Statement, &Statement)> =
        plain_old.statements.iter().zip(&old.statements).collect();
    let mut names = Vec::new();
    for (at, (plain, statement)) in plain_new.statements.iter().zip(&new.statements).enumerate() {
        let same_sid = |other: &Statement| other.sid.is_some() && other.sid == plain.sid;
        let twin = left
            .iter()
            .position(|(other, _)| *other == plain)
            .or_else(|| {
                let proved = |other: &Statement| same(other, statement, policy_type, options);
                left.iter()
                    .position(|(other, as_read)| same_sid(other) && proved(as_read))
            });
        if let Some(twin) = twin {
            left.remove(twin);
            names.push(match &statement.sid {
                Some(sid) => sid.value.clone(),
                None => format!("#{}", at + 1),
            });
        }
    }
    names
}

/// Whether two statements of one effect are proved to match the same requests.
fn same(old: &Statement, new: &Statement, policy_type: PolicyType, options: &Options) -> bool {
    let effect = |statement: &Statement| statement.effect.as_ref().map(|effect| effect.value);
    if effect(old).is_none() || effect(old) != effect(new) {
        return false;
    }
    // What a Deny matches shows where it allows.
    let alone = |statement: &Statement| {
        let mut statement = statement.clone();
        let span = statement.span;
        statement.effect = Some(Spanned::new(Effect::Allow, span));
        Policy {
            span,
            version: None,
            id: None,
            statements: vec![statement],
        }
    };
    let (old, new) = (alone(old), alone(new));
    let (old, new) = (Stack::of(policy_type, &old), Stack::of(policy_type, &new));
    compare(&old, &new, options).relation() == Relation::Equivalent
}
