//! Questions with a yes or a no, each put as one direction of a comparison
//! (`comparison.md` 1): no new access, not granted, granted, not public.

use super::{
    Comparison, Direction, Options, ProofStats, Relation, Stack, Witness, compare, synthetic,
    trusted,
};
use crate::catalog::{self, Scope};
use crate::policy::{
    ActionKind, ActionPattern, BaseOperator, Condition, Effect, Operator, Policy, PolicyType,
    Principal, PrincipalKind, ResourceKind, ResourcePattern, Version,
};
use crate::semantics::{Caller, Setting};
use std::collections::BTreeSet;

/// A policy and how it is read.
pub type Read<'a> = (PolicyType, &'a Policy);

/// What a check came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Proved: no request says otherwise.
    Pass,
    /// This request says otherwise.
    Fail(Box<Witness>),
    /// Not decided, for these reasons (`comparison.md` 8).
    Undecided(Vec<String>),
}

impl Outcome {
    fn rank(&self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Undecided(_) => 1,
            Self::Fail(_) => 2,
        }
    }
}

/// The answer to one question about one set of policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What it came to.
    pub outcome: Outcome,
    /// What else there is to say, in the words of `comparison.md` 8.
    pub notes: BTreeSet<String>,
    /// The work behind it.
    pub proof: ProofStats,
}

impl Checked {
    /// The direction that a check asks for: whether anything is gained. What
    /// passes under the settings but not under another value of one is not
    /// decided, with an exception for how far wildcards reach over colons: that
    /// is documented (`comparison.md` 2).
    fn gained(comparison: Comparison) -> Self {
        let fails = match &comparison.gained {
            Direction::None => Some(false),
            Direction::Some(_) => Some(true),
            Direction::Unknown(_) => None,
        };
        let mut notes = BTreeSet::new();
        let mut doubts = BTreeSet::new();
        for other in &comparison.uncertain {
            let other_fails = match other.relation {
                Relation::Wider | Relation::Incomparable => Some(true),
                Relation::Equivalent | Relation::Narrower => Some(false),
                Relation::Unknown => other.gained.is_some().then_some(true),
            };
            if other_fails == fails {
                continue;
            }
            let word = match other_fails {
                Some(true) => "fails",
                Some(false) => "passes",
                None => "is undecided",
            };
            let (setting, value) = (other.setting, other.value);
            notes.insert(format!("setting:{setting}: {word} under `{value}`"));
            if other_fails != Some(false) && setting != Setting::ResourceColons.name() {
                doubts.insert(format!("setting:{setting}"));
            }
        }
        if fails == Some(false) {
            notes.extend(comparison.rests.words(Relation::Narrower));
        }
        for valued in &comparison.rests.otherwise {
            let fails_then = valued.gained.is_some();
            if Some(fails_then) != fails {
                let word = if fails_then { "fails" } else { "passes" };
                notes.insert(format!("{word} if {}", valued.words()));
            }
        }
        let outcome = match comparison.gained {
            Direction::None if doubts.is_empty() => Outcome::Pass,
            Direction::None => Outcome::Undecided(doubts.into_iter().collect()),
            Direction::Some(witness) => {
                if !witness.realistic {
                    notes.insert("only-inconsistent-keys".to_owned());
                }
                Outcome::Fail(witness)
            }
            Direction::Unknown(reasons) => Outcome::Undecided(reasons),
        };
        Self {
            outcome,
            notes,
            proof: comparison.proof,
        }
    }

    /// The worse of two readings of the same documents, of which AWS has one
    /// (R49): what fails under either may fail. Whether it is the other's.
    #[must_use]
    pub fn under_either(self, other: Self) -> (Self, bool) {
        let is_other = self.outcome.rank() < other.outcome.rank();
        let differ = self.outcome.rank() != other.outcome.rank();
        let mut worse = if is_other { other } else { self };
        if differ {
            worse.notes.insert("setting:duplicate-keys".to_owned());
        }
        (worse, is_other)
    }
}

/// Whether `new` allows nothing that `old` does not.
#[must_use]
pub fn no_new_access(old: Read<'_>, new: Read<'_>, options: &Options) -> Checked {
    let (old, new) = (Stack::of(old.0, old.1), Stack::of(new.0, new.1));
    Checked::gained(compare(&old, &new, options))
}

/// Whether the policy allows nothing of what is asked about.
#[must_use]
pub fn not_granted(policy: Read<'_>, access: &Access, options: &Options) -> Checked {
    let (kind, asked) = access.layer(&[policy.1]);
    let new = Stack::of(policy.0, policy.1).with(kind, [&asked]);
    Checked::gained(compare(&nothing(policy.0), &new, options))
}

/// Whether the policies together allow all of what is asked about, whatever
/// else a request holds. A failing request is one that they do not allow.
#[must_use]
pub fn granted(
    kind: PolicyType,
    policies: &[&Policy],
    access: &Access,
    options: &Options,
) -> Checked {
    let (asked_kind, asked) = access.layer(policies);
    let old = Stack::default().with(kind, policies.iter().copied());
    Checked::gained(compare(&old, &Stack::of(asked_kind, &asked), options))
}

