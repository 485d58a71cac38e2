//! Verdicts over symbols: what holds for every value, what rests on names being
//! different, and what depends on who deploys.

use super::{allow, ask_as, deny, document, laws, read_as};
use leastwise::policy::{Domain, PolicyType, Symbol};
use leastwise::semantics::compare::{
    Comparison, Direction, Options, Reach, Relation, Stack, compare,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn ask(old: &Value, new: &Value, symbols: &[(&str, Domain)]) -> Comparison {
    let symbols = symbols
        .iter()
        .map(|(address, domain)| Symbol::new(address, domain.clone()));
    let options = Options {
        symbols: symbols.collect(),
        ..Options::default()
    };
    ask_as(old, new, PolicyType::Identity, &options)
}

fn get(resource: &str) -> Value {
    allow("s3:GetObject", resource, json!({}))
}

fn one(statement: Value) -> Value {
    document(json!([statement]))
}

/// The relation, and how far it reaches.
fn verdict(found: &Comparison) -> (Relation, Reach, Vec<String>) {
    let otherwise = found.rests.otherwise.iter().map(|valued| {
        let values: Vec<_> = valued
            .values
            .iter()
            .map(|(a, v)| format!("{a}={v}"))
            .collect();
        format!("{} {:?}", values.join(" "), valued.relation)
    });
    (found.relation(), found.rests.reach, otherwise.collect())
}

#[test]
fn the_same_reference_is_the_same_constant() {
    let old = one(get("arn:⟨partition⟩:s3:::⟨b⟩/public/*"));
    let new = one(get("arn:⟨partition⟩:s3:::⟨b⟩/*"));
    let symbols = [("partition", Domain::Partition), ("b", Domain::Name)];
    let found = ask(&old, &new, &symbols);
    assert_eq!(found.relation(), Relation::Wider);
    let Direction::Some(witness) = &found.gained else {
        panic!("{:?}", found.gained)
    };
    assert!(witness.request.resource.starts_with("arn:aws:s3:::⟨b⟩/"));
    assert!(witness.realistic);
    let found = ask(&new, &new, &symbols);
    assert_eq!(
        verdict(&found),
        (Relation::Equivalent, Reach::Every, vec![])
    );
    assert_eq!(found.rests.symbols, ["b"]);
    assert_eq!(found.rests.chosen["partition"], "aws");
}

#[test]
fn what_a_wildcard_covers_it_covers_for_every_value() {
    let old = one(get("arn:aws:s3:::*"));
    let new = one(get("arn:aws:s3:::⟨b⟩/x/⟨var.key⟩"));
    let found = ask(&old, &new, &[("b", Domain::Name), ("var.key", Domain::Any)]);
    assert_eq!(verdict(&found).0, Relation::Narrower);
    assert_eq!(found.gained, Direction::None);
    assert_eq!(found.rests.reach, Reach::Every);
}

#[test]
fn another_name_may_be_the_same() {
    let old = document(json!([
        get("*"),
        deny("s3:GetObject", "arn:aws:s3:::prod-data/*", json!({}))
    ]));
    let new = document(json!([
        get("*"),
        deny("s3:GetObject", "arn:aws:s3:::prod-data/*", json!({})),
        deny("s3:GetObject", "arn:aws:s3:::⟨b⟩/*", json!({})),
    ]));
    let found = ask(&old, &new, &[("b", Domain::Name)]);
    assert_eq!(
        verdict(&found),
        (
            Relation::Narrower,
            Reach::Every,
            vec!["b=prod-data Equivalent".to_owned()]
        )
    );
}

#[test]
fn a_name_may_match_a_wildcard_of_the_other_side() {
    let old = one(get("arn:aws:s3:::prod-*"));
    let new = one(get("arn:aws:s3:::⟨env⟩-data"));
    let found = ask(&old, &new, &[("env", Domain::Name)]);
    let (relation, _, otherwise) = verdict(&found);
    assert_eq!(relation, Relation::Incomparable);
    assert!(
        otherwise.iter().any(|one| one.starts_with("env=prod ")),
        "{otherwise:?}"
    );
}

#[test]
fn no_new_access_may_rest_on_names_being_different() {
    // The Deny that is gone denied nothing, unless the bucket is the same.
    let old = document(json!([
        get("arn:aws:s3:::a/*"),
        deny("s3:GetObject", "arn:aws:s3:::⟨b⟩/*", json!({})),
    ]));
    let new = one(get("arn:aws:s3:::a/*"));
    let found = ask(&old, &new, &[("b", Domain::Name)]);
    assert_eq!(
        verdict(&found),
        (
            Relation::Equivalent,
            Reach::Distinct,
            vec!["b=a Wider".to_owned()]
        )
    );
    assert!(found.rests.otherwise[0].gained.is_some());
}

#[test]
fn whoever_deploys_may_choose_a_wildcard() {
    let old = one(get("arn:aws:s3:::⟨var.bucket⟩/public/*"));
    let new = document(json!([
        get("arn:aws:s3:::⟨var.bucket⟩/public/*"),
        get("arn:aws:s3:::logs/public/a"),
    ]));
    let found = ask(&old, &new, &[("var.bucket", Domain::Any)]);
    let (relation, _, otherwise) = verdict(&found);
    assert_eq!(relation, Relation::Wider);
    assert!(
        otherwise.contains(&"var.bucket=* Equivalent".to_owned()),
        "{otherwise:?}"
    );

    // Nothing is gained unless who deploys says so: not for us to decide.
    let all = document(json!([
        get("arn:aws:s3:::logs/*"),
        deny("s3:GetObject", "arn:aws:s3:::⟨v⟩", json!({}))
    ]));
    let less = one(get("arn:aws:s3:::logs/*"));
    let found = ask(&all, &less, &[("v", Domain::Any)]);
    assert_eq!(
        found.gained,
        Direction::Unknown(vec!["iac-symbol:v".to_owned()])
    );
    assert_eq!(found.lost, Direction::None);
}

#[test]
fn a_default_decides_and_the_other_values_are_named() {
    let domain = |chosen: Option<&str>| Domain::OneOf {
        values: vec!["dev".to_owned(), "prod".to_owned()],
        chosen: chosen.map(str::to_owned),
    };
    let old = one(get("arn:aws:s3:::dev-data/*"));
    let new = one(get("arn:aws:s3:::⟨Env⟩-data/*"));
    let found = ask(&old, &new, &[("Env", domain(Some("dev")))]);
    assert_eq!(
        verdict(&found),
        (
            Relation::Equivalent,
            Reach::Every,
            vec!["Env=prod Incomparable".to_owned()]
        )
    );
    // Without a default nobody has decided.
    let found = ask(&old, &new, &[("Env", domain(None))]);
    assert_eq!(found.relation(), Relation::Incomparable);
    assert_eq!(verdict(&found).2, ["Env=dev Equivalent"]);
}

#[test]
fn a_whole_arn_may_be_unknown() {
    let old = one(get("arn:aws:s3:::a/*"));
    let new = document(json!([get("arn:aws:s3:::a/*"), get("⟨var.arn⟩/*")]));
    let found = ask(&old, &new, &[("var.arn", Domain::Any)]);
    assert_eq!(found.relation(), Relation::Wider);
    let (_, _, otherwise) = verdict(&found);
    assert!(
        otherwise
            .iter()
            .any(|one| one.contains("arn:aws:s3:::a") && one.contains("Equivalent")),
        "{otherwise:?}"
    );
    let found = ask(&new, &new, &[("var.arn", Domain::Any)]);
    assert_eq!(
        verdict(&found),
        (Relation::Equivalent, Reach::Every, vec![])
    );
}

#[test]
fn a_number_that_is_not_known_is_not_guessed() {
    let with = |value: &str| {
        one(allow(
            "s3:ListBucket",
            "*",
            json!({"NumericLessThan": {"s3:max-keys": value}}),
        ))
    };
    let symbols = [("var.most", Domain::Any)];
    let found = ask(&with("10"), &with("⟨var.most⟩"), &symbols);
    assert_eq!(found.relation(), Relation::Unknown);
    assert!(
        found.reasons().contains(&"iac-symbol:var.most".to_owned()),
        "{:?}",
        found.reasons()
    );
    let found = ask(&with("⟨var.most⟩"), &with("⟨var.most⟩"), &symbols);
    assert_eq!(found.relation(), Relation::Equivalent);
}

#[test]
fn a_guard_is_the_same_wherever_it_stands() {
    let when = |operator: &str| json!({operator: {"⟨IsProd⟩": "true"}});
    let split = document(json!([
        allow("s3:GetObject", "*", when("StringEquals")),
        allow("s3:GetObject", "*", when("StringNotEquals")),
    ]));
    let plain = one(get("*"));
    assert_eq!(ask(&split, &plain, &[]).relation(), Relation::Equivalent);
    let prod = one(allow("s3:GetObject", "*", when("StringEquals")));
    let found = ask(&prod, &plain, &[]);
    assert_eq!(found.relation(), Relation::Wider);
}

proptest! {
    #![proptest_config(laws::cases(150))]

    /// What is proved for every value holds for each.
    #[test]
    fn what_is_proved_for_every_value_holds_for_each(
        (old, new) in laws::pair(),
        at in "(a|b|aws:username|1|s3)",
        values in prop::collection::vec("(a|b|A|x/y|a/b|1|s3|\\*)", 3),
    ) {
        // Some text of the documents becomes a symbol.
        let marked = |statements: &[Value]| {
            let text = Value::from(statements.to_vec()).to_string();
            let marked = mark(&text, &at);
            document(serde_json::from_str(&marked).unwrap())
        };
        let (old, new) = (marked(&old), marked(&new));
        let found = ask(&old, &new, &[("s", Domain::Any)]);
        if found.rests.symbols.is_empty() || found.rests.reach != Reach::Every {
            return Ok(());
        }
        for value in values {
            let filled = |document: &Value| {
                read_as(document, PolicyType::Identity).filled(&|_| Some(&value))
            };
            let (old, new) = (filled(&old), filled(&new));
            let with = compare(
                &Stack::of(PolicyType::Identity, &old),
                &Stack::of(PolicyType::Identity, &new),
                &Options::default(),
            );
            for (every, one) in [(&found.gained, &with.gained), (&found.lost, &with.lost)] {
                prop_assert!(
                    *every != Direction::None || !matches!(one, Direction::Some(_)),
                    "`{}`: {:?}", value, one
                );
            }
        }
    }
}

/// Puts a symbol in the place of a word in the resources and values of a text.
fn mark(text: &str, word: &str) -> String {
    let mut marked = text.to_owned();
    for (before, behind) in [
        (":::", "\""),
        (":::", "/"),
        ("/", "\""),
        ("[\"", "\""),
        (":\"", "\""),
    ] {
        let from = format!("{before}{word}{behind}");
        marked = marked.replace(&from, &format!("{before}⟨s⟩{behind}"));
    }
    marked
}
