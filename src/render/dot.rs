//! The graph as DOT, for graphviz.

use super::fold::common_folder;
use crate::graph::{Edge, Graph, Node, Outcome};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// `graph … --format dot`. With `only`, the roles named there and what hangs
/// on them; else everything. Accounts are left out: everything hangs on them.
/// Many resources that a workload uses alike are drawn as one.
#[must_use]
pub fn graph(graph: &Graph, only: Option<&BTreeSet<&str>>) -> String {
    let mut drawing = Drawing::default();
    if only.is_none() {
        for node in graph.nodes().filter(|node| !is_left_out(node)) {
            drawing.node(node);
        }
    }
    let mut used: BTreeMap<(&Node, String, &'static str), Vec<&str>> = BTreeMap::new();
    for (from, to, edge) in graph.edges() {
        if only.is_some_and(|roles| !hangs_on(roles, from, to, edge)) {
            continue;
        }
        match (edge, to) {
            (_, Node::Account(_)) => {}
            (Edge::Used(_), Node::Resource(arn)) => {
                let alike = used.entry((from, label(edge), style(edge))).or_default();
                alike.push(arn);
            }
            _ => drawing.edge(from, to, &label(edge), style(edge)),
        }
    }
    for ((from, label, style), arns) in used {
        match common_folder(&arns) {
            Some(folder) => {
                let all = Node::Resource(format!("{folder}*"));
                drawing.edge(from, &all, &label, style);
            }
            None => {
                for arn in arns {
                    drawing.edge(from, &Node::Resource(arn.to_owned()), &label, style);
                }
            }
        }
    }
    drawing.finish()
}

/// What will be drawn: nodes and edges sorted, each once.
#[derive(Default)]
struct Drawing {
    nodes: BTreeSet<Node>,
    edges: BTreeSet<(Node, Node, String, &'static str)>,
}

impl Drawing {
    fn node(&mut self, node: &Node) {
        self.nodes.insert(node.clone());
    }

    fn edge(&mut self, from: &Node, to: &Node, label: &str, style: &'static str) {
        self.node(from);
        self.node(to);
        self.edges
            .insert((from.clone(), to.clone(), label.to_owned(), style));
    }

    fn finish(self) -> String {
        let place: BTreeMap<&Node, usize> = self.nodes.iter().zip(0..).collect();
        let mut out = String::from(HEADER);
        for (node, n) in &place {
            let (label, shape) = (quoted(&node.label()), shape(node));
            let _ = writeln!(out, "  n{n} [label={label}, shape={shape}];");
        }
        for (from, to, label, style) in &self.edges {
            if let (Some(from), Some(to)) = (place.get(from), place.get(to)) {
                let label = quoted(label);
                let _ = writeln!(out, "  n{from} -> n{to} [label={label}, style={style}];");
            }
        }
        out.push_str("}\n");
        out
    }
}

/// Resources stand where they are used, or not at all.
fn is_left_out(node: &Node) -> bool {
    matches!(node, Node::Account(_) | Node::Resource(_))
}

const HEADER: &str = "digraph leastwise {
  rankdir=LR;
  node [fontname=\"sans-serif\", fontsize=10];
  edge [fontname=\"sans-serif\", fontsize=8];
";

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
