//! What a comparison may spend. It counts work, not time, so that the same
//! input has the same answer on every machine (`comparison.md` 13).

/// Why a question was left open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Stop {
    /// A search through texts met too many states.
    States,
    /// Too many cases were split.
    Nodes,
}

/// What is left to spend, and what was spent.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    states_of_a_search: u64,
    work: u64,
    nodes: u64,
    pub(super) spent: Spent,
}

/// What a comparison cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spent {
    /// Cases split.
    pub(super) nodes: u64,
    /// States of automata met.
    pub(super) states: u64,
}

impl Spent {
    pub(super) fn add(&mut self, more: Self) {
        self.nodes = self.nodes.saturating_add(more.nodes);
        self.states = self.states.saturating_add(more.states);
    }
}

/// States of one search (`comparison.md` 13).
const STATES: u64 = 400_000;
/// Steps of all searches, about a nanosecond each.
const WORK: u64 = 100_000_000;
/// Cases of one comparison.
const NODES: u64 = 2_000_000;

impl Default for Budget {
    fn default() -> Self {
        Self {
            states_of_a_search: STATES,
            work: WORK,
            nodes: NODES,
            spent: Spent::default(),
        }
    }
}

impl Budget {
    /// Pays for a state, the `seen`-th of its search, that takes `work` steps
    /// to expand.
    pub(super) fn state(&mut self, seen: u64, work: u64) -> Result<(), Stop> {
        self.spent.states = self.spent.states.saturating_add(1);
        self.work = self.work.checked_sub(work).ok_or(Stop::States)?;
        if seen > self.states_of_a_search {
            return Err(Stop::States);
        }
        Ok(())
    }

    /// Pays for looking at texts and patterns outside a search.
    pub(super) fn look(&mut self, work: u64) -> Result<(), Stop> {
        self.work = self.work.checked_sub(work).ok_or(Stop::States)?;
        Ok(())
    }

    /// Pays for a case.
    pub(super) fn node(&mut self) -> Result<(), Stop> {
        self.spent.nodes = self.spent.nodes.saturating_add(1);
        self.nodes = self.nodes.checked_sub(1).ok_or(Stop::Nodes)?;
        Ok(())
    }
}
