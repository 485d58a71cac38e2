//! A usage table → the requests that were observed, by the catalog of today.

use super::action::{Calls, Needed};
use super::compact::Sorted;
use super::coverage::Coverage;
use super::parameters::{OMITTED, Parameters, Value};
use super::pass_role;
use super::resource::{Named, Place, Resource, resources};
use super::row::{Basis, Evidence, RecordOutcome, Use};
use super::table::{Reason, Table};
use super::workload::Sessions;
use crate::catalog::{ActionRef, Catalog};
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

/// The accounting of a table alone, without its requests: the totals, and the
/// calls that no action is known for, the most frequent first.
#[must_use]
pub fn account(table: &Table, catalog: &Catalog) -> (Totals, Vec<Unmapped>) {
    let mut calls = Calls::new(catalog);
    let mut accounting = Accounting::new(table);
    for (row, evidence) in table.each_use() {
        accounting.outcome(row, evidence.count, &calls.needed(row));
    }
    accounting.finish()
}

/// Maps a table: event → actions → resources, each with its context. Calls with
/// several actions or resources give several requests; the record is counted
/// once.
#[must_use]
pub fn map(table: &Table, catalog: &Catalog) -> Mapped {
    let assumes = table.assumes();
    let sessions = Sessions::new(&assumes);
    let mut calls = Calls::new(catalog);
    let mut accounting = Accounting::new(table);
    let mut requests: BTreeMap<Key, Evidence> = BTreeMap::new();
    for (row, evidence) in table.each_use() {
        let needed = calls.needed(row);
        let Some(outcome) = accounting.outcome(row, evidence.count, &needed) else {
            continue;
        };
        let workload = sessions.workload(row);
        for (action, resource, more) in pairs(row, &needed, catalog) {
            let mut context = context(row, &action, &sessions);
            context.extend(more.map(|(key, value)| (key.to_owned(), vec![value])));
            let key = Key {
                account: row.account.clone(),
                region: row.region.clone(),
                principal: row.principal.clone(),
                principal_id: row.principal_id.clone(),
                workload: workload.clone(),
                action,
                resource: resource.arn,
                precision: resource.precision,
                outcome,
                context,
            };
            requests.entry(key).or_default().merge(evidence);
        }
    }
    let (totals, unmapped) = accounting.finish();
    Mapped {
        requests: requests.into_iter().map(request).collect(),
        unmapped,
        totals,
        coverage: table.coverage.clone(),
    }
}

/// Totals in the making.
struct Accounting<'t> {
    totals: Totals,
    unmapped: BTreeMap<(&'t str, &'t str), u64>,
}

impl<'t> Accounting<'t> {
    fn new(table: &Table) -> Self {
        Self {
            totals: Totals {
                records: table.records,
                dropped: table.dropped.clone(),
                ..Totals::default()
            },
            unmapped: BTreeMap::new(),
        }
    }

    /// Counts a row's records; how they ended where they are requests.
    fn outcome(&mut self, row: &'t Use, count: u64, needed: &Needed<'_>) -> Option<Outcome> {
        let totals = &mut self.totals;
        let (sum, outcome) = match (row.outcome, needed) {
            (RecordOutcome::Denied, _) => (&mut totals.denied, Some(Outcome::Denied)),
            (RecordOutcome::Inconclusive, _) => (&mut totals.inconclusive, None),
            (_, Needed::Unmapped) => {
                add(
                    self.unmapped.entry((&row.source, &row.event)).or_default(),
                    count,
                );
                (&mut totals.unmapped, None)
            }
            (_, Needed::Nothing) => {
                let dropped = totals.dropped.entry(Reason::NoPermissionNeeded);
                (dropped.or_default(), None)
            }
            (RecordOutcome::Ok, Needed::Actions(_)) => (&mut totals.used, Some(Outcome::Ok)),
            (RecordOutcome::Semantic, Needed::Actions(_)) => {
                (&mut totals.used, Some(Outcome::Semantic))
            }
        };
        add(sum, count);
        outcome
    }

