//! Many inventories into one.

use super::account;
use super::inventory::Supplied;
use super::reading::{Place, Reading};
use super::{DocumentId, Entity, EntityId, EntityKind, Failure, Form, Host, Inventory, SourceId};
use crate::catalog;
use crate::policy::PolicyType;
use crate::syntax::json;
use crate::text::Source;
use std::collections::{BTreeMap, BTreeSet, HashMap};

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
                managed.entry(arn.clone()).or_insert(document.id);
            }
        }
        let managed = self.with_supplied(managed);
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
        self.tell_supplied();
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

    /// Also with the policies that AWS manages, where the input attaches one
    /// and does not hold it.
    fn with_supplied(
        &mut self,
        mut managed: HashMap<String, DocumentId>,
    ) -> HashMap<String, DocumentId> {
        let attached = self.entities.iter().flat_map(|entity| {
            let boundary = entity.boundary.iter().map(|boundary| &boundary.arn);
            entity.unresolved.iter().chain(boundary)
        });
        let attached: BTreeSet<&String> = attached.collect();
        for arn in attached {
            if managed.contains_key(arn) {
                continue;
            }
            let Some(text) = catalog::managed_policy(arn) else {
                continue;
            };
            let place = self.supplied.len();
            let document = DocumentId(self.documents.len() + place);
            let source = SourceId(self.sources.len() + place);
            if let Some(supplied) = Supplied::read(arn, text, (document, source)) {
                managed.insert(arn.clone(), document);
                self.supplied.push(supplied);
            }
        }
        managed
    }

    /// Tells what was taken from elsewhere: AWS may have changed it since.
    fn tell_supplied(&mut self) {
        let mut times: BTreeMap<SourceId, usize> = BTreeMap::new();
        for entity in &self.entities {
            let is_supplied = |id: &&DocumentId| id.0 >= self.documents.len();
            let boundary = entity.boundary.iter().filter_map(|b| b.document.as_ref());
            let taken = entity.policies.iter().chain(boundary).filter(is_supplied);
            *times.entry(entity.source).or_default() += taken.count();
        }
        for (source, times) in times.into_iter().filter(|(_, times)| *times > 0) {
            let what = match times {
                1 => "1 attached policy of AWS's is not in the input: its text".to_owned(),
                times => {
                    format!("{times} attached policies of AWS's are not in the input: their text")
                }
            };
            self.gaps.push(Failure {
                path: self.source(source).name().to_owned(),
                message: format!("{what} of {} is taken", catalog::managed_policies_date()),
            });
        }
    }
}

impl Supplied {
    /// A policy that AWS manages, as if an export held it.
    fn read(arn: &str, text: String, (id, source_id): (DocumentId, SourceId)) -> Option<Self> {
        let source = Source::new(arn, text);
        let root = json::parse(source.text()).root?;
        let mut reading = Reading::new(&source, None, Vec::new());
        reading.add(Place {
            address: Some(account::address(arn)),
            host: Host::ManagedPolicy,
            arn: Some(arn.to_owned()),
            policy_type: Some(PolicyType::Identity),
            ..Place::new(&root, Form::Account)
        });
        let mut document = reading.finish().documents.pop()?;
        document.id = id;
        document.source = source_id;
        Some(Self { source, document })
    }
}
