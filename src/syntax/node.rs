//! The tree every notation is lowered to.

use crate::text::Span;

/// A value with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The bytes of the whole value, quotes and brackets included.
    pub span: Span,
    /// What stands there.
    pub value: Value,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it was written.
    Number(String),
    /// A string.
    String(Text),
    /// An array.
    Array(Vec<Node>),
    /// An object: members in their order, duplicate keys kept.
    Object(Vec<Member>),
    /// A bare token of a deployment tool (`${…}`, `{{…}}`) where a value
    /// belongs, as it was written.
    Template(String),
    /// Something unreadable; a diagnostic names it.
    Invalid,
    /// One of two values: which, is decided at deployment.
    Choice(Box<Choice>),
    /// Nothing: an element or member that is not there, as a side of a choice.
    Absent,
}

/// A decoded string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The string without quotes and escapes.
    pub value: String,
    /// How it was written.
    pub written: Written,
}

/// How the text of a string stands in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Written {
    /// In quotes and without escapes: byte *i* of the text stands at
    /// `span.start + 1 + i`.
    Plain,
    /// Such that decoding what stands at its place gives it.
    Escaped,
    /// Not at all: at its place stands what it is computed from.
    Computed,
}

/// Two values of which a deployment takes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The name of the condition that decides: the same name, the same answer.
    pub guard: String,
    /// What stands there when it holds.
    pub then: Node,
    /// What stands there otherwise.
    pub otherwise: Node,
}

/// One member of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its key.
    pub key: Key,
    /// Its value.
    pub value: Node,
}

/// The key of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The key without quotes and escapes.
    pub name: String,
    /// The bytes of the key, quotes included.
    pub span: Span,
}

impl Node {
    /// The string, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(&text.value),
            _ => None,
        }
    }

    /// The members, if it is an object.
    #[must_use]
    pub fn as_object(&self) -> Option<&[Member]> {
        match &self.value {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The elements, if it is an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// The value of the last member named `name`, if it is an object that has
    /// one. Names are case sensitive (R48).
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Node> {
        let members = self.as_object()?;
        members
            .iter()
            .rev()
            .find(|m| m.key.name == name)
            .map(|m| &m.value)
    }

    /// What people call this kind of value: "a string", "an object", ….
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
            Value::Template(_) => "a template token",
            Value::Invalid => "an unreadable value",
            Value::Choice(_) => "a choice made at deployment",
            Value::Absent => "nothing",
        }
    }
}
