//! What was read: documents, the principals that carry them, and what could
//! not be read. Everything above this floor sees policies only as this.

use super::{Coverage, Entity, Organization};
use crate::policy::{Policy, PolicyType, Symbol};
use crate::text::{Diagnostic, Source, Span};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A source of one [`Inventory`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub(super) usize);

/// A document of one [`Inventory`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentId(pub(super) usize);

/// A principal of one [`Inventory`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityId(pub(super) usize);

/// The notation a document was found in (`contract.md`).
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
pub enum Form {
    /// Policy JSON, alone or inside another JSON document.
    Json,
    /// A policy written in YAML.
    Yaml,
    /// Terraform or OpenTofu.
    Terraform,
    /// The output of `terraform show -json`.
    TerraformPlan,
    /// A CloudFormation template.
    #[serde(rename = "cloudformation")]
    CloudFormation,
    /// A SAM template.
    Sam,
    /// A template in a CDK cloud assembly.
    Cdk,
    /// `serverless.yml`.
    Serverless,
    /// The output of `iam get-account-authorization-details`.
    Account,
    /// Policies of an organization.
    Organization,
    /// A Pulumi preview or stack export.
    Pulumi,
}

impl Form {
    /// The word of the contract: `json`, `terraform-plan`, ….
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Yaml => "yaml",
            Self::Terraform => "terraform",
            Self::TerraformPlan => "terraform-plan",
            Self::CloudFormation => "cloudformation",
            Self::Sam => "sam",
            Self::Cdk => "cdk",
            Self::Serverless => "serverless",
            Self::Account => "account",
            Self::Organization => "organization",
            Self::Pulumi => "pulumi",
        }
    }
}

/// How much of a document is known. Ordered: [`Completeness::Full`] is best.
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
#[serde(rename_all = "snake_case")]
pub enum Completeness {
    /// Everything was read, every string is literal.
    Full,
    /// Everything was read; some values are known at deployment only.
    Symbolic,
    /// Something is missing or unreadable, the rest is sound: a missing Allow
    /// may allow more, a missing Deny may deny more.
    Partial,
    /// Nothing is known of what it grants.
    Opaque,
}

impl Completeness {
    /// The word of the contract: `full`, `symbolic`, ….
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Symbolic => "symbolic",
            Self::Partial => "partial",
            Self::Opaque => "opaque",
        }
    }
}

/// What a document is attached to, as far as its place tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// The place does not say: a plain file.
    Unstated,
    /// A managed policy.
    ManagedPolicy,
    /// Inline in a user.
    User,
    /// Inline in a group.
    Group,
    /// Inline in a role.
    Role,
    /// The trust policy of a role.
    RoleTrust,
    /// A resource, of the service with this action prefix (`s3`, `kms`, …) where
    /// the place tells.
    Resource(Option<&'static str>),
    /// A policy of an organization.
    Organization,
    /// The inline policy of a permission set.
    PermissionSet,
}

/// One policy document and where it stands.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its place in [`Inventory::documents`].
    pub id: DocumentId,
    /// The file it was read from.
    pub source: SourceId,
    /// The notation it was found in.
    pub form: Form,
    /// Where in the file: `role/app/orders:inline/OrdersData` in an account
    /// export, a JSON pointer (RFC 6901) in other JSON; absent where the
    /// document is the whole file.
    pub address: Option<String>,
    /// What it is attached to.
    pub host: Host,
    /// The ARN of what it belongs to, where the place tells: the managed
    /// policy, the role or user that holds it inline, the queue, ….
    pub arn: Option<String>,
    /// The principal that holds it inline or as its trust policy. A managed
    /// policy may be attached to many: see [`Entity::policies`].
    pub entity: Option<EntityId>,
    /// The type that decides its grammar.
    pub policy_type: PolicyType,
    /// Whether the type is declared or told by the place; otherwise it is
    /// guessed from the document's shape (`lints.md` section 7).
    pub certain: bool,
    /// The whole document; the whole file where none could be made out.
    pub span: Span,
    /// What it says; absent where it is [`Completeness::Opaque`].
    pub policy: Option<Policy>,
    /// The reading by first occurrences, where duplicate keys make it differ
    /// (R49).
    pub first: Option<Policy>,
    /// The policy without its guards, where it has any: what is written in it,
    /// whatever the deployment takes.
    pub unguarded: Option<Policy>,
    /// What a deployment fills in, sorted by address.
    pub symbols: Vec<Symbol>,
    /// Under which conditions of the deployment it exists at all: `IsProd`,
    /// `not IsProd`.
    pub guards: Vec<String>,
    /// Mistakes of notation and of the policy language, in document order.
    pub diagnostics: Vec<Diagnostic>,
    /// How much of it is known.
    pub completeness: Completeness,
    /// Why it is not [`Completeness::Full`]: lowercase, no full stop.
    pub reason: Option<String>,
}

