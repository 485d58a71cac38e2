//! The laws of the usage table, on random rows.

use super::row::{Assume, Basis, Evidence, Extra, RecordOutcome, ResourceArn, Use, WorkloadKey};
use super::table::{Reason, Table, Unreadable};
use super::{EventId, Time, fold, read, write};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn row(principal: &str, session: &str, key: &str) -> Use {
    let text = str::to_owned;
    Use {
        account: text("111122223333"),
        region: text("eu-west-1"),
        principal: text(principal),
        principal_id: String::new(),
        ptype: text("AssumedRole"),
        workload: WorkloadKey {
            kind: String::new(),
            name: text(session),
            basis: Basis::SessionName,
        },
        console: false,
        source: text("s3.amazonaws.com"),
        event: text("GetObject"),
        outcome: RecordOutcome::Ok,
        denied_action: None,
        arns: [ResourceArn {
            arn: Some(format!("arn:aws:s3:::b/{key}")),
            ..ResourceArn::default()
        }]
        .into_iter()
        .collect(),
        params: [("bucketName", "b"), ("key", key)]
            .map(|(path, value)| (text(path), text(value)))
            .into_iter()
            .collect(),
        folded: false,
        via: None,
        vpce: None,
        tls: None,
        source_ip: None,
        mfa: None,
        extra: Extra::default(),
    }
}

fn evidence(number: u32) -> Evidence {
    let mut evidence = Evidence::default();
    let id = EventId::new(&format!("{number:08x}-0000-4000-8000-000000000000"));
    let time = Time::parse(&format!("2026-10-05T08:{:02}:00Z", number % 60));
    evidence.add(time, Some(&id));
    evidence
}

/// One observation: which principal, session, key; and its number.
type Observation = (u8, u8, u8, u32);

fn table(observations: &[Observation]) -> Table {
    let mut table = Table::default();
    for &(principal, session, key, number) in observations {
        table.records += 1;
        let evidence = evidence(number);
        if key == 0 {
            table.add_assume(
                Assume {
                    account: String::new(),
                    region: String::new(),
                    role: format!("r{principal}"),
                    session: format!("s{session}"),
                    ptype: "AWSService".to_owned(),
                    caller: None,
                    service: None,
                    event: "AssumeRole".to_owned(),
                    tags: BTreeMap::new(),
                    source_identity: None,
                    external_id: false,
                    provider: None,
                },
                &evidence,
            );
            table.drop_records(Reason::ServiceCaller, 1);
            let seen = table.coverage.at("a", &format!("r{session}"));
            seen.days.insert(i64::from(number % 7));
            seen.management += 1;
        } else {
            let (principal, session) = (format!("r{principal}"), format!("s{session}"));
            table.add_use(row(&principal, &session, &format!("k/{key}")), &evidence);
        }
        if number % 50 == 0 {
            table.unreadable.insert(Unreadable {
                file: format!("f{number}"),
                error: "cut off".to_owned(),
                records_kept: 1,
            });
        }
        if number % 30 == 0 {
            let original = EventId::new(&format!("e{}", number % 7));
            let original = (number % 60 == 0).then_some(original);
            table.corrections.add(original, u64::from(number % 4));
        }
    }
    table
}

