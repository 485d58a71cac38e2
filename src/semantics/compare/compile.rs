//! Documents as boxes over literals.

use super::actions::{self, Actions, Group, Says};
use super::arn::{Entry as ReadEntry, Reading, Resources, tokens_of};
use super::budget::{Budget, Stop};
use super::glob::Glob;
use super::keys::{self, Asked, KeyTest, Keys, Test};
use super::principals::{self, Caller};
use super::solver::{Atom, Literal, PolicyBox, Solver};
use super::stack::{Place, Side, Stack};
use super::variables::{Bindings, Bound};
use crate::catalog;
use crate::policy::{
    BaseOperator, Effect, Element, PolicyType, Principals, ResourceKind, ResourcePattern,
    Statement, has_symbol,
};
use crate::semantics::{ArnPrefixCase, Settings, UnresolvedInResource};
use crate::text::Spanned;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{Hash, Hasher};
use std::rc::Rc;

/// A statement of the comparison that has an effect and actions.
#[derive(Clone, Debug)]
pub(super) struct Source<'a> {
    pub(super) side: Side,
    pub(super) place: Place,
    pub(super) effect: Effect,
    policy_type: PolicyType,
    pub(super) statement: &'a Statement,
    /// The keys of its policy variables, in lower case.
    variables: BTreeSet<String>,
    /// What it says beside effect and actions: equal numbers say the same.
    pub(super) shape: usize,
}

/// What a statement says beside its effect and its actions.
struct Shape<'a> {
    policy_type: PolicyType,
    statement: &'a Statement,
}

impl<'a> Shape<'a> {
    fn principal(&self) -> Option<&'a Principals> {
        let principal = self.statement.principal.as_ref();
        principal.filter(|_| self.policy_type.has_principal())
    }
}

impl PartialEq for Shape<'_> {
    fn eq(&self, other: &Self) -> bool {
        fn values<T>(entries: &[Spanned<T>]) -> impl Iterator<Item = &T> {
            entries.iter().map(|entry| &entry.value)
        }
        let principal = match (self.principal(), other.principal()) {
            (Some(own), Some(other)) => {
                own.negated == other.negated
                    && own.star == other.star
                    && values(&own.entries).eq(values(&other.entries))
            }
            (own, other) => own.is_none() && other.is_none(),
        };
        let resource = match (&self.statement.resource, &other.statement.resource) {
            (Some(own), Some(other)) => {
                own.negated == other.negated && values(&own.entries).eq(values(&other.entries))
            }
            (own, other) => own.is_none() && other.is_none(),
        };
        let (own, other_own) = (&self.statement.conditions, &other.statement.conditions);
        self.policy_type == other.policy_type
            && principal
            && resource
            && own.len() == other_own.len()
            && own.iter().zip(other_own).all(|(own, other)| {
                own.operator.value == other.operator.value
                    && own.key.value.eq_ignore_ascii_case(&other.key.value)
                    && values(&own.values).eq(values(&other.values))
            })
    }
}

impl Eq for Shape<'_> {}

/// Texts alone: shapes that differ in how they are read only are few.
impl Hash for Shape<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for entry in self.principal().iter().flat_map(|element| &element.entries) {
            entry.value.text.hash(state);
        }
        for entry in self.statement.resource.iter().flat_map(|r| &r.entries) {
            entry.value.text.hash(state);
        }
        for condition in &self.statement.conditions {
            condition.operator.value.text.hash(state);
            for value in &condition.values {
                value.value.text.hash(state);
            }
        }
    }
}

/// What does not depend on what policy variables stand for.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    pub(super) sources: Vec<Source<'a>>,
    pub(super) actions: Vec<Actions>,
    /// How many layers each side has.
    layers: (usize, usize),
    /// Symbols that stand for any text, with a number each.
    pub(super) symbols: BTreeMap<String, u16>,
}

