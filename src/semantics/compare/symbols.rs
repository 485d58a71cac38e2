//! Verdicts over symbols, whose values a deployment fills in (`inputs.md` 3.2,
//! `comparison.md` 5).
//!
//! A symbol's text equals no other, so the plain comparison reads it as a name
//! of its own. That answer is looked at twice more: once with each symbol as
//! any text at all, which proves a direction for every value; and, where that
//! does not, with the values that could matter: what else stands at its places
//! in either document, and `*` where a deployment may choose freely.

use super::Stack;
use super::verdict::{Comparison, Direction, Options, Relation};
use super::witness::Witness;
use crate::policy::{Condition, Domain, Policy, ResourceKind, Statement, Symbol, symbols_in};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// What a verdict over symbols rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rests {
    /// The addresses of the symbols in the documents whose value is open.
    pub symbols: Vec<String>,
    /// How far it reaches.
    pub reach: Reach,
    /// Values under which the relation is another one.
    pub otherwise: Vec<Valued>,
    /// Values that were taken because they are the default or were given.
    pub chosen: BTreeMap<String, String>,
}

impl Rests {
    /// For people: for which values it holds that there is no difference, or
    /// none in one direction.
    #[must_use]
    pub fn words(&self, relation: Relation) -> Option<String> {
        const NAMED: usize = 3;
        let what = match relation {
            Relation::Equivalent => "access is the same",
            Relation::Wider => "nothing is lost",
            Relation::Narrower => "nothing is gained",
            Relation::Incomparable | Relation::Unknown => return None,
        };
        let names: Vec<String> = self.symbols.iter().map(|s| format!("⟨{s}⟩")).collect();
        let named = match names.split_at_checked(NAMED) {
            Some((named, others)) if !others.is_empty() => {
                format!("{} and {} more", named.join(", "), others.len())
            }
            _ => names.join(", "),
        };
        match (names.as_slice(), self.reach) {
            ([], _) => None,
            (_, Reach::Every) => Some(format!("{what} for every value of {named}")),
            ([_], Reach::Distinct) => Some(format!(
                "{what} if {named} is unlike every other name in the documents"
            )),
            (_, Reach::Distinct) => Some(format!(
                "{what} if {named} are unlike every other name in the documents"
            )),
        }
    }
}

impl Valued {
    /// `⟨b⟩ is `prod-data``, for people.
    #[must_use]
    pub fn words(&self) -> String {
        let values = self.values.iter();
        let values: Vec<String> = values
            .map(|(s, value)| format!("⟨{s}⟩ is `{value}`"))
            .collect();
        values.join(" and ")
    }
}

/// For which values of the symbols it was proved that nothing is gained, or
/// that nothing is lost.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    serde::Serialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// For every text without a wildcard; and for `*`, where that is possible.
    #[default]
    Every,
    /// Where each is a name of its own, that nothing else in the documents is
    /// or matches but by `*`; and for the values that were tried.
    Distinct,
}

/// Another relation under certain values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Valued {
    /// The values, by address.
    pub values: BTreeMap<String, String>,
    /// The relation with them.
    pub relation: Relation,
    /// A request gained with them.
    pub gained: Option<Witness>,
    /// A request lost with them.
    pub lost: Option<Witness>,
}

/// Values tried of one symbol.
const VALUES: usize = 12;
/// Valuations looked at in one comparison.
const VALUATIONS: usize = 96;
/// States and nodes that looking at them may take together; what is left out
/// is covered by what [`Reach::Distinct`] assumes.
const WORK: u64 = 300_000;

/// The stack with the default and given values filled in.
pub(super) fn filled<'a>(stack: &Stack<'a>, values: &BTreeMap<String, String>) -> Stack<'a> {
    let mut stack = stack.clone();
    for layer in &mut stack.layers {
        if mentions(&layer.policy, values) {
            let value = |address: &str| values.get(address).map(String::as_str);
            layer.policy = Cow::Owned(layer.policy.filled(&value));
        }
    }
    stack
}

fn mentions(policy: &Policy, values: &BTreeMap<String, String>) -> bool {
    let mut symbols = policy.texts().flat_map(symbols_in);
    symbols.any(|address| values.contains_key(address))
}