/// Whether a policy with principals allows nothing to strangers, beside what
/// the [trusted](trusted::TRUSTED) conditions pin down.
#[must_use]
pub fn no_public(
    policy: Read<'_>,
    resource_type: Option<&trusted::ResourceType>,
    options: &Options,
) -> Checked {
    let untrusted = trusted::complement(policy.1, resource_type);
    let new = Stack::of(policy.0, policy.1).with(PolicyType::Resource, [&untrusted]);
    Checked::gained(compare(&nothing(policy.0), &new, options))
}

/// The same for what is asked about alone: whether strangers may do nothing of
/// it.
#[must_use]
pub fn not_public(policy: Read<'_>, access: &Access, options: &Options) -> Checked {
    let untrusted = trusted::complement(policy.1, None);
    let (kind, asked) = access.layer(&[policy.1]);
    let new = Stack::of(policy.0, policy.1)
        .with(PolicyType::Resource, [&untrusted])
        .with(kind, [&asked]);
    Checked::gained(compare(&nothing(policy.0), &new, options))
}

/// A layer without policies allows nothing.
fn nothing(kind: PolicyType) -> Stack<'static> {
    Stack::default().with(kind, [])
}

/// What a check asks about: requests for these actions on these resources, by
/// this principal, with these keys in their context.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    actions: Vec<String>,
    resources: Vec<String>,
    except: Vec<String>,
    principal: Option<String>,
    context: Vec<(String, Vec<String>)>,
}

/// Why something cannot be asked about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// Neither action nor resource.
    #[error("name an action or a resource to ask about")]
    Nothing,
    /// Not an action or a pattern of actions.
    #[error("`{0}` is no action: `service:Name`, with `*` and `?` in the name, or `*`")]
    Action(String),
    /// Not a resource or a pattern of resources.
    #[error("`{0}` is no resource: an ARN of six fields, with `*` and `?`, or `*`")]
    Resource(String),
    /// Not a principal that a policy can name.
    #[error("`{0}` is no principal that a policy can name")]
    Principal(String),
    /// Everybody who is not signed in.
    #[error("no policy names `anonymous` alone: `check no-public` asks what strangers may do")]
    Anonymous,
}

impl Access {
    /// No action is any action, and no resource any resource, but one of them
    /// must be there. Actions and resources are patterns; a key given twice
    /// has both values.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn new(
        actions: &[String],
        resources: &[String],
        principal: Option<&str>,
        context: &[(String, String)],
    ) -> Result<Self, AccessError> {
        if actions.is_empty() && resources.is_empty() {
            return Err(AccessError::Nothing);
        }
        for action in actions {
            let is_meant = match ActionPattern::parse(action).kind {
                ActionKind::Any => true,
                ActionKind::Named { service, .. } => !service.contains(['*', '?']),
                ActionKind::Malformed => false,
            };
            if !is_meant {
                return Err(AccessError::Action(action.clone()));
            }
        }
        resources.iter().try_for_each(|text| is_resource(text))?;
        if let Some(principal) = principal {
            match Caller::classify(principal) {
                None => return Err(AccessError::Principal(principal.to_owned())),
                Some(Caller::Anonymous) => return Err(AccessError::Anonymous),
                Some(_) => {}
            }
        }
        let mut keys: Vec<(String, Vec<String>)> = Vec::new();
        for (key, value) in context {
            match keys.iter_mut().find(|(k, _)| k.eq_ignore_ascii_case(key)) {
                Some((_, values)) => values.push(value.clone()),
                None => keys.push((key.clone(), vec![value.clone()])),
            }
        }
        Ok(Self {
            actions: actions.to_vec(),
            resources: resources.to_vec(),
            except: Vec::new(),
            principal: principal.map(str::to_owned),
            context: keys,
        })
    }

    /// Leaves these patterns out of the resources.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn except(mut self, resources: &[String]) -> Result<Self, AccessError> {
        resources.iter().try_for_each(|text| is_resource(text))?;
        self.except = resources.to_vec();
        Ok(self)
    }

    /// The actions, as given.
    #[must_use]
    pub fn actions(&self) -> &[String] {
        &self.actions
    }

    /// The resources, as given.
    #[must_use]
    pub fn resources(&self) -> &[String] {
        &self.resources
    }

    /// The principal, as given.
    #[must_use]
    pub fn principal(&self) -> Option<&str> {
        self.principal.as_deref()
    }

    /// Keys with their values.
    #[must_use]
    pub fn context(&self) -> &[(String, Vec<String>)] {
        &self.context
    }

    /// The actions of the question that the catalog has no name for: a slip
    /// of the pen is granted by nobody.
    #[must_use]
    pub fn unknown_actions(&self) -> Vec<&str> {
        let catalog = catalog::get();
        let unknown = self.actions.iter().map(String::as_str);
        unknown
            .filter(|action| *action != "*" && catalog.expand(action).is_empty())
            .collect()
    }

    /// Each action on each resource, for a question that must hold of all of
    /// them, and behind it those pairs that were left out: no resource of the
    /// pattern is of a type that the action works on, and both have another
    /// pair.
    #[must_use]
    pub fn pairs(&self) -> (Vec<Self>, Vec<Self>) {
        let any = ["*".to_owned()];
        let or_any = |list: &[String]| match list {
            [] => any.to_vec(),
            list => list.to_vec(),
        };
        let (actions, resources) = (or_any(&self.actions), or_any(&self.resources));
        let fit = |action: &String, resource: &String| works_on(action, resource);
        let (mut kept, mut left_out) = (Vec::new(), Vec::new());
        for action in &actions {
            for resource in &resources {
                let others = resources.iter().any(|other| fit(action, other))
                    && actions.iter().any(|other| fit(other, resource));
                let pair = Self {
                    actions: vec![action.clone()],
                    resources: vec![resource.clone()],
                    ..self.clone()
                };
                if fit(action, resource) || !others {
                    kept.push(pair);
                } else {
                    left_out.push(pair);
                }
            }
        }
        (kept, left_out)
    }

    /// The question as a policy: it allows what is asked about and nothing
    /// else. Conditions speak in the operators that the policies use on a key.
    fn layer(&self, policies: &[&Policy]) -> (PolicyType, Policy) {
        let mut statement = synthetic::statement(Effect::Allow);
        if !self.actions.is_empty() {
            statement.action = Some(synthetic::actions(&self.actions));
        }
        if !self.resources.is_empty() {
            statement.resource = Some(synthetic::resources(&self.resources));
        }
        let keys = self.context.iter();
        statement.conditions = keys
            .flat_map(|(key, values)| carries(key, values, policies))
            .collect();
        let kind = match &self.principal {
            None => PolicyType::Identity,
            Some(text) => {
                let principal = Principal::parse(principal_key(text), text);
                statement.principal = Some(synthetic::principals(false, [principal]));
                PolicyType::Resource
            }
        };
        let mut statements = vec![statement];
        if !self.except.is_empty() {
            let mut deny = synthetic::statement(Effect::Deny);
            deny.resource = Some(synthetic::resources(&self.except));
            statements.push(deny);
        }
        (kind, synthetic::policy(statements))
    }
}

