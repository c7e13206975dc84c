//! Lists in which the first rule that matches decides, over addresses and ports at once.

use super::range::{Ports, Range};

/// Each of some addresses with each of some ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) range: Range,
    pub(super) ports: Ports,
}

impl Area {
    pub(super) fn holds(&self, other: &Area) -> bool {
        self.range.holds(&other.range) && self.ports.holds(&other.ports)
    }

    pub(super) fn meets(&self, other: &Area) -> bool {
        self.range.meets(&other.range) && self.ports.meets(&other.ports)
    }

    /// What is left of it without `taken`, which it meets: at most four areas.
    fn without(&self, taken: &Area, rest: &mut Vec<Area>) {
        let Area { range, ports } = *self;
        let middle = Range { first: range.first.max(taken.range.first), last: range.last.min(taken.range.last), ..range };
        if range.first < middle.first {
            rest.push(Area { range: Range { last: middle.first - 1, ..range }, ports });
        }
        if middle.last < range.last {
            rest.push(Area { range: Range { first: middle.last + 1, ..range }, ports });
        }
        if ports.from < taken.ports.from {
            rest.push(Area { range: middle, ports: Ports { to: taken.ports.from - 1, ..ports } });
        }
        if taken.ports.to < ports.to {
            rest.push(Area { range: middle, ports: Ports { from: taken.ports.to + 1, ..ports } });
        }
    }
}

/// What no rule of an ordered list has decided yet. Allocates only once a rule takes a part.
pub(super) struct Left {
    whole: Option<Area>,
    parts: Vec<Area>,
}

/// How many comparisons one question about a path may cost: a hundred times what the tables of the largest real path need.
/// A file with longer ones is not followed to the end.
const MOST_WORK: usize = 20_000_000;

/// What is left of the work that a question may cost.
pub(super) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Budget(MOST_WORK)
    }
}

impl Budget {
    /// Takes `work` out. `None` when that is more than is left.
    pub(super) fn spend(&mut self, work: usize) -> Option<()> {
        self.0 = self.0.saturating_sub(work);
        (self.0 > 0).then_some(())
    }
}

/// Far more pieces than the 40 entries of a network ACL or the 1,000 routes of a table can make
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html>): 81 × 81 and 2,001.
const MOST_PIECES: usize = 10_000;

impl Left {
    pub(super) fn of(area: Area) -> Left {
        Left { whole: Some(area), parts: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.whole.is_none() && self.parts.is_empty()
    }

    /// Takes out what `area` matches. Whether that was anything; `None` when it falls into more pieces
    /// than any real list makes, or costs more than `budget` has.
    pub(super) fn take(&mut self, area: &Area, budget: &mut Budget) -> Option<bool> {
        budget.spend(1 + self.parts.len())?;
        if let Some(whole) = self.whole {
            if !area.meets(&whole) {
                return Some(false);
            }
            self.whole = None;
            if !area.holds(&whole) {
                whole.without(area, &mut self.parts);
            }
            return Some(true);
        }
        if !self.parts.iter().any(|part| area.meets(part)) {
            return Some(false);
        }
        for part in std::mem::take(&mut self.parts) {
            if !area.meets(&part) {
                self.parts.push(part);
            } else if !area.holds(&part) {
                part.without(area, &mut self.parts);
            }
        }
        (self.parts.len() <= MOST_PIECES).then_some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::range::Family;
    use crate::network::tests::Dice;

    fn small(first: u128, last: u128) -> Range {
        Range { family: Family::V4, first, last }
    }

    fn some(dice: &mut Dice) -> Area {
        let ((first, last), (from, to)) = (dice.pair(12), dice.pair(12));
        let port = |number| u16::try_from(number).expect("small");
        Area { range: small(first.into(), last.into()), ports: Ports { from: port(from), to: port(to) } }
    }

    #[test]
    fn taking_areas_agrees_with_ticking_off_each_address_and_port() {
        let mut dice = Dice(2);
        for _ in 0..5_000 {
            let area = some(&mut dice);
            let mut points: Vec<(u128, u16)> =
                (area.range.first..=area.range.last).flat_map(|at| (area.ports.from..=area.ports.to).map(move |port| (at, port))).collect();
            let (mut left, mut budget) = (Left::of(area), Budget::default());
            for _ in 0..dice.below(7) {
                let rule = some(&mut dice);
                let before = points.len();
                points.retain(|(at, port)| !rule.holds(&Area { range: small(*at, *at), ports: Ports::one(*port) }));
                assert_eq!(left.take(&rule, &mut budget), Some(points.len() < before), "{rule:?} of {area:?}");
            }
            let size = |area: &Area| (area.range.last - area.range.first + 1) as usize * usize::from(area.ports.to - area.ports.from + 1);
            assert_eq!(left.whole.iter().chain(&left.parts).map(size).sum::<usize>(), points.len());
            assert_eq!(left.is_empty(), points.is_empty());
        }
    }

    #[test]
    fn too_many_pieces_are_refused_not_computed() {
        let mut left = Left::of(Area { range: Range::whole(Family::V4), ports: Ports::ALL });
        let mut budget = Budget::default();
        let strip = |at: u16| Area { range: small(u128::from(at) * 4, u128::from(at) * 4 + 1), ports: Ports::ALL };
        let row = |port: u16| Area { range: Range::whole(Family::V4), ports: Ports::one(port * 4) };
        let refused = (0..2_000).map(strip).chain((0..2_000).map(row)).any(|area| left.take(&area, &mut budget).is_none());
        assert!(refused);
    }
}
