//! A usage table → the requests that were observed, by the catalog of today.

use super::action::{Needed, needed};
use super::coverage::Coverage;
use super::parameters::{Parameters, Value};
use super::pass_role;
use super::resource::{Named, Place, Resource, resources};
use super::row::{Basis, Evidence, RecordOutcome, Use};
use super::table::{Reason, Table};
use super::workload::Sessions;
use crate::catalog::Catalog;
use crate::graph::{ObservedRequest, Outcome, Precision, Workload};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// What a table says about permissions.
#[derive(Clone, Debug, Default)]
pub struct Mapped {
    /// Distinct requests, sorted. Inconclusive records give none.
    pub requests: Vec<ObservedRequest>,
    /// Calls that no action is known for, the most frequent first.
    pub unmapped: Vec<Unmapped>,
    /// The accounting of all records.
    pub totals: Totals,
    /// What the trail could show.
    pub coverage: Coverage,
}

/// A call that no action is known for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Unmapped {
    /// `eventSource`.
    pub source: String,
    /// `eventName`.
    pub event: String,
    /// Records.
    pub count: u64,
}

/// Where every record went: `records = used + denied + inconclusive + unmapped
/// + Σ dropped`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Totals {
    /// Records met.
    pub records: u64,
    /// Authorised, with a known action.
    pub used: u64,
    /// Refused for want of permission.
    pub denied: u64,
    /// Refused before anybody asked for permissions.
    pub inconclusive: u64,
    /// Authorised, no action known.
    pub unmapped: u64,
    /// By reason.
    pub dropped: BTreeMap<Reason, u64>,
}

impl Totals {
    /// Whether every record is accounted for.
    #[must_use]
    pub fn balanced(&self) -> bool {
        let parts = [self.used, self.denied, self.inconclusive, self.unmapped];
        let sum = parts.iter().chain(self.dropped.values());
        sum.fold(0u64, |sum, part| sum.saturating_add(*part)) == self.records
    }
}

/// What tells requests apart, in the order of [`ObservedRequest`].
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    account: String,
    region: String,
    principal: String,
    principal_id: String,
    workload: Workload,
    action: String,
    resource: String,
    precision: Precision,
    outcome: Outcome,
    context: BTreeMap<String, Vec<String>>,
}

/// Maps a table: event → actions → resources, each with its context. Calls with
/// several actions or resources give several requests; the record is counted
/// once.
#[must_use]
pub fn map(table: &Table, catalog: &Catalog) -> Mapped {
    let assumes = table.assumes();
    let sessions = Sessions::new(&assumes);
    let mut totals = Totals {
        records: table.records,
        dropped: table.dropped.clone(),
        ..Totals::default()
    };
    let mut unmapped: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    let mut requests: BTreeMap<Key, Evidence> = BTreeMap::new();
    for (row, evidence) in table.uses() {
        let count = evidence.count;
        let needed = needed(row, catalog);
        let outcome = match (row.outcome, &needed) {
            (RecordOutcome::Denied, _) => {
                add(&mut totals.denied, count);
                Outcome::Denied
            }
            (RecordOutcome::Inconclusive, _) => {
                add(&mut totals.inconclusive, count);
                continue;
            }
            (_, Needed::Unmapped) => {
                add(&mut totals.unmapped, count);
                add(
                    unmapped.entry((&row.source, &row.event)).or_default(),
                    count,
                );
                continue;
            }
            (_, Needed::Nothing) => {
                add(
                    totals
                        .dropped
                        .entry(Reason::NoPermissionNeeded)
                        .or_default(),
                    count,
                );
                continue;
            }
            (RecordOutcome::Ok, Needed::Actions(_)) => {
                add(&mut totals.used, count);
                Outcome::Ok
            }
            (RecordOutcome::Semantic, Needed::Actions(_)) => {
                add(&mut totals.used, count);
                Outcome::Semantic
            }
        };
        for (action, resource, more) in pairs(row, &needed) {
            let mut context = context(row, &action, &sessions);
            context.extend(more.map(|(key, value)| (key.to_owned(), vec![value])));
            let key = Key {
                account: row.account.clone(),
                region: row.region.clone(),
                principal: row.principal.clone(),
                principal_id: row.principal_id.clone(),
                workload: sessions.workload(row),
                action,
                resource: resource.arn,
                precision: resource.precision,
                outcome,
                context,
            };
            requests.entry(key).or_default().merge(evidence);
        }
    }
    let mut unmapped: Vec<_> = unmapped
        .into_iter()
        .map(|((source, event), count)| Unmapped {
            source: source.to_owned(),
            event: event.to_owned(),
            count,
        })
        .collect();
    unmapped.sort_by_key(|call| std::cmp::Reverse(call.count));
    Mapped {
        requests: requests.into_iter().map(request).collect(),
        unmapped,
        totals,
        coverage: table.coverage.clone(),
    }
}

fn add(sum: &mut u64, count: u64) {
    *sum = sum.saturating_add(count);
}