/// The values that decide the verdict where one is given.
pub(super) fn chosen(symbols: &[Symbol]) -> BTreeMap<String, String> {
    let mut chosen = BTreeMap::new();
    for symbol in symbols {
        if let Some(value) = symbol.domain.chosen() {
            chosen.insert(symbol.address.clone(), value.to_owned());
        }
    }
    chosen
}

/// Compares documents with symbols in them. `plain` compares two stacks as they
/// stand; `proved` tells of each direction whether there is no difference
/// whatever the symbols are.
pub(super) fn compare(
    old: &Stack,
    new: &Stack,
    options: &Options,
    plain: impl Fn(&Stack, &Stack) -> Comparison,
    proved: impl Fn(&Stack, &Stack, &BTreeSet<String>) -> (bool, bool),
) -> Comparison {
    let chosen = chosen(&options.symbols);
    let (old_filled, new_filled) = (filled(old, &chosen), filled(new, &chosen));
    let mut comparison = plain(&old_filled, &new_filled);
    let texts = [&old_filled, &new_filled].map(Places::of);
    let open: BTreeSet<String> = texts.iter().flat_map(Places::symbols).collect();
    let mut rests = Rests {
        symbols: open.iter().cloned().collect(),
        chosen,
        ..Rests::default()
    };
    rests.chosen.retain(|address, _| {
        let stacks = [old, new].into_iter();
        let mut layers = stacks.flat_map(|stack| &stack.layers);
        layers.any(|layer| {
            layer
                .policy
                .texts()
                .flat_map(symbols_in)
                .any(|s| s == address)
        })
    });
    let domains = Domains::of(&options.symbols);
    let declared = open.iter().any(|address| domains.is_declared(address));
    let is_none = |direction: &Direction| *direction == Direction::None;
    let nothing = is_none(&comparison.gained) && is_none(&comparison.lost);
    if declared || !domains.other_choices(&rests.chosen).is_empty() {
        let proved = match open.is_empty() {
            true => (true, true),
            false => proved(&old_filled, &new_filled, &open),
        };
        let is_proved =
            (!is_none(&comparison.gained) || proved.0) && (!is_none(&comparison.lost) || proved.1);
        rests.reach = if is_proved {
            Reach::Every
        } else {
            Reach::Distinct
        };
        let settled = is_proved && nothing;
        let candidates = domains.candidates(&open, &texts, &rests.chosen, settled);
        if !candidates.is_empty() {
            rests.otherwise = otherwise(&comparison, candidates, |values| {
                let mut all = rests.chosen.clone();
                all.extend(values.clone());
                plain(&filled(old, &all), &filled(new, &all))
            });
        }
    } else if !open.is_empty() {
        rests.reach = Reach::Distinct;
    }
    for (direction, found) in [
        (
            &mut comparison.gained,
            (|valued: &Valued| valued.gained.is_some()) as fn(&Valued) -> bool,
        ),
        (&mut comparison.lost, |valued: &Valued| {
            valued.lost.is_some()
        }),
    ] {
        // Whoever deploys may choose the value: that is not for us to say.
        let free: BTreeSet<String> = rests
            .otherwise
            .iter()
            .filter(|valued| found(valued))
            .flat_map(|valued| valued.values.keys())
            .filter(|address| domains.is_free(address))
            .map(|address| format!("iac-symbol:{address}"))
            .collect();
        if *direction == Direction::None && !free.is_empty() {
            *direction = Direction::Unknown(free.into_iter().collect());
        }
    }
    comparison.rests = rests;
    comparison
}

