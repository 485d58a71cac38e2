//! Actions against patterns (R51–R54).

use super::glob::{self, Unit};
use super::template::Template;
use crate::policy::{ActionKind, ActionPattern};

/// A compiled entry of `Action` or `NotAction`.
#[derive(Clone, Debug)]
pub(super) struct Action {
    pub(super) text: String,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Any,
    Named { service: String, name: Vec<Unit> },
    Never,
}

impl Action {
    pub(super) fn new(pattern: &ActionPattern) -> Self {
        let kind = match &pattern.kind {
            ActionKind::Any => Kind::Any,
            ActionKind::Malformed => Kind::Never,
            ActionKind::Named { service, name } => match Template::new(name) {
                Template::Fixed(name) => Kind::Named {
                    service: service.clone(),
                    name,
                },
                Template::Variable(_) => Kind::Never,
            },
        };
        Self {
            text: pattern.text.clone(),
            kind,
        }
    }

    /// Whether it matches `service:name`. A wildcard in the pattern's service
    /// is compared as text and so matches nothing (R53).
    pub(super) fn matches(&self, service: &str, name: &str) -> bool {
        match &self.kind {
            Kind::Any => true,
            Kind::Never => false,
            Kind::Named {
                service: wanted,
                name: pattern,
            } => wanted.eq_ignore_ascii_case(service) && glob::matches(pattern, name, usize::MAX),
        }
    }
}
