//! One service: its actions, resource types and condition keys.

use super::action::{AccessLevel, Action, ActionRef, Run};
use super::blob::{Blob, Damaged, Reader};
use super::condition_key::ConditionKey;
use super::encode::{NAME_ONLY, NO_OPERATION};
use super::names::compare;
use super::resource_type::{ArnFormat, ResourceType};

/// What AWS defines under one action prefix.
#[derive(Debug)]
pub struct Service {
    /// The action prefix: `s3`, `elasticloadbalancing`.
    pub prefix: &'static str,
    /// AWS's name of the service; the prefix where no list tells one.
    pub name: &'static str,
    /// Whether resource control policies reach it. The publisher's list: shown
    /// with its date, never the basis of a proof.
    pub rcp: bool,
    /// Service directories of the SDK whose operations use this prefix.
    pub sdk: Vec<&'static str>,
    /// Resource types, sorted by name.
    pub resources: Vec<ResourceType>,
    /// Condition keys that the service lists, `aws:` ones included, sorted.
    pub keys: Vec<ConditionKey>,
    pub(super) actions: Vec<Action>,
    // What actions and types refer to, in flat tables: few allocations make a
    // service cheap to decode.
    pub(super) links: Vec<Link>,
    pub(super) key_lists: Vec<u32>,
    pub(super) narrowed: Vec<Narrowed>,
    pub(super) words: Vec<&'static str>,
}

/// An action's link to a resource type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) kind: u32,
    pub(super) required: bool,
}

/// The keys that apply to an action on one type, instead of the type's own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Narrowed {
    pub(super) kind: u32,
    pub(super) keys: Run,
}

impl Service {
    /// The service's actions, sorted by name without case.
    pub fn actions(&self) -> impl ExactSizeIterator<Item = ActionRef<'_>> {
        self.actions.iter().map(|action| ActionRef {
            service: self,
            action,
        })
    }

    /// The action of a bare name (`GetObject`), in any case.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<ActionRef<'_>> {
        let found = self
            .actions
            .binary_search_by(|action| compare(action.name, name));
        self.actions.get(found.ok()?).map(|action| ActionRef {
            service: self,
            action,
        })
    }

    /// The resource type of a name, in any case.
    #[must_use]
    pub fn resource(&self, name: &str) -> Option<&ResourceType> {
        self.resources
            .iter()
            .find(|kind| kind.name.eq_ignore_ascii_case(name))
    }

    /// The condition key that `name` is, or is an instance of: both
    /// `s3:prefix` and `s3:ExistingObjectTag/team` (written `…/<key>`).
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&ConditionKey> {
        let exact = self
            .keys
            .iter()
            .find(|key| key.name.eq_ignore_ascii_case(name));
        exact.or_else(|| self.keys.iter().find(|key| key.matches(name)))
    }

    /// The condition keys of a resource type.
    pub fn keys_of(&self, kind: &ResourceType) -> impl Iterator<Item = &ConditionKey> {
        self.keys_in(kind.keys)
    }

    pub(super) fn keys_in(&self, run: Run) -> impl Iterator<Item = &ConditionKey> {
        run.of(&self.key_lists)
            .iter()
            .filter_map(|&key| self.keys.get(key as usize))
    }

    pub(super) fn decode(blob: Blob, body: &'static [u8]) -> Result<Self, Damaged> {
        let reader = &mut Reader::new(blob, body);
        let mut service = Self {
            prefix: reader.word()?,
            name: reader.word()?,
            rcp: reader.number()? == 1,
            sdk: Vec::new(),
            resources: Vec::new(),
            keys: Vec::new(),
            actions: Vec::new(),
            links: Vec::new(),
            key_lists: Vec::new(),
            narrowed: Vec::new(),
            words: Vec::new(),
        };
        for _ in 0..reader.count()? {
            service.sdk.push(reader.word()?);
        }
        for _ in 0..reader.count()? {
            let key = ConditionKey::decode(reader.word()?, reader.number()?)?;
            service.keys.push(key);
        }
        for _ in 0..reader.count()? {
            let name = reader.word()?;
            let mut arns = Vec::new();
            for _ in 0..reader.count()? {
                arns.push(ArnFormat(reader.word()?));
            }
            let keys = service.read_keys(reader)?;
            service.resources.push(ResourceType { name, arns, keys });
        }
        let count = reader.count()?;
        service.actions.reserve_exact(count);
        for _ in 0..count {
            let action = service.read_action(reader)?;
            service.actions.push(action);
        }
        Ok(service)
    }

    fn read_action(&mut self, reader: &mut Reader) -> Result<Action, Damaged> {
        let name = reader.word()?;
        let facts = reader.number()?;
        let flags = u64::from(facts >> 3);
        let start = self.links.len();
        for _ in 0..reader.count()? {
            let link = reader.number()?;
            self.links.push(Link {
                kind: link >> 1,
                required: link & 1 == 1,
            });
        }
        let links = Run::since(start, self.links.len())?;
        let keys = self.read_keys(reader)?;
        let start = self.narrowed.len();
        for _ in 0..reader.count()? {
            let kind = reader.number()?;
            let keys = self.read_keys(reader)?;
            self.narrowed.push(Narrowed { kind, keys });
        }
        Ok(Action {
            name,
            access: AccessLevel::decode(facts & 7)?,
            no_operation: flags & NO_OPERATION != 0,
            name_only: flags & NAME_ONLY != 0,
            links,
            keys,
            narrowed: Run::since(start, self.narrowed.len())?,
            needs: self.read_words(reader)?,
            operations: self.read_words(reader)?,
        })
    }

    fn read_keys(&mut self, reader: &mut Reader) -> Result<Run, Damaged> {
        let start = self.key_lists.len();
        for _ in 0..reader.count()? {
            self.key_lists.push(reader.number()?);
        }
        Run::since(start, self.key_lists.len())
    }

    fn read_words(&mut self, reader: &mut Reader) -> Result<Run, Damaged> {
        let start = self.words.len();
        for _ in 0..reader.count()? {
            self.words.push(reader.word()?);
        }
        Run::since(start, self.words.len())
    }
}
