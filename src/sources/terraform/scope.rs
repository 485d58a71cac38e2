//! Where an expression stands: its file, its module, and the names that only
//! hold there.

use super::module::Instance;
use super::value::{Site, Val};
use super::world::FileId;
use crate::text::Span;
use std::rc::Rc;

/// The surroundings of an expression.
#[derive(Clone)]
pub(super) struct Scope {
    pub(super) instance: Rc<Instance>,
    pub(super) file: FileId,
    /// `each`, `count`, the names of `for` and of `dynamic`.
    names: Option<Rc<Name>>,
    /// Whether only these names are known: in a template file.
    pub(super) closed: bool,
}

struct Name {
    name: String,
    value: Val,
    next: Option<Rc<Name>>,
}

impl Scope {
    pub(super) fn new(instance: &Rc<Instance>, file: FileId) -> Self {
        Self {
            instance: Rc::clone(instance),
            file,
            names: None,
            closed: false,
        }
    }

    pub(super) fn site(&self, span: Span) -> Site {
        Site {
            file: self.file,
            span,
        }
    }

    /// The same place with one more name.
    pub(super) fn with(&self, name: &str, value: Val) -> Self {
        let mut scope = self.clone();
        scope.names = Some(Rc::new(Name {
            name: name.to_owned(),
            value,
            next: self.names.clone(),
        }));
        scope
    }

    /// A template file, with the names given to it.
    pub(super) fn template(&self, file: FileId) -> Self {
        Self {
            instance: Rc::clone(&self.instance),
            file,
            names: None,
            closed: true,
        }
    }

    pub(super) fn name(&self, name: &str) -> Option<&Val> {
        self.all()
            .find(|one| one.name == name)
            .map(|one| &one.value)
    }

    fn all(&self) -> impl Iterator<Item = &Name> {
        std::iter::successors(self.names.as_deref(), |one| one.next.as_deref())
    }

    /// What tells this round of `for_each` and the like from the others, where
    /// an expression speaks of it.
    pub(super) fn round(&self, text: &str) -> String {
        let mut round = String::new();
        for one in self.all() {
            let spoken_of = text.match_indices(&one.name).any(|(at, found)| {
                let word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
                let before = text.get(..at).unwrap_or_default();
                let behind = text.get(at + found.len()..).unwrap_or_default();
                !before.ends_with(|c| word(c) || c == '.') && !behind.starts_with(word)
            });
            if spoken_of {
                let key = one
                    .value
                    .member("key")
                    .or_else(|| one.value.member("index"));
                let key = key.unwrap_or(&one.value);
                round.push_str(&format!(", {} {}", one.name, key.address()));
            }
        }
        round
    }
}
