//! The search: a point of a cube outside every box (`comparison.md` 6).
//!
//! A box is a conjunction of literals, a literal an atom or its negation, and
//! every atom speaks of one variable. So the whole is a search over literals,
//! in which each variable answers for itself whether its literals can hold
//! together. The classes of a variable are never listed.

use super::arn::{FIELDS, Product, Resources};
use super::budget::{Budget, Stop};
use super::glob::{Glob, Token};
use super::hash::QuickMap;
use super::keys::{KeyTest, Keys, Test, Undecided};
use super::language::Query;
use super::values::{self, Sample, Sort, Values};
use std::collections::{BTreeSet, HashMap};
use std::hash::{Hash, Hasher};
use std::ops::{Not, Range};
use std::rc::Rc;

/// Something that is true of a request or is not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Atom {
    /// A condition; in the form that an absent key fails.
    Key(KeyTest),
    /// The resource is among these.
    Resource(Resources),
    /// A field of the resource's ARN is matched.
    Field(usize, Glob),
    /// The caller is one of these.
    Principal(Vec<bool>),
    /// A condition that is not decided: it may hold or not, the same wherever
    /// it stands.
    Undecided {
        why: Undecided,
        /// What tells it from others.
        text: String,
    },
}

/// An atom or its negation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Literal {
    pub(super) atom: u32,
    pub(super) positive: bool,
}

impl Hash for Literal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(u64::from(self.atom) << 1 | u64::from(self.positive));
    }
}

impl Not for Literal {
    type Output = Self;

    fn not(self) -> Self {
        Self {
            positive: !self.positive,
            ..self
        }
    }
}

/// What an atom speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Variable {
    Key(usize),
    Field(usize),
    Resource,
    Principal,
    Undecided(u32),
}

/// A conjunction of literals.
pub(super) type PolicyBox = Rc<[Literal]>;

/// A conjunction of literals by their variables, those of each sorted: two lists
/// side by side, since cubes are copied more often than anything else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cube {
    variables: Vec<Variable>,
    literals: Vec<Literal>,
}

impl Cube {
    fn place(&self, variable: Variable) -> Range<usize> {
        let start = self.variables.partition_point(|one| *one < variable);
        let behind = self.variables.get(start..).unwrap_or_default();
        let count = behind.iter().take_while(|one| **one == variable).count();
        start..start + count
    }

    pub(super) fn of(&self, variable: Variable) -> &[Literal] {
        self.literals.get(self.place(variable)).unwrap_or_default()
    }

    /// All its literals, by their variables.
    pub(super) fn literals(&self) -> &[Literal] {
        &self.literals
    }

    /// The variables it says something of.
    pub(super) fn variables(&self) -> impl Iterator<Item = Variable> {
        let runs = self.variables.chunk_by(PartialEq::eq);
        runs.filter_map(|run| run.first().copied())
    }

    fn contains(&self, variable: Variable, literal: Literal) -> bool {
        self.of(variable).contains(&literal)
    }

    fn insert(&mut self, variable: Variable, literal: Literal) {
        let place = self.place(variable);
        let own = self.literals.get(place.clone()).unwrap_or_default();
        if let Err(at) = own.binary_search(&literal) {
            self.variables.insert(place.start, variable);
            self.literals.insert(place.start + at, literal);
        }
    }
}

/// The value of a key in a point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum KeyValue {
    Absent,
    Present(Vec<Sample>),
}

/// The resource of a point.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// The request resource `*` (R46).
    Star,
    /// An ARN, by its fields.
    Arn(Cube),
}

/// All atoms of a comparison, and what is known of them.
#[derive(Debug)]
pub(super) struct Solver {
    atoms: Vec<Rc<Atom>>,
    places: HashMap<Rc<Atom>, u32>,
    /// The products of a resource atom as boxes over the fields.
    products: QuickMap<u32, Rc<[PolicyBox]>>,
    pub(super) keys: Rc<Keys>,
    /// What a field of an ARN may hold; empty for anything.
    universe: [Vec<Glob>; FIELDS],
    known: QuickMap<Box<[Literal]>, bool>,
    pub(super) budget: Budget,
    depth: usize,
}

/// Cases split one inside the other; deeper than any sensible policy needs.
const DEEPEST: usize = 300;

