//! The integrations in scope that are judged.

use crate::estate::Integration;
use crate::model::{Reason, ResourceId};

use super::Within;

/// What is judged, and the place that each integration in scope has there.
pub struct Narrowed<'a> {
    within: &'a Within<'a>,
    places: Vec<Option<usize>>,
}

impl Narrowed<'_> {
    /// Counts the integrations that are judged.
    pub fn new<'a>(within: &'a Within<'a>, in_scope: &[&Integration<'_>]) -> Narrowed<'a> {
        let mut count = 0;
        let place = |path: &&Integration<'_>| {
            let place = within.has(path).then_some(count);
            count += usize::from(place.is_some());
            place
        };
        Narrowed { within, places: in_scope.iter().map(place).collect() }
    }

    /// Whether one of these integrations is judged.
    pub fn has_any(&self, touched: &[usize]) -> bool {
        touched.iter().any(|index| self.places[*index].is_some())
    }

    /// Whether anything is said of a resource that these integrations touch.
    pub fn has(&self, touched: &[usize], resource: impl FnOnce() -> ResourceId) -> bool {
        self.has_any(touched) || (touched.is_empty() && self.within.has_resource(&resource()) == Ok(true))
    }

    /// Whether a gap is told: one that may hide something of what is judged.
    pub fn has_gap(&self, touched: &[usize], resource: Option<&ResourceId>, reason: Reason) -> bool {
        if self.has_any(touched) {
            return true;
        }
        touched.is_empty()
            && match resource.map(|resource| self.within.has_resource(resource)) {
                Some(Ok(meant)) => meant,
                // Nobody asked for what is not meant.
                Some(Err(_)) | None => reason != Reason::NotCovered,
            }
    }

    /// The same integrations by their places among those that are judged.
    pub fn moved(&self, touched: &[usize]) -> Vec<usize> {
        touched.iter().filter_map(|index| self.places[*index]).collect()
    }
}
