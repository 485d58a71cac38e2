//! A policy made ready to be asked many times.

use super::action::Action;
use super::conditions::Condition;
use super::env::{Env, Reading};
use super::principals::{self, How};
use super::resource::{Resource, ResourceElement};
use super::template::Template;
use crate::policy::{Effect, Policy, PolicyType, Principals, Reading as PolicyReading, Statement};
use crate::semantics::{IncompleteArn, Setting, VpcePrincipal};
use crate::text::{Diagnostic, Span};

/// A policy made ready to be asked many times. It does not depend on
/// [`Settings`](crate::semantics::Settings): one compiled policy answers under
/// all of them.
#[derive(Clone, Debug)]
pub struct CompiledPolicy {
    pub(super) policy_type: PolicyType,
    pub(super) name: Option<String>,
    statements: Vec<CompiledStatement>,
    /// The reading by first occurrences, where it differs (R49).
    first: Option<Box<CompiledPolicy>>,
    /// Where a session policy holds what `AssumeRole` refuses (R58).
    incomplete_arns: bool,
    partition_wildcards: bool,
    diagnostics: Vec<Diagnostic>,
}

#[derive(Clone, Debug)]
pub(super) struct CompiledStatement {
    pub(super) effect: Option<Effect>,
    pub(super) sid: Option<String>,
    pub(super) span: Span,
    pub(super) principal: Option<Principals>,
    pub(super) action: Option<Entries<Action>>,
    pub(super) resource: Option<ResourceElement>,
    pub(super) conditions: Vec<Condition>,
    /// Whether a condition says positively who `aws:PrincipalArn` is (R26).
    names_principal_arn: bool,
    has_resource_variables: bool,
}

/// The entries of an element or of its `Not…` twin.
#[derive(Clone, Debug)]
pub(super) struct Entries<T> {
    pub(super) negated: bool,
    pub(super) entries: Vec<T>,
}

impl CompiledPolicy {
    /// Compiles a policy as a policy of this type.
    #[must_use]
    pub fn new(policy: &Policy, policy_type: PolicyType) -> Self {
        let statements: Vec<CompiledStatement> = policy
            .statements
            .iter()
            .map(CompiledStatement::new)
            .collect();
        let resources = || {
            let entries = statements.iter().filter_map(|s| s.resource.as_ref());
            entries.flat_map(|element| &element.entries)
        };
        Self {
            policy_type,
            name: None,
            incomplete_arns: resources().any(Resource::is_incomplete),
            partition_wildcards: resources().any(Resource::has_partition_wildcard),
            diagnostics: allows_by_not_principal(policy).collect(),
            first: None,
            statements,
        }
    }

    /// Compiles what was read, both readings of repeated keys with it. A
    /// document that AWS would not take for a mistake of grammar is refused:
    /// what it would mean is anybody's guess.
    ///
    /// # Errors
    /// The first such mistake.
    pub fn from_reading(reading: &PolicyReading) -> Result<Self, Diagnostic> {
        if let Some(wrong) = reading.fatal() {
            return Err(wrong.clone());
        }
        let mut compiled = Self::new(&reading.policy, reading.policy_type);
        compiled.diagnostics.extend_from_slice(&reading.diagnostics);
        Ok(match &reading.first {
            Some(first) => compiled.with_first(first),
            None => compiled,
        })
    }

    /// Adds the reading by first occurrences of repeated JSON keys (R49).
    #[must_use]
    pub fn with_first(mut self, first: &Policy) -> Self {
        self.first = Some(Box::new(Self::new(first, self.policy_type)));
        self
    }

    /// Gives the policy a name to be shown in explanations.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// What evaluation reads otherwise than its author may think.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The values that its conditions compare a key with, as written.
    pub(super) fn values_of(&self, key: &str) -> impl Iterator<Item = String> {
        let statements = self.statements.iter();
        let conditions = statements.flat_map(|statement| &statement.conditions);
        let texts = conditions
            .filter(|condition| condition.key.eq_ignore_ascii_case(key))
            .flat_map(|condition| condition.texts.iter().cloned());
        texts.collect::<Vec<_>>().into_iter()
    }

    /// How many statements it has.
    pub(super) fn len(&self) -> usize {
        self.statements.len()
    }

    pub(super) fn has_two_readings(&self) -> bool {
        self.first.is_some()
    }

    pub(super) fn reading(&self, reading: Reading) -> &Self {
        match (reading, &self.first) {
            (Reading::First, Some(first)) => first,
            _ => self,
        }
    }

    /// The statements that count: none where AWS refuses the whole document.
    pub(super) fn statements(&self, env: &Env) -> &[CompiledStatement] {
        if self.is_refused(env) {
            return &[];
        }
        &self.statements
    }

    /// Whether `AssumeRole` would refuse this session policy (R58).
    pub(super) fn is_refused(&self, env: &Env) -> bool {
        if self.policy_type != PolicyType::Session {
            return false;
        }
        if self.incomplete_arns {
            env.touched.add(Setting::IncompleteArn);
        }
        self.partition_wildcards
            || self.incomplete_arns && env.settings.incomplete_arn == IncompleteArn::ByType
    }
}