/// How a box lies to a cube.
enum Meets {
    /// They have no point in common.
    Not,
    /// The box holds the cube.
    Whole,
    /// These literals of the box can be broken within the cube.
    Part(Vec<Literal>),
}

impl Solver {
    pub(super) fn new(keys: Rc<Keys>) -> Self {
        Self {
            atoms: Vec::new(),
            places: HashMap::new(),
            products: QuickMap::default(),
            keys,
            universe: std::array::from_fn(values::field_universe),
            known: QuickMap::default(),
            budget: Budget::default(),
            depth: 0,
        }
    }

    /// What an ARN's partition may be, beside what it was said to be before.
    pub(super) fn add_partitions(&mut self, more: Vec<Glob>) {
        if !more.is_empty() {
            let [partitions, ..] = &mut self.universe;
            partitions.extend(more);
            self.known.clear();
        }
    }

    /// The literal of an atom. A test that an absent key passes is the
    /// negation of one that it fails: so a condition and its `…Not…` twin are
    /// one atom.
    pub(super) fn literal(&mut self, atom: Atom) -> Literal {
        let (atom, positive) = match atom {
            Atom::Key(test) if test.absent => {
                let negation = KeyTest {
                    key: test.key,
                    absent: false,
                    present: test.present.negation(),
                };
                (Atom::Key(negation), false)
            }
            atom => (atom, true),
        };
        let atom = match self.places.get(&atom) {
            Some(place) => *place,
            None => {
                let place = u32::try_from(self.atoms.len()).unwrap_or(u32::MAX);
                if let Atom::Field(field, glob) = &atom {
                    self.admit(*field, glob);
                }
                let atom = Rc::new(atom);
                self.places.insert(Rc::clone(&atom), place);
                self.atoms.push(atom);
                place
            }
        };
        Literal { atom, positive }
    }

    /// A text that stands in a field of some pattern is admitted there as
    /// well, so that a placeholder does not empty its statement
    /// (`comparison.md` 2).
    fn admit(&mut self, field: usize, glob: &Glob) {
        let Some(universe) = self.universe.get_mut(field).filter(|u| !u.is_empty()) else {
            return;
        };
        // A pattern in letters that the universe has not: it, too, is some
        // placeholder.
        let fits = |c: char| {
            universe
                .iter()
                .flat_map(|u| u.tokens.iter())
                .any(|t| match t {
                    Token::Run(class) | Token::Of(class) => class.contains(c),
                    Token::Char(own) => *own == c,
                    _ => false,
                })
        };
        let strange = glob.tokens.iter().any(|token| match token {
            Token::Char(c) => !fits(*c),
            _ => false,
        });
        let text = glob.as_literal();
        let unmatched = text.is_some_and(|text| !universe.iter().any(|u| u.matches(&text)));
        if strange || unmatched {
            universe.push(glob.clone());
            self.known.clear();
        }
    }

    pub(super) fn atom(&self, literal: Literal) -> Option<&Atom> {
        self.atoms.get(literal.atom as usize).map(Rc::as_ref)
    }

    pub(super) fn variable(&self, literal: Literal) -> Variable {
        match self.atom(literal) {
            Some(Atom::Key(test)) => Variable::Key(test.key),
            Some(Atom::Resource(_)) => Variable::Resource,
            Some(Atom::Field(field, _)) => Variable::Field(*field),
            Some(Atom::Principal(_)) => Variable::Principal,
            Some(Atom::Undecided { .. }) | None => Variable::Undecided(literal.atom),
        }
    }

    /// The cube with more literals, or `None` where they cannot hold together.
    pub(super) fn within(
        &mut self,
        cube: &Cube,
        literals: &[Literal],
    ) -> Result<Option<Cube>, Stop> {
        let mut cube = cube.clone();
        let mut touched = Vec::new();
        for &literal in literals {
            let variable = self.variable(literal);
            cube.insert(variable, literal);
            touched.push(variable);
        }
        touched.sort_unstable();
        touched.dedup();
        for variable in touched {
            if !self.holds(variable, cube.of(variable))? {
                return Ok(None);
            }
        }
        Ok(Some(cube))
    }