    fn finish(self) -> (Totals, Vec<Unmapped>) {
        let calls = self.unmapped.into_iter();
        let mut unmapped: Vec<_> = calls
            .map(|((source, event), count)| Unmapped {
                source: source.to_owned(),
                event: event.to_owned(),
                count,
            })
            .collect();
        unmapped.sort_by_key(|call| std::cmp::Reverse(call.count));
        (self.totals, unmapped)
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
fn pairs(row: &Use, needed: &Needed<'_>, catalog: &Catalog) -> Vec<Pair> {
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
        if is_about_caller(action, row) {
            let arn = row.principal.clone();
            let precision = Precision::Exact;
            pairs.push((action.name(), Resource { arn, precision }, None));
            continue;
        }
        let resources = resources(action, &place, &named, &parameters).into_iter();
        pairs.extend(resources.map(|resource| (action.name(), resource, None)));
    }
    for passed in pass_role::passed(row, catalog) {
        let service = passed.service.map(|name| ("iam:PassedToService", name));
        pairs.push(("iam:PassRole".to_owned(), passed.role, service));
    }
    pairs
}

/// Calls of IAM that mean the calling user where they name none.
const ABOUT_CALLER: [&str; 11] = [
    "ChangePassword",
    "CreateAccessKey",
    "DeleteAccessKey",
    "GetUser",
    "ListAccessKeys",
    "ListMFADevices",
    "ListSSHPublicKeys",
    "ListServiceSpecificCredentials",
    "ListSigningCertificates",
    "UpdateAccessKey",
    "UploadSigningCertificate",
];

fn is_about_caller(action: &ActionRef<'_>, row: &Use) -> bool {
    row.ptype == "IAMUser"
        && action.service.prefix == "iam"
        && ABOUT_CALLER.contains(&action.action.name)
        && row.params.get("userName").is_none()
}

fn partition(arn: &str) -> &str {
    arn.split(':')
        .nth(1)
        .filter(|partition| !partition.is_empty())
        .unwrap_or("aws")
}

fn parameters(row: &Use) -> Parameters {
    let values = |values: &Sorted<String>| {
        values
            .iter()
            .map(|value| Value::of_row(value, row.folded))
            .collect()
    };
    let params = row.params.iter();
    let mut found: Parameters = params
        .map(|(path, all)| (path.to_owned(), values(all)))
        .collect();
    if row.extra.present.iter().any(|member| member == OMITTED) {
        found.insert(OMITTED.to_owned(), Vec::new());
    }
    found
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

/// The services known to set `aws:CalledVia` on the calls that they forward
/// (C6). Whether another one does is not known, and so is the key then.
const SETS_CALLED_VIA: [&str; 4] = [
    "athena.amazonaws.com",
    "cloudformation.amazonaws.com",
    "dynamodb.amazonaws.com",
    "kms.amazonaws.com",
];

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
            if SETS_CALLED_VIA.contains(&via) {
                set("aws:CalledVia", vec![via.to_owned()]);
            }
            if action.starts_with("kms:")
                && !row.region.is_empty()
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

#[cfg(test)]
mod tests {
    use super::super::observe::observe_stream;
    use super::*;
    use crate::catalog;

    /// What one call of a role's session is mapped to.
    fn mapped(source: &str, event: &str, more: &str) -> Mapped {
        let record = format!(
            r#"{{"eventType": "AwsApiCall", "eventSource": "{source}.amazonaws.com", "eventName": "{event}",
            "awsRegion": "eu-west-1", "recipientAccountId": "111122223333",
            "userIdentity": {{"type": "AssumedRole", "principalId": "AROA:s", "invokedBy": "",
            "sessionContext": {{"sessionIssuer": {{"arn": "arn:aws:iam::111122223333:role/app"}}}}}}{more}}}"#
        );
        let observed = observe_stream(record.as_bytes(), "test");
        assert!(observed.table.unreadable.is_empty(), "{record}");
        let mapped = map(&observed.table, catalog::get());
        assert!(mapped.totals.balanced(), "{:?}", mapped.totals);
        mapped
    }

