//! The difference for people: few access sets, the most dangerous first
//! (`comparison.md` 10).

use super::actions::{self, Group};
use super::budget::Budget;
use super::compile::{Compiled, Frame};
use super::search::{Difference, differences, unsettled};
use super::solver::{Literal, Variable};
use super::stack::{Place, Side, Stack};
use super::symbols;
use super::terms;
use super::variables::{Bindings, Bound};
use super::verdict::{Comparison, Direction, Options};
use super::witness::{self, Judge, Witness};
use super::words;
use crate::catalog::{self, AccessLevel};
use crate::policy::{ResourcePattern, Statement};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// What was gained and what was lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// What the new side allows and the old side does not.
    pub gained: Vec<AccessSet>,
    /// What the old side allows and the new side does not.
    pub lost: Vec<AccessSet>,
    /// Whether more was gained than is listed.
    pub more_gained: bool,
    /// Whether more was lost than is listed.
    pub more_lost: bool,
}

/// Actions on resources under conditions, as the policies themselves put it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessSet {
    /// Names, and the patterns of the statement that allows: `s3:GetObject`,
    /// `s3:Put*`.
    pub actions: Vec<String>,
    /// How many actions the catalog knows among them.
    pub known_actions: usize,
    /// The most dangerous access level among those.
    pub worst: Option<AccessLevel>,
    /// Who is allowed, as the statement names them; empty where policies of
    /// this type name nobody.
    pub principals: Vec<String>,
    /// The patterns of the statements that allow.
    pub resources: Vec<String>,
    /// Patterns that do not belong to it.
    pub except: Vec<String>,
    /// When it holds: a conjunction, in words.
    pub conditions: Vec<String>,
    /// The statement that allows it, one for each layer.
    pub allowed_by: Vec<Place>,
    /// The statement of the other side that denies it; `None` where nothing
    /// there allows it.
    pub denied_by: Option<Place>,
    /// A request of it that was replayed on both sides; `None` where none was
    /// found for just this set.
    pub witness: Option<Witness>,
}

/// Sets that are listed of a direction.
const SHOWN: usize = 20;

/// Explains a comparison. It looks on where [`compare`](super::compare) stops
/// at the first witness; the verdict is the comparison's.
#[must_use]
pub fn explain(
    old: &Stack,
    new: &Stack,
    comparison: &Comparison,
    options: &Options,
) -> Explanation {
    let chosen = symbols::chosen(&options.symbols);
    let (old, new) = &(symbols::filled(old, &chosen), symbols::filled(new, &chosen));
    let frame = Frame::new(old, new, &options.settings);
    let Ok(groups) = frame.groups(&mut Budget::default()) else {
        return Explanation::default();
    };
    let judge = Judge::new(old, new);
    let explain = |asking: Side, direction: &Direction| {
        let Direction::Some(known) = direction else {
            return (Vec::new(), false);
        };
        let teller = Teller {
            frame: &frame,
            groups: &groups,
            judge: &judge,
            options,
            asking,
        };
        let (mut sets, more) = teller.tell();
        if sets.is_empty() {
            sets.push(of_witness(known));
        }
        (sets, more)
    };
    let (gained, more_gained) = explain(Side::New, &comparison.gained);
    let (lost, more_lost) = explain(Side::Old, &comparison.lost);
    Explanation {
        gained,
        lost,
        more_gained,
        more_lost,
    }
}

/// What is known where only the witness is.
fn of_witness(witness: &Witness) -> AccessSet {
    let known = catalog::get().action(&witness.request.action);
    AccessSet {
        actions: vec![witness.request.action.clone()],
        known_actions: usize::from(known.is_some()),
        worst: known.map(|action| action.access()),
        resources: vec![witness.request.resource.clone()],
        allowed_by: witness.allowed_by.clone(),
        denied_by: witness.denied_by,
        witness: Some(witness.clone()),
        ..AccessSet::default()
    }
}

struct Teller<'a> {
    frame: &'a Frame<'a>,
    groups: &'a [Group],
    judge: &'a Judge,
    options: &'a Options,
    asking: Side,
}

