//! From what the layers say to a decision.

use super::compile::CompiledPolicy;
use super::env::{Env, Reading, Touched};
use super::layers::{self, Layer, Layers, PolicySet, Says};
use super::organization::{Exempt, ServiceLinked};
use super::principals::How;
use super::public::Public;
use super::situation::{Border, EvaluateError, Scope, Situation};
use super::special::{Blocked, Free};
use crate::semantics::{
    Caller, DuplicateKeys, FederatedStar, Request, Setting, Settings, StarPrincipalLimits,
};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// What AWS answers.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
pub enum Decision {
    /// The request goes through.
    Allowed,
    /// A Deny matches (R2).
    ExplicitlyDenied,
    /// Nothing allows it (R1).
    ImplicitlyDenied,
}

impl Decision {
    /// The word as AWS writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Allowed => "Allowed",
            Self::ExplicitlyDenied => "ExplicitlyDenied",
            Self::ImplicitlyDenied => "ImplicitlyDenied",
        }
    }
}

/// Another value of a setting, and what it would decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Uncertainty {
    /// The setting.
    pub setting: &'static str,
    /// The other value.
    pub value: &'static str,
    /// What it decides.
    pub decision: Decision,
}

/// The answer to a request (`evaluation.md`, section 7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Verdict {
    /// The answer under the settings.
    pub decision: Decision,
    /// The layers that stand in the way, sorted; empty when allowed.
    pub blocked_by: Vec<Layer>,
    /// Where nothing grants and nothing denies: the layers in which an Allow
    /// would have sufficed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_granted_by: Vec<Layer>,
    /// Whether no other value of a setting would change the decision, and
    /// nothing that could was left out.
    pub certain: bool,
    /// The settings that would change it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uncertain: Vec<Uncertainty>,
    /// Facts that could matter here and are not looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_modelled: Vec<&'static str>,
    /// Condition keys that a statement whose principal, action and resource
    /// match refers to, and that the context lacks.
    #[serde(skip)]
    pub missing_keys: Vec<String>,
}

/// A decision under one group of settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) decision: Decision,
    pub(super) blocked_by: BTreeSet<Layer>,
    pub(super) not_granted_by: Vec<Layer>,
    /// Whether it rests on a policy being public, and that is in doubt (R44).
    pub(super) public_in_doubt: bool,
}

/// Answers one request against one set of policies.
///
/// # Errors
/// When the request cannot be read, or when the owner of the resource would
/// decide and is not known (R43). Never a decision instead.
pub fn decide(
    request: &Request,
    policies: &PolicySet,
    settings: &Settings,
) -> Result<Verdict, EvaluateError> {
    verdict(request, policies, settings, Scope::Everything)
}

/// Answers one request from the caller's own side alone: identity-based
/// policies within boundary, session policy and SCPs, as if caller and
/// resource shared an account and the resource had no policy. It is the question to ask
/// of a proposed policy; it needs neither owner (R43) nor key policy (R38).
///
/// # Errors
/// When the request cannot be read.
pub fn decide_identity(
    request: &Request,
    policies: &PolicySet,
    settings: &Settings,
) -> Result<Verdict, EvaluateError> {
    verdict(request, policies, settings, Scope::OwnSide)
}

pub(super) fn verdict(
    request: &Request,
    policies: &PolicySet,
    settings: &Settings,
    scope: Scope,
) -> Result<Verdict, EvaluateError> {
    let touched = Touched::default();
    let missing = RefCell::default();
    let run = Run {
        request,
        policies,
        scope,
    };
    let (outcome, situation) = run.under(settings, &touched, &missing)?;
    let mut uncertain = Vec::new();
    for setting in touched.iter() {
        for &value in setting.values() {
            if value == settings.get(setting) {
                continue;
            }
            let other = settings.with(setting, value);
            let (other, _) = run.under(&other, &Touched::default(), &RefCell::default())?;
            if other.decision != outcome.decision {
                uncertain.push(Uncertainty {
                    setting: setting.name(),
                    value,
                    decision: other.decision,
                });
            }
        }
    }
    let missing_keys: BTreeMap<String, String> = missing.into_inner();
    let not_modelled = not_modelled(&situation, &outcome, policies, &touched);
    let leaves_doubt = |word: &&str| LEAVES_DOUBT.contains(word);
    Ok(Verdict {
        certain: uncertain.is_empty() && !not_modelled.iter().any(leaves_doubt),
        decision: outcome.decision,
        blocked_by: outcome.blocked_by.into_iter().collect(),
        not_granted_by: outcome.not_granted_by,
        uncertain,
        not_modelled,
        missing_keys: missing_keys.into_values().collect(),
    })
}