impl CompiledStatement {
    fn new(statement: &Statement) -> Self {
        let conditions: Vec<Condition> = statement.conditions.iter().map(Condition::new).collect();
        let resource = statement.resource.as_ref().map(|element| {
            let entries = element.entries.iter();
            ResourceElement::new(
                element.negated,
                entries.map(|e| Resource::new(&e.value)).collect(),
            )
        });
        Self {
            effect: statement.effect.as_ref().map(|effect| effect.value),
            sid: statement.sid.as_ref().map(|sid| sid.value.clone()),
            span: statement.span,
            principal: statement.principal.clone(),
            action: statement.action.as_ref().map(|element| Entries {
                negated: element.negated,
                entries: element
                    .entries
                    .iter()
                    .map(|e| Action::new(&e.value))
                    .collect(),
            }),
            names_principal_arn: conditions
                .iter()
                .any(|c| c.folded == "aws:principalarn" && c.is_positive()),
            has_resource_variables: resource
                .as_ref()
                .is_some_and(|element| element.with_variables().next().is_some()),
            resource,
            conditions,
        }
    }

    pub(super) fn action_matches(&self, env: &Env) -> bool {
        self.action.as_ref().is_some_and(|element| {
            let any = |action: &Action| action.matches(env.service, env.name);
            element.entries.iter().any(any) != element.negated
        })
    }

    pub(super) fn resource_matches(&self, env: &Env, policy_type: PolicyType) -> bool {
        match &self.resource {
            Some(element) => element.matches(env, policy_type),
            // The resource it is attached to (R37, R49).
            None => matches!(policy_type, PolicyType::Resource | PolicyType::Trust),
        }
    }

    /// How the statement reaches the caller; in policies without principals
    /// everybody (R50), in RCPs as well (R19).
    pub(super) fn principal_reaches(&self, env: &Env, policy_type: PolicyType) -> Option<How> {
        match policy_type {
            // Everybody, whatever is written there (R19).
            PolicyType::Rcp => return Some(How::Star),
            PolicyType::VpcEndpoint => return self.endpoint_reaches(env),
            policy_type if !policy_type.has_principal() => return Some(How::Identity),
            _ => {}
        }
        let how = self.names(env)?;
        if how == How::Star && self.names_principal_arn {
            return Some(How::StarPrincipalArn);
        }
        Some(how)
    }

    /// How `Principal` or `NotPrincipal` names the caller; without either,
    /// nobody is named (R50).
    fn names(&self, env: &Env) -> Option<How> {
        let is_deny = self.effect == Some(Effect::Deny);
        principals::element_reaches(self.principal.as_ref()?, is_deny, env)
    }

    /// R32: the principal of an endpoint's policy counts, unless the setting
    /// says otherwise.
    fn endpoint_reaches(&self, env: &Env) -> Option<How> {
        let how = self.names(env);
        if how.is_none() {
            env.touched.add(Setting::VpcePrincipal);
            if env.settings.vpce_principal == VpcePrincipal::Ignore {
                return Some(How::Star);
            }
        }
        how
    }

    pub(super) fn conditions_hold(&self, env: &Env) -> bool {
        for condition in &self.conditions {
            condition.note_missing(env);
        }
        self.conditions.iter().all(|condition| condition.holds(env))
    }

    /// The variables of those resource entries that fit the request, or
    /// would if the variables had values: lower case, and as written.
    pub(super) fn variables_of_resources(&self, env: &Env) -> Vec<(String, String)> {
        let fitting = self
            .with_variables()
            .filter(|(entry, _)| entry.could_fit(env));
        fitting
            .flat_map(|(_, template)| template.variables())
            .map(|(key, folded)| (folded.to_owned(), key.to_owned()))
            .collect()
    }

    /// Notes those of these variables that are absent. Seldom one is, and then
    /// alone it matters whether the entry fits.
    fn note_missing_variables(&self, env: &Env) {
        for (entry, template) in self.with_variables() {
            let is_absent = |(_, folded): (&str, &str)| env.values(folded).is_none();
            if template.variables().any(is_absent) && entry.could_fit(env) {
                for (key, folded) in template.variables() {
                    env.need(key, folded);
                }
            }
        }
    }

    /// The resource entries that hold variables.
    fn with_variables(&self) -> impl Iterator<Item = (&Resource, &Template)> {
        let entries = self.resource.iter();
        let entries = entries.flat_map(ResourceElement::with_variables);
        entries.filter_map(|entry| Some((entry, entry.template()?)))
    }

    /// The keys its conditions ask for: lower case, and as written.
    pub(super) fn keys(&self, env: &Env) -> Vec<(String, String)> {
        self.conditions.iter().flat_map(|c| c.keys(env)).collect()
    }

    /// How the whole statement reaches the caller, if everything matches (R3).
    pub(super) fn matches(&self, env: &Env, policy_type: PolicyType) -> Option<How> {
        if !self.action_matches(env) {
            return None;
        }
        let resource = self.resource_matches(env, policy_type);
        if !resource && !self.has_resource_variables {
            return None;
        }
        let how = self.principal_reaches(env, policy_type)?;
        if self.has_resource_variables {
            self.note_missing_variables(env);
        }
        (resource && self.conditions_hold(env)).then_some(how)
    }
}

/// R68: AWS rejects it today, and its meaning is plain.
fn allows_by_not_principal(policy: &Policy) -> impl Iterator<Item = Diagnostic> {
    policy.statements.iter().filter_map(|statement| {
        let allows = statement
            .effect
            .as_ref()
            .is_some_and(|e| e.value == Effect::Allow);
        let principals = statement
            .principal
            .as_ref()
            .filter(|p| p.negated && allows)?;
        Some(Diagnostic::new(
            "allow-not-principal",
            principals.key_span,
            "AWS rejects `NotPrincipal` with `Allow`: evaluated as written",
        ))
    })
}