    /// A part of the cube outside every box, or `None` if they cover it.
    /// Exact and complete: with `None` the whole cube has been looked through.
    pub(super) fn escape(
        &mut self,
        cube: &Cube,
        boxes: &[PolicyBox],
    ) -> Result<Option<Cube>, Stop> {
        self.budget.node()?;
        if self.depth > DEEPEST {
            return Err(Stop::Nodes);
        }
        self.depth += 1;
        let found = self.escape_here(cube.clone(), boxes.to_vec());
        self.depth -= 1;
        found
    }

    fn escape_here(
        &mut self,
        mut cube: Cube,
        mut boxes: Vec<PolicyBox>,
    ) -> Result<Option<Cube>, Stop> {
        let mut parts: Vec<(PolicyBox, Vec<Literal>)>;
        loop {
            let mut forced = BTreeSet::new();
            parts = Vec::new();
            for one in boxes {
                match self.meets(&cube, &one)? {
                    Meets::Not => {}
                    Meets::Whole => return Ok(None),
                    // Only one way out of this box: the cube takes it.
                    Meets::Part(open) => match open.as_slice() {
                        [only] => {
                            let variable = self.variable(*only);
                            cube.insert(variable, !*only);
                            forced.insert(variable);
                        }
                        _ => parts.push((one, open)),
                    },
                }
            }
            // All ways that had to be taken, looked at together.
            for variable in &forced {
                if !self.holds(*variable, cube.of(*variable))? {
                    return Ok(None);
                }
            }
            boxes = parts.iter().map(|(one, _)| one.clone()).collect();
            if forced.is_empty() {
                break;
            }
        }
        let fewest = parts
            .iter()
            .enumerate()
            .min_by_key(|(_, (_, open))| open.len());
        let Some((at, (_, open))) = fewest else {
            return Ok(Some(cube));
        };
        let mut others = boxes;
        others.remove(at);
        // What is not decided comes last: a difference without it is certain.
        let mut open: Vec<(Variable, Literal)> = open
            .iter()
            .map(|literal| (self.variable(*literal), *literal))
            .collect();
        open.sort_unstable();
        for (variable, literal) in open {
            let mut outside = cube.clone();
            outside.insert(variable, !literal);
            if let Some(found) = self.escape(&outside, &others)? {
                return Ok(Some(found));
            }
            // The rest of the ways lie inside this literal: pieces do not
            // overlap.
            cube.insert(variable, literal);
            if !self.holds(variable, cube.of(variable))? {
                break;
            }
        }
        Ok(None)
    }

    fn meets(&mut self, cube: &Cube, one: &PolicyBox) -> Result<Meets, Stop> {
        self.budget.look(100 * (one.len() as u64 + 1))?;
        let mut open = Vec::new();
        for &literal in &**one {
            let variable = self.variable(literal);
            if cube.contains(variable, !literal) {
                return Ok(Meets::Not);
            }
            if cube.contains(variable, literal) {
                continue;
            }
            match self.at_a_glance(cube, variable, literal) {
                Some(false) => return Ok(Meets::Not),
                Some(true) => {}
                None => open.push((variable, literal)),
            }
        }
        match open.as_slice() {
            [] => return Ok(Meets::Whole),
            // The only way out, if there is one: whether there is, is seen
            // when all such ways are taken.
            [(_, only)] => return Ok(Meets::Part(vec![*only])),
            _ => {}
        }
        open.sort_unstable();
        let mut rest = open.as_slice();
        while let Some((variable, _)) = rest.first() {
            let end = rest.partition_point(|(other, _)| other <= variable);
            let (here, behind) = rest.split_at(end);
            let mut literals = cube.of(*variable).to_vec();
            literals.extend(here.iter().map(|(_, literal)| *literal));
            if !self.consistent(*variable, literals)? {
                return Ok(Meets::Not);
            }
            rest = behind;
        }
        let mut breakable = Vec::with_capacity(open.len());
        for (variable, literal) in open {
            let mut literals = cube.of(variable).to_vec();
            literals.push(!literal);
            if self.consistent(variable, literals)? {
                breakable.push(literal);
            }
        }
        Ok(if breakable.is_empty() {
            Meets::Whole
        } else {
            Meets::Part(breakable)
        })
    }

