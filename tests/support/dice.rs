//! A generator of numbers that look random, so that a failing run fails again.

/// The fixed linear generator of Knuth's MMIX.
pub struct Dice(pub u64);

impl Dice {
    /// A number below `end`, or 0 for an empty range.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % end.max(1)
    }

    /// Another order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}
