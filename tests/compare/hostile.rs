//! Inputs made to cost much (`comparison.md` 13): each has an answer, or is
//! left open for want of budget, within a bound on work. Work is counted, not
//! timed, so that a slow machine fails none of them.

use super::{allow, ask, ask_as, deny, document, read_as};
use leastwise::policy::{Domain, PolicyType, Symbol};
use leastwise::semantics::compare::{Comparison, Direction, Options, Relation, Stack, compare};
use serde_json::{Map, Value, json};
use std::time::Instant;

/// States and cases of both directions that a hostile pair may meet before it
/// is given up: a state costs 36 of 400 million steps at least.
const STATES: u64 = 2 * 400_000_000 / 36;
const NODES: u64 = 2 * 2_000_000;

/// Compares both ways round: an answer or open for want of budget, mirrored,
/// within the bounds.
#[allow(clippy::print_stderr)] // asked for
fn bounded(name: &str, old: &Value, new: &Value) -> Comparison {
    let start = Instant::now();
    let found = ask(old, new);
    let spent = start.elapsed();
    if std::env::var_os("HOSTILE_TIMES").is_some() {
        eprintln!(
            "{name}: {:?} {:?} {spent:?} {:?}",
            found.relation(),
            found.proof,
            found.reasons()
        );
    }
    assert!(found.proof.states <= STATES, "{name}: {:?}", found.proof);
    assert!(found.proof.nodes <= NODES, "{name}: {:?}", found.proof);
    for direction in [&found.gained, &found.lost] {
        if let Direction::Unknown(reasons) = direction {
            assert!(
                reasons
                    .iter()
                    .all(|why| why.ends_with("-budget") || why.contains("-budget:")),
                "{name}: {reasons:?}"
            );
        }
    }
    found
}

/// The same, where it is known what must come out if anything does.
fn comes_to(name: &str, old: &Value, new: &Value, expected: Relation) {
    let found = bounded(name, old, new).relation();
    assert!(
        found == expected || found == Relation::Unknown,
        "{name}: {found:?}"
    );
}

fn letter(at: usize) -> char {
    char::from(b'a' + u8::try_from(at % 26).unwrap())
}

/// `*a*b*` and its like, all different.
fn scattered(count: usize, shift: usize) -> Vec<String> {
    (0..count)
        .map(|i| {
            format!(
                "*{}*{}*",
                letter(i + shift),
                letter(i * 7 + i / 26 + 1 + shift)
            )
        })
        .collect()
}

fn one(element: &str, values: &[String]) -> Value {
    let mut statement = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"});
    statement[element] = json!(values);
    document(json!([statement]))
}

fn prefixed(prefix: &str, patterns: &[String]) -> Vec<String> {
    patterns
        .iter()
        .map(|pattern| format!("{prefix}{pattern}"))
        .collect()
}

#[test]
fn thirty_scattered_patterns_as_resources() {
    let of = |shift| {
        one(
            "Resource",
            &prefixed("arn:aws:s3:::", &scattered(30, shift)),
        )
    };
    bounded("resources", &of(0), &of(3));
    comes_to("resources itself", &of(0), &of(0), Relation::Equivalent);
    let fewer = one("Resource", &prefixed("arn:aws:s3:::", &scattered(29, 0)));
    comes_to("one resource more", &fewer, &of(0), Relation::Wider);
    let not = |shift| {
        document(json!([{
            "Effect": "Allow", "Action": "s3:GetObject",
            "NotResource": prefixed("arn:aws:s3:::", &scattered(30, shift)),
        }]))
    };
    bounded("not resources", &not(0), &not(3));
    bounded("resources, not resources", &of(0), &not(3));
}

#[test]
fn thirty_scattered_patterns_each_in_its_statement() {
    let of = |shift, effect: &str| {
        let mut all = vec![allow("s3:GetObject", "arn:aws:s3:::*", json!({}))];
        for (i, pattern) in scattered(30, shift).iter().enumerate() {
            let mut one = allow(
                "s3:GetObject",
                &format!("arn:aws:s3:::{pattern}"),
                json!({}),
            );
            one["Effect"] = json!(effect);
            one["Condition"] = json!({"StringEquals": {format!("k:{i}"): "a"}});
            all.push(one);
        }
        document(json!(all))
    };
    comes_to(
        "covered by the first",
        &of(0, "Allow"),
        &of(3, "Allow"),
        Relation::Equivalent,
    );
    bounded("scattered denies", &of(0, "Deny"), &of(3, "Deny"));
}

