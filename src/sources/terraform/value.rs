//! What an expression comes to: values with their places, symbols for what only
//! a deployment knows, and choices for what it decides.

use super::world::FileId;
use crate::policy::Symbol;
use crate::syntax::{Layered, Written};
use crate::text::Span;
use std::fmt::Write;
use std::rc::Rc;

/// Longest text that is computed, in bytes.
pub(super) const LONGEST_TEXT: usize = 1 << 20;
/// Most elements of a collection that is computed.
pub(super) const MOST_ELEMENTS: usize = 10_000;
/// Longest address of a symbol, in characters.
const LONGEST_ADDRESS: usize = 160;
/// Choices that a computation is repeated for.
const MOST_CHOICES: usize = 3;

/// Where a value was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Site {
    pub(super) file: FileId,
    pub(super) span: Span,
}

/// The place of what was written nowhere.
pub(super) const NOWHERE: Site = Site {
    file: FileId::MAX,
    span: Span { start: 0, end: 0 },
};

/// A value and where it was written.
#[derive(Clone, Debug)]
pub(super) struct Val {
    pub(super) what: What,
    pub(super) site: Site,
    pub(super) written: Written,
}

/// What a value is. Lists, sets and tuples are one, so are maps and objects.
#[derive(Clone, Debug)]
pub(super) enum What {
    Null,
    Bool(bool),
    Number(f64),
    Text(Text),
    List(Rc<Vec<Val>>),
    Object(Rc<Vec<Entry>>),
    /// A text that is the JSON of a value.
    Json(Rc<Json>),
    /// Known at deployment only.
    Unknown(Rc<Symbol>),
    /// One of two: the guard decides.
    Choice(Rc<Choice>),
    /// A resource, a data source or a module, of which an attribute is asked.
    Thing(Rc<super::thing::Thing>),
    /// An element of a list: any number of such, none too.
    Many(Rc<Val>),
    /// Nothing: one side of a choice that takes an element away.
    Absent,
    /// Terraform would stop here: why.
    Failed(Rc<str>),
}

/// A text, and the places of its pieces where they are known.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) value: Rc<str>,
    pub(super) map: Option<Rc<(FileId, Layered)>>,
}

/// A member of an object.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: Rc<str>,
    pub(super) key_site: Site,
    pub(super) value: Val,
}

/// A value written as JSON.
#[derive(Clone, Debug)]
pub(super) struct Json {
    pub(super) value: Val,
    /// The data source that wrote it.
    pub(super) source: Option<Rc<super::thing::Thing>>,
    /// What is missing from it, and why.
    pub(super) missing: Option<String>,
}

#[derive(Debug)]
pub(super) struct Choice {
    pub(super) guard: String,
    pub(super) then: Val,
    pub(super) otherwise: Val,
}

impl What {
    /// Whether it may come to anything.
    fn is_open(&self) -> bool {
        matches!(
            self,
            Self::Unknown(_)
                | Self::Choice(_)
                | Self::Thing(_)
                | Self::Many(_)
                | Self::Failed(_)
                | Self::Absent
        )
    }
}

impl Val {
    pub(super) fn new(what: What, site: Site) -> Self {
        Self {
            what,
            site,
            written: Written::Computed,
        }
    }

    pub(super) fn text(value: impl Into<Rc<str>>, site: Site) -> Self {
        let text = Text {
            value: value.into(),
            map: None,
        };
        Self::new(What::Text(text), site)
    }

    pub(super) fn list(elements: Vec<Self>, site: Site) -> Self {
        Self::new(What::List(Rc::new(elements)), site)
    }

    pub(super) fn failed(why: impl Into<Rc<str>>, site: Site) -> Self {
        Self::new(What::Failed(why.into()), site)
    }

    /// The same value as it is referred to from another place.
    pub(super) fn at(mut self, site: Site) -> Self {
        self.site = site;
        self.written = Written::Computed;
        self
    }

    /// Any number of such elements.
    pub(super) fn many(self) -> Self {
        let site = self.site;
        match self.what {
            What::Many(_) => self,
            _ => Self::new(What::Many(Rc::new(self)), site),
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self.what, What::Null)
    }

    pub(super) fn as_list(&self) -> Option<&[Self]> {
        match &self.what {
            What::List(list) => Some(list),
            _ => None,
        }
    }

