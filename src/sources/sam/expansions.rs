//! The policy templates of SAM, from `action-catalog/templates/sam-policies.json`.

use crate::sources::cloudformation::{Evaluator, Template, statement_of};
use crate::syntax::{Member, Node, json};
use std::collections::HashMap;
use std::sync::OnceLock;

/// What stands for the parameters of an expansion.
pub(super) type Scope = HashMap<String, Node>;

/// The document that a use of a policy template stands for; nothing where the
/// member is no such use, and what is wrong with it.
pub(super) fn expand(
    template: &Template<'_>,
    usage: &Member,
) -> Result<Option<(Node, Scope)>, String> {
    let name = usage.key.name.as_str();
    let Some(policy) = templates().and_then(|table| table.get(name)) else {
        return match name.starts_with("Fn::") || name == "Ref" {
            true => Ok(None),
            false => Err(format!("`{name}` is no policy template of SAM")),
        };
    };
    let expected: Vec<&str> = policy
        .get("parameters")
        .and_then(Node::as_array)
        .unwrap_or_default()
        .iter()
        .filter_map(Node::as_str)
        .collect();
    let given = usage.value.as_object().unwrap_or_default();
    if let Some(missing) = expected.iter().find(|name| usage.value.get(name).is_none()) {
        return Err(format!("`{name}` lacks its parameter `{missing}`"));
    }
    let mut evaluator = Evaluator::new(template);
    let scope = given
        .iter()
        .filter(|member| expected.contains(&member.key.name.as_str()))
        .map(|member| (member.key.name.clone(), evaluator.value(&member.value)))
        .collect();
    let statements = policy.get("statement").and_then(Node::as_array);
    let tree = statement_of(usage.value.span, statements.unwrap_or_default().to_vec());
    Ok(Some((tree, scope)))
}

fn templates() -> Option<&'static Node> {
    static TABLE: OnceLock<Option<Node>> = OnceLock::new();
    TABLE
        .get_or_init(|| {
            json::parse(include_str!(
                "../../../action-catalog/templates/sam-policies.json"
            ))
            .root
        })
        .as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_there() {
        assert_eq!(templates().unwrap().as_object().unwrap().len(), 81);
    }
}