#[test]
#[cfg_attr(debug_assertions, ignore = "spends whole budgets: run with --release")]
fn thirty_scattered_patterns_as_actions() {
    let of = |shift| one("Action", &prefixed("s3:", &scattered(30, shift)));
    bounded("actions", &of(0), &of(3));
    comes_to("actions themselves", &of(0), &of(0), Relation::Equivalent);
    // Each in a statement of its own, so that all ways of lying in them differ.
    let apart = |shift| {
        let statements = scattered(30, shift)
            .into_iter()
            .enumerate()
            .map(|(i, pattern)| {
                allow(
                    &format!("s3:{pattern}"),
                    "*",
                    json!({"StringEquals": {"k:a": i.to_string()}}),
                )
            });
        document(Value::Array(statements.collect()))
    };
    bounded("actions apart", &apart(0), &apart(3));
    let not = |shift| {
        document(json!([{
            "Effect": "Allow", "Resource": "*",
            "NotAction": prefixed("s3:", &scattered(30, shift)),
        }]))
    };
    bounded("not actions", &not(0), &not(3));
}

#[test]
fn thirty_scattered_patterns_as_values() {
    let of = |operator: &str, shift| {
        document(json!([allow(
            "s3:GetObject",
            "*",
            json!({operator: {"k:a": scattered(30, shift)}})
        )]))
    };
    for operator in ["StringLike", "StringNotLike"] {
        bounded(operator, &of(operator, 0), &of(operator, 3));
        comes_to(
            operator,
            &of(operator, 0),
            &of(operator, 0),
            Relation::Equivalent,
        );
    }
    bounded(
        "like, not like",
        &of("StringLike", 0),
        &of("StringNotLike", 3),
    );
}

#[test]
#[cfg_attr(debug_assertions, ignore = "spends whole budgets: run with --release")]
fn thirty_scattered_patterns_at_once() {
    // All of them at once: one in each statement that denies.
    let all = |effect: &str, shift| {
        let statements = scattered(30, shift).into_iter().map(|pattern| {
            let mut one = allow(
                "s3:GetObject",
                "*",
                json!({"StringNotLike": {"k:a": pattern}}),
            );
            one["Effect"] = json!(effect);
            one
        });
        let first = allow("s3:GetObject", "*", json!({}));
        document(Value::Array(
            std::iter::once(first).chain(statements).collect(),
        ))
    };
    bounded("all of them", &all("Deny", 0), &all("Deny", 3));
}

#[test]
fn five_hundred_statements() {
    let of = |shift: usize, effect: &str| {
        let mut all = vec![allow("s3:*", "*", json!({}))];
        all.extend((0..500).map(|i| {
            let mut one = allow(
                &format!("s3:Get{}*", letter(i)),
                &format!("arn:aws:s3:::b{}/*", i + shift),
                json!({"StringEquals": {format!("aws:PrincipalTag/t{}", i % 20): format!("v{i}")}}),
            );
            one["Effect"] = json!(effect);
            one
        }));
        document(json!(all))
    };
    comes_to(
        "500 allows",
        &of(0, "Allow"),
        &of(1, "Allow"),
        Relation::Equivalent,
    );
    comes_to(
        "500 denies",
        &of(0, "Deny"),
        &of(1, "Deny"),
        Relation::Incomparable,
    );
    let bare = |effect: &str, shift| {
        let mut policy = of(shift, effect);
        policy["Statement"].as_array_mut().unwrap().remove(0);
        policy
    };
    comes_to(
        "500 bare allows",
        &bare("Allow", 0),
        &bare("Allow", 1),
        Relation::Incomparable,
    );
    comes_to(
        "500 of one kind",
        &bare("Allow", 0),
        &bare("Allow", 0),
        Relation::Equivalent,
    );
}

#[test]
fn five_hundred_statements_that_only_together_cover() {
    // Every byte of an address has its statement: none covers alone.
    let parts: Vec<Value> = (0..256)
        .map(|i| {
            allow(
                "s3:GetObject",
                "*",
                json!({"IpAddress": {"aws:SourceIp": format!("{i}.0.0.0/8")}}),
            )
        })
        .collect();
    let all = document(json!([allow(
        "s3:GetObject",
        "*",
        json!({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}})
    )]));
    comes_to(
        "256 networks",
        &document(json!(parts)),
        &all,
        Relation::Equivalent,
    );
    comes_to(
        "255 networks",
        &document(json!(parts[1..])),
        &all,
        Relation::Wider,
    );
}

