//! Is there a text that all of these patterns match and none of those: an
//! on-the-fly product of automata, for exactly the question asked
//! (`comparison.md` 13). No set of all classes is ever built, so patterns that
//! could imitate one another in exponentially many ways cost nothing as long
//! as no question asks for it.

use super::budget::{Budget, Stop};
use super::glob::{Class, Glob, Letter, Step, Token};
use super::hash::{QuickMap, QuickSet};
use std::collections::HashSet;

/// What is asked of a text.
#[derive(Clone, Debug, Default)]
pub(super) struct Query<'a> {
    /// From each of these, some pattern matches.
    pub(super) all: Vec<Vec<&'a Glob>>,
    /// None of these matches.
    pub(super) none: Vec<&'a Glob>,
}

/// A text that answers the query: the shortest, or a readable one of about
/// that length. Unknowns must have been dealt with: [`Query::proves_none`],
/// [`Glob::opened`].
pub(super) fn find(query: &Query, budget: &mut Budget) -> Result<Option<String>, Stop> {
    if query.clashes(budget)? {
        return Ok(None);
    }
    let Some(query) = query.reduced(budget)? else {
        return Ok(None);
    };
    if let Some(text) = query.listed(budget)? {
        return Ok(text);
    }
    if let Some(text) = query.guess(budget)? {
        return Ok(Some(text));
    }
    Search::new(&query).run(budget)
}

/// One text, not empty, for each way in which texts lie in the sets of
/// patterns; with the sets it lies in.
pub(super) fn classes(
    sets: &[Vec<&Glob>],
    budget: &mut Budget,
) -> Result<Vec<(Vec<bool>, String)>, Stop> {
    let query = Query {
        all: sets.to_vec(),
        none: Vec::new(),
    };
    Search::new(&query).classes(budget)
}