/// The valuations under which the relation is another one.
fn otherwise(
    comparison: &Comparison,
    candidates: BTreeMap<String, Vec<String>>,
    plain: impl Fn(&BTreeMap<String, String>) -> Comparison,
) -> Vec<Valued> {
    let mut found: Vec<Valued> = Vec::new();
    let mut work = comparison.proof.nodes + comparison.proof.states;
    for values in valuations(candidates) {
        if work > WORK {
            break;
        }
        // What holds with fewer values is said already.
        let is_told = |told: &Valued| {
            told.values
                .iter()
                .all(|pair| values.get(pair.0) == Some(pair.1))
        };
        if found.iter().any(is_told) {
            continue;
        }
        let other = plain(&values);
        work += other.proof.nodes + other.proof.states;
        if other.relation() == comparison.relation() {
            continue;
        }
        let witness = |direction: Direction| match direction {
            Direction::Some(witness) => Some(*witness),
            Direction::None | Direction::Unknown(_) => None,
        };
        found.push(Valued {
            values,
            relation: other.relation(),
            gained: witness(other.gained),
            lost: witness(other.lost),
        });
    }
    found
}

/// Each value of each symbol alone, then two symbols together.
fn valuations(candidates: BTreeMap<String, Vec<String>>) -> Vec<BTreeMap<String, String>> {
    let pair = |address: &String, value: &String| (address.clone(), value.clone());
    let single: Vec<(String, String)> = candidates
        .iter()
        .flat_map(|(address, values)| values.iter().map(move |value| pair(address, value)))
        .collect();
    let alone = single.iter().map(|one| BTreeMap::from([one.clone()]));
    let together = single.iter().enumerate().flat_map(|(at, one)| {
        let others = single.iter().skip(at + 1).filter(|other| other.0 != one.0);
        others.map(|other| BTreeMap::from([one.clone(), other.clone()]))
    });
    alone.chain(together).take(VALUATIONS).collect()
}

/// What is known of the symbols.
struct Domains<'a>(BTreeMap<&'a str, &'a Domain>);

impl<'a> Domains<'a> {
    fn of(symbols: &'a [Symbol]) -> Self {
        let pairs = symbols.iter().map(|s| (s.address.as_str(), &s.domain));
        Self(pairs.collect())
    }

    fn get(&self, address: &str) -> &Domain {
        self.0.get(address).copied().unwrap_or(&Domain::Any)
    }

    fn is_declared(&self, address: &str) -> bool {
        self.0.contains_key(address)
    }

    /// Whether who deploys may choose among values, and none is the default.
    fn is_free(&self, address: &str) -> bool {
        match self.get(address) {
            Domain::Any => true,
            Domain::OneOf { chosen, .. } => chosen.is_none(),
            _ => false,
        }
    }

    /// The values that a list allows beside the one that was taken.
    fn other_choices(&self, chosen: &BTreeMap<String, String>) -> BTreeMap<String, Vec<String>> {
        let mut others = BTreeMap::new();
        for (address, taken) in chosen {
            if let Domain::OneOf { values, .. } = self.get(address) {
                let values = values.iter().filter(|value| *value != taken);
                let values: Vec<String> = values.take(VALUES).cloned().collect();
                if !values.is_empty() {
                    others.insert(address.clone(), values);
                }
            }
        }
        others
    }

    /// Values that could make a difference. Where every text without a wildcard
    /// is settled, those are a list's other ones, and `*`.
    fn candidates(
        &self,
        open: &BTreeSet<String>,
        texts: &[Places; 2],
        chosen: &BTreeMap<String, String>,
        settled: bool,
    ) -> BTreeMap<String, Vec<String>> {
        let mut all = self.other_choices(chosen);
        for address in open {
            let domain = self.get(address);
            let own = Symbol::new(address, Domain::Any).text();
            let mut values: Vec<String> = Vec::new();
            let mut add = |value: String| {
                let other = crate::policy::as_symbol(&value).map(|other| self.get(other));
                let admitted = match other {
                    Some(other) => other == domain,
                    None => domain.admits(&value),
                };
                if admitted && value != own && !values.contains(&value) && values.len() < VALUES {
                    values.push(value);
                }
            };
            match domain {
                Domain::OneOf { values, .. } => values.iter().cloned().for_each(&mut add),
                Domain::Any => add("*".to_owned()),
                _ => {}
            }
            let places: BTreeSet<Beside> = match settled {
                true => BTreeSet::new(),
                false => texts.iter().flat_map(|t| t.beside(&own)).collect(),
            };
            for text in places
                .iter()
                .flat_map(|place| texts.iter().flat_map(|t| t.fits(place)))
            {
                add(text);
            }
            if !values.is_empty() {
                all.insert(address.clone(), values);
            }
        }
        all
    }
}

