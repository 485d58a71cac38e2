//! From the two directions to a relation (`comparison.md` 8).

use super::actions::Group;
use super::budget::{Budget, Spent, Stop};
use super::compile::{Compiled, Frame};
use super::search::{Difference, differences, unsettled};
use super::solver::{Atom, Cube};
use super::stack::{Side, Stack};
use super::symbols::{self, Rests};
use super::touched::touched;
use super::variables::{Bindings, Bound};
use super::witness::{self, Judge, Witness};
use crate::policy::{Domain, PolicyType, Symbol, Token};
use crate::semantics::{IllTypedNegated, Setting, Settings};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// How a comparison is made.
#[derive(Clone, Debug)]
pub struct Options {
    /// The choices that AWS leaves open. Their defaults are the simulator's
    /// but for `ill-typed-negated`, which is `match`: so every negated
    /// operator is the exact complement of its twin (`comparison.md` 2).
    pub settings: Settings,
    /// Whether the relation is looked at as well under the other values of each
    /// setting that the policies touch.
    pub alternatives: bool,
    /// What a deployment fills in, and what that may be. A symbol that is not
    /// listed is a text like any other.
    pub symbols: Vec<Symbol>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            settings: Settings {
                ill_typed_negated: IllTypedNegated::Match,
                ..Settings::default()
            },
            alternatives: true,
            symbols: Vec::new(),
        }
    }
}

impl Options {
    /// The same for documents with these symbols.
    #[must_use]
    pub fn with_symbols<'s>(&self, symbols: impl IntoIterator<Item = &'s Symbol>) -> Self {
        let mut symbols: Vec<Symbol> = symbols.into_iter().cloned().collect();
        symbols.sort();
        symbols.dedup();
        // What is told in two ways may be anything.
        let mut kept: Vec<Symbol> = Vec::with_capacity(symbols.len());
        for symbol in symbols {
            match kept.last_mut() {
                Some(last) if last.address == symbol.address => last.domain = Domain::Any,
                _ => kept.push(symbol),
            }
        }
        let symbols = kept;
        Self {
            symbols,
            ..self.clone()
        }
    }
}

/// One direction of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Proved: there is no such request.
    None,
    /// There is this one.
    Some(Box<Witness>),
    /// Not decided, for these reasons (`comparison.md` 8).
    Unknown(Vec<String>),
}

/// How the new side stands to the old one.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// Both allow the same.
    Equivalent,
    /// The new side allows more, and nothing is lost.
    Wider,
    /// The new side allows less, and nothing is gained.
    Narrower,
    /// Something is gained and something lost.
    Incomparable,
    /// Not decided.
    Unknown,
}

/// The work behind a verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct ProofStats {
    /// Cases that were split.
    pub nodes: u64,
    /// States of automata that were met.
    pub states: u64,
}

/// Another relation under another value of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// The setting.
    pub setting: &'static str,
    /// Its other value.
    pub value: &'static str,
    /// The relation under it.
    pub relation: Relation,
    /// A request gained under it.
    pub gained: Option<Witness>,
    /// A request lost under it.
    pub lost: Option<Witness>,
}

/// What a comparison came to.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// What the new side allows and the old side does not.
    pub gained: Direction,
    /// What the old side allows and the new side does not.
    pub lost: Direction,
    /// Readings under which the relation is another one.
    pub uncertain: Vec<Alternative>,
    /// The work behind it.
    pub proof: ProofStats,
    /// What it rests on where the documents hold symbols.
    pub rests: Rests,
}

impl Comparison {
    /// Neither direction decided, for one reason.
    fn open(reason: &str, proof: ProofStats) -> Self {
        let why = || Direction::Unknown(vec![reason.to_owned()]);
        Self {
            gained: why(),
            lost: why(),
            uncertain: Vec::new(),
            proof,
            rests: Rests::default(),
        }
    }

    /// The relation of the two directions.
    #[must_use]
    pub fn relation(&self) -> Relation {
        match (&self.gained, &self.lost) {
            (Direction::None, Direction::None) => Relation::Equivalent,
            (Direction::Some(_), Direction::None) => Relation::Wider,
            (Direction::None, Direction::Some(_)) => Relation::Narrower,
            (Direction::Some(_), Direction::Some(_)) => Relation::Incomparable,
            (Direction::Unknown(_), _) | (_, Direction::Unknown(_)) => Relation::Unknown,
        }
    }

