//! Configuration written as JSON (`*.tf.json`): the same blocks, and strings
//! that are templates.

use crate::syntax::hcl::{self, Attribute, Block, Body, Expr, Kind, ParsedBody};
use crate::syntax::{Member, Node, Value, Written, embedded, json};

/// Blocks inside of resources that this reads as blocks. All other members are
/// attributes.
const INNER: &[&str] = &[
    "statement",
    "principals",
    "not_principals",
    "condition",
    "inline_policy",
    "details",
    "validation",
];

/// Reads a file.
pub(super) fn parse(text: &str) -> ParsedBody {
    let read = json::parse(text);
    let mut parsed = ParsedBody {
        diagnostics: read.diagnostics,
        ..ParsedBody::default()
    };
    let Some(root) = &read.root else {
        return parsed;
    };
    let reader = Reader { text };
    for member in root.as_object().unwrap_or_default() {
        let labels = match member.key.name.as_str() {
            "resource" | "data" => 2,
            "module" | "variable" | "output" | "provider" => 1,
            "locals" | "terraform" => 0,
            "//" => continue,
            // a file of values for variables
            _ => {
                parsed.body.attributes.push(reader.attribute(member));
                continue;
            }
        };
        reader.blocks(member, labels, &mut Vec::new(), &mut parsed.body);
    }
    parsed
}

struct Reader<'t> {
    text: &'t str,
}

impl Reader<'_> {
    fn blocks(&self, member: &Member, labels: usize, path: &mut Vec<String>, into: &mut Body) {
        self.labelled(&member.key.name, &member.value, labels, path, into);
    }

    fn labelled(
        &self,
        kind: &str,
        node: &Node,
        labels: usize,
        path: &mut Vec<String>,
        into: &mut Body,
    ) {
        if let Some(nodes) = node.as_array() {
            for node in nodes {
                self.labelled(kind, node, labels, path, into);
            }
            return;
        }
        if labels == 0 {
            let blocks: Vec<&str> = INNER.iter().copied().chain(["dynamic"]).collect();
            into.blocks.push(Block {
                kind: kind.to_owned(),
                labels: path.clone(),
                body: self.body(node, if kind == "locals" { &[] } else { &blocks }),
                span: node.span,
            });
            return;
        }
        for member in node.as_object().unwrap_or_default() {
            path.push(member.key.name.clone());
            self.labelled(kind, &member.value, labels - 1, path, into);
            path.pop();
        }
    }

    fn body(&self, node: &Node, blocks: &[&str]) -> Body {
        let mut body = Body::default();
        for member in node.as_object().unwrap_or_default() {
            let name = member.key.name.as_str();
            let is_value = matches!(member.value.value, Value::Array(_) | Value::Object(_));
            if blocks.contains(&name) && is_value {
                let labels = usize::from(name == "dynamic");
                self.labelled(name, &member.value, labels, &mut Vec::new(), &mut body);
            } else if name == "content" && blocks.contains(&"dynamic") {
                self.labelled(name, &member.value, 0, &mut Vec::new(), &mut body);
            } else if name != "//" {
                body.attributes.push(self.attribute(member));
            }
        }
        body
    }

    fn attribute(&self, member: &Member) -> Attribute {
        let mut value = self.expr(&member.value);
        // Where HCL takes an expression as it stands, JSON has it in a string.
        let bare = matches!(member.key.name.as_str(), "type" | "provider" | "iterator");
        if bare && let Some(text) = member.value.as_str() {
            let span = value.span;
            if let Ok(mut expression) = hcl::parse_expression(text) {
                expression.span = span;
                value = expression;
            }
        }
        Attribute {
            name: member.key.name.clone(),
            name_span: member.key.span,
            value,
        }
    }

    fn expr(&self, node: &Node) -> Expr {
        let kind = match &node.value {
            Value::Bool(value) => Kind::Bool(*value),
            Value::Number(number) => Kind::Number(number.parse().unwrap_or_default()),
            Value::String(text) => {
                let plain = text.written == Written::Plain && !text.value.contains(['$', '%']);
                if plain {
                    Kind::String(text.value.clone())
                } else {
                    self.template(node)
                }
            }
            Value::Array(nodes) => Kind::List(nodes.iter().map(|node| self.expr(node)).collect()),
            Value::Object(members) => Kind::Object(
                members
                    .iter()
                    .map(|member| {
                        let key = Expr {
                            span: member.key.span,
                            kind: Kind::String(member.key.name.clone()),
                        };
                        (key, self.expr(&member.value))
                    })
                    .collect(),
            ),
            _ => Kind::Null,
        };
        Expr {
            span: node.span,
            kind,
        }
    }

    fn template(&self, node: &Node) -> Kind {
        let Some(mapped) = embedded::decode(node, self.text) else {
            return Kind::Null;
        };
        match hcl::parse_layered_template(&mapped) {
            Some(parts) => Kind::Template(parts),
            None => Kind::Template(vec![hcl::Part::Text(mapped)]),
        }
    }
}