#[test]
fn a_thousand_values() {
    let of = |operator: &str, key: &str, value: &dyn Fn(usize) -> String, count: usize| {
        let values: Vec<String> = (0..count).map(value).collect();
        document(json!([allow(
            "s3:GetObject",
            "*",
            json!({operator: {key: values}})
        )]))
    };
    let text = |i: usize| format!("value-{i}");
    let like = |i: usize| format!("value-{i}/*");
    let folded = |i: usize| format!("Value-{i}");
    let number = |i: usize| i.to_string();
    let address = |i: usize| format!("10.{}.{}.0/24", i / 256, i % 256);
    let arn = |i: usize| format!("arn:aws:sns:*:{:012}:t*", i);
    let cases = [
        ("StringEquals", "k:a", &text as &dyn Fn(usize) -> String),
        ("StringLike", "k:a", &like as &dyn Fn(usize) -> String),
        (
            "StringEqualsIgnoreCase",
            "k:a",
            &folded as &dyn Fn(usize) -> String,
        ),
        ("NumericEquals", "k:n", &number as &dyn Fn(usize) -> String),
        (
            "IpAddress",
            "aws:SourceIp",
            &address as &dyn Fn(usize) -> String,
        ),
        ("ArnLike", "aws:SourceArn", &arn as &dyn Fn(usize) -> String),
    ];
    for (operator, key, value) in cases {
        let (fewer, all) = (
            of(operator, key, value, 999),
            of(operator, key, value, 1000),
        );
        comes_to(operator, &fewer, &all, Relation::Wider);
        comes_to(operator, &all, &all, Relation::Equivalent);
    }
    let sets = |count| of("ForAllValues:StringLike", "aws:TagKeys", &like, count);
    comes_to("sets", &sets(999), &sets(1000), Relation::Wider);
}

#[test]
fn two_hundred_keys() {
    let of = |operator: &str, count: usize| -> Value {
        let keys: Map<String, Value> = (0..count)
            .map(|i| (format!("k:{i}"), json!("a*")))
            .collect();
        document(json!([allow("s3:GetObject", "*", json!({operator: keys}))]))
    };
    for operator in [
        "StringEquals",
        "StringLike",
        "StringNotLike",
        "StringLikeIfExists",
    ] {
        comes_to(
            operator,
            &of(operator, 200),
            &of(operator, 199),
            Relation::Wider,
        );
        comes_to(
            operator,
            &of(operator, 200),
            &of(operator, 200),
            Relation::Equivalent,
        );
    }
    // The same in the other order of statements, each with one key less.
    let ladder = |from: usize| {
        let statements: Vec<Value> = (from..from + 40)
            .map(|i| {
                let keys: Map<String, Value> =
                    (0..i).map(|k| (format!("k:{k}"), json!("a"))).collect();
                allow("s3:GetObject", "*", json!({"StringEquals": keys}))
            })
            .collect();
        document(json!(statements))
    };
    comes_to("ladder", &ladder(10), &ladder(11), Relation::Narrower);
}

#[test]
fn a_run_of_a_thousand_question_marks() {
    let of = |count: usize| {
        document(json!([allow(
            "s3:GetObject",
            &format!("arn:aws:s3:::{}", "?".repeat(count)),
            json!({})
        )]))
    };
    comes_to("? against ??", &of(1000), &of(999), Relation::Incomparable);
    comes_to("?", &of(1000), &of(1000), Relation::Equivalent);
    let like = |pattern: String| {
        document(json!([allow(
            "s3:GetObject",
            "*",
            json!({"StringLike": {"k:a": pattern}})
        )]))
    };
    let (all, some) = (
        like("?".repeat(1000) + "*"),
        like("*".to_owned() + &"?".repeat(999)),
    );
    comes_to("at least so many", &all, &some, Relation::Wider);
    comes_to(
        "before and behind",
        &like("*".to_owned() + &"?".repeat(1000)),
        &all,
        Relation::Equivalent,
    );
    let mixed = like("?*".repeat(500));
    bounded("mixed", &mixed, &like("*?".repeat(500)));
}

