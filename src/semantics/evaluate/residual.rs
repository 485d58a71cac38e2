//! What remains to be asked where condition keys are not known: the decision
//! as a formula over conditions.

use super::compile::{CompiledPolicy, CompiledStatement};
use super::env::{Env, Reading, Touched};
use super::layers::{Level, PolicySet};
use super::principals::How;
use super::public::{self, Public};
use super::resource::{Fit, Resource};
use super::situation::{Border, EvaluateError, Scope, Situation, invalid};
use super::special::Free;
use crate::policy::{Effect, PolicyType};
use crate::semantics::{
    Caller, Credential, DuplicateKeys, FederatedStar, Request, Settings, StarPrincipalLimits,
    UnresolvedInResource,
};
use serde::Serialize;
use std::cell::RefCell;

/// The condition keys that are not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unknown {
    /// These, whatever the context has for them.
    pub keys: Vec<String>,
    /// And every key that the context lacks.
    pub missing: bool,
}

impl Unknown {
    /// Whether every key is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && !self.missing
    }
}

/// When a request is allowed. Denies are inverted, and `not` stands in front
/// of literals only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Residual {
    /// Always or never.
    Plain(bool),
    /// When all of them hold.
    And {
        /// At least two.
        and: Vec<Residual>,
    },
    /// When one of them holds.
    Or {
        /// At least two.
        or: Vec<Residual>,
    },
    /// When the literal does not hold.
    Not {
        /// The literal.
        not: Literal,
    },
    /// When the literal holds.
    Literal(Literal),
}

/// A part of a statement that an unknown key decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Literal {
    /// One key under one operator.
    Condition {
        /// As written.
        operator: String,
        /// As written.
        key: String,
        /// As written.
        values: Vec<String>,
    },
    /// An element whose variables are unknown keys.
    Element {
        /// `Resource` or `NotResource`.
        element: &'static str,
        /// Its entries as written.
        values: Vec<String>,
    },
}

/// What stands for the value of an unknown key while the context is made.
const PLACEHOLDER: &str = "\0unknown";

/// When a request is allowed, as a formula over what the unknown keys decide.
///
/// # Errors
/// Those of [`decide`](super::decide); and when an unknown key decides beside
/// the policies, so that no formula over their conditions can say it.
pub fn residual(
    request: &Request,
    policies: &PolicySet,
    settings: &Settings,
    unknown: &Unknown,
) -> Result<Residual, EvaluateError> {
    let mut request = request.clone();
    for key in &unknown.keys {
        request.context.remove(key);
        // Taken out before, it cannot be ambiguous.
        let _ = request.context.insert(key.as_str(), [PLACEHOLDER]);
    }
    let situation = Situation::new(&request, settings, Scope::Everything)?;
    let is_unknown = |key: &str| is_unknown(situation.context.get_folded(key), unknown.missing);
    let on_iam = situation.service.eq_ignore_ascii_case("iam");
    let asks_mfa = request.credential == Some(Credential::Session) && on_iam;
    let asks_alias = situation.is_key() && !policies.rcps.is_empty();
    let is_named = |key: &str| unknown.keys.iter().any(|k| k.eq_ignore_ascii_case(key));
    for (asks, key, rule) in [
        (asks_mfa, "aws:MultiFactorAuthPresent", "R94"),
        // Where no alias is given a key counts as one of the customer's.
        (
            asks_alias && is_named("kms:ResourceAliases"),
            "kms:ResourceAliases",
            "R17",
        ),
        (
            asks_alias && is_named("kms:RequestAlias"),
            "kms:RequestAlias",
            "R17",
        ),
    ] {
        if asks && is_unknown(&key.to_ascii_lowercase()) {
            let message = format!("`{key}` decides beside the policies ({rule})");
            return Err(invalid("request.context", message));
        }
    }
    let (touched, missing) = (Touched::default(), RefCell::default());
    let read = |reading| {
        let env = Env::new(&situation, policies, settings, reading, &touched, &missing);
        let asker = Asker {
            situation: &situation,
            policies,
            env,
            unknown_missing: unknown.missing,
        };
        asker.allowed()
    };
    let mut readings = policies.policies();
    if !readings.any(CompiledPolicy::has_two_readings) {
        return Ok(read(Reading::Last));
    }
    Ok(match settings.duplicate_keys {
        DuplicateKeys::First => read(Reading::First),
        DuplicateKeys::Last => read(Reading::Last),
        DuplicateKeys::Union => any([read(Reading::Last), read(Reading::First)]),
    })
}

fn is_unknown(values: Option<&[String]>, unknown_missing: bool) -> bool {
    match values {
        None => unknown_missing,
        Some(values) => values == [PLACEHOLDER],
    }
}