/// A document that no input holds.
#[derive(Clone, Debug)]
pub(super) struct Supplied {
    /// Its text, named by its ARN.
    pub(super) source: Source,
    pub(super) document: Document,
}

/// An input, and one thing to say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// As it was named or found; `-` for standard input.
    pub path: String,
    /// Lowercase, no full stop.
    pub message: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// Everything that was read. Sources, documents and entities are in a fixed
/// order: paths as given, folders sorted, then the order of the text.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// The files that hold a document or an entity.
    pub sources: Vec<Source>,
    /// Their documents.
    pub documents: Vec<Document>,
    /// The principals of account exports.
    pub entities: Vec<Entity>,
    /// Organizations, with the levels that their policies are attached to.
    pub organizations: Vec<Organization>,
    /// What could not be read at all; the rest was (exit code 2).
    pub failures: Vec<Failure>,
    /// Inputs that were named, could be read and hold no policy. No failure:
    /// where nothing else is there, there is nothing to analyse (exit code 3).
    pub empty: Vec<Failure>,
    /// What is missing from an input that was read, such as an attached policy
    /// that the export does not hold.
    pub gaps: Vec<Failure>,
    /// Policies that AWS manages, which the input attaches and does not hold:
    /// their ids go on where those of the documents end.
    pub(super) supplied: Vec<Supplied>,
    /// Files found in folders that hold no policy.
    pub without_policy: u64,
    /// Entities by ARN: an account has thousands.
    pub(super) by_arn: HashMap<String, EntityId>,
    /// Groups by account and name, as users refer to them.
    pub(super) groups: HashMap<(String, String), EntityId>,
}

impl Inventory {
    /// The source of an id.
    ///
    /// # Panics
    /// When the id is of another inventory.
    #[must_use]
    pub fn source(&self, id: SourceId) -> &Source {
        match self.sources.get(id.0) {
            Some(source) => source,
            None => &self.supplied[id.0 - self.sources.len()].source,
        }
    }

    /// The document of an id.
    ///
    /// # Panics
    /// When the id is of another inventory.
    #[must_use]
    pub fn document(&self, id: DocumentId) -> &Document {
        match self.documents.get(id.0) {
            Some(document) => document,
            None => &self.supplied[id.0 - self.documents.len()].document,
        }
    }

    /// The entity of an id.
    ///
    /// # Panics
    /// When the id is of another inventory.
    #[must_use]
    pub fn entity(&self, id: EntityId) -> &Entity {
        &self.entities[id.0]
    }

    /// The entity with this ARN.
    #[must_use]
    pub fn entity_by_arn(&self, arn: &str) -> Option<&Entity> {
        self.by_arn.get(arn).map(|&id| self.entity(id))
    }

    /// The same with `prefix` in front of the name of every file: what was read
    /// by paths that lead from one to another belongs to a revision.
    #[must_use]
    pub fn prefixed(mut self, prefix: &str) -> Self {
        self.sources = self
            .sources
            .into_iter()
            .map(|source| {
                let name = format!("{prefix}{}", source.name());
                source.renamed(name)
            })
            .collect();
        let lists = [&mut self.failures, &mut self.empty, &mut self.gaps];
        for failure in lists.into_iter().flatten() {
            failure.path.insert_str(0, prefix);
        }
        self
    }

    /// How much of the input was understood.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        Coverage::of(self)
    }
}
