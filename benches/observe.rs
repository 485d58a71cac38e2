//! What reading a trail costs, in records a second. `cargo bench --bench
//! observe`; `benches/peers/trailscraper.sh` measures whole runs on files.

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use leastwise::catalog;
use leastwise::cloudtrail::{self, Observed};
use std::fmt::Write;

fn main() {
    divan::main();
}

const RECORDS: u32 = 20_000;

/// A trail of one role that reads objects, `keys` distinct ones.
fn trail(keys: u32) -> String {
    let mut text = String::from("{\"Records\":[");
    for number in 0..RECORDS {
        let key = number % keys;
        let comma = if number > 0 { "," } else { "" };
        let _ = write!(
            text,
            r#"{comma}{{"eventVersion":"1.09","userIdentity":{{"type":"AssumedRole","principalId":"AROAEXAMPLE:reports",
"arn":"arn:aws:sts::111122223333:assumed-role/reports/reports","accountId":"111122223333","sessionContext":{{"sessionIssuer":
{{"type":"Role","principalId":"AROAEXAMPLE","arn":"arn:aws:iam::111122223333:role/reports","accountId":"111122223333"}},
"attributes":{{"creationDate":"2026-10-05T08:00:00Z","mfaAuthenticated":"false"}}}}}},"eventTime":"2026-10-05T08:00:01Z",
"eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"eu-west-1","sourceIPAddress":"203.0.113.9",
"userAgent":"[aws-sdk-rust/1.3 os/linux lang/rust]","requestParameters":{{"bucketName":"b","key":"in/{}/{key}.csv",
"Host":"b.s3.eu-west-1.amazonaws.com"}},"responseElements":null,"requestID":"R","eventID":"a0000000-0000-4000-8000-{number:012}",
"readOnly":true,"resources":[{{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::b/in/{}/{key}.csv"}}],"eventType":"AwsApiCall",
"managementEvent":false,"recipientAccountId":"111122223333","eventCategory":"Data","tlsDetails":{{"tlsVersion":"TLSv1.3"}}}}"#,
            key % 10,
            key % 10,
        );
    }
    text.push_str("]}");
    text
}

fn table(text: &str) -> Observed {
    cloudtrail::observe_stream(text.as_bytes(), "bench")
}

/// Few distinct rows, many, and so many that they fold.
#[divan::bench(args = [10, 900, 20_000])]
fn observe(bencher: Bencher, keys: u32) {
    let text = trail(keys);
    bencher
        .counter(BytesCount::of_str(&text))
        .counter(ItemsCount::new(RECORDS))
        .bench(|| table(&text));
}

/// A table onto itself.
#[divan::bench]
fn merge(bencher: Bencher) {
    let part = table(&trail(900)).table;
    bencher
        .with_inputs(|| (part.clone(), part.clone()))
        .bench_values(|(mut sum, part)| {
            sum.merge(part);
            sum
        });
}

/// Rows to requests.
#[divan::bench]
fn map(bencher: Bencher) {
    let table = table(&trail(900)).table;
    bencher.bench(|| cloudtrail::map(&table, catalog::get()));
}
