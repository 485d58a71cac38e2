//! The policies around a request, and what each layer of them says.

use super::compile::CompiledPolicy;
use super::env::Env;
use super::principals::How;
use super::public::{self, Public};
use crate::policy::Effect;
use serde::Serialize;

/// A layer of policies. Its names are those of `blocked_by`; they sort as the
/// words do.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema,
)]
pub enum Layer {
    /// What a credential may not call, whatever the policies say (R94).
    #[serde(rename = "credential")]
    Credential,
    /// Identity-based policies.
    #[serde(rename = "identity")]
    Identity,
    /// Permissions boundaries.
    #[serde(rename = "pb")]
    Boundary,
    /// Resource control policies.
    #[serde(rename = "rcp")]
    Rcp,
    /// The resource's own policy.
    #[serde(rename = "resource")]
    Resource,
    /// S3's block of public access (R44).
    #[serde(rename = "s3-bpa")]
    S3BlockPublicAccess,
    /// Calls that S3 leaves to the bucket's owner (R93).
    #[serde(rename = "s3-owner")]
    S3Owner,
    /// Service control policies.
    #[serde(rename = "scp")]
    Scp,
    /// Session policies.
    #[serde(rename = "session")]
    Session,
    /// VPC endpoint policies.
    #[serde(rename = "vpce")]
    VpcEndpoint,
}

impl Layer {
    /// The word that stands for it in `blocked_by`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Credential => "credential",
            Self::Identity => "identity",
            Self::Boundary => "pb",
            Self::Rcp => "rcp",
            Self::Resource => "resource",
            Self::S3BlockPublicAccess => "s3-bpa",
            Self::S3Owner => "s3-owner",
            Self::Scp => "scp",
            Self::Session => "session",
            Self::VpcEndpoint => "vpce",
        }
    }

    /// Whether its Allows grant; those of the others only do not stand in the
    /// way (R12, R21, R32).
    #[must_use]
    pub fn grants(self) -> bool {
        matches!(self, Self::Identity | Self::Resource)
    }
}

/// One level of an organization: its root, a unit, or an account.
#[derive(Clone, Debug, Default)]
pub struct Level {
    /// Its name, to be shown.
    pub name: String,
    /// The policies attached to it; they form a union (R11).
    pub policies: Vec<CompiledPolicy>,
}

/// The policies that a request meets.
#[derive(Clone, Debug, Default)]
pub struct PolicySet {
    /// All identity-based policies of the caller, its groups' included (R10).
    pub identity: Vec<CompiledPolicy>,
    /// The policy of the resource; for a role its trust policy (R36).
    pub resource: Option<CompiledPolicy>,
    /// `None`: no boundary set. Several: each must allow; an empty list allows
    /// nothing.
    pub boundaries: Option<Vec<CompiledPolicy>>,
    /// `None`: no session policy. Several form a union (R29).
    pub sessions: Option<Vec<CompiledPolicy>>,
    /// The service control policies of the caller's account: the root first,
    /// the account last; each level must allow (R11). Empty: the account is in
    /// no organization.
    pub scps: Vec<Level>,
    /// The resource control policies of the resource's account, likewise. Each
    /// level has one more, which allows everything and cannot be detached
    /// (R16).
    pub rcps: Vec<Level>,
    /// The policy of the VPC endpoint that the request passes; `None`: it
    /// passes none. Several endpoints: each must allow; an empty list stands
    /// for an endpoint with the policy that AWS gives it, full access (R32).
    pub endpoints: Option<Vec<CompiledPolicy>>,
}

impl PolicySet {
    /// Every policy of the set.
    pub fn policies(&self) -> impl Iterator<Item = &CompiledPolicy> {
        self.identity
            .iter()
            .chain(&self.resource)
            .chain(self.boundaries.iter().flatten())
            .chain(self.sessions.iter().flatten())
            .chain(self.levels().flat_map(|level| &level.policies))
            .chain(self.endpoints.iter().flatten())
    }
}

impl PolicySet {
    /// Every level of the organizations.
    fn levels(&self) -> impl Iterator<Item = &Level> {
        self.scps.iter().chain(&self.rcps)
    }
}

/// What a layer says to a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Says {
    /// The least limited way in which an Allow reaches the caller.
    pub(super) allow: Option<How>,
    /// Whether a Deny matches.
    pub(super) deny: bool,
}

/// What a policy of full access says.
pub(super) const FULL: Says = Says {
    allow: Some(How::Identity),
    deny: false,
};

impl Says {
    /// Takes in a matching statement.
    pub(super) fn add(&mut self, effect: Effect, how: How) {
        match effect {
            Effect::Allow => self.allow = self.allow.max(Some(how)),
            Effect::Deny => self.deny = true,
        }
    }

    /// Both layers must allow; a Deny in either denies.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            allow: self.allow.and(other.allow),
            deny: self.deny || other.deny,
        }
    }
}

/// What every layer that applies says; `None` where it does not apply or
/// does not exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Layers {
    pub(super) identity: Option<Says>,
    pub(super) resource: Option<Says>,
    pub(super) boundary: Option<Says>,
    pub(super) session: Option<Says>,
    pub(super) scp: Option<Says>,
    pub(super) rcp: Option<Says>,
    pub(super) endpoint: Option<Says>,
    /// Whether the bucket's policy is public, where that matters (R44).
    pub(super) public: Option<Public>,
}