impl<'a> Query<'a> {
    /// Whether no text answers, whatever value each unknown has: in the
    /// reading in which an unknown is a letter of its own, every pattern of
    /// one of the positive sets is covered by the negative ones. The rule
    /// needs one positive pattern on the covered side (`comparison.md` 5).
    pub(super) fn proves_none(&self, budget: &mut Budget) -> Result<bool, Stop> {
        for union in &self.all {
            let mut proved = true;
            for glob in union {
                let query = Query {
                    all: vec![vec![glob]],
                    none: self.none.clone(),
                };
                proved &= match query.reduced(budget)? {
                    None => true,
                    Some(query) => Search::new(&query).run(budget)?.is_none(),
                };
                if !proved {
                    break;
                }
            }
            if proved {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) fn has_unknown(&self) -> bool {
        let all = self.all.iter().flatten().chain(&self.none);
        all.into_iter().any(|glob| glob.has_unknown())
    }

    fn accepts(&self, text: &str, budget: &mut Budget) -> Result<bool, Stop> {
        let length = text.len() as u64 + 1;
        for union in &self.all {
            let mut matched = false;
            for glob in union {
                budget.look(length * glob.tokens.len() as u64)?;
                if glob.matches(text) {
                    matched = true;
                    break;
                }
            }
            if !matched {
                return Ok(false);
            }
        }
        for glob in &self.none {
            budget.look(length * glob.tokens.len() as u64)?;
            if glob.matches(text) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether two of the positive sets clash, pattern by pattern.
    fn clashes(&self, budget: &mut Budget) -> Result<bool, Stop> {
        for (at, union) in self.all.iter().enumerate() {
            for other in self.all.iter().skip(at + 1) {
                budget.look((union.len() * other.len()) as u64 * 4)?;
                let mut pairs = union.iter().flat_map(|a| other.iter().map(move |b| (a, b)));
                if pairs.all(|(a, b)| a.clashes(b)) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Without the positive patterns that a negative one covers, and without
    /// the sets that hold `*`; `None` if a set comes out empty.
    fn reduced(&self, budget: &mut Budget) -> Result<Option<Self>, Stop> {
        let mut all = Vec::with_capacity(self.all.len());
        /// So few that looking at each is quicker.
        const FEW: usize = 8;
        let many = self.none.iter().filter(|_| self.none.len() > FEW);
        let negative: HashSet<&Glob> = many.copied().collect();
        for union in &self.all {
            let mut kept: Vec<&Glob> = Vec::with_capacity(union.len());
            for &glob in union {
                if negative.contains(glob) {
                    continue;
                }
                let mut covered = false;
                for none in &self.none {
                    budget.look((glob.tokens.len() * none.tokens.len()) as u64 / 8)?;
                    if none.covers(glob) {
                        covered = true;
                        break;
                    }
                }
                if !covered {
                    kept.push(glob);
                }
            }
            if kept.is_empty() {
                return Ok(None);
            }
            if !kept.iter().any(|glob| glob.is_any()) {
                all.push(kept);
            }
        }
        let none = self.none.clone();
        Ok(Some(Self { all, none }))
    }

    /// The answer where some positive set is a list of texts.
    #[allow(clippy::option_option)] // answered with a text, answered with none, not answered
    fn listed(&self, budget: &mut Budget) -> Result<Option<Option<String>>, Stop> {
        let lists = |union: &&Vec<&Glob>| union.iter().all(|glob| glob.is_literal());
        let Some(list) = self.all.iter().filter(lists).min_by_key(|u| u.len()) else {
            return Ok(None);
        };
        for text in list.iter().filter_map(|glob| glob.as_literal()) {
            if self.accepts(&text, budget)? {
                return Ok(Some(Some(text)));
            }
        }
        Ok(Some(None))
    }

    /// Tries texts made from the positive patterns: most questions that have
    /// an answer have one of these.
    fn guess(&self, budget: &mut Budget) -> Result<Option<String>, Stop> {
        const PATTERNS: usize = 16;
        let any = Glob::new([Token::Any { bound: false }]);
        let patterns: Vec<&Glob> = match self.all.iter().min_by_key(|union| union.len()) {
            Some(union) => union.iter().copied().take(PATTERNS).collect(),
            None => vec![&any],
        };
        for run in ["x", "", "xx"] {
            for glob in &patterns {
                if let Some(text) = sample(glob, run)
                    && self.accepts(&text, budget)?
                {
                    return Ok(Some(text));
                }
            }
        }
        Ok(None)
    }
}

/// A text of a glob with `run` for every `*`.
fn sample(glob: &Glob, run: &str) -> Option<String> {
    let mut text = String::new();
    for token in &glob.tokens {
        match *token {
            Token::Char(c) | Token::Fold(c) => text.push(c),
            Token::One { .. } => text.push('x'),
            Token::Any { .. } => text.push_str(run),
            Token::Run(class) => text.extend(run.chars().filter(|&c| class.contains(c))),
            Token::Of(class) => text.push(class.first()),
            Token::Unknown(_) => return None,
        }
    }
    Some(text)
}

/// The patterns laid side by side: one bit for each place in each of them.
struct Search {
    /// What is read next at each place; `None` at the end of a pattern.
    places: Vec<Option<Token>>,
    /// The bits of each positive set, and of the negative patterns.
    groups: Vec<Group>,
    words: usize,
    other: char,
}

struct Group {
    starts: Vec<usize>,
    mask: Vec<u64>,
    /// The places at which a pattern has been read.
    ends: Vec<u64>,
    /// The places from which every text is read: a lone `*` is left.
    open: Vec<u64>,
}

type State = Box<[u64]>;

impl Search {
    fn new(query: &Query) -> Self {
        let none = std::iter::once(&query.none);
        let sets: Vec<&Vec<&Glob>> = query.all.iter().chain(none).collect();
        let total: usize = sets
            .iter()
            .flat_map(|s| *s)
            .map(|g| g.tokens.len() + 1)
            .sum();
        let words = total.div_ceil(64);
        let mut search = Self {
            places: Vec::with_capacity(total),
            groups: Vec::new(),
            words,
            other: other(sets.iter().flat_map(|set| set.iter().copied())),
        };
        for set in sets {
            let mut group = Group {
                starts: Vec::new(),
                mask: vec![0; words],
                ends: vec![0; words],
                open: vec![0; words],
            };
            for &glob in set {
                group.starts.push(search.places.len());
                for at in 0..=glob.tokens.len() {
                    let bit = search.places.len();
                    let left = glob.tokens.get(at..).unwrap_or_default();
                    insert(&mut group.mask, bit);
                    match left {
                        [] => insert(&mut group.ends, bit),
                        [Token::Any { bound: false }] => insert(&mut group.open, bit),
                        _ => {}
                    }
                    search.places.push(left.first().copied());
                }
            }
            search.groups.push(group);
        }
        search
    }

    fn start(&self) -> State {
        let mut state = vec![0; self.words].into_boxed_slice();
        for &start in self.groups.iter().flat_map(|group| &group.starts) {
            self.reach(&mut state, start);
        }
        state
    }

    /// Marks a place and those behind the runs that follow it.
    fn reach(&self, state: &mut [u64], from: usize) {
        for bit in from.. {
            if contains(state, bit) {
                return;
            }
            insert(state, bit);
            let token = self.places.get(bit).copied().flatten();
            if !token.is_some_and(Token::is_run) {
                return;
            }
        }
    }

    /// The state behind a letter.
    fn step(&self, state: &[u64], letter: Letter, next: &mut [u64]) {
        next.fill(0);
        for bit in bits(state) {
            let Some(token) = self.places.get(bit).copied().flatten() else {
                continue;
            };
            match token.step(letter) {
                Step::Next => self.reach(next, bit + 1),
                Step::Stay => self.reach(next, bit),
                Step::No => {}
            }
        }
    }

    fn positive(&self) -> &[Group] {
        self.groups
            .split_last()
            .map_or(&[], |(_, positive)| positive)
    }

    /// Whether no continuation can answer: a positive set is lost, or a
    /// negative pattern is won for good.
    fn is_dead(&self, state: &[u64]) -> bool {
        let lost = |group: &Group| !meets(state, &group.mask);
        let won = |group: &Group| meets(state, &group.open);
        self.positive().iter().any(lost) || self.groups.last().is_some_and(won)
    }

    fn is_answer(&self, state: &[u64]) -> bool {
        let accepts = |group: &Group| meets(state, &group.ends);
        self.positive().iter().all(accepts) && !self.groups.last().is_some_and(accepts)
    }

    /// The letters that may lead to different states: those that stand at a
    /// reached place, a colon where a bound token stands, one that stands for
    /// all others, and one for all others of each kind where a class stands.
    fn letters(&self, state: &[u64], letters: &mut Vec<Letter>) {
        letters.clear();
        letters.push(Letter::Char(self.other));
        let mut classes = [None; Class::ALL.len()];
        for token in bits(state).filter_map(|bit| *self.places.get(bit)?) {
            match token {
                Token::Char(c) => letters.push(Letter::Char(c)),
                Token::Fold(c) => letters.extend([c, c.to_ascii_uppercase()].map(Letter::Char)),
                Token::One { bound: true } | Token::Any { bound: true } => {
                    letters.push(Letter::Char(':'));
                }
                Token::One { bound: false } | Token::Any { bound: false } => {}
                Token::Run(class) | Token::Of(class) => {
                    if let Some(place) = classes.get_mut(class as usize) {
                        *place = Some(class);
                    }
                }
                Token::Unknown(unknown) => letters.push(Letter::Unknown(unknown)),
            }
        }
        if classes.iter().any(Option::is_some) {
            let named = letters.len();
            for kind in Class::KINDS {
                let mut reached = classes.iter().flatten();
                if !reached.any(|class| kind.chars().any(|c| class.contains(c))) {
                    continue;
                }
                let is_named = |c: char| {
                    let mut named = letters.iter().take(named).skip(1);
                    named.any(|letter| *letter == Letter::Char(c))
                };
                let free = kind.chars().find(|c| !is_named(*c));
                letters.extend(free.map(Letter::Char));
            }
        }
        letters.sort_unstable();
        letters.dedup();
    }

    /// The shortest text, by breadth. A state is dropped as soon as it is
    /// dead, or when another was met that can do all it can: one as far in the
    /// positive patterns that has read less of the negative ones. So texts
    /// that imitate the beginnings of negative patterns are not followed.
    fn run(&self, budget: &mut Budget) -> Result<Option<String>, Stop> {
        let start = self.start();
        if self.is_dead(&start) {
            return Ok(None);
        }
        let negative = self.groups.last().map_or(&[][..], |group| &group.mask);
        let mut met = Met::default();
        let mut states: Vec<(State, Option<(usize, Letter)>)> = Vec::new();
        if met.is_new(&start, negative, budget)? {
            states.push((start, None));
        }
        let mut next = vec![0; self.words];
        let mut letters = Vec::new();
        let mut at = 0;
        while let Some((state, _)) = states.get(at) {
            if self.is_answer(state) {
                return Ok(Some(read_back(&states, at)));
            }
            let state = state.clone();
            self.letters(&state, &mut letters);
            let work = (bits(&state).count() + self.words) * letters.len();
            budget.state(states.len() as u64, work as u64 * 4 + 32)?;
            for &letter in &letters {
                self.step(&state, letter, &mut next);
                if !self.is_dead(&next) && met.is_new(&next, negative, budget)? {
                    states.push((next.as_slice().into(), Some((at, letter))));
                }
            }
            at += 1;
        }
        Ok(None)
    }

    /// As [`Search::run`], to the end, with the sets that each state lies in.
    fn classes(&self, budget: &mut Budget) -> Result<Vec<(Vec<bool>, String)>, Stop> {
        let mut found: Vec<(Vec<bool>, String)> = Vec::new();
        let mut met: QuickSet<Vec<bool>> = QuickSet::default();
        // The empty text is no name: the start counts only when it is met again.
        let mut seen: QuickSet<State> = QuickSet::default();
        let mut next = vec![0; self.words];
        let mut letters = Vec::new();
        let mut states: Vec<(State, Option<(usize, Letter)>)> = vec![(self.start(), None)];
        let mut at = 0;
        while let Some((state, _)) = states.get(at) {
            let groups = self.positive().iter();
            let within: Vec<bool> = groups.map(|group| meets(state, &group.ends)).collect();
            if at > 0 && met.insert(within.clone()) {
                found.push((within, read_back(&states, at)));
            }
            let state = state.clone();
            self.letters(&state, &mut letters);
            let work = (bits(&state).count() + self.words) * letters.len();
            budget.state(seen.len() as u64, work as u64 * 4 + 32)?;
            for &letter in &letters {
                self.step(&state, letter, &mut next);
                self.settle(&mut next);
                if !seen.contains(next.as_slice()) {
                    seen.insert(next.as_slice().into());
                    states.push((next.as_slice().into(), Some((at, letter))));
                }
            }
            at += 1;
        }
        Ok(found)
    }

    /// Once a text lies in a set for good, it does not matter what else of the
    /// set it could match.
    fn settle(&self, state: &mut [u64]) {
        for group in self.positive() {
            if meets(state, &group.open) {
                for ((word, mask), open) in state.iter_mut().zip(&group.mask).zip(&group.open) {
                    *word &= !mask | open;
                }
                // One open place says it all; so does the end behind it.
                for bit in bits(&group.open.clone()) {
                    if contains(state, bit) {
                        insert(state, bit + 1);
                    }
                }
            }
        }
    }
}

/// The states that were met: for what was read of the positive patterns, the
/// least that was read of the negative ones.
#[derive(Default)]
struct Met {
    least: QuickMap<State, Vec<State>>,
    positive: Vec<u64>,
}

impl Met {
    /// Whether no state met can do all that this one can. The mask tells the
    /// places of negative patterns.
    fn is_new(&mut self, state: &[u64], mask: &[u64], budget: &mut Budget) -> Result<bool, Stop> {
        self.positive.clear();
        self.positive
            .extend(state.iter().zip(mask).map(|(word, mask)| word & !mask));
        let negative = || state.iter().zip(mask).map(|(word, mask)| word & mask);
        let Some(least) = self.least.get_mut(self.positive.as_slice()) else {
            let first = vec![negative().collect()];
            self.least.insert(self.positive.as_slice().into(), first);
            return Ok(true);
        };
        budget.look((least.len() * state.len()) as u64)?;
        let reads_less = |met: &State| met.iter().zip(negative()).all(|(a, b)| a & !b == 0);
        if least.iter().any(reads_less) {
            return Ok(false);
        }
        let reads_more = |met: &State| met.iter().zip(negative()).all(|(a, b)| b & !a == 0);
        least.retain(|met| !reads_more(met));
        least.push(negative().collect());
        Ok(true)
    }
}

fn read_back(states: &[(State, Option<(usize, Letter)>)], end: usize) -> String {
    let mut text = Vec::new();
    let mut at = end;
    while let Some((_, Some((before, letter)))) = states.get(at) {
        // An unknown only stands in proofs, where the text is not looked at.
        text.push(match letter {
            Letter::Char(c) => *c,
            Letter::Unknown(_) => '\u{fffd}',
        });
        at = *before;
    }
    text.iter().rev().collect()
}

/// A readable character that stands in no pattern.
fn other<'a>(globs: impl Iterator<Item = &'a Glob>) -> char {
    let mut ascii = [false; 128];
    let mut beyond: HashSet<char> = HashSet::new();
    let used = globs
        .flat_map(|glob| glob.tokens.iter())
        .filter_map(|token| match token {
            Token::Char(c) | Token::Fold(c) => Some(*c),
            _ => None,
        });
    for c in used.chain([':', '/']) {
        for c in [c.to_ascii_lowercase(), c.to_ascii_uppercase()] {
            match ascii.get_mut(c as usize) {
                Some(used) => *used = true,
                None => {
                    beyond.insert(c);
                }
            }
        }
    }
    let readable = "xyzqjkvwu".chars().chain('a'..='z').chain('0'..='9');
    let any = ('\u{a1}'..='\u{2fff}').filter(|c| c.is_alphanumeric());
    let mut candidates = readable.chain(any).chain('\u{e000}'..='\u{f8ff}');
    let is_free = |c: &char| match ascii.get(*c as usize) {
        Some(used) => !used,
        None => !beyond.contains(c),
    };
    candidates.find(is_free).unwrap_or('\u{10fffd}')
}

fn insert(bits: &mut [u64], bit: usize) {
    if let Some(word) = bits.get_mut(bit / 64) {
        *word |= 1 << (bit % 64);
    }
}

fn contains(bits: &[u64], bit: usize) -> bool {
    bits.get(bit / 64)
        .is_some_and(|word| word & (1 << (bit % 64)) != 0)
}

fn meets(a: &[u64], b: &[u64]) -> bool {
    a.iter().zip(b).any(|(a, b)| a & b != 0)
}

fn bits(words: &[u64]) -> impl Iterator<Item = usize> + '_ {
    words.iter().enumerate().flat_map(|(i, &word)| {
        let mut left = word;
        std::iter::from_fn(move || {
            if left == 0 {
                return None;
            }
            let bit = left.trailing_zeros() as usize;
            left &= left - 1;
            Some(i * 64 + bit)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::glob::tests::glob;
    use super::*;
    use proptest::prelude::*;

    fn ask(all: &[&[&str]], none: &[&str]) -> Option<String> {
        let globs = |texts: &[&str]| texts.iter().map(|t| glob(t)).collect::<Vec<_>>();
        let (all, none): (Vec<_>, _) = (all.iter().map(|t| globs(t)).collect(), globs(none));
        let query = Query {
            all: all.iter().map(|set| set.iter().collect()).collect(),
            none: none.iter().collect(),
        };
        let found = find(&query, &mut Budget::default()).unwrap();
        if let Some(text) = &found {
            assert!(query.accepts(text, &mut Budget::default()).unwrap());
        }
        found
    }

    #[test]
    fn texts_are_found_or_proved_absent() {
        assert_eq!(ask(&[&["b/*"]], &["b/x*"]).as_deref(), Some("b/"));
        assert_eq!(ask(&[&["b/*"]], &["b/*"]), None);
        assert_eq!(ask(&[&["a?"]], &["ab", "a*"]), None);
        assert_eq!(
            ask(&[&["*a*"], &["*b*"]], &["*ab*", "*ba*"]).as_deref(),
            Some("axb")
        );
        assert_eq!(ask(&[&["a", "b"]], &["a"]).as_deref(), Some("b"));
        assert_eq!(ask(&[&["+"]], &["?*"]).as_deref(), Some(""));
        assert_eq!(ask(&[&["*"]], &["+"]).as_deref(), Some(":"));
        assert_eq!(ask(&[], &[]).as_deref(), Some("x"));
    }

    #[test]
    fn forty_patterns_that_could_imitate_one_another_stay_cheap() {
        let patterns: Vec<String> = (0..40).map(|i| format!("*:type{i}/*")).collect();
        let none: Vec<&str> = patterns.iter().map(String::as_str).collect();
        assert!(ask(&[&["type40/*"]], &none).is_some());
        assert_eq!(ask(&[&["*:type7/*"]], &none), None);
        let mut budget = Budget::default();
        let globs: Vec<Glob> = none.iter().map(|t| glob(t)).collect();
        let positive = glob("*:type7?*");
        let query = Query {
            all: vec![vec![&positive]],
            none: globs.iter().collect(),
        };
        assert!(find(&query, &mut budget).unwrap().is_some());
        assert!(budget.spent.states < 2_000, "{}", budget.spent.states);
    }

    #[test]
    fn a_search_too_wide_stops() {
        let patterns: Vec<String> = (0..30)
            .map(|i| {
                format!(
                    "*{}*{}*",
                    char::from(b'a' + i % 26),
                    char::from(b'A' + i % 26)
                )
            })
            .collect();
        let globs: Vec<Glob> = patterns.iter().map(|t| glob(t)).collect();
        let query = Query {
            all: globs.iter().map(|g| vec![g]).collect(),
            none: vec![],
        };
        let found = find(&query, &mut Budget::default());
        assert!(
            matches!(found, Ok(Some(_)) | Err(Stop::States)),
            "{found:?}"
        );
    }

    #[test]
    fn s5_unknowns_are_proved_by_inclusion_only() {
        let proves = |positive: &str, none: &[&str]| {
            let positive = glob(positive);
            let none: Vec<Glob> = none.iter().map(|t| glob(t)).collect();
            let query = Query {
                all: vec![vec![&positive]],
                none: none.iter().collect(),
            };
            query.proves_none(&mut Budget::default()).unwrap()
        };
        assert!(proves("home/#/*", &["home/*"]));
        assert!(proves("home/#/a", &["home/#/*"]));
        assert!(!proves("home/*", &["home/#/*"]));
        assert!(!proves("home/#", &["home/bob"]));
        assert!(!proves("home/#", &["home/?*"]), "the value may be empty");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]
        #[test]
        fn agrees_with_enumeration(
            all in prop::collection::vec(prop::collection::vec("[ab:*?+-]{0,4}", 1..3), 0..3),
            none in prop::collection::vec("[ab:*?+-]{0,4}", 0..4),
        ) {
            let all_refs: Vec<Vec<&str>> =
                all.iter().map(|set| set.iter().map(String::as_str).collect()).collect();
            let slices: Vec<&[&str]> = all_refs.iter().map(Vec::as_slice).collect();
            let none_refs: Vec<&str> = none.iter().map(String::as_str).collect();
            let found = ask(&slices, &none_refs);
            // Every text of up to five letters, `x` for all that stand in no pattern.
            let mut texts = vec![String::new()];
            for start in 0.. {
                let Some(text) = texts.get(start).cloned() else { break };
                if text.len() < 5 {
                    texts.extend("ab:x".chars().map(|c| format!("{text}{c}")));
                }
            }
            let answers = |text: &String| {
                all.iter().all(|set| set.iter().any(|p| glob(p).matches(text)))
                    && !none.iter().any(|p| glob(p).matches(text))
            };
            if found.is_none() {
                prop_assert_eq!(texts.iter().find(|text| answers(text)), None);
            }
        }
    }
}