    /// Why it is not decided, and what else there is to say; sorted.
    #[must_use]
    pub fn reasons(&self) -> Vec<String> {
        let mut reasons = BTreeSet::new();
        for direction in [&self.gained, &self.lost] {
            match direction {
                Direction::Unknown(why) => reasons.extend(why.iter().cloned()),
                Direction::Some(witness) if !witness.realistic => {
                    reasons.insert("only-inconsistent-keys".to_owned());
                }
                Direction::Some(_) | Direction::None => {}
            }
        }
        let settings = self.uncertain.iter();
        reasons.extend(settings.map(|alternative| format!("setting:{}", alternative.setting)));
        reasons.into_iter().collect()
    }
}

/// Compares two stacks of policies.
#[must_use]
pub fn compare(old: &Stack, new: &Stack, options: &Options) -> Comparison {
    if options.symbols.is_empty() {
        return plain(old, new, options);
    }
    let plain = |old: &Stack, new: &Stack| plain(old, new, options);
    symbols::compare(old, new, options, plain, |old, new, symbols| {
        proved_for_every(old, new, symbols, &options.settings)
    })
}

/// Whether nothing is gained, and whether nothing is lost, whatever texts the
/// symbols stand for.
fn proved_for_every(
    old: &Stack,
    new: &Stack,
    symbols: &BTreeSet<String>,
    settings: &Settings,
) -> (bool, bool) {
    if not_compared(old, new, settings).is_some() {
        return (false, false);
    }
    let mut frame = Frame::new(old, new, settings);
    frame.symbols = symbols
        .iter()
        .enumerate()
        .map(|(at, address)| {
            (
                address.clone(),
                u16::try_from(VARIABLES + at).unwrap_or(u16::MAX),
            )
        })
        .collect();
    let Ok(groups) = frame.groups(&mut Budget::default()) else {
        return (false, false);
    };
    let mut question = Question {
        frame: &frame,
        old,
        new,
        gained: frame.part(&groups, Side::New),
        lost: frame.part(&groups, Side::Old),
        judge: None,
        earlier: [None, None],
        settings,
        budget: Budget::default(),
        spent: Spent::default(),
    };
    let mut proved = |part: Part| {
        question.budget = Budget::default();
        question.is_proved(&part)
    };
    (
        proved(frame.part(&groups, Side::New)),
        proved(frame.part(&groups, Side::Old)),
    )
}

fn plain(old: &Stack, new: &Stack, options: &Options) -> Comparison {
    if let Some(reason) = not_compared(old, new, &options.settings) {
        return Comparison::open(&reason, ProofStats::default());
    }
    let frame = Frame::new(old, new, &options.settings);
    let mut spent = Spent::default();
    let mut budget = Budget::default();
    let groups = frame.groups(&mut budget);
    spent.add(budget.spent);
    let Ok(groups) = groups else {
        return Comparison::open("state-budget:action", spent.into());
    };
    let mut question = Question {
        frame: &frame,
        old,
        new,
        gained: frame.part(&groups, Side::New),
        lost: frame.part(&groups, Side::Old),
        judge: None,
        earlier: [None, None],
        settings: &options.settings,
        budget,
        spent,
    };
    let (gained, lost) = question.directions();
    let mut comparison = Comparison {
        gained,
        lost,
        uncertain: Vec::new(),
        proof: question.spent.into(),
        rests: Rests::default(),
    };
    let mut open: Vec<String> = Vec::new();
    if options.alternatives {
        for setting in question.touched() {
            for &value in setting.values() {
                if value == options.settings.get(setting) || !is_asked(setting, value) {
                    continue;
                }
                let settings = options.settings.with(setting, value);
                let other = question.under(&settings);
                if other.relation() != comparison.relation() {
                    // Undefined by AWS: neither reading is the answer (R77).
                    if setting == Setting::MultiUnderPlain {
                        open.extend(question.frame.plain_on_many(&question.sources()));
                    }
                    let witness = |direction: Direction| match direction {
                        Direction::Some(witness) => Some(*witness),
                        Direction::None | Direction::Unknown(_) => None,
                    };
                    comparison.uncertain.push(Alternative {
                        setting: setting.name(),
                        value,
                        relation: other.relation(),
                        gained: witness(other.gained),
                        lost: witness(other.lost),
                    });
                }
            }
        }
    }
    if !open.is_empty() {
        comparison.gained = Direction::Unknown(open.clone());
        comparison.lost = Direction::Unknown(open);
    }
    comparison
}