/// The conjunction, with what is plain worked out.
fn all(parts: impl IntoIterator<Item = Residual>) -> Residual {
    let mut and = Vec::new();
    for part in parts {
        match part {
            Residual::Plain(false) => return Residual::Plain(false),
            Residual::Plain(true) => {}
            Residual::And { and: more } => and.extend(more),
            part => and.push(part),
        }
    }
    dedup(&mut and);
    match and.len() {
        0 => Residual::Plain(true),
        1 => and.remove(0),
        _ => Residual::And { and },
    }
}

/// The disjunction, likewise.
fn any(parts: impl IntoIterator<Item = Residual>) -> Residual {
    let mut or = Vec::new();
    for part in parts {
        match part {
            Residual::Plain(true) => return Residual::Plain(true),
            Residual::Plain(false) => {}
            Residual::Or { or: more } => or.extend(more),
            part => or.push(part),
        }
    }
    dedup(&mut or);
    match or.len() {
        0 => Residual::Plain(false),
        1 => or.remove(0),
        _ => Residual::Or { or },
    }
}

fn dedup(parts: &mut Vec<Residual>) {
    let mut kept: Vec<Residual> = Vec::with_capacity(parts.len());
    for part in parts.drain(..) {
        if !kept.contains(&part) {
            kept.push(part);
        }
    }
    *parts = kept;
}

fn not(formula: Residual) -> Residual {
    match formula {
        Residual::Plain(value) => Residual::Plain(!value),
        Residual::And { and } => any(and.into_iter().map(not)),
        Residual::Or { or } => all(or.into_iter().map(not)),
        Residual::Not { not } => Residual::Literal(not),
        Residual::Literal(literal) => Residual::Not { not: literal },
    }
}

struct Asker<'a> {
    situation: &'a Situation<'a>,
    policies: &'a PolicySet,
    env: Env<'a>,
    unknown_missing: bool,
}

/// What a policy, or several, say: when they allow, by the way in which they
/// reach the caller, and when they deny.
#[derive(Default)]
struct Formulas {
    allows: Vec<(How, Residual)>,
    denies: Vec<Residual>,
}

impl Formulas {
    fn allow(&self) -> Residual {
        any(self.allows.iter().map(|(_, when)| when.clone()))
    }
}