impl Teller<'_> {
    fn tell(&self) -> (Vec<AccessSet>, bool) {
        let asked = unsettled(self.frame, self.groups, self.asking);
        let sources = asked
            .iter()
            .flat_map(|group| group.statements.iter().copied());
        let sources: BTreeSet<usize> = sources.collect();
        // One ordinary value for every variable: enough to show what changed.
        let value = |key| (key, Bound::Text("some-value-0".to_owned()));
        let bindings = Bindings {
            all: self
                .frame
                .variables(&sources)
                .into_iter()
                .map(value)
                .collect(),
            ..Bindings::default()
        };
        let Ok(mut compiled) = self
            .frame
            .compile(&sources, &bindings, &self.options.settings)
        else {
            return (Vec::new(), false);
        };
        let mut sets: Vec<AccessSet> = Vec::new();
        let mut more = false;
        let mut found = |compiled: &mut Compiled, difference: Difference| {
            let set = self.set(compiled, &difference);
            if let Some(known) = sets
                .iter_mut()
                .find(|one| one.differs_in_actions_only(&set))
            {
                known.join(set);
                return Ok(ControlFlow::Continue(()));
            }
            if sets.len() >= SHOWN * 4 {
                more = true;
                return Ok(ControlFlow::Break(()));
            }
            let witness = self.witness(compiled, &difference)?;
            sets.push(AccessSet { witness, ..set });
            Ok(ControlFlow::Continue(()))
        };
        let done = differences(self.frame, &mut compiled, &asked, self.asking, &mut found);
        more |= done.is_err();
        for set in &mut sets {
            set.actions.sort();
            set.actions.dedup();
        }
        let weight = |set: &AccessSet| {
            let realistic = set
                .witness
                .as_ref()
                .is_some_and(|witness| witness.realistic);
            (realistic, set.worst, set.known_actions)
        };
        sets.sort_by(|a, b| {
            weight(b)
                .cmp(&weight(a))
                .then_with(|| a.actions.cmp(&b.actions))
        });
        more |= sets.len() > SHOWN;
        sets.truncate(SHOWN);
        (sets, more)
    }

    fn set(&self, compiled: &Compiled, difference: &Difference) -> AccessSet {
        let source = |at: &usize| self.frame.sources.get(*at);
        let statements: Vec<&Statement> = difference
            .allows
            .iter()
            .filter_map(source)
            .map(|source| source.statement)
            .collect();
        let mut set = AccessSet {
            allowed_by: difference
                .allows
                .iter()
                .filter_map(source)
                .map(|s| s.place)
                .collect(),
            denied_by: difference
                .denied_by
                .as_ref()
                .and_then(source)
                .map(|s| s.place),
            ..AccessSet::default()
        };
        // What a Deny held back is what both speak of.
        let denying = difference.denied_by.as_ref().and_then(source);
        let denying = denying.map(|source| source.statement);
        self.actions(difference.group, &statements, denying, &mut set);
        for statement in &statements {
            set.principals.extend(principals_of(statement));
            set.resources.extend(resources_of(statement));
        }
        if set.resources.is_empty() {
            set.resources.push("*".to_owned());
        }
        if let Some(denying) = denying {
            set.resources = terms::common(&set.resources, &resources_of(denying));
            set.principals = terms::common(&set.principals, &principals_of(denying));
        }
        self.rest(compiled, difference, &mut set);
        for list in [&mut set.principals, &mut set.resources, &mut set.except] {
            let mut seen = BTreeSet::new();
            list.retain(|text| seen.insert(text.clone()));
        }
        set
    }

    /// The actions of every group that asks the same as this one.
    fn actions(
        &self,
        group: &Group,
        statements: &[&Statement],
        denying: Option<&Statement>,
        set: &mut AccessSet,
    ) {
        let asks = |group: &Group| -> BTreeSet<(Side, usize, usize)> {
            let sources = group
                .statements
                .iter()
                .filter_map(|at| self.frame.sources.get(*at));
            sources
                .map(|source| (source.side, source.place.layer, source.shape))
                .collect()
        };
        let wanted = asks(group);
        for group in self.groups.iter().filter(|group| asks(group) == wanted) {
            let real: Vec<_> = actions::real(group, &self.frame.actions).collect();
            let listed = |statements: &[&Statement]| -> Vec<String> {
                let elements = statements.iter().filter_map(|s| s.action.as_ref());
                elements
                    .filter(|element| !element.negated)
                    .flat_map(|element| &element.entries)
                    .filter(|entry| actions::holds(&entry.value, group))
                    .map(|entry| entry.value.text.clone())
                    .collect()
            };
            let held_back = listed(denying.as_slice());
            let mut patterns = terms::common(&listed(statements), &held_back)
                .into_iter()
                .peekable();
            let names: BTreeSet<String> = real.iter().map(|action| action.name()).collect();
            set.known_actions += names.len();
            set.worst = set
                .worst
                .max(real.iter().map(|action| action.access()).max());
            match (names.len(), patterns.peek()) {
                (1, _) => set.actions.extend(names),
                (_, Some(_)) => set.actions.extend(patterns),
                (_, None) => set.actions.push(match &group.service {
                    Some(service) => format!("{service}:*"),
                    None => "*".to_owned(),
                }),
            }
        }
    }

    /// What else the cube says: resources that do not belong to it, and
    /// conditions.
    fn rest(&self, compiled: &Compiled, difference: &Difference, set: &mut AccessSet) {
        let mut resources: BTreeMap<Literal, Vec<String>> = BTreeMap::new();
        let mut conditions: BTreeMap<Literal, words::Words> = BTreeMap::new();
        for (at, literals) in &compiled.boxes {
            let Some(source) = self.frame.sources.get(*at) else {
                continue;
            };
            let element = source.statement.resource.as_ref();
            let of_resource =
                |literal: &&Literal| compiled.solver.variable(**literal) == Variable::Resource;
            if let (Some(literal), Some(element)) = (literals.iter().find(of_resource), element) {
                let all = texts(&element.entries).collect();
                resources.insert(*literal, all);
            }
            let read = compiled.shapes.get(&source.shape).and_then(Option::as_ref);
            for (at, literal, test) in read.iter().flat_map(|read| read.conditions.iter()) {
                if let (Some(condition), Some(test)) = (source.statement.conditions.get(*at), test)
                {
                    conditions.insert(*literal, words::words(condition, test));
                }
            }
        }
        for literal in difference.cube.literals() {
            if let Some(words) = conditions.get(literal) {
                set.conditions.push(words.holds.clone());
            } else if let Some(words) = conditions.get(&!*literal) {
                set.conditions.push(words.fails.clone());
            } else if !literal.positive
                && let Some(texts) = resources.get(&!*literal).or_else(|| resources.get(literal))
            {
                set.except.extend(texts.iter().cloned());
            }
        }
    }

    fn witness(
        &self,
        compiled: &mut Compiled,
        difference: &Difference,
    ) -> Result<Option<Witness>, super::budget::Stop> {
        let Some((request, realistic)) = witness::request(self.frame, compiled, difference)? else {
            return Ok(None);
        };
        let allows = |side| self.judge.allows(side, &request, &self.options.settings);
        if allows(self.asking) != Some(true) || allows(self.asking.other()) != Some(false) {
            return Ok(None);
        }
        let place = |at: &usize| self.frame.sources.get(*at).map(|source| source.place);
        Ok(Some(Witness {
            allowed_by: difference.allows.iter().filter_map(place).collect(),
            denied_by: difference.denied_by.as_ref().and_then(place),
            request,
            realistic,
        }))
    }
}

fn resources_of(statement: &Statement) -> Vec<String> {
    let elements = statement.resource.iter().filter(|element| !element.negated);
    texts(elements.flat_map(|element| &element.entries)).collect()
}

fn principals_of(statement: &Statement) -> Vec<String> {
    let elements = statement.principal.iter().filter(|p| !p.negated);
    let entries = elements.flat_map(|element| &element.entries);
    entries.map(|entry| entry.value.text.clone()).collect()
}

fn texts<'a>(
    entries: impl IntoIterator<Item = &'a crate::text::Spanned<ResourcePattern>>,
) -> impl Iterator<Item = String> {
    entries.into_iter().map(|entry| entry.value.text.clone())
}

impl AccessSet {
    fn differs_in_actions_only(&self, other: &Self) -> bool {
        self.principals == other.principals
            && self.resources == other.resources
            && self.except == other.except
            && self.conditions == other.conditions
            && self.allowed_by == other.allowed_by
            && self.denied_by == other.denied_by
    }

    fn join(&mut self, other: Self) {
        self.known_actions += other.known_actions;
        self.worst = self.worst.max(other.worst);
        self.actions.extend(other.actions);
    }
}
