//! Records that are odd but honest: none is lost, and nothing is made up for
//! what they do not say.

use super::{Folder, header, mapped, record};
use leastwise::cloudtrail::{Mapped, Reason};
use leastwise::graph::Precision;

const CALLER: &str =
    r#""userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ci"}"#;
const PARAMETERS: &str =
    r#""requestParameters": {"queueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/q"}"#;
const REGION: &str = r#""awsRegion": "eu-west-1""#;

/// One record in which a part is replaced, beside one of another day.
fn observed(name: &str, part: &str, replacement: &str) -> Mapped {
    let odd = record(1, "");
    assert!(odd.contains(part), "{part}");
    let folder = Folder::new(&format!("observe-odd-{name}"));
    folder.file(
        "x.ndjson",
        [odd.replace(part, replacement), record(2, "")].join("\n"),
    );
    let (code, table, errors) = folder.observe(&["x.ndjson"]);
    assert_eq!(code, 0, "{errors}");
    assert_eq!(header(&table)["records"], 2);
    mapped(&table)
}

/// The requests as `resource precision count`.
fn resources(mapped: &Mapped) -> Vec<String> {
    let requests = mapped.requests.iter();
    requests
        .map(|r| format!("{} {:?} {}", r.resource, r.precision, r.count))
        .collect()
}

#[test]
fn a_record_without_user_identity() {
    for (name, identity) in [
        ("absent", r#""x": 0"#),
        ("null", r#""userIdentity": null"#),
        ("redacted", r#""userIdentity": "redacted""#),
        ("empty", r#""userIdentity": {}"#),
    ] {
        let Mapped {
            totals, requests, ..
        } = observed(name, CALLER, identity);
        assert_eq!(totals.dropped[&Reason::NoIdentity], 1, "{name}");
        assert_eq!((totals.used, requests.len()), (1, 1), "{name}");
    }
}

#[test]
fn a_record_of_an_unknown_region() {
    let mapped = observed("region", REGION, r#""awsRegion": "xx-nowhere-9r""#);
    assert_eq!(mapped.totals.used, 2);
    assert_eq!(
        resources(&mapped),
        [
            "arn:aws:sqs:eu-west-1:111122223333:q Exact 1",
            "arn:aws:sqs:xx-nowhere-9r:111122223333:q Exact 1",
        ]
    );
}

#[test]
fn a_record_without_a_region() {
    let mapped = observed("no-region", REGION, r#""awsRegion": null"#);
    assert_eq!(
        resources(&mapped),
        [
            "arn:aws:sqs:*:111122223333:q Imprecise 1",
            "arn:aws:sqs:eu-west-1:111122223333:q Exact 1",
        ]
    );
}

#[test]
fn a_queue_url_that_is_no_address_of_sqs() {
    for (number, url) in [
        "q",
        "https://localhost:4566/111122223333/q",
        "https://sqs/q",
    ]
    .into_iter()
    .enumerate()
    {
        let parameters = format!(r#""requestParameters": {{"queueUrl": "{url}"}}"#);
        let mapped = observed(&format!("queue-{number}"), PARAMETERS, &parameters);
        assert_eq!(
            resources(&mapped),
            [
                "arn:aws:sqs:eu-west-1:111122223333:* Imprecise 1",
                "arn:aws:sqs:eu-west-1:111122223333:q Exact 1",
            ],
            "{url}"
        );
    }
}

#[test]
fn a_record_with_null_parameters() {
    for (name, parameters) in [
        ("null-parameters", r#""requestParameters": null"#),
        ("no-parameters", r#""x": 0"#),
        ("text-parameters", r#""requestParameters": "redacted""#),
        (
            "omitted-parameters",
            r#""requestParameters": {"omitted": true}"#,
        ),
    ] {
        let mapped = observed(name, PARAMETERS, parameters);
        assert_eq!(mapped.totals.used, 2, "{name}");
        assert_eq!(
            resources(&mapped),
            [
                "arn:aws:sqs:eu-west-1:111122223333:* Unknown 1",
                "arn:aws:sqs:eu-west-1:111122223333:q Exact 1",
            ],
            "{name}"
        );
    }
}

#[test]
fn a_record_without_an_event_id_or_a_time() {
    let id = r#""eventID": "a0000000-0000-4000-8000-000000000001""#;
    let mapped = observed("id", id, r#""eventID": null"#);
    assert_eq!(
        (mapped.totals.used, mapped.requests[0].event_ids.len()),
        (2, 1)
    );
    let time = r#""eventTime": "2026-10-05T08:00:00Z""#;
    let mapped = observed("time", time, r#""eventTime": "yesterday""#);
    assert_eq!(mapped.totals.used, 2);
    assert_eq!(mapped.requests[0].first, "2026-10-05T08:00:00Z");
}

#[test]
fn a_precise_request_stays_precise_beside_an_unknown_one() {
    let mapped = observed("beside", PARAMETERS, r#""requestParameters": null"#);
    let of = |precision| mapped.requests.iter().find(|r| r.precision == precision);
    let exact = of(Precision::Exact).unwrap();
    assert_eq!(exact.event_ids, ["a0000000-0000-4000-8000-000000000002"]);
    assert!(of(Precision::Unknown).is_some());
}