fn request((key, evidence): (Key, Evidence)) -> ObservedRequest {
    let time = |time: Option<super::Time>| time.map(|time| time.to_string()).unwrap_or_default();
    ObservedRequest {
        account: key.account,
        region: key.region,
        principal: key.principal,
        principal_id: key.principal_id,
        workload: key.workload,
        action: key.action,
        resource: key.resource,
        precision: key.precision,
        outcome: key.outcome,
        context: key.context,
        count: evidence.count,
        first: time(evidence.first),
        last: time(evidence.last),
        event_ids: evidence.ids.iter().map(ToString::to_string).collect(),
    }
}

type Pair = (String, Resource, Option<(&'static str, String)>);

/// All (action, resource) pairs of a row, with a condition key where the pair
/// has one of its own.
fn pairs(row: &Use, needed: &Needed<'_>) -> Vec<Pair> {
    let Needed::Actions(actions) = needed else {
        // A refusal may name an action that the catalog does not have.
        let named = row.denied_action.iter().map(|action| {
            let resource = Resource {
                arn: "*".to_owned(),
                precision: Precision::Imprecise,
            };
            (action.clone(), resource, None)
        });
        return named.collect();
    };
    let place = Place {
        partition: partition(&row.principal),
        region: &row.region,
        account: &row.account,
        event: &row.event,
    };
    let parameters = parameters(row);
    let named = named(row);
    let mut pairs: Vec<Pair> = Vec::new();
    for action in actions {
        let resources = resources(action, &place, &named, &parameters).into_iter();
        pairs.extend(resources.map(|resource| (action.name(), resource, None)));
    }
    for passed in pass_role::passed(row) {
        let service = ("iam:PassedToService", passed.service);
        pairs.push(("iam:PassRole".to_owned(), passed.role, Some(service)));
    }
    pairs
}

fn partition(arn: &str) -> &str {
    arn.split(':')
        .nth(1)
        .filter(|partition| !partition.is_empty())
        .unwrap_or("aws")
}

fn parameters(row: &Use) -> Parameters {
    let values = |values: &std::collections::BTreeSet<String>| {
        values
            .iter()
            .map(|value| Value::of_row(value, row.folded))
            .collect()
    };
    let params = row.params.iter();
    params
        .map(|(path, all)| (path.clone(), values(all)))
        .collect()
}

fn named(row: &Use) -> Vec<Named> {
    let entries = row.arns.iter().filter_map(|entry| {
        let (value, is_prefix) = match (&entry.arn, &entry.prefix) {
            (Some(arn), _) => (Value::of_row(arn, row.folded), false),
            (None, Some(prefix)) => (Value::of_row(prefix, false), true),
            (None, None) => return None,
        };
        Some(Named {
            arn: value.text,
            account: entry.account.clone(),
            is_prefix: is_prefix || value.folded,
        })
    });
    entries.collect()
}

/// The condition keys that the row tells (`cloudtrail.md` 7, replay context).
fn context(row: &Use, action: &str, sessions: &Sessions<'_>) -> BTreeMap<String, Vec<String>> {
    let mut context = BTreeMap::new();
    let mut set = |key: &str, values: Vec<String>| {
        context.insert(key.to_owned(), values);
    };
    if let Some(network) = &row.source_ip {
        set("aws:SourceIp", vec![network.clone()]);
    }
    if let Some(endpoint) = &row.vpce {
        set("aws:SourceVpce", vec![endpoint.clone()]);
    }
    if let Some(mfa) = row.mfa {
        set("aws:MultiFactorAuthPresent", vec![mfa.to_string()]);
    }
    if !row.region.is_empty() {
        set("aws:RequestedRegion", vec![row.region.clone()]);
    }
    if row.tls.is_some() {
        set("aws:SecureTransport", vec!["true".to_owned()]);
    }
    match row.via.as_deref() {
        None => set("aws:ViaAWSService", vec!["false".to_owned()]),
        Some(via) if via.contains(".amazonaws.com") => {
            set("aws:ViaAWSService", vec!["true".to_owned()]);
            set("aws:CalledVia", vec![via.to_owned()]);
            if action.starts_with("kms:")
                && let Some((service, suffix)) = via.split_once('.')
            {
                set(
                    "kms:ViaService",
                    vec![format!("{service}.{}.{suffix}", row.region)],
                );
            }
        }
        // `AWS Internal` does not tell which service it was.
        Some(_) => {}
    }
    if row.workload.basis == Basis::SourceIdentity {
        set("aws:SourceIdentity", vec![row.workload.name.clone()]);
    }
    for (tag, value) in sessions.tags(row) {
        set(&format!("aws:PrincipalTag/{tag}"), vec![value.to_owned()]);
    }
    if !row.extra.encryption_context.is_empty() && action.starts_with("kms:") {
        let keys = row.extra.encryption_context.iter().cloned();
        set("kms:EncryptionContextKeys", keys.collect());
    }
    let lists = matches!(action, "s3:ListBucket" | "s3:ListBucketVersions");
    if let Some(prefixes) = row.params.get("prefix").filter(|_| lists && !row.folded) {
        set("s3:prefix", prefixes.iter().cloned().collect());
    }
    context
}