#[test]
#[cfg_attr(debug_assertions, ignore = "spends whole budgets: run with --release")]
fn what_stands_so_far_from_the_end() {
    let like = |pattern: String| {
        document(json!([allow(
            "s3:GetObject",
            "*",
            json!({"StringLike": {"k:a": pattern}})
        )]))
    };
    // What a determinised `*a???…` remembers doubles with each letter.
    let nth = |letter: char, count: usize| like(format!("*{letter}{}", "?".repeat(count)));
    bounded("the hundredth from the end", &nth('a', 100), &nth('b', 100));
    let not = |count: usize| {
        document(json!([
            allow("s3:GetObject", "*", json!({"StringLike": {"k:a": "*"}})),
            deny(
                "s3:GetObject",
                "*",
                json!({"StringLike": {"k:a": format!("*a{}", "?".repeat(count))}})
            ),
        ]))
    };
    bounded("not the hundredth", &not(100), &not(101));
}

/// Forty types of a service, with the wildcards that may cross colons.
fn types(count: usize, effect: &str, tail: &str) -> Vec<Value> {
    (0..count)
        .map(|i| {
            let resource = format!("arn:aws:svc:*:*:type{i}/{tail}");
            let mut one = allow("svc:*", &resource, json!({}));
            one["Effect"] = json!(effect);
            one
        })
        .collect()
}

#[test]
#[cfg_attr(debug_assertions, ignore = "spends whole budgets: run with --release")]
fn forty_types_that_can_imitate_one_another() {
    let one = |count: usize, tail: &str| {
        let resources: Vec<String> = (0..count)
            .map(|i| format!("arn:aws:svc:*:*:type{i}/{tail}"))
            .collect();
        document(json!([{"Effect": "Allow", "Action": "svc:*", "Resource": resources}]))
    };
    comes_to("types", &one(40, "*"), &one(40, "*"), Relation::Equivalent);
    comes_to("a type more", &one(39, "*"), &one(40, "*"), Relation::Wider);
    comes_to(
        "a narrower tail",
        &one(40, "*"),
        &one(40, "a*"),
        Relation::Narrower,
    );
    let apart = |count, tail: &str| document(json!(types(count, "Allow", tail)));
    comes_to(
        "apart",
        &apart(40, "*"),
        &one(40, "*"),
        Relation::Equivalent,
    );
    comes_to(
        "apart, one more",
        &apart(39, "*"),
        &apart(40, "*"),
        Relation::Wider,
    );
    let with_denies = |denied: usize, tail: &str| {
        let mut all = types(40, "Allow", "*");
        all.extend(types(denied, "Deny", tail));
        document(json!(all))
    };
    comes_to(
        "denied",
        &with_denies(40, "*"),
        &document(json!([])),
        Relation::Equivalent,
    );
    comes_to(
        "denied but one",
        &with_denies(40, "a*"),
        &with_denies(39, "a*"),
        Relation::Wider,
    );
    bounded(
        "denied otherwise",
        &with_denies(40, "*a*"),
        &with_denies(40, "*b*"),
    );
    let not = |count: usize| {
        let resources: Vec<String> = (0..count)
            .map(|i| format!("arn:aws:svc:*:*:type{i}/*"))
            .collect();
        document(json!([{"Effect": "Allow", "Action": "svc:*", "NotResource": resources}]))
    };
    comes_to("not types", &not(39), &not(40), Relation::Narrower);
}

#[test]
fn wildcards_that_can_lie_in_many_ways() {
    let of = |resource: &str| document(json!([allow("svc:*", resource, json!({}))]));
    let many = [
        "arn:*:*:*:*:*:*:*:*:*",
        "arn:a*:s*:r*:*:*a*:*b*",
        "arn:*a*:*b*:*c*:*d*:*e*:*f*:*",
    ];
    for (i, old) in many.iter().enumerate() {
        for new in &many[i..] {
            bounded(old, &of(old), &of(new));
        }
    }
    let all: Vec<String> = (0..20)
        .map(|i| format!("arn:*{0}*:*{0}*:*{0}*:*{0}*:*{0}*:*", letter(i)))
        .collect();
    let document = |resources: &[String]| {
        document(json!([{"Effect": "Allow", "Action": "svc:*", "Resource": resources}]))
    };
    bounded("twenty of them", &document(&all[1..]), &document(&all));
}