impl Asker<'_> {
    /// [`combine`](super::decide::combine) over formulas; that both say the
    /// same is a law with a test.
    fn allowed(&self) -> Residual {
        let special = &self.situation.special;
        if special.free == Some(Free::Always) {
            return Residual::Plain(true);
        }
        let applies = self.situation.applies();
        let shut_out = applies.shut_out_if_public && self.is_public();
        if special.blocked.is_some() || shut_out {
            return Residual::Plain(false);
        }
        let mut denies = Vec::new();
        let mut ask = |policies: &[CompiledPolicy]| {
            let mut said = self.formulas(policies);
            denies.append(&mut said.denies);
            said
        };
        // Every policy is asked, also behind one that allows nothing: what it
        // denies counts (R2).
        let mut each = |policies: &[CompiledPolicy]| {
            let each = policies.iter();
            let each: Vec<Residual> = each
                .map(|policy| ask(std::slice::from_ref(policy)).allow())
                .collect();
            all(each)
        };
        let set = self.policies;
        let yes = Residual::Plain(true);
        let boundary = match &set.boundaries {
            Some(policies) if applies.boundary => match policies.as_slice() {
                [] => Residual::Plain(false),
                policies => each(policies),
            },
            _ => yes.clone(),
        };
        let endpoint = set.endpoints.as_deref().filter(|_| applies.endpoint);
        let endpoint = endpoint.map_or(yes.clone(), &mut each);
        let mut levels = |levels: &[Level]| {
            let each = levels.iter();
            let each: Vec<Residual> = each.map(|level| ask(&level.policies).allow()).collect();
            all(each)
        };
        let scp = if applies.scp {
            levels(&set.scps)
        } else {
            yes.clone()
        };
        if applies.rcp {
            levels(&set.rcps);
        }
        let identity = match (applies.implicit, applies.identity) {
            (true, _) => yes.clone(),
            (_, true) => ask(&set.identity).allow(),
            _ => Residual::Plain(false),
        };
        let session = match &set.sessions {
            Some(policies) if applies.session => {
                let mut policies_read = policies.iter().map(|p| p.reading(self.env.reading));
                let is_refused = policies_read.any(|policy| policy.is_refused(&self.env));
                let allow = ask(policies).allow();
                if is_refused {
                    Residual::Plain(false)
                } else {
                    allow
                }
            }
            _ => Residual::Plain(!applies.needs_session),
        };
        let mut resource = self.formulas(set.resource.as_slice());
        if applies.resource_allow_ignored {
            resource.allows.clear();
        }
        if !applies.resource_deny_ignored {
            denies.append(&mut resource.denies);
        }
        let not_denied = not(any(denies));
        if special.free == Some(Free::UnlessDenied) {
            return not_denied;
        }
        let restrictions = all([boundary, session]);
        let own_side = all([identity, restrictions.clone()]);
        let granted = match self.situation.border {
            Border::ResourceOnly => resource.allow(),
            Border::Cross => all([own_side, resource.allow()]),
            Border::Same => {
                let suffices = any(resource
                    .allows
                    .iter()
                    .map(|(how, when)| all([self.suffices(*how, &restrictions), when.clone()])));
                let reached = if special.resource_first {
                    resource.allow()
                } else {
                    yes
                };
                any([suffices, all([own_side, reached])])
            }
        };
        all([not_denied, scp, endpoint, granted])
    }

    /// When the resource's Allow is enough in the same account, by the way in
    /// which it reaches the caller (R22–R26).
    fn suffices(&self, how: How, restrictions: &Residual) -> Residual {
        let settings = self.env.settings;
        let is_federated = matches!(self.situation.caller, Caller::FederatedUser(_));
        match how {
            How::Account | How::Identity => Residual::Plain(false),
            How::RoleArn | How::FederatingUser => restrictions.clone(),
            How::Star | How::StarPrincipalArn if is_federated && !self.env.has_session => {
                Residual::Plain(settings.federated_star == FederatedStar::Yes)
            }
            How::Star if settings.star_principal_limits == StarPrincipalLimits::Limited => {
                restrictions.clone()
            }
            _ => Residual::Plain(true),
        }
    }

    fn is_public(&self) -> bool {
        self.policies.resource.as_ref().is_some_and(|policy| {
            let policy = policy.reading(self.env.reading);
            public::policy(policy.statements(&self.env)) != Public::No
        })
    }

    fn formulas(&self, policies: &[CompiledPolicy]) -> Formulas {
        let mut said = Formulas::default();
        for policy in policies {
            let policy = policy.reading(self.env.reading);
            for statement in policy.statements(&self.env) {
                let Some((how, when)) = self.statement(statement, policy.policy_type) else {
                    continue;
                };
                match statement.effect {
                    Some(Effect::Allow) => said.allows.push((how, when)),
                    Some(Effect::Deny) => said.denies.push(when),
                    None => {}
                }
            }
        }
        said
    }

    /// How a statement reaches the caller, and when it matches.
    fn statement(
        &self,
        statement: &CompiledStatement,
        policy_type: PolicyType,
    ) -> Option<(How, Residual)> {
        if !statement.action_matches(&self.env) {
            return None;
        }
        let how = statement.principal_reaches(&self.env, policy_type)?;
        let resource = self.resource(statement, policy_type);
        let conditions = statement.conditions.iter().map(|condition| {
            let mut keys = condition.keys(&self.env).into_iter();
            let is_open = !condition.is_unknown() && keys.any(|(folded, _)| self.is_open(&folded));
            if is_open {
                Residual::Literal(Literal::Condition {
                    operator: condition.operator.text.clone(),
                    key: condition.key.clone(),
                    values: condition.texts.clone(),
                })
            } else {
                Residual::Plain(condition.holds(&self.env))
            }
        });
        Some((how, all([resource].into_iter().chain(conditions))))
    }

    fn resource(&self, statement: &CompiledStatement, policy_type: PolicyType) -> Residual {
        let known = || Residual::Plain(statement.resource_matches(&self.env, policy_type));
        let Some(element) = &statement.resource else {
            return known();
        };
        let is_open = |entry: &Resource| {
            let mut variables = entry.template().into_iter().flat_map(|t| t.variables());
            variables.any(|(_, folded)| self.is_open(folded))
        };
        // An entry without a value may spoil the statement, also where it
        // could not fit.
        let spoils = element.negated
            || self.env.settings.unresolved_in_resource == UnresolvedInResource::StatementFails;
        let matters = |entry: &Resource| is_open(entry) && (spoils || entry.could_fit(&self.env));
        if !element.entries.iter().any(matters) {
            return known();
        }
        for entry in element.entries.iter().filter(|entry| !is_open(entry)) {
            match entry.fit(&self.env, policy_type) {
                Fit::Invalid => return Residual::Plain(false),
                Fit::Yes if element.negated => return Residual::Plain(false),
                Fit::Yes if !spoils => return Residual::Plain(true),
                _ => {}
            }
        }
        Residual::Literal(Literal::Element {
            element: if element.negated {
                "NotResource"
            } else {
                "Resource"
            },
            values: element.entries.iter().map(|e| e.text.clone()).collect(),
        })
    }

    fn is_open(&self, folded: &str) -> bool {
        is_unknown(self.env.context.get_folded(folded), self.unknown_missing)
    }
}
