//! A policy with values in place of symbols, as a deployment writes it.

use super::symbol::{has_symbol, substitute};
use super::{
    ActionPattern, Condition, ConditionValue, Policy, Principal, ResourcePattern, Statement,
    Version,
};

/// The value of a symbol, by its address.
type Values<'v> = dyn Fn(&str) -> Option<&'v str> + 'v;

impl Policy {
    /// The policy that a deployment makes of this one with some symbols known.
    /// What a value holds is read as if it had been written: a `*` in it is a
    /// wildcard.
    #[must_use]
    pub fn filled(&self, value: &Values<'_>) -> Self {
        let mut policy = self.clone();
        let version = self.effective_version();
        for statement in &mut policy.statements {
            statement.fill(value, version);
        }
        policy
    }

    /// The texts in which symbols may stand, of every statement.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.statements.iter().flat_map(Statement::texts)
    }
}

impl Statement {
    /// The texts in which symbols may stand.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let principals = self.principal.iter().flat_map(|p| &p.entries);
        let actions = self.action.iter().flat_map(|a| &a.entries);
        let resources = self.resource.iter().flat_map(|r| &r.entries);
        let values = self.conditions.iter().flat_map(|c| &c.values);
        principals
            .map(|p| p.value.text.as_str())
            .chain(actions.map(|a| a.value.text.as_str()))
            .chain(resources.map(|r| r.value.text.as_str()))
            .chain(values.map(|v| v.value.text.as_str()))
    }

    fn fill(&mut self, value: &Values<'_>, version: Version) {
        let fill = |text: &str| has_symbol(text).then(|| substitute(text, value));
        for entry in self.principal.iter_mut().flat_map(|p| &mut p.entries) {
            if let Some(text) = fill(&entry.value.text) {
                entry.value = Principal::parse(entry.value.kind.clone(), &text);
            }
        }
        for entry in self.action.iter_mut().flat_map(|a| &mut a.entries) {
            if let Some(text) = fill(&entry.value.text) {
                entry.value = ActionPattern::parse(&text);
            }
        }
        for entry in self.resource.iter_mut().flat_map(|r| &mut r.entries) {
            if let Some(text) = fill(&entry.value.text) {
                entry.value = ResourcePattern::parse(&text, version);
            }
        }
        for condition in &mut self.conditions {
            let Condition {
                operator, values, ..
            } = condition;
            for entry in values {
                if let Some(text) = fill(&entry.value.text) {
                    let kind = entry.value.kind;
                    entry.value = ConditionValue::parse(&text, kind, &operator.value, version);
                }
            }
        }
    }
}
