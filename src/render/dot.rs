//! The graph as DOT, for graphviz.

use crate::graph::{Edge, Graph, Node, Outcome};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// `graph … --format dot`. With `only`, the roles named there and what hangs
/// on them; else everything. Accounts are left out: everything hangs on them.
#[must_use]
pub fn graph(graph: &Graph, only: Option<&BTreeSet<&str>>) -> String {
    let edges: Vec<_> = graph
        .edges()
        .filter(|(from, to, _)| is_drawn(from) && is_drawn(to))
        .filter(|(from, to, edge)| only.is_none_or(|roles| hangs_on(roles, from, to, edge)))
        .collect();
    let mut nodes: BTreeSet<&Node> = edges.iter().flat_map(|&(from, to, _)| [from, to]).collect();
    if only.is_none() {
        nodes.extend(graph.nodes().filter(|node| is_drawn(node)));
    }
    let place: BTreeMap<&Node, usize> = nodes.into_iter().zip(0..).collect();
    let mut out = String::from(HEADER);
    for (node, n) in &place {
        let (label, shape) = (quoted(&node.label()), shape(node));
        let _ = writeln!(out, "  n{n} [label={label}, shape={shape}];");
    }
    for (from, to, edge) in edges {
        if let (Some(from), Some(to)) = (place.get(from), place.get(to)) {
            let (label, style) = (quoted(&label(edge)), style(edge));
            let _ = writeln!(out, "  n{from} -> n{to} [label={label}, style={style}];");
        }
    }
    out.push_str("}\n");
    out
}

const HEADER: &str = "digraph leastwise {
  rankdir=LR;
  node [fontname=\"sans-serif\", fontsize=10];
  edge [fontname=\"sans-serif\", fontsize=8];
";

fn is_drawn(node: &Node) -> bool {
    !matches!(node, Node::Account(_))
}

/// Whether an edge belongs to one of these roles: its policies and trust, its
/// workloads, and what they use.
fn hangs_on(roles: &BTreeSet<&str>, from: &Node, to: &Node, edge: &Edge) -> bool {
    let wanted = |arn: &str| roles.contains(arn);
    match (from, to, edge) {
        (Node::Workload(workload), ..) => wanted(&workload.principal),
        (Node::Role(role), _, edge) => wanted(role) && !matches!(edge, Edge::MemberOf),
        (Node::InstanceProfile(_), Node::Role(role), _) => wanted(role),
        _ => false,
    }
}

fn label(edge: &Edge) -> String {
    match edge {
        Edge::Used(requests) => {
            let mut words: Vec<String> = requests
                .iter()
                .map(|request| match request.outcome {
                    Outcome::Denied => format!("denied: {}", request.action),
                    _ => request.action.clone(),
                })
                .collect();
            words.sort_unstable();
            words.dedup();
            words.join("\n")
        }
        Edge::Trusts { conditions, .. } if !conditions.is_empty() => {
            format!("trusts, if\n{}", conditions.join("\n"))
        }
        other => other.kind().replace('_', " "),
    }
}

fn style(edge: &Edge) -> &'static str {
    match edge {
        Edge::Used(requests) if requests.iter().all(|r| r.outcome == Outcome::Denied) => "dotted",
        Edge::Used(_) | Edge::RunsAs => "solid",
        _ => "dashed",
    }
}

fn shape(node: &Node) -> &'static str {
    match node {
        Node::Role(_) | Node::User(_) | Node::Group(_) => "box",
        Node::Workload(_) => "component",
        Node::Resource(_) => "cylinder",
        Node::Policy(_) => "note",
        Node::Unknown(_) => "diamond",
        _ => "ellipse",
    }
}

/// A DOT string: quotes and backslashes escaped, line breaks kept as such,
/// other control characters replaced.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn nothing_ends_a_string_early() {
        assert_eq!(quoted(r#"a"b\"#), r#""a\"b\\""#);
        assert_eq!(quoted("a\nb\u{1b}[31m"), "\"a\\nb\u{FFFD}[31m\"");
    }
}
