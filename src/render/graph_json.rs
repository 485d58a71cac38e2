//! The graph's views for programs: `leastwise/graph/1`.

use super::catalog::CatalogFacts;
use crate::graph::{Edge, Graph, Node, Outcome, Precision, SharedRole, Wildcard, Window};
use crate::sources::Coverage;
use serde::Serialize;

/// The whole output.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct GraphOutput<'a> {
    /// `leastwise/graph/1`.
    pub schema: &'static str,
    /// The catalog that reach was computed with.
    pub catalog: CatalogFacts<'a>,
    /// What was watched; absent without usage.
    pub observed: Option<&'a Window>,
    /// The answer.
    #[serde(flatten)]
    pub view: View<'a>,
    /// How much of the input was understood.
    pub coverage: &'a Coverage,
}

/// What was asked for.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(tag = "view", rename_all = "snake_case")]
pub enum View<'a> {
    /// `graph shared-roles`.
    SharedRoles {
        /// Worst first.
        shared_roles: &'a [SharedRole],
    },
    /// `graph wildcards`.
    Wildcards {
        /// Worst first.
        wildcards: &'a [Wildcard],
    },
    /// `graph show`.
    Show {
        /// Sorted.
        nodes: Vec<NodeFacts>,
        /// In the order of their nodes.
        edges: Vec<EdgeFacts<'a>>,
    },
}

/// A node.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct NodeFacts {
    /// No other node has it.
    pub id: String,
    /// `role`, `workload`, `resource`, ….
    pub kind: &'static str,
    /// For people.
    pub label: String,
}

/// An edge.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct EdgeFacts<'a> {
    /// Id of a node.
    pub from: String,
    /// Id of a node.
    pub to: String,
    /// `attached`, `bounded_by`, `member_of`, `trusts`, `runs_as`, `used`.
    pub kind: &'static str,
    /// Of `trusts`: the condition keys that must still hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditions: Option<&'a [String]>,
    /// Of `used`: what was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uses: Option<Vec<UseFacts<'a>>>,
}

/// One observed request.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct UseFacts<'a> {
    /// `s3:GetObject`.
    pub action: &'a str,
    /// How it ended.
    pub outcome: Outcome,
    /// How well the resource is known.
    pub precision: Precision,
    /// Records.
    pub count: u64,
    /// Earliest `eventTime`.
    pub first: &'a str,
    /// Latest `eventTime`.
    pub last: &'a str,
}

/// The nodes and edges of a graph.
#[must_use]
pub fn show<'a>(graph: &'a Graph) -> View<'a> {
    View::Show {
        nodes: graph.nodes().map(node).collect(),
        edges: graph.edges().map(|(f, t, e)| edge(f, t, e)).collect(),
    }
}

fn node(node: &Node) -> NodeFacts {
    NodeFacts {
        id: node.id(),
        kind: node.kind(),
        label: node.label(),
    }
}

fn edge<'a>(from: &Node, to: &Node, edge: &'a Edge) -> EdgeFacts<'a> {
    let conditions = match edge {
        Edge::Trusts { conditions, .. } => Some(conditions.as_slice()),
        _ => None,
    };
    let uses = match edge {
        Edge::Used(requests) => Some(
            requests
                .iter()
                .map(|request| UseFacts {
                    action: &request.action,
                    outcome: request.outcome,
                    precision: request.precision,
                    count: request.count,
                    first: &request.first,
                    last: &request.last,
                })
                .collect(),
        ),
        _ => None,
    };
    EdgeFacts {
        from: from.id(),
        to: to.id(),
        kind: edge.kind(),
        conditions,
        uses,
    }
}