impl<'a> Frame<'a> {
    pub(super) fn new(old: &'a Stack, new: &'a Stack, settings: &Settings) -> Self {
        let mut sources = Vec::new();
        let mut shapes: HashMap<Shape, usize> = HashMap::new();
        for (side, stack) in [(Side::Old, old), (Side::New, new)] {
            for (place, policy_type, statement) in stack.statements() {
                // `AssumeRole` refuses the whole session (R58).
                if stack.is_refused(place.layer, settings) {
                    continue;
                }
                // Without one of them a statement never matches.
                if let (Some(effect), Some(_)) = (&statement.effect, &statement.action) {
                    let next = shapes.len();
                    let shape = *shapes
                        .entry(Shape {
                            policy_type,
                            statement,
                        })
                        .or_insert(next);
                    sources.push(Source {
                        side,
                        shape,
                        place,
                        effect: effect.value,
                        policy_type,
                        statement,
                        variables: variables_of(statement)
                            .map(str::to_ascii_lowercase)
                            .collect(),
                    });
                }
            }
        }
        let elements = sources
            .iter()
            .filter_map(|source| source.statement.action.as_ref());
        let actions = elements.map(Actions::new).collect();
        Self {
            sources,
            actions,
            layers: (old.layers.len(), new.layers.len()),
            symbols: BTreeMap::new(),
        }
    }

    /// Whether statements take symbols for what only a name of its own can be:
    /// a principal that is told apart from others where something is denied.
    /// A larger Allow alone covers what a smaller one does, whoever it is.
    pub(super) fn asks_for_symbols(&self, sources: &BTreeSet<usize>) -> bool {
        let elements = || {
            let sources = self.among(sources);
            sources.filter_map(|source| Some((source, source.statement.principal.as_ref()?)))
        };
        let has_symbols = elements().any(|(_, element)| {
            element
                .entries
                .iter()
                .any(|entry| has_symbol(&entry.value.text))
        });
        let is_plain = |(source, element): (&Source, &Principals)| {
            source.effect == Effect::Allow && !element.negated
        };
        has_symbols && !elements().all(is_plain)
    }