/// What this engine does not follow, and so leaves open: layers that apply to
/// some callers only (`comparison.md` 7), and values of settings.
fn not_compared(old: &Stack, new: &Stack, settings: &Settings) -> Option<String> {
    for stack in [old, new] {
        let mut types = stack.layers.iter().map(|layer| layer.policy_type);
        if types.clone().any(|kind| kind == PolicyType::Rcp) {
            return Some("not-compared:rcp".to_owned());
        }
        let named = types.clone().any(PolicyType::has_principal);
        if named && types.any(|kind| !kind.has_principal() && kind != PolicyType::Identity) {
            return Some("not-compared:layers-of-a-resource-policy".to_owned());
        }
    }
    let followed = [
        (Setting::CidrHostBits, "ignore"),
        (Setting::IllTypedNegated, "match"),
        (Setting::WildcardInResourceType, "match"),
        (Setting::EmptyString, "present"),
        (Setting::NotPrincipalAccount, "listed-suffices"),
        (Setting::BoolVariables, "substitute"),
        (Setting::UnsupportedKeys, "keep"),
        (Setting::FillContext, "none"),
    ];
    let other = followed
        .into_iter()
        .find(|(setting, value)| settings.get(*setting) != *value);
    other.map(|(setting, _)| format!("setting:{}", setting.name()))
}

/// Of the readings of colons only the documented and the segmented one are
/// looked at unasked (`comparison.md` 2).
fn is_asked(setting: Setting, value: &str) -> bool {
    setting != Setting::ResourceColons || value != "glob"
}

impl From<Spent> for ProofStats {
    fn from(spent: Spent) -> Self {
        Self {
            nodes: spent.nodes,
            states: spent.states,
        }
    }
}

struct Question<'a> {
    frame: &'a Frame<'a>,
    old: &'a Stack<'a>,
    new: &'a Stack<'a>,
    /// Where something may be gained, and where something may be lost.
    gained: Part<'a>,
    lost: Part<'a>,
    settings: &'a Settings,
    /// Made when there is a first witness to replay.
    judge: Option<Judge>,
    /// The statements as they were last compiled, by the side that asks: what
    /// one direction may spend does not depend on the other.
    earlier: [Option<Compiled>; 2],
    /// What is left for this direction.
    budget: Budget,
    spent: Spent,
}

/// What of the comparison has to be looked through, in one direction.
#[derive(Clone)]
struct Part<'g> {
    groups: Vec<&'g Group>,
    sources: BTreeSet<usize>,
    asking: Side,
}

impl<'a> Frame<'a> {
    fn part<'g>(&self, groups: &'g [Group], asking: Side) -> Part<'g> {
        let groups = unsettled(self, groups, asking);
        let sources = groups
            .iter()
            .flat_map(|group| group.statements.iter().copied());
        let sources = sources.collect();
        Part {
            groups,
            sources,
            asking,
        }
    }
}

/// Policy variables whose presence and absence are looked at separately.
const VARIABLES: usize = 6;
/// Witnesses made before an unrealistic one is taken.
const TRIES: usize = 64;

/// What the looking through of one reading came to.
enum Looked {
    /// There is no difference.
    Proved,
    /// A replayed request.
    Found(Box<Witness>),
    /// There may be one.
    Open(BTreeSet<String>),
}