/// The decision alone.
pub(super) fn decision(
    request: &Request,
    policies: &PolicySet,
    settings: &Settings,
    scope: Scope,
) -> Result<Decision, EvaluateError> {
    let run = Run {
        request,
        policies,
        scope,
    };
    let (outcome, _) = run.under(settings, &Touched::default(), &RefCell::default())?;
    Ok(outcome.decision)
}

/// One request and its policies, to be decided under several settings.
struct Run<'a> {
    request: &'a Request,
    policies: &'a PolicySet,
    scope: Scope,
}

/// What is left out and could turn the decision round.
pub(super) const LEAVES_DOUBT: &[&str] = &[
    "key-policy",
    "kms-alias",
    "rcp-coverage",
    "s3-access-point",
    "s3-object-acl",
    "s3-public-policy",
    "session-issuer",
    "trust-policy",
];

impl<'a> Run<'a> {
    fn under(
        &self,
        settings: &Settings,
        touched: &Touched,
        missing: &RefCell<BTreeMap<String, String>>,
    ) -> Result<(Outcome, Situation<'a>), EvaluateError> {
        let situation = Situation::new(self.request, settings, self.scope)?;
        let decide = |reading| {
            let env = Env::new(
                &situation,
                self.policies,
                settings,
                reading,
                touched,
                missing,
            );
            let mut says = |_, policy: &CompiledPolicy| layers::policy_says(policy, &env);
            let layers = layers::ask(self.policies, situation.applies(), &env, &mut says);
            combine(&layers, &situation, &env)
        };
        let outcome = by_reading(self.policies, settings, touched, decide);
        Ok((outcome, situation))
    }
}

/// R49: decides under the readings of repeated JSON keys that the setting
/// names; under `union` an Allow in either counts.
pub(super) fn by_reading(
    policies: &PolicySet,
    settings: &Settings,
    touched: &Touched,
    decide: impl Fn(Reading) -> Outcome,
) -> Outcome {
    if !policies.policies().any(|policy| policy.has_two_readings()) {
        return decide(Reading::Last);
    }
    touched.add(Setting::DuplicateKeys);
    match settings.duplicate_keys {
        DuplicateKeys::First => decide(Reading::First),
        DuplicateKeys::Last => decide(Reading::Last),
        DuplicateKeys::Union => {
            let last = decide(Reading::Last);
            if last.decision == Decision::Allowed {
                return last;
            }
            let first = decide(Reading::First);
            if first.decision == Decision::Allowed {
                first
            } else {
                last
            }
        }
    }
}

/// What the granting sides and the restricting layers come to.
struct Sides {
    /// An identity-based Allow.
    identity: bool,
    boundary: bool,
    session: bool,
    scp: bool,
    endpoint: bool,
    /// How the resource's policy reaches the caller.
    resource: Option<How>,
}

impl Sides {
    fn new(layers: &Layers) -> Self {
        let allows = |says: Option<Says>| says.is_none_or(|says| says.allow.is_some());
        Self {
            identity: layers.identity.is_some_and(|says| says.allow.is_some()),
            boundary: allows(layers.boundary),
            session: allows(layers.session),
            scp: allows(layers.scp),
            endpoint: allows(layers.endpoint),
            resource: layers.resource.and_then(|says| says.allow),
        }
    }

    fn restrictions(&self) -> bool {
        self.boundary && self.session
    }