    fn told(source: &str, event: &str, params: &str) -> Vec<String> {
        let mapped = mapped(
            source,
            event,
            &format!(r#", "requestParameters": {params}"#),
        );
        let requests = mapped.requests.iter();
        requests
            .map(|request| format!("{} {}", request.action, request.resource))
            .collect()
    }

    #[test]
    fn curated_rows_aliases_and_versions() {
        for (source, event, params, expected) in [
            (
                "s3",
                "ListObjectsV2",
                r#"{"bucketName": "b"}"#,
                &["s3:ListBucket arn:aws:s3:::b"][..],
            ),
            (
                "s3",
                "GetObject",
                r#"{"bucketName": "b", "key": "k", "versionId": "v"}"#,
                &["s3:GetObjectVersion arn:aws:s3:::b/k"],
            ),
            (
                "s3",
                "CopyObject",
                r#"{"bucketName": "b", "key": "k", "x-amz-copy-source": "from/k"}"#,
                &[
                    "s3:GetObject arn:aws:s3:::from/k",
                    "s3:PutObject arn:aws:s3:::b/k",
                ],
            ),
            (
                "s3",
                "DeleteBucketReplication",
                r#"{"bucketName": "b"}"#,
                &["s3:PutReplicationConfiguration arn:aws:s3:::b"],
            ),
            (
                "monitoring",
                "ListMetrics",
                "null",
                &["cloudwatch:ListMetrics *"],
            ),
            (
                "lambda",
                "GetFunction20150331v2",
                r#"{"functionName": "f"}"#,
                &["lambda:GetFunction arn:aws:lambda:eu-west-1:111122223333:function:f"],
            ),
            (
                "cloudtrail",
                "StopLogging",
                r#"{"name": "main"}"#,
                &["cloudtrail:StopLogging arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"],
            ),
            (
                "lambda",
                "Invoke",
                r#"{"functionName": "f"}"#,
                &["lambda:InvokeFunction arn:aws:lambda:eu-west-1:111122223333:function:f"],
            ),
            (
                "dynamodb",
                "ExecuteStatement",
                r#"{"statement": "select * from t"}"#,
                &["dynamodb:PartiQLSelect arn:aws:dynamodb:eu-west-1:111122223333:table/*"],
            ),
            (
                "sqs",
                "SendMessageBatch",
                r#"{"queueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/q"}"#,
                &["sqs:SendMessage arn:aws:sqs:eu-west-1:111122223333:q"],
            ),
        ] {
            let found = told(source, event, params);
            let missing: Vec<_> = expected
                .iter()
                .filter(|e| !found.iter().any(|f| f == *e))
                .collect();
            assert!(missing.is_empty(), "{event}: {missing:?} not in {found:?}");
            let actions = |of: &[String]| {
                let mut actions: Vec<_> = of
                    .iter()
                    .map(|f| f.split(' ').next().unwrap().to_owned())
                    .collect();
                actions.dedup();
                actions
            };
            let expected: Vec<_> = expected.iter().map(|e| (*e).to_owned()).collect();
            assert_eq!(actions(&found), actions(&expected), "{event}");
        }
    }

    #[test]
    fn tags_and_sessions_need_more_only_where_the_record_shows_it() {
        let role = r#""roleArn": "arn:aws:iam::111122223333:role/other""#;
        let actions = |params: &str| {
            let found = told("sts", "AssumeRole", params);
            found
                .iter()
                .map(|f| f.split(' ').next().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(actions(&format!("{{{role}}}")), ["sts:AssumeRole"]);
        assert_eq!(
            actions(&format!(
                r#"{{{role}, "tags": [{{"key": "a", "value": "b"}}], "sourceIdentity": "jane"}}"#
            )),
            ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]
        );
    }

    #[test]
    fn a_user_who_names_no_user_means_itself() {
        let user = r#", "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/team/ci"}"#;
        let of = |more: &str| {
            let mapped = mapped("iam", "ListAccessKeys", &format!("{user}{more}"));
            mapped.requests[0].resource.clone()
        };
        assert_eq!(of(""), "arn:aws:iam::111122223333:user/team/ci");
        let other = r#", "requestParameters": {"userName": "bob"}"#;
        assert_eq!(of(other), "arn:aws:iam::111122223333:user/*bob");
    }

    #[test]
    fn roles_in_parameters_are_passed() {
        let pass = |source: &str, event: &str, params: &str| {
            let mapped = mapped(
                source,
                event,
                &format!(r#", "requestParameters": {params}"#),
            );
            let passed = mapped
                .requests
                .into_iter()
                .filter(|r| r.action == "iam:PassRole");
            passed
                .map(|r| {
                    format!(
                        "{} {:?} {}",
                        r.resource,
                        r.precision,
                        r.context
                            .get("iam:PassedToService")
                            .map_or("unknown", |names| &names[0])
                    )
                })
                .collect::<Vec<_>>()
        };
        let role = r#""arn:aws:iam::111122223333:role/run""#;
        // `monitoring` is no principal: whom it hands the role to is not known.
        assert_eq!(
            pass(
                "monitoring",
                "PutMetricStream",
                &format!(r#"{{"name": "s", "roleArn": {role}}}"#)
            ),
            ["arn:aws:iam::111122223333:role/run Exact unknown"]
        );
        let taken = format!(r#"{{"dBInstanceIdentifier": "d", "roleArn": {role}}}"#);
        assert!(pass("rds", "RemoveRoleFromDBInstance", &taken).is_empty());
        assert_eq!(
            pass(
                "lambda",
                "CreateFunction20150331",
                &format!(r#"{{"functionName": "f", "role": {role}}}"#)
            ),
            ["arn:aws:iam::111122223333:role/run Exact lambda.amazonaws.com"]
        );
        assert_eq!(
            pass(
                "ecs",
                "RunTask",
                &format!(r#"{{"taskDefinition": "t", "overrides": {{"taskRoleArn": {role}}}}}"#)
            ),
            ["arn:aws:iam::111122223333:role/run Exact ecs-tasks.amazonaws.com"]
        );
        assert_eq!(
            pass(
                "ec2",
                "RunInstances",
                r#"{"iamInstanceProfile": {"arn": "arn:aws:iam::111122223333:instance-profile/p"}}"#
            ),
            ["arn:aws:iam::111122223333:role/* Imprecise ec2.amazonaws.com"]
        );
        for (source, event) in [
            ("sts", "AssumeRole"),
            ("iam", "GetRole"),
            ("config", "DescribeConfigurationRecorders"),
        ] {
            let params = format!(r#"{{"roleArn": {role}}}"#);
            assert!(pass(source, event, &params).is_empty(), "{event}");
        }
    }

    #[test]
    fn null_parameters_are_no_evidence_unless_the_call_may_have_none() {
        let precision = |source: &str, event: &str, more: &str| {
            mapped(source, event, more).requests[0].precision
        };
        let null = r#", "requestParameters": null"#;
        assert_eq!(precision("s3", "GetObject", null), Precision::Unknown);
        assert_eq!(precision("s3", "GetObject", ""), Precision::Unknown);
        let omitted = r#", "requestParameters": {"omitted": true}"#;
        assert_eq!(precision("s3", "GetObject", omitted), Precision::Unknown);
        let bucket = r#", "requestParameters": {"bucketName": "b"}"#;
        assert_eq!(precision("s3", "GetObject", bucket), Precision::Imprecise);
        // Calls that list name nothing where they list all.
        assert_eq!(
            precision("rds", "DescribeDBInstances", null),
            Precision::Imprecise
        );
        assert_eq!(precision("s3", "ListBuckets", null), Precision::Exact);
        // The catalog of the place is known, all of its databases are asked for.
        let all = mapped("glue", "GetDatabases", null).requests;
        assert!(
            all.iter()
                .all(|request| request.precision != Precision::Unknown)
        );
    }

    #[test]
    fn a_refusal_names_its_action_and_is_no_use() {
        let more = r#", "errorCode": "AccessDenied", "errorMessage": "User: x is not authorized to perform: s3:GetObjectTagging on resource: y",
            "requestParameters": {"bucketName": "b", "key": "k"}"#;
        let mapped = mapped("s3", "GetObject", more);
        let [request] = &mapped.requests[..] else {
            panic!("{:?}", mapped.requests)
        };
        assert_eq!(
            (&*request.action, request.outcome),
            ("s3:GetObjectTagging", Outcome::Denied)
        );
        assert_eq!((mapped.totals.denied, mapped.totals.used), (1, 0));
    }

    #[test]
    fn what_is_unknown_is_counted_and_needs_nothing_is_dropped() {
        let unknown = mapped("s3", "InventedCall", "");
        assert_eq!((unknown.totals.unmapped, unknown.unmapped.len()), (1, 1));
        assert!(unknown.requests.is_empty());
        let free = mapped("dynamodb", "DescribeEndpoints", "");
        assert_eq!(free.totals.dropped[&Reason::NoPermissionNeeded], 1);
        let throttled = mapped("s3", "GetObject", r#", "errorCode": "SlowDown""#);
        assert!(throttled.requests.is_empty() && throttled.totals.inconclusive == 1);
    }

    #[test]
    fn the_context_holds_what_the_record_tells() {
        let context = |more: &str| {
            let mapped = mapped("kms", "Decrypt", more);
            let context = mapped.requests[0].context.clone().into_iter();
            context
                .map(|(key, values)| format!("{key}={}", values.join(",")))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            context(
                r#", "sourceIPAddress": "203.0.113.9", "vpcEndpointId": "vpce-1", "tlsDetails": {"tlsVersion": "TLSv1.3"}"#
            ),
            [
                "aws:RequestedRegion=eu-west-1",
                "aws:SecureTransport=true",
                "aws:SourceIp=203.0.113.0/24",
                "aws:SourceVpce=vpce-1",
                "aws:ViaAWSService=false",
            ]
        );
        let via = r#", "sourceIPAddress": "secretsmanager.amazonaws.com",
            "userIdentity": {"type": "AssumedRole", "invokedBy": "secretsmanager.amazonaws.com",
            "sessionContext": {"attributes": {"mfaAuthenticated": "false"}, "sessionIssuer": {"arn": "arn:aws:iam::1:role/r"}}},
            "requestParameters": {"encryptionContext": {"SecretARN": "x"}}"#;
        assert_eq!(
            context(via),
            [
                "aws:MultiFactorAuthPresent=false",
                "aws:RequestedRegion=eu-west-1",
                "aws:ViaAWSService=true",
                "kms:EncryptionContextKeys=SecretARN",
                "kms:ViaService=secretsmanager.eu-west-1.amazonaws.com",
            ]
        );
        let called_via = |service: &str| {
            let told = context(&via.replace("secretsmanager", service));
            let key = told
                .into_iter()
                .find(|key| key.starts_with("aws:CalledVia"));
            key.unwrap_or_default()
        };
        assert_eq!(
            called_via("dynamodb"),
            "aws:CalledVia=dynamodb.amazonaws.com"
        );
        assert_eq!(called_via("lambda"), "");
        let nowhere = context(&format!(r#"{via}, "awsRegion": null"#));
        assert!(!nowhere.iter().any(|key| key.starts_with("kms:ViaService")));
    }
}