/// Where texts stand that can mean the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// A principal.
    Principal,
    /// A whole resource pattern.
    Resource,
    /// A field of a resource's ARN; its last one is cut at `/` and `:`.
    Field(usize),
    /// A value of this condition key, in lower case.
    Key(String),
}

/// The texts of one side by where they stand.
struct Places(BTreeMap<Kind, BTreeSet<String>>);

impl Places {
    fn of(stack: &Stack) -> Self {
        let mut places = Self(BTreeMap::new());
        let policies = stack.layers.iter().map(|layer| &layer.policy);
        for statement in policies.flat_map(|policy| &policy.statements) {
            places.add(statement);
        }
        places
    }

    fn add(&mut self, statement: &Statement) {
        let mut add = |kind: Kind, text: &str| {
            self.0.entry(kind).or_default().insert(text.to_owned());
        };
        for entry in statement.principal.iter().flat_map(|p| &p.entries) {
            add(Kind::Principal, &entry.value.text);
            for (at, field) in entry.value.text.splitn(6, ':').enumerate().skip(1) {
                add_field(&mut add, at, field);
            }
        }
        for entry in statement.resource.iter().flat_map(|r| &r.entries) {
            add(Kind::Resource, &entry.value.text);
            if let ResourceKind::Arn(_) = entry.value.kind {
                for (at, field) in entry.value.text.splitn(6, ':').enumerate().skip(1) {
                    add_field(&mut add, at, field);
                }
            }
        }
        for Condition { key, values, .. } in &statement.conditions {
            for value in values {
                add(Kind::Key(key.value.to_ascii_lowercase()), &value.value.text);
                for (at, field) in value.value.text.splitn(6, ':').enumerate().skip(1) {
                    add_field(&mut add, at, field);
                }
            }
        }
    }

    fn symbols(&self) -> impl Iterator<Item = String> {
        let texts = self.0.values().flatten();
        texts.flat_map(|text| symbols_in(text)).map(str::to_owned)
    }

    /// What stands before and behind a symbol, wherever it stands.
    fn beside<'p>(&'p self, symbol: &'p str) -> impl Iterator<Item = Beside<'p>> {
        self.0.iter().flat_map(move |(kind, texts)| {
            let split = texts.iter().filter_map(move |text| text.split_once(symbol));
            split.map(move |(before, behind)| Beside {
                kind,
                before,
                behind,
            })
        })
    }

    /// Values with which a symbol's text would be, or match, one that stands at
    /// such a place.
    fn fits(&self, place: &Beside<'_>) -> Vec<String> {
        let mut values = Vec::new();
        for text in self.0.get(place.kind).into_iter().flatten() {
            if text.contains('$') {
                continue;
            }
            let between = |text: &str| {
                let behind = text.strip_prefix(place.before)?;
                Some(behind.strip_suffix(place.behind)?.to_owned())
            };
            // A wildcard reads a letter, or whatever stands beside the symbol.
            values.extend(between(&text.replace(['*', '?'], "x")));
            if let Some((head, tail)) = text.split_once('*') {
                // What stands behind the symbol need not be in the value too.
                let next = place.behind.chars().next();
                let head = next.map_or(head, |next| head.trim_end_matches(next));
                values.extend(head.strip_prefix(place.before).map(str::to_owned));
                values.extend(tail.strip_suffix(place.behind).map(str::to_owned));
            }
        }
        values.retain(|value| !value.is_empty() && !value.contains(['*', '?']));
        values
    }
}

/// A place of a symbol: what stands around it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Beside<'p> {
    kind: &'p Kind,
    before: &'p str,
    behind: &'p str,
}

fn add_field(add: &mut impl FnMut(Kind, &str), at: usize, field: &str) {
    match at {
        5 => {
            for piece in field.split(['/', ':']).filter(|piece| !piece.is_empty()) {
                add(Kind::Field(at), piece);
            }
        }
        _ if !field.is_empty() => add(Kind::Field(at), field),
        _ => {}
    }
}
