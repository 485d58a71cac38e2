//! From an inventory and what was observed to the graph.

use super::model::{Edge, Node, PolicyKey, WorkloadFacts, WorkloadKey};
use super::{Graph, ObservedRequest};
use crate::policy::{Arn, Effect, Principal, PrincipalKind, PrincipalValue, Statement};
use crate::sources::{DocumentId, Entity, EntityKind, Inventory};
use petgraph::graph::DiGraph;
use std::collections::{BTreeMap, BTreeSet};

/// Nodes and edges by key, before they get indices: two files that say the
/// same thing, in whatever order, make one node.
#[derive(Default)]
struct Parts<'a> {
    nodes: BTreeSet<Node>,
    edges: BTreeSet<(Node, Node, Edge<'a>)>,
    used: BTreeMap<(Node, Node), Vec<&'a ObservedRequest>>,
    entities: BTreeMap<String, &'a Entity>,
    policies: BTreeMap<PolicyKey, DocumentId>,
    workloads: BTreeMap<WorkloadKey, WorkloadFacts>,
}

pub(super) fn build<'a>(inventory: &'a Inventory, requests: &'a [ObservedRequest]) -> Graph<'a> {
    let mut parts = Parts::default();
    for entity in &inventory.entities {
        // The same entity in two exports: the greater text wins, whatever the
        // order of the files.
        let kept = parts.entities.entry(entity.arn.clone()).or_insert(entity);
        if fingerprint(inventory, entity) > fingerprint(inventory, kept) {
            *kept = entity;
        }
    }
    for entity in parts.entities.values().copied().collect::<Vec<_>>() {
        parts.entity(inventory, entity);
    }
    for request in requests {
        parts.request(request);
    }
    let Parts {
        nodes,
        edges,
        mut used,
        entities,
        policies,
        workloads,
    } = parts;

    let mut graph = DiGraph::with_capacity(nodes.len(), edges.len() + used.len());
    let index: BTreeMap<Node, _> = nodes
        .into_iter()
        .map(|node| (node.clone(), graph.add_node(node)))
        .collect();
    let place = |node: &Node| index.get(node).copied();
    for requests in used.values_mut() {
        requests.sort_unstable_by_key(|r| (&r.action, r.outcome, *r));
    }
    let used = used
        .into_iter()
        .map(|((from, to), requests)| (from, to, Edge::Used(requests)));
    for (from, to, edge) in edges.into_iter().chain(used) {
        if let (Some(from), Some(to)) = (place(&from), place(&to)) {
            graph.add_edge(from, to, edge);
        }
    }
    Graph {
        inventory,
        graph,
        index,
        entities,
        policies,
        workloads,
    }
}

fn fingerprint<'a>(inventory: &'a Inventory, entity: &Entity) -> &'a str {
    inventory.source(entity.source).slice(entity.span)
}

impl<'a> Parts<'a> {
    fn link(&mut self, from: &Node, to: Node, edge: Edge<'a>) {
        self.nodes.insert(to.clone());
        self.edges.insert((from.clone(), to, edge));
    }

    fn entity(&mut self, inventory: &'a Inventory, entity: &'a Entity) {
        let node = match entity.kind {
            EntityKind::User => Node::User(entity.arn.clone()),
            EntityKind::Group => Node::Group(entity.arn.clone()),
            EntityKind::Role => Node::Role(entity.arn.clone()),
        };
        self.nodes.insert(node.clone());
        let account = entity.account();
        if !account.is_empty() {
            self.link(&node, Node::Account(account.to_owned()), Edge::MemberOf);
        }
        for &id in &entity.policies {
            let policy = self.policy(inventory, entity, id);
            self.link(&node, policy, Edge::Attached);
        }
        for arn in &entity.unresolved {
            let unknown = Node::Unknown(format!("policy {arn}"));
            self.link(&node, unknown, Edge::Attached);
        }
        if let Some(boundary) = &entity.boundary {
            let policy = match boundary.document {
                Some(id) => self.policy(inventory, entity, id),
                None => Node::Unknown(format!("policy {}", boundary.arn)),
            };
            self.link(&node, policy, Edge::BoundedBy);
        }
        for name in &entity.groups {
            let group = match inventory.group(account, name) {
                Some(group) => Node::Group(group.arn.clone()),
                None => Node::Unknown(format!("group {name}")),
            };
            self.link(&node, group, Edge::MemberOf);
        }
        for arn in &entity.instance_profiles {
            let profile = Node::InstanceProfile(arn.clone());
            self.nodes.insert(profile.clone());
            self.link(&profile, node.clone(), Edge::RunsAs);
        }
        if let Some(id) = entity.trust {
            self.trust(inventory, &node, id);
        }
    }