#[test]
fn denies_that_split_cases_over_ten_keys() {
    // Each Deny leaves one of its keys to break: conjunctions of disjunctions.
    let of = |shift: usize, keys: usize| {
        let mut all = vec![allow("s3:GetObject", "*", json!({}))];
        for i in 0..40 {
            let tests: Map<String, Value> = (0..3)
                .map(|k| {
                    (
                        format!("k:{}", (i * (k + 1) + k + shift) % keys),
                        json!(letter(i / 10).to_string()),
                    )
                })
                .collect();
            all.push(deny("s3:GetObject", "*", json!({"StringEquals": tests})));
        }
        document(json!(all))
    };
    bounded("ten keys", &of(0, 10), &of(1, 10));
    comes_to(
        "ten keys themselves",
        &of(0, 10),
        &of(0, 10),
        Relation::Equivalent,
    );
}

/// Keys of so many values each, no two keys with the same one; with or without
/// the statement that allows it.
fn pigeons(keys: usize, holes: usize, allowed: bool) -> Value {
    let names: Vec<String> = (0..holes).map(|hole| format!("h{hole}")).collect();
    let housed: Map<String, Value> = (0..keys)
        .map(|key| (format!("k:{key}"), json!(names)))
        .collect();
    let mut all = Vec::new();
    if allowed {
        all.push(allow("s3:GetObject", "*", json!({"StringEquals": housed})));
    }
    for a in 0..keys {
        for b in a + 1..keys {
            for hole in &names {
                let both = json!({format!("k:{a}"): hole, format!("k:{b}"): hole});
                all.push(deny("s3:GetObject", "*", json!({"StringEquals": both})));
            }
        }
    }
    document(json!(all))
}

#[test]
fn pigeons_in_too_few_holes() {
    let of = |keys, holes| (pigeons(keys, holes, false), pigeons(keys, holes, true));
    for (keys, holes, expected) in [
        (5, 4, Relation::Equivalent),
        (7, 6, Relation::Equivalent),
        (10, 10, Relation::Wider),
    ] {
        let (old, new) = of(keys, holes);
        comes_to("pigeons", &old, &new, expected);
    }
}

#[test]
#[cfg_attr(debug_assertions, ignore = "spends whole budgets: run with --release")]
fn ten_pigeons_in_nine_holes() {
    let (old, new) = (pigeons(10, 9, false), pigeons(10, 9, true));
    comes_to("ten pigeons", &old, &new, Relation::Equivalent);
}

#[test]
#[cfg_attr(debug_assertions, ignore = "spends whole budgets: run with --release")]
fn a_document_of_a_megabyte() {
    let long = "a".repeat(1_000_000);
    let of = |text: &str, operator: &str| {
        document(json!([allow(
            "s3:GetObject",
            "*",
            json!({operator: {"k:a": text}})
        )]))
    };
    for operator in ["StringEquals", "StringLike"] {
        comes_to(
            "long text",
            &of(&long, operator),
            &of(&long, operator),
            Relation::Equivalent,
        );
        bounded(
            "long against short",
            &of(&long, operator),
            &of("a", operator),
        );
        bounded(
            "long against like",
            &of(&long, operator),
            &of("a*b*", "StringLike"),
        );
    }
    bounded(
        "long pattern",
        &of(&"a*".repeat(500_000), "StringLike"),
        &of(&long, "StringLike"),
    );
    let resource = |text: &str| {
        document(json!([allow(
            "s3:GetObject",
            &format!("arn:aws:s3:::{text}"),
            json!({})
        )]))
    };
    bounded("long resource", &resource(&long), &resource("a*"));
    bounded("colons", &resource(&"*:".repeat(200_000)), &resource("*:*"));
    let action = |text: &str| document(json!([allow(&format!("s3:{text}"), "*", json!({}))]));
    bounded("long action", &action(&long), &action("a*"));
    bounded(
        "long pattern of actions",
        &action(&"a*".repeat(100_000)),
        &action("*a"),
    );
}

