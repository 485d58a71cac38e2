//! `Globals`: properties that every resource of a type has.

use super::make::{call, elements, members};
use crate::syntax::{Member, Node, Value};

/// The properties of a resource with what `Globals` gives its type.
pub(super) fn properties(globals: &Node, kind: &str, resource: &Node) -> Node {
    let own = resource.get("Properties").cloned().unwrap_or(Node {
        span: resource.span,
        value: Value::Object(Vec::new()),
    });
    let Some(globals) = globals.get(kind) else {
        return own;
    };
    let ignored = resource.get("IgnoreGlobals");
    if ignored.and_then(Node::as_str) == Some("*") {
        return own;
    }
    let is_ignored = |m: &&Member| {
        let mut names = elements(ignored).iter().filter_map(Node::as_str);
        names.any(|name| name == m.key.name)
    };
    let kept = members(Some(globals)).iter().filter(|m| !is_ignored(m));
    let globals = Node {
        span: globals.span,
        value: Value::Object(kept.cloned().collect()),
    };
    merged(&globals, own)
}

/// Maps are joined, lists follow one another, of everything else the
/// resource's own counts.
fn merged(global: &Node, own: Node) -> Node {
    let is_call = call(global).is_some() || call(&own).is_some();
    let span = own.span;
    let value = match (&global.value, own.value) {
        (Value::Array(global), Value::Array(own)) => {
            Value::Array(global.iter().cloned().chain(own).collect())
        }
        (Value::Object(global), Value::Object(mut own)) if !is_call => {
            for member in global {
                match own.iter_mut().find(|m| m.key.name == member.key.name) {
                    Some(same) => same.value = merged(&member.value, same.value.clone()),
                    None => own.push(member.clone()),
                }
            }
            Value::Object(own)
        }
        (_, own) => own,
    };
    Node { span, value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::json;

    #[test]
    fn the_resource_counts_and_lists_follow() {
        let text = r#"{"Globals": {"Function": {"Layers": ["a"], "Tags": {"x": "1", "y": "1"},
            "Timeout": "3", "RolePath": "/p/", "Tracing": {"Ref": "T"}}},
            "Resources": {"F": {"IgnoreGlobals": ["RolePath"], "Properties":
            {"Layers": ["b"], "Tags": {"y": "2"}, "Timeout": "9", "Tracing": {"Ref": "U"}}}}}"#;
        let template = json::parse(text).root.unwrap();
        let resource = template.get("Resources").unwrap().get("F").unwrap();
        let properties = properties(template.get("Globals").unwrap(), "Function", resource);
        let expected =
            r#"{"Layers":["a","b"],"Tags":{"y":"2","x":"1"},"Timeout":"9","Tracing":{"Ref":"U"}}"#;
        let expected = json::parse(expected).root.unwrap();
        assert!(
            super::super::make::same(&properties, &expected),
            "{properties:?}"
        );
    }
}