fn written(table: &Table) -> String {
    let mut out = Vec::new();
    write(table, "", &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn merged(parts: Vec<Table>) -> Table {
    let mut sum = Table::default();
    for part in parts {
        sum.merge(part);
    }
    sum
}

fn observations() -> impl Strategy<Value = Vec<Observation>> {
    proptest::collection::vec((0u8..2, 0u8..3, 0u8..4, 0u32..1_000), 0..20)
}

proptest! {
    #[test]
    fn merging_is_associative_and_commutative_with_an_identity(
        a in observations(), b in observations(), c in observations(),
    ) {
        let (a, b, c) = (table(&a), table(&b), table(&c));
        let left = merged(vec![merged(vec![a.clone(), b.clone()]), c.clone()]);
        let right = merged(vec![a.clone(), merged(vec![b.clone(), c.clone()])]);
        let turned = merged(vec![c, b, a.clone()]);
        prop_assert_eq!(written(&left), written(&right));
        prop_assert_eq!(written(&left), written(&turned));
        prop_assert_eq!(written(&merged(vec![Table::default(), a.clone()])), written(&a));
    }

    #[test]
    fn the_table_of_all_is_the_merge_of_the_parts(all in observations(), cut in 0usize..20) {
        let (first, second) = all.split_at(cut.min(all.len()));
        let parts = merged(vec![table(first), table(second)]);
        prop_assert_eq!(written(&parts), written(&table(&all)));
    }

    #[test]
    fn what_is_written_is_read(all in observations()) {
        let text = written(&table(&all));
        let read = read(text.as_bytes()).unwrap();
        prop_assert_eq!(written(&read), text);
    }
}

/// Keys in three folders, in folders of days, more than stay exact.
fn many_keys(count: usize) -> Vec<String> {
    (0..count)
        .map(|n| {
            format!(
                "{}/{}/day-{}/{n}",
                ["in", "out", "tmp"][n % 3],
                n % 5,
                n % 40
            )
        })
        .collect()
}

fn of_keys(keys: &[String]) -> Table {
    let mut table = Table::default();
    for key in keys {
        table.add_use(row("r", "s", key), &evidence(1));
    }
    table
}

#[test]
fn folding_waits_for_the_limit_and_cuts_to_the_greatest_depth() {
    let keys = many_keys(fold::LIMIT);
    let exact = of_keys(&keys);
    assert_eq!(exact.rows(), fold::LIMIT);
    assert!(exact.uses().iter().all(|(row, _)| !row.folded));
    let folded = of_keys(&many_keys(fold::LIMIT + 1));
    let rows = folded.uses();
    // 3 folders x 5 x 40 days, as far as they occur: 120 prefixes.
    assert_eq!(rows.len(), 120);
    for (row, _) in &rows {
        let key = row.params.get("key").unwrap().first().unwrap();
        assert!(
            row.folded && key.ends_with("/*") && key.matches('/').count() == 3,
            "{key}"
        );
        assert_eq!(row.params.get("bucketName").unwrap().first().unwrap(), "b");
        let arn = row.arns.first().unwrap().arn.as_deref();
        assert_eq!(arn, Some(&*format!("arn:aws:s3:::b/{key}")));
    }
    let count: u64 = rows.iter().map(|(_, evidence)| evidence.count).sum();
    assert_eq!(count, fold::LIMIT as u64 + 1);
}

#[test]
fn keys_without_folders_fold_to_their_bucket() {
    let keys: Vec<_> = (0..=fold::LIMIT).map(|n| n.to_string()).collect();
    let table = of_keys(&keys);
    let rows = table.uses();
    assert_eq!(
        (
            rows.len(),
            rows[0]
                .0
                .params
                .get("key")
                .unwrap()
                .first()
                .unwrap()
                .as_str()
        ),
        (1, "*")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]
    /// However the observations are cut into parts, in memory or written and
    /// read between, they fold to the same table.
    #[test]
    fn folding_does_not_depend_on_the_order(
        order in Just((0..1_800).collect::<Vec<usize>>()).prop_shuffle(),
        cuts in proptest::collection::vec(0usize..1_800, 3),
        through_files in any::<bool>(),
    ) {
        let keys = many_keys(1_800);
        let keys: Vec<_> = order.into_iter().map(|n| keys[n].clone()).collect();
        let mut cuts = cuts;
        cuts.extend([0, keys.len()]);
        cuts.sort_unstable();
        let parts = cuts.windows(2).map(|cut| {
            let part = of_keys(&keys[cut[0]..cut[1]]);
            if through_files {
                read(written(&part).as_bytes()).unwrap()
            } else {
                part
            }
        });
        let expected = written(&of_keys(&many_keys(1_800)));
        prop_assert_eq!(written(&merged(parts.collect())), expected);
    }
}
