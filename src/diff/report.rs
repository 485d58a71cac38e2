//! What a comparison came to, ready to be told: places are lines, requests are
//! those of the batch format.

use super::blame::How;
use crate::catalog::AccessLevel;
use crate::policy::PolicyType;
use crate::semantics::Request;
use crate::semantics::compare::{Reach, Relation};
use crate::sources::{Completeness, Coverage, Failure};
use serde::Serialize;
use std::collections::BTreeMap;

/// The verdict for people (`contract.md`), which is the relation in words.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Access is the same.
    None,
    /// Some access is gone, and none is new.
    Narrowed,
    /// Some access is new, and none is gone.
    Widened,
    /// Some access is new and some is gone.
    Changed,
    /// Not decided.
    Undecided,
}

impl Verdict {
    /// The word of the contract.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Narrowed => "narrowed",
            Self::Widened => "widened",
            Self::Changed => "changed",
            Self::Undecided => "undecided",
        }
    }
}

impl From<Relation> for Verdict {
    fn from(relation: Relation) -> Self {
        match relation {
            Relation::Equivalent => Self::None,
            Relation::Wider => Self::Widened,
            Relation::Narrower => Self::Narrowed,
            Relation::Incomparable => Self::Changed,
            Relation::Unknown => Self::Undecided,
        }
    }
}

/// Everything there is to tell of a change.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Report {
    /// All changes together, in words.
    pub verdict: Verdict,
    /// All changes together: how the new side stands to the old one.
    pub relation: Relation,
    /// The documents whose text is not the same on both sides, by file.
    pub changes: Vec<Change>,
    /// Documents whose text is the same on both sides.
    pub unchanged: usize,
    /// What was compared, and what could not be read.
    pub coverage: Coverage,
    /// What the verdict rests on, in sentences without full stop.
    pub assumptions: Vec<String>,
    /// What else a reviewer should know, likewise.
    pub notes: Vec<String>,
    /// Documents that AWS would not take, with the mistake; they stand in
    /// `coverage` too.
    #[serde(skip)]
    pub refused: Vec<Failure>,
}

impl Report {
    /// Whether a request is known that only the new side allows.
    #[must_use]
    pub fn gains(&self) -> bool {
        self.changes.iter().any(|change| !change.gained.is_empty())
    }

    /// Whether a document, or all of them together, could not be decided.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let mut relations = self.changes.iter().map(|change| change.relation);
        self.relation == Relation::Unknown || relations.any(|r| r == Relation::Unknown)
    }

    /// Whether there was nothing to compare.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.unchanged == 0
    }
}

/// One document that was changed, added or removed.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Change {
    /// The document on the old side; absent where it was added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<DocumentAt>,
    /// The document on the new side; absent where it was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<DocumentAt>,
    /// The type as which both were read.
    pub policy_type: PolicyType,
    /// What became of access, in words.
    pub verdict: Verdict,
    /// How the new document stands to the old one.
    pub relation: Relation,
    /// Why it is not decided, and what else there is to say
    /// (`policy-variable:aws:username`).
    pub reasons: Vec<String>,
    /// What is allowed and was not, the most dangerous first.
    pub gained: Vec<Access>,
    /// What was allowed and is no longer.
    pub lost: Vec<Access>,
    /// Whether more was gained than is listed.
    pub more_gained: bool,
    /// Whether more was lost than is listed.
    pub more_lost: bool,
    /// The settings under which the relation is another one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uncertain: Vec<Other>,
    /// What the verdict rests on where the documents hold symbols.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbols: Option<OverSymbols>,
    /// Statements that stand on both sides and are proved to say the same, by
    /// Sid or number.
    pub identical: Vec<String>,
    /// The two texts.
    #[serde(skip)]
    pub text: Text,
}

