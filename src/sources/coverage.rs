//! How much of the input was understood: part of every output, so that
//! nothing is skipped silently.

use super::{Completeness, Failure, Inventory};
use serde::Serialize;
use std::collections::BTreeSet;

/// Counts of documents by completeness, and what stands in the way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Coverage {
    /// Files that hold a document.
    pub files: usize,
    /// Policy documents.
    pub documents: usize,
    /// Documents read as a whole, every string literal.
    pub full: usize,
    /// Documents read as a whole, with tokens of a deployment tool in them.
    pub symbolic: usize,
    /// Documents of which something is missing or unreadable.
    pub partial: usize,
    /// Documents of which nothing is known.
    pub opaque: usize,
    /// Why a document is not full, what could not be read, and what is missing
    /// from the input, each as `path: reason` or `path:line: reason`.
    pub reasons: Vec<String>,
}

impl Coverage {
    pub(super) fn of(inventory: &Inventory) -> Self {
        let files: BTreeSet<_> = inventory.documents.iter().map(|d| d.source).collect();
        let mut coverage = Self {
            files: files.len(),
            documents: inventory.documents.len(),
            ..Self::default()
        };
        for document in &inventory.documents {
            *match document.completeness {
                Completeness::Full => &mut coverage.full,
                Completeness::Symbolic => &mut coverage.symbolic,
                Completeness::Partial => &mut coverage.partial,
                Completeness::Opaque => &mut coverage.opaque,
            } += 1;
            if let Some(reason) = &document.reason {
                let source = inventory.source(document.source);
                let line = source.position(document.span.start).line;
                let name = source.name();
                coverage.reasons.push(format!("{name}:{line}: {reason}"));
            }
        }
        let missing = inventory.failures.iter().chain(&inventory.gaps);
        coverage.reasons.extend(missing.map(Failure::to_string));
        coverage
    }

    /// Without what could not be read, for a text beside which that is told.
    #[must_use]
    pub fn beside(mut self, failures: &[Failure]) -> Self {
        let told: BTreeSet<String> = failures.iter().map(Failure::to_string).collect();
        self.reasons.retain(|reason| !told.contains(reason));
        self
    }
}
