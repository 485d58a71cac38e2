//! Conditions (R69–R78).

use super::env::Env;
use super::operators::{Family, Found, Operand, Pair, Test, compare};
use crate::policy::{Condition as Written, Operator, Qualifier};
use crate::semantics::{ForAnyIfExists, ForAnyNegated, IllTypedNegated, MultiUnderPlain, Setting};

/// One key under one operator, compiled.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) operator: Operator,
    /// `None` for an operator that does not exist (R78).
    test: Option<Test>,
    pub(super) key: String,
    pub(super) folded: String,
    /// The values as written.
    pub(super) texts: Vec<String>,
    pub(super) operands: Vec<Operand>,
}

impl Condition {
    pub(super) fn new(written: &Written) -> Self {
        let operator = written.operator.value.clone();
        let test = operator
            .base
            .map(Test::new)
            // `NullIfExists` is no operator (R72).
            .filter(|test| !(operator.if_exists && test.family == Family::Null));
        let values = || written.values.iter().map(|value| &value.value);
        let operands = match &test {
            Some(test) => values()
                .map(|value| Operand::new(value, test.family))
                .collect(),
            None => Vec::new(),
        };
        Self {
            operator,
            test,
            key: written.key.value.clone(),
            folded: written.key.value.to_ascii_lowercase(),
            texts: values().map(|value| value.text.clone()).collect(),
            operands,
        }
    }

    /// Whether the operator does not exist, so that the statement never
    /// matches (R78).
    pub(super) fn is_unknown(&self) -> bool {
        self.test.is_none()
    }

    /// Whether a request is let in by what the key *is*, not by what it is not.
    pub(super) fn is_positive(&self) -> bool {
        self.test
            .is_some_and(|test| !test.negated && test.family != Family::Null)
    }

    /// Whether it asks for presence alone.
    pub(super) fn is_null(&self) -> bool {
        self.test.is_some_and(|test| test.family == Family::Null)
    }

    /// The keys it asks for, its own and its variables': lower case, and as
    /// written.
    pub(super) fn keys(&self, env: &Env) -> Vec<(String, String)> {
        let mut keys = vec![(self.folded.clone(), self.key.clone())];
        self.each_variable(env, |key, folded| {
            keys.push((folded.to_owned(), key.to_owned()))
        });
        keys
    }

    /// Notes those of its keys that are absent.
    pub(super) fn note_missing(&self, env: &Env) {
        env.need(&self.key, &self.folded);
        self.each_variable(env, |key, folded| env.need(key, folded));
    }

    fn each_variable(&self, env: &Env, mut visit: impl FnMut(&str, &str)) {
        let templates = self
            .operands
            .iter()
            .filter_map(|operand| operand.template(env));
        for (key, folded) in templates.flat_map(|template| template.variables()) {
            visit(key, folded);
        }
    }

    /// Whether the condition holds.
    pub(super) fn holds(&self, env: &Env) -> bool {
        let Some(test) = &self.test else {
            return false;
        };
        let values = env.values(&self.folded);
        if test.family == Family::Null {
            return self.null_holds(values.is_some());
        }
        let Some(values) = values else {
            return self.holds_absent(test, env);
        };
        match (self.operator.qualifier, &*values) {
            (Some(Qualifier::ForAllValues), values) => {
                values.iter().all(|value| self.admits(test, value, env))
            }
            (Some(Qualifier::ForAnyValue), values) => {
                values.iter().any(|value| self.any_admits(test, value, env))
            }
            (None, [value]) => self.admits(test, value, env),
            (None, values) => {
                // R77: AWS does not say what several values mean here.
                env.touched.add(Setting::MultiUnderPlain);
                let mut admitted = values.iter().map(|value| self.admits(test, value, env));
                match env.settings.multi_under_plain {
                    MultiUnderPlain::NoMatch => false,
                    MultiUnderPlain::Any => admitted.any(|admitted| admitted),
                    MultiUnderPlain::All => admitted.all(|admitted| admitted),
                }
            }
        }
    }

    /// R73: `true` asks for an absent key.
    fn null_holds(&self, present: bool) -> bool {
        self.operands
            .iter()
            .any(|operand| matches!(operand, Operand::Null(Some(absent)) if *absent != present))
    }

    /// R71, R72, R74, R75.
    fn holds_absent(&self, test: &Test, env: &Env) -> bool {
        match (self.operator.qualifier, self.operator.if_exists) {
            (Some(Qualifier::ForAllValues), _) | (None, true) => true,
            (Some(Qualifier::ForAnyValue), false) => false,
            (Some(Qualifier::ForAnyValue), true) => {
                env.touched.add(Setting::ForAnyIfExists);
                env.settings.for_any_if_exists == ForAnyIfExists::True
            }
            (None, false) => test.negated,
        }
    }

    /// R69: some policy value matches; under a negated operator none does.
    fn admits(&self, test: &Test, value: &str, env: &Env) -> bool {
        let found = Found::new(value, test.family, env);
        let mut operands = self.operands.iter();
        if test.negated {
            operands.all(|operand| differs(test, operand, &found, env))
        } else {
            operands.any(|operand| compare(test, operand, &found, env) == Pair::Yes)
        }
    }

    /// As [`Self::admits`], for one value under `ForAnyValue` (R76).
    fn any_admits(&self, test: &Test, value: &str, env: &Env) -> bool {
        if !test.negated || self.operands.len() < 2 {
            return self.admits(test, value, env);
        }
        env.touched.add(Setting::ForAnyNegated);
        match env.settings.for_any_negated {
            ForAnyNegated::PerValue => self.admits(test, value, env),
            ForAnyNegated::AnyCombination => {
                let found = Found::new(value, test.family, env);
                self.operands
                    .iter()
                    .any(|operand| differs(test, operand, &found, env))
            }
        }
    }

    /// For each policy value whether it matches some request value under the
    /// positive operator; for the explanation.
    pub(super) fn matched_values(&self, env: &Env) -> Vec<bool> {
        let values = env.values(&self.folded);
        let matched = |operand: &Operand| {
            let Some(test) = &self.test else {
                return false;
            };
            match operand {
                Operand::Null(absent) => *absent == Some(values.is_none()),
                operand => values.as_deref().unwrap_or_default().iter().any(|value| {
                    let found = Found::new(value, test.family, env);
                    compare(test, operand, &found, env) == Pair::Yes
                }),
            }
        };
        self.operands.iter().map(matched).collect()
    }
}

/// One pair under a negated operator.
fn differs(test: &Test, operand: &Operand, found: &Found, env: &Env) -> bool {
    match compare(test, operand, found, env) {
        Pair::Yes => false,
        Pair::No => true,
        Pair::IllTyped => {
            env.touched.add(Setting::IllTypedNegated);
            env.settings.ill_typed_negated == IllTypedNegated::Match
        }
    }
}