    fn policy(&mut self, inventory: &'a Inventory, entity: &Entity, id: DocumentId) -> Node {
        let document = inventory.document(id);
        let key = match &document.arn {
            Some(arn) if document.entity.is_none() => PolicyKey::Managed(arn.clone()),
            _ => PolicyKey::Inline {
                entity: entity.arn.clone(),
                name: address_tail(document.address.as_deref()),
            },
        };
        self.policies.entry(key.clone()).or_insert(id);
        Node::Policy(key)
    }

    fn trust(&mut self, inventory: &'a Inventory, role: &Node, id: DocumentId) {
        let Some(policy) = &inventory.document(id).policy else {
            let unknown = Node::Unknown(format!("trust policy of {}", role.id()));
            let edge = Edge::Trusts {
                statement: 0,
                conditions: Vec::new(),
            };
            self.link(role, unknown, edge);
            return;
        };
        for (statement, text) in policy.statements.iter().enumerate() {
            for principal in trusted(text) {
                let edge = Edge::Trusts {
                    statement,
                    conditions: condition_keys(text),
                };
                self.link(role, principal, edge);
            }
        }
    }

    fn request(&mut self, request: &'a ObservedRequest) {
        let principal = match principal_kind(&request.principal) {
            Some(EntityKind::Role) => Node::Role(request.principal.clone()),
            Some(EntityKind::User) => Node::User(request.principal.clone()),
            _ => Node::OtherPrincipal(request.principal.clone()),
        };
        let key = WorkloadKey {
            principal: request.principal.clone(),
            kind: request.workload.kind.clone(),
            name: request.workload.name.clone(),
        };
        let facts = self.workloads.entry(key.clone()).or_default();
        facts.bases.insert(request.workload.basis.clone());
        facts.services.extend(request.workload.service.clone());
        let workload = Node::Workload(key);
        let resource = Node::Resource(request.resource.clone());
        self.nodes.insert(workload.clone());
        self.nodes.insert(resource.clone());
        self.link(&workload, principal, Edge::RunsAs);
        let uses = self.used.entry((workload, resource)).or_default();
        uses.push(request);
    }
}

/// `role/service/orders:inline/OrdersData` → `inline/OrdersData`.
fn address_tail(address: Option<&str>) -> String {
    let address = address.unwrap_or_default();
    address
        .rsplit_once(':')
        .map_or(address, |(_, tail)| tail)
        .to_owned()
}

fn principal_kind(arn: &str) -> Option<EntityKind> {
    let arn = Arn::parse(arn)?;
    match (arn.service.as_str(), arn.typed()?.0) {
        ("iam", "role") => Some(EntityKind::Role),
        ("iam", "user") => Some(EntityKind::User),
        _ => None,
    }
}

/// The principals that an Allow of a trust policy names.
fn trusted(statement: &Statement) -> Vec<Node> {
    let allows = statement
        .effect
        .as_ref()
        .is_some_and(|effect| effect.value == Effect::Allow);
    let Some(principals) = statement.principal.as_ref().filter(|_| allows) else {
        return Vec::new();
    };
    if principals.negated {
        // Everybody but the ones named: no list says who that is.
        return vec![Node::AnyAws, Node::Anonymous];
    }
    principals
        .entries
        .iter()
        .flat_map(|entry| principal_nodes(&entry.value))
        .collect()
}

fn principal_nodes(principal: &Principal) -> Vec<Node> {
    let text = principal.text.clone();
    match (&principal.kind, &principal.value) {
        (_, PrincipalValue::Malformed) => Vec::new(), // matches nobody (R62)
        (PrincipalKind::Aws, PrincipalValue::Any) => vec![Node::AnyAws, Node::Anonymous],
        (PrincipalKind::Service, _) => vec![Node::ServicePrincipal(text)],
        (PrincipalKind::Federated, _) => vec![Node::FederatedPrincipal(text)],
        (PrincipalKind::Aws, PrincipalValue::Account(account)) => {
            vec![Node::OtherPrincipal(account.clone())]
        }
        (PrincipalKind::Aws, PrincipalValue::Arn(_)) => vec![match principal_kind(&text) {
            Some(EntityKind::Role) => Node::Role(text),
            Some(EntityKind::User) => Node::User(text),
            _ => Node::OtherPrincipal(text),
        }],
        _ => vec![Node::OtherPrincipal(text)],
    }
}

/// The condition keys of a statement: each once, sorted.
fn condition_keys(statement: &Statement) -> Vec<String> {
    let keys: BTreeSet<_> = statement
        .conditions
        .iter()
        .map(|condition| condition.key.value.clone())
        .collect();
    keys.into_iter().collect()
}
