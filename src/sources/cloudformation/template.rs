//! The sections of a template, looked up by name.

use crate::syntax::{Node, Value};
use std::collections::HashMap;

/// How deep conditions are followed; also ends cycles.
const CONDITIONS: usize = 32;

/// A template.
pub(in crate::sources) struct Template<'n> {
    parameters: HashMap<&'n str, &'n Node>,
    mappings: HashMap<&'n str, &'n Node>,
    conditions: HashMap<&'n str, &'n Node>,
    resources: HashMap<&'n str, &'n Node>,
}

/// What is known of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sources) enum Outcome {
    Known(bool),
    /// Whether the condition of this name holds, or that it does not.
    Guard(String, bool),
}

impl Outcome {
    fn negated(self) -> Self {
        match self {
            Self::Known(holds) => Self::Known(!holds),
            Self::Guard(name, holds) => Self::Guard(name, !holds),
        }
    }
}

impl<'n> Template<'n> {
    pub(in crate::sources) fn new(root: &'n Node) -> Self {
        let section = |name| {
            let members = root.get(name).and_then(Node::as_object).unwrap_or_default();
            members
                .iter()
                .map(|m| (m.key.name.as_str(), &m.value))
                .collect()
        };
        Self {
            parameters: section("Parameters"),
            mappings: section("Mappings"),
            conditions: section("Conditions"),
            resources: section("Resources"),
        }
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&'n Node> {
        self.parameters.get(name).copied()
    }

    pub(super) fn mapping(&self, name: &str) -> Option<&'n Node> {
        self.mappings.get(name).copied()
    }

    /// The resource of a logical id.
    pub(in crate::sources) fn resource(&self, id: &str) -> Option<&'n Node> {
        self.resources.get(id).copied()
    }

    /// The type of the resource of a logical id.
    pub(in crate::sources) fn kind(&self, id: &str) -> Option<&'n str> {
        self.resource(id)?.get("Type").and_then(Node::as_str)
    }

    /// What decides a condition: a chain of `Condition` and `Fn::Not` leads to
    /// the first one, so that the same question is asked once. It is called by
    /// what it asks (`Env = prod`), so that a condition that was changed is
    /// another one; by its name where that cannot be said.
    pub(in crate::sources) fn condition(&self, name: &str) -> Outcome {
        self.named(name, CONDITIONS)
    }

    fn named(&self, name: &str, depth: usize) -> Outcome {
        self.conditions
            .get(name)
            .and_then(|body| self.outcome(body, depth.checked_sub(1)?))
            .unwrap_or_else(|| {
                let body = self.conditions.get(name);
                let asked = body.and_then(|body| self.question(body, depth));
                Outcome::Guard(asked.unwrap_or_else(|| name.to_owned()), true)
            })
    }

    /// What a condition asks, on one line.
    fn question(&self, body: &Node, depth: usize) -> Option<String> {
        let deeper = depth.checked_sub(1)?;
        let value = match &body.value {
            Value::Object(members) => {
                let [member] = members.as_slice() else {
                    return None;
                };
                let parts = || member.value.as_array().unwrap_or_default();
                let joined = |word: &str| {
                    let asked = parts().iter().map(|part| self.question(part, deeper));
                    let asked: Option<Vec<String>> = asked.collect();
                    Some(format!("({})", asked?.join(word)))
                };
                match (member.key.name.as_str(), parts()) {
                    ("Ref", _) => member.value.as_str()?.to_owned(),
                    ("Condition", _) => {
                        let name = member.value.as_str()?;
                        match self.conditions.get(name) {
                            Some(body) => self.question(body, deeper)?,
                            None => name.to_owned(),
                        }
                    }
                    ("Fn::Equals", [a, b]) => {
                        let (a, b) = (self.question(a, deeper)?, self.question(b, deeper)?);
                        format!("{a} = {b}")
                    }
                    ("Fn::Not", [one]) => format!("not ({})", self.question(one, deeper)?),
                    ("Fn::And", _) => joined(" and ")?,
                    ("Fn::Or", _) => joined(" or ")?,
                    (function, _) => {
                        let inner = match &member.value.value {
                            Value::Array(_) => joined(", ")?,
                            _ => format!("({})", self.question(&member.value, deeper)?),
                        };
                        format!("{}{inner}", function.trim_start_matches("Fn::"))
                    }
                }
            }
            _ => constant(body).map(|text| {
                if text.is_empty() {
                    "\"\"".to_owned()
                } else {
                    text
                }
            })?,
        };
        Some(shortened(&value))
    }

    /// `None` where no name can be given to what decides.
    fn outcome(&self, body: &Node, depth: usize) -> Option<Outcome> {
        let [member] = body.as_object()? else {
            return None;
        };
        let parts = || {
            let parts = member.value.as_array()?;
            let deeper = depth.checked_sub(1)?;
            Some(parts.iter().map(move |part| self.outcome(part, deeper)))
        };
        match member.key.name.as_str() {
            "Condition" => Some(self.named(member.value.as_str()?, depth)),
            "Fn::Not" => parts()?.next()?.map(Outcome::negated),
            "Fn::Equals" => match member.value.as_array()? {
                [a, b] => Some(Outcome::Known(constant(a)? == constant(b)?)),
                _ => None,
            },
            "Fn::And" => joined(parts()?, true),
            "Fn::Or" => joined(parts()?, false),
            _ => None,
        }
    }
}

/// `Fn::And` (neutral: true) and `Fn::Or` (neutral: false).
fn joined(parts: impl Iterator<Item = Option<Outcome>>, neutral: bool) -> Option<Outcome> {
    let mut open = Vec::new();
    for part in parts {
        match part {
            Some(Outcome::Known(known)) if known != neutral => {
                return Some(Outcome::Known(known));
            }
            Some(Outcome::Known(_)) => {}
            part => open.push(part),
        }
    }
    match open.len() {
        0 => Some(Outcome::Known(neutral)),
        1 => open.pop()?,
        _ => None,
    }
}

/// A text that is not too long; what is cut off is told by a digest.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 100;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let digest = crate::text::digest(&[text]);
    let kept: String = text.chars().take(LONGEST - 12).collect();
    format!("{kept}…{}", digest.get(..8).unwrap_or_default())
}

fn constant(node: &Node) -> Option<String> {
    match &node.value {
        Value::String(text) => Some(text.value.clone()),
        Value::Number(number) => Some(number.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::yaml;

    #[test]
    fn conditions_lead_to_the_question_they_ask() {
        let root = yaml::parse(
            "Conditions:\n  Prod: !Equals [!Ref Env, prod]\n  Dev: !Not [!Condition Prod]\n  \
             Same: !Condition Dev\n  Never: !Equals [a, b]\n  Both: !And [!Condition Never, \
             !Condition Prod]\n  One: !Or [!Condition Never, !Condition Dev]\n  \
             A: !Condition B\n  B: !Not [!Condition A]\n",
        )
        .roots
        .remove(0);
        let template = Template::new(&root);
        let guard = |name: &str, holds| Outcome::Guard(name.to_owned(), holds);
        for (name, outcome) in [
            ("Prod", guard("Env = prod", true)),
            ("Dev", guard("Env = prod", false)),
            ("Same", guard("Env = prod", false)),
            ("Never", Outcome::Known(false)),
            ("Both", Outcome::Known(false)),
            ("One", guard("Env = prod", false)),
            ("Missing", guard("Missing", true)),
        ] {
            assert_eq!(template.condition(name), outcome, "{name}");
        }
        assert!(
            matches!(template.condition("A"), Outcome::Guard(..)),
            "a cycle ends"
        );
    }
}
