//! The distinct rows of a stretch of one file, and a short log of its records:
//! what workers hand over, to be entered in the order of the files.

use super::correction::{self, Ids, Standing};
use super::coverage::Coverage;
use super::facts;
use super::params::{self, Kept};
use super::record::{Record, ResourceEntry};
use super::row::{Assume, Basis, Evidence, Extra, RecordOutcome, ResourceArn, Use, WorkloadKey};
use super::session::generalise;
use super::table::{Reason, Table};
use super::{EventId, Time};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What becomes of a record unless its id was met before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Counts for the `use` row of this number.
    Use(u32),
    /// Dropped for this reason, which comes after `duplicate` in the order.
    Drop(Reason),
    /// Already dropped; only its `assume` row is to be counted.
    Gone,
}

#[derive(Debug)]
struct Entry {
    id: Option<EventId>,
    time: Option<Time>,
    assume: Option<u32>,
    fate: Fate,
    /// It corrects the record of its own id.
    corrects_its_id: bool,
}

/// The records of a stretch of one file.
#[derive(Debug, Default)]
pub(super) struct Batch {
    uses: Vec<Use>,
    use_index: HashMap<Box<[u8]>, u32>,
    assumes: Vec<Assume>,
    assume_index: HashMap<Assume, u32>,
    log: Vec<Entry>,
    records: u64,
    dropped: BTreeMap<Reason, u64>,
    coverage: Coverage,
    /// What its records correct.
    originals: BTreeSet<Option<EventId>>,
    scratch: Vec<u8>,
}

impl Batch {
    /// Entries of its log: what its memory grows with.
    pub(super) fn len(&self) -> usize {
        self.log.len()
    }

    /// Counts pieces that hold no record.
    pub(super) fn malformed(&mut self, count: u64) {
        self.records += count;
        *self.dropped.entry(Reason::Malformed).or_default() += count;
    }

    /// Takes note of what a record corrects (C38). That holds whatever else
    /// becomes of the record.
    pub(super) fn correction(&mut self, record: &Record<'_>) {
        self.originals.extend(correction::corrected(record));
    }

    /// Takes a record, in the order of filters that `cloudtrail.md` 3 gives:
    /// `assume` facts are taken before the service callers drop out, since
    /// these alone say which service a session belongs to.
    pub(super) fn take(&mut self, record: &Record<'_>, time: Option<Time>) {
        self.records += 1;
        self.see(record, time);
        if let Some(reason) = facts::not_a_call(record) {
            return self.drop_record(reason);
        }
        let assume = if facts::is_assume(record) {
            self.assume_row(record)
        } else {
            None
        };
        let source = record.event_source.or_empty();
        let event = record.event_name.or_empty();
        let principal = if facts::is_service(&record.identity) {
            Err(Reason::ServiceCaller)
        } else {
            facts::principal(&record.identity)
        };
        let fate = match principal {
            Err(reason) => {
                self.drop_record(reason);
                if assume.is_none() {
                    return;
                }
                Fate::Gone
            }
            Ok(_) if facts::needs_no_permission(source, event) => {
                Fate::Drop(Reason::NoPermissionNeeded)
            }
            Ok(principal) if principal.is_empty() => Fate::Drop(Reason::NoIdentity),
            Ok(principal) => Fate::Use(self.use_row(record, principal)),
        };
        let id = record.event_id.get().map(EventId::new);
        let corrected = correction::corrected(record).flatten();
        self.log.push(Entry {
            corrects_its_id: corrected.is_some() && corrected == id,
            id,
            time,
            assume,
            fate,
        });
    }

    fn drop_record(&mut self, reason: Reason) {
        *self.dropped.entry(reason).or_default() += 1;
    }

    /// Notes what the trail can show. Records of insights and network activity
    /// say nothing about that.
    fn see(&mut self, record: &Record<'_>, time: Option<Time>) {
        let category = record.event_category.or_empty();
        if !matches!(category, "" | "Management" | "Data")
            || record.event_type.or_empty() != "AwsApiCall"
        {
            return;
        }
        let data = category == "Data" || record.management_event.is_false();
        let kinds: Vec<String> = if data || category.is_empty() {
            let entries = resources(record.resources).into_iter();
            entries
                .filter_map(|entry| entry.kind.get().map(str::to_owned))
                .collect()
        } else {
            Vec::new()
        };
        // Records before version 1.07 carry no category; object-level events of
        // S3 and calls of functions were the data events of that time.
        let old_data = category.is_empty()
            && record.management_event.get().is_none()
            && (kinds.iter().any(|kind| kind == "AWS::S3::Object")
                || record.event_name.get() == Some("Invoke"));
        let seen = self
            .coverage
            .at(record.account.or_empty(), record.region.or_empty());
        if data || old_data {
            for kind in kinds {
                *seen.data.entry(kind).or_default() += 1;
            }
            return;
        }
        seen.management += 1;
        seen.days.extend(time.map(Time::day));
        seen.reads += u64::from(record.read_only.is_true());
        seen.writes += u64::from(record.read_only.is_false());
        seen.kms += u64::from(record.event_source.get() == Some("kms.amazonaws.com"));
    }

