//! Looks at everything, so that a reader sees every reason and not the first.

use super::compile::{CompiledPolicy, CompiledStatement};
use super::conditions::Condition;
use super::decide::{self, Decision, Outcome};
use super::env::{Env, Reading, Touched};
use super::layers::{self, FULL, Layer, Layers, PolicySet, Says, Spot};
use super::organization::Exempt;
use super::principals;
use super::public::Public;
use super::resource::{Fit, Resource};
use super::situation::{EvaluateError, Scope, Situation};
use super::trace::{
    ConditionTrace, EntryTrace, Grant, Keys, LayerResult, LayerTrace, PartTrace, RequestValues,
    StatementTrace, Trace, ValueTrace,
};
use crate::policy::{Effect, PolicyType, PrincipalValue, Qualifier};
use crate::semantics::{Caller, Context, DuplicateKeys, Request, Settings, VpcePrincipal};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Answers one request as [`decide`](super::decide) does, with everything the
/// answer was made from.
///
/// # Errors
/// Those of [`decide`](super::decide).
pub fn explain(
    request: &Request,
    policies: &PolicySet,
    settings: &Settings,
) -> Result<Trace, EvaluateError> {
    let mut verdict = decide::verdict(request, policies, settings, Scope::Everything)?;
    let situation = Situation::new(request, settings, Scope::Everything)?;
    let (touched, missing) = (Touched::default(), RefCell::default());
    let look = |reading| {
        let env = Env::new(&situation, policies, settings, reading, &touched, &missing);
        Looked::new(&situation, &request.context, policies, &env)
    };
    let mut looked = look(match settings.duplicate_keys {
        DuplicateKeys::First => Reading::First,
        DuplicateKeys::Last | DuplicateKeys::Union => Reading::Last,
    });
    // Where both readings count, the one that allows is shown (R49).
    if settings.duplicate_keys == DuplicateKeys::Union
        && looked.outcome.decision != Decision::Allowed
        && policies.policies().any(CompiledPolicy::has_two_readings)
    {
        let first = look(Reading::First);
        if first.outcome.decision == Decision::Allowed {
            looked = first;
        }
    }
    let mut keys = looked.keys;
    keys.missing.clone_from(&verdict.missing_keys);
    keys.decisive = super::decisive::keys(
        request,
        policies,
        settings,
        &keys.needed,
        looked.outcome.decision,
    )?;
    // What is shown follows from what was looked at; that it is what `decide`
    // says is a law with a test.
    verdict.decision = looked.outcome.decision;
    verdict.blocked_by = looked.outcome.blocked_by.into_iter().collect();
    verdict.not_granted_by = looked.outcome.not_granted_by;
    Ok(Trace {
        verdict,
        granted_by: looked.granted_by,
        layers: looked.layers,
        keys,
    })
}

struct Looked {
    outcome: Outcome,
    granted_by: Vec<Grant>,
    layers: Vec<LayerTrace>,
    keys: Keys,
}

impl Looked {
    fn new(situation: &Situation, supplied: &Context, policies: &PolicySet, env: &Env) -> Self {
        let mut granted_by = Vec::new();
        let applies = situation.applies();
        let mut spots: BTreeMap<Spot, Shown> = BTreeMap::new();
        let mut needed: BTreeMap<String, String> = BTreeMap::new();
        let mut says = |spot: Spot, policy: &CompiledPolicy| {
            let shown = spots.entry(spot).or_default();
            let position = Position {
                policy: shown.policies,
                name: policy.name.clone(),
            };
            shown.policies += 1;
            let policy = policy.reading(env.reading);
            let mut says = Says::default();
            for (index, statement) in policy.statements(env).iter().enumerate() {
                let seen = look_at(statement, policy.policy_type, index, &position, env);
                if seen.reaches {
                    needed.extend(statement.keys(env));
                }
                if seen.reaches || seen.could_reach {
                    needed.extend(statement.variables_of_resources(env));
                }
                if let (Some(effect), Some(how)) = (statement.effect, seen.how) {
                    says.add(effect, how);
                    shown.says.add(effect, how);
                    let ignored = spot.layer == Layer::Resource && applies.resource_allow_ignored;
                    if effect == Effect::Allow && spot.layer.grants() && !ignored {
                        granted_by.push(Grant {
                            layer: spot.layer,
                            policy: position.policy,
                            name: position.name.clone(),
                            statement: index,
                            sid: statement.sid.clone(),
                            how,
                        });
                    }
                }
                shown.statements.push(seen.trace);
            }
            says
        };
        let layers = layers::ask(policies, applies, env, &mut says);
        let outcome = decide::combine(&layers, situation, env);
        let layers = show(situation, policies, &layers, spots);
        let ignored = supplied
            .iter()
            .filter(|(key, _)| !needed.contains_key(&key.to_ascii_lowercase()));
        let keys = Keys {
            ignored: ignored.map(|(key, _)| key.to_owned()).collect(),
            needed: needed.into_values().collect(),
            ..Keys::default()
        };
        Self {
            outcome,
            granted_by,
            layers,
            keys,
        }
    }
}

