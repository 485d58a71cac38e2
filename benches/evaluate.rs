//! What one warm evaluation costs; the target is 2 µs.

use leastwise::policy::{self, PolicyType};
use leastwise::semantics::evaluate::{
    CompiledPolicy, Level, PolicySet, decide, decide_identity, explain,
};
use leastwise::semantics::{Context, Request, Settings};
use leastwise::syntax::json;
use std::hint::black_box;

fn main() {
    divan::main();
}

const IDENTITY: &str = r#"{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
   "Resource": "arn:aws:logs:eu-west-1:111111111111:log-group:/aws/lambda/*"},
  {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"],
   "Resource": ["arn:aws:s3:::intake/*", "arn:aws:s3:::archive/${aws:PrincipalTag/team}/*"],
   "Condition": {"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}}},
  {"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::*/*",
   "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}"#;

const RESOURCE: &str = r#"{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
   "Action": "s3:Get*", "Resource": "arn:aws:s3:::archive/*"},
  {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::archive/*",
   "Condition": {"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.168.0.0/16"]}}}]}"#;

const BOUNDARY: &str = r#"{"Version": "2012-10-17", "Statement":
  {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*"], "Resource": "*"}}"#;

const FULL: &str = r#"{"Version": "2012-10-17", "Statement":
  {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}"#;

const SCP: &str = r#"{"Version": "2012-10-17", "Statement":
  {"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "Resource": "*",
   "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}}}}"#;

const RCP: &str = r#"{"Version": "2012-10-17", "Statement":
  {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
   "Condition": {"BoolIfExists": {"aws:SecureTransport": "false"}}}}"#;

fn compile(text: &str, policy_type: PolicyType) -> Option<CompiledPolicy> {
    let reading = policy::parse(&json::parse(text).root?, Some(policy_type));
    CompiledPolicy::from_reading(&reading).ok()
}

fn question() -> Option<(Request, PolicySet)> {
    let mut context = Context::default();
    for (key, value) in [
        ("aws:PrincipalTag/team", "blue"),
        ("aws:RequestedRegion", "eu-west-1"),
        ("aws:SecureTransport", "true"),
        ("aws:SourceIp", "10.1.2.3"),
    ] {
        context.insert(key, [value]).ok()?;
    }
    let request = Request {
        principal: "arn:aws:sts::111111111111:assumed-role/app/i-0123456789".to_owned(),
        action: "s3:GetObject".to_owned(),
        resource: "arn:aws:s3:::archive/blue/2026/11/24/report.json".to_owned(),
        resource_account: Some("111111111111".to_owned()),
        context,
        ..Request::default()
    };
    let policies = PolicySet {
        identity: vec![compile(IDENTITY, PolicyType::Identity)?],
        resource: Some(compile(RESOURCE, PolicyType::Resource)?),
        boundaries: Some(vec![compile(BOUNDARY, PolicyType::Boundary)?]),
        ..PolicySet::default()
    };
    Some((request, policies))
}

#[divan::bench]
fn warm(bencher: divan::Bencher) {
    let settings = Settings::default();
    if let Some((request, policies)) = question() {
        bencher.bench_local(|| decide(black_box(&request), &policies, &settings));
    }
}

/// The same request within an organization and through an endpoint.
#[divan::bench]
fn warm_in_an_organization(bencher: divan::Bencher) {
    let settings = Settings::default();
    let level = |name: &str, text: &str, policy_type| {
        Some(Level {
            name: name.to_owned(),
            policies: vec![compile(FULL, policy_type)?, compile(text, policy_type)?],
        })
    };
    let scps = ["root", "unit", "account"].map(|name| level(name, SCP, PolicyType::Scp));
    let rcps = ["root", "account"].map(|name| level(name, RCP, PolicyType::Rcp));
    if let Some((request, mut policies)) = question() {
        policies.scps = scps.into_iter().flatten().collect();
        policies.rcps = rcps.into_iter().flatten().collect();
        policies.endpoints = compile(FULL, PolicyType::VpcEndpoint).map(|one| vec![one]);
        bencher.bench_local(|| decide(black_box(&request), &policies, &settings));
    }
}

#[divan::bench]
fn explained(bencher: divan::Bencher) {
    let settings = Settings::default();
    if let Some((request, policies)) = question() {
        bencher.bench_local(|| explain(black_box(&request), &policies, &settings));
    }
}

/// A policy that names 9,000 objects, and a request for one in the middle: what
/// `generate` replays for a workload with as many.
fn many() -> Option<(Request, PolicySet)> {
    let object = |i: usize| format!("arn:aws:s3:::intake/2026/11/{i:05}.json");
    let entries: Vec<String> = (0..9_000).map(|i| format!("\"{}\"", object(i))).collect();
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow",
          "Action": "s3:GetObject", "Resource": [{}]}}}}"#,
        entries.join(",")
    );
    let policies = PolicySet {
        identity: vec![compile(&text, PolicyType::Identity)?],
        ..PolicySet::default()
    };
    let request = Request {
        resource: object(4_500),
        resource_account: None,
        ..question()?.0
    };
    Some((request, policies))
}

#[divan::bench]
fn literal_9000(bencher: divan::Bencher) {
    let settings = Settings::default();
    if let Some((request, policies)) = many() {
        bencher.bench_local(|| decide_identity(black_box(&request), &policies, &settings));
    }
}

#[divan::bench]
fn compiled(bencher: divan::Bencher) {
    bencher.bench_local(|| compile(black_box(IDENTITY), PolicyType::Identity));
}