    /// The number of the record's `use` row. Rows met before are found by their
    /// bytes, without building them.
    fn use_row(&mut self, record: &Record<'_>, principal: Cow<'_, str>) -> u32 {
        let draft = Draft::new(record, principal);
        self.scratch.clear();
        draft.write_key(&mut self.scratch);
        if let Some(number) = self.use_index.get(self.scratch.as_slice()) {
            return *number;
        }
        let number = u32::try_from(self.uses.len()).unwrap_or(u32::MAX);
        self.uses.push(draft.into_row());
        self.use_index
            .insert(self.scratch.as_slice().into(), number);
        number
    }

    fn assume_row(&mut self, record: &Record<'_>) -> Option<u32> {
        let request: AssumeRequest = serde_json::from_str(record.request?.get()).ok()?;
        let identity = &record.identity;
        let row = Assume {
            account: record.account.or_empty().to_owned(),
            region: record.region.or_empty().to_owned(),
            role: request.role_arn.filter(|role| !role.is_empty())?,
            session: generalise(&request.role_session_name.unwrap_or_default()).into_owned(),
            ptype: identity.kind.or_empty().to_owned(),
            caller: facts::principal(identity)
                .ok()
                .map(Cow::into_owned)
                .filter(|caller| !caller.is_empty()),
            service: identity.invoked_by.get().map(str::to_owned),
            event: record.event_name.or_empty().to_owned(),
            tags: request.tags.unwrap_or_default().0,
            source_identity: request.source_identity,
            external_id: request.external_id.is_some(),
            provider: identity.provider.get().map(str::to_owned),
        };
        if let Some(number) = self.assume_index.get(&row) {
            return Some(*number);
        }
        let number = u32::try_from(self.assumes.len()).ok()?;
        self.assumes.push(row.clone());
        self.assume_index.insert(row, number);
        Some(number)
    }

    /// Enters everything into the table, dropping copies and what corrections
    /// replace by their event ids.
    pub(super) fn enter(self, table: &mut Table, ids: &mut Ids) {
        table.records = table.records.saturating_add(self.records);
        for (reason, count) in &self.dropped {
            table.drop_records(*reason, *count);
        }
        table.coverage.merge(&self.coverage);
        for original in self.originals {
            original.iter().for_each(|id| ids.supersede(id));
            table.corrections.add(original, 0);
        }
        let mut uses = vec![Evidence::default(); self.uses.len()];
        let mut assumes = vec![Evidence::default(); self.assumes.len()];
        for entry in &self.log {
            let standing = ids.meet(entry.id.as_ref(), entry.corrects_its_id);
            if standing == Standing::Counts
                && let Some(assume) = entry.assume.and_then(|at| assumes.get_mut(at as usize))
            {
                assume.add(entry.time, entry.id.as_ref());
            }
            match entry.fate {
                Fate::Gone => {}
                _ if standing == Standing::Copy => table.drop_records(Reason::Duplicate, 1),
                _ if standing == Standing::Superseded => {
                    table.drop_records(Reason::Superseded, 1);
                }
                Fate::Drop(reason) => table.drop_records(reason, 1),
                Fate::Use(at) => {
                    if let Some(evidence) = uses.get_mut(at as usize) {
                        evidence.add(entry.time, entry.id.as_ref());
                    }
                }
            }
        }
        let seen = |(_, evidence): &(_, Evidence)| evidence.count > 0;
        for (row, evidence) in self.uses.into_iter().zip(uses).filter(seen) {
            table.add_use(row, &evidence);
        }
        for (row, evidence) in self.assumes.into_iter().zip(assumes) {
            if evidence.count > 0 {
                table.add_assume(row, &evidence);
            }
        }
    }
}

fn resources(raw: Option<&RawValue>) -> Vec<ResourceEntry<'_>> {
    let entries = raw.map(|raw| serde_json::from_str(raw.get()));
    entries.and_then(Result::ok).unwrap_or_default()
}

/// A `use` row borrowed from its record.
struct Draft<'a> {
    record: &'a Record<'a>,
    principal: Cow<'a, str>,
    basis: Basis,
    name: Cow<'a, str>,
    outcome: RecordOutcome,
    denied_action: Option<&'a str>,
    resources: Vec<ResourceEntry<'a>>,
    kept: Kept,
    source_ip: Option<String>,
}