    /// The layers around whatever grants that lack an Allow.
    fn closed(&self) -> impl Iterator<Item = Layer> {
        let around = [(Layer::Scp, self.scp), (Layer::VpcEndpoint, self.endpoint)];
        let closed = around.into_iter().filter(|(_, allows)| !allows);
        closed.map(|(layer, _)| layer)
    }

    /// Whether a side grants, so that a restricting layer's missing Allow
    /// stands in its way.
    fn something_grants(&self, situation: &Situation) -> bool {
        let by_resource = self.resource.is_some_and(|how| how != How::Account);
        match situation.border {
            Border::ResourceOnly => self.resource.is_some(),
            Border::Cross => self.identity,
            Border::Same => self.identity || by_resource,
        }
    }

    /// Whether the resource's Allow is enough in the same account: the table
    /// of R22–R26.
    fn resource_suffices(&self, situation: &Situation, env: &Env) -> bool {
        match self.resource {
            None | Some(How::Account | How::Identity) => false,
            Some(How::RoleArn | How::FederatingUser) => self.restrictions(),
            Some(how @ (How::Star | How::StarPrincipalArn)) => {
                if matches!(situation.caller, Caller::FederatedUser(_)) && !env.has_session {
                    env.touched.add(Setting::FederatedStar);
                    return env.settings.federated_star == FederatedStar::Yes;
                }
                if how == How::StarPrincipalArn || self.restrictions() {
                    return true;
                }
                env.touched.add(Setting::StarPrincipalLimits);
                env.settings.star_principal_limits == StarPrincipalLimits::Ignored
            }
            Some(
                How::UserArn
                | How::SessionArn
                | How::FederatedUserArn
                | How::RootUser
                | How::Service
                | How::Federated
                | How::CanonicalUser,
            ) => true,
        }
    }
}

/// Combines the layers (`evaluation.md`, sections 1 and 2).
pub(super) fn combine(layers: &Layers, situation: &Situation, env: &Env) -> Outcome {
    if situation.special.free == Some(Free::Always) {
        return Outcome::allowed();
    }
    let sides = Sides::new(layers);
    let named = [
        (Layer::Identity, layers.identity),
        (Layer::Boundary, layers.boundary),
        (Layer::Resource, layers.resource),
        (Layer::Session, layers.session),
        (Layer::Scp, layers.scp),
        (Layer::Rcp, layers.rcp),
        (Layer::VpcEndpoint, layers.endpoint),
    ];
    let mut blocked_by: BTreeSet<Layer> = named
        .iter()
        .filter(|(_, says)| says.is_some_and(|says| says.deny))
        .map(|(layer, _)| *layer)
        .collect();
    let public = layers.public.filter(|public| *public != Public::No);
    if public.is_some() {
        blocked_by.insert(Layer::S3BlockPublicAccess);
    }
    let denied = !blocked_by.is_empty();
    if let Some(Blocked::By(layer)) = situation.special.blocked {
        blocked_by.insert(layer);
    }

    let own_side = sides.identity && sides.restrictions();
    let reached = sides.resource.is_some();
    let granted = match situation.border {
        Border::ResourceOnly => reached,
        Border::Cross => own_side && reached,
        Border::Same => {
            let suffices = sides.resource_suffices(situation, env);
            suffices || own_side && (reached || !situation.special.resource_first)
        }
    };
    let free = situation.special.free == Some(Free::UnlessDenied);
    let immutable = situation.special.blocked == Some(Blocked::Immutable);
    let open = free || sides.closed().next().is_none();
    let granted = granted || free;
    if granted && open && blocked_by.is_empty() && !immutable {
        return Outcome::allowed();
    }
    let mut not_granted_by = Vec::new();
    if !granted {
        blocked_by.extend(lacking(&sides, situation));
    }
    if !free && (granted || sides.something_grants(situation)) {
        blocked_by.extend(sides.closed());
    }
    if !granted && blocked_by.is_empty() && !immutable {
        not_granted_by = would_suffice(&sides, situation);
    }
    Outcome {
        decision: if denied {
            Decision::ExplicitlyDenied
        } else {
            Decision::ImplicitlyDenied
        },
        blocked_by,
        not_granted_by,
        public_in_doubt: public == Some(Public::InDoubt),
    }
}