impl Question<'_> {
    fn directions(&mut self) -> (Direction, Direction) {
        let (gained, lost) = (self.gained.clone(), self.lost.clone());
        let mut direction = |part| {
            // Each direction has its own: what one may spend does not depend
            // on the other, and the mirror has the mirrored answer.
            self.budget = Budget::default();
            let direction = self.direction(part);
            self.spent.add(self.budget.spent);
            direction
        };
        (direction(&gained), direction(&lost))
    }

    /// The settings that the statements touch that have to be looked at.
    fn touched(&self) -> Vec<Setting> {
        let sources = self.sources();
        let mut touched = touched(self.frame.among(&sources));
        if !self.frame.plain_on_many(&sources).is_empty() {
            touched.push(Setting::MultiUnderPlain);
        }
        touched
    }

    /// The statements that have to be looked at in some direction.
    fn sources(&self) -> BTreeSet<usize> {
        self.gained
            .sources
            .union(&self.lost.sources)
            .copied()
            .collect()
    }

    /// The same question under other settings.
    fn under(&mut self, settings: &Settings) -> Comparison {
        let mut question = Question {
            frame: self.frame,
            old: self.old,
            new: self.new,
            gained: self.gained.clone(),
            lost: self.lost.clone(),
            settings,
            judge: self.judge.take(),
            earlier: std::mem::take(&mut self.earlier),
            budget: Budget::default(),
            spent: Spent::default(),
        };
        let (gained, lost) = question.directions();
        self.judge = question.judge;
        self.earlier = question.earlier;
        Comparison {
            gained,
            lost,
            uncertain: Vec::new(),
            proof: question.spent.into(),
            rests: Rests::default(),
        }
    }

    /// Whether there is no difference in any reading of the variables.
    fn is_proved(&mut self, part: &Part) -> bool {
        let variables = self.frame.variables(&part.sources);
        part.groups.is_empty()
            || variables.len() <= VARIABLES
                && !self.frame.asks_for_symbols(&part.sources)
                && every_presence(self.frame, &part.sources, &variables)
                    .iter()
                    .all(|bindings| matches!(self.look(part, bindings), Looked::Proved))
    }

    fn direction(&mut self, part: &Part) -> Direction {
        if part.groups.is_empty() {
            return Direction::None;
        }
        let variables = self.frame.variables(&part.sources);
        if variables.is_empty() {
            return match self.look(part, &Bindings::default()) {
                Looked::Proved => Direction::None,
                Looked::Found(witness) => Direction::Some(witness),
                Looked::Open(reasons) => Direction::Unknown(reasons.into_iter().collect()),
            };
        }
        let mut open = BTreeSet::new();
        let mut proved = variables.len() <= VARIABLES;
        if proved {
            for bindings in every_presence(self.frame, &part.sources, &variables) {
                match self.look(part, &bindings) {
                    Looked::Proved => {}
                    Looked::Found(witness) => return Direction::Some(witness),
                    Looked::Open(reasons) => {
                        proved = false;
                        open.extend(reasons);
                        break;
                    }
                }
            }
        }
        if proved {
            return Direction::None;
        }
        for bindings in self.instances(&variables, &part.sources) {
            match self.look(part, &bindings) {
                Looked::Found(witness) => return Direction::Some(witness),
                Looked::Proved => {}
                Looked::Open(reasons) => open.extend(reasons),
            }
        }
        open.extend(variables.iter().map(|key| format!("policy-variable:{key}")));
        Direction::Unknown(open.into_iter().collect())
    }

    fn earlier_of(&mut self, asking: Side) -> &mut Option<Compiled> {
        let [old, new] = &mut self.earlier;
        match asking {
            Side::Old => old,
            Side::New => new,
        }
    }

    /// Looks through everything under one reading of the variables.
    fn look(&mut self, part: &Part, bindings: &Bindings) -> Looked {
        let earlier = self.earlier_of(part.asking).take();
        let again = self
            .frame
            .compile_again(earlier, &part.sources, bindings, self.settings);
        let mut compiled = match again {
            Ok(compiled) => compiled,
            Err(stop) => return Looked::Open(BTreeSet::from([reason(stop)])),
        };
        compiled.solver.budget = std::mem::take(&mut self.budget);
        let asking = part.asking;
        let mut best: Option<Witness> = None;
        let mut open = BTreeSet::new();
        let mut tries = 0;
        let frame = self.frame;
        let mut found = |compiled: &mut Compiled, difference: Difference| {
            tries += 1;
            match self.replayed(compiled, &difference, asking)? {
                Some(witness) if witness.realistic => {
                    best = Some(witness);
                    return Ok(ControlFlow::Break(()));
                }
                Some(witness) => best = Some(best.take().unwrap_or(witness)),
                None => open.extend(self.why(compiled, &difference.cube, bindings)),
            }
            Ok(if tries >= TRIES && best.is_some() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            })
        };
        let done = differences(frame, &mut compiled, &part.groups, asking, &mut found);
        self.budget = std::mem::take(&mut compiled.solver.budget);
        *self.earlier_of(asking) = Some(compiled);
        match (best, done) {
            (Some(witness), _) => Looked::Found(Box::new(witness)),
            (None, Err(stop)) => {
                open.insert(reason(stop));
                Looked::Open(open)
            }
            (None, Ok(_)) if open.is_empty() => Looked::Proved,
            (None, Ok(_)) => Looked::Open(open),
        }
    }

    /// A request of the difference on which the simulator agrees.
    fn replayed(
        &mut self,
        compiled: &mut Compiled,
        difference: &Difference,
        asking: Side,
    ) -> Result<Option<Witness>, Stop> {
        let Some((request, realistic)) = witness::request(self.frame, compiled, difference)? else {
            return Ok(None);
        };
        for literal in difference.cube.literals() {
            if let Some(Atom::Undecided { why, .. }) = compiled.solver.atom(*literal) {
                let plain = why.plain_without.as_ref();
                if plain.is_none_or(|key| request.context.get(key).is_some()) {
                    return Ok(None);
                }
            }
        }
        let judge = self
            .judge
            .get_or_insert_with(|| Judge::new(self.old, self.new));
        let allows = |side| judge.allows(side, &request, self.settings);
        if allows(asking) != Some(true) || allows(asking.other()) != Some(false) {
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

    /// Why a difference has no witness that the simulator agrees with.
    fn why(&self, compiled: &Compiled, cube: &Cube, bindings: &Bindings) -> BTreeSet<String> {
        let literals = cube.literals().iter();
        let undecided = literals.filter_map(|literal| match compiled.solver.atom(*literal)? {
            Atom::Undecided { why, .. } => Some(why.reason.clone()),
            _ => None,
        });
        let mut reasons: BTreeSet<String> = undecided.collect();
        for (key, bound) in &bindings.all {
            if matches!(bound, Bound::Unknown(_)) {
                reasons.insert(format!("policy-variable:{key}"));
            }
        }
        if reasons.is_empty() {
            reasons.insert("replay-failed".to_owned());
        }
        reasons
    }

    /// Readings in which every variable has a value or is absent: values that
    /// could make a difference (`comparison.md` 5).
    fn instances(&self, variables: &[String], sources: &BTreeSet<usize>) -> Vec<Bindings> {
        const VALUES: usize = 12;
        const READINGS: usize = 64;
        let mut values: Vec<Bound> = vec![Bound::Text("some-value-0".to_owned()), Bound::Absent];
        values.extend(
            self.mined(sources)
                .into_iter()
                .take(VALUES)
                .map(Bound::Text),
        );
        values.push(Bound::Text(String::new()));
        let mut readings = vec![Bindings::default()];
        for key in variables {
            let longer = readings.iter().flat_map(|reading| {
                values.iter().map(|value| {
                    let mut reading = reading.clone();
                    reading.all.insert(key.clone(), value.clone());
                    reading
                })
            });
            readings = longer.take(READINGS).collect();
        }
        readings
    }

    /// Texts that stand in the policies where a variable may stand.
    fn mined(&self, sources: &BTreeSet<usize>) -> Vec<String> {
        let mut texts = BTreeSet::new();
        for source in sources.iter().filter_map(|at| self.frame.sources.get(*at)) {
            let statement = source.statement;
            let resources = statement
                .resource
                .iter()
                .flat_map(|element| &element.entries);
            for entry in resources {
                let rest = entry.value.text.splitn(6, ':').nth(5).unwrap_or_default();
                texts.extend(rest.split('/').map(str::to_owned));
            }
            let values = statement
                .conditions
                .iter()
                .flat_map(|condition| &condition.values);
            for value in values {
                for token in &value.value.pattern.tokens {
                    if let Token::Literal(text) = token {
                        texts.insert(text.clone());
                        texts.extend(text.split('/').map(str::to_owned));
                    }
                }
            }
        }
        texts
            .into_iter()
            .filter(|text| !text.is_empty() && !text.contains(['*', '?', '$']))
            .collect()
    }
}

fn reason(stop: Stop) -> String {
    match stop {
        Stop::States => "state-budget",
        Stop::Nodes => "node-budget",
    }
    .to_owned()
}

/// Every variable present with some value, or absent, or with several values
/// where it may have them.
fn every_presence(frame: &Frame, sources: &BTreeSet<usize>, variables: &[String]) -> Vec<Bindings> {
    let mut readings = vec![Bindings {
        symbols: frame.symbols.clone(),
        ..Bindings::default()
    }];
    for (number, key) in variables.iter().enumerate() {
        let mut bounds = vec![
            Bound::Unknown(u16::try_from(number).unwrap_or(u16::MAX)),
            Bound::Absent,
        ];
        if frame.may_have_several(key, sources) {
            bounds.push(Bound::Several);
        }
        let longer = readings.iter().flat_map(|reading: &Bindings| {
            bounds.iter().map(|bound| {
                let mut reading = reading.clone();
                reading.all.insert(key.clone(), bound.clone());
                reading
            })
        });
        readings = longer.collect();
    }
    readings
}
