//! Many inventories into one.

use super::{DocumentId, Entity, EntityId, EntityKind, Failure, Host, Inventory, SourceId};
use std::collections::{BTreeMap, HashMap};

impl Inventory {
    /// Appends inventories, each of one file, and then resolves what is
    /// attached: pages of one export refer to each other.
    pub(super) fn merge(&mut self, parts: Vec<Inventory>) {
        for part in parts {
            self.append(part);
        }
        self.resolve();
    }

    fn append(&mut self, part: Inventory) {
        let (first_source, first_document) = (self.sources.len(), self.documents.len());
        let source = |id: SourceId| SourceId(first_source + id.0);
        let document = |id: DocumentId| DocumentId(first_document + id.0);
        self.sources.extend(part.sources);
        self.failures.extend(part.failures);
        self.empty.extend(part.empty);
        self.gaps.extend(part.gaps);
        self.without_policy += part.without_policy;
        for mut organization in part.organizations {
            for level in &mut organization.levels {
                for id in level.scps.iter_mut().chain(&mut level.rcps) {
                    *id = document(*id);
                }
            }
            self.organizations.push(organization);
        }
        let mut entities = Vec::with_capacity(part.entities.len());
        for entity in part.entities {
            if let Some(&id) = self.by_arn.get(&entity.arn) {
                entities.push(id);
                self.gaps.push(Failure {
                    path: self.source(source(entity.source)).name().to_owned(),
                    message: format!("`{}` was read before; that entry decides", entity.arn),
                });
                continue;
            }
            let id = EntityId(self.entities.len());
            self.by_arn.insert(entity.arn.clone(), id);
            if entity.kind == EntityKind::Group {
                let key = (entity.account().to_owned(), entity.name.clone());
                self.groups.insert(key, id);
            }
            entities.push(id);
            self.entities.push(Entity {
                id,
                source: source(entity.source),
                trust: entity.trust.map(document),
                policies: entity.policies.into_iter().map(document).collect(),
                ..entity
            });
        }
        self.documents
            .extend(part.documents.into_iter().map(|mut d| {
                d.id = document(d.id);
                d.source = source(d.source);
                d.entity = d.entity.and_then(|id| entities.get(id.0).copied());
                d
            }));
    }

    /// Replaces the ARNs of attached policies by the documents, where the
    /// input holds them, and notes where it does not.
    fn resolve(&mut self) {
        let mut managed = HashMap::new();
        for document in &self.documents {
            if let (Host::ManagedPolicy, Some(arn)) = (document.host, &document.arn) {
                managed.entry(arn.as_str()).or_insert(document.id);
            }
        }
        let mut missing: BTreeMap<(SourceId, String), usize> = BTreeMap::new();
        for entity in &mut self.entities {
            let mut miss = |arn: &str| {
                let key = (entity.source, arn.to_owned());
                *missing.entry(key).or_default() += 1;
            };
            entity
                .unresolved
                .retain(|arn| match managed.get(arn.as_str()) {
                    Some(&id) => {
                        entity.policies.push(id);
                        false
                    }
                    None => {
                        miss(arn);
                        true
                    }
                });
            if let Some(boundary) = &mut entity.boundary {
                boundary.document = managed.get(boundary.arn.as_str()).copied();
                if boundary.document.is_none() {
                    miss(&boundary.arn);
                }
            }
        }
        for user in &self.entities {
            for name in &user.groups {
                if self.group(user.account(), name).is_none() {
                    let key = (user.source, format!("group/{name}"));
                    *missing.entry(key).or_default() += 1;
                }
            }
        }
        for ((source, what), times) in missing {
            let times = if times == 1 {
                "once".to_owned()
            } else {
                format!("{times} times")
            };
            self.gaps.push(Failure {
                path: self.source(source).name().to_owned(),
                message: format!("`{what}` is referred to {times} and is not in the input"),
            });
        }
    }
}
