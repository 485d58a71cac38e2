//! Brute force over a wider language than that of the laws: several variables
//! with and without defaults, short ARNs, all families of operators, documents
//! without version, principals, layers. A proof that a random request
//! contradicts fails; so does a witness that is none.

use super::world::{Dice, compiled, keys_of, pair, request, statements};
use super::{document, read_as, settings};
use leastwise::policy::{Policy, PolicyType};
use leastwise::semantics::Request;
use leastwise::semantics::compare::{Comparison, Direction, Options, Stack, compare};
use leastwise::semantics::evaluate::{Decision, Level, PolicySet, decide_identity, permits};
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, TestRunner};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Requests asked for each pair.
const REQUESTS: usize = 150;

/// Runs a law over random cases; with `PROPTEST_CASES` set, over so many, and
/// tells what the verdicts were.
#[allow(clippy::print_stderr)] // asked for
fn each<S: Strategy>(
    cases: u32,
    strategy: &S,
    test: impl Fn(S::Value) -> Result<Comparison, TestCaseError>,
) {
    let more = std::env::var("PROPTEST_CASES").ok();
    let more = more.and_then(|count| count.parse().ok());
    let mut runner = TestRunner::new(ProptestConfig {
        cases: more.unwrap_or(cases),
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..ProptestConfig::default()
    });
    let tally: RefCell<BTreeMap<String, usize>> = RefCell::default();
    let result = runner.run(strategy, |case| {
        let found = test(case)?;
        let mut tally = tally.borrow_mut();
        let mut count = |what: String| *tally.entry(what).or_default() += 1;
        count(format!("{:?}", found.relation()));
        for direction in [&found.gained, &found.lost] {
            if let Direction::Unknown(reasons) = direction {
                reasons
                    .iter()
                    .for_each(|why| count(format!("  because {why}")));
            }
        }
        Ok(())
    });
    if more.is_some() {
        eprintln!("{:#?}", tally.borrow());
    }
    if let Err(error) = result {
        panic!("{error}\n{runner}");
    }
}

/// Holds a comparison against what the simulator says: `allows` of the new
/// side and of the old one. Requests are asked for as far as they could refute
/// something: a direction that is not proved empty claims nothing of them.
fn holds(
    found: &Comparison,
    mut requests: impl Iterator<Item = Request>,
    allows: [&dyn Fn(&Request) -> bool; 2],
    shown: &dyn Fn() -> String,
) -> Result<(), TestCaseError> {
    let [new, old] = allows;
    for (direction, asking, other) in [(&found.gained, new, old), (&found.lost, old, new)] {
        let says = |request: &Request| (asking(request), other(request));
        match direction {
            Direction::Some(witness) => {
                prop_assert_eq!(
                    says(&witness.request),
                    (true, false),
                    "{:?}\n{}",
                    witness,
                    shown()
                );
            }
            Direction::Unknown(reasons) => prop_assert!(
                reasons.iter().all(|reason| !reason.starts_with("replay")),
                "{:?}\n{}",
                reasons,
                shown()
            ),
            Direction::None => {}
        }
    }
    let proved = |direction: &Direction| *direction == Direction::None;
    let (gains_none, loses_none) = (proved(&found.gained), proved(&found.lost));
    let refutes = |request: &Request| {
        if new(request) {
            gains_none && !old(request)
        } else {
            loses_none && old(request)
        }
    };
    let refuting = match gains_none || loses_none {
        true => requests.find(refutes),
        false => None,
    };
    prop_assert!(
        refuting.is_none(),
        "{:?} {:?}\n{}",
        found.relation(),
        refuting,
        shown()
    );
    Ok(())
}

fn of_one_document(policy_type: PolicyType, cases: u32) {
    each(
        cases,
        &(pair(policy_type), any::<u64>()),
        |((old, new), seed)| {
            let (a, b) = (read_as(&old, policy_type), read_as(&new, policy_type));
            let options = Options {
                alternatives: false,
                ..Options::default()
            };
            let found = compare(
                &Stack::of(policy_type, &a),
                &Stack::of(policy_type, &b),
                &options,
            );
            let (a, b) = (compiled(&old, policy_type), compiled(&new, policy_type));
            let settings = settings();
            let says = |policy, request: &Request| permits(policy, request, &settings).unwrap();
            let allows: [&dyn Fn(&Request) -> bool; 2] =
                [&|request| says(&b, request), &|request| says(&a, request)];
            let keys = keys_of(&[&old, &new]);
            let mut dice = Dice(seed);
            let requests =
                std::iter::repeat_with(|| request(&mut dice, &keys, policy_type.has_principal()));
            holds(&found, requests.take(REQUESTS), allows, &|| {
                format!("{old}\n{new}")
            })?;
            Ok(found)
        },
    );
}

