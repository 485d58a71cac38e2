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
    /// A name without wildcards, as most are: that of the text, behind the
    /// colon here.
    Name {
        colon: usize,
    },
    Glob {
        colon: usize,
        name: Vec<Unit>,
    },
    Never,
}

impl Action {
    pub(super) fn new(pattern: &ActionPattern) -> Self {
        let kind = match &pattern.kind {
            ActionKind::Any => Kind::Any,
            ActionKind::Malformed => Kind::Never,
            ActionKind::Named { service, name } => {
                let colon = service.len();
                match name.as_literal() {
                    Some(_) => Kind::Name { colon },
                    None => match Template::new(name) {
                        Template::Fixed(name) => Kind::Glob { colon, name },
                        Template::Variable(_) => Kind::Never,
                    },
                }
            }
        };
        Self {
            text: pattern.text.clone(),
            kind,
        }
    }

    /// Whether it matches `service:name`. A wildcard in the pattern's service
    /// is compared as text and so matches nothing (R53).
    pub(super) fn matches(&self, service: &str, name: &str) -> bool {
        let is_own = |colon: usize| {
            let own = self.text.get(..colon);
            own.is_some_and(|own| own.eq_ignore_ascii_case(service))
        };
        match &self.kind {
            Kind::Any => true,
            Kind::Never => false,
            Kind::Name { colon } => {
                let own = self.text.get(colon + 1..);
                is_own(*colon) && own.is_some_and(|own| own.eq_ignore_ascii_case(name))
            }
            Kind::Glob {
                colon,
                name: pattern,
            } => is_own(*colon) && glob::matches(pattern, name, usize::MAX),
        }
    }
}
