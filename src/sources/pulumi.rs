//! `pulumi preview --json` and `pulumi stack export` (`inputs.md` 5.10). The
//! provider's types are Terraform's under other names, so its table tells which
//! inputs hold a policy.

use super::plan::State;
use super::reading::{Place, Reading};
use super::terraform::hosts;
use super::{Completeness, Form};
use crate::policy::{Domain, Symbol};
use crate::syntax::{Node, Text, Value, Written};

/// What stands where a text is known after the update only.
const UNKNOWN: &str = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
/// The member that marks a secret.
const SECRET: &str = "4dabf18193072939515e22adb298388d";

/// Whether an object is a preview: steps with the states of resources.
pub(super) fn is_preview(node: &Node) -> bool {
    let steps = node.get("steps").and_then(Node::as_array);
    steps.is_some_and(|steps| {
        let is_step = |step: &Node| step.get("op").is_some() && step.get("urn").is_some();
        !steps.is_empty() && steps.iter().all(is_step)
    })
}

fn exported(node: &Node) -> Option<&[Node]> {
    let resources = node.get("deployment")?.get("resources")?.as_array()?;
    let is_resource = |one: &Node| one.get("urn").is_some() && one.get("type").is_some();
    resources.iter().all(is_resource).then_some(resources)
}

/// Whether an object is a preview or the export of a stack.
pub(super) fn is_pulumi(node: &Node) -> bool {
    is_preview(node) || exported(node).is_some()
}

/// Reads the documents of one state; an export has one only.
pub(super) fn read(root: &Node, state: State, reading: &mut Reading<'_>) {
    for resource in exported(root).unwrap_or_default() {
        let goes = resource.get("delete").map(|flag| &flag.value);
        if goes != Some(&Value::Bool(true)) {
            read_state(resource, reading);
        }
    }
    let steps = root.get("steps").and_then(Node::as_array);
    for step in steps.unwrap_or_default() {
        let op = step.get("op").and_then(Node::as_str).unwrap_or_default();
        // A replacement is told three times, as a whole by `replace`.
        let (ops, key) = match state {
            State::Before => (
                &["same", "update", "delete", "replace", "refresh"][..],
                "oldState",
            ),
            State::After => (
                &["same", "update", "create", "replace", "import", "refresh"][..],
                "newState",
            ),
        };
        if let Some(resource) = step.get(key).filter(|_| ops.contains(&op)) {
            read_state(resource, reading);
        }
    }
}

fn read_state(resource: &Node, reading: &mut Reading<'_>) {
    let text = |key: &str| resource.get(key).and_then(Node::as_str);
    let (Some(type_name), Some(urn)) = (text("type"), text("urn")) else {
        return;
    };
    let Some(inputs) = resource.get("inputs") else {
        return;
    };
    // `urn:pulumi:STACK::PROJECT::TYPE::NAME`
    let address = urn.splitn(3, "::").nth(2).unwrap_or(urn);
    for row in terraform_names(type_name)
        .iter()
        .flat_map(|name| hosts::rows(name))
    {
        follow(
            inputs,
            row.path,
            address.to_owned(),
            &mut |node, address| {
                add(node, address, row, reading);
            },
        );
    }
}

fn add(node: &Node, address: String, row: &hosts::HostRow, reading: &mut Reading<'_>) {
    let name = address.rsplit(':').next().unwrap_or_default().to_owned();
    let opaque = |why: &str| Some((Completeness::Opaque, format!("`{name}` is {why}")));
    let mut node = node.clone();
    let mut symbols = Vec::new();
    let missing = match &node.value {
        Value::Null => return,
        Value::String(text) if text.value.is_empty() => return,
        Value::String(text) if text.value.contains(UNKNOWN) => {
            opaque("known after the update only")
        }
        Value::String(text) if text.value == "[secret]" => opaque("secret"),
        Value::Object(_) if node.get(SECRET).is_some() => opaque("secret"),
        _ => {
            name_unknown(&mut node, &address, &mut symbols);
            None
        }
    };
    reading.add(Place {
        address: Some(address),
        host: row.host,
        policy_type: Some(row.policy_type),
        symbols,
        missing,
        ..Place::new(&node, Form::Pulumi)
    });
}

/// Follows a path of Terraform's attributes through inputs: in camel case, and
/// lists of blocks in the plural.
fn follow(node: &Node, path: &[&str], address: String, found: &mut dyn FnMut(&Node, String)) {
    if let Some(blocks) = node.as_array().filter(|_| !path.is_empty()) {
        for (place, block) in blocks.iter().enumerate() {
            let label = block.get("name").and_then(Node::as_str);
            let label = label.map_or_else(|| place.to_string(), str::to_owned);
            follow(block, path, format!("{address}[{label}]"), found);
        }
        return;
    }
    let [step, rest @ ..] = path else {
        found(node, address);
        return;
    };
    let name = camel(step);
    let plural = match name.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{name}s"),
    };
    let inner = [name, plural]
        .into_iter()
        .find_map(|name| node.get(&name).map(|inner| (inner, name)));
    if let Some((inner, name)) = inner {
        let sign = if address.ends_with(']') { '.' } else { ':' };
        follow(inner, rest, format!("{address}{sign}{name}"), found);
    }
}

/// `assume_role_policy` → `assumeRolePolicy`.
fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let mut camel = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

/// What Terraform may call a type: `aws:iam/rolePolicy:RolePolicy` is
/// `aws_iam_role_policy`, `aws:ec2/vpcEndpoint:VpcEndpoint` `aws_vpc_endpoint`.
fn terraform_names(type_name: &str) -> Vec<String> {
    let token = type_name
        .strip_prefix("aws:")
        .and_then(|rest| rest.split_once('/'));
    let Some((module, name)) = token else {
        return Vec::new();
    };
    let name = name.split(':').next().unwrap_or_default();
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    // The second generation of a type is the same resource.
    let snake = snake.strip_suffix("_v2").unwrap_or(&snake).to_owned();
    vec![format!("aws_{module}_{snake}"), format!("aws_{snake}")]
}

fn name_unknown(node: &mut Node, path: &str, symbols: &mut Vec<Symbol>) {
    match &mut node.value {
        Value::String(text) if text.value.contains(UNKNOWN) => {
            let symbol = Symbol::new(path, Domain::Any);
            *text = Text {
                value: text.value.replace(UNKNOWN, &symbol.text()),
                written: Written::Computed,
            };
            symbols.push(symbol);
        }
        Value::Object(members) => {
            for member in members {
                name_unknown(
                    &mut member.value,
                    &format!("{path}/{}", member.key.name),
                    symbols,
                );
            }
        }
        Value::Array(nodes) => {
            for (place, node) in nodes.iter_mut().enumerate() {
                name_unknown(node, &format!("{path}/{place}"), symbols);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_terraforms_in_other_letters() {
        assert_eq!(
            terraform_names("aws:iam/rolePolicy:RolePolicy"),
            ["aws_iam_role_policy", "aws_role_policy"]
        );
        assert_eq!(
            terraform_names("aws:s3/bucketV2:BucketV2"),
            ["aws_s3_bucket", "aws_bucket"]
        );
        assert_eq!(terraform_names("pulumi:pulumi:Stack"), [""; 0]);
        assert_eq!(camel("assume_role_policy"), "assumeRolePolicy");
    }
}
