//! Sets of points on an axis: numbers, instants and addresses.

/// A set of points of the axis `0..=u128::MAX`, as sorted ranges that neither
/// touch nor overlap, both ends included.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) struct Ranges {
    items: Vec<(u128, u128)>,
}

impl Ranges {
    /// Nothing.
    pub(super) fn empty() -> Self {
        Self::default()
    }

    /// Everything.
    pub(super) fn full() -> Self {
        Self::range(0, u128::MAX)
    }

    /// From one point to another; nothing where they are the wrong way round.
    pub(super) fn range(from: u128, to: u128) -> Self {
        let items = if from <= to {
            vec![(from, to)]
        } else {
            Vec::new()
        };
        Self { items }
    }

    pub(super) fn complement(&self) -> Self {
        let mut items = Vec::with_capacity(self.items.len() + 1);
        let mut from = Some(0);
        for &(start, end) in &self.items {
            if let (Some(from), Some(to)) = (from, start.checked_sub(1))
                && from <= to
            {
                items.push((from, to));
            }
            from = end.checked_add(1);
        }
        if let Some(from) = from {
            items.push((from, u128::MAX));
        }
        Self { items }
    }

    pub(super) fn intersection(&self, other: &Self) -> Self {
        let mut items = Vec::new();
        let (mut a, mut b) = (self.items.iter().peekable(), other.items.iter().peekable());
        while let (Some(&&(from_a, to_a)), Some(&&(from_b, to_b))) = (a.peek(), b.peek()) {
            let (from, to) = (from_a.max(from_b), to_a.min(to_b));
            if from <= to {
                items.push((from, to));
            }
            if to_a < to_b {
                a.next();
            } else {
                b.next();
            }
        }
        Self { items }
    }

    /// Its ranges, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u128, u128)> + '_ {
        self.items.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn union(a: &Ranges, b: &Ranges) -> Ranges {
        a.complement().intersection(&b.complement()).complement()
    }

    fn some() -> impl Strategy<Value = Ranges> {
        let ends = prop_oneof![0u128..12, Just(u128::MAX), Just(u128::MAX - 1)];
        prop::collection::vec((ends.clone(), ends), 0..4).prop_map(|pairs| {
            let ranges = pairs.into_iter().map(|(a, b)| Ranges::range(a, b));
            ranges.fold(Ranges::empty(), |all, range| union(&all, &range))
        })
    }

    fn has(ranges: &Ranges, point: u128) -> bool {
        ranges.iter().any(|(from, to)| from <= point && point <= to)
    }

    proptest! {
        #[test]
        fn boolean_algebra(a in some(), b in some()) {
            for point in (0..14).chain([u128::MAX - 2, u128::MAX - 1, u128::MAX]) {
                let (in_a, in_b) = (has(&a, point), has(&b, point));
                prop_assert_eq!(has(&a.complement(), point), !in_a);
                prop_assert_eq!(has(&a.intersection(&b), point), in_a && in_b);
                prop_assert_eq!(has(&union(&a, &b), point), in_a || in_b);
            }
            prop_assert_eq!(a.complement().complement(), a.clone());
            prop_assert_eq!(a.intersection(&a.complement()), Ranges::empty());
        }
    }
}