    pub(super) fn as_object(&self) -> Option<&[Entry]> {
        match &self.what {
            What::Object(members) => Some(members),
            _ => None,
        }
    }

    pub(super) fn as_bool(&self) -> Option<bool> {
        match &self.what {
            What::Bool(value) => Some(*value),
            What::Text(text) => match &*text.value {
                "true" => Some(true),
                "false" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    pub(super) fn as_number(&self) -> Option<f64> {
        match &self.what {
            What::Number(value) => Some(*value),
            What::Text(text) => text.value.parse().ok(),
            _ => None,
        }
    }

    /// The member of an object.
    pub(super) fn member(&self, name: &str) -> Option<&Self> {
        let members = self.as_object()?;
        let found = members.iter().rev().find(|entry| &*entry.key == name)?;
        Some(&found.value)
    }

    /// The value as text, as a template writes it; symbols stand for what is not
    /// known. `None` for what has no text.
    pub(super) fn as_text(&self) -> Option<Rc<str>> {
        match &self.what {
            What::Text(text) => Some(Rc::clone(&text.value)),
            What::Bool(value) => Some(value.to_string().into()),
            What::Number(value) => Some(number_text(*value).into()),
            What::Unknown(symbol) => Some(symbol.text().into()),
            What::Json(json) => {
                let mut written = String::new();
                json_text(&json.value, &mut written)?;
                Some(written.into())
            }
            _ => None,
        }
    }

    /// Whether nothing in it waits for a deployment, as far as it decides what
    /// a function gives. Looks at few values only.
    pub(super) fn is_known(&self) -> bool {
        fn known(value: &Val, budget: &mut usize) -> bool {
            *budget = budget.saturating_sub(1);
            *budget > 0
                && match &value.what {
                    What::Null | What::Bool(_) | What::Number(_) => true,
                    What::Text(text) => !crate::policy::has_symbol(&text.value),
                    What::List(list) => list.iter().all(|one| known(one, budget)),
                    What::Object(members) => members.iter().all(|m| known(&m.value, budget)),
                    What::Json(json) => known(&json.value, budget),
                    What::Unknown(_)
                    | What::Choice(_)
                    | What::Thing(_)
                    | What::Many(_)
                    | What::Absent
                    | What::Failed(_) => false,
                }
        }
        known(self, &mut MOST_ELEMENTS.clone())
    }

    /// What a computation makes of the value, for each side of its choices.
    pub(super) fn each_side(&self, compute: &mut dyn FnMut(&Self) -> Self) -> Self {
        self.sides(compute, MOST_CHOICES)
    }

    fn sides(&self, compute: &mut dyn FnMut(&Self) -> Self, left: usize) -> Self {
        match &self.what {
            What::Choice(choice) if left > 0 => {
                let then = choice.then.sides(compute, left - 1);
                let otherwise = choice.otherwise.sides(compute, left - 1);
                Self::choice(choice.guard.clone(), then, otherwise, self.site)
            }
            What::Many(one) => one.sides(compute, left).many(),
            _ => compute(self),
        }
    }

    pub(super) fn choice(guard: String, then: Self, otherwise: Self, site: Site) -> Self {
        let choice = Choice {
            guard,
            then,
            otherwise,
        };
        Self::new(What::Choice(Rc::new(choice)), site)
    }

    /// A short text that tells this value from others, for addresses.
    pub(super) fn address(&self) -> String {
        let mut text = String::new();
        self.write_address(&mut text);
        shortened(&text)
    }

    fn write_address(&self, into: &mut String) {
        if into.len() > 4 * LONGEST_ADDRESS {
            return;
        }
        match &self.what {
            What::Null => into.push_str("null"),
            What::Bool(value) => into.push_str(if *value { "true" } else { "false" }),
            What::Number(value) => into.push_str(&number_text(*value)),
            What::Text(text) => match crate::policy::as_symbol(&text.value) {
                Some(address) => into.push_str(address),
                None => {
                    let _ = write!(into, "\"{}\"", text.value);
                }
            },
            What::Unknown(symbol) => into.push_str(&symbol.address),
            What::List(list) => {
                into.push('[');
                for (index, value) in list.iter().enumerate() {
                    if index > 0 {
                        into.push_str(", ");
                    }
                    value.write_address(into);
                }
                into.push(']');
            }
            What::Object(members) => {
                into.push('{');
                for entry in members.iter() {
                    let _ = write!(into, " {} = ", entry.key);
                    entry.value.write_address(into);
                }
                into.push_str(" }");
            }
            What::Json(json) => {
                into.push_str("jsonencode(");
                json.value.write_address(into);
                into.push(')');
            }
            What::Choice(choice) => {
                let _ = write!(into, "{} ? ", choice.guard);
                choice.then.write_address(into);
                into.push_str(" : ");
                choice.otherwise.write_address(into);
            }
            What::Thing(thing) => into.push_str(&thing.address()),
            What::Many(one) => one.write_address(into),
            What::Failed(_) | What::Absent => into.push_str("null"),
        }
    }

    /// Whether two values are the same; `None` where that is not known.
    pub(super) fn same(&self, other: &Self) -> Option<bool> {
        match (&self.what, &other.what) {
            (What::Unknown(a), What::Unknown(b)) if a.address == b.address => Some(true),
            (a, b) if a.is_open() || b.is_open() => None,
            (What::Null, What::Null) => Some(true),
            (What::Null, _) | (_, What::Null) => Some(false),
            (What::List(a), What::List(b)) => {
                if a.len() != b.len() {
                    return Some(false);
                }
                let pairs = a.iter().zip(b.iter()).take(MOST_ELEMENTS);
                all(pairs.map(|(a, b)| a.same(b)))
            }
            (What::Object(a), What::Object(b)) => {
                if a.len() != b.len() {
                    return Some(false);
                }
                all(a.iter().map(|entry| match other.member(&entry.key) {
                    Some(value) => entry.value.same(value),
                    None => Some(false),
                }))
            }
            (What::List(_) | What::Object(_), _) | (_, What::List(_) | What::Object(_)) => {
                Some(false)
            }
            _ => {
                let (a, b) = (self.as_text()?, other.as_text()?);
                let open = crate::policy::has_symbol(&a) || crate::policy::has_symbol(&b);
                match a == b {
                    true => Some(true),
                    false if open => None,
                    false => Some(false),
                }
            }
        }
    }
}

fn all(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut result = Some(true);
    for answer in answers {
        match answer {
            Some(true) => {}
            Some(false) => return Some(false),
            None => result = None,
        }
    }
    result
}

/// A number as Terraform writes it in a text.
pub(super) fn number_text(value: f64) -> String {
    value.to_string()
}

/// An address on one line and not too long; what is cut off is told by a digest.
pub(super) fn shortened(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= LONGEST_ADDRESS {
        return text;
    }
    let digest = crate::text::digest(&[&text]);
    let kept: String = text.chars().take(LONGEST_ADDRESS - 12).collect();
    format!("{kept}…{}", digest.get(..8).unwrap_or_default())
}

/// The JSON of a value; `None` where it is not known or too long.
fn json_text(value: &Val, into: &mut String) -> Option<()> {
    if into.len() > LONGEST_TEXT {
        return None;
    }
    let quoted = |text: &str, into: &mut String| {
        let text = serde_json::to_string(text).unwrap_or_default();
        into.push_str(&text);
    };
    match &value.what {
        What::Null => into.push_str("null"),
        What::Bool(_) | What::Number(_) => into.push_str(&value.as_text()?),
        What::Text(text) => quoted(&text.value, into),
        What::Unknown(symbol) => quoted(&symbol.text(), into),
        What::Json(_) => quoted(&value.as_text()?, into),
        What::List(list) => {
            into.push('[');
            for (index, value) in list.iter().enumerate() {
                if index > 0 {
                    into.push(',');
                }
                json_text(value, into)?;
            }
            into.push(']');
        }
        What::Object(members) => {
            into.push('{');
            for (index, entry) in members.iter().enumerate() {
                if index > 0 {
                    into.push(',');
                }
                quoted(&entry.key, into);
                into.push(':');
                json_text(&entry.value, into)?;
            }
            into.push('}');
        }
        What::Many(one) => json_text(one, into)?,
        What::Choice(_) | What::Thing(_) | What::Failed(_) | What::Absent => return None,
    }
    Some(())
}