    /// Some of the statements, by their places.
    pub(super) fn among<'s>(
        &'s self,
        sources: &'s BTreeSet<usize>,
    ) -> impl Iterator<Item = &'s Source<'a>> + Clone {
        sources.iter().filter_map(|at| self.sources.get(*at))
    }

    /// The keys of the policy variables of some statements, in lower case.
    pub(super) fn variables(&self, sources: &BTreeSet<usize>) -> Vec<String> {
        let keys = self.among(sources).flat_map(|source| &source.variables);
        let keys: BTreeSet<&String> = keys.collect();
        keys.into_iter().cloned().collect()
    }

    /// Some of the statements as boxes, with the variables bound.
    pub(super) fn compile(
        &self,
        wanted: &BTreeSet<usize>,
        bindings: &Bindings,
        settings: &Settings,
    ) -> Result<Compiled, Stop> {
        self.compile_again(None, wanted, bindings, settings)
    }

    /// The same with what is known from compiling these statements before,
    /// under other bindings: a statement is read once for each binding of its
    /// own variables, and what was found out of literals stays true.
    pub(super) fn compile_again(
        &self,
        earlier: Option<Compiled>,
        wanted: &BTreeSet<usize>,
        bindings: &Bindings,
        settings: &Settings,
    ) -> Result<Compiled, Stop> {
        let same = |earlier: &Compiled| earlier.wanted == *wanted && earlier.settings == *settings;
        let mut next = match earlier.filter(same) {
            Some(earlier) => earlier,
            None => self.nothing_read(wanted, settings),
        };
        next.boxes.clear();
        next.shapes.clear();
        let reader = Reader {
            keys: Rc::clone(&next.solver.keys),
            callers: &next.callers,
            bindings,
            settings,
        };
        let mut partitions = BTreeSet::new();
        for &at in wanted {
            let Some(source) = self.sources.get(at) else {
                continue;
            };
            let one = match next.shapes.get(&source.shape) {
                Some(one) => one.clone(),
                None => {
                    let bound = source.variables.iter();
                    let bound = bound.map(|key| bindings.all.get(key).cloned()).collect();
                    match next.read.entry((source.shape, bound)) {
                        Entry::Occupied(read) => read.get().clone(),
                        Entry::Vacant(place) => {
                            let read = reader.literals(source, &mut next.solver, &mut partitions);
                            place.insert(read?).clone()
                        }
                    }
                }
            };
            next.boxes
                .extend(one.iter().map(|one| (at, one.literals.clone())));
            next.shapes.entry(source.shape).or_insert(one);
        }
        let fresh: Vec<Glob> = partitions.difference(&next.partitions).cloned().collect();
        next.partitions.extend(fresh.iter().cloned());
        next.solver.add_partitions(fresh);
        next.base = reader.base(&mut next.solver);
        Ok(next)
    }

    /// What does not depend on bindings.
    fn nothing_read(&self, wanted: &BTreeSet<usize>, settings: &Settings) -> Compiled {
        let statements = self.among(wanted).map(|source| source.statement);
        let conditions = statements
            .clone()
            .flat_map(|statement| &statement.conditions);
        let keys = Keys::of(conditions, statements.flat_map(variables_of));
        let naming = self
            .among(wanted)
            .filter(|source| source.policy_type.has_principal());
        let callers = if naming.clone().next().is_some() {
            let elements = naming.filter_map(|source| source.statement.principal.as_ref());
            principals::callers(
                elements.flat_map(|element| element.entries.iter().map(|e| &e.value)),
            )
        } else {
            Vec::new()
        };
        let mut solver = Solver::new(Rc::new(keys));
        let partitions = catalog::get().partitions().iter();
        let partitions: BTreeSet<Glob> = partitions
            .map(|partition| Glob::literal(&partition.id))
            .collect();
        solver.add_partitions(partitions.iter().cloned().collect());
        Compiled {
            solver,
            boxes: HashMap::new(),
            base: Vec::new(),
            callers,
            shapes: HashMap::new(),
            read: HashMap::new(),
            partitions,
            wanted: wanted.clone(),
            settings: settings.clone(),
        }
    }

    /// How many layers a side has.
    pub(super) fn layers(&self, side: Side) -> usize {
        match side {
            Side::Old => self.layers.0,
            Side::New => self.layers.1,
        }
    }

    /// Whether requests may carry several values of a key: the catalog says so,
    /// or a statement asks for them.
    pub(super) fn may_have_several(&self, key: &str, sources: &BTreeSet<usize>) -> bool {
        let mut conditions = self
            .among(sources)
            .flat_map(|source| &source.statement.conditions);
        keys::has_several(key) == Some(true)
            || conditions.any(|condition| {
                condition.operator.value.qualifier.is_some()
                    && condition.key.value.eq_ignore_ascii_case(key)
            })
    }

    /// A reason for each key that may have several values and is asked for by a
    /// plain operator (R77).
    pub(super) fn plain_on_many(&self, sources: &BTreeSet<usize>) -> Vec<String> {
        let conditions = || {
            self.among(sources)
                .flat_map(|source| &source.statement.conditions)
        };
        let names = self
            .among(sources)
            .flat_map(|source| variables_of(source.statement));
        let keys = Keys::of(conditions(), names);
        let plain = conditions().filter(|condition| {
            let operator = &condition.operator.value;
            let key = keys.place(&condition.key.value).and_then(|at| keys.get(at));
            operator.qualifier.is_none()
                && operator.base.is_some_and(|base| base != BaseOperator::Null)
                && key.is_some_and(|key| key.multi)
        });
        let reasons: BTreeSet<String> = plain
            .map(|condition| format!("multi-valued-plain:{}", condition.key.value))
            .collect();
        reasons.into_iter().collect()
    }

    pub(super) fn groups(&self, budget: &mut Budget) -> Result<Vec<Group>, Stop> {
        // A layer that one side has alone says something of every service.
        let apart = self.layers.0 != self.layers.1;
        let says = self.sources.iter().map(|source| Says {
            is_new: source.side == Side::New,
            effect: source.effect,
            layer: source.place.layer,
            shape: source.shape,
        });
        actions::groups(&self.actions, &says.collect::<Vec<_>>(), apart, budget)
    }
}

/// Reads statements as boxes under one binding of the variables.
struct Reader<'r> {
    keys: Rc<Keys>,
    callers: &'r [Caller],
    bindings: &'r Bindings,
    settings: &'r Settings,
}