#[test]
fn no_verdict_on_identity_policies_is_contradicted() {
    of_one_document(PolicyType::Identity, 700);
}

#[test]
fn no_verdict_on_scps_is_contradicted() {
    of_one_document(PolicyType::Scp, 150);
}

#[test]
fn no_verdict_on_resource_policies_is_contradicted() {
    of_one_document(PolicyType::Resource, 400);
}

/// The layers of one side.
#[derive(Clone, Debug)]
struct Side {
    identity: Vec<Value>,
    boundaries: Vec<Value>,
    scps: Vec<Vec<Value>>,
}

fn side() -> impl Strategy<Value = Side> {
    let one = |policy_type| {
        let allow = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        (statements(policy_type), prop::bool::weighted(0.4)).prop_map(move |(mut all, open)| {
            if open {
                all.push(allow.clone());
            }
            document(json!(all))
        })
    };
    (
        prop::collection::vec(one(PolicyType::Identity), 1..3),
        prop::collection::vec(one(PolicyType::Boundary), 0..2),
        prop::collection::vec(prop::collection::vec(one(PolicyType::Scp), 1..3), 0..3),
    )
        .prop_map(|(identity, boundaries, scps)| Side {
            identity,
            boundaries,
            scps,
        })
}

/// Two stacks that share some of their layers.
fn sides() -> impl Strategy<Value = (Side, Side)> {
    (side(), side(), any::<[bool; 3]>()).prop_map(|(old, mut new, [identity, boundary, scps])| {
        if identity {
            new.identity.clone_from(&old.identity);
        }
        if boundary || !identity {
            new.boundaries.clone_from(&old.boundaries);
        }
        if scps || !identity {
            new.scps.clone_from(&old.scps);
        }
        (old, new)
    })
}

impl Side {
    fn documents(&self) -> impl Iterator<Item = &Value> {
        let scps = self.scps.iter().flatten();
        self.identity.iter().chain(&self.boundaries).chain(scps)
    }

    /// What the simulator decides by.
    fn set(&self) -> PolicySet {
        let all = |list: &[Value], policy_type| {
            list.iter()
                .map(|d| compiled(d, policy_type))
                .collect::<Vec<_>>()
        };
        PolicySet {
            identity: all(&self.identity, PolicyType::Identity),
            boundaries: (!self.boundaries.is_empty())
                .then(|| all(&self.boundaries, PolicyType::Boundary)),
            scps: self
                .scps
                .iter()
                .map(|level| Level {
                    policies: all(level, PolicyType::Scp),
                    ..Level::default()
                })
                .collect(),
            ..PolicySet::default()
        }
    }

    fn read(&self) -> Vec<(PolicyType, Vec<Policy>)> {
        let all = |list: &[Value], policy_type| -> (PolicyType, Vec<Policy>) {
            (
                policy_type,
                list.iter().map(|d| read_as(d, policy_type)).collect(),
            )
        };
        let mut layers = vec![all(&self.identity, PolicyType::Identity)];
        layers.extend(
            self.boundaries
                .iter()
                .map(|one| all(std::slice::from_ref(one), PolicyType::Boundary)),
        );
        layers.extend(self.scps.iter().map(|level| all(level, PolicyType::Scp)));
        layers
    }
}

fn stack(layers: &[(PolicyType, Vec<Policy>)]) -> Stack<'_> {
    layers
        .iter()
        .fold(Stack::default(), |stack, (kind, policies)| {
            stack.with(*kind, policies)
        })
}

#[test]
fn no_verdict_on_layers_is_contradicted() {
    each(150, &(sides(), any::<u64>()), |((old, new), seed)| {
        let (a, b) = (old.read(), new.read());
        let options = Options {
            alternatives: false,
            ..Options::default()
        };
        let found = compare(&stack(&a), &stack(&b), &options);
        let (a, b) = (old.set(), new.set());
        let settings = settings();
        let says = |set, request: &Request| {
            let verdict = decide_identity(request, set, &settings).unwrap();
            verdict.decision == Decision::Allowed
        };
        let allows: [&dyn Fn(&Request) -> bool; 2] =
            [&|request| says(&b, request), &|request| says(&a, request)];
        let all: Vec<&Value> = old.documents().chain(new.documents()).collect();
        let keys = keys_of(&all);
        let mut dice = Dice(seed);
        let requests = std::iter::repeat_with(|| request(&mut dice, &keys, false));
        holds(&found, requests.take(REQUESTS), allows, &|| {
            format!("{old:?}\n{new:?}")
        })?;
        Ok(found)
    });
}
