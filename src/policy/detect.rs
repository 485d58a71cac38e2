//! The type of a policy from its shape alone (`lints.md` section 7).

use super::PolicyType;
use crate::syntax::{Node, Value};

/// Actions that stand in trust policies.
const TRUST_ACTIONS: &[&str] = &[
    "sts:assumerole",
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
    "sts:setcontext",
    "sts:setsourceidentity",
    "sts:tagsession",
];

/// The type, and whether the shape leaves no doubt. Identity policies,
/// boundaries, session policies and SCPs look alike; so do resource policies
/// and RCPs.
pub(super) fn detect(document: &Node) -> (PolicyType, bool) {
    let statements = match document.get("Statement").map(|s| (s, &s.value)) {
        Some((_, Value::Array(statements))) => statements.iter().collect(),
        Some((statement, Value::Object(_))) => vec![statement],
        _ => Vec::new(),
    };
    let has = |statement: &Node, name: &str| statement.get(name).is_some();
    let has_principal =
        |statement: &&Node| has(statement, "Principal") || has(statement, "NotPrincipal");
    let with_principal = statements.iter().filter(|s| has_principal(s)).count();
    if with_principal == 0 {
        return (PolicyType::Identity, false);
    }
    let is_trust = |statement: &&Node| {
        !has(statement, "Resource")
            && !has(statement, "NotResource")
            && statement.get("Action").is_some_and(assumes_only)
    };
    if with_principal == statements.len() && statements.iter().all(is_trust) {
        return (PolicyType::Trust, true);
    }
    // Every statement names a principal: certainly attached to a resource.
    // Some do and some do not: what it is meant to be is open.
    (PolicyType::Resource, with_principal == statements.len())
}

fn assumes_only(action: &Node) -> bool {
    let nodes = match &action.value {
        Value::Array(nodes) => nodes.as_slice(),
        _ => std::slice::from_ref(action),
    };
    !nodes.is_empty()
        && nodes.iter().all(|node| {
            node.as_str().is_some_and(|text| {
                let text = text.to_ascii_lowercase();
                TRUST_ACTIONS.contains(&text.as_str()) || text == "sts:assumerole*"
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::json;

    #[test]
    fn shapes() {
        for (statements, expected, certain) in [
            (
                r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}"#,
                PolicyType::Identity,
                false,
            ),
            (
                r#"{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}"#,
                PolicyType::Trust,
                true,
            ),
            (
                r#"[{"Principal":"*","Action":["sts:AssumeRole","sts:TagSession"]}]"#,
                PolicyType::Trust,
                true,
            ),
            (
                r#"[{"Principal":"*","Action":"sts:AssumeRole","Resource":"*"}]"#,
                PolicyType::Resource,
                true,
            ),
            (
                r#"[{"Principal":"*","Action":"s3:GetObject","Resource":"*"}]"#,
                PolicyType::Resource,
                true,
            ),
            (
                r#"[{"Principal":"*","Action":"s3:Get*"},{"Action":"s3:Get*"}]"#,
                PolicyType::Resource,
                false,
            ),
            ("7", PolicyType::Identity, false),
        ] {
            let root = json::parse(&format!("{{\"Statement\":{statements}}}"))
                .root
                .unwrap();
            assert_eq!(detect(&root), (expected, certain), "{statements}");
        }
    }
}
