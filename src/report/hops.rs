//! The hops of one integration, of which all behind the caller are shared with the other callers of its route.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::HopReport;

/// Hops in their order. In JSON a list.
#[derive(Clone, Debug)]
pub struct Hops {
    own: Vec<HopReport>,
    shared: Arc<[HopReport]>,
}

impl Hops {
    /// Those before the API destination, then those from there.
    pub fn new(own: Vec<HopReport>, shared: Arc<[HopReport]>) -> Self {
        Hops { own, shared }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &HopReport> {
        self.own.iter().chain(&*self.shared)
    }

    /// What is said of why hops are not known, to be changed. Copies what is shared if there is anything.
    pub fn whys_mut(&mut self) -> impl Iterator<Item = &mut String> {
        let shared = if self.shared.iter().any(|hop| hop.why.is_some()) { Arc::make_mut(&mut self.shared) } else { &mut [] };
        self.own.iter_mut().chain(shared).filter_map(|hop| hop.why.as_mut())
    }
}

impl FromIterator<HopReport> for Hops {
    fn from_iter<I: IntoIterator<Item = HopReport>>(hops: I) -> Self {
        Hops::new(hops.into_iter().collect(), Arc::new([]))
    }
}

impl Serialize for Hops {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}