    /// Whether a pattern of a field matches all that one of the cube's does, or
    /// nothing of it, as far as a look at both tells.
    fn at_a_glance(&self, cube: &Cube, variable: Variable, literal: Literal) -> Option<bool> {
        let (Some(Atom::Field(_, glob)), true) = (self.atom(literal), literal.positive) else {
            return None;
        };
        let known = cube.of(variable).iter().filter(|known| known.positive);
        for known in known {
            if let Some(Atom::Field(_, known)) = self.atom(*known) {
                if known.clashes(glob) {
                    return Some(false);
                }
                if glob.covers(known) {
                    return Some(true);
                }
            }
        }
        None
    }

    /// Whether some value of the variable satisfies all the literals. Where
    /// policy variables or budgets leave it open, yes.
    fn consistent(&mut self, variable: Variable, mut literals: Vec<Literal>) -> Result<bool, Stop> {
        literals.sort_unstable();
        literals.dedup();
        self.holds(variable, &literals)
    }

    /// As [`Solver::consistent`], of literals that are sorted.
    fn holds(&mut self, variable: Variable, literals: &[Literal]) -> Result<bool, Stop> {
        if literals
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if a.atom == b.atom))
        {
            return Ok(false);
        }
        if let Some(known) = self.known.get(literals) {
            return Ok(*known);
        }
        let answer = match variable {
            Variable::Undecided(_) => true,
            Variable::Principal => self.callers(literals).next().is_some(),
            Variable::Key(key) => self.key(key, literals)?.is_some(),
            Variable::Field(field) => self.field(field, literals)?.is_some(),
            Variable::Resource => self.resource(literals, &[], true)?.is_some(),
        };
        self.known.insert(literals.into(), answer);
        Ok(answer)
    }

    /// The callers for whom the literals hold, by their places.
    pub(super) fn callers<'a>(
        &'a self,
        literals: &'a [Literal],
    ) -> impl Iterator<Item = usize> + 'a {
        let sets = || {
            literals
                .iter()
                .filter_map(|literal| match self.atom(*literal) {
                    Some(Atom::Principal(callers)) => Some((callers, literal.positive)),
                    _ => None,
                })
        };
        let count = sets().next().map_or(1, |(callers, _)| callers.len());
        (0..count).filter(move |&at| {
            let mut sets = sets();
            sets.all(|(callers, positive)| callers.get(at) == Some(&positive))
        })
    }

    /// A value of a key, absent if that will do.
    pub(super) fn key(
        &mut self,
        key: usize,
        literals: &[Literal],
    ) -> Result<Option<KeyValue>, Stop> {
        let tests: Vec<KeyTest> = literals
            .iter()
            .filter_map(|literal| match self.atom(*literal)? {
                Atom::Key(test) if literal.positive => Some(test.clone()),
                Atom::Key(test) => Some(KeyTest {
                    key,
                    absent: !test.absent,
                    present: test.present.negation(),
                }),
                _ => None,
            })
            .collect();
        if tests.iter().all(|test| test.absent) {
            return Ok(Some(KeyValue::Absent));
        }
        if tests.iter().any(|test| test.present == Test::Never) {
            return Ok(None);
        }
        let (sort, typed) = self.keys.get(key).map_or((Sort::Text, false), |key| {
            (key.sort.unwrap_or(Sort::Text), key.typed)
        });
        let needs_one = tests
            .iter()
            .any(|test| matches!(test.present, Test::Lone(_)));
        // One value, if that will do.
        let complements: Vec<Values> = tests
            .iter()
            .filter_map(|test| match &test.present {
                Test::NotLone(values) => Some(values.complement()),
                _ => None,
            })
            .collect();
        let mut sets: Vec<&Values> = complements.iter().collect();
        sets.extend(tests.iter().filter_map(|test| test.present.values()));
        if let Some(sample) = values::choose(sort, typed, &sets, &mut self.budget)? {
            return Ok(Some(KeyValue::Present(vec![sample])));
        }
        let is_multi = self.keys.get(key).is_some_and(|key| key.multi);
        if needs_one || !is_multi {
            return Ok(None);
        }
        // A value for each set that some value must lie in, and two at least.
        let (mut every, mut some) = (Vec::new(), Vec::new());
        for test in &tests {
            match &test.present {
                Test::One(values) | Test::All(values) => every.push(values),
                Test::Some(values) => some.push(values),
                _ => {}
            }
        }
        let mut found: Vec<Sample> = Vec::new();
        let wanted: Vec<Option<&Values>> = some.into_iter().map(Some).chain([None]).collect();
        for one in wanted {
            let mut sets = every.clone();
            sets.extend(one);
            // Another one than those found, where there is one.
            let others: Vec<Values> = found
                .iter()
                .filter(|_| one.is_none() && sort == Sort::Text)
                .map(|sample| Values::text(&sample.text).complement())
                .collect();
            let apart: Vec<&Values> = sets.iter().copied().chain(&others).collect();
            let sample = match values::choose(sort, typed, &apart, &mut self.budget)? {
                None => values::choose(sort, typed, &sets, &mut self.budget)?,
                sample => sample,
            };
            match sample {
                Some(sample) if one.is_none() && found.len() > 1 => drop(sample),
                Some(sample) => found.push(sample),
                None => return Ok(None),
            }
        }
        if found.len() == 1 {
            found.extend(found.first().cloned());
        }
        Ok(Some(KeyValue::Present(found)))
    }

    /// A text of a field of the resource's ARN.
    pub(super) fn field(
        &mut self,
        field: usize,
        literals: &[Literal],
    ) -> Result<Option<Sample>, Stop> {
        let universe = self.universe.get(field).map_or(&[][..], Vec::as_slice);
        let mut query = Query::default();
        if !universe.is_empty() {
            query.all.push(universe.iter().collect());
        }
        for literal in literals {
            match self.atoms.get(literal.atom as usize).map(Rc::as_ref) {
                Some(Atom::Field(_, glob)) if literal.positive => query.all.push(vec![glob]),
                Some(Atom::Field(_, glob)) => query.none.push(glob),
                _ => {}
            }
        }
        values::choose_from(&query, &mut self.budget)
    }

    /// A resource for which the literals hold, and that lies in one of the
    /// products of `shapes` if there are any. `star` says whether the request
    /// resource `*` will do.
    pub(super) fn resource(
        &mut self,
        literals: &[Literal],
        shapes: &[PolicyBox],
        star: bool,
    ) -> Result<Option<Target>, Stop> {
        let mut covers_star = true;
        let mut positive: Vec<Rc<[PolicyBox]>> = Vec::new();
        let mut negative: Vec<PolicyBox> = Vec::new();
        for literal in literals {
            let Some(Atom::Resource(resources)) = self.atom(*literal) else {
                continue;
            };
            covers_star &= resources.star == literal.positive;
            let products = self.products(literal.atom);
            if literal.positive {
                positive.push(products);
            } else {
                negative.extend(products.iter().cloned());
            }
        }
        if star && covers_star {
            return Ok(Some(Target::Star));
        }
        if !shapes.is_empty() {
            positive.push(shapes.into());
        }
        // The shortest list first: fewer cases.
        positive.sort_by_key(|products| products.len());
        let found = self.arn(&Cube::default(), &positive, &negative)?;
        Ok(found.map(Target::Arn))
    }

    fn arn(
        &mut self,
        cube: &Cube,
        positive: &[Rc<[PolicyBox]>],
        negative: &[PolicyBox],
    ) -> Result<Option<Cube>, Stop> {
        let Some((first, others)) = positive.split_first() else {
            return self.escape(cube, negative);
        };
        for product in first.iter() {
            if let Some(inside) = self.within(cube, product)?
                && let Some(found) = self.arn(&inside, others, negative)?
            {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The products of a resource atom as boxes over the fields.
    fn products(&mut self, atom: u32) -> Rc<[PolicyBox]> {
        if let Some(products) = self.products.get(&atom) {
            return products.clone();
        }
        let products = match self.atoms.get(atom as usize).map(Rc::as_ref) {
            Some(Atom::Resource(resources)) => resources.products.clone(),
            _ => Vec::new(),
        };
        let boxes: Rc<[PolicyBox]> = products.iter().map(|product| self.shape(product)).collect();
        self.products.insert(atom, boxes.clone());
        boxes
    }

    /// A product as a box over the fields.
    pub(super) fn shape(&mut self, product: &Product) -> PolicyBox {
        let fields = product.fields.iter().enumerate();
        fields
            .filter_map(|(field, glob)| Some((field, glob.clone()?)))
            .map(|(field, glob)| self.literal(Atom::Field(field, glob)))
            .collect()
    }
}