impl<'a> Draft<'a> {
    fn new(record: &'a Record<'a>, principal: Cow<'a, str>) -> Self {
        let (basis, name) = facts::workload(record);
        let outcome = facts::outcome(record);
        let mut kept = Kept::default();
        if let Some(request) = record.request {
            params::request(request, &mut kept);
        }
        if let Some(response) = record.response
            && record.event_name.or_empty().starts_with("Create")
        {
            params::response(response, &mut kept);
        }
        Self {
            record,
            principal,
            basis,
            name,
            outcome,
            denied_action: match outcome {
                RecordOutcome::Denied => facts::denied_action(record.error_message.or_empty()),
                _ => None,
            },
            resources: resources(record.resources),
            kept,
            source_ip: record.source_ip.get().and_then(facts::network),
        }
    }

    fn principal_id(&self) -> &str {
        let id = self.record.identity.principal_id.or_empty();
        id.split(':').next().unwrap_or_default()
    }

    fn mfa(&self) -> Option<bool> {
        let mfa = &self.record.identity.session.attributes.mfa;
        mfa.get().map(|_| mfa.is_true())
    }

    /// Bytes that are equal exactly where the rows are.
    fn write_key(&self, key: &mut Vec<u8>) {
        let record = self.record;
        let mut text = |text: &str| {
            key.extend_from_slice(&(text.len() as u64).to_le_bytes());
            key.extend_from_slice(text.as_bytes());
        };
        text(record.account.or_empty());
        text(record.region.or_empty());
        text(&self.principal);
        text(self.principal_id());
        text(record.identity.kind.or_empty());
        text(&self.name);
        text(record.event_source.or_empty());
        text(record.event_name.or_empty());
        text(self.denied_action.unwrap_or_default());
        text(record.identity.invoked_by.or_empty());
        text(facts::vpce(record).unwrap_or_default());
        text(record.tls.version.or_empty());
        text(self.source_ip.as_deref().unwrap_or_default());
        for entry in &self.resources {
            text("resource");
            text(entry.arn.or_empty());
            text(entry.prefix.or_empty());
            text(entry.kind.or_empty());
            text(entry.account.or_empty());
        }
        for (path, value) in &self.kept.params {
            text(path);
            text(value);
        }
        for member in &self.kept.present {
            text("present");
            text(member);
        }
        for name in &self.kept.encryption_context {
            text("context");
            text(name);
        }
        key.extend([
            self.basis as u8,
            self.outcome as u8,
            u8::from(record.console.is_true()),
            self.mfa().map_or(2, u8::from),
        ]);
    }

    fn into_row(self) -> Use {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let record = self.record;
        let principal_id = self.principal_id().to_owned();
        let mfa = self.mfa();
        Use {
            account: record.account.or_empty().to_owned(),
            region: record.region.or_empty().to_owned(),
            principal: self.principal.into_owned(),
            principal_id,
            ptype: record.identity.kind.or_empty().to_owned(),
            workload: WorkloadKey {
                kind: String::new(),
                name: self.name.into_owned(),
                basis: self.basis,
            },
            console: record.console.is_true(),
            source: record.event_source.or_empty().to_owned(),
            event: record.event_name.or_empty().to_owned(),
            outcome: self.outcome,
            denied_action: owned(self.denied_action),
            arns: self
                .resources
                .iter()
                .map(|entry| ResourceArn {
                    arn: owned(entry.arn.get()),
                    prefix: owned(entry.prefix.get()),
                    kind: owned(entry.kind.get()),
                    account: owned(entry.account.get()),
                })
                .filter(|entry| entry.arn.is_some() || entry.prefix.is_some())
                .collect(),
            params: self.kept.params.into_iter().collect(),
            folded: false,
            via: owned(record.identity.invoked_by.get()),
            vpce: owned(facts::vpce(record)),
            tls: owned(record.tls.version.get()),
            source_ip: self.source_ip,
            mfa,
            extra: Extra {
                present: self
                    .kept
                    .present
                    .iter()
                    .map(|member| (*member).to_owned())
                    .collect(),
                encryption_context: self.kept.encryption_context.into_iter().collect(),
            },
        }
    }
}

/// The parameters of an AssumeRole call that its row holds. Its credentials are
/// never looked at.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssumeRequest {
    role_arn: Option<String>,
    role_session_name: Option<String>,
    source_identity: Option<String>,
    external_id: Option<serde::de::IgnoredAny>,
    tags: Option<Tags>,
}

/// `[{"key": …, "value": …}]` or `{key: value}`.
#[derive(Default)]
struct Tags(BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
        let mut tags = BTreeMap::new();
        match &value {
            serde_json::Value::Array(items) => {
                tags.extend(
                    items.iter().filter_map(|item| {
                        Some((text(item.get("key")?)?, text(item.get("value")?)?))
                    }),
                );
            }
            serde_json::Value::Object(members) => {
                tags.extend(
                    members
                        .iter()
                        .filter_map(|(key, value)| Some((key.clone(), text(value)?))),
                );
            }
            _ => {}
        }
        Ok(Self(tags))
    }
}
