//! `serverless.yml`: statements for the role that the framework makes, in
//! CloudFormation's functions and the framework's own `${…}` (`inputs.md` 5.9).

use super::cloudformation::{Draft, Resource, Spot, Stack, Template, object_of, resources};
use super::reading::Reading;
use super::{Form, Host};
use crate::policy::{Domain, PolicyType, Symbol};
use crate::syntax::{Member, Node, Value, Written};

/// Whether a tree is a service of the framework.
pub(super) fn is_service(root: &Node) -> bool {
    root.get("service").is_some()
        && root
            .get("provider")
            .is_some_and(|provider| provider.as_object().is_some())
}

/// Reads the statements of a service and of its functions, and its resources.
pub(super) fn read(root: &Node, reading: &mut Reading<'_>) {
    let empty = Node {
        span: root.span,
        value: Value::Null,
    };
    let cloud = root.get("resources").unwrap_or(&empty);
    let parts: Vec<&Node> = match &cloud.value {
        Value::Array(parts) => parts.iter().collect(),
        _ => vec![cloud],
    };
    // One template out of all parts.
    let mut sections: Vec<Member> = Vec::new();
    for member in parts.iter().filter_map(|part| part.as_object()).flatten() {
        let known = sections
            .iter_mut()
            .find(|own| own.key.name == member.key.name);
        match known.map(|own| &mut own.value.value) {
            Some(Value::Object(own)) => {
                own.extend(member.value.as_object().unwrap_or_default().iter().cloned());
            }
            _ => sections.push(member.clone()),
        }
    }
    let whole = Node {
        span: cloud.span,
        value: Value::Object(sections),
    };
    let stack = Stack {
        template: Template::new(&whole),
        form: Form::Serverless,
    };
    let role = |node: &Node, list: &Node, path: &str, reading: &mut Reading<'_>| {
        statements(&stack, node, list, path, reading);
    };
    if let Some(provider) = root.get("provider") {
        let current = provider
            .get("iam")
            .and_then(|iam| iam.get("role"))
            .and_then(|role| role.get("statements"));
        if let Some(list) = current {
            role(root, list, "provider/iam/role/statements", reading);
        }
        if let Some(list) = provider.get("iamRoleStatements") {
            role(root, list, "provider/iamRoleStatements", reading);
        }
    }
    let functions = root.get("functions").and_then(Node::as_object);
    for function in functions.unwrap_or_default() {
        if let Some(list) = function.value.get("iamRoleStatements") {
            let path = format!("functions/{}/iamRoleStatements", function.key.name);
            role(root, list, &path, reading);
        }
    }
    let members = whole.get("Resources").and_then(Node::as_object);
    resources(&stack, members.unwrap_or_default(), reading);
    reading.sort();
}

fn statements(stack: &Stack<'_>, root: &Node, list: &Node, path: &str, reading: &mut Reading<'_>) {
    let mut list = list.clone();
    let mut symbols = Vec::new();
    fill(&mut list, &mut symbols);
    let version = super::cloudformation::computed(list.span, "2012-10-17".to_owned());
    let tree = match &list.value {
        Value::Array(_) => object_of(
            list.span,
            &[("Version", version), ("Statement", list.clone())],
        ),
        _ => list.clone(),
    };
    let resource = Resource {
        node: root,
        kind: "",
        address: String::new(),
        guards: Vec::new(),
    };
    let spot = Spot {
        node: &tree,
        path: path.to_owned(),
        guards: Vec::new(),
    };
    Draft {
        address: path.to_owned(),
        policy_type: Some(PolicyType::Identity),
        host: Host::Role,
        symbols,
        ..Draft::at(stack, &resource, &spot)
    }
    .add(reading);
}

/// Where the framework's own `${…}` take their values from. Two of `aws:` are
/// the framework's too; its other names are keys of IAM.
const SOURCES: &[&str] = &[
    "cf",
    "env",
    "file",
    "git",
    "opt",
    "param",
    "s3",
    "self",
    "sls",
    "ssm",
    "terraform",
];

/// Puts symbols in the place of the framework's variables.
fn fill(node: &mut Node, symbols: &mut Vec<Symbol>) {
    match &mut node.value {
        Value::String(text) => {
            if let Some(filled) = filled(&text.value, symbols) {
                text.value = filled;
                text.written = Written::Computed;
            }
        }
        Value::Array(nodes) => nodes.iter_mut().for_each(|node| fill(node, symbols)),
        Value::Object(members) => members.iter_mut().for_each(|m| fill(&mut m.value, symbols)),
        _ => {}
    }
}

/// The text with symbols, where it holds a variable of the framework.
fn filled(text: &str, symbols: &mut Vec<Symbol>) -> Option<String> {
    let mut written = String::new();
    let mut rest = text;
    let mut found = false;
    while let Some((before, behind)) = rest.split_once("${") {
        let mut depth = 1_usize;
        let end = behind.find(|c: char| {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        let Some((name, after)) = end.and_then(|end| behind.split_at_checked(end)) else {
            break;
        };
        written += before;
        match variable(name) {
            Some(symbol) => {
                written += &symbol.text();
                symbols.push(symbol);
                found = true;
            }
            None => written += &format!("${{{name}}}"),
        }
        rest = after.get(1..).unwrap_or_default();
    }
    written += rest;
    found.then_some(written)
}

fn variable(name: &str) -> Option<Symbol> {
    match name {
        "aws:accountId" => return Some(Symbol::new(Symbol::ACCOUNT, Domain::Account)),
        "aws:region" => return Some(Symbol::new(Symbol::REGION, Domain::Region)),
        _ => {}
    }
    let source: String = name.chars().take_while(|c| c.is_alphanumeric()).collect();
    let behind = name.get(source.len()..)?;
    let is_own = SOURCES.contains(&source.as_str()) && behind.starts_with([':', '(', '.']);
    is_own.then(|| Symbol::new(&name.replace(['"', '\\', '\n'], "'"), Domain::Any))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_the_framework_are_symbols_and_those_of_iam_are_not() {
        let mut symbols = Vec::new();
        for (text, expected) in [
            ("a/${self:custom.b}/*", Some("a/⟨self∶custom.b⟩/*")),
            ("${aws:accountId}", Some("⟨account⟩")),
            ("${opt:s, ${self:x}}-", Some("⟨opt∶s, ＄｛self∶x｝⟩-")),
            ("${aws:username}/${AWS::Region}", None),
            ("${self:open", None),
        ] {
            assert_eq!(filled(text, &mut symbols).as_deref(), expected, "{text}");
        }
        assert_eq!(symbols.len(), 3);
    }
}