/// The layers whose missing Allow stands against another side's Allow.
fn lacking(sides: &Sides, situation: &Situation) -> Vec<Layer> {
    let delegated = matches!(sides.resource, Some(How::Account));
    let by_resource = sides.resource.is_some() && !delegated;
    let mut lacking = Vec::new();
    let both = situation.border == Border::Cross || situation.special.resource_first;
    if both {
        let identity_counts = situation.border == Border::Cross || !by_resource;
        if sides.identity && sides.resource.is_none() {
            lacking.push(Layer::Resource);
        }
        if sides.resource.is_some() && !sides.identity && identity_counts {
            lacking.push(Layer::Identity);
        }
    }
    if situation.border != Border::ResourceOnly && sides.something_grants(situation) {
        let restricting = [
            (Layer::Boundary, sides.boundary),
            (Layer::Session, sides.session),
        ];
        lacking.extend(
            restricting
                .iter()
                .filter(|(_, ok)| !ok)
                .map(|(layer, _)| *layer),
        );
    }
    lacking
}

/// Where nothing grants: the layers in which an Allow would have sufficed,
/// or in which both would have been needed.
fn would_suffice(sides: &Sides, situation: &Situation) -> Vec<Layer> {
    let has_resource = situation.target_is_arn();
    let mut layers = match situation.border {
        Border::ResourceOnly => vec![Layer::Resource],
        Border::Cross => vec![Layer::Identity, Layer::Resource],
        Border::Same if situation.special.resource_first => vec![Layer::Resource],
        Border::Same => {
            let identity = (sides.restrictions() || !has_resource).then_some(Layer::Identity);
            let resource = has_resource.then_some(Layer::Resource);
            identity.into_iter().chain(resource).collect()
        }
    };
    layers.extend(sides.closed());
    layers
}

impl Outcome {
    fn allowed() -> Self {
        Self {
            decision: Decision::Allowed,
            blocked_by: BTreeSet::new(),
            not_granted_by: Vec::new(),
            public_in_doubt: false,
        }
    }
}

/// What could matter here and is not looked at.
fn not_modelled(
    situation: &Situation,
    outcome: &Outcome,
    policies: &PolicySet,
    touched: &Touched,
) -> Vec<&'static str> {
    let mut found = Vec::new();
    if situation.special.credential_unknown {
        found.push("credential");
    }
    let implicit = outcome.decision == Decision::ImplicitlyDenied;
    if implicit && situation.special.resource_first {
        let is_key = situation.service.eq_ignore_ascii_case("kms");
        // Every key and every role has one; none was given.
        if policies.resource.is_none() {
            found.push(if is_key { "key-policy" } else { "trust-policy" });
        }
        if is_key {
            found.push("kms-grants");
        }
    }
    if situation.is_key_alias() {
        found.push("kms-alias");
    }
    let unknown_service = situation.beyond_rcps == Some(Exempt::UnknownService);
    if unknown_service && !policies.rcps.is_empty() {
        found.push("rcp-coverage");
    }
    if situation.is_access_point() {
        found.push("s3-access-point");
    } else if situation.foreign_object && outcome.decision != Decision::ExplicitlyDenied {
        // The account that owns the object says by ACL who may (R42).
        found.push("s3-object-acl");
    } else if implicit && situation.is_s3() {
        found.push("s3-acl");
    }
    if outcome.public_in_doubt {
        found.push("s3-public-policy");
    }
    let has_limits =
        policies.boundaries.is_some() || !policies.scps.is_empty() || !policies.rcps.is_empty();
    let guessed_role = situation.service_linked == ServiceLinked::ByName && has_limits;
    if guessed_role || situation.guessed_path && touched.asked_principal_arn() {
        found.push("session-issuer");
    }
    found
}