impl Reader<'_> {
    /// What the bindings say of the keys of the variables.
    fn base(&self, solver: &mut Solver) -> Vec<Literal> {
        let mut base = Vec::new();
        for (name, bound) in &self.bindings.all {
            let Some((place, key)) = self
                .keys
                .place(name)
                .and_then(|place| Some((place, self.keys.get(place)?)))
            else {
                continue;
            };
            // A key of many values has no value for a variable, or one of
            // them: nothing is said of it, which leaves more open.
            if key.multi || key.sort != Some(super::values::Sort::Text) {
                continue;
            }
            let present = match bound {
                Bound::Unknown(_) => Test::Always,
                Bound::Text(text) => Test::One(super::values::Values::text(text)),
                Bound::Absent => Test::Never,
                Bound::Several => continue,
            };
            let absent = *bound == Bound::Absent;
            base.push(solver.literal(Atom::Key(KeyTest {
                key: place,
                absent,
                present,
            })));
        }
        base
    }

    /// A statement as a box; `None` if it never matches.
    fn literals(
        &self,
        source: &Source,
        solver: &mut Solver,
        partitions: &mut BTreeSet<Glob>,
    ) -> Result<Option<Read>, Stop> {
        let statement = source.statement;
        let mut literals = Vec::new();
        let mut read = Vec::new();
        if source.policy_type.has_principal() {
            // Without a principal it matches nobody (R50).
            let Some(element) = &statement.principal else {
                return Ok(None);
            };
            let reached = principals::reached(element, self.callers, self.settings);
            if !reached.contains(&true) {
                return Ok(None);
            }
            if reached.contains(&false) {
                literals.push(solver.literal(Atom::Principal(reached)));
            }
        }
        match &statement.resource {
            Some(element) => {
                let policy_type = source.policy_type;
                let Some(literal) = self.resource(element, policy_type, solver, partitions)? else {
                    return Ok(None);
                };
                literals.extend(literal);
            }
            // The resource it is attached to (R37, R49).
            None if matches!(source.policy_type, PolicyType::Resource | PolicyType::Trust) => {}
            None => return Ok(None),
        }
        for (at, condition) in statement.conditions.iter().enumerate() {
            match self.keys.read(condition, self.bindings, self.settings) {
                Asked::Test(test) => match (test.absent, &test.present) {
                    (false, Test::Never) => return Ok(None),
                    (true, Test::Always) => {}
                    _ => {
                        let literal = solver.literal(Atom::Key(test.clone()));
                        read.push((at, literal, Some(test)));
                        literals.push(literal);
                    }
                },
                Asked::Undecided(why) => {
                    // As read, not as written: versions differ in it (R87).
                    let values: Vec<_> = condition
                        .values
                        .iter()
                        .map(|v| (&v.value.text, &v.value.pattern))
                        .collect();
                    let operator = &condition.operator.value;
                    let key = condition.key.value.to_ascii_lowercase();
                    let literal = solver.literal(Atom::Undecided {
                        why,
                        text: format!("{operator:?} {key} {values:?}"),
                    });
                    read.push((at, literal, None));
                    literals.push(literal);
                }
            }
        }
        literals.sort_unstable();
        literals.dedup();
        Ok(Some(Read {
            literals: literals.into(),
            conditions: read.into(),
        }))
    }

    /// `Resource` or `NotResource`: no box at all, or one with this literal,
    /// if any.
    fn resource(
        &self,
        element: &Element<ResourcePattern>,
        policy_type: PolicyType,
        solver: &mut Solver,
        partitions: &mut BTreeSet<Glob>,
    ) -> Result<Option<Option<Literal>>, Stop> {
        let reading = Reading {
            policy_type,
            colons: self.settings.resource_colons,
            incomplete: self.settings.incomplete_arn,
            fold: self.settings.arn_prefix_case == ArnPrefixCase::Insensitive,
        };
        let tokens = |pattern: &crate::policy::Pattern| self.bindings.tokens(pattern);
        let mut all = Resources::default();
        let mut unresolved = false;
        for entry in &element.entries {
            unresolved |= is_unresolved(&entry.value, self.bindings);
            match reading.entry(&entry.value, &tokens) {
                ReadEntry::Matches(resources) => all.add(resources),
                ReadEntry::Invalid => return Ok(None),
                ReadEntry::TooMany => return Err(Stop::States),
            }
        }
        let all = all.tidied();
        for product in &all.products {
            let [partition, ..] = &product.fields;
            partitions.extend(partition.clone().filter(is_placeholder));
        }
        let spoils = match self.settings.unresolved_in_resource {
            UnresolvedInResource::ByElement => element.negated,
            UnresolvedInResource::EntryFails => false,
            UnresolvedInResource::StatementFails => true,
        };
        if unresolved && spoils {
            // R60, R90: it matches no ARN. The request resource `*` does not
            // ask what the entry stands for.
            let star = element.negated && !all.star;
            let only = Resources {
                star,
                products: Vec::new(),
            };
            return Ok(star.then(|| Some(solver.literal(Atom::Resource(only)))));
        }
        if all.is_everything() {
            return Ok((!element.negated).then_some(None));
        }
        if all.is_nothing() {
            return Ok(element.negated.then_some(None));
        }
        let literal = solver.literal(Atom::Resource(all));
        Ok(Some(Some(if element.negated { !literal } else { literal })))
    }
}

