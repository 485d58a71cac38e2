//! A whole policy document.

use super::{Condition, Statement};
use crate::text::{Span, Spanned};
use serde::{Deserialize, Serialize};

/// The role a document plays, which decides its grammar (`lints.md` section 7).
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
#[serde(rename_all = "kebab-case")]
pub enum PolicyType {
    /// Attached to a user, group or role; managed or inline.
    Identity,
    /// Attached to a resource.
    Resource,
    /// The trust policy of a role.
    Trust,
    /// A service control policy.
    Scp,
    /// A resource control policy.
    Rcp,
    /// A permissions boundary.
    Boundary,
    /// A session policy.
    Session,
    /// A VPC endpoint policy.
    VpcEndpoint,
}

impl PolicyType {
    /// Every type.
    pub const ALL: &'static [Self] = &[
        Self::Identity,
        Self::Resource,
        Self::Trust,
        Self::Scp,
        Self::Rcp,
        Self::Boundary,
        Self::Session,
        Self::VpcEndpoint,
    ];

    /// The type of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Whether statements name a principal (R50).
    #[must_use]
    pub fn has_principal(self) -> bool {
        matches!(
            self,
            Self::Resource | Self::Trust | Self::Rcp | Self::VpcEndpoint
        )
    }

    /// The word of the contract: `identity`, `vpc-endpoint`, ….
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Resource => "resource",
            Self::Trust => "trust",
            Self::Scp => "scp",
            Self::Rcp => "rcp",
            Self::Boundary => "boundary",
            Self::Session => "session",
            Self::VpcEndpoint => "vpc-endpoint",
        }
    }
}

/// The version of the policy language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// `2008-10-17`, also where none is written (R48): no policy variables.
    V2008,
    /// `2012-10-17`.
    V2012,
}

/// Which occurrence of a repeated JSON key is read (R49).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Occurrence {
    /// The first one.
    First,
    /// The last one, as most JSON readers do.
    #[default]
    Last,
}

/// One policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The document's object.
    pub span: Span,
    /// As written; absent means [`Version::V2008`].
    pub version: Option<Spanned<Version>>,
    /// The document's own id.
    pub id: Option<Spanned<String>>,
    /// In document order.
    pub statements: Vec<Statement>,
}

impl Policy {
    /// The version in force (R48).
    #[must_use]
    pub fn effective_version(&self) -> Version {
        self.version
            .as_ref()
            .map_or(Version::V2008, |version| version.value)
    }

    /// The same policy where all of these hold at deployment: `IsProd`, or
    /// `not IsProd`.
    #[must_use]
    pub fn guarded(&self, guards: &[String]) -> Self {
        let mut policy = self.clone();
        for statement in &mut policy.statements {
            let span = statement.span;
            let conditions = guards.iter().map(|guard| Condition::of_guard(guard, span));
            statement.conditions.extend(conditions);
        }
        policy
    }

    /// The same policy without what a deployment decides: every statement stands
    /// as if its guards held, and once where its copies then say the same.
    #[must_use]
    pub fn without_guards(&self) -> Self {
        let mut policy = self.clone();
        for statement in &mut policy.statements {
            statement.conditions.retain(|one| !one.is_guard());
        }
        policy.statements.dedup();
        policy
    }

    /// The same policy with every span empty: two policies that are equal so
    /// say the same in the same order.
    #[must_use]
    pub fn without_spans(&self) -> Self {
        let mut policy = self.clone();
        policy.span = Span::default();
        clear(&mut policy.version);
        clear(&mut policy.id);
        for statement in &mut policy.statements {
            statement.clear_spans();
        }
        policy
    }
}

pub(super) fn clear<'a, T: 'a>(values: impl IntoIterator<Item = &'a mut Spanned<T>>) {
    for value in values {
        value.span = Span::default();
    }
}