/// What was seen of one layer, or of one level of it.
#[derive(Default)]
struct Shown {
    policies: usize,
    says: Says,
    statements: Vec<StatementTrace>,
}

/// Every layer in the order in which people think of them.
fn show(
    situation: &Situation,
    policies: &PolicySet,
    layers: &Layers,
    mut spots: BTreeMap<Spot, Shown>,
) -> Vec<LayerTrace> {
    let (boundaries, sessions) = (policies.boundaries.is_some(), policies.sessions.is_some());
    let mut shown = Vec::new();
    for (layer, says, exists) in [
        (Layer::Identity, layers.identity, true),
        (Layer::Boundary, layers.boundary, boundaries),
        (Layer::Session, layers.session, sessions),
        (
            Layer::Resource,
            layers.resource,
            policies.resource.is_some(),
        ),
    ] {
        let seen = spots.remove(&Spot { layer, level: 0 }).unwrap_or_default();
        shown.push(LayerTrace {
            layer,
            level: None,
            applies: says.is_some(),
            reason: reason(situation, layer, says, exists).map(Cow::Borrowed),
            result: result(says),
            statements: seen.statements,
        });
    }
    for (layer, levels, exempt) in [
        (Layer::Scp, &policies.scps, situation.beyond_scps),
        (Layer::Rcp, &policies.rcps, situation.beyond_rcps),
    ] {
        for (level, at) in levels.iter().enumerate() {
            let mut seen = spots.remove(&Spot { layer, level }).unwrap_or_default();
            if layer == Layer::Rcp {
                // The policy of full access that is attached everywhere (R16).
                seen.says.allow = FULL.allow;
            }
            shown.push(LayerTrace {
                layer,
                level: Some(at.name.clone()),
                applies: exempt.is_none(),
                reason: exempt.map(Exempt::reason),
                result: result(exempt.is_none().then_some(seen.says)),
                statements: seen.statements,
            });
        }
    }
    if let Some(endpoints) = &policies.endpoints {
        let layer = Layer::VpcEndpoint;
        let seen = spots.remove(&Spot { layer, level: 0 }).unwrap_or_default();
        let default = "full access, the policy that AWS gives an endpoint (R32)";
        shown.push(LayerTrace {
            layer,
            level: None,
            applies: true,
            reason: endpoints.is_empty().then_some(Cow::Borrowed(default)),
            result: result(layers.endpoint),
            statements: seen.statements,
        });
    }
    if let Some(public) = layers.public.filter(|public| *public != Public::No) {
        let reason = match public {
            Public::InDoubt => "the bucket's policy may be public (R44)",
            _ => "the bucket's policy is public (R44)",
        };
        shown.push(LayerTrace {
            layer: Layer::S3BlockPublicAccess,
            level: None,
            applies: true,
            reason: Some(Cow::Borrowed(reason)),
            result: LayerResult::Deny,
            statements: Vec::new(),
        });
    }
    shown
}

fn result(says: Option<Says>) -> LayerResult {
    match says {
        Some(Says { deny: true, .. }) => LayerResult::Deny,
        Some(Says { allow: Some(_), .. }) => LayerResult::Allow,
        _ => LayerResult::None,
    }
}

/// Why a layer says nothing, or what it says without a policy.
fn reason(
    situation: &Situation,
    layer: Layer,
    says: Option<Says>,
    exists: bool,
) -> Option<&'static str> {
    match (layer, says.is_some(), exists) {
        (Layer::Identity, true, _) if situation.special.root_access => {
            Some("the root user has full access to its account (R33)")
        }
        (Layer::Resource, true, _) if situation.foreign_object => {
            Some("an Allow does not cover objects of another owner (R42)")
        }
        (Layer::Session, true, false) => {
            Some("a federated user without a session policy has no access (R30)")
        }
        (_, true, _) => None,
        (_, false, false) => Some("none set"),
        (_, false, true) => Some(match situation.caller {
            Caller::Root { .. } => "does not apply to the root user",
            Caller::Service(_) => "does not apply to service principals (R34)",
            Caller::Anonymous => "does not apply to anonymous requests (R35)",
            _ => "does not apply to this principal",
        }),
    }
}

struct Position {
    policy: usize,
    name: Option<String>,
}

struct Seen {
    /// Whether principal, action and resource match.
    reaches: bool,
    /// Whether they would if a variable of the resource had a value.
    could_reach: bool,
    how: Option<principals::How>,
    trace: StatementTrace,
}

