//! A quick hasher for keys that are numbers: literals, and states of automata.
//!
//! It is no defence against keys made to collide, and need not be one: how many
//! such keys there are is bounded by the budget (`comparison.md` 13), and what
//! they are follows from how patterns are laid out, not from texts as they are
//! written. Maps that texts are the keys of keep the hasher of the standard
//! library.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

pub(super) type QuickMap<K, V> = HashMap<K, V, BuildHasherDefault<Quick>>;
pub(super) type QuickSet<K> = HashSet<K, BuildHasherDefault<Quick>>;

/// Multiplies, and folds both halves of the product together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quick(u64);

impl Default for Quick {
    fn default() -> Self {
        Self(0x243f_6a88_85a3_08d3)
    }
}

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            for (to, from) in word.iter_mut().zip(chunk) {
                *to = *from;
            }
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, number: u64) {
        // Digits of pi: an odd number without a pattern.
        const FACTOR: u64 = 0x9216_d5d9_8979_fb1b;
        let [low, high] = {
            let product = u128::from(self.0 ^ number) * u128::from(FACTOR);
            [product as u64, (product >> 64) as u64]
        };
        self.0 = (low ^ high).rotate_left(23) ^ number;
    }

    fn write_u8(&mut self, number: u8) {
        self.write_u64(number.into());
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn finish(&self) -> u64 {
        // The first and the last bits of a hash choose the place.
        let product = u128::from(self.0) * u128::from(0xa458_fea3_f493_3d7e_u64);
        product as u64 ^ (product >> 64) as u64
    }
}
