//! Plain questions: what is there, and what hangs on it.

use super::ObservedRequest;
use super::build;
use super::model::{Edge, Node, PolicyKey, WorkloadFacts, WorkloadKey};
use crate::sources::{Document, DocumentId, Entity, Inventory};
use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use std::collections::{BTreeMap, BTreeSet};

/// Who runs as what and reaches which resource. Built once, then only read.
/// The graph decides no policy: every "may" is a question to `semantics`.
#[derive(Debug)]
pub struct Graph<'a> {
    pub(super) inventory: &'a Inventory,
    pub(super) graph: DiGraph<Node, Edge<'a>>,
    pub(super) index: BTreeMap<Node, NodeIndex>,
    pub(super) entities: BTreeMap<String, &'a Entity>,
    pub(super) policies: BTreeMap<PolicyKey, DocumentId>,
    pub(super) workloads: BTreeMap<WorkloadKey, WorkloadFacts>,
}

/// A principal of the graph.
#[derive(Clone, Copy, Debug)]
pub struct PrincipalRef<'g> {
    /// Its ARN.
    pub arn: &'g str,
    /// What the account's export says of it; absent where only records do.
    pub entity: Option<&'g Entity>,
}

/// An identity policy of a principal.
#[derive(Clone, Copy, Debug)]
pub struct PolicyRef<'g> {
    /// What tells it from others.
    pub key: &'g PolicyKey,
    /// Its text.
    pub document: &'g Document,
}

impl<'a> Graph<'a> {
    /// Builds the graph. Equal input in another order gives an equal graph.
    #[must_use]
    pub fn build(inventory: &'a Inventory, requests: &'a [ObservedRequest]) -> Self {
        build::build(inventory, requests)
    }

    /// What the policies were read from.
    #[must_use]
    pub fn inventory(&self) -> &'a Inventory {
        self.inventory
    }

    /// All nodes, sorted.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.graph.node_weights()
    }

    /// All edges as (from, to, edge), in the order of their nodes.
    pub fn edges(&self) -> impl Iterator<Item = (&Node, &Node, &Edge<'a>)> {
        self.graph.edge_references().filter_map(|edge| {
            Some((
                self.graph.node_weight(edge.source())?,
                self.graph.node_weight(edge.target())?,
                edge.weight(),
            ))
        })
    }

    /// The roles that were read or seen, by ARN.
    pub fn roles(&self) -> impl Iterator<Item = PrincipalRef<'_>> {
        self.graph.node_weights().filter_map(|node| match node {
            Node::Role(arn) => Some(self.principal(arn)),
            _ => None,
        })
    }

    /// The users that were read or seen, by ARN.
    pub fn users(&self) -> impl Iterator<Item = PrincipalRef<'_>> {
        self.graph.node_weights().filter_map(|node| match node {
            Node::User(arn) => Some(self.principal(arn)),
            _ => None,
        })
    }

    fn principal<'g>(&'g self, arn: &'g str) -> PrincipalRef<'g> {
        PrincipalRef {
            arn,
            entity: self.entities.get(arn).copied(),
        }
    }

    /// What was seen running as this principal, by kind and name.
    pub fn workloads_of<'g>(&'g self, principal: &str) -> impl Iterator<Item = &'g WorkloadKey> {
        let from = WorkloadKey {
            principal: principal.to_owned(),
            kind: String::new(),
            name: String::new(),
        };
        let principal = from.principal.clone();
        self.workloads
            .range(from..)
            .map(|(key, _)| key)
            .take_while(move |key| key.principal == principal)
    }

    /// What is known of a workload beside its key.
    #[must_use]
    pub fn facts_of(&self, workload: &WorkloadKey) -> Option<&WorkloadFacts> {
        self.workloads.get(workload)
    }

    /// What a workload was seen doing, whatever the outcome, by resource, then
    /// action.
    pub fn uses_of(&self, workload: &WorkloadKey) -> impl Iterator<Item = &'a ObservedRequest> {
        let node = Node::Workload(workload.clone());
        let mut used: Vec<_> = self
            .out(&node)
            .filter_map(|(to, edge)| match edge {
                Edge::Used(requests) => Some((to, requests)),
                _ => None,
            })
            .collect();
        used.sort_unstable_by_key(|(to, _)| *to);
        used.into_iter()
            .flat_map(|(_, requests)| requests.iter().copied())
    }

    /// Everything that was observed.
    pub fn observed(&self) -> impl Iterator<Item = &'a ObservedRequest> {
        self.graph.edge_weights().flat_map(|edge| match edge {
            Edge::Used(requests) => requests.iter().copied(),
            _ => [].iter().copied(),
        })
    }

    /// The edges that leave a node, with where they lead.
    pub(super) fn out<'g>(&'g self, node: &Node) -> impl Iterator<Item = (&'g Node, &'g Edge<'a>)> {
        let index = self.index.get(node).copied();
        index.into_iter().flat_map(|index| {
            self.graph
                .edges_directed(index, Direction::Outgoing)
                .filter_map(|edge| Some((self.graph.node_weight(edge.target())?, edge.weight())))
        })
    }

    /// The identity policies of a role: inline by name, then managed by ARN.
    #[must_use]
    pub fn policies_of(&self, role: &str) -> Vec<PolicyRef<'_>> {
        let mut found: Vec<_> = self
            .out(&Node::Role(role.to_owned()))
            .filter_map(|(to, edge)| match (to, edge) {
                (Node::Policy(key), Edge::Attached) => Some(key),
                _ => None,
            })
            .collect();
        found.sort_unstable_by_key(|key| (matches!(key, PolicyKey::Managed(_)), *key));
        found
            .into_iter()
            .filter_map(|key| {
                let document = self.inventory.document(*self.policies.get(key)?);
                Some(PolicyRef { key, document })
            })
            .collect()
    }

    /// What is attached to a role and could not be read, sorted.
    #[must_use]
    pub fn unknown_of(&self, role: &str) -> Vec<&str> {
        let found: BTreeSet<_> = self
            .out(&Node::Role(role.to_owned()))
            .filter_map(|(to, _)| match to {
                Node::Unknown(what) => Some(what.as_str()),
                _ => None,
            })
            .collect();
        found.into_iter().collect()
    }

    /// The principals that a role's trust policy names, each once, sorted.
    #[must_use]
    pub fn trusted_by(&self, role: &str) -> Vec<&Node> {
        let found: BTreeSet<_> = self
            .out(&Node::Role(role.to_owned()))
            .filter(|(_, edge)| matches!(edge, Edge::Trusts { .. }))
            .map(|(to, _)| to)
            .collect();
        found.into_iter().collect()
    }
}
