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
    #[schemars(with = "Vec<String>")]
    pub reasons: Vec<Reason>,
}

/// Something that stands in the way of reading all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reason {
    /// What it makes of a document; absent where it is about no document.
    pub completeness: Option<Completeness>,
    /// `path`, or `path:line`.
    pub place: String,
    /// Lowercase, no full stop.
    pub message: String,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl Serialize for Reason {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl From<&Failure> for Reason {
    fn from(failure: &Failure) -> Self {
        Self {
            completeness: None,
            place: failure.path.clone(),
            message: failure.message.clone(),
        }
    }
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
                coverage.reasons.push(Reason {
                    completeness: Some(document.completeness),
                    place: format!("{}:{line}", source.name()),
                    message: reason.clone(),
                });
            }
        }
        let missing = inventory.failures.iter().chain(&inventory.gaps);
        coverage.reasons.extend(missing.map(Reason::from));
        coverage
    }

    /// Of both inputs, each file and document counted where it was read.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.files += other.files;
        self.documents += other.documents;
        self.full += other.full;
        self.symbolic += other.symbolic;
        self.partial += other.partial;
        self.opaque += other.opaque;
        for reason in other.reasons {
            if !self.reasons.contains(&reason) {
                self.reasons.push(reason);
            }
        }
        self
    }

    /// Without what could not be read, for a text beside which that is told.
    #[must_use]
    pub fn beside(mut self, failures: &[Failure]) -> Self {
        let told: BTreeSet<Reason> = failures.iter().map(Reason::from).collect();
        self.reasons.retain(|reason| !told.contains(reason));
        self
    }
}
