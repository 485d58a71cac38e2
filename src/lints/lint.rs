//! What a lint is: metadata, documentation, a check.

use super::{Context, Documentation, Report};
use crate::policy::Statement;
use crate::text::Severity;
use serde::{Deserialize, Serialize};

/// Who wants to see a finding (`ux.md` section 3). Ordered: each sees what
/// those before it see.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
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
pub enum Persona {
    /// Everyone.
    #[default]
    Regular,
    /// People who polish.
    Pedantic,
    /// People who review everything, inventory and weak hints included.
    Auditor,
}

/// What a finding rests on.
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
pub enum Confidence {
    /// A curated list or a pattern.
    Heuristic,
    /// A stated assumption: a catalog entry, a detected policy type.
    Likely,
    /// Decided by the simulator, or a fact of the text.
    Proved,
}

/// The group a lint belongs to (`lints.md` section 3). Its folder has the same
/// name.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // the names say it
pub enum Family {
    Grammar,
    Principal,
    Action,
    Arn,
    Condition,
    Permissions,
    Trust,
    Reachability,
    Size,
    Template,
}

/// What a lint is given.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// One statement.
    Statement,
    /// All statements of one document.
    Document,
}

/// Codes of other tools for the same fault: tool → codes.
pub type Aliases = &'static [(&'static str, &'static [&'static str])];

/// One lint: everything its file states.
pub struct Lint {
    /// The file's name in kebab case; names the bad pattern.
    pub id: &'static str,
    /// Its family and folder.
    pub family: Family,
    /// The highest severity a finding of it may have.
    pub severity: Severity,
    /// The widest audience a finding of it may have.
    pub persona: Persona,
    /// Whether it judges by the policy type: where the type is only guessed
    /// from the document's shape, its findings drop one severity.
    pub needs_type: bool,
    /// The release that brought it.
    pub since: &'static str,
    /// Codes of other tools.
    pub aliases: Aliases,
    /// The text of the lint's file: its doc comment is the documentation.
    pub(super) source: &'static str,
    pub(super) check: Check,
}

/// How a lint finds its fault.
#[derive(Clone, Copy)]
pub(super) enum Check {
    /// The readers find it: their diagnostics of this id become findings.
    Reported,
    /// Looks at one statement at a time.
    Statement(fn(&Context<'_>, &Statement, &mut Report<'_>)),
    /// Looks at a whole document that was read as a policy.
    Document(fn(&Context<'_>, &mut Report<'_>)),
}

impl Lint {
    /// Whether another tool's code stands for it; letter case does not matter.
    pub(super) fn has_alias(&self, code: &str) -> bool {
        let mut codes = self.aliases.iter().flat_map(|(_, codes)| *codes);
        codes.any(|known| known.eq_ignore_ascii_case(code))
    }

    /// Its documentation, from the doc comment of its file.
    #[must_use]
    pub fn documentation(&self) -> Documentation {
        Documentation::read(self.source)
    }

    /// What it is given.
    #[must_use]
    pub fn scope(&self) -> Scope {
        match self.check {
            Check::Statement(_) => Scope::Statement,
            Check::Reported | Check::Document(_) => Scope::Document,
        }
    }
}

impl std::fmt::Debug for Lint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id)
    }
}