/// Whether a partition's pattern stands for none that the catalog knows: it is
/// then one of its own (`comparison.md` 2).
fn is_placeholder(partition: &Glob) -> bool {
    let known = catalog::get().partitions();
    partition.is_literal() || !known.iter().any(|known| partition.matches(&known.id))
}

/// Whether a variable of the entry has neither value nor default.
fn is_unresolved(pattern: &ResourcePattern, bindings: &Bindings) -> bool {
    match &pattern.kind {
        ResourceKind::Any | ResourceKind::Malformed(_) => false,
        ResourceKind::Arn(fields) => fields.iter().any(|field| bindings.tokens(field).is_none()),
    }
}

/// The keys of a statement's policy variables, as written.
fn variables_of(statement: &Statement) -> impl Iterator<Item = &str> {
    let resources = statement
        .resource
        .iter()
        .flat_map(|element| &element.entries);
    let fields = resources.flat_map(|entry| match &entry.value.kind {
        ResourceKind::Arn(fields) => fields.as_slice(),
        ResourceKind::Any | ResourceKind::Malformed(_) => &[],
    });
    let values = statement
        .conditions
        .iter()
        .flat_map(|condition| &condition.values);
    let patterns = fields.chain(values.map(|value| &value.value.pattern));
    patterns.flat_map(|pattern| pattern.variables())
}

/// The documents as boxes.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) solver: Solver,
    /// The box of each source that was asked for and can match.
    pub(super) boxes: HashMap<usize, PolicyBox>,
    /// What holds of every request of this reading.
    pub(super) base: Vec<Literal>,
    /// The callers whom principals tell apart.
    pub(super) callers: Vec<Caller>,
    /// How each shape was read.
    pub(super) shapes: HashMap<usize, Option<Read>>,
    /// How each shape was read under each binding of its variables so far.
    read: HashMap<BoundShape, Option<Read>>,
    /// What partitions the solver was told of.
    partitions: BTreeSet<Glob>,
    /// The sources that were asked for.
    wanted: BTreeSet<usize>,
    settings: Settings,
}

/// A shape, and what each of its variables stands for.
type BoundShape = (usize, Box<[Option<Bound>]>);

/// A statement as a box, and what its conditions became.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub(super) literals: PolicyBox,
    /// The condition by its place, its literal, and the test it was read as.
    pub(super) conditions: Rc<[(usize, Literal, Option<KeyTest>)]>,
}

/// The shapes of an action's resources as products: any ARN that one of its
/// resource types may have.
pub(super) fn shapes(action: catalog::ActionRef<'_>, solver: &mut Solver) -> Vec<PolicyBox> {
    let formats = action.resource_types().flat_map(|(kind, _)| &kind.arns);
    let mut shapes = Vec::new();
    for format in formats {
        let text = format.fill("*", "*", "*");
        let pattern = ResourcePattern::parse(&text, crate::policy::Version::V2008);
        let reading = Reading {
            policy_type: PolicyType::Identity,
            colons: crate::semantics::ResourceColons::Segmented,
            incomplete: crate::semantics::IncompleteArn::Never,
            fold: false,
        };
        let tokens = |pattern: &crate::policy::Pattern| tokens_of(pattern, |_, _| None);
        if let ReadEntry::Matches(resources) = reading.entry(&pattern, &tokens) {
            shapes.extend(
                resources
                    .products
                    .iter()
                    .map(|product| solver.shape(product)),
            );
        }
    }
    shapes
}
