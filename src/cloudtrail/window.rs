//! The event ids met last: copies of a record are dropped while the first is
//! still among them (C32).

use std::collections::{HashSet, VecDeque};

/// How many ids are remembered: 2²⁰, some 50 MB when full.
const SIZE: usize = 1 << 20;

/// A set of the last 2²⁰ ids.
#[derive(Debug, Default)]
pub(super) struct Window {
    known: HashSet<u128>,
    order: VecDeque<u128>,
}

impl Window {
    /// Adds an id; false if it is among the last ones.
    pub(super) fn insert(&mut self, id: u128) -> bool {
        self.insert_within(id, SIZE)
    }

    fn insert_within(&mut self, id: u128, size: usize) -> bool {
        if !self.known.insert(id) {
            return false;
        }
        self.order.push_back(id);
        if self.order.len() > size
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_the_oldest() {
        let mut window = Window::default();
        let mut insert = |id| window.insert_within(id, 2);
        assert!(insert(1) && insert(2) && !insert(1) && !insert(2));
        assert!(insert(3) && insert(1) && !insert(3));
    }
}