/// For which values of what a deployment fills in the verdict holds.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct OverSymbols {
    /// The addresses of the symbols whose value is open.
    pub open: Vec<String>,
    /// For which of their values it was proved that nothing is gained, or that
    /// nothing is lost.
    pub reach: Reach,
    /// The same in words; absent where no symbol is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// Values that were taken because they are the default or were given.
    pub chosen: BTreeMap<String, String>,
    /// Values under which the relation is another one.
    pub otherwise: Vec<Otherwise>,
}

/// Another relation under certain values of symbols.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Otherwise {
    /// The values, by address.
    pub values: BTreeMap<String, String>,
    /// The same in words.
    pub words: String,
    /// The relation with them.
    pub relation: Relation,
    /// A request that only the new document allows with them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness_new: Option<serde_json::Value>,
    /// A request that only the old document allows with them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness_lost: Option<serde_json::Value>,
}

/// The texts of a document on both sides; empty where it stands on one only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// As it was.
    pub old: String,
    /// As it is.
    pub new: String,
}

impl Change {
    /// Where it stands; on the new side if it does.
    #[must_use]
    pub fn place(&self) -> Option<&DocumentAt> {
        self.new.as_ref().or(self.old.as_ref())
    }
}

/// Where a document stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct DocumentAt {
    /// The file: a path, or `REVISION:path` in a revision.
    pub file: String,
    /// Where in the file the document is, if it is not the whole file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Its first line, from 1.
    pub line: u32,
    /// How much of it is known.
    pub completeness: Completeness,
}

/// Actions on resources under conditions, as the policies themselves put it.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Access {
    /// Stands for it from run to run, as long as it is the same access of the
    /// same document; no line numbers.
    pub fingerprint: String,
    /// Names, and patterns of the statement that allows.
    pub actions: Vec<String>,
    /// How many actions the catalog knows among them.
    pub known_actions: usize,
    /// The most dangerous access level among those.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worst: Option<AccessLevel>,
    /// Who, as the statement names them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub principals: Vec<String>,
    /// On what.
    pub resources: Vec<String>,
    /// What of that does not belong to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
    /// When it holds: a conjunction, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
    /// The statement that allows it, on the side that does.
    pub allowed_by: Vec<StatementAt>,
    /// The statement that denies it on the other side; absent where nothing
    /// allows it there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denied_by: Option<StatementAt>,
    /// Which edits made the difference for the witness; absent where no few of
    /// them did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caused_by: Option<Cause>,
    /// A request of it that was replayed on both sides, in the batch format of
    /// `simulate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<serde_json::Value>,
    /// The same.
    #[serde(skip)]
    pub request: Option<Request>,
}

/// The edits that made a difference: each was put back by itself, and the
/// simulator asked again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Cause {
    /// How they hang together.
    pub how: How,
    /// The edits.
    pub edits: Vec<EditAt>,
}

/// One edit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct EditAt {
    /// What it did, without full stop: "the Deny `NoDelete` is gone".
    pub words: String,
    /// The statement it is in; on the new side if that stands there.
    pub statement: StatementAt,
}

/// Where a statement stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct StatementAt {
    /// The file: a path, or `REVISION:path` in a revision.
    pub file: String,
    /// Its first line, from 1.
    pub line: u32,
    /// Its Sid, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Its number in the document, from 1.
    pub number: usize,
}

impl StatementAt {
    /// Its Sid, or its number: `NoPrivate`, `statement 2`.
    #[must_use]
    pub fn name(&self) -> String {
        let sid = self.sid.clone().filter(|sid| !sid.is_empty());
        sid.unwrap_or_else(|| format!("statement {}", self.number))
    }
}

/// Another relation under another value of a setting.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Other {
    /// The setting.
    pub setting: &'static str,
    /// Its other value.
    pub value: &'static str,
    /// The relation under it.
    pub relation: Relation,
    /// A request that only the new document allows under it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness_new: Option<serde_json::Value>,
    /// A request that only the old document allows under it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness_lost: Option<serde_json::Value>,
}