fn look_at(
    statement: &CompiledStatement,
    policy_type: PolicyType,
    index: usize,
    position: &Position,
    env: &Env,
) -> Seen {
    let action_matched = statement.action_matches(env);
    let resource_matched = statement.resource_matches(env, policy_type);
    let how = statement.principal_reaches(env, policy_type);
    let conditions: Vec<ConditionTrace> = statement
        .conditions
        .iter()
        .map(|condition| look_at_condition(condition, env))
        .collect();
    let reaches = action_matched && resource_matched && how.is_some();
    let matched = reaches && conditions.iter().all(|condition| condition.matched);
    let action = statement.action.as_ref();
    let entries = action.map(|element| {
        let entry = |entry: &super::action::Action| EntryTrace {
            pattern: entry.text.clone(),
            resolved: None,
            matched: entry.matches(env.service, env.name),
            rule: None,
        };
        element.entries.iter().map(entry).collect()
    });
    let action = PartTrace {
        matched: action_matched,
        negated: action.is_some_and(|element| element.negated),
        entries: entries.unwrap_or_default(),
        rule: None,
    };
    let resource = statement.resource.as_ref().map(|element| {
        let entries: Vec<EntryTrace> = element
            .entries
            .iter()
            .map(|entry| look_at_resource(entry, policy_type, env))
            .collect();
        let any = entries.iter().any(|entry| entry.matched);
        let unusual = entries.iter().find_map(|entry| entry.rule);
        PartTrace {
            matched: resource_matched,
            negated: element.negated,
            rule: unusual.filter(|_| (any != element.negated) != resource_matched),
            entries,
        }
    });
    let trace = StatementTrace {
        policy: position.policy,
        name: position.name.clone(),
        index,
        sid: statement.sid.clone(),
        span: statement.span.into(),
        effect: statement.effect.map(|effect| match effect {
            Effect::Allow => "Allow",
            Effect::Deny => "Deny",
        }),
        matched: matched && statement.effect.is_some(),
        principal: look_at_principal(statement, policy_type, how.is_some(), env),
        action,
        resource,
        conditions,
    };
    Seen {
        reaches,
        could_reach: action_matched && !resource_matched && how.is_some(),
        how: how.filter(|_| matched),
        trace,
    }
}

fn look_at_resource(entry: &Resource, policy_type: PolicyType, env: &Env) -> EntryTrace {
    let fit = entry.fit(env, policy_type);
    EntryTrace {
        pattern: entry.text.clone(),
        resolved: entry.resolved(env),
        matched: fit == Fit::Yes,
        rule: match fit {
            Fit::Unresolved => Some("R90"),
            Fit::Invalid => Some("R58"),
            Fit::Yes | Fit::No => entry.is_incomplete().then_some("R58"),
        },
    }
}

fn look_at_principal(
    statement: &CompiledStatement,
    policy_type: PolicyType,
    matched: bool,
    env: &Env,
) -> Option<PartTrace> {
    if !policy_type.has_principal() {
        return None;
    }
    let is_rcp = policy_type == PolicyType::Rcp;
    let Some(element) = &statement.principal else {
        return Some(PartTrace {
            matched,
            negated: false,
            entries: Vec::new(),
            rule: Some(if is_rcp { "R19" } else { "R50" }),
        });
    };
    let entries: Vec<EntryTrace> = element
        .entries
        .iter()
        .map(|entry| EntryTrace {
            pattern: entry.value.text.clone(),
            resolved: None,
            matched: principals::reaches(&entry.value, element.star, env).is_some(),
            rule: match entry.value.value {
                PrincipalValue::Malformed => Some("R62"),
                PrincipalValue::Account(_) => Some("R8"),
                _ => None,
            },
        })
        .collect();
    let any = entries.iter().any(|entry| entry.matched);
    let by_boundary = env.has_boundary && statement.effect == Some(Effect::Deny);
    let rule = match policy_type {
        PolicyType::Rcp => "R19",
        PolicyType::VpcEndpoint if env.settings.vpce_principal == VpcePrincipal::Ignore => "R32",
        _ if by_boundary => "R31",
        _ => "R68",
    };
    let by_list = any != element.negated;
    Some(PartTrace {
        matched,
        negated: element.negated,
        entries,
        rule: (matched && !by_list).then_some(rule),
    })
}

fn look_at_condition(condition: &Condition, env: &Env) -> ConditionTrace {
    let values = env
        .values(&condition.folded)
        .map(|values| values.into_owned());
    let operator = &condition.operator;
    let mut matched = condition.matched_values(env).into_iter();
    let mut operands = condition.operands.iter();
    let policy_values = condition.texts.iter().map(|text| ValueTrace {
        value: text.clone(),
        resolved: operands.next().and_then(|operand| operand.resolved(env)),
        matched: matched.next().unwrap_or_default(),
    });
    let rule = if condition.is_unknown() {
        Some("R78")
    } else {
        match (&values, operator.qualifier) {
            _ if condition.is_null() => Some("R73"),
            (None, Some(Qualifier::ForAllValues)) => Some("R74"),
            (None, Some(Qualifier::ForAnyValue)) => Some("R75"),
            (None, None) if operator.if_exists => Some("R72"),
            (None, None) => Some("R71"),
            (Some(values), None) if values.len() > 1 => Some("R77"),
            _ => None,
        }
    };
    ConditionTrace {
        operator: operator.text.clone(),
        qualifier: operator.qualifier.map(|qualifier| match qualifier {
            Qualifier::ForAllValues => "ForAllValues",
            Qualifier::ForAnyValue => "ForAnyValue",
        }),
        if_exists: operator.if_exists,
        key: condition.key.clone(),
        policy_values: policy_values.collect(),
        request_values: values.map_or(RequestValues::Absent("absent"), RequestValues::Present),
        matched: condition.holds(env),
        rule,
    }
}