#[test]
#[cfg_attr(debug_assertions, ignore = "spends whole budgets: run with --release")]
fn forty_thousand_resources() {
    let many: Vec<String> = (0..40_000)
        .map(|i| format!("arn:aws:s3:::bucket-{i}/*"))
        .collect();
    let of = |resources: &[String]| one("Resource", resources);
    bounded("40,000 resources", &of(&many[1..]), &of(&many));
    let statements = |from: usize| {
        let all: Vec<Value> = (from..from + 8000)
            .map(|i| {
                allow(
                    "s3:GetObject",
                    &format!("arn:aws:s3:::bucket-{i}/*"),
                    json!({}),
                )
            })
            .collect();
        document(json!(all))
    };
    bounded("8,000 statements", &statements(0), &statements(1));
}

#[test]
fn variables_everywhere() {
    let of = |count: usize, shift: usize| {
        let names: String = (0..count)
            .map(|i| format!("${{aws:PrincipalTag/t{}}}/", i + shift))
            .collect();
        document(json!([allow(
            "s3:GetObject",
            &format!("arn:aws:s3:::b/{names}"),
            json!({})
        )]))
    };
    for count in [5, 6, 7, 40] {
        let found = ask(&of(count, 0), &of(count, 0));
        assert!(
            matches!(found.relation(), Relation::Equivalent | Relation::Unknown),
            "{count}: {found:?}"
        );
        let found = ask(&of(count, 0), &of(count, 1));
        assert_ne!(found.relation(), Relation::Equivalent, "{count}");
        assert!(found.proof.states <= STATES && found.proof.nodes <= NODES);
    }
}

#[test]
fn deep_json() {
    for depth in [100, 10_000, 200_000] {
        let text = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let statement = format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": {text}, "Resource": {text}, "Condition": {text}}}}}"#
        );
        let line = format!(r#"{{"id": "d", "old": {statement}, "new": {statement}}}"#);
        // Read or refused, but not a crash.
        let _ = leastwise::semantics::compare::batch::answer(&line, &Options::default());
    }
}

#[test]
fn many_layers() {
    let open = read_as(
        &document(json!([allow("*", "*", json!({}))])),
        PolicyType::Scp,
    );
    let levels: Vec<_> = (0..12)
        .map(|level| {
            let statements: Vec<Value> = (0..6)
                .map(|i| {
                    allow(
                        "s3:*",
                        "*",
                        json!({"StringLike": {format!("k:{level}"): format!("{}*", letter(i))}}),
                    )
                })
                .collect();
            read_as(&document(json!(statements)), PolicyType::Scp)
        })
        .collect();
    let all = |skip: usize| {
        levels
            .iter()
            .skip(skip)
            .fold(Stack::of(PolicyType::Identity, &open), |stack, level| {
                stack.with(PolicyType::Scp, [level])
            })
    };
    for (old, new, expected) in [
        (all(0), all(0), Relation::Equivalent),
        (all(0), all(1), Relation::Wider),
    ] {
        let found = compare(&old, &new, &Options::default());
        assert!(
            [expected, Relation::Unknown].contains(&found.relation()),
            "{found:?}"
        );
        assert!(
            found.proof.states <= STATES && found.proof.nodes <= NODES,
            "{:?}",
            found.proof
        );
    }
}

/// Values are tried within a bound of their own.
#[test]
#[allow(clippy::print_stderr)] // asked for
fn two_hundred_symbols() {
    let statement = |at: usize| {
        allow(
            "s3:GetObject",
            &format!("arn:aws:s3:::⟨b{at}⟩/{at}/*"),
            json!({}),
        )
    };
    let mut old: Vec<Value> = (0..200).map(statement).collect();
    old.push(deny("s3:GetObject", "arn:aws:s3:::⟨b0⟩/*", json!({})));
    let mut new = old.clone();
    new[7] = statement(300);
    let symbols = (0..=300).map(|at| Symbol::new(&format!("b{at}"), Domain::Any));
    let options = Options {
        symbols: symbols.collect(),
        ..Options::default()
    };
    let start = Instant::now();
    let (old, new) = (document(json!(old)), document(json!(new)));
    let found = ask_as(&old, &new, PolicyType::Identity, &options);
    if std::env::var_os("HOSTILE_TIMES").is_some() {
        eprintln!(
            "two hundred symbols: {:?} {:?}",
            found.relation(),
            start.elapsed()
        );
    }
    assert_eq!(found.relation(), Relation::Incomparable);
    assert!(found.rests.otherwise.len() <= 96);
}