/// Which layers apply to a caller (the table of `evaluation.md`, section 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Applies {
    pub(super) identity: bool,
    pub(super) boundary: bool,
    pub(super) session: bool,
    /// Whether a session policy is needed: without one nothing is allowed
    /// (R30).
    pub(super) needs_session: bool,
    /// Whether SCPs reach the caller (R13–R15).
    pub(super) scp: bool,
    /// Whether RCPs reach the request (R17).
    pub(super) rcp: bool,
    /// Whether the policy of a VPC endpoint counts.
    pub(super) endpoint: bool,
    /// Whether the resource's policy counts.
    pub(super) resource: bool,
    /// Root's implicit full access (R33).
    pub(super) implicit: bool,
    /// Whether a Deny of the resource's policy does not count (R33).
    pub(super) resource_deny_ignored: bool,
    /// Whether an Allow of the resource's policy does not count (R42).
    pub(super) resource_allow_ignored: bool,
    /// Whether a public policy of the bucket shuts the caller out (R44).
    pub(super) shut_out_if_public: bool,
}

/// How the policies of a layer work together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Join {
    /// One Allow suffices.
    Union,
    /// Each policy must allow.
    Intersection,
}

/// What one policy says.
pub(super) fn policy_says(policy: &CompiledPolicy, env: &Env) -> Says {
    let policy = policy.reading(env.reading);
    let mut says = Says::default();
    for statement in policy.statements(env) {
        let Some(effect) = statement.effect else {
            continue;
        };
        if let Some(how) = statement.matches(env, policy.policy_type) {
            says.add(effect, how);
        }
    }
    says
}

/// What several policies of one layer say together, given what each says.
pub(super) fn join(each: impl Iterator<Item = Says>, join: Join) -> Says {
    let mut all = each.fuse();
    let first = match join {
        Join::Union => Says::default(),
        Join::Intersection => all.next().unwrap_or_default(),
    };
    all.fold(first, |a, b| match join {
        Join::Intersection => a.and(b),
        Join::Union => Says {
            allow: a.allow.max(b.allow),
            deny: a.deny || b.deny,
        },
    })
}

/// Where a policy stands: its layer, and its level within the organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    pub(super) layer: Layer,
    /// Counted from the root; 0 in layers without levels.
    pub(super) level: usize,
}

/// Asks every layer that applies; `says` answers for one policy.
pub(super) fn ask(
    set: &PolicySet,
    applies: Applies,
    env: &Env,
    says: &mut impl FnMut(Spot, &CompiledPolicy) -> Says,
) -> Layers {
    let mut each = |layer: Layer, policies: &[CompiledPolicy], how: Join| {
        let spot = Spot { layer, level: 0 };
        join(policies.iter().map(|policy| says(spot, policy)), how)
    };
    let identity = if applies.implicit {
        Some(FULL)
    } else {
        let policies = set.identity.as_slice();
        applies
            .identity
            .then(|| each(Layer::Identity, policies, Join::Union))
    };
    let resource = set.resource.as_slice();
    let resource = (applies.resource && !resource.is_empty()).then(|| {
        let mut says = each(Layer::Resource, resource, Join::Union);
        says.deny &= !applies.resource_deny_ignored;
        says.allow = says.allow.filter(|_| !applies.resource_allow_ignored);
        says
    });
    let bucket = set.resource.as_ref().filter(|_| applies.shut_out_if_public);
    let public = bucket.map(|policy| public::policy(policy.reading(env.reading).statements(env)));
    let boundary = set.boundaries.as_deref().filter(|_| applies.boundary);
    let boundary = boundary.map(|policies| each(Layer::Boundary, policies, Join::Intersection));
    let session = set.sessions.as_deref().filter(|_| applies.session);
    let session = session.map(|policies| {
        let mut says = each(Layer::Session, policies, Join::Union);
        // AWS refuses the whole session, not one of its policies (R58).
        if policies
            .iter()
            .any(|policy| policy.reading(env.reading).is_refused(env))
        {
            says.allow = None;
        }
        says
    });
    let endpoints = set.endpoints.as_deref().filter(|_| applies.endpoint);
    let endpoint = endpoints.map(|policies| match policies {
        [] => FULL,
        policies => each(Layer::VpcEndpoint, policies, Join::Intersection),
    });
    let mut levels = |layer: Layer, levels: &[Level], assumed: Says| {
        let each = levels.iter().enumerate().map(|(level, at)| {
            let spot = Spot { layer, level };
            let policies = at.policies.iter().map(|policy| says(spot, policy));
            join([assumed].into_iter().chain(policies), Join::Union)
        });
        join(each, Join::Intersection)
    };
    let scps = set.scps.as_slice();
    let scp = (applies.scp && !scps.is_empty()).then(|| levels(Layer::Scp, scps, Says::default()));
    let rcps = set.rcps.as_slice();
    let rcp = (applies.rcp && !rcps.is_empty()).then(|| levels(Layer::Rcp, rcps, FULL));
    Layers {
        identity,
        resource,
        boundary,
        session: session.or(applies.needs_session.then(Says::default)),
        scp,
        rcp,
        endpoint,
        public,
    }
}
