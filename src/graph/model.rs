//! What the graph is made of. Later views add kinds here; a kind that is not
//! built does not exist.

use super::ObservedRequest;
use std::collections::BTreeSet;
use std::fmt;

/// Something that can stand in the graph. Ordered, so that nodes are inserted
/// sorted and neither indices nor output depend on the order of files.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    /// An account whose entities or records were read: twelve digits.
    Account(String),
    /// A user's ARN.
    User(String),
    /// A group's ARN.
    Group(String),
    /// A role's ARN; stands for its sessions too.
    Role(String),
    /// `lambda.amazonaws.com`.
    ServicePrincipal(String),
    /// The ARN of an OIDC or SAML provider, or a web identity domain.
    FederatedPrincipal(String),
    /// A principal that is named and was not read: its ARN, an account, a
    /// unique or canonical id.
    OtherPrincipal(String),
    /// Every AWS principal of every account: `{"AWS": "*"}`.
    AnyAws,
    /// Everybody, without credentials too. `*` as a principal reaches both.
    Anonymous,
    /// A policy document.
    Policy(PolicyKey),
    /// A resource that was used: an ARN, an ARN with `*`, or `*`.
    Resource(String),
    /// What runs as a principal.
    Workload(WorkloadKey),
    /// The hop between an instance and its role: an ARN.
    InstanceProfile(String),
    /// A reference that leads nowhere in the input; never dropped.
    Unknown(String),
}

/// What tells one policy document from another, wherever it was read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyKey {
    /// A managed policy, by its ARN.
    Managed(String),
    /// Inline in, or the trust policy of, the entity with this ARN, by its
    /// address in the export.
    Inline {
        /// ARN of the user, group or role.
        entity: String,
        /// `inline/OrdersData`, `trust`.
        name: String,
    },
}

impl fmt::Display for PolicyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Managed(arn) => f.write_str(resource_part(arn)),
            Self::Inline { name, .. } => f.write_str(name),
        }
    }
}

/// What tells one workload from another: the same function under two roles is
/// two workloads, two tasks of one service are one (C14, C15).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkloadKey {
    /// ARN of the role it runs as, or of the user it is.
    pub principal: String,
    /// As [`super::Workload::kind`].
    pub kind: String,
    /// As [`super::Workload::name`].
    pub name: String,
}

impl WorkloadKey {
    /// `lambda/orders-api`.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{}/{}", self.kind, self.name)
    }
}

/// What is known of a workload beside its key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkloadFacts {
    /// What named it (C15): one or more.
    pub bases: BTreeSet<String>,
    /// The service principals that took the role for it, where known.
    pub services: BTreeSet<String>,
}

/// How two nodes hang together; the direction is that of the words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edge<'a> {
    /// User, group or role → its identity policy.
    Attached,
    /// User or role → the managed policy that caps it.
    BoundedBy,
    /// User → group; principal → account.
    MemberOf,
    /// Role → principal, as its trust policy names it.
    Trusts {
        /// Index of the statement in the trust policy.
        statement: usize,
        /// Condition keys of that statement, sorted: what must still hold.
        conditions: Vec<String>,
    },
    /// Workload → the principal it runs as; instance profile → its role.
    RunsAs,
    /// Workload → resource: what was seen, in order of action and outcome.
    Used(Vec<&'a ObservedRequest>),
}

impl Node {
    /// The word for its kind in every output.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Account(_) => "account",
            Self::User(_) => "user",
            Self::Group(_) => "group",
            Self::Role(_) => "role",
            Self::ServicePrincipal(_) => "service_principal",
            Self::FederatedPrincipal(_) => "federated_principal",
            Self::OtherPrincipal(_) => "other_principal",
            Self::AnyAws => "any_aws",
            Self::Anonymous => "anonymous",
            Self::Policy(_) => "policy",
            Self::Resource(_) => "resource",
            Self::Workload(_) => "workload",
            Self::InstanceProfile(_) => "instance_profile",
            Self::Unknown(_) => "unknown",
        }
    }

    /// A name that no other node has.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::User(arn)
            | Self::Group(arn)
            | Self::Role(arn)
            | Self::InstanceProfile(arn)
            | Self::Resource(arn) => arn.clone(),
            Self::Account(text)
            | Self::ServicePrincipal(text)
            | Self::FederatedPrincipal(text)
            | Self::OtherPrincipal(text)
            | Self::Unknown(text) => format!("{}:{text}", self.kind()),
            Self::AnyAws | Self::Anonymous => self.kind().to_owned(),
            Self::Policy(PolicyKey::Managed(arn)) => arn.clone(),
            Self::Policy(PolicyKey::Inline { entity, name }) => format!("{entity}:{name}"),
            Self::Workload(key) => format!("{}:{}/{}", key.principal, key.kind, key.name),
        }
    }

    /// What people call it: an ARN without its first five fields.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::User(arn) | Self::Group(arn) | Self::Role(arn) | Self::InstanceProfile(arn) => {
                resource_part(arn).to_owned()
            }
            Self::Resource(arn) => shorten(arn),
            Self::FederatedPrincipal(text) => resource_part(text).to_owned(),
            Self::OtherPrincipal(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                format!("account {text}")
            }
            Self::Account(text)
            | Self::ServicePrincipal(text)
            | Self::OtherPrincipal(text)
            | Self::Unknown(text) => text.clone(),
            Self::AnyAws => "any AWS principal".to_owned(),
            Self::Anonymous => "anybody".to_owned(),
            Self::Policy(key) => key.to_string(),
            Self::Workload(key) => key.name.clone(),
        }
    }
}

impl Edge<'_> {
    /// The word for its kind in every output.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Attached => "attached",
            Self::BoundedBy => "bounded_by",
            Self::MemberOf => "member_of",
            Self::Trusts { .. } => "trusts",
            Self::RunsAs => "runs_as",
            Self::Used(_) => "used",
        }
    }
}

/// The sixth field of an ARN; the whole text of anything else.
#[must_use]
pub fn resource_part(arn: &str) -> &str {
    arn.splitn(6, ':').nth(5).unwrap_or(arn)
}

/// An ARN as people write it where account and Region are clear: service and
/// resource. Other text stays.
#[must_use]
pub fn shorten(arn: &str) -> String {
    let fields: Vec<&str> = arn.splitn(6, ':').collect();
    match fields.as_slice() {
        ["arn", _, service, _, _, resource] => format!("{service}:{resource}"),
        _ => arn.to_owned(),
    }
}