fn is_resource(text: &str) -> Result<(), AccessError> {
    match ResourcePattern::parse(text, Version::V2012).kind {
        ResourceKind::Any => Ok(()),
        ResourceKind::Arn(fields) if fields.len() == 6 => Ok(()),
        _ => Err(AccessError::Resource(text.to_owned())),
    }
}

/// The key of `Principal` that a principal stands under.
fn principal_key(principal: &str) -> PrincipalKind {
    match Caller::classify(principal) {
        Some(Caller::Service(_)) => PrincipalKind::Service,
        Some(Caller::Federated(_)) => PrincipalKind::Federated,
        Some(Caller::Canonical(_)) => PrincipalKind::CanonicalUser,
        _ => PrincipalKind::Aws,
    }
}

/// Says that a request carries these values of a key: exactly these where the
/// policies ask for sets of it, else one of them.
fn carries(key: &str, values: &[String], policies: &[&Policy]) -> Vec<Condition> {
    let uses: Vec<&Operator> = policies
        .iter()
        .flat_map(|policy| &policy.statements)
        .flat_map(|statement| &statement.conditions)
        .filter(|condition| condition.key.value.eq_ignore_ascii_case(key))
        .map(|condition| &condition.operator.value)
        .collect();
    let begins = |start: &str| {
        let mut bases = uses.iter().filter_map(|operator| operator.base);
        bases.any(|base| base.name().trim_start_matches("Not").starts_with(start))
    };
    let equals = if begins("String") || begins("Arn") {
        BaseOperator::StringEquals
    } else if begins("IpAddress") {
        BaseOperator::IpAddress
    } else if begins("Numeric") {
        BaseOperator::NumericEquals
    } else if begins("Date") {
        BaseOperator::DateEquals
    } else if begins("Bool") {
        BaseOperator::Bool
    } else {
        BaseOperator::StringEquals
    };
    let equals = equals.name();
    let condition = |operator: &str, values: &[String]| {
        let values = values.iter().map(|text| synthetic::value(operator, text));
        synthetic::condition(operator, key, values)
    };
    if !uses.iter().any(|operator| operator.qualifier.is_some()) {
        return vec![condition(equals, values)];
    }
    let only = condition(&format!("ForAllValues:{equals}"), values);
    let each = values.iter().map(|value| {
        let value = std::slice::from_ref(value);
        condition(&format!("ForAnyValue:{equals}"), value)
    });
    std::iter::once(only).chain(each).collect()
}

/// Whether an action of the pattern works on a resource of the pattern, as
/// far as the catalog knows.
fn works_on(action: &str, resource: &str) -> bool {
    if ResourcePattern::parse(resource, Version::V2012).kind == ResourceKind::Any {
        return true;
    }
    let meant = catalog::get().expand(action);
    meant.is_empty()
        || meant.iter().any(|action| match action.scope() {
            Scope::Unknown => true,
            Scope::WildcardOnly => false,
            Scope::ResourceTypes => action
                .resource_types()
                .any(|(kind, _)| kind.matches(resource)),
        })
}
